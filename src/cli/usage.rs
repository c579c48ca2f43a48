//! What is said of words that mean nothing: what to type instead.

mod table;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};

use self::table::{COMMANDS, FLAGS, FLAGS_FOR_COMMANDS, OF_OTHERS, PROGRAMS};
use crate::error::{Error, ErrorKind};
use crate::guard::Manager;
use crate::text::quoted;

/// The program, as it is typed.
const PROGRAM: &str = "docker-prep";

/// Whether one JSON document is asked for by words that may mean nothing.
pub(super) fn wants_json(words: &[OsString]) -> bool {
    let ours: Vec<_> = words.iter().take_while(|word| *word != "--").collect();
    let is_format = |pair: &[&OsString]| pair[0] == "--format" && pair[1] == "json";
    ours.iter().any(|word| *word == "--json" || *word == "--format=json") || ours.windows(2).any(is_format)
}

/// The project that words name, which may mean nothing.
pub(super) fn project(words: &[OsString]) -> Option<PathBuf> {
    let mut ours = words.iter().take_while(|word| *word != "--");
    while let Some(word) = ours.next() {
        if word == "-C" || word == "--project" {
            return ours.next().map(PathBuf::from);
        }
        if let Some(dir) = word.to_str().and_then(|word| word.strip_prefix("--project=")) {
            return Some(PathBuf::from(dir));
        }
    }
    None
}

/// Whether words of a call name a project.
pub(super) fn names_project<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words.any(|word| word == "-C" || word == "--project" || word.starts_with("--project="))
}

/// The error of words that clap does not take, with what to type.
pub(super) fn explain(error: &clap::Error, words: &[OsString], program: &Command) -> Error {
    let call = Call::new(words, program);
    let told = match error.kind() {
        Kind::InvalidSubcommand => {
            text(error, ContextKind::InvalidSubcommand).map(|word| call.no_command(&word))
        }
        Kind::UnknownArgument => {
            text(error, ContextKind::InvalidArg).map(|word| match word.starts_with('-') {
                true => call.no_flag(&word),
                false => call.no_word(&word),
            })
        }
        Kind::MissingRequiredArgument => call.missing(),
        Kind::InvalidValue => text(error, ContextKind::InvalidValue).and_then(|value| call.no_value(&value)),
        _ => None,
    };
    let (message, hint) = told.unwrap_or_else(|| (first_paragraph(error), call.help()));
    Error::new(ErrorKind::Usage, message).hint(hint)
}

/// The error of flags that stand before the command that they are meant for.
pub(super) fn flags_before_command(words: &[OsString], program: &Command) -> Error {
    let call = Call::new(words, program);
    let mut retyped = call.words.clone();
    if let Some(at) = call.command_at {
        let command = retyped.remove(at);
        retyped.insert(0, command);
    }
    Error::new(ErrorKind::Usage, "flags of a command go behind its name").hint(type_this(&retyped))
}

/// The message and the hint.
type Told = (String, String);

/// A call, as it was typed.
struct Call<'a> {
    program: &'a Command,
    /// Without the program's name.
    words: Vec<String>,
    /// Where the command stands in them.
    command_at: Option<usize>,
}

impl<'a> Call<'a> {
    fn new(words: &[OsString], program: &'a Command) -> Self {
        let words: Vec<String> =
            words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let command_at = words
            .iter()
            .take_while(|word| *word != "--")
            .position(|word| program.get_subcommands().any(|known| known.get_name() == word));
        Self { program, words, command_at }
    }

    fn command(&self) -> Option<&str> {
        self.command_at.map(|at| self.words[at].as_str())
    }

    /// The command that is meant, as clap has it.
    fn parser(&self) -> &Command {
        self.command().and_then(|name| self.program.find_subcommand(name)).unwrap_or(self.program)
    }

    /// How messages call the command.
    fn name(&self) -> String {
        self.command().map_or_else(|| PROGRAM.to_owned(), |name| format!("{PROGRAM} {name}"))
    }

    fn help(&self) -> String {
        format!("see {} --help", self.name())
    }

