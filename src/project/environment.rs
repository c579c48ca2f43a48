//! Variables of the caller's environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// What the variables were when they were taken; none by default. Children still inherit those of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The value of a variable, if it is set and not empty. On Windows case does not matter.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let value = if cfg!(windows) {
            self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        } else {
            self.0.get(OsStr::new(name))
        };
        value.map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Those variables that are text.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        let text = |(name, value): (&OsString, &OsString)| {
            Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
        };
        self.0.iter().filter_map(text).collect()
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}
