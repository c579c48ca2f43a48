//! Packs a package by both and says what is not the same.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha512};

use crate::common::tools::PNPM;
use crate::common::{Run, World, hex};
use crate::parity::case::{Case, Expect, install_links};
use crate::parity::oracle::{self, Packed};
use crate::parity::tarball::Tarball;

/// One case of so many is also packed by a pnpm process of its own.
const SPOT_CHECK: usize = 64;

/// With more failures than this it is not the way of asking.
const ASKED_AGAIN: usize = 20;

/// Compares every case; panics with all that differ and are not known to.
pub(crate) fn all_same(theme: &str, cases: impl IntoIterator<Item = Case>) {
    let mut count = 0;
    let mut known = 0;
    let mut failures = Vec::new();
    for case in cases {
        count += 1;
        let mut lines = differences(&case, oracle::pack);
        if let Some(why) = case.known_difference {
            if lines.is_empty() {
                failures.push(format!("{}\n    no longer differs: say so in the case", case.name));
            } else {
                known += 1;
                println!("parity: {theme}: known difference: {}: {why}", case.name);
            }
            continue;
        }
        // Before anything is said, a process of its own must say so too; some cases are asked of one anyhow.
        if (!lines.is_empty() && failures.len() < ASKED_AGAIN) || count % SPOT_CHECK == 1 {
            lines = differences(&case, oracle::pack_alone);
        }
        if !lines.is_empty() {
            failures.push(format!("{}\n    {}", case.name, lines.join("\n    ")));
        }
    }
    report(theme, count, known, &failures);
}

/// Prints the count, and panics where something differs that is not known to.
pub(crate) fn report(theme: &str, count: usize, known: usize, failures: &[String]) {
    let same = count - known - failures.len();
    println!("parity: {theme}: {same} of {count} packed as pnpm {} does", PNPM);
    assert!(
        failures.is_empty(),
        "{theme}: {} of {count} are not packed as pnpm {} does\n\n{}\n",
        failures.len(),
        PNPM,
        failures.join("\n\n")
    );
}

fn differences(case: &Case, pnpm_pack: impl FnOnce(&World, &str) -> Packed) -> Vec<String> {
    let world = case.world();
    let theirs = with_links(&world, case.folder(), &case.links(), || pnpm_pack(&world, case.folder()));
    if std::env::var_os("PARITY_SHOW").is_some() {
        return shown(case, theirs);
    }
    // No install is needed by ours, so the links are gone.
    let ours = pack(&world, &["--", &case.package]);
    let expect = match (case.expect, &theirs) {
        (Expect::AsPnpm, Err(_)) => Expect::BothFail,
        (Expect::AsPnpm, Ok(tarball)) if tarball.leaves_the_package() => Expect::Refused,
        (Expect::AsPnpm, Ok(_)) => Expect::Same,
        (expect, _) => expect,
    };
    match (expect, theirs, ours) {
        (Expect::Same, Ok(theirs), Ok(ours)) => match &ours[..] {
            [(_, ours)] => Tarball::differences(&theirs, ours),
            _ => vec![format!("count    want one tarball, got {}", ours.len())],
        },
        (Expect::Same, Err(error), _) => vec![format!("case     pnpm fails, which is not expected: {error}")],
        (Expect::Same, Ok(_), Err(error)) => vec![format!("fails    {error}")],
        (Expect::BothFail, Ok(_), _) => vec!["case     pnpm packs it, which is not expected".to_owned()],
        (Expect::Refused, Err(error), _) => {
            vec![format!("case     pnpm fails, so nothing is shown: {error}")]
        }
        (_, _, Ok(_)) => vec!["packs    and must not".to_owned()],
        (_, _, Err(error)) if error.starts_with("exit 4:") => Vec::new(),
        (_, _, Err(error)) => vec![format!("fails    not with exit 4: {error}")],
    }
}

/// What pnpm does with a case, for who writes one: `PARITY_SHOW=1 cargo test --test e2e parity::THEME -- --nocapture`.
fn shown(case: &Case, theirs: Packed) -> Vec<String> {
    let failed = theirs.is_err();
    println!("{}", case.name);
    match theirs {
        Err(error) => println!("    {error}"),
        Ok(tarball) => {
            for (path, entries) in &tarball.entries {
                for entry in entries {
                    println!("    {:04o} {path}", entry.mode);
                }
            }
        }
    }
    if failed == (case.expect == Expect::BothFail) { Vec::new() } else { vec!["not as expected".to_owned()] }
}

/// Runs `pack` while `node_modules` of `folder` is as an install would have left it.
pub(crate) fn with_links<T>(
    world: &World,
    folder: &str,
    links: &[(String, String)],
    pack: impl FnOnce() -> T,
) -> T {
    let modules = Path::new(folder).join("node_modules");
    let had_modules = world.exists(&modules);
    let mut made = Vec::new();
    for (name, target) in links {
        let link = modules.join(name);
        if !world.exists(&link) {
            world.symlink(&link, world.path(target));
            made.push(link);
        }
    }
    let result = pack();
    if !had_modules && !made.is_empty() {
        world.remove(&modules);
    } else {
        for link in made {
            world.remove(link);
        }
    }
    result
}

/// A package of a workspace: its folder and its manifest.
pub(crate) type Member = (String, Value);

