//! Files that bots have sent: uploaded, reused by `file_id`, or named by URL.
//!
//! Nothing is ever fetched from a URL: the file then has a size of 0 and no content.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use frankenstein::types::{Document, PhotoSize, Video};
use parking_lot::Mutex;

use crate::{ledger::content_hash, params::Upload};

/// Bytes of content that one bot's files may hold together; beyond that the oldest lose theirs.
const MOST_BYTES: usize = 64 << 20;
/// Files that one bot can reuse; beyond that the oldest are forgotten.
const MOST_FILES: usize = 10_000;
/// Largest side of each size that Telegram makes of a photo.
const SIDES: [u32; 3] = [90, 320, 800];

/// What a file was sent as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    Photo { width: u32, height: u32 },
    Document,
    Video { width: u32, height: u32, duration: u32 },
}

impl Shape {
    /// As Telegram's errors call it.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Photo { .. } => "Photo",
            Shape::Document => "Document",
            Shape::Video { .. } => "Video",
        }
    }
}

/// One file as one bot can reuse it.
#[derive(Debug)]
pub(crate) struct File {
    pub id: String,
    /// The same for the same content, whoever sends it.
    pub unique: String,
    pub path: String,
    pub name: Option<String>,
    pub mime: Option<String>,
    pub size: u64,
    pub shape: Shape,
    content: Mutex<Option<Bytes>>,
}

impl File {
    pub fn content(&self) -> Option<Bytes> {
        self.content.lock().clone()
    }

    /// A photo in the sizes Telegram makes of it, the largest last. All share one content.
    pub fn photo_sizes(&self) -> Vec<PhotoSize> {
        let Shape::Photo { width, height } = self.shape else { return Vec::new() };
        let longest = width.max(height).max(1);
        let smaller = SIDES.iter().filter(|side| **side < longest);
        let scaled = |side: u32| {
            let scale = |length: u32| {
                (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32
            };
            let mark = char::from(b'a' + (side % 26) as u8);
            PhotoSize::builder()
                .file_id(format!("{}{mark}", self.id))
                .file_unique_id(format!("{}{mark}", self.unique))
                .width(scale(width))
                .height(scale(height))
                .file_size(self.size * u64::from(side) / u64::from(longest))
                .build()
        };
        let whole = PhotoSize::builder()
            .file_id(self.id.as_str())
            .file_unique_id(self.unique.as_str())
            .width(width)
            .height(height)
            .file_size(self.size)
            .build();
        smaller.map(|side| scaled(*side)).chain([whole]).collect()
    }

    pub fn document(&self) -> Document {
        Document::builder()
            .file_id(self.id.as_str())
            .file_unique_id(self.unique.as_str())
            .maybe_file_name(self.name.clone())
            .maybe_mime_type(self.mime.clone())
            .file_size(self.size)
            .build()
    }

    pub fn video(&self) -> Video {
        let Shape::Video { width, height, duration } = self.shape else {
            return self.video_of(0, 0, 0);
        };
        self.video_of(width, height, duration)
    }

    fn video_of(&self, width: u32, height: u32, duration: u32) -> Video {
        Video::builder()
            .file_id(self.id.as_str())
            .file_unique_id(self.unique.as_str())
            .width(width)
            .height(height)
            .duration(duration)
            .maybe_file_name(self.name.clone())
            .maybe_mime_type(self.mime.clone())
            .file_size(self.size)
            .build()
    }
}

/// The files of one bot.
#[derive(Debug, Default)]
pub(crate) struct Files {
    by_id: HashMap<String, Arc<File>>,
    by_path: HashMap<String, Arc<File>>,
    order: VecDeque<Arc<File>>,
    bytes: usize,
    made: u64,
}

impl Files {
    /// The file with this `file_id`; any size of a photo leads to the photo.
    pub fn find(&self, id: &str) -> Option<Arc<File>> {
        let whole = || id.get(..id.len().checked_sub(1)?).and_then(|id| self.by_id.get(id));
        self.by_id.get(id).or_else(whole).cloned()
    }

    pub fn at_path(&self, path: &str) -> Option<Arc<File>> {
        self.by_path.get(path).cloned()
    }

    /// Takes an upload in.
    pub fn upload(&mut self, bot: i64, upload: &Upload, shape: Shape) -> Arc<File> {
        let unique = content_hash(&[&upload.content]);
        let mime = upload.mime.clone().filter(|_| !matches!(shape, Shape::Photo { .. }));
        let extension = upload.name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
        let extension: String =
            extension.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        self.keep(bot, unique, &extension, shape, Some(upload), mime)
    }

    /// Takes note of an address.
    pub fn link(&mut self, bot: i64, address: &str, shape: Shape) -> Arc<File> {
        self.keep(bot, content_hash(&[address.as_bytes()]), "bin", shape, None, None)
    }

