//! `bundledDependencies`, which only `node-linker=hoisted` allows.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn bundled_dependencies() {
    all_same("bundled", cases());
}

/// A hoisted install: `a` needs `b` and `@s/c`, which needs `d`; `e` is nobody's.
fn hoisted(name: &str, manifest: Value) -> Case {
    let package = |name: &str, dependencies: Value| {
        json!({"name": name, "version": "1.0.0", "dependencies": dependencies}).to_string()
    };
    case(format!("bundled: {name}"))
        .npmrc("node-linker=hoisted\n")
        .manifest(manifest)
        .tree("index.js lib/x.js")
        .tree("node_modules/a/index.js node_modules/a/.hidden node_modules/a/test/t.js node_modules/a/README.md")
        .file("node_modules/a/package.json", package("a", json!({"b": "1", "@s/c": "1"})))
        .tree("node_modules/b/index.js node_modules/b/secret.txt")
        .file("node_modules/b/package.json", package("b", json!({})))
        .file("node_modules/b/.npmignore", "secret.txt\n")
        .tree("node_modules/@s/c/index.js node_modules/@s/c/node_modules/d/index.js node_modules/@s/other/index.js")
        .file("node_modules/@s/c/package.json", package("@s/c", json!({"d": "1"})))
        .file("node_modules/@s/c/node_modules/d/package.json", package("d", json!({})))
        .file("node_modules/@s/other/package.json", package("@s/other", json!({})))
        .tree("node_modules/d/index.js node_modules/e/index.js node_modules/.bin/a node_modules/.modules.yaml node_modules/.pnpm/x/y")
        .file("node_modules/d/package.json", package("d", json!({})))
        .file("node_modules/e/package.json", package("e", json!({})))
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        ("a list", json!({"bundledDependencies": ["b"]})),
        ("the other spelling", json!({"bundleDependencies": ["b"]})),
        ("both spellings", json!({"bundleDependencies": ["b"], "bundledDependencies": ["e"]})),
        ("with dependencies of its own", json!({"bundledDependencies": ["a"]})),
        ("a scoped one", json!({"bundledDependencies": ["@s/c"]})),
        ("true", json!({"bundledDependencies": true, "dependencies": {"b": "1"}, "optionalDependencies": {"e": "1"}, "devDependencies": {"a": "1"}})),
        ("true, the other spelling", json!({"bundleDependencies": true, "dependencies": {"a": "1"}})),
        ("true, without dependencies", json!({"bundledDependencies": true})),
        ("a map", json!({"bundledDependencies": {"b": "1", "e": "2"}})),
        ("false", json!({"bundledDependencies": false})),
        ("an empty list", json!({"bundledDependencies": []})),
        ("an empty list, the other spelling first", json!({"bundleDependencies": [], "bundledDependencies": ["b"]})),
        ("text", json!({"bundledDependencies": "b"})),
        ("a number", json!({"bundledDependencies": 1})),
        ("one that is not installed", json!({"bundledDependencies": ["gone", "b"]})),
        ("a scope only", json!({"bundledDependencies": ["@s"]})),
        ("a dotted name", json!({"bundledDependencies": [".bin", ".modules.yaml"]})),
        ("with files", json!({"bundledDependencies": ["a"], "files": ["lib"]})),
        ("with files and a negation", json!({"bundledDependencies": ["a"], "files": ["lib", "!node_modules/a/test"]})),
        ("with files and a negation of one", json!({"bundledDependencies": ["a", "e"], "files": ["lib", "!node_modules/e"]})),
        ("with files of all", json!({"bundledDependencies": ["b"], "files": ["**"]})),
        ("with a file in it", json!({"bundledDependencies": ["b"], "files": ["node_modules/e/index.js"]})),
        ("main in one", json!({"bundledDependencies": ["b"], "main": "node_modules/b/secret.txt", "files": []})),
        ("bin in one", json!({"bundledDependencies": ["b"], "bin": "node_modules/b/index.js"})),
        ("a path", json!({"bundledDependencies": ["@s/c/node_modules/d"]})),
        ("numbers in the list", json!({"bundledDependencies": [5, "b"]})),
        ("the same twice", json!({"bundledDependencies": ["b", "b"]})),
    ]
    .into_iter()
    .map(|(name, manifest)| hoisted(name, manifest))
    .collect();
    cases.extend([
        hoisted("all ignored", json!({"bundledDependencies": ["b"]})).file(".npmignore", "*\n"),
        hoisted("node_modules ignored", json!({"bundledDependencies": ["b"]})).file(".npmignore", "node_modules\n"),
        hoisted("node_modules/ ignored", json!({"bundledDependencies": ["b"]})).file(".gitignore", "node_modules/\n"),
        hoisted("one ignored", json!({"bundledDependencies": ["a", "e"]})).file(".npmignore", "node_modules/e\n"),
        hoisted("its name ignored", json!({"bundledDependencies": ["a", "e"]})).file(".npmignore", "e\ntest\n"),
        hoisted("its files field", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/in.js node_modules/f/out.js").file("node_modules/f/package.json", r#"{"name":"f","files":["in.js"],"main":"x"}"#),
        hoisted("its main and ignore rules", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/m.js node_modules/f/out.js").file("node_modules/f/package.json", r#"{"name":"f","main":"m.js"}"#).file("node_modules/f/.npmignore", "*\n"),
        hoisted("its gitignore", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/m.js node_modules/f/dist/out.js").file("node_modules/f/package.json", "{}").file("node_modules/f/.gitignore", "dist\n"),
        hoisted("no manifest in it", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/m.js"),
        hoisted("a manifest that is no JSON", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/m.js").file("node_modules/f/package.json", "{{"),
        hoisted("optional dependencies of it", json!({"bundledDependencies": ["f"]})).file("node_modules/f/package.json", r#"{"name":"f","optionalDependencies":{"e":"1"},"peerDependencies":{"b":"1"},"devDependencies":{"d":"1"}}"#),
        hoisted("a circle", json!({"bundledDependencies": ["f"]})).file("node_modules/f/package.json", r#"{"name":"f","dependencies":{"g":"1"}}"#).file("node_modules/g/package.json", r#"{"name":"g","dependencies":{"f":"1"}}"#),
        hoisted("bundled in it", json!({"bundledDependencies": ["f"]})).tree("node_modules/f/node_modules/h/index.js").file("node_modules/f/package.json", r#"{"name":"f","bundledDependencies":["h"]}"#).file("node_modules/f/node_modules/h/package.json", r#"{"name":"h"}"#),
        hoisted("nested and not asked for", json!({"bundledDependencies": ["b"]})).tree("node_modules/b/node_modules/i/index.js"),
        hoisted("nested and asked for by another", json!({"bundledDependencies": ["f", "g"]})).file("node_modules/f/package.json", r#"{"name":"f","dependencies":{"i":"1"}}"#).file("node_modules/g/package.json", r#"{"name":"g","dependencies":{"i":"1"}}"#)
            .tree("node_modules/f/node_modules/i/one.js node_modules/i/two.js").file("node_modules/i/package.json", r#"{"name":"i"}"#).file("node_modules/f/node_modules/i/package.json", r#"{"name":"i"}"#),
        hoisted("always out in it", json!({"bundledDependencies": ["b"]})).tree("node_modules/b/.npmrc node_modules/b/.git/HEAD node_modules/b/package-lock.json node_modules/b/yarn.lock node_modules/b/.DS_Store node_modules/b/a.orig node_modules/b/LICENSE"),
        hoisted("linked", json!({"bundledDependencies": ["f"]})).link("node_modules/f", "../../other").root("packages/other/package.json", r#"{"name":"f","version":"1.0.0"}"#).root("packages/other/x.js", "x"),
        hoisted("linked, with dependencies", json!({"bundledDependencies": ["f"]})).link("node_modules/f", "../../other").root("packages/other/package.json", r#"{"name":"f","version":"1.0.0","dependencies":{"b":"1","j":"1"}}"#)
            .root("packages/other/x.js", "x").root("packages/other/node_modules/j/index.js", "j").root("packages/other/node_modules/j/package.json", "{}").root("packages/other/.npmignore", "y.js\n").root("packages/other/y.js", "y"),
        hoisted("linked and scoped", json!({"bundledDependencies": ["@t/f"]})).link("node_modules/@t/f", "../../../other").root("packages/other/package.json", r#"{"name":"@t/f","version":"1.0.0","files":["x.js"]}"#).root("packages/other/x.js", "x").root("packages/other/z.js", "z"),
        hoisted("a linked scope", json!({"bundledDependencies": ["@t/f"]})).link("node_modules/@t", "../../../scope").root("scope/f/package.json", r#"{"name":"@t/f"}"#).root("scope/f/x.js", "x"),
        hoisted("a link in it", json!({"bundledDependencies": ["b"]})).link("node_modules/b/link.js", "index.js"),
        hoisted("a linked one that leads nowhere", json!({"bundledDependencies": ["f", "b"]})).link("node_modules/f", "nowhere").fails(),
        hoisted("a file in its place", json!({"bundledDependencies": ["f"]})).file("node_modules/f", "x"),
        hoisted("and directory", json!({"publishConfig": {"directory": "dist"}})).file("dist/package.json", r#"{"name":"it","version":"1.0.0","bundledDependencies":["k"]}"#).tree("dist/node_modules/k/index.js"),
        case("bundled: no node_modules").npmrc("node-linker=hoisted\n").manifest(json!({"bundledDependencies": ["b"]})).tree("a.js"),
        case("bundled: no node_modules, with files").npmrc("node-linker=hoisted\n").manifest(json!({"bundledDependencies": ["b"], "files": ["a.js"]})).tree("a.js b.js"),
        case("bundled: nodeLinker in pnpm-workspace.yaml").yaml("nodeLinker: hoisted\n").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js a.js"),
        case("bundled: nodeLinker over node-linker").npmrc("node-linker=hoisted\n").yaml("nodeLinker: isolated\n").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js").fails(),
        case("bundled: node-linker in quotes and spaces").npmrc("; x\n# y\n node-linker = \"hoisted\" ; z\n").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js"),
        case("bundled: node-linker with spaces").npmrc("; x\n# y\n node-linker = hoisted \n").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js"),
        case("bundled: node-linker of the package's own .npmrc").file(".npmrc", "node-linker=hoisted\n").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js"),
        case("bundled: node-linker with an underscore").npmrc("node_linker=hoisted\n").manifest(json!({"bundledDependencies": ["b"]})).fails(),
        case("bundled: node-linker in package.json").manifest(json!({"bundledDependencies": ["b"]})).root("package.json", r#"{"name":"root","pnpm":{"nodeLinker":"hoisted"}}"#).fails(),
        case("bundled: isolated").manifest(json!({"bundledDependencies": ["b"]})).tree("node_modules/b/index.js").fails(),
        case("bundled: isolated, the other spelling").manifest(json!({"bundleDependencies": ["b"]})).fails(),
        case("bundled: isolated, an empty list").manifest(json!({"bundledDependencies": []})).fails(),
        case("bundled: isolated, true").manifest(json!({"bundleDependencies": true})).fails(),
        case("bundled: isolated, false").manifest(json!({"bundledDependencies": false})).tree("node_modules/b/index.js"),
        case("bundled: isolated, text").manifest(json!({"bundledDependencies": "b"})).fails(),
        case("bundled: isolated, empty text").manifest(json!({"bundledDependencies": ""})),
        case("bundled: isolated, zero").manifest(json!({"bundledDependencies": 0})),
        case("bundled: pnp").npmrc("node-linker=pnp\n").manifest(json!({"bundledDependencies": ["b"]})).fails(),
        case("bundled: isolated, in the inner manifest").manifest(json!({"publishConfig": {"directory": "dist"}})).file("dist/package.json", r#"{"name":"it","version":"1.0.0","bundledDependencies":["k"]}"#).fails(),
    ]);
    cases
}
