//! `docker-prep prepare --lockfile`, as it is typed, with the pnpm that the products pin.

mod signals;

use serde_json::{Value, json};

use crate::common::manager::{Install, Manager};
use crate::common::product::product;
use crate::common::registry::Registry;
use crate::common::shim::{bin, shim, with_bin};
use crate::common::{Run, World};

const PNPM: Manager = Manager { name: "pnpm", version: "10.6.5" };

/// The product with a lockfile of a time when the registry still had the scope, and an older `ms`.
fn world() -> (World, Registry) {
    let (world, registry) = (product(), Registry::empty());
    let home = format!("registry={0}\n@bytelyst:registry={0}\n", registry.url());
    std::fs::write(world.home().join(".npmrc"), home).unwrap();
    registry.publish("ms", "2.1.3", json!({}));
    registry.publish("@bytelyst/context", "1.0.0", json!({}));
    registry.publish(
        "@bytelyst/http",
        "3.1.0",
        json!({"dependencies": {"ms": "^2.1.3"}, "peerDependencies": {"@bytelyst/context": "^1.0.0"}}),
    );
    let mut pnpm = PNPM.command(&world.path("notes/backend"), &world.home(), &registry);
    pnpm.args(PNPM.words(Install::Locked)).arg("--lockfile-only");
    Run::from(pnpm.output().unwrap()).exits(0);
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "--quiet", "--message=a lockfile"]);
    registry.unpublish("@bytelyst/");
    registry.publish("ms", "2.9.9", json!({}));
    registry.requests();
    shim(&bin(&world), PNPM);
    (world, registry)
}

fn prepare(world: &World, registry: &Registry, words: &[&str]) -> Run {
    let mut program = world.program();
    program.current_dir(world.path("notes")).args(["prepare", "--lockfile"]).args(words);
    program.envs(PNPM.environment(&world.home(), registry)).env("PATH", with_bin(world));
    Run::from(program.output().unwrap())
}

/// Installs from what the Dockerfile copies, with a lockfile that must fit.
#[track_caller]
fn frozen(world: &World, registry: &Registry) {
    for name in ["package.json", "pnpm-lock.yaml"] {
        world.file(format!("../image/backend/{name}"), world.read(format!("notes/backend/{name}")));
    }
    for entry in std::fs::read_dir(world.path("notes/.docker-deps")).unwrap() {
        let entry = entry.unwrap();
        let to = std::path::Path::new("../image/.docker-deps").join(entry.file_name());
        world.file(to, std::fs::read(entry.path()).unwrap());
    }
    let home = world.beside("image-home");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::copy(world.home().join(".npmrc"), home.join(".npmrc")).unwrap();
    let mut pnpm = PNPM.command(&world.beside("image/backend"), &home, registry);
    pnpm.args(PNPM.words(Install::Frozen)).env("npm_config_store_dir", home.join("store"));
    Run::from(pnpm.output().unwrap()).exits(0);
}

/// There was none, and there is none again; with one at the root that knows the surface, that one is left alone.
#[test]
fn one_that_was_made_is_removed_again() {
    let (world, registry) = world();
    let text = world.read("notes/backend/pnpm-lock.yaml").replace("  .:", "  backend:");
    world.file("notes/pnpm-lock.yaml", &text).remove("notes/backend/pnpm-lock.yaml");
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "--quiet", "--message=at the root"]);
    let run = prepare(&world, &registry, &[]).exits(0);
    let line = "made backend/pnpm-lock.yaml with pnpm 10.6.5, seeded from pnpm-lock.yaml: 1 third-party package as pinned";
    assert!(run.stderr.lines().any(|said| said == line), "{run}");
    assert!(world.read("notes/backend/pnpm-lock.yaml").contains("ms@2.1.3"));
    frozen(&world, &registry);
    assert_eq!(world.read("notes/pnpm-lock.yaml"), text);
    world.run_in("notes", ["guard"]).exits(0);
    world.git("notes", &["add", "--force", "backend/pnpm-lock.yaml"]);
    world.run_in("notes", ["guard"]).exits(1);
    world.git("notes", &["reset", "--quiet"]);
    world.run_in("notes", ["restore"]).exits(0);
    assert!(!world.exists("notes/backend/pnpm-lock.yaml"));
    assert_eq!(world.git_status("notes"), "");
}

#[test]
fn it_says_what_was_made_and_of_what() {
    let (world, registry) = world();
    let before = world.snapshot();
    let run = prepare(&world, &registry, &[]).exits(0);
    let line = "made backend/pnpm-lock.yaml with pnpm 10.6.5, seeded from backend/pnpm-lock.yaml: 1 third-party package as pinned";
    assert!(run.stderr.lines().any(|said| said == line), "{run}");
    assert!(!run.stderr.contains("wrote backend/pnpm-lock.yaml"), "it is said once: {run}");
    let made = world.read("notes/backend/pnpm-lock.yaml");
    assert!(
        made.contains("file:../.docker-deps/bytelyst-http-3.1.0-") && made.contains("ms@2.1.3"),
        "{made}"
    );
    assert!(!made.contains("2.9.9"), "{made}");
    frozen(&world, &registry);
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    before.without_folder_times().assert_same(&world.snapshot().without_folder_times());
    let run = prepare(&world, &registry, &["--json"]).exits(0);
    assert_eq!(
        run.json()["surfaces"][0]["lockfile"],
        json!({
            "path": "backend/pnpm-lock.yaml",
            "seededFrom": "backend/pnpm-lock.yaml",
            "packageManager": "pnpm 10.6.5",
            "thirdParty": 1,
            "differences": [],
        }),
        "{run}"
    );
    let asked = registry.requests();
    assert!(!asked.is_empty() && !asked.iter().any(|request| request.contains("@bytelyst")), "{asked:?}");
}

