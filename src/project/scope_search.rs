//! What becomes of a scope in which nothing is.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::{Scope, nearest};

/// Names of packages, each with a place where it occurs.
pub(crate) type Occurrences = BTreeMap<String, String>;

/// What was found of packages, in scope or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScopeSearch {
    /// Whether the project has a manifest at all.
    pub(crate) has_manifest: bool,
    /// What its manifests depend on.
    pub(crate) dependencies: Occurrences,
    /// Packages of the project and of the workspaces around it.
    pub(crate) packages: Occurrences,
}

impl ScopeSearch {
    /// What should be said of a scope; `named_by` is who named it, if anybody did.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where there is no manifest, so no project; [`ErrorKind::Usage`] for a scope that was
    /// named and in which no package is.
    pub(crate) fn judge(&self, root: &Path, scope: &Scope, named_by: Option<&str>) -> Result<Vec<Problem>> {
        let root = root.display();
        if !self.has_manifest {
            return Err(Error::new(
                ErrorKind::Environment,
                format!("{root}: no project here: no folder of it holds a package.json"),
            )
            .hint("name the product's folder with -C DIR, or run the tool inside it"));
        }
        let Some(named_by) = named_by else {
            if self.dependencies.keys().any(|name| scope.contains(name)) {
                return Ok(Vec::new());
            }
            return Ok(vec![
                Problem::new(format!(
                    "{root}: no manifest depends on a package in scope {scope}, which is the default"
                ))
                .hint(self.advice(scope)),
            ]);
        };
        let is_empty = |glob: &Scope| !self.all().any(|(name, _)| glob.contains(name));
        let empty: Vec<Scope> = scope.globs().filter(is_empty).collect();
        let is_all = empty.len() == scope.globs().count();
        let problem = |glob: Scope| {
            let message = format!(
                "{named_by} {glob}: no package of that name in a manifest of {root}, nor in a workspace"
            );
            Problem::new(message).hint(self.nearest(&glob).unwrap_or_else(|| self.advice(&glob)))
        };
        let problems: Vec<Problem> = empty.into_iter().map(problem).collect();
        if is_all { Err(Error::all(ErrorKind::Usage, problems)) } else { Ok(problems) }
    }

    fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.dependencies.iter().chain(&self.packages);
        all.map(|(name, place)| (name.as_str(), place.as_str()))
    }

    /// The scope or name that was probably meant.
    fn nearest(&self, glob: &Scope) -> Option<String> {
        let glob = glob.to_string();
        let (scope, rest) = glob.split_once('/').unwrap_or((&glob, ""));
        let is_scope = rest.contains(['*', '?', '[', '{', '(']);
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, place) in self.all() {
            let name = if is_scope { scope_of(name) } else { Some(name) };
            if let Some(name) = name {
                known.entry(name).or_insert(place);
            }
        }
        let near = nearest(if is_scope { scope } else { &glob }, known.keys().copied());
        let near: Vec<String> = near.iter().map(|name| format!("{name}, in {}", known[name])).collect();
        (!near.is_empty()).then(|| format!("nearest: {}", near.join("; ")))
    }

    /// Scopes that the manifests depend on, those first of which a package lies in a workspace.
    fn advice(&self, scope: &Scope) -> String {
        let mut scopes: BTreeMap<&str, (bool, &str)> = BTreeMap::new();
        for (name, place) in &self.dependencies {
            if let Some(of_name) = scope_of(name) {
                let is_elsewhere = !self.packages.contains_key(name);
                let known = scopes.entry(of_name).or_insert((is_elsewhere, place));
                known.0 &= is_elsewhere;
            }
        }
        let mut scopes: Vec<_> = scopes.into_iter().collect();
        scopes.sort_by_key(|(_, (is_elsewhere, _))| *is_elsewhere);
        let shown: Vec<String> =
            scopes.iter().take(3).map(|(scope, (_, place))| format!("{scope}, in {place}")).collect();
        if shown.is_empty() {
            return format!("name the packages that are shared: --scope '{scope}'");
        }
        format!("name the packages that are shared with --scope; scopes that occur: {}", shown.join("; "))
    }
}

fn scope_of(name: &str) -> Option<&str> {
    name.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(dependencies: &[&str], packages: &[&str]) -> ScopeSearch {
        let at = |place: &str, names: &[&str]| {
            names.iter().map(|name| ((*name).to_owned(), place.to_owned())).collect()
        };
        ScopeSearch {
            has_manifest: true,
            dependencies: at("web/package.json", dependencies),
            packages: at("../plat/x", packages),
        }
    }

    fn judged(search: &ScopeSearch, globs: &[&str], named_by: Option<&str>) -> Result<Vec<Problem>> {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        search.judge(Path::new("/notes"), &Scope::new(&globs), named_by)
    }

    #[test]
    fn without_a_manifest_there_is_no_project() {
        let error = judged(&ScopeSearch::default(), &[], None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Environment);
        assert!(error.to_string().contains("no project here"), "{error}");
    }

    #[test]
    fn a_scope_that_was_named_and_is_empty_is_an_error_with_the_nearest_one() {
        let search = search(&["@bytelyst/errors", "react"], &["@bytelyst/logger"]);
        for (glob, near) in [
            ("@bytelist", "nearest: @bytelyst, in web/package.json"),
            ("@bytelyst/erors", "nearest: @bytelyst/errors, in web/package.json"),
            ("@bytelyst/loger", "nearest: @bytelyst/logger, in ../plat/x"),
            ("@other-company/*", "scopes that occur: @bytelyst, in web/package.json"),
        ] {
            let error = judged(&search, &[glob], Some("--scope")).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage);
            assert!(error.to_string().contains(near), "{error}");
        }
        for glob in ["@bytelyst", "@bytelyst/logger", "react", "*"] {
            assert_eq!(judged(&search, &[glob], Some("--scope")), Ok(Vec::new()), "{glob}");
        }
    }

    #[test]
    fn one_of_several_that_is_empty_is_only_said() {
        let search = search(&["@bytelyst/errors"], &[]);
        let said = judged(&search, &["@bytelyst", "@bytelist"], Some("--scope")).unwrap();
        assert_eq!(said.len(), 1);
        assert!(said[0].message.starts_with("--scope @bytelist/*: "), "{said:?}");
        assert!(judged(&search, &["@a", "@b"], Some("--scope")).is_err());
    }

    #[test]
    fn a_default_scope_that_nothing_is_in_is_only_said() {
        let said = judged(&search(&["@acme/ui"], &["@acme/ui", "@bytelyst/x"]), &[], None).unwrap();
        assert!(said[0].message.contains("which is the default"), "{said:?}");
        assert!(said[0].hint.as_ref().unwrap().contains("@acme"), "{said:?}");
        assert_eq!(judged(&search(&["@bytelyst/x"], &[]), &[], None), Ok(Vec::new()));
    }
}
