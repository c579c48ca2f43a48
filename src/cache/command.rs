//! `docker-prep cache`: where the cache lies and what is in it, and its removal.

use crate::cache::read::{BLOBS, BUILDS, FETCHED, INDEX, Kept, LINKED, OUTPUTS};
use crate::cache::{apply, read as cache};
use crate::error::{Error, ErrorKind, Result, io_cause};
use crate::project::{CacheFolder, Requested};

pub(crate) use crate::cache::apply::Cleared;

/// What is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheContents {
    /// None where there is no cache.
    pub(crate) place: Option<CacheFolder>,
    /// Why it is not used, where it cannot be.
    pub(crate) doubt: Option<String>,
    /// How many tarballs it holds.
    pub(crate) tarballs: usize,
    /// How many bytes all of it takes.
    pub(crate) size: u64,
    /// Of how many workspaces something is known.
    pub(crate) workspaces: usize,
    /// Of how many folders of tarballs something is known.
    pub(crate) folders: usize,
    /// Of how many packages it is known what was built of them by `--build`.
    pub(crate) builds: usize,
}

/// Looks, and changes nothing.
///
/// # Errors
/// It is there and cannot be read.
pub(crate) fn look(requested: &Requested) -> Result<CacheContents> {
    let mut found = CacheContents { place: requested.cache.clone(), ..CacheContents::default() };
    let Some(place) = &requested.cache else { return Ok(found) };
    found.doubt = apply::doubt(place);
    if found.doubt.is_some() {
        return Ok(found);
    }
    let kept = |kind: &str| {
        let kept = cache::kept(&place.folder, kind).map_err(|error| {
            let folder = place.folder.display();
            Error::new(ErrorKind::Environment, format!("cannot read {folder}: {}", io_cause(&error)))
                .because(&error)
                .hint("remove it by hand, or name another: DOCKER_PREP_CACHE=DIR")
        })?;
        Ok::<_, Error>((kept.iter().filter(|kept| !kept.is_temp).count(), size(&kept)))
    };
    let numbers = [
        (INDEX, &mut found.workspaces),
        (OUTPUTS, &mut found.folders),
        (BUILDS, &mut found.builds),
        (BLOBS, &mut found.tarballs),
    ];
    for (kind, number) in numbers {
        let (files, size) = kept(kind)?;
        *number = files;
        found.size += size;
    }
    for kind in [FETCHED, LINKED] {
        found.size += kept(kind)?.1;
    }
    Ok(found)
}

fn size(kept: &[Kept]) -> u64 {
    kept.iter().map(|kept| kept.size).sum()
}

/// Removes it.
///
/// # Errors
/// It is none of ours, or cannot be removed.
pub(crate) fn clear(requested: &Requested) -> Result<Cleared> {
    requested.cache.as_ref().map_or(Ok(Cleared::default()), apply::clear)
}
