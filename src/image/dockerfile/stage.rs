//! A Dockerfile's stages: what each copies and runs, with variables, folders and base stages followed.

use std::collections::{BTreeMap, BTreeSet};

use super::instruction::{Instruction, instructions};
use super::shell::ShellCommand;
use super::variables::KnownVariables;
use super::{path, shell, variables, words};
use crate::text::relative;

/// More stages than any Dockerfile has; what is behind them is not read.
const MAX_STAGES: usize = 256;

/// A Dockerfile that is taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dockerfile {
    pub(crate) stages: Vec<Stage>,
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
    /// The stage that it begins with.
    pub(crate) base: Option<usize>,
    /// In order.
    pub(crate) steps: Vec<StageStep>,
    dir: String,
    env: BTreeMap<String, String>,
    /// Variables of `ENV` and `ARG`; those of `ENV` win.
    variables: BTreeMap<String, String>,
}

/// What matters of an instruction.
#[derive(Clone, Debug)]
pub(crate) enum StageStep {
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(RunStep),
}

/// What is copied, and where to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copy {
    pub(crate) from: CopySource,
    /// Without a leading `./` or `/` and without a trailing `/`; the context itself is the empty string.
    pub(crate) sources: Vec<String>,
    /// Absolute.
    pub(crate) to: String,
    /// Whether the destination can only be a folder.
    pub(crate) into_folder: bool,
    /// `--parents`: with the folders of the source.
    pub(crate) keeps_parents: bool,
    /// `--exclude=…`.
    pub(crate) excluded: Vec<String>,
}

/// Where files come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CopySource {
    /// The build context.
    #[default]
    Context,
    /// Another stage.
    Stage(usize),
    /// An image.
    Elsewhere,
}

/// What is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunStep {
    /// With the line that each begins on.
    pub(crate) commands: Vec<(usize, ShellCommand)>,
    /// `--mount=type=bind`.
    pub(crate) mounts: Vec<Copy>,
}

