//! What was built of which sources: the records by which a package that did not change is not built again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::text::Digest;

/// It grows when a record, or what its digests are made of, changes its meaning: all is built again then.
const FORMAT: u32 = 1;

/// The digest of a set of things: each by its own key, in the order of the keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Adds one; lengths keep what stands side by side apart.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        for part in [key, value] {
            self.0.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            self.0.update(part);
        }
    }

    /// The digest of all that was added.
    pub(crate) fn finish(self) -> Digest {
        Digest::finish(self.0)
    }

    /// The digest of all of these.
    pub(crate) fn of<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Digest {
        let mut tally = Self::default();
        for (key, value) in all {
            tally.add(key.as_bytes(), value.as_bytes());
        }
        tally.finish()
    }
}

/// Files by their paths with `/` between parts, each with what stands for its mode and content.
pub(crate) type FileIds = BTreeMap<String, String>;

/// The digest of files.
pub(crate) fn digest(files: &FileIds) -> Digest {
    DigestBuilder::of(files.iter().map(|(path, id)| (path.as_str(), id.as_str())))
}

/// All that a build depends on, in the parts by which can be told what has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    /// The package's own files.
    pub(crate) own: Digest,
    /// Those of all packages of the workspace that it needs.
    pub(crate) needed: Digest,
    /// What lies in no package of the workspace, the lockfile and the root's settings among it, and what is installed.
    pub(crate) shared: Digest,
    /// The package manager, Node.js and the system.
    pub(crate) tools: Digest,
}

/// What a build left, and what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BuildRecord {
    /// [`FORMAT`].
    format: u32,
    /// The package's folder from the workspace's root.
    pub(crate) package: String,
    /// What it was made of.
    pub(crate) inputs: Inputs,
    /// What it left: the paths from the package's folder.
    pub(crate) outputs: Vec<String>,
    /// The digest of those.
    pub(crate) left: Digest,
    /// What the file system said of the package's folder then. While it says the same, nothing needs to be read.
    pub(crate) stamp: Digest,
}

impl BuildRecord {
    /// A record of a build.
    pub(crate) fn new(package: &str, inputs: Inputs, outputs: &FileIds, stamp: Digest) -> Self {
        let left = digest(outputs);
        let outputs = outputs.keys().cloned().collect();
        Self { format: FORMAT, package: package.to_owned(), inputs, outputs, left, stamp }
    }

    /// The same with another stamp.
    pub(crate) fn stamped(&self, stamp: &Digest) -> Self {
        Self { stamp: stamp.clone(), ..self.clone() }
    }

    /// The file's text: JSON on a line, and a line with its digest.
    ///
    /// # Errors
    /// The writer's.
    pub(crate) fn to_text(&self) -> Result<String, String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let seal = Digest::of(text.as_bytes());
        Ok(format!("{text}\n{}\n", seal.as_str()))
    }

    /// The record of a package. A text that is damaged, of another package or another version tells nothing.
    pub(crate) fn parse(text: &str, package: &str) -> Option<Self> {
        let (text, seal) = text.strip_suffix('\n')?.split_once('\n')?;
        if Digest::of(text.as_bytes()).as_str() != seal {
            return None;
        }
        let record: Self = serde_json::from_str(text).ok()?;
        (record.format == FORMAT && record.package == package).then_some(record)
    }
}

#[cfg(test)]
mod tests {
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
}
