//! Power loss: whatever a power cut leaves of what a command wrote, `restore` brings every byte back.
//!
//! Each command is recorded once, from the real program; [`Disk`] tells which trees a power cut after each step may
//! leave. Every one of them that differs is laid out as files, and given to the real `docker-prep restore`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::slice;
use std::time::Instant;

use crate::faults::disk::{Disk, Left};
use crate::faults::loss::{Expected, lay_out, timeless};
use crate::faults::order;
use crate::faults::parallel::in_parallel;
use crate::faults::recording::{self, Step};
use crate::faults::trace;
use crate::faults::world::{DEPS_DIR, Fixture, MANIFESTS, Tree};

const HEADER: &str = "| command | crash points | distinct trees | of them new | losses | seconds |\n\
                      |---|---|---|---|---|---|\n";

/// A command that is recorded.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) title: &'static str,
    /// The disk before it.
    start: Disk,
    pub(crate) steps: Vec<Step>,
}

impl Recorded {
    /// Runs a command in a copy of a tree, and writes down what it does.
    pub(crate) fn new(fixture: &Fixture, title: &'static str, args: &[&str], tree: &Tree) -> Self {
        let tree = fixture.copy_of(tree);
        let start = Disk::of(&tree.root());
        let (steps, run) = recording::record(&fixture.program(&tree, args));
        run.exits(0);
        Self { title, start, steps }
    }

    /// The disk before each step, and after the last.
    pub(crate) fn instants(&self) -> impl Iterator<Item = Disk> {
        let mut disk = self.start.clone();
        let first = disk.clone();
        std::iter::once(first).chain(self.steps.iter().map(move |step| {
            disk.apply(step);
            disk.clone()
        }))
    }

    /// Every tree that a power cut may leave, once.
    pub(crate) fn left(&self) -> BTreeSet<Left> {
        self.instants().flat_map(|disk| disk.left()).map(timeless).collect()
    }

    /// The same for manifests that were written a moment before, as by a checkout, from where the journal may stand on
    /// the disk. What is lost of them earlier was never in the program's hands.
    fn left_of_fresh_manifests(&self) -> BTreeSet<Left> {
        let start =
            MANIFESTS.iter().fold(self.start.clone(), |disk, (path, _)| disk.just_written(Path::new(path)));
        let fresh = Self { start, ..self.clone() };
        let untouched = |disk: &Disk| disk.is_gone(&order::journal());
        fresh.instants().skip_while(untouched).flat_map(|disk| disk.left()).map(timeless).collect()
    }

    /// The same as if the program did not make one of its syncs.
    pub(crate) fn without(&self, sync: usize) -> Self {
        let mut without = self.clone();
        assert!(matches!(without.steps.remove(sync), Step::Sync(_)), "only a sync can be left out");
        without
    }

    /// The steps, one a line.
    fn listing(&self) -> String {
        let mut text = format!("{}: {} steps\n", self.title, self.steps.len());
        for step in &self.steps {
            let _ = writeln!(text, "  {step}");
        }
        text
    }

    /// Kills the command at every instant at which something is not safe yet, restores, and has the power cut then:
    /// what the first one did not sync, the second one finds done.
    fn killed(&self, fixture: &Fixture) -> Vec<Self> {
        let unsafe_yet = |disk: &Disk| disk.has_pending_outside(Path::new(DEPS_DIR));
        let kills: Vec<Disk> = self.instants().filter(unsafe_yet).collect();
        in_parallel(&kills, |start| {
            let tree = lay_out(fixture, &start.now());
            let restore = Self::new(fixture, self.title, &["restore"], &tree);
            Self { start: start.clone(), ..restore }
        })
    }
}

/// A table and what was lost.
#[derive(Default)]
struct Report {
    table: String,
    losses: Vec<String>,
    /// The trees that were looked at already.
    known: BTreeSet<Left>,
}

