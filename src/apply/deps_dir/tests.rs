use std::os::unix::fs::PermissionsExt as _;

use super::*;

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
    fs::write(staged.path(), content).unwrap();
    let name = format!("{package}-{}.tgz", &digest_of(staged.path()).unwrap()[..12]);
    let placed = dir.place(staged, &name).unwrap();
    (name, placed)
}

#[test]
fn it_is_made_with_its_mark_and_taken_away_without_a_trace() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".docker-deps");
    assert_eq!(look(&path).unwrap(), Found::Missing);
    let first = DepsDir::open(&path).unwrap();
    assert!(!first.existed());
    first.keep();
    assert_eq!(look(&path).unwrap(), Found::Ours);
    let mut dir = DepsDir::open(&path).unwrap();
    assert!(dir.existed());
    assert_eq!(names(&path), [".docker-prep", ".gitignore"]);
    assert_eq!((mode(&path), mode(&path.join(MARK)), mode(&path.join(GITIGNORE))), (0o755, 0o644, 0o644));
    let (name, _) = place(&mut dir, "a-1.0.0", "x");
    assert_eq!(names(home.path()), [".docker-deps"]);
    assert_eq!(remove(&path).unwrap(), Removed { tarballs: vec![name], folder: true });
    assert!(names(home.path()).is_empty());
    assert!(!remove(&path).unwrap().folder);
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
    assert_eq!(look(&path).unwrap(), Found::Adoptable);
    remove(&path).unwrap();
    assert_eq!(names(&path), [".gitignore", ".gitkeep"]);
    DepsDir::open(&path).unwrap().keep();
    assert_eq!(names(&path), [".docker-prep", ".gitignore", ".gitkeep"]);
    assert!(!remove(&path).unwrap().folder);
    assert_eq!(names(&path), [".gitignore", ".gitkeep"]);
    assert_eq!(fs::read(path.join(".gitignore")).unwrap(), b"*\n!.gitkeep\n");
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".docker-deps");
    fs::write(&path, "").unwrap();
    assert_eq!(DepsDir::open(&path).unwrap_err().kind, Kind::Refused);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(".", &path).unwrap();
    let error = DepsDir::open(&path).unwrap_err();
    assert!(error.to_string().contains("the deps dir is a symbolic link\n  move it away: mv "), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("bytelyst-errors-1.4.2.tgz"), "of the old script").unwrap();
    let error = DepsDir::open(&path).unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.to_string().contains("rm -r "), "{error}");
    assert!(!remove(&path).unwrap().folder);
    assert_eq!(names(&path), ["bytelyst-errors-1.4.2.tgz"]);
}

#[test]
fn the_same_tarball_is_left_alone_and_a_damaged_one_replaced() {
    let home = tempfile::tempdir().unwrap();
    let mut dir = DepsDir::open(&home.path().join("deps")).unwrap();
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
    let mut dir = DepsDir::open(&home.path().join("deps")).unwrap();
    let hash = &digest_of(dir.stage().unwrap().path()).unwrap()[..12];
    for name in [
        &format!("../a-{hash}.tgz"),
        &format!("a b-{hash}.tgz"),
        &format!("-{hash}.tgz"),
        "a-000000000000.tgz",
    ] {
        assert!(dir.place(dir.stage().unwrap(), name).is_err(), "{name}");
    }
    assert_eq!((names(home.path()), names(dir.path()).len()), (vec!["deps".to_owned()], 2));
}

#[test]
fn only_what_the_tool_wrote_is_swept() {
    let home = tempfile::tempdir().unwrap();
    let mut dir = DepsDir::open(&home.path().join("deps")).unwrap();
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
        let mut dir = DepsDir::open(&path).unwrap();
        let placed = place(&mut dir, "a-1.0.0", "x");
        dir.keep();
        placed
    };
    // Killed behind each step: the tarball, the mark, what hides it all from git.
    for gone in [&*name, MARK] {
        fs::remove_file(path.join(gone)).unwrap();
        assert!(path.join(GITIGNORE).exists());
    }
    assert_eq!(look(&path).unwrap(), Found::Adoptable);
    assert!(remove(&path).unwrap().folder);
    assert!(names(home.path()).is_empty());
}

#[test]
fn folders_that_were_made_for_it_go_with_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a/b/deps");
    drop(DepsDir::open(&path).unwrap());
    assert!(names(home.path()).is_empty());
    // Whatever stops it half-way.
    fs::write(home.path().join("a"), "").unwrap();
    assert!(DepsDir::open(&path).is_err());
    assert_eq!(names(home.path()), ["a"]);
    fs::remove_file(home.path().join("a")).unwrap();
    DepsDir::open(&path).unwrap().keep();
    fs::write(home.path().join("a/mine"), "").unwrap();
    remove(&path).unwrap();
    assert_eq!(names(&home.path().join("a")), ["b", "mine"]);
}

#[test]
fn what_is_not_kept_goes_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deps");
    let mut dir = DepsDir::open(&path).unwrap();
    place(&mut dir, "a-1.0.0", "x");
    drop(dir);
    assert!(!path.exists());

    let mut dir = DepsDir::open(&path).unwrap();
    let (kept, _) = place(&mut dir, "a-1.0.0", "x");
    dir.keep();
    let mut dir = DepsDir::open(&path).unwrap();
    assert_eq!(place(&mut dir, "a-1.0.0", "x").1, Placed::AlreadyThere);
    let (dropped, _) = place(&mut dir, "b-1.0.0", "y");
    drop(dir);
    assert!(path.join(kept).exists() && path.join(MARK).exists() && !path.join(dropped).exists());
}
