//! Seeds and pins of lockfiles as their package managers write them.

mod hostile;
#[cfg(unix)]
mod managers;
mod texts;

use serde_json::{Value, json};

use self::texts::{BUN, PNPM_6, PNPM_9, YARN_1, YARN_4, npm};
use crate::lockfile::*;
use crate::text::yaml;

fn ours(name: &str) -> bool {
    name.starts_with("@bytelyst/")
}

fn pinned(manager: Name, text: &str) -> Vec<String> {
    let pins = pins(manager, text, &ours).unwrap();
    pins.into_iter()
        .flat_map(|(name, pins)| pins.into_iter().map(move |pin| format!("{name} {pin}")))
        .collect()
}

fn strayed(manager: Name, text: &str) -> Vec<String> {
    strays(manager, text, &ours).unwrap().into_iter().collect()
}

#[test]
fn pnpm_keeps_what_the_surface_may_need() {
    let seed = seed(Name::Pnpm, PNPM_9, "backend", &ours).unwrap();
    let read = yaml::parse(&seed).unwrap();
    let whole = yaml::parse(PNPM_9).unwrap();
    assert_eq!(
        read["importers"],
        json!({".": {
            "dependencies": {"left": {"specifier": "catalog:", "version": "1.1.0"}},
            "devDependencies": {},
        }})
    );
    assert_eq!(read["settings"], whole["settings"]);
    assert_eq!(read["lockfileVersion"], "9.0");
    assert!(read.get("overrides").is_none() && read.get("catalogs").is_none(), "{seed}");
    let keys = |key: &str| read[key].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys("packages"),
        [
            "gone@https://codeload.github.com/o/r/tar.gz/0a1b",
            "left@1.1.0",
            "left@2.0.0",
            "local@file:../local.tgz"
        ]
    );
    assert_eq!(keys("snapshots"), ["left@1.1.0(patch_hash=0a1b)(right@1.0.0)", "left@2.0.0"]);
    assert_eq!(read["packages"]["left@1.1.0"], whole["packages"]["left@1.1.0"]);
}

#[test]
fn pnpm_reads_its_older_lockfile_and_its_newer_one_with_two_documents() {
    let seed_6 = seed(Name::Pnpm, PNPM_6, "", &ours).unwrap();
    let read = yaml::parse(&seed_6).unwrap();
    assert_eq!(
        read["importers"]["."],
        json!({"dependencies": {"left": {"specifier": "^1.0.0", "version": "1.1.0"}}})
    );
    assert_eq!(read["packages"].as_object().unwrap().len(), 3, "{seed_6}");
    assert_eq!(pinned(Name::Pnpm, PNPM_6), ["gone github.com/o/r/0a1b", "left 1.1.0"]);
    assert_eq!(strayed(Name::Pnpm, PNPM_6), ["@bytelyst/a@1.0.0", "@bytelyst/b@1.0.0"]);
    let two = format!("---\nlockfileVersion: '9.0'\npackages:\n  pnpm@11.0.0: {{}}\n\n---\n{PNPM_9}");
    assert_eq!(pins(Name::Pnpm, &two, &ours), pins(Name::Pnpm, PNPM_9, &ours));
    assert_eq!(seed(Name::Pnpm, &two, "backend", &ours), seed(Name::Pnpm, PNPM_9, "backend", &ours));
    let root = seed(Name::Pnpm, PNPM_9, "", &ours).unwrap();
    assert!(yaml::parse(&root).unwrap().get("catalogs").is_some(), "{root}");
}

#[test]
fn a_key_that_is_too_long_for_yaml_is_marked() {
    let key = format!("left@1.1.0({})", "p@1.0.0".repeat(150));
    let text =
        format!("lockfileVersion: '9.0'\nimporters:\n  .: {{}}\nsnapshots:\n  ? '{key}'\n  : {{a: 1}}\n");
    let seed = seed(Name::Pnpm, &text, "", &ours).unwrap();
    assert!(seed.contains("\n  ? \"left@"), "{seed}");
    assert_eq!(yaml::parse(&seed).unwrap()["snapshots"][&key], json!({"a": 1}));
}

