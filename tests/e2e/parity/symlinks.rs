//! Symbolic links: dropped, unless a pattern goes through one.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn symlinks() {
    all_same("symbolic links", cases());
}

/// Links of each kind: to a file, to a folder, in a folder, to nothing, to itself.
fn linked(name: &str, manifest: Value) -> Case {
    case(format!("links: {name}"))
        .manifest(manifest)
        .tree("real.js src/a.js src/sub/b.js")
        .link("link.js", "real.js")
        .link("lib", "src")
        .link("src/inner.js", "../real.js")
        .link("src/up", "..")
        .link("dead", "nowhere")
        .link("loop", "loop")
}

fn cases() -> Vec<Case> {
    vec![
        linked("no files", json!({})),
        linked("a linked folder", json!({"files": ["lib"]})),
        linked("a linked folder with a slash", json!({"files": ["lib/"]})),
        linked("through a linked folder", json!({"files": ["lib/a.js"]})),
        linked("through a linked folder by a star", json!({"files": ["lib/*"]})),
        linked("through a linked folder by two stars", json!({"files": ["lib/**"]})),
        linked("through a linked folder to a folder", json!({"files": ["lib/sub"]})),
        linked("through two links", json!({"files": ["lib/up/src/a.js"]})),
        linked("through two links by a star", json!({"files": ["lib/up/*"]})),
        linked("two stars and an extension", json!({"files": ["**/*.js"]})),
        linked("two stars", json!({"files": ["**"]})),
        linked("a star", json!({"files": ["*"]})),
        linked("a star and a name", json!({"files": ["*/a.js"]})),
        linked("a star and a folder", json!({"files": ["*/sub"]})),
        linked("a linked file", json!({"files": ["link.js"]})),
        linked("a dead link", json!({"files": ["dead", "loop", "src"]})),
        linked("a dead link by a star", json!({"files": ["d*", "lo*"]})),
        linked("main is linked", json!({"main": "link.js", "files": ["src"]})),
        linked("main through a link", json!({"main": "lib/a.js", "files": ["src/sub"]})),
        linked("main is dead", json!({"main": "dead", "files": ["src"]})),
        linked("bin is linked", json!({"bin": "link.js", "files": ["src"]})),
        linked("bin through a link", json!({"bin": "lib/a.js", "files": ["src"]})),
        linked("executableFiles through a link", json!({"publishConfig": {"executableFiles": ["lib/a.js"]}})),
        linked("a negation through a link", json!({"files": ["src", "!lib/a.js"]})),
        linked("directories.bin is linked", json!({"directories": {"bin": "lib"}})),
        case("links: a linked README").tree("doc/README.md a.js").link("README.md", "doc/README.md"),
        case("links: a linked README in files")
            .manifest(json!({"files": ["README.md", "a.js"]}))
            .tree("doc/R.md a.js")
            .link("README.md", "doc/R.md"),
        case("links: out of the package")
            .manifest(json!({"files": ["out", "a.js"]}))
            .tree("a.js")
            .link("out", "../other")
            .root("packages/other/x.js", "x"),
        case("links: through a link out of the package")
            .manifest(json!({"files": ["out/x.js", "a.js"]}))
            .tree("a.js")
            .link("out", "../other")
            .root("packages/other/x.js", "x"),
        case("links: through a link out of the package by two stars")
            .manifest(json!({"files": ["out/**"]}))
            .tree("a.js")
            .link("out", "../other")
            .root("packages/other/x.js", "x")
            .root("packages/other/y/z.js", "z"),
        case("links: an absolute one")
            .manifest(json!({"files": ["etc", "etc/hosts"]}))
            .tree("a.js")
            .link("etc", "/etc"),
        case("links: a linked manifest")
            .no_manifest()
            .tree("a.js")
            .file("real.json", r#"{"name":"it","version":"1.0.0"}"#)
            .link("package.json", "real.json"),
        case("links: a linked manifest, with files")
            .no_manifest()
            .tree("a.js b.js")
            .file("real.json", r#"{"name":"it","version":"1.0.0","files":["a.js"]}"#)
            .link("package.json", "real.json"),
        case("links: a linked manifest out of the package")
            .no_manifest()
            .tree("a.js")
            .root("shared.json", r#"{"name":"it","version":"1.0.0"}"#)
            .link("package.json", "../../shared.json"),
        case("links: a linked folder in a listed one")
            .manifest(json!({"files": ["lib"]}))
            .tree("src/x.js lib/a.js")
            .link("lib/more", "../src"),
        case("links: a linked file in a listed folder")
            .manifest(json!({"files": ["lib"]}))
            .tree("x.js lib/a.js")
            .link("lib/x.js", "../x.js"),
        case("links: an ignore file behind a link")
            .manifest(json!({"files": ["lib/sub"]}))
            .tree("src/sub/a.js src/sub/b.js")
            .file("src/sub/.npmignore", "a.js\n")
            .link("lib", "src"),
        case("links: a linked node_modules").tree("a.js mods/x/index.js").link("node_modules", "mods"),
        case("links: a linked sub/node_modules")
            .tree("a.js mods/x/index.js sub/b.js")
            .link("sub/node_modules", "../mods"),
        case("links: a circle of folders")
            .manifest(json!({"files": ["a/**/*.js"]}))
            .tree("a/x.js b/y.js")
            .link("a/b", "../b")
            .link("b/a", "../a"),
        case("links: a circle of folders, two stars first")
            .manifest(json!({"files": ["**/y.js"]}))
            .tree("a/x.js b/y.js")
            .link("a/b", "../b")
            .link("b/a", "../a"),
        case("links: a linked licence of a folder").tree("a.js").link("LICENSE", "a.js"),
    ]
}
