//! `scripts/test ROOM` leaves no test out: each module of the test programs belongs to a room.

use std::fs;
use std::path::Path;

#[test]
fn every_module_of_tests_belongs_to_a_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = fs::read_to_string(root.join("scripts/rooms.txt")).unwrap();
    let listed: Vec<&str> = rooms
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split_whitespace().skip(1))
        .collect();
    let mut there = Vec::new();
    for program in ["e2e", "internals"] {
        let main = fs::read_to_string(root.join(format!("tests/{program}/main.rs"))).unwrap();
        there.extend(
            main.lines().filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())),
        );
    }
    for module in &there {
        assert!(
            module == "common" || listed.contains(&&**module),
            "scripts/rooms.txt has no room for {module}"
        );
    }
    for module in listed {
        assert!(
            there.iter().any(|one| one == module),
            "scripts/rooms.txt names {module}, which is no module of tests"
        );
    }
}
