//! What fails before the command begins: it is told from the command's own end, and nothing of the command has run.

use std::fs;

use super::place::{Caller, Place, is_root, mounts};
use crate::common::{Run, Snapshot};

/// Fails or kills each call that the helper makes to have its mounts, in turn.
#[test]
fn a_helper_that_fails_or_is_killed_has_begun_nothing() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let _ = place.helper_words(&["true"]);
        let before = Snapshot::of(&place.world.path("project"));
        let mounted = mounts();
        let mut steps = std::collections::BTreeSet::new();
        let mut failed = 0;
        for call in ["unshare", "mount", "chdir", "getcwd", "prctl", "capset", "write", "execve"] {
            for fault in ["error=EPERM", "error=EIO", "signal=KILL"] {
                // The first program is begun by strace; one right is given up as the other.
                let first = if call == "execve" { 2 } else { 1 };
                for number in (first..).step_by(if call == "prctl" { 13 } else { 1 }) {
                    let [program, words @ ..] = place.helper_words(&["sh", "-c", "mkdir ran"]);
                    let mut strace = place.as_caller("strace");
                    let inject = format!("inject={call}:{fault}:when={number}");
                    let trace = format!("trace={call}");
                    strace.args(["-qq", "-e", &trace, "-e", &inject]).arg(program).args(words);
                    let run = Run::from(strace.output().expect("strace runs"));
                    if !run.stderr.contains("(INJECTED)") && !run.stderr.contains("+++ killed by SIGKILL +++")
                    {
                        assert_eq!(run.code, Some(0), "{caller:?} {inject}: {run}");
                        assert!(place.world.exists("project/ran"), "{caller:?} {inject}: {run}");
                        place.world.remove("project/ran");
                        break;
                    }
                    let progress = place.progress();
                    assert_eq!(mounts(), mounted);
                    if progress == "begun" {
                        // It failed as it was begun, or was not needed.
                        let _ = fs::remove_dir(place.world.path("project/ran"));
                    } else {
                        failed += 1;
                        assert!(!place.world.exists("project/ran"), "{caller:?} {inject} {progress}: {run}");
                        if !fault.starts_with("signal") {
                            assert_eq!(run.code, Some(5), "{caller:?} {inject} {progress}: {run}");
                        }
                        steps.extend(progress.split(' ').nth(1).map(str::to_owned));
                    }
                    before
                        .clone()
                        .without_folder_times()
                        .assert_same(&Snapshot::of(&place.world.path("project")).without_folder_times());
                }
            }
        }
        for step in ["unshare", "propagation", "bind", "folder"] {
            assert!(
                caller == Caller::Own && step == "unshare" || steps.contains(step),
                "{steps:?} lacks {step}"
            );
        }
        if caller != Caller::Own {
            assert!(steps.contains("identity") && steps.contains("rights"), "{steps:?}");
        }
        assert!(failed > 20, "{failed}");
    }
}

#[test]
fn what_it_cannot_be_told_by_is_no_command() {
    let place = Place::new(Caller::all()[0]);
    let [program, words @ ..] = place.helper_words(&["sh", "-c", "mkdir ran"]);
    let told = fs::read(&words[1]).unwrap();
    for length in [0, 1, 127, 128, 129, told.len() / 2, told.len() - 1] {
        fs::write(&words[1], &told[..length]).unwrap();
        let run = Run::from(place.as_caller(&program).args(&words).output().unwrap()).exits(5);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
        assert_eq!(place.progress(), "failed instructions 0 22", "{length}");
    }
    for path in ["missing", "."] {
        Run::from(place.as_caller(&program).arg(&words[0]).arg(path).output().unwrap()).exits(5);
    }
    assert!(!place.world.exists("project/ran"));
}

#[test]
fn whether_it_can_be_is_tried() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let expected = if caller == Caller::Own { "mounts" } else { "user and mounts" };
        let mounted = mounts();
        let run =
            Run::from(place.as_caller(place.program()).arg("__in-namespace").output().unwrap()).exits(0);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
        assert_eq!(mounts(), mounted);
    }
    let no_more = "for kind in user mnt; do echo 0 >/proc/sys/user/max_${kind}_namespaces; done; exec \"$@\"";
    for (prefix, said) in [
        // Somebody whom the user namespace does not know: he may make no other.
        (&["--user"][..], "failed unshare 0 1"),
        (&["--user", "--map-root-user", "sh", "-c", no_more, "sh"], "failed unshare 0 28"),
    ] {
        let place = Place::new(if is_root() { Caller::User } else { Caller::Own });
        let mut unshare = place.as_caller("unshare");
        unshare.args(prefix).arg(place.program()).arg("__in-namespace");
        let run = Run::from(unshare.output().unwrap()).exits(5);
        assert_eq!(run.stdout.trim_end(), said);
    }
}

#[test]
fn no_page_tells_of_the_helper() {
    let place = Place::new(Caller::all()[0]);
    for words in
        [&["help"][..], &["help", "run"], &["completions", "bash"], &["completions", "zsh"], &["man"]]
    {
        let run = place.world.run(words).exits(0);
        assert!(!run.stdout.contains("in-namespace"), "{words:?}");
    }
    // Where it is not the first word it means nothing.
    let run = place.world.run(["-q", "__in-namespace"]).exits(2);
    assert!(run.stderr.contains("__in-namespace"), "{run}");
}
