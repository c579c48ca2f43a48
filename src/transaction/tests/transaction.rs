//! Prepare and restore on real files: whatever stops them, every byte, mode and time stamp comes back.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::place;
use crate::error::{Error, ErrorKind, Result};
use crate::report::RestoredFrom;
use crate::text::{Change, Digest, edit};
use crate::transaction::apply::lock::{Lock, holder};
use crate::transaction::apply::restore::{move_back, restore};
use crate::transaction::apply::state::save_journal;
use crate::transaction::apply::transaction::{DepsDirNote, FileRewrite, Prepared, Transaction};
use crate::transaction::journal::{Phase, ProjectPath};
use crate::transaction::plan::{Leftover, RestoreInputs, leftover};
use crate::transaction::read as observe;
use crate::transaction::read::beside::backed_up;
use crate::transaction::read::committed;
use crate::transaction::tree_state::{Backup, Now, ObservedJournal, ProjectState};

const BACKEND: &str = "backend/package.json";
const WEB: &str = "web app/package.json";
const FILES: [&str; 2] = [BACKEND, WEB];

/// A project with two surfaces, old time stamps, odd modes, and its state beside it.
struct World {
    home: tempfile::TempDir,
}

/// Path, and what must come back of it.
type Tree = BTreeMap<String, (u32, i64, i64, Vec<u8>)>;

fn original(name: &str) -> String {
    format!("{{\r\n  \"name\": \"{name}\",\n  \"dependencies\": {{ \"@x/a\": \"^1\", \"left\": \"1\" }}\n}}")
}

const TARBALL: &str = "file:../.docker-deps/a-1.0.0-0123456789ab.tgz";

fn rewritten(name: &str) -> String {
    original(name).replace("^1", TARBALL)
}

/// The record of a rewrite to a specifier.
fn record(name: &str, specifier: &str) -> Value {
    let path = vec!["dependencies".to_owned(), "@x/a".to_owned()];
    let set = Change::Set { path, value: specifier.into() };
    serde_json::to_value(edit::apply(&original(name), &[set]).unwrap().undo).unwrap()
}

/// What is known where the last commit has these texts.
fn inputs(committed: impl Fn(&str) -> Option<String>) -> RestoreInputs {
    let committed = FILES.iter().filter_map(|name| Some((path(name), committed(name)?)));
    RestoreInputs {
        deps_dirs: vec![".docker-deps".to_owned()],
        committed: committed.collect(),
        ..RestoreInputs::default()
    }
}

fn go_on() -> Result<()> {
    Ok(())
}

impl World {
    fn new() -> Self {
        let world = Self { home: place::temporary() };
        for (i, (name, mode)) in FILES.into_iter().zip([0o664, 0o600]).enumerate() {
            let path = world.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, original(name)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let time =
                std::time::UNIX_EPOCH + std::time::Duration::new(1_600_000_000 + i as u64, 987_654_321);
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }
        world
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("project")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("git/docker-prep")
    }

    fn lock(&self) -> Lock {
        Lock::acquire(&self.state()).unwrap()
    }

    fn change(&self, name: &str) -> FileRewrite {
        FileRewrite {
            path: self.path(name),
            original: Some(original(name).into_bytes()),
            rewritten: rewritten(name).into_bytes(),
            undo: record(name, TARBALL),
        }
    }

