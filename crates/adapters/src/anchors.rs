//! Where the chains of the audit log stood, day by day, in a file that no database can rewrite.
//!
//! One file for each year (`2026.txt`), only ever appended to. A line is a day (UTC), a workspace, the place
//! of the last line of its chain, and that line's mac, with a space between: see `docs/audit-chain.md`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use domain::ids::WorkspaceId;
use jiff::civil::Date;

/// Where one chain stood at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The day, in UTC.
    pub day: Date,
    /// Whose chain.
    pub workspace: WorkspaceId,
    /// Place of its last line.
    pub seq: i64,
    /// That line's mac.
    pub mac: [u8; 32],
}

impl Anchor {
    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.day, self.workspace, self.seq, hex::encode(self.mac))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(' ');
        let mut next = || parts.next();
        let anchor = Self {
            day: next()?.parse().ok()?,
            workspace: next()?.parse().ok()?,
            seq: next()?.parse().ok()?,
            mac: hex::decode(next()?).ok()?.try_into().ok()?,
        };
        parts.next().is_none().then_some(anchor)
    }
}

/// What the files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Oldest file first, in the order they were written.
    pub anchors: Vec<Anchor>,
    /// Lines that nobody can read, as `file:line`.
    pub damaged: Vec<String>,
}

/// The directory of the files.
#[derive(Clone, Debug)]
pub struct Anchors {
    dir: PathBuf,
}

impl Anchors {
    /// Those in `dir`, which is made with the first anchor.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Appends `anchors`, all of one year; on disk when it returns. Blocks.
    ///
    /// # Errors
    /// Whatever the file system says. What was written of a line is cut off by the next call.
    pub fn append(&self, anchors: &[Anchor]) -> io::Result<()> {
        let Some(first) = anchors.first() else { return Ok(()) };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let path = self.dir.join(format!("{}.txt", first.day.year()));
        let mut file =
            OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&path)?;
        cut_half_a_line(&mut file)?;
        let text: String = anchors.iter().map(Anchor::line).collect();
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // The name of a new file is on disk once its directory is.
        File::open(&self.dir)?.sync_all()
    }

    /// Reads everything. None at all where nothing was ever kept. Blocks.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn read(&self) -> io::Result<Kept> {
        let mut files = match fs::read_dir(&self.dir) {
            Ok(entries) => entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<io::Result<Vec<_>>>()?,
            Err(err) if err.kind() == ErrorKind::NotFound => Vec::new(),
            Err(err) => return Err(err),
        };
        files.retain(|path| path.extension().is_some_and(|name| name == "txt"));
        files.sort();
        let mut kept = Kept::default();
        for path in files {
            kept.add(&path, &String::from_utf8_lossy(&fs::read(&path)?));
        }
        Ok(kept)
    }
}

impl Kept {
    fn add(&mut self, path: &Path, text: &str) {
        // Half a line at the end is one that was being written when the power went.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (n, line) in whole.lines().enumerate() {
            match Anchor::parse(line) {
                Some(anchor) => self.anchors.push(anchor),
                None => self.damaged.push(format!("{}:{}", path.display(), n + 1)),
            }
        }
    }
}

/// A line that was being written when the power went says nothing, and must not spoil the next.
fn cut_half_a_line(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len();
    // Longer than any line.
    let start = length.saturating_sub(256);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut end)?;
    match end.iter().rposition(|&byte| byte == b'\n') {
        _ if end.last() == Some(&b'\n') => Ok(()),
        Some(at) => file.set_len(start + at as u64 + 1),
        None if start == 0 => file.set_len(0),
        // No line of ours: a person should look at it.
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use uuid::Uuid;

    use super::*;

    fn anchor(day: &str, seq: i64) -> Anchor {
        let workspace = Uuid::from_u128(7).into();
        Anchor { day: day.parse().unwrap(), workspace, seq, mac: [seq as u8; 32] }
    }

    #[test]
    fn anchors_are_appended_and_read_back_over_the_years() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::at(dir.path().join("anchors"));
        assert_eq!(anchors.read().unwrap(), Kept::default());
        let all = [anchor("2026-12-30", 3), anchor("2026-12-31", 9), anchor("2027-01-01", 12)];
        for one in &all {
            anchors.append(std::slice::from_ref(one)).unwrap();
        }
        assert_eq!(anchors.read().unwrap(), Kept { anchors: all.to_vec(), damaged: Vec::new() });
        let mode =
            |path: &str| fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("anchors"), mode("anchors/2026.txt")), (0o700, 0o600));
    }

    #[test]
    fn half_a_line_is_no_anchor_and_spoils_none_and_a_changed_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::at(dir.path().to_owned());
        let (first, second) = (anchor("2026-01-01", 1), anchor("2026-01-02", 2));
        anchors.append(std::slice::from_ref(&first)).unwrap();
        let path = dir.path().join("2026.txt");
        let append = |text: &str| {
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        append("2026-01-02 0000");
        assert_eq!(anchors.read().unwrap().anchors, std::slice::from_ref(&first));
        anchors.append(std::slice::from_ref(&second)).unwrap();
        let want = Kept { anchors: vec![first, second], damaged: Vec::new() };
        assert_eq!(anchors.read().unwrap(), want);
        append("2026-01-03 nonsense\n");
        assert_eq!(anchors.read().unwrap().damaged, [format!("{}:3", path.display())]);
    }
}
