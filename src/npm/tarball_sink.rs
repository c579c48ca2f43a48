//! Where tarballs go.

use std::io::{self, Write};

use crate::npm::tarball::Tarball;

/// Where tarballs go.
pub(crate) trait TarballSink: Sync {
    /// What a tarball is written into.
    type Sink: Write + Send;

    /// What has a tarball in it.
    type Full: Send + Sync;

    /// A new sink.
    fn open(&self) -> io::Result<Self::Sink>;

    /// A tarball was written into a sink.
    fn close(&self, sink: Self::Sink) -> io::Result<Self::Full>;

    /// A tarball that is known already, where there is such a one.
    fn reuse(&self, tarball: &Tarball) -> Option<Self::Full>;

    /// Whether it is to be [synced](Self::sync).
    fn may_be_lost(full: &Self::Full) -> bool;

    /// Sees onto the disk what was written.
    fn sync(&self, full: &Self::Full) -> io::Result<()>;
}

/// Tarballs, each with what it is in.
pub(crate) type Encoded<F> = Vec<(Tarball, <F as TarballSink>::Full)>;

/// Where tarballs go of which nothing but the names is wanted: what is known need not be packed.
pub(crate) struct NamesOnly;

impl TarballSink for NamesOnly {
    type Sink = io::Sink;
    type Full = ();

    fn open(&self) -> io::Result<io::Sink> {
        Ok(io::sink())
    }

    fn close(&self, _: io::Sink) -> io::Result<()> {
        Ok(())
    }

    fn reuse(&self, _: &Tarball) -> Option<()> {
        Some(())
    }

    fn may_be_lost((): &()) -> bool {
        false
    }

    fn sync(&self, (): &()) -> io::Result<()> {
        Ok(())
    }
}