    fn begin<'l>(&self, lock: &'l Lock) -> Result<Transaction<'l>> {
        let deps_dir = DepsDirNote { path: path(".docker-deps"), existed: false };
        Transaction::begin(lock, &self.root(), deps_dir, FILES.map(|name| self.change(name)).into())
    }

    fn apply<'l>(&self, lock: &'l Lock, check: &dyn Fn() -> Result<()>) -> Result<Prepared<'l>> {
        self.begin(lock)?.apply(Phase::Prepared, false, check)
    }

    /// Prepared and left so.
    fn prepared() -> (Self, Tree) {
        let world = Self::new();
        let tree = world.tree();
        let lock = world.lock();
        world.apply(&lock, &go_on).unwrap().keep();
        drop(lock);
        (world, tree)
    }

    fn restore(&self, force: bool) -> Result<Vec<RestoredFrom>> {
        self.restore_knowing(&inputs(|name| Some(original(name))), force)
    }

    fn restore_knowing(&self, inputs: &RestoreInputs, force: bool) -> Result<Vec<RestoredFrom>> {
        let files = restore(&self.lock(), &self.root(), &self.standing(), Some(inputs), force)?;
        Ok(files.into_iter().map(|file| file.source).collect())
    }

    /// Decides about the backups that no state names, and moves back what is to be.
    fn move_back(&self, manifests: &[PathBuf]) -> Vec<(PathBuf, Leftover)> {
        let lock = self.lock();
        let decided = backed_up(manifests).unwrap().into_iter().map(|file| {
            let decision = leftover(file.kind, &file.present, &file.backup, ".docker-deps");
            if decision == Leftover::MoveBack {
                move_back(&lock, &file.path).unwrap();
            }
            (file.path, decision)
        });
        decided.collect()
    }

    fn standing(&self) -> ProjectState {
        observe::read(&self.state(), &self.root(), &[]).unwrap().standing
    }

    fn observed(&self) -> ObservedJournal {
        self.standing().observed().unwrap().clone()
    }

    /// Every file of the project but no folder: their times change with what is made in them.
    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        for entry in walkdir::WalkDir::new(self.root()) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let meta = entry.metadata().unwrap();
                let name = entry.path().strip_prefix(self.root()).unwrap().to_str().unwrap().to_owned();
                let bytes = fs::read(entry.path()).unwrap();
                tree.insert(name, (meta.mode(), meta.mtime(), meta.mtime_nsec(), bytes));
            }
        }
        tree
    }

    /// Nothing of the tool is left, and all is as it was.
    fn is_as(&self, tree: &Tree) {
        assert_eq!(&self.tree(), tree);
        assert!(!self.state().exists(), "the state folder is still there");
    }

    /// The same world elsewhere, as a kill would leave it in this instant.
    fn copy(&self) -> Self {
        let home = place::temporary();
        let from = self.home.path().join(".");
        assert!(Command::new("cp").arg("-a").arg(from).arg(home.path()).status().unwrap().success());
        Self { home }
    }
}

fn path(text: &str) -> ProjectPath {
    ProjectPath::try_from(text.to_owned()).unwrap()
}

fn inode(path: &Path) -> u64 {
    path.symlink_metadata().unwrap().ino()
}

#[test]
fn prepare_then_restore() {
    let world = World::new();
    let before = world.tree();
    let inodes = FILES.map(|name| inode(&world.path(name)));
    let lock = world.lock();
    world.apply(&lock, &go_on).unwrap().keep();
    drop(lock);

    assert!(matches!(world.standing(), ProjectState::Prepared(_)));
    for (name, inode_before) in FILES.into_iter().zip(inodes) {
        let (manifest, backup) = (world.path(name), world.path(&format!("{name}.bak")));
        assert_eq!(fs::read_to_string(&manifest).unwrap(), rewritten(name));
        assert_eq!(inode(&backup), inode_before, "the backup is the original itself");
        let meta = manifest.metadata().unwrap();
        assert_eq!(meta.mode(), before[name].0);
        assert!(meta.mtime() > 1_700_000_000, "BuildKit must see another time");
    }
    let json = serde_json::to_value(observe::read(&world.state(), &world.root(), &[]).unwrap()).unwrap();
    assert_eq!((&json["state"], &json["depsDir"]), (&json!("prepared"), &json!(".docker-deps")));
    assert_eq!(
        json["files"][0],
        json!({"path": BACKEND, "created": false, "now": "rewritten", "backup": "whole", "copy": true, "temp": false})
    );

    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Backup, RestoredFrom::Backup]);
    world.is_as(&before);
    assert_eq!(FILES.map(|name| inode(&world.path(name))), inodes);
    assert!(world.restore(false).unwrap().is_empty(), "twice is harmless");
    world.is_as(&before);
}

