//! Lists of ignore rules: ignore-walk's reading of a file, and the rules that npm-packlist brings along.

use std::sync::OnceLock;

use crate::npm::js;
use crate::npm::minimatch::{MatchOptions, Minimatch, PathParts, PatternError};

/// npm-packlist's `defaultRules`.
const DEFAULT_RULES: &str = "\
.npmignore
.gitignore
**/.git
**/.svn
**/.hg
**/CVS
**/.git/**
**/.svn/**
**/.hg/**
**/CVS/**
/.lock-wscript
/.wafpickle-*
/build/config.gypi
npm-debug.log
**/.npmrc
.*.swp
.DS_Store
**/.DS_Store/**
._*
**/._*/**
*.orig
/package-lock.json
/yarn.lock
/pnpm-lock.yaml
/archived-packages/**
";

/// npm-packlist's `packageMustHaves`, a glob.
pub(super) const MUST_HAVES: &str = "@(readme|copying|license|licence){,.*[^~$]}";

/// The fixed end of `mustHaveFilesFromPackage`.
pub(super) const MUST_HAVE_FILES: [&str; 4] =
    ["/package.json", "/npm-shrinkwrap.json", "!/package-lock.json", MUST_HAVES];

const OPTIONS: MatchOptions = MatchOptions {
    match_base: true,
    dot: true,
    flip_negate: true,
    nocase: true,
    nonegate: false,
    nocomment: false,
};

/// The rules that hold in every package. They are compiled once.
pub(super) fn defaults() -> &'static [Minimatch] {
    static RULES: OnceLock<Vec<Minimatch>> = OnceLock::new();
    RULES.get_or_init(|| parse(DEFAULT_RULES).unwrap_or_default())
}

/// Whether one of [`defaults`] could match: most paths hold none of the names that these are about.
pub(super) fn defaults_may_match(path: &str) -> bool {
    const NAMES: [&str; 7] = [
        "cvs",
        "build",
        "npm-debug.log",
        "package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "archived-packages",
    ];
    let ends_in_orig = |part: &str| {
        part.len()
            .checked_sub(5)
            .and_then(|at| part.get(at..))
            .is_some_and(|e| e.eq_ignore_ascii_case(".orig"))
    };
    path.split('/').any(|part| {
        part.starts_with('.')
            || ends_in_orig(part)
            || NAMES.iter().any(|name| part.eq_ignore_ascii_case(name))
    })
}

/// The rules for [`MUST_HAVE_FILES`].
pub(super) fn must_have_files() -> &'static [Minimatch] {
    static RULES: OnceLock<Vec<Minimatch>> = OnceLock::new();
    RULES.get_or_init(|| {
        let text: String = MUST_HAVE_FILES.iter().map(|file| format!("!{file}\n")).collect();
        parse(&text).unwrap_or_default()
    })
}

/// Ignore-walk's `onReadIgnoreFile`.
pub(super) fn parse(text: &str) -> Result<Vec<Minimatch>, PatternError> {
    // A `\r` before the line's end is space, which is trimmed with the rest.
    text.split('\n')
        .map(js::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Minimatch::new(line, OPTIONS))
        .collect()
}

/// A path in the two forms that every rule is tried on, and the two more of a folder.
pub(super) struct RulePath {
    plain: String,
    rooted: String,
    folder: bool,
}

impl RulePath {
    pub(super) fn new(path: &str, folder: bool) -> Self {
        Self { plain: path.to_owned(), rooted: format!("/{path}"), folder }
    }

    /// Ignore-walk's `filterEntry` on one list of rules: later ones win.
    pub(super) fn filter(&self, rules: &[&[Minimatch]], included: bool) -> bool {
        let mut included = included;
        let plain = PathParts::new(&self.plain);
        let rooted = PathParts::new(&self.rooted);
        let (plain_dir, rooted_dir) = (format!("{}/", self.plain), format!("{}/", self.rooted));
        let folders = self.folder.then(|| (PathParts::new(&plain_dir), PathParts::new(&rooted_dir)));
        for rule in rules.iter().copied().flatten() {
            if rule.negate == included {
                continue;
            }
            let hit = rule.matches_parts(&rooted, false)
                || rule.matches_parts(&plain, false)
                || folders.as_ref().is_some_and(|(plain_dir, rooted_dir)| {
                    rule.matches_parts(rooted_dir, false) || rule.matches_parts(plain_dir, false)
                })
                || (self.folder
                    && rule.negate
                    && (rule.matches_parts(&rooted, true) || rule.matches_parts(&plain, true)));
            if hit {
                included = rule.negate;
            }
        }
        included
    }
}

/// npm-packlist's `packageMustHavesRE`: `^(readme|copying|license|licence)(\..*[^~$])?$`, in either case.
pub(super) fn must_have(path: &str) -> bool {
    let is = |name: &str| {
        path.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
            .then(|| &path[name.len()..])
    };
    let Some(rest) = ["readme", "copying", "license", "licence"].into_iter().find_map(is) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    let Some(extension) = rest.strip_prefix('.') else { return false };
    let mut chars = extension.chars();
    chars.next_back().is_some_and(|last| !matches!(last, '~' | '$')) && !chars.any(js::is_line_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readmes_and_licences_are_known_by_name() {
        for name in ["README", "readme.md", "LICENCE.a.b", "copying.x/y"] {
            assert!(must_have(name), "{name}");
        }
        for name in ["readme.", "readme.md~", "README.$", "readmes", "lib/README"] {
            assert!(!must_have(name), "{name}");
        }
    }

    #[test]
    fn no_default_rule_is_passed_over() {
        for name in
            ["a/.Git/x", "x.ORIG", "a/NPM-debug.log", "build/config.gypi", "Yarn.lock", "cvs/a", "a/._b/c"]
        {
            assert!(defaults_may_match(name), "{name}");
            assert!(defaults().iter().any(|rule| rule.matches(&format!("/{name}"))), "{name}");
        }
        assert!(!defaults_may_match("dist/index.js"));
    }

    #[test]
    fn lines_are_trimmed_and_comments_skipped() {
        let rules = parse("\u{feff}*.js  \r\n  # no\n\n!a\r").unwrap();
        assert_eq!(rules.len(), 2);
        assert!(rules[0].matches("x.js"));
        assert!(rules[1].negate);
    }
}
