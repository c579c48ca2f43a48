//! Every change is seen, however it came.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::cache::scene::Scene;

const FILE: &str = "plat/packages/a/dist/index.js";

/// A text of the same length as what the file holds.
fn same_size(scene: &Scene) -> Vec<u8> {
    vec![b'x'; scene.world.bytes(FILE).len()]
}

fn times(path: &Path) -> FileTimes {
    let metadata = path.metadata().unwrap();
    FileTimes::new().set_accessed(metadata.accessed().unwrap()).set_modified(metadata.modified().unwrap())
}

fn set_times(path: &Path, times: FileTimes) {
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

/// Remembers, changes, packs: what comes is what comes without a cache.
#[track_caller]
fn seen(what: &str, change: impl FnOnce(&Scene)) {
    let scene = Scene::new();
    scene.warm();
    let before = scene.truth();
    change(&scene);
    scene.is_true(what);
    assert_ne!(scene.truth(), before, "{what} changes a tarball");
}

/// The same for changes that change no byte of any tarball.
#[track_caller]
fn harmless(what: &str, change: impl FnOnce(&Scene)) {
    let scene = Scene::new();
    scene.warm();
    let before = scene.truth();
    change(&scene);
    scene.is_true(what);
    assert_eq!(scene.truth(), before, "{what} changes no tarball");
}

#[test]
fn other_bytes_of_the_same_length_with_the_time_put_back() {
    seen("touch -r", |scene| {
        let path = scene.world.path(FILE);
        let (times, text) = (times(&path), same_size(scene));
        fs::write(&path, text).unwrap();
        set_times(&path, times);
    });
}

#[test]
fn another_file_of_the_same_name_size_and_time() {
    // As `cp -p`, `rsync -a` and `tar -x` leave it.
    seen("a rename", |scene| {
        let (path, new) = (scene.world.path(FILE), scene.world.path("plat/packages/a/new"));
        fs::write(&new, same_size(scene)).unwrap();
        set_times(&new, times(&path));
        fs::rename(&new, &path).unwrap();
    });
}

#[test]
fn a_write_through_another_name_of_the_file() {
    let scene = Scene::new();
    let (path, other) = (scene.world.path(FILE), scene.world.path("elsewhere"));
    fs::hard_link(&path, &other).unwrap();
    scene.warm();
    let (times, text) = (times(&path), same_size(&scene));
    fs::write(&other, text).unwrap();
    set_times(&other, times);
    scene.is_true("a hard link");
}

#[test]
fn a_change_within_the_clocks_resolution() {
    // Written right before and right after a call, as fast as can be.
    let scene = Scene::new();
    let size = scene.world.bytes(FILE).len();
    let path = scene.world.path(FILE);
    for round in 0..12_u8 {
        fs::write(&path, vec![b'a' + round; size]).unwrap();
        scene.pack();
        fs::write(&path, vec![b'A' + round; size]).unwrap();
        let packed = scene.pack();
        let truth = scene.truth();
        assert!(truth.iter().all(|(name, bytes)| packed.get(name) == Some(bytes)), "round {round}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn times_in_the_future_are_never_trusted() {
    let scene = Scene::new();
    let path = scene.world.path(FILE);
    set_times(&path, FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(3600)));
    scene.warm();
    let opened = scene.opened(scene.program(["pack", "--all", "--out", "../out"]));
    assert!(opened.contains(&"index.js".to_owned()), "{opened:?}");
    assert!(opened.iter().filter(|name| *name == "index.js").count() == 1, "only that package: {opened:?}");
    scene.is_true("the future");
}

#[test]
fn modes_and_the_umask_change_nothing() {
    harmless("chmod", |scene| {
        fs::set_permissions(scene.world.path(FILE), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(scene.world.path("plat/packages/b/dist"), fs::Permissions::from_mode(0o700))
            .unwrap();
    });
    let scene = Scene::new();
    let truth = scene.truth();
    for umask in ["077", "000", "027"] {
        for _ in 0..2 {
            let mut shell = scene.world.command("sh");
            shell.current_dir(scene.world.path("plat"));
            shell.args(["-c", &format!("umask {umask}; exec \"$0\" pack --all --out ../out")]);
            assert!(shell.arg(env!("CARGO_BIN_EXE_docker-prep")).output().unwrap().status.success());
            assert_eq!(crate::cache::scene::tarballs(&scene.world.path("out")), truth);
            for name in truth.keys() {
                let mode = scene.world.path(format!("out/{name}")).metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o7777, 0o644, "{umask} {name}");
            }
            for file in crate::cache::scene::files(&scene.cache()) {
                let mode = file.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0, "{umask} {}", file.display());
            }
        }
        scene.world.remove("out");
    }
}

#[test]
fn files_that_come_go_and_are_renamed() {
    seen("a new file", |scene| {
        scene.world.file("plat/packages/a/dist/new.js", "new\n");
    });
    seen("a new folder", |scene| {
        scene.world.file("plat/packages/b/lib/x/new.js", "new\n");
    });
    seen("one less", |scene| {
        scene.world.remove("plat/packages/a/dist/deep/more.js");
    });
    seen("another name", |scene| {
        let dist = scene.world.path("plat/packages/a/dist");
        fs::rename(dist.join("index.js"), dist.join("other.js")).unwrap();
    });
    seen("what `files` names comes", |scene| {
        scene.world.file("plat/packages/a/exact/one.js", "1\n");
    });
    seen("another folder of that name", |scene| {
        let dist = scene.world.path("plat/packages/a/dist");
        scene.world.file("plat/new/index.js", "new\n");
        fs::rename(&dist, scene.world.path("plat/old")).unwrap();
        fs::rename(scene.world.path("plat/new"), dist).unwrap();
    });
    seen("a file that becomes a link", |scene| {
        let path = scene.world.path(FILE);
        fs::rename(&path, scene.world.path("plat/kept.js")).unwrap();
        symlink("../../../kept.js", &path).unwrap();
    });
}

#[test]
fn rules_licences_and_manifests() {
    seen("an ignore file", |scene| {
        scene.world.file("plat/packages/b/.npmignore", "deep\n*.map\n");
    });
    seen("a nested ignore file", |scene| {
        scene.world.file("plat/packages/a/dist/.npmignore", "deep\n");
    });
    seen("the root's licence", |scene| {
        scene.world.file("plat/LICENSE", "ISC\n");
    });
    seen("another licence", |scene| {
        scene.world.file("plat/LICENCE.md", "ISC\n");
    });
    seen("no licence", |scene| {
        scene.world.remove("plat/LICENSE");
    });
    seen("an own licence", |scene| {
        scene.world.file("plat/packages/a/LICENSE", "ISC\n");
    });
    seen("a sibling's version", |scene| {
        let manifest = "plat/packages/b/package.json";
        scene.world.file(manifest, scene.world.read(manifest).replace("1.0.0", "1.0.1"));
    });
    seen("an executable", |scene| {
        let manifest = "plat/packages/b/package.json";
        scene.world.file(manifest, scene.world.read(manifest).replace("dist/cli.js", "dist/deep/more.js"));
    });
}

#[test]
fn links_that_lead_elsewhere() {
    seen("a link on the way", |scene| {
        let way = scene.world.path("plat/packages/linked/way");
        fs::remove_file(&way).unwrap();
        symlink("../../beside", way).unwrap();
    });
    seen("what is behind a link", |scene| {
        scene.world.file("plat/behind/two.js", "two\n");
    });
    seen("the folder behind a link", |scene| {
        scene.world.remove("plat/behind");
        fs::rename(scene.world.path("plat/beside"), scene.world.path("plat/behind")).unwrap();
    });
}

#[test]
fn a_workspace_that_is_moved_or_copied() {
    let scene = Scene::new();
    scene.warm();
    let plat = scene.world.path("plat");
    fs::rename(&plat, scene.world.path("moved")).unwrap();
    scene.world.command("cp").args(["-a", "moved", "plat"]).status().unwrap();
    scene.world.file(FILE, "another\n");
    scene.is_true("a copy in its place");
}

#[test]
fn tarballs_that_were_edited_removed_or_exchanged() {
    let scene = Scene::new();
    scene.warm();
    let out = scene.world.path("out");
    let names: Vec<String> = scene.truth().into_keys().collect();
    let first = out.join(&names[0]);
    let (kept, bytes) = (times(&first), fs::read(&first).unwrap());
    fs::write(&first, vec![0; bytes.len()]).unwrap();
    set_times(&first, kept);
    scene.is_true("an edited tarball");
    fs::remove_file(&first).unwrap();
    scene.is_true("a removed tarball");
    fs::rename(out.join(&names[1]), &first).unwrap();
    scene.is_true("an exchanged tarball");
    fs::set_permissions(&first, fs::Permissions::from_mode(0o600)).unwrap();
    scene.is_true("another mode");
    assert_eq!(first.metadata().unwrap().permissions().mode() & 0o7777, 0o644);
    fs::remove_file(&first).unwrap();
    fs::write(scene.world.path("elsewhere"), &bytes).unwrap();
    symlink("../elsewhere", &first).unwrap();
    scene.is_true("a link in its place");
    assert!(first.symlink_metadata().unwrap().is_file());
}
