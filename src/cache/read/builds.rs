//! What was built of which sources.

use std::path::{Path, PathBuf};

use super::{BUILDS, file_for, look, read_file};
use crate::cache::build_record::BuildRecord;
use crate::npm::Member;
use crate::project::CacheFolder;
use crate::text::Digest;

/// The records of a workspace's builds.
#[derive(Debug)]
pub(crate) struct BuildRecords<'a> {
    cache: &'a Path,
    workspace: &'a Path,
}

impl<'a> BuildRecords<'a> {
    /// What the cache knows of a workspace; `None` where that is nothing.
    pub(crate) fn of(place: Option<&'a CacheFolder>, workspace: &'a Path) -> Option<Self> {
        let cache = &*place?.folder;
        let folder = file_for(cache, BUILDS, workspace)?;
        // One that is not there, as for whoever never builds, is found out by one question.
        let trusted = |folder: &Path| look(folder) == Ok(Some(()));
        (trusted(&folder) && trusted(&cache.join(BUILDS)) && trusted(cache))
            .then_some(Self { cache, workspace })
    }

    /// The record of a member's last build; `None` where there is none that can be used.
    pub(crate) fn record(&self, member: &Member) -> Option<BuildRecord> {
        let bytes = read_file(&build_file(self.cache, self.workspace, &member.relative)?)?;
        BuildRecord::parse(std::str::from_utf8(&bytes).ok()?, &member.relative)
    }
}

/// The cache's file that is meant for a package of a workspace, by the package's folder from there.
pub(crate) fn build_file(cache: &Path, workspace: &Path, package: &str) -> Option<PathBuf> {
    Some(file_for(cache, BUILDS, workspace)?.join(Digest::of(package.as_bytes()).as_str()))
}
