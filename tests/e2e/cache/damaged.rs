//! A damaged cache costs time, and nothing else.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cache::scene::{Scene, Tarballs, files, tarballs};
use crate::common::Run;

/// A scene that is warm, with its tarballs taken out of `out`: so that all of the cache is asked.
fn warm() -> (Scene, Tarballs) {
    let scene = Scene::new();
    scene.warm();
    let truth = scene.truth();
    (scene, truth)
}

/// Something that is done to a file.
type Damage = Box<dyn Fn(&Path)>;

/// Everything that can be done to a file.
fn damages() -> Vec<(&'static str, Damage)> {
    let edit = |change: fn(&mut Vec<u8>)| {
        move |path: &Path| {
            let mut bytes = fs::read(path).unwrap();
            change(&mut bytes);
            fs::write(path, bytes).unwrap();
        }
    };
    vec![
        ("empty", Box::new(edit(Vec::clear))),
        ("cut", Box::new(edit(|bytes| bytes.truncate(bytes.len() / 2)))),
        (
            "a byte short",
            Box::new(edit(|bytes| {
                bytes.pop();
            })),
        ),
        ("a byte more", Box::new(edit(|bytes| bytes.push(0)))),
        ("zeros", Box::new(edit(|bytes| bytes.fill(0)))),
        (
            "a bit",
            Box::new(edit(|bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            })),
        ),
        (
            "the last bit",
            Box::new(edit(|bytes| {
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
            })),
        ),
        ("text", Box::new(|path: &Path| fs::write(path, "garbage\n").unwrap())),
        ("gone", Box::new(|path: &Path| fs::remove_file(path).unwrap())),
        (
            "a folder",
            Box::new(|path: &Path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            }),
        ),
        (
            "a link",
            Box::new(|path: &Path| {
                let copy = path.with_extension("copy");
                fs::rename(path, &copy).unwrap();
                symlink(copy, path).unwrap();
            }),
        ),
        (
            "a link to nowhere",
            Box::new(|path: &Path| {
                fs::remove_file(path).unwrap();
                symlink("/nowhere/at/all", path).unwrap();
            }),
        ),
        (
            "a FIFO",
            Box::new(|path: &Path| {
                fs::remove_file(path).unwrap();
                assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
            }),
        ),
        (
            "a huge file",
            Box::new(|path: &Path| {
                fs::File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
            }),
        ),
        (
            "no permission",
            Box::new(|path: &Path| {
                fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
            }),
        ),
    ]
}

#[test]
fn every_file_of_the_cache_in_every_way() {
    let (scene, truth) = warm();
    for (what, damage) in damages() {
        for is_there in [true, false] {
            let cached = files(&scene.cache());
            assert!(cached.len() >= 2 + truth.len(), "{what}: {cached:?}");
            cached.iter().for_each(|file| damage(file));
            if !is_there {
                scene.world.remove("out");
            }
            assert!(scene.pack() == truth, "{what}");
            assert!(scene.pack() == truth, "{what}, again");
            // What was made of the files is taken away by hand: it is what stands in the cache's way.
            fs::remove_dir_all(scene.cache()).unwrap();
            scene.world.remove("out");
            scene.pack();
            scene.settle();
            scene.pack();
        }
    }
}

#[test]
fn tarballs_of_the_cache_that_are_exchanged() {
    let (scene, truth) = warm();
    let blobs = files(&scene.cache().join("blobs"));
    let contents: Vec<Vec<u8>> = blobs.iter().map(|blob| fs::read(blob).unwrap()).collect();
    for (at, blob) in blobs.iter().enumerate() {
        fs::write(blob, &contents[(at + 1) % contents.len()]).unwrap();
    }
    scene.world.remove("out");
    assert!(scene.pack() == truth);
    // Each was made anew.
    for (blob, content) in blobs.iter().zip(contents) {
        assert!(fs::read(blob).unwrap() == content);
    }
}

#[test]
fn what_another_version_or_another_workspace_has_left() {
    let (scene, truth) = warm();
    let change = |kind: &str, from: &str, to: &str| {
        for file in files(&scene.cache().join(kind)) {
            let bytes = fs::read(&file).unwrap();
            let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let bytes = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
            fs::write(file, bytes).unwrap();
        }
    };
    for kind in ["index", "outputs"] {
        change(kind, env!("CARGO_PKG_VERSION"), "9.9.9");
    }
    scene.world.remove("out");
    assert!(scene.pack() == truth);
    // The index of a workspace that is no longer the one of that path.
    scene.settle();
    let index = files(&scene.cache().join("index")).remove(0);
    let kept = fs::read(&index).unwrap();
    let file = "plat/packages/a/dist/index.js";
    scene.world.file(file, "another\n");
    scene.pack();
    fs::write(index, kept).unwrap();
    scene.is_true("an index of yesterday");
}

#[test]
fn things_where_the_caches_folders_should_be() {
    let (scene, truth) = warm();
    for kind in ["index", "outputs", "blobs"] {
        let folder = scene.cache().join(kind);
        for stands in ["a file", "a link", "nothing"] {
            let _ = fs::remove_dir_all(&folder).or_else(|_| fs::remove_file(&folder));
            match stands {
                "a file" => fs::write(&folder, "").unwrap(),
                "a link" => symlink(scene.world.path("plat"), &folder).unwrap(),
                _ => {}
            }
            let before = files(&scene.world.path("plat"));
            scene.world.remove("out");
            assert!(scene.pack() == truth, "{kind}: {stands}");
            assert!(scene.pack() == truth, "{kind}: {stands}");
            assert_eq!(files(&scene.world.path("plat")), before, "{kind}: {stands}");
            let _ = fs::remove_file(&folder);
        }
    }
}

#[test]
fn any_damage_at_all() {
    let (scene, truth) = warm();
    let cached = files(&scene.cache());
    let whole: Vec<(PathBuf, Vec<u8>)> = cached
        .into_iter()
        .map(|file| {
            let bytes = fs::read(&file).unwrap();
            (file, bytes)
        })
        .collect();
    let damage = (
        0..whole.len(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<u8>(), 0..40),
        any::<bool>(),
    );
    let strategy = (prop::collection::vec(damage, 1..6), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    runner
        .run(&strategy, |(damages, is_there)| {
            for (file, bytes) in &whole {
                fs::write(file, bytes).unwrap();
            }
            for (which, place, garbage, insert) in damages {
                let (file, bytes) = &whole[which];
                let at = place.index(bytes.len() + 1);
                let end = if insert { at } else { (at + garbage.len()).min(bytes.len()) };
                fs::write(file, [&bytes[..at], &garbage[..], &bytes[end..]].concat()).unwrap();
            }
            if !is_there {
                scene.world.remove("out");
            }
            let run = Run::from(scene.program(["pack", "--all", "--out", "../out"]).output().unwrap());
            prop_assert_eq!(run.code, Some(0), "{}", run);
            let is_quiet = !run.stderr.contains("warning: ") && !run.stderr.contains("error: ");
            prop_assert!(is_quiet, "{}", run);
            prop_assert!(tarballs(&scene.world.path("out")) == truth);
            Ok(())
        })
        .unwrap();
}
