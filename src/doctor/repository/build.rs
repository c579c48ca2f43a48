//! An image build, with its Dockerfile taken apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::doctor::finding::Judged;
use crate::image::dockerfile::layers::ImageFiles;
use crate::image::dockerfile::{
    Copy, CopySource, Declaration, Dockerfile, InstallKind, Instruction, RunStep, StageStep, instructions,
};
use crate::image::{
    BuildContext, BuildInstall, DockerfileSource, Dockerignore, ImageBuild, ImageSources, Install, Place,
};
use crate::text::path;

/// An image build, with its Dockerfile taken apart.
pub(crate) struct Build {
    /// As the picture has it.
    pub(crate) image: Arc<ImageBuild>,
    /// Its Dockerfile.
    pub(crate) file: Dockerfile,
    /// The same, instruction by instruction.
    pub(crate) instructions: Vec<Instruction>,
    /// What its context leaves out; `None` where no file says so.
    pub(crate) ignore: Option<Dockerignore>,
    /// Whether it cannot be told which of several contexts it is meant for.
    pub(crate) is_ambiguous: bool,
    /// How many lines stand before the Dockerfile in the file that holds it.
    pub(crate) above: usize,
    /// The stages that it makes.
    built: BTreeSet<usize>,
}

/// A copy from the context, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct ContextCopy<'a> {
    /// The number of its stage, and of its instruction among the steps of that.
    pub(crate) at: (usize, usize),
    pub(crate) copy: &'a Copy,
}

impl Build {
    /// Takes the Dockerfile of a build apart; `None` where it cannot be read.
    pub(crate) fn new(image: &Arc<ImageBuild>, sources: &ImageSources, is_ambiguous: bool) -> Option<Self> {
        let text = sources.dockerfile_of(&image.definition)?;
        let above = match &image.definition.dockerfile {
            DockerfileSource::Inline { line, .. } => line.saturating_sub(1),
            _ => 0,
        };
        let file = Dockerfile::parse_with(text, &image.definition.known_args());
        let ignore = image.ignore_file.as_ref().and_then(|name| sources.ignores.get(name));
        Some(Self {
            built: file.built(image.definition.target.as_deref()),
            instructions: instructions(text),
            ignore: ignore.and_then(|text| Dockerignore::parse(text).ok()),
            image: Arc::clone(image),
            file,
            is_ambiguous,
            above,
        })
    }

    /// The folder of its context, where that is known.
    pub(crate) fn context(&self) -> Option<&str> {
        self.image.context.as_deref().filter(|_| !self.is_ambiguous)
    }

    /// The file that says what its context leaves out, or that would.
    pub(crate) fn ignore_path(&self) -> Option<String> {
        let own = self.image.ignore_file.clone();
        own.or_else(|| self.context().map(|dir| path::child(dir, ".dockerignore")))
    }

