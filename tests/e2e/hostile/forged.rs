//! Journals with the right checksum that name what `prepare` did not write.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::common::{World, sha256};
use crate::hostile::{JOURNAL, Mutate, ORDERS, STATE, Template, all, case, survives};

/// Puts a text where the state keeps an original or a rewritten one, and returns its digest.
fn store(world: &World, folder: &str, text: &[u8]) -> String {
    let digest = sha256(text);
    world.file(format!("{STATE}/{folder}/{digest}"), text);
    digest
}

/// An entry for another file, as it would have to look to make restore write there.
fn entry_for(template: &Template, world: &World, path: &str, original: &[u8], now: &[u8]) -> Value {
    let mut document: Value = serde_json::from_slice(&template.world.bytes(JOURNAL)).unwrap();
    let mut entry = document["journal"]["files"][0].take();
    entry["path"] = path.into();
    entry["backup"] = format!("{path}.bak").into();
    entry["temp"] = format!("{path}.docker-prep-new").into();
    entry["original"]["digest"] = store(world, "originals", original).into();
    entry["original"]["length"] = original.len().into();
    entry["original"]["mode"] = 0o777.into();
    entry["rewritten"] = store(world, "rewritten", now).into();
    entry
}

/// Paths that `prepare` never rewrote.
const ELSEWHERE: [&str; 25] = [
    "../canary/secret.txt",
    "../canary/package.json",
    "/etc/hostname",
    ".git/config",
    ".GIT/hooks/pre-commit",
    ".git/hooks/pre-commit",
    "a/../../canary/package.json",
    "way-out/secret.txt",
    "way-out/package.json",
    "way-out/new/package.json",
    "README.md",
    "tsconfig.json",
    "new.txt",
    "src/secret.txt",
    "src/run.sh",
    "src/package.json",
    "canary/package.json",
    "canary/new/package.json",
    "canary/empty/package.json",
    "package.json",
    "pnpm-workspace.yaml",
    "src/yarn.lock",
    "src/pnpm-lock.yaml",
    "canary/package-lock.json",
    "way-out/pnpm-workspace.yaml",
];

fn hostile_journals() -> Vec<(String, Mutate)> {
    let mut cases = Vec::new();
    for (i, path) in ELSEWHERE.into_iter().enumerate() {
        // What stands there is said to be the rewritten text, the original, a merged one, or an edit.
        for (j, what) in
            ["rewritten", "original", "merged", "edited", "made", "made and edited"].into_iter().enumerate()
        {
            let phase = ["preparing", "prepared", "running", "restoring"][(i + j + i / 4) % 4];
            cases.push(case(format!("{path} is {what} ({phase})"), move |template, world| {
                name_another(template, world, path, what, phase);
            }));
        }
    }
    cases
}

/// Adds an entry to the journal that is right in all that a checksum can tell.
fn name_another(template: &Template, world: &World, path: &str, what: &str, phase: &str) {
    let place = world.path("notes").join(path);
    let now = if place.starts_with("/etc") { Vec::new() } else { fs::read(&place).unwrap_or_default() };
    let evil = br#"{"scripts": {"postinstall": "evil"}}"#;
    let pointing =
        br#"{"dependencies": {"@bytelyst/http": "file:../.docker-deps/x-1.0.0-0123456789ab.tgz"}}"#;
    let (original, rewritten) = match what {
        "rewritten" | "made" => (&evil[..], &now[..]),
        "original" => (&now[..], &evil[..]),
        _ => (&evil[..], &pointing[..]),
    };
    let mut entry = entry_for(template, world, path, original, rewritten);
    if what == "merged" {
        entry["merged"] = sha256(&now).into();
    }
    if what.starts_with("made") {
        entry["original"] = Value::Null;
    }
    template.forge(world, |journal| {
        journal["head"]["phase"] = phase.into();
        journal["files"].as_array_mut().unwrap().push(entry);
    });
}

