//! Manifests as text: other formats, other encodings, odd JSON.

use serde_json::json;

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn manifests() {
    all_same("manifests", cases());
}

fn json_text(name: &str, text: impl Into<Vec<u8>>) -> Case {
    case(format!("package.json: {name}")).raw_manifest("package.json", text).tree("a.js lib/b.js")
}

fn yaml(name: &str, text: &str) -> Case {
    case(format!("package.yaml: {name}"))
        .raw_manifest("package.yaml", format!("name: it\nversion: 1.0.0\n{text}"))
        .tree("a.js lib/b.js")
}

fn json5(name: &str, text: &str) -> Case {
    case(format!("package.json5: {name}"))
        .raw_manifest("package.json5", format!("{{name: 'it', version: '1.0.0', {text}}}"))
        .tree("a.js lib/b.js")
}

/// More fields of a package.json.
fn fields(name: &str, text: &str) -> Case {
    json_text(name, format!("{{\"name\": \"it\", \"version\": \"1.0.0\", {text}}}"))
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        json_text("one line", r#"{"name":"it","version":"1.0.0","files":["lib"]}"#),
        json_text(
            "tabs and CRLF",
            "{\r\n\t\"name\": \"it\",\r\n\t\"version\": \"1.0.0\",\r\n\t\"files\": [\"lib\"]\r\n}\r\n",
        ),
        json_text("a BOM", "\u{feff}{\"name\": \"it\", \"version\": \"1.0.0\", \"files\": [\"lib\"]}"),
        json_text("a BOM, and ignore rules", "\u{feff}{\"name\": \"it\", \"version\": \"1.0.0\"}")
            .file(".npmignore", "lib\n"),
        json_text("blank lines around", "\n\n  {\"name\": \"it\", \"version\": \"1.0.0\"}  \n\n"),
        fields(
            "escapes",
            r#""d": "\u00e9\n\t\"\\\/\u0001\u007f\u2028\ud83c\udf89", "\u006d\u0061in": "lib/b.js", "files": []"#,
        ),
        fields("letters beyond ASCII", r#""d": "ü日本🎉 …", "ключ": 1"#),
        fields("half a surrogate pair", r#""d": "\ud83c", "e": "x\udf89y""#)
            .known_difference("it is refused: no text of ours holds half a pair"),
        fields("not UTF-8", "").raw_manifest(
            "package.json",
            b"{\"name\":\"it\",\"version\":\"1.0.0\",\"d\":\"a\xffb\xc3\"}".as_slice(),
        ),
        fields("a key twice", r#""x": 1, "y": 2, "x": 3, "files": ["a.js"], "files": ["lib"]"#),
        fields(
            "keys that are whole numbers",
            r#""b": 1, "10": 2, "2": 3, "a": {"9": 1, "x": 2, "1": 3}, "01": 4, "-1": 5, "4294967294": 6, "4294967295": 7"#,
        ),
        fields(
            "__proto__",
            r#""__proto__": {"main": "a.js"}, "x": {"__proto__": {"y": 1}}, "constructor": 2"#,
        ),
        fields(
            "numbers",
            r#""n": [0, -0, 1.0, 1.50, 1e3, 1E-7, 1e21, 1e20, 123456789012345678, 12345678901234567890, 0.1, 5e-324, 1e400, -1e400, 100000000000000000000000]"#,
        ),
        fields("nesting", r#""a": {"b": [[], {}, [{}], {"c": []}], "d": {"e": {"f": {"g": null}}}}"#),
        fields("true, false, null", r#""t": true, "f": false, "n": null"#),
        fields("an empty key", r#""": 1, " ": 2"#),
        fields(
            "keys in an odd order",
            r#""z": 1, "license": "MIT", "a": {"z": 1, "a": 2}, "dependencies": {"z": "1"}, "bin": {"z": "a.js", "a": "lib/b.js"}"#,
        ),
        fields(
            "dependencies in an odd order",
            r#""dependencies": {"z": "1", "a": "2", "m": "3"}, "peerDependencies": {"z": "1", "a": "2"}"#,
        ),
        fields(
            "order of exports",
            r#""exports": {".": {"types": "./t", "import": "./a.js", "require": "./b.js", "default": "./c.js"}, "./z": "./z", "./a": null, "./0": "x"}"#,
        ),
        json_text("comments", "{\"name\": \"it\", /* x */ \"version\": \"1.0.0\"}").fails(),
        json_text("a comma too many", "{\"name\": \"it\", \"version\": \"1.0.0\",}").fails(),
        json_text("cut off", "{\"name\": \"it\",").fails(),
        json_text("empty", "").fails(),
        json_text("two documents", "{\"name\":\"it\",\"version\":\"1.0.0\"}{}").fails(),
        json_text("single quotes", "{'name': 'it', 'version': '1.0.0'}").fails(),
        json_text(
            "a control character in text",
            "{\"name\": \"it\", \"version\": \"1.0.0\", \"d\": \"a\tb\"}",
        )
        .fails(),
        json_text("two BOMs", "\u{feff}\u{feff}{\"name\": \"it\", \"version\": \"1.0.0\"}").fails(),
        json_text("a no-break space", "{\u{a0}\"name\": \"it\", \"version\": \"1.0.0\"}").fails(),
        json_text(
            "UTF-16",
            "{\"name\":\"it\",\"version\":\"1.0.0\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
        )
        .fails(),
        json_text("a leading zero", "{\"name\": \"it\", \"version\": \"1.0.0\", \"n\": 01}").fails(),
        json_text("a list", "[{\"name\": \"it\", \"version\": \"1.0.0\"}]").fails(),
        json_text("text", "\"it\"").fails(),
        json_text("null", "null").fails(),
        case("package.json: a folder").no_manifest().tree("package.json/x").fails(),
    ];
    cases.extend([
        json5("plain", ""),
        json5("comments, single quotes, a comma too many", "/* x */ files: ['lib',], // y\n"),
        json5("numbers", "n: [0x1F, .5, 5., +3, 1e3, Infinity, -Infinity, NaN, -0, 0xffffffffffffffff]"),
        json5("keys", "$a: 1, _b: 2, ü: 3, 'c d': 4, \\u0065: 5, \"f\": 6, 7: 8,").fails(),
        json5("keys of all kinds", "$a: 1, _b: 2, ü: 3, 'c d': 4, \\u0065: 5, \"f\": 6,"),
        json5("text", "d: 'it\\'s \\x41 \\v \\0 \\\nnext', e: \"a\u{2028}b\", f: '\\u{41}'").fails(),
        json5("text of all kinds", "d: 'it\\'s \\x41 \\v \\0 \\\nnext', e: \"a\u{2028}b\", g: '\\q\\a'"),
        json5("spaces of all kinds", "\u{a0}a\u{feff}:\u{2003}1,\u{b}\u{c}"),
        json5("a key twice", "x: 1, y: 2, x: 3"),
        json5("__proto__", "__proto__: {a: 1}, x: {'__proto__': 2}"),
        json5("main and ignore rules", "main: 'lib/b.js'").file(".npmignore", "lib\n"),
        json5("files that say lib", "files: ['lib']").tree("c/d.js"),
        json5("an ignored manifest", "").file(".npmignore", "package.json5\n"),
        json5("scripts and pnpm", "scripts: {prepare: 'x', a: 'b'}, pnpm: {}, private: true"),
        json5("a workspace dependency", "dependencies: {b: 'workspace:^'}").member("packages/b", json!({"name": "b", "version": "2.0.0"})).installed("b", "packages/b"),
        json5("cut off", "a: ").fails(),
        json5("beside a package.json", "main: 'lib/b.js'").file("package.json", r#"{"name":"it","version":"2.0.0"}"#),
        json5("beside a package.json with files", "").file("package.json", r#"{"name":"it","version":"2.0.0","files":["*"]}"#),
        json5("beside a package.yaml", "").file("package.yaml", "name: it\nversion: 3.0.0\n"),
        json5("in a subfolder", "").file("sub/package.json5", "{name: 'x'}").file("sub/package.yaml", "name: x"),
        json5("readme and licence", "").tree("README.md").root("LICENSE", "x"),
        json5("bin", "bin: {x: 'lib/b.js'}"),
        json5("is the bin, beside a package.json", "bin: 'x'")
            .file("package.json", r#"{"name":"it","version":"2.0.0","bin":"package.json5"}"#),
        json5("bin and ignore rules", "bin: {x: './lib/b.js'}").file(".npmignore", "lib\n"),
        json5("bundledDependencies", "bundledDependencies: ['x']").npmrc("node-linker=hoisted\n").tree("node_modules/x/index.js"),
        yaml("plain", ""),
        yaml("lists and maps", "files:\n  - lib\nbin: {x: lib/b.js}\nkeywords: [a, 'b', \"c\"]\n"),
        yaml("numbers, booleans, null", "a: [1, 1.0, 0x1F, 0o17, 017, 1e3, .5, .inf, -.inf, .nan, true, yes, on, False, null, ~, '']\nb:\nc: 12345678901234567890\n"),
        yaml("numbers with underscores", "a: [1_000, 0x1_F, 1_0.5]
").known_difference("they stay text"),
        yaml("dates", "a: 2001-02-03
b: 2001-02-03T04:05:06Z
c: '2001-02-03'
d: 2001-02-03 04:05:06 +1
")
            .known_difference("they stay text"),
        yaml("tags", "a: !!str 1
b: !!int '2'
c: !!float 3
d: !!binary aGVsbG8=
e: !!set {x, y}
")
            .known_difference("what they name stays text, or nothing"),
        yaml("blocks", "a: |\n  one\n  two\nb: >-\n  three\n  four\n\n  five\nc: |+\n  six\n\n"),
        yaml("anchors and merges", "a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n  y: 2\n"),
        yaml("comments and a document's start", "# x\nfiles: # y\n- lib # z\n"),
        yaml("keys that are no text", "1: a\ntrue: b\nnull: c\n? d\n: e\n"),
        yaml("dependencies", "dependencies:\n  b: workspace:^\n  c: 'catalog:'\n").yaml("catalog:\n  c: 1.0.0\n").member("packages/b", json!({"name": "b", "version": "2.0.0"})).installed("b", "packages/b"),
        yaml("a key twice", "a: 1\na: 2\n").fails(),
        yaml("tabs", "a:\n\tb: 1\n").fails(),
        yaml("an unknown tag", "a: !x 1\n").fails(),
        yaml("two documents", "a: 1\n---\nb: 2\n").fails(),
        yaml("ignore rules", "").file(".npmignore", "package.yaml\nlib\n"),
        yaml("CRLF", "files:\r\n  - lib\r\n"),
        case("package.yaml: a version that is a number").raw_manifest("package.yaml", "name: it\nversion: 1.10\n").tree("a.js"),
        case("package.yaml: a BOM").raw_manifest("package.yaml", "\u{feff}name: it\nversion: 1.0.0\n").tree("a.js"),
        case("package.yaml: beside a package.json").manifest(json!({"main": "x"})).file("package.yaml", "name: it\nversion: 3.0.0\n").tree("a.js"),
        case("package.yml is none").no_manifest().file("package.yml", "name: it\nversion: 1.0.0\n").fails(),
        case("no manifest").no_manifest().tree("a.js").fails(),
        case("embed-readme").npmrc("embed-readme=true\n").tree("README.md"),
        case("embed-readme in pnpm-workspace.yaml").yaml("embedReadme: true\n").tree("README.md"),
        case("embed-readme, in any case").npmrc("embed-readme=true\n").tree("readme.MD a.js"),
        case("embed-readme, by the end of a name").npmrc("embed-readme=true\n").tree("AAA-README.md"),
        case("embed-readme, no .md").npmrc("embed-readme=true\n").tree("README README.markdown"),
        case("embed-readme, a readme field that is there").npmrc("embed-readme=true\n").manifest(json!({"readme": "mine"})).tree("README.md"),
        case("embed-readme, a readme field that is null").npmrc("embed-readme=true\n").manifest(json!({"readme": null})).tree("README.md"),
        case("embed-readme, not packed").npmrc("embed-readme=true\n").manifest(json!({"files": []})).tree("README.md"),
        case("embed-readme, linked").npmrc("embed-readme=true\n").tree("doc/x.md").link("README.md", "doc/x.md"),
        case("embed-readme, not UTF-8").npmrc("embed-readme=true\n").file("README.md", b"a\xffb\n".as_slice()),
        case("embed-readme, a BOM").npmrc("embed-readme=true\n").file("README.md", "\u{feff}a\n"),
        case("embed-readme, empty").npmrc("embed-readme=true\n").file("README.md", ""),
        case("embed-readme of the package's own .npmrc").file(".npmrc", "embed-readme=true\n").tree("README.md"),
        case("embed-readme=false over it").npmrc("embed-readme=true\n").file(".npmrc", "embed-readme=false\n").tree("README.md"),
        case("embed-readme, both files").npmrc("embed-readme=true\n").yaml("embedReadme: false\n").tree("README.md"),
        case("embed-readme of directory").npmrc("embed-readme=true\n").manifest(json!({"publishConfig": {"directory": "dist"}})).tree("README.md dist/x-readme.md").file("dist/package.json", r#"{"name":"it","version":"1.0.0"}"#),
    ]);
    cases
}
