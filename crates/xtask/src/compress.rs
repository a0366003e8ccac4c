//! What the wire sees: brotli and gzip.

use std::io::{Read, Write};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// How hard to try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// For a build that somebody waits for.
    Quick,
    /// For a build that is downloaded many times. The budget is measured with it.
    Best,
}

impl Effort {
    fn brotli_quality(self) -> i32 {
        match self {
            Effort::Quick => 5,
            Effort::Best => 11,
        }
    }

    fn gzip_level(self) -> Compression {
        match self {
            Effort::Quick => Compression::default(),
            Effort::Best => Compression::best(),
        }
    }
}

/// The bytes, compressed with brotli.
///
/// # Errors
/// Never in practice: memory is both source and target.
pub fn brotli(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: effort.brotli_quality(),
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).context("compress with brotli")?;
    Ok(out)
}

/// The bytes, compressed with gzip.
///
/// # Errors
/// Never in practice: memory is both source and target.
pub fn gzip(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), effort.gzip_level());
    encoder.write_all(bytes).context("compress with gzip")?;
    encoder.finish().context("compress with gzip")
}

/// The bytes that were compressed with brotli, at most `most` of them.
///
/// # Errors
/// When they were not.
pub fn unbrotli(bytes: &[u8], most: u64) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut plain = brotli::Decompressor::new(bytes, 4096).take(most);
    plain.read_to_end(&mut out).context("this is not brotli")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Effort, brotli, gzip, unbrotli};

    #[test]
    fn what_is_compressed_can_be_read_again_and_effort_pays() {
        let text = include_str!("compress.rs");
        let quick = brotli(text.as_bytes(), Effort::Quick).expect("in memory");
        let best = brotli(text.as_bytes(), Effort::Best).expect("in memory");
        assert!(best.len() <= quick.len());
        assert_eq!(unbrotli(&best, 1 << 20).expect("our own"), text.as_bytes());

        let zipped = gzip(text.as_bytes(), Effort::Best).expect("in memory");
        assert_eq!(zipped[..2], [0x1f, 0x8b], "gzip's magic number");
    }
}
