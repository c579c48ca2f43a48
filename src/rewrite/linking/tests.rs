use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::rewrite::linking::*;

fn layout(surface: &str) -> InstallLayout {
    InstallLayout::alone(surface, ".docker-deps")
}

fn manager(name: Name, majors: RangeInclusive<u64>) -> PackageManager {
    PackageManager { name, version: String::new(), majors }
}

fn needs(local: &[(&str, &str)]) -> Needs {
    Needs {
        local: local.iter().map(|(name, spec)| ((*name).to_owned(), (*spec).to_owned())).collect(),
        shared_local: local.iter().map(|(name, _)| (*name).to_owned()).collect(),
        ..Needs::default()
    }
}

fn of(manager: &PackageManager, surface_dir: &str, needs: &Needs) -> Linking {
    linking(OverrideStyle::Tarballs, manager, &layout(surface_dir), needs).unwrap()
}

#[test]
fn the_base_is_the_install_root_or_for_npm_the_tarball() {
    let nothing = Needs::default();
    let (pnpm, bun) = (manager(Name::Pnpm, 11..=12), manager(Name::Bun, 1..=1));
    for (surface, base) in
        [("", "file:.docker-deps/"), ("web", "file:../.docker-deps/"), ("a/b", "file:../../.docker-deps/")]
    {
        assert_eq!(of(&pnpm, surface, &nothing).base, base);
        assert_eq!(of(&bun, surface, &nothing), of(&pnpm, surface, &nothing));
        assert_eq!(of(&manager(Name::Npm, 11..=11), surface, &nothing).base, "file:");
    }
    for way in [OverrideStyle::PnpmOverrides, OverrideStyle::WorkspaceOverrides, OverrideStyle::Resolutions] {
        assert_eq!(linking(way, &pnpm, &layout(""), &nothing), None);
    }
}

#[test]
fn only_an_npm_that_may_be_10_must_not_see_optional_peers() {
    let drops = |name, majors| of(&manager(name, majors), "", &Needs::default()).drops_optional_peers;
    assert!(drops(Name::Npm, 10..=10) && drops(Name::Npm, 0..=u64::MAX));
    assert!(!drops(Name::Npm, 11..=11) && !drops(Name::Pnpm, 10..=10) && !drops(Name::Bun, 1..=1));
}

#[test]
fn a_path_of_the_surface_is_meant_from_the_tarball_where_npm_reads_it() {
    let specs = [
        ("file:../libs/x", "file:../libs/x"),
        ("file:./x", "file:../apps/x"),
        ("../../x", "file:../../x"),
        ("./libs/x.tgz", "file:../apps/libs/x.tgz"),
        ("file:/x", "file:/x"),
        ("file:///x", "file:///x"),
        ("file:~/x", "file:~/x"),
        ("C:/x", "C:/x"),
        ("link:../x", "link:../x"),
    ];
    for (spec, meant) in specs {
        let needs = needs(&[("@b/x", spec)]);
        let elsewhere = |manager: &PackageManager| of(manager, "apps", &needs).elsewhere["@b/x"].clone();
        assert_eq!(elsewhere(&manager(Name::Npm, 10..=10)), meant, "{spec}");
        assert_eq!(elsewhere(&manager(Name::Pnpm, 12..=12)), spec);
    }
    let mut alone = needs(&[("@b/x", "file:../x")]);
    alone.shared_local.clear();
    assert!(of(&PackageManager::pinned(), "web", &alone).elsewhere.is_empty(), "no tarball needs it");
}

fn manifest(value: Value) -> Manifest {
    match value {
        Value::Object(map) => Manifest(map),
        other => panic!("no object: {other}"),
    }
}

fn link(value: Value, drops_optional_peers: bool) -> String {
    let linking = Linking {
        base: "file:../d/".to_owned(),
        elsewhere: [("@b/x".to_owned(), "file:../x".to_owned())].into(),
        drops_optional_peers,
    };
    let file = |package: &str| ["@b/b", "@b/c"].contains(&package).then(|| format!("{}.tgz", &package[3..]));
    let linked = linked(&manifest(value), &linking, &Scope::new(&["@b".to_owned()]), file);
    Value::Object(linked.0).to_string()
}

#[test]
fn what_a_tarball_brings_in_is_named_and_nothing_else_changes() {
    let before = json!({
        "name": "@b/a",
        "dependencies": {"z": "^1", "cc": "npm:@b/c@^1", "@b/b": "^1.0.0", "@b/x": "1", "@b/none": "1", "@b/c": ""},
        "peerDependencies": {"@b/b": "^1"},
        "optionalDependencies": {"@b/c": "~1", "b": "npm:@b/cc"},
        "devDependencies": {"@b/b": "^1.0.0", "bb": "npm:@b/b@1"},
        "peerDependenciesMeta": {"@b/b": {"optional": true}},
        "overrides": {"@b/b": "1"},
        "a": null
    });
    let after = json!({
        "name": "@b/a",
        "dependencies": {
            "z": "^1", "cc": "file:../d/c.tgz", "@b/b": "file:../d/b.tgz", "@b/x": "file:../x", "@b/none": "1",
            "@b/c": "file:../d/c.tgz"
        },
        "peerDependencies": {"@b/b": "^1"},
        "optionalDependencies": {"@b/c": "file:../d/c.tgz", "b": "npm:@b/cc"},
        "devDependencies": {"@b/b": "^1.0.0", "bb": "npm:@b/b@1"},
        "peerDependenciesMeta": {"@b/b": {"optional": true}},
        "overrides": {"@b/b": "1"},
        "a": null
    });
    let mut found: Vec<_> = brought_in(&manifest(before.clone())).collect();
    found.sort();
    assert_eq!(found, ["@b/b", "@b/c", "@b/c", "@b/c", "@b/cc", "@b/none", "@b/x", "z"]);
    // As text: the order of the keys counts.
    assert_eq!(link(before, false), after.to_string());
}

#[test]
fn optional_peers_in_scope_go_with_what_is_said_of_them() {
    let before = json!({
        "peerDependencies": {"q": "^1", "@b/q": "^1", "@b/p": "^1", "qq": "npm:@b/q@1", "@b/r": "1"},
        "peerDependenciesMeta": {
            "q": {"optional": true}, "@b/q": {"optional": true}, "@b/p": {"optional": false},
            "qq": {"optional": true}, "@b/s": {"optional": true}
        },
        "version": "1"
    });
    let after = json!({
        "peerDependencies": {"q": "^1", "@b/p": "^1", "@b/r": "1"},
        "peerDependenciesMeta": {"q": {"optional": true}, "@b/p": {"optional": false}},
        "version": "1"
    });
    assert_eq!(link(before.clone(), false), before.to_string());
    assert_eq!(link(before, true), after.to_string());
    let only = json!({
        "peerDependencies": {"@b/q": "^1"}, "peerDependenciesMeta": {"@b/q": {"optional": true}}, "version": "1"
    });
    assert_eq!(link(only, true), r#"{"version":"1"}"#);
    for odd in [
        json!({"peerDependencies": {}, "peerDependenciesMeta": {}}),
        json!({"peerDependencies": 1, "peerDependenciesMeta": {"@b/q": {"optional": false}, "@b/r": 1}}),
        json!({"dependencies": {"@b/b": 1}, "optionalDependencies": [], "peerDependenciesMeta": null}),
    ] {
        assert_eq!(link(odd.clone(), true), odd.to_string());
    }
}
