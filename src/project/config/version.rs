//! `required-version`: which versions of the program a project is meant for.

use std::borrow::Cow;

use nodejs_semver::Version;
use toml::de::{DeTable, DeValue};

use super::{Config, syntax};

/// The program's own version.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The key.
pub(super) const KEY: &str = "required-version";

/// What a `docker-prep.toml` requires that this version is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnmetVersion {
    /// The range, with its line.
    pub(crate) required: RequiredVersion,
    /// What this version understands of the file.
    pub(crate) readable: Config,
    /// Whether that is all that the file says.
    pub(crate) is_understood: bool,
}

impl UnmetVersion {
    /// What is wrong, behind the file's name.
    pub(crate) fn message(&self) -> String {
        let RequiredVersion { range, line, .. } = &self.required;
        format!("line {line}: needs docker-prep {range}, and this is docker-prep {OWN_VERSION}")
    }
}

/// A range of versions.
#[derive(Clone, Debug)]
pub(crate) struct RequiredVersion {
    /// As npm and its like take it: no commas.
    pub(crate) range: String,
    /// Where it stands.
    pub(crate) line: usize,
    versions: nodejs_semver::Range,
}

impl PartialEq for RequiredVersion {
    fn eq(&self, other: &Self) -> bool {
        (&self.range, self.line) == (&other.range, other.line)
    }
}

impl Eq for RequiredVersion {}

impl RequiredVersion {
    /// Whether the program's own version is one of them.
    pub(super) fn is_met(&self) -> bool {
        Version::parse(OWN_VERSION).is_ok_and(|own| self.versions.satisfies(&own))
    }
}

/// How many lines that are no TOML are passed over.
const PASSED_OVER: usize = 32;

/// What the file requires, if anything. What is no range is told with the other keys. Lines that are no TOML are passed
/// over: to a later version they may be some.
pub(super) fn read(text: &str) -> Option<RequiredVersion> {
    if !text.contains(KEY) {
        return None;
    }
    let mut text = Cow::Borrowed(text);
    for _ in 0..PASSED_OVER {
        let (table, errors) = DeTable::parse_recoverable(&text);
        let errors: Vec<usize> = errors.iter().filter_map(toml::de::Error::span).map(|at| at.start).collect();
        if let Some((key, value)) = table.get_ref().iter().find(|(key, _)| key.get_ref() == KEY) {
            let lines = syntax::line(&text, key.span().start)..=syntax::line(&text, value.span().end);
            let is_broken = errors.iter().any(|at| lines.contains(&syntax::line(&text, *at)));
            return match value.get_ref() {
                DeValue::String(range) if !is_broken => parse(range, *lines.start()).ok(),
                _ => None,
            };
        }
        let blanked = without_line(&text, *errors.iter().min()?)?;
        text = Cow::Owned(blanked);
    }
    None
}

/// The text with spaces in the place of the line that holds the byte `at`; `None` where what follows would mean something
/// else without it.
fn without_line(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let line = &text[start..end];
    let leads_on = line.trim_start().starts_with('[') || line.contains("\"\"\"") || line.contains("'''");
    let is_blank = line.trim().is_empty();
    (!leads_on && !is_blank).then(|| format!("{}{}{}", &text[..start], " ".repeat(end - start), &text[end..]))
}

/// Parses a range as Cargo and npm write it: comparators that all hold, with commas or spaces between them, and `||`
/// between alternatives. A version alone means what npm takes it for: `0.2` is any 0.2, `0.2.1` that one.
pub(super) fn parse(range: &str, line: usize) -> Result<RequiredVersion, String> {
    let wrong = || format!("`{range}` is no range of versions");
    let mut alternatives = Vec::new();
    for alternative in range.split("||") {
        alternatives.push(comparators(alternative).ok_or_else(wrong)?.join(" "));
    }
    let range = alternatives.join(" || ");
    let versions = nodejs_semver::Range::parse(&range).map_err(|_| wrong())?;
    Ok(RequiredVersion { range, line, versions })
}

