//! `--build` through the binary, with the real pnpm and npm: what is built, in which order, and what is left alone.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program"
)]

#[path = "common/mod.rs"]
mod common;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Run, World};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A workspace `plat` of packages that note their builds, and a product `notes` that needs some of them.
struct Scene {
    world: World,
}

/// Notes the run beside the world, and makes `dist/index.js` of `src/index.js`.
const BUILD: &str = "fs.appendFileSync(process.env.RUNS,'NAME ');fs.mkdirSync('dist',{recursive:true});\
                     fs.copyFileSync('src/index.js','dist/index.js')";

/// A script of a manifest.
fn script(code: &str) -> String {
    format!(r#""scripts": {{"build": "node -e \"const fs=require('fs');{code}\""}}"#)
}

impl Scene {
    /// Packages, each with what its manifest says besides; the product needs all of them.
    fn new(packages: &[(&str, &str)]) -> Self {
        let scene = Self { world: World::new() };
        let world = &scene.world;
        world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
        world.file("plat/package.json", r#"{"private": true, "packageManager": "pnpm@10.6.5"}"#);
        world.file("plat/pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
        world.file("plat/.gitignore", "dist\nnode_modules\n*.log\n");
        world.dir("plat/node_modules");
        for (name, more) in packages {
            scene.package(name, more, &script(&BUILD.replace("NAME", name)));
        }
        let needs: Vec<_> =
            packages.iter().map(|(name, _)| format!(r#""@bytelyst/{name}": "^1.0.0""#)).collect();
        world.file(
            "notes/backend/package.json",
            format!(r#"{{"name": "backend", "dependencies": {{{}}}}}"#, needs.join(", ")),
        );
        world.file("notes/backend/Dockerfile", "FROM node\nCOPY backend/package.json ./\n");
        world.git_init("plat").git_init("notes");
        scene
    }

    fn package(&self, name: &str, more: &str, script: &str) {
        let dir = format!("plat/packages/{name}");
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        self.world.file(
            format!("{dir}/package.json"),
            format!(
                r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", "main": "dist/index.js", "files": ["dist"], {script}{more}}}"#
            ),
        );
        self.world.file(format!("{dir}/src/index.js"), format!("// {name}\n"));
    }

    fn program(&self, words: &[&str]) -> Command {
        let pnpm = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/pnpm-10.6.5/node_modules/.bin");
        assert!(pnpm.join("pnpm").is_file(), "{}: run scripts/tools", pnpm.display());
        let mut path = pnpm.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(words);
        program.env("PATH", path).env("RUNS", self.world.beside("runs"));
        program.env("FIFO", self.world.beside("fifo"));
        program
    }

    fn call(&self, words: &[&str]) -> Run {
        Run::from(self.program(words).output().unwrap())
    }

    /// Has all of it built; says which builds were run, in their order.
    #[track_caller]
    fn built(&self) -> String {
        self.call(&["pack", "--build", "--out", "../out", "-q"]).exits(0);
        self.runs()
    }

    /// The builds since it was last asked.
    fn runs(&self) -> String {
        let path = self.world.beside("runs");
        let runs = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        runs.trim().to_owned()
    }

    /// What a dry run says that it would build, by name.
    #[track_caller]
    fn planned(&self) -> String {
        let run = self.call(&["prepare", "--dry-run", "--build", "--json"]).exits(0);
        let mut planned = states(&run, "planned");
        planned.sort_unstable();
        planned.join(" ")
    }

    /// What is warned of without `--build`.
    #[track_caller]
    fn warned(&self) -> String {
        let run = self.call(&["pack", "--out", "../out"]).exits(0);
        let warnings = run.stderr.lines().filter_map(|line| line.strip_prefix("warning: "));
        warnings.collect::<Vec<_>>().join("\n")
    }

    fn records(&self) -> Vec<std::path::PathBuf> {
        let found = walkdir::WalkDir::new(self.world.home().join(".cache/docker-prep/builds"));
        let files = found.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        files.map(walkdir::DirEntry::into_path).collect()
    }
}

/// The packages in a state, by the part of their names behind the scope.
fn states(run: &Run, state: &str) -> Vec<String> {
    let built = run.json()["built"].clone();
    let built = built.as_array().unwrap_or_else(|| panic!("no `built`: {run}"));
    let name = |one: &Value| one["name"].as_str().unwrap()["@bytelyst/".len()..].to_owned();
    built.iter().filter(|one| one["state"] == state).map(name).collect()
}

/// `a` is needed by `b`, that by `c` to be built with; `e` and `f` need each other; `d` is alone.
fn six() -> Scene {
    Scene::new(&[
        ("c", r#""devDependencies": {"@bytelyst/b": "workspace:*"}"#),
        ("a", ""),
        ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#),
        ("d", ""),
        ("e", r#""dependencies": {"@bytelyst/f": "workspace:*"}"#),
        ("f", r#""peerDependencies": {"@bytelyst/e": "workspace:*"}"#),
    ])
}

#[test]
fn what_changed_is_built_and_what_depends_on_it_and_nothing_else() {
    let scene = six();
    let world = &scene.world;
    assert_eq!(scene.built().len(), "a b c d e f".len());
    for entry in walkdir::WalkDir::new(world.path("plat/packages")) {
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    assert_eq!(scene.planned(), "", "touched files are what they were");

    let all = "a b c d e f";
    for (file, planned) in [
        ("packages/a/src/index.js", "a b c"),
        ("packages/b/src/index.js", "b c"),
        ("packages/d/src/new.js", "d"),
        ("packages/d/README.md", "d"),
        ("packages/e/src/index.js", "e f"),
        ("packages/f/src/new.js", "e f"),
        ("packages/a/debug.log", ""),
        ("packages/a/node_modules/x/index.js", ""),
        ("packages/a/dist/index.js", "a"),
        ("packages/f/dist/index.js", "e f"),
        ("pnpm-lock.yaml", all),
        ("tsconfig.base.json", all),
        ("scripts/build.mjs", all),
        ("node_modules/.pnpm/lock.yaml", all),
        (".npmrc", all),
        ("README.md", ""),
        (".github/workflows/ci.yml", ""),
    ] {
        let path = format!("plat/{file}");
        let before = world.exists(&path).then(|| world.read(&path));
        world.file(&path, format!("{}// edited\n", before.clone().unwrap_or_default()));
        assert_eq!(scene.planned(), planned, "{file}");
        match before {
            Some(before) => world.file(&path, before),
            None => world.remove(&path),
        };
    }
    assert_eq!(scene.planned(), "", "all is as it was");

    let manifest = world.read("plat/packages/b/package.json");
    world.file("plat/packages/b/package.json", manifest.replacen('{', r#"{"description": "b","#, 1));
    assert_eq!(scene.planned(), "b c", "the manifest");
    world.file("plat/packages/b/package.json", manifest);
    world.remove("plat/packages/b/dist");
    assert_eq!(scene.planned(), "b", "dist is gone, and what needs it was built of the same");
    assert_eq!(scene.built(), "b");

    world.git("plat", &["update-index", "--assume-unchanged", "packages/d/src/index.js"]);
    world.file("plat/packages/d/src/index.js", "// behind git's back\n");
    assert_eq!(scene.planned(), "d");
    world.file("plat/packages/d/src/index.js", "// d\n");

    world.file("plat/packages/a/src/index.js", "// a, edited\n");
    let run = scene.call(&["prepare", "--build", "--json"]).exits(0);
    assert_eq!(scene.runs(), "a b c");
    assert_eq!(
        (states(&run, "built"), states(&run, "unchanged").len()),
        (["a", "b", "c"].map(String::from).to_vec(), 3)
    );
    world.git("plat", &["commit", "--quiet", "--all", "--message=edited"]);
    assert_eq!(
        scene.call(&["prepare", "--build", "--force"]).exits(0).stderr.matches("built before: @").count(),
        6
    );
    assert_eq!(scene.runs(), "", "what was committed since is what was built");
}

#[test]
fn what_is_needed_is_built_first_and_a_cycle_in_the_order_of_its_folders() {
    let scene = six();
    let run = scene.call(&["prepare", "--build"]).exits(0);
    let runs = scene.runs();
    let at =
        |name: &str| runs.split(' ').position(|run| run == name).unwrap_or_else(|| panic!("{name}: {runs}"));
    assert_eq!(runs.split(' ').count(), 6, "{runs}");
    assert!(at("a") < at("b") && at("b") < at("c") && at("e") < at("f"), "{runs}");
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert!(run.stderr.contains(&format!("built @bytelyst/{name} (")), "{run}");
    }
    assert!(run.stderr.find("built @bytelyst/f").unwrap() < run.stderr.find("packed 6").unwrap(), "{run}");
    scene.call(&["restore"]).exits(0);
    assert_eq!(scene.world.git_status("notes"), "");
    assert_eq!(scene.world.git_status("plat"), "", "records lie elsewhere");
}

#[test]
fn what_is_built_with_is_built_too_and_nothing_that_is_not_needed() {
    let scene = six();
    scene.world.file(
        "notes/backend/package.json",
        r#"{"name": "backend", "dependencies": {"@bytelyst/c": "^1.0.0"}}"#,
    );
    assert_eq!(scene.built(), "a b c");
    assert_eq!(scene.built(), "");
}

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
    let before = common::Snapshot::of(&world.path("notes")).without(&[".git"]);
    let run = scene.call(&["prepare", "--build"]).exits(4);
    for word in ["@bytelyst/a: `pnpm run build` in ", "exit code 3", "one\n", "no such thing", "cd /"] {
        assert!(run.stderr.contains(word), "{word} in {run}");
    }
    before.assert_same(&common::Snapshot::of(&world.path("notes")).without(&[".git"]));
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
    let before = common::Snapshot::of(&scene.world.path("notes")).without(&[".git"]);
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
        before.assert_same(&common::Snapshot::of(&scene.world.path("notes")).without(&[".git"]));
    }
}

#[test]
fn what_cannot_build_says_what_is_missing() {
    let scene = Scene::new(&[("a", r#""devDependencies": {"x": "^1.0.0"}"#)]);
    scene.world.remove("plat/node_modules");
    let run = scene.call(&["prepare", "--build"]).exits(5);
    assert!(run.stderr.contains("node_modules") && run.stderr.contains("plat && pnpm install"), "{run}");
    scene.world.dir("plat/node_modules");
    scene.world.file("plat/package.json", r#"{"private": true, "packageManager": "pnpm@9.8.7"}"#);
    let run = scene.call(&["prepare", "--build"]).exits(5);
    for word in ["pnpm 9.8.7 (package.json: packageManager)", "PATH has pnpm 10.6.5", "pnpm@9.8.7"] {
        assert!(run.stderr.contains(word), "{word} in {run}");
    }
    assert_eq!(scene.runs(), "");
}

#[test]
fn nothing_is_built_where_there_is_no_script_or_no_need() {
    let scene = Scene::new(&[("a", "")]);
    for source in ["registry", "vendor"] {
        let run = scene.call(&["prepare", "--build", "--source", source]);
        assert_eq!(run.code, Some(if source == "registry" { 0 } else { 2 }), "{run}");
        assert_eq!(scene.runs(), "");
    }
    scene.package("a", "", r#""license": "MIT""#);
    scene.world.file("plat/packages/a/dist/index.js", "");
    let run = scene.call(&["prepare", "--build"]).exits(0);
    assert!(run.stderr.contains("nothing to build"), "{run}");
}

#[test]
fn a_dry_run_builds_nothing_and_says_what_it_would() {
    let scene = Scene::new(&[("a", "")]);
    let before = scene.world.snapshot();
    let run = scene.call(&["run", "--dry-run", "--build", "--", "true"]).exits(0);
    assert!(run.stdout.starts_with("would build @bytelyst/a\nwould pack 1 package "), "{run}");
    let run = scene.call(&["prepare", "--dry-run"]).exits(4);
    assert!(run.stderr.contains("--build"), "{run}");
    before
        .without(&["notes/.git", "plat/.git"])
        .assert_same(&scene.world.snapshot().without(&["notes/.git", "plat/.git"]));
    assert_eq!((scene.runs(), scene.records().len()), (String::new(), 0));
    let run = scene.call(&["run", "--build", "--", "ls", "backend/package.json.bak"]).exits(0);
    assert_eq!((&*scene.runs(), &*run.stdout), ("a", "backend/package.json.bak\n"));
}

#[test]
fn a_record_that_is_damaged_or_gone_costs_a_build() {
    let scene = Scene::new(&[("a", ""), ("b", "")]);
    assert_eq!(scene.built().len(), 3);
    let records = scene.records();
    assert_eq!(records.len(), 2);
    let text = fs::read_to_string(&records[0]).unwrap();
    for damaged in [String::new(), text[..text.len() / 2].to_owned(), text.replacen("own", "0wn", 1)] {
        fs::write(&records[0], damaged).unwrap();
        assert_eq!(scene.planned().len(), 1);
    }
    fs::write(&records[0], fs::read(&records[1]).unwrap()).unwrap();
    assert_eq!(scene.planned().len(), 1, "another package's");
    assert_eq!(scene.built().len(), 1);
    assert_eq!(scene.planned(), "");
}

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

#[test]
fn what_changes_while_it_is_built_is_built_again() {
    let scene = Scene::new(&[("a", "")]);
    let code = format!("fs.appendFileSync('src/index.js','//');{}", BUILD.replace("NAME", "a"));
    scene.package("a", "", &script(&code));
    let run = scene.call(&["pack", "--build", "--out", "../out"]).exits(0);
    assert!(run.stderr.contains("src/index.js changed while it was built"), "{run}");
    assert_eq!((&*scene.runs(), &*scene.planned()), ("a", "a"));
}

#[test]
fn outside_of_a_repository_what_a_build_leaves_is_no_source() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.remove("plat/.git");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/a/dist/index.js", "// by hand\n");
    assert_eq!(scene.planned(), "a");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.planned(), "a b");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}

#[test]
fn what_is_built_may_be_committed_or_not_ignored() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.remove("plat/.gitignore");
    world.file("plat/packages/a/dist/index.js", "// old\n");
    world.git("plat", &["add", "packages"]);
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.git("plat", &["add", "packages"]);
    world.git("plat", &["commit", "--quiet", "--message=built"]);
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/a/dist/index.js", "// by hand\n");
    assert_eq!(scene.planned(), "a");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}

#[test]
fn packages_may_lie_in_a_repository_of_their_own_or_in_one_that_ignores_them() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.file("plat/packages/a/.gitignore", "dist\n").git_init("plat/packages/a");
    world.file("plat/.gitignore", "dist\nnode_modules\npackages/b\n");
    world.git("plat", &["rm", "-r", "--quiet", "--cached", "packages"]);
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.planned(), "b");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}

#[test]
fn two_at_once_do_no_harm() {
    let scene = Scene::new(&[("a", "")]);
    let spawn = |out: &str| {
        let mut program = scene.program(&["pack", "--build", "--out", out]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [spawn("../one"), spawn("../two")];
    for child in both {
        Run::from(child.wait_with_output().unwrap()).exits(0);
    }
    assert_eq!(scene.records().len(), 1, "nothing else is left");
    assert_eq!(scene.planned(), "");
}

#[test]
fn npm_builds_its_own_workspaces() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "*"}"#)]);
    let world = &scene.world;
    world.remove("plat/pnpm-workspace.yaml").remove("plat/pnpm-lock.yaml");
    world.file("plat/package.json", r#"{"private": true, "workspaces": ["packages/*"]}"#);
    world.file("plat/package-lock.json", "{\"lockfileVersion\": 3}\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.built(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "b");
}
