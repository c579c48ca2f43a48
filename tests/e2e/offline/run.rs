//! `run --offline`, in place and with `--isolated`.

use std::collections::BTreeSet;

use serde_json::json;

use super::scene::{PNPM, Scene};

const OFFLINE: [&str; 4] = ["run", "--offline", "--platform", "linux/amd64+glibc"];

#[test]
fn the_command_sees_all_of_it_and_nothing_is_left() {
    let scene = Scene::new(PNPM);
    let look = "ls .docker-deps; grep -c 'file:../.docker-deps/' backend/package.json";
    let run = scene.call(&[&OFFLINE[..], &["--", "sh", "-c", look]].concat()).exits(0);
    assert!(run.stdout.lines().any(|line| line.starts_with("native-glibc-1.0.0-")), "{run}");
    assert!(run.stdout.lines().any(|line| line.starts_with("bytelyst-errors-1.0.0-")), "{run}");
    // The ten of the manifest, and two peers that nobody gives.
    assert!(run.stdout.lines().any(|line| line == "12"), "{run}");
    assert_eq!(scene.world.git_status("notes"), "");
}

/// Each build gets its own tarballs alone.
#[test]
fn an_isolated_build_has_its_own_tarballs_alone() {
    let scene = Scene::new(PNPM);
    let world = &scene.world;
    let web = json!({"name": "web", "dependencies": {"@bytelyst/errors": "^1.0.0", "kit": "^1.0.0"}});
    world.file("notes/web/package.json", web.to_string());
    world.file("notes/web/Dockerfile", world.read("notes/backend/Dockerfile").replace("backend", "web"));
    let service =
        |name: &str| format!("  {name}: {{build: {{context: ., dockerfile: {name}/Dockerfile}}}}\n");
    world.file("notes/compose.yaml", format!("services:\n{}{}", service("backend"), service("web")));
    let before = world.snapshot().without(&["notes/.git"]);
    let look = "for of in \"$DOCKER_PREP_CONTEXT_BACKEND\" \"$DOCKER_PREP_CONTEXT_WEB\"; do ls $of/.docker-deps; echo; done";
    let run = scene.call(&[&OFFLINE[..], &["--isolated=context", "--", "sh", "-c", look]].concat()).exits(0);
    let (backend, web) = run.stdout.split_once("\n\n").unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let stem = |line: &str| Some(line.strip_suffix(".tgz")?.rsplit_once('-')?.0.to_owned());
        text.lines().filter_map(stem).collect()
    };
    let of_web = ["bytelyst-errors-1.0.0", "framework-1.0.0", "kit-1.0.0", "left-1.0.0", "plugin-1.0.0"];
    let others = ["left-1.2.0"];
    assert!(names(web).iter().all(|name| of_web.contains(&&**name) || others.contains(&&**name)), "{run}");
    assert!(names(backend).len() > names(web).len() && names(backend).contains("tool-1.0.0"), "{run}");
    before
        .without_folder_times()
        .assert_same(&world.snapshot().without(&["notes/.git"]).without_folder_times());
}
