//! One part of a pattern, between slashes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::sets::{Sets, Unfit};
use super::{pattern, sets};
use crate::npm::js;

/// What a part of a path must be.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// `**`: any number of parts.
    Globstar,
    /// This very text; for glob it is a path to follow, not a folder to search.
    Exact(String),
    /// A JavaScript regular expression.
    Regex(Regex),
}

/// A regular expression, or what was proved to match the same texts faster.
#[derive(Clone, Debug)]
pub(crate) struct Regex(Arc<Matcher>);

/// How many compiled parts a thread remembers: the few that every package brings along, and those that packages share.
const REMEMBERED: usize = 256;

thread_local! {
    /// Compiled parts by what they were made of.
    static COMPILED: RefCell<HashMap<(String, bool, bool), Part>> = RefCell::default();
}

#[derive(Debug)]
enum Matcher {
    /// ASCII in either case: no other letter folds to ASCII without the `u` flag.
    Nocase(String),
    Wildcards(Wildcards),
    Compiled(Box<regress::Regex>),
    /// In either case, with [`tame`] applied to source and text.
    Folded(Box<regress::Regex>),
    /// Folded or not: what would take an engine that tries one way after the other too long.
    Sets {
        sets: Sets,
        nocase: bool,
    },
    /// The original falls back to `/$./`, which nothing matches.
    Never,
}

impl Part {
    fn regex(matcher: Matcher) -> Self {
        Self::Regex(Regex(Arc::new(matcher)))
    }

    /// Whether the text is what the part asks for; `**` is the caller's.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Globstar => false,
            Self::Exact(wanted) => wanted == text,
            Self::Regex(regex) => regex.matches(text),
        }
    }
}

impl Regex {
    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match &*self.0 {
            Matcher::Nocase(wanted) => wanted.eq_ignore_ascii_case(text),
            Matcher::Wildcards(wildcards) => wildcards.matches(text),
            Matcher::Compiled(regex) => {
                let units: Vec<u16> = text.encode_utf16().collect();
                regex.find_from_ucs2(&units, 0).next().is_some()
            }
            Matcher::Folded(regex) => {
                let units: Vec<u16> = text.encode_utf16().map(tame).collect();
                regex.find_from_ucs2(&units, 0).next().is_some()
            }
            Matcher::Sets { sets, nocase } => {
                let units: Vec<u16> =
                    text.encode_utf16().map(|unit| if *nocase { tame(unit) } else { unit }).collect();
                sets.matches(&units)
            }
            Matcher::Never => false,
        }
    }
}

/// `ı` and `ſ` are the letters whose capitals are ASCII. JavaScript leaves them alone without the `u` flag, and
/// regress 0.12 does not: they are exchanged for characters that have no case.
fn tame(unit: u16) -> u16 {
    match unit {
        0x131 => 0xe131,
        0x17f => 0xe17f,
        other => other,
    }
}

/// Minimatch's `parse`.
pub(super) fn parse(text: &str, nocase: bool, dot: bool) -> Part {
    if text == "**" {
        return Part::Globstar;
    }
    // These are escapes, classes and extended globs, or overtake a wildcard before them.
    let plain = text.is_ascii() && !text.contains(['\\', '[', ']', '(', ')', '|']);
    if plain && !text.contains(['*', '?']) {
        return if nocase && text.bytes().any(|b| b.is_ascii_alphabetic()) {
            Part::regex(Matcher::Nocase(text.to_owned()))
        } else {
            Part::Exact(text.to_owned())
        };
    }
    if plain {
        return Part::regex(Matcher::Wildcards(Wildcards::new(text, nocase, dot)));
    }
    let key = (text.to_owned(), nocase, dot);
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(part) = compiled.get(&key) {
            return part.clone();
        }
        let part = compile(text, nocase, dot);
        if compiled.len() < REMEMBERED {
            compiled.insert(key, part.clone());
        }
        part
    })
}

fn compile(text: &str, nocase: bool, dot: bool) -> Part {
    let units: Vec<u16> = text.encode_utf16().collect();
    match pattern::parse(&units, nocase, dot) {
        pattern::Parsed::Text(text) => Part::Exact(text),
        pattern::Parsed::TooLong => Part::regex(Matcher::Never),
        pattern::Parsed::Source(source) => {
            let flags = regress::Flags { icase: nocase, ..Default::default() };
            let source: Vec<u16> =
                source.into_iter().map(|unit| if nocase { tame(unit) } else { unit }).collect();
            if sets::is_needed(&source) {
                match Sets::new(&source, nocase) {
                    Ok(sets) => return Part::regex(Matcher::Sets { sets, nocase }),
                    Err(Unfit::TooLong) => return Part::regex(Matcher::Never),
                    Err(Unfit::Unknown) => {}
                }
            }
            Part::regex(match regress::Regex::from_unicode(source.into_iter().map(u32::from), flags) {
                Ok(regex) if nocase => Matcher::Folded(Box::new(regex)),
                Ok(regex) => Matcher::Compiled(Box::new(regex)),
                Err(_) => Matcher::Never,
            })
        }
    }
}

/// ASCII text with `*` and `?` and nothing else: by far the most common pattern.
#[derive(Debug)]
struct Wildcards {
    pattern: Vec<u8>,
    nocase: bool,
    dot: bool,
}

impl Wildcards {
    fn new(text: &str, nocase: bool, dot: bool) -> Self {
        Self { pattern: text.as_bytes().to_vec(), nocase, dot }
    }

    fn matches(&self, text: &str) -> bool {
        // `(?=.)`: something must be there, and `.` does not see line ends.
        if text.is_empty() || text.starts_with(js::is_line_end) {
            return false;
        }
        if matches!(self.pattern.first(), Some(b'*' | b'?')) {
            let forbidden = if self.dot { matches!(text, "." | "..") } else { text.starts_with('.') };
            if forbidden {
                return false;
            }
        }
        if text.is_ascii() {
            return self.run(text.len(), |at| u16::from(text.as_bytes()[at]));
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        self.run(units.len(), |at| units[at])
    }

    /// The text never holds a slash, so a star may take whatever comes.
    fn run(&self, length: usize, unit: impl Fn(usize) -> u16) -> bool {
        let (mut at, mut p) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < length {
            match self.pattern.get(p) {
                Some(b'*') => {
                    retry = Some((p, at));
                    p += 1;
                    continue;
                }
                Some(b'?') => {
                    (p, at) = (p + 1, at + 1);
                    continue;
                }
                Some(&wanted) if self.same(wanted, unit(at)) => {
                    (p, at) = (p + 1, at + 1);
                    continue;
                }
                _ => {}
            }
            let Some((star, from)) = retry else { return false };
            retry = Some((star, from + 1));
            (p, at) = (star + 1, from + 1);
        }
        self.pattern[p..].iter().all(|&b| b == b'*')
    }

    fn same(&self, wanted: u8, unit: u16) -> bool {
        let Ok(byte) = u8::try_from(unit) else { return false };
        wanted == byte || (self.nocase && wanted.eq_ignore_ascii_case(&byte))
    }
}
