//! What was built of which sources: the records by which a package that did not change is not built again.

pub(crate) mod apply;
pub(crate) mod command;
pub(crate) mod plan;
pub(crate) mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::npm::manifest::Manifest;
use crate::text::digest::Digest;

/// The script that builds a package.
pub const SCRIPT: &str = "build";

/// It grows when a record, or what its digests are made of, changes its meaning: all is built again then.
const FORMAT: u32 = 1;

/// Where what a build prints goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildOutput {
    /// Nowhere; its last lines are shown where it fails.
    Kept,
    /// To stderr as it comes, of one build after the other.
    Live,
}

/// What became of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildState {
    /// Its build script was run.
    Built,
    /// Its last build was of the same inputs, and left what lies there.
    Unchanged,
    /// In a dry run: it would be built.
    Planned,
}

/// A package that `--build` looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct BuiltPackage {
    /// The package's name, or else its folder.
    pub name: String,
    /// What became of it.
    pub state: BuildState,
    /// How long its build took; nothing where there was none.
    pub took: Duration,
}

/// The digest of a set of things: each by its own key, in the order of the keys.
#[derive(Clone, Debug, Default)]
pub struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Adds one; lengths keep what stands side by side apart.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        for part in [key, value] {
            self.0.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            self.0.update(part);
        }
    }

    /// The digest of all that was added.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::finish(self.0)
    }

    /// The digest of all of these.
    #[must_use]
    pub fn of<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Digest {
        let mut tally = Self::default();
        for (key, value) in all {
            tally.add(key.as_bytes(), value.as_bytes());
        }
        tally.finish()
    }
}

/// Files by their paths with `/` between parts, each with what stands for its mode and content.
pub type FileIds = BTreeMap<String, String>;

/// The digest of files.
#[must_use]
pub fn digest(files: &FileIds) -> Digest {
    DigestBuilder::of(files.iter().map(|(path, id)| (path.as_str(), id.as_str())))
}

/// All that a build depends on, in the parts by which can be told what has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// The package's own files.
    pub own: Digest,
    /// Those of all packages of the workspace that it needs.
    pub needed: Digest,
    /// What lies in no package of the workspace, the lockfile and the root's settings among it, and what is installed.
    pub shared: Digest,
    /// The package manager, Node.js and the system.
    pub tools: Digest,
}

/// What a build left, and what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildRecord {
    /// [`FORMAT`].
    format: u32,
    /// The package's folder from the workspace's root.
    pub package: String,
    /// What it was made of.
    pub inputs: Inputs,
    /// What it left: the paths from the package's folder.
    pub outputs: Vec<String>,
    /// The digest of those.
    pub left: Digest,
    /// What the file system said of the package's folder then. While it says the same, nothing needs to be read.
    pub stamp: Digest,
}

impl BuildRecord {
    /// A record of a build.
    #[must_use]
    pub fn new(package: &str, inputs: Inputs, outputs: &FileIds, stamp: Digest) -> Self {
        let left = digest(outputs);
        let outputs = outputs.keys().cloned().collect();
        Self { format: FORMAT, package: package.to_owned(), inputs, outputs, left, stamp }
    }

    /// The same with another stamp.
    #[must_use]
    pub fn stamped(&self, stamp: &Digest) -> Self {
        Self { stamp: stamp.clone(), ..self.clone() }
    }

    /// The file's text: JSON on a line, and a line with its digest.
    ///
    /// # Errors
    /// The writer's.
    pub fn to_text(&self) -> Result<String, String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let seal = Digest::of(text.as_bytes());
        Ok(format!("{text}\n{}\n", seal.as_str()))
    }

    /// The record of a package. A text that is damaged, of another package or another version tells nothing.
    #[must_use]
    pub fn parse(text: &str, package: &str) -> Option<Self> {
        let (text, seal) = text.strip_suffix('\n')?.split_once('\n')?;
        if Digest::of(text.as_bytes()).as_str() != seal {
            return None;
        }
        let record: Self = serde_json::from_str(text).ok()?;
        (record.format == FORMAT && record.package == package).then_some(record)
    }
}

/// The folders of a package that the entry points of its manifest lie in, `src` left out: what a build writes there is
/// built, be it committed or not.
#[must_use]
pub fn entry_folders(manifest: &Manifest) -> BTreeSet<String> {
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
#[must_use]
pub fn is_shared(path: &str) -> bool {
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

    fn record() -> BuildRecord {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let inputs =
            Inputs { own: digest("a"), needed: digest("b"), shared: digest("c"), tools: digest("d") };
        let outputs = FileIds::from([("dist/a.js".to_owned(), "1".to_owned())]);
        BuildRecord::new("packages/a", inputs, &outputs, digest("e"))
    }

    #[test]
    fn a_record_is_whole_or_not_there() {
        let text = record().to_text().unwrap();
        assert_eq!(BuildRecord::parse(&text, "packages/a"), Some(record()));
        assert_eq!(BuildRecord::parse(&text, "packages/b"), None, "of another package");
        for end in 0..text.len() {
            assert_eq!(BuildRecord::parse(&text[..end], "packages/a"), None, "{end}");
        }
        let other = text.replacen("dist/a.js", "dist/b.js", 1);
        assert_eq!(BuildRecord::parse(&other, "packages/a"), None, "another text under the same seal");
    }

    #[test]
    fn what_stands_side_by_side_is_kept_apart() {
        assert_ne!(DigestBuilder::of([("ab", "c")]), DigestBuilder::of([("a", "bc")]));
        assert_ne!(DigestBuilder::of([("a", "b"), ("c", "d")]), DigestBuilder::of([("a", "b")]));
    }

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
