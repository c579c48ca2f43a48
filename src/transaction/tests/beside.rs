//! Files beside manifests in the transaction: settings that are edited or made, lockfiles that are replaced or made.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::product::product;
use crate::common::{Run, Snapshot, World, sha256};
use crate::error::{Error, ErrorKind, Result};
use crate::project::{Beside, FileKind, ProjectPath};
use crate::rewrite::files::settings_change;
use crate::rewrite::{FileChange, replacement};
use crate::transaction::{DepsDirNote, FileRewrite, Lock, Phase, Prepared, Transaction};

const STATE: &str = "notes/.git/docker-prep";
/// Edited, made, replaced, made.
const SETTINGS: &str = "notes/backend/pnpm-workspace.yaml";
const NEW_SETTINGS: &str = "notes/web/pnpm-workspace.yaml";
const LOCKFILE: &str = "notes/backend/pnpm-lock.yaml";
const NEW_LOCKFILE: &str = "notes/web/yarn.lock";
const FILES: [&str; 4] = [SETTINGS, NEW_SETTINGS, LOCKFILE, NEW_LOCKFILE];

const ORIGINAL: &str = "# settings\r\noverrides:\r\n  left: 1 # why\r\n  '@bytelyst/http': ^3\r\n# end";
const TARBALL: &str = "file:../.docker-deps/bytelyst-http-3.1.0-0123456789ab.tgz";

/// The product with settings and a lockfile in one surface, and neither in the other.
fn world() -> (World, Snapshot) {
    let world = product();
    world.file(SETTINGS, ORIGINAL).mode(SETTINGS, 0o640);
    world.file(LOCKFILE, "lockfileVersion: '9.0'\n").file("notes/web/package.json", "{}\n");
    for file in [SETTINGS, LOCKFILE] {
        let old = std::time::UNIX_EPOCH + std::time::Duration::new(1_600_000_000, 987_654_321);
        fs::File::open(world.path(file)).unwrap().set_modified(old).unwrap();
    }
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "--quiet", "--message=files"]);
    let before = picture(&world);
    (world, before)
}

fn picture(world: &World) -> Snapshot {
    Snapshot::of(&world.path("notes")).without(&[".git"]).without_folder_times()
}

/// The file as prepare finds it.
fn beside(world: &World, file: &str) -> Beside {
    let path = world.path(file);
    let kind = FileKind::of(path.file_name().unwrap().to_str().unwrap()).unwrap();
    let name = file.strip_prefix("notes/").unwrap().to_owned();
    Beside { text: fs::read_to_string(&path).ok(), path, name, kind }
}

fn file_changes(world: &World) -> Vec<FileChange> {
    let sets = ["@bytelyst/http", "@bytelyst/x"].map(|name| (name.to_owned(), TARBALL.to_owned()));
    let plan = |file| match FileKind::of(Path::new(file).file_name()?.to_str()?)? {
        FileKind::Lockfile => replacement(&beside(world, file), lockfile()),
        _ => settings_change(&beside(world, file), &sets, &["left".to_owned()]).unwrap(),
    };
    FILES.into_iter().filter_map(plan).collect()
}

fn lockfile() -> String {
    format!("packages:\n  '@bytelyst/http@{TARBALL}':\n    resolution: {{integrity: x}}\n")
}

fn begin<'l>(world: &World, lock: &'l Lock) -> Result<Transaction<'l>> {
    let changes = file_changes(world).into_iter().map(|file| FileRewrite {
        path: file.path,
        original: file.before.map(String::into_bytes),
        rewritten: file.after.into_bytes(),
        undo: file.undo,
    });
    let path = ProjectPath::try_from(".docker-deps".to_owned()).unwrap();
    let note = DepsDirNote { path, existed: true };
    Transaction::begin(lock, &world.path("notes"), note, changes.collect())
}

fn apply<'l>(world: &World, lock: &'l Lock, check: &dyn Fn() -> Result<()>) -> Result<Prepared<'l>> {
    begin(world, lock)?.apply(Phase::Prepared, false, check)
}

fn lock(world: &World) -> Lock {
    Lock::acquire(&world.path(STATE)).unwrap()
}

