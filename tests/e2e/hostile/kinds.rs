//! A pipe, a socket, a device, a folder or a link that leads nowhere in the place of a file that some command reads: each
//! command ends by itself, and where it cannot go on it names the path.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::common::World;
use crate::common::product::product;
use crate::hostile::replaced::fifo;
use crate::hostile::{all, call};

/// What others may have put in place, from the world's root.
const PLACES: [&str; 27] = [
    "notes/docker-prep.toml",
    "notes/package.json",
    "notes/.npmrc",
    "notes/.gitignore",
    "notes/pnpm-workspace.yaml",
    "notes/pnpm-lock.yaml",
    "notes/package-lock.json",
    "notes/yarn.lock",
    "notes/.yarnrc.yml",
    "notes/compose.yaml",
    "notes/.env",
    "notes/docker-bake.hcl",
    "notes/.dockerignore",
    "notes/lefthook.yml",
    "notes/.pre-commit-config.yaml",
    "notes/.git/commondir",
    "notes/.git/hooks/pre-commit",
    "notes/backend/package.json",
    "notes/backend/package.json.bak",
    "notes/backend/.npmrc",
    "notes/backend/Dockerfile",
    "plat/package.json",
    "plat/.npmrc",
    "plat/pnpm-workspace.yaml",
    "plat/packages/errors/package.json",
    "notes/.git/info/exclude",
    "notes/.git/packed-refs",
];

/// What reads them. No registry is asked but one that is not there.
const COMMANDS: [&[&str]; 5] = [&["show"], &["prepare"], &["guard"], &["restore"], &["run", "--", "true"]];

type Make = fn(&Path);

const KINDS: [(&str, Make); 5] = [
    ("a FIFO", fifo),
    ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ("endless", |path| symlink("/dev/zero", path).unwrap()),
    ("a folder", |path| fs::create_dir(path).unwrap()),
    ("a link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
];

fn clear(path: &Path) {
    let _ =
        if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

#[test]
fn what_is_no_file_is_neither_waited_for_nor_read_without_end() {
    let cases: Vec<(String, (&str, &str, Make))> = PLACES
        .iter()
        .enumerate()
        .flat_map(|(number, place)| {
            // A pipe everywhere, and one of the other kinds.
            [KINDS[0], KINDS[1 + number % 4]]
                .map(|(kind, make)| (format!("{place} is {kind}"), (*place, kind, make)))
        })
        .collect();
    all(&cases, |(place, kind, make)| {
        let world = product();
        let path = world.path(place);
        clear(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        make(&path);
        // To wait is what pipes alone do; the others are all read by this one.
        let commands = if *kind == "a FIFO" { &COMMANDS[..] } else { &COMMANDS[1..2] };
        for words in commands {
            let run = call(&world, words);
            assert!(matches!(run.code, Some(0..=5)), "{words:?}: {run}");
            assert!(!run.stderr.contains("panicked"), "{words:?}: {run}");
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_git = place.contains("/.git/");
            assert!(run.code == Some(0) || is_git || run.stderr.contains(name), "{words:?}: {run}");
        }
    });
}

/// What is read of the machine and not of the project.
#[test]
fn a_pipe_that_the_environment_names_is_not_waited_for() {
    for (kind, make) in KINDS {
        let world = product();
        world.file("notes/backend/.npmrc", "@bytelyst:registry=http://127.0.0.1:1/\ncafile=../ca.pem\n");
        let summary = world.path("summary");
        make(&summary);
        make(&world.path("notes/ca.pem"));
        make(&world.home().join(".npmrc"));
        for words in [&["run", "--source", "auto", "--", "true"][..], &["show"]] {
            let run = run_with_summary(&world, words, &summary);
            assert!(matches!(run.code, Some(0 | 2 | 3 | 5)), "{kind}: {words:?}: {run}");
        }
        clear(&world.home().join(".npmrc"));
        clear(&world.path("notes/ca.pem"));
        world.file("notes/backend/.npmrc", "@bytelyst:registry=http://127.0.0.1:1/\n");
        let run = run_with_summary(&world, &["run", "--source", "auto", "--", "true"], &summary);
        assert_eq!(run.code, Some(0), "{kind}: {run}");
        assert!(run.stderr.contains("the job's summary"), "{kind}: {run}");
    }
}

fn run_with_summary(world: &World, words: &[&str], summary: &Path) -> crate::common::Run {
    super::call_with(world, words, |program| {
        program.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary);
    })
}
