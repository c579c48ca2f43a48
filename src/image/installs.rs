//! The installs of an image build: stages are followed, and of each install is told what it reads.

mod files;
mod follow;
mod known;
mod nx;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::follow::{Followed, follow};
pub(super) use self::known::Known;
use super::dockerfile::{BaseImage, InstallCommand, SecretMount};
use super::package_manager::PackageManager;
use super::place::Place;

/// An install in a stage of an image build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Install {
    /// Where the command stands.
    pub(crate) place: Place,
    /// The number of its stage.
    pub(crate) stage: usize,
    /// The number of its instruction among the steps of the stage.
    pub(crate) step: usize,
    /// What the stage stands on.
    pub(crate) base: BaseImage,
    /// Whether the stage is one that the build makes.
    pub(crate) is_built: bool,
    /// What is run.
    pub(crate) command: InstallCommand,
    /// The version that its own words name, as in `npx pnpm@9 install`.
    pub(crate) version: Option<PackageManager>,
    /// The folder in the image that the package manager takes for the root: that of the workspace, or of the manifest.
    pub(crate) root: String,
    /// The manifests that it reads, the root's first.
    pub(crate) manifests: Vec<InstalledManifest>,
    /// The folders in the image that hold the tarballs by then, and the lines that brought them there.
    pub(crate) deps_dirs: BTreeMap<String, usize>,
    /// The files beside the manifests, by their paths in the image: lockfiles, settings.
    pub(crate) files: BTreeMap<String, BTreeSet<String>>,
    /// The same of files that prepare may make.
    pub(crate) hypothetical: BTreeMap<String, BTreeSet<String>>,
    /// What `ARG` and `ENV` have set.
    pub(crate) variables: BTreeMap<String, String>,
    /// The names that `ARG` has declared, with a value or without.
    pub(crate) args: BTreeSet<String>,
    /// The secrets that it may read.
    pub(crate) secrets: Vec<SecretMount>,
    /// The files of secrets that its command, or one that has made settings, reads, each with the secret that is mounted
    /// there, if one is.
    pub(crate) secret_files: BTreeMap<String, Option<String>>,
    /// The variables that its own command sets from what is only known in the build, as from a secret's file.
    pub(crate) set_in_build: BTreeSet<String>,
    /// The files that commands have written before it, and the settings that they have made.
    pub(crate) configured: BTreeSet<String>,
}

/// Where a user's own settings may lie: in the folder that `HOME` names, or those of the images that people build on.
fn homes(variables: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    variables.get("HOME").map(String::as_str).into_iter().chain(["/root", "/home/node"])
}

/// A manifest that an install reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstalledManifest {
    /// The folder in the image that holds it.
    pub(crate) dir: String,
    /// The files of the project that it may be a copy of, with the lines that brought them.
    pub(crate) files: BTreeMap<String, usize>,
}

impl Install {
    /// The folders in the image where a user's own settings may lie.
    pub(crate) fn homes(&self) -> impl Iterator<Item = &str> {
        homes(&self.variables)
    }

    /// Whether a file of the project lies at a path in the image by then, be it made by prepare or not.
    pub(crate) fn has(&self, path: &str, file: &str) -> bool {
        [&self.files, &self.hypothetical]
            .iter()
            .any(|files| files.get(path).is_some_and(|files| files.contains(file)))
    }

    /// The folders in the image where it reads a manifest of the project, and the lines that brought it there.
    pub(crate) fn reads(&self, manifest: &str) -> impl Iterator<Item = (&str, usize)> {
        self.manifests.iter().filter_map(move |read| Some((read.dir.as_str(), *read.files.get(manifest)?)))
    }
}
