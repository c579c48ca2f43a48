use std::path::PathBuf;

use serde_json::json;

use crate::image::PackageManager;
use crate::rewrite::closure::*;
use crate::rewrite::override_style::OverrideStyle;

fn manifest(value: Value) -> Manifest {
    Manifest(value.as_object().cloned().unwrap())
}

fn workspace(members: &[Value]) -> Workspace {
    let member = |(number, value): (usize, &Value)| Member {
        dir: PathBuf::from(format!("/plat/packages/{number}")),
        relative: format!("packages/{number}"),
        manifest_file: "package.json",
        manifest: manifest(value.clone()),
        linked: None,
        settings: Default::default(),
    };
    Workspace {
        root: PathBuf::from("/plat"),
        is_pnpm: true,
        members: members.iter().enumerate().map(member).collect(),
        catalogs: Default::default(),
    }
}

fn surface(value: Value) -> Surface {
    Surface {
        dir: "backend".to_owned(),
        manifest_path: PathBuf::from("/notes/backend/package.json"),
        manifest_name: "backend/package.json".to_owned(),
        text: value.to_string(),
        manifest: manifest(value),
    }
}

fn reader(name: Name, major: u64, way: OverrideStyle) -> InstallTarget {
    let manager = PackageManager { name, version: major.to_string(), majors: major..=major };
    InstallTarget { manager, way, workspace_overrides: Vec::new(), overrides_at_root: false }
}

fn needs_of(reader: &InstallTarget, members: &[Value], value: Value) -> Needs {
    let closure =
        plan(&workspace(members), &Scope::new(&[]), &[(&surface(value), reader)], &LocalPackages::default())
            .unwrap();
    closure.surfaces.into_iter().next().unwrap()
}

fn needs(members: &[Value], value: Value) -> Needs {
    let closure = plan(
        &workspace(members),
        &Scope::new(&[]),
        &[(&surface(value), &InstallTarget::pinned())],
        &LocalPackages::default(),
    )
    .unwrap();
    closure.surfaces.into_iter().next().unwrap()
}

fn names(set: &BTreeSet<String>) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}

#[test]
fn the_closure_follows_what_a_tarball_installs() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "dependencies": {"@bytelyst/b": "workspace:*", "ms": "2"}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0", "optionalDependencies": {"@bytelyst/c": "workspace:^"}}),
        json!({"name": "@bytelyst/c", "version": "1.0.0", "devDependencies": {"@bytelyst/d": "workspace:^"}}),
        json!({"name": "@bytelyst/d", "version": "1.0.0"}),
    ];
    let needs = needs(&members, json!({"devDependencies": {"@bytelyst/a": "^1.0.0", "ms": "2"}}));
    assert_eq!(names(&needs.closure), ["@bytelyst/a", "@bytelyst/b", "@bytelyst/c"]);
    assert_eq!(needs.direct.len(), 1);
    assert_eq!(needs.direct[0].field, "devDependencies");
}

#[test]
fn a_cycle_is_fine() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "dependencies": {"@bytelyst/b": "workspace:*"}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0", "dependencies": {"@bytelyst/a": "workspace:*"}}),
    ];
    assert_eq!(
        names(&needs(&members, json!({"dependencies": {"@bytelyst/b": "1"}})).closure),
        ["@bytelyst/a", "@bytelyst/b"]
    );
}

#[test]
fn required_peers_join_and_optional_ones_do_not() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0",
            "peerDependencies": {"@bytelyst/p": "^1", "@bytelyst/o": "^1", "react": "*"},
            "peerDependenciesMeta": {"@bytelyst/o": {"optional": true}}}),
        json!({"name": "@bytelyst/p", "version": "1.0.0"}),
        json!({"name": "@bytelyst/o", "version": "1.0.0"}),
    ];
    let alone = needs(&members, json!({"dependencies": {"@bytelyst/a": "1"}}));
    assert_eq!(names(&alone.closure), ["@bytelyst/a", "@bytelyst/p"]);
    assert_eq!(names(&alone.peers), ["@bytelyst/p"]);
    let there = needs(&members, json!({"dependencies": {"@bytelyst/a": "1", "@bytelyst/p": "1"}}));
    assert_eq!(names(&there.peers), [""; 0]);
    assert_eq!(names(&there.required_peers), ["@bytelyst/p"]);
    // `pnpm install --prod` skips devDependencies: the peer would be missing.
    let dev = needs(
        &members,
        json!({"dependencies": {"@bytelyst/a": "1"}, "devDependencies": {"@bytelyst/p": "1"}}),
    );
    assert_eq!(names(&dev.peers), ["@bytelyst/p"]);
}

