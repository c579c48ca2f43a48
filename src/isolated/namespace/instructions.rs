//! What the helper process is told, as bytes of a file: how far it is, in a room that keeps its size, and then words that
//! end with a NUL each, which no path and no argument can hold.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use super::{Binding, Progress};

/// How many bytes at the file's beginning say how far the helper is. They are overwritten in place, which no full disk
/// hinders.
pub(in crate::isolated) const HEADER: usize = 128;

/// What to cover, and what to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::isolated) struct Instructions {
    /// In the order in which they are bound.
    pub(in crate::isolated) bindings: Vec<Binding>,
    /// The program and its arguments.
    pub(in crate::isolated) command: Vec<OsString>,
}

impl Instructions {
    /// The file's bytes, for a helper that has not begun.
    pub(in crate::isolated) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Progress::Waiting.to_bytes().to_vec();
        let counts = [self.bindings.len(), self.command.len()].map(|count| OsString::from(count.to_string()));
        let paths = self.bindings.iter().flat_map(|one| [one.source.as_os_str(), one.target.as_os_str()]);
        let words = self.command.iter().map(OsString::as_os_str);
        for word in counts.iter().map(OsString::as_os_str).chain(paths).chain(words) {
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// What the file says; nothing where it is no such file.
    pub(in crate::isolated) fn read(bytes: &[u8]) -> Option<Self> {
        let words = bytes.get(HEADER..)?.strip_suffix(&[0])?;
        let mut words = words.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
        let mut count = || words.next()?.to_str()?.parse::<usize>().ok();
        let (paths, arguments) = (count()?, count()?);
        let mut bindings = Vec::new();
        for _ in 0..paths {
            let (source, target) = (PathBuf::from(words.next()?), PathBuf::from(words.next()?));
            bindings.push(Binding { source, target });
        }
        let command: Vec<OsString> = words.collect();
        (!command.is_empty() && command.len() == arguments).then_some(Self { bindings, command })
    }

    /// Whether each word is what the file can hold.
    pub(in crate::isolated) fn is_writable(&self) -> bool {
        let has_no_nul = |word: &OsStr| !word.as_bytes().contains(&0);
        !self.command.is_empty()
            && self.command.iter().all(|word| has_no_nul(word))
            && self
                .bindings
                .iter()
                .all(|one| has_no_nul(one.source.as_ref()) && has_no_nul(one.target.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = OsString> {
        prop::collection::vec(1..=u8::MAX, 0..12).prop_map(OsString::from_vec)
    }

    fn instructions() -> impl Strategy<Value = Instructions> {
        let binding = (word(), word())
            .prop_map(|(source, target)| Binding { source: source.into(), target: target.into() });
        (prop::collection::vec(binding, 0..4), prop::collection::vec(word(), 1..5))
            .prop_map(|(bindings, command)| Instructions { bindings, command })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(told in instructions()) {
            prop_assert!(told.is_writable());
            let bytes = told.to_bytes();
            prop_assert_eq!(Progress::read(&bytes), Progress::Waiting);
            prop_assert_eq!(Instructions::read(&bytes), Some(told));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = (Instructions::read(&bytes), Progress::read(&bytes));
        }

        #[test]
        fn a_file_that_was_cut_is_no_other_command(told in instructions(), at in any::<prop::sample::Index>()) {
            let bytes = told.to_bytes();
            prop_assert_eq!(Instructions::read(&bytes[..at.index(bytes.len())]), None);
        }
    }

    #[test]
    fn a_word_with_a_nul_is_refused() {
        let told = |word: &str| Instructions { bindings: Vec::new(), command: vec![word.into()] };
        assert!(told("a").is_writable());
        assert!(!told("a\0b").is_writable());
        assert!(!Instructions { bindings: Vec::new(), command: Vec::new() }.is_writable());
    }
}
