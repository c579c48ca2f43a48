//! Minimatch 5.1.6, the matcher behind npm's ignore rules and `files` globs, ported quirk for quirk: a pattern
//! becomes the same JavaScript regular expressions and is matched by their rules (UTF-16 units, their `i` flag).

mod braces;
mod part;
mod pattern;
mod sets;
mod source;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::OnceLock;

pub(crate) use self::braces::expand;
pub(crate) use self::part::Part;

/// The longest pattern that minimatch takes, in UTF-16 units.
const MAX_LENGTH: usize = 1024 * 64;

/// Why a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// Minimatch throws.
    #[error("the pattern is longer than 65536 characters")]
    TooLong,
    /// Where the original would run out of memory or stack, as for `{1..2..0}`.
    #[error("its braces expand to too many patterns")]
    TooManyBraces,
}

/// The options of minimatch that its users here set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MatchOptions {
    /// Wildcards match names that begin with a dot.
    pub(crate) dot: bool,
    /// Letters match in either case.
    pub(crate) nocase: bool,
    /// A pattern without a slash is matched against the last part of a path.
    pub(crate) match_base: bool,
    /// A negated pattern matches what it names; the caller reads [`Minimatch::negate`].
    pub(crate) flip_negate: bool,
    /// A leading `!` is a character like any other.
    pub(crate) nonegate: bool,
    /// A leading `#` is a character like any other.
    pub(crate) nocomment: bool,
}

/// A path split for matching: the work is done once for many patterns.
#[derive(Clone, Debug)]
pub(crate) struct PathParts<'a> {
    parts: Vec<&'a str>,
    name: &'a str,
    whole: &'a str,
}

impl<'a> PathParts<'a> {
    /// Splits at each run of slashes; a leading or trailing one leaves an empty part.
    pub(crate) fn new(path: &'a str) -> Self {
        let parts = split_slashes(path);
        let name = parts.iter().rev().find(|part| !part.is_empty()).copied().unwrap_or_default();
        Self { parts, name, whole: path }
    }
}

/// `text.split(/\/+/)`.
fn split_slashes(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    let last = text.split('/').count() - 1;
    for (i, part) in text.split('/').enumerate() {
        // An empty piece between two slashes belongs to the run; the ends stay.
        if part.is_empty() && i != 0 && i != last {
            continue;
        }
        parts.push(part);
    }
    // `//` alone splits in two, as `/` does.
    parts
}

/// One pattern, ready to match.
#[derive(Debug)]
pub(crate) struct Minimatch {
    options: MatchOptions,
    /// Whether an odd number of `!` led the pattern.
    pub(crate) negate: bool,
    comment: bool,
    empty: bool,
    expanded: Vec<String>,
    /// Compiled when first asked for: most rules of a long `files` list never are.
    set: OnceLock<Vec<Vec<Part>>>,
}

impl Minimatch {
    /// Takes a pattern.
    ///
    /// # Errors
    ///
    /// [`PatternError`], where the original throws or never returns.
    pub(crate) fn new(pattern: &str, options: MatchOptions) -> Result<Self, PatternError> {
        if pattern.len() > MAX_LENGTH && pattern.encode_utf16().count() > MAX_LENGTH {
            return Err(PatternError::TooLong);
        }
        let mut this = Self {
            options,
            negate: false,
            comment: !options.nocomment && pattern.starts_with('#'),
            empty: pattern.is_empty(),
            expanded: Vec::new(),
            set: OnceLock::new(),
        };
        if this.comment || this.empty {
            return Ok(this);
        }
        let mut rest = pattern;
        if !options.nonegate {
            while let Some(after) = rest.strip_prefix('!') {
                this.negate = !this.negate;
                rest = after;
            }
        }
        this.expanded = if braces::has_braces(rest) { expand(rest)? } else { vec![rest.to_owned()] };
        Ok(this)
    }

    /// The alternatives that braces expand to, each as its parts between slashes.
    pub(crate) fn set(&self) -> &[Vec<Part>] {
        self.set.get_or_init(|| {
            self.expanded
                .iter()
                .map(|alternative| {
                    split_slashes(alternative)
                        .into_iter()
                        .map(|part| part::parse(part, self.options.nocase, self.options.dot))
                        .collect()
                })
                .collect()
        })
    }