#[test]
fn aliases_are_followed_to_their_package() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "dependencies": {"bb": "workspace:@bytelyst/b@*"}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0", "dependencies": {"cc": "workspace:../2"}}),
        json!({"name": "@bytelyst/c", "version": "1.0.0"}),
    ];
    let needs = needs(&members, json!({"dependencies": {"aa": "npm:@bytelyst/a@^1.0.0"}}));
    assert_eq!(needs.direct[0].key, "aa");
    assert_eq!(needs.direct[0].package, "@bytelyst/a");
    assert_eq!(names(&needs.closure), ["@bytelyst/a", "@bytelyst/b", "@bytelyst/c"]);
    let aliases: Vec<_> =
        needs.aliases.iter().map(|alias| (alias.alias.as_str(), alias.package.as_str())).collect();
    assert_eq!(aliases, [("bb", "@bytelyst/b"), ("cc", "@bytelyst/c")]);
}

#[test]
fn a_path_of_the_owners_choice_is_left_alone() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "dependencies": {"@bytelyst/b": "workspace:*"}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0"}),
    ];
    let needs = needs(&members, json!({"dependencies": {"@bytelyst/a": "1", "@bytelyst/b": "link:../b"}}));
    assert_eq!(names(&needs.closure), ["@bytelyst/a"]);
    assert_eq!(names(&needs.shared_local), ["@bytelyst/b"]);
}

#[test]
fn versions_are_held_against_the_workspace() {
    let members = [json!({"name": "@bytelyst/a", "version": "1.4.0"})];
    let mismatches = |spec: &str| {
        let surface = surface(json!({"dependencies": {"@bytelyst/a": spec}}));
        plan(
            &workspace(&members),
            &Scope::new(&[]),
            &[(&surface, &InstallTarget::pinned())],
            &LocalPackages::default(),
        )
        .unwrap()
        .mismatches
        .len()
    };
    for fits in [
        "^1.0.0",
        "1.4.0",
        "*",
        "latest",
        "workspace:^",
        "workspace:*",
        "workspace:~1.4.0",
        ">=1 <2 || 7",
        "x",
    ] {
        assert_eq!(mismatches(fits), 0, "{fits}");
    }
    for differs in ["^2", "1.3.x", "workspace:^2.0.0", "npm:@bytelyst/a@~1.3.0"] {
        assert_eq!(mismatches(differs), 1, "{differs}");
    }
}

#[test]
fn every_missing_package_is_named_with_who_wants_it() {
    let members =
        [json!({"name": "@bytelyst/errors", "version": "1.0.0", "dependencies": {"@bytelyst/gone": "1"}})];
    let surface = surface(json!({"dependencies": {"@bytelyst/error": "1", "@bytelyst/errors": "1"}}));
    let error = plan(
        &workspace(&members),
        &Scope::new(&[]),
        &[(&surface, &InstallTarget::pinned())],
        &LocalPackages::default(),
    )
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Packing);
    let text = error.to_string();
    for word in [
        "@bytelyst/error:",
        "backend/package.json",
        "nearest: @bytelyst/errors",
        "@bytelyst/gone:",
        "@bytelyst/errors: dependencies",
    ] {
        assert!(text.contains(word), "{word} in {text}");
    }
}

