//! Which image builds take packed packages, and the trees that stand for their contexts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::image::{BuildContext, CommandPicture, DockerfileSource, ImageBuild};
use crate::prepare::PreparePlan;
use crate::text::{Digest, path};

/// What is built with other contexts than those that its definition names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IsolatedPlan {
    /// In the order of the picture.
    pub(crate) builds: Vec<IsolatedBuild>,
    /// By their folders' names. Builds that take the same files share one.
    pub(crate) trees: BTreeMap<String, PlannedTree>,
    /// The rewritten manifests that are in none of the trees.
    pub(crate) left_out: BTreeSet<String>,
    /// Whether every build of the command, also one that needs nothing of ours, is to reach no network.
    pub(crate) without_network: bool,
}

/// A build that needs something of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IsolatedBuild {
    /// Its service or target; empty for a build that a command says itself.
    pub(crate) service: String,
    pub(crate) build: Arc<ImageBuild>,
    /// The tree that stands for its own context, if one does.
    pub(crate) tree: Option<String>,
    /// The trees that stand for named contexts, by these names.
    pub(crate) named: BTreeMap<String, String>,
    /// The Dockerfile from the project's root, or as a whole path, where it has to be named anew: the build names it from
    /// its context, and the tree does not hold it.
    pub(crate) dockerfile: Option<String>,
}

/// A tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedTree {
    /// The folder of the project that it stands for, from the root.
    pub(crate) context: String,
    /// The file of the project that says what is left out.
    pub(crate) ignore_file: Option<String>,
    /// What is in it whatever that file says, from the context.
    pub(crate) always: BTreeSet<String>,
    /// The files that get another text, from the project's root.
    pub(crate) texts: BTreeMap<String, String>,
    /// The tarballs' file names.
    pub(crate) tarballs: BTreeSet<String>,
    /// The folder of the tarballs, from the context; `None` where it lies outside.
    pub(crate) deps_dir: Option<String>,
}

impl IsolatedPlan {
    /// Plans the trees of the builds that a command makes.
    pub(crate) fn of(plan: &PreparePlan, command: &CommandPicture) -> Self {
        let texts = texts(plan);
        let mut planned = Self { left_out: manifests(plan), ..Self::default() };
        for (service, commanded) in &command.builds {
            let Some(build) = commanded.build.as_ref().filter(|build| build.counts) else { continue };
            let needed = needed(plan, build);
            if needed.is_empty() {
                continue;
            }
            let own = texts.iter().filter(|(name, _)| belongs(name, &needed, plan, build));
            let own: BTreeMap<String, String> =
                own.map(|(name, text)| (name.clone(), (*text).to_owned())).collect();
            let tarballs = tarballs(plan, &needed, &own);
            planned.add(service, build, plan, &own, &tarballs);
        }
        planned
    }

    /// The folder's name of a build's tree, by its service.
    pub(crate) fn folder_name(service: &str) -> String {
        plain(service)
    }

    fn add(
        &mut self,
        service: &str,
        build: &Arc<ImageBuild>,
        plan: &PreparePlan,
        texts: &BTreeMap<String, String>,
        tarballs: &BTreeSet<String>,
    ) {
        let definition = &build.definition;
        let folder = |context: &BuildContext| match context {
            BuildContext::Project(dir) => Some(dir.clone()),
            BuildContext::Elsewhere(_) => None,
        };
        let dockerfile = match &definition.dockerfile {
            DockerfileSource::Project(name) => Some(name.clone()),
            DockerfileSource::Inline { .. } | DockerfileSource::Elsewhere(_) => None,
        };
        let elsewhere = match &definition.dockerfile {
            DockerfileSource::Elsewhere(path) => Some(path.clone()),
            DockerfileSource::Inline { .. } | DockerfileSource::Project(_) => None,
        };
        let tree = |context: &str, ignore_file: Option<String>| {
            let inside = |name: &String| path::below(context, name).map(str::to_owned);
            let texts: BTreeMap<String, String> = texts
                .iter()
                .filter(|(name, _)| inside(name).is_some())
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect();
            let deps_dir = inside(&plan.deps_dir);
            let tarballs = if deps_dir.is_some() { tarballs.clone() } else { BTreeSet::new() };
            let mut always: BTreeSet<String> = ignore_file.iter().filter_map(inside).collect();
            always.insert(".dockerignore".to_owned());
            if let Some(dockerfile) = &dockerfile {
                let beside = format!("{dockerfile}.dockerignore");
                always.extend([dockerfile, &beside].into_iter().filter_map(inside));
            }
            let is_needed = !texts.is_empty() || !tarballs.is_empty();
            let context = context.to_owned();
            is_needed.then_some(PlannedTree { context, ignore_file, always, texts, tarballs, deps_dir })
        };
        let name = if service.is_empty() { unnamed(build) } else { plain(service) };
        let mut isolated = IsolatedBuild {
            service: service.to_owned(),
            build: Arc::clone(build),
            tree: None,
            named: BTreeMap::new(),
            dockerfile: None,
        };
        if let Some(context) = folder(&definition.context) {
            let outside = dockerfile.as_ref().filter(|name| path::below(&context, name).is_none());
            isolated.dockerfile = elsewhere.or_else(|| outside.cloned());
            let planned = tree(&context, build.ignore_file.clone());
            isolated.tree = planned.map(|planned| self.share(&name, planned));
        }
        for (called, context) in &definition.contexts {
            let planned = folder(context).and_then(|context| tree(&context, None));
            if let Some(planned) = planned {
                let tree = self.share(&format!("{name}-{}", plain(called)), planned);
                isolated.named.insert(called.clone(), tree);
            }
        }
        if isolated.tree.is_some() || !isolated.named.is_empty() {
            self.builds.push(isolated);
        }
    }

