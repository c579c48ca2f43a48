//! What is remembered of packing, so that what has not changed need not be read again.
//!
//! Three things are: what a package's files are ([`PackageListing`]), what its tarball is ([`PackedDigests`]), and which tarballs lie
//! in a folder ([`CachedOutput`]). Each says by which [signatures](signature::Signature) it holds. All that is read here may
//! have been damaged by anybody: what is not exactly as it was written is not there.

pub mod index;
pub mod place;
pub mod record;
pub mod signature;

pub use index::CacheIndex;
pub use record::{CachedOutput, ContentKey, PackageListing, PackedDigests, TrackedPath};
pub use signature::{FileStamp, FileTime, Signatures};
