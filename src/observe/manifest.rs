//! Reads the manifest of a package folder.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::error::{Problem, io_cause};
use crate::model::json;
use crate::model::manifest::Manifest;
use crate::model::yaml;

/// The manifest's names, in the order in which pnpm looks for them (`tryReadProjectManifest`).
pub const MANIFEST_FILES: [&str; 3] = ["package.json", "package.json5", "package.yaml"];

/// Reads the manifest of a folder: the first of [`MANIFEST_FILES`] that is there.
///
/// # Errors
/// A manifest that cannot be read, or is not valid: with its path, line and column.
pub fn read(dir: &Path) -> Result<Option<(&'static str, Manifest)>, Problem> {
    for name in MANIFEST_FILES {
        let path = dir.join(name);
        match fs::read(&path) {
            Ok(bytes) => return parse(&path, &bytes).map(|manifest| Some((name, manifest))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

/// A file that cannot be read, as a problem.
#[must_use]
pub fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("{}: cannot be read: {}", path.display(), io_cause(error)))
        .hint("make it a readable file, or take its folder out of the workspace")
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, Problem> {
    let text = String::from_utf8_lossy(bytes);
    let without_bom = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let invalid = |why: &dyn std::fmt::Display| {
        Problem::new(format!("{}: {why}", path.display())).hint("correct the manifest there")
    };
    let value = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml") => yaml::parse(without_bom).map_err(|error| invalid(&error))?,
        Some("json5") => json::parse_json5(&text).map_err(|error| invalid(&error))?,
        _ => return json::parse_object(&text).map(Manifest).map_err(|error| invalid(&error)),
    };
    match value {
        Value::Object(map) => Ok(Manifest(map)),
        _ => Err(invalid(&"expected an object")),
    }
}
