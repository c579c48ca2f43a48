//! From the manifest's `files` to paths and rules: npm-packlist's `getPackageFiles`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::order::locale_key;
use super::rules::MUST_HAVE_FILES;
use super::tree::PackTree;
use super::{bad_pattern, manifest, unlisted};
use crate::error::Problem;
use crate::npm::minimatch::{MatchOptions, Minimatch};
use crate::npm::read::glob;
use crate::npm::read::glob::{GlobError, Pattern};

const GLOB: MatchOptions = MatchOptions {
    dot: true,
    nocase: true,
    match_base: false,
    flip_negate: false,
    nonegate: true,
    nocomment: true,
};

/// What `files` comes to.
pub(super) struct FilesField {
    /// The paths to walk, as if they were names in the package's folder.
    pub(super) entries: Vec<String>,
    /// The text of the rules that take the place of `files`.
    pub(super) rules: String,
}

/// A JavaScript `Set` of strings: it keeps the order in which its members came.
#[derive(Default)]
struct OrderedSet {
    places: HashMap<String, usize>,
    next: usize,
}

impl OrderedSet {
    fn add(&mut self, text: &str) {
        if !self.places.contains_key(text) {
            self.places.insert(text.to_owned(), self.next);
            self.next += 1;
        }
    }

    fn delete(&mut self, text: &str) {
        self.places.remove(text);
    }

    fn into_vec(self) -> Vec<String> {
        let mut members: Vec<(usize, String)> =
            self.places.into_iter().map(|(text, at)| (at, text)).collect();
        members.sort_unstable();
        members.into_iter().map(|(_, text)| text).collect()
    }
}

/// Expands `files` and what goes along with it, in order: a negation takes away what came before it.
pub(super) fn choose(
    tree: &PackTree,
    package: &Value,
    files: &[Value],
    has_node_modules: bool,
    skip: &dyn Fn(&str) -> bool,
) -> Result<FilesField, Problem> {
    let mut patterns: Vec<(String, &'static str)> = Vec::new();
    for file in files {
        let Some(text) = file.as_str() else {
            return Err(Problem::new(format!(
                "{}: `files` holds {file}, which is no string",
                tree.path("package.json").display()
            ))
            .hint("list paths and patterns in `files`, each in quotes"));
        };
        patterns.push((text.to_owned(), "files"));
    }
    patterns.extend(manifest::own_files(package).into_iter().map(|file| (file, "main, browser or bin")));
    patterns.extend(MUST_HAVE_FILES.iter().map(|file| ((*file).to_owned(), "files")));
    let bundles = ["bundleDependencies", "bundledDependencies"]
        .into_iter()
        .any(|field| crate::npm::js::truthy(package.get(field)));
    if bundles && has_node_modules {
        patterns.push(("node_modules".to_owned(), "files"));
    }
    let mut known = HashSet::new();
    patterns.retain(|(pattern, _)| known.insert(pattern.clone()));

    let mut globs = Vec::new();
    for (pattern, _) in &patterns {
        let body = pattern.trim_start_matches('!');
        let matcher = Minimatch::new(&strip_root(body).replace('\\', "/"), GLOB)
            .map_err(|e| bad_pattern(tree, "package.json", e))?;
        globs.push(Pattern { matcher, negated: (pattern.len() - body.len()) % 2 == 1 });
    }
    let outside = |place: usize| {
        let (pattern, field) = &patterns[place];
        let manifest = tree.path("package.json");
        Problem::new(format!("{}: {pattern:?} of `{field}` leads outside of the package", manifest.display()))
            .hint("a package can only hold what lies in its folder: copy it there, or drop the entry")
    };
    let results = glob::search(tree, &globs, skip).map_err(|e| match e {
        GlobError::List(e) => unlisted(&e),
        GlobError::Outside(place) => outside(place),
    })?;
    let (mut set, mut negates) = (OrderedSet::default(), OrderedSet::default());
    let mut leaving: HashMap<String, usize> = HashMap::new();
    for (place, (glob, found)) in globs.iter().zip(results).enumerate() {
        let mut found: Vec<String> = found.into_iter().collect();
        found.sort_by_cached_key(|path| locale_key(path));
        let (to, from) = if glob.negated { (&mut negates, &mut set) } else { (&mut set, &mut negates) };
        for path in found {
            let trimmed = path.trim_end_matches('/');
            from.delete(trimmed);
            to.add(trimmed);
            // An absolute path is taken for one of the package, since its first slash is dropped.
            let entry = trimmed.trim_start_matches('/');
            if entry.is_empty() || glob::is_outside(entry) {
                leaving.insert(trimmed.to_owned(), place);
            }
        }
    }
    let list = set.into_vec();
    if let Some(place) = list.iter().find_map(|path| leaving.get(path)) {
        return Err(outside(*place));
    }
    let mut rules = String::new();
    for path in &list {
        rules.push_str(&format!("!{path}\n"));
    }
    for path in negates.into_vec() {
        rules.push_str(&format!("!!{path}\n"));
    }
    let mut known = HashSet::new();
    let entries = list
        .iter()
        .map(|path| path.trim_start_matches('/').to_owned())
        .filter(|path| known.insert(path.clone()))
        .collect();
    Ok(FilesField { entries, rules })
}

/// `pattern.replace(/^\.?\/+/, "")`.
fn strip_root(pattern: &str) -> &str {
    let rest = pattern.strip_prefix('.').unwrap_or(pattern);
    if rest.starts_with('/') { rest.trim_start_matches('/') } else { pattern }
}
