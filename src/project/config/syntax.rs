//! What is said of a text that is no TOML: the line, what stands there, and the line as it should be.

use std::collections::BTreeSet;

use super::keys::{self, Key};
use crate::error::Problem;

/// How much of a value a message shows, in characters.
const SHOWN: usize = 60;

/// The number of the line that holds the byte `at`.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Where the byte `at` is, as messages begin.
pub(super) fn place(text: &str, at: usize) -> String {
    let before = String::from_utf8_lossy(&text.as_bytes()[..at.min(text.len())]);
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    format!("line {}, column {column}: ", line(text, at))
}

/// A text as a message quotes it: its first line, of no great length.
pub(super) fn quoted(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut letters = line.chars();
    let start: String = letters.by_ref().take(SHOWN).collect();
    let more = if letters.next().is_some() || line.len() < text.trim().len() { "…" } else { "" };
    format!("`{start}{more}`")
}

/// A text as TOML.
pub(super) fn toml_text(text: &str) -> String {
    match text.contains(['\\', '"']) && !text.contains('\'') {
        true => format!("'{text}'"),
        false => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// The problems of a text for which the parser has these errors. One mistake may have many: each line is told once, and
/// behind the first only what is certain.
pub(super) fn problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut errors: Vec<_> =
        errors.iter().map(|error| (error.span().unwrap_or_default().start, error.message())).collect();
    errors.sort_by_key(|(at, _)| *at);
    if errors.iter().any(|(_, message)| message.starts_with("unclosed array"))
        && let Some(problem) = endless_list(text)
    {
        return vec![problem];
    }
    for (at, message) in errors {
        let number = line(text, at);
        if !seen.insert(number) {
            continue;
        }
        let of_line = text.lines().nth(number - 1).unwrap_or_default();
        let told = if message == "duplicate key" {
            twice(text, number, of_line)
        } else {
            mended(of_line).map(|(why, hint)| Problem::new(format!("line {number}: {why}")).hint(hint))
        };
        match told {
            Some(problem) => problems.push(problem),
            None if problems.is_empty() => problems.push(unknown(text, at, message)),
            None => {}
        }
    }
    problems
}

/// The last list that begins and has no end.
fn endless_list(text: &str) -> Option<Problem> {
    let begins = |(_, line): &(usize, &str)| {
        let value = line.split_once('=').map(|(_, value)| value.trim());
        value.is_some_and(|value| value.starts_with('[') && !value.contains(']'))
    };
    let (at, of_line) = text.lines().enumerate().filter(begins).last()?;
    let key = keys::find(key_of(of_line)?)?;
    let message = format!("line {}: {}: the list that begins here has no `]` at its end", at + 1, key.name);
    Some(Problem::new(message).hint(key.takes()))
}

fn unknown(text: &str, at: usize, message: &str) -> Problem {
    let message = message.replace('\n', "; ");
    Problem::new(format!("{}it is no TOML: {message}", place(text, at)))
        .hint(format!("settings are lines such as {}", keys::ALL[1].example()))
}

fn twice(text: &str, number: usize, of_line: &str) -> Option<Problem> {
    let key = key_of(of_line)?;
    let first = text.lines().position(|other| key_of(other) == Some(key)).map(|at| at + 1);
    let first = first.filter(|first| *first < number).map(|first| format!(": first in line {first}"));
    let message = format!("line {number}: {key} is set twice{}", first.unwrap_or_default());
    Some(Problem::new(message).hint(format!("leave one of the two: {}", of_line.trim())))
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim())
}

/// What is wrong in a line that sets one of the keys, and what to do about it.
fn mended(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once('=').or_else(|| line.split_once(':'))?;
    let key = keys::find(name.trim())?;
    let value = without_comment(rest);
    if value.is_empty() {
        return Some((format!("{}: nothing stands there", key.name), key.takes()));
    }
    let is_colon = !line.contains('=');
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let inner = value.trim_matches(quote);
        if value.matches(quote).count() == 1 {
            let why = format!("{}: {} has no quote at its end", key.name, quoted(value));
            return Some((why, write_so(key, &toml_text(inner))));
        }
        if quote == '"' && inner.contains('\\') && !inner.contains(['"', '\'']) {
            let why = format!("{}: a backslash in {} begins something else", key.name, quoted(value));
            return Some((why, format!("in single quotes it is one: {} = '{inner}'", key.name)));
        }
        return is_colon.then(|| {
            (format!("{}: a colon stands where `=` is meant", key.name), write_so(key, &toml_text(inner)))
        });
    }
    let items = match value.strip_prefix('[') {
        // The list goes on in the lines below.
        Some(list) => list.strip_suffix(']')?,
        None => value,
    };
    let is_list = value.starts_with('[') || key.is_list && items.contains(',');
    let items: Vec<&str> = match is_list {
        true => items.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        false => vec![items],
    };
    let unquoted: Vec<&str> = items.iter().copied().filter(|item| !item.starts_with(['"', '\''])).collect();
    let first = unquoted.first()?;
    let items: Vec<String> = items.iter().map(|item| toml_text(item.trim_matches(['"', '\'']))).collect();
    let value = if is_list { format!("[{}]", items.join(", ")) } else { items.concat() };
    let why = format!("{}: {} stands there without quotes", key.name, quoted(first));
    Some((why, format!("a text needs quotes: {} = {value}", key.name)))
}

/// What to write in the place of a value.
pub(super) fn write_so(key: &Key, value: &str) -> String {
    format!("write it so: {} = {value}", key.name)
}

fn without_comment(value: &str) -> &str {
    let value = value.trim();
    if value.starts_with(['"', '\'']) {
        return value;
    }
    value.split(" #").next().unwrap_or(value).trim()
}
