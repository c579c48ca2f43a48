//! `required-version` in `docker-prep.toml`: one version of the program for all who work on a project.

use serde_json::Value;

use crate::common::World;
use crate::common::product::product;

/// A file of a later version: this one knows neither its keys nor its types, and not all of it is TOML to it.
const LATER: &str = "isolated = \"yes\"\nscope = { any = true }\nworkspace = <beside>\n\
                     required-version = \">=99.3, <100\"\n[doctor]\nlevel = 3\n";

const NEEDS: &str = "docker-prep.toml: line 4: needs docker-prep >=99.3 <100, and this is docker-prep ";

fn with(settings: &str) -> World {
    let world = product();
    world.file("notes/docker-prep.toml", settings);
    world
}

#[test]
fn what_is_met_is_as_if_it_were_not_there() {
    let own = env!("CARGO_PKG_VERSION");
    for range in [format!("={own}"), format!(">={own}, <99"), format!("0.0.1 || {own}"), "*".to_owned()] {
        let world = with(&format!("required-version = \"{range}\"\n"));
        let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(0);
        assert!(!run.stderr.contains("needs docker-prep"), "{run}");
    }
}

#[test]
fn what_is_not_met_is_said_before_anything_else_of_the_file() {
    let world = with(LATER);
    let before = world.snapshot().without_folder_times();
    for command in [
        &["prepare"][..],
        &["prepare", "--dry-run"],
        &["run", "--", "true"],
        &["show"],
        &["why", "@bytelyst/http"],
        &["pack", "--out", "out"],
        &["init", "--dry-run"],
        &["prepare", "--surface", "nope"],
    ] {
        let run = world.run_in("notes", command).exits(5);
        let line = run.stderr.lines().next().unwrap_or_default();
        assert!(line.starts_with("error: ") && line.contains(NEEDS), "{run}");
        assert!(line.ends_with(env!("CARGO_PKG_VERSION")), "{run}");
        assert!(run.stderr.contains("npm install -g @bytelyst/docker-prep@\">=99.3 <100\""), "{run}");
        assert_eq!(run.stderr.lines().count(), 2, "{run}");
    }
    before.assert_same(&world.snapshot().without_folder_times());
}

#[test]
fn the_projects_package_manager_mends_it_where_the_program_is_a_dependency() {
    let manifest =
        |more: &str| format!("{{\"devDependencies\": {{\"@bytelyst/docker-prep\": \"0.1.0\"}}{more}}}\n");
    for (more, file, command) in [
        (", \"packageManager\": \"pnpm@10.6.5\"", "x", "pnpm add -D @"),
        ("", "pnpm-lock.yaml", "pnpm add -D @"),
        (", \"packageManager\": \"pnpm@10.6.5\"", "pnpm-workspace.yaml", "pnpm add -D -w @"),
        (", \"packageManager\": \"yarn@4.1.0\"", "x", "yarn add -D @"),
        (", \"packageManager\": \"yarn@1.22.22\", \"workspaces\": [\"x\"]", "y", "yarn add -D -W @"),
        ("", "bun.lock", "bun add -d @"),
        ("", "package-lock.json", "npm install -D @"),
    ] {
        let world = with("required-version = \">=99\"\n");
        world.file("notes/package.json", manifest(more)).file(format!("notes/{file}"), "{}\n");
        let run = world.run_in("notes", ["prepare"]).exits(5);
        let command = format!("  in the project type: {command}bytelyst/docker-prep@\">=99\"");
        assert!(run.stderr.lines().any(|line| line == command), "{command} in {run}");
    }
}

