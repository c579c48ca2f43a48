//! What `restore` makes of a state that nobody can read.

use std::path::Path;

use crate::common::{World, sha256};
use crate::hostile::{JOURNAL, MANIFEST, STATE, Template};

/// The prepared project with the journal cut in the middle.
fn damaged() -> (Template, World, Vec<u8>) {
    let template = Template::new();
    let world = template.copy();
    let whole = world.bytes(JOURNAL);
    let cut = whole[..whole.len() / 2].to_vec();
    world.file(JOURNAL, &cut);
    (template, world, cut)
}

#[test]
fn a_damaged_state_gives_way_to_the_backups_and_is_kept() {
    let (template, world, cut) = damaged();
    let status = world.run_in("notes", ["status"]).exits(0);
    assert!(
        status.stdout.contains("the state cannot be read") && status.stdout.contains("docker-prep restore"),
        "{status}"
    );
    let run = world.run_in("notes", ["prepare", "--force"]).exits(3);
    assert!(run.stderr.contains("docker-prep restore"), "{run}");
    let backup = world.snapshot().0[Path::new("notes/backend/package.json.bak")].clone();

    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains("restored backend/package.json (from a backup"), "{run}");
    assert!(run.stderr.contains("docker-prep/damaged-1"), "{run}");
    let after = world.snapshot();
    assert_eq!(after.0[Path::new(MANIFEST)], backup, "bytes, mode and time");
    assert!(!world.exists(format!("{MANIFEST}.bak")) && !world.exists(format!("{MANIFEST}.edited")));
    let aside = format!("{STATE}/damaged-1");
    assert_eq!(world.bytes(format!("{aside}/state.json")), cut);
    let copy = format!("{aside}/originals/{}", sha256(&template.original));
    assert_eq!(world.bytes(copy), template.original);

    // The project is as good as new.
    world.run_in("notes", ["restore"]).exits(0);
    world.run_in("notes", ["prepare"]).exits(0);
    world.file(JOURNAL, "{");
    world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(world.bytes(MANIFEST), template.original);
    assert_eq!(world.read(format!("{STATE}/damaged-2/state.json")), "{");
    assert_eq!(world.bytes(format!("{aside}/state.json")), cut);
}

#[test]
fn an_edit_is_kept_where_the_state_is_damaged() {
    let (template, world, _) = damaged();
    let edit = String::from_utf8(template.rewritten.clone()).unwrap().replace("\"ms\": \"^2", "\"ms\": \"^3");
    assert_ne!(edit.as_bytes(), template.rewritten);
    world.file(MANIFEST, &edit);
    let run = world.run_in("notes", ["restore"]).exits(0);
    assert!(run.stderr.contains("the edit is kept in backend/package.json.edited"), "{run}");
    assert_eq!(world.bytes(MANIFEST), template.original);
    assert_eq!(world.read(format!("{MANIFEST}.edited")), edit);
}

#[test]
fn without_a_backup_a_damaged_state_stays_until_the_manifest_is_put_back() {
    let (template, world, cut) = damaged();
    world.remove(format!("{MANIFEST}.bak"));
    let before = world.snapshot().without(&["notes/.git/docker-prep/lock"]).without_folder_times();
    let run = world.run_in("notes", ["restore", "--force"]).exits(3);
    for word in
        ["cut or garbled", "backend/package.json: is rewritten", "git checkout HEAD -- backend/package.json"]
    {
        assert!(run.stderr.contains(word), "no {word:?} in {run}");
    }
    before.assert_same(&world.snapshot().without(&["notes/.git/docker-prep/lock"]).without_folder_times());
    world.git("notes", &["checkout", "--quiet", "HEAD", "--", "backend/package.json"]);
    world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(world.bytes(MANIFEST), template.original);
    assert_eq!(world.bytes(format!("{STATE}/damaged-1/state.json")), cut);
}

#[test]
fn an_edit_of_what_the_old_script_rewrote_is_kept_too() {
    let template = Template::new();
    for (edited, kept) in [("\"^2.1.3\"", false), ("\"^3.0.0\"", true)] {
        let world = template.copy();
        world.remove(STATE);
        let text = String::from_utf8(template.rewritten.clone()).unwrap().replace("\"^2.1.3\"", edited);
        world.file(MANIFEST, &text);
        world.run_in("notes", ["restore"]).exits(0);
        assert_eq!(world.bytes(MANIFEST), template.original);
        assert_eq!(world.exists(format!("{MANIFEST}.edited")), kept);
        if kept {
            assert_eq!(world.read(format!("{MANIFEST}.edited")), text);
        }
    }
}