#[test]
fn every_kind_tells_versions_from_all_else() {
    let both = ["left 1.1.0", "left 2.0.0"];
    let gone = "gone https://codeload.github.com/o/r/tar.gz/0a1b";
    assert_eq!(pinned(Name::Pnpm, PNPM_9), [gone, both[0], both[1]]);
    assert_eq!(strayed(Name::Pnpm, PNPM_9), ["@bytelyst/a@1.0.0", "@bytelyst/b@1.0.0"]);
    assert_eq!(
        pinned(Name::Yarn, YARN_1),
        [
            "gone git+https://example.com/r.git#0a1b",
            both[0],
            "moved https://codeload.github.com/o/r/tar.gz/0a1b"
        ]
    );
    assert_eq!(strayed(Name::Yarn, YARN_1), ["@bytelyst/a@1.1.0", "@bytelyst/b@1.0.0"]);
    assert_eq!(
        pinned(Name::Yarn, YARN_4),
        ["gone https://example.com/r.git#commit=0a1b", both[0], "long 1.0.1"]
    );
    assert_eq!(strayed(Name::Yarn, YARN_4), ["@bytelyst/b@1.0.0"]);
    assert_eq!(
        pinned(Name::Bun, BUN),
        ["gone github:o/r#0a1b", "left 1.0.0", both[0], both[1], "other 1.0.0", "user 1.0.0"]
    );
    assert_eq!(strayed(Name::Bun, BUN), ["@bytelyst/b@1.0.0"]);
    let npm = npm();
    assert_eq!(
        pinned(Name::Npm, &npm),
        [
            "below 5.0.0",
            "deep 1.0.0",
            "deep 2.0.0",
            "gone git+ssh://git@example.com/r.git#0a1b",
            "inner 7.0.0",
            "left 1.0.0",
            both[0],
            both[1],
            "other 1.0.0",
            "user 1.0.0"
        ]
    );
    assert_eq!(strayed(Name::Npm, &npm), ["@bytelyst/a@1.0.0"]);
}

/// What yarn 1 makes of a resolution: the row keeps its range.
#[test]
fn a_resolution_of_yarn_1_is_no_stray() {
    let text = "# yarn lockfile v1\n\n\"@bytelyst/a@^1.0.0\", \"@bytelyst/a@file:../deps/a.tgz\":\n  version \"1.0.0\"\n  resolved \"file:../deps/a.tgz#0a\"\n";
    assert_eq!(strayed(Name::Yarn, text), [""; 0]);
}

#[test]
fn yarn_loses_members_and_what_is_ours() {
    let seed_1 = seed(Name::Yarn, YARN_1, "backend", &ours).unwrap();
    assert!(seed_1.starts_with("# THIS IS AN AUTOGENERATED FILE") && seed_1.contains("# yarn lockfile v1"));
    assert!(!seed_1.contains("@bytelyst"), "{seed_1}");
    assert_eq!(pinned(Name::Yarn, &seed_1), pinned(Name::Yarn, YARN_1));
    let seed_4 = seed(Name::Yarn, YARN_4, "backend", &ours).unwrap();
    assert!(seed_4.contains("__metadata:\n  version: 8\n  cacheKey: 10c0\n"), "{seed_4}");
    assert!(!seed_4.contains("workspace:") && !seed_4.contains("@bytelyst"), "{seed_4}");
    assert_eq!(pinned(Name::Yarn, &seed_4), pinned(Name::Yarn, YARN_4));
    let error = seed(Name::Yarn, YARN_4, "elsewhere", &ours).unwrap_err();
    assert_eq!(error, "it has no workspace 'elsewhere'");
}

/// npm and bun say where each package lies. The surface's own `left` takes the place of the hoisted one, which `user`
/// keeps with what lies below it and what it needs.
#[test]
fn what_a_member_sees_is_lifted() {
    let seed_npm: Value = serde_json::from_str(&seed(Name::Npm, &npm(), "backend", &ours).unwrap()).unwrap();
    let packages = seed_npm["packages"].as_object().unwrap();
    assert_eq!(packages[""]["name"], "surface");
    let versions: Vec<String> = packages
        .iter()
        .filter_map(|(key, package)| {
            Some(format!("{} {}", key.replace("node_modules/", ""), package.get("version")?.as_str()?))
        })
        .collect();
    assert_eq!(
        versions,
        [
            "@bytelyst/a 1.0.0",
            "@bytelyst/a/left 1.0.0",
            "bb 1.0.0",
            "deep 2.0.0",
            "gone 3.0.0",
            "left 1.1.0",
            "left/inner 7.0.0",
            "user 1.0.0",
            "user/left 2.0.0",
            "user/left/below 5.0.0",
            "user/left/deep 1.0.0",
        ]
    );
    assert!(seed_npm.get("dependencies").is_none());

    let seed_bun = seed(Name::Bun, BUN, "backend", &ours).unwrap();
    let seed_bun: Value = serde_json::from_str(&seed_bun).unwrap();
    let rows = seed_bun["packages"].as_object().unwrap();
    let rows: Vec<String> =
        rows.iter().map(|(key, row)| format!("{key} {}", row[0].as_str().unwrap())).collect();
    assert_eq!(
        rows,
        [
            "@bytelyst/b @bytelyst/b@1.0.0",
            "@bytelyst/b/left left@1.0.0",
            "gone gone@github:o/r#0a1b",
            "left left@1.1.0",
            "local local@../local.tgz",
            "user user@1.0.0",
            "user/left left@2.0.0",
        ]
    );
    assert_eq!(seed_bun["workspaces"][""]["dependencies"], json!({"left": "^1.0.0", "say \\\", ]": "1"}));
    assert!(seed_bun.get("overrides").is_none());
}

