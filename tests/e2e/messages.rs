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
