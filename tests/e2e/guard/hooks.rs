//! The guard as a hook, called by git.

use crate::common::Run;
use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository, author};

/// A repository with a hook, and one good commit.
fn hooked(script: &str) -> Repository {
    let repository = Repository::committed(&[("package.json", ORIGINAL), ("backend/x", "1\n")]);
    repository.hook("pre-commit", script);
    repository
}

#[track_caller]
fn blocks(repository: &Repository, args: &[&str]) {
    let before = repository.git(&["rev-parse", "--quiet", "HEAD"]);
    let run = repository.try_git(args).exits(1);
    assert!(run.stderr.contains("package.json:3: dependencies.@b/a points into .docker-deps/"), "{run}");
    assert_eq!(before, repository.git(&["rev-parse", "HEAD"]), "nothing was committed");
}

#[test]
fn every_way_to_commit_is_judged_by_what_it_commits() {
    for script in [
        "docker-prep guard",
        "cd backend && docker-prep guard",
        "docker-prep -C backend guard",
        "docker-prep -C \"$PWD\" guard",
    ] {
        let repository = hooked(script);
        repository.write("package.json", REWRITTEN).write("backend/x", "2\n");
        // The bad manifest is not staged: `-a` and PATH commit it none the less, from an index of their own.
        blocks(&repository, &["commit", "-q", "-a", "-m", "x"]);
        blocks(&repository, &["commit", "-q", "-m", "x", "package.json"]);
        blocks(&repository, &["commit", "-q", "-m", "x", "--include", "package.json"]);
        repository.try_git(&["commit", "-q", "-m", "only the other", "backend/x"]).exits(0);
        repository.git(&["add", "package.json"]);
        blocks(&repository, &["commit", "-q", "-m", "x"]);
        blocks(&repository, &["commit", "-q", "--amend", "--no-edit"]);
        // Staged, but not part of this commit.
        repository.write("backend/x", "3\n");
        repository.try_git(&["commit", "-q", "-m", "only the other", "--only", "backend/x"]).exits(0);
        repository.write("package.json", ORIGINAL);
        repository.try_git(&["commit", "-q", "-a", "--allow-empty", "-m", "good"]).exits(0);
    }
}

#[test]
fn the_first_commit_is_judged() {
    let repository = Repository::new();
    repository.hook("pre-commit", "docker-prep guard");
    repository.stage(&[("package.json", REWRITTEN)]);
    repository.try_git(&["commit", "-q", "-m", "first"]).exits(1);
    repository.stage(&[("package.json", ORIGINAL)]);
    repository.try_git(&["commit", "-q", "-m", "first"]).exits(0);
    let empty = Repository::new();
    empty.hook("pre-commit", "docker-prep guard");
    empty.try_git(&["commit", "-q", "--allow-empty", "-m", "first"]).exits(0);
}

#[test]
fn a_commit_from_below_or_from_outside_is_judged() {
    let repository = hooked("docker-prep guard");
    repository.stage(&[("package.json", REWRITTEN)]);
    let commit = |dir: &str, args: &[&str]| {
        let mut git = author(repository.world.command("git"));
        git.args(args).args(["commit", "-q", "-m", "x"]).current_dir(repository.world.path(dir));
        Run::from(git.output().unwrap()).exits(1)
    };
    commit("repo/backend", &[]);
    commit("", &["-C", "repo"]);
    commit("", &["--git-dir=repo/.git", "--work-tree=repo"]);
    commit("repo", &["-c", "core.quotePath=true"]);
}

#[test]
fn a_merge_is_judged() {
    let repository = hooked("docker-prep guard");
    repository.hook("pre-merge-commit", "docker-prep guard");
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    repository.git(&["checkout", "-q", "main"]);
    repository.stage(&[("other", "x")]).commit("other");
    blocks(&repository, &["merge", "-q", "--no-edit", "topic"]);
    // As the message of the blocked merge says.
    repository.write("package.json", ORIGINAL).git(&["add", "package.json"]);
    repository.try_git(&["commit", "-q", "--no-edit"]).exits(0);
    assert_eq!(repository.git(&["rev-list", "--count", "--merges", "HEAD"]).trim(), "1");
}

#[test]
fn conflicts_are_judged_when_they_are_committed() {
    let repository = hooked("docker-prep guard");
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    repository.git(&["checkout", "-q", "main"]);
    repository.stage(&[("package.json", "{}\n")]).commit("other");
    repository.try_git(&["merge", "-q", "topic"]).exits(1);
    repository.git(&["add", "package.json"]);
    let run = repository.try_git(&["commit", "-q", "--no-edit"]).exits(1);
    assert!(run.stderr.contains("package.json:6:"), "{run}");
    repository.write("package.json", ORIGINAL).git(&["add", "package.json"]);
    repository.try_git(&["commit", "-q", "--no-edit"]).exits(0);
}

