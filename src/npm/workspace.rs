//! The repository that holds the shared packages, as it was read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::minimatch::{MatchOptions, Minimatch};

/// A package folder of the workspace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// The folder, absolute.
    pub(crate) dir: PathBuf,
    /// The folder's path from the workspace's root with `/` between parts; empty for the root itself.
    pub(crate) relative: String,
    /// The manifest's file name: `package.json`, `package.json5` or `package.yaml`.
    pub(crate) manifest_file: &'static str,
    /// What the manifest says.
    pub(crate) manifest: Manifest,
    /// The folder that is linked into dependents' `node_modules`, where `publishConfig.directory` names another
    /// (and `linkDirectory` is not `false`): its manifest is what `workspace:` resolves to.
    pub(crate) linked: Option<Manifest>,
    /// From the `.npmrc` of the root and of the folder and from `pnpm-workspace.yaml`, never from the user's own.
    pub(crate) settings: PackSettings,
}

/// Named lists of versions: `catalog` and `catalogs` of `pnpm-workspace.yaml`, by catalog, then by package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalogs(pub(crate) BTreeMap<String, BTreeMap<String, String>>);

/// What a workspace says of how a package is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackSettings {
    /// `node-linker=hoisted`: without it pnpm refuses `bundledDependencies`.
    pub(crate) node_linker_hoisted: bool,
    /// `embed-readme`: the README's text goes into the packed manifest.
    pub(crate) embed_readme: bool,
}

/// A workspace: its root and its members, sorted by folder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Workspace {
    /// The folder of `pnpm-workspace.yaml`, absolute.
    pub(crate) root: PathBuf,
    /// Whether it is pnpm's: only pnpm adds the root's licence to packages without one.
    pub(crate) is_pnpm: bool,
    /// The members, the root among them where it has a manifest.
    pub(crate) members: Vec<Member>,
    /// For `catalog:`.
    pub(crate) catalogs: Catalogs,
}

/// A workspace's root as a person in a project would write it.
pub(crate) fn as_seen_from(project: &Path, workspace: &Path) -> String {
    if let Ok(inside) = workspace.strip_prefix(project) {
        return format!("./{}", inside.display());
    }
    let sibling = project.parent().and_then(|parent| workspace.strip_prefix(parent).ok());
    sibling.map_or_else(|| workspace.display().to_string(), |sibling| format!("../{}", sibling.display()))
}

/// The globs by which a workspace names its members, as text.
pub(crate) struct MemberGlobs {
    wanted: Vec<Minimatch>,
    ignored: Vec<Minimatch>,
}

impl MemberGlobs {
    /// Reads them; one that is not valid names nobody.
    pub(crate) fn new(globs: &[String]) -> Self {
        let options = MatchOptions { nonegate: true, ..MatchOptions::default() };
        let compiled = |glob: &str| {
            let glob = glob.trim_start_matches("./").trim_end_matches('/');
            Minimatch::new(&format!("{glob}/package.json"), options).ok()
        };
        let negated = |glob: &&String| glob.starts_with('!') && !glob.starts_with("!(");
        Self {
            wanted: globs.iter().filter(|glob| !negated(glob)).filter_map(|glob| compiled(glob)).collect(),
            ignored: globs.iter().filter(negated).filter_map(|glob| compiled(&glob[1..])).collect(),
        }
    }

    /// Whether it names nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Whether a folder is a member, by its path from the workspace's root.
    pub(crate) fn contains(&self, folder: &str) -> bool {
        let manifest = format!("{folder}/package.json");
        !folder.split('/').any(|part| part == "node_modules")
            && self.wanted.iter().any(|glob| glob.matches(&manifest))
            && !self.ignored.iter().any(|glob| glob.matches(&manifest))
    }
}
