//! What keeps a lockfile from being made, or from being believed.

use serde_json::{Value, json};

use super::call::ask;
use super::scene::{Lies, Scene};
use crate::common::manager::Manager;
use crate::common::shim::{bin, program_at, shim, typed, with_bin};

const PINNED: Manager = Manager { name: "pnpm", version: "10.6.5" };
const OTHER: Manager = Manager { name: "pnpm", version: "9.15.9" };

/// Fails the test unless it failed with this code and said all of this.
#[track_caller]
fn says(answer: &Value, code: u64, words: &[&str]) {
    let said = answer["error"].as_str().unwrap_or_else(|| panic!("it was made: {answer}"));
    assert_eq!(answer["exitCode"], code, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in\n{said}");
    }
}

/// A pnpm that is the real one, but for what a shell program does before.
fn pnpm(scene: &Scene, before: &str) {
    program_at(&bin(&scene.world).join("pnpm"), &format!("{before}\nexec {} \"$@\"", typed(PINNED)));
}

#[test]
fn another_version_is_not_taken_and_not_changed_for_the_right_one() {
    let scene = Scene::new(PINNED, Lies::Beside);
    shim(&bin(&scene.world), OTHER);
    let answer = ask(&scene, &with_bin(&scene.world), &json!({}));
    says(
        &answer,
        5,
        &[
            "pnpm 10.6.5 (the test says so)",
            "PATH has pnpm 9.15.9",
            "npm install -g pnpm@10.6.5",
            "--package-manager",
        ],
    );
    program_at(&bin(&scene.world).join("pnpm"), "exit 1");
    says(
        &ask(&scene, &with_bin(&scene.world), &json!({})),
        5,
        &["the pnpm of PATH (", "does not tell its version"],
    );
    let nowhere = scene.world.beside("nowhere").display().to_string();
    says(&ask(&scene, &nowhere, &json!({})), 5, &["PATH has no pnpm", "npm install -g pnpm@10.6.5"]);
    assert_eq!(scene.registry.requests(), [""; 0], "nothing was asked for");
}

#[test]
fn corepack_may_have_the_right_one() {
    let scene = Scene::new(PINNED, Lies::Beside);
    shim(&bin(&scene.world), OTHER);
    let corepack = "[ \"$1 $COREPACK_ENABLE_NETWORK\" = 'pnpm@10.6.5 0' ] || exit 1\nshift";
    program_at(&bin(&scene.world).join("corepack"), &format!("{corepack}\nexec {} \"$@\"", typed(PINNED)));
    let answer = ask(&scene, &with_bin(&scene.world), &json!({}));
    assert_eq!((&answer["manager"], &answer["differences"]), (&json!("pnpm 10.6.5"), &json!([])), "{answer}");
}

#[test]
fn a_manifest_that_names_another_version_has_none_fetched() {
    for version in ["10.34.9", "11.28.11", "12.21.0"] {
        let scene = Scene::new(Manager { name: "pnpm", version }, Lies::Beside);
        shim(&bin(&scene.world), scene.manager);
        let mut manifest: Value = serde_json::from_str(&scene.prepared()).unwrap();
        manifest["packageManager"] = json!("pnpm@9.0.0");
        let answer = ask(&scene, &with_bin(&scene.world), &json!({"manifest": manifest.to_string()}));
        assert_eq!(answer["manager"], format!("pnpm {version}"), "{answer}");
        let asked = scene.registry.requests();
        assert!(!asked.iter().any(|request| request.contains("pnpm")), "{asked:?}");
    }
}

#[test]
fn without_a_lockfile_to_begin_with_the_newest_are_taken() {
    for manager in [PINNED, Manager { name: "yarn", version: "4.18.1" }] {
        let scene = Scene::new(manager, Lies::Beside);
        shim(&bin(&scene.world), manager);
        let answer = ask(&scene, &with_bin(&scene.world), &json!({"seeded": false}));
        assert_eq!((&answer["seededFrom"], &answer["differences"]), (&Value::Null, &json!([])), "{answer}");
        assert!(answer["text"].as_str().unwrap().contains("1.9.9"), "{answer}");
    }
}

