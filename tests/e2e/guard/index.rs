//! Which tree is judged: the index's, whatever state it and the work tree are in.

use std::fs;
use std::path::Path;

use crate::common::raw_path;
use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository, found_in};

#[test]
fn the_work_tree_does_not_count() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    repository.write("package.json", REWRITTEN).write(".docker-deps/x", "").write("package.json.bak", "");
    repository.passes();
    repository.git(&["add", "package.json"]);
    repository.write("package.json", ORIGINAL);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
    repository.world.remove("repo/package.json");
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

#[test]
fn what_was_committed_blocks_until_a_commit_repairs_it() {
    let repository = Repository::committed(&[("package.json", REWRITTEN), ("a.txt", "x")]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
    repository.stage(&[("a.txt", "y")]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
    repository.stage(&[("package.json", ORIGINAL)]);
    repository.passes();
    repository.git(&["reset", "-q", "--hard"]);
    repository.git(&["rm", "-q", "--cached", "package.json"]);
    repository.passes();
    repository.git(&["reset", "-q", "--hard"]);
    repository.git(&["mv", "package.json", "manifest.json"]);
    repository.passes();
}

#[test]
fn an_empty_repository_passes() {
    let repository = Repository::new();
    repository.passes();
    repository.stage(&[("package.json", REWRITTEN)]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

#[test]
fn what_is_only_meant_to_be_added_is_in_no_commit() {
    for kind in [&["--index-version", "2"][..], &["--index-version", "4"], &["--split-index"]] {
        let repository = Repository::committed(&[("package.json", ORIGINAL)]);
        repository.git(&[&["update-index"], kind].concat());
        repository.write("package.json.bak", ORIGINAL);
        repository.write("a/package.json", REWRITTEN).write(".docker-deps/x", "");
        repository.git(&["add", "--force", "--intent-to-add", "."]);
        repository.passes();
        repository.write(".docker-deps/.gitkeep", "").git(&["add", "--force", ".docker-deps/.gitkeep"]);
        assert_eq!(repository.found(&[]), [".docker-deps/.gitkeep:1 depsDir"]);
    }
    // Settings that no commit holds would give the folder a deps dir of its own.
    let repository = Repository::committed(&[("docker-prep.toml", "deps-dir = 'web/deps'\n")]);
    let reference = REWRITTEN.replace("../.docker-deps", "x/web/deps");
    repository.stage(&[("web/package.json", &reference)]);
    assert_eq!(repository.found(&[]), ["web/package.json:3 manifest"]);
    repository.write("web/docker-prep.toml", "").git(&["add", "--intent-to-add", "."]);
    assert_eq!(repository.found(&[]), ["web/package.json:3 manifest"]);
}

#[test]
fn any_folder_below_gives_the_same() {
    let repository = Repository::new();
    repository.stage(&[("a/b/x", ""), ("package.json", REWRITTEN), ("c/package.json", REWRITTEN)]);
    let expected = ["c/package.json:3 manifest", "package.json:3 manifest"];
    for dir in ["repo/a/b", "repo/.git", "repo"] {
        let run = repository.world.run_in(dir, ["guard", "--json"]).exits(1);
        assert_eq!(found_in(&run), expected, "{dir}");
    }
    for dir in ["repo", "repo/a", "repo/a/b"] {
        let run = repository.world.run(["-C", dir, "guard", "--json"]).exits(1);
        assert_eq!(found_in(&run), expected, "{dir}");
    }
    let mut program = repository.world.program();
    program.args(["guard", "--json"]).env("DOCKER_PREP_PROJECT", repository.world.path("repo/a"));
    assert_eq!(found_in(&crate::common::Run::from(program.output().unwrap())), expected);
}

#[test]
fn paths_may_hold_any_byte() {
    let repository = Repository::new();
    let names: [&[u8]; 9] = [
        b"a b",
        b"\"quoted\"",
        b"new\nline",
        b"tab\t",
        b"\xff\xfe",
        "ünï".as_bytes(),
        b"-dash",
        b":colon",
        b"[x]*?",
    ];
    for name in names {
        repository.write(raw_path(name).join("package.json"), REWRITTEN);
    }
    repository.stage(&[("ok/package.json", ORIGINAL)]);
    let run = repository.guard(["--json"]).exits(1);
    assert_eq!(found_in(&run).len(), names.len(), "{run}");
    let document = run.json();
    let encoded: Vec<_> =
        document["findings"].as_array().unwrap().iter().filter_map(|f| f["pathBase64"].as_str()).collect();
    assert_eq!(encoded, ["//4vcGFja2FnZS5qc29u"]);
    // The commands find each of them again.
    for command in document["repair"].as_array().unwrap().iter().filter_map(|command| command.as_str()) {
        if command.starts_with("git add") {
            for name in names {
                repository.write(raw_path(name).join("package.json"), ORIGINAL);
            }
            repository.run(repository.world.command("bash").args(["-c", command])).exits(0);
        }
    }
    repository.passes();
}

#[test]
fn a_repository_may_lie_anywhere() {
    let repository = Repository::new();
    let world = &repository.world;
    for name in [&b"new\nline"[..], b"\xff", b"a b"] {
        let dir = raw_path(name);
        world.git("", &["init", "-q", "made"]);
        fs::rename(world.path("made"), world.path(&dir)).unwrap();
        world.file(dir.join("package.json"), REWRITTEN).git(&dir, &["add", "."]);
        let run = world.run_in(&dir, ["guard", "--json"]).exits(1);
        assert_eq!(found_in(&run), ["package.json:3 manifest"]);
        let mut program = world.program();
        program.arg("-C").arg(&dir).args(["guard", "--json"]);
        let run = crate::common::Run::from(program.output().unwrap()).exits(1);
        let add = run.json()["repair"][1].as_str().unwrap().to_owned();
        world.file(dir.join("package.json"), ORIGINAL);
        assert!(world.command("bash").args(["-c", &add]).status().unwrap().success(), "{add}");
        world.run_in(&dir, ["guard"]).exits(0);
    }
    // A work tree of a repository without one of its own, and one that is elsewhere.
    repository.commit("start");
    world.git("", &["clone", "-q", "--bare", "repo", "bare.git"]);
    world.git("bare.git", &["worktree", "add", "-q", "../tree"]);
    world.file("tree/package.json", REWRITTEN).git("tree", &["add", "."]);
    assert_eq!(found_in(&world.run_in("tree", ["guard", "--json"])), ["package.json:3 manifest"]);
    world.file("elsewhere/a/package.json", REWRITTEN);
    repository.git(&["config", "core.worktree", world.path("elsewhere").to_str().unwrap()]);
    world.git("elsewhere", &["--git-dir=../repo/.git", "add", "."]);
    assert_eq!(repository.found(&[]), ["a/package.json:3 manifest"]);
}

#[test]
fn links_are_followed_inside_of_the_tree() {
    let repository = Repository::new();
    let link = |path: &str, target: &str| {
        repository.world.symlink(Path::new("repo").join(path), target);
    };
    link("linked/package.json", "../manifests/web.json");
    link("chain/package.json", "../linked/package.json");
    link("through/package.json", "../folder/web.json");
    link("folder", "manifests");
    link("dangling/package.json", "nowhere.json");
    link("out/package.json", "../../elsewhere/package.json");
    link("absolute/package.json", "/etc/hostname");
    link("round/package.json", "package.json");
    link("src/link", "docker-deps/x");
    repository.stage(&[("manifests/web.json", ORIGINAL)]);
    repository.passes();
    repository.stage(&[("manifests/web.json", REWRITTEN)]);
    assert_eq!(repository.found(&[]), ["manifests/web.json:3 manifest"]);
    repository.stage(&[("manifests/web.json", ORIGINAL)]);
    link("into/package.json", "../.docker-deps/package.json");
    link("web/.docker-deps", "../somewhere");
    link("real/package.json.bak", "package.json");
    link("src/other", ".docker-deps/x");
    repository.stage(&[("real/package.json", ORIGINAL)]);
    assert_eq!(
        repository.found(&[]),
        [
            "into/package.json:1 link",
            "real/package.json.bak:1 backup",
            "src/other:1 link",
            "web/.docker-deps:1 depsDir"
        ]
    );
}

#[test]
fn settings_may_be_a_link_inside_of_the_tree() {
    let repository = Repository::new();
    repository.stage(&[("conf/guard.toml", "guard-ignore = ['x']\n"), ("x/package.json", REWRITTEN)]);
    repository.world.symlink("repo/docker-prep.toml", "conf/guard.toml");
    repository.stage(&[]).commit("settings");
    repository.passes();
    repository.world.remove("repo/docker-prep.toml").symlink("repo/docker-prep.toml", "../guard.toml");
    repository.stage(&[]);
    repository.cannot_judge(&[], "docker-prep.toml: a link out of");
}

#[test]
fn submodules_are_judged_in_their_own_repository() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let sub = Repository::committed(&[("package.json", REWRITTEN)]);
    let url = sub.world.path("repo");
    let add =
        ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url.to_str().unwrap(), "sub"];
    repository.git(&add);
    repository.passes();
    let run = repository.world.run_in("repo/sub", ["guard", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
    let run = repository.world.run(["-C", "repo/sub", "guard", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
    // One that is no folder to the reader, under names that matter.
    let head = sub.git(&["rev-parse", "HEAD"]);
    for path in ["a/package.json", "b/package.json.bak", "web/.docker-deps"] {
        repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},{path}", head.trim())]);
    }
    assert_eq!(repository.found(&[]), ["web/.docker-deps:1 depsDir"]);
}

#[test]
fn every_kind_of_index_is_read() {
    let settings: [(&str, &[&str]); 6] = [
        ("split", &["update-index", "--split-index"]),
        ("version 4", &["update-index", "--index-version", "4"]),
        ("assumed unchanged", &["update-index", "--assume-unchanged", "a/package.json"]),
        ("not checked out", &["update-index", "--skip-worktree", "a/package.json"]),
        ("monitored", &["config", "core.fsmonitor", "./no-such-monitor"]),
        ("many threads", &["config", "index.threads", "8"]),
    ];
    for (name, command) in settings {
        let repository = Repository::committed(&[("a/package.json", REWRITTEN), ("b/x", "")]);
        repository.git(command);
        assert_eq!(repository.found(&[]), ["a/package.json:3 manifest"], "{name}");
        repository.git(&["update-index", "--force-remove", "a/package.json"]);
        repository.passes();
    }
}

#[test]
fn sparse_checkouts_and_sparse_indexes_are_judged_whole() {
    for mode in [
        &["sparse-checkout", "set", "--cone", "b"][..],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "b"],
    ] {
        let repository = Repository::committed(&[("a/c/package.json", REWRITTEN), ("a/x", ""), ("b/x", "")]);
        repository.git(mode);
        assert!(!repository.world.exists("repo/a"));
        assert_eq!(repository.found(&[]), ["a/c/package.json:3 manifest"]);
        assert_eq!(repository.found(&["--all"]), ["a/c/package.json:3 manifest"]);
    }
}

#[test]
fn sha256_repositories_are_judged() {
    let repository = Repository::of_kind(&["--object-format=sha256"]);
    repository.stage(&[("package.json", REWRITTEN)]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
    repository.commit("bad");
    assert_eq!(repository.found(&["--all"]), ["package.json:3 manifest"]);
    repository.stage(&[("package.json", ORIGINAL)]);
    repository.write(".docker-deps/x", "").git(&["add", "--force", "--intent-to-add", ".docker-deps/x"]);
    repository.passes();
}

#[test]
fn linked_worktrees_have_their_own_index() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    repository.git(&["worktree", "add", "--quiet", "../linked"]);
    repository.world.file("linked/package.json", REWRITTEN).git("linked", &["add", "package.json"]);
    repository.passes();
    let run = repository.world.run_in("linked", ["guard", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
    let run = repository.world.run(["-C", "linked", "guard", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
}

#[test]
fn filters_and_attributes_of_the_work_tree_do_not_count() {
    let repository = Repository::new();
    repository.git(&["config", "filter.hide.clean", "cat"]);
    repository.git(&["config", "filter.hide.smudge", "sed s/docker-deps/hidden/"]);
    repository.git(&["config", "core.autocrlf", "true"]);
    repository
        .stage(&[(".gitattributes", "package.json filter=hide -diff binary\n"), ("package.json", REWRITTEN)]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

#[test]
fn what_replaces_an_object_is_not_committed() {
    let repository = Repository::committed(&[("package.json", REWRITTEN), ("good", ORIGINAL)]);
    let bad = repository.git(&["rev-parse", ":package.json"]);
    let good = repository.git(&["rev-parse", ":good"]);
    repository.git(&["replace", bad.trim(), good.trim()]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
    assert_eq!(repository.found(&["--all"]), ["package.json:3 manifest"]);
}

#[test]
fn unmerged_files_are_judged_on_both_sides() {
    let merge = |ours: &str, theirs: &str| {
        let repository = Repository::committed(&[("package.json", "{}\n")]);
        repository.git(&["checkout", "-q", "-b", "theirs"]);
        repository.stage(&[("package.json", theirs)]).commit("theirs");
        repository.git(&["checkout", "-q", "main"]);
        repository.stage(&[("package.json", ours)]).commit("ours");
        repository.try_git(&["merge", "theirs"]).exits(1);
        repository
    };
    assert_eq!(merge(ORIGINAL, REWRITTEN).found(&[]), ["package.json:3 manifest"]);
    assert_eq!(merge(REWRITTEN, ORIGINAL).found(&[]), ["package.json:3 manifest"]);
    let undecided = merge(ORIGINAL, "{\"name\": \"x\"}\n");
    undecided.cannot_judge(&[], "package.json: not merged yet");
    // What a hasty `git add` makes of it.
    undecided.git(&["add", "package.json"]);
    undecided.passes();
    let hasty = merge(ORIGINAL, REWRITTEN);
    hasty.git(&["add", "package.json"]);
    assert_eq!(hasty.found(&[]).len(), 1);
    // The ancestor is on nobody's side.
    let repository = Repository::committed(&[("package.json", REWRITTEN)]);
    repository.git(&["checkout", "-q", "-b", "theirs"]);
    repository.stage(&[("package.json", ORIGINAL)]).commit("theirs");
    repository.git(&["checkout", "-q", "main"]);
    repository.stage(&[("package.json", "{}\n")]).commit("ours");
    repository.try_git(&["merge", "theirs"]).exits(1);
    repository.cannot_judge(&[], "not merged yet");
}

#[test]
fn an_unmerged_file_that_it_does_not_read_is_none_of_its_business() {
    let repository = Repository::committed(&[("a.txt", "1\n"), ("package.json", ORIGINAL)]);
    repository.git(&["checkout", "-q", "-b", "theirs"]);
    repository.stage(&[("a.txt", "2\n")]).commit("theirs");
    repository.git(&["checkout", "-q", "main"]);
    repository.stage(&[("a.txt", "3\n")]).commit("ours");
    repository.try_git(&["merge", "theirs"]).exits(1);
    repository.passes();
}

#[test]
fn ten_thousand_files_are_no_trouble() {
    let repository = Repository::new();
    let blob = |content: &str| {
        repository.write("blob", content);
        repository.git(&["hash-object", "-w", "blob"]).trim().to_owned()
    };
    let (source, good, bad) = (blob("x"), blob(ORIGINAL), blob(REWRITTEN));
    let mut entries = String::new();
    for package in 0..300 {
        entries.push_str(&format!("100644 {good}\tp/{package}/package.json\n"));
        (0..33).for_each(|file| entries.push_str(&format!("100644 {source}\tp/{package}/src/{file}.ts\n")));
    }
    entries.push_str(&format!("100644 {bad}\tp/299/last/package.json\n"));
    repository.write("entries", entries);
    let mut git = repository.world.command("git");
    git.args(["update-index", "--index-info"])
        .stdin(fs::File::open(repository.world.path("repo/entries")).unwrap());
    repository.run(&mut git).exits(0);
    assert_eq!(repository.found(&[]), ["p/299/last/package.json:3 manifest"]);
    repository.git(&["rm", "-q", "--cached", "p/299/last/package.json"]);
    repository.passes();
}

#[test]
fn a_manifest_may_be_large() {
    let repository = Repository::new();
    let filler = format!("\"x\": \"{}\",\n", "y".repeat(1000)).repeat(3000);
    repository.write("package-lock.json", format!("{{\n{filler}\"resolved\": \"file:.docker-deps/a.tgz\"}}"));
    repository.stage(&[]);
    assert_eq!(repository.found(&[]), ["package-lock.json:3002 lockfile"]);
}

#[test]
fn the_variables_of_a_hook_are_followed() {
    let repository = Repository::committed(&[("package.json", ORIGINAL), ("sub/x", "")]);
    let world = &repository.world;
    // Another index, as `git commit PATH` makes one.
    fs::copy(world.path("repo/.git/index"), world.path("other-index")).unwrap();
    let with_index = |name: &str, args: &[&str]| {
        let mut git = world.command("git");
        repository.run(git.args(args).env("GIT_INDEX_FILE", world.path(name))).exits(0)
    };
    repository.write("package.json", REWRITTEN);
    with_index("other-index", &["add", "package.json"]);
    repository.passes();
    let judged = |dir: &str, args: &[&str], variables: &[(&str, &str)]| {
        let mut program = world.program();
        program.args(args).arg("guard").arg("--json").current_dir(world.path(dir));
        program.envs(variables.iter().copied());
        let run = crate::common::Run::from(program.output().unwrap());
        if run.code == Some(5) { vec!["5".to_owned()] } else { found_in(&run) }
    };
    let other = world.path("other-index");
    let other = other.to_str().unwrap();
    let bad = ["package.json:3 manifest"];
    assert_eq!(judged("repo", &[], &[("GIT_INDEX_FILE", other)]), bad);
    assert_eq!(judged("repo", &[], &[("GIT_INDEX_FILE", "../other-index"), ("GIT_DIR", ".git")]), bad);
    assert_eq!(judged("repo/sub", &[], &[("GIT_INDEX_FILE", "../other-index")]), bad);
    assert_eq!(judged("repo", &["-C", "sub"], &[("GIT_INDEX_FILE", other), ("GIT_DIR", ".git")]), bad);
    // A folder of another repository has nothing to do with the hook.
    world.file("third/package.json", ORIGINAL).git_init("third");
    assert_eq!(
        judged("repo", &["-C", "../third"], &[("GIT_INDEX_FILE", other), ("GIT_DIR", ".git")]),
        [""; 0]
    );
    let git_dir = world.path("repo/.git");
    let git_dir = git_dir.to_str().unwrap();
    let work_tree = world.path("repo");
    let elsewhere =
        [("GIT_DIR", git_dir), ("GIT_WORK_TREE", work_tree.to_str().unwrap()), ("GIT_INDEX_FILE", other)];
    assert_eq!(judged("", &[], &elsewhere), bad);
    assert_eq!(judged("", &[], &[("GIT_DIR", git_dir), ("GIT_INDEX_FILE", other)]), bad);
    // Git takes an index that is not there for an empty one.
    assert_eq!(judged("", &["-C", "repo"], &[("GIT_INDEX_FILE", other)]), bad);
    assert_eq!(judged("repo", &[], &[("GIT_INDEX_FILE", "/nowhere/index")]), ["5"]);
    assert_eq!(judged("repo/sub", &[], &[("GIT_DIR", ".git")]), ["5"]);
    for variable in ["GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"] {
        assert_eq!(judged("repo", &[], &[("GIT_INDEX_FILE", other), (variable, "1")]), bad, "{variable}");
    }
    assert_eq!(judged("repo", &[], &[("GIT_INDEX_FILE", other), ("GIT_TRACE", "1")]), bad);
}

#[test]
fn nothing_is_changed() {
    let repository = Repository::committed(&[("package.json", REWRITTEN)]);
    let before = repository.world.snapshot();
    repository.found(&[]);
    repository.found(&["--all"]);
    before.assert_same(&repository.world.snapshot());
}

#[test]
fn settings_count_once_they_are_committed() {
    for before in [&[("package.json", ORIGINAL)][..], &[]] {
        let repository = Repository::new();
        if !before.is_empty() {
            repository.stage(before).commit("start");
        }
        repository.stage(&[("package.json", REWRITTEN), ("docker-prep.toml", "guard-ignore = ['**']\n")]);
        let run = repository.guard([""; 0]).exits(1);
        assert!(run.stderr.contains("docker-prep.toml: guard-ignore changes: the former globs"), "{run}");
        repository.stage(&[("docker-prep.toml", "deps-dir = 'elsewhere'\n")]);
        let run = repository.guard([""; 0]).exits(1);
        assert!(run.stderr.contains("docker-prep.toml: deps-dir changes: both folders count"), "{run}");
        repository.stage(&[("docker-prep.toml", "guard-ignore = ['package.json']\n")]).commit("with both");
        repository.passes();
        let run = repository.guard(["-v"]).exits(0);
        assert!(run.stderr.contains("1 file is left out by guard-ignore"), "{run}");
    }
    // In folders below, through a link, and where it is gone.
    let ignore = "guard-ignore = ['package.json']\n";
    let files = [("a b/docker-prep.toml", ignore), ("a b/package.json", REWRITTEN), ("conf", ignore)];
    let repository = Repository::committed(&files);
    repository.passes();
    repository.stage(&[("a b/docker-prep.toml", "")]);
    let run = repository.guard([""; 0]).exits(0);
    assert!(run.stderr.contains("a b/docker-prep.toml: guard-ignore changes"), "{run}");
    repository.git(&["reset", "-q", "--hard"]);
    repository.world.remove("repo/a b/docker-prep.toml").symlink("repo/a b/docker-prep.toml", "../conf");
    repository.stage(&[]);
    assert_eq!(repository.found(&[]), ["a b/package.json:3 manifest"], "no such link is committed");
    repository.commit("linked");
    repository.passes();
    repository.stage(&[("conf", "guard-ignore = ['*']\n"), ("a b/x/package.json", REWRITTEN)]);
    assert_eq!(repository.found(&[]), ["a b/x/package.json:3 manifest"]);
    repository.git(&["reset", "-q", "--hard"]);
    repository.world.remove("repo/a b/docker-prep.toml");
    repository.stage(&[]);
    assert_eq!(repository.found(&[]), ["a b/package.json:3 manifest"]);
}

#[test]
fn links_of_any_name_into_a_deps_dir_are_found() {
    let repository = Repository::committed(&[("docker-prep.toml", "deps-dir = 'tgz'\n"), ("a/b", "")]);
    for (target, name) in [
        (".docker-deps", "vendored"),
        ("../tgz/x", "a/l"),
        ("../.docker-deps/x", "a/package.json"),
        ("/app/.docker-deps/x", "c"),
        ("lib/b-a-1.0.0-0123456789ab.tgz", "d"),
        ("b", "a/fine"),
        ("../tgz2", "a/fine2"),
    ] {
        repository.world.symlink(Path::new("repo").join(name), target);
    }
    repository.stage(&[]);
    let expected = ["a/l:1 link", "a/package.json:1 link", "c:1 link", "d:1 link", "vendored:1 link"];
    assert_eq!(repository.found(&[]), expected);
    repository.commit("links");
    assert_eq!(repository.found(&["--all"]), expected);
    assert_eq!(repository.found(&["--range", "HEAD~1..HEAD"]), expected);
}