#[test]
fn picks_and_rebases_that_stop_are_judged_when_they_go_on() {
    let repository = hooked("docker-prep guard");
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    repository.git(&["checkout", "-q", "main"]);
    repository.try_git(&["cherry-pick", "-q", "--no-commit", "topic"]);
    repository.git(&["cherry-pick", "--no-commit", "topic"]);
    blocks(&repository, &["commit", "-q", "-m", "picked"]);
    repository.git(&["reset", "-q", "--hard"]);
    repository.git(&["checkout", "-q", "topic"]);
    // Git asks no hook for a commit that it only moves: that is what --range is for.
    assert_eq!(repository.found(&["--range", "main..topic"]), ["package.json:3 manifest"]);
}

#[test]
fn linked_worktrees_share_the_hook() {
    let repository = hooked("docker-prep guard");
    repository.git(&["worktree", "add", "-q", "../linked"]);
    let world = &repository.world;
    world.file("linked/package.json", REWRITTEN);
    for args in [&["commit", "-q", "-a", "-m", "x"][..], &["commit", "-q", "-m", "x", "package.json"]] {
        let mut git = author(world.command("git"));
        let run = Run::from(git.args(args).current_dir(world.path("linked")).output().unwrap()).exits(1);
        assert!(run.stderr.contains("package.json:3:"), "{run}");
    }
    // The main work tree's index is another one.
    repository.try_git(&["commit", "-q", "--allow-empty", "-m", "x"]).exits(0);
}

#[test]
fn a_submodule_has_its_own_hook() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let origin = Repository::committed(&[("package.json", ORIGINAL)]);
    let url = origin.world.path("repo");
    repository.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        url.to_str().unwrap(),
        "sub",
    ]);
    repository.hook("pre-commit", "docker-prep guard").hook_in(
        "repo/.git/modules/sub/hooks",
        "pre-commit",
        "docker-prep guard",
    );
    let world = &repository.world;
    world.file("repo/sub/package.json", REWRITTEN);
    for args in [&["commit", "-q", "-a", "-m", "x"][..], &["commit", "-q", "-m", "x", "package.json"]] {
        let mut git = author(world.command("git"));
        let run = Run::from(git.args(args).current_dir(world.path("repo/sub")).output().unwrap()).exits(1);
        assert!(run.stderr.contains("package.json:3:"), "{run}");
    }
    // The repository above commits which commit of the submodule it takes, and nothing that is in it.
    repository.try_git(&["commit", "-q", "-a", "-m", "x"]).exits(0);
    // A hook above that asks about the submodule judges the submodule's index.
    world.git("repo/sub", &["add", "package.json"]);
    repository.hook("pre-commit", "docker-prep -C sub guard");
    let run = repository.try_git(&["commit", "-q", "--allow-empty", "-m", "x"]).exits(1);
    assert!(run.stderr.contains("package.json:3:"), "{run}");
}

#[test]
fn a_push_is_judged_by_its_range() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    repository.world.git("", &["init", "-q", "--bare", "origin.git"]);
    repository.git(&["remote", "add", "origin", "../origin.git"]);
    repository.git(&["push", "-q", "origin", "main"]);
    repository.hook(
        "pre-push",
        "while read -r ref sha remote old; do docker-prep guard --range \"$old..$sha\" || exit; done",
    );
    repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    let bad = repository.git(&["rev-parse", "--short=12", "HEAD"]);
    repository.stage(&[("package.json", ORIGINAL)]).commit("repaired");
    let run = repository.try_git(&["push", "-q", "origin", "main"]).exits(1);
    assert!(run.stderr.contains(&format!("(commit {})", bad.trim())), "{run}");
    repository.git(&["reset", "-q", "--hard", "origin/main"]);
    repository.stage(&[("a", "x")]).commit("good");
    repository.try_git(&["push", "-q", "origin", "main"]).exits(0);
}

#[test]
fn hooks_may_live_anywhere() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    repository.git(&["config", "core.hooksPath", ".husky"]);
    repository.hook_in("repo/.husky", "pre-commit", "docker-prep guard");
    repository.git(&["add", "--all"]);
    repository.try_git(&["commit", "-q", "-m", "x"]).exits(0);
    repository.stage(&[("package.json", REWRITTEN)]);
    blocks(&repository, &["commit", "-q", "-m", "x"]);
}
