use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use super::tarballs::digest_of;
use crate::deps_dir::apply::*;
use crate::npm::Seal;
use crate::text::Digest;

fn begin(path: &Path) -> Result<DepsDir> {
    DepsDir::begin(path, None)
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        path.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

fn place(dir: &mut DepsDir, package: &str, content: &str) -> (String, Placed) {
    let staged = dir.stage().unwrap();
    fs::write(staged.file.path(), content).unwrap();
    let name = format!("{package}-{}.tgz", &digest_of(staged.file.path()).unwrap().short());
    let placed = put(dir, staged, &name).unwrap();
    (name, placed)
}

fn put(dir: &mut DepsDir, staged: TempTarball, name: &str) -> Result<Placed> {
    let tarball = Tarball {
        name: String::new(),
        version: String::new(),
        filename: name.to_owned(),
        sha256: digest_of(staged.file.path()).unwrap(),
        size: 0,
        unpacked_size: 0,
        checksums: None,
        files: [].into(),
    };
    let staged = staged.close().unwrap();
    sync_staged(&staged).unwrap();
    dir.put(staged, &tarball)
}

#[test]
fn it_is_made_with_its_mark_and_taken_away_without_a_trace() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".docker-deps");
    assert_eq!(look(&path).unwrap(), DepsDirState::Missing);
    let first = begin(&path).unwrap();
    assert!(!first.existed());
    first.keep();
    assert_eq!(look(&path).unwrap(), DepsDirState::Ours);
    let mut dir = begin(&path).unwrap();
    assert!(dir.existed());
    assert_eq!(names(&path), [".docker-prep", ".gitignore"]);
    assert_eq!((mode(&path), mode(&path.join(MARK)), mode(&path.join(GITIGNORE))), (0o755, 0o644, 0o644));
    let (name, _) = place(&mut dir, "a-1.0.0", "x");
    assert_eq!(names(home.path()), [".docker-deps"]);
    assert_eq!(
        remove(&path, &Outputs::default(), true).unwrap(),
        RemovedDepsDir { tarballs: vec![name], folder: true, is_left: false }
    );
    assert!(names(home.path()).is_empty());
    assert!(!remove(&path, &Outputs::default(), true).unwrap().folder);
}

#[test]
fn an_empty_folder_is_adopted_and_its_placeholders_stay() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".docker-deps");
    fs::create_dir(&path).unwrap();
    fs::write(path.join(".gitkeep"), "").unwrap();
    fs::write(path.join(".gitignore"), "*\n!.gitkeep\n").unwrap();
    // What a run left that was killed before the mark stood.
    fs::write(path.join(".docker-prep-file.tmp"), "").unwrap();
    assert_eq!(look(&path).unwrap(), DepsDirState::Adoptable);
    remove(&path, &Outputs::default(), true).unwrap();
    assert_eq!(names(&path), [".gitignore", ".gitkeep"]);
    begin(&path).unwrap().keep();
    assert_eq!(names(&path), [".docker-prep", ".gitignore", ".gitkeep"]);
    assert!(!remove(&path, &Outputs::default(), true).unwrap().folder);
    assert_eq!(names(&path), [".gitignore", ".gitkeep"]);
    assert_eq!(fs::read(path.join(".gitignore")).unwrap(), b"*\n!.gitkeep\n");
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".docker-deps");
    fs::write(&path, "").unwrap();
    assert_eq!(begin(&path).unwrap_err().kind, ErrorKind::Refused);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(".", &path).unwrap();
    let error = begin(&path).unwrap_err();
    assert!(error.to_string().contains("the deps dir is a symbolic link\n  move it away: mv "), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("bytelyst-errors-1.4.2.tgz"), "of the old script").unwrap();
    let error = begin(&path).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.to_string().contains("rm -r "), "{error}");
    assert!(!remove(&path, &Outputs::default(), true).unwrap().folder);
    assert_eq!(names(&path), ["bytelyst-errors-1.4.2.tgz"]);
}

#[test]
fn the_same_tarball_is_left_alone_and_a_damaged_one_replaced() {
    let home = tempfile::tempdir().unwrap();
    let mut dir = begin(&home.path().join("deps")).unwrap();
    let (name, placed) = place(&mut dir, "a-1.0.0", "x");
    assert_eq!(placed, Placed::Written);
    let path = dir.path().join(&name);
    assert_eq!(mode(&path), 0o644);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let before = path.metadata().unwrap().modified().unwrap();
    assert_eq!(place(&mut dir, "a-1.0.0", "x").1, Placed::AlreadyThere);
    assert_eq!((path.metadata().unwrap().modified().unwrap(), mode(&path)), (before, 0o644));
    fs::write(&path, "torn").unwrap();
    assert_eq!(place(&mut dir, "a-1.0.0", "x").1, Placed::Written);
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert_eq!(names(dir.path()), [".docker-prep", ".gitignore", &name]);
}

