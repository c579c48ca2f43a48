//! A build of an image as something defines it: a service of a compose file, a target of a bake file, a workflow's step,
//! a command.

use std::collections::{BTreeMap, BTreeSet};

use super::place::Place;

/// What is built, out of what, with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildDefinition {
    /// Where it is defined, and what is defined there.
    pub(crate) place: Place,
    /// The service or target, as `backend`; empty where it has no name.
    pub(crate) name: String,
    /// What defines it.
    pub(crate) kind: DefinitionKind,
    /// The folder that the build takes files from.
    pub(crate) context: BuildContext,
    /// The Dockerfile.
    pub(crate) dockerfile: DockerfileSource,
    /// The stage that is built; the last one where none is named.
    pub(crate) target: Option<String>,
    /// Build arguments by name; `None` where the value is not known, as that of a variable which the process does not
    /// have.
    pub(crate) args: BTreeMap<String, Option<String>>,
    /// Where each build argument is given, as far as that is known.
    pub(crate) arg_places: BTreeMap<String, Place>,
    /// Secrets that the build may mount, by the id that a mount names.
    pub(crate) secrets: BTreeMap<String, Place>,
    /// Named contexts: what stands in the place of an image or a stage of that name.
    pub(crate) contexts: BTreeMap<String, BuildContext>,
    /// Names of hosts that the build resolves by itself, as `host.docker.internal`.
    pub(crate) extra_hosts: Vec<String>,
    /// The same that only the running service resolves.
    pub(crate) run_hosts: Vec<String>,
    /// The systems that it is built for, as docker names them, where that is said.
    pub(crate) platforms: Vec<String>,
    /// `network` of the build, as `host` or `none`.
    pub(crate) network: Option<String>,
    /// Whether the context is one of several that the Dockerfile may be meant for.
    pub(crate) is_guess: bool,
    /// The profiles of its service; it is built by default where there is none.
    pub(crate) profiles: Vec<String>,
}

impl BuildDefinition {
    /// The build arguments of which the values are known.
    pub(crate) fn known_args(&self) -> BTreeMap<String, String> {
        self.args.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect()
    }
}

/// What defines a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DefinitionKind {
    /// A service of a compose file.
    #[default]
    Compose,
    /// A target of a bake file.
    Bake,
    /// A step of a workflow, or a `docker build` in a script.
    Script,
    /// Nothing names the Dockerfile: a person may build it.
    Nothing,
}

/// The folder that a build takes files from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildContext {
    /// A folder of the project: its path from the root with `/` between parts, empty for the root.
    Project(String),
    /// What is no folder of the project: an address, an image, a folder outside of it, or what cannot be known; as it is
    /// written.
    Elsewhere(String),
}

impl Default for BuildContext {
    fn default() -> Self {
        Self::Project(String::new())
    }
}

/// Where a Dockerfile's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DockerfileSource {
    /// A file of the project, by its path from the root.
    Project(String),
    /// It stands in the definition (`dockerfile_inline`), from a line of that file on.
    Inline {
        /// The Dockerfile.
        text: String,
        /// The line of the definition's file on which it begins, where that is known.
        line: usize,
    },
    /// What is no file of the project, or cannot be known; as it is written.
    Elsewhere(String),
}

impl Default for DockerfileSource {
    fn default() -> Self {
        Self::Project("Dockerfile".to_owned())
    }
}

/// What was read of the builds of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definitions {
    /// In the order of their files, then of their places.
    pub(crate) builds: Vec<BuildDefinition>,
    /// What was not understood, or could not be read: a line for each, which names the file.
    pub(crate) unknown: Vec<UnknownDefinition>,
    /// Which of the builds the command of `run` builds, by their places in the list; none where it builds nothing, or
    /// what cannot be told.
    pub(crate) commanded: Option<BTreeSet<usize>>,
    /// What it has docker read.
    pub(crate) command: Option<CommandedFiles>,
}

/// What the command of `run` has docker read, be it built or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandedFiles {
    /// The compose or bake files, from the root; none for a build that the command says itself.
    pub(crate) files: Vec<String>,
    /// The builds that are defined there, by their services or targets: their places in the list. That of a command
    /// that says it itself has no name.
    pub(crate) builds: BTreeMap<String, usize>,
}

/// What could not be known of the builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownDefinition {
    /// Where.
    pub(crate) place: Place,
    /// Why, as part of a sentence behind the place.
    pub(crate) why: String,
}