impl Dockerfile {
    /// Takes a text apart; whatever it is, something comes of it.
    pub(crate) fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut global = BTreeMap::new();
        for instruction in &instructions(text) {
            match instruction.keyword.as_str() {
                "FROM" if file.stages.len() == MAX_STAGES => break,
                "FROM" => {
                    let stage = file.from(instruction, &global);
                    file.stages.push(stage);
                }
                "ARG" if file.stages.is_empty() => {
                    arg(instruction, &BTreeMap::new(), &mut global, &BTreeMap::new())
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
        if let [image, behind @ ..] = words.as_slice() {
            match self.stage(image) {
                Some(base) => {
                    stage.base = Some(base);
                    stage.dir.clone_from(&self.stages[base].dir);
                    stage.env.clone_from(&self.stages[base].env);
                    stage.variables.clone_from(&self.stages[base].env);
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
            .map_or(CopySource::Elsewhere, CopySource::Stage)
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
            }
            "ENV" => stage.set_env(instruction),
            "ARG" => arg(instruction, global, &mut stage.variables, &stage.env),
            _ => {}
        }
    }

    fn copy(&self, instruction: &Instruction, stage: &Stage) -> Option<Copy> {
        let known = KnownVariables::new(&stage.variables);
        let flags = &instruction.flags;
        let mut words: Vec<String> =
            instruction.words().iter().map(|word| variables::word(word, &known)).collect();
        let to = words.pop()?;
        words.retain(|word| !word.starts_with("<<"));
        Some(Copy {
            from: values(flags, "from")
                .next()
                .map_or(CopySource::Context, |name| self.source(&variables::word(name, &known))),
            into_folder: is_folder(&to) || words.len() > 1,
            to: path::join(&stage.dir, &to),
            sources: words.iter().map(|word| relative(word)).collect(),
            keeps_parents: instruction.flags.iter().any(|flag| flag == "parents" || flag == "parents=true"),
            excluded: values(flags, "exclude").map(relative).collect(),
        })
    }

    fn run(&self, instruction: &Instruction, stage: &Stage) -> RunStep {
        let known = KnownVariables::new(&stage.variables);
        let mut run = RunStep::default();
        if let Some(words) = instruction.json() {
            let commands = shell::exec(words, &stage.dir, &known);
            run.commands.extend(commands.into_iter().map(|command| (instruction.line_at(0), command)));
        } else {
            let mut script = instruction.text.clone();
            for heredoc in &instruction.heredocs {
                // As long as the word is, so that places stay.
                script = script.replacen(&heredoc.word, &" ".repeat(heredoc.word.len()), 1);
            }
            let is_read_by_shell = is_shell(&script);
            let commands = shell::commands(&script, &stage.dir, &known);
            run.commands.extend(commands.into_iter().map(|one| (instruction.line_at(one.offset), one)));
            for heredoc in instruction.heredocs.iter().filter(|one| is_read_by_shell && is_script(&one.text))
            {
                let ends: Vec<usize> = heredoc.text.match_indices('\n').map(|(end, _)| end).collect();
                let line_at = |offset: usize| heredoc.line + ends.partition_point(|end| *end < offset);
                let commands = shell::commands(&heredoc.text, &stage.dir, &known);
                run.commands.extend(commands.into_iter().map(|one| (line_at(one.offset), one)));
            }
        }
        run.mounts = instruction.flags.iter().filter_map(|flag| self.mount(flag, stage, &known)).collect();
        run
    }

    fn mount(&self, flag: &str, stage: &Stage, known: &KnownVariables<'_>) -> Option<Copy> {
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
        if option(&["type"]).is_some_and(|kind| kind != "bind") {
            return None;
        }
        Some(Copy {
            from: option(&["from"]).map_or(CopySource::Context, |name| self.source(&name)),
            sources: vec![relative(&option(&["source", "src"]).unwrap_or_default())],
            to: path::join(&stage.dir, &option(&["target", "dst", "destination"])?),
            ..Copy::default()
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

    /// The folders that the stage makes by going there.
    pub(crate) fn folders(&self, stage: usize) -> BTreeSet<String> {
        self.chain(stage)
            .iter()
            .filter_map(|&at| self.stages.get(at))
            .map(|stage| stage.dir.clone())
            .collect()
    }
}

impl Stage {
    /// What `ENV` and `ARG` have set by its end.
    pub(super) fn into_variables(self) -> BTreeMap<String, String> {
        self.variables
    }

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
        for (name, value) in set {
            self.env.insert(name.clone(), value.clone());
            self.variables.insert(name, value);
        }
    }
}

/// `ARG A=1 B`: one without a value takes that of an `ARG` before the first `FROM`; `ENV` wins over it.
fn arg(
    instruction: &Instruction,
    global: &BTreeMap<String, String>,
    variables: &mut BTreeMap<String, String>,
    env: &BTreeMap<String, String>,
) {
    let named = pairs(&instruction.text, &KnownVariables::new(variables));
    for (name, value) in named {
        if let Some(value) = value.or_else(|| global.get(&name).cloned())
            && !env.contains_key(&name)
        {
            variables.insert(name, value);
        }
    }
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

/// The values of a flag.
fn values<'a>(flags: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    flags.iter().filter_map(move |flag| flag.strip_prefix(name)?.strip_prefix('='))
}

/// A destination that can only be a folder.
fn is_folder(to: &str) -> bool {
    matches!(to.rsplit('/').next(), Some("" | "." | ".."))
}

/// Whether a command is nothing, or a shell that reads a script: what it takes from a here-document is run.
fn is_shell(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().map(|program| program.rsplit('/').next().unwrap_or_default());
    matches!(program, None | Some("sh" | "bash" | "ash" | "dash" | "zsh"))
        && words.all(|word| word.starts_with('-'))
}

/// Whether a shell reads it: it has no `#!`, or that of one.
fn is_script(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("#!").is_none_or(|interpreter| interpreter.trim_end().contains("sh"))
}
