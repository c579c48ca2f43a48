//! Which packages the tool is responsible for.

use std::fmt;

use super::minimatch::{MatchOptions, Minimatch};

/// The scope that holds where nothing else is said.
pub(crate) const DEFAULT_SCOPE: &str = "@bytelyst/*";

/// Globs on package names: `*`, `?`, `[…]`, `{a,b}` and extglobs, as minimatch has them; `@x` is short for `@x/*`, and
/// a lone `*` means every package. A `*` swallows a `/` too: `@bytelyst/../../x` is in scope, so that it is refused and
/// not passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope(Vec<String>);

impl Scope {
    /// A scope of the given globs; the default one where there is none.
    pub(crate) fn new(globs: &[String]) -> Self {
        if globs.is_empty() {
            return Self(vec![DEFAULT_SCOPE.to_owned()]);
        }
        Self(
            globs
                .iter()
                .map(|glob| {
                    if glob.starts_with('@') && !glob.contains('/') {
                        format!("{glob}/*")
                    } else {
                        glob.clone()
                    }
                })
                .collect(),
        )
    }

    /// Each glob as a scope of its own.
    pub(crate) fn globs(&self) -> impl Iterator<Item = Self> {
        self.0.iter().map(|glob| Self(vec![glob.clone()]))
    }

    /// Whether every package is in scope, also one without a name.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.iter().any(|glob| glob == "*")
    }

    /// Whether a package of this name is in scope.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|glob| wildcard(glob.as_bytes(), name.as_bytes()) || minimatch(glob, name))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn minimatch(glob: &str, name: &str) -> bool {
    glob.contains(['?', '[', '{', '('])
        && Minimatch::new(
            glob,
            MatchOptions { nonegate: true, nocomment: true, dot: true, ..MatchOptions::default() },
        )
        .is_ok_and(|glob| glob.matches(name))
}

/// The usual two-pointer match: on a mismatch, let the last `*` swallow one byte more.
fn wildcard(glob: &[u8], name: &[u8]) -> bool {
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if g < glob.len() && glob[g] == b'*' {
            star = Some((g + 1, n));
            g += 1;
        } else if g < glob.len() && glob[g] == name[n] {
            g += 1;
            n += 1;
        } else if let Some((after, swallowed)) = star {
            star = Some((after, swallowed + 1));
            g = after;
            n = swallowed + 1;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(globs: &[&str]) -> Scope {
        Scope::new(&globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_default_is_the_company() {
        assert!(scope(&[]).contains("@bytelyst/errors"));
        assert!(!scope(&[]).contains("@bytelyst-other/errors"));
        assert!(!scope(&[]).contains("errors"));
    }

    #[test]
    fn a_bare_scope_means_all_in_it() {
        assert!(scope(&["@acme"]).contains("@acme/a"));
        assert!(!scope(&["@acme"]).contains("@acme-b/a"));
    }

    #[test]
    fn a_lone_star_means_all() {
        assert!(scope(&["*"]).contains("@acme/a"));
        assert!(scope(&["*"]).contains("left-pad"));
    }

    #[test]
    fn a_star_is_any_run() {
        assert!(scope(&["@acme/ui-*"]).contains("@acme/ui-button"));
        assert!(scope(&["@acme/*-ui"]).contains("@acme/a-ui-ui"));
        assert!(!scope(&["@acme/*-ui"]).contains("@acme/a-ui-x"));
        assert!(scope(&[]).contains("@bytelyst/../../x"));
    }

    #[test]
    fn the_other_globs_of_npm() {
        assert!(scope(&["@acme/{a,b}"]).contains("@acme/b") && !scope(&["@acme/{a,b}"]).contains("@acme/c"));
        assert!(scope(&["@acme/?"]).contains("@acme/b") && !scope(&["@acme/?"]).contains("@acme/bc"));
        assert!(scope(&["@{a,b}/*"]).contains("@b/x"));
    }

    #[test]
    fn globs_add_up() {
        let both = scope(&["@a", "b"]);
        assert!(both.contains("@a/x") && both.contains("b") && !both.contains("c"));
    }
}