#[test]
fn whatever_stops_it_and_wherever_everything_comes_back() {
    for stop in 0.. {
        let count = Cell::new(0);
        let at_stop = || count.replace(count.get() + 1) == stop;

        let world = World::new();
        let before = world.tree();
        let killed = Cell::new(None);
        let lock = world.lock();
        let check = || {
            if at_stop() {
                killed.set(Some(world.copy()));
                return Err(Error::new(ErrorKind::Interrupted(15), "stopped by SIGTERM"));
            }
            Ok(())
        };
        // Dropped where it succeeds, which puts everything back too.
        let Err(error) = world.apply(&lock, &check).map(drop) else {
            assert_eq!(stop, 7, "as many points as there are steps");
            drop(lock);
            world.is_as(&before);
            return;
        };
        assert_eq!(error.kind.exit_code(), 143);
        drop(lock);
        world.is_as(&before);

        // The killed one is repaired in its new place.
        let moved = killed.into_inner().unwrap();
        for (name, (_, _, _, bytes)) in moved.tree() {
            let name = name.trim_end_matches(".bak");
            assert!(bytes == original(name).as_bytes() || bytes == rewritten(name).as_bytes(), "{name}");
        }
        moved.restore(false).unwrap();
        moved.is_as(&before);

        count.set(0);
        let world = World::new();
        let before = world.tree();
        let lock = world.lock();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _ = world.apply(&lock, &|| if at_stop() { panic!("at {stop}") } else { Ok(()) });
        }));
        assert!(panicked.is_err());
        drop(lock);
        world.is_as(&before);
    }
}

#[test]
fn with_keep_an_error_leaves_it_and_says_how_to_go_on() {
    let world = World::new();
    let before = world.tree();
    let lock = world.lock();
    let count = Cell::new(0);
    let error = world
        .begin(&lock)
        .unwrap()
        .apply(Phase::Prepared, true, &|| match count.replace(count.get() + 1) {
            4 => Err(Error::new(ErrorKind::Interrupted(2), "stopped by SIGINT")),
            _ => Ok(()),
        })
        .unwrap_err();
    assert!(error.to_string().ends_with("to put it back, type: docker-prep restore"), "{error}");
    drop(lock);
    let observed = world.observed();
    assert_eq!(observed.head.phase, Phase::Preparing);
    assert_eq!((observed.files[0].now, observed.files[1].now), (Now::Rewritten, Now::Original));
    assert!(observed.untouched());
    world.restore(false).unwrap();
    world.is_as(&before);
}

#[test]
fn a_damaged_backup_gives_way_to_the_copy_and_stays_where_it_is() {
    let (world, mut before) = World::prepared();
    let backup = world.path("backend/package.json.bak");
    fs::remove_file(&backup).unwrap();
    fs::write(&backup, "somebody's").unwrap();
    fs::remove_file(world.path("web app/package.json.bak")).unwrap();
    assert_eq!(world.observed().files[0].backup, Backup::Foreign);
    assert!(!world.observed().untouched());
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::StateCopy, RestoredFrom::StateCopy]);
    before.insert("backend/package.json.bak".to_owned(), world.tree()["backend/package.json.bak"].clone());
    world.is_as(&before);
}

#[test]
fn a_backup_that_was_touched_still_brings_mode_and_time_back() {
    let (world, before) = World::prepared();
    for name in FILES {
        let backup = world.path(&format!("{name}.bak"));
        fs::set_permissions(&backup, fs::Permissions::from_mode(0o644)).unwrap();
        fs::File::open(&backup).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    }
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Backup, RestoredFrom::Backup]);
    world.is_as(&before);
}

