//! The builds that the services of compose files define.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Model, Sources, Variables};
use super::paths;
use super::tree::{Entry, Node, NodeValue};
use crate::image::definition::{
    BuildContext, BuildDefinition, DefinitionKind, DockerfileSource, UnknownDefinition,
};
use crate::image::place::Place;

/// The folder in which a secret is where its target is not said.
const SECRETS: &str = "/run/secrets/";

/// Files that compose reads as one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ComposeSet {
    /// In order; each comes over those before it.
    pub(crate) files: Vec<String>,
    /// The folder from which paths are meant.
    pub(crate) folder: String,
    /// What `$NAME` stands for: the process's own variables, and those of `.env`.
    pub(crate) variables: Variables,
}

/// What was read of a set.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComposeServices {
    pub(crate) builds: Vec<BuildDefinition>,
    /// Every service, also those without a build.
    pub(crate) services: Vec<ComposeService>,
    pub(crate) unknown: Vec<UnknownDefinition>,
    /// Files that have to be read first; where there are any, the rest is not whole.
    pub(crate) wanted: BTreeSet<String>,
}

/// What decides whether a service is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ComposeService {
    pub(crate) name: String,
    pub(crate) depends_on: Vec<String>,
    /// Services whose images its build takes files from (`service:` in `additional_contexts`).
    pub(crate) builds_on: Vec<String>,
    /// It has neither an image nor a build, or a build without a context: its file may lie over another one.
    pub(crate) is_incomplete: bool,
    pub(crate) profiles: Vec<String>,
}

/// Reads a set of files.
pub(crate) fn load(set: &ComposeSet, sources: &mut Sources) -> ComposeServices {
    let root = sources.root.clone();
    let mut model = Model::new(sources);
    let services = model.services(&set.files, &set.folder, &set.variables, &[]);
    let (wanted, unknown) = (model.wanted, model.unknown);
    let builds = services.iter().filter_map(|service| definition(service, &root)).collect();
    ComposeServices { builds, services: services.iter().map(service).collect(), unknown, wanted }
}

fn service(entry: &Entry) -> ComposeService {
    let build = entry.value.entry("build");
    let names = |node: Option<&Node>| node.map(Node::entries).unwrap_or_default().to_vec();
    let of_service = |context: Entry| Some(context.value.text()?.strip_prefix("service:")?.to_owned());
    let contexts = build.and_then(|build| build.value.get("additional_contexts"));
    // A context that nobody wrote has the place of its build.
    let has_context =
        |build: &Entry| build.value.entry("context").is_none_or(|context| context.spot != build.spot);
    ComposeService {
        name: entry.key.clone(),
        depends_on: names(entry.value.get("depends_on")).into_iter().map(|on| on.key).collect(),
        builds_on: names(contexts).into_iter().filter_map(of_service).collect(),
        is_incomplete: build.map_or(entry.value.get("image").is_none(), |build| !has_context(build)),
        profiles: profiles(entry),
    }
}

fn profiles(entry: &Entry) -> Vec<String> {
    let named: BTreeSet<&str> =
        entry.value.get("profiles").map(Node::texts).unwrap_or_default().into_iter().collect();
    named.into_iter().map(str::to_owned).collect()
}

/// The build of a service, if it has one.
fn definition(service: &Entry, root: &str) -> Option<BuildDefinition> {
    let entry = service.value.entry("build")?;
    let build = &entry.value;
    if !matches!(build.value, NodeValue::Map(_)) {
        return None;
    }
    let text = |key: &str| build.get(key).and_then(Node::text).map(str::to_owned);
    let context = build.get("context").map(|node| &node.value);
    let args = build.get("args").map(Node::entries).unwrap_or_default();
    let hosts = build.get("extra_hosts").map(Node::entries).unwrap_or_default();
    let run_hosts = service.value.get("extra_hosts").map(Node::entries).unwrap_or_default();
    Some(BuildDefinition {
        is_guess: false,
        place: entry.spot.place(),
        name: service.key.clone(),
        kind: DefinitionKind::Compose,
        context: context.map_or_else(BuildContext::default, to_context),
        dockerfile: dockerfile(build, context, root),
        target: text("target").filter(|target| !target.is_empty()),
        args: args.iter().map(|arg| (arg.key.clone(), arg.value.text().map(str::to_owned))).collect(),
        arg_places: args.iter().map(|arg| (arg.key.clone(), arg.value.spot.place())).collect(),
        secrets: secrets(build),
        contexts: contexts(build),
        extra_hosts: hosts.iter().map(|host| host.key.clone()).collect(),
        run_hosts: run_hosts.iter().map(|host| host.key.clone()).collect(),
        platforms: platforms(service, build),
        network: text("network"),
        profiles: profiles(service),
    })
}

