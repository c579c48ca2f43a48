//! `.npmrc`, as npm's own reader of it takes the text apart (`ini` 5 and 6, `lib/ini.js`,
//! <https://github.com/npm/ini>), and pnpm's after it (`@pnpm/npm-conf`, `lib/util.js`).

mod expand;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub(crate) use self::expand::{Expanded, Lookup, expand, shown, shown_name};
use super::js;

/// Keys beside those of scopes and addresses that say where packages come from, who asks and how.
const REGISTRY_KEYS: [&str; 17] = [
    "registry",
    "_auth",
    "_authToken",
    "username",
    "_password",
    "tokenHelper",
    "always-auth",
    "proxy",
    "http-proxy",
    "https-proxy",
    "noproxy",
    "no-proxy",
    "strict-ssl",
    "ca",
    "cafile",
    "cert",
    "key",
];

/// Whether a key says where packages come from, who asks there or how.
pub(crate) fn leads_to_a_registry(key: &str) -> bool {
    key.starts_with("//")
        || key.starts_with('@') && key.ends_with(":registry")
        || REGISTRY_KEYS.contains(&key)
}

/// A key at the top of the file; what stands in sections means nothing to package managers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NpmrcEntry {
    /// As it is written, quotes and escapes taken off; a list's without its `[]`.
    pub(crate) key: String,
    /// The line that counts, from 1: the last that gives a value.
    pub(crate) line: usize,
    /// A string; `true` for a key without `=`; `true`, `false` and `null` that are written so; a list for `key[]`; what
    /// JSON in single quotes says; an object where a section has the key's name.
    pub(crate) value: Value,
}

impl NpmrcEntry {
    /// The value as text, where it is a single one that says something.
    pub(crate) fn text(&self) -> Option<String> {
        text(&self.value)
    }

    /// Its values as texts: several where it is a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        match &self.value {
            Value::Array(items) => items.iter().filter_map(text).collect(),
            value => text(value).into_iter().collect(),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) | Value::Array(_) | Value::Object(_) => None,
        value => Some(js::to_string(value)),
    }
}

/// Takes a text apart; whatever it is, something comes of it. Each key is there once, in the order of its first line.
///
/// Where `ini` fails with an exception (`a.b.c=null`), the key is left as an object.
pub(crate) fn parse(text: &str) -> Vec<NpmrcEntry> {
    let mut top = Top::default();
    let mut section = None;
    for (number, line) in lines(text) {
        // A byte order mark is space to JavaScript.
        let first = line.trim_start_matches(js::is_space).chars().next();
        if matches!(first, None | Some(';' | '#')) {
            continue;
        }
        if let Some(name) = section_name(line) {
            let name = js::to_string(&bare(name));
            if name != "__proto__" {
                top.section(&name, number);
            }
            section = Some(name);
        } else if section.is_none()
            && let Some((key, value)) = property(line)
        {
            top.assign(key, number, value);
        }
    }
    top.nest();
    top.entries.into_iter().flatten().collect()
}

/// The lines with their numbers, as `split(/[\r\n]+/)` has them.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut number = 1;
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let this = number;
        let end = text.find(['\r', '\n']).unwrap_or(text.len());
        let (line, behind) = text.split_at(end);
        rest = match behind.as_bytes() {
            [] => None,
            [b'\r', b'\n', ..] => Some(&behind[2..]),
            _ => Some(&behind[1..]),
        };
        number += 1;
        Some((this, line))
    })
}

/// `^\[([^\]]*)\]\s*$`
fn section_name(line: &str) -> Option<&str> {
    let (name, behind) = line.strip_prefix('[')?.split_once(']')?;
    js::trim(behind).is_empty().then_some(name)
}

/// `^([^=]+)(=(.*))?$`
fn property(line: &str) -> Option<(&str, Option<&str>)> {
    match line.split_once('=') {
        None => Some((line, None)),
        Some((key, value)) if key.is_empty() || value.contains(js::is_line_end) => None,
        Some((key, value)) => Some((key, Some(value))),
    }
}

/// The keys at the top; one that goes leaves a hole, so that places stay.
#[derive(Default)]
struct Top {
    entries: Vec<Option<NpmrcEntry>>,
    places: std::collections::HashMap<String, usize>,
}

impl Top {
    fn get(&mut self, key: &str) -> Option<&mut NpmrcEntry> {
        let place = *self.places.get(key)?;
        self.entries.get_mut(place)?.as_mut()
    }

