//! Every answer that a registry may give, what is decided of it, and how long that took.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rayon::prelude::*;

use crate::source::cases::Must::{Denied, Down, Up};
use crate::source::cases::{Case, Row, rows};
use crate::source::scene::{Decision, LOOK};
use crate::source::verdaccio::verdaccio;

/// What it came to, as one line of the table, or what is wrong.
fn judge((name, must, make): &Row) -> Result<String, String> {
    let Case(scene, held) = make();
    if let Denied = must {
        let before = scene.look();
        let run = scene.call(&[&["--json", "run", "--source", "auto", "--"], &LOOK[..]].concat());
        let same = before.differences(&scene.look()).is_empty();
        let right = run.code == Some(5) && same && run.stderr.contains("--fallback-on-auth");
        drop(held);
        return match right {
            true => Ok(format!("| {name} | exit 5 | denied | |")),
            false => Err(format!("{name}: {run}")),
        };
    }
    let decision = scene.decide();
    drop(held);
    let Decision { source, run } = &decision;
    let answers = decision.answers();
    let answer = answers.iter().find(|answer| **answer != "not-waited-for").copied().unwrap_or_default();
    let right = match must {
        Up => decision.used() == "registry" && answer == "up",
        Down(words) => decision.used() == "workspace" && words.contains(&answer),
        Denied => false,
    };
    let line = format!("| {name} | {} | {answer} | {} |", decision.used(), source["milliseconds"]);
    if right { Ok(line) } else { Err(format!("{line}\n{}\n{}", decision.reason(), run.stderr)) }
}

#[test]
fn every_answer_is_decided_and_leaves_the_tree_as_it_was() {
    verdaccio();
    let judged: Vec<_> = rows().par_iter().map(judge).collect();
    let mut table = "| case | decided | answer | ms |\n|---|---|---|---|\n".to_owned();
    for line in judged.iter().flatten() {
        let _ = writeln!(table, "{line}");
    }
    println!("{table}");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("source-probe.txt");
    fs::write(&file, &table).expect("the table is written");
    let wrong: Vec<_> = judged.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}