/// Prepared and left so.
fn prepared() -> (World, Snapshot) {
    let (world, before) = world();
    apply(&world, &lock(&world), &|| Ok(())).unwrap().keep();
    (world, before)
}

/// Calls the program's commands in a process of their own, as the binary does: they read the environment and print.
fn call<A: AsRef<OsStr>>(world: &World, words: impl IntoIterator<Item = A>) -> Run {
    let mut child = world.command(std::env::current_exe().unwrap());
    child.current_dir(world.path("notes"));
    child
        .args(["--exact", "--nocapture", "--quiet", "cli::tests::child_that_is_the_program", "--"])
        .args(words);
    let mut run = Run::from(child.output().unwrap());
    let printed = run.stdout.strip_prefix("\nrunning 1 test\n");
    run.stdout = printed.unwrap_or_else(|| panic!("no child: {run}")).to_owned();
    run
}

/// Restores by the program; nothing of it is left then.
#[track_caller]
fn restore(world: &World, args: &[&str]) -> Run {
    let run = call(world, ["restore"].iter().chain(args)).exits(0);
    assert!(!world.exists(STATE), "{run}");
    run
}

#[test]
fn what_was_edited_comes_back_and_what_was_made_goes() {
    let (world, before) = prepared();
    let text = world.read(SETTINGS);
    let expected = format!(
        "# settings\r\noverrides:\r\n  '@bytelyst/http': {TARBALL}\r\n  '@bytelyst/x': {TARBALL}\r\n# end"
    );
    assert_eq!(text, expected);
    assert_eq!(world.read(format!("{SETTINGS}.bak")), ORIGINAL);
    let after = picture(&world);
    for (file, mode) in [(SETTINGS, 0o640), (NEW_SETTINGS, 0o644), (NEW_LOCKFILE, 0o644)] {
        assert_eq!(after.0[Path::new(file.strip_prefix("notes/").unwrap())].mode, mode, "{file}");
    }
    for made in [NEW_SETTINGS, NEW_LOCKFILE] {
        assert!(!world.exists(format!("{made}.bak")) && !world.exists(format!("{made}.docker-prep-new")));
    }
    let status = call(&world, ["status"]).exits(0);
    for line in [
        "backend/pnpm-workspace.yaml: rewritten\n",
        "web/pnpm-workspace.yaml: made\n",
        "web/yarn.lock: made\n",
    ] {
        assert!(status.stdout.contains(line), "{status}");
    }
    let json: Value = serde_json::from_str(&call(&world, ["status", "--json"]).stdout).unwrap();
    assert_eq!(json["files"][1]["created"], json!(true));
    assert_eq!(json["leftovers"], json!([]));

    let run = restore(&world, &[]);
    for line in [
        "restored backend/pnpm-workspace.yaml (from pnpm-workspace.yaml.bak)",
        "removed web/pnpm-workspace.yaml (it was not there before)",
        "removed web/yarn.lock (it was not there before)",
    ] {
        assert!(run.stderr.contains(line), "{line}: {run}");
    }
    before.assert_same(&picture(&world));
    assert_eq!(world.git_status("notes"), "");
}

#[test]
fn wherever_it_is_stopped_or_killed_everything_comes_back() {
    for stop in 0.. {
        let (world, before) = world();
        let killed = World::new();
        let lock = lock(&world);
        let count = Cell::new(0);
        let check = || {
            if count.replace(count.get() + 1) != stop {
                return Ok(());
            }
            let from = world.root().join(".");
            assert!(Command::new("cp").arg("-a").arg(from).arg(killed.root()).status().unwrap().success());
            Err(Error::new(ErrorKind::Interrupted(15), "stopped by SIGTERM"))
        };
        let done = apply(&world, &lock, &check).map(drop);
        drop(lock);
        before.assert_same(&picture(&world));
        if done.is_ok() {
            assert_eq!(stop, 9, "as many points as there are steps");
            return;
        }
        restore(&killed, &[]);
        before.assert_same(&picture(&killed));
    }
}