#[test]
fn without_any_copy_the_rewrite_is_undone_or_taken_from_the_commit_or_refused() {
    let lose = |world: &World| {
        for name in FILES {
            fs::remove_file(world.path(&format!("{name}.bak"))).unwrap();
        }
        fs::remove_dir_all(world.state().join("originals")).unwrap();
    };
    let (world, before) = World::prepared();
    lose(&world);
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Undone, RestoredFrom::Undone]);
    world.is_as(&before);

    let (world, _) = World::prepared();
    lose(&world);
    let tree = world.tree();
    // Of another rewrite.
    let mut journal = world.observed().journal();
    for (entry, name) in journal.files.iter_mut().zip(FILES) {
        entry.undo = record(name, "file:elsewhere");
    }
    save_journal(&world.lock(), &journal).unwrap();
    let error = world.restore_knowing(&inputs(|_| None), false).unwrap_err();
    assert_eq!((error.kind, error.problems.len()), (ErrorKind::Refused, 2));
    assert_eq!(
        error.problems[0].hint.as_deref(),
        Some("take the committed one: git checkout HEAD -- backend/package.json")
    );
    assert_eq!(world.tree(), tree);
    let with_head = inputs(|name| Some(original(name).replace("^1", "^0.9")));
    assert_eq!(
        world.restore_knowing(&with_head, false).unwrap(),
        [RestoredFrom::Committed, RestoredFrom::Committed]
    );
    assert_eq!(fs::read_to_string(world.path(WEB)).unwrap(), original(WEB).replace("^1", "^0.9"));
    assert!(!world.state().exists());
}

#[test]
fn an_edit_is_kept_and_only_the_rewrite_is_undone() {
    let (world, mut before) = World::prepared();
    let manifest = world.path(BACKEND);
    fs::write(&manifest, rewritten(BACKEND).replace("\"left\": \"1\"", "\"left\": \"2\"")).unwrap();
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(world.observed().files[0].now, Now::Edited);
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Merged, RestoredFrom::Backup]);
    let merged = world.tree()[BACKEND].clone();
    assert_eq!(merged.3, original(BACKEND).replace("\"left\": \"1\"", "\"left\": \"2\"").as_bytes());
    assert_eq!(merged.0 & 0o7777, 0o640);
    before.insert(BACKEND.to_owned(), merged);
    world.is_as(&before);
}

#[test]
fn an_interrupted_merge_is_taken_up_again() {
    let (world, mut before) = World::prepared();
    // What a restore leaves that is killed between writing the merged text and removing the backup.
    let merged = original(BACKEND).replace("left", "right");
    let mut journal = world.observed().journal();
    journal.head.phase = Phase::Restoring;
    journal.files[0].merged = Some(Digest::of(merged.as_bytes()));
    fs::write(world.path(BACKEND), &merged).unwrap();
    save_journal(&world.lock(), &journal).unwrap();
    assert!(matches!(world.standing(), ProjectState::Interrupted(_)));
    before.insert(BACKEND.to_owned(), world.tree()[BACKEND].clone());
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Merged, RestoredFrom::Backup]);
    world.is_as(&before);
}

