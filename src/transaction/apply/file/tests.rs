use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use crate::transaction::apply::file::*;

const OLD: Timestamp = Timestamp { seconds: 1_600_000_000, nanos: 123_456_789 };

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> std::path::PathBuf {
    let path = folder.join(name);
    create(&path, text.as_bytes(), &Attributes { mode, mtime: Some(OLD), owner: None }).unwrap();
    path
}

#[test]
fn a_write_replaces_the_inode_and_sets_mode_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "package.json", "old", 0o600);
    let inode = fs::metadata(&path).unwrap().ino();
    let temp = folder.path().join("package.json.docker-prep-new");
    let attributes = Attributes { mode: 0o666, mtime: Some(OLD), owner: None };
    atomic_write(&path, &temp, b"new", &attributes).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_ne!(metadata.ino(), inode);
    // 0666 shows that no umask takes part.
    assert_eq!(metadata.mode() & 0o7777, 0o666);
    assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (OLD.seconds, i64::from(OLD.nanos)));
    assert!(!temp.exists());
}

#[test]
fn a_temporary_file_that_is_there_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a", "old", 0o644);
    let temp = file(folder.path(), "a.new", "somebody's", 0o644);
    let error = atomic_write(&path, &temp, b"new", &Attributes::mode(0o644)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(
        error.to_string().starts_with(&format!("cannot create {}: file exists", temp.display())),
        "{error}"
    );
    assert_eq!(
        (fs::read(&path).unwrap(), fs::read(&temp).unwrap()),
        (b"old".to_vec(), b"somebody's".to_vec())
    );
}

#[test]
fn a_failed_rename_leaves_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::create_dir_all(path.join("full")).unwrap();
    let temp = folder.path().join("a.new");
    assert!(atomic_write(&path, &temp, b"new", &Attributes::mode(0o644)).is_err());
    assert!(!temp.exists());
}

#[test]
fn a_backup_is_the_original_itself_or_else_its_exact_copy_and_never_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let original = file(folder.path(), "a", "text", 0o640);
    let linked = folder.path().join("a.bak");
    link_or_copy(&original, &linked).unwrap();
    assert_eq!(fs::metadata(&linked).unwrap().ino(), fs::metadata(&original).unwrap().ino());
    assert_eq!(link_or_copy(&original, &linked).unwrap_err().kind, ErrorKind::Refused);

    let copied = folder.path().join("b.bak");
    copy(&original, &copied).unwrap();
    let metadata = fs::metadata(&copied).unwrap();
    assert_eq!(fs::read(&copied).unwrap(), b"text");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o640);
    assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (OLD.seconds, i64::from(OLD.nanos)));
    assert!(copy(&original, &copied).is_err());
}

#[test]
fn removing_what_is_not_there_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!remove(&folder.path().join("a")).unwrap());
    assert!(!remove_empty_folder(&folder.path().join("b")).unwrap());
    file(folder.path(), "c", "", 0o644);
    assert!(!remove_empty_folder(folder.path()).unwrap());
    assert!(remove(&folder.path().join("c")).unwrap());
}

#[test]
fn a_made_file_takes_no_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (path, temp) = (folder.path().join("a"), folder.path().join("a.new"));
    make(&path, &temp, b"text", &Attributes::mode(0o644)).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.nlink(), metadata.mode() & 0o7777, temp.exists()), (1, 0o644, false));
    let error = make(&path, &temp, b"other", &Attributes::mode(0o644)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!((fs::read(&path).unwrap(), temp.exists()), (b"text".to_vec(), false));
    let dangling = folder.path().join("b");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    assert!(make(&dangling, &temp, b"x", &Attributes::mode(0o644)).is_err());
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn without_hard_links_a_name_that_is_taken_stays_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    for rename in [rename_new, rename_unless_there] {
        let temp = file(folder.path(), "a.new", "new", 0o644);
        rename(&temp, &path).unwrap();
        let temp = file(folder.path(), "a.new", "other", 0o644);
        assert_eq!(rename(&temp, &path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_file(&path).unwrap();
        fs::remove_file(&temp).unwrap();
    }
}
