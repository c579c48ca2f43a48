//! A disk without room.

use crate::common::Run;
use crate::filesystems::place::{Mounted, Place, with_own_mounts};

/// Enough for a run to end well, in pages.
const ENOUGH: u64 = 40;

/// A clear refusal: it says what is lacking, and where.
#[track_caller]
fn is_for_want_of_room(run: &Run, pages: u64) {
    assert!(matches!(run.code, Some(4 | 5)), "{pages} pages: {run}");
    assert!(run.stderr.to_lowercase().contains("no space left"), "{pages} pages: {run}");
    assert!(run.stderr.contains("error: "), "{run}");
}

/// `prepare` and `run` at each amount of room until there is enough, and each time everything comes back.
fn at_every_amount_of_room(place: &Place, disk: &Mounted) {
    let (mut failed, mut done) = (0, 0);
    for pages in 0..=ENOUGH {
        disk.fill(pages);
        let run = place.call(&["prepare"]);
        let original = place.is_whole();
        if run.code == Some(0) {
            assert!(!original, "{run}");
            // Not one page more is needed for the way back.
            disk.fill(0);
            place.call(&["restore"]).exits(0);
            done += 1;
        } else {
            is_for_want_of_room(&run, pages);
            assert!(original, "{pages} pages: {run}");
            place.is_restored();
            place.call(&["restore"]).exits(0);
            failed += 1;
        }
        place.is_restored();
        disk.make_room();
        place.call(&["restore", "--clean"]).exits(0);
        disk.fill(pages);
        let run = place.call(&["run", "--", "grep", "-q", "file:", "backend/package.json"]);
        if run.code != Some(0) {
            is_for_want_of_room(&run, pages);
        }
        place.is_restored();
        disk.make_room();
        place.call(&["restore", "--clean"]).exits(0);
        place.is_restored();
        if done == 3 {
            break;
        }
    }
    assert!(failed > 0 && done == 3, "{failed} failed, {done} did not");
}

#[test]
fn the_projects_disk_is_full_to_every_degree() {
    with_own_mounts("filesystems::full::the_projects_disk_is_full_to_every_degree", || {
        let place = Place::new();
        let disk = Mounted::in_memory(&place.world.path("notes"), "2m");
        at_every_amount_of_room(&place, &disk);
    });
}

#[test]
fn the_git_directorys_disk_is_full_to_every_degree() {
    with_own_mounts("filesystems::full::the_git_directorys_disk_is_full_to_every_degree", || {
        let place = Place::new();
        let disk = Mounted::in_memory(&place.path(".git"), "2m");
        at_every_amount_of_room(&place, &disk);
    });
}

#[test]
fn the_surfaces_disk_is_full_to_every_degree() {
    with_own_mounts("filesystems::full::the_surfaces_disk_is_full_to_every_degree", || {
        let place = Place::new();
        place.world.file("notes/.gitignore", "ballast\n");
        place.world.git("notes", &["add", "-A"]);
        place.world.git("notes", &["commit", "-qm", "ignore"]);
        let disk = Mounted::in_memory(&place.path("backend"), "128k");
        let place = place.looked_at_anew();
        at_every_amount_of_room(&place, &disk);
    });
}

#[test]
fn the_disk_fills_up_while_the_command_runs_and_an_edit_is_there() {
    with_own_mounts(
        "filesystems::full::the_disk_fills_up_while_the_command_runs_and_an_edit_is_there",
        || {
            let place = Place::new();
            let disk = Mounted::in_memory(&place.world.path("notes"), "2m");
            let fill = "cat /dev/zero >.git/ballast; true";
            place.call(&["run", "--", "sh", "-c", fill]).exits(0);
            place.is_restored();
            disk.make_room();
            place.call(&["restore", "--clean"]).exits(0);
            // The edited text has to be written, and there is no room: it stays as it is until there is.
            let edit = "sed s/2.1.3/2.1.4/ backend/package.json >../edited; cat ../edited >backend/package.json; cat /dev/zero >.git/ballast; true";
            let run = place.call(&["run", "--", "sh", "-c", edit]);
            is_for_want_of_room(&run, 0);
            assert!(place.world.read("notes/backend/package.json").contains("2.1.4"), "{run}");
            assert_eq!(place.world.read("notes/backend/package.json.bak"), place.original);
            disk.make_room();
            place.call(&["restore"]).exits(0);
            assert_eq!(
                place.world.read("notes/backend/package.json"),
                place.original.replace("2.1.3", "2.1.4")
            );
            assert!(!place.world.exists("notes/backend/package.json.bak"));
        },
    );
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let place = Place::new();
    let program = place.world.program().get_program().to_owned();
    let mut shell = place.world.command("sh");
    shell.args(["-c", "ulimit -f 0; exec \"$0\" prepare 2>&1 | cat"]).arg(program);
    let output = shell.current_dir(place.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("error: ") && said.contains("file too large"), "{said}");
    place.is_restored();
}
