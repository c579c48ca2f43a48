//! What is remembered of a workspace's packages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{INDEX, file_for, read};
use crate::cache::index::PackageRecord;
use crate::cache::{CacheIndex, PackageListing, PackedDigests};
use crate::npm::{
    ContentKey, ContentSource, Contents, PackageMemory, PackedFile, Seal, SeenPaths, Signatures, Tarball,
    TarballEntry, Watch, WatchedFolder, states,
};
use crate::project::CacheFolder;
use crate::text::Digest;

/// What is known of the packages of a workspace, and what was learned since. It remembers nothing where there is no
/// cache.
#[derive(Debug, Default)]
pub(crate) struct Memory(Option<KnownPackages>);

#[derive(Debug)]
struct KnownPackages {
    watch: Arc<Watch>,
    index: CacheIndex,
    /// The records that were asked for.
    open: Mutex<OpenIndex>,
}

#[derive(Debug, Default)]
struct OpenIndex {
    records: BTreeMap<String, Arc<PackageRecord>>,
    changed: BTreeSet<String>,
}

impl Memory {
    /// What the cache knows of a workspace.
    pub(crate) fn of(place: Option<&CacheFolder>, workspace: &Path) -> Self {
        let Some(place) = place else { return Self(None) };
        let Some(meant_for) = workspace.to_str() else { return Self(None) };
        let watch = Arc::new(Watch::begin());
        let file = file_for(&place.folder, INDEX, workspace);
        let bytes = file.and_then(|file| read(&place.folder, &file)).unwrap_or_default();
        let index = CacheIndex::parse(meant_for, &bytes);
        Self(Some(KnownPackages { watch, index, open: Mutex::default() }))
    }

    /// The tarball that was made of the same contents; one whose checksums are wanted and not known is not there.
    pub(crate) fn packed(
        &self,
        contents: &Contents,
        seal: Option<&Seal>,
        checksums: bool,
    ) -> Option<Tarball> {
        let known = self.0.as_ref()?;
        let footprint = contents.footprint.as_ref()?;
        let record = known.record(&footprint.dir)?;
        let packed = record.packed(&key(contents, footprint, seal))?;
        let is_enough = !checksums || packed.checksums.is_some();
        (is_enough && known.watch.is_past(packed.moment)).then(|| tarball(contents, footprint, packed))
    }

    /// Remembers the tarball that was made of some contents.
    pub(crate) fn learn_packed(&self, contents: &Contents, seal: Option<&Seal>, tarball: &Tarball) {
        let (Some(known), Some(footprint)) = (&self.0, &contents.footprint) else { return };
        if !footprint.reliable {
            return;
        }
        let packed = PackedDigests {
            key: key(contents, footprint, seal),
            moment: footprint.moment,
            filename: tarball.filename.clone(),
            sha256: tarball.sha256.clone(),
            size: tarball.size,
            checksums: tarball.checksums.clone(),
        };
        known.change(&footprint.dir, |record| record.add(packed));
    }

    /// The index as it is to be written; nothing where nothing was learned.
    pub(crate) fn learned(&self) -> Option<CacheIndex> {
        let known = self.0.as_ref()?;
        let open = known.open();
        if open.changed.is_empty() {
            return None;
        }
        let mut index = known.index.clone();
        for dir in &open.changed {
            if let Some(record) = open.records.get(dir) {
                index.put(dir, record);
            }
        }
        // What was once a package is not remembered for ever.
        index.retain(|dir| open.records.contains_key(dir) || Path::new(dir).is_dir());
        Some(index)
    }
}

impl PackageMemory for Memory {
    fn is_off(&self) -> bool {
        self.0.is_none()
    }

    fn seen(&self) -> SeenPaths {
        self.0.as_ref().map_or_else(SeenPaths::default, |known| SeenPaths::by(&known.watch))
    }

    fn listing(&self, dir: &Path, key: &Digest) -> Option<Vec<String>> {
        let known = self.0.as_ref()?;
        let record = known.record(dir.to_str()?)?;
        let listing = record.listing.as_ref().filter(|listing| listing.key == *key)?;
        let holds =
            known.watch.is_past(listing.moment) && states(&known.watch, &listing.witnesses) == listing.states;
        holds.then(|| listing.paths.clone())
    }

