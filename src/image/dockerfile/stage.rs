//! A Dockerfile's stages: what each copies and runs, with variables, folders and base stages followed.

mod parse;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::parse::is_remote;
use super::instruction::Instruction;
use super::shell::ShellCommand;
use crate::text::path::fold;

/// A Dockerfile that is taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dockerfile {
    pub(crate) stages: Vec<Stage>,
    /// The `ARG`s before the first `FROM`.
    pub(crate) global_args: Vec<Declaration>,
    /// Build arguments.
    given: BTreeMap<String, String>,
}

/// From one `FROM` to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage {
    /// The line of its `FROM`.
    pub(crate) line: usize,
    /// In lower case; empty where it has none.
    name: String,
    /// The image that it begins with, where that is no other stage.
    pub(crate) image: String,
    /// The system that `FROM` asks for, where it says one.
    platform: Option<String>,
    /// The stage that it begins with.
    pub(crate) base: Option<usize>,
    /// In order.
    pub(crate) steps: Vec<StageStep>,
    /// What a stage does that begins with this one.
    on_build: Vec<Instruction>,
    /// Its `ARG`s and `ENV`s, in order.
    pub(crate) declarations: Vec<Declaration>,
    /// What the last `USER` says, of this stage or of one that it begins with.
    pub(crate) user: Option<String>,
    dir: String,
    env: BTreeMap<String, String>,
    /// Variables of `ENV` and `ARG`; those of `ENV` win.
    variables: BTreeMap<String, String>,
    /// The names that `ARG` has declared.
    args: BTreeSet<String>,
}

/// A name that `ARG` or `ENV` sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// The line of the Dockerfile, from 1 on.
    pub(crate) line: usize,
    pub(crate) name: String,
    /// As the Dockerfile says it, with what is known filled in; of an `ARG` the default, if it has one.
    pub(crate) value: Option<String>,
    /// Whether it is an `ENV`.
    pub(crate) is_env: bool,
}

/// What the stages of an install stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaseImage {
    /// As `FROM` names it, variables replaced.
    pub(crate) image: String,
    /// As `FROM --platform` names it.
    pub(crate) platform: Option<String>,
}

/// What matters of an instruction.
#[derive(Clone, Debug)]
pub(crate) enum StageStep {
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(RunStep),
    /// A folder that `WORKDIR` makes.
    Folder(String),
}

/// What is copied, and where to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copy {
    /// The line of the Dockerfile, from 1 on.
    pub(crate) line: usize,
    pub(crate) from: CopySource,
    pub(crate) sources: Vec<SourcePattern>,
    /// Absolute.
    pub(crate) to: String,
    /// Whether the destination can only be a folder.
    pub(crate) into_folder: bool,
    /// `cp`: a folder that is copied into one that is there keeps its name.
    pub(crate) keeps_name: bool,
    /// `--parents`: with the folders of the source.
    pub(crate) keeps_parents: bool,
    /// `--exclude=…`.
    pub(crate) excluded: Vec<String>,
}

/// A source of a copy, meant from the root of what is copied from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourcePattern {
    /// The parts of its path, which may be globs; none for the root itself.
    pub(crate) parts: Vec<String>,
    /// How many of the parts `--parents` leaves out: those before `/./`.
    pub(crate) pivot: usize,
    /// Whether a variable of it is not known, for which `*` stands.
    pub(crate) is_open: bool,
}

impl SourcePattern {
    /// Reads one. BuildKit takes `..` at the context's root as that root.
    pub(crate) fn new(text: &str, is_open: bool) -> Self {
        let parts = |text: &str| -> Vec<String> {
            let folded = fold(text.split('/'));
            folded.into_iter().skip_while(|part| *part == "..").map(str::to_owned).collect()
        };
        let pivot = text.find("/./").map_or(0, |pivot| parts(&text[..pivot]).len());
        Self { parts: parts(text), pivot, is_open }
    }
}

/// Where files come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum CopySource {
    /// The build context.
    #[default]
    Context,
    /// Another stage.
    Stage(usize),
    /// An image, or a named context of that name.
    Named(String),
}

/// What is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunStep {
    /// The line of the Dockerfile on which the instruction begins, from 1 on.
    pub(crate) line: usize,
    /// Who runs it, where a `USER` says so.
    pub(crate) user: Option<String>,
    /// `--mount=type=cache`.
    pub(crate) caches: Vec<CacheMount>,
    /// What `ENV` and `ARG` have set by then.
    pub(crate) variables: BTreeMap<String, String>,
    /// Not with `--network=none`.
    pub(crate) reaches_network: bool,
    /// With the line that each begins on.
    pub(crate) commands: Vec<(usize, ShellCommand)>,
    /// The names that `ARG` has declared by then.
    pub(crate) args: BTreeSet<String>,
    /// `--mount=type=bind`.
    pub(crate) mounts: Vec<Copy>,
    /// `--mount=type=secret`.
    pub(crate) secrets: Vec<SecretMount>,
    /// The files of secrets that its script names, each with the secret that is mounted there, if one is.
    pub(crate) secret_files: BTreeMap<String, Option<String>>,
    /// The names that its shell sets, whatever they are set to.
    pub(crate) set_in_build: BTreeSet<String>,
}