#[test]
fn a_conflict_refuses_for_all_files_and_force_loses_neither_text() {
    let (world, mut before) = World::prepared();
    let edit = rewritten(BACKEND).replace("a-1.0.0", "mine-1.0.0");
    fs::write(world.path(BACKEND), &edit).unwrap();
    let tree = world.tree();
    let error = world.restore(false).unwrap_err();
    assert_eq!(error.kind.exit_code(), 3);
    let text = error.to_string();
    for part in [
        "backend/package.json: edited while prepared, and the rewrite cannot be taken back out of it: `dependencies.@x/a`: expected \"file:../.docker-deps/a-1.0.0-0123456789ab.tgz\", found \"file:../.docker-deps/mine-1.0.0-0123456789ab.tgz\"\n",
        "--- as prepare wrote it\n+++ as it is now\n",
        "-  \"dependencies\": { \"@x/a\": \"file:../.docker-deps/a-1.0.0-0123456789ab.tgz\"",
        "+  \"dependencies\": { \"@x/a\": \"file:../.docker-deps/mine-1.0.0-0123456789ab.tgz\"",
        "docker-prep restore --force",
        "nothing was changed: 1 other file was left as prepared too",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert_eq!(world.tree(), tree);
    assert_eq!(world.restore(true).unwrap(), [RestoredFrom::Backup, RestoredFrom::Backup]);
    let after = world.tree();
    assert_eq!(after["backend/package.json.edited"].3, edit.as_bytes());
    before.insert("backend/package.json.edited".to_owned(), after["backend/package.json.edited"].clone());
    world.is_as(&before);
}

#[test]
fn what_was_put_aside_before_is_not_replaced() {
    let (world, _) = World::prepared();
    fs::write(world.path(BACKEND), "{}").unwrap();
    fs::write(world.path("backend/package.json.edited"), "precious").unwrap();
    let tree = world.tree();
    let error = world.restore(true).unwrap_err();
    assert!(error.to_string().contains("package.json.edited: is there already"), "{error}");
    let after = world.tree();
    for name in [BACKEND, "backend/package.json.bak", "backend/package.json.edited"] {
        assert_eq!(after[name], tree[name]);
    }
    assert!(world.state().exists());
}

#[test]
fn what_was_deleted_comes_back_with_its_folder() {
    let (world, before) = World::prepared();
    fs::remove_file(world.path(BACKEND)).unwrap();
    fs::remove_dir_all(world.path("web app")).unwrap();
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::Backup, RestoredFrom::StateCopy]);
    world.is_as(&before);
}

#[test]
fn put_back_by_hand_it_only_has_to_be_cleaned_up() {
    // `git checkout` of one, `mv` of the other.
    let (world, before) = World::prepared();
    fs::write(world.path(BACKEND), original(BACKEND)).unwrap();
    fs::rename(world.path("web app/package.json.bak"), world.path(WEB)).unwrap();
    assert_eq!(world.restore(false).unwrap(), [RestoredFrom::AlreadyOriginal; 2]);
    world.is_as(&before);
}

#[test]
fn after_a_kill_what_was_edited_before_its_turn_is_left_alone() {
    // The second file's turn: before its backup, after it, and after the rename.
    for (stop, expected) in
        [(4, RestoredFrom::Untouched), (5, RestoredFrom::Untouched), (6, RestoredFrom::Merged)]
    {
        for (in_place, ours_too) in [(true, true), (true, false), (false, true), (false, false)] {
            let world = World::new();
            let before = world.tree();
            let lock = world.lock();
            let (count, killed) = (Cell::new(0), Cell::new(None));
            let _ = world.apply(&lock, &|| {
                if count.replace(count.get() + 1) == stop {
                    killed.set(Some(world.copy()));
                }
                Ok(())
            });
            let killed = killed.into_inner().unwrap();
            let edited = |text: String| {
                let text = text.replace("left", "right");
                if ours_too && stop < 6 { text.replace("^1", "^2") } else { text }
            };
            let manifest = killed.path(WEB);
            let text = fs::read_to_string(&manifest).unwrap();
            if !in_place {
                fs::remove_file(&manifest).unwrap();
            }
            fs::write(&manifest, edited(text)).unwrap();
            let case = format!("{stop} {in_place} {ours_too}");
            assert_eq!(killed.restore(false).unwrap(), [RestoredFrom::Backup, expected], "{case}");
            let after = killed.tree();
            assert_eq!(after[WEB].3, edited(original(WEB)).as_bytes());
            // It may be that the rewrite was there, and was taken out by hand: then the backup is worth something.
            let keeps_backup = stop == 5 && !in_place && !ours_too;
            assert_eq!(after.len(), 2 + usize::from(keeps_backup), "{case}");
            assert_eq!(after[BACKEND], before[BACKEND]);
            assert!(!killed.state().exists());
        }
    }
}

