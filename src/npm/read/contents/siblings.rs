//! What `workspace:` finds: the other members, as an install would link them.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::error::Problem;
use crate::npm::manifest::Manifest;
use crate::npm::publish::Siblings;
use crate::npm::read::manifest_file as manifest;
use crate::npm::workspace::{Member, Workspace};
use crate::text::path;

/// The members of a workspace by name, in their order: each dependency of each package is looked for.
#[derive(Debug)]
pub(super) struct Names<'a>(HashMap<&'a str, Vec<&'a Member>>);

impl<'a> Names<'a> {
    pub(super) fn of(workspace: &'a Workspace) -> Self {
        let mut names: HashMap<&str, Vec<&Member>> = HashMap::new();
        for member in &workspace.members {
            if let Some(name) = member.manifest.name() {
                names.entry(name).or_default().push(member);
            }
        }
        Self(names)
    }

    fn all(&self, name: &str) -> &[&'a Member] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The members as seen from one package's folder.
pub(super) struct Members<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) names: &'a Names<'a>,
    pub(super) dir: &'a Path,
}

impl Siblings for Members<'_> {
    fn named(&self, name: &str) -> Option<Manifest> {
        let member = self.names.all(name).first()?;
        Some(if links_another_folder(member) {
            // Without a manifest there, an install links a folder that has neither name nor version.
            member.linked.clone().unwrap_or_default()
        } else {
            member.manifest.clone()
        })
    }

    fn rivals(&self, name: &str) -> Vec<&str> {
        let Some((first, others)) = self.names.all(name).split_first() else { return Vec::new() };
        let differ = others.iter().any(|member| member.manifest.version() != first.manifest.version());
        let folders = || [*first].into_iter().chain(others.iter().copied());
        if differ { folders().map(|member| member.relative.as_str()).collect() } else { Vec::new() }
    }

    fn at(&self, path: &str) -> Option<Manifest> {
        let dir = path::join_on_disk(self.dir, path);
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
pub(super) fn read_manifest(dir: &Path) -> Result<Option<Manifest>, Problem> {
    Ok(manifest::read(dir)?.map(|(_, manifest)| manifest))
}
