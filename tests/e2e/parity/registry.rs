//! Published packages, packed again: manifests and trees that people really have.

use std::fs;
use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::common::World;
use crate::common::tools::tools;
use crate::parity::compare::{self, Member};

/// How many there must be at least.
const AT_LEAST: usize = 100;

#[test]
fn published_packages() {
    let world = World::new();
    world.file("pnpm-workspace.yaml", "packages:\n  - packages/*\n");
    // Some bundle their dependencies, which needs this; some have no licence, and get this one.
    world.file(".npmrc", "node-linker=hoisted\n").file("LICENSE", "the workspace's\n");
    let mut tarballs: Vec<_> = fs::read_dir(tools().join("packages"))
        .expect("run scripts/tools")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .collect();
    tarballs.sort();
    assert!(
        tarballs.len() >= AT_LEAST,
        "{} of at least {AT_LEAST} packages are there: run scripts/tools",
        tarballs.len()
    );
    let members: Vec<Member> = tarballs.iter().map(|tarball| unpack(&world, tarball)).collect();
    let outcome = compare::members(&world, &members);
    for failed in &outcome.both_fail {
        println!("parity: not packed by either: {failed}");
    }
    compare::report("published packages", members.len(), 0, &outcome.failures);
}

fn unpack(world: &World, tarball: &Path) -> Member {
    let folder = format!("packages/{}", tarball.file_stem().expect("a name").to_string_lossy());
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(tarball).expect("a tarball")));
    for entry in archive.entries().expect("a tarball") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").into_owned();
        // The top folder is `package/` nearly always.
        let inside: std::path::PathBuf = path.components().skip(1).collect();
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).expect("an entry");
            world.file(Path::new(&folder).join(inside), content);
        }
    }
    let manifest: Value = serde_json::from_slice(&world.bytes(format!("{folder}/package.json")))
        .expect("a manifest that is JSON");
    (folder, manifest)
}
