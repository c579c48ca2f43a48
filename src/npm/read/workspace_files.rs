//! What the files at a workspace's root say: its globs, its catalogs, and how its packages are packed.

use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::npm::npmrc;
use crate::npm::workspace::{Catalogs, PackSettings};

use crate::text::yaml;

/// pnpm's file at a workspace's root.
pub(crate) const WORKSPACE_FILE: &str = "pnpm-workspace.yaml";

/// `pnpm-workspace.yaml`, checked as pnpm's `validateWorkspaceManifest` does; `None` where there is none.
pub(crate) fn workspace_file(root: &Path) -> Result<Option<Map<String, Value>>> {
    let path = root.join(WORKSPACE_FILE);
    let invalid = |why: String| {
        Error::new(ErrorKind::Packing, format!("{}: {why}", path.display()))
            .hint("correct the file, then run it again")
    };
    let bytes = match disk::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::io(ErrorKind::Packing, "read", &path, &error).hint("make it readable"));
        }
    };
    let file =
        match yaml::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| invalid(error.to_string()))? {
            Value::Null => Map::new(),
            Value::Object(file) => file,
            _ => return Err(invalid("expected keys such as `packages:`".to_owned())),
        };
    match file.get("packages") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            if let Some(item) = items.iter().find(|item| item.as_str().is_none_or(str::is_empty)) {
                return Err(invalid(format!("packages: expected globs, found {item}")));
            }
        }
        Some(_) => return Err(invalid("packages: expected a list of globs".to_owned())),
    }
    Ok(Some(file))
}

/// Without `packages`, the root alone is the workspace (pnpm's `workspacePackagePatterns`).
pub(crate) fn patterns(file: &Map<String, Value>) -> Vec<String> {
    match file.get("packages") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![".".to_owned()],
    }
}

/// `workspaces` of npm, yarn and bun: a list, or an object with a list `packages`.
pub(crate) fn npm_patterns(manifest: &Map<String, Value>) -> Vec<String> {
    let list = match manifest.get("workspaces") {
        Some(Value::Object(object)) => object.get("packages"),
        other => other,
    };
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// `catalog` and `catalogs` (pnpm's `getCatalogsFromWorkspaceManifest`).
pub(crate) fn catalogs(root: &Path, file: &Map<String, Value>) -> Result<Catalogs> {
    let invalid = |why: String| {
        Error::new(ErrorKind::Packing, format!("{}: {why}", root.join(WORKSPACE_FILE).display()))
            .hint("correct the catalog there")
    };
    let mut catalogs = Catalogs::default();
    let mut add = |name: &str, key: &str, value: &Value| -> Result<()> {
        let Value::Object(entries) = value else {
            return Err(invalid(format!("{key}: expected packages and versions")));
        };
        let catalog = catalogs.0.entry(name.to_owned()).or_default();
        for (package, version) in entries {
            let Value::String(version) = version else {
                return Err(invalid(format!("{key}: {package}: expected a string, found {version}")));
            };
            catalog.insert(package.clone(), version.clone());
        }
        Ok(())
    };
    if let Some(catalog) = file.get("catalog").filter(|value| !value.is_null()) {
        add("default", "catalog", catalog)?;
    }
    match file.get("catalogs") {
        None | Some(Value::Null) => {}
        Some(Value::Object(named)) => {
            if file.get("catalog").is_some_and(|value| !value.is_null())
                && named.get("default").is_some_and(|value| !value.is_null())
            {
                return Err(invalid(
                    "the default catalog is defined twice, by `catalog` and by `catalogs.default`".to_owned(),
                ));
            }
            for (name, catalog) in named {
                add(name, &format!("catalogs.{name}"), catalog)?;
            }
        }
        Some(_) => return Err(invalid("catalogs: expected named catalogs".to_owned())),
    }
    Ok(catalogs)
}

/// What a folder's `.npmrc` says about packing, over what was said before. The user's own is not asked: nothing of
/// the machine may reach the bytes.
///
/// # Errors
/// It is there and cannot be read.
pub(crate) fn npmrc(dir: &Path, before: PackSettings) -> Result<PackSettings> {
    let mut settings = before;
    let path = dir.join(".npmrc");
    let text = match disk::read(&path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(settings);
        }
        read => read.map_err(|error| {
            Error::io(ErrorKind::Packing, "read", &path, &error)
                .hint("make it a readable file, or move it away")
        })?,
    };
    for entry in npmrc::parse(&String::from_utf8_lossy(&text)) {
        let value = npmrc::unquoted(&entry.text().unwrap_or_default());
        match entry.key.as_str() {
            "node-linker" => settings.node_linker_hoisted = value == "hoisted",
            "embed-readme" => settings.embed_readme = value == "true",
            _ => {}
        }
    }
    Ok(settings)
}

/// pnpm's settings in `pnpm-workspace.yaml` come before any `.npmrc`.
pub(crate) fn workspace_settings(file: Option<&Map<String, Value>>, before: PackSettings) -> PackSettings {
    let text = |key: &str| file?.get(key)?.as_str();
    let flag = |key: &str| file?.get(key)?.as_bool();
    PackSettings {
        node_linker_hoisted: text("nodeLinker")
            .map_or(before.node_linker_hoisted, |linker| linker == "hoisted"),
        embed_readme: flag("embedReadme").unwrap_or(before.embed_readme),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn values_as_ini_reads_them() {
        let hoisted = |value: &str| {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join(".npmrc"), format!("node-linker={value}\n")).unwrap();
            npmrc(dir.path(), PackSettings::default()).unwrap().node_linker_hoisted
        };
        for value in [" hoisted ", " 'hoisted'", "hoisted ; why", " \"hoisted\" ; why"] {
            assert!(hoisted(value), "{value}");
        }
        assert!(!hoisted("'hoisted' ; why"));
    }
}
