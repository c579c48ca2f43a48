//! The order of writes and syncs that everything rests on, by name; and the proof that a sync left out is found.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::faults::disk::{Disk, Left};
use crate::faults::loss::Expected;
use crate::faults::power::Recorded;
use crate::faults::recording::Step;
use crate::faults::trace;
use crate::faults::world::{DEPS_DIR, Fixture, MANIFESTS, STATE};

/// The commands whose order is shown: prepare, run, prepare --force, restore.
pub(crate) fn record(fixture: &Fixture) -> [Recorded; 4] {
    let record = |title, args: &[&str], tree| Recorded::new(fixture, title, args, tree);
    [
        record("prepare", &["prepare"], &fixture.clean),
        record("run -- true", &["run", "--", "true"], &fixture.clean),
        record("prepare --force", &["prepare", "--force"], &fixture.prepared),
        record("restore", &["restore"], &fixture.prepared),
    ]
}

/// What must hold of the disk when a step is begun; `None` where it is not about that step.
struct Rule {
    says: &'static str,
    holds: fn(&Disk, &Step) -> Option<bool>,
    /// How often it applies, at least, to prepare, run, prepare --force and restore.
    applies: [usize; 4],
}

const RULES: [Rule; 6] = [
    Rule {
        says: "a file is synced before it is given its name by a rename",
        holds: |disk, step| match step {
            Step::Rename { from, .. } => Some(disk.is_synced(from)),
            _ => None,
        },
        applies: [12, 15, 11, 3],
    },
    Rule {
        says: "originals, new texts and journal are on the disk before a manifest's folder is touched",
        holds: |disk, step| match step {
            Step::Link { from, .. } => is_manifest(from).then(|| is_recorded(disk)),
            _ => None,
        },
        applies: [2, 2, 2, 0],
    },
    Rule {
        says: "the backup's name is on the disk before the new text takes the manifest's",
        holds: |disk, step| {
            let manifest = rewritten(step)?;
            let backup = backup_of(manifest);
            Some(disk.is_safe(&backup) && disk.bytes(&backup) == disk.bytes(manifest))
        },
        applies: [2, 2, 2, 0],
    },
    Rule {
        says: "the tarballs are on the disk before a manifest points to them",
        holds: |disk, step| {
            rewritten(step)?;
            let found = disk.paths_in(Path::new(DEPS_DIR));
            let tarballs: Vec<_> =
                found.iter().filter(|path| path.extension().is_some_and(|end| end == "tgz")).collect();
            Some(tarballs.len() == 4 && tarballs.iter().all(|tarball| disk.is_safe(tarball)))
        },
        applies: [2, 2, 2, 0],
    },
    Rule {
        says: "every manifest is back on the disk, and no backup beside it, before any of the state goes",
        holds: |disk, step| match step {
            Step::Remove(path) if is_state(path) => Some(is_restored(disk)),
            _ => None,
        },
        applies: [0, 5, 5, 5],
    },
    Rule {
        says: "the journal goes last of the state",
        holds: |disk, step| match step {
            Step::Remove(path) if *path == journal() => Some(texts(disk).is_empty()),
            _ => None,
        },
        applies: [0, 1, 1, 1],
    },
];

/// The journal's path.
pub(crate) fn journal() -> PathBuf {
    Path::new(STATE).join("state.json")
}

fn texts(disk: &Disk) -> Vec<PathBuf> {
    ["originals", "rewritten"].iter().flat_map(|name| disk.paths_in(&Path::new(STATE).join(name))).collect()
}

fn is_recorded(disk: &Disk) -> bool {
    let texts = texts(disk);
    texts.len() == 2 * MANIFESTS.len() && texts.iter().chain([&journal()]).all(|path| disk.is_safe(path))
}

fn is_restored(disk: &Disk) -> bool {
    let is_back = |path: &Path| disk.is_safe(path) && disk.is_gone(&backup_of(path));
    MANIFESTS.iter().all(|(path, _)| is_back(Path::new(path)))
}

fn is_state(path: &Path) -> bool {
    path.starts_with(STATE) && !path.ends_with("lock")
}

fn is_manifest(path: &Path) -> bool {
    MANIFESTS.iter().any(|(manifest, _)| path == Path::new(manifest))
}

fn backup_of(manifest: &Path) -> PathBuf {
    PathBuf::from(format!("{}.bak", manifest.display()))
}

/// The manifest that a step gives its new text.
fn rewritten(step: &Step) -> Option<&Path> {
    match step {
        Step::Rename { from, to } if is_manifest(to) && *from != backup_of(to) => Some(to),
        _ => None,
    }
}

#[test]
fn each_write_is_on_the_disk_before_what_rests_on_it() {
    trace::require_strace();
    let fixture = Fixture::new();
    let recorded = record(&fixture);
    for (index, recorded) in recorded.iter().enumerate() {
        for Rule { says, holds, applies } in &RULES {
            let mut applied = 0;
            for (disk, step) in recorded.instants().zip(&recorded.steps) {
                if let Some(holds) = holds(&disk, step) {
                    assert!(holds, "{}: at `{step}` it does not hold that {says}", recorded.title);
                    applied += 1;
                }
            }
            assert!(
                applied >= applies[index],
                "{}: only {applied} times was it asked that {says}",
                recorded.title
            );
        }
    }
    let ends = recorded.map(|recorded| recorded.instants().last().expect("an instant"));
    let [prepare, run, force, restore] = &ends;
    for disk in [prepare, force] {
        let is_there = MANIFESTS.iter().all(|(path, _)| disk.is_safe(Path::new(path)));
        assert!(is_there && is_recorded(disk), "what prepare did is on the disk when it ends");
    }
    for disk in [run, restore] {
        let is_clean = is_restored(disk) && disk.is_gone(&journal());
        assert!(is_clean, "what restore did is on the disk when it ends");
    }
}

/// Each of these syncs is needed: the same recording without it loses something. The others are doubly held, by the
/// backup and by the copy in the state.
#[test]
fn a_sync_left_out_is_found() {
    trace::require_strace();
    let fixture = Fixture::new();
    let expected = Expected::of(&fixture, &fixture.prepared);
    let [prepare, _, _, restore] = record(&fixture);
    let new_text = |manifest: &str| format!("{manifest}.docker-prep-new");
    let journal = format!("{STATE}/state.json.new");
    for (recorded, path, nth, loss) in [
        (&prepare, new_text(MANIFESTS[0].0), 0, "is torn"),
        (&prepare, new_text(MANIFESTS[1].0), 0, "is torn"),
        (&prepare, journal.clone(), 0, "damaged-1"),
        (&prepare, journal.clone(), 1, "damaged-1"),
        (&restore, journal, 0, "damaged-1"),
        // The name of the state folder, and that of the journal in it.
        (&prepare, ".git".to_owned(), 0, "package.json.bak"),
        (&prepare, STATE.to_owned(), 1, "package.json.bak"),
    ] {
        let is_it = |step: &Step| matches!(step, Step::Sync(synced) if *synced == Path::new(&path));
        let mut found = (0..recorded.steps.len()).filter(|index| is_it(&recorded.steps[*index]));
        let sync = found.nth(nth).unwrap_or_else(|| panic!("{}: sync {nth} of {path}", recorded.title));
        let new: BTreeSet<Left> =
            recorded.without(sync).left().difference(&recorded.left()).cloned().collect();
        let lost = expected.first_loss(&new);
        let is_found = lost.as_ref().is_some_and(|lost| lost.contains(loss));
        assert!(
            is_found,
            "{} without the sync {nth} of {path}: expected '{loss}', got {lost:?}",
            recorded.title
        );
    }
}
