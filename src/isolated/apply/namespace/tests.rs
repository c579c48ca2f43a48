//! Commands in namespaces, begun by this very test program.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{NamespaceCall, become_command};
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Result};
use crate::isolated::namespace::{Binding, CannotBindCause, Changes, HELPER, Written};
use crate::isolated::read::Watched;
use crate::process::{Ended, child};

/// The helper process of the other tests. By itself it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the exit code is the answer, and nothing is left to drop")]
fn child_that_is_the_helper() {
    let words = std::env::args_os().skip_while(|word| word != HELPER);
    if become_command(std::iter::once(OsString::new()).chain(words)).is_some() {
        std::process::exit(ErrorKind::Environment.exit_code().into());
    }
}

/// Whether a test has been run by root of a user namespace, where this is not root: a test program has threads, and a
/// user namespace is for a process that has one.
fn is_run_by_root(test: &str) -> bool {
    if rustix::process::geteuid().is_root() {
        return false;
    }
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("isolated::apply::namespace::tests::{test}")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "it takes the right to mount (root, or user namespaces): {said}{why}");
    true
}

/// A project's folder, what covers its files, and the file that the helper is told by.
struct Place {
    temp: TempDir,
    bindings: Vec<Binding>,
}

impl Place {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        for folder in ["project/deps", "ours/deps"] {
            fs::create_dir_all(temp.path().join(folder)).unwrap();
        }
        let mut place = Self { temp, bindings: Vec::new() };
        for (name, theirs, ours) in
            [("package.json", "original", "rewritten"), ("deps/b.tgz", "old", "new tarball")]
        {
            fs::write(place.path("project").join(name), theirs).unwrap();
            fs::write(place.path("ours").join(name), ours).unwrap();
        }
        for name in ["package.json", "deps"] {
            let (source, target) = (place.path("ours").join(name), place.path("project").join(name));
            place.bindings.push(Binding { source, target });
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What came of a command.
    fn run(&self, words: &[&str]) -> (Result<Ended>, Changes) {
        let watched = Watched::look(&self.bindings).unwrap();
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let call = NamespaceCall::new(self.bindings.clone(), &self.path("told"), &words).unwrap();
        assert!(self.path("told").exists());
        let folder = self.path("project");
        let ended = child::run(&call.words(), &folder, &[], Stdio::null(), &CancelToken::new());
        let ended = call.end(ended);
        assert!(!self.path("told").exists());
        (ended, watched.compare().unwrap())
    }

    fn script(&self, script: &str) -> (Result<Ended>, Changes) {
        self.run(&["sh", "-euc", script])
    }
}

#[test]
fn a_command_sees_what_covers_and_others_do_not() {
    if is_run_by_root("a_command_sees_what_covers_and_others_do_not") {
        return;
    }
    let place = Place::new();
    let (ended, changes) = place.script(
        "cat package.json deps/b.tgz >../seen; test \"$PWD/package.json\" -ef ../ours/package.json; exit 7",
    );
    assert_eq!(ended, Ok(Ended::Exited(7)));
    assert_eq!(changes, Changes::default());
    assert_eq!(place.text("seen"), "rewrittennew tarball");
    assert_eq!(place.text("project/package.json"), "original");
    assert_eq!(place.text("project/deps/b.tgz"), "old");
}

#[test]
fn how_it_ended_is_passed_on() {
    if is_run_by_root("how_it_ended_is_passed_on") {
        return;
    }
    let place = Place::new();
    assert_eq!(place.script("kill -TERM $$").0, Ok(Ended::Killed(15)));
    // What the helper would end with.
    assert_eq!(place.script("exit 5").0, Ok(Ended::Exited(5)));
    // The command may take away what the helper was told by.
    assert_eq!(place.script("rm ../told; : >../told; exit 5").0, Ok(Ended::Exited(5)));
}

#[test]
fn a_command_that_is_none_is_as_without_a_namespace() {
    if is_run_by_root("a_command_that_is_none_is_as_without_a_namespace") {
        return;
    }
    let place = Place::new();
    fs::write(place.path("project/text"), "no program").unwrap();
    for (word, kind) in [("./no-such-command", ErrorKind::NotRun(127)), ("./text", ErrorKind::NotRun(126))] {
        let error = place.run(&[word]).0.unwrap_err();
        assert_eq!(error.kind(), kind, "{word}: {error}");
        let without =
            child::run(&[word.into()], &place.path("project"), &[], Stdio::null(), &CancelToken::new())
                .unwrap_err();
        assert_eq!(error, without);
    }
}

#[test]
fn what_fails_before_it_begins_is_told_from_what_it_does() {
    if is_run_by_root("what_fails_before_it_begins_is_told_from_what_it_does") {
        return;
    }
    let mut place = Place::new();
    let watched = Watched::look(&place.bindings).unwrap();
    let call = |place: &Place| {
        let words = ["sh", "-c", ": >../ran"].map(OsString::from);
        let call = NamespaceCall::new(place.bindings.clone(), &place.path("told"), &words).unwrap();
        let folder = place.path("project");
        let ended = child::run(&call.words(), &folder, &[], Stdio::null(), &CancelToken::new());
        call.end(ended)
    };
    fs::remove_file(place.path("project/package.json")).unwrap();
    let error = call(&place).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Environment);
    let shown = place.path("project/package.json");
    assert_eq!(
        error.to_string(),
        format!(
            "{}: cannot be covered by a mount: no such file or directory; the command was not begun",
            shown.display()
        )
    );
    assert_eq!(watched.compare().unwrap().replaced, [shown]);
    // What it is told cannot be read.
    place.bindings.clear();
    let words = ["sh".into()];
    let told = NamespaceCall::new(Vec::new(), &place.path("told"), &words).unwrap();
    fs::remove_file(place.path("told")).unwrap();
    let ended = child::run(&told.words(), &place.path("project"), &[], Stdio::null(), &CancelToken::new());
    let error = told.end(ended).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Environment);
    assert!(error.to_string().contains("before it began the command, with exit code 5"), "{error}");
    assert!(!place.path("ran").exists());
}

