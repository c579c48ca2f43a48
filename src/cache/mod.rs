//! What is remembered of packing, so that what has not changed need not be read again.
//!
//! Three things are: what a package's files are ([`PackageListing`]), what its tarball is ([`PackedDigests`]), and which tarballs lie
//! in a folder ([`CachedOutput`]). Each says by which [signatures](signature::Signature) it holds. All that is read here may
//! have been damaged by anybody: what is not exactly as it was written is not there.

pub(crate) mod apply;
pub(crate) mod command;
pub mod index;
pub mod place;
pub(crate) mod read;
pub mod record;

pub use self::index::CacheIndex;
pub use self::record::{CachedOutput, ContentKey, PackageListing, PackedDigests, TrackedPath};
pub use crate::npm::stamp::{FileStamp, FileTime, Signatures};
