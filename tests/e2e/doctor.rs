//! `docker-prep doctor` from outside: what is shown, how it ends, and what `--fix` does. The rules themselves are tested
//! beside their code.

use serde_json::{Value, json};

use crate::common::World;

/// A product whose lockfile is hidden from a frozen install, and whose install has no cache.
fn product(world: &World, dir: &str) {
    world.file(format!("{dir}/Dockerfile"), "FROM node:22\nWORKDIR /app\nCOPY package.json pnpm-lock.yaml ./\nRUN pnpm install --frozen-lockfile\n");
    world.file(format!("{dir}/.dockerignore"), "dist\r\npnpm-lock.yaml\r\n");
    world.file(format!("{dir}/package.json"), "{\"name\": \"a\", \"packageManager\": \"pnpm@10.6.5\"}\n");
    world.file(format!("{dir}/pnpm-lock.yaml"), "lockfileVersion: '9.0'\n");
}

fn world() -> World {
    let world = World::new();
    product(&world, "notes");
    world
}

/// Only the rules of a group, so that these tests hold whatever rules there are.
const CONTEXT: [&str; 2] = ["--select", "DP1"];

#[test]
fn a_finding_is_shown_with_both_of_its_files() {
    let world = world();
    let run = world.run_in("notes", ["doctor", "--select", "DP101"]).exits(1);
    assert_eq!(
        run.stdout,
        "notes: 1 build (Dockerfile, context ., pnpm)

error[DP101] lockfile-ignored: .dockerignore:2 hides pnpm-lock.yaml, which Dockerfile:4 needs  fixable
  --> .dockerignore:2
  2 | pnpm-lock.yaml
    | ^^^^^^^^^^^^^^ hides pnpm-lock.yaml
  --> Dockerfile:4
  4 | RUN pnpm install --frozen-lockfile
    |     ---- needs pnpm-lock.yaml
  the build fails: a frozen install stops without its lockfile

1 error. 1 can be fixed: docker-prep doctor --fix
More on a rule: docker-prep doctor --explain DP101
"
    );
    let clean = world.run_in("notes", ["doctor", "--select", "DP102"]).exits(0);
    assert_eq!(clean.stdout, "notes: 1 build (Dockerfile, context ., pnpm): no finding\n");
}

#[test]
fn a_fix_shows_its_diff_and_keeps_line_ends() {
    let world = world();
    let call = |words: &[&str]| world.run_in("notes", [&["doctor"], &CONTEXT[..], words].concat());
    let diff = "--- a/.dockerignore\n+++ b/.dockerignore\n@@ -1,2 +1 @@\n dist\r\n-pnpm-lock.yaml\r\n";
    let dry = call(&["--fix", "-n"]).exits(1);
    assert!(dry.stdout.starts_with(diff), "{dry}");
    assert_eq!(world.read("notes/.dockerignore"), "dist\r\npnpm-lock.yaml\r\n");
    let fixed = call(&["--fix"]).exits(0);
    assert!(fixed.stdout.starts_with(diff), "{fixed}");
    assert!(fixed.stderr.contains("notes: 1 finding fixed in 1 file"), "{fixed}");
    assert_eq!(world.read("notes/.dockerignore"), "dist\r\n");
    assert!(!call(&["--fix"]).exits(0).stdout.contains("---"));
}

#[test]
fn exit_codes_and_thresholds() {
    let world = world();
    let code = |words: &[&str], code: i32| {
        world.run_in("notes", [&["doctor"], &CONTEXT[..], words].concat()).exits(code)
    };
    code(&[], 1);
    code(&["--failure-threshold", "never"], 0);
    code(&["--failure-threshold", "often"], 2);
    code(&["--ignore", "dp101"], 0);
    code(&["--ignore", "XY1"], 2);
    code(&["--unsafe"], 2);
    world.file("notes/docker-prep.toml", "[doctor]\nignore = [\"DP101\"]\n");
    code(&[], 0);
    world.file("notes/docker-prep.toml", "[doctor]\nseverity = { DP101 = \"warning\" }\n");
    code(&[], 0);
    code(&["--failure-threshold", "warning"], 1);
    world.file("notes/docker-prep.toml", "[doctor]\nper-file-ignores = { \".docker*\" = [\"DP1\"] }\n");
    code(&[], 0);
    world.file("notes/docker-prep.toml", "[doctor]\nignore = [\"DP9999\"]\n");
    let wrong = code(&[], 2);
    assert!(wrong.stderr.contains("[doctor] ignore: DP9999 is no rule"), "{wrong}");
    world.file("notes/docker-prep.toml", "[doctor]\nignores = []\n");
    let wrong = code(&[], 2);
    assert!(wrong.stderr.contains("doctor: `ignores` is no setting"), "{wrong}");
    world.remove("notes/docker-prep.toml");
    // What cannot be judged is no success.
    world.file("notes/web/package.json", "{}");
    world.file("notes/web/Dockerfile", "FROM node:22\nCOPY package.json ./\nRUN pnpm install\n");
    let open = code(&["--ignore", "DP101"], 5);
    assert!(
        open.stdout.contains("Not judged: web/Dockerfile (more than one folder may be its context)"),
        "{open}"
    );
}

