//! The commands of a `RUN`, as far as a shell would start them as they are written.

mod word;

use self::word::{CommandEnd, Simple};
use super::variables::KnownVariables;
use super::{path, variables};

/// One command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShellCommand {
    /// Where it begins in the script, in bytes.
    pub(crate) offset: usize,
    /// The program and its arguments, expanded.
    pub(crate) words: Vec<String>,
    /// The folder that it is started in.
    pub(crate) dir: String,
    /// Whether the next command reads what it prints.
    pub(crate) pipes: bool,
    /// The values that [`WATCHED`] have for it.
    watched: [Option<String>; 2],
}

/// Variables that change what an install does.
const WATCHED: [&str; 2] = ["CI", "PNPM_VERSION"];

/// `sh -c` in `sh -c` in …
const MAX_DEPTH: usize = 3;

impl ShellCommand {
    /// The value of a variable that is watched.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        WATCHED.iter().position(|watched| *watched == name).and_then(|at| self.watched[at].as_deref())
    }
}

/// The commands of a script that begins in `dir`.
pub(super) fn commands(script: &str, dir: &str, known: &KnownVariables<'_>) -> Vec<ShellCommand> {
    let mut found = Vec::new();
    read(script, dir, &mut known.clone(), 0, &mut found);
    found
}

/// The one command of the JSON form, which no shell reads.
pub(super) fn exec(words: Vec<String>, dir: &str, known: &KnownVariables<'_>) -> Vec<ShellCommand> {
    let mut found = Vec::new();
    begin(words, 0, dir, &mut known.clone(), 0, &mut found);
    found
}

fn read(
    script: &str,
    dir: &str,
    known: &mut KnownVariables<'_>,
    depth: usize,
    found: &mut Vec<ShellCommand>,
) {
    let mut dir = dir.to_owned();
    let mut outside = Vec::new();
    let mut at = 0;
    while at < script.len() {
        let simple = Simple::read(script, at, known);
        at = simple.next;
        let before = found.len();
        if let Some(folder) = begin(simple.words, simple.start, &dir, known, depth, found) {
            dir = folder;
        }
        match simple.end {
            CommandEnd::Pipe => {
                if let Some(last) = found[before..].last_mut() {
                    last.pipes = true;
                }
            }
            CommandEnd::Open => outside.push(dir.clone()),
            CommandEnd::Close => dir = outside.pop().unwrap_or(dir),
            CommandEnd::Next => {}
        }
    }
}

