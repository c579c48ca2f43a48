//! The words and variables by which a command of docker takes trees as its build contexts.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::plan::IsolatedPlan;
use crate::image::{BuildWords, CommandPicture, ComposeWords, DockerCommand};

/// A command that takes trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Redirected {
    /// The program and its arguments.
    pub(crate) words: Vec<OsString>,
    /// Variables that it gets beside those of the process.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// What the file of compose says that comes last.
    pub(crate) over: Option<Value>,
    /// The words that print what it makes of that, if it can say so.
    pub(crate) resolved: Option<ResolvedWords>,
}

/// Words that print the resolved picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedWords {
    /// The services of compose: as JSON, and as YAML for files that it cannot print as JSON.
    Compose(Vec<OsString>, Vec<OsString>),
    /// The targets of bake.
    Bake(Vec<OsString>),
}

impl ResolvedWords {
    /// Those that are tried first.
    pub(crate) fn words(&self) -> &[OsString] {
        match self {
            Self::Compose(words, _) | Self::Bake(words) => words,
        }
    }
}

/// Where things lie.
#[derive(Clone, Copy)]
pub(crate) struct RedirectPlaces<'a> {
    /// The project's root.
    pub(crate) root: &'a Path,
    /// The folder of the trees.
    pub(crate) trees: &'a Path,
    /// The last file of compose, which is ours.
    pub(crate) over: &'a Path,
}

/// Redirects a command; `picture` is what it has docker read.
pub(crate) fn redirect(
    command: &DockerCommand,
    words: &[OsString],
    plan: &IsolatedPlan,
    picture: &CommandPicture,
    places: RedirectPlaces<'_>,
) -> Redirected {
    match command {
        DockerCommand::Compose(compose) => of_compose(compose, words, plan, picture, places),
        DockerCommand::Build(build) => of_build(build, words, plan, places),
        DockerCommand::Bake(behind) => of_bake(*behind, words, plan, picture, places),
    }
}

/// What compose, bake and builds call it.
const NO_NETWORK: &str = "none";

fn of_compose(
    compose: &ComposeWords,
    words: &[OsString],
    plan: &IsolatedPlan,
    picture: &CommandPicture,
    places: RedirectPlaces<'_>,
) -> Redirected {
    let mut services = Map::new();
    for build in &plan.builds {
        let mut about = Map::new();
        // A `$` begins a variable.
        let text = |path: &Path| Value::from(path.to_string_lossy().replace('$', "$$"));
        if let Some(tree) = &build.tree {
            about.insert("context".to_owned(), text(&places.trees.join(tree)));
        }
        if let Some(dockerfile) = &build.dockerfile {
            about.insert("dockerfile".to_owned(), text(&places.root.join(dockerfile)));
        }
        if !build.named.is_empty() {
            let named = build.named.iter().map(|(name, tree)| (name.clone(), text(&places.trees.join(tree))));
            about.insert("additional_contexts".to_owned(), Value::Object(named.collect()));
        }
        services.insert(build.service.clone(), json!({ "build": about }));
    }
    if plan.without_network {
        for service in picture.builds.keys() {
            let about = services.entry(service.clone()).or_insert_with(|| json!({ "build": {} }));
            about["build"]["network"] = NO_NETWORK.into();
        }
    }
    let mut redirected = Redirected { over: Some(json!({ "services": services })), ..Redirected::default() };
    let mut own = words[..compose.at].to_vec();
    if compose.files.is_empty() {
        let files = picture.files.iter().map(|file| places.root.join(file).into_os_string());
        let files: Vec<OsString> = files.chain([places.over.as_os_str().to_owned()]).collect();
        let separator = separator(&files);
        let joined = files.join(OsStr::new(&separator));
        redirected.variables.push(("COMPOSE_FILE".into(), joined));
        redirected.variables.push(("COMPOSE_PATH_SEPARATOR".into(), separator.into()));
    } else {
        own.extend(["-f".into(), places.over.as_os_str().to_owned()]);
    }
    // Whatever the profiles are, and though the files of a service need not be there.
    let resolved = |format: &[&str]| {
        let more = ["--profile", "*", "config", "--no-consistency"];
        own.iter().cloned().chain(more.iter().chain(format).map(OsString::from)).collect::<Vec<_>>()
    };
    redirected.resolved = Some(ResolvedWords::Compose(resolved(&["--format", "json"]), resolved(&[])));
    own.extend_from_slice(&words[compose.at..]);
    redirected.words = own;
    redirected
}

/// What stands between paths, and in none of them: the usual `:` stands in some.
fn separator(paths: &[OsString]) -> String {
    let all: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
    let mut separator = "|".to_owned();
    while all.iter().any(|path| path.contains(&separator)) {
        separator.push('|');
    }
    separator
}

fn of_build(
    build: &BuildWords,
    words: &[OsString],
    plan: &IsolatedPlan,
    places: RedirectPlaces<'_>,
) -> Redirected {
    let mut words = words.to_vec();
    for isolated in &plan.builds {
        if let (Some(tree), [at]) = (&isolated.tree, &build.contexts[..]) {
            words[*at] = places.trees.join(tree).into_os_string();
        }
        for (name, at, before) in &build.named {
            if let Some(tree) = isolated.named.get(name) {
                let mut word = OsString::from(before);
                word.push(places.trees.join(tree));
                words[*at] = word;
            }
        }
    }
    if plan.without_network {
        let end = end_of_flags(&words);
        words.splice(end..end, ["--network".into(), NO_NETWORK.into()]);
    }
    Redirected { words, ..Redirected::default() }
}

/// Where a flag may stand behind all others: of two that say the same the last one counts.
fn end_of_flags(words: &[OsString]) -> usize {
    words.iter().position(|word| word == "--").unwrap_or(words.len())
}

fn of_bake(
    behind: usize,
    words: &[OsString],
    plan: &IsolatedPlan,
    picture: &CommandPicture,
    places: RedirectPlaces<'_>,
) -> Redirected {
    let end = behind + end_of_flags(&words[behind..]);
    let mut own = words[..end].to_vec();
    let mut set = |service: &str, key: &str, value: &OsStr| {
        // As bake calls the services of compose files.
        let mut word = OsString::from(format!("{}.{key}=", service.replace('.', "_")));
        word.push(value);
        own.extend(["--set".into(), word]);
    };
    for build in &plan.builds {
        let target = &build.service;
        if let Some(tree) = &build.tree {
            set(target, "context", places.trees.join(tree).as_os_str());
        }
        if let Some(dockerfile) = &build.dockerfile {
            set(target, "dockerfile", places.root.join(dockerfile).as_os_str());
        }
        for (name, tree) in &build.named {
            set(target, &format!("contexts.{name}"), places.trees.join(tree).as_os_str());
        }
    }
    if plan.without_network {
        for target in picture.builds.keys() {
            set(target, "network", OsStr::new(NO_NETWORK));
        }
    }
    let mut resolved = own.clone();
    resolved.extend(["--progress".into(), "quiet".into(), "--print".into()]);
    resolved.extend_from_slice(&words[end..]);
    own.extend_from_slice(&words[end..]);
    let mut variables = Vec::new();
    if !places.trees.starts_with(places.root) {
        // Newer ones ask before they read what lies outside of the working directory, as the trees of a work tree do.
        variables.push(("BUILDX_BAKE_ENTITLEMENTS_FS".into(), "0".into()));
    }
    Redirected { words: own, variables, over: None, resolved: Some(ResolvedWords::Bake(resolved)) }
}
