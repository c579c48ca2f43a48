//! The pre-commit hook that calls `docker-prep guard`, in the file where each hook manager wants it.

mod command;
mod framework;
mod owner;
mod program;
mod shell;
mod toml;
mod yaml;

pub(crate) use self::owner::{Manager, generator};
pub(crate) use self::program::{HookProgram, ProgramSource};
pub(crate) use self::shell::has_guard;

/// How a file says what a hook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A shell script that git or its manager runs.
    Script,
    /// JSON with a command line at these keys, which a POSIX shell runs.
    Command(&'static [&'static str]),
    /// The same, run by cmd.exe on Windows.
    PlainCommand(&'static [&'static str]),
    /// lefthook's, with an entry that names the [`SCRIPT`]. Scripts run at every commit, commands only where files are
    /// staged.
    LefthookYaml,
    /// The same as JSON.
    LefthookJson,
    /// The same as TOML.
    LefthookToml,
    /// The pre-commit framework's.
    Framework,
    /// A program, or what else cannot be edited; with what to write there.
    Program(&'static str),
}

/// What lefthook's script is called, in the folder of the hook's name.
pub(crate) const SCRIPT: &str = "docker-prep";

/// Where lefthook's scripts are named.
const SCRIPTS: [&str; 3] = ["pre-commit", "scripts", SCRIPT];

impl Format {
    /// The text of a file with a call of the guard in it; `None` where there is one already. One that was written for a
    /// project that had the program otherwise is changed.
    ///
    /// # Errors
    /// Why it cannot be put there, and what to write there by hand.
    pub(crate) fn with_guard(
        self,
        text: Option<&str>,
        program: &HookProgram,
    ) -> Result<Option<String>, String> {
        let there = text.unwrap_or_default();
        match self {
            Self::Script => shell::with_guard(text, Some("#!/bin/sh"), program),
            Self::Command(keys) => command::with_guard(text, keys, &command::guard(program)),
            Self::PlainCommand(keys) => command::with_guard(text, keys, &program.plain_call()),
            Self::Framework => framework::with_guard(there, program),
            Self::LefthookYaml | Self::LefthookJson | Self::LefthookToml
                if calls_the_guard(there) || self.names_the_script(there) =>
            {
                Ok(None)
            }
            Self::LefthookYaml => {
                let [outer, inner, key] = SCRIPTS;
                yaml::add_to_map(there, [outer, inner], key, ("runner", "sh")).map(Some)
            }
            Self::LefthookJson => command::set(text, &[SCRIPTS.as_slice(), &["runner"]].concat(), "sh"),
            Self::LefthookToml => toml::add(there).map(Some),
            Self::Program(_) if calls_the_guard(there) => Ok(None),
            Self::Program(entry) => {
                Err(format!("it is not changed by a program: write there by hand: {entry}"))
            }
        }
    }

    /// The text of a file without what [`Format::with_guard`] put there; `None` where that is not there.
    ///
    /// # Errors
    /// Why it cannot be taken out, and what to take out by hand.
    pub(crate) fn without_guard(self, text: &str) -> Result<Option<String>, String> {
        match self {
            Self::Script => Ok(shell::without_guard(text)),
            Self::Command(keys) | Self::PlainCommand(keys) => command::without_guard(text, keys),
            Self::Framework => framework::without_guard(text),
            Self::LefthookYaml => yaml::remove_from_map(text, SCRIPTS),
            Self::LefthookJson => command::remove(text, &SCRIPTS),
            Self::LefthookToml => Ok(toml::remove(text)),
            Self::Program(_) if calls_the_guard(text) => {
                Err("it is not changed by a program: take the call of `docker-prep guard` out by hand"
                    .to_owned())
            }
            Self::Program(_) => Ok(None),
        }
    }

    /// The command line that a file holds.
    pub(crate) fn command(self, text: &str) -> Option<String> {
        match self {
            Self::Command(keys) | Self::PlainCommand(keys) => command::text_at(text, keys),
            _ => None,
        }
    }

    /// Where lefthook's scripts lie, from the repository's top: `source_dir`, or its default.
    pub(crate) fn script_folder(self, config: &str) -> String {
        let value = self.value(config);
        format!("{}/pre-commit", value["source_dir"].as_str().unwrap_or(".lefthook").trim_end_matches('/'))
    }

    /// Whether a configuration of lefthook has the script run.
    pub(crate) fn names_the_script(self, config: &str) -> bool {
        let value = self.value(config);
        let jobs = value["pre-commit"]["jobs"].as_array();
        value["pre-commit"]["scripts"].get(SCRIPT).is_some()
            || jobs.is_some_and(|jobs| jobs.iter().any(|job| job["script"] == SCRIPT))
    }

    /// What lefthook reads in it; nothing for other files.
    fn value(self, config: &str) -> serde_json::Value {
        match self {
            Self::LefthookYaml => crate::text::parse(config).ok(),
            Self::LefthookJson => crate::text::json5::parse_object(config).ok().map(Into::into),
            Self::LefthookToml => ::toml::from_str(config).ok(),
            _ => None,
        }
        .unwrap_or_default()
    }
}

/// Whether some line of a configuration that is no comment calls the guard.
fn calls_the_guard(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        !(line.starts_with('#') || line.starts_with("//")) && line.contains("docker-prep guard")
    })
}