#[test]
fn a_name_that_somebody_takes_in_the_very_instant_is_theirs() {
    for file in [NEW_SETTINGS, NEW_LOCKFILE] {
        let (world, _) = world();
        let lock = lock(&world);
        let check = || {
            // Once the journal stands, every file has been looked at.
            if world.exists(format!("{STATE}/state.json")) && !world.exists(file) {
                world.file(file, "mine: 1\n");
            }
            Ok(())
        };
        let error = apply(&world, &lock, &check).map(drop).unwrap_err();
        drop(lock);
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.to_string().contains("file exists"), "{error}");
        assert_eq!(world.read(file), "mine: 1\n");
        world.remove(file);
        assert_eq!(world.git_status("notes"), "");
        assert!(!world.exists(STATE) && !world.exists(format!("{file}.docker-prep-new")));
    }
}

#[test]
fn what_is_in_the_way_is_named_and_nothing_touched() {
    for (file, what) in [
        (NEW_SETTINGS, "web/pnpm-workspace.yaml: was made since it was looked for"),
        ("notes/web/yarn.lock.bak", "web/yarn.lock.bak: a backup is there already"),
        ("notes/backend/pnpm-lock.yaml.bak", "backend/pnpm-lock.yaml.bak: a backup is there already"),
        ("notes/web/pnpm-workspace.yaml.docker-prep-new", "is in the way"),
    ] {
        let (world, _) = world();
        let lock = lock(&world);
        let changes = file_changes(&world);
        world.file(file, "mine");
        let before = picture(&world);
        let changes = changes.into_iter().map(|file| FileRewrite {
            path: file.path,
            original: file.before.map(String::into_bytes),
            rewritten: file.after.into_bytes(),
            undo: file.undo,
        });
        let path = ProjectPath::try_from(".docker-deps".to_owned()).unwrap();
        let note = DepsDirNote { path, existed: true };
        let begun = Transaction::begin(&lock, &world.path("notes"), note, changes.collect());
        let text = begun.unwrap_err().to_string();
        assert!(text.contains(what), "{text}");
        before.assert_same(&picture(&world));
    }
}