#[test]
fn optional_peers_are_kept_apart_with_who_names_them() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0",
            "peerDependencies": {"@bytelyst/o": "^1", "@bytelyst/b": "1", "@bytelyst/mine": "1",
                "bx": "npm:@bytelyst/b@1", "x": "1"},
            "peerDependenciesMeta": {"bx": {"optional": true}, "x": {"optional": true}, "@bytelyst/o": {"optional": true}, "@bytelyst/b": {"optional": true},
                "@bytelyst/mine": {"optional": true}}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0"}),
    ];
    let dependencies =
        json!({"dependencies": {"@bytelyst/a": "1", "@bytelyst/b": "1", "@bytelyst/mine": "file:../mine"}});
    let needs = needs(&members, dependencies);
    assert_eq!(needs.optional_peers, [("@bytelyst/o".to_owned(), "@bytelyst/a".to_owned())].into());
    let alias: Vec<_> = needs.optional_aliases.iter().map(|alias| (&*alias.alias, &*alias.package)).collect();
    assert_eq!(alias, [("bx", "@bytelyst/b")]);
}

#[test]
fn pnpm_installs_the_optional_peers_of_the_surface_and_others_do_not() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0"}),
        json!({"name": "@bytelyst/o", "version": "1.0.0"}),
    ];
    let value = json!({"dependencies": {"@bytelyst/a": "1"}, "peerDependencies": {"@bytelyst/o": "^1"},
        "peerDependenciesMeta": {"@bytelyst/o": {"optional": true}}});
    let pnpm = needs_of(&reader(Name::Pnpm, 12, OverrideStyle::Tarballs), &members, value.clone());
    assert_eq!(names(&pnpm.peers), ["@bytelyst/o"]);
    let npm = needs_of(&reader(Name::Npm, 11, OverrideStyle::Tarballs), &members, value);
    assert_eq!((names(&npm.peers), names(&npm.closure)), (vec![], vec!["@bytelyst/a"]));
}

#[test]
fn what_puts_a_package_in_the_place_of_another_is_found_where_it_is_read() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0"}),
        json!({"name": "@bytelyst/b", "version": "1.0.0"}),
    ];
    let value = json!({
        "dependencies": {"@bytelyst/a": "1"},
        "resolutions": {"x/foo": "npm:@bytelyst/b@1", "@bytelyst/old": "npm:@bytelyst/a@1", "bar": "npm:bar@1"},
        "overrides": {"x": {".": "npm:@bytelyst/b@1", "y@^1": {"z": "npm:@bytelyst/b"}, "@bytelyst/a": "npm:@bytelyst/b@1"}},
        "pnpm": {
            "overrides": {"x>foo@1": "npm:@bytelyst/b@1", "**/foo": "npm:@bytelyst/b@1", "left": "$left"},
            "packageExtensions": {"foo@1": {"dependencies": {"@bytelyst/b": "1", "bb": "npm:@bytelyst/b", "x": "1"}}}
        }
    });
    let found = |name, major, way| {
        let needs = needs_of(&reader(name, major, way), &members, value.clone());
        let mut paths: Vec<String> = needs.redirected.keys().map(|path| path.join(" ")).collect();
        paths.sort();
        assert_eq!(names(&needs.closure).len(), if paths.is_empty() { 1 } else { 2 });
        paths
    };
    let extensions = "pnpm packageExtensions foo@1 dependencies ";
    let [first, second] = ["@bytelyst/b", "bb"].map(|key| format!("{extensions}{key}"));
    assert_eq!(
        found(Name::Pnpm, 10, OverrideStyle::PnpmOverrides),
        ["pnpm overrides x>foo@1", first.as_str(), second.as_str()]
    );
    assert_eq!(found(Name::Pnpm, 11, OverrideStyle::Tarballs), [""; 0]);
    assert_eq!(found(Name::Npm, 11, OverrideStyle::NpmOverrides), ["overrides x .", "overrides x y@^1 z"]);
    assert_eq!(found(Name::Yarn, 4, OverrideStyle::Resolutions), ["resolutions x/foo"]);
    assert_eq!(
        found(Name::Bun, 1, OverrideStyle::Tarballs),
        ["overrides x .", "overrides x y@^1 z", "resolutions x/foo"]
    );

    let mut reader = reader(Name::Pnpm, 11, OverrideStyle::Tarballs);
    let overrides = [("foo", "npm:@bytelyst/b@1"), ("@bytelyst/a", "npm:@bytelyst/b@1"), ("bar", "1")];
    reader.workspace_overrides = overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let needs = needs_of(&reader, &members, value);
    assert_eq!(names(&needs.closure), ["@bytelyst/a", "@bytelyst/b"]);
    assert_eq!(needs.redirected_by_workspace, [("foo".to_owned(), "@bytelyst/b".to_owned())].into());
}