#[test]
fn several_repositories_are_a_table() {
    let world = World::new();
    product(&world, "code/clock");
    product(&world, "code/notes");
    world.git("code/clock", &["init", "-q"]);
    world.git("code/notes", &["init", "-q"]);
    let run = world.run_in("code", ["doctor", "--select", "DP101", "--repos", "."]).exits(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("repository  context  registry"), "{run}");
    assert!(lines[1].starts_with("clock       E1       ok") && lines[1].ends_with("1 fixable"), "{run}");
    assert!(run.stdout.contains("the same in many:  DP101 in 2 of 2 (clock, notes)"), "{run}");
    assert!(
        run.stdout
            .contains("2 repositories: 2 errors, 0 warnings; 2 fixable: docker-prep doctor --fix --repos ."),
        "{run}"
    );
    // One that cannot be read is a row.
    let run = world.run_in("code", ["doctor", "--select", "DP101", "clock", "gone"]).exits(1);
    assert!(
        run.stdout.contains("cannot be read, see below") && run.stdout.contains("gone: no such project"),
        "{run}"
    );
}

#[test]
fn a_baseline_leaves_out_what_was_there() {
    let world = world();
    let call =
        |code| world.run_in("notes", ["doctor", "--select", "DP101", "--baseline", "known.json"]).exits(code);
    assert!(call(0).stderr.contains("wrote 1 finding to known.json"));
    call(0);
    world.file("notes/.dockerignore", "*.yaml\n");
    call(1);
}

#[test]
fn formats_for_other_programs() {
    let world = world();
    let call = |format: &str| {
        world.run_in("notes", ["doctor", "--select", "DP101", "--format", format]).exits(1).stdout
    };
    assert_eq!(
        call("github"),
        "::error file=.dockerignore,line=2,col=1,title=DP101 lockfile-ignored::.dockerignore:2 hides pnpm-lock.yaml, \
         which Dockerfile:4 needs: the build fails: a frozen install stops without its lockfile\n"
    );
    let sarif: Value = serde_json::from_str(&call("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &sarif["version"]), (&json!("DP101"), &json!("2.1.0")));
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], json!(2));
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"],
        json!({"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1})
    );
    let checkstyle = call("checkstyle");
    assert!(
        checkstyle.contains("<file name=\".dockerignore\">")
            && checkstyle.contains("source=\"docker-prep.DP101\""),
        "{checkstyle}"
    );
    let markdown = call("markdown");
    assert!(
        markdown.contains("| `notes` | E1 | ok |")
            && markdown.contains("- [ ] **error DP101 lockfile-ignored**"),
        "{markdown}"
    );
    let json: Value = serde_json::from_str(&call("json")).unwrap();
    assert_eq!(json["repositories"][0]["findings"][0]["fix"]["safety"], json!("safe"));
}

#[test]
fn a_rule_is_explained() {
    let world = World::new();
    for name in ["DP101", "dp101", "lockfile-ignored"] {
        let run = world.run(["doctor", "--explain", name]).exits(0);
        assert!(run.stdout.starts_with("DP101 lockfile-ignored (error, mended by --fix)\n"), "{run}");
    }
    let run = world.run(["doctor", "--explain", "DP111"]).exits(2);
    assert!(run.stderr.contains("DP111 is no rule") && run.stderr.contains("the nearest is DP101"), "{run}");
}
