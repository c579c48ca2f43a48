//! `$NAME` and `${NAME:-default}`, as far as a Dockerfile says what they stand for.

mod operation;

use std::collections::BTreeMap;
use std::ops::Bound;

pub(super) use self::operation::Operation;
use super::words;

/// A longer value is no version, image or folder: it is taken for unknown, so that values that name each other twice
/// do not grow without end.
pub(super) const MAX_VALUE: usize = 256;

/// More names than any script sets; each command has a copy of them.
const MAX_NAMES: usize = 256;

/// Variables that change what an install does; of those that end in `_`, all that begin so.
const WATCHED: &[&str] = &[
    "BUN_",
    "CI",
    "COREPACK_",
    "HOME",
    "NODE_ENV",
    "NPM_CONFIG_",
    "PNPM_CONFIG_",
    "PNPM_HOME",
    "PNPM_VERSION",
    "YARN_",
    "npm_config_",
    "pnpm_config_",
];

/// More of one begin than any image sets.
const MAX_WATCHED: usize = 32;

/// Further away than any bracket closes.
const MAX_REFERENCE: usize = 512;

/// How deep defaults may stand in each other.
pub(super) const MAX_DEPTH: usize = 8;

/// What names stand for: those of the instructions, and above them those that a shell has set.
#[derive(Clone, Debug)]
pub(super) struct KnownVariables<'a> {
    outer: &'a BTreeMap<String, String>,
    inner: BTreeMap<String, String>,
    /// What takes its meaning from the character behind it in the words of an instruction.
    pub(super) escape: char,
}

impl<'a> KnownVariables<'a> {
    pub(super) fn new(outer: &'a BTreeMap<String, String>) -> Self {
        Self { outer, inner: BTreeMap::new(), escape: '\\' }
    }

    /// For a file with another `# escape`.
    pub(super) fn with_escape(self, escape: char) -> Self {
        Self { escape, ..self }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.inner.get(name).or_else(|| self.outer.get(name)).map(String::as_str)
    }

    /// The variables that change what an install does.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for map in [self.outer, &self.inner] {
            for start in WATCHED {
                let from = map.range::<str, _>((Bound::Included(*start), Bound::Unbounded));
                let watched = from.take_while(|(name, _)| name.starts_with(start)).take(MAX_WATCHED);
                found.extend(
                    watched
                        .filter(|(name, _)| start.ends_with('_') || name == start)
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
        }
        found
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

/// A word of an instruction: references are expanded, quotes and escapes go. One with which no build starts stays.
pub(super) fn word(text: &str, known: &KnownVariables<'_>) -> String {
    words::lexed(text, known, words::Unknown::AsWritten)
}

/// Whether an expanded word still holds a reference, since nothing is known of its name.
pub(super) fn has_unknown(word: &str) -> bool {
    word.match_indices('$')
        .any(|(at, _)| word[at + 1..].starts_with(|c: char| c == '{' || c == '_' || c.is_alphabetic()))
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
        (operator, value) => Operation::parse(operator, |text| expand_at(text, known, depth + 1))
            .and_then(|operation| operation.apply(value)),
    };
    match expanded.filter(|value| value.len() <= MAX_VALUE) {
        Some(value) => (value, length),
        None => as_written(length),
    }
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
        assert_eq!(expanded("${T#v} ${V#v} ${V:+yes} ${E+yes}"), "1 10.6.5 yes yes");
        assert_eq!(
            expanded("${V%%.*} ${V%.*} ${V#*.} ${V##*.} ${V/./-} ${V//./-} ${V//./}"),
            "10 10.6 6.5 5 10-6.5 10-6-5 1065"
        );
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
            "${X%%.*}",
            "${V@Q}",
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
