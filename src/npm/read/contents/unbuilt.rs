//! Whether the files that a manifest names are packed. Where they are not, the package has not been built.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Contents;
use crate::error::Problem;
use crate::npm::exports;
use crate::npm::manifest::Manifest;
use crate::npm::platform;
use crate::text::path;

const CODE: [&str; 3] = [".js", ".json", ".node"];
const MODULES: [&str; 5] = [".js", ".mjs", ".cjs", ".json", ".node"];
const TYPES: [&str; 6] = [".d.ts", ".ts", ".tsx", ".d.mts", ".d.cts", ".js"];

/// What to do about packages that have not been built.
pub(crate) const BUILD_HINT: &str = "build it first, or have it built: --build; if it is built, see that `files` and .npmignore let the file through";

/// Files that a manifest names and the tarball would not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unbuilt {
    /// The package, the fields and the files.
    pub(crate) problem: Problem,
    /// Whether a Node.js or TypeScript consumer would miss them, so that the package has not been built.
    pub(crate) is_error: bool,
}

/// What `main`, `module`, `types`, `typings`, `browser`, `bin` and `exports` name and the tarball would not hold, in one
/// problem. What Node or TypeScript would find by adding an extension or `index` counts as there; that Node falls back to
/// `index.js` where `main` leads nowhere does not. `is_optional`: installs go on without the package.
pub(crate) fn unbuilt(contents: &Contents, is_optional: bool) -> Option<Unbuilt> {
    let check = Check {
        manifest: &contents.manifest,
        paths: contents.entries.iter().map(|entry| Check::clean(&entry.path)).collect(),
    };
    let (needed, other): (Vec<_>, Vec<_>) = check.missing().into_iter().partition(|one| one.is_needed);
    let elsewhere = platform::is_foreign(check.manifest);
    match (needed.as_slice(), other.as_slice()) {
        ([], []) => None,
        ([], other) => Some(check.unbuilt(other, false, "; Node.js and TypeScript do not look there")),
        (needed, _) if elsewhere => Some(check.unbuilt(needed, false, "; it is for another os, cpu or libc")),
        (needed, _) if is_optional => Some(check.unbuilt(needed, false, "; the package is optional")),
        (needed, _) => Some(check.unbuilt(needed, true, "")),
    }
}

/// A file that a field names and that is not there.
struct MissingFile {
    field: String,
    file: String,
    /// Whether it is what a Node.js or TypeScript consumer would come to.
    is_needed: bool,
}

struct Check<'a> {
    manifest: &'a Manifest,
    paths: BTreeSet<String>,
}

