//! Who named the settings of a call, for messages about their values.

use crate::error::{Error, ErrorKind};
use crate::text::quoted;

/// Who named each setting: the flag, or the variable that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedBy {
    /// The variable, where no flag names the project.
    pub(crate) project: Option<&'static str>,
    /// The workspace.
    pub(crate) workspace: &'static str,
    /// The surfaces.
    pub(crate) surfaces: &'static str,
    /// The deps dir.
    pub(crate) deps_dir: &'static str,
    /// How packages find each other.
    pub(crate) link: &'static str,
}

impl Default for NamedBy {
    fn default() -> Self {
        Self {
            project: None,
            workspace: "--workspace",
            surfaces: "--surface",
            deps_dir: "--deps-dir",
            link: "--link",
        }
    }
}

impl NamedBy {
    /// An error about the folder of the project, with who named it where that is not plain from the call.
    pub(crate) fn of_project(&self, mut error: Error) -> Error {
        if let (Some(name), ErrorKind::Usage) = (self.project, error.kind) {
            error.problems.iter_mut().for_each(|problem| problem.message.push_str(&named_by(name)));
        }
        error
    }
}

/// Who named it, as part of a message.
pub(crate) fn named_by(name: &str) -> String {
    format!(" (named by {name})")
}

/// A message about a value, with where that came from: the place in a file, which ends in `: `, stands before it, and the
/// name of a flag or a variable behind.
pub(crate) fn with_origin(by: &str, message: &str) -> String {
    if by.ends_with(": ") { format!("{by}{message}") } else { format!("{message}{}", named_by(by)) }
}

/// A value as it is given where this one came from: to a flag, a variable, or a key of `docker-prep.toml`.
pub(crate) fn given_again(by: &str, key: &str, value: &str) -> String {
    let word = quoted(value.as_bytes());
    match by {
        _ if by.starts_with('-') => format!("{by} {word}"),
        _ if by.contains(':') => format!("{key} = {value:?}"),
        _ => format!("{by}={word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_given_again_where_the_other_came_from() {
        let given = |by: &str| given_again(by, "workspace", "../plat");
        assert_eq!(given("--workspace"), "--workspace ../plat");
        assert_eq!(given_again("X", "workspace", "a b"), "X='a b'");
        assert_eq!(given("DOCKER_PREP_WORKSPACE"), "DOCKER_PREP_WORKSPACE=../plat");
        assert_eq!(given("docker-prep.toml: line 2"), "workspace = \"../plat\"");
    }
}