#[test]
fn a_journal_that_names_what_prepare_did_not_write() {
    let template = Template::new();
    let cases = hostile_journals();
    let count = AtomicUsize::new(0);
    all(&cases, |mutate| {
        let order = ORDERS[count.fetch_add(1, Ordering::SeqCst) % 2];
        let world = template.copy();
        mutate(&template, &world);
        // Without the edits of the others, the one real entry would stop everything as a conflict.
        survives(&world, &order[order.len() / 2..]);
    });
}

/// What its owner has there looks like one that prepare makes, and holds no reference to a tarball of ours.
#[test]
fn what_others_made_is_not_removed_as_if_prepare_had() {
    let template = Template::new();
    let mut cases = Vec::new();
    for (path, text) in [
        ("backend/pnpm-workspace.yaml", "overrides:\n  left: file:../.docker-deps/left.tgz\n"),
        ("backend/pnpm-workspace.yaml", "# file:../.docker-deps/x-1.0.0-0123456789ab.tgz\npackages: ['.']\n"),
        ("backend/yarn.lock", "left@1:\n  version 1\n"),
        ("backend/pnpm-lock.yaml", "packages:\n  left@file:../vendor/x-1.0.0-0123456789ab.tgz: {}\n"),
        ("src/package-lock.json", "{}"),
        ("pnpm-workspace.yaml", "packages: ['*']\n"),
    ] {
        for phase in ["preparing", "prepared", "running", "restoring"] {
            for is_known in [true, false] {
                cases.push(case(format!("{path} {phase} {is_known}"), move |template, world| {
                    world.file(format!("notes/{path}"), text);
                    let now = if is_known { text } else { "" };
                    let mut entry = entry_for(template, world, path, b"", now.as_bytes());
                    entry["original"] = Value::Null;
                    template.forge(world, |journal| {
                        journal["head"]["phase"] = phase.into();
                        journal["files"].as_array_mut().unwrap().push(entry);
                    });
                }));
            }
        }
    }
    let count = AtomicUsize::new(0);
    all(&cases, |mutate| {
        let order = ORDERS[count.fetch_add(1, Ordering::SeqCst) % 2];
        let world = template.copy();
        mutate(&template, &world);
        survives(&world, order);
    });
}

#[test]
fn a_backup_of_the_owners_is_no_reason_to_write() {
    let template = Template::new();
    let cases: Vec<_> = ["README.md", "src/package.json"]
        .into_iter()
        .map(|path| {
            case(path, move |template, world| {
                let backup = world.bytes(format!("notes/{path}.bak"));
                let now = world.bytes(format!("notes/{path}"));
                let entry = entry_for(template, world, path, &backup, &now);
                template.forge(world, |journal| journal["files"] = json!([entry]));
            })
        })
        .collect();
    all(&cases, |mutate| {
        for order in ORDERS {
            let world = template.copy();
            mutate(&template, &world);
            survives(&world, order);
        }
    });
}

#[test]
fn a_deps_dir_that_prepare_did_not_make() {
    let template = Template::new();
    let mut cases = Vec::new();
    for dir in [
        ".git",
        "..",
        "../canary",
        "/",
        ".",
        "",
        "src",
        "src/empty",
        "empty",
        "way-out/empty",
        "backend",
        "canary",
    ] {
        cases.push(case(dir, move |template, world| {
            template.forge(world, |journal| {
                journal["head"]["depsDir"] = dir.into();
                journal["head"]["depsDirExisted"] = false.into();
            });
        }));
    }
    for place in ["empty", "src/empty", "way-out/empty"] {
        cases.push(case(format!("{place} with what looks staged"), move |template, world| {
            world.file(format!("notes/{place}/.docker-prep-mine.tmp"), "mine");
            template.forge(world, |journal| journal["head"]["depsDir"] = place.into());
        }));
    }
    all(&cases, |mutate| {
        for order in ORDERS {
            let world = template.copy();
            mutate(&template, &world);
            survives(&world, order);
        }
    });
}
