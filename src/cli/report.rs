//! Everything that is printed: stdout is for data, stderr for people.

use std::env;
use std::io::{self, IsTerminal as _, Write};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::args::{Color, Global};
use super::build;
use super::cache::not_used;
use super::lines::Lines;
use super::notices::sentence;
use super::problems::told;
use super::screen::Screen;
use super::text::{decided, seconds, size};
use crate::build::BuildOutput;
use crate::error::{Error, ErrorKind, Problem, io_cause};
use crate::npm::Tarball;
use crate::report::{Event, Notice};
use crate::text::{quoted, steers};

/// The version of every JSON document; it grows when a key changes its meaning or goes.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Prints as the flags say.
pub(super) struct Reporter {
    json: bool,
    /// The project that the call named, as it has to be named again.
    project: Option<String>,
    quiet: bool,
    verbose: bool,
    /// Whether what goes to stderr has colours.
    color: bool,
    /// Whether what goes to stdout has.
    colours_data: bool,
    screen: Screen,
    /// How many packages lay there already.
    unchanged: AtomicUsize,
    /// How many packages had been built before, of those that `--build` looked at.
    built_before: AtomicUsize,
    /// What was warned of, for the document.
    warnings: Mutex<Vec<Value>>,
    /// Why stdout did not take what was asked for.
    lost: Mutex<Option<io::Error>>,
}

