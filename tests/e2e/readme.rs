//! The terminal output in README.md, the topics and the pages of `tests/` and `scripts/` is the program's own, in the world
//! of `fixtures/`. That their other calls and flags exist is a unit test, of `src/cli/help`.
//!
//! `UPDATE_README=1 cargo test --test e2e readme` writes what the program says now.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::World;
use crate::common::product::fixtures;

const OPENING: &str = "```console\n";
const CLOSING: &str = "```\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md first.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "tests/README.md", "scripts/README.md"].map(|name| root().join(name)).into();
    let topics = fs::read_dir(root().join("src/cli/topics")).unwrap();
    pages.extend(topics.map(|topic| topic.unwrap().path()));
    pages
}

#[test]
fn the_terminal_output_is_real() {
    let (mut blocks, mut wrong) = (0, String::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        if !text.contains(OPENING) {
            continue;
        }
        let world = fixtures();
        let mut real = String::new();
        let mut rest = text.as_str();
        while let Some(start) = rest.find(OPENING) {
            let (before, block) = rest.split_at(start + OPENING.len());
            let end = block.find(CLOSING).expect("a block ends");
            real.push_str(before);
            real.push_str(&session(&world, &block[..end]));
            rest = &block[end..];
            blocks += 1;
        }
        real.push_str(rest);
        if std::env::var_os("UPDATE_README").is_some() {
            fs::write(&page, &real).unwrap();
        } else {
            let name = page.strip_prefix(root()).unwrap().display().to_string();
            let diff = similar::TextDiff::from_lines(&text, &real);
            wrong += &diff.unified_diff().header(&name, "the program").to_string();
        }
    }
    assert!(blocks > 1, "the pages show the program at work");
    assert!(
        wrong.is_empty(),
        "run `UPDATE_README=1 cargo test --test e2e readme` if this is meant:\n{wrong}"
    );
}

/// Each `docker-prep.toml` that a page shows is one that the program takes.
#[test]
fn the_settings_are_valid() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```toml\n# docker-prep.toml").skip(1) {
            let (settings, _) = block.split_once("\n```").expect("a block ends");
            let world = fixtures();
            world.file("learning_ai_notes/docker-prep.toml", format!("#{settings}\n"));
            let run = world.run_in("learning_ai_notes", ["prepare", "--dry-run"]);
            assert_eq!(run.code, Some(0), "{}: {run}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 1, "settings are not found any more");
}
/// Runs a block's commands in the product, and prints them with what they say.
fn session(world: &World, block: &str) -> String {
    let mut said = String::new();
    for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        said.push_str(&format!("$ {command}\n"));
        if command.starts_with("docker compose") {
            // What it says is Docker's; `scripts/demo` does what the Dockerfile does.
            continue;
        }
        let bin = Path::new(env!("CARGO_BIN_EXE_docker-prep")).parent().unwrap();
        // On a terminal, as people see it.
        let mut shell = world.command("script");
        match cfg!(target_os = "linux") {
            true => shell.args(["-qec", command, "/dev/null"]),
            false => shell.args(["-q", "/dev/null", "sh", "-c", command]),
        };
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", bin.display())).env("NO_COLOR", "1");
        let output = shell.current_dir(world.path("learning_ai_notes")).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
        assert!(output.status.success(), "{command}: {shown}");
        said.push_str(&in_no_time(&shown));
    }
    said
}

/// How long it took is another matter each time.
fn in_no_time(shown: &str) -> String {
    let line = |line: &str| match line.strip_suffix(" s)").and_then(|line| line.rsplit_once(", ")) {
        Some((before, _)) => format!("{before}, 0.1 s)\n"),
        None => format!("{line}\n"),
    };
    shown.lines().map(line).collect()
}
