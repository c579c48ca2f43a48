//! Where a project may lie: moved, linked, separated from its repository, with a name as nobody would choose it.

use std::fs;

use crate::common::product::product;
use crate::common::{Run, World};

const MANIFEST: &str = "backend/package.json";

fn is_prepared(world: &World, project: &str) -> bool {
    let status = world.run_in(project, ["status", "--json"]).exits(0).json();
    let rewritten = world.read(format!("{project}/{MANIFEST}")).contains("file:../.docker-deps/");
    assert_eq!(status["prepared"], rewritten, "{status}");
    rewritten
}

/// Prepares and restores; not one bit of the world differs then, and nothing shows in git on the way.
#[track_caller]
fn round_trip(world: &World, project: &str) {
    let tree = world.snapshot().without_folder_times();
    world.run_in(project, ["prepare", "--workspace", &world.path("plat").display().to_string()]).exits(0);
    assert!(is_prepared(world, project));
    let shown = world.git(project, &["status", "--porcelain", "--untracked-files=all"]);
    assert_eq!(shown, " M backend/package.json\n?? backend/package.json.bak\n");
    let run = world.run_in(project, ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("restored backend/package.json (from package.json.bak)"), "{run}");
    assert!(!is_prepared(world, project));
    assert_eq!(world.git_status(project), "");
    tree.assert_same(&without_index(&world.snapshot().without_folder_times(), &tree));
}

/// `git status` refreshes its index, which is none of ours.
fn without_index(now: &crate::common::Snapshot, before: &crate::common::Snapshot) -> crate::common::Snapshot {
    let mut now = now.clone();
    for (path, entry) in &mut now.0 {
        if path.file_name().is_some_and(|name| name == "index")
            && let Some(then) = before.0.get(path)
        {
            *entry = then.clone();
        }
    }
    now
}

#[test]
fn a_project_that_is_moved_while_it_is_prepared() {
    let world = product();
    let before = world.snapshot().0
        [&world.path("notes").join(MANIFEST).strip_prefix(world.root()).unwrap().to_owned()]
        .clone();
    world.run_in("notes", ["prepare"]).exits(0);
    fs::rename(world.path("notes"), world.path("elsewhere")).unwrap();
    assert!(is_prepared(&world, "elsewhere"));
    world.run_in("elsewhere", ["prepare"]).exits(3);
    world.run_in("elsewhere", ["restore", "--clean"]).exits(0);
    assert_eq!(world.snapshot().0[&std::path::Path::new("elsewhere").join(MANIFEST)], before);
    assert!(!world.exists("elsewhere/.git/docker-prep") && !world.exists("elsewhere/.docker-deps"));
}

#[test]
fn linked_worktrees_know_nothing_of_each_other() {
    let world = product();
    world.git("notes", &["worktree", "add", "--quiet", "-b", "other", "../linked"]);
    let both = ["notes", "linked"];
    world.run_in("notes", ["prepare"]).exits(0);
    assert_eq!(both.map(|project| is_prepared(&world, project)), [true, false]);
    world.run_in("linked", ["prepare"]).exits(0);
    assert_eq!(both.map(|project| is_prepared(&world, project)), [true, true]);
    assert!(world.exists("notes/.git/worktrees/linked/docker-prep/state.json"));
    world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert_eq!(both.map(|project| is_prepared(&world, project)), [false, true]);
    // Moved by git, and by hand with a repair.
    world.git("notes", &["worktree", "move", "../linked", "../moved"]);
    assert!(is_prepared(&world, "moved"));
    fs::rename(world.path("moved"), world.path("again")).unwrap();
    world.git("notes", &["worktree", "repair", "../again"]);
    world.run_in("again", ["restore", "--clean"]).exits(0);
    assert!(!is_prepared(&world, "again"));
    assert_eq!(world.git_status("again") + &world.git_status("notes"), "");
}

#[test]
fn a_worktree_that_is_named_by_a_relative_path() {
    let world = product();
    world.git("notes", &["worktree", "add", "--quiet", "-b", "other", "../linked"]);
    world.file("linked/.git", "gitdir: ../notes/.git/worktrees/linked\n");
    world.file("notes/.git/worktrees/linked/gitdir", "../../../../linked/.git\n");
    round_trip(&world, "linked");
}

#[test]
fn a_worktree_of_a_bare_repository() {
    let world = product();
    world.git("", &["clone", "--quiet", "--bare", "notes", "bare.git"]);
    world.remove("notes");
    world.git("bare.git", &["worktree", "add", "--quiet", "../tree", "main"]);
    round_trip(&world, "tree");
}

#[test]
fn a_submodule() {
    let world = product();
    world.file("super/README", "x").git_init("super");
    let source = world.path("notes").display().to_string();
    world.git(
        "super",
        &["-c", "protocol.file.allow=always", "submodule", "add", "--quiet", &source, "sub module"],
    );
    world.git("super", &["commit", "--quiet", "--message=sub"]);
    round_trip(&world, "super/sub module");
    assert_eq!(world.git_status("super"), "");
}

#[test]
fn a_repository_that_lies_elsewhere() {
    let world = product();
    let git = world.path("far away.git").display().to_string();
    world.git("", &["clone", "--quiet", "--separate-git-dir", &git, "notes", "clone"]);
    world.remove("notes");
    round_trip(&world, "clone");
    assert!(world.exists("far away.git/HEAD"));
}

