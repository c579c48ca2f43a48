//! The terminal output in README.md is the program's own, in the world of `fixtures/`.
//!
//! `UPDATE_README=1 cargo test --test e2e readme` writes what the program says now.

use std::fs;
use std::path::Path;

use crate::common::World;
use crate::common::product::fixtures;

const OPENING: &str = "```console\n";
const CLOSING: &str = "```\n";

#[test]
fn the_terminal_output_is_real() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    let world = fixtures();
    let mut real = String::new();
    let mut rest = text.as_str();
    let mut blocks = 0;
    while let Some(start) = rest.find(OPENING) {
        let (before, block) = rest.split_at(start + OPENING.len());
        let end = block.find(CLOSING).expect("a block ends");
        real.push_str(before);
        real.push_str(&session(&world, &block[..end]));
        rest = &block[end..];
        blocks += 1;
    }
    real.push_str(rest);
    assert!(blocks > 0, "the README shows the program at work");
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&readme, &real).unwrap();
        return;
    }
    let diff = similar::TextDiff::from_lines(&text, &real)
        .unified_diff()
        .header("README.md", "the program")
        .to_string();
    assert!(diff.is_empty(), "run `UPDATE_README=1 cargo test --test e2e readme` if this is meant:\n{diff}");
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
