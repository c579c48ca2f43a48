//! Packages that have not been built, through the binary: what is refused, and what is only said.

use crate::common::product::product;
use crate::common::{Run, World};

const MANIFEST: &str = "plat/packages/errors/package.json";

/// Packs a package with these fields, of which only `dist/index.js` has been built.
fn pack(fields: &str) -> Run {
    let world = product();
    world.file(
        MANIFEST,
        format!(
            r#"{{"name": "@bytelyst/errors", "version": "1.4.2", "files": ["dist", "base.json"], {fields}}}"#
        ),
    );
    world.file("plat/packages/errors/base.json", "{}");
    world.run_in("notes", ["pack", "@bytelyst/errors", "--out", "out"])
}

#[test]
fn what_node_and_typescript_resolve_is_refused() {
    for (fields, named) in [
        (r#""main": "dist/a.js""#, "@bytelyst/errors: main names \"dist/a.js\""),
        (r#""exports": {".": {"types": "./dist/index.d.ts", "default": "./dist/index.js"}}"#, "types"),
        (
            r#""exports": {".": {"node": {"require": "./a.cjs", "default": "./dist/index.js"}}}"#,
            "node.require",
        ),
        (r#""exports": "./dist/index.js", "bin": "./cli.js""#, "bin"),
    ] {
        let run = pack(fields).exits(4);
        assert!(run.stderr.contains(named), "{named} in {run}");
    }
}

#[test]
fn what_only_others_resolve_is_a_warning() {
    for condition in ["development", "source", "@acme/source", "bun", "react-native", "browser"] {
        let run = pack(&format!(
            r#""exports": {{".": {{"{condition}": "./src/index.ts", "default": "./dist/index.js"}}}}"#
        ))
        .exits(0);
        assert!(run.stderr.contains("warning: @bytelyst/errors: exports"), "{run}");
    }
    let run = pack(r#""exports": "./dist/index.js", "main": "index.js", "types": "gone.d.ts""#).exits(0);
    assert!(run.stderr.contains("gone.d.ts"), "{run}");
    let run = pack(r#""main": "x.node", "os": ["darwin"]"#).exits(0);
    assert!(run.stderr.contains("another os"), "{run}");
}

#[test]
fn the_main_of_npm_init_is_passed_over_without_a_word() {
    let run = pack(r#""main": "index.js", "exports": null"#).exits(0);
    assert!(!run.stderr.contains("index.js"), "{run}");
}

/// errors and logger, both unbuilt; the first is needed only as optional where `field` says so.
fn product_of_two(field: &str) -> World {
    let world = product();
    world.file(
        "plat/packages/logger/package.json",
        format!(r#"{{"name": "@bytelyst/logger", "version": "2.0.0", "{field}": {{"@bytelyst/errors": "workspace:^"}}}}"#),
    );
    world.remove("plat/packages/errors/dist");
    world
}

#[test]
fn what_is_only_reached_as_optional_is_a_warning() {
    let run = product_of_two("optionalDependencies").run_in("notes", ["prepare", "--dry-run"]).exits(0);
    assert!(run.stderr.contains("warning: @bytelyst/errors: main names"), "{run}");
    product_of_two("dependencies").run_in("notes", ["prepare", "--dry-run"]).exits(4);
}

#[test]
fn each_package_has_a_line_and_the_advice_is_given_once() {
    let world = product();
    world.remove("plat/packages/errors/dist").remove("plat/packages/logger/dist");
    let run = world.run_in("notes", ["prepare"]).exits(4);
    assert_eq!(run.stderr.matches("error: ").count(), 2, "{run}");
    assert_eq!(run.stderr.matches("--build").count(), 1, "{run}");
    let run = world.run_in("notes", ["prepare", "--allow-unbuilt"]).exits(0);
    assert_eq!(run.stderr.matches("warning: @bytelyst/").count(), 2, "{run}");
}

#[test]
fn of_many_packages_ten_are_named_and_v_lists_the_files() {
    let world = product();
    for number in 0..12 {
        world.file(
            format!("plat/packages/p{number}/package.json"),
            format!(
                r#"{{"name": "@bytelyst/p{number}", "version": "1.0.0", "main": "dist/a.js", "module": "dist/a.mjs"}}"#
            ),
        );
    }
    let pack = |more: &[&str]| {
        let run = world.run_in("notes", [&["pack", "--all", "--out", "out"], more].concat());
        (run.exits(4).stderr, !world.exists("notes/out"))
    };
    let (told, is_nothing_made) = pack(&[]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0],
        "error: @bytelyst/p0: 2 fields name 2 files that the tarball would not hold, the first main: \"dist/a.js\""
    );
    assert_eq!((lines.len(), lines[10]), (12, "error: and 2 more: -v shows all"), "{told}");
    assert!(lines[11].contains("--build") && is_nothing_made, "{told}");
    let (all, _) = pack(&["-v"]);
    assert_eq!(all.matches("\n  module: \"dist/a.mjs\"\n").count(), 12, "{all}");
    assert_eq!((all.matches("error: @").count(), all.matches("--build").count()), (12, 1), "{all}");
    let json = world.run_in("notes", ["pack", "--all", "--out", "out", "--json"]).exits(4).json();
    assert_eq!(json["errors"].as_array().unwrap().len(), 12);
    assert_eq!(json["errors"][11]["details"].as_array().unwrap().len(), 2, "{json:#}");
}
