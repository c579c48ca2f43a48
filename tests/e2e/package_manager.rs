//! Which package manager a surface is prepared for, and why, through the binary.

use crate::common::product::{dockerfile, product};
use crate::common::{Run, Snapshot, World};
use serde_json::Value;

const DOCKERFILE: &str = "notes/backend/Dockerfile";

/// The product with other files; those of the manifest's fields are added to it.
fn with(files: &[(&str, &str)]) -> World {
    let world = product();
    for (path, text) in files {
        world.file(format!("notes/{path}"), text);
    }
    world
}

/// Adds fields to a manifest.
fn fields(world: &World, manifest: &str, fields: &str) {
    let path = format!("notes/{manifest}");
    let text = world.read(&path).replacen('{', &format!("{{\n  {fields},"), 1);
    world.file(path, text);
}

fn dry_run(world: &World, more: &[&str]) -> Run {
    let words = ["prepare", "--dry-run"].iter().chain(more).copied().collect::<Vec<_>>();
    let before = world.snapshot();
    let run = world.run_in("notes", words).exits(0);
    before.assert_same(&world.snapshot());
    run
}

/// The line of the dry run that says it.
#[track_caller]
fn line(run: &Run) -> &str {
    run.stdout
        .lines()
        .find(|line| line.starts_with("backend/: "))
        .unwrap_or_else(|| panic!("no line:\n{run}"))
}

#[track_caller]
fn says(world: &World, expected: &str) {
    let run = dry_run(world, &[]);
    assert_eq!(line(&run), format!("backend/: {expected}"), "{run}");
    assert_eq!(run.stderr, "", "nothing is doubtful");
}

#[track_caller]
fn warns(world: &World, more: &[&str], expected: &str, warning: &str) {
    let run = dry_run(world, more);
    assert!(line(&run).starts_with(&format!("backend/: {expected}: ")), "{run}");
    assert_eq!(run.stderr.matches("warning: ").count(), 1, "{run}");
    assert!(run.stderr.contains(&format!("warning: {warning}\n")), "{run}");
}

#[test]
fn nothing_says_which() {
    says(
        &product(),
        "pnpm 10.6.5 (nothing says which: pnpm 10.6.5, as the products pin): overrides in package.json",
    );
}