#[test]
fn a_copied_backup_that_was_cut_short_is_cleaned_up() {
    let world = World::new();
    let before = world.tree();
    let lock = world.lock();
    let (count, killed) = (Cell::new(0), Cell::new(None));
    let _ = world.apply(&lock, &|| {
        if count.replace(count.get() + 1) == 2 {
            killed.set(Some(world.copy()));
        }
        Ok(())
    });
    let killed = killed.into_inner().unwrap();
    fs::write(killed.path("backend/package.json.bak"), &original(BACKEND)[..9]).unwrap();
    fs::write(killed.path("web app/package.json.bak"), original(WEB)).unwrap();
    fs::write(killed.path("web app/package.json.docker-prep-new"), "{").unwrap();
    assert_eq!(killed.observed().files[0].backup, Backup::Cut);
    killed.restore(false).unwrap();
    killed.is_as(&before);
}

#[test]
fn begin_names_everything_that_is_in_the_way_and_touches_nothing() {
    let world = World::new();
    fs::write(world.path("backend/package.json.bak"), "x").unwrap();
    fs::write(world.path("web app/package.json.docker-prep-new"), "x").unwrap();
    let tree = world.tree();
    let lock = world.lock();
    let error = world.begin(&lock).unwrap_err();
    assert_eq!((error.kind, error.problems.len()), (ErrorKind::Refused, 2));
    let text = error.to_string();
    assert!(text.contains("backend/package.json.bak: a backup is there already\n  if it holds"), "{text}");
    assert!(text.contains("remove it: rm web app/package.json.docker-prep-new"), "{text}");
    drop(lock);
    world.is_as(&tree);
}

