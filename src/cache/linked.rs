//! Which tarballs were made of those of others, by what their bytes depend on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::text::Digest;

/// A tarball that was made of one of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkedTarball {
    /// Its name.
    pub(crate) filename: String,
    /// Of its bytes.
    pub(crate) sha256: Digest,
    /// In bytes.
    pub(crate) size: u64,
    /// The files' sizes in bytes, added up.
    pub(crate) unpacked_size: u64,
}

/// What is known of them, and what was asked for: the rest is forgotten.
#[derive(Debug, Default)]
pub(crate) struct LinkedTarballs {
    known: BTreeMap<Digest, LinkedTarball>,
    used: Mutex<BTreeMap<Digest, LinkedTarball>>,
}

impl LinkedTarballs {
    /// What was kept.
    pub(crate) fn new(known: BTreeMap<Digest, LinkedTarball>) -> Self {
        Self { known, used: Mutex::default() }
    }

    /// Whether nothing was kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The tarball of a key.
    pub(crate) fn get(&self, key: &Digest) -> Option<LinkedTarball> {
        let mut used = self.used();
        let found = used.get(key).or_else(|| self.known.get(key))?.clone();
        used.insert(key.clone(), found.clone());
        Some(found)
    }

    /// One that was made.
    pub(crate) fn learn(&self, key: Digest, tarball: LinkedTarball) {
        self.used().insert(key, tarball);
    }

    /// What is to be kept; nothing where that is known already.
    pub(crate) fn learned(&self) -> Option<BTreeMap<Digest, LinkedTarball>> {
        let used = self.used();
        (*used != self.known).then(|| used.clone())
    }

    fn used(&self) -> MutexGuard<'_, BTreeMap<Digest, LinkedTarball>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_asked_for_is_forgotten() {
        let tarball = |name: &str| LinkedTarball {
            filename: name.to_owned(),
            sha256: Digest::of(name.as_bytes()),
            size: 1,
            unpacked_size: 2,
        };
        let key = |name: &str| Digest::of(name.as_bytes());
        let known = BTreeMap::from([(key("a"), tarball("a")), (key("b"), tarball("b"))]);
        let linked = LinkedTarballs::new(known.clone());
        assert_eq!((linked.get(&key("a")), linked.get(&key("c"))), (Some(tarball("a")), None));
        assert_eq!(linked.learned(), Some(BTreeMap::from([(key("a"), tarball("a"))])));
        linked.get(&key("b"));
        assert_eq!(linked.learned(), None);
        linked.learn(key("c"), tarball("c"));
        assert_eq!(linked.get(&key("c")), Some(tarball("c")));
        assert_eq!(linked.learned().map(|learned| learned.len()), Some(3));
    }
}