#[test]
fn what_is_new_is_listed() {
    let scene = Scene::new(PINNED, Lies::Beside);
    shim(&bin(&scene.world), PINNED);
    let mut manifest: Value = serde_json::from_str(&scene.prepared()).unwrap();
    manifest["dependencies"]["left"] = json!("^1.2.0");
    scene.registry.publish("fresh", "3.0.0", json!({}));
    manifest["dependencies"]["fresh"] = json!("3");
    let answer = ask(&scene, &with_bin(&scene.world), &json!({"manifest": manifest.to_string()}));
    let listed = json!([["fresh", [], ["3.0.0"]], ["left", ["1.1.0", "2.0.0"], ["1.9.9"]]]);
    assert_eq!(answer["differences"], listed, "{answer}");
}

#[test]
fn a_failure_shows_the_end_of_what_was_said() {
    let scene = Scene::new(PINNED, Lies::Beside);
    shim(&bin(&scene.world), PINNED);
    scene.registry.unpublish("user");
    let mut manifest: Value = serde_json::from_str(&scene.prepared()).unwrap();
    manifest["dependencies"]["user"] = json!("^1.0.1");
    let answer = ask(&scene, &with_bin(&scene.world), &json!({"manifest": manifest.to_string()}));
    says(
        &answer,
        5,
        &[
            "backend: pnpm 10.6.5 could not make a lockfile",
            "`pnpm install --lockfile-only",
            "exit code 1",
            "404",
        ],
    );
    pnpm(&scene, "case $1 in install) seq 1000; exit 7;; esac");
    let answer = ask(&scene, &with_bin(&scene.world), &json!({}));
    says(&answer, 5, &["exit code 7", "\n  981\n982\n", "\n1000\n"]);
    assert!(!answer["error"].as_str().unwrap().contains("\n980\n"), "only the end: {answer}");
}

#[test]
fn a_lockfile_that_does_not_hold_is_not_believed() {
    let scene = Scene::new(PINNED, Lies::Beside);
    let ask = || ask(&scene, &with_bin(&scene.world), &json!({}));
    pnpm(&scene, "case \"$*\" in *--frozen-lockfile*) echo it does not fit; exit 1;; esac");
    says(&ask(), 4, &["the lockfile that pnpm 10.6.5 made fails it", "--frozen-lockfile", "it does not fit"]);
    pnpm(&scene, "case \"$*\" in *--frozen-lockfile*) echo >>pnpm-lock.yaml; exit;; esac");
    says(&ask(), 4, &["is another after `pnpm install --frozen-lockfile"]);
    pnpm(&scene, "case \"$*\" in *--lockfile-only*) rm pnpm-lock.yaml; exit;; esac");
    says(&ask(), 5, &["made no pnpm-lock.yaml", "lockfile=false"]);
    let stray =
        "printf \"lockfileVersion: '9.0'\\npackages:\\n  '@bytelyst/a@1.0.0': {}\\n\" >pnpm-lock.yaml; exit";
    pnpm(&scene, &format!("case \"$*\" in *--lockfile-only*) {stray};; esac"));
    says(&ask(), 4, &["takes from a registry what was packed: @bytelyst/a@1.0.0"]);
    pnpm(&scene, "case \"$*\" in *--lockfile-only*) echo '[' >pnpm-lock.yaml; exit;; esac");
    says(&ask(), 4, &["cannot be read"]);
}

#[test]
fn a_lockfile_that_does_not_know_the_surface_is_refused() {
    let scene = Scene::new(PINNED, Lies::AtTheRoot);
    shim(&bin(&scene.world), PINNED);
    scene.world.file("notes/pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  .: {}\n");
    let answer = ask(&scene, &with_bin(&scene.world), &json!({}));
    says(
        &answer,
        3,
        &["pnpm-lock.yaml: the lockfile cannot be used: it has no importer 'backend'", "pnpm install"],
    );
}
