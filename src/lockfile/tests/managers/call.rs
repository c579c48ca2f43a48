//! A call of [`make`] in a process of its own, so that it has a PATH of its own.

use std::fs;
use std::path::PathBuf;

use crate::cancel::CancelToken;
use crate::image::{Name, PackageManager};
use crate::lockfile::apply::{LockfileRequest, LockfileTarball, make};
use crate::lockfile::read::find;
use crate::npm::Scope;
use crate::rewrite::InstallLayout;
use serde_json::{Value, json};

use super::scene::Scene;

/// The variable that holds the child's task.
const TASK: &str = "LOCKFILE_TEST_TASK";

/// What marks its answer among what the test harness prints.
const ANSWER: &str = "the answer: ";

/// Asks for a lockfile for the scene's prepared surface. `task` may say more, or otherwise.
pub(crate) fn ask(scene: &Scene, path: &str, task: &Value) -> Value {
    let mut all = json!({
        "project": scene.world.path("notes"),
        "manifest": scene.prepared(),
        "tarballs": scene.tarballs(),
        "manager": scene.manager.name,
        "version": scene.manager.version,
        "seeded": true,
    });
    for (key, value) in task.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    let temp = scene.world.beside("temporary");
    fs::create_dir_all(&temp).expect("a folder");
    let mut command = scene.world.command(std::env::current_exe().expect("this program"));
    command.args(["--exact", "--nocapture", "lockfile::tests::managers::call::child_that_makes_a_lockfile"]);
    command.env(TASK, all.to_string()).env("TMPDIR", &temp);
    command.env("PATH", path);
    command.envs(scene.manager.environment(&scene.world.home(), &scene.registry));
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let left: Vec<PathBuf> =
        fs::read_dir(&temp).expect("a folder").map(|entry| entry.expect("one").path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let answer = said.lines().find_map(|line| Some(line.split_once(ANSWER)?.1));
    let answer = answer.unwrap_or_else(|| panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(answer).expect("JSON")
}

/// The child that [`ask`] starts; by itself it does nothing.
#[test]
fn child_that_makes_a_lockfile() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Value = serde_json::from_str(&task).unwrap();
    let text = |key: &str| task[key].as_str().unwrap_or_default();
    let project = PathBuf::from(text("project"));
    let name = Name::ALL.into_iter().find(|name| name.as_str() == text("manager")).unwrap();
    let major = text("version").split('.').next().unwrap().parse().unwrap();
    let manager = PackageManager { name, version: text("version").to_owned(), majors: major..=major };
    let found = find(&project, "backend", name).unwrap();
    let staged = |one: &Value| {
        let [name, filename, path] = [0, 1, 2].map(|index| one[index].as_str().unwrap().to_owned());
        LockfileTarball { name, filename, path: PathBuf::from(path) }
    };
    let tarballs: Vec<LockfileTarball> = task["tarballs"].as_array().unwrap().iter().map(staged).collect();
    let made = make(&LockfileRequest {
        project: &project,
        surface_dir: "backend",
        manifest: text("manifest"),
        workspace_yaml: None,
        layout: &InstallLayout::alone("backend", ".docker-deps"),
        tarballs: &tarballs,
        manager: &manager,
        reason: "the test says so",
        lockfile: found.as_ref().filter(|_| task["seeded"] == true),
        scope: &Scope::new(&[]),
        environment: &std::env::vars_os().collect(),
        flag: "--lockfile",
        cancel: &CancelToken::new(),
    });
    let answer = match made {
        Ok(made) => json!({
            "fileName": made.file_name,
            "text": made.text,
            "manager": made.manager,
            "seededFrom": made.seeded_from,
            "thirdParty": made.third_party,
            "differences": made.differences.iter().map(|one| json!([one.name, one.before, one.after])).collect::<Vec<_>>(),
        }),
        Err(error) => json!({"exitCode": error.kind.exit_code(), "error": error.to_string()}),
    };
    println!("\n{ANSWER}{answer}");
}
