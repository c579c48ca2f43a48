//! `pack` through the binary: what it prints, and that the bytes are the same wherever they are made.

use std::process::Command;

use crate::common::product::product;
use crate::common::{World, sha256};

/// The digest of the tarball of [`tricky`]: it changes only on purpose, with a word in the changelog and
/// another number in `model::cache::index`.
const PINNED: &str = "89d35339bf7aac4da6433a2929edc22188708a0df9e11fffbf56e5f1f05076eb";

/// A package whose files are written in the given order.
fn tricky(reversed: bool) -> World {
    let world = World::new();
    world.file("pnpm-workspace.yaml", "packages: ['*']\n");
    let long = format!("dist/{}/{}.js", "deep".repeat(20), "long".repeat(20));
    let mut files: Vec<(&str, &str)> = vec![
        ("dist/index.js", "module.exports = 1;\n"),
        ("dist/z b.js", "space\n"),
        ("dist/ünïcode.js", "letters\n"),
        ("dist/A.js", "upper\n"),
        ("dist/a.js", "lower\n"),
        ("dist/empty", ""),
        (&long, "far away\n"),
        ("bin/run.js", "#!/usr/bin/env node\n"),
        ("README.md", "# tricky\n"),
        (
            "package.json",
            r#"{"name": "@bytelyst/tricky", "version": "1.0.0", "main": "dist/index.js", "bin": "bin/run.js", "files": ["dist"]}"#,
        ),
    ];
    if reversed {
        files.reverse();
    }
    for (path, text) in files {
        world.file(format!("tricky/{path}"), text);
    }
    world
}

fn pack(world: &World, change: impl FnOnce(&mut Command)) -> (String, Vec<u8>) {
    let mut program = world.program();
    program.args(["pack", "--all", "--out", "out"]);
    change(&mut program);
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let bytes = world.bytes(&path);
    world.remove("out");
    (path, bytes)
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let world = tricky(false);
    let (path, bytes) = pack(&world, |_| {});
    assert_eq!(sha256(&bytes), PINNED);
    assert_eq!(path, format!("out/bytelyst-tricky-1.0.0-{}.tgz", &PINNED[..12]));

    let elsewhere = tricky(true);
    let (_, other) = pack(&elsewhere, |program| {
        program.env("TZ", "Asia/Tokyo").env("LC_ALL", "tr_TR.UTF-8").env("RAYON_NUM_THREADS", "1");
    });
    assert_eq!(
        sha256(&other),
        PINNED,
        "folder, order of creation, time stamps, locale, time zone, number of cores"
    );

    for umask in ["077", "000"] {
        let mut shell = world.command("sh");
        let program = env!("CARGO_BIN_EXE_docker-prep");
        shell.args(["-c", &format!("umask {umask} && exec '{program}' pack --all --out out")]);
        assert!(shell.output().unwrap().status.success());
        let found = crate::common::Snapshot::of(&world.path("out"));
        let (_, tarball) = found.0.iter().find(|(path, _)| path.extension().is_some()).unwrap();
        assert_eq!(tarball.mode, 0o644, "umask {umask}");
        assert_eq!(tarball.kind, crate::common::Kind::File(PINNED.to_owned()), "umask {umask}");
        world.remove("out");
    }

    for file in ["dist/index.js", "dist/a.js", "package.json"] {
        world.mode(format!("tricky/{file}"), 0o755);
    }
    assert_eq!(sha256(&pack(&world, |_| {}).1), PINNED, "the modes on disk count for nothing");
    world.file("tricky/dist/a.js", "other\n");
    assert_ne!(sha256(&pack(&world, |_| {}).1), PINNED);
}

#[test]
fn real_tar_reads_every_name() {
    let world = tricky(false);
    world.run(["pack", "--all", "--out", "out"]).exits(0);
    let name = std::fs::read_dir(world.path("out")).unwrap().next().unwrap().unwrap().path();
    let listed = world.command("tar").args(["--quoting-style=literal", "-tzf"]).arg(name).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let long = format!("package/dist/{}/{}.js", "deep".repeat(20), "long".repeat(20));
    for path in ["package/package.json", "package/dist/ünïcode.js", "package/dist/z b.js", &long] {
        assert!(listed.lines().any(|line| line == path), "{path} in {listed}");
    }
    assert_eq!(listed.lines().count(), 10);
}