/// A service is for one system; its image may be built for several.
fn platforms(service: &Entry, build: &Node) -> Vec<String> {
    let own = service.value.get("platform").and_then(Node::text).map(str::to_owned);
    let all = build.get("platforms").map(Node::texts).unwrap_or_default();
    let all = all.into_iter().map(str::to_owned).collect();
    own.map_or(all, |own| vec![own])
}

fn to_context(value: &NodeValue) -> BuildContext {
    match value {
        NodeValue::Folder(folder) => of_folder(folder),
        NodeValue::Text(text) | NodeValue::Unknown(text) => BuildContext::Elsewhere(text.clone()),
        _ => BuildContext::default(),
    }
}

/// A folder of the project, or one elsewhere.
pub(crate) fn of_folder(folder: &str) -> BuildContext {
    if paths::is_inside(folder) {
        BuildContext::Project(folder.to_owned())
    } else {
        BuildContext::Elsewhere(folder.to_owned())
    }
}

/// The Dockerfile that is named from a folder.
pub(crate) fn of_dockerfile(root: &str, folder: &str, written: &str) -> DockerfileSource {
    let file = paths::join(root, folder, written);
    if paths::is_inside(&file) { DockerfileSource::Project(file) } else { DockerfileSource::Elsewhere(file) }
}

fn dockerfile(build: &Node, context: Option<&NodeValue>, root: &str) -> DockerfileSource {
    if let Some(inline) = build.get("dockerfile_inline")
        && let NodeValue::Text(text) | NodeValue::Unknown(text) = &inline.value
    {
        return DockerfileSource::Inline { text: text.clone(), line: inline.spot.line };
    }
    let written = match build.get("dockerfile").map(|node| &node.value) {
        Some(NodeValue::Text(text)) if !text.is_empty() => text.as_str(),
        Some(NodeValue::Unknown(text)) => return DockerfileSource::Elsewhere(text.clone()),
        _ => "Dockerfile",
    };
    match context {
        Some(NodeValue::Folder(folder)) => of_dockerfile(root, folder, written),
        None => of_dockerfile(root, "", written),
        Some(_) => DockerfileSource::Elsewhere(written.to_owned()),
    }
}

/// `- name` and `{source: name, target: id}`; a mount names the target, else the source.
fn secrets(build: &Node) -> BTreeMap<String, Place> {
    let mut found = BTreeMap::new();
    for item in build.get("secrets").map(Node::items).unwrap_or_default() {
        let source = item.text().or_else(|| item.get("source")?.text());
        let target = item.get("target").and_then(Node::text).filter(|target| !target.is_empty());
        if let Some(id) = secret_id(source, target) {
            found.insert(id, item.spot.place());
        }
    }
    found
}

/// The id of a secret's mount.
pub(crate) fn secret_id(source: Option<&str>, target: Option<&str>) -> Option<String> {
    let source = source.unwrap_or_default();
    let target = target.filter(|target| target.strip_prefix(SECRETS) != Some(source));
    Some(target.unwrap_or(source).to_owned()).filter(|id| !id.is_empty())
}

fn contexts(build: &Node) -> BTreeMap<String, BuildContext> {
    let entries = build.get("additional_contexts").map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.clone(), to_context(&entry.value.value))).collect()
}
