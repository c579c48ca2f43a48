//! `scripts/test ROOM` leaves no test out: each folder of `src` is a room, and each module and program of tests belongs to
//! one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each room with what it lists.
fn rooms() -> Vec<(String, Vec<String>)> {
    let text = read("scripts/rooms.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let room = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        (words.next().expect("a room"), words.collect())
    };
    lines.map(room).collect()
}

#[test]
fn every_folder_of_the_source_is_a_room() {
    let rooms: BTreeSet<String> = rooms().into_iter().map(|(room, _)| room).collect();
    for (name, is_folder) in entries("src") {
        assert!(!is_folder || rooms.contains(&name), "scripts/rooms.txt has no room {name}, as src has");
    }
    for room in rooms {
        let there = ["", ".rs"].iter().any(|end| root().join(format!("src/{room}{end}")).exists());
        assert!(there, "scripts/rooms.txt names a room {room}, which is not in src");
    }
}

#[test]
fn every_module_of_tests_belongs_to_a_room() {
    let listed: BTreeSet<String> = rooms().into_iter().flat_map(|(_, modules)| modules).collect();
    let main = read("tests/e2e/main.rs");
    let modules = main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let mut there: BTreeSet<String> = modules.map(str::to_owned).collect();
    for (name, is_folder) in entries("tests") {
        match name.strip_suffix(".rs") {
            Some(program) => drop(there.insert(program.to_owned())),
            // Helpers, and the world of the library's examples.
            None if ["common", "e2e", "library"].contains(&&*name) => {}
            None => assert!(!is_folder, "tests/{name} is of no room"),
        }
    }
    for module in &there {
        assert!(module == "common" || listed.contains(module), "scripts/rooms.txt has no room for {module}");
    }
    for module in listed {
        assert!(there.contains(&module), "scripts/rooms.txt names {module}, which is no module of tests");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What lies in a folder, and whether it is a folder itself.
fn entries(folder: &str) -> Vec<(String, bool)> {
    let entries = root().join(folder).read_dir().unwrap().map(Result::unwrap);
    let told =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), entry.file_type().unwrap().is_dir());
    entries.map(told).collect()
}