#[test]
fn named_packages_all_of_them_or_the_closure() {
    let world = product();
    let names = |args: &[&str], dir: &str| -> Vec<String> {
        let json = world.run_in(dir, args).exits(0).json();
        json["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| package["name"].as_str().unwrap()["@bytelyst/".len()..].to_owned())
            .collect()
    };
    assert_eq!(names(&["pack", "@bytelyst/logger", "--out", "o", "--json"], "notes"), ["logger"]);
    assert_eq!(
        names(&["pack", "--all", "--out", "o", "--json"], "plat"),
        ["client", "context", "errors", "http", "logger", "unrelated"]
    );
    assert_eq!(
        names(&["pack", "--out", "o", "--json"], "notes"),
        ["client", "context", "errors", "http", "logger"]
    );
    let run = world.run_in("plat", ["pack", "@bytelyst/loger", "--out", "p"]).exits(4);
    assert!(run.stderr.contains("nearest: @bytelyst/logger"), "{run}");
    assert!(!world.exists("plat/p"), "nothing is packed");
}

#[test]
fn each_package_has_a_line_only_where_more_is_asked_for() {
    let world = tricky(false);
    let lines = |more: &[&str]| {
        let run = world.run([&["pack", "--all", "--out", "out"], more].concat()).exits(0);
        run.stderr.lines().filter(|line| line.contains(" @bytelyst/")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&[]), [""; 0]);
    world.remove("out");
    let packed = lines(&["-v"]);
    assert!(
        !packed.is_empty() && packed.iter().all(|line| line.starts_with("packed @bytelyst/")),
        "{packed:?}"
    );
    let unchanged: Vec<_> = packed.iter().map(|line| line.replacen("packed", "unchanged", 1)).collect();
    assert_eq!(lines(&["-v"]), unchanged);
    assert_eq!(lines(&["-q"]), [""; 0]);
    assert_eq!(lines(&["--json"]), [""; 0]);
}

#[test]
fn a_workspace_named_by_the_project_flag_comes_before_the_environment() {
    let world = product();
    world.file("other/pnpm-workspace.yaml", "packages: ['*']\n");
    world.file("other/a/package.json", r#"{"name": "a", "version": "1.0.0"}"#);
    for more in [&["a"][..], &["--all", "--scope", "*"]] {
        let mut program = world.program();
        program.env("BYTELYST_COMMON_PLAT_ROOT", world.path("plat"));
        program.args(["pack", "-C", "other", "--out", "o", "-q"]).args(more);
        let output = program.output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("o/a-1.0.0-"), "{more:?}: {output:?}");
    }
}

#[test]
fn all_of_somebody_elses_workspace_passes_over_what_was_never_meant_to_be_packed() {
    let world = product();
    world.file("plat/packages/nameless/package.json", r#"{"version": "1.0.0"}"#);
    world.file("plat/packages/fixture/package.json", r#"{"name": "fixture"}"#);
    world.file("plat/packages/twin/package.json", r#"{"name": "@bytelyst/errors", "version": "0.0.1"}"#);
    let run = world.run_in("plat", ["pack", "--all", "--out", "o"]).exits(4);
    for word in ["nameless/package.json", "@bytelyst/errors: two members"] {
        assert!(run.stderr.contains(word), "{word} in {run}");
    }
    world.file("plat/packages/logger/package.json", r#"{"name": "@bytelyst/logger", "version": "2.0.0"}"#);
    let run = world.run_in("plat", ["pack", "--all", "--scope", "*", "--out", "o"]).exits(0);
    assert_eq!(run.stdout.matches("bytelyst-errors-").count(), 2, "{run}");
    for word in ["nameless: has no name", "fixture: has no version", "both are packed"] {
        assert!(run.stderr.contains(word), "{word} in {run}");
    }
}

#[test]
fn json_has_npms_keys() {
    let world = product();
    let json = world.run_in("plat", ["pack", "@bytelyst/errors", "--out", "o", "--json"]).exits(0).json();
    let package = json["packages"][0].as_object().unwrap();
    let keys: Vec<_> = package.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "id",
            "name",
            "version",
            "size",
            "unpackedSize",
            "shasum",
            "integrity",
            "filename",
            "files",
            "entryCount"
        ]
    );
    assert_eq!(package["id"], "@bytelyst/errors@1.4.2");
    let bytes = world.bytes(format!("plat/o/{}", package["filename"].as_str().unwrap()));
    assert_eq!(package["size"], bytes.len());
    assert!(package["filename"].as_str().unwrap().contains(&sha256(&bytes)[..12]));
    let files = package["files"].as_array().unwrap();
    assert_eq!(package["entryCount"], files.len());
    let paths: Vec<_> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["LICENSE", "dist/index.js", "package.json"]);
    assert!(files.iter().all(|file| file["mode"] == 420), "0644: {json:#}");
    let total: u64 = files.iter().map(|file| file["size"].as_u64().unwrap()).sum();
    assert_eq!(package["unpackedSize"], total);
}

#[test]
fn credentials_are_packed_as_pnpm_does_and_named() {
    let world = product();
    world.file("plat/packages/errors/dist/.env", "SECRET=1\n");
    let run = world.run_in("plat", ["pack", "@bytelyst/errors", "--out", "o"]).exits(0);
    assert!(run.stderr.contains("warning") && run.stderr.contains("dist/.env"), "{run}");
}

#[test]
fn a_workspace_of_npm_yarn_or_bun_will_do() {
    let world = product();
    world.remove("plat/pnpm-workspace.yaml");
    world.file("plat/package.json", r#"{"private": true, "workspaces": ["packages/*"]}"#);
    let json = world.run_in("plat", ["pack", "@bytelyst/logger", "--out", "o", "--json"]).exits(0).json();
    let paths: Vec<_> = json["packages"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["dist/index.js", "package.json"], "only pnpm adds the workspace's licence");
}

#[test]
fn what_is_packed_into_a_package_is_no_part_of_it() {
    for out in ["packages/it/dist", "packages/it", "packages/it/dist/x", "packages", "."] {
        let world = World::new();
        world.file("pnpm-workspace.yaml", "packages: ['packages/*', '.']\n");
        world.file("package.json", r#"{"name": "@bytelyst/root", "version": "1.0.0"}"#);
        world.file(
            "packages/it/package.json",
            r#"{"name": "@bytelyst/it", "version": "1.0.0", "main": "dist/a.js"}"#,
        );
        world.file("packages/it/dist/a.js", "1\n");
        // Somebody's own, one with a name like ours.
        let theirs = ["it-1.0.0.tgz", "it-1.0.0-0123456789ab.tgz"];
        for name in theirs {
            world.file(format!("packages/it/dist/{name}"), name);
        }
        world.file("packages/it/dist/.docker-prep-old.tmp", "left");
        let packed = || {
            let args = ["pack", "@bytelyst/it", "@bytelyst/root", "--out", out];
            let run = world.run(args).exits(0);
            let mut lines: Vec<_> = run.stdout.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let first = packed();
        assert_eq!(first.len(), 2, "{out}");
        // The same content has the same names, also without a cache.
        assert_eq!(packed(), first, "{out}");
        assert_eq!(packed(), first, "{out}");
        let tarball = first.iter().find(|line| line.contains("bytelyst-it-")).unwrap();
        let list = Command::new("tar").arg("tzf").arg(world.path(tarball)).output().unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        for name in theirs {
            assert!(list.contains(&format!("package/dist/{name}")), "{out}: {list}");
        }
        assert!(!list.contains("bytelyst-it"), "{out}: {list}");
    }
}
