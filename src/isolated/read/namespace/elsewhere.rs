//! Where there are no mount namespaces.

use crate::error::Result;
use crate::isolated::namespace::{Binding, CannotBind, CannotBindCause, Changes};

/// There is none.
pub(crate) enum Watched {}

impl Watched {
    pub(crate) fn look(bindings: &[Binding]) -> Result<Self, CannotBind> {
        let target = bindings.first().map(|binding| binding.target.clone()).unwrap_or_default();
        Err(CannotBind { target, cause: CannotBindCause::Missing })
    }

    pub(crate) fn compare(&self) -> Result<Changes> {
        match *self {}
    }
}
