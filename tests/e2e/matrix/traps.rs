//! What is known to go wrong, a test each: what the package manager does by itself is shown where it is not plain.

use crate::common::manager::{Install, Manager};
use crate::matrix::product::{Expected, NEEDS, Product};
use crate::matrix::site::Site;
use crate::matrix::table::links;

/// Every package manager, told in each way that it knows.
fn every_way() -> Vec<(Manager, &'static str)> {
    let all = Manager::all().into_iter().flat_map(|manager| links(manager).map(|link| (manager, link)));
    // Neither is there, or not whole: see the table.
    all.filter(|way| !matches!((way.0.name, way.1), ("yarn", "tarballs") | ("bun", "overrides"))).collect()
}

/// Prepares and installs `backend` as its Dockerfile does.
fn installs(
    product: &Product,
    link: &str,
    expected: impl FnOnce(Expected) -> Expected,
) -> Result<(), String> {
    let prepared = product.prepare(&["--link", link]);
    if prepared.code != Some(0) {
        return Err(format!("prepare: {prepared}"));
    }
    let site = Site::new(product, "backend");
    let installed = site.copy().install(Install::Plain, &expected(product.expected("backend")));
    product.restore();
    if installed.wrong.is_empty() { Ok(()) } else { Err(installed.wrong.join("; ")) }
}

