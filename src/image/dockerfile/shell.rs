//! The commands of a `RUN`, as far as a shell would start them as they are written.

mod frames;
#[cfg(test)]
mod tests;
mod word;
mod wrapper;

use std::collections::BTreeMap;

use self::frames::Frames;
pub(crate) use self::word::Redirection;
use self::word::{CommandEnd, Input, Simple, Skipped};
use self::wrapper::{Unwrapped, unwrap};
use super::variables::KnownVariables;
use super::{path, variables};

/// One command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShellCommand {
    /// Where it begins in the script, in bytes.
    pub(crate) offset: usize,
    /// The program, without its folder, and its arguments; expanded.
    pub(crate) words: Vec<String>,
    /// The program as it is written, as `./install.sh`.
    pub(crate) program: String,
    /// The folder that it is started in.
    pub(crate) dir: String,
    /// Whether the next command reads what it prints.
    pub(crate) pipes: bool,
    /// The files that what it prints goes to.
    pub(crate) writes: Vec<Redirection>,
    /// The here-document that it reads.
    pub(crate) input: Option<String>,
    /// The variables that change what an install does, as `CI` and `npm_config_registry`.
    pub(crate) environment: BTreeMap<String, String>,
}

/// `sh -c` in `sh -c` in …
const MAX_DEPTH: usize = 3;

/// More commands than any script has, with those of its loops.
const MAX_STEPS: usize = 16 * 1024;

/// A longer here-document is no setting of a package manager.
const MAX_INPUT: usize = 64 * 1024;

impl ShellCommand {
    /// The value of a variable that is watched.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// Where a path leads that it names.
    pub(crate) fn path(&self, named: &str) -> String {
        place(&self.dir, named, self.variable("HOME"))
    }

    /// The commands of a script of its own, which is started in a folder: that of a manifest, or a file.
    pub(crate) fn commands_of(&self, script: &str, dir: &str) -> Vec<Self> {
        commands(script, dir, &KnownVariables::new(&self.environment))
    }
}

/// The commands of a script that begins in `dir`. Loops over words that are written out are followed; functions are not.
pub(super) fn commands(script: &str, dir: &str, known: &KnownVariables<'_>) -> Vec<ShellCommand> {
    let mut reader = Reader::default();
    reader.read(script, dir, &mut known.clone(), 0);
    reader.found
}

/// The one command of the JSON form, which no shell reads.
pub(super) fn exec(words: Vec<String>, dir: &str, known: &KnownVariables<'_>) -> Vec<ShellCommand> {
    let mut reader = Reader::default();
    reader.begin(Start { words, ..Start::default() }, dir, &mut known.clone(), 0);
    reader.found
}

/// Where a path leads from a folder, with `~` and `$HOME`.
fn place(dir: &str, named: &str, home: Option<&str>) -> String {
    let below = ["~", "$HOME", "${HOME}"].iter().find_map(|home| named.strip_prefix(home));
    match below.filter(|below| below.is_empty() || below.starts_with('/')) {
        Some(below) => path::join("/", &format!("{}{below}", home.unwrap_or("/root"))),
        None => path::join(dir, named),
    }
}

/// A command that is to be read.
#[derive(Default)]
struct Start {
    words: Vec<String>,
    offset: usize,
    writes: Vec<Redirection>,
    /// A here-document, and where it stands.
    input: Option<(usize, String)>,
}

/// What a command does to the folder that the next one is started in.
enum Move {
    To(String),
    Back,
    Push(String),
    Pop,
}

#[derive(Default)]
struct Reader {
    found: Vec<ShellCommand>,
    steps: usize,
}

impl Reader {
    fn read(&mut self, script: &str, dir: &str, known: &mut KnownVariables<'_>, depth: usize) {
        let mut folder = Folder { dir: dir.to_owned(), ..Folder::default() };
        let mut frames = Frames::default();
        let mut skipped = Skipped::default();
        let mut at = 0;
        while at < script.len() && self.steps < MAX_STEPS {
            self.steps += 1;
            let simple = Simple::read(script, at, known, &mut skipped);
            at = simple.next;
            let Some(words) = frames.enter(simple.words, simple.end, &mut at, script, known) else {
                continue;
            };
            let before = self.found.len();
            if !frames.hide() {
                let input = simple.input.map(|input| (input.lines.start, text_of(&input, script, known)));
                let start = Start { words, offset: simple.start, writes: simple.writes, input };
                if let Some(moved) = self.begin(start, &folder.dir, known, depth) {
                    folder.go(moved);
                }
            }
            match simple.end {
                CommandEnd::Pipe => {
                    if let Some(last) = self.found[before..].last_mut() {
                        last.pipes = true;
                    }
                }
                CommandEnd::Open => frames.open(&folder.dir),
                CommandEnd::Close => folder.dir = frames.close().unwrap_or(folder.dir),
                CommandEnd::Next | CommandEnd::Break => {}
            }
        }
    }

