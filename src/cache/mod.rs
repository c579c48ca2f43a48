//! What is remembered of packing, so that what has not changed need not be read again.
//!
//! Three things are: what a package's files are ([`PackageListing`]), what its tarball is ([`PackedDigests`]), and which tarballs lie
//! in a folder ([`CachedOutput`]). Each says by which [signatures](signature::Signature) it holds. All that is read here may
//! have been damaged by anybody: what is not exactly as it was written is not there.

pub(crate) mod apply;
mod build_record;
pub(crate) mod command;
mod index;
mod linked;
pub(crate) mod place;
pub(crate) mod read;
mod record;

pub(crate) use self::apply::{Fetched, Store, wait_until_past};
pub(crate) use self::build_record::{BuildRecord, DigestBuilder, FileIds, Inputs, digest};
pub(crate) use self::read::{BuildRecords, Memory, Outputs, linked as linked_tarballs};

pub(crate) use self::index::{CacheIndex, linked_to_bytes};
pub(crate) use self::linked::{LinkedTarball, LinkedTarballs};
pub(crate) use self::record::{CachedOutput, PackageListing, PackedDigests};
