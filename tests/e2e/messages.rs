//! What is said, where, and how much of it.

use crate::common::product::product;
use crate::common::{Run, World};

const COMPOSE: &str =
    "services:\n  backend:\n    build:\n      context: .\n      dockerfile: backend/Dockerfile\n";

/// The last line that a call prints to stderr.
fn last(run: &Run) -> String {
    run.stderr.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn what_comes_next_is_what_is_known_of_the_builds() {
    let world = product();
    let next = |dir: &str, words: &[&str]| {
        let said = last(&world.run_in(dir, words).exits(0));
        world.run_in("notes", ["restore"]).exits(0);
        said
    };
    let bare = "docker build -f backend/Dockerfile .";
    assert_eq!(next("notes", &["prepare"]), format!("next: {bare}, then docker-prep restore"));
    assert_eq!(
        next("", &["-C", "notes", "prepare"]),
        format!("next: (cd notes && {bare}), then docker-prep -C notes restore")
    );
    assert_eq!(
        next("notes/backend", &["prepare"]),
        format!("next: (cd .. && {bare}), then docker-prep restore")
    );
    world.file("notes/docker-bake.json", r#"{"target": {"api": {"dockerfile": "backend/Dockerfile"}}}"#);
    assert_eq!(next("notes", &["prepare"]), "next: docker buildx bake api, then docker-prep restore");
    world.file("notes/compose.yaml", COMPOSE);
    assert_eq!(next("notes", &["prepare"]), "next: docker compose build, then docker-prep restore");
    assert_eq!(next("notes/backend", &["prepare"]), "next: docker compose build, then docker-prep restore");
    for file in ["notes/docker-bake.json", "notes/compose.yaml", "notes/backend/Dockerfile"] {
        world.remove(file);
    }
    assert_eq!(
        next("notes", &["prepare", "--surface", "backend"]),
        "next: docker-prep restore, once the images are built"
    );
}

#[test]
fn advice_names_the_project_that_the_call_named() {
    let world = product();
    world.run(["-C", "notes", "prepare"]).exits(0);
    let hint = |words: &[&str]| world.run(words).exits(3);
    let run = hint(&["-C", "notes", "prepare"]);
    let advice = "put it back: docker-prep -C notes restore   (or have it restored first: docker-prep -C notes prepare --force)";
    assert_eq!(last(&run).trim(), advice);
    let json = hint(&["-C", "notes", "prepare", "--json"]).json();
    assert_eq!(json["errors"][0]["hint"], advice);
    let status = world.run(["-C", "notes", "status"]).exits(0).stdout;
    assert!(status.ends_with("put it back: docker-prep -C notes restore\n"), "{status}");
    world.run(["-C", "notes", "restore"]).exits(0);
}

#[test]
fn a_dry_run_has_gits_colours_where_colours_are_asked_for_and_ends_with_its_summary() {
    let world = product();
    let dry =
        |more: &[&str]| world.run_in("notes", [&["prepare", "--dry-run"], more].concat()).exits(0).stdout;
    let (plain, coloured) = (dry(&[]), dry(&["--color", "always"]));
    let summary = "would pack 5 packages from ../plat into .docker-deps/";
    assert!(plain.starts_with(&format!("{summary}\n")), "{plain}");
    assert!(plain.ends_with(&format!("{summary} and write 1 file\n")), "{plain}");
    assert!(!plain.contains('\u{1b}'));
    for part in
        ["\u{1b}[1m--- a/backend/package.json\u{1b}[m\n", "\u{1b}[36m@@ ", "\u{1b}[31m-", "\u{1b}[32m+"]
    {
        assert!(coloured.contains(part), "{part:?} in {coloured:?}");
    }
    let codes = ["1", "31", "32", "36", ""].map(|code| format!("\u{1b}[{code}m"));
    assert_eq!(codes.iter().fold(coloured, |text, code| text.replace(code, "")), plain);
    let never = |world: &World| {
        let mut program = world.program();
        program.current_dir(world.path("notes")).args(["prepare", "--dry-run"]);
        program.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
        Run::from(program.output().unwrap()).exits(0).stdout
    };
    assert_eq!(never(&world), plain);
}

/// The one error of a call that has to fail.
fn error(run: &Run) -> String {
    let errors: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    assert!(run.code != Some(0) && errors.len() == 1, "{run}");
    errors[0].to_owned()
}

#[test]
fn an_error_of_a_setting_names_where_it_came_from() {
    let world = product();
    let said = |words: &[&str], variable: Option<(&str, &str)>, config: &str| {
        if !config.is_empty() {
            world.file("notes/docker-prep.toml", format!("# settings\n{config}\n"));
        }
        let mut program = world.program();
        program.current_dir(world.path("notes")).args(words).envs(variable);
        let run = Run::from(program.output().unwrap());
        if !config.is_empty() {
            world.remove("notes/docker-prep.toml");
        }
        error(&run)
    };
    for (flag, variable, line) in [
        ("--workspace", "DOCKER_PREP_WORKSPACE", "workspace = '/nope'"),
        ("--surface", "DOCKER_PREP_SURFACE", "surfaces = ['/nope']"),
        ("--deps-dir", "DOCKER_PREP_DEPS_DIR", "deps-dir = '/nope'"),
        ("--scope", "DOCKER_PREP_SCOPE", "scope = ['/nope']"),
        ("--source", "DOCKER_PREP_SOURCE", "source = 'vendor'"),
    ] {
        let value = if flag == "--source" { "vendor" } else { "/nope" };
        let key = line.split(' ').next().unwrap();
        let names = |error: String, by: &str| {
            let others = ["--workspace", "--surface", "--deps-dir", "--scope", "--source"];
            let blames_another = others.iter().any(|other| *other != by && error.contains(other));
            assert!(error.contains(by) && !blames_another, "{by}: {error}");
        };
        names(said(&["prepare", flag, value], None, ""), flag);
        names(said(&["prepare"], Some((variable, value)), ""), variable);
        names(said(&["prepare", flag, value], Some((variable, "x")), line), flag);
        names(said(&["prepare"], None, line), &format!("docker-prep.toml: line 2: {key}"));
    }
    let (name, here) = ("BYTELYST_COMMON_PLAT_ROOT", "DOCKER_PREP_PROJECT");
    assert!(said(&["prepare"], Some((name, "/nope")), "").ends_with(&format!(" (named by {name})")));
    for command in ["prepare", "guard"] {
        let error = said(&[command], Some((here, "/nope")), "");
        assert!(error.starts_with("/nope: no such project") && error.contains(here), "{error}");
    }
    for (variable, value) in [
        ("DOCKER_PREP_LINK", "x"),
        ("DOCKER_PREP_SOURCE", "x"),
        ("DOCKER_PREP_PACKAGE_MANAGER", "x"),
        ("DOCKER_PREP_PROBE_TIMEOUT", "x"),
        ("DOCKER_PREP_CACHE_SIZE", "x"),
    ] {
        let error = said(&["prepare"], Some((variable, value)), "");
        assert!(error.starts_with(&format!("{variable}: ")), "{error}");
    }
    let yarn = ["prepare", "--package-manager", "yarn@1"];
    let link = said(&yarn, Some(("DOCKER_PREP_LINK", "tarballs")), "");
    assert!(link.contains(": DOCKER_PREP_LINK tarballs: ") && !link.contains("--link"), "{link}");
    let link = said(&yarn, None, "link = 'tarballs'");
    assert!(link.contains(": docker-prep.toml: line 2: link tarballs: "), "{link}");
}

#[test]
fn a_product_named_as_the_workspace_is_told_from_one() {
    let world = product();
    world.file("shop/package.json", r#"{"name": "shop", "private": true}"#);
    world.file("shop/api/package.json", r#"{"name": "api", "dependencies": {"@bytelyst/http": "3"}}"#);
    let plat = world.path("plat").display().to_string();
    let refused = |words: &[&str], start: &str, advice: &str| {
        let run = world.run_in("notes", [&["prepare"], words].concat()).exits(5);
        assert!(error(&run).starts_with(&world.path(start).display().to_string()), "{run}");
        assert!(error(&run).contains("it looks like a product, which takes them from elsewhere"), "{run}");
        assert_eq!(
            last(&run).trim(),
            format!("name the repository that holds them: {advice} {plat}"),
            "{run}"
        );
    };
    refused(&["--workspace", "../shop"], "notes/../shop", "--workspace");
    // Some products have a workspace file of their own, which leads to the shared packages, and no catalogs.
    let leads_on = "packages:\n  - api\n  - ../plat/packages/*\n";
    for members in ["packages:\n  - api\n", leads_on] {
        world.file("shop/pnpm-workspace.yaml", members);
        refused(&["--workspace", "../shop"], "shop", "--workspace");
    }
    refused(&["--workspace", "."], "notes", "--workspace");
    // One that only brings together what no other workspace holds is one.
    world.remove("plat/pnpm-workspace.yaml");
    world.file("shop/pnpm-workspace.yaml", format!("{leads_on}catalog:\n  ms: '2'\n"));
    world.run_in("notes", ["prepare", "--workspace", "../shop"]).exits(0);
}

#[test]
fn quiet_is_errors_and_what_was_asked_for_in_every_command() {
    let world = product();
    // Something to warn of: a surface that no image build installs.
    world.file("notes/jobs/package.json", r#"{"name": "jobs", "dependencies": {"@bytelyst/http": "3"}}"#);
    let call = |words: &[&str]| world.run_in("notes", words);
    // Whether it was asked for something that goes to stdout.
    for (words, asks) in [
        (&["prepare", "--dry-run"][..], true),
        (&["run", "--dry-run", "--", "true"], true),
        (&["prepare"], false),
        (&["status"], true),
        (&["show"], true),
        (&["why", "@bytelyst/errors"], true),
        (&["prepare", "--force"], false),
        (&["restore"], false),
        (&["restore", "--clean"], false),
        (&["--strip-overrides"], false),
        (&["run", "--", "true"], false),
        (&["pack", "--all", "--out", "../out"], true),
        (&["guard"], false),
        (&["guard", "--all"], false),
        (&["cache"], true),
        (&["cache", "clear"], false),
        (&["init", "--hook", "git", "--dry-run"], true),
        (&["init", "--hook", "git"], false),
        (&["init", "--hook", "git", "--remove"], false),
    ] {
        let quiet = call(&[&["-q"], words].concat()).exits(0);
        assert_eq!(quiet.stderr, "", "{words:?}: {quiet}");
        assert_eq!(!quiet.stdout.is_empty(), asks, "{words:?}: {quiet}");
    }
    call(&["prepare"]).exits(0);
    let (said, quiet) = (call(&["prepare"]).exits(3), call(&["-q", "prepare"]).exits(3));
    assert!(said.stderr.ends_with(&quiet.stderr) && quiet.stderr.lines().count() == 2, "{quiet}");
    world.git("notes", &["add", "--all", "--force"]);
    assert_eq!(call(&["guard"]).exits(1).stderr, call(&["-q", "guard"]).exits(1).stderr);
}
