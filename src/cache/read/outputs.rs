//! Which tarballs lie in a folder, so that they need not be read to know what they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{OUTPUTS, file_for, read};
use crate::cache::CachedOutput;
use crate::cache::index::parse_outputs;
use crate::npm::{FileStamp, FileTime, Watch, now};
use crate::project::CacheFolder;
use crate::text::Digest;

/// What is known of a folder's tarballs, and what was learned since. It remembers nothing where there is no cache.
#[derive(Debug, Default)]
pub(crate) struct Outputs(Option<KnownOutputs>);

#[derive(Debug)]
struct KnownOutputs {
    watch: Watch,
    /// By name, as it was read.
    read: BTreeMap<String, CachedOutput>,
    learned: Mutex<BTreeMap<String, CachedOutput>>,
}

impl Outputs {
    /// What the cache knows of a folder, which need not be there.
    pub(crate) fn of(place: Option<&CacheFolder>, folder: &Path) -> Self {
        let Some(place) = place else { return Self(None) };
        let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let bytes = file_for(&place.folder, OUTPUTS, &canonical).and_then(|file| read(&place.folder, &file));
        let outputs = bytes.zip(canonical.to_str()).and_then(|(bytes, folder)| parse_outputs(folder, &bytes));
        let read =
            outputs.unwrap_or_default().into_iter().map(|output| (output.name.clone(), output)).collect();
        Self(Some(KnownOutputs { watch: Watch::begin(), read, learned: Mutex::default() }))
    }

    /// The digest of a file in the folder, if it is known and the file looks as it did.
    pub(crate) fn digest(&self, path: &Path) -> Option<Digest> {
        self.known(path).map(|output| output.digest)
    }

    /// What is known of a file in the folder, if it looks as it did.
    pub(crate) fn known(&self, path: &Path) -> Option<CachedOutput> {
        let known = self.0.as_ref()?;
        let name = path.file_name()?.to_str()?;
        let signature = known.watch.sign(path, false).ok()?;
        let fits = |output: &&CachedOutput| output.signature == signature;
        if let Some(output) = known.learned().get(name).filter(fits) {
            return Some(output.clone());
        }
        // Times in the future: the clock has gone back.
        let is_past = signature.is_reliable_at(known.watch.moment());
        known.read.get(name).filter(fits).filter(|_| is_past).cloned()
    }

    /// Remembers what a file in the folder is that was read after `moment`.
    pub(crate) fn learn_read(&self, path: &Path, moment: FileTime, digest: &Digest) {
        self.learn(path, digest, |signature| signature.is_reliable_at(moment));
    }

    /// When a file was last written, where what becomes of it is remembered.
    pub(crate) fn written(&self, path: &Path) -> Option<FileTime> {
        Some(self.0.as_ref()?.watch.sign(path, false).ok()?.modified)
    }

    /// Remembers what a file in the folder is that was given its name just now: whoever writes into it from now on sets
    /// another time than that of its last byte.
    pub(crate) fn learn_written(&self, path: &Path, digest: &Digest) {
        self.learn(path, digest, |signature| signature.modified < signature.changed);
    }

    fn learn(&self, path: &Path, digest: &Digest, is_certain: impl FnOnce(&FileStamp) -> bool) {
        let Some(known) = &self.0 else { return };
        let Some(signature) = known.watch.sign(path, false).ok().filter(|signature| is_certain(signature))
        else {
            return;
        };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
        if known.watch.trusts(path, &signature) {
            let output = CachedOutput { name: name.to_owned(), signature, digest: digest.clone() };
            known.learned().insert(name.to_owned(), output);
        }
    }

    /// Until when those that were learned cannot be told from what may become of them in this very instant.
    pub(crate) fn unreliable_until(&self) -> Option<FileTime> {
        let known = self.0.as_ref()?;
        let now = now();
        let learned = known.learned();
        let times = learned.values().map(|output| output.signature).filter(|s| !s.is_reliable_at(now));
        times.map(|signature| signature.changed).max()
    }

    /// The file systems' present.
    pub(crate) fn now() -> FileTime {
        now()
    }

    /// What lies in the folder as it is to be written: what is there and can be trusted; nothing where nothing was
    /// learned.
    pub(crate) fn learned(&self, folder: &Path) -> Option<Vec<CachedOutput>> {
        let known = self.0.as_ref()?;
        let learned = known.learned();
        if learned.is_empty() {
            return None;
        }
        let now = now();
        let is_good = |output: &&CachedOutput| {
            output.signature.is_reliable_at(now)
                && known.watch.sign(&folder.join(&output.name), false).ok() == Some(output.signature)
        };
        let older = known.read.values().filter(|output| !learned.contains_key(&output.name));
        Some(learned.values().chain(older).filter(is_good).cloned().collect())
    }
}

impl KnownOutputs {
    fn learned(&self) -> MutexGuard<'_, BTreeMap<String, CachedOutput>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
