//! What is said without `--build`.

use std::fs;

use crate::build::scene::{Scene, script};
use crate::common::Run;

#[test]
fn without_build_it_is_said_what_was_built_from_other_sources() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    for name in ["a", "b"] {
        world.file(format!("plat/packages/{name}/dist/index.js"), "");
    }
    assert_eq!(scene.warned(), "", "nothing is known");
    scene.built();
    assert_eq!(scene.warned(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.warned(), "@bytelyst/b: built from other sources than those that lie there");
    world.file("plat/packages/b/dist/index.js", "// by hand\n");
    assert_eq!(scene.warned(), "", "somebody has built it since, from who knows what");
    world.file("plat/packages/b/src/index.js", "// b\n");
    let changed = "@bytelyst/b: is not what its last --build left, though its sources are the same";
    assert_eq!(scene.warned(), changed);
    world.file("plat/packages/b/dist/index.js", "// b\n");
    assert_eq!(scene.warned(), "");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    let both = "@bytelyst/a, @bytelyst/b: built from other sources than those that lie there";
    assert_eq!(scene.warned(), both);
}

/// `a` has no build script, `b` is built of it, and `c` of that.
fn of_plain_sources() -> Scene {
    let scene = Scene::new(&[
        ("a", ""),
        ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#),
        ("c", r#""dependencies": {"@bytelyst/b": "workspace:*"}"#),
    ]);
    scene.package("a", "", r#""license": "MIT""#);
    scene.world.file("plat/packages/a/dist/index.js", "").git("plat", &["commit", "-qam", "a"]);
    assert_eq!(scene.built(), "b c");
    assert_eq!(scene.warned(), "");
    scene
}

#[test]
fn what_was_built_of_something_that_is_not_built_or_no_longer_known_is_warned_of() {
    let scene = of_plain_sources();
    let stale = "@bytelyst/b, @bytelyst/c: built from other sources than those that lie there";
    scene.world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.warned(), stale);
    scene.world.file("plat/packages/a/src/index.js", "// a\n");
    assert_eq!(scene.warned(), "");
    // A build that failed left no record.
    scene.package("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#, &script("process.exit(1)"));
    scene.call(&["pack", "--build", "--out", "../out"]).exits(4);
    let stale = "@bytelyst/c: built from other sources than those that lie there";
    assert_eq!(scene.warned(), stale);
    // Nobody can tell what in a committed dist is a source.
    let world = &scene.world;
    world.git("plat", &["checkout", "--quiet", "packages/b/package.json"]);
    world.git("plat", &["add", "--force", "packages/b/dist/index.js"]);
    assert_eq!(scene.warned(), "", "not known is not warned of");
}

/// What a call without `--build` asks of the system: how often it starts git for more than to find the project, asks for
/// the state of a source, and opens that source.
#[cfg(target_os = "linux")]
fn asked(scene: &Scene, source: &str) -> (usize, usize, usize) {
    let log = scene.world.beside("trace");
    let mut strace = scene.world.command("strace");
    strace.args(["-f", "-qq", "-e", "trace=execve,openat,statx", "-o"]).arg(&log);
    strace.arg(env!("CARGO_BIN_EXE_docker-prep")).args(["pack", "--out", "../out"]);
    Run::from(strace.current_dir(scene.world.path("notes")).output().expect("strace runs")).exits(0);
    let text = fs::read_to_string(log).unwrap();
    let lines = |call: &str, word: &str| {
        text.lines().filter(|line| line.contains(call) && line.contains(word)).count()
    };
    // Where the project lies, and which of its files may define image builds.
    let finds_project =
        |line: &&str| line.contains("\"rev-parse\"") || line.contains("\"ls-files\", \"-z\"]");
    let git = text.lines().filter(|line| line.contains("execve(") && line.contains("/git\""));
    let git = git.filter(|line| line.ends_with("= 0") && !finds_project(line)).count();
    (git, lines("statx(", source), lines("openat(", source))
}

#[test]
#[cfg(target_os = "linux")]
fn an_unchanged_file_is_asked_for_its_state_once_and_not_at_all_where_nothing_was_built() {
    let scene = of_plain_sources();
    let path = "plat/packages/b/src/source.js";
    scene.world.file(path, "// b\n");
    assert_eq!(scene.built(), "b c");
    assert_eq!(asked(&scene, "source.js\""), (0, 1, 0));
    let file = fs::File::open(scene.world.path(path)).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(asked(&scene, "source.js\"").0 > 0, "git says what it is");
    assert_eq!(asked(&scene, "source.js\""), (0, 1, 0), "what it is was remembered");
    scene.call(&["cache", "clear"]).exits(0);
    assert_eq!(asked(&scene, "source.js\""), (0, 0, 0));
}
