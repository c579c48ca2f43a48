//! `catalog:` in dependency fields.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn catalogs() {
    all_same("catalog:", cases());
}

const YAML: &str = "catalog:\n  a: ^1.0.0\n  '@x/b': 2.0.0\n  w: workspace:*\n  f: file:../x\n  l: link:../x\n  n: npm:other@1\n  \
                    r: catalog:old\n  num: '3'\n  empty: ''\n  git: github:x/y\n\
                    catalogs:\n  old:\n    a: ^0.9.0\n    only: 1.0.0\n  'odd name':\n    a: 7.0.0\n  '':\n    a: 8.0.0\n";

fn with(manifest: Value) -> Case {
    case(format!("catalog: {manifest}")).manifest(manifest).yaml(YAML)
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
            .iter()
            .flat_map(|field| {
                ["catalog:", "catalog:default", "catalog:old"]
                    .map(|spec| with(json!({ *field: {"a": spec} })))
            })
            .collect();
    cases.extend([
        // A package with a file of its own is a workspace of its own, whatever lies around it.
        with(json!({"dependencies": {"a": "catalog:"}}))
            .file("pnpm-workspace.yaml", "catalog: {a: ^5.0.0}\n"),
        with(json!({"dependencies": {"@x/b": "catalog:"}}))
            .file("pnpm-workspace.yaml", "packages: ['.']\n")
            .fails(),
        with(json!({"dependencies": {"a": "catalog:"}}))
            .root("packages/pnpm-workspace.yaml", "packages: ['it']\ncatalog: {a: ^6.0.0}\n"),
        with(json!({"dependencies": {"@x/b": "catalog:"}})),
        with(json!({"dependencies": {"n": "catalog:"}})),
        with(json!({"dependencies": {"num": "catalog:"}})),
        with(json!({"dependencies": {"git": "catalog:"}})),
        with(json!({"dependencies": {"empty": "catalog:"}})),
        with(json!({"dependencies": {"a": "catalog: "}})),
        with(json!({"dependencies": {"a": "catalog: old "}})),
        with(json!({"dependencies": {"a": "catalog:odd name"}})),
        with(json!({"dependencies": {"a": "Catalog:"}})),
        with(json!({"dependencies": {"a": " catalog:"}})),
        with(json!({"dependencies": {"a": "catalog"}})),
        with(json!({"dependencies": {"only": "catalog:old"}})),
        with(json!({"peerDependencies": {"a": "catalog: || workspace:^2"}})).fails(),
        with(json!({"dependencies": {"a": "workspace:catalog:"}})),
        with(json!({"overrides": {"a": "catalog:"}})),
        with(json!({"dependencies": {"only": "catalog:"}})).fails(),
        with(json!({"dependencies": {"a": "catalog:gone"}})).fails(),
        with(json!({"devDependencies": {"gone": "catalog:"}})).fails(),
        with(json!({"dependencies": {"w": "catalog:"}})).fails(),
        with(json!({"dependencies": {"f": "catalog:"}})).fails(),
        with(json!({"dependencies": {"l": "catalog:"}})).fails(),
        with(json!({"dependencies": {"r": "catalog:"}})).fails(),
        with(json!({"dependencies": {"toString": "catalog:"}})).fails(),
        with(json!({"dependencies": {"a": "catalog:toString"}})).fails(),
        case("catalog: there is none").manifest(json!({"dependencies": {"a": "catalog:"}})).fails(),
        case("catalog: an empty one")
            .manifest(json!({"dependencies": {"a": "catalog:"}}))
            .yaml("catalog: {}\n")
            .fails(),
        case("catalog: null").manifest(json!({"dependencies": {"b": "1"}})).yaml("catalog:\n"),
        case("catalog: the default one under catalogs")
            .manifest(json!({"dependencies": {"a": "catalog:", "b": "catalog:default"}}))
            .yaml("catalogs:\n  default:\n    a: 1.0.0\n    b: 2.0.0\n"),
        case("catalog: two default ones")
            .manifest(json!({"dependencies": {"b": "1"}}))
            .yaml("catalog:\n  a: 1.0.0\ncatalogs:\n  default:\n    a: 1.0.0\n")
            .fails(),
        case("catalog: a number")
            .manifest(json!({"dependencies": {"a": "catalog:"}}))
            .yaml("catalog:\n  a: 3\n")
            .fails(),
        case("catalog: a number that is not asked for")
            .manifest(json!({"dependencies": {"b": "1"}}))
            .yaml("catalog:\n  a: 3\n")
            .fails(),
        case("catalog: anchors")
            .manifest(json!({"dependencies": {"a": "catalog:", "b": "catalog:"}}))
            .yaml("catalog:\n  a: &v ^4.0.0\n  b: *v\n"),
        case("catalog: quotes, blocks and comments")
            .manifest(json!({"dependencies": {"a": "catalog:", "b": "catalog:", "c": "catalog:"}}))
            .yaml("catalog:\n  \"a\": '^4.0.0' # x\n  b: >-\n    ^5.0.0\n  ? c\n  : ^6\n"),
        case("catalog: flow style")
            .manifest(json!({"dependencies": {"a": "catalog:"}}))
            .yaml("catalog: {a: ^1.0.0, \"b\": ~2}\n"),
        case("catalog: merge keys")
            .manifest(json!({"dependencies": {"a": "catalog:two"}}))
            .yaml("catalogs:\n  one: &one\n    a: 1.0.0\n  two:\n    <<: *one\n    b: 2.0.0\n"),
        case("catalog: in package.json's pnpm field")
            .manifest(json!({"dependencies": {"a": "catalog:"}, "pnpm": {"catalog": {"a": "1"}}}))
            .fails(),
        case("catalog: of the root")
            .at_root()
            .manifest(json!({"dependencies": {"a": "catalog:"}}))
            .yaml("catalog:\n  a: 1.0.0\n"),
        case("catalog: with a peer that is in the workspace")
            .manifest(json!({"peerDependencies": {"a": "catalog:", "b": "workspace:^"}}))
            .yaml("catalog:\n  a: 1.0.0\n")
            .member("packages/b", json!({"name": "b", "version": "3.0.0"})),
        case("catalog: keys in odd order")
            .manifest(json!({"dependencies": {"z": "catalog:", "a": "catalog:"}}))
            .yaml("catalog:\n  z: 1.0.0\n  a: 2.0.0\n"),
    ]);
    cases
}
