//! The command's streams are its own.

use std::io::Write as _;
use std::process::Stdio;

use crate::run::scene::Scene;

/// Every byte, and lines that could be taken for ours.
fn blob() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.extend(b"error: no\n\x1b[31m\r\n\0");
    bytes.repeat(300)
}

#[test]
fn what_it_prints_goes_through_to_the_byte() {
    let scene = Scene::new();
    scene.world.file("blob", blob());
    let script = "cat ../blob; cat ../blob ../blob >&2";
    let quiet = scene.program(&["--quiet", "run"], &["sh", "-c", script]).output().unwrap();
    assert_eq!(quiet.status.code(), Some(0));
    assert!(quiet.stdout == blob(), "stdout is the command's");
    assert!(quiet.stderr == blob().repeat(2), "stderr is the command's where we say nothing");
    let told = scene.program(&["--verbose", "run"], &["sh", "-c", script]).output().unwrap();
    assert!(told.stdout == blob(), "what we say never goes to stdout");
    let (begin, end) = (b"rewrote backend/package.json", b"restored backend/package.json");
    let stderr = &told.stderr;
    let at = |words: &[u8]| stderr.windows(words.len()).position(|window| window == words).unwrap();
    let between = &stderr[at(begin)..at(end)];
    assert!(between.windows(2 * blob().len()).any(|window| window == blob().repeat(2)));
    scene.is_restored();
}

#[test]
fn what_it_reads_goes_through_to_the_byte() {
    let scene = Scene::new();
    let mut program = scene.program(&["run"], &["cat"]);
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(&blob()));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == blob());
    scene.is_restored();
}

#[test]
fn with_json_there_is_one_document_and_its_output_goes_to_stderr() {
    let scene = Scene::new();
    let run = scene.run(&["--json", "run"], &["sh", "-c", "echo out; echo err >&2; exit 9"]).exits(9);
    let json = run.json();
    assert_eq!((json["schemaVersion"].as_u64(), json["ok"].as_bool()), (Some(1), Some(false)), "{run}");
    assert_eq!((json["exitCode"].as_u64(), json["command"][0].as_str()), (Some(9), Some("sh")), "{run}");
    assert_eq!(json["packages"].as_array().unwrap().len(), 5, "{run}");
    assert_eq!(json["surfaces"][0]["manifest"], "backend/package.json", "{run}");
    assert_eq!(json["restored"]["files"][0]["source"], "backup", "{run}");
    assert!(run.stderr.contains("out\nerr\n"), "{run}");
    let run = scene.run(&["--json", "--quiet", "run"], &["sh", "-c", "echo out; kill -TERM $$"]).exits(143);
    assert_eq!((&*run.stderr, &run.json()["signal"]), ("out\n", &"SIGTERM".into()), "{run}");
    scene.is_restored();
}

#[test]
fn with_json_a_failure_is_one_document_too() {
    let scene = Scene::new();
    let run = scene.run(&["--json", "run"], &["no-such-command"]).exits(127);
    assert_eq!((run.json()["ok"].as_bool(), run.json()["exitCode"].as_u64()), (Some(false), Some(127)));
    let run = scene.run(&["--json", "run"], &["sh", "-c", "echo nonsense >backend/package.json"]).exits(3);
    assert_eq!(run.json()["exitCode"].as_u64(), Some(3), "{run}");
    let run = scene.run(&["--json", "run"], &["true"]).exits(3);
    assert_eq!(run.json()["exitCode"].as_u64(), Some(3), "{run}");
    scene.world.run_in("notes", ["restore", "--force"]).exits(0);
}

#[test]
fn a_dry_run_names_the_command_and_does_not_run_it() {
    let scene = Scene::new();
    let before = scene.world.snapshot();
    let run = scene.run(&["run", "--dry-run"], &["touch", "../was-run"]).exits(0);
    assert!(run.stdout.contains("would run touch ../was-run"), "{run}");
    assert!(run.stdout.contains("would rewrite backend/package.json"), "{run}");
    let run = scene.run(&["--json", "run", "--dry-run"], &["touch", "../was-run"]).exits(0);
    assert_eq!(
        (run.json()["dryRun"].as_bool(), run.json()["command"][0].as_str()),
        (Some(true), Some("touch"))
    );
    before.assert_same(&scene.world.snapshot());
}
