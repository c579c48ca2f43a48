//! What the command finds, and what it may do to it.

use crate::common::World;
use crate::run::scene::Scene;

#[test]
fn it_runs_at_the_projects_root_wherever_it_was_called() {
    let scene = Scene::new();
    let root = scene.world.path("notes").display().to_string();
    scene.world.exec("notes/backend/tool", "#!/bin/sh\npwd -P; printf '%s\\n' \"$PWD\" \"$@\"\n");
    scene.world.git("notes", &["add", "-A"]);
    scene.world.git("notes", &["commit", "-qm", "tool"]);
    let expected = format!("{root}\n{root}\na b\n\n");
    for (folder, more) in
        [("notes", None), ("notes/backend", None), ("", Some("notes/backend")), ("plat", Some("../notes"))]
    {
        let mut words = Vec::from_iter(more.iter().flat_map(|dir| ["-C", dir]));
        words.extend(["run", "--", "backend/tool", "a b", ""]);
        let run = scene.world.run_in(folder, words).exits(0);
        assert_eq!(run.stdout, expected, "from {folder:?} with {more:?}");
    }
}

#[test]
fn it_sees_the_project_prepared_and_an_environment_of_its_own() {
    let scene = Scene::new();
    let script = r#"
        for tarball in $(grep -o 'file:../.docker-deps/[^"]*' backend/package.json); do
            test -s "backend/${tarball#file:}" || exit 98
        done
        test "$HOME" = "$1" && test "$(git status --porcelain)" = ' M backend/package.json
?? backend/package.json.bak' && test "$(ls -A .git/docker-prep | tr '\n' ' ')" = 'lock originals rewritten state.json '
    "#;
    let home = scene.world.home().display().to_string();
    scene.run(&["run"], &["sh", "-c", script, "sh", &home]).exits(0);
    scene.is_restored();
}

#[test]
fn an_edit_that_it_makes_is_kept() {
    let scene = Scene::new();
    let original = scene.manifest();
    let run = scene.sh("sed -i.tmp s/2.1.3/2.1.4/ backend/package.json; rm backend/*.tmp; exit 4").exits(4);
    assert!(run.stderr.contains("edit"), "{run}");
    assert_eq!(scene.manifest(), original.replace("2.1.3", "2.1.4"));
    assert!(!scene.world.exists("notes/backend/package.json.bak"));
    assert!(!scene.world.exists("notes/.git/docker-prep"));
}

#[test]
fn an_edit_beyond_repair_is_refused_with_a_diff_and_both_versions_are_kept() {
    let scene = Scene::new();
    let original = scene.manifest();
    let run = scene.sh("echo 'not even JSON' >backend/package.json").exits(3);
    assert!(run.stderr.contains("+not even JSON") && run.stderr.contains("docker-prep restore"), "{run}");
    assert_eq!(scene.manifest(), "not even JSON\n");
    assert_eq!(scene.world.read("notes/backend/package.json.bak"), original);
    let status = scene.world.run_in("notes", ["status"]).exits(0);
    assert!(status.stdout.contains("rewritten, then edited"), "{status}");
    scene.world.run_in("notes", ["restore", "--force"]).exits(0);
    assert_eq!(scene.manifest(), original);
}