/// The same for each of some, all of which are named if they fail.
#[track_caller]
fn each(
    ways: impl IntoIterator<Item = (Manager, &'static str)>,
    product: impl Fn(Manager) -> Product,
    expected: impl Fn(Expected) -> Expected,
) {
    let failures: Vec<_> = ways
        .into_iter()
        .filter_map(|(manager, link)| {
            let failure = installs(&product(manager), link, &expected).err()?;
            Some(format!("{manager}, --link {link}: {failure}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// `backend` and whatever else is said.
fn backend(manager: Manager, needs: &str, more: &str) -> Product {
    let product = Product::new(manager);
    product.surface("backend", needs, more);
    product
}

fn same(expected: Expected) -> Expected {
    expected
}

/// The log is not blind: what follows shows something.
#[test]
fn an_unprepared_surface_asks_the_registry() {
    for manager in Manager::all() {
        let product = Product::with_backend(manager, "");
        let installed =
            Site::new(&product, "backend").copy().install(Install::Plain, &product.expected("backend"));
        assert!(!installed.scope.is_empty(), "{manager}: {}", installed.run);
        assert_ne!(installed.run.code, Some(0), "{manager}: {}", installed.run);
    }
}

/// A manifest that names its package manager is enough, and has none of them download another one.
#[test]
fn the_field_package_manager_tells_the_way() {
    for manager in Manager::all() {
        let product =
            Product::with_backend(manager, &format!(",\n  \"packageManager\": \"{}\"", manager.spec()));
        product.docker_prep(&["prepare"]).exits(0);
        let installed =
            Site::new(&product, "backend").copy().install(Install::Plain, &product.expected("backend"));
        assert!(installed.wrong.is_empty(), "{manager}: {:?}", installed.wrong);
        product.restore();
    }
}

#[test]
fn pnpm_11_and_12_read_no_overrides_in_the_manifest() {
    let more = r#",
  "pnpm": { "overrides": { "@bytelyst/b": "9.9.9" } },
  "resolutions": { "@bytelyst/c": "9.9.9" }"#;
    let ways = every_way().into_iter().filter(|(manager, _)| manager.is("pnpm", &[11, 12]));
    each(ways, |manager| Product::with_backend(manager, more), same);
}

#[test]
fn pnpm_8_to_10_and_bun_obey_resolutions() {
    let more = r#",
  "resolutions": { "@bytelyst/c": "9.9.9", "left": "1.1.0" }"#;
    let ways = every_way();
    let ways = ways.into_iter().filter(|(m, _)| m.is("pnpm", &[8, 9, 10]) || m.name == "bun");
    let pinned = |expected: Expected| expected.third(&["bb", "right", "left"], "left@1.1.0");
    each(ways, |manager| Product::with_backend(manager, more), pinned);
}

/// 8 and 9 want `packages:` in it, and so may 10 have it.
#[test]
fn a_workspace_file_beside_that_names_its_own_folder() {
    let ways = every_way().into_iter().filter(|(manager, _)| manager.name == "pnpm");
    let product = |manager| {
        let product = backend(manager, NEEDS, "");
        product.world.file("notes/backend/pnpm-workspace.yaml", "packages:\n  - '.'\n");
        product.commit();
        product
    };
    each(ways, product, same);
}

/// Both exist: only those of the manifest count, before and after.
#[test]
fn pnpm_10_takes_overrides_of_the_manifest_instead_of_the_workspace_files() {
    let ways = every_way().into_iter().filter(|(manager, _)| manager.is("pnpm", &[10]));
    let product = |manager| {
        let product = backend(manager, NEEDS, r#", "pnpm": { "overrides": { "left": "1.1.0" } }"#);
        product
            .world
            .file("notes/backend/pnpm-workspace.yaml", "overrides:\n  right: 1.0.0\n  left: 1.0.0\n");
        product.commit();
        product
    };
    let before = product(Manager::those("pnpm", &[10])[0]);
    assert!(before.world.read("notes/backend/pnpm-workspace.yaml").contains("right"));
    each(ways, product, |expected| {
        expected.third(&["bb", "right"], "right@1.1.0").third(&["bb", "right", "left"], "left@1.1.0")
    });
}

/// npm wants a direct dependency and its override to be the same text: EOVERRIDE.
#[test]
fn npm_compares_direct_dependencies_with_overrides() {
    let more = r#",
  "overrides": {
    "@bytelyst/a": "^1.0.0",
    "@bytelyst/o2": { ".": "^1.0.0" },
    "@bytelyst/e": "$@bytelyst/e",
    "bb": "npm:@bytelyst/b@^1",
    "@bytelyst/p": "1.0.0",
    "@bytelyst/c": "$bb",
    "left": "$left"
  }"#;
    let ways = every_way().into_iter().filter(|(manager, _)| manager.name == "npm");
    let needs = NEEDS.replace(">=1.0.0 <2.0.0", "1.0.0");
    let product = |manager| {
        let product = backend(manager, &needs, more);
        product.commit();
        product
    };
    each(ways, product, |expected| expected.third(&["bb", "right", "left"], "left@1.0.0"));
}

/// A rule of npm's that names a package of ours and holds one for a third party: the first gives way, the second stays.
#[test]
fn rules_below_a_package_in_scope_keep_third_parties() {
    let more = r#",
  "overrides": {
    "@bytelyst/b": { ".": "9.9.9", "right": "1.0.0" },
    "@bytelyst/d": { "left": "1.1.0" }
  }"#;
    let ways = every_way().into_iter().filter(|(manager, _)| manager.name == "npm");
    each(
        ways,
        |manager| Product::with_backend(manager, more),
        |expected| expected.third(&["bb", "right"], "right@1.0.0"),
    );
}

/// Its `$name` and `**/` mean nothing to yarn 4; to yarn 1 `**/` does, and beats what is flat.
#[test]
fn resolutions_of_yarn_in_every_spelling() {
    let more = r#",
  "resolutions": {
    "**/@bytelyst/c": "9.9.9",
    "**/left": "1.1.0",
    "left": "1.1.0",
    "@bytelyst/a/**/@bytelyst/b": "9.9.9",
    "@bytelyst/a": "9.9.9"
  }"#;
    let ways = every_way().into_iter().filter(|(manager, _)| manager.name == "yarn");
    each(
        ways,
        |manager| Product::with_backend(manager, more),
        |expected| expected.third(&["bb", "right", "left"], "left@1.1.0"),
    );
}

/// A package by its name and by another one, in two fields.
#[test]
fn one_package_under_two_names() {
    let needs = NEEDS
        .replace("\"bb\"", "\"@bytelyst/c\": \"^1.0.0\",\n    \"bb\"")
        .replace("\"@bytelyst/e\"", "\"dd\": \"npm:@bytelyst/d@^1.0.0\",\n    \"@bytelyst/e\"");
    let product = |manager| {
        let product = backend(manager, &needs, "");
        product.commit();
        product
    };
    each(every_way(), product, same);
}

/// pnpm looks a required peer up that the root lacks, 8 and 9 leave it out without a word; and so with its peers.
#[test]
fn peers_of_peers() {
    let product = |manager| {
        let product = backend(manager, NEEDS, "");
        product.package("p", r#""version": "1.0.0", "peerDependencies": { "@bytelyst/p2": "workspace:^" }"#);
        product.package(
            "p2",
            r#""version": "1.0.0", "peerDependencies": { "@bytelyst/p4": "*" },
            "peerDependenciesMeta": { "@bytelyst/p4": { "optional": true } }"#,
        );
        product.commit();
        product
    };
    each(every_way(), product, same);
}

/// `file:` there is an error on pnpm 10: the surface's own peers stay ranges.
#[test]
fn peers_of_the_surface_itself() {
    let more = r#",
  "peerDependencies": { "@bytelyst/p": "^1.0.0" }"#;
    each(every_way(), |manager| Product::with_backend(manager, more), same);
}

/// It is looked up nowhere. npm, yarn 4 and bun leave it out, pnpm does not with a `file:`, and to yarn 1 a resolution
/// makes it an error, unless it is told to ignore that.
#[test]
fn an_optional_dependency_of_another_system() {
    let product = |manager| {
        let product = backend(manager, NEEDS, "");
        product.package("o2", r#""version": "1.0.0", "os": ["aix"]"#);
        product.commit();
        product
    };
    let ways = every_way().into_iter().filter(|(manager, _)| !manager.is("yarn", &[1]));
    each(ways, product, |expected| expected.with_or_without("@bytelyst/o2"));

    let product = product(Manager::those("yarn", &[1])[0]);
    product.prepare(&[]).exits(0);
    let site = Site::new(&product, "backend");
    let (run, requests) = site.copy().run(&["install", "--no-lockfile", "--ignore-platform"]);
    assert!(run.code == Some(0) && !requests.iter().any(|r| r.contains("@bytelyst")), "{requests:?}: {run}");
    assert_eq!(site.look(&product.expected("backend")), [""; 0]);
}

/// `+` and upper case in names of tarballs break some of them.
#[test]
fn versions_and_names_that_are_odd() {
    let product = |manager| {
        let product = backend(manager, NEEDS, "");
        product.package(
            "o2",
            r#""version": "1.4.0-RC.1+build.5", "dependencies": { "@bytelyst/x_y.z": "workspace:*" }"#,
        );
        product.package("x_y.z", r#""version": "0.0.0-0""#);
        let needs = NEEDS.replace(r#""@bytelyst/o2": "^1.0.0""#, r#""@bytelyst/o2": "^1.4.0-RC.0""#);
        product.surface("backend", &needs, "").commit();
        product
    };
    each(every_way(), product, same);
}

/// Same name, other content: with node_modules, caches and the lockfile kept, some give the old content and exit 0.
#[test]
fn an_old_lockfile_never_gives_old_content() {
    for (manager, link) in every_way() {
        let product = Product::with_backend(manager, "");
        product.prepare(&["--link", link]).exits(0);
        let site = Site::new(&product, "backend");
        let first = site.copy().install(Install::Locked, &product.expected("backend"));
        assert!(first.wrong.is_empty(), "{manager}, --link {link}: {:?}", first.wrong);
        product.says("d", "two").prepare(&["--link", link, "--force"]).exits(0);
        let second = site.copy().install(Install::Frozen, &product.expected("backend"));
        assert!(second.scope.is_empty(), "{manager}, --link {link}: {:?}", second.scope);
        if second.run.code == Some(0) {
            assert!(second.wrong.is_empty(), "{manager}, --link {link}: {:?}", second.wrong);
        }
        product.restore();
    }
}

/// Linked tarballs hold each other's names, which hold digests: whichever changes, all that lead to it have new ones.
#[test]
fn every_package_may_be_the_one_that_changes() {
    let fast =
        [Manager::those("bun", &[1]), Manager::those("pnpm", &[12]), Manager::those("npm", &[11])].concat();
    for manager in fast {
        let product = Product::with_backend(manager, "");
        let site = Site::new(&product, "backend");
        product.prepare(&[]).exits(0);
        let first = site.copy().install(Install::Locked, &product.expected("backend"));
        assert!(first.wrong.is_empty(), "{manager}: {:?}", first.wrong);
        for name in ["a", "b", "c", "d", "e", "o", "o2", "p"] {
            product.says(name, "two").prepare(&["--force"]).exits(0);
            let next = site.copy().install(Install::Locked, &product.expected("backend"));
            assert!(next.wrong.is_empty(), "{manager}, after {name} changed: {:?}", next.wrong);
        }
    }
}