#[test]
fn what_differs_is_listed() {
    let (world, registry) = world();
    let manifest = world
        .read("plat/packages/errors/package.json")
        .replace("\"catalog:\"", "\"catalog:\", \"fresh\": \"3\"");
    world.file("plat/packages/errors/package.json", manifest);
    registry.publish("fresh", "3.0.0", json!({}));
    let run = prepare(&world, &registry, &[]).exits(0);
    assert!(run.stderr.contains("1 of 2 third-party packages as pinned"), "{run}");
    assert!(run.stderr.contains("\n  fresh 3.0.0: not in the project's lockfile\n"), "{run}");
    world.run_in("notes", ["restore"]).exits(0);
    let run = prepare(&world, &registry, &["--json"]).exits(0);
    assert_eq!(
        run.json()["surfaces"][0]["lockfile"]["differences"],
        json!([{"name": "fresh", "before": [], "after": ["3.0.0"]}]),
    );
}

#[test]
fn a_dry_run_says_what_would_be_run_and_runs_nothing() {
    let (world, registry) = world();
    crate::common::shim::program_at(&bin(&world).join("pnpm"), "touch \"$HOME/was-run\"");
    let before = world.snapshot();
    let run = prepare(&world, &registry, &["--dry-run"]).exits(0);
    let line = "would make backend/pnpm-lock.yaml, seeded from backend/pnpm-lock.yaml, with: pnpm install --lockfile-only --no-frozen-lockfile --ignore-scripts";
    assert!(run.stdout.lines().any(|said| said == line), "{run}");
    let run = prepare(&world, &registry, &["--dry-run", "--json"]).exits(0);
    let lockfile = &run.json()["surfaces"][0]["lockfile"];
    assert_eq!(lockfile["path"], "backend/pnpm-lock.yaml");
    assert_eq!(lockfile["command"], "pnpm install --lockfile-only --no-frozen-lockfile --ignore-scripts");
    assert_eq!(lockfile.get("differences"), None::<&Value>);
    before.assert_same(&world.snapshot());
    assert!(!world.home().join("was-run").exists());
    assert_eq!(registry.requests(), [""; 0]);
}

#[test]
fn what_fails_leaves_the_project_as_it_is() {
    let (world, registry) = world();
    registry.unpublish("ms");
    let before = world.snapshot();
    let run = prepare(&world, &registry, &[]).exits(5);
    assert!(run.stderr.contains("error: backend: pnpm 10.6.5 could not make a lockfile"), "{run}");
    assert!(run.stderr.contains("404") && run.stderr.contains("leave out --lockfile"), "{run}");
    before.without_folder_times().assert_same(&world.snapshot().without_folder_times());
    let run = prepare(&world, &registry, &["--json"]).exits(5);
    assert_eq!(run.json()["exitCode"], 5);
}

#[test]
fn it_is_a_flag_of_run_too_and_not_of_restore() {
    let (world, registry) = world();
    let mut program = world.program();
    program.current_dir(world.path("notes")).args(["run", "--lockfile", "--", "true"]);
    program.envs(PNPM.environment(&world.home(), &registry)).env("PATH", with_bin(&world));
    let run = Run::from(program.output().unwrap()).exits(0);
    assert!(run.stderr.contains("made backend/pnpm-lock.yaml with pnpm 10.6.5"), "{run}");
    assert_eq!(world.git_status("notes"), "");
    world.run_in("notes", ["--restore", "--lockfile"]).exits(2);
}

/// What the Dockerfile must say with the project's own lockfile, and with one that is made.
#[test]
fn a_dockerfile_is_told_what_to_say() {
    let (world, _registry) = world();
    let manifest = world.read("notes/backend/package.json");
    world.file(
        "notes/backend/package.json",
        manifest.replacen('{', "{\n  \"packageManager\": \"pnpm@10.6.5\",", 1),
    );
    let copies = "COPY backend/package.json backend/pnpm-lock.yaml ./";
    let dockerfile = |copy: &str, install: &str| {
        world.file(
            "notes/backend/Dockerfile",
            format!("FROM node\nWORKDIR /app/backend\n{copy}\nRUN --mount=type=bind,source=.docker-deps,target=/app/.docker-deps {install}\n"),
        );
    };
    let told = |words: &[&str]| {
        let words: Vec<&str> = ["prepare", "--dry-run"].iter().chain(words).copied().collect();
        world.run_in("notes", words).exits(0).stderr
    };
    dockerfile(copies, "pnpm install --frozen-lockfile");
    let said = told(&[]);
    assert!(
        said.contains("warning: backend/Dockerfile:4: a frozen install fails while prepared: backend/pnpm-lock.yaml is the project's own")
            && said.contains("pnpm install --no-frozen-lockfile")
            && said.contains("made that fits: add --lockfile"),
        "{said}"
    );
    assert_eq!(told(&["--lockfile"]), "");
    dockerfile(copies, "pnpm install --no-frozen-lockfile");
    assert_eq!(told(&[]), "");
    dockerfile(copies, "pnpm install --lockfile=false");
    assert_eq!(told(&[]), "");
    assert!(
        told(&["--lockfile"])
            .contains("backend/Dockerfile:4: is told to leave backend/pnpm-lock.yaml unread")
    );
    dockerfile("COPY backend/package.json ./", "pnpm install --frozen-lockfile");
    assert_eq!(told(&[]), "");
    let said = told(&["--lockfile"]);
    assert!(said.contains("backend/Dockerfile:4: backend/pnpm-lock.yaml is not there by then"), "{said}");
}
