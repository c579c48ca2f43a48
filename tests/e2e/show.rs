//! `show` through the binary, and warnings in JSON documents.

use serde_json::{Value, json};

use crate::common::product::{fixtures, product};
use crate::common::{Run, World};

#[test]
fn the_notes_are_understood() {
    let world = fixtures();
    let before = world.snapshot();
    let expected = "\
build docker-compose.yml:3:5 (backend)
  dockerfile backend/Dockerfile
  context    .
  install    backend/Dockerfile:25: pnpm 10.6.5 (backend/Dockerfile:12) in /app/backend
    manifest   backend/package.json -> /app/backend (backend/Dockerfile:16)
    deps dir   /app/.docker-deps (backend/Dockerfile:20)
    settings   .npmrc.docker -> /app/backend/.npmrc
    registry   .npmrc.docker: line 1: @bytelyst:registry; token: .npmrc.docker: line 2: \
//${GITEA_NPM_HOST}:3300/api/packages/learning_ai_user/npm/:_authToken (${GITEA_NPM_TOKEN})
    secrets    gitea_npm_token
    variables  GITEA_NPM_HOST, GITEA_NPM_TOKEN, USE_TARBALLS
surfaces
  backend/package.json: pnpm 10.6.5 (backend/package.json: packageManager); needs 11 packages
  packages   ../learning_ai_common_plat
";
    let mut program = world.program();
    program.arg("show").current_dir(world.path("learning_ai_notes")).env("GITEA_NPM_TOKEN", "hidden-value");
    let run = Run::from(program.output().unwrap()).exits(0);
    assert_eq!(run.stdout, expected, "{run}");
    assert_eq!(run.stderr, "");
    before.assert_same(&world.snapshot());
    let dry = world.run_in("learning_ai_notes", ["prepare", "--dry-run", "-v"]).exits(0);
    assert!(dry.stdout.starts_with("build docker-compose.yml:3:5 (backend)\n"), "{dry}");
    assert!(dry.stdout.contains("\nwould rewrite backend/package.json\n"), "{dry}");
    let quiet = world.run_in("learning_ai_notes", ["prepare", "--dry-run"]).exits(0);
    assert!(dry.stdout.ends_with(&quiet.stdout) && !quiet.stdout.contains("build docker"), "{quiet}");
    world.run_in("learning_ai_notes", ["prepare"]).exits(0);
    let prepared = world.run_in("learning_ai_notes", ["show"]).exits(0).stdout;
    assert!(prepared.contains("needs 11 packages"), "{prepared}");
}

#[test]
fn the_clock_as_a_document() {
    let world = fixtures();
    let json = world.run_in("learning_ai_clock", ["show", "--json"]).exits(0).json();
    let by_format = world.run_in("learning_ai_clock", ["show", "--format", "json"]).exits(0).json();
    assert_eq!(json, by_format);
    assert_eq!(json["schemaVersion"], 1);
    assert_eq!(json["warnings"], json!([]));
    let names: Vec<&Value> =
        json["builds"].as_array().unwrap().iter().map(|one| &one["definedBy"]["name"]).collect();
    assert_eq!(names, ["backend", "web"]);
    let install = &json["builds"][1]["installs"][0];
    assert_eq!(install["root"], "/app/web");
    assert_eq!(
        install["manifests"],
        json!([{"file": "web/package.json", "folder": "/app/web", "place": {"file": "web/Dockerfile", "line": 16}}])
    );
    assert_eq!(install["secrets"], json!(["gitea_npm_token"]));
    let surface = &json["surfaces"][1];
    assert_eq!(surface["manifest"], "web/package.json");
    assert_eq!(surface["builds"], json!(["docker-compose.yml:22:5 (web)"]));
    assert_eq!(surface["packages"].as_array().unwrap().len(), 7);
}

