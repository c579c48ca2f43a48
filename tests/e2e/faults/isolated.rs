//! An isolated run that is killed, or fails, at any call that changes the disk: the project was not touched, nothing is to be
//! restored, and the next one makes the tree right.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, place, shim};
use crate::faults::parallel::in_parallel;
use crate::faults::trace::{self, Call, Fault};
use crate::faults::world::{Fixture, STATE, Tree};

const BUILD: [&str; 7] = ["run", "--isolated", "--", "docker", "build", "--file=backend/Dockerfile", "."];

/// The files of the tree that a build takes, with their bytes.
fn files(tree: &Tree) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tree.root().join(STATE).join("isolated/build");
    let entries = walkdir::WalkDir::new(&folder).into_iter().map(|entry| entry.expect("it can be read"));
    let files = entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let name = |path: &Path| path.strip_prefix(&folder).expect("below").to_owned();
    files
        .filter(|path| !name(path).starts_with(".git"))
        .map(|path| (name(&path), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn no_instant_of_an_isolated_run_touches_the_project() {
    trace::require_strace();
    let fixture = Fixture::new();
    let bin = place::temporary();
    shim::program_at(&bin.path().join("docker"), "");
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").expect("a path"));
    let program = |tree: &Tree| -> Command {
        let mut program = fixture.program(tree, &BUILD);
        program.env("PATH", &path);
        program
    };
    let tree = fixture.copy_of(&fixture.clean);
    let (calls, run) = trace::record(&program(&tree));
    run.exits(0);
    let whole = files(&tree);
    assert!(whole.len() > 5, "{:?}", whole.keys());
    let points: Vec<Call> = calls.into_iter().filter(Call::changes_disk).collect();
    assert!(points.len() > 80, "only {} points were recorded", points.len());
    // Each is killed, and every fourth fails too.
    let kills = points.iter().map(|call| (call, Fault::Kill));
    let failures = points.iter().step_by(4).map(|call| (call, Fault::Errno("ENOSPC")));
    let cases: Vec<(&Call, Fault)> = kills.chain(failures).collect();
    let wrong = in_parallel(&cases, |(call, fault)| {
        let tree = fixture.copy_of(&fixture.clean);
        let run = trace::inject(&program(&tree), &call.name, call.ordinal, *fault);
        let mut wrong = fixture.changed(&tree, &[STATE]);
        wrong.extend(fixture.git_status(&tree));
        if run.stderr.contains("panicked") || matches!(fault, Fault::Errno(_)) && run.code.is_none() {
            wrong.push("it ended by itself".to_owned());
        }
        let again = Run::from(program(&tree).output().expect("docker-prep runs"));
        if again.code != Some(0) {
            wrong.push(format!("the next one: {again}"));
        } else if files(&tree) != whole {
            wrong.push("the tree of the next one is another".to_owned());
        }
        let clean = fixture.run(&tree, &["restore", "--clean"]);
        if clean.code != Some(0) || tree.root().join(STATE).exists() {
            wrong.push(format!("restore --clean: {clean}"));
        }
        if !wrong.is_empty() {
            wrong.insert(0, format!("{fault:?} at {} {} {:?}\n{run}", call.name, call.ordinal, call.paths));
        }
        wrong
    });
    println!("{} points, {} runs", points.len(), cases.len());
    let wrong: Vec<String> =
        wrong.into_iter().filter(|wrong| !wrong.is_empty()).map(|wrong| wrong.join("\n")).collect();
    let some = &wrong[..wrong.len().min(10)];
    assert!(wrong.is_empty(), "{} runs went wrong:\n\n{}", wrong.len(), some.join("\n\n"));
}
