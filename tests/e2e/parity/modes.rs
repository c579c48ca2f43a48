//! Modes: 0755 for commands, whatever the disk says.

use serde_json::json;

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn modes() {
    all_same("modes", cases());
}

fn tools() -> Case {
    case("")
        .tree("index.js lib/x.js")
        .exec("bin/a.js")
        .exec("bin/sub/b")
        .exec("bin/.c")
        .file("bin/plain.js", "x")
        .exec("run.sh")
}

fn cases() -> Vec<Case> {
    [
        ("none", json!({})),
        ("bin text", json!({"bin": "bin/plain.js"})),
        ("bin text from here", json!({"bin": "./bin/plain.js"})),
        ("bin map", json!({"bin": {"a": "bin/a.js", "p": "./bin/plain.js"}})),
        (
            "bin map with names that are not for a URL",
            json!({"bin": {"a b": "bin/a.js", "ü": "bin/plain.js", "ok": "run.sh"}}),
        ),
        ("bin map with a scoped name", json!({"bin": {"@a b/c": "bin/a.js", "$": "bin/plain.js"}})),
        ("bin map with URL-safe marks", json!({"bin": {"a.b-c_d!e~f*g'(h)": "bin/a.js"}})),
        ("bin map with a slash", json!({"bin": {"a/b": "bin/a.js"}})),
        ("bin map with slash before the path", json!({"bin": {"a": "/bin/a.js"}})),
        ("bin map by a round trip", json!({"bin": {"a": "lib/../bin/a.js"}})),
        ("bin map with an empty name", json!({"bin": {"": "bin/a.js"}})),
        ("bin map up and back", json!({"bin": {"a": "../it/bin/a.js"}})),
        ("bin is a folder", json!({"bin": "bin"})),
        ("bin in other case", json!({"bin": "BIN/A.js"})),
        ("bin with a backslash", json!({"bin": "bin\\a.js"})),
        ("bin is package.json", json!({"bin": "package.json"})),
        ("bin is an empty map", json!({"bin": {}, "directories": {"bin": "bin"}})),
        ("bin is empty text", json!({"bin": "", "directories": {"bin": "bin"}})),
        ("directories.bin", json!({"directories": {"bin": "bin"}})),
        ("directories.bin from here", json!({"directories": {"bin": "./bin/"}})),
        ("directories.bin is here", json!({"directories": {"bin": "."}})),
        ("directories.bin is up", json!({"directories": {"bin": ".."}})),
        ("directories.bin is a file", json!({"directories": {"bin": "run.sh"}})),
        ("directories.bin is not there", json!({"directories": {"bin": "gone"}})),
        ("directories.bin and bin", json!({"directories": {"bin": "bin"}, "bin": "run.sh"})),
        ("directories.bin of publishConfig", json!({"publishConfig": {"directories": {"bin": "bin"}}})),
        ("bin of publishConfig", json!({"bin": "run.sh", "publishConfig": {"bin": "bin/plain.js"}})),
        ("bin of publishConfig is a map", json!({"publishConfig": {"bin": {"x": "./bin/plain.js"}}})),
        (
            "executableFiles",
            json!({"publishConfig": {"executableFiles": ["run.sh", "./bin/a.js", "lib/../index.js"]}}),
        ),
        ("executableFiles that are not there", json!({"publishConfig": {"executableFiles": ["gone.sh"]}})),
        (
            "executableFiles takes in nothing",
            json!({"files": ["lib"], "publishConfig": {"executableFiles": ["run.sh"]}}),
        ),
        ("executableFiles is a folder", json!({"publishConfig": {"executableFiles": ["bin"]}})),
        ("executableFiles with a slash before", json!({"publishConfig": {"executableFiles": ["/run.sh"]}})),
        ("executableFiles with a star", json!({"publishConfig": {"executableFiles": ["bin/*"]}})),
        ("executableFiles is an empty list", json!({"publishConfig": {"executableFiles": []}})),
        ("executableFiles is package.json", json!({"publishConfig": {"executableFiles": ["package.json"]}})),
        ("executableFiles up and back", json!({"publishConfig": {"executableFiles": ["../it/run.sh"]}})),
        ("executableFiles is null", json!({"publishConfig": {"executableFiles": null}})),
        ("executableFiles at the top", json!({"executableFiles": ["run.sh"]})),
    ]
    .into_iter()
    .map(|(name, manifest)| {
        let mut case = tools().manifest(manifest);
        case.name = format!("modes: {name}");
        case
    })
    .chain([
        case("modes: executableFiles is text")
            .manifest(json!({"publishConfig": {"executableFiles": "run.sh"}}))
            .exec("run.sh")
            .fails(),
        case("modes: executableFiles has a number")
            .manifest(json!({"publishConfig": {"executableFiles": [5]}}))
            .exec("run.sh")
            .fails(),
        case("modes: directories.bin is a number")
            .manifest(json!({"directories": {"bin": 5}}))
            .exec("run.sh")
            .fails(),
        case("modes: directories is text").manifest(json!({"directories": "bin"})).exec("bin/a"),
        case("modes: directories.bin through a link")
            .manifest(json!({"directories": {"bin": "bin"}}))
            .exec("tools/a")
            .link("bin", "tools"),
        case("modes: directories.bin with a linked file")
            .manifest(json!({"directories": {"bin": "bin"}}))
            .exec("tools/a")
            .link("bin/a", "../tools/a")
            .tree("bin/b"),
        case("modes: directories.bin with brackets")
            .manifest(json!({"directories": {"bin": "b[i]n"}}))
            .tree("b[i]n/a bin/b"),
        case("modes: directories.bin is hidden")
            .manifest(json!({"directories": {"bin": ".bin"}}))
            .tree(".bin/a .bin/.b .bin/c/.d/e"),
        case("modes: directories.bin with node_modules below")
            .manifest(json!({"directories": {"bin": "bin"}}))
            .tree("bin/node_modules/x bin/a"),
        case("modes: the licence of the workspace").root("LICENSE", "x").exec("a"),
        case("modes: executableFiles and directory")
            .manifest(json!({"publishConfig": {"directory": "dist", "executableFiles": ["run.sh"]}}))
            .exec("run.sh")
            .tree("dist/run.sh dist/in.sh")
            .file(
                "dist/package.json",
                r#"{"name":"it","version":"1.0.0","publishConfig":{"executableFiles":["in.sh"]}}"#,
            ),
        case("modes: bin and directory")
            .manifest(json!({"bin": "outer.js", "publishConfig": {"directory": "dist"}}))
            .tree("outer.js dist/outer.js dist/inner.js")
            .file("dist/package.json", r#"{"name":"it","version":"1.0.0","bin":"inner.js"}"#),
    ])
    .collect()
}