    fn set(&mut self, key: &str, line: usize, value: Value) {
        match self.get(key) {
            Some(entry) => (entry.line, entry.value) = (line, value),
            None => {
                self.places.insert(key.to_owned(), self.entries.len());
                self.entries.push(Some(NpmrcEntry { key: key.to_owned(), line, value }));
            }
        }
    }

    fn remove(&mut self, key: &str) -> Option<NpmrcEntry> {
        let place = self.places.remove(key)?;
        self.entries.get_mut(place)?.take()
    }

    fn assign(&mut self, key: &str, line: usize, value: Option<&str>) {
        let raw = bare(key);
        let whole = js::to_string(&raw);
        let list = raw.as_str().and_then(|raw| raw.strip_suffix("[]")).filter(|name| !name.is_empty());
        let key = list.unwrap_or(&whole);
        if key == "__proto__" {
            return;
        }
        let value = match value.map(bare) {
            None => Value::Bool(true),
            Some(Value::String(text)) => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(text),
            },
            Some(other) => other,
        };
        match self.get(key) {
            Some(NpmrcEntry { value: Value::Array(items), line: last, .. }) => {
                items.push(value);
                *last = line;
            }
            Some(entry) if list.is_some() => {
                entry.value = Value::Array(vec![entry.value.take(), value]);
                entry.line = line;
            }
            _ if list.is_some() => self.set(key, line, Value::Array(vec![value])),
            _ => self.set(key, line, value),
        }
    }

    /// A section takes the place of a key whose value is nothing.
    fn section(&mut self, name: &str, line: usize) {
        if !self.get(name).is_some_and(|entry| js::truthy(Some(&entry.value))) {
            self.set(name, line, Value::Object(Map::new()));
        }
    }

    /// `[a.b]` becomes `b` of the object `a`, whatever `a` was before.
    fn nest(&mut self) {
        let is_object = |entry: &&NpmrcEntry| matches!(entry.value, Value::Object(_) | Value::Null);
        let objects: Vec<String> =
            self.entries.iter().flatten().filter(is_object).map(|entry| entry.key.clone()).collect();
        for key in objects {
            let Some(line) = self.get(&key).map(|entry| entry.line) else { continue };
            let mut parts = parts(&key);
            let last = parts.pop().unwrap_or_default();
            let unescaped = last.replace("\\.", ".");
            match parts.iter().find(|part| **part != "__proto__") {
                None if unescaped == last => {}
                None => {
                    if let Some(entry) = self.remove(&key) {
                        self.set(&unescaped, line, entry.value);
                    }
                }
                Some(first) => {
                    let is_held = self
                        .get(first)
                        .is_some_and(|entry| matches!(entry.value, Value::Object(_) | Value::Array(_)));
                    if !is_held {
                        self.set(first, line, Value::Object(Map::new()));
                    }
                    self.remove(&key);
                }
            }
        }
    }
}

/// `splitSections`: at each dot without a backslash before it.
fn parts(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in key.match_indices('.') {
        if !key[..at].ends_with('\\') {
            parts.push(&key[start..at]);
            start = at + 1;
        }
    }
    parts.push(&key[start..]);
    parts
}

/// `unsafe`: quotes are taken off, or comments and escapes are.
fn bare(text: &str) -> Value {
    let text = js::trim(text);
    if text.starts_with('"') && text.ends_with('"') {
        return serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    }
    if text.starts_with('\'') && text.ends_with('\'') {
        let inside = text.get(1..text.len() - 1).unwrap_or_default();
        return serde_json::from_str(inside).unwrap_or_else(|_| Value::from(inside));
    }
    let mut plain = String::new();
    let mut is_escaped = false;
    for c in text.chars() {
        if is_escaped {
            if !matches!(c, '\\' | ';' | '#') {
                plain.push('\\');
            }
            plain.push(c);
            is_escaped = false;
        } else if matches!(c, ';' | '#') {
            break;
        } else if c == '\\' {
            is_escaped = true;
        } else {
            plain.push(c);
        }
    }
    if is_escaped {
        plain.push('\\');
    }
    Value::from(js::trim(&plain))
}

/// What `@pnpm/npm-conf` makes of a value before it expands it: quotes that a comment behind them has left are taken
/// off too.
pub(crate) fn unquoted(text: &str) -> String {
    let text = js::trim(text);
    if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') {
        return serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    }
    text.to_owned()
}
