//! Fields that name files: some take them in, some do not.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn main_bin_and_browser() {
    all_same("main, bin, browser", cases());
}

const TREE: &str = "index.js main.js src/index.js src/b.js lib/a.js browser.js bin/cli.js bin/other.js types.d.ts \
                    .hidden/main.js a.node b+c.js d[e].js";

/// The field, once with `files` that takes in something else and once with all ignored.
fn both(name: &str, mut manifest: Value) -> [Case; 2] {
    let ignored =
        case(format!("{name}, all ignored")).manifest(manifest.clone()).tree(TREE).file(".npmignore", "*\n");
    manifest["files"] = json!(["lib"]);
    [case(format!("{name}, with files")).manifest(manifest).tree(TREE), ignored]
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        ("main", json!({"main": "main.js"})),
        ("main from here", json!({"main": "./main.js"})),
        ("main with a slash before", json!({"main": "/main.js"})),
        ("main without extension", json!({"main": "main"})),
        ("main is a folder", json!({"main": "src"})),
        ("main is a folder with a slash", json!({"main": "src/"})),
        ("main is a folder from here", json!({"main": "./src/"})),
        ("main is here", json!({"main": "."})),
        ("main is here with a slash", json!({"main": "./"})),
        ("main is not there", json!({"main": "gone.js"})),
        ("main is empty", json!({"main": ""})),
        ("main is in a hidden folder", json!({"main": ".hidden/main.js"})),
        ("main is in other case", json!({"main": "MAIN.js"})),
        ("main has a star", json!({"main": "*.js"})),
        ("main has two stars", json!({"main": "**/*.js"})),
        ("main has braces", json!({"main": "{main,index}.js"})),
        ("main has a bracket", json!({"main": "d[e].js"})),
        ("main has a plus", json!({"main": "b+c.js"})),
        ("main takes a round trip", json!({"main": "src/../main.js"})),
        ("main is a number", json!({"main": 5})),
        ("main is a list", json!({"main": ["main.js"]})),
        ("main is a list of two", json!({"main": ["main.js", "index.js"]})),
        ("main is true", json!({"main": true})),
        ("main is a map", json!({"main": {"a": "main.js"}})),
        ("main is null", json!({"main": null})),
        ("main begins with an exclamation mark", json!({"main": "!lib"})),
        ("main with spaces around", json!({"main": " main.js "})),
        ("module, types and exports take in nothing",
            json!({"module": "main.js", "types": "types.d.ts", "typings": "types.d.ts", "exports": "./src/index.js", "man": "index.js"})),
        ("directories take in nothing", json!({"directories": {"bin": "bin", "lib": "src", "man": "src"}})),
        ("browser", json!({"browser": "browser.js"})),
        ("browser from here", json!({"browser": "./browser.js"})),
        ("browser is a map", json!({"browser": {"./index.js": "./browser.js", "fs": false}})),
        ("browser is false", json!({"browser": false})),
        ("browser is a list", json!({"browser": ["browser.js"]})),
        ("bin is text", json!({"bin": "bin/cli.js"})),
        ("bin is text, from here", json!({"bin": "./bin/cli.js"})),
        ("bin is text, of a scoped name", json!({"name": "@scope/it", "bin": "bin/cli.js"})),
        ("bin is a map", json!({"bin": {"cli": "bin/cli.js", "other": "./bin/other.js"}})),
        ("bin is a map with a slash before", json!({"bin": {"cli": "/bin/cli.js"}})),
        ("bin is a map with a round trip", json!({"bin": {"cli": "bin/../bin/./cli.js"}})),
        ("bin is a map that goes up and back", json!({"bin": {"cli": "../it/bin/cli.js"}})),
        ("bin is a map that goes up", json!({"bin": {"cli": "../../bin/cli.js"}})),
        ("bin is a folder", json!({"bin": "bin"})),
        ("bin is a folder in a map", json!({"bin": {"cli": "./bin/"}})),
        ("bin is not there", json!({"bin": {"cli": "gone.js"}})),
        ("bin is empty text", json!({"bin": ""})),
        ("bin is an empty map", json!({"bin": {}})),
        ("bin has an empty name", json!({"bin": {"": "bin/cli.js"}})),
        ("bin has an empty path", json!({"bin": {"cli": ""}})),
        ("bin has a name with slashes", json!({"bin": {"@scope/cli": "bin/cli.js", "a/b": "bin/other.js"}})),
        ("bin has a name with a backslash and a colon", json!({"bin": {"a\\b": "bin/cli.js", "c:d": "bin/other.js"}})),
        ("bin has names that are not for a URL", json!({"bin": {"a b": "bin/cli.js", "ü": "bin/other.js"}})),
        ("bin has the name $", json!({"bin": {"$": "bin/cli.js"}})),
        ("bin has two names for one file", json!({"bin": {"a": "bin/cli.js", "b": "bin/cli.js"}})),
        ("bin has a backslash", json!({"bin": {"cli": "bin\\cli.js"}})),
        ("bin has a star", json!({"bin": {"cli": "bin/*.js"}})),
        ("bin is false", json!({"bin": false})),
        ("bin is null", json!({"bin": null})),
    ]
    .into_iter()
    .flat_map(|(name, manifest)| both(name, manifest))
    .collect();
    for (name, bin) in [
        ("a list", json!(["bin/cli.js"])),
        ("a list of two", json!(["bin/cli.js", "./bin/other.js"])),
        ("an empty list", json!([])),
        ("a number", json!(5)),
        ("true", json!(true)),
        ("a map with an odd name to a number", json!({"a b": 5})),
    ] {
        cases.push(case(format!("bin is {name}")).manifest(json!({ "bin": bin })).tree(TREE));
        cases.push(
            case(format!("bin is {name}, with files"))
                .manifest(json!({ "bin": bin, "files": ["lib"] }))
                .tree(TREE),
        );
    }
    for (name, bin) in [
        ("a number", json!({"cli": 5})),
        ("null", json!({"cli": null})),
        ("a map", json!({"cli": {"a": "bin/cli.js"}})),
    ] {
        cases
            .push(case(format!("bin is a map to {name}")).manifest(json!({ "bin": bin })).tree(TREE).fails());
    }
    cases.extend([
        case("main is up")
            .manifest(json!({"main": "../x.js", "files": ["lib"]}))
            .tree(TREE)
            .root("packages/x.js", "x")
            .refused(),
        case("main is up, no files")
            .manifest(json!({"main": "../x.js"}))
            .tree(TREE)
            .root("packages/x.js", "x"),
        case("browser is up")
            .manifest(json!({"browser": "../x.js", "files": ["lib"]}))
            .tree(TREE)
            .root("packages/x.js", "x")
            .refused(),
        case("bin is up")
            .manifest(json!({"bin": "../x.js", "files": ["lib"]}))
            .tree(TREE)
            .root("packages/x.js", "x"),
        case("main and a negation")
            .manifest(json!({"main": "lib/a.js", "files": ["lib", "!lib/a.js"]}))
            .tree(TREE),
        case("bin and a negation")
            .manifest(json!({"bin": "bin/cli.js", "files": ["bin", "!bin/**"]}))
            .tree(TREE),
        case("main and a negated folder")
            .manifest(json!({"main": "src/index.js", "files": ["!src"]}))
            .tree(TREE),
        case("main in node_modules")
            .manifest(json!({"main": "node_modules/x/index.js"}))
            .tree("node_modules/x/index.js a.js"),
        case("main in node_modules, with files")
            .manifest(json!({"main": "node_modules/x/index.js", "files": ["a.js"]}))
            .tree("node_modules/x/index.js a.js"),
        case("main is package.json").manifest(json!({"main": "package.json", "files": []})).tree(TREE),
        case("main is an index that is not named").manifest(json!({"files": ["lib"]})).tree(TREE),
        case("main brings back a folder's others")
            .manifest(json!({"main": "src/index.js"}))
            .tree(TREE)
            .file(".npmignore", "src\n"),
        case("main brings back a folder's others by stars")
            .manifest(json!({"main": "src/index.js"}))
            .tree(TREE)
            .file(".npmignore", "src/**\n"),
    ]);
    cases
}