    /// Minimatch's `match(path)`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.matches_parts(&PathParts::new(path), false)
    }

    /// Minimatch's `match(path, true)`: whether the path may be the beginning of one that matches.
    #[cfg(test)]
    pub(crate) fn matches_partial(&self, path: &str) -> bool {
        self.matches_parts(&PathParts::new(path), true)
    }

    /// Either of the two on a path that is split already.
    pub(crate) fn matches_parts(&self, path: &PathParts<'_>, partial: bool) -> bool {
        if self.comment {
            return false;
        }
        if self.empty {
            return path.whole.is_empty();
        }
        if partial && path.whole == "/" {
            return true;
        }
        let name = [path.name];
        let hit = self.set().iter().any(|pattern| {
            let file = if self.options.match_base && pattern.len() == 1 { &name[..] } else { &path.parts };
            let tried = RefCell::default();
            Matching { file, pattern, partial, dot: self.options.dot, tried }.matches(0, 0)
        });
        match (hit, self.options.flip_negate) {
            (true, true) => true,
            (true, false) => !self.negate,
            (false, true) => false,
            (false, false) => self.negate,
        }
    }
}

/// Minimatch's `matchOne`, on one path and one pattern.
struct Matching<'a> {
    file: &'a [&'a str],
    pattern: &'a [Part],
    partial: bool,
    dot: bool,
    /// Where each `**` was tried already, by its place and the file's: more than one of them meet there again and
    /// again.
    tried: RefCell<HashSet<(usize, usize)>>,
}

impl Matching<'_> {
    fn matches(&self, mut at: usize, mut part: usize) -> bool {
        while at < self.file.len() && part < self.pattern.len() {
            match &self.pattern[part] {
                Part::Globstar => return self.globstar(at, part),
                wanted if !wanted.matches(self.file[at]) => return false,
                _ => (at, part) = (at + 1, part + 1),
            }
        }
        if at == self.file.len() {
            part == self.pattern.len() || self.partial
        } else {
            // Out of pattern: only a trailing slash may be left over.
            at + 1 == self.file.len() && self.file[at].is_empty()
        }
    }

    fn globstar(&self, at: usize, part: usize) -> bool {
        let forbidden = |name: &str| matches!(name, "." | "..") || (!self.dot && name.starts_with('.'));
        if part + 1 == self.pattern.len() {
            return !self.file[at..].iter().any(|name| forbidden(name));
        }
        // What was tried and is not the answer yet did not match.
        if !self.tried.borrow_mut().insert((at, part)) {
            return false;
        }
        for (at, name) in self.file.iter().enumerate().skip(at) {
            if self.matches(at, part + 1) {
                return true;
            }
            if forbidden(name) {
                return false;
            }
        }
        self.partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IGNORE: MatchOptions = MatchOptions {
        dot: true,
        nocase: true,
        match_base: true,
        flip_negate: true,
        nonegate: false,
        nocomment: false,
    };

    fn hit(pattern: &str, path: &str) -> bool {
        Minimatch::new(pattern, IGNORE).unwrap().matches(path)
    }

    #[test]
    fn an_ignore_rule_without_a_slash_is_matched_against_the_name() {
        assert!(hit("*.map", "dist/a.MAP"));
        assert!(!hit("/*.map", "/dist/a.map"));
        assert!(hit("dist/**", "dist/.a/b"));
        assert!(hit("**/CVS", "a/cvs"));
    }

    #[test]
    fn braces_classes_and_extended_globs_work() {
        assert!(hit("a.{js,ts}", "a.ts"));
        assert!(hit("@(readme|copying){,.*[^~$]}", "README.md"));
        assert!(!hit("@(readme|copying){,.*[^~$]}", "README.md~"));
        assert!(hit("x!(a).js", "xb.js"));
        assert!(!hit("!(a).js", "b.js"), "a rule that begins with ! is a negation first");
        assert!(!hit("[z-a]", "a"), "a range that is no range matches nothing");
    }

    #[test]
    fn an_open_bracket_that_ends_a_pattern_means_undefined() {
        assert!(hit("foo[", "foo[undefined"));
        assert!(!hit("foo[", "foo["));
    }

    #[test]
    fn a_bracket_or_parenthesis_overtakes_the_star_before_it() {
        assert!(hit("*]x", "]abcx"));
        assert!(!hit("*]x", "abc]x"));
    }

    #[test]
    fn wildcards_count_utf16_units_and_fold_case_as_javascript_does() {
        assert!(!hit("?", "😀"));
        assert!(hit("??", "😀"));
        assert!(hit("Ä", "ä"));
        assert!(!hit("k", "\u{212a}"), "the Kelvin sign is no k without the u flag");
    }

    #[test]
    fn a_partial_match_may_run_out_of_path() {
        let rule = Minimatch::new("!/a/*/c", IGNORE).unwrap();
        assert!(rule.negate);
        assert!(rule.matches_partial("/a"));
        assert!(!rule.matches("/a"));
        assert!(!rule.matches_partial("/b"));
    }

    #[test]
    fn a_pattern_too_long_or_too_wide_is_an_error() {
        let long = "a".repeat(MAX_LENGTH + 1);
        assert_eq!(Minimatch::new(&long, IGNORE).err(), Some(PatternError::TooLong));
        assert_eq!(Minimatch::new("{1..2..0}", IGNORE).err(), Some(PatternError::TooManyBraces));
    }
}
