//! A Dockerfile's stages: what each copies and runs, with variables, folders and base stages followed.

use std::collections::{BTreeMap, BTreeSet};

use super::instruction::{Instruction, instructions};
use super::shell::ShellCommand;
use super::variables::KnownVariables;
use super::{path, shell, variables, words};
use crate::text::path::fold;
use crate::text::relative;

/// More stages than any Dockerfile has; what is behind them is not read.
const MAX_STAGES: usize = 256;

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

/// What a flag lays over the image for one command.
enum Mount {
    Bind(Copy),
    Secret(SecretMount),
    Cache(CacheMount),
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

    /// The same with these build arguments, which take the place of the defaults of `ARG`.
    pub(crate) fn parse_with(text: &str, given: &BTreeMap<String, String>) -> Self {
        let mut file = Self { given: given.clone(), ..Self::default() };
        let mut global = BTreeMap::new();
        for instruction in &instructions(text) {
            match instruction.keyword.as_str() {
                "FROM" if file.stages.len() == MAX_STAGES => break,
                "FROM" => {
                    let stage = file.from(instruction, &global);
                    let base = stage.base.and_then(|base| file.stages.get(base));
                    let triggers = base.map(|base| base.on_build.clone()).unwrap_or_default();
                    file.stages.push(stage);
                    for trigger in &triggers {
                        file.step(trigger, &global);
                    }
                }
                "ARG" if file.stages.is_empty() => {
                    file.global_args.extend(declared_args(instruction, &global));
                    arg(instruction, given, &BTreeMap::new(), &mut global, &BTreeMap::new());
                }
                _ => file.step(instruction, &global),
            }
        }
        file
    }

    fn from(&self, instruction: &Instruction, global: &BTreeMap<String, String>) -> Stage {
        let words: Vec<String> = instruction
            .text
            .split_whitespace()
            .map(|word| variables::word(word, &KnownVariables::new(global)))
            .collect();
        let mut stage = Stage { line: instruction.line_at(0), dir: "/".to_owned(), ..Stage::default() };
        let platform = values(&instruction.flags, "platform").next();
        stage.platform = platform
            .map(|text| variables::word(text, &KnownVariables::new(global)))
            .filter(|text| !text.is_empty() && !text.contains('$'));
        if let [image, behind @ ..] = words.as_slice() {
            match self.stage(image) {
                Some(base) => {
                    stage.base = Some(base);
                    stage.dir.clone_from(&self.stages[base].dir);
                    stage.env.clone_from(&self.stages[base].env);
                    stage.variables.clone_from(&self.stages[base].env);
                    stage.user.clone_from(&self.stages[base].user);
                }
                None => {
                    stage.image.clone_from(image);
                    if repository(image).ends_with("oven/bun") {
                        stage.dir = "/home/bun/app".to_owned();
                    }
                }
            }
            if let [word, name] = behind
                && word.eq_ignore_ascii_case("as")
            {
                stage.name = name.to_lowercase();
            }
        }
        stage
    }

    /// A stage that is named, by the last one of the name.
    fn stage(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.stages.iter().rposition(|stage| !stage.name.is_empty() && stage.name == name)
    }

    fn source(&self, name: &str) -> CopySource {
        let own = self.stages.len().saturating_sub(1);
        let by_number = || name.parse().ok().filter(|number| *number < own);
        self.stage(name)
            .filter(|stage| *stage < own)
            .or_else(by_number)
            .map_or_else(|| CopySource::Named(name.to_owned()), CopySource::Stage)
    }

    fn step(&mut self, instruction: &Instruction, global: &BTreeMap<String, String>) {
        let step = match (instruction.keyword.as_str(), self.stages.last()) {
            ("COPY" | "ADD", Some(stage)) => self.copy(instruction, stage).map(StageStep::Copy),
            ("RUN", Some(stage)) => Some(StageStep::Run(self.run(instruction, stage))),
            _ => None,
        };
        let Some(stage) = self.stages.last_mut() else { return };
        stage.steps.extend(step);
        match instruction.keyword.as_str() {
            "WORKDIR" => {
                let to = variables::word(&instruction.text, &KnownVariables::new(&stage.variables));
                stage.dir = path::join(&stage.dir, &to);
                stage.steps.push(StageStep::Folder(stage.dir.clone()));
            }
            "ONBUILD" => stage.on_build.extend(instruction.trigger()),
            "ENV" => stage.set_env(instruction),
            "USER" => {
                let user = variables::word(&instruction.text, &KnownVariables::new(&stage.variables));
                stage.user = Some(user);
            }
            "ARG" => {
                stage.declarations.extend(declared_args(instruction, &stage.variables));
                let names = arg(instruction, &self.given, global, &mut stage.variables, &stage.env);
                stage.args.extend(names);
            }
            _ => {}
        }
    }

