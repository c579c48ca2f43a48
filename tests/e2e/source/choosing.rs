//! How a source is asked for: flags, variables, `docker-prep.toml`.

use crate::common::Run;
use crate::source::scene::{LOOK, Scene};
use crate::source::server::{Reply, Server, Silent, closed_port, document, has_all};

/// What the words and the environment come to, as `run --json` says it.
#[track_caller]
fn asked(scene: &Scene, words: &[&str]) -> (String, String) {
    let run = scene.call(&[&["--json", "run"], words, &["--"], &LOOK[..]].concat());
    if scene.world.exists("notes/.docker-deps") {
        // It stays for the next build; the next look is to find none.
        scene.world.remove("notes/.docker-deps");
    }
    let source = run.json()["source"].clone();
    let word = |key: &str| source[key].as_str().unwrap_or_else(|| panic!("no source: {run}")).to_owned();
    assert_eq!(run.code, Some(if word("used") == "registry" { 11 } else { 10 }), "{run}");
    (word("asked"), word("used"))
}

fn pair(asked: &str, used: &str) -> (String, String) {
    (asked.to_owned(), used.to_owned())
}

#[test]
fn the_flag_counts_then_the_variables_then_the_file_then_the_workspace() {
    let server = Server::new(has_all);
    let scene = Scene::of(&server);
    assert_eq!(asked(&scene, &[]), pair("workspace", "workspace"));
    let scene = scene.file("notes/docker-prep.toml", "source = \"auto\"\n");
    assert_eq!(asked(&scene, &[]), pair("auto", "registry"));
    let scene = scene.env("BYTELYST_PACKAGE_SOURCE", "common-plat");
    assert_eq!(asked(&scene, &[]), pair("workspace", "workspace"));
    let scene = scene.env("DOCKER_PREP_SOURCE", "auto");
    assert_eq!(asked(&scene, &[]), pair("auto", "registry"));
    assert_eq!(asked(&scene, &["--source", "workspace"]), pair("workspace", "workspace"));
    let scene = scene.env("DOCKER_PREP_SOURCE", "").env("BYTELYST_PACKAGE_SOURCE", "gitea");
    let before = server.asked().len();
    assert_eq!(asked(&scene, &[]), pair("registry", "registry"));
    assert_eq!(server.asked().len(), before, "`registry` asks nobody");
}

#[test]
fn the_workspace_asks_nobody() {
    let server = Server::new(has_all);
    let scene = Scene::of(&server);
    assert_eq!(asked(&scene, &["--source", "workspace"]), pair("workspace", "workspace"));
    assert!(server.asked().is_empty());
}

#[test]
fn a_plain_folder_of_packages_is_a_source() {
    for (name, value) in [("BYTELYST_PACKAGE_SOURCE", "vendor"), ("DOCKER_PREP_SOURCE", "vendor")] {
        let scene = Scene::new();
        let packages = scene.world.path("plat/packages");
        for entry in packages.read_dir().unwrap().flatten() {
            let text = std::fs::read_to_string(entry.path().join("package.json")).unwrap();
            // Without a workspace nothing is resolved: as published.
            let text =
                text.replace("workspace:*", "*").replace("workspace:^", "*").replace("workspace:~", "*");
            let text = text.replace("catalog:", "^2.1.3");
            let vendored = format!("vendored/{}", entry.file_name().to_string_lossy());
            scene.world.file(format!("{vendored}/package.json"), text);
            let index = entry.path().join("dist/index.js");
            scene.world.file(format!("{vendored}/dist/index.js"), std::fs::read(index).unwrap());
        }
        let scene = scene.env(name, value).words(&["--workspace", "../vendored"]);
        assert_eq!(asked(&scene, &[]), pair("vendor", "vendor"));
        let run = scene.call(&["run", "--", "sh", "-c", "ls .docker-deps | grep -c tgz"]).exits(0);
        assert_eq!(run.stdout, "5\n", "{run}");
    }
}