impl Check<'_> {
    fn missing(&self) -> Vec<MissingFile> {
        let field = |field: &str| self.manifest.0.get(field);
        let exports = field("exports").filter(|exports| !exports.is_null());
        let mut missing = Vec::new();
        for (name, extensions) in [
            ("main", CODE.as_slice()),
            ("browser", &CODE),
            ("module", &MODULES),
            ("types", &TYPES),
            ("typings", &TYPES),
        ] {
            if let Some(path) = field(name).and_then(Value::as_str).filter(|path| !path.is_empty())
                && !self.holds_module(path, extensions)
                && !(name == "main" && self.is_of_npm_init(path))
            {
                // Where `exports` is, nobody reads these; `browser` is for bundlers.
                let is_needed = exports.is_none() && name != "browser";
                missing.push(MissingFile { field: name.to_owned(), file: path.to_owned(), is_needed });
            }
        }
        let mut bin = |field: String, path: &str| {
            if !path.is_empty() && !self.holds(path) {
                missing.push(MissingFile { field, file: path.to_owned(), is_needed: true });
            }
        };
        match field("bin") {
            Some(Value::String(path)) => bin("bin".to_owned(), path),
            Some(Value::Object(bins)) => {
                for (command, path) in bins {
                    bin(format!("bin[{command:?}]"), path.as_str().unwrap_or_default());
                }
            }
            _ => {}
        }
        let targets = exports.map(|exports| exports::missing(exports, &|file| self.holds_target(file)));
        missing.extend(targets.into_iter().flatten().map(|target| MissingFile {
            field: target.field,
            file: target.file,
            is_needed: target.is_consumed,
        }));
        missing
    }

    /// `npm init` writes `"main": "index.js"` into every manifest. A package of other files that nothing would make an
    /// `index.js` from has no entry at all.
    fn is_of_npm_init(&self, main: &str) -> bool {
        let has_build = self.manifest.0.get("scripts").is_some_and(|scripts| scripts.get("build").is_some());
        let is_source = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or(path);
            [".ts", ".tsx", ".mts", ".cts", ".jsx"].iter().any(|extension| name.ends_with(extension))
                && !name.contains(".d.")
        };
        let is_document = |path: &String| {
            let name = path.to_ascii_lowercase();
            name == "package.json"
                || ["readme", "license", "licence", "changelog", "copying", "notice"]
                    .iter()
                    .any(|document| name.starts_with(document))
        };
        Self::clean(main) == "index.js"
            && !has_build
            && !self.paths.iter().any(is_source)
            && self.paths.iter().any(|path| !is_document(path))
    }

    fn unbuilt(&self, missing: &[MissingFile], is_error: bool, why: &str) -> Unbuilt {
        let name = self.manifest.name().unwrap_or("package.json");
        let files: BTreeSet<&str> = missing.iter().map(|one| &*one.file).collect();
        let message = match missing {
            [MissingFile { field, file, .. }] => {
                format!("{name}: {field} names {file:?}, which the tarball would not hold{why}")
            }
            [MissingFile { field, file, .. }, ..] => {
                let fields = missing.len();
                let files =
                    if files.len() == 1 { "a file".to_owned() } else { format!("{} files", files.len()) };
                format!(
                    "{name}: {fields} fields name {files} that the tarball would not hold, the first {field}: \
                     {file:?}{why}"
                )
            }
            [] => String::new(),
        };
        let details = missing.iter().map(|MissingFile { field, file, .. }| format!("{field}: {file:?}"));
        let details = if missing.len() == 1 { Vec::new() } else { details.collect() };
        Unbuilt { problem: Problem::new(message).details(details), is_error }
    }

    /// The path from the package's root, as npm and Node take it.
    fn clean(path: &str) -> String {
        path::absolute(path).split_off(1)
    }

    fn holds(&self, path: &str) -> bool {
        self.paths.contains(&Self::clean(path))
    }

    fn holds_module(&self, path: &str, extensions: &[&str]) -> bool {
        let path = Self::clean(path);
        if self.paths.contains(&path) {
            return true;
        }
        let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
        extensions.iter().any(|extension| {
            self.paths.contains(&format!("{path}{extension}"))
                || self.paths.contains(&format!("{index}{extension}"))
        })
    }

    fn holds_target(&self, path: &str) -> bool {
        let clean = Self::clean(path);
        if path.ends_with('/') {
            let folder = if clean.is_empty() { clean } else { format!("{clean}/") };
            return self.paths.iter().any(|held| held.starts_with(&folder));
        }
        match (clean.split_once('*'), clean.rsplit_once('*')) {
            (Some((before, _)), Some((_, after))) => self.paths.iter().any(|held| {
                held.len() > before.len() + after.len() && held.starts_with(before) && held.ends_with(after)
            }),
            _ => self.paths.contains(&clean),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::npm::read::contents::{ContentSource, TarballEntry};

    fn contents(manifest: Value, held: &[&str]) -> Contents {
        let Value::Object(map) = manifest else { panic!("an object") };
        let entry = |path: &&str| TarballEntry {
            path: (*path).to_owned(),
            executable: false,
            source: ContentSource::Generated(Vec::new()),
        };
        Contents {
            manifest: Manifest(map),
            entries: held.iter().map(entry).collect(),
            warnings: Vec::new(),
            footprint: None,
        }
    }

    /// The fields that lead nowhere; those that are no error in brackets.
    fn missing(manifest: Value, held: &[&str]) -> String {
        let contents = contents(manifest, held);
        let check = Check {
            manifest: &contents.manifest,
            paths: contents.entries.iter().map(|entry| Check::clean(&entry.path)).collect(),
        };
        let shown = |one: MissingFile| if one.is_needed { one.field } else { format!("({})", one.field) };
        check.missing().into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    fn said(manifest: Value, held: &[&str], is_optional: bool) -> (String, bool) {
        let Unbuilt { problem, is_error } = unbuilt(&contents(manifest, held), is_optional).unwrap();
        (problem.message, is_error)
    }

    #[test]
    fn what_node_and_typescript_find_counts_as_built() {
        let held = ["lib/index.js", "a.json", "m.mjs", "t.d.ts", "types/index.d.ts", "cli.js"];
        for manifest in [
            json!({ "main": "lib", "types": "types/", "bin": "./cli.js" }),
            json!({ "main": "./lib/index", "module": "m", "typings": "t", "bin": { "x": "cli.js" } }),
            json!({ "main": "a", "browser": { "x": "y" } }),
        ] {
            assert_eq!(missing(manifest, &held), "");
        }
        assert_eq!(missing(json!({ "main": "." }), &["index.js"]), "");
    }

    #[test]
    fn what_is_not_packed_is_named_by_its_field() {
        let manifest = json!({
            "main": "dist/a.js", "module": "dist/a.mjs", "types": "a.d.ts", "browser": "b.js",
            "bin": { "x": "cli" },
        });
        assert_eq!(missing(manifest, &["cli.js"]), "main (browser) module types bin[\"x\"]");
        let manifest = json!({
            "main": "dist/a.js", "types": "a.d.ts", "bin": "cli",
            "exports": { ".": { "import": "./a.mjs", "bun": "./b" }, "./x": "./dist/x.js" },
        });
        assert_eq!(
            missing(manifest, &["index.js"]),
            "(main) (types) bin exports[\".\"].import (exports[\".\"].bun) exports[\"./x\"]"
        );
    }

    #[test]
    fn patterns_folders_and_foreign_targets_in_exports() {
        let manifest = json!({ "exports": {
            "./a/*": "./dist/*.js", "./b/": "./lib/", "./c": null, "./d": "other", "./e": ["./no", "./dist/a.js"],
            "./f/*": "./none/*", "./package.json": "./package.json",
        } });
        assert_eq!(missing(manifest, &["dist/a.js", "lib/x", "package.json"]), "exports[\"./f/*\"]");
    }

    #[test]
    fn the_main_of_npm_init_is_no_entry_of_a_package_of_other_files() {
        let held = ["package.json", "README.md", "base.json"];
        assert_eq!(missing(json!({ "main": "./index.js" }), &held), "");
        assert_eq!(missing(json!({ "main": "dist/index.js" }), &held), "main");
        assert_eq!(missing(json!({ "main": "index.js" }), &held[..2]), "main");
        assert_eq!(missing(json!({ "main": "index.js", "scripts": { "build": "x" } }), &held), "main");
        assert_eq!(missing(json!({ "main": "index.js" }), &["package.json", "src/index.ts"]), "main");
        assert_eq!(missing(json!({ "main": "index.js" }), &["package.json", "global.d.ts"]), "");
    }

    #[test]
    fn one_problem_says_it_all() {
        let manifest = json!({ "name": "@x/a", "exports": { ".": "./a.js" } });
        let expected = "@x/a: exports[\".\"] names \"./a.js\", which the tarball would not hold";
        assert_eq!(said(manifest, &[], false), (expected.to_owned(), true));
        let manifest =
            json!({ "name": "@x/a", "main": "a", "module": "a", "types": "t", "typings": "t", "bin": "b" });
        let expected = "@x/a: 5 fields name 3 files that the tarball would not hold, the first main: \"a\"";
        assert_eq!(said(manifest.clone(), &[], false), (expected.to_owned(), true));
        let details = unbuilt(&contents(manifest, &[]), false).unwrap().problem.details;
        assert_eq!(details, ["main: \"a\"", "module: \"a\"", "types: \"t\"", "typings: \"t\"", "bin: \"b\""]);
        let manifest = json!({ "name": "@x/a", "main": "a", "module": "a" });
        let expected = "@x/a: 2 fields name a file that the tarball would not hold, the first main: \"a\"";
        assert_eq!(said(manifest, &[], false), (expected.to_owned(), true));
    }

    #[test]
    fn other_platforms_and_optional_packages_are_no_error() {
        let manifest = json!({ "name": "@x/a", "main": "a.node", "os": ["win32"] });
        assert!(!said(manifest, &[], false).1);
        let manifest = json!({ "name": "@x/a", "main": "a.node" });
        assert!(!said(manifest.clone(), &[], true).1);
        assert!(said(manifest, &[], false).1);
        assert_eq!(unbuilt(&contents(json!({ "main": "a" }), &["a"]), false), None);
    }
}
