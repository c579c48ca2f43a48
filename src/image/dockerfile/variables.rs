//! `$NAME` and `${NAME:-default}`, as far as a Dockerfile says what they stand for.

use std::collections::BTreeMap;

/// A longer value is no version, image or folder: it is taken for unknown, so that values that name each other twice
/// do not grow without end.
const MAX_VALUE: usize = 256;

/// More names than any script sets; each command has a copy of them.
const MAX_NAMES: usize = 256;

/// Further away than any bracket closes.
const MAX_REFERENCE: usize = 512;

/// How deep defaults may stand in each other.
const MAX_DEPTH: usize = 8;

/// What names stand for: those of the instructions, and above them those that a shell has set.
#[derive(Clone, Debug)]
pub(super) struct KnownVariables<'a> {
    outer: &'a BTreeMap<String, String>,
    inner: BTreeMap<String, String>,
}

impl<'a> KnownVariables<'a> {
    pub(super) fn new(outer: &'a BTreeMap<String, String>) -> Self {
        Self { outer, inner: BTreeMap::new() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.inner.get(name).or_else(|| self.outer.get(name)).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.len() <= MAX_VALUE && self.inner.len() < MAX_NAMES {
            self.inner.insert(name.to_owned(), value.to_owned());
        } else {
            self.inner.remove(name);
        }
    }
}

/// Expands all references of a text; one to an unknown name stays as it is written.
pub(super) fn expand(text: &str, known: &KnownVariables<'_>) -> String {
    expand_at(text, known, 0)
}

/// A word of an instruction: references are expanded, quotes go.
pub(super) fn word(text: &str, known: &KnownVariables<'_>) -> String {
    let inside = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    if text.starts_with('\'') && inside.is_some() {
        return inside.unwrap_or(text).to_owned();
    }
    expand(inside.unwrap_or(text), known)
}

fn expand_at(text: &str, known: &KnownVariables<'_>, depth: usize) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        expanded.push_str(&rest[..start]);
        let (value, length) = reference_at(&rest[start..], known, depth);
        expanded.push_str(&value);
        rest = &rest[start + length..];
    }
    expanded.push_str(rest);
    expanded
}

/// What the reference at the begin of a text stands for, and how many bytes it takes.
pub(super) fn reference(text: &str, known: &KnownVariables<'_>) -> (String, usize) {
    reference_at(text, known, 0)
}

fn reference_at(text: &str, known: &KnownVariables<'_>, depth: usize) -> (String, usize) {
    let as_written = |length: usize| (text[..length].to_owned(), length);
    let Some(behind) = text.strip_prefix('$') else { return as_written(text.len().min(1)) };
    if behind.starts_with('(') {
        return as_written(1 + closing(behind, b'(', b')').unwrap_or(1));
    }
    if !behind.starts_with('{') {
        let length = 1 + name_length(behind);
        let value = known.get(&text[1..length]).filter(|value| value.len() <= MAX_VALUE);
        return value.map_or_else(|| as_written(length), |value| (value.to_owned(), length));
    }
    let Some(end) = closing(behind, b'{', b'}') else { return as_written(1) };
    let length = 1 + end;
    let inside = &behind[1..end - 1];
    let (name, operator) = inside.split_at(name_length(inside));
    let value = known.get(name);
    let expanded = match (operator, value) {
        _ if name.is_empty() || depth >= MAX_DEPTH => None,
        ("", value) => value.map(str::to_owned),
        (operator, value) => operation(operator, value, |text| expand_at(text, known, depth + 1)),
    };
    match expanded.filter(|value| value.len() <= MAX_VALUE) {
        Some(value) => (value, length),
        None => as_written(length),
    }
}

fn operation(operator: &str, value: Option<&str>, expand: impl Fn(&str) -> String) -> Option<String> {
    if let Some(default) = operator.strip_prefix(":-") {
        return Some(value.filter(|value| !value.is_empty()).map_or_else(|| expand(default), str::to_owned));
    }
    if let Some(default) = operator.strip_prefix('-') {
        return Some(value.map_or_else(|| expand(default), str::to_owned));
    }
    if let Some(instead) = operator.strip_prefix(":+").or_else(|| operator.strip_prefix('+')) {
        return value.filter(|value| !value.is_empty()).map(|_| expand(instead));
    }
    if operator.starts_with(":?") || operator.starts_with('?') {
        return value.map(str::to_owned);
    }
    // `${VERSION#v}` is common; patterns are not.
    let prefix = operator.trim_start_matches('#');
    let is_plain = prefix.len() < operator.len() && !prefix.contains(['*', '?', '[']);
    value.filter(|_| is_plain).map(|value| value.strip_prefix(prefix).unwrap_or(value).to_owned())
}

/// Behind the bracket that closes the one at the begin, quoted ones left out.
fn closing(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut bytes = text.bytes().take(MAX_REFERENCE).enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => {
                bytes.next();
            }
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (byte, None) if byte == open => depth += 1,
            (byte, None) if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let map = [("V", "10.6.5"), ("E", ""), ("T", "v1")];
        let map = map.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        expand(text, &KnownVariables::new(&map))
    }

    #[test]
    fn forms_of_references() {
        assert_eq!(expanded("pnpm@$V pnpm@${V}x"), "pnpm@10.6.5 pnpm@10.6.5x");
        assert_eq!(expanded("${X:-9} ${V:-9} ${E:-8} ${E-8} ${X-7}"), "9 10.6.5 8  7");
        assert_eq!(expanded("${X:-${V}} ${X:-${Y:-1}}"), "10.6.5 1");
        assert_eq!(expanded("${T#v} ${V#v} ${V:+yes}"), "1 10.6.5 yes");
    }

    #[test]
    fn what_is_not_known_stays() {
        for text in [
            "$X",
            "${X}",
            "${X:+y}",
            "$",
            "${",
            "${}",
            "$(cat \"x)\")",
            "$((1+2))",
            "${V",
            "$$",
            "${V%%.*}",
            "$1",
        ] {
            assert_eq!(expanded(text), text);
        }
    }

    #[test]
    fn nothing_grows_without_end() {
        let mut map = BTreeMap::from([("A".to_owned(), "x".repeat(200))]);
        for _ in 0..100 {
            let value = expand("$A$A", &KnownVariables::new(&map));
            map.insert("A".to_owned(), value);
        }
        assert!(map["A"].len() < 1000);
        let deep = format!("{}1{}", "${X:-".repeat(50_000), "}".repeat(50_000));
        let _ = expanded(&deep);
    }
}
