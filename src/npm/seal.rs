//! What names a tarball that is part of a cycle.
//!
//! Tarballs that name each other hold each other's file names, and no file can hold its own digest. So each of them
//! is first made with numbers in the place of the digits; from the digests of those comes a seal for each, and its
//! first 12 digits go into the names. Any change of one changes the seals of all. The seal stands in the header of the
//! tarball too, as the gzip comment, which every package manager passes over: so a file whose name fits its content is
//! known as ours with nothing else written down, also behind a run that was killed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::text::Digest;

/// Names a tarball in the place of its own digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal(Digest);

/// Magic, deflate, and a comment as the only optional field (RFC 1952); behind them 4 bytes of time, and 2 that say
/// which compressor it was.
const GZIP: [u8; 4] = [0x1f, 0x8b, 8, 0x10];
const COMMENT_AT: usize = 10;
const SIGNATURE: &str = "docker-prep ";

impl Seal {
    /// How many bytes of a file [`Seal::read`] needs.
    pub(crate) const HEADER: usize = COMMENT_AT + SIGNATURE.len() + 64 + 1;

    /// The seals of a cycle's members, from the digests of their tarballs with [`placeholder`]s in them, by name.
    pub(crate) fn of_cycle<'a>(members: &BTreeMap<&'a str, Digest>) -> BTreeMap<&'a str, Self> {
        let mut all = Sha256::new();
        for (name, digest) in members {
            all.update(format!("{name}\0{}\n", digest.as_str()));
        }
        let all = Digest::finish(all);
        let seal = |name: &str| Self(Digest::of(format!("{}\0{name}", all.as_str()).as_bytes()));
        members.keys().map(|name| (*name, seal(name))).collect()
    }

    /// The digits in the tarball's name.
    pub(crate) fn short(&self) -> &str {
        self.0.short()
    }

    /// What stands in the tarball's header.
    pub(crate) fn comment(&self) -> String {
        format!("{SIGNATURE}{}", self.0.as_str())
    }

    /// The seal in the first bytes of a tarball.
    pub(crate) fn read(header: &[u8]) -> Option<Self> {
        let comment = header.strip_prefix(&GZIP)?.get(COMMENT_AT - GZIP.len()..Self::HEADER - GZIP.len())?;
        let digits = comment.strip_suffix(b"\0")?.strip_prefix(SIGNATURE.as_bytes())?;
        Digest::try_from(String::from_utf8(digits.to_vec()).ok()?).ok().map(Self)
    }
}

/// The digits that stand for a member's seal until it is known. Members whose names differ in nothing but what file
/// names leave out must not be taken for each other.
pub(crate) fn placeholder(member: usize) -> String {
    format!("{member:012}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seals<'a>(members: &[(&'a str, &str)]) -> BTreeMap<&'a str, Seal> {
        let digests = members.iter().map(|(name, text)| (*name, Digest::of(text.as_bytes()))).collect();
        Seal::of_cycle(&digests)
    }

    #[test]
    fn a_change_of_one_member_changes_the_seals_of_all() {
        let before = seals(&[("a", "x"), ("b", "x")]);
        assert_eq!(before, seals(&[("b", "x"), ("a", "x")]));
        assert_ne!(before["a"], before["b"]);
        for changed in [seals(&[("a", "x"), ("b", "y")]), seals(&[("a", "x"), ("b", "x"), ("c", "x")])] {
            assert!(changed["a"] != before["a"] && changed["b"] != before["b"]);
        }
    }

    #[test]
    fn a_seal_is_read_from_a_header_and_from_nothing_else() {
        let seal = &seals(&[("a", "x")])["a"];
        let comment = seal.comment();
        let mut header = [&GZIP[..], &[0, 0, 0, 0, 0, 255], comment.as_bytes(), b"\0"].concat();
        assert_eq!(header.len(), Seal::HEADER);
        for end in 0..header.len() {
            assert_eq!(Seal::read(&header[..end]), None, "{end}");
        }
        header.push(b'x');
        assert_eq!(Seal::read(&header).as_ref(), Some(seal));
        for at in [0, 1, 2, 3, COMMENT_AT, Seal::HEADER - 2, Seal::HEADER - 1] {
            let mut other = header.clone();
            other[at] = 0xff;
            assert_eq!(Seal::read(&other), None, "{at}");
        }
    }
}
