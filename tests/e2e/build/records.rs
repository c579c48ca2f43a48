//! What is remembered of builds.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::build::scene::Scene;
use crate::common::Run;

#[test]
fn a_record_that_is_damaged_or_gone_costs_a_build() {
    let scene = Scene::new(&[("a", ""), ("b", "")]);
    assert_eq!(scene.built().len(), 3);
    let records = scene.records();
    assert_eq!(records.len(), 2);
    let text = fs::read_to_string(&records[0]).unwrap();
    for damaged in [String::new(), text[..text.len() / 2].to_owned(), text.replacen("own", "0wn", 1)] {
        fs::write(&records[0], damaged).unwrap();
        assert_eq!(scene.planned().len(), 1);
    }
    fs::write(&records[0], fs::read(&records[1]).unwrap()).unwrap();
    assert_eq!(scene.planned().len(), 1, "another package's");
    assert_eq!(scene.built().len(), 1);
    assert_eq!(scene.planned(), "");
}

#[test]
fn two_at_once_do_no_harm() {
    let scene = Scene::new(&[("a", "")]);
    let spawn = |out: &str| {
        let mut program = scene.program(&["pack", "--build", "--out", out]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [spawn("../one"), spawn("../two")];
    for child in both {
        Run::from(child.wait_with_output().unwrap()).exits(0);
    }
    assert_eq!(scene.records().len(), 1, "nothing else is left");
    assert_eq!(scene.planned(), "");
}

#[test]
fn records_lie_in_the_cache_and_go_with_it() {
    let scene = Scene::new(&[("a", ""), ("b", "")]);
    let cache = scene.world.home().join(".cache/docker-prep");
    let builds = || scene.call(&["cache", "--json"]).exits(0).json()["builds"].as_u64();
    assert_eq!((scene.built().len(), builds()), (3, Some(2)));
    let text = scene.call(&["cache"]).exits(0).stdout;
    assert!(text.contains("builds of 2 packages"), "{text}");
    for (path, mode) in [(cache.join("builds"), 0o700), (scene.records().remove(0), 0o600)] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, mode, "{}", path.display());
    }
    scene.call(&["cache", "clear"]).exits(0);
    assert!(!cache.exists());
    assert_eq!((&*scene.planned(), builds()), ("a b", Some(0)));

    let other = scene.world.beside("other");
    let with = |words: &[&str]| {
        Run::from(scene.program(words).env("DOCKER_PREP_CACHE", &other).output().unwrap()).exits(0);
        scene.runs()
    };
    let pack = ["pack", "--build", "--out", "../out"];
    assert_eq!((with(&pack).len(), &*with(&pack)), (3, ""), "where the cache is said to be");
    assert!(other.join("CACHEDIR.TAG").is_file() && !cache.exists());
    with(&["cache", "clear"]);
    assert!(!other.exists());
}

#[test]
fn without_a_cache_everything_is_built_and_nothing_is_remembered() {
    let scene = Scene::new(&[("a", "")]);
    let built = |words: &[&str], cache: &str| {
        let mut program = scene.program(&[&["pack", "--out", "../out"], words].concat());
        let run = Run::from(program.env("DOCKER_PREP_CACHE", cache).output().unwrap()).exits(0);
        (scene.runs(), run.stderr.contains("warning"))
    };
    assert_eq!(built(&["--build"], "off"), ("a".to_owned(), false));
    assert_eq!(built(&["--build", "--no-cache"], ""), ("a".to_owned(), false));
    assert_eq!((scene.records().len(), &*scene.built()), (0, "a"));
    scene.world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(built(&["--no-cache"], ""), (String::new(), false), "nothing is known");
    assert_eq!(built(&[], ""), (String::new(), true));
    assert_eq!(built(&["--build"], "off"), ("a".to_owned(), false));
    scene.world.file("plat/packages/a/src/index.js", "// a\n");
    assert_eq!(scene.planned(), "a", "the last build that is remembered left something else");
}

#[test]
fn a_cache_that_cannot_be_used_costs_builds_and_nothing_else() {
    let scene = Scene::new(&[("a", "")]);
    assert_eq!(scene.built(), "a");
    let cache = scene.world.home().join(".cache/docker-prep");
    let record = scene.records().remove(0);
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    for folder in [&cache, &cache.join("builds"), record.parent().unwrap()] {
        mode(folder, 0o777);
        assert_eq!((&*scene.planned(), &*scene.built()), ("a", "a"), "{}", folder.display());
        assert_eq!((&*scene.warned(), scene.records().len()), ("", 1));
        mode(folder, 0o700);
        assert_eq!(scene.planned(), "", "what was not used was not touched");
    }
    fs::remove_file(&record).unwrap();
    assert!(Command::new("mkfifo").arg(&record).status().unwrap().success());
    assert_eq!(scene.warned(), "");
    assert_eq!((&*scene.built(), &*scene.planned()), ("a", ""), "nobody waits for the other end of a pipe");
    fs::remove_dir_all(cache.join("builds")).unwrap();
    fs::write(cache.join("builds"), "mine").unwrap();
    assert_eq!((&*scene.built(), &*scene.built()), ("a", "a"));
    assert_eq!(fs::read(cache.join("builds")).unwrap(), b"mine");
}

#[test]
fn records_that_nobody_uses_or_that_are_too_many_go() {
    let scene = Scene::new(&[("a", "")]);
    assert_eq!(scene.built(), "a");
    let builds = scene.world.home().join(".cache/docker-prep/builds");
    let days_ago = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let set_age = |file: &File, days| file.set_times(FileTimes::new().set_modified(days_ago(days))).unwrap();
    let here = scene.records().remove(0);
    set_age(&File::options().write(true).open(&here).unwrap(), 59);
    assert_eq!(scene.built(), "");
    assert!(here.metadata().unwrap().modified().unwrap() > days_ago(1), "it was used");

    let put = |workspace: &str, package: &str, days: u64, size: u64| {
        let path = builds.join(workspace.repeat(64)).join(package);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(&path).unwrap();
        file.set_len(size).unwrap();
        set_age(&file, days);
        path
    };
    let digest = "0123456789abcdef".repeat(4);
    let aged = put("1", &digest, 61, 1);
    let oldest = put("2", &digest, 30, 30 << 20);
    let newer = put("3", &digest, 20, 50 << 20);
    let mine = put("4", "mine.txt", 100, 1);
    scene.world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "a");
    assert!(!aged.exists() && !oldest.exists() && newer.exists() && mine.exists());
    assert!(!aged.parent().unwrap().exists(), "nor what it lay in");
    assert_eq!(scene.planned(), "");
}
