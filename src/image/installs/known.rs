//! What an install reads of the files that lie in an image: its root, and the members of its workspace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Install, InstalledManifest, homes};
use crate::image::dockerfile::layers::{FileId, ImageFiles, below};
use crate::image::dockerfile::{join, parent};
use crate::image::package_manager::Name;
use crate::image::sources::ImageSources;
use crate::npm::{MemberGlobs, WORKSPACE_FILE, npm_patterns};
use crate::text::yaml;

/// What is followed through an image build: the names of the files, and what manifests and workspaces say.
pub(in crate::image) struct Known<'a> {
    /// The files by number.
    pub(in crate::image) names: Vec<&'a str>,
    /// From this number on they are files that prepare may make.
    pub(super) first_hypothetical: FileId,
    pub(super) manifests: &'a BTreeMap<String, Map<String, Value>>,
    pub(super) texts: &'a BTreeMap<String, String>,
}

impl<'a> Known<'a> {
    /// Numbers the files.
    pub(in crate::image) fn new(sources: &'a ImageSources) -> Self {
        let ImageSources { manifests, texts, places, hypothetical, .. } = sources;
        let there = manifests.keys().chain(texts.keys()).chain(places);
        let mut names: Vec<&str> = there.map(String::as_str).collect();
        let first_hypothetical = names.len();
        names.extend(hypothetical.iter().map(String::as_str));
        Self { names, first_hypothetical, manifests, texts }
    }

    /// The number of what stands for all tarballs.
    fn tarballs(&self) -> FileId {
        self.names.len()
    }

    /// The number of a `pnpm-workspace.yaml` that is not there now: who its members are is not known.
    pub(in crate::image) fn open_workspace(&self) -> FileId {
        self.tarballs() + 1
    }

    pub(super) fn name(&self, file: FileId) -> &str {
        self.names.get(file).copied().unwrap_or_default()
    }

    /// An install with what it reads.
    pub(super) fn looked_at(&self, mut install: Install, files: &ImageFiles) -> Install {
        let dir = install.command.dir.clone();
        let manager = install.command.manager;
        install.root = self.root(files, &dir, manager);
        install.manifests = self.manifests_of(files, &install.root, manager);
        let dirs: BTreeSet<&str> = install
            .manifests
            .iter()
            .map(|read| read.dir.as_str())
            .chain([install.root.as_str(), dir.as_str()])
            .chain(homes(&install.variables))
            .collect();
        for (path, file, line) in files.all() {
            let folder = parent(path);
            if file == self.tarballs() {
                install.deps_dirs.insert(folder.to_owned(), line);
            }
            if file >= self.tarballs() || !dirs.contains(folder) {
                continue;
            }
            let is_there = file < self.first_hypothetical;
            let files = if is_there { &mut install.files } else { &mut install.hypothetical };
            files.entry(path.to_owned()).or_default().insert(self.name(file).to_owned());
        }
        install
    }

    /// The folder that a package manager takes for the root when it is started in a folder: the nearest one above whose
    /// workspace holds the folder, else the nearest one with a manifest.
    pub(super) fn root(&self, files: &ImageFiles, dir: &str, manager: Name) -> String {
        let ancestors: Vec<&str> = ancestors(dir).collect();
        let holds = |root: &&str| {
            let globs = self.globs(files, root, manager);
            let inside = below(root, dir).unwrap_or_default();
            !globs.is_empty() && (inside.is_empty() || MemberGlobs::new(&globs).contains(inside))
        };
        let has_manifest = |root: &&str| files.has(&join(root, "package.json"));
        ancestors
            .iter()
            .find(|root| holds(root))
            .or_else(|| ancestors.iter().find(|root| has_manifest(root)))
            .map_or(dir, |root| *root)
            .to_owned()
    }

    /// The globs of the members that a folder in the image names.
    pub(super) fn globs(&self, files: &ImageFiles, dir: &str, manager: Name) -> Vec<String> {
        if manager == Name::Pnpm {
            let globs = |(file, _): (FileId, usize)| match self.texts.get(self.name(file)) {
                Some(text) => pnpm_globs(text),
                None if file == self.open_workspace() => vec!["**".to_owned()],
                None => Vec::new(),
            };
            return files.at(&join(dir, WORKSPACE_FILE)).flat_map(globs).collect();
        }
        let manifests = files.at(&join(dir, "package.json"));
        let globs =
            manifests.filter_map(|(file, _)| self.manifests.get(self.name(file))).flat_map(npm_patterns);
        let lerna =
            files.at(&join(dir, "lerna.json")).filter_map(|(file, _)| self.texts.get(self.name(file)));
        globs.chain(lerna.flat_map(|text| lerna_globs(text))).collect()
    }

    /// The manifests that an install at a root reads: its own, its workspace's members, and folders that those name by
    /// `file:`, `link:` or `portal:`.
    pub(super) fn manifests_of(
        &self,
        files: &ImageFiles,
        root: &str,
        manager: Name,
    ) -> Vec<InstalledManifest> {
        let members = MemberGlobs::new(&self.globs(files, root, manager));
        let mut open: Vec<String> = vec![root.to_owned()];
        if !members.is_empty() {
            let folders = files.all().filter_map(|(path, _, _)| {
                let dir = path.strip_suffix("/package.json")?;
                let inside = below(root, dir).filter(|inside| !inside.is_empty())?;
                members.contains(inside).then(|| dir.to_owned())
            });
            open.extend(folders);
        }
        open.reverse();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        while let Some(dir) = open.pop() {
            if !seen.insert(dir.clone()) {
                continue;
            }
            let here: BTreeMap<String, usize> = files
                .at(&join(&dir, "package.json"))
                .filter(|(file, _)| *file < self.first_hypothetical)
                .map(|(file, line)| (self.name(file).to_owned(), line))
                .collect();
            if here.is_empty() {
                continue;
            }
            for manifest in here.keys().filter_map(|file| self.manifests.get(file)) {
                open.extend(local_folders(manifest).map(|folder| join(&dir, folder)));
            }
            found.push(InstalledManifest { dir, files: here });
        }
        found
    }
}

/// A folder and those above it, up to the root.
pub(super) fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| match dir.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (above, _) => Some(above),
    })
}

/// The folders that a manifest names in the place of versions.
fn local_folders(manifest: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["dependencies", "devDependencies", "optionalDependencies"]
        .into_iter()
        .filter_map(|field| manifest.get(field)?.as_object())
        .flat_map(Map::values)
        .filter_map(Value::as_str)
        .filter_map(|spec| ["file:", "link:", "portal:"].iter().find_map(|start| spec.strip_prefix(start)))
        .filter(|path| !path.ends_with(".tgz") && !path.ends_with(".tar.gz"))
}

/// `packages:` of a `pnpm-workspace.yaml`; without it the root alone is the workspace.
fn pnpm_globs(text: &str) -> Vec<String> {
    let Ok(Value::Object(file)) = yaml::parse(text) else { return Vec::new() };
    match file.get("packages") {
        Some(Value::Array(globs)) => globs.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `packages` of a `lerna.json`.
fn lerna_globs(text: &str) -> Vec<String> {
    let Ok(Value::Object(file)) = serde_json::from_str(text) else { return Vec::new() };
    let globs = file.get("packages").and_then(Value::as_array).into_iter().flatten();
    globs.filter_map(Value::as_str).map(str::to_owned).collect()
}
