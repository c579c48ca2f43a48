//! The crash sweep: every call that changes the disk is killed and failed in turn, and nothing may be lost.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::faults::case::{FAULTS, Scenario, States, Tried};
use crate::faults::parallel::in_parallel;
use crate::faults::trace;
use crate::faults::world::{Fixture, Product, Tree};

/// What a sweep has found so far.
#[derive(Default)]
struct Sweep {
    rows: Vec<Row>,
    /// A text for each run that went wrong.
    wrong: Vec<String>,
}

/// One row of the table.
struct Row {
    command: &'static str,
    states: usize,
    points: usize,
    runs: usize,
    losses: usize,
    seconds: u64,
}

impl Sweep {
    /// Tries every point of a command with every fault. From many states each point meets one of the faults in turn: how
    /// they differ is seen from the single states. Fewer points than `at_least` say that the recording has gone wrong.
    fn over(&mut self, command: &'static str, at_least: usize, scenarios: &[Scenario<'_>]) {
        let begun = Instant::now();
        let mut cases = Vec::new();
        for (state, scenario) in scenarios.iter().enumerate() {
            for point in 0..scenario.points.len() {
                match scenarios.len() {
                    1 => cases.extend(FAULTS.map(|fault| (scenario, point, fault))),
                    _ => cases.push((scenario, point, FAULTS[(state + point) % FAULTS.len()])),
                }
            }
        }
        let runs = cases.len();
        let points: usize = scenarios.iter().map(|scenario| scenario.points.len()).sum();
        assert!(points >= at_least, "{command}: only {points} points were recorded");
        let mut losses = 0;
        for tried in in_parallel(&cases, |&(scenario, point, fault)| scenario.try_out(point, fault)) {
            let Tried { lost, wrong } = tried;
            losses += usize::from(!lost.is_empty());
            if !wrong.is_empty() {
                self.wrong.push([wrong, lost].concat().join("\n"));
            }
        }
        let seconds = begun.elapsed().as_secs();
        self.rows.push(Row { command, states: scenarios.len(), points, runs, losses, seconds });
    }

    fn table(&self) -> String {
        let mut table = "| command | states | points | faults | runs | losses | seconds |\n".to_owned();
        table.push_str("|---|---|---|---|---|---|---|\n");
        for Row { command, states, points, runs, losses, seconds } in &self.rows {
            let faults = runs / points;
            let _ = writeln!(
                table,
                "| {command} | {states} | {points} | {faults} | {runs} | {losses} | {seconds} |"
            );
        }
        let runs: usize = self.rows.iter().map(|row| row.runs).sum();
        let losses: usize = self.rows.iter().map(|row| row.losses).sum();
        let seconds: u64 = self.rows.iter().map(|row| row.seconds).sum();
        let _ = writeln!(table, "| all | | | | {runs} | {losses} | {seconds} |");
        table
    }
}

/// The same of a product whose settings, package managers or lockfiles are others.
fn sweep_products(sweep: &mut Sweep, times: &mut usize) {
    for (product, prepare_of, restore_of) in [
        (Product::Settings, "prepare of settings, edited and made", "restore of settings"),
        (Product::NpmAndYarn, "prepare for npm and yarn", "restore for npm and yarn"),
        (Product::Lockfiles, "prepare --lockfile", "restore of lockfiles"),
    ] {
        let fixture = Fixture::of(product);
        let prepare = Scenario::record(&fixture, product.prepare(), &fixture.clean).in_project();
        let restore = Scenario::record(&fixture, &["restore"], &fixture.prepared);
        let preparing = prepare.points.len();
        sweep.over(prepare_of, 100, &[prepare.preparing(preparing)]);
        sweep.over(restore_of, 25, &[restore]);
        *times += fixture.times();
    }
}

#[test]
fn nothing_is_lost_at_any_point() {
    trace::require_strace();
    let fixture = Fixture::new();
    let mut sweep = Sweep::default();
    let left = States::default();

    let prepare = Scenario::record(&fixture, &["prepare"], &fixture.clean);
    let run = Scenario::record(&fixture, &["run", "--", "true"], &fixture.clean);
    let preparing = prepare.names();
    assert!(run.names().starts_with(&preparing), "run begins as prepare does:\n{:?}", run.names());
    sweep.over("prepare", 100, &[prepare.preparing(preparing.len()).keep(&left)]);
    sweep.over("run -- true", 120, &[run.preparing(preparing.len()).keep(&left)]);
    let restore = Scenario::record(&fixture, &["restore"], &fixture.prepared);
    sweep.over("restore", 25, &[restore.keep(&left)]);
    let clean = Scenario::record(&fixture, &["restore", "--clean"], &fixture.prepared);
    sweep.over("restore --clean", 30, &[clean.keep(&left)]);

    let left: Vec<Tree> = left.into_inner().expect("no panic").into_values().collect();
    let interrupted = in_parallel(&left, |tree| Scenario::record(&fixture, &["restore"], tree));
    sweep.over("restore after each state that a kill of one of these left", 800, &interrupted);

    let force = Scenario::record(&fixture, &["prepare", "--force"], &fixture.prepared);
    sweep.over("prepare --force, prepared before", 100, &[force]);
    let nested = Scenario::record(&fixture, &["prepare", "--deps-dir", "build/deps"], &fixture.clean);
    let all = nested.points.len();
    sweep.over("prepare --deps-dir build/deps", 100, &[nested.preparing(all)]);

    let mut times = fixture.times();
    sweep_products(&mut sweep, &mut times);

    let table = sweep.table();
    println!("{table}\n{times} times something was done next in a state that was new");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("faults-sweep.txt");
    fs::write(&file, &table).expect("the table is written");
    let count = sweep.wrong.len();
    sweep.wrong.truncate(20);
    assert!(count == 0, "{count} runs went wrong; the first of them:\n\n{}", sweep.wrong.join("\n\n"));
}

#[test]
fn a_cache_that_fails_at_any_point_changes_nothing() {
    trace::require_strace();
    let fixture = Fixture::new();
    let mut sweep = Sweep::default();
    for (command, is_warm, at_least) in
        [("prepare with an empty cache", false, 25), ("prepare with a full cache", true, 15)]
    {
        let tree = fixture.with_cache(is_warm);
        let cached = Scenario::record(&fixture, &["prepare"], &tree).of_cache(is_warm);
        sweep.over(command, at_least, &[cached]);
    }
    println!("{}\nwhat came next was tried from {} states", sweep.table(), fixture.times());
    let count = sweep.wrong.len();
    sweep.wrong.truncate(20);
    assert!(count == 0, "{count} runs went wrong; the first of them:\n\n{}", sweep.wrong.join("\n\n"));
}

#[test]
fn two_recordings_are_the_same() {
    let fixture = Fixture::new();
    for (args, start) in [
        (["prepare", "--quiet"].as_slice(), &fixture.clean),
        (&["run", "--", "true"], &fixture.clean),
        (&["restore", "--clean"], &fixture.prepared),
    ] {
        let points = || {
            let scenario = Scenario::record(&fixture, args, start);
            scenario
                .points
                .iter()
                .map(|point| (point.call.name.clone(), point.call.ordinal))
                .collect::<Vec<_>>()
        };
        assert_eq!(points(), points(), "{args:?}: `when=` would mean another call the next time");
    }
}
