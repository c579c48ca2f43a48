//! What `pack` and `prepare` take from the cache, and what they leave in it.

use std::io;
use std::path::Path;

use crate::cache::{LinkedTarballs, Memory, Outputs, Store, apply as cache};
use crate::deps_dir::apply::{StagedTarball, TempTarball, sync_staged};
use crate::npm::{Tarball, TarballSink};
use crate::project::{CacheFolder, Requested};
use crate::report::{Event, Report};
use crate::threads::Threads;

/// The cache of a call; there may be none.
#[derive(Debug)]
pub(crate) struct Cache<'a> {
    place: Option<&'a CacheFolder>,
    store: Option<Store<'a>>,
    threads: Threads,
}

impl<'a> Cache<'a> {
    /// The one that was asked for. One that cannot be used is told to those who want to know more.
    pub(crate) fn of(requested: &'a Requested, threads: Threads, report: Report<'_>) -> Self {
        let mut place = requested.cache.as_ref();
        if let Some(doubt) = place.and_then(cache::doubt) {
            report(Event::NoCache(&doubt));
            place = None;
        }
        Self { place, store: place.map(Store::new), threads }
    }

    /// Where it lies.
    pub(crate) fn place(&self) -> Option<&'a CacheFolder> {
        self.place
    }

    /// What it knows of a workspace's packages.
    pub(crate) fn memory(&self, workspace: &Path) -> Memory {
        Memory::of(self.place, workspace)
    }

    /// What it knows of a folder's tarballs.
    pub(crate) fn outputs(&self, folder: &Path) -> Outputs {
        Outputs::of(self.place, folder)
    }

    /// Takes tarballs from where they lie already, or from the cache, before new ones are made.
    pub(crate) fn shelf<S, T>(&self, stage: S, there: T) -> CachedShelf<'_, S, T>
    where
        S: Fn() -> io::Result<TempTarball> + Sync,
        T: Fn(&Tarball) -> Option<StagedTarball> + Sync,
    {
        CachedShelf { store: self.store.as_ref(), stage, there }
    }

    /// Keeps which tarballs were made of those of others.
    pub(crate) fn keep_linked(&self, meant_for: &str, linked: &LinkedTarballs) {
        if let Some(store) = &self.store {
            store.keep_linked(meant_for, linked);
        }
    }

    /// Keeps what was learned, and the tarballs that were written into a folder.
    pub(crate) fn keep(
        &self,
        workspace: &Path,
        memory: &Memory,
        folder: &Path,
        outputs: &Outputs,
        written: &[&Tarball],
    ) {
        let Some(store) = &self.store else { return };
        self.threads.map(written, |tarball| {
            store.keep_tarball(&folder.join(&tarball.filename), &tarball.sha256, tarball.size);
        });
        store.keep_memory(workspace, memory);
        store.keep_outputs(folder, outputs);
        store.prune();
    }
}

/// Where tarballs of a call go that has a cache.
pub(crate) struct CachedShelf<'a, S, T> {
    store: Option<&'a Store<'a>>,
    stage: S,
    there: T,
}

impl<S, T> TarballSink for CachedShelf<'_, S, T>
where
    S: Fn() -> io::Result<TempTarball> + Sync,
    T: Fn(&Tarball) -> Option<StagedTarball> + Sync,
{
    type Sink = TempTarball;
    type Full = StagedTarball;

    fn open(&self) -> io::Result<TempTarball> {
        (self.stage)()
    }

    fn close(&self, sink: TempTarball) -> io::Result<StagedTarball> {
        sink.close()
    }

    fn reuse(&self, tarball: &Tarball) -> Option<StagedTarball> {
        let from_store = || self.store?.fetch(&tarball.sha256, tarball.size, &self.stage)?.close().ok();
        (self.there)(tarball).or_else(from_store)
    }

    fn may_be_lost(staged: &StagedTarball) -> bool {
        staged.may_be_lost()
    }

    fn sync(&self, staged: &StagedTarball) -> io::Result<()> {
        sync_staged(staged)
    }
}