    fn learn_listing(&self, dir: &Path, key: Digest, paths: &[String], seen: SeenPaths) {
        let (Some(known), Some(dir)) = (&self.0, dir.to_str()) else { return };
        let Some((witnesses, states)) = seen.finish() else { return };
        let (paths, moment) = (paths.to_vec(), known.watch.moment());
        known.change(dir, |record| {
            record.listing = Some(PackageListing { key, paths, witnesses, states, moment });
        });
    }

    fn content_key(&self, dir: &Path, entries: &[TarballEntry]) -> Option<ContentKey> {
        let known = self.0.as_ref()?;
        let mut signatures = Signatures::new(known.watch.moment());
        let mut sizes = Vec::with_capacity(entries.len());
        let folder = WatchedFolder::open(dir);
        let mut trusted = None;
        for entry in entries {
            let tag = u8::from(entry.executable);
            match &entry.source {
                ContentSource::Generated(bytes) => {
                    sizes.push(bytes.len() as u64);
                    signatures.add(&entry.path, tag | 2, None);
                }
                ContentSource::OnDisk(path) => {
                    let signature = known.watch.sign_in(&folder, path).ok()?;
                    if trusted != Some(signature.device) {
                        if !known.watch.trusts(path, &signature) {
                            signatures.spoil();
                        }
                        trusted = Some(signature.device);
                    }
                    sizes.push(signature.size);
                    signatures.add(&entry.path, tag, Some(&signature));
                }
            }
        }
        let (files, reliable) = signatures.finish();
        let (dir, moment) = (dir.to_str()?.to_owned(), known.watch.moment());
        Some(ContentKey { dir, files, moment, reliable, sizes })
    }
}

impl KnownPackages {
    fn open(&self) -> MutexGuard<'_, OpenIndex> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, dir: &str) -> Option<Arc<PackageRecord>> {
        if let Some(record) = self.open().records.get(dir) {
            return Some(Arc::clone(record));
        }
        // Opened outside of the lock: others open theirs meanwhile.
        let record = Arc::new(self.index.get(dir)?);
        Some(Arc::clone(self.open().records.entry(dir.to_owned()).or_insert(record)))
    }

    fn change(&self, dir: &str, change: impl FnOnce(&mut PackageRecord)) {
        let record = self.record(dir).unwrap_or_default();
        let mut open = self.open();
        let mut record = open.records.get(dir).map_or_else(|| (*record).clone(), |record| (**record).clone());
        change(&mut record);
        open.records.insert(dir.to_owned(), Arc::new(record));
        open.changed.insert(dir.to_owned());
    }
}

/// The tarball as encoding it would tell.
fn tarball(contents: &Contents, footprint: &ContentKey, packed: &PackedDigests) -> Tarball {
    let generated = |entry: &TarballEntry, size: u64| match &entry.source {
        ContentSource::Generated(bytes) => bytes.len() as u64,
        ContentSource::OnDisk(_) => size,
    };
    let files: Vec<PackedFile> = contents
        .entries
        .iter()
        .zip(&footprint.sizes)
        .map(|(entry, size)| PackedFile {
            path: entry.path.clone(),
            size: generated(entry, *size),
            mode: entry.mode(),
        })
        .collect();
    Tarball {
        name: contents.manifest.name().unwrap_or_default().to_owned(),
        version: contents.manifest.version().unwrap_or_default(),
        filename: packed.filename.clone(),
        sha256: packed.sha256.clone(),
        size: packed.size,
        unpacked_size: files.iter().map(|file| file.size).sum(),
        checksums: packed.checksums.clone(),
        files: files.into(),
    }
}

/// Of all that a tarball's bytes depend on.
fn key(contents: &Contents, footprint: &ContentKey, seal: Option<&Seal>) -> Digest {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(footprint.files.as_str().as_bytes());
    add(seal.map(Seal::comment).unwrap_or_default().as_bytes());
    // Where the manifest is not packed, nothing else tells them.
    add(contents.manifest.name().unwrap_or_default().as_bytes());
    add(contents.manifest.version().unwrap_or_default().as_bytes());
    for entry in &contents.entries {
        if let ContentSource::Generated(bytes) = &entry.source {
            add(bytes);
        }
    }
    Digest::finish(hasher)
}
