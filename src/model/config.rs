//! `docker-prep.toml` at the project's root.

use serde::Deserialize;

/// The file's name.
pub const CONFIG_FILE: &str = "docker-prep.toml";

/// The deps dir where nothing else is said.
pub const DEFAULT_DEPS_DIR: &str = ".docker-deps";

/// What the file says; flags and the environment come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The workspace's folder, from the project's root.
    pub workspace: Option<String>,
    /// Globs on package names.
    pub scope: Vec<String>,
    /// The surfaces' folders, from the project's root.
    pub surfaces: Vec<String>,
    /// The deps dir, from the project's root.
    pub deps_dir: Option<String>,
    /// What `guard` leaves out: globs on paths from the project's root.
    pub guard_ignore: Vec<String>,
}

/// Parses the file's text.
///
/// # Errors
/// The place and cause, as toml says them, on one line.
pub fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            format!("line {line}, column {column}: ")
        });
        format!("{}{}", place.unwrap_or_default(), error.message().replace('\n', "; "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys() {
        let config =
            parse("workspace = \"../plat\"\nscope = [\"@a\"]\nsurfaces = [\"web\"]\ndeps-dir = \".deps\"\n")
                .unwrap();
        assert_eq!(config.workspace.as_deref(), Some("../plat"));
        assert_eq!(config.deps_dir.as_deref(), Some(".deps"));
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn a_wrong_key_is_named_with_its_place() {
        let error = parse("scope = []\nscoop = 1\n").unwrap_err();
        assert!(error.starts_with("line 2, column 1: ") && error.contains("scoop"), "{error}");
    }
}