#[test]
fn a_name_that_leaves_the_folder_or_lies_about_the_content_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let mut dir = begin(&home.path().join("deps")).unwrap();
    let digest = digest_of(dir.stage().unwrap().file.path()).unwrap();
    let hash = digest.short();
    for name in [
        &format!("../a-{hash}.tgz"),
        &format!("a b-{hash}.tgz"),
        &format!("-{hash}.tgz"),
        "a-000000000000.tgz",
    ] {
        let staged = dir.stage().unwrap();
        assert!(put(&mut dir, staged, name).is_err(), "{name}");
    }
    assert_eq!((names(home.path()), names(dir.path()).len()), (vec!["deps".to_owned()], 2));
}

#[test]
fn only_what_the_tool_wrote_is_swept() {
    let home = tempfile::tempdir().unwrap();
    let mut dir = begin(&home.path().join("deps")).unwrap();
    let (kept, _) = place(&mut dir, "a-1.0.0", "x");
    let (old, _) = place(&mut dir, "b-1.0.0", "y");
    fs::write(dir.path().join(".docker-prep-Xy12.tmp"), "").unwrap();
    fs::write(dir.path().join("c-1.0.0-000000000000.tgz"), "somebody's").unwrap();
    fs::write(dir.path().join("notes.txt"), "").unwrap();
    assert_eq!(dir.sweep(&BTreeSet::from([kept.clone()])).unwrap(), std::slice::from_ref(&old));
    assert_eq!(
        names(dir.path()),
        [".docker-prep", ".gitignore", &kept, "c-1.0.0-000000000000.tgz", "notes.txt"]
    );
    fs::remove_file(dir.path().join(MARK)).unwrap();
    assert!(dir.sweep(&BTreeSet::new()).unwrap().is_empty());
}

#[test]
fn a_removal_that_was_killed_is_taken_up_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let (name, _) = {
        let mut dir = begin(&path).unwrap();
        let placed = place(&mut dir, "a-1.0.0", "x");
        dir.keep();
        placed
    };
    // Killed behind each step: the tarball, the mark, what hides it all from git.
    for gone in [&*name, MARK] {
        fs::remove_file(path.join(gone)).unwrap();
        assert!(path.join(GITIGNORE).exists());
    }
    assert_eq!(look(&path).unwrap(), DepsDirState::Adoptable);
    assert!(remove(&path, &Outputs::default(), true).unwrap().folder);
    assert!(names(home.path()).is_empty());
}

#[test]
fn folders_that_were_made_for_it_go_with_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a/b/deps");
    drop(begin(&path).unwrap());
    assert!(names(home.path()).is_empty());
    // Whatever stops it half-way.
    fs::write(home.path().join("a"), "").unwrap();
    assert!(begin(&path).is_err());
    assert_eq!(names(home.path()), ["a"]);
    fs::remove_file(home.path().join("a")).unwrap();
    begin(&path).unwrap().keep();
    fs::write(home.path().join("a/mine"), "").unwrap();
    remove(&path, &Outputs::default(), true).unwrap();
    assert_eq!(names(&home.path().join("a")), ["b", "mine"]);
}

#[test]
fn what_is_not_kept_goes_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let mut dir = begin(&path).unwrap();
    place(&mut dir, "a-1.0.0", "x");
    drop(dir);
    assert!(!path.exists());

    let mut dir = begin(&path).unwrap();
    let (kept, _) = place(&mut dir, "a-1.0.0", "x");
    dir.keep();
    let mut dir = begin(&path).unwrap();
    assert_eq!(place(&mut dir, "a-1.0.0", "x").1, Placed::AlreadyThere);
    let (dropped, _) = place(&mut dir, "b-1.0.0", "y");
    drop(dir);
    assert!(path.join(kept).exists() && path.join(MARK).exists() && !path.join(dropped).exists());
}