#[test]
fn an_edit_of_settings_stays_when_ours_goes() {
    let (world, _) = prepared();
    let edit = |file: &str, text: String| {
        world.file(file, text);
    };
    edit(SETTINGS, world.read(SETTINGS).replace("# settings", "# settings\r\nlinkWorkspacePackages: true"));
    edit(NEW_SETTINGS, format!("{}catalog:\n  left: 1\n", world.read(NEW_SETTINGS)));
    let status = call(&world, ["status"]).exits(0);
    assert!(status.stdout.contains("web/pnpm-workspace.yaml: made, then edited"), "{status}");
    let run = restore(&world, &[]);
    assert!(
        run.stderr.contains("backend/pnpm-workspace.yaml: edited while prepared: the edit is kept"),
        "{run}"
    );
    assert!(
        run.stderr.contains("web/pnpm-workspace.yaml: made by prepare and edited since: the edit"),
        "{run}"
    );
    let edited = ORIGINAL.replace("# settings", "# settings\r\nlinkWorkspacePackages: true");
    let line = |text: &str| -> Vec<String> {
        let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(line(&world.read(SETTINGS)), line(&edited));
    assert_eq!(world.read(NEW_SETTINGS), "catalog:\n  left: 1\n");
    assert!(!world.exists(format!("{SETTINGS}.bak")) && !world.exists(NEW_LOCKFILE));
}

#[test]
fn made_settings_in_which_only_ours_is_left_go() {
    let (world, before) = prepared();
    let text = world.read(NEW_SETTINGS).replace('\n', "\r\n");
    world.file(NEW_SETTINGS, text);
    restore(&world, &[]);
    before.assert_same(&picture(&world));
}

#[test]
fn settings_that_cannot_be_told_apart_are_kept_until_force() {
    let (world, mut before) = prepared();
    for file in [SETTINGS, NEW_SETTINGS] {
        let text = world.read(file).replace("3.1.0-0123456789ab", "4.0.0-0123456789ab");
        world.file(file, text);
    }
    let edited = picture(&world);
    let run = call(&world, ["restore"]).exits(3);
    assert!(run.stderr.contains("`overrides.@bytelyst/x`: expected \"file:"), "{run}");
    assert!(
        run.stderr.contains("remove the file and keep the edit as web/pnpm-workspace.yaml.edited"),
        "{run}"
    );
    edited.assert_same(&picture(&world));
    restore(&world, &["--force"]);
    let mut after = picture(&world);
    for file in ["backend/pnpm-workspace.yaml", "web/pnpm-workspace.yaml"] {
        let aside = Path::new(file).with_extension("yaml.edited");
        assert_eq!(after.0.remove(&aside).unwrap().kind, edited.0[Path::new(file)].kind);
    }
    before = before.without_folder_times();
    before.assert_same(&after);
}

#[test]
fn a_lockfile_that_an_install_wrote_gives_way() {
    let (world, before) = prepared();
    for file in [LOCKFILE, NEW_LOCKFILE] {
        world.file(file, format!("{}left@1:\n", lockfile()));
    }
    let run = restore(&world, &[]);
    assert!(run.stderr.contains("backend/pnpm-lock.yaml: written anew by an install"), "{run}");
    assert!(
        run.stderr.contains("web/yarn.lock: written anew by an install while prepared: removed"),
        "{run}"
    );
    before.assert_same(&picture(&world));
    assert_eq!(world.git_status("notes"), "");

    // Without any copy, it is the committed one.
    let (world, before) = prepared();
    world.file(LOCKFILE, format!("{}left@1:\n", lockfile()));
    world.remove(format!("{LOCKFILE}.bak")).remove(format!("{STATE}/originals"));
    world.remove(format!("{SETTINGS}.bak"));
    restore(&world, &[]);
    before.assert_same(&picture(&world));
}

#[test]
fn a_lockfile_that_nothing_of_ours_is_in_is_its_owners() {
    let (world, _) = prepared();
    for file in [LOCKFILE, NEW_LOCKFILE] {
        world.file(file, "left@1:\n");
    }
    let run = restore(&world, &[]);
    assert!(run.stderr.contains("web/yarn.lock: edited, and nothing of the rewrite is in it"), "{run}");
    assert_eq!((world.read(LOCKFILE), world.read(NEW_LOCKFILE)), ("left@1:\n".into(), "left@1:\n".into()));
    assert_eq!(world.read(format!("{LOCKFILE}.bak")), "lockfileVersion: '9.0'\n");
}

#[test]
fn what_the_last_commit_has_was_not_made() {
    let (world, _) = prepared();
    world.file(NEW_LOCKFILE, format!("{}left@1:\n", lockfile()));
    world.git("notes", &["add", "web/yarn.lock"]);
    world.git("notes", &["commit", "--quiet", "--message=lock"]);
    let run = call(&world, ["restore"]).exits(3);
    assert!(run.stderr.contains("the last commit has one, and the state says that there was none"), "{run}");
    let text = world.read(NEW_LOCKFILE);
    restore(&world, &["--force"]);
    assert_eq!(world.read(format!("{NEW_LOCKFILE}.edited")), text);
}

#[test]
fn what_was_made_and_has_gone_is_no_loss() {
    let (world, before) = prepared();
    world.remove(NEW_SETTINGS).remove(NEW_LOCKFILE);
    let status = call(&world, ["status"]).exits(0);
    assert!(status.stdout.contains("web/yarn.lock: gone, as before"), "{status}");
    let run = restore(&world, &[]);
    assert!(run.stderr.contains("web/yarn.lock: is gone already"), "{run}");
    before.assert_same(&picture(&world));
}

#[test]
fn a_lost_state_is_told_of_and_a_damaged_one_gives_way_to_backups() {
    let (world, before) = prepared();
    world.remove(STATE);
    let status = call(&world, ["status"]).exits(0);
    assert!(
        status.stdout.contains("backend/pnpm-workspace.yaml.bak: a backup that no state names"),
        "{status}"
    );
    let run = call(&world, ["restore"]).exits(3);
    assert!(run.stderr.contains("restored backend/pnpm-workspace.yaml (from a backup"), "{run}");
    assert!(run.stderr.contains("restored backend/pnpm-lock.yaml (from a backup"), "{run}");
    let run = call(&world, ["restore"]).exits(3);
    assert!(run.stderr.contains("error: web/pnpm-workspace.yaml:"), "{run}");
    assert!(run.stderr.contains("rm web/yarn.lock"), "{run}");
    world.remove(NEW_SETTINGS).remove(NEW_LOCKFILE);
    before.assert_same(&picture(&world));

    // An edit is kept, but none of a lockfile.
    let (world, _) = prepared();
    world.remove(STATE);
    let edit = world.read(SETTINGS).replace("# settings", "shamefullyHoist: true");
    world.file(SETTINGS, &edit).file(LOCKFILE, format!("{}left@1:\n", lockfile()));
    call(&world, ["restore"]).exits(3);
    assert_eq!(world.read(format!("{SETTINGS}.edited")), edit);
    assert!(world.read(SETTINGS) == ORIGINAL && !world.exists(format!("{LOCKFILE}.edited")));

    let (world, before) = prepared();
    world.file(format!("{STATE}/state.json"), "{");
    let run = call(&world, ["restore"]).exits(3);
    assert!(
        run.stderr.contains("web/pnpm-workspace.yaml: is rewritten, and has no backup beside it"),
        "{run}"
    );
    world.remove(NEW_SETTINGS).remove(NEW_LOCKFILE);
    call(&world, ["restore"]).exits(0);
    before.assert_same(&picture(&world));
}

#[test]
fn what_still_leads_to_tarballs_is_told_of_and_not_taken_for_an_original() {
    let world = product();
    call(&world, ["prepare"]).exits(0);
    world.file(LOCKFILE, lockfile());
    let run = call(&world, ["restore"]).exits(0);
    assert!(run.stderr.contains("warning: backend/pnpm-lock.yaml: points into .docker-deps/"), "{run}");
    call(&world, ["prepare"]).exits(0);
    call(&world, ["restore"]).exits(0);

    world.file(SETTINGS, format!("overrides:\n  x: {TARBALL}\n"));
    let before = picture(&world);
    for args in [["prepare"].as_slice(), &["prepare", "--dry-run"]] {
        let run = call(&world, args).exits(3);
        assert!(run.stderr.contains("backend/pnpm-workspace.yaml: points into .docker-deps/"), "{run}");
    }
    before.assert_same(&picture(&world));
}

#[test]
fn strip_overrides_takes_references_out_of_settings() {
    let (world, _) = prepared();
    for file in [SETTINGS, LOCKFILE] {
        world.remove(format!("{file}.bak"));
    }
    world.remove(STATE).remove(NEW_LOCKFILE).file(LOCKFILE, "lockfileVersion: '9.0'\n");
    let run = call(&world, ["--strip-overrides"]).exits(0);
    assert!(run.stderr.contains("stripped web/pnpm-workspace.yaml"), "{run}");
    let expected = "# settings\r\noverrides:\r\n  '@bytelyst/http': '^3'\r\n# end";
    assert_eq!(world.read(SETTINGS), expected);
    assert!(!world.exists(NEW_SETTINGS));
}

#[test]
fn a_project_that_the_version_before_prepared_is_restored() {
    let world = product();
    let before = picture(&world);
    call(&world, ["prepare"]).exits(0);
    let path = format!("{STATE}/state.json");
    let mut document: Value = serde_json::from_str(&world.read(&path)).unwrap();
    for file in document["journal"]["files"].as_array_mut().unwrap() {
        let file = file.as_object_mut().unwrap();
        let Some(Value::Object(original)) = file.remove("original") else { panic!("no original") };
        file.extend(original);
    }
    let body = document["journal"].to_string();
    let checksum = sha256(body.as_bytes());
    world.file(&path, format!("{{\"schemaVersion\":1,\"checksum\":\"{checksum}\",\"journal\":{body}}}\n"));
    let status = call(&world, ["status"]).exits(0);
    assert!(status.stdout.contains("backend/package.json: rewritten"), "{status}");
    restore(&world, &["--clean"]);
    before.assert_same(&picture(&world));
}
