//! `workspace:` in dependency fields. No install is there when the program packs.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn workspace_protocol() {
    all_same("workspace:", cases());
}

/// A package in a workspace with `b` 2.3.4, `@x/c` 0.1.0-rc.1+build and `d` without a version.
fn with(manifest: Value) -> Case {
    let name = manifest.to_string();
    case(format!("workspace: {name}"))
        .manifest(manifest)
        .member("packages/b", json!({"name": "b", "version": "2.3.4"}))
        .member("packages/c", json!({"name": "@x/c", "version": "0.1.0-rc.1+build"}))
        .member("packages/d", json!({"name": "d"}))
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
            .iter()
            .flat_map(|field| {
                [
                    "workspace:*",
                    "workspace:^",
                    "workspace:~",
                    "workspace:^2",
                    "workspace:1.x",
                    "workspace:>=1 <3",
                    "workspace:2.3.4",
                ]
                .map(|spec| with(json!({ *field: {"b": spec} })))
            })
            .collect();
    // Some read oddly: this is what pnpm makes of them.
    for spec in [
        "workspace:@x/c@*",
        "workspace:@x/c@^",
        "workspace:@x/c@~",
        "workspace:@x/c@1",
        "workspace:@x/c@",
        "workspace:@x/c",
        "workspace:@x/c*",
        "workspace:b@^2",
        "workspace:latest",
        "workspace:x",
        "workspace:X.x",
        "workspace: ^2",
        "workspace:^ ",
        "workspace:^2 || ^3",
        "workspace:>=2.0.0",
        "workspace:^2.0.0-rc.1",
        "workspace:v2",
        "workspace:||",
        "workspace:=2.3.4",
        "workspace:",
        "workspace:^^",
        "workspace:**",
        "workspace:@",
        "workspace:^2.*",
        "workspace:2.*",
        "workspace:2.^",
        "workspace:foo@^@",
    ] {
        // What is looked up is `node_modules/<key>`, so an alias needs a name in its specification.
        let key = if spec.contains("@x/c@") { "alias" } else { "b" };
        let case = with(json!({"dependencies": {key: spec}})).installed("b", "packages/b");
        cases.push(case);
    }
    for spec in [
        "workspace:>=",
        "workspace:>",
        "workspace:<=",
        "workspace:<",
        "workspace:>=2",
        "workspace:<3.0",
        "workspace:x",
        "workspace:X",
        "workspace:2.x.*",
        "workspace:^ || workspace:~",
        "workspace:^2 || workspace:^3",
        "^1 || workspace:^",
        "^1 || workspace:^2",
        ">=1 workspace:<3",
        "workspace:latest",
        "workspace:b@^",
        "workspace:^2.3.4-rc.1",
        "workspace:",
        "workspace: ^",
        "workspace:^^",
        "npm:workspace:*",
        "workspace:2.3.4.5",
        "workspace:=2",
        "workspace:*2",
    ] {
        cases.push(with(json!({"peerDependencies": {"b": spec}})).installed("b", "packages/b"));
    }
    cases.extend([
        with(json!({"dependencies": {"@x/c": "workspace:*"}})),
        with(json!({"dependencies": {"@x/c": "workspace:^"}, "peerDependencies": {"@x/c": "workspace:~"}})),
        with(json!({"dependencies": {"b": "workspace:../b"}})),
        with(json!({"dependencies": {"b": "workspace:../b/"}})),
        with(json!({"dependencies": {"bb": "workspace:../b"}})),
        with(json!({"dependencies": {"cc": "workspace:../c"}, "devDependencies": {"b": "workspace:../b"}})),
        with(json!({"peerDependencies": {"bb": "workspace:b@^"}})),
        with(json!({"peerDependencies": {"b": "workspace:@x/c@^"}})),
        with(json!({"peerDependencies": {"b": "workspace:../b"}})).installed("b", "packages/b"),
        with(json!({"peerDependencies": {"bb": "workspace:../b"}})).installed("bb", "packages/b"),
        with(json!({"dependencies": {"b": "workspace:@x/c@^"}})),
        with(json!({"dependencies": {"b": "workspace:./../b"}})),
        with(json!({"dependencies": {"in": "workspace:./inner"}})).file("inner/package.json", r#"{"name":"in","version":"6.0.0"}"#),
        with(json!({"dependencies": {"b": "workspace:packages/b"}})),
        with(json!({"dependencies": {"b": "workspace:.."}})),
        with(json!({"dependencies": {"b": "workspace:../gone"}})).fails(),
        with(json!({"dependencies": {"d": "workspace:../d"}})).fails(),
        with(json!({"dependencies": {"d": "workspace:*"}})).fails(),
        with(json!({"dependencies": {"gone": "workspace:*"}})).fails(),
        with(json!({"devDependencies": {"gone": "workspace:^"}})).fails(),
        with(json!({"optionalDependencies": {"gone": "workspace:~"}})).fails(),
        with(json!({"peerDependencies": {"gone": "workspace:^"}})).fails(),
        with(json!({"dependencies": {"gone": "workspace:^1.2"}})),
        with(json!({"peerDependencies": {"gone": "workspace:^1.2"}})),
        with(json!({"dependencies": {"b": "WORKSPACE:*"}})),
        with(json!({"dependencies": {"b": " workspace:*"}})),
        with(json!({"overrides": {"b": "workspace:*"}, "resolutions": {"b": "workspace:*"}, "bundled": {"b": "workspace:*"}})),
        with(json!({"dependencies": {"b": "workspace:*", "@x/c": "workspace:^", "z": "^1", "a": "1"}})),
        case("workspace: itself").manifest(json!({"devDependencies": {"it": "workspace:*"}})).installed("it", "packages/it"),
        case("workspace: a cycle").manifest(json!({"dependencies": {"b": "workspace:*"}}))
            .member("packages/b", json!({"name": "b", "version": "1.0.0", "dependencies": {"it": "workspace:*"}})),
        case("workspace: a version that is a number").manifest(json!({"dependencies": {"b": "workspace:^"}})).member("packages/b", json!({"name": "b", "version": 7})),
        case("workspace: a version that is none").manifest(json!({"dependencies": {"b": "workspace:^"}})).member("packages/b", json!({"name": "b", "version": "not a version"})),
        case("workspace: an empty version").manifest(json!({"dependencies": {"b": "workspace:^"}})).member("packages/b", json!({"name": "b", "version": ""})).fails(),
        case("workspace: a private member").manifest(json!({"dependencies": {"b": "workspace:^"}})).member("packages/b", json!({"name": "b", "version": "1.0.0", "private": true})),
        case("workspace: to the root").manifest(json!({"dependencies": {"root": "workspace:^"}})).root("package.json", r#"{"name":"root","version":"5.0.0"}"#).installed("root", ""),
        case("workspace: a member with package.json5").manifest(json!({"dependencies": {"b": "workspace:^"}})).root("packages/b/package.json5", "{name: 'b', version: '1.2.0'}").installed("b", "packages/b"),
        case("workspace: a member with package.yaml").manifest(json!({"dependencies": {"b": "workspace:^"}})).root("packages/b/package.yaml", "name: b\nversion: 1.3.0\n").installed("b", "packages/b"),
        case("workspace: of the root").at_root().manifest(json!({"dependencies": {"b": "workspace:^"}})).member("packages/b", json!({"name": "b", "version": "1.0.0"})),
        case("workspace: a relative path of the root").at_root().manifest(json!({"dependencies": {"b": "workspace:./packages/b"}})).member("packages/b", json!({"name": "b", "version": "1.0.0"})),
        case("workspace: a member at another depth").manifest(json!({"dependencies": {"b": "workspace:^"}})).yaml("  - tools/**\n").member("tools/deep/b", json!({"name": "b", "version": "1.0.0"})),
        case("workspace: a folder below two stars that is left out").manifest(json!({"dependencies": {"b": "workspace:^"}})).yaml("  - tools/**\n  - '!tools/old/**'\n")
            .member("tools/new/b", json!({"name": "b", "version": "1.0.0"})).member("tools/old/b", json!({"name": "b", "version": "0.1.0"})),
    ]);
    cases
}