#[test]
fn what_every_way_to_passes_through_an_optional_dependency_is_optional() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "optionalDependencies": {"@bytelyst/b": "1", "@bytelyst/d": "1"}}),
        json!({"name": "@bytelyst/b", "version": "1.0.0", "dependencies": {"@bytelyst/c": "1"}}),
        json!({"name": "@bytelyst/c", "version": "1.0.0"}),
        json!({"name": "@bytelyst/d", "version": "1.0.0"}),
    ];
    let surface =
        surface(json!({"dependencies": {"@bytelyst/a": "1"}, "peerDependencies": {"@bytelyst/d": "1"}}));
    let closure = plan(
        &workspace(&members),
        &Scope::new(&[]),
        &[(&surface, &InstallTarget::pinned())],
        &LocalPackages::default(),
    )
    .unwrap();
    assert_eq!(names(&closure.optional()), ["@bytelyst/b", "@bytelyst/c"]);
}

fn with_local(members: &[Value], value: Value, local: &LocalPackages) -> Closure {
    plan(&workspace(members), &Scope::new(&[]), &[(&surface(value), &InstallTarget::pinned())], local)
        .unwrap()
}

#[test]
fn a_package_of_the_products_own_workspace_is_left_alone() {
    let members = [
        json!({"name": "@bytelyst/a", "version": "1.0.0", "dependencies": {"@bytelyst/mine": "1"},
            "peerDependencies": {"@bytelyst/peer": "1"}}),
        json!({"name": "@bytelyst/both", "version": "1.0.0"}),
    ];
    let own = [("@bytelyst/mine", "shared"), ("@bytelyst/peer", "peer"), ("@bytelyst/both", "both")];
    let local = LocalPackages::of("backend", &own, &[]);
    let dependencies = |both: &str| {
        json!({"dependencies": {"@bytelyst/a": "1", "@bytelyst/mine": "workspace:*", "@bytelyst/peer": "^1",
            "@bytelyst/both": both}})
    };
    let closure = with_local(&members, dependencies("workspace:*"), &local);
    assert_eq!(names(&closure.packages), ["@bytelyst/a"]);
    assert_eq!(names(&closure.surfaces[0].peers), [""; 0]);
    assert_eq!(closure.own.len(), 3);
    assert_eq!(closure.own[0].folder, "shared");
    assert_eq!(closure.warnings.len(), 1, "a tarball that asks for it: {:?}", closure.warnings);
    // A range asks for the shared one, where both have it.
    let closure = with_local(&members, dependencies("^1.0.0"), &local);
    assert_eq!(names(&closure.packages), ["@bytelyst/a", "@bytelyst/both"]);
}

#[test]
fn a_path_to_a_member_of_the_workspace_asks_for_that() {
    let members = [json!({"name": "@bytelyst/a", "version": "1.0.0"})];
    let paths = [("link:../../plat/packages/0", "@bytelyst/a")];
    let local = LocalPackages::of("backend", &[], &paths);
    for key in ["@bytelyst/a", "a"] {
        let closure =
            with_local(&members, json!({"devDependencies": {key: "link:../../plat/packages/0"}}), &local);
        assert_eq!(names(&closure.packages), ["@bytelyst/a"]);
        assert_eq!(closure.surfaces[0].direct[0].key, key);
        assert_eq!(closure.warnings, []);
    }
}
