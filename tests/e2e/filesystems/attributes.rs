//! What a file has besides its bytes.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::common::Run;
use crate::filesystems::place::{Place, call};

/// Prepared and restored, by hand and by `run`, with a look at it while prepared.
fn there_and_back(place: &Place, look: impl Fn()) {
    let identity = place.identity();
    place.call(&["prepare"]).exits(0);
    look();
    place.call(&["restore"]).exits(0);
    place.is_restored();
    place.call(&["run", "--", "true"]).exits(0);
    place.is_restored();
    assert_eq!(place.identity(), identity, "the very file came back");
}

#[test]
fn another_name_elsewhere_stays_a_name_of_the_same_file() {
    let place = Place::new();
    fs::hard_link(place.manifest(), place.world.path("another-name")).unwrap();
    assert_eq!(place.identity().1, 2);
    there_and_back(&place, || {
        assert_eq!(place.world.read("another-name"), place.original, "it is never written through");
    });
    assert_eq!(place.world.path("another-name").metadata().unwrap().ino(), place.identity().0);
}

#[test]
fn an_owner_comes_back_and_has_the_rewritten_one_meanwhile() {
    assert!(rustix::process::geteuid().is_root(), "only root can give files away");
    let place = Place::new();
    place.world.mode("notes/backend/package.json", 0o640);
    call(Command::new("chown").arg("1234:4321").arg(place.manifest()));
    let place = place.looked_at_anew();
    let owner = || {
        let metadata = place.manifest().metadata().unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    there_and_back(&place, || assert_eq!(owner(), (1234, 4321, 0o640)));
    assert_eq!(owner(), (1234, 4321, 0o640));
}

/// `user::rw- user:1234:r-- group::r-- mask::r-- other::r--`, as the kernel writes it.
fn acl() -> Vec<u8> {
    let nobody = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(0x01, 6, nobody), (0x02, 4, 1234), (0x04, 4, nobody), (0x10, 4, nobody), (0x20, 4, nobody)];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

#[test]
fn extended_attributes_and_access_lists_come_back() {
    let place = Place::new();
    let attributes = [("user.note", b"kept".to_vec()), ("system.posix_acl_access", acl())];
    for (name, value) in &attributes {
        setxattr(place.manifest(), *name, value, XattrFlags::empty())
            .expect("a file system with attributes: set TMPDIR to a folder on ext4, xfs or btrfs");
    }
    let place = place.looked_at_anew();
    there_and_back(&place, || {});
    for (name, value) in &attributes {
        let mut buffer = vec![0; 256];
        let length = getxattr(place.manifest(), *name, &mut buffer[..]).unwrap();
        assert_eq!(&buffer[..length], value, "{name}");
    }
}

/// Not even root may change or link it, nor what is in such a folder.
#[test]
fn what_is_immutable_is_left_alone() {
    assert!(rustix::process::geteuid().is_root(), "only root can make a file immutable");
    let chattr = |flag: &str, path: &std::path::Path| call(Command::new("chattr").arg(flag).arg(path));
    let place = Place::new();
    for path in ["backend/package.json", "backend"] {
        let path = place.path(path);
        chattr("+i", &path);
        let run = place.call(&["prepare"]);
        chattr("-i", &path);
        let run = run.exits(3);
        assert!(run.stderr.contains("error: ") && run.stderr.contains("backend"), "{run}");
        place.is_restored();
        place.call(&["prepare"]).exits(0);
        chattr("+i", &path);
        let run = place.call(&["restore"]);
        chattr("-i", &path);
        let run = run.exits(3);
        assert!(run.stderr.contains("docker-prep restore"), "{run}");
        assert!(!place.is_whole());
        place.call(&["restore", "--clean"]).exits(0);
        place.is_restored();
    }
}

/// As under sudo: nothing of root's is left in a tree that is somebody else's.
#[test]
fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    assert!(rustix::process::geteuid().is_root(), "only root can give files away");
    let place = Place::new();
    place.world.file("notes/.gitignore", "node_modules\n");
    let outer = place.world.root().parent().unwrap();
    call(Command::new("chown").arg("-R").arg("1234:4321").arg(outer));
    let of_others = || {
        let entries = walkdir::WalkDir::new(outer).into_iter().map(Result::unwrap);
        let owner =
            |entry: &walkdir::DirEntry| entry.metadata().map(|seen| (seen.uid(), seen.gid())).unwrap();
        let others = entries.filter(|entry| owner(entry) != (1234, 4321));
        others.map(|entry| entry.path().to_owned()).collect::<Vec<_>>()
    };
    for words in [
        &["init"][..],
        &["run", "--", "true"],
        &["prepare", "--deps-dir", "a/b"],
        &["status"],
        &["restore"],
        &["restore", "--clean"],
        &["prepare"],
        &["pack", "--out", "packed/deep"],
    ] {
        let mut program = place.world.program();
        // git trusts the tree of whoever typed sudo.
        program.current_dir(place.path("")).args(words).env("SUDO_UID", "1234");
        Run::from(program.output().unwrap()).exits(0);
        assert_eq!(of_others(), [] as [std::path::PathBuf; 0], "{words:?}");
    }
}
