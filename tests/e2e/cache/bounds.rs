//! The cache does not grow for ever, and what was used last stays.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::cache::scene::files;
use crate::common::{Run, World};

/// Bytes that no compression makes less.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(size)
    .collect()
}

const LIMIT: u64 = 400_000;

fn world(sizes: &[usize]) -> World {
    let world = World::new();
    world.file("plat/pnpm-workspace.yaml", "packages: ['*']\n");
    for (number, size) in sizes.iter().enumerate() {
        let manifest = format!(r#"{{"name": "@bytelyst/p{number}", "version": "1.0.0"}}"#);
        world.file(format!("plat/p{number}/package.json"), manifest);
        world.file(format!("plat/p{number}/noise"), noise(number as u64 + 1, *size));
    }
    world
}

fn pack(world: &World, package: usize) {
    let mut program = world.program();
    program.current_dir(world.path("plat")).env("DOCKER_PREP_CACHE_SIZE", LIMIT.to_string());
    program.args(["pack", &format!("@bytelyst/p{package}"), "--out", "../out"]);
    Run::from(program.output().unwrap()).exits(0);
    world.remove("out");
}

fn sizes(world: &World) -> Vec<u64> {
    let blobs = files(&world.home().join(".cache/docker-prep/blobs"));
    let mut sizes: Vec<u64> = blobs.iter().map(|blob| blob.metadata().unwrap().len() / 1000).collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn what_was_used_last_stays_within_the_bound() {
    let world = world(&[90_000, 91_000, 92_000, 93_000, 94_000, 95_000]);
    let blobs = world.home().join(".cache/docker-prep/blobs");
    // Each is given the time at which it was used, a day apart.
    let mut age = 40;
    let mut known: Vec<std::path::PathBuf> = Vec::new();
    let mut used = |world: &World, package| {
        pack(world, package);
        age -= 2;
        let time = SystemTime::now() - Duration::from_secs(age * 24 * 60 * 60);
        let new: Vec<_> = files(&blobs).into_iter().filter(|file| !known.contains(file)).collect();
        for new in new {
            File::options()
                .write(true)
                .open(&new)
                .unwrap()
                .set_times(FileTimes::new().set_modified(time))
                .unwrap();
            known.push(new);
        }
    };
    (0..4).for_each(|package| used(&world, package));
    assert_eq!(sizes(&world), [90, 91, 92, 93]);
    // The first one is used again, from the cache: so the second one goes.
    pack(&world, 0);
    used(&world, 4);
    assert_eq!(sizes(&world), [90, 92, 93, 94]);
    used(&world, 5);
    assert_eq!(sizes(&world), [90, 93, 94, 95]);
}

#[test]
fn one_that_is_large_does_not_drive_out_the_others() {
    let world = world(&[50_000, 51_000, 200_000, 3_000_000]);
    (0..4).for_each(|package| pack(&world, package));
    assert_eq!(sizes(&world), [50, 51]);
}

#[test]
fn what_a_killed_run_left_and_what_nobody_uses_goes() {
    let world = world(&[50_000, 51_000]);
    pack(&world, 0);
    let cache = world.home().join(".cache/docker-prep");
    let days = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let put = |name: &str, age: u64| {
        // What is too young to be trusted is not remembered, and then a folder may be missing.
        fs::create_dir_all(cache.join(name).parent().unwrap()).unwrap();
        fs::write(cache.join(name), "x").unwrap();
        let times = FileTimes::new().set_modified(days(age));
        File::options().write(true).open(cache.join(name)).unwrap().set_times(times).unwrap();
    };
    let digest = "0123456789abcdef".repeat(4);
    put("blobs/.tmpold.tmp", 1);
    put("blobs/.tmpnew.tmp", 0);
    put(&format!("index/{digest}"), 100);
    put(&format!("outputs/{digest}"), 30);
    put("blobs/mine.txt", 100);
    pack(&world, 1);
    let is_there = |name: &str| cache.join(name).exists();
    assert!(!is_there("blobs/.tmpold.tmp") && is_there("blobs/.tmpnew.tmp") && is_there("blobs/mine.txt"));
    assert!(!is_there(&format!("index/{digest}")) && is_there(&format!("outputs/{digest}")));
}