impl Reporter {
    /// A reporter for the process's own streams.
    pub(super) fn new(global: &Global) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            json: global.json,
            project: global.project.as_ref().map(|dir| quoted(dir.as_os_str().as_encoded_bytes())),
            quiet: global.quiet,
            verbose: global.verbose,
            color: use_color(global.color, is_terminal),
            colours_data: use_color(global.color, io::stdout().is_terminal()),
            screen: Screen::new(is_terminal && !global.quiet && !is_dumb()),
            unchanged: AtomicUsize::new(0),
            built_before: AtomicUsize::new(0),
            warnings: Mutex::new(Vec::new()),
            lost: Mutex::new(None),
        }
    }

    /// Something that happens while a command runs.
    pub(super) fn event(&self, event: Event<'_>) {
        match event {
            Event::Warning(problem) => self.warnings(std::slice::from_ref(problem)),
            Event::Warnings(problems) => self.warnings(problems),
            Event::Notice(notice @ (Notice::OwnPackage { .. } | Notice::ImageBuild { .. })) => {
                self.detail(&sentence(notice));
            }
            Event::Notice(notice) => self.tell(&self.fitting(&sentence(notice))),
            Event::NoCache(why) => self.detail(&not_used(why)),
            Event::Packing(progress) => self.screen.progress(progress),
            // The summary counts them.
            Event::Packed { tarball, unchanged } => {
                self.unchanged.fetch_add(usize::from(unchanged), Ordering::Relaxed);
                let word = if unchanged { "unchanged" } else { "packed" };
                self.detail(&format!("{word} {}@{} as {}", tarball.name, tarball.version, tarball.filename));
            }
            Event::Built { name, took: None } => {
                self.built_before.fetch_add(1, Ordering::Relaxed);
                self.detail(&build::built(name, None));
            }
            // A build takes its time: a line when it has ended.
            Event::Built { name, took } => self.tell(&build::built(name, took)),
            // The command of `run` begins behind it, and the document comes when that has ended.
            Event::Decided { reason, then } => self.tell(&decided(reason, then)),
        }
    }

    fn warnings(&self, problems: &[Problem]) {
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.extend(problems.iter().map(|problem| self.to_json(problem)));
        }
        if !self.quiet {
            self.say("33", "warning", problems);
        }
    }

    /// Whether one JSON document is asked for.
    pub(super) fn wants_json(&self) -> bool {
        self.json
    }

    /// Whether nothing but errors and what was asked for is to be said.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether more than usual is asked for.
    pub(super) fn wants_more(&self) -> bool {
        self.verbose
    }

    /// One thing that is wrong, also where only errors are to be said.
    pub(super) fn problem(&self, problem: &Problem) {
        self.say("31", "error", std::slice::from_ref(problem));
    }

    /// What is said to those who want to know more.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            self.line(text);
        }
    }

    /// What ended the command.
    pub(super) fn error(&self, error: &Error) {
        self.say("31", "error", &error.problems);
        self.failure(error);
    }

    /// The JSON document of a failure, where one is asked for.
    pub(super) fn failure(&self, error: &Error) {
        if self.json {
            let problems: Vec<Value> = error.problems.iter().map(|problem| self.to_json(problem)).collect();
            let code = error.kind.exit_code();
            let messages: Vec<&str> = error.messages().collect();
            self.document(json!({
                "ok": false,
                "exitCode": code,
                "error": {
                    "code": code,
                    "kind": kind(error.kind),
                    "message": messages.join("\n"),
                    "hints": error.hints().map(|hint| self.fitting(hint)).collect::<Vec<_>>(),
                },
                "errors": problems,
            }));
        }
    }

    /// Where builds print.
    pub(super) fn output_of_builds(&self) -> BuildOutput {
        if self.verbose { BuildOutput::Live } else { BuildOutput::Kept }
    }

    /// Where the command of `run` prints: with `--json` stdout is for our document.
    pub(super) fn stdout_of_command(&self) -> Stdio {
        if self.json { Stdio::from(io::stderr()) } else { Stdio::inherit() }
    }

    /// Sizes, what was there or had been built already, and the time since the begin.
    pub(super) fn summary(&self, tarballs: &[Tarball]) -> String {
        let bytes = tarballs.iter().map(|tarball| tarball.size).sum();
        let counted = |counter: &AtomicUsize, what: &str| match counter.load(Ordering::Relaxed) {
            0 => String::new(),
            number => format!(", {number} {what}"),
        };
        let unchanged = counted(&self.unchanged, "of them unchanged");
        let built_before = counted(&self.built_before, "built before");
        format!("{}{unchanged}{built_before}, {}", size(bytes), seconds(self.screen.elapsed()))
    }

    /// Prints the one document, with what was warned of until then.
    pub(super) fn document(&self, mut document: Value) {
        if let Some(map) = document.as_object_mut() {
            map.shift_insert(0, "schemaVersion".to_owned(), json!(SCHEMA_VERSION));
            let warnings = self.warnings.lock().map(|warnings| warnings.clone()).unwrap_or_default();
            map.insert("warnings".to_owned(), Value::Array(warnings));
        }
        self.write(&json_text(&document));
    }

    /// Text for stdout.
    pub(super) fn data(&self, lines: &Lines) {
        if self.colours_data { self.write(&lines.coloured()) } else { self.write(lines.as_str()) }
    }

    /// Text for stdout that is the program's own, as a script: no name from a file stands in it. With `--json` it is in a
    /// document.
    pub(super) fn text(&self, text: &str) {
        if self.json { self.document(json!({"ok": true, "text": text})) } else { self.write(text) }
    }

    /// A reader that has gone away is no error; a full disk is.
    fn write(&self, text: &str) {
        self.screen.make_room();
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
            && let Ok(mut lost) = self.lost.lock()
        {
            *lost = Some(error);
        }
    }

    /// Why data did not reach stdout, if it did not.
    pub(super) fn lost(&self) -> Option<Error> {
        let lost = self.lost.lock().ok()?.take()?;
        let message = format!("stdout: cannot be written: {}", io_cause(&lost));
        Some(
            Error::new(ErrorKind::Environment, message)
                .hint("make room where the output goes, then type it again"),
        )
    }

    /// A line for people, unless they want none.
    pub(super) fn tell(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Advice as it is typed where the call was: calls of the program name the project that this one named.
    pub(super) fn fitting(&self, advice: &str) -> String {
        self.project.as_ref().map_or_else(|| advice.to_owned(), |project| with_project(advice, project))
    }

    fn to_json(&self, problem: &Problem) -> Value {
        let hint = problem.hint.as_ref().map(|hint| self.fitting(hint));
        to_json(&Problem { hint, ..problem.clone() })
    }

    fn say(&self, code: &str, word: &str, problems: &[Problem]) {
        for lines in told(word, problems, self.verbose, &|hint| self.fitting(hint)) {
            match lines.as_str().strip_prefix(word) {
                Some(rest) if self.color => {
                    self.screen.lines(&format!("\u{1b}[1;{code}m{word}\u{1b}[0m{rest}"));
                }
                _ => self.lines(&lines),
            }
        }
    }

    /// One line for people.
    pub(super) fn line(&self, text: &str) {
        self.lines(&Lines::of(text));
    }

    /// Several lines for people.
    pub(super) fn lines(&self, lines: &Lines) {
        self.screen.lines(lines.as_str());
    }
}