#[test]
fn npm_gets_back_what_it_threw_away() {
    let seed = json!({"packages": {
        "": {},
        "node_modules/@bytelyst/a": {"version": "1.0.0"},
        "node_modules/@bytelyst/a/node_modules/left": {"version": "1.1.0"},
        "node_modules/@bytelyst/a/node_modules/left/node_modules/below": {"version": "5.0.0"},
        "node_modules/left": {"version": "2.0.0"},
        "node_modules/user": {"version": "1.0.0"},
    }});
    let made = json!({"dependencies": {}, "packages": {
        "": {},
        "node_modules/@bytelyst/a": {"version": "1.0.0", "resolved": "file:../deps/a.tgz"},
        "node_modules/@bytelyst/a/node_modules/left": {"version": "1.9.9"},
        "node_modules/fresh": {"version": "1.0.0"},
        "node_modules/left": {"version": "2.0.0"},
        "node_modules/other/node_modules/user": {"version": "1.9.9"},
    }});
    let again = mended(Name::Npm, &made.to_string(), &seed.to_string(), &ours).unwrap().unwrap();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(
        again,
        json!({"packages": {
            "": {},
            "node_modules/@bytelyst/a": {"version": "1.0.0", "resolved": "file:../deps/a.tgz"},
            "node_modules/@bytelyst/a/node_modules/left": {"version": "1.1.0"},
            "node_modules/@bytelyst/a/node_modules/left/node_modules/below": {"version": "5.0.0"},
            "node_modules/fresh": {"version": "1.0.0"},
            "node_modules/left": {"version": "2.0.0"},
            "node_modules/other/node_modules/user": {"version": "1.0.0"},
        }})
    );
    let done = again.to_string();
    assert_eq!(mended(Name::Npm, &done, &done, &ours), Ok(None));
}

#[test]
fn only_versions_that_are_new_differ() {
    let pins = |list: &[(&str, &[&str])]| -> Pins {
        list.iter()
            .map(|(name, pins)| ((*name).to_owned(), pins.iter().map(|pin| (*pin).to_owned()).collect()))
            .collect()
    };
    let before = pins(&[("gone", &["1.0.0"]), ("left", &["1.1.0", "2.0.0"]), ("same", &["1.0.0"])]);
    let after = pins(&[("fresh", &["3.0.0"]), ("left", &["1.1.0", "1.9.9"]), ("same", &["1.0.0"])]);
    let difference = |name: &str, before: &[&str], after: &[&str]| {
        let set = |pins: &[&str]| pins.iter().map(|pin| (*pin).to_owned()).collect();
        Difference { name: name.to_owned(), before: set(before), after: set(after) }
    };
    assert_eq!(
        differences(&before, &after),
        [difference("fresh", &[], &["3.0.0"]), difference("left", &["1.1.0", "2.0.0"], &["1.9.9"])]
    );
    assert_eq!(differences(&after, &after), []);
}

#[test]
fn what_is_no_lockfile_is_an_error_with_its_cause() {
    let error = |manager, text: &str, importer| seed(manager, text, importer, &ours).unwrap_err();
    assert_eq!(error(Name::Pnpm, PNPM_9, "apps/web"), "it has no importer 'apps/web'");
    assert_eq!(error(Name::Pnpm, PNPM_6, "backend"), "it has no importer 'backend'");
    let old = error(Name::Pnpm, "lockfileVersion: 5.4\n", "");
    assert!(old.contains("5.4"), "{old}");
    assert_eq!(error(Name::Pnpm, "a: 1\n", ""), "it has no lockfileVersion");
    assert_eq!(error(Name::Npm, &npm(), "apps/web"), "it has no package 'apps/web'");
    let old = error(Name::Npm, r#"{"lockfileVersion": 1, "dependencies": {}}"#, "");
    assert!(old.contains("npm 6"), "{old}");
    assert_eq!(error(Name::Bun, BUN, "apps/web"), "it has no workspace 'apps/web'");
    assert_eq!(error(Name::Yarn, "left-pad\n", ""), "neither yarn 1 nor a later one wrote it");
    for manager in Name::ALL {
        for text in ["<<<<<<< HEAD\n", "[", "{\"a\": ", "\u{0}"] {
            assert!(pins(manager, text, &ours).is_err(), "{manager:?}: {text}");
        }
        // An empty one is what yarn begins with.
        assert_eq!(pins(manager, "", &ours).is_ok(), manager == Name::Yarn);
    }
}
