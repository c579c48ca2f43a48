//! Where there are no mount namespaces.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::isolated::namespace::{Binding, NamespaceKind};
use crate::process::Ended;

const REASON: &str = "only Linux has mount namespaces";

/// See the one of Linux.
pub(crate) fn is_possible(_: &Path, _: &[OsString], _: Option<&OsStr>) -> Result<NamespaceKind, String> {
    Err(REASON.to_owned())
}

/// There is none.
pub(crate) enum NamespaceCall {}

impl NamespaceCall {
    pub(crate) fn new(_: Vec<Binding>, _: &Path, _: &[OsString]) -> Result<Self> {
        Err(Error::new(ErrorKind::Environment, REASON))
    }

    pub(crate) fn words(&self) -> Vec<OsString> {
        match *self {}
    }

    pub(crate) fn end(self, _: Result<Ended>) -> Result<Ended> {
        match self {}
    }
}
