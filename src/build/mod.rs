//! What was built of which sources: the records by which a package that did not change is not built again.

mod apply;
pub(crate) mod command;
mod plan;
mod read;

pub(crate) use self::apply::program;
pub(crate) use self::command::{BuildMode, Looking};

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::npm::Manifest;

/// The script that builds a package.
pub(crate) const SCRIPT: &str = "build";

/// Where what a build prints goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildOutput {
    /// Nowhere; its last lines are shown where it fails.
    Kept,
    /// To stderr as it comes, of one build after the other.
    Live,
}

/// What became of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildState {
    /// Its build script was run.
    Built,
    /// Its last build was of the same inputs, and left what lies there.
    Unchanged,
    /// In a dry run: it would be built.
    Planned,
}

/// A package that `--build` looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BuiltPackage {
    /// The package's name, or else its folder.
    pub(crate) name: String,
    /// What became of it.
    pub(crate) state: BuildState,
    /// How long its build took; nothing where there was none.
    pub(crate) took: Duration,
}

/// The folders of a package that the entry points of its manifest lie in, `src` left out: what a build writes there is
/// built, be it committed or not.
pub(crate) fn entry_folders(manifest: &Manifest) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    let fields = ["main", "module", "types", "typings", "browser", "bin", "exports"];
    let mut open: Vec<&Value> = fields.into_iter().filter_map(|field| manifest.0.get(field)).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(path) => {
                let path = path.trim_start_matches("./");
                let folder = path.split_once('/').map(|(folder, _)| folder);
                folders
                    .extend(folder.filter(|folder| !matches!(*folder, "" | ".." | "src")).map(str::to_owned));
            }
            Value::Array(values) => open.extend(values),
            Value::Object(map) => open.extend(map.values()),
            _ => {}
        }
    }
    folders
}

/// Whether a file that lies in no package counts for the builds of all. Prose does not, nor do the folders of editors,
/// hooks and CI.
pub(crate) fn is_shared(path: &str) -> bool {
    const NOT: [&str; 8] =
        [".changeset", ".circleci", ".git", ".gitea", ".github", ".husky", ".idea", ".vscode"];
    let first = path.split('/').next().unwrap_or_default();
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    !NOT.contains(&first) && !matches!(extension.as_deref(), Some("md" | "mdx"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_lies_in_no_package_counts_but_prose_and_tools() {
        for path in ["tsconfig.base.json", ".npmrc", "scripts/build.mjs", ".config/x", "patches/a.patch"] {
            assert!(is_shared(path), "{path}");
        }
        for path in ["README.md", "docs/a.MDX", ".github/workflows/ci.yml", ".husky/pre-commit"] {
            assert!(!is_shared(path), "{path}");
        }
    }

    #[test]
    fn entry_points_say_where_builds_write() {
        let manifest = json!({
            "main": "./dist/a.js", "module": "b.js", "types": "types/a.d.ts", "bin": {"x": "bin/x.js"},
            "exports": {".": {"source": "./src/a.ts", "import": ["./esm/a.js"]}, "./package.json": "./package.json"},
        });
        let Value::Object(map) = manifest else { panic!("an object") };
        let folders: Vec<_> = entry_folders(&Manifest(map)).into_iter().collect();
        assert_eq!(folders, ["bin", "dist", "esm", "types"]);
    }
}
