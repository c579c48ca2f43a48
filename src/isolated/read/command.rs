//! Looks at a command before a way is chosen, and asks docker what it makes of it.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks for programs and scripts"))]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::disk;
use crate::image::ask_docker;
use crate::isolated::redirect::ResolvedWords;
use crate::isolated::resolved::ResolvedKind;
use crate::isolated::way::CONTEXT_VARIABLE;
use crate::text::yaml;

/// How long docker is waited for where nothing can be built without its answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than any script, in bytes.
const MAX_SCRIPT: u64 = 1 << 20;

/// Whether a command names the variables of contexts: in its words, or in a script that is one of them.
pub(crate) fn names_variables(words: &[String], root: &Path) -> bool {
    let in_script = |word: &String| {
        let path = root.join(word);
        let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
        is_file && disk::begin(&path, MAX_SCRIPT).is_ok_and(|text| names_one(&text))
    };
    words.iter().any(|word| names_one(word.as_bytes()) || in_script(word))
}

fn names_one(text: &[u8]) -> bool {
    text.windows(CONTEXT_VARIABLE.len()).any(|part| part == CONTEXT_VARIABLE.as_bytes())
}

/// The program that a command runs, where it is one of snap.
pub(crate) fn of_snap(program: &str, path: Option<&OsStr>) -> Option<String> {
    let folders = path.into_iter().flat_map(std::env::split_paths);
    let found = if program.contains('/') {
        Some(PathBuf::from(program))
    } else {
        folders.map(|folder| folder.join(program)).find(|file| file.is_file())
    }?;
    let is_snap = |path: &Path| path.starts_with("/snap") || path.starts_with("/var/lib/snapd");
    let leads = found.canonicalize().unwrap_or_else(|_| found.clone());
    // Its programs are links to the one that starts them all.
    (is_snap(&found) || is_snap(&leads)).then(|| found.display().to_string())
}

/// What docker makes of a redirected command.
///
/// # Errors
/// Why it does not say so, as part of a sentence.
pub(crate) fn resolve(
    words: &ResolvedWords,
    root: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<(ResolvedKind, Value), String> {
    let ask = |words: &[OsString]| {
        let (program, arguments) = words.split_first().ok_or("there is no command")?;
        ask_docker(program, root, environment, arguments, PATIENCE)
    };
    let json = |text: &str| serde_json::from_str(text).map_err(|_| "what docker says is no JSON".to_owned());
    match words {
        ResolvedWords::Bake(words) => Ok((ResolvedKind::Bake, json(&ask(words)?)?)),
        // Keys of ssh that have names it cannot print as JSON.
        ResolvedWords::Compose(words, as_yaml) => {
            let found = ask(words).and_then(|text| json(&text));
            let found = found.or_else(|_| yaml::bounded(&ask(as_yaml)?))?;
            Ok((ResolvedKind::Compose, found))
        }
    }
}
