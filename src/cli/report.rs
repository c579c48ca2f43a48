//! Everything that is printed: stdout is for data, stderr for people.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::args::{Color, Global};
use super::document::describe;
use super::screen::Screen;
use super::text::{count, count_of, packages_of, printable, seconds, size, table};
use crate::command::Event;
use crate::command::prepare::Plan;
use crate::command::{restore, run, strip};
use crate::error::{Error, Kind, Problem, io_cause, signal_name};
use crate::model::build::{Output, State};
use crate::model::diff;
use crate::model::ended::Ended;
use crate::model::journal::FileKind;
use crate::model::tarball::Tarball;
use crate::model::workspace::as_seen_from;

/// The version of every JSON document; it grows when a key changes its meaning or goes.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Prints as the flags say.
pub(super) struct Reporter {
    json: bool,
    quiet: bool,
    verbose: bool,
    color: bool,
    /// Whether somebody looks on.
    is_terminal: bool,
    screen: Screen,
    /// How many packages lay there already.
    unchanged: AtomicUsize,
    /// Why stdout did not take what was asked for.
    lost: Mutex<Option<io::Error>>,
}

impl Reporter {
    /// A reporter for the process's own streams.
    pub(super) fn new(global: &Global) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            color: use_color(global.color),
            is_terminal,
            screen: Screen::new(is_terminal && !global.quiet && !is_dumb()),
            unchanged: AtomicUsize::new(0),
            lost: Mutex::new(None),
        }
    }

    /// Something that happens while a command runs.
    pub(super) fn event(&self, event: Event<'_>) {
        match event {
            Event::Warning(problem) if !self.quiet => self.say("33", "warning", problem),
            Event::Notice(text) if !self.quiet => self.line(text),
            Event::Detail(text) => self.detail(text),
            Event::Packing(progress) => self.screen.progress(progress),
            // A terminal has shown how far it is.
            Event::Packed { tarball, unchanged } => {
                self.unchanged.fetch_add(usize::from(unchanged), Ordering::Relaxed);
                if !self.verbose && !self.keeps_a_log() {
                    return;
                }
                let word = if unchanged { "unchanged" } else { "packed" };
                self.line(&format!("{word} {}@{} as {}", tarball.name, tarball.version, tarball.filename));
            }
            // Those of a dry run are data.
            Event::Built(built) if built.state != State::Planned => self.tell(&built.line()),
            // The command of `run` begins behind it, and the document comes when that has ended.
            Event::Decided(decision) => self.tell(&decision.line()),
            // One document at the end has it all.
            Event::Prepared(plan) if !self.json => self.prepared_lines(plan),
            Event::Restored(outcome) if !self.json => outcome.lines().iter().for_each(|line| self.tell(line)),
            Event::Ended(ended) => self.ended(ended),
            _ => {}
        }
    }

    /// Whether stderr is read later, if at all.
    fn keeps_a_log(&self) -> bool {
        !self.is_terminal && !self.quiet && !self.json
    }

    /// Whether one JSON document is asked for.
    pub(super) fn wants_json(&self) -> bool {
        self.json
    }

    /// One thing that is wrong, also where only errors are to be said.
    pub(super) fn problem(&self, problem: &Problem) {
        self.say("31", "error", problem);
    }

    /// What is said to those who want to know more.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            self.line(text);
        }
    }

    /// What ended the command.
    pub(super) fn error(&self, error: &Error) {
        for problem in &error.problems {
            self.say("31", "error", problem);
        }
        self.failure(error);
    }

    /// The JSON document of a failure, where one is asked for.
    pub(super) fn failure(&self, error: &Error) {
        if self.json {
            let problems: Vec<Value> = error
                .problems
                .iter()
                .map(|problem| json!({"message": problem.message, "hint": problem.hint}))
                .collect();
            self.document(json!({"ok": false, "exitCode": error.kind.exit_code(), "errors": problems}));
        }
    }

    /// The end of `prepare`.
    pub(super) fn prepared(&self, plan: &Plan) {
        if self.json {
            let mut document = json!({"ok": true});
            describe(&mut document, plan, false);
            return self.document(document);
        }
        self.prepared_lines(plan);
        if !plan.rewrites.is_empty() {
            self.tell("next: docker compose build, then docker-prep restore");
        }
    }

    fn prepared_lines(&self, plan: &Plan) {
        if plan.source.is_registry() {
            return;
        }
        if plan.rewrites.is_empty() {
            return self.tell(&nothing_to_do(plan));
        }
        self.tell(&format!(
            "packed {} from {} into {}/ ({})",
            packages_of(&plan.tarballs),
            shown(plan),
            plan.deps_dir,
            self.summary(&plan.tarballs),
        ));
        if !plan.stale.is_empty() {
            self.tell(&format!("removed {}, no longer needed", count(plan.stale.len(), "tarball")));
        }
        for rewritten in &plan.rewrites {
            self.detail(&rewritten.described());
            let mut parts = vec![
                count_of(rewritten.dependencies, "dependency", "dependencies"),
                count(rewritten.overrides, "override"),
            ];
            if rewritten.peers > 0 {
                parts.push(count(rewritten.peers, "added peer"));
            }
            self.tell(&format!("rewrote {}: {}", rewritten.surface.manifest_name, parts.join(", ")));
            if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
                lockfile.lines().iter().for_each(|line| self.tell(line));
            }
        }
        // What is said of lockfiles says it.
        for file in plan.files.iter().filter(|file| file.kind != FileKind::Lockfile) {
            self.tell(&format!("wrote {}", file.name));
        }
    }

    /// `prepare --dry-run`, and that of `run` with its command.
    pub(super) fn planned(&self, plan: &Plan, command: Option<&[OsString]>) {
        if self.json {
            let mut document = json!({"ok": true, "dryRun": true});
            describe(&mut document, plan, true);
            if let Some(command) = command {
                document["command"] = words(command).into();
            }
            return self.document(document);
        }
        let mut out = String::new();
        if plan.source.is_registry() {
            // Said already.
        } else if plan.rewrites.is_empty() {
            self.tell(&nothing_to_do(plan));
        } else {
            let built = plan.built.iter().flatten().filter(|built| built.state == State::Planned);
            out.extend(built.map(|built| format!("{}\n", built.line())));
            out.push_str(&format!(
                "would pack {} from {} into {}/\n",
                packages_of(&plan.tarballs),
                shown(plan),
                plan.deps_dir
            ));
        }
        out.push_str(&table(&plan.tarballs));
        for name in &plan.stale {
            out.push_str(&format!("would remove {}/{name}\n", plan.deps_dir));
        }
        for rewritten in &plan.rewrites {
            out.push_str(&printable(&format!("{}\n", rewritten.described()), false));
            out.push_str(&format!("would rewrite {}\n", rewritten.surface.manifest_name));
            out.push_str(&diff::unified(
                &rewritten.surface.manifest_name,
                &rewritten.surface.text,
                &rewritten.text,
            ));
            if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
                out.extend(lockfile.lines().iter().map(|line| format!("{line}\n")));
            }
        }
        for file in &plan.files {
            out.push_str(&format!("would write {}\n{}", file.name, file.diff()));
        }
        if let Some(command) = command {
            out.push_str(&format!("would run {}\n", printable(&words(command).join(" "), false)));
        }
        self.data(&out);
    }

    /// Where builds print.
    pub(super) fn output_of_builds(&self) -> Output {
        if self.verbose { Output::Live } else { Output::Kept }
    }

    /// Where the command of `run` prints: with `--json` stdout is for our document.
    pub(super) fn stdout_of_command(&self) -> Stdio {
        if self.json { Stdio::from(io::stderr()) } else { Stdio::inherit() }
    }

    fn ended(&self, ended: Ended) {
        match ended {
            Ended::Exited(0) => {}
            Ended::Exited(code) => self.tell(&format!("the command ended with exit code {code}")),
            Ended::Killed(signal) => self.tell(&format!("the command was ended by {}", signal_name(signal))),
        }
    }

    /// The end of `run`.
    pub(super) fn ran(&self, command: &[OsString], outcome: &run::Outcome) {
        if !self.json {
            return;
        }
        let code = outcome.ended.exit_code();
        let mut document = json!({"ok": code == 0, "exitCode": code, "command": words(command)});
        if let Ended::Killed(signal) = outcome.ended {
            document["signal"] = signal_name(signal).into();
        }
        describe(&mut document, &outcome.plan, false);
        document["restored"] = outcome.restored.as_ref().map(restore::Outcome::to_json).into();
        self.document(document);
    }

    /// The end of `restore`.
    pub(super) fn restored(&self, outcome: &restore::Outcome) {
        if self.json {
            let mut document = outcome.to_json();
            document["ok"] = Value::Bool(true);
            return self.document(document);
        }
        for line in outcome.lines() {
            self.tell(&line);
        }
    }

    /// The end of `--strip-overrides`.
    pub(super) fn stripped(&self, outcome: &strip::Stripped) {
        if self.json {
            return self.document(json!({"ok": true, "stripped": outcome.manifests}));
        }
        if outcome.manifests.is_empty() {
            self.tell("nothing to strip: no manifest points into the deps dir");
        }
        for manifest in &outcome.manifests {
            self.tell(&format!("stripped {manifest}"));
        }
    }

    /// `status`.
    pub(super) fn status(&self, status: &crate::command::status::Status) {
        if self.json { self.document(status.to_json()) } else { self.data(&status.to_text()) }
    }

    /// The end of `pack`: an array as `npm pack --json` prints it, else the tarballs' paths.
    pub(super) fn packed(&self, out: &Path, tarballs: &[Tarball]) {
        if self.json {
            let objects: Vec<Value> = tarballs.iter().map(Tarball::to_json).collect();
            return self.data(&format!("{:#}\n", Value::Array(objects)));
        }
        if tarballs.is_empty() {
            return self.tell("nothing to pack");
        }
        let paths: String =
            tarballs.iter().map(|tarball| format!("{}\n", out.join(&tarball.filename).display())).collect();
        self.data(&paths);
        self.tell(&format!("packed {} ({})", count(tarballs.len(), "package"), self.summary(tarballs)));
    }

    /// Sizes, what was there already, and the time since the begin.
    fn summary(&self, tarballs: &[Tarball]) -> String {
        let bytes = tarballs.iter().map(|tarball| tarball.size).sum();
        let unchanged = match self.unchanged.load(Ordering::Relaxed) {
            0 => String::new(),
            unchanged => format!(", {unchanged} of them unchanged"),
        };
        format!("{}{unchanged}, {}", size(bytes), seconds(self.screen.elapsed()))
    }

    /// Prints the one document.
    pub(super) fn document(&self, mut document: Value) {
        if let Some(map) = document.as_object_mut() {
            map.shift_insert(0, "schemaVersion".to_owned(), json!(SCHEMA_VERSION));
        }
        self.data(&format!("{document:#}\n"));
    }

    /// A reader that has gone away is no error; a full disk is.
    pub(super) fn data(&self, text: &str) {
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
            Error::new(Kind::Environment, message)
                .hint("make room where the output goes, then type it again"),
        )
    }

    /// A line for people, unless they want none.
    pub(super) fn tell(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    fn say(&self, code: &str, word: &str, problem: &Problem) {
        let word = if self.color { format!("\u{1b}[1;{code}m{word}\u{1b}[0m") } else { word.to_owned() };
        let mut text = format!("{word}: {}", problem.message);
        if let Some(hint) = &problem.hint {
            for line in hint.lines() {
                text.push_str(&format!("\n  {line}"));
            }
        }
        self.line(&text);
    }

    pub(super) fn line(&self, text: &str) {
        self.screen.line(&printable(text, self.color));
    }
}

/// <https://bixense.com/clicolors/> and <https://no-color.org>: a flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then
/// whether it is a terminal that knows colour.
fn use_color(asked: Color) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto if set("CLICOLOR_FORCE") => true,
        Color::Auto => io::stderr().is_terminal() && !is_dumb(),
    }
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn nothing_to_do(plan: &Plan) -> String {
    format!(
        "nothing to do: no surface of {} needs a packed package in scope {}",
        plan.project.display(),
        plan.scope
    )
}

fn shown(plan: &Plan) -> String {
    as_seen_from(&plan.project, &plan.workspace)
}

fn words(command: &[OsString]) -> Vec<String> {
    command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}
