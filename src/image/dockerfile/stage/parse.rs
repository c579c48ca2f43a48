//! From a text to stages: instruction by instruction, with variables, folders and base stages followed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CacheMount, Copy, CopySource, Declaration, Dockerfile, RunStep, SecretMount, SourcePattern, Stage,
    StageStep, repository,
};
use crate::image::dockerfile::instruction::{Instruction, instructions};
use crate::image::dockerfile::variables::KnownVariables;
use crate::image::dockerfile::{path, shell, variables, words};
use crate::text::relative;

/// More stages than any Dockerfile has; what is behind them is not read.
const MAX_STAGES: usize = 256;

/// What a flag lays over the image for one command.
enum Mount {
    Bind(Copy),
    Secret(SecretMount),
    Cache(CacheMount),
}

impl Dockerfile {
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