    fn copy(&self, instruction: &Instruction, stage: &Stage) -> Option<Copy> {
        let known = KnownVariables::new(&stage.variables).with_escape(instruction.escape);
        let flags = &instruction.flags;
        let mut words = instruction.words();
        let to = words::copy_destination(&words.pop()?, &known);
        words.retain(|word| !word.starts_with("<<"));
        Some(Copy {
            line: instruction.line_at(0),
            from: values(flags, "from")
                .next()
                .map_or(CopySource::Context, |name| self.source(&variables::word(name, &known))),
            into_folder: is_folder(&to) || words.len() > 1,
            to: path::join(&stage.dir, &to),
            sources: words
                .iter()
                .filter(|word| instruction.keyword != "ADD" || !is_remote(&words::copy_source(word, &known)))
                .map(|word| source_pattern(word, &known))
                .collect(),
            keeps_parents: instruction.flags.iter().any(|flag| flag == "parents" || flag == "parents=true"),
            excluded: values(flags, "exclude").map(relative).collect(),
            keeps_name: false,
        })
    }

    fn run(&self, instruction: &Instruction, stage: &Stage) -> RunStep {
        let known = KnownVariables::new(&stage.variables);
        let (variables, args) = (stage.variables.clone(), stage.args.clone());
        let line = instruction.line_at(0);
        let reaches_network = !instruction.flags.iter().any(|flag| flag == "network=none");
        let mut run = RunStep {
            line: instruction.line,
            variables,
            args,
            user: stage.user.clone(),
            reaches_network,
            ..RunStep::default()
        };
        let script = instruction.script();
        if let Some(words) = instruction.json() {
            let commands = shell::exec(words, &stage.dir, &known);
            run.commands.extend(commands.into_iter().map(|command| (instruction.line_at(0), command)));
        } else {
            let commands = shell::commands(&script, &stage.dir, &known);
            run.commands.extend(commands.into_iter().map(|one| (instruction.line_at(one.offset), one)));
        }
        run.set_in_build = set_by_shell(&script);
        for mount in instruction.flags.iter().filter_map(|flag| self.mount(line, flag, stage, &known)) {
            match mount {
                Mount::Bind(copy) => run.mounts.push(copy),
                Mount::Secret(secret) => run.secrets.push(secret),
                Mount::Cache(cache) => run.caches.push(cache),
            }
        }
        let mounted = |path: &str| run.secrets.iter().find(|secret| secret.target == path);
        let id = |path: String| (mounted(&path).map(|secret| secret.id.clone()), path);
        run.secret_files = secret_files(&script).map(id).map(|(id, path)| (path, id)).collect();
        run
    }

