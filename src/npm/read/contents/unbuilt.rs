//! Whether the files that a manifest names are packed. Where they are not, the package has not been built.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Contents;
use crate::error::Problem;
use crate::text::path;

const CODE: [&str; 3] = [".js", ".json", ".node"];
const MODULES: [&str; 5] = [".js", ".mjs", ".cjs", ".json", ".node"];
const TYPES: [&str; 6] = [".d.ts", ".ts", ".tsx", ".d.mts", ".d.cts", ".js"];

/// One problem for each of `main`, `module`, `types`, `typings`, `browser`, `bin` and `exports` that names a file
/// that the tarball would not hold. What Node or TypeScript would find by adding an extension or `index` counts as
/// there; that Node falls back to `index.js` where `main` leads nowhere does not.
pub(crate) fn unbuilt(contents: &Contents) -> Vec<Problem> {
    let check = Check {
        name: contents.manifest.name().unwrap_or("package.json"),
        paths: contents.entries.iter().map(|entry| Check::clean(&entry.path)).collect(),
    };
    let field = |field: &str| contents.manifest.0.get(field);
    let mut problems = Vec::new();
    for (name, extensions) in [
        ("main", CODE.as_slice()),
        ("browser", &CODE),
        ("module", &MODULES),
        ("types", &TYPES),
        ("typings", &TYPES),
    ] {
        if let Some(path) = field(name).and_then(Value::as_str).filter(|path| !path.is_empty())
            && !check.holds_module(path, extensions)
        {
            problems.push(check.problem(name, path));
        }
    }
    match field("bin") {
        Some(Value::String(path)) if !path.is_empty() && !check.holds(path) => {
            problems.push(check.problem("bin", path));
        }
        Some(Value::Object(bins)) => {
            for (command, path) in bins {
                if let Some(path) = path.as_str().filter(|path| !path.is_empty() && !check.holds(path)) {
                    problems.push(check.problem(&format!("bin[{command:?}]"), path));
                }
            }
        }
        _ => {}
    }
    if let Some(exports) = field("exports") {
        check.exports(exports, "exports", &mut problems);
    }
    problems
}

struct Check<'a> {
    name: &'a str,
    paths: BTreeSet<String>,
}

impl Check<'_> {
    fn problem(&self, field: &str, file: &str) -> Problem {
        Problem::new(format!("{}: {field} names {file:?}, which the tarball would not hold", self.name)).hint(
            "build the package first, or have it built: --build; if it is built, see that `files` and .npmignore let the file through",
        )
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

    /// Every target, below conditions and subpaths. Of a list one target is enough.
    fn exports(&self, target: &Value, field: &str, problems: &mut Vec<Problem>) {
        match target {
            Value::String(path) if path.starts_with("./") && !self.holds_target(path) => {
                problems.push(self.problem(field, path));
            }
            Value::Array(targets) => {
                let mut missing = Vec::new();
                for (i, target) in targets.iter().enumerate() {
                    let before = missing.len();
                    self.exports(target, &format!("{field}[{i}]"), &mut missing);
                    if missing.len() == before {
                        return;
                    }
                }
                problems.extend(missing);
            }
            Value::Object(map) => {
                for (key, target) in map {
                    // By convention what is built from, which `files` leaves out.
                    if key == "source" {
                        continue;
                    }
                    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                    let field = if plain { format!("{field}.{key}") } else { format!("{field}[{key:?}]") };
                    self.exports(target, &field, problems);
                }
            }
            _ => {}
        }
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
    use crate::npm::manifest::Manifest;
    use crate::npm::read::contents::{ContentSource, TarballEntry};

    fn missing(manifest: Value, held: &[&str]) -> String {
        let Value::Object(map) = manifest else { panic!("an object") };
        let entry = |path: &&str| TarballEntry {
            path: (*path).to_owned(),
            executable: false,
            source: ContentSource::Generated(Vec::new()),
        };
        let contents = Contents {
            manifest: Manifest(map),
            entries: held.iter().map(entry).collect(),
            warnings: Vec::new(),
            footprint: None,
        };
        let fields: Vec<String> = unbuilt(&contents)
            .into_iter()
            .map(|p| {
                p.message.trim_start_matches("package.json: ").split(" names").next().unwrap().to_owned()
            })
            .collect();
        fields.join(" ")
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
            "exports": { ".": { "import": "./a.mjs", "node": [{ "x": "./b" }, "./c"] }, "./x": "./dist/x.js" },
        });
        assert_eq!(
            missing(manifest, &["index.js", "cli.js"]),
            "main browser module types bin[\"x\"] exports[\".\"].import exports[\".\"].node[0].x \
             exports[\".\"].node[1] exports[\"./x\"]"
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
}