/// A folder that is kept between builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheMount {
    /// The folder in the image; absolute, but for variables of which nothing is known.
    pub(crate) target: String,
    /// Who owns it, where that is said.
    pub(crate) uid: Option<String>,
    /// Its permission bits, as they are written.
    pub(crate) mode: Option<String>,
}

/// A secret that a command may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SecretMount {
    /// By which the build gives it.
    pub(crate) id: String,
    /// The file in the image; absolute.
    pub(crate) target: String,
    /// The variable that holds it.
    pub(crate) env: Option<String>,
    /// Whether no build starts without it.
    pub(crate) required: bool,
}

impl Stage {
    /// Its name, or its number among the stages where it has none.
    pub(crate) fn label(&self, number: usize) -> String {
        if self.name.is_empty() { number.to_string() } else { self.name.clone() }
    }
}

impl Dockerfile {
    /// Takes a text apart; whatever it is, something comes of it.
    pub(crate) fn parse(text: &str) -> Self {
        Self::parse_with(text, &BTreeMap::new())
    }

    /// The image that a stage stands on, and the system that it asks for, if any.
    pub(crate) fn base_image(&self, stage: usize) -> BaseImage {
        let first = self.chain(stage).last().and_then(|first| self.stages.get(*first));
        first.map_or_else(BaseImage::default, |first| BaseImage {
            image: first.image.clone(),
            platform: first.platform.clone(),
        })
    }

    /// The stages that a stage begins with, itself first.
    pub(crate) fn chain(&self, stage: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = Some(stage);
        // A base stands before the stage: there is an end.
        while let Some(at) = next {
            chain.push(at);
            next = self.stages.get(at).and_then(|stage| stage.base);
        }
        chain
    }

    /// The image that a stage stands on.
    pub(crate) fn image(&self, stage: usize) -> &str {
        self.chain(stage).last().and_then(|&at| self.stages.get(at)).map_or("", |stage| stage.image.as_str())
    }

    /// The stage of a target, and all that it stands on; the last one where no target is named.
    pub(crate) fn built(&self, target: Option<&str>) -> BTreeSet<usize> {
        let numbered = |target: &str| target.parse().ok().filter(|number| *number < self.stages.len());
        let last = self.stages.len().checked_sub(1);
        let first = match target.filter(|target| !target.is_empty()) {
            Some(target) => self.stage(target).or_else(|| numbered(target)),
            None => last,
        };
        let mut built = BTreeSet::new();
        let mut open: Vec<usize> = first.into_iter().collect();
        while let Some(at) = open.pop() {
            let Some(stage) = self.stages.get(at).filter(|_| built.insert(at)) else { continue };
            open.extend(stage.base);
            open.extend(self.copies_of(at).filter_map(|copy| match copy.from {
                CopySource::Stage(stage) => Some(stage),
                _ => None,
            }));
        }
        built
    }

    /// A stage that is named, by the last one of the name.
    fn stage(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.stages.iter().rposition(|stage| !stage.name.is_empty() && stage.name == name)
    }

    /// What the instructions of a stage copy, mounts among them.
    fn copies_of(&self, stage: usize) -> impl Iterator<Item = &Copy> {
        self.stages.get(stage).into_iter().flat_map(|stage| &stage.steps).flat_map(|step| match step {
            StageStep::Copy(copy) => std::slice::from_ref(copy),
            StageStep::Run(run) => &run.mounts,
            StageStep::Folder(_) => &[],
        })
    }

    /// What the Dockerfile copies from its context.
    pub(crate) fn context_copies(&self) -> impl Iterator<Item = &Copy> {
        let copies = (0..self.stages.len()).flat_map(|stage| self.copies_of(stage));
        copies.filter(|copy| copy.from == CopySource::Context)
    }

    /// The sources that the Dockerfile takes from its context, with the lines that name them.
    pub(crate) fn context_sources(&self) -> impl Iterator<Item = (&SourcePattern, usize)> {
        self.context_copies().flat_map(|copy| copy.sources.iter().map(|source| (source, copy.line)))
    }

    /// Every command that is run: its stage, its line, and itself.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (usize, usize, &ShellCommand)> {
        self.stages.iter().enumerate().flat_map(|(number, stage)| {
            stage
                .steps
                .iter()
                .filter_map(|step| if let StageStep::Run(run) = step { Some(run) } else { None })
                .flat_map(move |run| run.commands.iter().map(move |(line, command)| (number, *line, command)))
        })
    }
}

/// An image without its tag and digest.
pub(crate) fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}
