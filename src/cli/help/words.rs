//! What the help says of each command besides its flags: examples, environment variables, exit codes, topics.

use clap::Command;

use super::topics::TOPICS;
use crate::cli::variables;

/// What is told of a command.
pub(in crate::cli) struct Words {
    pub(in crate::cli) name: &'static str,
    /// A command line, and what it does.
    pub(in crate::cli) examples: [(&'static str, &'static str); 2],
    /// Exit codes, and what they mean.
    pub(in crate::cli) codes: &'static [(&'static str, &'static str)],
    /// Topics that say more.
    pub(in crate::cli) topics: &'static [&'static str],
}

/// The commands in the order of the help, in groups.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Build images", &["prepare", "run", "restore", "status"]),
    ("Understand", &["show", "why", "doctor"]),
    ("Only pack", &["pack"]),
    ("Guard commits", &["guard", "init"]),
    ("The rest", &["cache", "completions", "man", "help"]),
];

const DONE: (&str, &str) = ("0", "done");
const USAGE: (&str, &str) = ("2", "wrong usage: flags, variables, docker-prep.toml");
const REFUSED: (&str, &str) = ("3", "refused, because of the state of the tree");
const PACKING: (&str, &str) = ("4", "packing, a build or a lockfile failed");
const LACKS: (&str, &str) = ("5", "the environment lacks something: workspace, git, a tool, room");
const SIGNAL: (&str, &str) = ("128+n", "ended by signal n, after restoring");

/// What the whole program may end with.
const CODES: &[(&str, &str)] = &[
    DONE,
    ("1", "a finding: guard, doctor, status --exit-code, init --check; why: nobody needs it"),
    USAGE,
    REFUSED,
    PACKING,
    ("5", "the environment lacks something, or guard or doctor could not judge"),
    ("126, 127", "the command of run may not be executed, or was not found; restored"),
    SIGNAL,
];

/// The program itself.
pub(in crate::cli) static PROGRAM: Words = Words {
    name: "docker-prep",
    examples: [
        ("docker-prep prepare --dry-run", "see what would be done"),
        ("docker-prep run -- docker compose build", "do it for a build"),
    ],
    codes: CODES,
    topics: &[],
};

