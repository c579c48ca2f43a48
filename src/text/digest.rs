//! The digest of a file's bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 as 64 lowercase hex digits, and nothing else: it serves as a file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest(String);

impl Digest {
    /// The digest of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// The digest of what a hasher was fed.
    pub(crate) fn finish(hasher: Sha256) -> Self {
        Self(hex(&hasher.finalize()))
    }

    /// The 12 digits that file names hold.
    pub(crate) fn short(&self) -> &str {
        &self.0[..12]
    }

    /// The 64 digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes as lowercase hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text))
        } else {
            Err(format!("'{text}' is no SHA-256"))
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_lowercase_hex_digits_are_a_digest() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(Digest::try_from(empty.to_owned()).unwrap(), Digest::of(b""));
        for bad in ["", "abc", &"A".repeat(64), &"g".repeat(64), &format!("../{}", "a".repeat(61))] {
            assert!(Digest::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
