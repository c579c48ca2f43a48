//! Manifests, ignore files and trees as nobody made them: reading them ends, with a list or an error.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::hostile::ends;
use crate::npm::manifest::Manifest;
use crate::npm::read::glob::is_outside;
use crate::npm::read::{manifest_file as manifest, packlist};
use crate::project::workspace;

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn no_depth_overflows_a_manifest_of_any_kind() {
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for (name, text) in [
        ("package.json", nested("[", "]")),
        ("package.json", nested("{\"a\":", "}")),
        ("package.json5", nested("[", "]")),
        ("package.json5", nested("{a:", "}")),
        ("package.json5", nested("[//\n", "]")),
        ("package.json5", format!("{{a: {}}}", "[".repeat(127) + &"]".repeat(127))),
        ("package.yaml", nested("[", "]")),
        ("package.yaml", "- ".repeat(100_000)),
    ] {
        ends(name, move || {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), name, text.as_bytes());
            let _ = manifest::read(folder.path());
        });
    }
}

#[test]
fn no_workspace_glob_takes_for_ever() {
    for glob in [
        "**/".repeat(12) + "x",
        "*/".repeat(40) + "x",
        "packages/*(*(*(a)))b".to_owned(),
        "{a,b}".repeat(10_000),
        "../".repeat(1000),
        "!".repeat(1000),
        "\0".to_owned(),
    ] {
        ends(&glob.clone(), move || {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &("a/".repeat(20) + "package.json"), b"{}");
            write(folder.path(), &format!("packages/{}/package.json", "a".repeat(60)), b"{}");
            let yaml = json!({"packages": [glob]}).to_string();
            write(folder.path(), "pnpm-workspace.yaml", yaml.as_bytes());
            let _ = workspace::read(folder.path());
        });
    }
}

#[test]
fn no_pattern_of_files_takes_for_ever() {
    for pattern in
        ["**/".repeat(12) + "x", "+(+(+(a)))b".to_owned(), "*(a|aa)".repeat(8), "**/a/".repeat(10) + "b"]
    {
        ends(&pattern.clone(), move || {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &("a/".repeat(20) + "b.js"), b"");
            write(folder.path(), &"a".repeat(60), b"");
            write(folder.path(), "sub/.npmignore", pattern.as_bytes());
            write(folder.path(), &format!("sub/{}", "a".repeat(60)), b"");
            for manifest in [json!({"files": [pattern]}), json!({"files": ["sub"]}), json!({})] {
                let Value::Object(map) = manifest else { continue };
                let _ = packlist::pack_list(folder.path(), &Manifest(map));
            }
        });
    }
}

fn name() -> impl Strategy<Value = String> {
    let names = [
        "a",
        "b.js",
        "lib",
        ".npmignore",
        ".gitignore",
        "node_modules",
        "README.md",
        "é",
        "{a}",
        "*",
        "[x",
        "a b",
        ".git",
        "...",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

fn pattern() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "lib", "*", "**", "/", "..", ".", "!", "#", "{a,b}", "{", "[", "[a-", "+(a)", "*(", "\\", ".js",
        "\0", "\u{feff}", " ", "é", "$", "?",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the tree, the rules and the manifest are: what is listed lies in the package and can be read.
    #[test]
    fn a_pack_list_holds_files_of_the_package_or_there_is_none(
        files in prop::collection::vec((prop::collection::vec(name(), 1..4), prop::collection::vec(pattern(), 0..3)), 0..8),
        links in prop::collection::vec((name(), prop::sample::select(vec!["a", "lib", "..", "/", ".", "nowhere"])), 0..2),
        wanted in prop::option::of(prop::collection::vec(pattern(), 0..4)),
        main in prop::option::of(pattern()),
        bin in prop::option::of(pattern()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (parts, rules) in &files {
            let path = folder.path().join(parts.join("/"));
            let _ = fs::create_dir_all(path.parent().unwrap());
            let _ = fs::write(path, rules.join("\n"));
        }
        for (name, target) in &links {
            let _ = symlink(target, folder.path().join(name));
        }
        let mut manifest = json!({"name": "x", "version": "1.0.0"});
        for (key, value) in [("files", json!(wanted)), ("main", json!(main)), ("bin", json!(bin))] {
            if !value.is_null() {
                manifest[key] = value;
            }
        }
        let Value::Object(map) = manifest else { return Ok(()) };
        if let Ok(list) = packlist::pack_list(folder.path(), &Manifest(map)) {
            for path in list {
                prop_assert!(!is_outside(&path), "{}", path);
                prop_assert!(folder.path().join(&path).metadata().is_ok_and(|metadata| metadata.is_file()), "{}", path);
            }
        }
    }

    #[test]
    fn no_manifest_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), nearly in "[\\[\\]{}:,'\"a1/*\\\\ \n&!|>-]{0,30}") {
        for name in ["package.json", "package.json5", "package.yaml", "pnpm-workspace.yaml"] {
            for bytes in [&bytes[..], nearly.as_bytes()] {
                let folder = tempfile::tempdir().unwrap();
                write(folder.path(), name, bytes);
                let _ = manifest::read(folder.path());
                let _ = workspace::read(folder.path());
            }
        }
    }
}
