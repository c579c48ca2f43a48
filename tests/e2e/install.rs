//! A prepared surface installs with the real pnpm 10.6.5 while the scope's registry is a closed port: each trap of
//! overrides, peers and aliases in one world. No third-party package is needed, so nothing is asked of any registry.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::common::World;

/// Packages of the workspace, with what their manifests say besides name and version.
const PACKAGES: [(&str, &str); 10] = [
    (
        "direct",
        r#""dependencies": {"@bytelyst/middle": "workspace:^", "renamed": "workspace:@bytelyst/target@*"}"#,
    ),
    (
        "middle",
        r#""dependencies": {"@bytelyst/deep": "workspace:*"}, "optionalDependencies": {"@bytelyst/maybe": "workspace:~"}"#,
    ),
    (
        "deep",
        r#""dependencies": {"@bytelyst/middle": "workspace:*"}, "peerDependencies": {"@bytelyst/peer": "workspace:^"}"#,
    ),
    ("maybe", r#""os": ["darwin", "linux", "win32"]"#),
    ("target", r#""bin": "index.js""#),
    ("peer", r#""type": "commonjs""#),
    ("aliased", r#""dependencies": {"@bytelyst/deep": "workspace:^"}"#),
    ("developer", r#""dependencies": {"@bytelyst/target": "workspace:^"}"#),
    ("extension", r#""license": "MIT""#),
    ("unneeded", r#""dependencies": {"@bytelyst/deep": "workspace:^"}"#),
];

const SURFACE: &str = r#"{
  "name": "surface",
  "dependencies": {
    "@bytelyst/direct": "^1.0.0",
    "short": "npm:@bytelyst/aliased@^1.0.0"
  },
  "devDependencies": {
    "@bytelyst/developer": "latest",
    "@bytelyst/peer": "^1.0.0"
  },
  "resolutions": {
    "@bytelyst/deep": "7.7.7"
  },
  "pnpm": {
    "overrides": {
      "@bytelyst/direct>@bytelyst/middle": "8.8.8",
      "@bytelyst/target@1": "9.9.9",
      "short": "npm:@bytelyst/aliased@1.0.0",
      "@bytelyst/middle>elsewhere": "npm:@bytelyst/unneeded@1.0.0",
      "left-pad": "1.3.0"
    },
    "packageExtensions": {
      "@bytelyst/developer": { "dependencies": { "@bytelyst/extension": "^1.0.0" } }
    }
  }
}
"#;

fn world() -> World {
    let world = World::new();
    world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
    for (name, more) in PACKAGES {
        world.file(
            format!("plat/packages/{name}/package.json"),
            format!(r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", "main": "index.js", {more}}}"#),
        );
        world.file(format!("plat/packages/{name}/index.js"), format!("exports.name = '{name}, packed';\n"));
    }
    world.file("notes/backend/package.json", SURFACE);
    world.git_init("notes");
    world
}

/// Lays the surface out as its Dockerfile does and installs it.
fn install(world: &World, more: &[&str]) -> Output {
    let pnpm =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/pnpm-10.6.5/node_modules/pnpm/bin/pnpm.cjs");
    assert!(pnpm.is_file(), "run scripts/tools: there is no {}", pnpm.display());
    world.file("app/backend/package.json", world.read("notes/backend/package.json"));
    for entry in std::fs::read_dir(world.path("notes/.docker-deps")).into_iter().flatten() {
        let entry = entry.unwrap();
        world.file(
            Path::new("app/.docker-deps").join(entry.file_name()),
            std::fs::read(entry.path()).unwrap(),
        );
    }
    // Bound and dropped: a port that nobody listens on.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.file("app/backend/.npmrc", format!("registry=http://{closed}/\nfetch-retries=0\n"));
    let mut command = world.command("node");
    command.arg(pnpm).args(["install", "--ignore-scripts", "--lockfile=false"]).args(more);
    command.current_dir(world.path("app/backend"));
    command
        .env("npm_config_store_dir", world.beside("store"))
        .env("npm_config_manage_package_manager_versions", "false");
    command.output().unwrap()
}

#[track_caller]
fn says(world: &World, script: &str) -> String {
    let output =
        world.command("node").current_dir(world.path("app/backend")).args(["-p", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A program that requires a package from within another one.
fn from(path: &[&str]) -> String {
    let script = path.iter().fold("require".to_owned(), |from, package| {
        format!("require('module').createRequire({from}.resolve('{package}'))")
    });
    format!("{script}('{}').name", "./index.js")
}

#[test]
fn everything_comes_from_the_deps_dir() {
    let world = world();
    let without = install(&world, &[]);
    assert!(!without.status.success(), "without docker-prep it must fail, else this shows nothing");
    world.remove("app");

    world.run_in("notes", ["prepare"]).exits(0);
    let installed = install(&world, &[]);
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stdout));
    for (path, name) in [
        (&["@bytelyst/direct"][..], "direct"),
        (&["@bytelyst/direct", "@bytelyst/middle"], "middle"),
        (&["@bytelyst/direct", "@bytelyst/middle", "@bytelyst/deep"], "deep"),
        (&["@bytelyst/direct", "@bytelyst/middle", "@bytelyst/deep", "@bytelyst/peer"], "peer"),
        (&["@bytelyst/direct", "@bytelyst/middle", "@bytelyst/maybe"], "maybe"),
        (&["@bytelyst/direct", "renamed"], "target"),
        (&["short"], "aliased"),
        (&["@bytelyst/developer", "@bytelyst/target"], "target"),
        (&["@bytelyst/developer", "@bytelyst/extension"], "extension"),
    ] {
        assert_eq!(says(&world, &from(path)), format!("{name}, packed"), "{path:?}");
    }
    world.run_in("notes", ["restore"]).exits(0);
    assert_eq!(world.read("notes/backend/package.json"), SURFACE);
}

#[test]
fn a_production_install_has_the_peers() {
    let world = world();
    world.run_in("notes", ["prepare"]).exits(0);
    let installed = install(&world, &["--prod"]);
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stdout));
    let path = ["@bytelyst/direct", "@bytelyst/middle", "@bytelyst/deep", "@bytelyst/peer"];
    assert_eq!(says(&world, &from(&path)), "peer, packed");
}