impl Report {
    /// Tries every tree that a power cut may leave of some commands. Fewer crash points than `at_least` say that the
    /// recording has gone wrong.
    fn over(&mut self, title: &str, at_least: usize, recorded: &[Recorded], expected: &Expected<'_>) {
        let points: usize = recorded.iter().map(|recorded| recorded.steps.len() + 1).sum();
        assert!(points >= at_least, "{title}: only {points} crash points were recorded");
        self.try_out(title, points, recorded.iter().flat_map(Recorded::left).collect(), expected);
    }

    fn try_out(&mut self, title: &str, points: usize, trees: BTreeSet<Left>, expected: &Expected<'_>) {
        let begun = Instant::now();
        let new: BTreeSet<Left> = trees.difference(&self.known).cloned().collect();
        let losses = expected.losses(&new);
        let (all, fresh, lost, seconds) = (trees.len(), new.len(), losses.len(), begun.elapsed().as_secs());
        let _ = writeln!(self.table, "| {title} | {points} | {all} | {fresh} | {lost} | {seconds} |");
        self.losses.extend(losses.into_values().map(|lost| format!("{title}: {lost}")));
        self.known.extend(new);
    }
}

/// A prepared project with a dependency added by hand.
fn edited(fixture: &Fixture) -> Tree {
    let tree = fixture.copy_of(&fixture.prepared);
    let manifest = tree.root().join(MANIFESTS[0].0);
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let by_hand = text.replacen("\"dependencies\": {", "\"dependencies\": {\"left-pad\": \"1.3.0\", ", 1);
    assert_ne!(by_hand, text, "the manifest has dependencies");
    fs::write(&manifest, by_hand).expect("an edit");
    tree
}

/// A prepared project whose backups somebody has removed.
fn without_backups(fixture: &Fixture) -> Tree {
    let tree = fixture.copy_of(&fixture.prepared);
    for (manifest, _) in MANIFESTS {
        fs::remove_file(tree.root().join(format!("{manifest}.bak"))).expect("a backup");
    }
    tree
}

/// A prepared project one of whose surfaces somebody has removed.
fn without_a_surface(fixture: &Fixture) -> Tree {
    let tree = fixture.copy_of(&fixture.prepared);
    let surface = Path::new(MANIFESTS[0].0).parent().expect("a folder");
    fs::remove_dir_all(tree.root().join(surface)).expect("a surface");
    tree
}

#[test]
fn no_power_cut_loses_a_byte() {
    trace::require_strace();
    let fixture = Fixture::new();
    let original = Expected::of(&fixture, &fixture.prepared);
    let recorded = order::record(&fixture);
    let [prepare, run, force, restore] = &recorded;
    let mut report = Report::default();
    report.over("prepare", 90, slice::from_ref(prepare), &original);
    report.over("run -- true", 110, slice::from_ref(run), &original);
    report.over("prepare --force", 80, slice::from_ref(force), &original);
    report.over("restore", 20, slice::from_ref(restore), &original);
    let fresh = run.left_of_fresh_manifests();
    report.try_out("run, manifests just written", run.steps.len() + 1, fresh, &original);
    report.over("prepare killed, restore", 500, &prepare.killed(&fixture), &original);
    report.over("restore killed, restore", 150, &restore.killed(&fixture), &original);
    for (title, tree) in [
        ("restore, a manifest edited", edited(&fixture)),
        ("restore, no backups", without_backups(&fixture)),
        ("restore, a surface removed", without_a_surface(&fixture)),
    ] {
        let expected = Expected::of(&fixture, &tree);
        let restore = Recorded::new(&fixture, title, &["restore"], &tree);
        let killed = restore.killed(&fixture);
        report.known.clear();
        report.over(title, 15, &[restore], &expected);
        report.over(&format!("{title}, killed, restore"), 100, &killed, &expected);
    }
    let order: String = recorded.iter().map(Recorded::listing).collect();
    let text = format!("{order}\n{HEADER}{}", report.table);
    println!("{text}");
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("faults-power.txt"), text)
        .expect("a report");
    let few: Vec<&str> = report.losses.iter().take(5).map(String::as_str).collect();
    assert!(few.is_empty(), "{} losses:\n\n{}", report.losses.len(), few.join("\n\n"));
}
