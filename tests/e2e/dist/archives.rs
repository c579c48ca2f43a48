//! What a release holds: the same bytes at each call, what other machines have built joined to it, and nothing of another
//! version.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Run, Snapshot, World};
use crate::dist::distribution::target::{TARGETS, Target};
use crate::dist::distribution::{self, Assembly, VERSION};
use crate::dist::scene::{NAME, another, assembly, own};

/// Each file of a tarball, with what tar says of it.
fn listed(path: &Path) -> BTreeMap<String, String> {
    let tar =
        std::process::Command::new("tar").args(["--utc", "--full-time", "-tvzf"]).arg(path).output().unwrap();
    let run = Run::from(tar).exits(0);
    let file = |line: &str| {
        let (said, name) = line.rsplit_once(' ').unwrap();
        let words: Vec<&str> = said.split_whitespace().collect();
        (name.to_owned(), [words[0], words[1], words[3], words[4]].join(" "))
    };
    let lines: Vec<&str> = run.stdout.lines().collect();
    let names: Vec<&str> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().1).collect();
    assert!(names.is_sorted(), "{names:?}");
    run.stdout.lines().map(file).collect()
}

const FILE: &str = "-rw-r--r-- 0/0 1985-10-26 08:15:00";
const PROGRAM: &str = "-rwxr-xr-x 0/0 1985-10-26 08:15:00";

#[test]
fn an_archive_holds_what_belongs_to_the_program() {
    let world = World::new();
    let assembly = assembly(&world);
    distribution::assemble(&assembly).unwrap();
    for target in TARGETS.iter().filter(|target| !target.is_windows()) {
        let top = format!("docker-prep-{VERSION}-{}", target.triple);
        let listed = listed(&assembly.out.join(format!("{top}.tar.gz")));
        let at = |name: &str| listed.get(&format!("{top}/{name}")).map(String::as_str);
        assert_eq!(at("docker-prep"), Some(PROGRAM), "{listed:?}");
        for name in [
            "LICENSE",
            "completions/docker-prep.bash",
            "completions/_docker-prep",
            "completions/docker-prep.fish",
        ] {
            assert_eq!(at(name), Some(FILE), "{name}: {listed:?}");
        }
        for name in ["completions/_docker-prep.ps1", "man/man1/docker-prep.1", "man/man1/docker-prep-guard.1"]
        {
            assert_eq!(at(name), Some(FILE), "{name}: {listed:?}");
        }
        assert!(listed.keys().all(|name| name.starts_with(&format!("{top}/"))), "{listed:?}");
    }
    let windows = TARGETS.iter().find(|target| target.is_windows()).unwrap();
    let zip = assembly.out.join(windows.archive(VERSION));
    let unzip = world.command("python3").args(["-m", "zipfile", "-l"]).arg(zip).output().unwrap();
    let run = Run::from(unzip).exits(0);
    assert!(
        run.stdout.contains(&format!("docker-prep-{VERSION}-{}/docker-prep.exe ", windows.triple)),
        "{run}"
    );
    assert_eq!(run.stdout.matches("1985-10-26 08:15:00").count(), run.stdout.lines().count() - 1, "{run}");
}

#[test]
fn the_same_programs_give_the_same_release() {
    let world = World::new();
    let first = assembly(&world);
    distribution::assemble(&first).unwrap();
    let before = Snapshot::of(&first.out);
    let second = Assembly { out: world.beside("again"), ..assembly(&world) };
    distribution::assemble(&second).unwrap();
    let contents = |snapshot: Snapshot| -> Vec<_> {
        snapshot.0.into_iter().map(|(path, entry)| (path, entry.kind, entry.mode)).collect()
    };
    assert_eq!(contents(before.clone()), contents(Snapshot::of(&second.out)));
    // Once more into the same folder.
    distribution::assemble(&first).unwrap();
    assert_eq!(contents(before), contents(Snapshot::of(&first.out)));
    let mut sums = world.command("sha256sum");
    let run =
        Run::from(sums.args(["--check", "--strict", "SHA256SUMS"]).current_dir(&first.out).output().unwrap());
    assert_eq!(run.exits(0).stdout.lines().count(), 5 + 7 + 1, "archives, packages and the installer");
}

#[test]
fn what_is_not_of_an_earlier_release_is_left_alone() {
    let world = World::new();
    let assembly = assembly(&world);
    distribution::assemble(&assembly).unwrap();
    fs::write(assembly.out.join("notes.txt"), "mine").unwrap();
    let before = Snapshot::of(&assembly.out);
    let error = distribution::assemble(&assembly).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    before.assert_same(&Snapshot::of(&assembly.out));
}