/// What came of comparing whole workspaces.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) same: usize,
    /// Neither packs it; by pnpm's error.
    pub(crate) both_fail: Vec<String>,
    pub(crate) failures: Vec<String>,
}

/// Packs every member by both; ours in one call.
pub(crate) fn members(world: &World, members: &[Member]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut packed = Vec::new();
    for (folder, manifest) in members {
        let name = manifest["name"].as_str().unwrap_or_default();
        let links = install_links(manifest, members);
        match with_links(world, folder, &links, || oracle::pack(world, folder)) {
            Ok(tarball) if tarball.leaves_the_package() => {
                must_fail(world, name, "it leaves the package", &mut outcome)
            }
            Ok(tarball) => packed.push((name, tarball)),
            Err(error) => must_fail(world, name, &error, &mut outcome),
        }
    }
    let ours = pack(world, &["--all"]).or_else(|error| {
        // Right, where there is a member that pnpm cannot pack either.
        println!("parity: --all: {error}");
        let mut words = vec!["--"];
        words.extend(packed.iter().map(|(name, _)| *name));
        pack(world, &words)
    });
    let ours = ours.unwrap_or_else(|error| {
        outcome.failures.push(format!("all in one call\n    fails    {error}"));
        packed.iter().filter_map(|(name, _)| pack(world, &["--", name]).ok()).flatten().collect()
    });
    for (name, theirs) in &packed {
        let lines = match ours.iter().find(|(ours, _)| ours == name) {
            Some((_, tarball)) => Tarball::differences(theirs, tarball),
            None => vec!["missing  no tarball".to_owned()],
        };
        if lines.is_empty() {
            outcome.same += 1;
        } else {
            outcome.failures.push(format!("{name}\n    {}", lines.join("\n    ")));
        }
    }
    outcome
}

fn must_fail(world: &World, name: &str, error: &str, outcome: &mut Outcome) {
    match pack(world, &["--", name]) {
        Ok(_) => outcome.failures.push(format!("{name}\n    packs    and must not: {error}")),
        Err(_) => outcome.both_fail.push(format!("{name}: {error}")),
    }
}

/// Packs what the words say with the program in one call, and checks what it says of each package against the
/// tarball. Gives names and tarballs.
pub(crate) fn pack(world: &World, words: &[&str]) -> Result<Vec<(String, Tarball)>, String> {
    let out = world.beside("ours");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|e| e.to_string())?;
    }
    let mut program = world.program();
    program.args(["pack", "--json", "--allow-unbuilt", "--scope", "*", "-C"]).arg(world.root());
    program.arg("--out").arg(&out);
    program.args(words);
    let run = Run::from(program.output().expect("docker-prep runs"));
    if run.code != Some(0) {
        let code = run.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        return Err(format!("exit {code}: {}", run.stderr.trim().replace('\n', "\n             ")));
    }
    let document: Value =
        serde_json::from_str(&run.stdout).map_err(|e| format!("stdout is no JSON document ({e}): {run}"))?;
    let printed = document["packages"].as_array().ok_or_else(|| format!("no packages: {run}"))?;
    let mut files = fs::read_dir(&out).map_or(0, Iterator::count);
    let mut tarballs = Vec::new();
    for package in printed {
        let name = package["name"].as_str().ok_or_else(|| format!("no name in {package}"))?;
        tarballs.push((name.to_owned(), checked(&out, package)?));
        files -= 1;
    }
    if files != 0 {
        return Err(format!("{files} more files in --out than in the JSON"));
    }
    Ok(tarballs)
}

/// The tarball that an object of the JSON is about, if all that it says is so.
fn checked(out: &Path, said: &Value) -> Result<Tarball, String> {
    let name = said["filename"].as_str().ok_or_else(|| format!("no filename in {said}"))?;
    let path = out.join(name);
    let bytes = fs::read(&path).map_err(|e| format!("read {}: {e}", path.display()))?;
    let tarball = Tarball::read(&path)?;
    let mut listed = Vec::new();
    let mut unpacked = 0;
    for (path, entries) in &tarball.entries {
        for entry in entries {
            unpacked += entry.content.len();
            let path = path.strip_prefix("package/").unwrap_or(path);
            listed.push((path.to_owned(), entry.content.len(), entry.mode));
        }
    }
    let mut said_files: Vec<_> = said["files"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|file| {
            let number =
                |key: &str| usize::try_from(file[key].as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
            let mode = u32::try_from(number("mode")).unwrap_or(u32::MAX);
            (file["path"].as_str().unwrap_or_default().to_owned(), number("size"), mode)
        })
        .collect();
    said_files.sort();
    listed.sort();
    let integrity = format!("sha512-{}", base64(&Sha512::digest(&bytes)));
    let checks = [
        ("files", said_files == listed),
        ("entryCount", said["entryCount"] == listed.len()),
        ("size", said["size"] == bytes.len()),
        ("unpackedSize", said["unpackedSize"] == unpacked),
        ("shasum", said["shasum"] == hex(&Sha1::digest(&bytes))),
        ("integrity", said["integrity"] == integrity),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        None => Ok(tarball),
        Some((key, _)) => Err(format!("the JSON's {key} is not what {name} holds: {}", said[*key])),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