    fn keep(
        &mut self,
        bot: i64,
        unique: u64,
        extension: &str,
        shape: Shape,
        upload: Option<&Upload>,
        mime: Option<String>,
    ) -> Arc<File> {
        self.made += 1;
        let (prefix, folder) = match shape {
            Shape::Photo { .. } => ("AgACAgQAAx", "photos"),
            Shape::Document => ("BQACAgQAAx", "documents"),
            Shape::Video { .. } => ("BAACAgQAAx", "videos"),
        };
        let content = upload.map(|upload| upload.content.clone());
        let file = Arc::new(File {
            // Beyond what a file is, its id tells whose it is: another bot cannot use it.
            id: format!("{prefix}{:010x}{:06x}{unique:016x}0", bot, self.made),
            unique: format!("AQAD{unique:016x}"),
            path: format!("{folder}/file_{}.{extension}", self.made),
            name: upload
                .map(|upload| upload.name.clone())
                .filter(|_| !matches!(shape, Shape::Photo { .. })),
            mime,
            size: content.as_ref().map_or(0, |content| content.len() as u64),
            shape,
            content: Mutex::new(content),
        });
        self.bytes += file.size as usize;
        self.by_id.insert(file.id.clone(), file.clone());
        self.by_path.insert(file.path.clone(), file.clone());
        self.order.push_back(file.clone());
        self.forget_oldest();
        file
    }

    fn forget_oldest(&mut self) {
        let mut at = 0;
        while self.bytes > MOST_BYTES
            && let Some(oldest) = self.order.get(at)
        {
            self.bytes -= oldest.content.lock().take().map_or(0, |content| content.len());
            at += 1;
        }
        while self.order.len() > MOST_FILES
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= oldest.content.lock().take().map_or(0, |content| content.len());
            self.by_id.remove(&oldest.id);
            self.by_path.remove(&oldest.path);
        }
    }
}

/// Width and height of a PNG, JPEG, GIF or WebP (lossy and extended) picture.
pub(crate) fn picture_size(content: &[u8]) -> Option<(u32, u32)> {
    let be16 =
        |at: usize| Some(u32::from(u16::from_be_bytes(content.get(at..at + 2)?.try_into().ok()?)));
    let le16 =
        |at: usize| Some(u32::from(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?)));
    let be32 = |at: usize| Some(u32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?));
    let size = if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        (be32(16)?, be32(20)?)
    } else if content.starts_with(b"GIF8") {
        (le16(6)?, le16(8)?)
    } else if content.starts_with(b"RIFF") && content.get(8..12)? == b"WEBP" {
        match content.get(12..16)? {
            b"VP8X" => (le16(24)? + 1, le16(27)? + 1),
            _ => (le16(26)? & 0x3fff, le16(28)? & 0x3fff),
        }
    } else if content.starts_with(&[0xff, 0xd8]) {
        let mut at = 2;
        loop {
            let (mark, kind) = (*content.get(at)?, *content.get(at + 1)?);
            if mark != 0xff {
                return None;
            }
            // A frame header, whichever of the thirteen kinds it is.
            if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
                break (be16(at + 7)?, be16(at + 5)?);
            }
            at += 2 + be16(at + 2)? as usize;
        }
    } else {
        return None;
    };
    (size.0 > 0 && size.1 > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(content: &[u8]) -> Upload {
        Upload {
            name: "a b.PNG".into(),
            mime: Some("image/png".into()),
            content: Bytes::copy_from_slice(content),
        }
    }

    #[test]
    fn pictures_tell_their_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 3, 0x20, 0, 0, 2, 0x58]);
        assert_eq!(picture_size(&png), Some((800, 600)));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 11, 8, 0, 20, 0, 10];
        assert_eq!(picture_size(&jpeg), Some((10, 20)));
        assert_eq!(picture_size(b"GIF89a\x05\0\x06\0"), Some((5, 6)));
        for broken in [&png[..20], &jpeg[..10], b"no picture", b""] {
            assert_eq!(picture_size(broken), None);
        }
    }

    #[test]
    fn a_file_is_found_by_its_ids_and_path() {
        let mut files = Files::default();
        let file = files.upload(77, &upload(b"x"), Shape::Photo { width: 400, height: 200 });
        let sizes = file.photo_sizes();
        assert_eq!(
            sizes.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(),
            [(90, 45), (320, 160), (400, 200)]
        );
        for size in sizes {
            assert_eq!(
                files.find(&size.file_id).map(|found| found.id.clone()),
                Some(file.id.clone())
            );
        }
        assert_eq!(file.path, "photos/file_1.PNG");
        assert!(files.at_path(&file.path).is_some());
        assert!(files.find("nonsense").is_none() && files.find("").is_none());
        let again = files.upload(77, &upload(b"x"), Shape::Document);
        assert_eq!(again.unique, file.unique);
        assert_ne!(again.id, file.id);
    }

    #[test]
    fn the_oldest_content_goes_first_when_there_is_too_much() {
        let mut files = Files::default();
        let third = vec![0; MOST_BYTES / 3 + 1];
        let first = files.upload(1, &upload(&third), Shape::Document);
        let rest: Vec<_> =
            (0..2).map(|_| files.upload(1, &upload(&third), Shape::Document)).collect();
        assert!(first.content().is_none());
        assert!(rest.iter().all(|file| file.content().is_some()));
        assert!(files.find(&first.id).is_some());
    }
}
