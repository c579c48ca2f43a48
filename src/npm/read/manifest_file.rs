//! Reads the manifest of a package folder.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::disk;
use crate::error::{Problem, io_cause};
use crate::npm::manifest::Manifest;
use crate::text::{json, json5, yaml};

/// The manifest's names, in the order in which pnpm looks for them (`tryReadProjectManifest`).
pub(crate) const MANIFEST_FILES: [&str; 3] = ["package.json", "package.json5", "package.yaml"];

/// Reads the manifest of a folder: the first of [`MANIFEST_FILES`] that is there.
///
/// # Errors
/// A manifest that cannot be read, or is not valid: with its path, line and column.
pub(crate) fn read(dir: &Path) -> Result<Option<(&'static str, Manifest)>, Problem> {
    for name in MANIFEST_FILES {
        let path = dir.join(name);
        match disk::read(&path) {
            Ok(bytes) => return parse(&path, &bytes).map(|manifest| Some((name, manifest))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

/// A file that cannot be read, as a problem.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("{}: cannot be read: {}", path.display(), io_cause(error)))
        .hint("make it a readable file, or take its folder out of the workspace")
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, Problem> {
    let text = String::from_utf8_lossy(bytes);
    let invalid = |why: &dyn std::fmt::Display| {
        Problem::new(format!("{}: {why}", path.display())).hint("correct the manifest there")
    };
    let object = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml") => match yaml::parse(&text).map_err(|error| invalid(&error))? {
            Value::Object(object) => object,
            _ => return Err(invalid(&"expected an object")),
        },
        Some("json5") => json5::parse_object(&text).map_err(|error| invalid(&error))?,
        _ => json::parse_object(&text).map_err(|error| invalid(&error))?,
    };
    Ok(Manifest(object))
}
