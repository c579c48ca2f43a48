//! What `workspace:` finds: the other members, as an install would link them.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

use crate::error::{Problem, io_cause};
use crate::model::manifest::Manifest;
use crate::model::publish::Siblings;
use crate::model::workspace::{Member, Workspace};

/// The members as seen from one package's folder.
pub(super) struct Members<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) dir: &'a Path,
}

impl Siblings for Members<'_> {
    fn named(&self, name: &str) -> Option<Manifest> {
        let member = self.workspace.members.iter().find(|member| member.manifest.name() == Some(name))?;
        Some(if links_another_folder(member) {
            // Without a manifest there, an install links a folder that has neither name nor version.
            member.linked.clone().unwrap_or_default()
        } else {
            member.manifest.clone()
        })
    }

    fn at(&self, path: &str) -> Option<Manifest> {
        let dir = super::lexical(self.dir, path);
        match self.workspace.members.iter().find(|member| member.dir == dir) {
            Some(member) => Some(member.manifest.clone()),
            // pnpm reads whatever lies there, be it a member or not.
            None => read_manifest(&dir).ok().flatten(),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.workspace.members.iter().filter_map(|member| member.manifest.name()).collect()
    }
}

/// Whether `node_modules` of dependents shows the folder of `publishConfig.directory`: seen of pnpm 10.6.5, unless
/// `linkDirectory` is `false`.
fn links_another_folder(member: &Member) -> bool {
    let Some(config) = member.manifest.0.get("publishConfig") else { return false };
    config.get("directory").is_some_and(|directory| !directory.is_null())
        && config.get("linkDirectory") != Some(&Value::Bool(false))
}

/// The manifest in a folder that is no member of its own; nothing where there is none.
///
/// This is the one place in which packing reads a manifest from disk.
pub(super) fn read_manifest(dir: &Path) -> Result<Option<Manifest>, Problem> {
    for file in ["package.json", "package.json5", "package.yaml"] {
        let path = dir.join(file);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => {
                return Err(Problem::new(format!("cannot read {}: {}", path.display(), io_cause(&e))));
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let parsed: Result<Value, String> = match file {
            "package.json" => serde_json::from_str(text).map_err(|e| e.to_string()),
            "package.json5" => json5::from_str(text).map_err(|e| e.to_string()),
            _ => Err("a package.yaml is not read here".to_owned()),
        };
        return match parsed {
            Ok(Value::Object(map)) => Ok(Some(Manifest(map))),
            Ok(_) => Err(Problem::new(format!("{}: it holds no object", path.display()))),
            Err(cause) => Err(Problem::new(format!("{}: {cause}", path.display()))
                .hint("correct the manifest, or build the package anew")),
        };
    }
    Ok(None)
}