/// Takes one simple command; the folder that it changes to, if it does.
fn begin(
    words: Vec<String>,
    offset: usize,
    dir: &str,
    known: &mut KnownVariables<'_>,
    depth: usize,
    found: &mut Vec<ShellCommand>,
) -> Option<String> {
    let mut words: &[String] = &words;
    while let [first, rest @ ..] = words
        && matches!(
            first.as_str(),
            "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "{" | "time"
        )
    {
        words = rest;
    }
    let mut own = known.clone();
    words = assignments(words, &mut own);
    if words.is_empty() {
        *known = own;
        return None;
    }
    words = unwrapped(words, &mut own);
    let [program, arguments @ ..] = words else { return None };
    match program.rsplit('/').next().unwrap_or_default() {
        "export" => {
            assignments(arguments, known);
        }
        "cd" | "pushd" => {
            return arguments.iter().find(|word| !word.starts_with('-')).map(|to| path::join(dir, to));
        }
        "sh" | "bash" | "ash" | "dash" | "zsh" if depth < MAX_DEPTH && script_of(arguments).is_some() => {
            let before = found.len();
            read(script_of(arguments)?, dir, &mut own, depth + 1, found);
            found[before..].iter_mut().for_each(|command| command.offset = offset);
        }
        name => {
            let mut words = words.to_vec();
            name.clone_into(&mut words[0]);
            let watched = WATCHED.map(|name| own.get(name).map(str::to_owned));
            found.push(ShellCommand { offset, words, dir: dir.to_owned(), pipes: false, watched });
        }
    }
    None
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

/// Behind words that only say how the next ones are run.
fn unwrapped<'a>(mut words: &'a [String], known: &mut KnownVariables<'_>) -> &'a [String] {
    while let [first, rest @ ..] = words {
        match first.rsplit('/').next().unwrap_or_default() {
            "env" | "sudo" | "exec" | "command" | "nice" | "time" => {
                let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
                words = assignments(&rest[flags..], known);
            }
            "corepack" | "npx" => {
                let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
                match rest.get(flags) {
                    Some(word) if is_manager(word) => words = &rest[flags..],
                    _ => return words,
                }
            }
            _ => return words,
        }
    }
    words
}

/// `pnpm`, or `pnpm@10.6.5` as corepack and npx take it.
fn is_manager(word: &str) -> bool {
    let name = word.split('@').next().unwrap_or_default();
    matches!(name, "pnpm" | "yarn" | "npm" | "bun")
}

/// What stands behind `-c`, alone or among other letters.
fn script_of(arguments: &[String]) -> Option<&str> {
    let flag = arguments
        .iter()
        .take_while(|word| word.starts_with('-'))
        .position(|word| !word.starts_with("--") && word.ends_with('c'))?;
    arguments.get(flag + 1).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Each command as `dir: words`.
    fn read(script: &str) -> Vec<String> {
        let map = BTreeMap::from([("V".to_owned(), "10.6.5".to_owned()), ("L".to_owned(), "a b".to_owned())]);
        let commands = commands(script, "/app", &KnownVariables::new(&map));
        commands.iter().map(|one| format!("{}: {}", one.dir, one.words.join("|"))).collect()
    }

    #[test]
    fn commands_are_told_apart() {
        assert_eq!(
            read("a b && c;d | e 2>&1 >/dev/null || f &\ng # h\n(i j)"),
            ["/app: a|b", "/app: c", "/app: d", "/app: e", "/app: f", "/app: g", "/app: i|j"]
        );
        assert_eq!(
            read("if [ -f x ]; then npm ci; else yarn; fi")[1..],
            ["/app: npm|ci", "/app: yarn", "/app: fi"]
        );
    }

    #[test]
    fn quotes_and_variables() {
        assert_eq!(
            read(r#"p "pnpm@$V" 'a $V' c\ d "e\"f" "" $L "$L" $X"#),
            ["/app: p|pnpm@10.6.5|a $V|c d|e\"f||a|b|a b|$X"]
        );
        assert_eq!(
            read("X=1 Y=$V && npm i -g pnpm@${Y} && export Z=2 && q $Z$X"),
            ["/app: npm|i|-g|pnpm@10.6.5", "/app: q|21"]
        );
        assert_eq!(
            read("export T=\"$(cat /run/x 2>/dev/null || echo '')\" && pnpm install"),
            ["/app: pnpm|install"]
        );
        assert_eq!(read("a `b; c` d"), ["/app: a|`b; c`|d"]);
    }

    #[test]
    fn what_wraps_a_command() {
        assert_eq!(read("sudo -E env -i A=1 /usr/bin/npm ci"), ["/app: npm|ci"]);
        assert_eq!(
            read("corepack pnpm@9 install; npx --yes pnpm@8 i; corepack prepare pnpm@9"),
            ["/app: pnpm@9|install", "/app: pnpm@8|i", "/app: corepack|prepare|pnpm@9"]
        );
        assert_eq!(read("sh -ec 'cd web && npm ci' && ls"), ["/app/web: npm|ci", "/app: ls"]);
        assert_eq!(read("bash -c \"bash -c 'npm ci'\""), ["/app: npm|ci"]);
    }

    #[test]
    fn folders_are_followed() {
        assert_eq!(
            read("cd web && a && (cd ../api; b) && c && cd /x/./y/.. && d"),
            ["/app/web: a", "/app/api: b", "/app/web: c", "/x: d"]
        );
    }

    #[test]
    fn watched_variables_and_pipes() {
        let map = BTreeMap::from([("CI".to_owned(), "1".to_owned())]);
        let found = commands("wget x | env PNPM_VERSION=9.1.0 sh -", "/", &KnownVariables::new(&map));
        assert!(found[0].pipes && !found[1].pipes);
        assert_eq!(found[1].words, ["sh", "-"]);
        assert_eq!(found[1].variable("PNPM_VERSION"), Some("9.1.0"));
        assert_eq!(found[0].variable("PNPM_VERSION"), None);
        assert_eq!(found[0].variable("CI"), Some("1"));
    }

    #[test]
    fn unfinished_scripts_end() {
        for script in ["'", "\"", "\\", "a 'b", "$(", "`", "a >", "((((", "))))", "sh -c", "é\\é", "\"\\"] {
            let _ = read(script);
        }
    }
}
