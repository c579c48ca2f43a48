//! What a tarball holds, and how two of them differ.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::common::sha256;

/// A tarball's files by path. pnpm packs package.json and package.json5 under one name, with the same content: one
/// path comes twice then, which says no more than once.
#[derive(Default)]
pub(crate) struct Tarball {
    pub(crate) entries: BTreeMap<String, Vec<Entry>>,
}

#[derive(PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    pub(crate) content: Vec<u8>,
}

impl Tarball {
    /// Reads a `.tgz`.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|e| format!("read {}: {e}", path.display()))?;
        Self::parse(&bytes).map_err(|e| format!("{} is no tarball: {e}", path.display()))
    }

    fn parse(bytes: &[u8]) -> std::io::Result<Self> {
        let mut tarball = Self::default();
        for entry in tar::Archive::new(GzDecoder::new(bytes)).entries()? {
            let mut entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mode = entry.header().mode()?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            // pnpm writes package.json twice where a package.json5 lies beside it.
            tarball.entries.entry(path).or_default().push(Entry { mode, content });
        }
        Ok(tarball)
    }

    /// Whether an entry would come to lie beside the package, as pnpm does with `files: [".."]`.
    pub(crate) fn leaves_the_package(&self) -> bool {
        self.entries.keys().any(|path| path.split('/').any(|part| part == ".."))
    }

    /// A line for each way in which `ours` is not `theirs`; empty where all is the same.
    pub(crate) fn differences(theirs: &Self, ours: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (path, want) in &theirs.entries {
            let Some(got) = ours.entries.get(path) else {
                lines.push(format!("missing  {path}"));
                continue;
            };
            if got.len() != want.len() {
                lines.push(format!("count    {path}: want {} entries, got {}", want.len(), got.len()));
            }
            for (want, got) in want.iter().zip(got) {
                if want.mode != got.mode {
                    lines.push(format!("mode     {path}: want {:04o}, got {:04o}", want.mode, got.mode));
                }
                if want.content == got.content {
                    continue;
                }
                if path == "package/package.json" {
                    manifest_differences(&want.content, &got.content, &mut lines);
                } else {
                    lines.push(format!("content  {path}: want {}, got {}", brief(want), brief(got)));
                }
            }
        }
        lines.extend(
            ours.entries.keys().filter(|p| !theirs.entries.contains_key(*p)).map(|p| format!("extra    {p}")),
        );
        lines
    }
}

fn brief(entry: &Entry) -> String {
    format!("{} bytes {:.8}", entry.content.len(), sha256(&entry.content))
}

fn manifest_differences(want: &[u8], got: &[u8], lines: &mut Vec<String>) {
    let value = |bytes| serde_json::from_slice::<Value>(bytes);
    let before = lines.len();
    match (value(want), value(got)) {
        (Ok(want_value), Ok(got_value)) => {
            json_differences("", &want_value, &got_value, lines);
            // pnpm writes the keys of dependency fields in racing order; where none has two keys, its text is
            // the same every time.
            if lines.len() == before && !dependencies_can_race(&want_value) {
                lines.push(format!(
                    "text     package.json: same JSON, want {:?}, got {:?}",
                    String::from_utf8_lossy(want),
                    String::from_utf8_lossy(got)
                ));
            }
        }
        (want, got) => lines.push(format!("JSON     package.json: want {want:?}, got {got:?}")),
    }
}

fn is_dependency_field(key: &str) -> bool {
    matches!(key, "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies")
}

fn dependencies_can_race(manifest: &Value) -> bool {
    manifest.as_object().is_some_and(|fields| {
        fields.iter().any(|(key, value)| {
            is_dependency_field(key) && value.as_object().is_some_and(|entries| entries.len() > 1)
        })
    })
}

/// Values must be equal, and keys in the same order: `exports` means something else in another one.
fn json_differences(at: &str, want: &Value, got: &Value, lines: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            for (key, value) in want {
                match got.get(key) {
                    None => lines.push(format!("manifest {at}/{key}: want {value}, got nothing")),
                    Some(other) => json_differences(&format!("{at}/{key}"), value, other, lines),
                }
            }
            for (key, value) in got.iter().filter(|(key, _)| !want.contains_key(*key)) {
                lines.push(format!("manifest {at}/{key}: want nothing, got {value}"));
            }
            let same_keys = want.len() == got.len() && got.keys().all(|key| want.contains_key(key));
            let races = at.strip_prefix('/').is_some_and(is_dependency_field);
            if same_keys && !races && !want.keys().eq(got.keys()) {
                let list =
                    |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>().join(" ");
                lines.push(format!("order    {at}: want {}, got {}", list(want), list(got)));
            }
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            for (i, (want, got)) in want.iter().zip(got).enumerate() {
                json_differences(&format!("{at}/{i}"), want, got, lines);
            }
        }
        _ if want == got => {}
        _ => lines.push(format!("manifest {at}: want {want}, got {got}")),
    }
}
