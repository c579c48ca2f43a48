//! The picture of a project's image builds: what is built out of which context, and what each install in it reads.

#[cfg(test)]
mod survey;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::context::literal_path;
use super::definition::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource, UnknownDefinition};
use super::dockerfile::layers::{FileId, ImageFiles, below};
use super::dockerfile::{Copy, Dockerfile, InstallKind};
use super::dockerignore::Dockerignore;
use super::installs::{Followed, Install, Known, follow};
use super::package_manager::dockerfile::{ToldByDockerfile, told};
use super::place::Place;
use super::sources::ImageSources;
use crate::npm::WORKSPACE_FILE;
use crate::text::path;

/// What stands for the tarballs in the deps dir, of which the names are not known yet.
const TARBALL: &str = "docker-prep-0.0.0-000000000000.tgz";

/// The image builds of a project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    /// In the order of their definitions; those that nobody defines come last.
    pub(crate) builds: Vec<Arc<ImageBuild>>,
    /// What could not be read or understood.
    pub(crate) unknown: Vec<UnknownDefinition>,
    /// What the command of `run` has docker read, if that can be told.
    pub(crate) command: Option<CommandPicture>,
}

/// What a command has docker read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandPicture {
    /// The compose or bake files, from the root.
    pub(crate) files: Vec<String>,
    /// The builds that are defined there, by their services or targets.
    pub(crate) builds: BTreeMap<String, CommandedBuild>,
}

/// A build that a command's files define.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandedBuild {
    /// As it is defined.
    pub(crate) definition: BuildDefinition,
    /// What is seen of it; nothing where its Dockerfile is no file of the project that can be read.
    pub(crate) build: Option<Arc<ImageBuild>>,
}

/// One image build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageBuild {
    /// As it is defined.
    pub(crate) definition: BuildDefinition,
    /// The Dockerfile's path, as messages name it; that of the definition where it stands there.
    pub(crate) dockerfile: String,
    /// Whether it counts: it is among those that the command of `run` builds, or there is no such command.
    pub(crate) counts: bool,
    /// The folder of the context; `None` where it is none of the project.
    pub(crate) context: Option<String>,
    /// In the order of the stages.
    pub(crate) installs: Vec<BuildInstall>,
    /// The stages that it does not make, by their names or numbers.
    pub(crate) unbuilt: Vec<(String, Place)>,
    /// The files of the project that lie in any of its stages.
    pub(crate) copied: BTreeSet<String>,
    /// What the Dockerfile says of a package manager where no install of it is seen.
    pub(crate) told: ToldByDockerfile,
    /// Why it cannot be known which manifests it installs, and where that is so.
    pub(crate) unknown: Option<(Place, String)>,
    /// The pattern that hides the deps dir from the build: the file, and the line.
    pub(crate) hides_deps_dir: Option<Place>,
    /// The file that says what its context leaves out.
    pub(crate) ignore_file: Option<String>,
}

/// An install, and the package manager that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildInstall {
    /// What it reads.
    pub(crate) install: Install,
    /// What the Dockerfile says of its package manager.
    pub(crate) told: ToldByDockerfile,
}

impl Picture {
    /// Draws it.
    pub(crate) fn draw(sources: &ImageSources) -> Self {
        let known = KnownFiles::new(sources);
        let commanded = &sources.definitions.commanded;
        let counts = |number: usize| commanded.as_ref().is_none_or(|commanded| commanded.contains(&number));
        let definitions = &sources.definitions.builds;
        let drawn = definitions.iter().enumerate().filter_map(|(number, definition)| {
            let build = known.build(definition)?;
            Some((number, Arc::new(ImageBuild { counts: counts(number), ..build })))
        });
        let drawn: BTreeMap<usize, Arc<ImageBuild>> = drawn.collect();
        let command = sources.definitions.command.as_ref().map(|command| {
            let builds = command.builds.iter().filter_map(|(name, number)| {
                let (definition, build) = (definitions.get(*number)?.clone(), drawn.get(number).cloned());
                Some((name.clone(), CommandedBuild { definition, build }))
            });
            CommandPicture { files: command.files.clone(), builds: builds.collect() }
        });
        let builds = without_unfit(drawn.into_values().collect());
        Self { builds, unknown: sources.definitions.unknown.clone(), command }
    }