#[test]
fn a_manifest_says_which() {
    let world = product();
    fields(&world, "backend/package.json", r#""packageManager": "pnpm@9.15.9+sha512.abc""#);
    says(&world, "pnpm 9.15.9 (backend/package.json: packageManager): overrides in package.json");

    let world = product();
    fields(&world, "package.json", r#""packageManager": "pnpm@11.28.11""#);
    says(&world, "pnpm 11.28.11 (package.json: packageManager): tarballs that name each other");

    let world = product();
    let engines =
        r#""devEngines": {"packageManager": [{"name": "deno"}, {"name": "yarn", "version": "4.x"}]}"#;
    fields(&world, "backend/package.json", engines);
    says(&world, "yarn 4.x (backend/package.json: devEngines.packageManager): resolutions in package.json");
}

#[test]
fn a_dockerfile_says_which() {
    let text = "ARG V=8.15.9\nFROM node:22\nARG V\nRUN npm i -g pnpm@${V}\nWORKDIR /app/backend\n\
        COPY backend/package.json ./\nRUN --mount=type=bind,source=.docker-deps,target=/app/.docker-deps pnpm install --lockfile=false\n";
    says(
        &with(&[("backend/Dockerfile", text)]),
        "pnpm 8.15.9 (backend/Dockerfile line 4): overrides in package.json",
    );

    let world = with(&[("Dockerfile.backend", &text.replace("${V}", "latest"))]);
    world.remove(DOCKERFILE);
    says(&world, "pnpm latest (Dockerfile.backend line 4): tarballs that name each other");
}

#[test]
fn a_dockerfile_of_another_surface_says_nothing() {
    let other = "FROM node:22\nWORKDIR /w\nCOPY . .\nRUN npm ci\n";
    let world = with(&[("web/Dockerfile", other), ("web/package.json", "{\"name\": \"web\"}\n")]);
    says(
        &world,
        "pnpm 10.6.5 (nothing says which: pnpm 10.6.5, as the products pin): overrides in package.json",
    );
}

#[test]
fn an_image_tells_the_version_of_npm() {
    let text = "FROM node:24-alpine\nWORKDIR /a\nCOPY backend/package.json ./\nRUN --mount=type=bind,source=.docker-deps,target=/.docker-deps npm install\n";
    let world = with(&[("backend/Dockerfile", text)]);
    let run = dry_run(&world, &[]);
    let place = "backend/Dockerfile line";
    assert!(line(&run).starts_with(&format!("backend/: npm 11 ({place} 4, {place} 1): ")), "{run}");
}

#[test]
fn a_lockfile_says_which() {
    let lock = |version: &str| format!("lockfileVersion: '{version}'\n\nimporters: {{}}\n");
    let beside = with(&[("backend/pnpm-lock.yaml", &lock("6.0")), ("pnpm-lock.yaml", &lock("9.0"))]);
    says(&beside, "pnpm 8 (backend/pnpm-lock.yaml: lockfileVersion 6.0): overrides in package.json");

    let at_root = with(&[("pnpm-lock.yaml", &lock("9.0"))]);
    says(&at_root, "pnpm >=9 (pnpm-lock.yaml: lockfileVersion 9.0): tarballs that name each other");

    let classic = with(&[("backend/yarn.lock", "# yarn lockfile v1\n\n")]);
    says(&classic, "yarn 1 (backend/yarn.lock: version v1): resolutions in package.json");
}

#[test]
fn a_release_of_yarn_is_what_yarn_1_starts() {
    let dockerfile = "FROM node:22\nWORKDIR /a\nCOPY backend/package.json ./\nRUN --mount=type=bind,source=.docker-deps,target=/.docker-deps npm i -g yarn && yarn install\n";
    let settings = "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.18.1.cjs\n";
    let world = with(&[("backend/Dockerfile", dockerfile)]);
    says(&world, "yarn latest (backend/Dockerfile line 4): resolutions in package.json");
    world.file("notes/backend/.yarnrc.yml", settings);
    says(&world, "yarn 4.18.1 (backend/.yarnrc.yml: yarnPath): resolutions in package.json");
}

#[test]
fn a_dockerfile_and_a_lockfile_add_up() {
    let dockerfile = "FROM node:22\nRUN corepack enable\nWORKDIR /a\nCOPY backend/package.json ./\nRUN --mount=type=bind,source=.docker-deps,target=/.docker-deps pnpm i\n";
    let world =
        with(&[("backend/Dockerfile", dockerfile), ("backend/pnpm-lock.yaml", "lockfileVersion: '6.0'\n")]);
    says(
        &world,
        "pnpm 8 (backend/Dockerfile line 5, backend/pnpm-lock.yaml: lockfileVersion 6.0): overrides in package.json",
    );
}

#[test]
fn what_is_asked_for_comes_first() {
    let world = with(&[("docker-prep.toml", "package-manager = \"pnpm@9\"\n")]);
    says(&world, "pnpm 9 (docker-prep.toml: package-manager): overrides in package.json");

    let mut program = world.program();
    program
        .current_dir(world.path("notes"))
        .args(["--dry-run"])
        .env("DOCKER_PREP_PACKAGE_MANAGER", "pnpm@^10");
    let run = Run::from(program.output().unwrap()).exits(0);
    assert_eq!(line(&run), "backend/: pnpm ^10 (DOCKER_PREP_PACKAGE_MANAGER): overrides in package.json");

    program.args(["--package-manager", "pnpm@10.6.5"]);
    let run = Run::from(program.output().unwrap()).exits(0);
    assert_eq!(line(&run), "backend/: pnpm 10.6.5 (--package-manager): overrides in package.json");
}

#[test]
fn sources_that_disagree_are_a_warning() {
    let text = "FROM node:22\nWORKDIR /a\nRUN npm i -g pnpm@9.15.9\nCOPY backend/package.json ./\nRUN --mount=type=bind,source=.docker-deps,target=/.docker-deps pnpm i\n";
    let world = with(&[("backend/Dockerfile", text)]);
    fields(&world, "backend/package.json", r#""packageManager": "pnpm@10.6.5""#);
    warns(
        &world,
        &[],
        "pnpm 10.6.5 (backend/package.json: packageManager)",
        "backend/package.json: packageManager says pnpm 10.6.5, but backend/Dockerfile line 3 says pnpm 9.15.9: pnpm 10.6.5 is taken",
    );
    world.file(DOCKERFILE, text.replace("pnpm@9.15.9", "pnpm@10"));
    says(&world, "pnpm 10.6.5 (backend/package.json: packageManager): overrides in package.json");
    world.file(DOCKERFILE, text.replace("pnpm@9.15.9", "pnpm@10").replace("pnpm i", "npm ci"));
    warns(
        &world,
        &[],
        "pnpm 10.6.5 (backend/package.json: packageManager)",
        "backend/package.json: packageManager says pnpm 10.6.5, but backend/Dockerfile line 5 says npm: pnpm 10.6.5 is taken",
    );
    world.file(DOCKERFILE, dockerfile("backend"));
    warns(
        &world,
        &["--package-manager", "pnpm@9"],
        "pnpm 9 (--package-manager)",
        "--package-manager says pnpm 9, but backend/package.json: packageManager says pnpm 10.6.5: pnpm 9 is taken",
    );
    world.file("notes/backend/package-lock.json", "{\"lockfileVersion\": 3}");
    warns(
        &world,
        &[],
        "pnpm 10.6.5 (backend/package.json: packageManager)",
        "backend/package.json: packageManager says pnpm 10.6.5, but backend/package-lock.json: lockfileVersion 3 says npm >=7: pnpm 10.6.5 is taken",
    );
}

#[test]
fn lockfiles_of_several_package_managers_are_a_warning() {
    let world = with(&[
        ("backend/pnpm-lock.yaml", "lockfileVersion: '6.0'\n"),
        ("backend/yarn.lock", "# yarn lockfile v1\n"),
    ]);
    let warning = |chosen: &str| {
        format!(
            "backend/pnpm-lock.yaml, backend/yarn.lock: lockfiles of more than one package manager: {chosen} counts"
        )
    };
    let of_pnpm = "pnpm 8 (backend/pnpm-lock.yaml: lockfileVersion 6.0)";
    warns(&world, &[], of_pnpm, &warning("backend/pnpm-lock.yaml"));
    let asked = "yarn 1 (--package-manager, backend/yarn.lock: version v1)";
    warns(&world, &["--package-manager", "yarn"], asked, &warning("backend/yarn.lock"));
}

#[test]
fn a_value_that_means_nothing_is_a_warning() {
    for value in
        ["5", "\"deno@2\"", "\"pnpm@lates\"", "\"pnpm@\\u001b[2J\"", "{\"a\": []}", "[[[]]]", "\"@\""]
    {
        let world = product();
        fields(&world, "backend/package.json", &format!("\"packageManager\": {value}"));
        let run = dry_run(&world, &[]);
        assert!(line(&run).contains("nothing says which"), "{run}");
        let start = "warning: backend/package.json: packageManager is ";
        assert!(run.stderr.starts_with(start) && !run.stderr.contains('\u{1b}'), "{run}");
    }
    let world = with(&[("package.json", "{"), ("backend/pnpm-lock.yaml", "\u{0}\u{1}")]);
    let run = dry_run(&world, &["--surface", "backend"]);
    assert!(run.stderr.contains("warning: package.json: not read for a package manager: "), "{run}");
    assert!(line(&run).starts_with("backend/: pnpm (backend/pnpm-lock.yaml): "), "{run}");
}

#[test]
fn files_of_another_kind_are_left_alone() {
    let world = product();
    world.dir("notes/backend/pnpm-lock.yaml").dir("notes/backend/.yarnrc.yml").dir("notes/Dockerfile");
    says(
        &world,
        "pnpm 10.6.5 (nothing says which: pnpm 10.6.5, as the products pin): overrides in package.json",
    );
    world.dir("notes/backend/pnpm-workspace.yaml");
    let run = world.run_in("notes", ["prepare", "--dry-run"]).exits(3);
    assert!(run.stderr.contains("backend/pnpm-workspace.yaml: is no regular file"), "{run}");
    // npm does not read it.
    dry_run(&world, &["--package-manager", "npm"]);
}

#[test]
fn wrong_words_are_exit_2() {
    let world = product();
    for (words, why) in [
        (["--package-manager", "deno"], "`deno` is none of pnpm, npm, yarn, bun"),
        (["--package-manager", "pnpm@lates"], "`lates` is no version, range or tag of pnpm"),
        (["--package-manager", ""], "is none of pnpm, npm, yarn, bun"),
        (["--link", "chain"], "`chain` is none of auto, overrides, tarballs"),
    ] {
        let run = world.run_in("notes", ["prepare"].iter().chain(&words)).exits(2);
        assert!(run.stderr.contains(why), "{run}");
    }
    for (name, value) in [("DOCKER_PREP_PACKAGE_MANAGER", "pnpm@"), ("DOCKER_PREP_LINK", "x")] {
        let mut program = world.program();
        let output = program.current_dir(world.path("notes")).env(name, value).output().unwrap();
        let run = Run::from(output).exits(2);
        assert!(run.stderr.starts_with(&format!("error: {name}: ")), "{run}");
    }
    for (text, why) in [
        ("package-manager = \"deno\"\n", "line 1, column 19: package-manager: `deno` is none of"),
        ("link = 5\n", "line 1, column 8: "),
    ] {
        world.file("notes/docker-prep.toml", text);
        let run = world.run_in("notes", ["prepare"]).exits(2);
        assert!(run.stderr.contains("docker-prep.toml: ") && run.stderr.contains(why), "{run}");
    }
}

#[test]
fn a_way_that_does_not_exist_is_refused_before_anything_is_touched() {
    let world = with(&[("backend/yarn.lock", "# yarn lockfile v1\n")]);
    let project = || Snapshot::of(&world.path("notes")).without(&[".git"]).without_folder_times();
    let before = project();
    let run = world.run_in("notes", ["prepare", "--link", "tarballs"]).exits(2);
    let start =
        "error: backend/ is installed by yarn 1 (backend/yarn.lock: version v1): --link tarballs: yarn ";
    assert!(run.stderr.starts_with(start), "{run}");
    before.assert_same(&project());
}

#[test]
fn link_chooses_by_hand() {
    let tarballs = "pnpm 10.6.5 (--package-manager): tarballs that name each other";
    let world = with(&[("docker-prep.toml", "link = \"tarballs\"\n")]);
    let run = dry_run(&world, &["--package-manager", "pnpm@10.6.5"]);
    assert_eq!(line(&run), format!("backend/: {tarballs}"));
    let run = dry_run(&world, &["--package-manager", "pnpm@10.6.5", "--link", "overrides"]);
    assert_eq!(line(&run), "backend/: pnpm 10.6.5 (--package-manager): overrides in package.json");
    let only_tarballs =
        dockerfile("backend").replace("COPY . /app/", "COPY .docker-deps* /app/.docker-deps/");
    world.file("notes/backend/Dockerfile", &only_tarballs);
    let by_environment = || {
        let mut program = world.program();
        program.current_dir(world.path("notes")).args(["--dry-run", "--package-manager", "pnpm@12"]);
        Run::from(program.env("DOCKER_PREP_LINK", "overrides").output().unwrap())
    };
    let refused = by_environment().exits(3);
    assert!(refused.stderr.contains("COPY backend/pnpm-workspace.yaml ./"), "{refused}");
    world.file(
        "notes/backend/Dockerfile",
        only_tarballs.replace("package.json ./", "package.json backend/pnpm-workspace.yaml ./"),
    );
    let run = by_environment().exits(0);
    assert_eq!(line(&run), "backend/: pnpm 12 (--package-manager): overrides in pnpm-workspace.yaml");
}

#[test]
fn json_says_it_too() {
    let world = product();
    fields(&world, "backend/package.json", r#""packageManager": "pnpm@10.6.5""#);
    let of = |document: &Value| document["surfaces"][0].clone();
    let planned = of(&dry_run(&world, &["--json"]).json());
    assert_eq!(
        planned["packageManager"],
        serde_json::json!({"name": "pnpm", "version": "10.6.5", "reason": "backend/package.json: packageManager"})
    );
    assert_eq!(planned["link"], "pnpm.overrides");
    let prepared = of(&world.run_in("notes", ["prepare", "--json"]).exits(0).json());
    assert_eq!(prepared["packageManager"], planned["packageManager"]);
    assert_eq!(prepared["link"], planned["link"]);
}

#[test]
fn verbose_says_it_where_it_is_done() {
    let world = product();
    let quiet = world.run_in("notes", ["prepare"]).exits(0);
    assert!(!quiet.stderr.contains("backend/: pnpm"), "{quiet}");
    let run = world.run_in("notes", ["prepare", "--force", "-v"]).exits(0);
    let line = "backend/: pnpm 10.6.5 (nothing says which: pnpm 10.6.5, as the products pin): overrides in package.json\n";
    assert!(run.stderr.contains(line), "{run}");
}

#[test]
fn a_warning_is_said_once_for_all_surfaces() {
    let world = with(&[
        ("web/package.json", "{\"name\": \"web\", \"dependencies\": {\"@bytelyst/errors\": \"*\"}}\n"),
        ("web/Dockerfile", &dockerfile("web")),
    ]);
    fields(&world, "package.json", r#""packageManager": "deno@2""#);
    let run = dry_run(&world, &[]);
    assert_eq!(run.stderr.matches("packageManager is \"deno@2\"").count(), 1, "{run}");
}
