//! What is printed.

use crate::common::Run;
use crate::common::product::product;
use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository};

#[test]
fn a_finding_has_its_place_and_the_commands_that_repair_it() {
    let repository = Repository::new();
    repository.stage(&[
        ("back end/package.json", REWRITTEN),
        ("back end/package.json.bak", ORIGINAL),
        (".docker-deps/a.tgz", ""),
        (".docker-deps/b.tgz", ""),
    ]);
    let run = repository.guard([""; 0]).exits(1);
    assert_eq!(
        run.stderr,
        "error: .docker-deps/: it holds packed packages and is never committed, 2 files\n\
         error: back end/package.json:3: dependencies.@b/a points into .docker-deps/: file:../.docker-deps/b-a-1.0.0-0123456789ab.tgz\n\
         error: back end/package.json.bak:1: it is a backup that docker-prep made while the project was prepared\n\
         put it right, then commit again:\n  docker-prep restore\n  git add -- 'back end/package.json'\n  \
         git rm -r -q --cached -- .docker-deps 'back end/package.json.bak'\n"
    );
    assert_eq!(run.stdout, "");
    assert_eq!(repository.guard(["--quiet"]).exits(1).stderr.lines().count(), 7, "findings are no chatter");
}

#[test]
fn the_commands_repair_what_prepare_did() {
    for dir in ["notes", "notes/backend"] {
        let world = product();
        world.run(["-C", "notes", "prepare"]).exits(0);
        world.git("notes", &["add", "--all", "--force"]);
        let run = world.run_in(dir, ["guard", "--json"]).exits(1);
        let commands: Vec<String> = run.json()["repair"]
            .as_array()
            .unwrap()
            .iter()
            .map(|command| command.as_str().unwrap().to_owned())
            .collect();
        assert!(
            commands[0] == "docker-prep restore" && commands[1].starts_with("git add -- "),
            "{commands:?}"
        );
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_docker-prep")).parent().unwrap();
        let script = format!("set -e; PATH={}:$PATH; {}", bin.display(), commands.join("; "));
        let mut shell = world.command("bash");
        Run::from(shell.args(["-c", &script]).current_dir(world.path(dir)).output().unwrap()).exits(0);
        world.run_in(dir, ["guard"]).exits(0);
        let committed = world.git("notes", &["diff", "--cached", "--name-only"]);
        assert_eq!(committed, "", "the index is as the last commit was");
    }
}

#[test]
fn json_is_one_document() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let run = repository.guard(["--json"]).exits(0);
    assert_eq!(
        run.json(),
        serde_json::json!({"schemaVersion": 1, "ok": true, "exitCode": 0, "commits": 0, "leftOut": 0, "notices": [], "findings": [], "repair": [], "warnings": []})
    );
    repository.stage(&[("package.json", REWRITTEN)]);
    let run = repository.guard(["--json"]).exits(1);
    assert_eq!(
        run.json(),
        serde_json::json!({"schemaVersion": 1, "ok": false, "exitCode": 1, "commits": 0, "leftOut": 0, "notices": [], "findings": [{
            "path": "package.json", "line": 3, "kind": "manifest", "key": "dependencies.@b/a",
            "text": "file:../.docker-deps/b-a-1.0.0-0123456789ab.tgz",
            "message": "dependencies.@b/a points into .docker-deps/: file:../.docker-deps/b-a-1.0.0-0123456789ab.tgz",
            "commits": [],
        }], "repair": ["git checkout HEAD -- package.json"], "warnings": []})
    );
    assert_eq!(run.stderr, "");
    let failed = repository.guard(["--json", "--range", "x..y"]).exits(5).json();
    assert_eq!((&failed["ok"], &failed["exitCode"]), (&false.into(), &5.into()));
}

#[test]
fn annotations_are_escaped() {
    let repository = Repository::new();
    repository.stage(&[("a,b:c%/x\ny/package.json", REWRITTEN)]);
    let run = repository.guard(["--format", "github"]).exits(1);
    assert_eq!(
        run.stdout,
        "::error file=a%2Cb%3Ac%25/x%0Ay/package.json,line=3,title=docker-prep guard::dependencies.@b/a points into \
         .docker-deps/: file:../.docker-deps/b-a-1.0.0-0123456789ab.tgz\n"
    );
    assert!(
        run.stderr.contains("docker-prep --strip-overrides") && run.stderr.contains("git add -- $'"),
        "{run}"
    );
    repository.guard(["--format", "github", "--json"]).exits(2);
    repository.stage(&[("a,b:c%/x\ny/package.json", ORIGINAL)]);
    assert_eq!(repository.guard(["--format", "github"]).exits(0).stdout, "");
}