    /// The manifests of the project that any install reads.
    pub(crate) fn manifests(&self) -> BTreeSet<&str> {
        let installs = self.builds.iter().flat_map(|build| &build.installs);
        let reads = installs.flat_map(|one| &one.install.manifests);
        reads.flat_map(|read| read.files.keys().map(String::as_str)).collect()
    }

    /// The installs that read a manifest, each with its build.
    pub(crate) fn installs_of<'p>(
        &'p self,
        manifest: &'p str,
    ) -> impl Iterator<Item = (&'p Arc<ImageBuild>, usize)> {
        self.builds.iter().flat_map(move |build| {
            let reads = move |one: &(usize, &BuildInstall)| one.1.install.reads(manifest).next().is_some();
            build.installs.iter().enumerate().filter(reads).map(move |(number, _)| (build, number))
        })
    }

    /// All builds that count, as if a command had them all made: by their services or targets, or else what they are
    /// built from. A second one of a name is told by a number.
    pub(crate) fn all(&self) -> CommandPicture {
        let mut all = CommandPicture::default();
        for build in self.builds.iter().filter(|build| build.counts && !build.definition.is_guess) {
            let definition = &build.definition;
            let context = build.context.as_deref().filter(|context| !context.is_empty());
            let name = if definition.name.is_empty() {
                context.unwrap_or(&build.dockerfile).to_owned()
            } else {
                definition.name.clone()
            };
            let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
            let free = names.into_iter().find(|name| !all.builds.contains_key(name)).unwrap_or(name);
            let commanded = CommandedBuild { definition: definition.clone(), build: Some(Arc::clone(build)) };
            all.builds.insert(free, commanded);
        }
        all
    }

    /// The builds of which it cannot be known what they install.
    pub(crate) fn open_builds(&self) -> impl Iterator<Item = (&Place, &str)> {
        let mut told = BTreeSet::new();
        self.builds
            .iter()
            .filter_map(|build| build.unknown.as_ref().map(|(place, why)| (place, why.as_str())))
            .filter(move |(place, why)| told.insert((place.to_string(), *why)))
    }
}

/// Of the contexts that a Dockerfile may be meant for, those remain whose manifests fit the most of its installs.
fn without_unfit(builds: Vec<Arc<ImageBuild>>) -> Vec<Arc<ImageBuild>> {
    let fitting =
        |build: &ImageBuild| build.installs.iter().filter(|one| !one.install.manifests.is_empty()).count();
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for build in builds.iter().filter(|build| build.definition.is_guess) {
        let most = most.entry(build.dockerfile.clone()).or_default();
        *most = (*most).max(fitting(build));
    }
    let is_fit = |build: &Arc<ImageBuild>| {
        !build.definition.is_guess || most.get(&build.dockerfile).is_none_or(|most| fitting(build) == *most)
    };
    builds.into_iter().filter(is_fit).collect()
}

/// The folder of a context, and the file that says what it leaves out.
type ContextKey = (String, Option<String>);

/// The files of the project by number, and the contexts that were read of them.
struct KnownFiles<'a> {
    sources: &'a ImageSources,
    known: Known<'a>,
    /// Most builds share one.
    contexts: RefCell<BTreeMap<ContextKey, Rc<ImageFiles>>>,
}

impl<'a> KnownFiles<'a> {
    fn new(sources: &'a ImageSources) -> Self {
        Self { sources, known: Known::new(sources), contexts: RefCell::default() }
    }

