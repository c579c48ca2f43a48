//! `publishConfig`, and what else becomes of the manifest.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn publish_config() {
    all_same("publishConfig", cases());
}

const TREE: &str = "index.js main.js bin/a.js bin/b.js lib/x.js browser.js";

fn config(name: &str, config: Value) -> Case {
    case(format!("publishConfig: {name}")).manifest(json!({ "publishConfig": config })).tree(TREE)
}

/// A package that publishes its `dist`.
fn directory(name: &str, outer: Value, inner: Value) -> Case {
    let mut inner_full = json!({"name": "it", "version": "1.0.0"});
    for (key, value) in inner.as_object().into_iter().flatten() {
        inner_full[key] = value.clone();
    }
    case(format!("publishConfig.directory: {name}"))
        .manifest(outer)
        .tree("index.js src/a.js dist/index.js dist/lib/b.js dist/x.txt README.md")
        .file("dist/package.json", inner_full.to_string())
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        config(
            "all keys that are moved",
            json!({
                "bin": {"a": "bin/a.js"}, "type": "module", "imports": {"#x": "./lib/x.js"}, "main": "main.js",
                "module": "index.js", "typings": "t.d.ts", "types": "u.d.ts", "exports": {".": {"import": "./index.js", "default": "./main.js"}},
                "browser": "browser.js", "esnext": "e", "es2015": "f", "unpkg": "g", "umd:main": "h", "os": ["linux"],
                "cpu": ["x64"], "libc": ["glibc"], "typesVersions": {"*": {"*": ["a"]}},
            }),
        ),
        config(
            "keys that stay",
            json!({
                "access": "public", "registry": "http://127.0.0.1:9/", "tag": "next", "provenance": true, "engines": {"node": ">=1"},
                "name": "other", "version": "9.9.9", "files": ["lib"], "dependencies": {"a": "1"}, "scripts": {"a": "b"},
                "jsdelivr": "x", "man": "y", "peerDependencies": {}, "executableFiles": ["index.js"], "linkDirectory": false,
            }),
        ),
        config("null is moved", json!({"main": null, "exports": null, "type": null})),
        config("false and empty are moved", json!({"main": "", "browser": false, "exports": {}, "os": []})),
        config("left empty is dropped", json!({"main": "main.js"})),
        config("an empty one is dropped", json!({})),
        config("is null", json!(null)),
        config("is true", json!(true)),
        config("is false", json!(false)),
        config("is text", json!("main")),
        config("is empty text", json!("")),
        config("is zero", json!(0)),
        config("is a number", json!(7)),
        config("is a list", json!(["main"])),
        config("is an empty list", json!([])),
        config("integer keys come first", json!({"b": 1, "2": 1, "main": "main.js", "1": 2})),
    ];
    cases.extend([
        case("publishConfig: replaces in place").manifest(json!({
            "main": "index.js", "description": "x", "publishConfig": {"main": "main.js", "module": "index.js"}, "license": "MIT",
        })).tree(TREE),
        case("publishConfig: main decides the files").manifest(json!({"main": "index.js", "files": [], "publishConfig": {"main": "main.js"}})).tree(TREE),
        case("publishConfig: null main").manifest(json!({"main": "index.js", "files": ["lib"], "publishConfig": {"main": null}})).tree(TREE),
        case("publishConfig: bin decides the files").manifest(json!({"files": [], "publishConfig": {"bin": "./bin/b.js"}})).tree(TREE),
        case("publishConfig: browser decides the files").manifest(json!({"files": [], "publishConfig": {"browser": "./browser.js"}})).tree(TREE),
        case("publishConfig: files does not").manifest(json!({"files": ["lib"], "publishConfig": {"files": ["bin"]}})).tree(TREE),
        case("publishConfig: browser is a map").manifest(json!({"files": [], "publishConfig": {"browser": {"a": "b"}}})).tree(TREE),
        case("publishConfig: main is up").manifest(json!({"files": [], "publishConfig": {"main": "../x.js"}})).root("packages/x.js", "x").refused(),
        case("publishConfig: exports over exports").manifest(json!({
            "exports": {".": {"types": "./a", "default": "./b"}, "./x": "./x"}, "publishConfig": {"exports": {".": "./c"}},
        })).tree(TREE),
        case("manifest: what is dropped").manifest(json!({
            "pnpm": {"overrides": {"a": "1"}}, "packageManager": "pnpm@10.6.5", "private": true, "workspaces": ["x"],
            "scripts": {"prepublishOnly": "a", "prepack": "b", "prepare": "c", "postpack": "d", "publish": "e", "postpublish": "f",
                        "prepublish": "g", "preprepare": "h", "postprepare": "i", "build": "j", "install": "k", "test": "l"},
            "devDependencies": {"a": "1"}, "resolutions": {"b": "2"}, "overrides": {"c": "3"}, "_id": "x", "gitHead": "y",
        })).tree(TREE),
        case("manifest: scripts goes last").manifest(json!({"scripts": {"b": "1", "a": "2"}, "license": "MIT", "author": {"name": "x"}})),
        case("manifest: scripts left empty").manifest(json!({"scripts": {"prepare": "c"}})),
        case("manifest: scripts is null").manifest(json!({"scripts": null, "a": 1})),
        case("manifest: scripts is text").manifest(json!({"scripts": "abc", "a": 1})),
        case("manifest: scripts is a list").manifest(json!({"scripts": ["a", "b"], "a": 1})),
        case("manifest: scripts is false").manifest(json!({"scripts": false, "a": 1})),
        case("manifest: pnpm below stays").manifest(json!({"x": {"pnpm": 1, "scripts": {"prepare": "a"}, "packageManager": "b"}})),
        case("manifest: dependencies is null").manifest(json!({"dependencies": null})).fails(),
        case("manifest: devDependencies is null").manifest(json!({"devDependencies": null})).fails(),
        case("manifest: optionalDependencies is null").manifest(json!({"optionalDependencies": null})).fails(),
        case("manifest: peerDependencies is null").manifest(json!({"peerDependencies": null})).fails(),
        case("manifest: dependency fields are empty").manifest(json!({"dependencies": {}, "devDependencies": {}, "optionalDependencies": {}, "peerDependencies": {}})),
        case("manifest: dependency fields are empty lists").manifest(json!({"dependencies": [], "peerDependencies": []})),
        case("manifest: dependencies is false").manifest(json!({"dependencies": false})),
        case("manifest: peerDependencies is false").manifest(json!({"peerDependencies": false})),
        case("manifest: dependencies is a list").manifest(json!({"dependencies": ["a"]})),
        case("manifest: dependencies is text").manifest(json!({"dependencies": "ab"})),
        case("manifest: a dependency is a number").manifest(json!({"dependencies": {"a": 1}})).fails(),
        case("manifest: a dependency is null").manifest(json!({"dependencies": {"a": null}})).fails(),
        case("manifest: a peer is null").manifest(json!({"peerDependencies": {"a": null}})).fails(),
        case("manifest: a dependency is empty").manifest(json!({"dependencies": {"a": ""}})),
        case("manifest: dependencies of all kinds stay").manifest(json!({"dependencies": {
            "a": "^1", "b": "file:../b", "c": "link:../c", "d": "github:x/y", "e": "npm:f@1", "f": "http://127.0.0.1/x.tgz", "g": "latest", "h": "*",
        }, "peerDependenciesMeta": {"a": {"optional": true}}, "dependenciesMeta": {"a": {"injected": true}}})),
        case("manifest: os that does not fit").manifest(json!({"os": ["plan9"], "cpu": ["vax"]})).tree(TREE),
        case("manifest: node that does not fit").manifest(json!({"engines": {"node": ">=999", "npm": "1"}})).tree(TREE),
        case("manifest: packageManager is another's").manifest(json!({"packageManager": "yarn@4.0.0"})).tree(TREE),
        case("manifest: the root's packageManager is another's").root("package.json", r#"{"name":"root","packageManager":"yarn@4.0.0"}"#).tree(TREE),
    ]);
    let out = json!({"publishConfig": {"directory": "dist"}, "main": "index.js"});
    cases.extend([
        directory("plain", out.clone(), json!({})),
        directory("from here", json!({"publishConfig": {"directory": "./dist/"}}), json!({})),
        directory("a slash before", json!({"publishConfig": {"directory": "/dist"}}), json!({})),
        directory("here", json!({"publishConfig": {"directory": "."}}), json!({})),
        directory("empty", json!({"publishConfig": {"directory": ""}}), json!({})),
        directory("null", json!({"publishConfig": {"directory": null}}), json!({})),
        directory("other name and version", out.clone(), json!({"name": "inner", "version": "2.0.0"})),
        directory("inner files", out.clone(), json!({"files": ["lib"]})),
        directory("outer files do not count", json!({"files": ["src"], "publishConfig": {"directory": "dist"}}), json!({})),
        directory("inner publishConfig", json!({"publishConfig": {"directory": "dist", "main": "outer.js"}}), json!({"publishConfig": {"main": "x.txt", "access": "public"}})),
        directory("inner publishConfig.directory does nothing", out.clone(), json!({"publishConfig": {"directory": "lib"}})),
        directory("inner scripts", json!({"scripts": {"a": "b"}, "publishConfig": {"directory": "dist"}}), json!({"scripts": {"prepare": "x", "c": "d"}})),
        directory("inner ignore file", out.clone(), json!({})).file("dist/.npmignore", "lib\n").file(".npmignore", "dist\n"),
        directory("two levels", json!({"publishConfig": {"directory": "dist/lib"}}), json!({})).file("dist/lib/package.json", r#"{"name":"it","version":"3.0.0"}"#),
        directory("no linkDirectory", json!({"publishConfig": {"directory": "dist", "linkDirectory": false}}), json!({})),
        directory("the workspace's licence, not the outer one", out.clone(), json!({})).file("LICENSE", "outer").root("LICENSE", "root"),
        directory("an inner licence", out.clone(), json!({})).file("dist/LICENSE", "inner").root("LICENSE", "root"),
        directory("an inner workspace dependency", out.clone(), json!({"dependencies": {"b": "workspace:^"}}))
            .member("packages/b", json!({"name": "b", "version": "2.3.4"})).installed("b", "packages/b"),
        directory("an outer dependency does not count", json!({"dependencies": {"b": "workspace:^"}, "publishConfig": {"directory": "dist"}}), json!({}))
            .member("packages/b", json!({"name": "b", "version": "2.3.4"})),
        directory("an inner relative dependency is seen from there", out.clone(), json!({"dependencies": {"b": "workspace:../../b"}}))
            .member("packages/b", json!({"name": "b", "version": "2.3.4"})),
        directory("an inner catalog", out.clone(), json!({"dependencies": {"c": "catalog:"}})).yaml("catalog:\n  c: ^7.0.0\n"),
        directory("inner node_modules", out.clone(), json!({})).tree("dist/node_modules/x/index.js"),
        directory("up and back", json!({"publishConfig": {"directory": "../it/dist"}}), json!({})),
        case("publishConfig.directory: not there").manifest(out.clone()).tree("index.js").fails(),
        case("publishConfig.directory: no manifest there").manifest(out.clone()).tree("dist/index.js").fails(),
        case("publishConfig.directory: a file").manifest(out.clone()).tree("dist").fails(),
        case("publishConfig.directory: a number").manifest(json!({"publishConfig": {"directory": 5}})).fails(),
        case("publishConfig.directory: no name there").manifest(out.clone()).file("dist/package.json", r#"{"version":"1.0.0"}"#).fails(),
        case("publishConfig.directory: no version there").manifest(out.clone()).file("dist/package.json", r#"{"name":"it"}"#).fails(),
        case("publishConfig.directory: another manifest there").manifest(out.clone()).tree("dist/a.js").file("dist/package.json5", "{name: 'it', version: '4.0.0'}"),
        case("publishConfig.directory: no outer version").manifest(json!({"version": null, "publishConfig": {"directory": "dist"}})).file("dist/package.json", r#"{"name":"it","version":"5.0.0"}"#),
        case("publishConfig.directory: through a link").manifest(out.clone()).tree("out/index.js").file("out/package.json", r#"{"name":"it","version":"1.0.0"}"#).link("dist", "out"),
        case("publishConfig.directory: another member").manifest(json!({"publishConfig": {"directory": "../b"}})).member("packages/b", json!({"name": "b", "version": "1.0.0"})).root("packages/b/b.js", "x"),
        case("publishConfig.directory: a member with one, linked").manifest(json!({"dependencies": {"b": "workspace:^"}}))
            .member("packages/b", json!({"name": "b", "version": "1.0.0", "publishConfig": {"directory": "dist"}})).root("packages/b/dist/package.json", r#"{"name":"b","version":"8.0.0"}"#),
        case("publishConfig.directory: a member with one, under another name").manifest(json!({"dependencies": {"b": "workspace:^"}}))
            .member("packages/b", json!({"name": "b", "version": "1.0.0", "publishConfig": {"directory": "dist"}})).root("packages/b/dist/package.json", r#"{"name":"bb","version":"8.0.0"}"#),
        case("publishConfig.directory: a member with one, not linked").manifest(json!({"dependencies": {"b": "workspace:^"}}))
            .member("packages/b", json!({"name": "b", "version": "1.0.0", "publishConfig": {"directory": "dist", "linkDirectory": false}})).root("packages/b/dist/package.json", r#"{"name":"b","version":"8.0.0"}"#),
        case("publishConfig.directory: a member with one that is not there").manifest(json!({"dependencies": {"b": "workspace:^"}}))
            .member("packages/b", json!({"name": "b", "version": "1.0.0", "publishConfig": {"directory": "dist"}})).fails(),
    ]);
    cases
}