/// The bytes of a sealed tarball, and its name.
fn sealed(package: &str, content: &str) -> (Vec<u8>, String) {
    let seals = Seal::of_cycle(&[(package, Digest::of(content.as_bytes()))].into());
    let seal = &seals[package];
    let mut gzip =
        flate2::GzBuilder::new().comment(seal.comment()).write(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(content.as_bytes()).unwrap();
    (gzip.finish().unwrap(), format!("{package}-{}.tgz", seal.short()))
}

fn place_bytes(dir: &mut DepsDir, bytes: &[u8], name: &str) -> Result<Placed> {
    let staged = dir.stage().unwrap();
    fs::write(staged.file.path(), bytes).unwrap();
    put(dir, staged, name)
}

#[test]
fn a_tarball_of_a_cycle_is_known_by_its_seal() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let mut dir = begin(&path).unwrap();
    let (bytes, name) = sealed("a-1.0.0", "x");
    assert_eq!(place_bytes(&mut dir, &bytes, &name).unwrap(), Placed::Written);
    let before = path.join(&name).metadata().unwrap().modified().unwrap();
    assert_eq!(place_bytes(&mut dir, &bytes, &name).unwrap(), Placed::AlreadyThere);
    assert_eq!(path.join(&name).metadata().unwrap().modified().unwrap(), before);
    // A damaged one is replaced, whether its header is whole or not.
    for at in [bytes.len() - 1, 20] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        fs::write(path.join(&name), &damaged).unwrap();
        assert_eq!(place_bytes(&mut dir, &bytes, &name).unwrap(), Placed::Written);
        assert_eq!(fs::read(path.join(&name)).unwrap(), bytes);
    }
    let (other, other_name) = sealed("a-1.0.0", "y");
    assert_eq!(place_bytes(&mut dir, &other, &name).unwrap_err().kind, ErrorKind::Packing);
    assert_eq!(place_bytes(&mut dir, b"x", &name).unwrap_err().kind, ErrorKind::Packing);
    place_bytes(&mut dir, &other, &other_name).unwrap();
    dir.keep();
    let dir = begin(&path).unwrap();
    assert_eq!(dir.sweep(&BTreeSet::from([name.clone()])).unwrap(), [other_name]);
    assert_eq!(names(&path), [".docker-prep", ".gitignore", &name]);
    dir.keep();
    assert_eq!(
        remove(&path, &Outputs::default(), true).unwrap(),
        RemovedDepsDir { tarballs: vec![name], folder: true, is_left: false }
    );
}

#[test]
fn a_tarball_of_somebody_else_stays_under_the_name_of_a_sealed_one() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let dir = begin(&path).unwrap();
    let (bytes, name) = sealed("a-1.0.0", "x");
    let (_, other_name) = sealed("a-1.0.0", "y");
    // What somebody packed anew, what was cut off within the header, and one that has another's name.
    let gzip = |content: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        gzip.write_all(content).unwrap();
        gzip.finish().unwrap()
    };
    let foreign = [
        (&name, gzip(b"x")),
        (&name, gzip(&bytes)),
        (&name, bytes[..Seal::HEADER - 1].to_vec()),
        (&other_name, bytes.clone()),
    ];
    for (name, content) in foreign {
        fs::write(path.join(name), &content).unwrap();
        assert!(dir.sweep(&BTreeSet::new()).unwrap().is_empty());
        assert_eq!(fs::read(path.join(name)).unwrap(), content);
        fs::remove_file(path.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("elsewhere", path.join(&name)).unwrap();
    fs::write(path.join("elsewhere"), &bytes).unwrap();
    assert!(dir.sweep(&BTreeSet::new()).unwrap().is_empty());
    dir.keep();
    assert!(!remove(&path, &Outputs::default(), true).unwrap().folder);
    assert_eq!(names(&path).len(), 4);
}

#[test]
fn what_a_killed_run_had_named_is_known_and_goes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let all = [sealed("a-1.0.0", "x"), sealed("b-1.0.0", "y")];
    for named in 0..=all.len() {
        let mut dir = begin(&path).unwrap();
        for (number, (bytes, name)) in all.iter().enumerate() {
            if number < named {
                place_bytes(&mut dir, bytes, name).unwrap();
            } else {
                dir.stage().unwrap().file.keep().unwrap();
            }
        }
        // Killed: no drop runs.
        std::mem::forget(dir);
        assert_eq!(names(&path).len(), 2 + all.len());
        let names_of = all[..named].iter().map(|(_, name)| name.clone()).collect();
        assert_eq!(
            remove(&path, &Outputs::default(), true).unwrap(),
            RemovedDepsDir { tarballs: names_of, folder: true, is_left: false }
        );
    }
}

#[test]
fn a_preview_tells_what_is_there_and_whole() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let mut dir = begin(&path).unwrap();
    let ((bytes, name), (old, old_name)) = (sealed("a-1.0.0", "x"), sealed("a-1.0.0", "y"));
    place_bytes(&mut dir, &bytes, &name).unwrap();
    place_bytes(&mut dir, &old, &old_name).unwrap();
    let (plain, _) = place(&mut dir, "b-1.0.0", "z");
    let tarball = |filename: &str, bytes: &[u8]| Tarball {
        name: String::new(),
        version: String::new(),
        filename: filename.to_owned(),
        sha256: Digest::of(bytes),
        size: 0,
        unpacked_size: 0,
        checksums: None,
        files: [].into(),
    };
    let wanted = [tarball(&name, &bytes), tarball(&plain, b"z"), tarball("c-000000000000.tgz", b"")];
    let there = BTreeSet::from([name.clone(), plain]);
    assert_eq!(preview(&path, &wanted, &Outputs::default()).unwrap(), (there, vec![old_name.clone()]));
    fs::write(path.join(&name), [&bytes[..], b"more"].concat()).unwrap();
    let (there, stale) = preview(&path, &wanted, &Outputs::default()).unwrap();
    assert_eq!((there.len(), stale), (1, vec![old_name]), "the damaged one is neither");
    dir.keep();
}
