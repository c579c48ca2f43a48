//! Builds that fail, are ended, or cannot begin.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::build::scene::{BUILD, Scene, script};
use crate::common::{Run, Snapshot};

#[test]
fn a_build_that_fails_ends_it_before_anything_is_touched() {
    let scene = Scene::new(&[("a", "")]);
    let world = &scene.world;
    let code = "fs.mkdirSync('dist',{recursive:true});console.log('one');console.error('no such thing');process.exit(3)";
    scene.package("a", "", &script(code));
    scene.package(
        "b",
        r#""dependencies": {"@bytelyst/a": "workspace:*"}"#,
        &script(&BUILD.replace("NAME", "b")),
    );
    world.file(
        "notes/backend/package.json",
        r#"{"name": "backend", "dependencies": {"@bytelyst/b": "^1.0.0"}}"#,
    );
    let before = Snapshot::of(&world.path("notes")).without(&[".git"]);
    let run = scene.call(&["prepare", "--build"]).exits(4);
    for word in ["@bytelyst/a: `pnpm run build` in ", "exit code 3", "one\n", "no such thing", "cd /"] {
        assert!(run.stderr.contains(word), "{word} in {run}");
    }
    before.assert_same(&Snapshot::of(&world.path("notes")).without(&[".git"]));
    assert_eq!(scene.runs(), "", "what needs it was not begun");
    let run = scene.call(&["prepare", "--build", "-v"]).exits(4);
    assert!(run.stderr.contains("no such thing"), "live: {run}");
    scene.package("a", "", &script(&BUILD.replace("NAME", "a")));
    assert_eq!(scene.built(), "a b");
}

#[test]
fn a_signal_reaches_the_builds() {
    let scene = Scene::new(&[("a", "")]);
    let fifo = scene.world.beside("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let code = "const to=fs.openSync(process.env.FIFO,'w');fs.writeSync(to,'here');setInterval(()=>{},1000)";
    scene.package("a", "", &script(code));
    let before = Snapshot::of(&scene.world.path("notes")).without(&[".git"]);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut program = scene.program(&["prepare", "--build"]);
        let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut from = fs::File::open(&fifo).unwrap();
        let mut here = [0; 4];
        from.read_exact(&mut here).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let run = Run::from(child.wait_with_output().unwrap()).exits(code);
        assert!(run.stderr.contains("stopped by SIG"), "{run}");
        // Whoever could write has ended, else this would wait.
        assert_eq!(from.read(&mut here).unwrap(), 0);
        before.assert_same(&Snapshot::of(&scene.world.path("notes")).without(&[".git"]));
    }
}

#[test]
fn what_cannot_build_says_what_is_missing() {
    let scene = Scene::new(&[("a", r#""devDependencies": {"x": "^1.0.0"}"#)]);
    scene.world.remove("plat/node_modules");
    let run = scene.call(&["prepare", "--build"]).exits(5);
    assert!(run.stderr.contains("node_modules") && run.stderr.contains("plat && pnpm install"), "{run}");
    assert_eq!(scene.call(&["prepare", "--build", "--dry-run"]).exits(5).stderr, run.stderr);
    assert_eq!(scene.runs(), "");
}