/// The comparators of an alternative, each an operator with its version; `None` where something else stands there, or
/// nothing.
fn comparators(alternative: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for part in alternative.split(',') {
        let mut words = part.split_whitespace().peekable();
        words.peek()?;
        while let Some(word) = words.next() {
            let digits = word.trim_start_matches(['<', '>', '=', '^', '~']);
            let operator = &word[..word.len() - digits.len()];
            // A hyphen between two versions.
            if word == "-" && out.last().is_some_and(|before: &String| is_version(before)) {
                out.push(word.to_owned());
                continue;
            }
            if !["", "<", "<=", ">", ">=", "=", "^", "~", "~>"].contains(&operator) {
                return None;
            }
            let version = if digits.is_empty() { words.next()? } else { digits };
            if !is_version(version) {
                return None;
            }
            out.push(format!("{operator}{version}"));
        }
    }
    (out.last()? != "-").then_some(out)
}

/// Whether a text is a version or the first parts of one, as `0.2`, `1.x`, `*` and `0.3.0-rc.1`.
fn is_version(text: &str) -> bool {
    let text = text.split('+').next().unwrap_or(text);
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let core = core.strip_prefix('v').unwrap_or(core);
    let parts: Vec<&str> = core.split('.').collect();
    let is_part = |part: &&str| {
        matches!(*part, "x" | "X" | "*") || !part.is_empty() && part.chars().all(|c| c.is_ascii_digit())
    };
    let is_pre = |pre: &str| {
        pre.split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    };
    parts.len() <= 3 && parts.iter().all(is_part) && pre.is_none_or(|pre| parts.len() == 3 && is_pre(pre))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, version: &str) -> bool {
        parse(range, 1).unwrap().versions.satisfies(&Version::parse(version).unwrap())
    }

    #[test]
    fn ranges_of_cargo_and_npm() {
        for range in [
            ">=0.2, <0.3",
            ">=0.2 <0.3",
            ">= 0.2 < 0.3",
            ">=0.2,<0.3",
            "0.2",
            "0.2.x",
            "^0.2",
            "~0.2.1",
            "~> 0.2",
            "0.1 || ^0.2.0",
            "0.1.0 - 0.2",
            "=0.2.5",
            "0.2.5",
            "v0.2.5",
            "*",
            "<1",
            ">0.1, <=0.2.5 || 9",
        ] {
            assert!(holds(range, "0.2.5"), "{range}");
        }
        for range in
            [">=0.3", "^0.1", "0.1", "<0.2.5", ">0.2.5", "0.2.4", "0.2.5-rc.1", "1 || 2", ">=0.3.0-rc.1"]
        {
            assert!(!holds(range, "0.2.5"), "{range}");
        }
    }

    #[test]
    fn a_prerelease_is_meant_only_where_it_is_named() {
        assert!(!holds(">=0.2", "0.3.0-rc.1") && !holds(">=0.2, <0.3", "0.3.0-rc.1"));
        assert!(holds(">=0.3.0-rc.0", "0.3.0-rc.1") && holds("^0.3.0-rc.1", "0.3.0"));
        assert!(!holds(">=0.3.0-rc.0", "0.4.0-rc.1"));
    }

    #[test]
    fn what_is_no_range() {
        for range in [
            "",
            " ",
            "foo",
            ">=",
            "==0.2",
            "=>0.2",
            ">=0.2 foo",
            "0.2,",
            ",0.2",
            "0.2 ||",
            "|| 0.2",
            "0.2 -",
            "- 0.2",
            "0.2.3.4",
            "0..1",
            "0.2-rc",
            ">=0.2; <0.3",
            "latest",
            "0.2 $(x)",
            "!0.2",
            "-1",
            ">=0.2 - 0.3 -",
        ] {
            assert_eq!(parse(range, 1).err(), Some(format!("`{range}` is no range of versions")));
        }
    }

    #[test]
    fn a_range_is_told_as_npm_takes_it() {
        assert_eq!(parse(">= 0.2,<0.3||1", 1).unwrap().range, ">=0.2 <0.3 || 1");
    }
}