#[test]
fn begin_refuses_what_it_cannot_bring_back() {
    let refusal = |prepare: &dyn Fn(&World)| {
        let world = World::new();
        prepare(&world);
        let tree = world.tree();
        let lock = world.lock();
        let error = world.begin(&lock).unwrap_err();
        drop(lock);
        assert_eq!(error.kind, ErrorKind::Refused);
        world.is_as(&tree);
        error.to_string()
    };
    assert!(
        refusal(&|w| fs::write(w.path(BACKEND), "{}").unwrap()).contains("was changed since it was read")
    );
    assert!(refusal(&|w| fs::remove_file(w.path(BACKEND)).unwrap()).contains("no such file"));
    let text =
        refusal(&|w| fs::set_permissions(w.path("web app"), fs::Permissions::from_mode(0o555)).unwrap());
    assert!(text.contains("web app: the folder is read-only\n  chmod u+w "), "{text}");
    let text = refusal(&|w| {
        fs::rename(w.path("backend"), w.home.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(w.home.path().join("elsewhere"), w.path("backend")).unwrap();
    });
    assert!(text.contains("is not inside the project"), "{text}");
    let text = refusal(&|w| {
        fs::rename(w.path(BACKEND), w.path("backend/real.json")).unwrap();
        std::os::unix::fs::symlink("real.json", w.path(BACKEND)).unwrap();
    });
    assert!(text.contains("is no regular file"), "{text}");

    let world = World::new();
    let lock = world.lock();
    let deps_dir = DepsDirNote { path: path(".docker-deps"), existed: true };
    let twice = vec![world.change(BACKEND), world.change(BACKEND)];
    assert!(
        Transaction::begin(&lock, &world.root(), deps_dir, twice)
            .unwrap_err()
            .to_string()
            .contains("named twice")
    );

    let (world, _) = World::prepared();
    let lock = world.lock();
    let error = world.begin(&lock).unwrap_err().to_string();
    let by = concat!("the project was prepared by docker-prep ", env!("CARGO_PKG_VERSION"));
    assert!(error.contains(by), "{error}");
    assert!(error.contains("docker-prep restore"), "{error}");
}

#[test]
fn a_state_that_is_garbled_or_leads_elsewhere_makes_nothing_be_written() {
    let (world, before) = World::prepared();
    let tree = world.tree();
    let state = world.state().join("state.json");
    let good = fs::read(&state).unwrap();
    fs::write(&state, &good[..good.len() / 2]).unwrap();
    assert!(matches!(world.standing(), ProjectState::Damaged { .. }));
    let error = world.restore(true).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.to_string().contains("cut or garbled"), "{error}");
    assert_eq!(world.tree(), tree);

    // A folder of the project that has become a link to somewhere else.
    fs::write(&state, &good).unwrap();
    let outside = world.home.path().join("outside");
    fs::rename(world.path("backend"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, world.path("backend")).unwrap();
    let error = world.restore(true).unwrap_err();
    assert!(error.to_string().contains("backend is no longer a folder"), "{error}");
    assert_eq!(fs::read_to_string(outside.join("package.json")).unwrap(), rewritten(BACKEND));
    fs::remove_file(world.path("backend")).unwrap();
    fs::rename(&outside, world.path("backend")).unwrap();

    // A manifest that has become one.
    fs::rename(world.path(BACKEND), world.path("backend/other")).unwrap();
    std::os::unix::fs::symlink("other", world.path(BACKEND)).unwrap();
    let error = world.restore(true).unwrap_err();
    assert!(error.to_string().contains("backend/package.json: is no file any more"), "{error}");
    fs::rename(world.path("backend/other"), world.path(BACKEND)).unwrap();
    world.restore(false).unwrap();
    world.is_as(&before);
}

#[test]
fn another_process_is_refused_while_one_is_at_it() {
    let world = World::new();
    let lock = world.lock();
    let prepared = world.apply(&lock, &go_on).unwrap();
    assert_eq!(holder(&world.state()).unwrap().unwrap().pid, Some(std::process::id()));
    assert_eq!(Lock::acquire(&world.state()).unwrap_err().kind.exit_code(), 3);
    drop(prepared);
    assert_eq!(world.standing(), ProjectState::Clean);
}

#[test]
fn what_a_prepare_left_that_was_killed_before_its_journal_stood_is_swept() {
    let world = World::new();
    let before = world.tree();
    let originals = world.state().join("originals");
    fs::create_dir_all(&originals).unwrap();
    fs::write(originals.join(format!("{}.new", Digest::of(b"x").as_str())), "cut").unwrap();
    fs::write(world.state().join("state.json.new"), "{").unwrap();
    assert_eq!(world.standing(), ProjectState::Clean);
    assert!(world.restore(false).unwrap().is_empty());
    world.is_as(&before);
}

#[test]
fn the_old_scripts_backup_is_moved_back_and_no_other() {
    let world = World::new();
    let backup = world.path("backend/package.json.bak");
    fs::rename(world.path(BACKEND), &backup).unwrap();
    fs::write(world.path(BACKEND), rewritten(BACKEND)).unwrap();
    fs::write(world.path("web app/package.json.bak"), "mine").unwrap();
    let manifests = FILES.map(|name| world.path(name));
    let seen = observe::read(&world.state(), &world.root(), &manifests).unwrap();
    assert_eq!(seen.standing, ProjectState::Clean);
    assert_eq!(seen.leftovers, ["backend/package.json.bak", "web app/package.json.bak"]);
    let moved = world.move_back(&manifests);
    assert_eq!(
        moved,
        [(manifests[0].clone(), Leftover::MoveBack), (manifests[1].clone(), Leftover::NotRewritten)]
    );
    assert_eq!(fs::read_to_string(world.path(BACKEND)).unwrap(), original(BACKEND));
    assert!(!backup.exists() && world.path("web app/package.json.bak").exists());

    // Made by running the old script twice: the original is gone.
    fs::write(&backup, rewritten(BACKEND)).unwrap();
    fs::write(world.path(BACKEND), rewritten(BACKEND)).unwrap();
    assert_eq!(world.move_back(&manifests[..1])[0].1, Leftover::BothRewritten);
    assert!(backup.exists());
}

#[test]
fn the_committed_manifest_is_found_from_a_subfolder_of_the_repository() {
    let world = World::new();
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", world.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .arg("-C")
            .arg(world.home.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false"])
            .args(args)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "project/web app"]);
    git(&["commit", "-qm", "x"]);
    let committed = |name: &str| committed::text(&world.root(), &path(name)).unwrap();
    assert_eq!(committed(WEB), Some(original(WEB)));
    assert_eq!(committed(BACKEND), None);
}
