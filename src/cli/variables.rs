//! The environment variables that the program reads, in one place: the code reads them by these names, and the help, the
//! man pages and the topic on settings tell of them.

/// An environment variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    /// What it says.
    pub(super) about: &'static str,
}

const fn variable(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about }
}

pub(super) const PROJECT: Variable = variable("DOCKER_PREP_PROJECT", "as --project");
pub(super) const WORKSPACE: Variable = variable("DOCKER_PREP_WORKSPACE", "as --workspace");
/// Read by the project's room, which looks for the workspace.
const WORKSPACE_OF_OLD: Variable =
    variable("BYTELYST_COMMON_PLAT_ROOT", "the workspace, where neither of those says");
pub(super) const SCOPE: Variable = variable("DOCKER_PREP_SCOPE", "as --scope, several with commas");
pub(super) const SURFACE: Variable = variable("DOCKER_PREP_SURFACE", "as --surface, several with commas");
pub(super) const DEPS_DIR: Variable = variable("DOCKER_PREP_DEPS_DIR", "as --deps-dir");
pub(super) const PACKAGE_MANAGER: Variable = variable("DOCKER_PREP_PACKAGE_MANAGER", "as --package-manager");
pub(super) const LINK: Variable = variable("DOCKER_PREP_LINK", "as --link");
pub(super) const ISOLATED: Variable = variable("DOCKER_PREP_ISOLATED", "as --isolated of run");
pub(super) const OFFLINE: Variable = variable("DOCKER_PREP_OFFLINE", "as --offline of prepare and run");
pub(super) const SOURCE: Variable = variable("DOCKER_PREP_SOURCE", "as --source");
pub(super) const SOURCE_OF_OLD: Variable =
    variable("BYTELYST_PACKAGE_SOURCE", "else: common-plat, vendor, gitea or auto");
pub(super) const PROBE_TIMEOUT: Variable = variable("DOCKER_PREP_PROBE_TIMEOUT", "as --probe-timeout");
pub(super) const CACHE: Variable = variable("DOCKER_PREP_CACHE", "the folder of the cache, or `off`");
pub(super) const CACHE_SIZE: Variable =
    variable("DOCKER_PREP_CACHE_SIZE", "most bytes of cached tarballs, as 2G; else 1 GiB");
/// The name that it has always had.
pub(super) const THREADS: Variable =
    variable("RAYON_NUM_THREADS", "threads that pack; else one for each core");
const NO_COLOR: Variable = variable("NO_COLOR", "no colour, unless --color asks for it");
const FORCE_COLOR: Variable = variable("CLICOLOR_FORCE", "colour also into a pipe");
const TERM: Variable = variable("TERM", "`dumb`: no colour, and no line of progress");

/// All of them.
pub(super) const ALL: [Variable; 19] = [
    PROJECT,
    WORKSPACE,
    WORKSPACE_OF_OLD,
    SCOPE,
    SURFACE,
    DEPS_DIR,
    PACKAGE_MANAGER,
    LINK,
    ISOLATED,
    OFFLINE,
    SOURCE,
    SOURCE_OF_OLD,
    PROBE_TIMEOUT,
    CACHE,
    CACHE_SIZE,
    THREADS,
    NO_COLOR,
    FORCE_COLOR,
    TERM,
];
