//! Checked-out pnpm monorepos, by hand: `scripts/parity-monorepo DIR…`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::World;
use crate::parity::compare::{self, Member};
use crate::parity::oracle;

#[test]
#[ignore = "takes checkouts: scripts/parity-monorepo DIR…"]
fn monorepos() {
    let dirs = std::env::var("PARITY_MONOREPOS").expect("PARITY_MONOREPOS: checkouts, one per line");
    let mut failures = Vec::new();
    for dir in dirs.lines() {
        let world = World::new();
        copy(Path::new(dir), world.root());
        let all = oracle::list(&world);
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for name in all.iter().filter_map(|(_, manifest)| manifest["name"].as_str()) {
            *names.entry(name.to_owned()).or_default() += 1;
        }
        // A name must tell which package is meant.
        let (members, others): (Vec<Member>, Vec<Member>) = all
            .into_iter()
            .partition(|(_, manifest)| manifest["name"].as_str().is_some_and(|name| names[name] == 1));
        let outcome = compare::members(&world, &members);
        println!(
            "parity: {dir}: {} members, {} the same, {} packed by neither, {} differences",
            members.len(),
            outcome.same,
            outcome.both_fail.len(),
            outcome.failures.len()
        );
        for (folder, manifest) in others {
            println!("    not asked for: {folder}, named {}", manifest["name"]);
        }
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for failed in &outcome.both_fail {
            let reason = failed.split_once(": ").map_or("", |(_, reason)| reason);
            *reasons.entry(reason.split(": ").next().unwrap_or("")).or_default() += 1;
        }
        for (reason, count) in reasons {
            println!("    packed by neither: {count} for {reason}");
        }
        failures.extend(outcome.failures.into_iter().map(|failure| format!("{dir}: {failure}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// All but the history.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("read {}: {e}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("a kind");
        if entry.file_name() == ".git" {
            continue;
        } else if kind.is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).expect("a link"), &target)
                .expect("a link");
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
            if entry.file_name() == "package.json" {
                make_packable(&target);
            }
        }
    }
}

/// In the copy: nothing asks for a newer pnpm, and what has a name has a version, so that there is more to compare.
fn make_packable(manifest: &Path) {
    let text = fs::read(manifest).expect("a copy");
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&text) else { return };
    let engines = fields.get_mut("engines").and_then(Value::as_object_mut);
    let asks = engines.is_some_and(|engines| engines.shift_remove("pnpm").is_some());
    let lacks = fields.contains_key("name") && !fields.contains_key("version");
    if lacks {
        fields.insert("version".to_owned(), Value::from("0.0.0"));
    }
    if asks || lacks {
        fs::write(manifest, format!("{:#}\n", Value::Object(fields))).expect("a copy that can be written");
    }
}
