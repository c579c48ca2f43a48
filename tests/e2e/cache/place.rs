//! Where the cache lies, and that a call does without where it cannot lie there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::cache::scene::{Scene, files, tarballs};
use crate::common::Run;

/// Packs twice with an environment; all is well, and nothing is said of a cache unless somebody asks.
#[track_caller]
fn packs(scene: &Scene, what: &str, change: impl Fn(&mut Command)) -> String {
    let truth = scene.truth();
    let mut said = String::new();
    for more in [&[][..], &["-v"]] {
        let mut program = scene.program(["pack", "--all", "--out", "../out"]);
        change(program.args(more));
        let run = Run::from(program.output().unwrap()).exits(0);
        assert!(tarballs(&scene.world.path("out")) == truth, "{what}");
        let of_cache: Vec<&str> = run.stderr.lines().filter(|line| line.contains("cache")).collect();
        assert!(of_cache.len() <= more.len(), "{what}: {run}");
        said = of_cache.concat();
        scene.world.remove("out");
    }
    said
}

#[test]
fn it_lies_where_the_environment_says() {
    let scene = Scene::new();
    let (one, other) = (scene.world.beside("one"), scene.world.beside("other"));
    packs(&scene, "XDG_CACHE_HOME", |program| {
        program.env("XDG_CACHE_HOME", &one);
    });
    assert!(one.join("docker-prep/CACHEDIR.TAG").is_file());
    packs(&scene, "DOCKER_PREP_CACHE", |program| {
        program.env("XDG_CACHE_HOME", "/nowhere").env("DOCKER_PREP_CACHE", &other);
    });
    assert!(other.join("CACHEDIR.TAG").is_file());
    assert!(!scene.cache().exists());
    for folder in ["", "index", "outputs", "blobs"] {
        assert_eq!(other.join(folder).metadata().unwrap().permissions().mode() & 0o7777, 0o700, "{folder}");
    }
    packs(&scene, "home", |_| {});
    assert!(scene.cache().is_dir());
}

#[test]
fn there_is_none_where_none_is_wanted_or_named() {
    let scene = Scene::new();
    let home = scene.world.home();
    packs(&scene, "off", |program| {
        program.env("DOCKER_PREP_CACHE", "off");
    });
    packs(&scene, "--no-cache", |program| {
        program.arg("--no-cache");
    });
    packs(&scene, "no home", |program| {
        program.env_remove("HOME");
    });
    packs(&scene, "a relative home", |program| {
        program.env("HOME", "home");
    });
    assert!(files(&home).is_empty());
    assert!(!scene.world.exists("plat/home") && !scene.world.exists("plat/off"));
}

#[test]
fn a_folder_that_cannot_be_trusted_is_left_alone() {
    let scene = Scene::new();
    let place = scene.world.beside("place");
    let with = |program: &mut Command| {
        program.env("DOCKER_PREP_CACHE", &place);
    };
    let elsewhere = scene.world.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &place).unwrap();
    assert!(packs(&scene, "a link", with).ends_with("is a symbolic link"));
    assert_eq!(files(&elsewhere).len(), 0);
    fs::remove_file(&place).unwrap();
    fs::write(&place, "mine").unwrap();
    assert!(packs(&scene, "a file", with).ends_with("is no folder"));
    assert_eq!(fs::read(&place).unwrap(), b"mine");
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(packs(&scene, "anybody's", with).ends_with("can be written by other users"));
    assert_eq!(files(&place).len(), 0);
    // Below a file nothing can be made.
    let below = scene.world.beside("elsewhere/file/below");
    fs::write(scene.world.beside("elsewhere/file"), "").unwrap();
    packs(&scene, "below a file", |program| {
        program.env("DOCKER_PREP_CACHE", &below);
    });
    // Nor where the system lets nobody write.
    packs(&scene, "no file system for it", |program| {
        program.env("DOCKER_PREP_CACHE", "/proc/cache");
    });
}

#[test]
fn what_is_somebody_elses_is_not_used() {
    let scene = Scene::new();
    scene.warm();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if is_root {
        assert!(Command::new("chown").arg("12345").arg(scene.cache()).status().unwrap().success());
        let said = packs(&scene, "another owner", |_| {});
        assert!(said.ends_with("belongs to another user"), "{said}");
    } else {
        // Every user has such a folder: root's.
        let said = packs(&scene, "another owner", |program| {
            program.env("DOCKER_PREP_CACHE", "/usr");
        });
        assert!(said.ends_with("belongs to another user"), "{said}");
    }
}

#[test]
fn the_command_shows_it_and_clears_what_is_ours() {
    let scene = Scene::new();
    let cache = |words: &[&str]| Run::from(scene.program([&["cache"], words].concat()).output().unwrap());
    assert!(cache(&[]).exits(0).stdout.contains("0 tarballs"));
    cache(&["clear"]).exits(0);
    assert!(!scene.cache().exists());
    scene.warm();
    let shown = cache(&["--json"]).exits(0).json();
    assert_eq!(shown["folder"], scene.cache().to_str().unwrap());
    let number = |key: &str| shown[key].as_u64().unwrap();
    assert_eq!((number("tarballs"), number("workspaces"), number("folders")), (5, 1, 1));
    let size: u64 = ["index", "outputs", "blobs"]
        .iter()
        .flat_map(|kind| files(&scene.cache().join(kind)))
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert_eq!((number("size"), number("limit")), (size, 1 << 30));
    let text = cache(&[]).exits(0).stdout;
    assert!(text.starts_with(scene.cache().to_str().unwrap()) && text.contains("5 tarballs"), "{text}");
    let mine = scene.cache().join("blobs/mine.txt");
    fs::write(&mine, "mine").unwrap();
    let cleared = cache(&["clear", "--json"]).exits(0).json();
    assert_eq!((cleared["files"].as_u64(), cleared["size"].as_u64()), (Some(7), Some(size)));
    assert_eq!(files(&scene.cache()), std::slice::from_ref(&mine));
    fs::remove_file(mine).unwrap();
    cache(&["clear"]).exits(0);
    assert!(!scene.cache().exists());
    cache(&["wipe"]).exits(2);
    for off in [&["--no-cache"][..], &["clear", "--no-cache"]] {
        cache(off).exits(0);
    }
    let mut wrong = scene.program(["cache"]);
    Run::from(wrong.env("DOCKER_PREP_CACHE_SIZE", "much").output().unwrap()).exits(2);
}