#[test]
fn what_it_deletes_comes_back_or_is_not_missed() {
    let mut wrong = Vec::new();
    for delete in [
        "rm backend/package.json",
        "rm backend/package.json.bak",
        "rm backend/package.json backend/package.json.bak",
        "rm -r backend/package.json*; git checkout -q -- .",
        "rm -r .git/docker-prep/originals",
        "rm -r .git/docker-prep/originals backend/package.json",
        "rm -r .git/docker-prep/originals backend/package.json.bak",
        "rm -r .git/docker-prep/rewritten",
        "rm .git/docker-prep/lock",
        "rm -r .docker-deps",
        "git clean -qxdf",
        "git stash -qu",
        "mv backend/package.json.bak backend/package.json",
        "cp backend/package.json.bak backend/package.json",
        "touch backend/package.json backend/package.json.bak; chmod 600 backend/package.json*",
        "rm .git/docker-prep/state.json",
        "rm -r .git/docker-prep",
        "rm -r .git/docker-prep backend/package.json",
        "rm -r .git/docker-prep backend/package.json.bak",
        "rm -r .git/docker-prep; git clean -qxdf",
        "echo garbage >.git/docker-prep/state.json",
    ] {
        let scene = Scene::new();
        let original = scene.manifest();
        let run = scene.sh(delete);
        let leftovers: Vec<_> = ["backend/package.json.bak", ".git/docker-prep"]
            .into_iter()
            .filter(|path| scene.world.exists(format!("notes/{path}")))
            .collect();
        let status = scene.world.git_status("notes");
        let manifest = std::fs::read_to_string(scene.world.path("notes/backend/package.json"));
        let is_back = manifest.is_ok_and(|now| now == original);
        if (run.code, &*status, is_back) != (Some(0), "", true) || !leftovers.is_empty() {
            wrong.push(format!("{delete}: {leftovers:?} {status}{run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_itself_works_in_it_and_refuses_to_change_anything() {
    let scene = Scene::new();
    let program = env!("CARGO_BIN_EXE_docker-prep");
    let script = |words: &str| format!("echo $PPID; exec {program} {words}");
    let run = scene.sh(&script("status")).exits(0);
    let pid = run.stdout.lines().next().unwrap();
    assert!(run.stdout.contains(&format!("process {pid}, begun ")), "{run}");
    let by = concat!("prepared by docker-prep ", env!("CARGO_PKG_VERSION"), " (run sh), ");
    assert!(run.stdout.contains(by), "{run}");
    assert!(run.stdout.contains("backend/package.json: rewritten"), "{run}");
    assert!(!run.stdout.contains("docker-prep restore"), "it must not be told to: {run}");
    let run = scene.sh(&script("--json status")).exits(0);
    let (pid, json) = run.stdout.split_once('\n').unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        (json["prepared"].as_bool(), json["running"]["pid"].to_string()),
        (Some(true), pid.to_owned())
    );
    for words in [
        "prepare",
        "prepare --force",
        "prepare --dry-run",
        "restore",
        "restore --clean --force",
        "run -- true",
        "--strip-overrides",
    ] {
        let run = scene.sh(&script(words)).exits(3);
        let pid = run.stdout.lines().next().unwrap();
        let named = run
            .stderr
            .lines()
            .any(|line| line.starts_with("error: ") && line.contains(&format!("process {pid}")));
        assert!(named, "{words}: names the process: {run}");
        assert!(
            run.stderr.contains("inside of which this call runs") && !run.stderr.contains("kill"),
            "{run}"
        );
        scene.is_restored();
    }
    // What the build calls may be some levels below.
    let run = scene.sh(&format!("sh -c 'sh -c \"{program} prepare; :\"; :'")).exits(0);
    assert!(run.stderr.contains("call the build there by itself, without docker-prep"), "{run}");
    scene.sh(&script("pack --out ../packed")).exits(0);
    scene.is_restored();
}

#[test]
fn it_may_commit_and_another_project_may_be_prepared_meanwhile() {
    let scene = Scene::new();
    let world: &World = &scene.world;
    world.file("other/backend/package.json", scene.manifest());
    world.file("other/backend/Dockerfile", world.read("notes/backend/Dockerfile")).git_init("other");
    let program = env!("CARGO_BIN_EXE_docker-prep");
    let script =
        format!("cd ../other && {program} run --workspace ../plat -- grep -q file: backend/package.json");
    scene.sh(&script).exits(0);
    assert_eq!(world.git_status("other"), "");
    scene.is_restored();
}

#[test]
fn a_project_that_it_moves_is_restored_where_it_lies() {
    let scene = Scene::new();
    let before = scene.now();
    let run = scene.sh("mv ../notes ../elsewhere").exits(0);
    assert!(run.stderr.contains("/elsewhere: it is restored there"), "{run}");
    assert!(!scene.world.exists("notes"), "nothing is made anew");
    std::fs::rename(scene.world.path("elsewhere"), scene.world.path("notes")).unwrap();
    before.assert_same(&scene.now());
    assert!(!scene.world.exists("notes/.git/docker-prep"));
}

#[test]
fn a_project_that_it_removes_is_not_made_anew() {
    let scene = Scene::new();
    for script in
        ["rm -r ../notes", "mv ../notes ../elsewhere; cp -r ../elsewhere ../copy; rm -r ../elsewhere"]
    {
        let scene = if script.starts_with("rm") { &scene } else { &Scene::new() };
        let run = scene.sh(script).exits(3);
        assert!(run.stderr.contains("notes: the command has taken the project away"), "{run}");
        assert!(run.stderr.contains("docker-prep -C DIR restore"), "{run}");
        assert!(!scene.world.exists("notes"));
    }
}

#[test]
fn a_git_directory_that_it_removes_is_not_made_anew() {
    let scene = Scene::new();
    scene.sh("rm -r .git").exits(0);
    scene.before.assert_same(&scene.now());
    assert!(!scene.world.exists("notes/.git"));
}

#[test]
fn what_is_refused_on_a_prepared_project_advises_the_call_that_was_made() {
    let scene = Scene::new();
    scene.world.run_in("notes", ["prepare"]).exits(0);
    let advised = |words: &[&str], advice: &str| {
        let run = scene.world.run_in("notes", words).exits(3);
        let hint = format!("  put it back: docker-prep restore   (or have it restored first: {advice})\n");
        assert!(run.stderr.ends_with(&hint), "{words:?}: {run}");
    };
    advised(&["prepare"], "docker-prep prepare --force");
    advised(&["--dry-run"], "docker-prep prepare --force");
    let build = "docker-prep run --force -- docker compose build";
    advised(&["run", "--", "docker", "compose", "build"], build);
    advised(&["run", "--dry-run", "--", "docker", "compose", "build"], build);
    advised(&["run", "--", "a b", "--secret=x"], "docker-prep run --force -- 'a b' …");
    scene.world.run_in("notes", ["run", "--force", "--", "true"]).exits(0);
    scene.is_restored();
}

#[test]
fn a_commit_while_a_command_runs_is_told_to_wait_for_its_end() {
    let scene = Scene::new();
    let program = env!("CARGO_BIN_EXE_docker-prep");
    let run = scene.sh(&format!("git add backend/package.json; {program} guard; git reset -q")).exits(0);
    let advice = run.stderr.split("references").nth(1).unwrap_or_default();
    assert!(
        advice.contains("inside of which this call runs, has the project prepared, and restores it when it has ended: wait for that\n"),
        "{run}"
    );
    assert!(
        advice.contains("\n  git add -- backend/package.json\n") && !advice.contains("docker-prep restore"),
        "{run}"
    );
    scene.is_restored();
}