#[test]
fn nothing_steers_the_terminal() {
    let repository = Repository::new();
    repository.stage(&[(
        "\u{1b}[31m\n::error::x/package.json",
        "{\"dependencies\": {\"\\u001b[2Jx\\n::warning::y\": \"file:.docker-deps/\\u0007\"}}",
    )]);
    for args in [&["--color", "always"][..], &["--format", "github"], &["--json"]] {
        let run = repository.guard(args).exits(1);
        let printed =
            format!("{}{}", run.stdout, run.stderr).replace("\u{1b}[1;31m", "").replace("\u{1b}[0m", "");
        assert!(!printed.contains(['\u{1b}', '\u{7}']), "{run}");
        assert!(printed.lines().filter(|line| line.starts_with("::")).count() <= 1, "{run}");
    }
}

#[test]
fn those_who_want_to_know_are_told_that_it_passes() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let said = |args: &[&str]| repository.guard(args).exits(0).stderr;
    assert_eq!(said(&["-v"]), "nothing that is staged points into the deps dir\n");
    assert_eq!(said(&["-v", "--all"]), "nothing in the last commit points into the deps dir\n");
    assert_eq!(
        said(&["-v", "--range", "HEAD"]),
        "nothing in the 1 commit of HEAD points into the deps dir\n"
    );
}

#[test]
fn a_file_is_told_once() {
    let entries = |from: usize| {
        let entries: Vec<_> =
            (from..from + 30).map(|n| format!("\"a{n}\": \"file:.docker-deps/a.tgz\"")).collect();
        format!("{{\"dependencies\": {{\n{}\n}}}}\n", entries.join(",\n"))
    };
    let repository = Repository::new();
    repository.stage(&[
        ("a/package.json", &entries(0)),
        ("b/package.json", &entries(30)),
        ("c/package.json", REWRITTEN),
        ("c/pnpm-lock.yaml", "a: file:.docker-deps/a.tgz\nb: file:.docker-deps/b.tgz\n"),
    ]);
    let errors = |args: &[&str]| {
        let stderr = repository.guard(args).exits(1).stderr;
        let errors = stderr.lines().filter_map(|line| line.strip_prefix("error: "));
        errors.map(str::to_owned).collect::<Vec<_>>()
    };
    let told = errors(&[]);
    assert_eq!(told[0], "a/package.json: rewritten by docker-prep, 30 references, the first in line 2");
    assert!(told[2].starts_with("c/package.json:3: dependencies.@b/a points into .docker-deps/"), "{told:?}");
    assert_eq!(
        told[3],
        "c/pnpm-lock.yaml: made while the project was prepared, 2 references, the first in line 1"
    );
    assert_eq!((told.len(), errors(&["-v"]).len(), repository.found(&[]).len()), (4, 63, 63));
    for args in [&["--format", "github"][..], &["--format", "github", "-v"]] {
        let stdout = repository.guard(args).exits(1).stdout;
        let files: Vec<_> = stdout.lines().filter_map(|line| line.split([',', '=']).nth(1)).collect();
        assert_eq!(
            files[..5],
            ["a/package.json", "b/package.json", "c/package.json", "c/pnpm-lock.yaml", "a/package.json"]
        );
        assert_eq!(stdout.matches("::error ").count(), 10);
        assert!(
            stdout.ends_with("\ndocker-prep guard: 53 more findings, see all with -v or --json\n"),
            "{stdout}"
        );
    }
    repository.commit("bad");
    let told = repository.guard(["--all"]).exits(1).stderr;
    assert!(told.contains("30 references, the first in line 2 (commit "), "{told}");
}

#[test]
fn a_commit_of_many_files_is_told_in_few_lines() {
    let repository = Repository::new();
    let names: Vec<String> = (100..300).map(|n| format!("p{n}/package.json")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, REWRITTEN)).collect();
    repository.stage(&files);
    let stderr = repository.guard([""; 0]).exits(1).stderr;
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines.len() <= 16 && stderr.len() < 2000, "{stderr}");
    assert_eq!(lines[10], "error: and 190 more files: -v shows all");
    assert_eq!(lines.last(), Some(&"200 files in all, 200 findings"));
    let brief = "  git add -- p100/package.json …   (200 paths: -v shows the whole command)";
    assert!(lines.contains(&brief), "{stderr}");
    let whole = repository.guard(["-v"]).exits(1).stderr;
    let command = whole.lines().find(|line| line.starts_with("  git add -- ")).unwrap();
    assert_eq!(command.matches("/package.json").count(), 200);
    assert_eq!(whole.matches("error: p").count(), 200);
    let json = repository.guard(["--json"]).exits(1).json();
    assert_eq!(json["findings"].as_array().unwrap().len(), 200);
    assert!(json["repair"].as_array().unwrap().iter().any(|one| one == command.trim()), "{json}");
}
