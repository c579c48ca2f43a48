//! A hook that is a command line in a JSON file, and other entries of one.

use super::HookProgram;
use crate::text::{Change, Document, edit};

/// What ends every call of the guard.
const CALL: &str = "docker-prep guard";
/// What stands in front of a call that a POSIX shell runs.
const BEFORE: &str = "exit 1; }; ";
/// What version 0.1 wrote.
const FORMER: &str = "PATH=$PATH:node_modules/.bin:$HOME/.cargo/bin:$HOME/.local/bin docker-prep guard";

/// What a POSIX shell runs.
pub(super) fn guard(program: &HookProgram) -> String {
    let (path, name, missing) = (program.search_path(), program.name(), program.missing());
    format!(
        "PATH={path}; command -v {name} >/dev/null || {{ echo '{missing}' >&2; {BEFORE}{}",
        program.call()
    )
}

/// What stands behind a call that was written here, for whatever way to have the program.
fn behind_written(command: &str) -> Option<&str> {
    let call = match command.strip_prefix(FORMER) {
        Some(rest) => return Some(rest),
        None if command.starts_with("PATH=") => command.split_once(BEFORE)?.1,
        None => command.strip_prefix("npx --no-install ").unwrap_or(command),
    };
    let before = call.find(CALL).map(|at| &call[..at])?;
    let is_ours = match before.strip_prefix("yarn ") {
        None => before.is_empty(),
        Some("") => true,
        Some(folder) => folder
            .strip_prefix("--cwd ")
            .is_some_and(|folder| !folder.trim_end().contains(char::is_whitespace)),
    };
    is_ours.then(|| &call[before.len() + CALL.len()..])
}

/// The text with the guard in front of the command at these keys; `None` where that calls it already.
pub(super) fn with_guard(text: Option<&str>, keys: &[&str], guard: &str) -> Result<Option<String>, String> {
    let command = match at(text.unwrap_or("{}"), keys)? {
        None => None,
        Some(serde_json::Value::String(command)) => Some(command),
        Some(_) => return Err(format!("`{}` is no text: have it call `docker-prep guard`", keys.join("."))),
    };
    match command.as_deref() {
        None => set(text, keys, guard),
        Some(command) if behind_written(command).is_some_and(is_whole) => {
            let changed = format!("{guard}{}", behind_written(command).unwrap_or_default());
            if changed == command { Ok(None) } else { set(text, keys, &changed) }
        }
        Some(command) if command.contains(CALL) => Ok(None),
        // Nothing may stand behind `&&` then.
        Some(command) if command.trim().is_empty() => set(text, keys, guard),
        Some(command) => set(text, keys, &in_front(guard, command)),
    }
}

/// Whether a call with this behind it is one that was written here.
fn is_whole(behind: &str) -> bool {
    behind.is_empty() || behind.starts_with(" && ")
}

/// Of a line of several commands the whole must depend on the guard.
fn in_front(guard: &str, command: &str) -> String {
    let is_chain = !command.replace("&&", "").contains([';', '|', '&', '\n', '#']);
    if is_chain { format!("{guard} && {command}") } else { format!("{guard} && {{ {command}\n}}") }
}

/// The text without what [`with_guard`] put there; `None` where that is not there.
pub(super) fn without_guard(text: &str, keys: &[&str]) -> Result<Option<String>, String> {
    let Some(serde_json::Value::String(command)) = at(text, keys)? else { return Ok(None) };
    let Some(rest) = behind_written(&command) else { return Ok(None) };
    match rest.strip_prefix(" && ") {
        None if rest.is_empty() => remove(text, keys),
        None => Ok(None),
        Some(rest) => {
            let inner = rest.strip_prefix("{ ").and_then(|rest| rest.strip_suffix("\n}"));
            set(Some(text), keys, inner.unwrap_or(rest))
        }
    }
}

/// The text with a value at these keys.
pub(super) fn set(text: Option<&str>, keys: &[&str], value: &str) -> Result<Option<String>, String> {
    let change = Change::Set { path: owned(keys), value: value.into() };
    let edited = edit::apply(text.unwrap_or("{}\n"), &[change]);
    edited.map(|edited| Some(edited.text)).map_err(|error| {
        format!("{error}: set `{}` by hand: {}", keys.join("."), serde_json::Value::from(value))
    })
}