/// A document on lines of its own. In strings alone there can be what steers a terminal or a runner of CI, and there it
/// has a way to be written.
fn json_text(document: &Value) -> String {
    let mut text = String::new();
    for c in format!("{document:#}\n").replace("##[", "#\\u0023[").chars() {
        if steers(c) && c != '\n' {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// The word for a kind of failure.
fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "usage",
        ErrorKind::Refused => "refused",
        ErrorKind::Packing => "packing",
        ErrorKind::Environment => "environment",
        ErrorKind::NotRun(_) => "notRun",
        ErrorKind::Interrupted(_) => "interrupted",
    }
}

/// A problem, as every document has it.
pub(super) fn to_json(problem: &Problem) -> Value {
    let mut object = json!({"message": problem.message, "hint": problem.hint});
    if !problem.details.is_empty() {
        object["details"] = json!(problem.details);
    }
    object
}

/// The commands that advice names and that work on a project.
const OF_A_PROJECT: [&str; 9] =
    ["prepare", "restore", "run", "status", "guard", "init", "doctor", "--restore", "--strip-overrides"];

/// Advice in which each call of the program says which project it is for.
fn with_project(advice: &str, project: &str) -> String {
    let mut parts = advice.split("docker-prep ");
    let mut fitted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let word = part.split(|c: char| !(c.is_ascii_alphabetic() || c == '-')).next().unwrap_or_default();
        let is_call = OF_A_PROJECT.contains(&word);
        fitted.push_str(&if is_call {
            format!("docker-prep -C {project} ")
        } else {
            "docker-prep ".to_owned()
        });
        fitted.push_str(part);
    }
    fitted
}

/// <https://bixense.com/clicolors/> and <https://no-color.org>: a flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then
/// whether the stream is a terminal that knows colour.
pub(super) fn use_color(asked: Color, is_terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto if set("CLICOLOR_FORCE") => true,
        Color::Auto => is_terminal && !is_dumb(),
    }
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn advice_names_the_project_that_the_call_named() {
        for (advice, fitted) in [
            ("put it back: docker-prep restore", "put it back: docker-prep -C notes restore"),
            (
                "`docker-prep run --force -- x` or docker-prep --strip-overrides.",
                "`docker-prep -C notes run --force -- x` or docker-prep -C notes --strip-overrides.",
            ),
            ("docker-prep -C x restore", "docker-prep -C x restore"),
            ("docker-prep did not make it", "docker-prep did not make it"),
            ("what docker-prep restored", "what docker-prep restored"),
            ("call it docker-prep ", "call it docker-prep "),
        ] {
            assert_eq!(with_project(advice, "notes"), fitted);
        }
    }

    proptest! {
        #[test]
        fn a_document_says_what_it_was_given_in_characters_that_steer_nothing(
            name in "(?s)[#\\[:\n\r\u{1b}\u{7f}-\u{9f}\u{2028}-\u{202e}a]{0,12}|.{0,8}",
        ) {
            let document = json!({"name": name, &name: [name]});
            let text = json_text(&document);
            prop_assert!(!text.chars().any(|c| steers(c) && c != '\n'), "{text:?}");
            prop_assert!(!text.contains("##["));
            prop_assert!(!text.lines().any(|line| line.trim_start().starts_with("::")));
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
        }
    }
}
