//! What the command may do: what it may without a namespace, and nothing of what a namespace brings.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::process::{Command, Stdio};

use super::place::{Caller, GROUP, Place, is_root};
use crate::common::Run;

/// What the kernel says of a process, of which these lines have a value that is no chance.
fn status(text: &str) -> Vec<(String, String)> {
    let names = [
        "Umask",
        "Uid",
        "Gid",
        "Threads",
        "SigPnd",
        "ShdPnd",
        "SigBlk",
        "SigIgn",
        "SigCgt",
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
        "Seccomp",
        "Cpus_allowed",
    ];
    let lines = text.lines().filter_map(|line| line.split_once(":\t"));
    let known: Vec<_> = lines
        .filter(|(name, _)| names.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(known.len(), names.len(), "{text}");
    known
}

fn output(command: &mut Command) -> String {
    Run::from(command.output().expect("it runs")).exits(0).stdout
}

#[test]
fn a_command_is_what_it_is_without_but_for_rights() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let expected: Vec<_> = status(&output(place.as_caller("cat").arg("/proc/self/status")))
            .into_iter()
            .map(|(name, value)| match caller {
                Caller::User | Caller::BareRoot if name.starts_with("Cap") => (name, "0".repeat(16)),
                _ => (name, value),
            })
            .collect();
        assert_eq!(status(&output(&mut place.helper(&["cat", "/proc/self/status"]))), expected, "{caller:?}");
        let environment = output(&mut place.as_caller("env"));
        assert_eq!(output(&mut place.helper(&["env"])), environment);
        // Nothing that the helper has opened.
        let open = "for file in /proc/$$/fd/*; do echo \"${file##*/}\"; done";
        let known = output(place.as_caller("sh").args(["-c", open]));
        assert_eq!(output(&mut place.helper(&["sh", "-c", open])), known);
        assert_eq!(
            place.sh("id -ru; id -rg").stdout,
            output(place.as_caller("sh").args(["-c", "id -ru; id -rg"]))
        );
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored_and_no_other_is() {
    let place = Place::new(Caller::all()[0]);
    let ignored = |prefix: &str, words: &[OsString]| {
        let mut sh = place.as_caller("sh");
        sh.arg("-c").arg(format!("{prefix} exec \"$@\"")).arg("sh").args(words);
        status(&output(&mut sh)).into_iter().find(|(name, _)| name == "SigIgn").unwrap().1
    };
    let cat = ["cat", "/proc/self/status"];
    for prefix in ["", "trap '' HUP INT TERM;"] {
        let expected = ignored(prefix, &cat.map(OsString::from));
        assert_eq!(ignored(prefix, &place.helper_words(&cat)), expected);
    }
    assert_ne!(ignored("", &place.helper_words(&cat)), ignored("trap '' HUP;", &place.helper_words(&cat)));
}

#[test]
fn it_is_the_helpers_own_process() {
    let place = Place::new(Caller::all()[0]);
    let child = place.helper(&["sh", "-c", "echo $$"]).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    assert_eq!(Run::from(child.wait_with_output().unwrap()).stdout, format!("{id}\n"));
}

#[test]
fn groups_give_the_access_that_they_gave() {
    if !is_root() {
        return;
    }
    let place = Place::new(Caller::User);
    let helper = place.helper_words(&["cat", "../of-the-group"]);
    fs::write(place.world.path("of-the-group"), "socket").unwrap();
    chown(place.world.path("of-the-group"), Some(0), Some(GROUP)).unwrap();
    place.world.mode("of-the-group", 0o640);
    assert_eq!(output(place.as_caller(&helper[0]).args(&helper[1..])), "socket");
}

#[test]
fn a_command_without_rights_cannot_take_away_what_covers() {
    for caller in Caller::all().into_iter().filter(|caller| *caller != Caller::Own) {
        let place = Place::new(caller);
        for try_it in
            ["umount package.json", "mount --bind ../ours deps", "mount -t tmpfs tmpfs deps", "chroot / true"]
        {
            assert_ne!(place.sh(try_it).code, Some(0), "{caller:?}: {try_it}");
        }
    }
    // He may make namespaces of his own, as without; there, too, what covers stays.
    let inside = "umount package.json 2>/dev/null || cat package.json";
    let run = Place::new(Caller::User)
        .sh(&format!("unshare --user --map-root-user --mount sh -c '{inside}'"))
        .exits(0);
    assert_eq!(run.stdout, "rewritten", "{run}");
}