/// Each command, in the order of the help.
pub(in crate::cli) static COMMANDS: [Words; 14] = [
    Words {
        name: "prepare",
        examples: [
            ("docker-prep prepare --dry-run", "see packages and diffs first"),
            ("docker-prep prepare --build", "build changed packages before"),
        ],
        codes: &[DONE, USAGE, REFUSED, PACKING, LACKS, SIGNAL],
        topics: &["surfaces", "package-managers", "lockfiles", "packing", "offline"],
    },
    Words {
        name: "run",
        examples: [
            ("docker-prep run -- docker compose build", "prepared"),
            ("docker-prep run --isolated -- docker compose build", "no file touched"),
        ],
        codes: &[
            ("0", "the command ended with 0, and all is restored; else its own code"),
            USAGE,
            ("3", "refused, or something was not restored"),
            PACKING,
            LACKS,
            ("126, 127", "the command may not be executed, or was not found; restored"),
            SIGNAL,
        ],
        topics: &["ci", "isolated", "offline", "recovery"],
    },
    Words {
        name: "restore",
        examples: [
            ("docker-prep restore", "put every byte back"),
            ("docker-prep restore --clean", "and remove .docker-deps"),
        ],
        codes: &[
            DONE,
            USAGE,
            ("3", "refused: an edit cannot be kept, or a rewrite is left somewhere"),
            LACKS,
            SIGNAL,
        ],
        topics: &["recovery"],
    },
    Words {
        name: "status",
        examples: [
            ("docker-prep status", "prepared or not, and since when"),
            ("docker-prep status --exit-code", "for scripts"),
        ],
        codes: &[DONE, ("1", "with --exit-code: something is rewritten"), USAGE, LACKS],
        topics: &["recovery"],
    },
    Words {
        name: "show",
        examples: [
            ("docker-prep show", "each image build, with file and line"),
            ("docker-prep show --format mermaid", "a graph for a pull request"),
        ],
        codes: &[DONE, USAGE, LACKS],
        topics: &["surfaces", "package-managers"],
    },
    Words {
        name: "why",
        examples: [
            ("docker-prep why @bytelyst/errors", "who needs it"),
            ("docker-prep why @bytelyst/errors --json", "as a document"),
        ],
        codes: &[DONE, ("1", "no surface needs the package"), USAGE, LACKS],
        topics: &["surfaces"],
    },
    Words {
        name: "doctor",
        examples: [
            ("docker-prep doctor", "what is wrong here"),
            ("docker-prep doctor --repos ~/code", "a table of all repositories there"),
        ],
        codes: &[
            DONE,
            ("1", "findings at or above --failure-threshold; with --fix of what remains"),
            USAGE,
            ("3", "--fix: a file has changed since it was read"),
            ("5", "something could not be judged, and nothing worse"),
        ],
        topics: &["doctor"],
    },
    Words {
        name: "pack",
        examples: [
            ("docker-prep pack --out /tmp/tarballs", "what the surfaces need"),
            ("docker-prep -C ../learning_ai_common_plat pack --all --out /tmp/tarballs", "all packages"),
        ],
        codes: &[DONE, USAGE, PACKING, LACKS, SIGNAL],
        topics: &["packing"],
    },
    Words {
        name: "guard",
        examples: [
            ("docker-prep guard", "what is staged, in a hook"),
            ("docker-prep guard --range origin/main..HEAD", "each commit, in CI"),
        ],
        codes: &[DONE, ("1", "a rewrite was found"), USAGE, ("5", "it could not judge, and says why")],
        topics: &["guard", "ci"],
    },
    Words {
        name: "init",
        examples: [
            ("docker-prep init --dry-run", "see the diff first"),
            ("docker-prep init --check", "prove that the hook blocks"),
        ],
        codes: &[
            DONE,
            ("1", "with --check: a commit of a rewrite would pass"),
            USAGE,
            ("3", "the hook does not block; what was written is taken back"),
            LACKS,
            SIGNAL,
        ],
        topics: &["guard"],
    },
    Words {
        name: "cache",
        examples: [
            ("docker-prep cache", "where it lies, and how large it is"),
            ("docker-prep cache clear", "remove it"),
        ],
        codes: &[DONE, USAGE, LACKS],
        topics: &["cache"],
    },
    Words {
        name: "completions",
        examples: [
            ("source <(docker-prep completions bash)", "in ~/.bashrc"),
            ("docker-prep completions fish >~/.config/fish/completions/docker-prep.fish", "once"),
        ],
        codes: &[DONE, USAGE],
        topics: &[],
    },
    Words {
        name: "man",
        examples: [
            ("docker-prep man run | man -l -", "read a page"),
            ("docker-prep man --out ~/.local/share/man/man1", "install all"),
        ],
        codes: &[DONE, USAGE, LACKS],
        topics: &[],
    },
    Words {
        name: "help",
        examples: [
            ("docker-prep help prepare", "a command in full"),
            ("docker-prep help lockfiles", "a topic"),
        ],
        codes: &[DONE, USAGE],
        topics: &[],
    },
];

/// What `help` and `man` take: commands and topics.
pub(in crate::cli) fn subjects() -> Vec<&'static str> {
    let mut names: Vec<_> = COMMANDS.iter().map(|words| words.name).collect();
    let topics = TOPICS.iter().map(|topic| topic.name);
    names.extend(topics.filter(|name| of(name).is_none()));
    names
}

/// What is told of a command; of the program by its own name.
pub(in crate::cli) fn of(name: &str) -> Option<&'static Words> {
    [&PROGRAM].into_iter().chain(&COMMANDS).find(|words| words.name == name)
}

