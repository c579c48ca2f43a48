//! What a file of settings gives to a key.

use std::fmt;

use super::shown::shown_key;
use crate::error::Problem;
use crate::npm::{Expanded, Lookup, NpmrcEntry, npmrc, shown, shown_name};

/// More than any file names; they are all kept.
const MAX_SETTINGS: usize = 1000;

/// A file of settings that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingsFile {
    /// Its path for messages: from the project's root, or as `~/.npmrc`.
    pub(crate) name: String,
    /// Those of its settings that lead to a registry.
    pub(crate) settings: Vec<Setting>,
}

/// A key with its value.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The file.
    pub(crate) file: String,
    /// Where in the file, as `line 2`; empty where the key itself says it.
    pub(crate) line: String,
    /// The key as it is written, but for what may be a secret: for messages, since variables in it may be anything.
    pub(crate) written: String,
    /// What it means.
    pub(crate) key: Expanded,
    /// The value, or each of a list; nothing where it is `false` or `null`.
    pub(crate) values: Vec<Expanded>,
}

/// Never with its value.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl Setting {
    /// The file, the line and the key.
    pub(crate) fn place(&self) -> String {
        let parts = [self.file.as_str(), self.line.as_str(), self.written.as_str()];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(": ")
    }

    /// The same, with the variables of the value.
    pub(crate) fn place_with_variables(&self) -> String {
        let mut variables: Vec<String> =
            self.values.iter().flat_map(|value| &value.variables).map(|name| shown(name)).collect();
        variables.dedup();
        if variables.is_empty() {
            self.place()
        } else {
            format!("{} ({})", self.place(), variables.join(", "))
        }
    }

    /// The variable that the value wants: one that is not set, or else the first that it holds.
    pub(crate) fn variable(&self) -> Option<String> {
        let unset = self.values.iter().flat_map(|value| &value.unset);
        let all = self.values.iter().flat_map(|value| &value.variables);
        unset.chain(all).find_map(|name| shown_name(name))
    }

    /// Why the value cannot be told.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.values.iter().find_map(|value| {
            let unset =
                value.unset.first().map(|name| format!("{}: {} is not set", self.place(), shown(name)));
            unset.or_else(|| value.is_too_long.then(|| format!("{}: is too long", self.place())))
        })
    }

    /// The value.
    ///
    /// # Errors
    /// A variable of it is not set.
    pub(crate) fn value(&self) -> Result<&str, Problem> {
        match self.trouble() {
            None => Ok(self.values.first().map_or("", |value| value.text.as_str()).trim()),
            Some(trouble) => {
                let unset = self.values.iter().flat_map(|value| &value.unset).next();
                let hint = match unset.map(|name| shown(name)) {
                    Some(name) => format!(
                        "set {}, or write a default there, as in ${{NAME:-default}}",
                        name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or("it")
                    ),
                    None => "give the variables that it names shorter values".to_owned(),
                };
                Err(Problem::new(trouble).hint(hint))
            }
        }
    }
}

/// The settings of an `.npmrc` that lead to a registry. `unquotes` where pnpm reads it, which takes quotes off twice.
///
/// # Errors
/// There are too many of them.
pub(crate) fn of_npmrc(
    name: &str,
    text: &str,
    unquotes: bool,
    lookup: Lookup<'_>,
) -> Result<SettingsFile, Problem> {
    let mut file = SettingsFile { name: name.to_owned(), settings: Vec::new() };
    for entry in npmrc::parse(text) {
        let key = npmrc::expand(&entry.key, lookup);
        if !npmrc::leads_to_a_registry(&key.text) {
            continue;
        }
        if file.settings.len() == MAX_SETTINGS {
            return Err(Problem::new(format!(
                "{name}: line {}: more than {MAX_SETTINGS} settings",
                entry.line
            ))
            .hint("leave in the file what the build needs"));
        }
        file.settings.push(setting(name, &entry, key, unquotes, lookup));
    }
    Ok(file)
}

fn setting(name: &str, entry: &NpmrcEntry, key: Expanded, unquotes: bool, lookup: Lookup<'_>) -> Setting {
    let texts = entry.texts().into_iter();
    let values = texts.map(|text| {
        let text = if unquotes { npmrc::unquoted(&text) } else { text };
        npmrc::expand(text.trim(), lookup)
    });
    Setting {
        file: name.to_owned(),
        line: format!("line {}", entry.line),
        written: shown_key(&entry.key),
        values: values.collect(),
        key,
    }
}
