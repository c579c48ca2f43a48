//! `--json`: one document, whatever comes of a call, and each held to the schema that is shipped.
//!
//! Needs Node.js, and ajv as `scripts/tools` installs it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::product::{fixtures, product};
use crate::common::{Run, World, tools::tools};

const SCHEMA: &str = include_str!("../../src/cli/json.schema.json");
const PAGE: &str = include_str!("../../src/cli/topics/json.md");

/// Validates each document by its definition and as one of all; prints what is wrong.
const VALIDATE: &str = "
const Ajv = require('ajv/dist/2020');
const { schema, documents } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const ajv = new Ajv({ strict: true, allowUnionTypes: true });
ajv.addSchema(schema, 'documents');
for (const [label, definition, document] of documents) {
  for (const name of [`documents#/$defs/${definition}`, 'documents']) {
    const validate = ajv.getSchema(name);
    if (!validate) console.log(`${label}: no ${name}`);
    else if (!validate(document)) console.log(`${label} (${name}): ${ajv.errorsText(validate.errors)}`);
  }
}
";

/// The documents of some calls, each with the definition that it is meant to fit.
#[derive(Default)]
struct Documents(Vec<(String, &'static str, Value)>);

impl Documents {
    /// Calls the program; what it prints must be one document whose `ok` and `exitCode` are those of the call.
    #[track_caller]
    fn call(
        &mut self,
        world: &World,
        dir: &str,
        args: &[&str],
        code: i32,
        definition: &'static str,
    ) -> &Value {
        let mut program = world.program();
        program.current_dir(world.path(dir)).args(args);
        self.add(&format!("{args:?}"), Run::from(program.output().unwrap()), code, definition)
    }

    #[track_caller]
    fn add(&mut self, label: &str, run: Run, code: i32, definition: &'static str) -> &Value {
        let run = run.exits(code);
        let document = run.json();
        assert_eq!(document["ok"], json!(code == 0), "{label}: {run}");
        let said = document.get("exitCode").and_then(Value::as_i64);
        assert!(said.is_none_or(|said| said == i64::from(code)), "{label}: {run}");
        self.0.push((label.to_owned(), definition, document));
        &self.0.last().unwrap().2
    }

    /// Holds all of them to the schema.
    #[track_caller]
    fn fit(&self) {
        let wrong = validate(&self.0);
        assert!(wrong.is_empty(), "{wrong}");
    }
}

fn validate(documents: &[(String, &'static str, Value)]) -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut node = Command::new("node")
        .args(["-e", VALIDATE])
        .env("NODE_PATH", tools().join("schema/node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let input = json!({"schema": schema, "documents": documents});
    node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "ajv is not in .tools/schema, or takes no such schema: run scripts/tools"
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_command_in_turn() {
    let world = product();
    let mut all = Documents::default();
    let mut call =
        |args: &[&str], code, definition| all.call(&world, "notes", args, code, definition).clone();
    call(&["show", "--json"], 0, "show");
    call(&["show", "--format", "json"], 0, "show");
    call(&["why", "@bytelyst/errors", "--json"], 0, "why");
    call(&["why", "@bytelyst/unrelated", "--json"], 1, "why");
    assert_eq!(call(&["status", "--json"], 0, "status")["state"], "clean");
    let dry = call(&["--json", "prepare", "--dry-run"], 0, "prepare");
    assert_eq!(dry["workspace"], json!(world.path("plat")));
    call(&["prepare", "--dry-run", "--lockfile", "--json"], 0, "prepare");
    call(&["prepare", "--dry-run", "--build", "--json"], 0, "prepare");
    call(&["run", "--dry-run", "--json", "--", "true"], 0, "run");
    world.exec("notes/docker", "#!/bin/sh\n");
    let build = ["--", "./docker", "build", "-f", "backend/Dockerfile", "."];
    for flags in [["run", "--isolated", "--json"].as_slice(), &["run", "--isolated", "-n", "--json"]] {
        let isolated = call(&[flags, &build].concat(), 0, "run");
        assert_eq!(isolated["isolated"]["way"], "context", "{isolated}");
    }
    world.remove("notes/docker");
    call(&["restore", "--json"], 0, "restore");
    call(&["prepare", "--json"], 0, "prepare");
    call(&["prepare", "--json"], 3, "error");
    let refused = call(&["run", "-q", "--json", "--", "true"], 3, "error");
    assert_eq!(refused["error"]["kind"], "refused");
    assert_eq!(call(&["status", "--json"], 0, "status")["prepared"], true);
    call(&["status", "--json", "--exit-code"], 1, "status");
    world.git("notes", &["add", "--all"]);
    let found = call(&["guard", "--json"], 1, "guard");
    assert!(!found["findings"].as_array().unwrap().is_empty());
    world.git("notes", &["reset", "--quiet"]);
    call(&["guard", "--json", "-q"], 0, "guard");
    call(&["restore", "--clean", "--json"], 0, "restore");
    call(&["run", "--json", "--", "sh", "-c", "echo said"], 0, "run");
    call(&["run", "--json", "--", "sh", "-c", "exit 7"], 7, "run");
    call(&["run", "--json", "--", "sh", "-c", "kill -TERM $$"], 143, "run");
    let not_run = call(&["run", "--json", "--", "no-such-command"], 127, "error");
    assert_eq!(not_run["error"]["kind"], "notRun");
    call(&["pack", "--out", "../out", "--json"], 0, "pack");
    call(&["pack", "@bytelyst/nope", "--out", "../out", "--json"], 4, "error");
    call(&["guard", "--all", "--json"], 0, "guard");
    call(&["guard", "--range", "nope..HEAD", "--json"], 5, "error");
    call(&["--strip-overrides", "--json"], 0, "stripOverrides");
    call(&["init", "--dry-run", "--json"], 0, "init");
    call(&["init", "--check", "--json"], 1, "initCheck");
    let init = call(&["init", "--json"], 0, "init");
    assert!(init["warnings"][0]["message"].is_string(), "that it protects one clone alone: {init}");
    call(&["init", "--check", "--json"], 0, "initCheck");
    call(&["init", "--remove", "--json"], 0, "init");
    call(&["cache", "--json"], 0, "cache");
    call(&["doctor", "--json", "--select", "DP0"], 0, "doctor");
    let found = call(&["doctor", "--json", "--failure-threshold", "note"], 1, "doctor");
    assert!(!found["repositories"][0]["findings"].as_array().unwrap().is_empty(), "{found}");
    call(&["doctor", "--format", "json", "--explain", "DP101"], 0, "doctorRule");
    call(&["cache", "clear", "--json"], 0, "cacheClear");
    call(&["cache", "--no-cache", "--json"], 0, "cache");
    call(&["help", "ci", "--json"], 0, "help");
    assert_eq!(
        call(&["help", "json", "--json"], 0, "help")["schema"],
        serde_json::from_str::<Value>(SCHEMA).unwrap()
    );
    call(&["help", "nothing", "--json"], 2, "error");
    all.fit();
}

#[test]
fn words_and_settings_that_mean_nothing() {
    let world = product();
    let mut all = Documents::default();
    for args in [
        &["undo", "--json"][..],
        &["--json", "run", "docker", "compose", "build"],
        &["status", "--porcelain", "--json"],
        &["pack", "--json"],
        &["show", "--format", "json", "--bogus"],
        &["guard", "--format=json"],
        &["-q", "prepare", "--json", "--color", "purple"],
        &["--dry-run", "prepare", "--json"],
        &["prepare", "--json", "--surface", "nope"],
        &["prepare", "--json", "--deps-dir", "../x"],
        &["status", "--json", "-C", "nope"],
    ] {
        let document = all.call(&world, "notes", args, 2, "error");
        let error = &document["error"];
        assert_eq!((&error["code"], &error["kind"]), (&json!(2), &json!("usage")), "{document}");
        assert!(!error["hints"].as_array().unwrap().is_empty(), "{document}");
        assert_eq!(error["message"], document["errors"][0]["message"]);
    }
    world.file("notes/docker-prep.toml", "link = 5\nscoop = 1\n");
    let document = all.call(&world, "notes", &["prepare", "--json"], 2, "error");
    assert_eq!(document["errors"].as_array().unwrap().len(), 2);
    world.file("notes/docker-prep.toml", "required-version = '>=99'\n");
    all.call(&world, "notes", &["prepare", "--json"], 5, "error");
    all.call(&world, "notes", &["restore", "--json"], 0, "restore");
    let status = all.call(&world, "notes", &["status", "--json"], 0, "status");
    assert!(status["warnings"][0]["message"].as_str().unwrap().contains("needs docker-prep >=99"));
    all.fit();
}

#[test]
fn the_workspace_is_the_workspace() {
    let world = product();
    let mut all = Documents::default();
    world.file("notes/backend/package.json", r#"{"dependencies": {"ms": "1"}}"#);
    for args in [&["prepare", "--json"][..], &["prepare", "--dry-run", "--json"]] {
        assert_eq!(all.call(&world, "notes", args, 0, "prepare")["workspace"], Value::Null);
    }
    let run = all.call(&world, "notes", &["run", "--json", "--", "true"], 0, "run");
    assert_eq!(run["workspace"], Value::Null);
    all.fit();
}

#[test]
fn what_is_out_of_the_ordinary() {
    let world = fixtures();
    let mut all = Documents::default();
    for name in ["learning_ai_notes", "learning_ai_clock"] {
        all.call(&world, name, &["show", "--json"], 0, "show");
        all.call(&world, name, &["prepare", "--dry-run", "--json"], 0, "prepare");
    }
    let world = product();
    world.file("notes/.npmrc", "@bytelyst:registry=http://127.0.0.1:1/\n");
    all.call(&world, "notes", &["prepare", "--source", "auto", "--dry-run", "--json"], 0, "prepare");
    let inner = format!("{} status --json", env!("CARGO_BIN_EXE_docker-prep"));
    let output =
        world.program().current_dir(world.path("notes")).args(["run", "--", "sh", "-c", &inner]).output();
    let status = all.add("status while a command runs", Run::from(output.unwrap()), 0, "status");
    assert!(status["running"]["pid"].is_number() && status["phase"] == "running", "{status}");
    world.run_in("notes", ["prepare"]).exits(0);
    fs::write(world.path("notes/.git/docker-prep/state.json"), "no state").unwrap();
    let damaged = all.call(&world, "notes", &["status", "--json"], 0, "status");
    assert_eq!(damaged["state"], "damaged");
    all.fit();
}

#[test]
fn a_field_that_is_not_described_does_not_fit() {
    let world = product();
    let document = world.run_in("notes", ["status", "--json"]).exits(0).json();
    let with = |key: &str, value: Value| {
        let mut document = document.clone();
        document[key] = value;
        validate(&[("changed".to_owned(), "status", document)])
    };
    assert_eq!(with("ok", json!(false)), "");
    assert!(with("extra", json!(1)).contains("must NOT have additional properties"));
    assert!(with("prepared", json!("yes")).contains("must be boolean"));
    assert!(with("schemaVersion", json!(2)).contains("must be equal to constant"));
}

/// The names of all properties, and whether each object is closed.
fn properties(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(own)) = map.get("properties") {
                assert_eq!(map.get("additionalProperties"), Some(&json!(false)), "{schema}");
                names.extend(own.keys().cloned());
            }
            map.values().for_each(|value| properties(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, names)),
        _ => {}
    }
}

#[test]
fn the_page_names_each_field_of_the_schema() {
    let mut names = BTreeSet::new();
    properties(&serde_json::from_str(SCHEMA).unwrap(), &mut names);
    assert!(names.len() > 100, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !PAGE.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