#[test]
fn an_unknown_word_is_wrong_usage_and_what_said_it_is_named() {
    for (name, value) in [("DOCKER_PREP_SOURCE", "Auto"), ("BYTELYST_PACKAGE_SOURCE", "npm")] {
        let run = Scene::new().env(name, value).call(&["run", "--", "true"]).exits(2);
        assert!(run.stderr.contains(name) && run.stderr.contains(value), "{run}");
    }
    let run = Scene::new().call(&["--source", "nowhere", "prepare"]).exits(2);
    assert!(run.stderr.contains("--source") && run.stderr.contains("nowhere"), "{run}");
    let run = Scene::new().file("notes/docker-prep.toml", "source = \"nowhere\"\n").call(&["prepare"]);
    assert!(
        run.code == Some(2) && run.stderr.contains("docker-prep.toml") && run.stderr.contains("nowhere"),
        "{run}"
    );
}

#[test]
fn the_limit_may_be_set() {
    for wrong in ["0", "0s", "-1", "soon", "", "2m"] {
        let run = Scene::new().call(&["run", "--source", "auto", "--probe-timeout", wrong, "--", "true"]);
        assert_eq!(run.code, Some(2), "{wrong}: {run}");
    }
    let run = Scene::new().env("DOCKER_PREP_PROBE_TIMEOUT", "soon").call(&["prepare"]).exits(2);
    assert!(run.stderr.contains("DOCKER_PREP_PROBE_TIMEOUT"), "{run}");
    let silent = Silent::new();
    let limited = |scene: Scene| {
        let decision = scene.decide();
        decision.is_down("timed-out").says("did not answer in ");
        decision.source["milliseconds"].as_u64().unwrap()
    };
    for right in ["0.3", "300ms", "0.3s"] {
        assert!(limited(Scene::at(&silent.url()).words(&["--probe-timeout", right])) >= 300);
    }
    assert!(limited(Scene::at(&silent.url()).env("DOCKER_PREP_PROBE_TIMEOUT", "200ms")) >= 200);
    let scene = Scene::at(&silent.url()).env("DOCKER_PREP_PROBE_TIMEOUT", "");
    assert!(limited(scene.file("notes/docker-prep.toml", "probe-timeout = \"250ms\"\n")) >= 250);
    // Two seconds are the limit where nothing is said.
    assert!(limited(Scene::at(&silent.url()).env("DOCKER_PREP_PROBE_TIMEOUT", "")) >= 2000);
}

/// Without a workspace, ranges are all that is known.
fn alone(url: &str) -> Scene {
    let scene = Scene::at(url);
    scene.world.remove("plat");
    scene.file("notes/backend/package.json", r#"{"name": "b", "dependencies": {"@bytelyst/http": "^3.0.0"}}"#)
}

fn call(scene: &Scene) -> Run {
    scene.call(&[&["--json", "run", "--source", "auto", "--"], &LOOK[..]].concat())
}

#[test]
fn without_a_workspace_the_direct_dependencies_are_asked_for() {
    let server = Server::new(has_all);
    let scene = alone(&server.url()).picture();
    let run = call(&scene).exits(11);
    assert_eq!(run.json()["source"]["used"], "registry");
    assert_eq!(server.packages(), ["@bytelyst/http"]);
    scene.is_untouched();
    // Who does not ask needs none either.
    let run = scene.call(&["run", "--source", "registry", "--", "sh", "-c", "exit 6"]).exits(6);
    assert!(run.stderr.contains("nothing is packed"), "{run}");
    let old = Server::new(|asked| Reply::json(&document(&asked.package(), &["1.0.0", "2.9.9"])));
    for url in [old.url(), format!("http://127.0.0.1:{}/", closed_port())] {
        let scene = alone(&url).picture();
        let run = call(&scene).exits(5);
        assert!(run.stderr.contains("workspace") && run.stderr.contains("--workspace"), "{run}");
        scene.is_untouched();
    }
}