#[test]
fn archives_of_other_machines_are_joined() {
    let world = World::new();
    let whole = assembly(&world);
    distribution::assemble(&whole).unwrap();
    // Another machine builds for itself alone, and uploads the archives.
    let mut here = Assembly { out: world.beside("here"), ..assembly(&world) };
    let mut there = Assembly {
        out: world.beside("there"),
        native: here.programs.iter().find(|(target, _)| *target == own()).map(|(_, path)| path.clone()),
        ..assembly(&world)
    };
    here.programs.retain(|(target, _)| *target == own());
    there.programs.retain(|(target, _)| *target != own());
    let lacking = distribution::assemble(&here).unwrap();
    assert_eq!(lacking.len(), 4);
    assert_eq!(distribution::assemble(&there).unwrap(), [own()]);
    let joined = Assembly {
        out: world.beside("joined"),
        joined: vec![here.out.clone(), there.out.clone()],
        is_complete: true,
        ..Assembly::default()
    };
    assert!(distribution::assemble(&joined).unwrap().is_empty());
    let sums = |assembly: &Assembly| fs::read_to_string(assembly.out.join("SHA256SUMS")).unwrap();
    assert_eq!(sums(&joined), sums(&whole));

    let refused = |assembly: &Assembly, why: &str| {
        let error = distribution::assemble(assembly).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(!assembly.out.exists(), "nothing is written");
    };
    let part =
        || Assembly { out: world.beside("part"), joined: vec![there.out.clone()], ..Assembly::default() };
    refused(&Assembly { is_complete: true, ..part() }, &own().archive(VERSION));
    refused(&Assembly { programs: assembly(&world).programs, ..part() }, "comes from two places");
    fs::write(there.out.join("docker-prep-0.0.1-x86_64-apple-darwin.tar.gz"), "").unwrap();
    refused(&part(), "0.0.1");
    refused(&Assembly { out: world.beside("none"), ..Assembly::default() }, "--join");
}

/// `package.json` of a package of the release.
fn manifest(out: &Path, name: &str) -> Value {
    let path = out.join(format!("npm/{name}"));
    serde_json::from_slice(&distribution::archive::file_in(&path, "package/package.json").unwrap()).unwrap()
}

#[test]
fn the_packages_of_npm_say_what_they_are() {
    let world = World::new();
    let repository = Some("https://example.com/acme/docker-prep".to_owned());
    let assembly = Assembly { repository, ..assembly(&world) };
    distribution::assemble(&assembly).unwrap();
    let main = manifest(&assembly.out, &format!("bytelyst-docker-prep-{VERSION}.tgz"));
    let platforms = TARGETS.iter().map(|target| (format!("{NAME}-{}", target.platform()), json!(VERSION)));
    assert_eq!(main["optionalDependencies"], Value::Object(platforms.collect()));
    let bundled = manifest(&assembly.out, &format!("docker-prep-{VERSION}-bundled.tgz"));
    for target in &TARGETS {
        let name = format!("bytelyst-docker-prep-{}-{VERSION}.tgz", target.platform());
        let own = manifest(&assembly.out, &name);
        assert_eq!(own["name"], json!(format!("{NAME}-{}", target.platform())));
        assert_eq!(
            (&own["os"], &own["cpu"], &own["libc"]),
            (&json!([target.os]), &json!([target.cpu]), &Value::Null)
        );
        assert_eq!(own["preferUnplugged"], true);
        let listed = listed(&assembly.out.join("npm").join(&name));
        assert_eq!(listed[&format!("package/bin/{}", target.program())], PROGRAM, "{listed:?}");
        assert!(listed.contains_key("package/LICENSE"), "{listed:?}");
        assert_eq!((&own["repository"], &own["version"]), (&main["repository"], &json!(VERSION)));
    }
    for manifest in [&main, &bundled] {
        assert_eq!((&manifest["name"], &manifest["version"]), (&json!(NAME), &json!(VERSION)));
        assert_eq!(manifest["bin"], json!({ "docker-prep": "bin/docker-prep" }));
        assert_eq!(manifest["repository"]["url"], "git+https://example.com/acme/docker-prep.git");
        assert_eq!((&manifest["scripts"], &manifest["os"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(bundled["optionalDependencies"], Value::Null);
}

#[test]
fn a_program_of_another_version_writes_nothing() {
    let world = World::new();
    let mut assembly = assembly(&world);
    let stranger = world.beside("stranger");
    crate::common::shim::program_at(&stranger, "echo docker-prep 9.9.9");
    assembly.native = Some(stranger);
    let error = distribution::assemble(&assembly).unwrap_err().to_string();
    assert!(error.contains("9.9.9") && !assembly.out.exists(), "{error}");
    let named = |target: &Target| Target::named(target.triple).unwrap();
    assert_eq!(named(another()), another());
    assert!(Target::named("sparc-sun-solaris").unwrap_err().to_string().contains(own().triple));
}
