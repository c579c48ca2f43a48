//! `run --isolated -- docker buildx bake`, with the real buildx: what `--print` says differs in nothing but contexts.

use std::path::PathBuf;

use serde_json::Value;

use super::real::{BACKEND, Call, Real, WEB, call};

/// The targets whose context differs when a call is isolated, with the tree; nothing else may differ.
#[track_caller]
fn contexts(real: &Real, words: &[&str]) -> Vec<(String, PathBuf)> {
    let (alone, isolated) = real.pictures(call(words));
    let read = |text: &str| {
        let mut picture: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        // Of a compose file the targets of the group come in any order.
        for group in picture["group"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            let targets = group["targets"].as_array_mut().expect("targets");
            targets.sort_by_key(ToString::to_string);
        }
        picture
    };
    let (mut alone, isolated) = (read(&alone), read(&isolated));
    let mut changed = Vec::new();
    for (name, target) in alone["target"].as_object_mut().expect("targets") {
        let context = &isolated["target"][name]["context"];
        if target["context"] != *context {
            changed.push((name.clone(), PathBuf::from(context.as_str().expect("a context"))));
            target["context"] = context.clone();
        }
    }
    assert_eq!(alone, isolated);
    changed
}

/// These targets get a tree each.
#[track_caller]
fn redirected(real: &Real, words: &[&str], targets: &[(&str, &str)]) {
    let contexts = contexts(real, words);
    let names: Vec<&str> = contexts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, targets.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for ((_, tree), (_, surface)) in contexts.iter().zip(targets) {
        real.assert_tree(tree, surface, if *surface == "web" { &WEB } else { &BACKEND });
    }
}

const BACKEND_AND_WEB: &[(&str, &str)] = &[("backend", "backend"), ("web", "web")];

const HCL: &str = r#"
variable "TAG" { default = "1" }
group "default" { targets = ["backend", "web"] }
target "common" {
  context = "."
  args = { A = "b" }
}
target "backend" {
  inherits = ["common"]
  dockerfile = "backend/Dockerfile"
  tags = ["backend:${TAG}"]
}
target "web" {
  inherits = ["common"]
  dockerfile = "web/Dockerfile"
  contexts = { backend = "target:backend", shared = "./shared" }
}
target "plain" {
  context = "db"
}
"#;

const PLAIN: (&str, &str) = ("db/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");

#[test]
fn files_that_bake_finds_itself() {
    let real = Real::new(&[("docker-bake.hcl", HCL), PLAIN]);
    redirected(&real, &["buildx", "bake"], BACKEND_AND_WEB);
    redirected(&real, &["buildx", "bake", "backend"], &[("backend", "backend")]);
    redirected(&real, &["buildx", "bake", "backend", "plain"], &[("backend", "backend")]);
    redirected(&real, &["buildx", "bake", "plain"], &[]);
}

#[test]
fn json_and_compose_files() {
    let json = r#"{"target": {"default": {"dockerfile": "backend/Dockerfile"}}}"#;
    let real = Real::new(&[("docker-bake.json", json)]);
    redirected(&real, &["buildx", "bake"], &[("default", "backend")]);

    let compose = "services:
  we.b: { image: web, build: { context: ., dockerfile: web/Dockerfile } }
  backend: { build: { context: ., dockerfile: backend/Dockerfile } }
";
    let real = Real::new(&[("compose.yaml", compose)]);
    // bake allows no dot in a name.
    redirected(&real, &["buildx", "bake"], &[("backend", "backend"), ("we_b", "web")]);
    // It does not read this variable, which is compose's.
    let (alone, isolated) =
        real.pictures(Call { variables: &[("COMPOSE_FILE", "nowhere.yml")], ..call(&["buildx", "bake"]) });
    assert_ne!(alone, isolated);
}

#[test]
fn files_and_settings_that_are_named() {
    let real = Real::new(&[
        ("docker-bake.hcl", "target \"default\" {\n  context = \"nowhere\"\n}\n"),
        ("build/one.hcl", HCL),
        ("two.json", r#"{"target": {"backend": {"args": {"MORE": "yes"}}}}"#),
        PLAIN,
    ]);
    for words in [
        &["buildx", "bake", "-f", "build/one.hcl", "-f", "two.json"][..],
        &["buildx", "bake", "--file=build/one.hcl", "-ftwo.json", "default"],
        &["buildx", "bake", "backend", "web", "--file", "build/one.hcl", "--set", "*.args.B=c"],
        &["buildx", "--builder", "default", "bake", "-f", "build/one.hcl", "--set", "backend.tags=x:y"],
    ] {
        redirected(&real, words, BACKEND_AND_WEB);
    }
    // What the caller sets himself is the context that counts.
    redirected(
        &real,
        &[
            "buildx",
            "bake",
            "-f",
            "build/one.hcl",
            "--set",
            "plain.context=.",
            "--set",
            "plain.dockerfile=web/Dockerfile",
            "plain",
        ],
        &[("plain", "web")],
    );
    redirected(
        &real,
        &[
            "buildx",
            "bake",
            "-f",
            "build/one.hcl",
            "--set",
            "backend.context=db",
            "--set",
            "backend.dockerfile=Dockerfile",
            "backend",
        ],
        &[],
    );
}

#[test]
fn a_matrix() {
    let real = Real::new(&[(
        "docker-bake.hcl",
        r#"
target "default" {
  name = "app-${dir}"
  matrix = { dir = ["backend", "web"] }
  dockerfile = "${dir}/Dockerfile"
}
"#,
    )]);
    redirected(&real, &["buildx", "bake"], &[("app-backend", "backend"), ("app-web", "web")]);
}

#[test]
fn called_in_a_folder_further_down() {
    let real = Real::new(&[("docker-bake.hcl", HCL), PLAIN]);
    let call = Call { folder: "web", ..call(&["buildx", "bake"]) };
    let (alone, isolated) = real.pictures(call);
    assert_ne!(alone, isolated);
}