/// The text without what is at these keys, and the objects around it that are empty then; `None` where nothing is there.
pub(super) fn remove(text: &str, keys: &[&str]) -> Result<Option<String>, String> {
    if at(text, keys)?.is_none() {
        return Ok(None);
    }
    let mut text = text.to_owned();
    let mut keys = keys;
    loop {
        let change = Change::Remove { path: owned(keys) };
        text = edit::apply(&text, &[change]).map_err(|error| error.to_string())?.text;
        keys = match keys.split_last() {
            Some((_, around)) if !around.is_empty() && at(&text, around)? == Some(serde_json::json!({})) => {
                around
            }
            _ => return Ok(Some(text)),
        };
    }
}

/// The text at these keys.
pub(super) fn text_at(text: &str, keys: &[&str]) -> Option<String> {
    at(text, keys).ok().flatten()?.as_str().map(str::to_owned)
}

fn at(text: &str, keys: &[&str]) -> Result<Option<serde_json::Value>, String> {
    Document::parse(text).map_err(|error| format!("{error}: have it call `docker-prep guard` by hand"))?;
    let value: serde_json::Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
    Ok(keys.iter().try_fold(&value, |value, key| value.get(key)).cloned())
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEYS: [&str; 2] = ["simple-git-hooks", "pre-commit"];

    #[test]
    fn the_whole_line_depends_on_the_guard_and_gets_its_bytes_back() {
        for (command, expected) in [
            ("npx lint-staged", "docker-prep guard && npx lint-staged"),
            ("a && b", "docker-prep guard && a && b"),
            ("a || true", "docker-prep guard && { a || true\n}"),
            ("a; b # c", "docker-prep guard && { a; b # c\n}"),
        ] {
            let text =
                format!("{{\n\t\"simple-git-hooks\": {{\n\t\t\"pre-commit\": {}\n\t}}\n}}\n", json!(command));
            let with = with_guard(Some(&text), &KEYS, CALL).unwrap().unwrap();
            assert_eq!(at(&with, &KEYS), Ok(Some(expected.into())));
            assert_eq!(with_guard(Some(&with), &KEYS, CALL), Ok(None));
            assert_eq!(without_guard(&with, &KEYS), Ok(Some(text)));
        }
    }

    #[test]
    fn what_was_written_for_another_way_to_have_the_program_is_changed() {
        let text = json!({"simple-git-hooks": {"pre-commit": "npm test"}}).to_string();
        let calls = |program: &HookProgram| [guard(program), program.plain_call()];
        let calls: Vec<String> =
            HookProgram::of_each_kind().iter().flat_map(calls).chain([FORMER.to_owned()]).collect();
        for written in &calls {
            let with = with_guard(Some(&text), &KEYS, written).unwrap().unwrap();
            assert_eq!(without_guard(&with, &KEYS), Ok(Some(text.clone())), "{written}");
            for other in &calls {
                let changed = with_guard(Some(&with), &KEYS, other).unwrap();
                let expected = with_guard(Some(&text), &KEYS, other).unwrap().unwrap();
                assert_eq!(changed, Some(expected).filter(|_| written != other), "{written}, then {other}");
            }
        }
        for own in
            ["npm test && docker-prep guard", "docker-prep guard || exit 1", "PATH=x docker-prep guard"]
        {
            let text = json!({"simple-git-hooks": {"pre-commit": own}}).to_string();
            assert_eq!(with_guard(Some(&text), &KEYS, CALL), Ok(None), "{own}");
        }
    }

    proptest! {
        #[test]
        fn any_command_gets_its_bytes_back(command in r"[ a-z&|;#{}\n]*[a-z}][ a-z&|;#{}\n]*") {
            let text = json!({"simple-git-hooks": {"pre-commit": command}}).to_string();
            let with = with_guard(Some(&text), &KEYS, &guard(&HookProgram::on_path())).unwrap().unwrap();
            prop_assert_eq!(without_guard(&with, &KEYS), Ok(Some(text)));
        }
    }

    #[test]
    fn what_was_not_there_is_made_and_taken_out_again() {
        let text = "{\n  \"name\": \"x\"\n}\n";
        let with = with_guard(Some(text), &KEYS, &guard(&HookProgram::on_path())).unwrap().unwrap();
        assert!(with.contains("docker-prep guard\"\n  }\n}\n"), "{with}");
        assert_eq!(without_guard(&with, &KEYS), Ok(Some(text.to_owned())));
        assert_eq!(without_guard(text, &KEYS), Ok(None));
    }

    #[test]
    fn what_cannot_be_changed_says_what_to_write() {
        for text in
            ["{", "{\"simple-git-hooks\": \"hooks.js\"}", "{\"simple-git-hooks\": {\"pre-commit\": []}}"]
        {
            assert!(with_guard(Some(text), &KEYS, CALL).unwrap_err().contains("docker-prep guard"), "{text}");
        }
    }
}