    /// The words with others in the place of the one at `at`.
    fn with(&self, at: usize, words: &[&str]) -> Vec<String> {
        let mut all = self.words.clone();
        all.splice(at..=at, words.iter().map(|word| (*word).to_owned()));
        all
    }

    fn position(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|typed| typed == word)
    }

    fn no_command(&self, word: &str) -> Told {
        let message = format!("`{word}` is no command");
        if let Some(foreign) = COMMANDS.iter().find(|foreign| foreign.words.contains(&word)) {
            return (message, format!("{}, type: {}", foreign.meaning, foreign.ours));
        }
        if PROGRAMS.contains(&word) {
            let at = self.position(word).unwrap_or_default();
            let docker: &[&str] =
                if matches!(word, "compose" | "buildx") { &["docker", word] } else { &[word] };
            let command: Vec<&str> = ["run", "--"].into_iter().chain(docker.iter().copied()).collect();
            return (message, type_this(&self.with(at, &command)));
        }
        let names: Vec<&str> = self.program.get_subcommands().map(Command::get_name).collect();
        match nearest(word, &names) {
            Some(name) => {
                let at = self.position(word).unwrap_or_default();
                (message, type_this(&self.with(at, &[name])))
            }
            None if word.contains(['/', '.']) => {
                (message, type_this(&["prepare".to_owned(), "--surface".to_owned(), word.to_owned()]))
            }
            None => (message, format!("the commands are {}", names.join(", "))),
        }
    }

    /// A word that is no flag, where the command takes none.
    fn no_word(&self, word: &str) -> Told {
        let Some(at) = self.position(word) else {
            return (format!("`{word}` is not understood"), self.help());
        };
        let Some(command) = self.command() else { return self.no_command(word) };
        let takes_none = format!("`{word}`: {} takes no such word", self.name());
        let has_command = self.words.iter().any(|word| word == "--");
        match command {
            "run" if !has_command => {
                let message = format!("`{word}`: the command of docker-prep run goes behind `--`");
                (message, type_this(&self.with(at, &["--", word])))
            }
            "prepare" | "run" => {
                let message = format!("`{word}`: {} takes a folder as --surface", self.name());
                (message, type_this(&self.with(at, &["--surface", word])))
            }
            "guard" if word.contains("..") => (takes_none, type_this(&self.with(at, &["--range", word]))),
            "init" if Manager::ALL.iter().any(|manager| manager.name() == word) => {
                (takes_none, type_this(&self.with(at, &["--hook", word])))
            }
            "show" if matches!(word, "json" | "mermaid" | "text") => {
                (takes_none, type_this(&self.with(at, &["--format", word])))
            }
            _ => (takes_none, type_this(&self.with(at, &[]))),
        }
    }

    fn no_flag(&self, flag: &str) -> Told {
        let message = format!("{} has no {flag}", self.name());
        let at = self.words.iter().position(|word| name_of(word) == flag);
        let has = |command: &Command, flag: &str| flags(command).iter().any(|known| known == flag);
        if let Some((_, ours)) = FLAGS_FOR_COMMANDS.iter().find(|(words, _)| words.contains(&flag)) {
            return (message, format!("type: {ours}"));
        }
        let ours = FLAGS.iter().find(|(words, _)| words.contains(&flag)).map(|(_, ours)| *ours);
        // The other tool's flag may be one that this command has not either.
        if let (Some(ours), Some(at)) = (ours, at)
            && has(self.parser(), name_of(ours.split(' ').next().unwrap_or(ours)))
        {
            return (message, type_this(&self.retyped(at, ours)));
        }
        let named = ours.unwrap_or(flag);
        let others: Vec<&str> = self
            .program
            .get_subcommands()
            .filter(|other| Some(other.get_name()) != self.command() && has(other, named))
            .map(Command::get_name)
            .collect();
        if let Some(other) = others.first() {
            let command = self.command().unwrap_or_default();
            let known = OF_OTHERS.iter().find(|(of, flag, _)| *of == command && *flag == named);
            let ours =
                known.map_or_else(|| format!("{PROGRAM} {other} {named}"), |(_, _, ours)| (*ours).to_owned());
            return (format!("{message}: it is a flag of {}", others.join(" and ")), format!("type: {ours}"));
        }
        let own = flags(self.parser());
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        match (nearest(flag, &own), at) {
            (Some(near), Some(at)) => (message, type_this(&self.retyped(at, near))),
            _ => (message, self.help()),
        }
    }

    /// The words with another flag in the place of the one at `at`, and its value kept; one with commas is several.
    fn retyped(&self, at: usize, flag: &str) -> Vec<String> {
        let mut all = self.words.clone();
        let flag: Vec<&str> = flag.split(' ').collect();
        let value = all[at].split_once('=').map(|(_, value)| value.to_owned());
        let is_switch =
            matches!(flag[..], ["--json" | "--dry-run" | "--quiet" | "--verbose" | "--force" | "--no-cache"]);
        let is_list = matches!(flag[..], ["--surface" | "--scope"]);
        let (end, value) = match value {
            Some(value) => (at + 1, Some(value)),
            None if is_list => match all.get(at + 1) {
                Some(next) if !next.starts_with('-') => (at + 2, Some(next.clone())),
                _ => (at + 1, None),
            },
            None => (at + 1, None),
        };
        let mut new: Vec<String> = Vec::new();
        match value {
            Some(value) if is_list => {
                for part in value.split(',').filter(|part| !part.is_empty()) {
                    new.extend([flag[0].to_owned(), part.to_owned()]);
                }
            }
            Some(value) if !is_switch && flag.len() == 1 => new.extend([flag[0].to_owned(), value]),
            _ => new.extend(flag.iter().map(|word| (*word).to_owned())),
        }
        all.splice(at..end, new);
        all
    }

    /// Something is missing that the command needs.
    fn missing(&self) -> Option<Told> {
        let mut words = self.words.clone();
        match self.command()? {
            "run" => Some((
                "docker-prep run: no command is given".to_owned(),
                "name it behind `--`: docker-prep run -- docker compose build".to_owned(),
            )),
            "pack" => {
                words.extend(["--out".to_owned(), "DIR".to_owned()]);
                Some((
                    "docker-prep pack: --out is missing, where the tarballs go".to_owned(),
                    type_this(&words),
                ))
            }
            "why" => {
                words.push("PACKAGE".to_owned());
                Some(("docker-prep why: no package is named".to_owned(), type_this(&words)))
            }
            _ => None,
        }
    }

    /// A value that another tool takes.
    fn no_value(&self, value: &str) -> Option<Told> {
        let message = format!("`{value}` is no value that {} takes there", self.name());
        match (self.command()?, value) {
            ("guard", "json") => Some((message, "type: docker-prep guard --json".to_owned())),
            ("cache", "clean" | "rm" | "prune" | "purge" | "delete" | "remove" | "clear-all") => {
                Some((message, "to remove the cache, type: docker-prep cache clear".to_owned()))
            }
            _ => None,
        }
    }
}

/// What clap says, on one line, without its usage and its tips.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(name_of(text).to_owned()),
        _ => None,
    }
}

/// A flag without its value.
fn name_of(word: &str) -> &str {
    if word.starts_with('-') { word.split(['=', ' ']).next().unwrap_or(word) } else { word }
}

/// The flags of a command, with their dashes; those of all commands too.
fn flags(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect()
}

/// The name that a word was meant for, where one is near enough.
fn nearest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    let most = (word.trim_start_matches('-').chars().count() / 3).max(1);
    let far = |name: &&'n str| (strsim::damerau_levenshtein(word, name), *name);
    names.iter().map(far).filter(|(far, _)| *far <= most).min().map(|(_, name)| name)
}

fn type_this(words: &[String]) -> String {
    format!("type: {}", typed(words))
}

/// The call of the program with these words, as a shell takes it.
fn typed(words: &[String]) -> String {
    let quoted = words.iter().map(|word| quoted(word.as_bytes()));
    std::iter::once(PROGRAM.to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