/// Puts the words to the commands that clap knows.
pub(in crate::cli) fn add_to(program: Command) -> Command {
    // The list stands in front of the options, which the short help does not show.
    const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}{before-help}{options}{after-help}";
    let list = listed(&program);
    let program = COMMANDS.iter().fold(program, |program, words| {
        program.mut_subcommand(words.name, |command| {
            command.after_help(short(words)).after_long_help(long(words))
        })
    });
    let mut front = format!("\n\n{list}\n");
    heading(&mut front, "Topics");
    rows(&mut front, TOPICS.iter().map(|topic| (topic.name, topic.about)));
    front.push('\n');
    heading(&mut front, "Options, without a command those of prepare");
    program
        .mut_args(|arg| arg.hide_short_help(true))
        .help_template(TEMPLATE)
        .after_help(format!("{list}\n{}\n{MORE}", examples(&PROGRAM)))
        .before_long_help(front.trim_end().to_owned())
        .after_long_help(long(&PROGRAM))
}

const MORE: &str = "More: docker-prep help, docker-prep help COMMAND, docker-prep help TOPIC";

/// The commands in their groups.
fn listed(program: &Command) -> String {
    let mut text = String::new();
    for (group, names) in GROUPS {
        for (number, name) in names.iter().enumerate() {
            let about = program.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let group = if number == 0 { group } else { "" };
            text += &format!("{group:13}  {name:11}  {about}\n");
        }
    }
    text
}

const HEAD: &str = "\u{1b}[1;4m";
const END: &str = "\u{1b}[0m";

/// As clap sets its own; where there is no colour it leaves the escapes out. It wraps a line wrongly that has some in it.
fn heading(text: &mut String, words: &str) {
    text.push_str(&format!("{HEAD}{words}:{END}\n"));
}

fn rows<'a>(text: &mut String, rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
    let width = rows.clone().map(|(first, _)| first.chars().count()).max().unwrap_or(0);
    for (first, second) in rows {
        text.push_str(&format!("  {first:width$}  {second}\n"));
    }
}

fn examples(words: &Words) -> String {
    let mut text = String::new();
    heading(&mut text, "Examples");
    let width = words.examples.map(|(line, _)| line.chars().count()).into_iter().max().unwrap_or(0);
    for (line, what) in words.examples {
        // One that is long has its words in a line of their own.
        if width + what.chars().count() <= 74 {
            text += &format!("  {line:width$}  # {what}\n");
        } else {
            text += &format!("  {line}\n");
        }
    }
    text
}

fn short(words: &Words) -> String {
    let name = words.name;
    format!("{}\nOptions of all commands, variables, exit codes: docker-prep help {name}", examples(words))
}

fn long(words: &Words) -> String {
    let mut text = examples(words);
    text.push('\n');
    heading(&mut text, "Exit codes");
    rows(&mut text, words.codes.iter().copied());
    text.push('\n');
    heading(&mut text, "Environment variables");
    rows(&mut text, variables::ALL.iter().map(|variable| (variable.name, variable.about)));
    if !words.topics.is_empty() {
        let topics: Vec<String> =
            words.topics.iter().map(|topic| format!("docker-prep help {topic}")).collect();
        text += &format!("\nSee also: {}", topics.join(", "));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;

    fn program() -> Command {
        let mut program = Cli::program();
        program.build();
        program
    }

    #[test]
    fn each_command_has_words_and_a_group() {
        let program = program();
        let commands: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        assert_eq!(commands, COMMANDS.iter().map(|words| words.name).collect::<Vec<_>>());
        assert_eq!(commands, GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect::<Vec<_>>());
        for topic in COMMANDS.iter().flat_map(|words| words.topics) {
            assert!(TOPICS.iter().any(|other| other.name == *topic), "{topic}");
        }
    }

    #[test]
    fn short_help_is_one_screen() {
        let program = program();
        for command in [&program].into_iter().chain(program.get_subcommands()) {
            let mut command = command.clone().term_width(80);
            let help = command.render_help().to_string();
            assert!(help.lines().count() <= 30, "{}:\n{help}", command.get_name());
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        }
    }
}