    /// Takes one simple command; the folder that it changes to, if it does.
    fn begin(
        &mut self,
        mut start: Start,
        dir: &str,
        known: &mut KnownVariables<'_>,
        depth: usize,
    ) -> Option<Move> {
        let mut own = known.clone();
        let given = std::mem::take(&mut start.words);
        let words = assignments(&given, &mut own);
        if words.is_empty() {
            // `RUN <<EOF`
            if let Some((offset, script)) = start.input.filter(|_| given.is_empty() && depth < MAX_DEPTH) {
                self.nested(&script, offset, true, dir, &mut own, depth);
            } else {
                *known = own;
            }
            return None;
        }
        let words = match unwrap(words, &mut own) {
            Unwrapped::Words(words) => words,
            Unwrapped::Script(script) => {
                if depth < MAX_DEPTH {
                    self.nested(&script, start.offset, false, dir, &mut own, depth);
                }
                return None;
            }
        };
        let [program, arguments @ ..] = words else { return None };
        let to = |words: &[String]| {
            let named = words.iter().find(|word| !word.starts_with('-') || *word == "-");
            match named.map_or("~", String::as_str) {
                "-" => Move::Back,
                // What a command prints is not known.
                named if named.contains("$(") || named.contains('`') => Move::To(dir.to_owned()),
                named => Move::To(place(dir, named, known.get("HOME"))),
            }
        };
        match program.rsplit('/').next().unwrap_or_default() {
            "export" => {
                let flags = arguments.iter().take_while(|word| word.starts_with('-')).count();
                assignments(&arguments[flags..], known);
            }
            "cd" => return Some(to(arguments)),
            "pushd" => {
                return match to(arguments) {
                    Move::To(dir) => Some(Move::Push(dir)),
                    moved => Some(moved),
                };
            }
            "popd" => return Some(Move::Pop),
            name @ ("sh" | "bash" | "ash" | "dash" | "zsh") if depth < MAX_DEPTH => {
                if let Some(script) = script_of(arguments) {
                    self.nested(script, start.offset, false, dir, &mut own, depth);
                } else if let Some((offset, script)) =
                    start.input.as_ref().filter(|_| arguments.iter().all(|word| word.starts_with('-')))
                {
                    self.nested(script, *offset, true, dir, &mut own, depth);
                } else {
                    self.push(name, words, start, dir, &own);
                }
            }
            name => self.push(name, words, start, dir, &own),
        }
        None
    }

    fn push(&mut self, name: &str, words: &[String], start: Start, dir: &str, own: &KnownVariables<'_>) {
        let mut command = ShellCommand {
            offset: start.offset,
            words: words.to_vec(),
            program: words[0].clone(),
            dir: dir.to_owned(),
            pipes: false,
            writes: start.writes,
            input: start.input.map(|(_, text)| text),
            environment: own.environment(),
        };
        name.clone_into(&mut command.words[0]);
        self.found.push(command);
    }

    /// Reads a script in a script. Its places are those of the words that hold it, or begin at those of a here-document.
    fn nested(
        &mut self,
        script: &str,
        offset: usize,
        has_places: bool,
        dir: &str,
        own: &mut KnownVariables<'_>,
        depth: usize,
    ) {
        // Another program reads it.
        if script
            .strip_prefix("#!")
            .and_then(|rest| rest.lines().next())
            .is_some_and(|line| !line.contains("sh"))
        {
            return;
        }
        let before = self.found.len();
        self.read(script, dir, own, depth + 1);
        for command in &mut self.found[before..] {
            command.offset = if has_places { offset + command.offset } else { offset };
        }
    }
}

fn text_of(input: &Input, script: &str, known: &KnownVariables<'_>) -> String {
    let text = &script[input.lines.clone()];
    if text.len() > MAX_INPUT {
        return String::new();
    }
    if input.strips_tabs {
        return text.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect();
    }
    if input.expands { variables::expand(text, known) } else { text.to_owned() }
}

/// The folder that commands are started in.
#[derive(Default)]
struct Folder {
    dir: String,
    last: Option<String>,
    pushed: Vec<String>,
}

impl Folder {
    fn go(&mut self, moved: Move) {
        let next = match moved {
            Move::To(dir) => Some(dir),
            Move::Back => self.last.clone(),
            Move::Push(dir) => {
                self.pushed.push(self.dir.clone());
                Some(dir)
            }
            Move::Pop => self.pushed.pop(),
        };
        if let Some(next) = next {
            self.last = Some(std::mem::replace(&mut self.dir, next));
        }
    }
}

/// Behind `A=1 B=2`, which are set.
fn assignments<'a>(mut words: &'a [String], known: &mut KnownVariables<'_>) -> &'a [String] {
    while let [first, rest @ ..] = words
        && let Some((name, value)) = first.split_once('=')
        && !name.is_empty()
        && variables::name_length(name) == name.len()
    {
        known.set(name, value);
        words = rest;
    }
    words
}

/// What stands behind `-c`, alone or among other letters.
fn script_of(arguments: &[String]) -> Option<&str> {
    let flag = arguments
        .iter()
        .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    // `-o pipefail` has a word of its own.
    let others = arguments[..flag].iter().filter(|word| !word.starts_with('-')).count();
    let named = arguments[..flag].iter().filter(|word| word.starts_with('-') && word.ends_with('o')).count();
    if others > named {
        return None;
    }
    arguments.get(flag + 1).map(String::as_str)
}
