//! What is read: objects wherever they lie, and nothing passes that cannot be read.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository};

#[test]
fn many_different_manifests_are_read() {
    let repository = Repository::new();
    for package in 0..250 {
        let content = if package % 50 == 7 { REWRITTEN } else { ORIGINAL };
        repository.write(format!("p{package:03}/package.json"), format!("{content}{}", "\n".repeat(package)));
    }
    repository.stage(&[]);
    let expected: Vec<String> =
        (0..5).map(|n| format!("p{:03}/package.json:3 manifest", n * 50 + 7)).collect();
    assert_eq!(repository.found(&[]), expected);
    // The last one is gone.
    let object = repository.git(&["rev-parse", ":p249/package.json"]);
    remove_object(&repository, object.trim());
    repository.cannot_judge(&[], "p249/package.json: its object");
}

#[test]
fn an_object_that_cannot_be_read_stops_it() {
    let missing = Repository::committed(&[("package.json", ORIGINAL), ("a/package.json", REWRITTEN)]);
    remove_object(&missing, missing.git(&["rev-parse", ":package.json"]).trim());
    missing.cannot_judge(&[], "package.json: its object");
    missing.cannot_judge(&["--all"], "package.json: its object");
    for content in [&b""[..], b"garbage", b"x\x9c\x00"] {
        let damaged = Repository::committed(&[("package.json", ORIGINAL)]);
        let object = damaged.git(&["rev-parse", ":package.json"]);
        let path = object_path(object.trim());
        damaged.world.mode(&path, 0o644).file(&path, content);
        damaged.cannot_judge(&[], "package.json: its object");
    }
    let swapped = Repository::committed(&[("package.json", REWRITTEN), ("good.json", ORIGINAL)]);
    let good = swapped.git(&["rev-parse", ":good.json"]);
    let content =
        fs::read(swapped.world.path("repo").join(".git/objects").join(&good[..2]).join(good[2..].trim()));
    let path = object_path(swapped.git(&["rev-parse", ":package.json"]).trim());
    swapped.world.mode(&path, 0o644).file(&path, content.unwrap());
    swapped.cannot_judge(&[], "its content is not what its name says");
    let other = Repository::committed(&[("package.json", ORIGINAL), ("src/x", "unread")]);
    remove_object(&other, other.git(&["rev-parse", ":src/x"]).trim());
    other.passes();
    let tree = Repository::committed(&[("a/package.json", ORIGINAL)]);
    remove_object(&tree, tree.git(&["rev-parse", "HEAD:a"]).trim());
    tree.cannot_judge(&["--all"], "git says");
}

#[test]
fn a_partial_clone_is_not_filled_up() {
    let origin = Repository::committed(&[("package.json", ORIGINAL)]);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.world.path("repo").display());
    origin.world.git("", &["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "partial"]);
    origin.world.git("partial", &["read-tree", "HEAD"]);
    let run = origin.world.run_in("partial", ["guard"]).exits(5);
    assert!(run.stderr.contains("package.json: its object"), "{run}");
    origin.world.git("partial", &["reset", "-q", "--hard"]);
    origin.world.run_in("partial", ["guard"]).exits(0);
}

#[test]
fn an_index_that_cannot_be_read_stops_it() {
    let repository = Repository::committed(&[("package.json", ORIGINAL)]);
    let whole = repository.world.bytes("repo/.git/index");
    let mut flipped = whole.clone();
    flipped[5] ^= 0xff;
    // Git itself takes the second one for an index with other files.
    for damaged in [&b"garbage"[..], &whole[..whole.len() / 2], &flipped, b""] {
        repository.world.file("repo/.git/index", damaged);
        repository.cannot_judge(&[], "");
    }
    repository.world.file("repo/.git/index", &whole);
    repository.git(&["config", "index.skipHash", "true"]);
    repository.git(&["update-index", "--force-write-index"]);
    repository.passes();
}

#[test]
fn nothing_passes_where_there_is_nothing_to_judge() {
    let repository = Repository::new();
    let run = repository.world.run_in("", ["guard"]).exits(5);
    assert!(run.stderr.contains("not a git repository"), "{run}");
    repository.world.run(["-C", "nowhere", "guard"]).exits(2);
    repository.world.git("", &["init", "-q", "--bare", "bare.git"]);
    let run = repository.world.run_in("bare.git", ["guard"]).exits(5);
    assert!(run.stderr.contains("bare") && run.stderr.contains("--all"), "{run}");
    let mut program = repository.world.program();
    let run = repository.run(program.arg("guard").env("PATH", "/nowhere")).exits(5);
    assert!(run.stderr.contains("cannot run git"), "{run}");
    let mut program = repository.world.program();
    repository.run(program.arg("guard").env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")).exits(5);
    repository.world.file("repo/.git/HEAD", "garbage");
    repository.guard([""; 0]).exits(5);
}

#[test]
fn objects_may_lie_elsewhere() {
    let repository = Repository::new();
    let objects = repository.world.path("objects");
    fs::create_dir(&objects).unwrap();
    repository.write("package.json", REWRITTEN);
    let mut git = repository.world.command("git");
    repository.run(git.args(["add", "."]).env("GIT_OBJECT_DIRECTORY", &objects)).exits(0);
    repository.cannot_judge(&[], "package.json: its object");
    let mut program = repository.world.program();
    repository.run(program.arg("guard").env("GIT_OBJECT_DIRECTORY", &objects)).exits(1);
    let mut program = repository.world.program();
    repository.run(program.arg("guard").env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects)).exits(1);
    fs::write(
        repository.world.path("repo/.git/objects/info/alternates"),
        [objects.as_os_str().as_bytes(), b"\n"].concat(),
    )
    .unwrap();
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

#[test]
fn packed_objects_are_read() {
    let repository = Repository::committed(&[("package.json", REWRITTEN)]);
    repository.git(&["gc", "-q"]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

fn object_path(name: &str) -> String {
    format!("repo/.git/objects/{}/{}", &name[..2], &name[2..])
}

fn remove_object(repository: &Repository, name: &str) {
    repository.world.remove(object_path(name));
}
