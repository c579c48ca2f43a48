//! `run --offline`: what a build is told of the network, and who is told what it still needs.

use super::scene::{PNPM, Scene};
use crate::common::Run;
use crate::common::shim::bin;

/// Has no image but `node`; keeps the words of a build, and the context that they name.
const DOCKER: &str = r#"#!/bin/sh
case $1 in
version) echo 26.1.5 ;;
image) [ "$5" = node ] && echo sha256:1 ;;
build)
	printf '%s\n' "$*" >"$HOME/words"
	for word in "$@"; do [ ! -d "$word" ] || cp -a "$word" "$HOME/context"; done
	;;
esac
"#;

fn scene() -> Scene {
    let scene = Scene::new(PNPM);
    scene.world.exec(bin(&scene.world).join("docker"), DOCKER);
    let dockerfile = scene.world.read("notes/backend/Dockerfile");
    let more = "# syntax=docker/dockerfile:1\n".to_owned()
        + &dockerfile
            .replace("WORKDIR", "RUN corepack prepare pnpm@10.6.5 --activate && apk add git\nWORKDIR");
    scene.world.file("notes/backend/Dockerfile", more);
    scene.world.git("notes", &["commit", "--quiet", "--all", "--message=more"]);
    scene
}

fn run(scene: &Scene, flags: &[&str]) -> Run {
    let words = ["run", "--offline", "--platform", "linux/amd64+glibc"];
    let command = ["--", "docker", "build", "-f", "backend/Dockerfile", "."];
    scene.call(&[&words[..], flags, &command].concat()).exits(0)
}

#[test]
fn an_isolated_build_reaches_no_network_and_has_all_packages() {
    let scene = scene();
    let run = run(&scene, &["--isolated"]);
    let words = scene.world.read(scene.world.home().join("words"));
    assert!(words.trim_end().ends_with("--network none"), "{words}");
    let deps_dir = scene.world.home().join("context/.docker-deps");
    let names: Vec<String> =
        deps_dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for package in ["bytelyst-http-", "left-1", "left-2", "kit-1"] {
        assert!(names.iter().any(|name| name.starts_with(package)), "{package}: {names:?}");
    }
    assert_eq!(scene.world.git_status("notes"), "");
    for part in [
        "backend/Dockerfile:1: the daemon has no image docker/dockerfile:1; while there is a network: docker pull docker/dockerfile:1",
        "backend/Dockerfile:3: pnpm@10.6.5 comes from a network",
        "backend/Dockerfile:3: apk add git comes from a network",
    ] {
        assert!(run.stderr.contains(part), "{part}: {run}");
    }
    assert!(!run.stderr.contains("no image node"), "{run}");
}

#[test]
fn in_place_it_is_said_how_a_build_is_kept_from_the_network() {
    let scene = scene();
    let run = run(&scene, &[]);
    assert!(run.stderr.contains("docker build --network none"), "{run}");
    let words = scene.world.read(scene.world.home().join("words"));
    assert_eq!(words, "build -f backend/Dockerfile .\n");
    assert_eq!(scene.world.git_status("notes"), "");
}
