//! The secret of a link, and the hash that stands for it.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ServiceError;

/// Bytes of a secret: more than anybody can try, so a plain hash is enough to hide it.
const BYTES: usize = 32;

/// 256 random bits as lower-case hexadecimal digits.
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    /// One that nobody has had before.
    pub(crate) fn fresh() -> Result<Self, ServiceError> {
        let mut drawn = Zeroizing::new([0; BYTES]);
        getrandom::fill(drawn.as_mut_slice())
            .map_err(|err| ServiceError::bug("drawing a token", err))?;
        Ok(Self(Zeroizing::new(hex::encode(drawn.as_slice()))))
    }

    /// Reads what stood in a link; none when it was never a token of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 2 * BYTES && is_hex).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for it in the database.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_is_one() {
        let token = Token::fresh().expect("randomness");
        let read = Token::parse(&format!(" {}\n", token.as_str())).expect("ours");
        assert_eq!(read.hash(), token.hash());
        assert_ne!(token.hash(), Token::fresh().expect("randomness").hash());
        let text = token.as_str().to_owned();
        let upper = format!("A{}", &text[1..]);
        let full_width = format!("１{}", &text[3..]);
        for text in ["", &text[1..], &format!("{text}0"), &upper, &full_width, &"é".repeat(32)] {
            assert!(Token::parse(text).is_none(), "{text:?}");
        }
    }
}