    /// A path of the repository as the context has it.
    pub(crate) fn in_context<'a>(&self, path: &'a str) -> Option<&'a str> {
        let dir = self.context()?;
        if dir.is_empty() { Some(path) } else { path.strip_prefix(dir)?.strip_prefix('/') }
    }

    /// The line that hides a file of the repository from the build.
    pub(crate) fn hides(&self, path: &str) -> Option<Place> {
        let line = self.ignore.as_ref()?.ignores(self.in_context(path)?)?;
        Some(Place::line(self.image.ignore_file.as_deref()?, line))
    }

    /// Whether it makes a stage.
    pub(crate) fn makes(&self, stage: usize) -> bool {
        self.built.contains(&stage)
    }

    /// The `ARG`s of the stages that are made, each with the number of its stage.
    pub(crate) fn args(&self) -> impl Iterator<Item = (usize, &Declaration)> {
        let stages = self.file.stages.iter().enumerate().filter(|(number, _)| self.makes(*number));
        stages.flat_map(|(number, stage)| {
            stage.declarations.iter().filter(|one| !one.is_env).map(move |one| (number, one))
        })
    }

    /// The copies from the context, in the stages that are made.
    pub(crate) fn context_copies(&self) -> impl Iterator<Item = ContextCopy<'_>> {
        let stages = self.file.stages.iter().enumerate().filter(|(number, _)| self.built.contains(number));
        stages.flat_map(|(stage, one)| {
            one.steps.iter().enumerate().filter_map(move |(step, one)| match one {
                StageStep::Copy(copy) if copy.from == CopySource::Context => {
                    Some(ContextCopy { at: (stage, step), copy })
                }
                _ => None,
            })
        })
    }

    /// What is run in the stages that are made: where it stands, and itself.
    pub(crate) fn runs(&self) -> impl Iterator<Item = ((usize, usize), &RunStep)> {
        let stages = self.file.stages.iter().enumerate().filter(|(number, _)| self.built.contains(number));
        stages.flat_map(|(stage, one)| {
            one.steps.iter().enumerate().filter_map(move |(step, one)| match one {
                StageStep::Run(run) => Some(((stage, step), run)),
                _ => None,
            })
        })
    }

    /// Where a file of the repository lands by a copy from the context: the path in the image; `None` where the copy
    /// does not take it. What the context leaves out does not count here.
    pub(crate) fn lands(&self, copy: &Copy, path: &str) -> Option<String> {
        let path = self.in_context(path)?;
        let mut origin = ImageFiles::default();
        origin.insert(format!("/{path}"), 0, 0);
        let mut image = ImageFiles::default();
        image.copy(copy, &origin, false);
        image.all().next().map(|(path, ..)| path.to_owned())
    }

    /// Whether a copy takes the whole context.
    pub(crate) fn takes_context(&self, copy: &Copy) -> bool {
        copy.sources.iter().any(|source| source.parts.is_empty() && !source.is_open)
    }

    /// Whether a stage stands in the chain of the stage that is shipped.
    pub(crate) fn is_shipped(&self, stage: usize) -> bool {
        self.final_chain().contains(&stage)
    }

    /// The stages that the image consists of, the last one first.
    pub(crate) fn final_chain(&self) -> Vec<usize> {
        self.built.iter().next_back().map(|last| self.file.chain(*last)).unwrap_or_default()
    }

    /// Whether an instruction stands before another one in a chain of stages.
    pub(crate) fn is_before(&self, (stage, step): (usize, usize), of: (usize, usize)) -> bool {
        if stage == of.0 { step < of.1 } else { self.file.chain(of.0).contains(&stage) }
    }

    /// The first installs of the project in the chains of the stages that are made. One of global or named packages is
    /// none, nor is one behind another, or behind a `pnpm fetch`.
    pub(crate) fn installs(&self) -> impl Iterator<Item = &BuildInstall> {
        let at = |one: &BuildInstall| (one.install.stage, one.install.step);
        self.image.installs.iter().enumerate().filter_map(move |(number, one)| {
            let before = &self.image.installs[..number];
            let is_behind = before.iter().any(|other| {
                other.install.is_built && (at(other) == at(one) || self.is_before(at(other), at(one)))
            });
            let is_one = one.install.is_built && one.install.command.kind == InstallKind::Install;
            (is_one && !is_behind && !self.has_fetch_before(at(one))).then_some(one)
        })
    }

    fn has_fetch_before(&self, at: (usize, usize)) -> bool {
        let fetches = |run: &RunStep| {
            run.commands.iter().any(|(_, command)| {
                let mut words = command.words.iter().filter(|word| !word.starts_with('-'));
                words.next().is_some_and(|program| program == "pnpm")
                    && words.next().is_some_and(|word| word == "fetch")
            })
        };
        self.runs().any(|(of, run)| (of == at || self.is_before(of, at)) && fetches(run))
    }

    /// The run of an install.
    pub(crate) fn run_of(&self, one: &BuildInstall) -> Option<&RunStep> {
        match self.file.stages.get(one.install.stage)?.steps.get(one.install.step)? {
            StageStep::Run(run) => Some(run),
            _ => None,
        }
    }

    /// Notes that what lies where an install looks is not known, where that is so: it depends on the context.
    pub(crate) fn leaves_installs_open(&self, judged: &mut Judged) -> bool {
        let open = self.open_context().filter(|_| self.installs().next().is_some());
        let is_open = open.is_some();
        open.into_iter().for_each(|(path, why)| judged.leave_open(path, why));
        is_open
    }

    /// The line of an install in the Dockerfile itself, which may stand in another file.
    pub(crate) fn line_of(&self, install: &Install) -> usize {
        install.place.line.saturating_sub(self.above)
    }

    /// Why a rule that needs the context cannot judge it: the file, and the reason.
    pub(crate) fn open_context(&self) -> Option<(String, String)> {
        let path = self.image.dockerfile.clone();
        if self.is_ambiguous {
            return Some((path, "more than one folder may be its context".to_owned()));
        }
        match &self.image.definition.context {
            BuildContext::Elsewhere(text) if text.contains('$') => {
                Some((path, format!("its context {text} is not known")))
            }
            _ => None,
        }
    }
}