/// A product with a build that hides the deps dir, one that is not read, and a manifest that nothing installs.
fn doubtful() -> World {
    let world = product();
    world.file("notes/.dockerignore", "node_modules\n**/*.tgz\n");
    world.file("notes/tool/package.json", r#"{"dependencies": {"@bytelyst/errors": "*"}}"#);
    world.file(
        "notes/compose.yaml",
        "services:\n  api:\n    build: {context: ., dockerfile: backend/Dockerfile, target: deps}\n  \
         db:\n    build: {context: ., dockerfile: ../db/Dockerfile}\n",
    );
    world.file(
        "notes/backend/Dockerfile",
        "FROM node:22 AS deps\nWORKDIR /app\nCOPY backend/package.json backend/package-lock.json ./\n\
         COPY .docker-deps* ./.docker-deps/\nRUN npm ci\nFROM deps AS dev\nRUN npm test\n",
    );
    world.file("notes/backend/package-lock.json", r#"{"lockfileVersion": 3}"#);
    world
}

#[test]
fn what_is_missing_is_told_with_its_place() {
    let world = doubtful();
    let run = world.run_in("notes", ["show"]).exits(0);
    for line in [
        "build compose.yaml:3:5 (api)",
        "  target     deps",
        "    deps dir   is not there: .dockerignore:2 leaves it out (**/*.tgz)",
        "    lockfile   backend/package-lock.json -> /app/package-lock.json",
        "  tool/package.json: no image build is seen to install it",
        "not known",
    ] {
        assert!(run.stdout.lines().any(|one| one == line), "{line}\n{run}");
    }
    assert!(run.stdout.contains("  not built  stage dev (backend/Dockerfile:6)\n"), "{run}");
    assert!(run.stdout.contains("  compose.yaml:5:5 (db): "), "{run}");
    // Without a workspace the picture is the same, and says what it lacks.
    world.remove("plat");
    let alone = world.run_in("notes", ["show"]).exits(0);
    assert!(alone.stdout.contains("  packages   not known: "), "{alone}");
    assert_eq!(world.run_in("notes", ["show", "--json"]).exits(0).json()["workspace"], Value::Null);
    world.file("empty/README.md", "");
    let error = world.run_in("empty", ["show", "--json"]).exits(5).json();
    assert!(error["errors"][0]["message"].as_str().unwrap().contains("no project here"), "{error:#}");
}

#[test]
fn the_graph_is_whole() {
    let world = doubtful();
    let graph = world.run_in("notes", ["show", "--format", "mermaid"]).exits(0).stdout;
    let mut lines = graph.lines();
    assert_eq!(lines.next(), Some("flowchart LR"));
    let mut ids = std::collections::BTreeSet::new();
    for line in lines {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        let (from, to) = line.trim().split_once("-->").unwrap_or((line.trim(), ""));
        match to {
            "" => assert!(ids.insert(from.split(['[', '(']).next().unwrap().to_owned()), "{line}"),
            to => {
                assert!(ids.contains(from.trim()), "{line}");
                assert!(ids.contains(to.rsplit(['|', ' ']).next().unwrap()), "{line}");
            }
        }
    }
    assert!(graph.contains("[[\"@bytelyst/client\"]]"), "{graph}");
    assert!(graph.contains("tool/package.json: no build installs it"), "{graph}");
    world.run_in("notes", ["show", "--json", "--format", "mermaid"]).exits(2);
}

#[test]
fn documents_hold_the_warnings_that_are_printed() {
    let world = product();
    world.file("notes/tool/package.json", r#"{"dependencies": {"@bytelyst/errors": "*"}}"#);
    let told = "tool/package.json: depends on packages in scope, but no image build installs it: left alone";
    let has = |args: &[&str], code: i32| {
        let run = world.run_in("notes", args).exits(code);
        let document = run.json();
        let warnings = document["warnings"].as_array().unwrap_or_else(|| panic!("no warnings: {run}"));
        let there = warnings.iter().find(|warning| warning["message"] == told);
        let there = there.unwrap_or_else(|| panic!("{args:?}: {run}"));
        assert!(there["hint"].as_str().unwrap().contains("--surface tool"), "{run}");
        let printed = run.stderr.lines().filter(|line| line.starts_with("warning: ")).count();
        assert_eq!(printed, warnings.len(), "{run}");
    };
    has(&["show", "--json"], 0);
    has(&["why", "@bytelyst/http", "--json"], 0);
    has(&["pack", "--out", "o", "--json"], 0);
    has(&["prepare", "--dry-run", "--json"], 0);
    has(&["prepare", "--json"], 0);
    assert_eq!(world.run_in("notes", ["restore", "--json"]).exits(0).json()["warnings"], json!([]));
    has(&["run", "--json", "--", "false"], 1);
    world.remove("plat/packages/errors/dist");
    has(&["prepare", "--json"], 4);
}