#[test]
fn names_that_need_quotes() {
    for name in [
        "with space",
        "qu'o\"te",
        "line\nend",
        "back\\slash",
        "-dash",
        "$HOME",
        "ünïcode 😀",
        "*[a]{b}",
        "trailing ",
    ] {
        let world = product();
        fs::rename(world.path("notes"), world.path(name)).unwrap();
        round_trip(&world, name);
    }
}

#[test]
fn surfaces_with_names_that_need_quotes() {
    for name in ["with space", "qu'o\"te", "li\nne", "$x", "ü", "[a]", "a:b"] {
        let world = product();
        fs::rename(world.path("notes/backend"), world.path("notes").join(name)).unwrap();
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=renamed"]);
        let manifest = format!("notes/{name}/package.json");
        let before = world.bytes(&manifest);
        let run = world.run_in("notes", ["prepare", "--surface", name]).exits(0);
        assert_ne!(world.bytes(&manifest), before, "{run}");
        // From the last commit, which takes the name through git.
        fs::remove_file(world.path(format!("{manifest}.bak"))).unwrap();
        fs::remove_file(world.path(&manifest)).unwrap();
        world.run_in("notes", ["restore", "--clean"]).exits(0);
        assert_eq!(world.bytes(&manifest), before);
        assert_eq!(world.git_status("notes"), "");
    }
}

/// Calls the program as a hook of another repository does.
fn in_a_hook(world: &World, project: &str, args: &[&str]) -> Run {
    let mut program = world.program();
    program.current_dir(world.path(project)).args(args);
    program.env("GIT_DIR", world.path("other/.git")).env("GIT_WORK_TREE", world.path("other"));
    program.env("GIT_INDEX_FILE", world.path("other/.git/index")).env("GIT_PREFIX", "x/");
    Run::from(program.output().unwrap())
}

#[test]
fn a_hook_of_another_repository_changes_nothing() {
    let world = product();
    world.file("other/package.json", "{}").git_init("other");
    let other =
        world.snapshot().0.into_iter().filter(|(path, _)| path.starts_with("other")).collect::<Vec<_>>();
    in_a_hook(&world, "notes", &["prepare"]).exits(0);
    assert!(world.exists("notes/.git/docker-prep/state.json"));
    let status = in_a_hook(&world, "notes", &["status"]).exits(0);
    assert!(status.stdout.contains("prepared by docker-prep"), "{status}");
    in_a_hook(&world, "notes", &["restore", "--clean"]).exits(0);
    assert_eq!(world.git_status("notes"), "");
    let after =
        world.snapshot().0.into_iter().filter(|(path, _)| path.starts_with("other")).collect::<Vec<_>>();
    assert_eq!(other, after);
}

#[test]
fn two_projects_in_one_repository() {
    let world = product();
    world.file("mono/README", "x");
    for name in ["one", "two"] {
        world.file(format!("mono/{name}/docker-prep.toml"), "workspace = '../../plat'\n");
        world.file(format!("mono/{name}/{MANIFEST}"), world.bytes(format!("notes/{MANIFEST}")));
    }
    world.git_init("mono");
    let both = ["mono/one", "mono/two"];
    world.run_in("mono/one/backend", ["prepare"]).exits(0);
    assert_eq!(both.map(|project| is_prepared(&world, project)), [true, false]);
    world.run_in("mono/two", ["prepare"]).exits(0);
    world.run_in("mono/one", ["restore", "--clean"]).exits(0);
    assert_eq!(both.map(|project| is_prepared(&world, project)), [false, true]);
    fs::remove_file(world.path("mono/two/backend/package.json.bak")).unwrap();
    let run = world.run_in("mono/two/backend", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("from the copy in the state folder"), "{run}");
    assert_eq!(world.git_status("mono"), "");
}

/// A worktree has a `HEAD` of its own: what is taken from the last commit is taken from that one.
#[test]
fn without_any_copy_what_was_used_is_said() {
    let world = product();
    world.git("notes", &["worktree", "add", "--quiet", "-b", "other", "../linked"]);
    let committed = world.read("linked/backend/package.json").replace("^3.0.0", "~3.1.0");
    world.file("linked/backend/package.json", &committed);
    world.git("linked", &["commit", "--quiet", "--all", "--message=other"]);
    world.run_in("linked", ["prepare"]).exits(0);
    let state = world.path("notes/.git/worktrees/linked/docker-prep");
    fs::remove_file(world.path("linked/backend/package.json.bak")).unwrap();
    fs::remove_dir_all(state.join("originals")).unwrap();
    let run = world.run_in("linked", ["restore", "--clean"]).exits(0);
    assert!(run.stderr.contains("restored backend/package.json (the rewrite undone)"), "{run}");
    assert_eq!(world.read("linked/backend/package.json"), committed);

    // The state is gone as well: nothing but the commit is left.
    world.run_in("linked", ["prepare"]).exits(0);
    fs::remove_file(world.path("linked/backend/package.json.bak")).unwrap();
    fs::remove_dir_all(&state).unwrap();
    world.run_in("linked", ["prepare"]).exits(3);
    let run = world.run_in("linked", ["--strip-overrides"]).exits(0);
    assert!(run.stderr.contains("backend/package.json"), "{run}");
    assert_eq!(world.read("linked/backend/package.json"), committed);
    assert_eq!(world.git_status("linked"), "");
}