#[test]
fn what_it_writes_and_what_is_replaced_meanwhile_is_seen() {
    if is_run_by_root("what_it_writes_and_what_is_replaced_meanwhile_is_seen") {
        return;
    }
    let place = Place::new();
    let target = place.path("project/package.json");
    let (ended, changes) = place.script("echo more >>package.json; echo 1 >deps/c.tgz");
    assert_eq!(ended, Ok(Ended::Exited(0)));
    let written =
        Written { target: target.clone(), before: b"rewritten".to_vec(), after: b"rewrittenmore\n".to_vec() };
    assert_eq!(changes, Changes { replaced: Vec::new(), written: vec![written] });
    assert_eq!(place.text("project/package.json"), "original");
    assert_eq!(place.text("ours/deps/c.tgz"), "1\n");
    // It cannot be replaced from inside.
    let (ended, changes) = place.script("echo other >x; mv x package.json 2>../why");
    assert_eq!(ended, Ok(Ended::Exited(1)));
    assert_eq!(changes, Changes::default());
    assert!(place.text("why").contains("Device or resource busy"), "{}", place.text("why"));
    // It can from outside, also where the other file gets the number that the first one had.
    for replace in
        ["mv other package.json", "rm package.json; cp other package.json", "mv deps x; mkdir deps"]
    {
        let place = Place::new();
        fs::write(place.path("project/other"), "other").unwrap();
        let watched = Watched::look(&place.bindings).unwrap();
        assert_eq!(watched.compare().unwrap(), Changes::default());
        let done =
            Command::new("sh").args(["-euc", replace]).current_dir(place.path("project")).status().unwrap();
        assert!(done.success());
        let replaced = if replace.contains("deps") { "project/deps" } else { "project/package.json" };
        assert_eq!(watched.compare().unwrap().replaced, [place.path(replaced)], "{replace}");
    }
}

#[test]
fn what_cannot_be_covered_is_named() {
    let place = Place::new();
    let cause = |source: &str, target: &str| {
        let binding = Binding { source: place.path(source), target: place.path(target) };
        Watched::look(std::slice::from_ref(&binding)).err().map(|error| {
            assert_eq!(error.target, binding.target);
            error.cause
        })
    };
    std::os::unix::fs::symlink("nowhere", place.path("project/link")).unwrap();
    std::os::unix::fs::symlink("package.json", place.path("project/good")).unwrap();
    assert_eq!(cause("ours/package.json", "project/new.json"), Some(CannotBindCause::Missing));
    assert_eq!(cause("ours/package.json", "project/package.json/x"), Some(CannotBindCause::Missing));
    assert_eq!(cause("ours/package.json", "project/link"), Some(CannotBindCause::Missing));
    assert_eq!(cause("ours/package.json", "project/good"), None);
    assert_eq!(cause("ours/package.json", "project/deps"), Some(CannotBindCause::OtherKind));
    assert_eq!(cause("ours/deps", "project/package.json"), Some(CannotBindCause::OtherKind));
    assert_eq!(cause("ours/deps", "/dev/null"), Some(CannotBindCause::OtherKind));
    assert!(matches!(cause("ours/none", "project/deps"), Some(CannotBindCause::Unreadable(_))));
}
