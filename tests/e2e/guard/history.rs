//! `--all` and `--range`.

use crate::common::Run;
use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository, found_in};

#[test]
fn all_judges_the_last_commit() {
    let repository = Repository::committed(&[("package.json", REWRITTEN)]);
    assert_eq!(repository.found(&["--all"]), ["package.json:3 manifest"]);
    repository.stage(&[("package.json", ORIGINAL)]);
    repository.passes();
    assert_eq!(repository.found(&["--all"]), ["package.json:3 manifest"]);
    repository.commit("repaired");
    assert_eq!(repository.found(&["--all"]), [""; 0]);
    repository.stage(&[("package.json", REWRITTEN)]);
    assert_eq!(repository.found(&["--all"]), [""; 0]);
    Repository::new().cannot_judge(&["--all"], "there is no commit yet");
}

#[test]
fn a_bare_repository_has_commits() {
    let repository = Repository::committed(&[("package.json", REWRITTEN)]);
    repository.world.git("", &["clone", "-q", "--bare", "repo", "bare.git"]);
    let run = repository.world.run_in("bare.git", ["guard", "--all", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
    let run = repository.world.run(["-C", "bare.git", "guard", "--all", "--json"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
}

#[test]
fn every_commit_of_a_range_is_judged() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let bad = repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    let still = repository.stage(&[("a", "x")]).commit("still bad");
    let same = repository.commit("the same tree");
    repository.stage(&[("package.json", ORIGINAL)]).commit("repaired");
    let run = repository.guard(["--json", "--range", "HEAD~4..HEAD"]).exits(1);
    assert_eq!(found_in(&run), ["package.json:3 manifest"]);
    let document = run.json();
    assert_eq!(document["findings"][0]["commits"], serde_json::json!([bad, still, same]));
    assert_eq!(document["commits"], 4);
    assert_eq!(repository.found(&["--range", "HEAD~1..HEAD"]), [""; 0]);
    assert_eq!(repository.found(&["--range", "HEAD..HEAD"]), [""; 0]);
    assert_eq!(repository.found(&["--range", "HEAD~4.."]).len(), 1);
    assert_eq!(repository.found(&["--range", "HEAD~4...HEAD"]).len(), 1);
    assert_eq!(repository.found(&["--range", "HEAD"]).len(), 1, "a revision alone is all that leads to it");
    let text = repository.guard(["--range", "HEAD~4..HEAD"]).exits(1).stderr;
    let (first, last) = (&bad[..12], &same[..12]);
    assert!(text.contains("package.json:3: dependencies.@b/a"), "{text}");
    assert!(
        text.contains(&format!("(3 commits, {first} to {last})")) && text.contains("git rebase -i"),
        "{text}"
    );
}

#[test]
fn a_merge_and_what_it_brings_are_judged() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    repository.git(&["tag", "-a", "v1", "-m", "v1"]);
    repository.git(&["checkout", "-q", "-b", "topic"]);
    let bad = repository.stage(&[("web/package.json", REWRITTEN)]).commit("bad");
    repository.stage(&[("web/package.json", ORIGINAL)]).commit("repaired");
    repository.git(&["checkout", "-q", "main"]);
    repository.stage(&[("other", "x")]).commit("other");
    repository.git(&["merge", "-q", "--no-edit", "topic"]);
    let run = repository.guard(["--json", "--range", "v1..main"]).exits(1);
    assert_eq!(run.json()["findings"][0]["commits"], serde_json::json!([bad]));
    assert_eq!(run.json()["commits"], 4);
    // One that the merge itself makes.
    repository.git(&["checkout", "-q", "-b", "evil", "v1"]);
    repository.stage(&[("x", "x")]).commit("x");
    repository.git(&["merge", "-q", "--no-commit", "main~1"]);
    let merge = repository.stage(&[("package.json", REWRITTEN)]).commit("evil merge");
    let run = repository.guard(["--json", "--range", "main..evil"]).exits(1);
    assert_eq!(run.json()["findings"][0]["commits"], serde_json::json!([merge]));
}

#[test]
fn settings_are_those_where_the_range_begins() {
    let repository = Repository::committed(&[("a", "")]);
    let before = repository.stage(&[("fixtures/package.json", REWRITTEN)]).commit("without");
    let with = repository.stage(&[("docker-prep.toml", "guard-ignore = ['fixtures']\n")]).commit("with");
    let last = repository.stage(&[("a", "x")]).commit("last");
    let run = repository.guard(["--json", "--range", "HEAD~3..HEAD"]).exits(1).json();
    assert_eq!(run["findings"][0]["commits"], serde_json::json!([before, with, last]));
    let notice = format!(
        "docker-prep.toml: guard-ignore changes: the former globs decide what is left out (commit {})",
        &with[..12]
    );
    assert_eq!((&run["notices"], &run["leftOut"]), (&serde_json::json!([notice]), &0.into()));
    // They count from the commit on that brings them, and for whoever says so.
    let run = repository.guard(["--range", "HEAD~1..HEAD"]).exits(0);
    assert_eq!(run.stderr, "1 file is left out by guard-ignore\n");
    let run = repository.guard(["--json", "--range", "HEAD~3..HEAD", "--settings-from", "HEAD"]).exits(0);
    assert_eq!((&run.json()["leftOut"], &run.json()["commits"]), (&1.into(), &3.into()));
    repository.guard(["--range", "HEAD~3..HEAD", "--settings-from", "HEAD~3"]).exits(1);
    repository.cannot_judge(&["--range", "HEAD~1..HEAD", "--settings-from", "nowhere"], "git says");
    assert_eq!(repository.found(&["--all"]), [""; 0]);
    // All of the history has no settings before it.
    repository.guard(["--range", "HEAD"]).exits(1);
    repository.guard(["--range", "HEAD", "--settings-from", "HEAD"]).exits(0);
    repository.stage(&[("docker-prep.toml", "broken [")]).commit("broken");
    repository.cannot_judge(&["--range", "HEAD~1..HEAD"], "docker-prep.toml: line 1");
    // What repairs it is judged by itself alone.
    repository.stage(&[("docker-prep.toml", "guard-ignore = ['fixtures']\n")]).commit("repaired");
    repository.guard(["--range", "HEAD~1..HEAD"]).exits(1);
}

#[test]
fn a_range_is_not_steered_by_what_it_brings() {
    let toml = "guard-ignore = ['fixtures']\ndeps-dir = 'tgz'\n";
    for (name, changed) in [
        ("docker-prep.toml", "guard-ignore = ['**']\ndeps-dir = 'tgz'\n"),
        ("docker-prep.toml", "guard-ignore = ['fixtures']\ndeps-dir = 'other'\n"),
        ("web/docker-prep.toml", "guard-ignore = ['**']\ndeps-dir = 'other'\n"),
    ] {
        let repository =
            Repository::committed(&[("docker-prep.toml", toml), ("fixtures/package.json", REWRITTEN)]);
        repository.git(&["checkout", "-q", "-b", "topic"]);
        let reference = REWRITTEN.replace("../.docker-deps/b-a-1.0.0-0123456789ab", "../tgz/x");
        repository.git(&["mv", "docker-prep.toml", "moved"]);
        repository.stage(&[(name, changed), ("web/package.json", &reference)]).commit("topic");
        // The base goes on meanwhile, and the topic merges it.
        repository.git(&["checkout", "-q", "main"]);
        repository.stage(&[("b", "x")]).commit("main");
        repository.git(&["checkout", "-q", "topic"]);
        repository.git(&["merge", "-q", "--no-edit", "main"]);
        for range in ["main..topic", "main...topic"] {
            let run = repository.guard(["--range", range, "--format", "github"]).exits(1);
            assert!(run.stdout.contains("::error file=web/package.json,line=3,"), "{run}");
            assert!(run.stdout.contains(&format!("::notice file={name},title=docker-prep guard::")), "{run}");
        }
    }
}

#[test]
fn what_is_no_range_stops_it() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let zero = "0".repeat(40);
    for range in [
        "nowhere..HEAD",
        "HEAD..nowhere",
        &format!("{zero}..HEAD"),
        "--output=x",
        "--all",
        "main main",
        "-1",
        "HEAD^{tree}",
    ] {
        let run = repository.guard([format!("--range={range}")]).exits(5);
        assert!(run.stderr.contains("git says") || run.stderr.contains("none of commits"), "{range}: {run}");
    }
    // A variable that was empty: git would take HEAD for it, and judge nothing.
    for range in ["", "..", "..HEAD", "...HEAD"] {
        repository.guard([format!("--range={range}")]).exits(2);
    }
    repository.guard(["--all", "--range", "HEAD~1..HEAD"]).exits(2);
    assert!(!repository.world.exists("repo/x"));
    repository.world.run_in("", ["guard", "--range", "a..b"]).exits(5);
}

#[test]
fn a_shallow_clone_does_not_pass_what_it_lacks() {
    let origin = Repository::committed(&[("package.json", ORIGINAL)]);
    origin.git(&["branch", "base"]);
    origin.stage(&[("package.json", REWRITTEN)]).commit("bad");
    origin.stage(&[("package.json", ORIGINAL)]).commit("repaired");
    let last = origin.stage(&[("a", "x")]).commit("last");
    let url = format!("file://{}", origin.world.path("repo").display());
    let clone = |depth: &str, name: &str| {
        origin.world.git("", &["clone", "-q", "--depth", depth, "--branch", "main", &url, name]);
        origin.world.git(name, &["fetch", "-q", "--depth", "1", "origin", "base:base"]);
        let run = origin.world.run_in(name, ["guard", "--range", "base..main"]);
        (run, name.to_owned())
    };
    let (run, name) = clone("2", "cut");
    assert!(run.exits(5).stderr.contains("shallow"));
    origin.world.git(&name, &["fetch", "-q", "--unshallow"]);
    origin.world.run_in(&name, ["guard", "--range", "base..main"]).exits(1);
    let run = origin.world.run_in(&name, ["guard", "--all"]).exits(0);
    assert_eq!(run.stderr, "");
    // Cut off exactly at the beginning of the range: nothing is missing.
    origin.git(&["branch", "before", &format!("{last}~1")]);
    origin.world.git("", &["clone", "-q", "--depth", "1", "--branch", "main", &url, "exact"]);
    origin.world.git("exact", &["fetch", "-q", "--depth", "1", "origin", "before:base"]);
    origin.world.run_in("exact", ["guard", "--range", "base..main"]).exits(0);
}

#[test]
fn grafts_hide_nothing() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let start = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository.stage(&[("package.json", REWRITTEN)]).commit("bad");
    let last = repository.stage(&[("package.json", ORIGINAL)]).commit("repaired");
    repository.world.file("repo/.git/info/grafts", format!("{last} {start}\n"));
    repository.git(&["replace", "--graft", &last, &start]);
    assert_eq!(repository.found(&["--range", &format!("{start}..HEAD")]), ["package.json:3 manifest"]);
}

#[test]
fn a_long_history_is_judged() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let mut script = String::new();
    let mut stream = |text: &str| script.push_str(text);
    for number in 0..150 {
        stream("commit refs/heads/main\ncommitter a <a@b> 1000000000 +0000\ndata 1\nx\n");
        if number == 0 {
            stream("from refs/heads/main^0\n");
        }
        let content = if number == 75 { REWRITTEN } else { ORIGINAL };
        stream(&format!("M 100644 inline p{number}/package.json\ndata {}\n{content}\n", content.len()));
        if number == 76 {
            stream("D p75/package.json\n");
        }
    }
    repository.world.file("stream", script);
    let mut git = repository.world.command("git");
    let input = std::fs::File::open(repository.world.path("stream")).unwrap();
    git.args(["fast-import", "--quiet", "--force"]).stdin(input).current_dir(repository.world.path("repo"));
    Run::from(git.output().unwrap()).exits(0);
    let run = repository.guard(["--json", "--range", "main~150..main"]).exits(1);
    assert_eq!(found_in(&run), ["p75/package.json:3 manifest"]);
    assert_eq!(run.json()["findings"][0]["commits"].as_array().unwrap().len(), 1);
    assert_eq!(run.json()["commits"], 150);
}
