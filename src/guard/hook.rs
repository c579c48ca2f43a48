//! The pre-commit hook that calls `docker-prep guard`, in the file where each hook manager wants it.

mod shell;
mod yaml;

use serde_json::{Value, json};

/// What runs a repository's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// husky 9: a shell script in `.husky/`.
    Husky,
    /// lefthook: an entry in `lefthook.yml`, and the [script](SCRIPT) that it names. Scripts run at every commit,
    /// commands only where files are staged.
    Lefthook,
    /// The pre-commit framework: an entry in `.pre-commit-config.yaml`.
    PreCommit,
    /// git alone: an executable file in its hooks folder.
    Git,
}

/// Said by the hook where the program is missing: it must not pass in silence then.
const HOW_TO_INSTALL: &str = "docker-prep is not installed, and the commit is not checked: in a clone of docker-prep \
                              type: cargo install --locked --path .";

impl Manager {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Husky, Self::Lefthook, Self::PreCommit, Self::Git];

    /// Its name, as people type it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Husky => "husky",
            Self::Lefthook => "lefthook",
            Self::PreCommit => "pre-commit",
            Self::Git => "git",
        }
    }

    /// The text of its file with a call of the guard in it; `None` where there is one already.
    ///
    /// # Errors
    /// Why it cannot be put there, and what to write there by hand.
    pub(crate) fn with_guard(self, text: Option<&str>) -> Result<Option<String>, String> {
        match self {
            Self::Husky => shell::with_guard(text, None),
            Self::Git => script(text),
            Self::Lefthook | Self::PreCommit if text.is_some_and(calls_the_guard) => Ok(None),
            Self::Lefthook if text.is_some_and(names_the_script) => Ok(None),
            Self::Lefthook => yaml::add_to_map(
                text.unwrap_or_default(),
                ["pre-commit", "scripts"],
                SCRIPT,
                ("runner", "sh"),
            )
            .map(Some),
            Self::PreCommit => yaml::add_to_list(text.unwrap_or_default(), "repos", &repository()).map(Some),
        }
    }
}

/// What lefthook's script is called, in the folder of the hook's name.
pub(crate) const SCRIPT: &str = "docker-prep";

/// The text of a script that calls the guard; `None` where it does already.
///
/// # Errors
/// Why it cannot be changed.
pub(crate) fn script(text: Option<&str>) -> Result<Option<String>, String> {
    shell::with_guard(text, Some("#!/bin/sh"))
}

/// Where lefthook's scripts lie, from the repository's top: `source_dir`, or its default.
pub(crate) fn script_folder(config: &str) -> String {
    let value = crate::text::parse(config).unwrap_or_default();
    format!("{}/pre-commit", value["source_dir"].as_str().unwrap_or(".lefthook").trim_end_matches('/'))
}

/// Whether a `lefthook.yml` has the script run.
pub(crate) fn names_the_script(config: &str) -> bool {
    let value = crate::text::parse(config).unwrap_or_default();
    let jobs = value["pre-commit"]["jobs"].as_array();
    value["pre-commit"]["scripts"].get(SCRIPT).is_some()
        || jobs.is_some_and(|jobs| jobs.iter().any(|job| job["script"] == SCRIPT))
}

/// Whether some line of a configuration that is no comment calls the guard.
fn calls_the_guard(text: &str) -> bool {
    text.lines().any(|line| {
        !line.trim_start().starts_with('#') && (line.contains("docker-prep guard") || is_published(line))
    })
}

/// Whether a line of `.pre-commit-config.yaml` names the hook of our own `.pre-commit-hooks.yaml`.
fn is_published(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || "\"',{}".contains(c)).any(|word| word == "docker-prep-guard")
}

/// The hook as one command of a shell. What a desktop program starts may not have cargo's folder on its PATH.
fn one_line() -> String {
    format!(
        "PATH=\"$PATH:$HOME/.cargo/bin\"; command -v docker-prep >/dev/null || {{ echo \"{HOW_TO_INSTALL}\" >&2; exit 1; }}; \
         docker-prep guard"
    )
}

/// An entry of `.pre-commit-config.yaml`. Files are not passed: the guard reads the index.
fn repository() -> Value {
    json!({
        "repo": "local",
        "hooks": [{
            "id": "docker-prep-guard",
            "name": "docker-prep guard",
            "entry": format!("sh -c '{}'", one_line()),
            "language": "system",
            "always_run": true,
            "pass_filenames": false,
        }],
    })
}
