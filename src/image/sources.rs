//! What was read of a project to know its image builds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compose::is_inside;
use super::definition::{BuildDefinition, Definitions, DockerfileSource};

/// The files of a project that matter to its image builds; all paths are from the project's root, with `/` between parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageSources {
    /// Every `package.json` that is there, with what it says where it can be read.
    pub(crate) manifests: BTreeMap<String, Map<String, Value>>,
    /// What other files that are read say: `pnpm-workspace.yaml`, `lerna.json`, scripts.
    pub(crate) texts: BTreeMap<String, String>,
    /// Files of which only the place matters: lockfiles, `.npmrc`.
    pub(crate) places: BTreeSet<String>,
    /// Files that prepare may make, which no disk shows yet: they are followed too, but count as not there.
    pub(crate) hypothetical: BTreeSet<String>,
    /// The Dockerfiles; of those that lie outside of the project the ones that the command of `run` builds.
    pub(crate) dockerfiles: BTreeMap<String, String>,
    /// The files that say what a context leaves out: `.dockerignore` and `<Dockerfile>.dockerignore`.
    pub(crate) ignores: BTreeMap<String, String>,
    /// The deps dir.
    pub(crate) deps_dir: String,
    /// The builds that something defines, and those that a person may run.
    pub(crate) definitions: Definitions,
    /// Sources of copies that are not on the disk, by the folder of the context: something makes them before the build.
    pub(crate) missing: BTreeSet<(String, String)>,
}

impl ImageSources {
    /// The text of a build's Dockerfile; `None` for one that is not known, or could not be read.
    pub(crate) fn dockerfile_of<'a>(&'a self, build: &'a BuildDefinition) -> Option<&'a str> {
        match &build.dockerfile {
            DockerfileSource::Project(name) => self.dockerfiles.get(name).map(String::as_str),
            DockerfileSource::Inline { text, .. } => Some(text),
            DockerfileSource::Elsewhere(name) if is_inside(name) => None,
            DockerfileSource::Elsewhere(name) => self.dockerfiles.get(name).map(String::as_str),
        }
    }
}
