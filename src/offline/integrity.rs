//! Subresource integrity (<https://www.w3.org/TR/SRI/>), of which the strongest digest counts.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The digests, the strongest first.
const KNOWN: [(&str, Algorithm); 4] = [
    ("sha512", Algorithm::Sha512),
    ("sha384", Algorithm::Sha384),
    ("sha256", Algorithm::Sha256),
    ("sha1", Algorithm::Sha1),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha512,
    Sha384,
    Sha256,
    Sha1,
}

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Integrity {
    name: &'static str,
    algorithm: Algorithm,
    /// Any of them will do.
    digests: Vec<Vec<u8>>,
}

/// A file's digest while it is read.
pub(super) enum Seen {
    Sha512(Sha512),
    Sha384(Sha384),
    Sha256(Sha256),
    Sha1(Sha1),
}

impl Integrity {
    /// Of a text such as `sha512-…`; several stand with spaces between them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let of = |name: &str| -> Vec<Vec<u8>> {
            text.split_ascii_whitespace()
                .filter_map(|one| one.strip_prefix(name)?.strip_prefix('-'))
                .filter_map(|digest| STANDARD.decode(digest.split('?').next().unwrap_or(digest)).ok())
                .collect()
        };
        KNOWN.iter().find_map(|(name, algorithm)| {
            let digests = of(name);
            (!digests.is_empty()).then_some(Self { name, algorithm: *algorithm, digests })
        })
    }

    /// Begins to digest a file in the same way.
    pub(super) fn begin(&self) -> Seen {
        match self.algorithm {
            Algorithm::Sha512 => Seen::Sha512(Sha512::new()),
            Algorithm::Sha384 => Seen::Sha384(Sha384::new()),
            Algorithm::Sha256 => Seen::Sha256(Sha256::new()),
            Algorithm::Sha1 => Seen::Sha1(Sha1::new()),
        }
    }

    /// Whether a file's digest is the right one.
    pub(super) fn is(&self, digest: &[u8]) -> bool {
        self.digests.iter().any(|known| known == digest)
    }

    /// As it is written.
    pub(super) fn text(&self) -> String {
        self.digests.iter().map(|digest| self.text_of(digest)).collect::<Vec<_>>().join(" ")
    }

    /// A digest as it is written.
    pub(super) fn text_of(&self, digest: &[u8]) -> String {
        format!("{}-{}", self.name, STANDARD.encode(digest))
    }
}

impl Seen {
    /// More of the file.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha512(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
        }
    }

    /// The digest.
    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
            Self::Sha384(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
        }
    }
}

impl io::Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(integrity: &str, bytes: &[u8]) -> Option<bool> {
        let integrity = Integrity::parse(integrity)?;
        let mut seen = integrity.begin();
        seen.update(bytes);
        Some(integrity.is(&seen.finish()))
    }

    #[test]
    fn the_strongest_digest_counts() {
        let sha1 = "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
        let sha512 =
            "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
        for good in [sha1, sha512, &format!("{sha1} {sha512}"), &format!("{sha512}?x {sha512}")] {
            assert_eq!(is(good, b"abc"), Some(true), "{good}");
            assert_eq!(is(good, b"abd"), Some(false), "{good}");
        }
        let other = sha512.replace("3a8", "3a9");
        assert_eq!(is(&format!("{other} {sha1}"), b"abc"), Some(false));
        assert_eq!(is("md5-kAFQmDzST7DWlj99KOF/cg==", b"abc"), None);
        assert_eq!(is("", b"abc"), None);
    }
}
