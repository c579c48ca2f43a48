//! Names of packages and of files.

use serde_json::{Value, json};

use crate::common::raw_path;
use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn names() {
    all_same("names", cases());
}

fn named(name: &str) -> Case {
    case(format!("name: {name:.60}")).manifest(json!({ "name": name })).tree("a.js")
}

fn versioned(version: Value) -> Case {
    case(format!("version: {version}")).manifest(json!({ "version": version })).tree("a.js")
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "a",
        "@x/y",
        "@x-y.z/w_v",
        "UPPER",
        "@Up/Per",
        "a.b",
        "a~b",
        "it's",
        "a!b",
        "a(b)",
        "a*b",
        "-a",
        "a-",
        "1",
        "1.2.3",
        "fs",
        "http",
        "stream",
        "constructor",
        "hasOwnProperty",
        "@.x/y",
        "@x/.y",
        "@x/_y",
        "@x/node_modules",
    ]
    .map(named)
    .into_iter()
    .collect();
    cases.push(named(&"long".repeat(53)));
    cases.push(named(&"long".repeat(54)));
    cases.push(named(&format!("@{}/{}", "s".repeat(100), "n".repeat(113))));
    cases.extend(
        [
            "__proto__",
            ".a",
            "_a",
            " a",
            "a ",
            "a b",
            "a/b",
            "a/b/c",
            "@x",
            "@x/",
            "@/x",
            "@/",
            "@x/y/z",
            "@x/../y",
            "@bytelyst/../../x",
            "..",
            "../a",
            "../../etc/x",
            ".",
            "node_modules",
            "favicon.ico",
            "a@1",
            "a:b",
            "a\\b",
            "ü",
            "日本",
            "a\nb",
            "a%20b",
            "a?b",
            "a#b",
            "@x y/z",
            "Node_Modules",
            "a+b",
            "a,b",
            "a=b",
            "a&b",
            "a$b",
            "a;b",
            "a|b",
            "a<b",
            "a\"b",
            "/a",
            "/etc/passwd",
            "@@x/y",
            "x@/y",
        ]
        .map(|name| named(name).fails()),
    );
    cases.extend([
        case("name: none").manifest(json!({"name": null})).asked_as("it").fails(),
        case("name: empty").manifest(json!({"name": ""})).asked_as("it").fails(),
        case("version: none").manifest(json!({"version": null})).tree("a.js").fails(),
        versioned(json!("")).fails(),
        versioned(json!(0)).fails(),
        versioned(json!(false)).fails(),
        versioned(json!("1")),
        versioned(json!("v1.2.3")),
        versioned(json!("not a version")),
        versioned(json!("1.0.0-rc.1+build.5")),
        versioned(json!("  1.0.0  ")),
        versioned(json!("0.0.0")),
        versioned(json!("1.0.0-RC.1")),
        versioned(json!("1_0")),
        versioned(json!("workspace:*")),
        versioned(json!("ü")),
        versioned(json!(1)),
        versioned(json!(1.5)),
    ]);
    let long_folder = "folder-with-a-long-name-".repeat(8);
    cases.extend([
        case("files: spaces").tree("a.js").file("my file.js", "x").file(" lead", "x").file("trail ", "x").file("a  b/c d.js", "x"),
        case("files: spaces, listed").manifest(json!({"files": ["my file.js", "a b"]})).file("my file.js", "x").file("a b/c d.js", "x"),
        case("files: beyond ASCII").tree("ü.js 日本/語.js émoji-🎉.txt Ω ÄÖ/ß ｆｕｌｌ.js"),
        case("files: beyond ASCII, listed").manifest(json!({"files": ["ü.js", "日本", "*🎉*", "Ä*"]})).tree("ü.js 日本/語.js émoji-🎉.txt ÄÖ/ß Ω"),
        case("files: beyond ASCII, in other case").manifest(json!({"files": ["Ü.js", "äö", "ω"]})).tree("ü.js ÄÖ/ß Ω"),
        case("files: beyond ASCII, one character").manifest(json!({"files": ["?.js", "??.txt"]})).tree("ü.js 🎉.js é.txt 🎉.txt ab.txt"),
        case("files: one accent, two spellings").tree("\u{e9}.js e\u{301}.js"),
        case("files: one accent, other spelling listed").manifest(json!({"files": ["\u{e9}.js"]})).tree("e\u{301}.js"),
        case("files: line break in a name").file("a\nb.js", "x").tree("c.js"),
        case("files: control characters in a name").file("a\tb\u{1b}c\u{7f}.js", "x"),
        case("files: quotes").file("it's \"so\".js", "x").file("`x`$(y).js", "x"),
        case("files: odd ones").tree("%41.js a&b.js a=b.js a;b.js a|b.js <x> ~/x -x --y .a..b ...dots ..x x.. 'q' ^ $ @ @x/y @scope @scope.js"),
        case("files: odd ones, star").manifest(json!({"files": ["*"]})).tree("%41.js a&b.js a;b.js <x> ~/x -x .a..b ...dots ..x x.. ^ $ @x/y @scope.js"),
        case("files: begins with @").tree("@a.js @b/c.js d/@e.js"),
        case("files: a star in a name").tree("a*b.js c*/d.js e.js"),
        case("files: a star in a name, listed").manifest(json!({"files": ["a\\*b.js", "e.js", "c*"]})).tree("a*b.js c*/d.js e.js"),
        case("files: names that differ in case").tree("A.js a.js Lib/x lib/x LIB/x"),
        case("files: names that differ in case, listed").manifest(json!({"files": ["a.js", "lib"]})).tree("A.js a.js Lib/x lib/y LIB/z"),
        case("files: a path of 100 bytes").file(format!("{}.js", "x".repeat(89)), "x"),
        case("files: a path of 101 bytes").file(format!("{}.js", "x".repeat(90)), "x"),
        case("files: a long name").file(format!("{}.js", "y".repeat(240)), "x"),
        case("files: a long path").file(format!("{long_folder}/{long_folder}/x.js"), "x").file(format!("{long_folder}/short.js"), "x"),
        case("files: a very long path").file(format!("{long_folder}/{long_folder}/{long_folder}/{long_folder}/{long_folder}/x.js"), "x"),
        case("files: a long path beyond ASCII").file(format!("{}/ü.js", "日本語".repeat(20)), "x"),
        case("files: deep").file(format!("{}x.js", "d/".repeat(120)), "x"),
        case("files: not UTF-8").file(raw_path(b"a\xff.js"), "x").fails(),
        case("files: not UTF-8, not listed").manifest(json!({"files": ["b.js"]})).file(raw_path(b"a\xff.js"), "x").tree("b.js"),
        case("files: not UTF-8, ignored").file(raw_path(b"a\xff.js"), "x").file(".npmignore", "a*.js\n").tree("b.js"),
        case("files: empty, and with zero bytes").file("empty", "").file("zeros", vec![0; 2048]).file("one", "x").file("block", vec![b'x'; 512]),
        case("files: big").file("big.bin", (0..3_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>()),
        case("files: many").tree(&(0..1500).map(|i| format!("d{}/f{i}.js ", i % 37)).collect::<String>()),
    ]);
    cases
}