#[test]
fn a_project_is_always_restored() {
    let world = product();
    let before = world.snapshot().without_folder_times();
    world.run_in("notes", ["prepare"]).exits(0);
    world.file("notes/docker-prep.toml", LATER);
    let status = world.run_in("notes", ["status", "--json"]).exits(0);
    assert!(status.stderr.contains("warning: ") && status.stderr.contains(NEEDS), "{status}");
    let document: Value = serde_json::from_str(&status.stdout).unwrap();
    assert!(
        document["prepared"] == true && document["warnings"][0]["message"].as_str().unwrap().contains(NEEDS)
    );
    world.run_in("notes", ["prepare", "--force"]).exits(5);
    let restore = world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert!(restore.stderr.contains("warning: ") && restore.stderr.contains(NEEDS), "{restore}");
    world.run_in("notes", ["--restore"]).exits(0);
    world.run_in("notes", ["--strip-overrides"]).exits(0);
    world.remove("notes/docker-prep.toml");
    before.assert_same(&world.snapshot().without_folder_times());
}

#[test]
fn the_guard_judges_nothing_that_another_version_must_judge() {
    let world = with(LATER);
    world.git("notes", &["add", "--all"]);
    let guard = |args: &[&str]| {
        let args: Vec<&str> = ["guard"].into_iter().chain(args.iter().copied()).collect();
        world.run_in("notes", args)
    };
    let cannot = |args: &[&str]| {
        let run = guard(args).exits(5);
        assert!(run.stderr.starts_with(&format!("error: {NEEDS}")), "{run}");
        assert!(run.stderr.contains("npm install -g "), "{run}");
    };
    cannot(&[]);
    world.git("notes", &["commit", "--quiet", "--no-verify", "--message=later"]);
    cannot(&[]);
    cannot(&["--all"]);
    cannot(&["--range", "HEAD~1..HEAD"]);
    // What is judged says otherwise by now.
    world.file("notes/docker-prep.toml", "required-version = \"*\"\n");
    world.git("notes", &["add", "--all"]);
    guard(&[]).exits(0);
    world.git("notes", &["commit", "--quiet", "--message=back"]);
    guard(&["--all"]).exits(0);
    // Of a commit that this version does not understand nothing is known, whatever came after it.
    cannot(&["--range", "HEAD~2..HEAD"]);
    guard(&["--range", "HEAD~1..HEAD"]).exits(0);
}

#[test]
fn commits_of_the_time_before_are_judged_where_they_are_understood() {
    let world = product();
    let commit = |text: &str| {
        world.file("notes/docker-prep.toml", text);
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=settings"]);
    };
    commit("required-version = \"<0.0.1\"\nguard-ignore = [\"fixtures\"]\n");
    world.file(
        "notes/fixtures/package.json",
        "{\"dependencies\": {\"@bytelyst/a\": \"file:.docker-deps/a.tgz\"}}\n",
    );
    commit("required-version = \"<0.0.2\"\nguard-ignore = [\"fixtures\"]\n");
    world.file("notes/docker-prep.toml", "required-version = \">=0.0.2\"\nguard-ignore = [\"fixtures\"]\n");
    world.git("notes", &["add", "--all"]);
    world.run_in("notes", ["guard"]).exits(0);
    commit("required-version = \">=0.0.2\"\nguard-ignore = [\"fixtures\"]\n");
    world.run_in("notes", ["guard", "--range", "HEAD~2..HEAD"]).exits(0);
    world.run_in("notes", ["guard", "--range", "HEAD~2..HEAD~1"]).exits(5);
}

#[test]
fn what_is_no_range_is_wrong_usage() {
    for (value, why) in [
        ("\"newest\"", "`newest` is no range of versions"),
        ("\"\"", "an empty text stands there"),
        ("5", "`5` is a number, and not a text"),
        (">=0.2", "`>=0.2` stands there without quotes"),
        ("\">=0.2,\"", "`>=0.2,` is no range of versions"),
    ] {
        let world = with(&format!("# settings\nrequired-version = {value}\n"));
        for command in ["prepare", "restore", "status"] {
            let run = world.run_in("notes", [command]).exits(2);
            assert!(run.stderr.contains("docker-prep.toml: line 2") && run.stderr.contains(why), "{run}");
            assert!(run.stderr.contains("required-version = \""), "{run}");
        }
    }
}