    fn mount(&self, line: usize, flag: &str, stage: &Stage, known: &KnownVariables<'_>) -> Option<Mount> {
        let options: Vec<(&str, &str)> = flag
            .strip_prefix("mount=")?
            .split(',')
            .map(|option| option.split_once('=').unwrap_or((option, "")))
            .collect();
        let option = |names: &[&str]| {
            options
                .iter()
                .find(|(name, _)| names.contains(name))
                .map(|(_, value)| variables::word(value, known))
        };
        let kind = option(&["type"]).unwrap_or_else(|| "bind".to_owned());
        if kind == "secret" {
            let target = option(&["target", "dst", "destination"]);
            let id = option(&["id"]).or_else(|| Some(target.as_ref()?.rsplit('/').next()?.to_owned()))?;
            let target = target.unwrap_or_else(|| format!("/run/secrets/{id}"));
            let target = path::join(&stage.dir, &target);
            let required = option(&["required"]).is_some_and(|value| value.is_empty() || value == "true");
            return Some(Mount::Secret(SecretMount { id, target, env: option(&["env"]), required }));
        }
        if kind == "cache" {
            let target = path::join(&stage.dir, &option(&["target", "dst", "destination"])?);
            return Some(Mount::Cache(CacheMount { target, uid: option(&["uid"]), mode: option(&["mode"]) }));
        }
        if kind != "bind" {
            return None;
        }
        Some(Mount::Bind(Copy {
            line,
            from: option(&["from"]).map_or(CopySource::Context, |name| self.source(&name)),
            sources: vec![source_pattern(&option(&["source", "src"]).unwrap_or_default(), known)],
            to: path::join(&stage.dir, &option(&["target", "dst", "destination"])?),
            ..Copy::default()
        }))
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

impl Stage {
    /// `ENV A=1 B=2`, or the old `ENV A 1`.
    fn set_env(&mut self, instruction: &Instruction) {
        let before = std::mem::take(&mut self.variables);
        let known = KnownVariables::new(&before);
        let mut set = Vec::new();
        match instruction.text.split_once(char::is_whitespace) {
            Some((name, value)) if !name.contains('=') => {
                set.push((name.to_owned(), variables::expand(value.trim(), &known)));
            }
            _ => set.extend(
                pairs(&instruction.text, &known).into_iter().filter_map(|(name, value)| Some((name, value?))),
            ),
        }
        self.variables = before;
        let line = instruction.line_at(0);
        for (name, value) in set {
            let value_of = Some(value.clone());
            self.declarations.push(Declaration { line, name: name.clone(), value: value_of, is_env: true });
            self.env.insert(name.clone(), value.clone());
            self.variables.insert(name, value);
        }
    }
}

/// `ARG A=1 B`, of which the names are returned: a build argument takes the place of its value; one without a value takes that of an `ARG` before the first
/// `FROM`; `ENV` wins over it.
fn arg(
    instruction: &Instruction,
    given: &BTreeMap<String, String>,
    global: &BTreeMap<String, String>,
    variables: &mut BTreeMap<String, String>,
    env: &BTreeMap<String, String>,
) -> Vec<String> {
    let named = pairs(&instruction.text, &KnownVariables::new(variables));
    let names = named.iter().map(|(name, _)| name.clone()).collect();
    for (name, value) in named {
        let given = given.get(&name).cloned();
        if let Some(value) = given.or(value).or_else(|| global.get(&name).cloned())
            && !env.contains_key(&name)
        {
            variables.insert(name, value);
        }
    }
    names
}

/// What an `ARG` declares.
fn declared_args(
    instruction: &Instruction,
    variables: &BTreeMap<String, String>,
) -> impl Iterator<Item = Declaration> {
    let line = instruction.line_at(0);
    let named = pairs(&instruction.text, &KnownVariables::new(variables));
    named.into_iter().map(move |(name, value)| Declaration { line, name, value, is_env: false })
}

/// The words of a line with their values, quotes taken off.
fn pairs(text: &str, known: &KnownVariables<'_>) -> Vec<(String, Option<String>)> {
    words::words(text, known)
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        })
        .collect()
}

/// An image without its tag and digest.
pub(crate) fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

/// A word of a copy: what is not known in it may be any name.
fn source_pattern(word: &str, known: &KnownVariables<'_>) -> SourcePattern {
    let is_open = variables::has_unknown(&words::copy_destination(word, known));
    SourcePattern::new(&words::copy_source(word, known), is_open)
}

/// Whether `ADD` loads a source from elsewhere: an address, or a git repository.
pub(crate) fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"].iter().any(|start| source.starts_with(start))
}

/// The values of a flag.
fn values<'a>(flags: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    flags.iter().filter_map(move |flag| flag.strip_prefix(name)?.strip_prefix('='))
}

/// The names that stand before an `=` in a script: which of them are set when, only the build knows.
fn set_by_shell(script: &str) -> BTreeSet<String> {
    let words = script.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'));
    let names = words.filter_map(|word| word.split_once('=').map(|(name, _)| name));
    names
        .filter(|name| !name.is_empty() && variables::name_length(name) == name.len())
        .map(str::to_owned)
        .collect()
}

/// The paths in a script that lie where BuildKit mounts secrets.
fn secret_files(script: &str) -> impl Iterator<Item = String> {
    const SECRETS: &str = "/run/secrets/";
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    script.match_indices(SECRETS).filter_map(move |(at, _)| {
        let name = &script[at + SECRETS.len()..];
        let name = &name[..name.find(|c| !is_of_name(c)).unwrap_or(name.len())];
        (!name.is_empty()).then(|| format!("{SECRETS}{name}"))
    })
}

/// A destination that can only be a folder.
fn is_folder(to: &str) -> bool {
    matches!(to.rsplit('/').next(), Some("" | "." | ".."))
}