    fn build(&self, definition: &BuildDefinition) -> Option<ImageBuild> {
        let text = self.sources.dockerfile_of(definition)?;
        let (name, first_line) = match &definition.dockerfile {
            DockerfileSource::Inline { line, .. } => (definition.place.file.as_str(), *line),
            DockerfileSource::Project(name) | DockerfileSource::Elsewhere(name) => (name.as_str(), 0),
        };
        let file = Dockerfile::parse_with(text, &definition.known_args());
        let ignored = (first_line == 0).then(|| self.dockerignore(name, definition)).flatten();
        let context = match &definition.context {
            BuildContext::Project(dir) => Some(dir.clone()),
            BuildContext::Elsewhere(_) => None,
        };
        let files = context.as_deref().map(|dir| self.context(dir, ignored.as_ref()));
        let named = definition.contexts.iter().filter_map(|(name, context)| match context {
            BuildContext::Project(dir) => Some((name.clone(), self.context(dir, None))),
            BuildContext::Elsewhere(_) => None,
        });
        let named: BTreeMap<String, Rc<ImageFiles>> = named.collect();
        let built = file.built(definition.target.as_deref());
        let Followed { installs, copied, unread, unpacked, unexplained, .. } =
            follow(&file, name, &files.unwrap_or_default(), &named, &built, &self.known);
        // In a file that holds the Dockerfile.
        let above = first_line.saturating_sub(1);
        let place = |line: usize| Place::line(name, line + above);
        let blind: Vec<&Install> = installs.iter().filter(|install| install.manifests.is_empty()).collect();
        let of_archive = || {
            let at_root = |to: &str| blind.iter().any(|blind| below(to, &blind.root).is_some());
            let (line, to) = unpacked.iter().find(|(_, to)| at_root(to))?;
            Some((place(*line), format!("what is unpacked in {to} is not known")))
        };
        let of_script = || {
            let (line, script) = unread.first().filter(|_| blind.len() == installs.len())?;
            Some((place(*line), format!("{script} is not read, and may install")))
        };
        let without_manifest = || {
            let (line, why) = unexplained.first().filter(|_| context.is_some())?;
            Some((place(*line), why.clone()))
        };
        let unknown = blind
            .iter()
            .find_map(|blind| self.unknown(definition, &place, &file, blind))
            .or_else(of_archive)
            .or_else(of_script)
            .or_else(without_manifest);
        let without = told(&file, None, &[]);
        let stages = file.stages.iter().enumerate().filter(|(number, _)| !built.contains(number));
        let unbuilt = stages.map(|(number, stage)| (stage.label(number), place(stage.line))).collect();
        let installs = installs.iter().map(|install| {
            let told = told(&file, Some(install), &installs);
            BuildInstall { install: install.clone(), told }.moved_down(above)
        });
        let hides_deps_dir = ignored.as_ref().and_then(|(ignore_file, rules)| {
            let path =
                self.in_context(&definition.context, &format!("{}/{TARBALL}", self.sources.deps_dir))?;
            Some(Place::line(ignore_file, rules.ignores(&path)?))
        });
        Some(ImageBuild {
            definition: definition.clone(),
            dockerfile: name.to_owned(),
            counts: true,
            context,
            installs: installs.collect(),
            unbuilt,
            copied,
            told: without,
            unknown,
            hides_deps_dir,
            ignore_file: ignored.map(|(name, _)| name),
        })
    }

    /// The rules of what a build's context leaves out: `<Dockerfile>.dockerignore` takes the place of the context's own.
    fn dockerignore(&self, dockerfile: &str, definition: &BuildDefinition) -> Option<(String, Dockerignore)> {
        let beside = format!("{dockerfile}.dockerignore");
        let BuildContext::Project(dir) = &definition.context else { return None };
        let in_context = path::child(dir, ".dockerignore");
        let (name, text) = [beside, in_context].into_iter().find_map(|name| {
            let text = self.sources.ignores.get(&name)?;
            Some((name, text))
        })?;
        // One that is not valid ends the build by itself.
        Dockerignore::parse(text).ok().map(|rules| (name, rules))
    }

