use serde_json::json;

use crate::npm::publish::*;

struct Fake(Vec<(&'static str, Value)>);

impl Siblings for Fake {
    fn named(&self, name: &str) -> Option<Manifest> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| manifest(value.clone()))
    }
    fn at(&self, path: &str) -> Option<Manifest> {
        self.named(path)
    }
    fn rivals(&self, _name: &str) -> Vec<&str> {
        Vec::new()
    }
    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(key, _)| *key).collect()
    }
}

fn manifest(value: Value) -> Manifest {
    match value {
        Value::Object(map) => Manifest(map),
        other => panic!("no object: {other}"),
    }
}

fn siblings() -> Fake {
    let b = json!({ "name": "@x/b", "version": "1.2.3" });
    Fake(vec![("@x/b", b.clone()), ("../b", b), ("@x/empty", json!({ "name": "@x/empty" }))])
}

fn catalogs() -> Catalogs {
    let entries = |list: &[(&str, &str)]| {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    Catalogs(
        [
            ("default".to_owned(), entries(&[("c", "^4.0.0"), ("loop", "catalog:x"), ("w", "workspace:*")])),
            ("old".to_owned(), entries(&[("c", "npm:d@1")])),
        ]
        .into(),
    )
}

fn publish(value: Value) -> Result<Value, Vec<Problem>> {
    published(&manifest(value), &siblings(), &catalogs(), None).map(|m| Value::Object(m.0))
}

fn spec(field: &str, name: &str, spec: &str) -> String {
    match publish(json!({ "name": "a", field: { name: spec } })) {
        Ok(value) => value[field][name].as_str().unwrap_or_default().to_owned(),
        Err(problems) => problems[0].message.clone(),
    }
}

#[test]
fn workspace_takes_the_version_from_the_member() {
    assert_eq!(spec("dependencies", "@x/b", "workspace:*"), "1.2.3");
    assert_eq!(spec("devDependencies", "@x/b", "workspace:^"), "^1.2.3");
    assert_eq!(spec("optionalDependencies", "bb", "workspace:@x/b@~"), "npm:@x/b@~1.2.3");
    assert_eq!(spec("dependencies", "@x/b", "workspace:../b"), "1.2.3");
    assert_eq!(spec("dependencies", "bb", "workspace:../b"), "npm:@x/b@1.2.3");
}

#[test]
fn a_range_after_workspace_is_not_looked_up() {
    assert_eq!(spec("dependencies", "@x/none", "workspace:^9"), "^9");
    assert_eq!(spec("dependencies", "bb", "workspace:@x/b@^9"), "npm:@x/b@^9");
    assert_eq!(spec("dependencies", "@x/none", "workspace:"), "");
}

#[test]
fn in_peers_the_first_workspace_inside_a_range_is_replaced() {
    assert_eq!(spec("peerDependencies", "@x/b", "workspace:>= || ^2"), ">=1.2.3 || ^2");
    assert_eq!(spec("peerDependencies", "@x/b", "^1 || workspace:*"), "^1 || 1.2.3");
    assert_eq!(spec("peerDependencies", "@x/none", "workspace:^3.x"), "^3.x");
    assert_eq!(spec("peerDependencies", "@x/b", "workspace:^ || workspace:~"), "^1.2.3 || workspace:~");
}

#[test]
fn catalogs_are_looked_up_and_checked() {
    assert_eq!(spec("dependencies", "c", "catalog:"), "^4.0.0");
    assert_eq!(spec("peerDependencies", "c", "catalog: old "), "npm:d@1");
    assert!(spec("dependencies", "c", "catalog:none").contains("no catalog \"none\""));
    assert!(spec("dependencies", "cc", "catalog:").contains("no such entry"));
    assert!(spec("dependencies", "loop", "catalog:").contains("which pnpm refuses"));
    assert!(spec("dependencies", "w", "catalog:").contains("which pnpm refuses"));
}

#[test]
fn every_problem_is_named_with_its_next_step() {
    let problems = publish(json!({
        "name": "a",
        "dependencies": { "@x/bb": "workspace:*", "n": 1 },
        "peerDependencies": { "@x/empty": "workspace:^" },
    }))
    .unwrap_err();
    assert_eq!(
        problems[0],
        Problem::new(
            "a: dependencies[\"@x/bb\"] is \"workspace:*\", and the workspace has no package \"@x/bb\""
        )
        .hint("did you mean \"@x/b\"?")
    );
    assert!(problems[1].message.contains("dependencies[\"n\"] is 1"));
    assert!(problems[2].message.contains("has no version"));
}

#[test]
fn publish_config_takes_over_and_scripts_go_last() {
    let out = publish(json!({
        "scripts": { "prepare": "x", "test": "y" },
        "name": "a",
        "main": "src/a.ts",
        "pnpm": {},
        "packageManager": "pnpm@10.6.5",
        "publishConfig": { "main": "a.js", "types": null, "engines": {} },
    }))
    .unwrap();
    let keys: Vec<&String> = out.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "main", "publishConfig", "scripts", "types"]);
    assert_eq!(out["publishConfig"], json!({ "engines": {} }));
    assert_eq!(out["types"], Value::Null);
    assert_eq!(publish(json!({ "publishConfig": { "main": "a" } })).unwrap(), json!({ "main": "a" }));
    assert_eq!(publish(json!({ "publishConfig": {} })).unwrap(), json!({}));
}

#[test]
fn a_readme_is_embedded_where_there_is_none() {
    let with = |value| published(&manifest(value), &siblings(), &catalogs(), Some("text")).unwrap().0;
    assert_eq!(with(json!({}))["readme"], "text");
    assert_eq!(with(json!({ "readme": "" }))["readme"], "");
}