    /// The folder's name of a tree: of one that is the same, or else this one.
    fn share(&mut self, name: &str, tree: PlannedTree) -> String {
        for manifest in tree.texts.keys() {
            self.left_out.remove(manifest);
        }
        if let Some((known, _)) = self.trees.iter().find(|(_, known)| **known == tree) {
            return known.clone();
        }
        let name = if self.trees.contains_key(name) {
            // Services that differ in nothing that may stand in a folder's name.
            let told = format!("{} {:?} {:?}", tree.context, tree.ignore_file, tree.always);
            format!("{name}-{}", &Digest::of(told.as_bytes()).as_str()[..8])
        } else {
            name.to_owned()
        };
        self.trees.insert(name.clone(), tree);
        name
    }
}

fn manifests(plan: &PreparePlan) -> BTreeSet<String> {
    plan.rewrites.iter().map(|rewritten| rewritten.surface.manifest_name.clone()).collect()
}

/// All files that get another text, from the root.
fn texts(plan: &PreparePlan) -> BTreeMap<String, &str> {
    let manifests =
        plan.rewrites.iter().map(|rewritten| (rewritten.surface.manifest_name.clone(), &*rewritten.text));
    manifests.chain(plan.files.iter().map(|file| (file.name.clone(), &*file.after))).collect()
}

/// The rewritten manifests that a build takes: those that its installs read. Where that cannot be known, all; and one
/// that no build installs where this one copies it.
fn needed(plan: &PreparePlan, build: &Arc<ImageBuild>) -> BTreeSet<String> {
    let is_needed = |name: &String| {
        let builds = plan.builds.get(name).map(Vec::as_slice).unwrap_or_default();
        build.unknown.is_some()
            || builds.iter().any(|one| Arc::ptr_eq(one, build) || one.definition == build.definition)
            || builds.is_empty() && build.copied.contains(name)
    };
    manifests(plan).into_iter().filter(is_needed).collect()
}

/// Whether a file that gets another text is one that a build takes: a manifest that it needs, or a file beside one.
fn belongs(name: &str, needed: &BTreeSet<String>, plan: &PreparePlan, build: &ImageBuild) -> bool {
    let is_manifest = plan.rewrites.iter().any(|rewritten| rewritten.surface.manifest_name == name);
    if is_manifest {
        return needed.contains(name);
    }
    build.unknown.is_some() || needed.iter().any(|manifest| path::parent(manifest) == path::parent(name))
}

/// The tarballs that manifests need, and that texts name.
fn tarballs(
    plan: &PreparePlan,
    needed: &BTreeSet<String>,
    texts: &BTreeMap<String, String>,
) -> BTreeSet<String> {
    let names = plan.tarballs.iter().map(|tarball| &tarball.filename);
    let is_named = |name: &&String| {
        needed.iter().any(|manifest| plan.needs.get(manifest).is_some_and(|needs| needs.contains(*name)))
            || texts.values().any(|text| text.contains(name.as_str()))
    };
    names.filter(is_named).cloned().collect()
}

/// What may stand in a folder's name, and begins with no dot.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    name.chars().map(plain).collect()
}

/// A name for a build that has none: its context, and its Dockerfile where that has no usual name.
fn unnamed(build: &ImageBuild) -> String {
    let context = build.context.as_deref().filter(|context| !context.is_empty()).unwrap_or("build");
    let file = build.dockerfile.rsplit('/').next().unwrap_or_default();
    let more = if file == "Dockerfile" { String::new() } else { format!("-{}", plain(file)) };
    format!("{}{more}", plain(context))
}