    fn in_context(&self, context: &BuildContext, path: &str) -> Option<String> {
        let BuildContext::Project(dir) = context else { return None };
        if dir.is_empty() { Some(path.to_owned()) } else { below(dir, path).map(str::to_owned) }
    }

    /// The files that a folder gives to a build.
    fn context(&self, dir: &str, ignored: Option<&(String, Dockerignore)>) -> Rc<ImageFiles> {
        let key = (dir.to_owned(), ignored.map(|(name, _)| name.clone()));
        let mut contexts = self.contexts.borrow_mut();
        let read = || Rc::new(self.read_context(dir, ignored.map(|(_, rules)| rules)));
        Rc::clone(contexts.entry(key).or_insert_with(read))
    }

    fn read_context(&self, dir: &str, ignored: Option<&Dockerignore>) -> ImageFiles {
        let context = BuildContext::Project(dir.to_owned());
        let tarball = format!("{}/{TARBALL}", self.sources.deps_dir);
        let names = self.known.names.iter().copied().chain([tarball.as_str()]);
        let mut files = ImageFiles::default();
        for (number, name) in names.enumerate() {
            let Some(path) = self.in_context(&context, name) else { continue };
            if ignored.is_none_or(|rules| rules.ignores(&path).is_none()) {
                files.insert(format!("/{path}"), number as FileId, 0);
            }
        }
        let missing =
            self.sources.missing.iter().filter(|(of, source)| of == dir && source.ends_with(WORKSPACE_FILE));
        for (_, source) in missing {
            files.insert(format!("/{source}"), self.known.open_workspace(), 0);
        }
        files
    }

    /// Why it cannot be known what is installed, if it cannot.
    fn unknown(
        &self,
        definition: &BuildDefinition,
        place_of: &dyn Fn(usize) -> Place,
        file: &Dockerfile,
        blind: &Install,
    ) -> Option<(Place, String)> {
        let dir = match &definition.context {
            BuildContext::Project(dir) => dir,
            BuildContext::Elsewhere(context) if context.contains('$') => {
                return Some((definition.place.clone(), format!("the context {context} is not known")));
            }
            BuildContext::Elsewhere(_) => return None,
        };
        let missing = |path: &String| self.sources.missing.contains(&(dir.clone(), path.clone()));
        // An install of named packages needs no manifest: only what comes to its own folder may bring one.
        let may_bring_one = |copy: &&Copy| {
            blind.command.kind != InstallKind::Change
                || below(&copy.to, &blind.root).is_some()
                || below(&blind.root, &copy.to).is_some()
        };
        let copies = file.context_copies().filter(|copy| copy.line < blind.place.line).filter(may_bring_one);
        let (copy, path) = copies
            .flat_map(|copy| copy.sources.iter().map(move |source| (copy, source)))
            .find_map(|(copy, source)| Some((copy, literal_path(source).filter(missing)?)))?;
        let why = format!("{path} is not there now: what makes it is not known");
        Some((place_of(copy.line), why))
    }
}

impl BuildInstall {
    /// The same in a file that holds the Dockerfile from a later line on.
    fn moved_down(mut self, lines: usize) -> Self {
        self.install.place.line += lines;
        let of_manifests = self.install.manifests.iter_mut().flat_map(|read| read.files.values_mut());
        of_manifests.chain(self.install.deps_dirs.values_mut()).for_each(|line| *line += lines);
        let told = self.told.named.iter_mut().chain(&mut self.told.in_image);
        told.for_each(|named| named.line += lines);
        self
    }
}

impl ImageBuild {
    /// What defines it, as a person would name it.
    pub(crate) fn named_by(&self) -> String {
        let BuildDefinition { kind, place, name, .. } = &self.definition;
        match kind {
            DefinitionKind::Nothing => self.dockerfile.clone(),
            _ if name.is_empty() => place.to_string(),
            _ => format!("{place} ({name})"),
        }
    }
}
