use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::npm::read::contents::*;
use crate::npm::workspace::{Catalogs, PackSettings};

struct ContentsWorld {
    dir: tempfile::TempDir,
    workspace: Workspace,
}

impl ContentsWorld {
    fn new(manifest: Value, files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        let mut world = Self {
            dir,
            workspace: Workspace { root, is_pnpm: true, members: Vec::new(), catalogs: Catalogs::default() },
        };
        world.member("p", manifest, None);
        for file in files {
            world.write(file);
        }
        world
    }

    fn write(&self, path: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn member(&mut self, relative: &str, manifest: Value, linked: Option<Value>) {
        let dir = self.dir.path().join(relative);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("package.json"), manifest.to_string()).unwrap();
        self.workspace.members.push(Member {
            dir,
            relative: relative.to_owned(),
            manifest_file: "package.json",
            manifest: object(manifest),
            linked: linked.map(object),
            settings: PackSettings::default(),
        });
    }

    fn pack(&self) -> Result<Contents, Vec<Problem>> {
        contents(&self.workspace, &self.workspace.members[0])
    }

    /// The paths, with a star behind the executable ones.
    fn list(&self) -> String {
        let entries = self.pack().unwrap().entries;
        let shown: Vec<String> =
            entries.iter().map(|e| format!("{}{}", e.path, if e.executable { "*" } else { "" })).collect();
        shown.join(" ")
    }

    fn problems(&self) -> String {
        self.pack().unwrap_err().into_iter().map(|problem| problem.message + "\n").collect()
    }
}

fn object(value: Value) -> Manifest {
    match value {
        Value::Object(map) => Manifest(map),
        other => panic!("no object: {other}"),
    }
}

fn named(more: Value) -> Value {
    let mut manifest = object(json!({ "name": "p", "version": "1.0.0" })).0;
    manifest.extend(object(more).0);
    Value::Object(manifest)
}

#[test]
fn the_manifest_is_generated_and_the_licence_comes_from_the_root() {
    let world = ContentsWorld::new(
        named(json!({ "scripts": { "prepare": "x" } })),
        &["p/a.js", "LICENSE", "LICENCE.md", "license"],
    );
    assert_eq!(world.list(), "LICENCE.md LICENSE a.js package.json");
    let packed = world.pack().unwrap();
    assert_eq!(
        packed.entries[3].source,
        ContentSource::Generated(
            b"{\n  \"name\": \"p\",\n  \"version\": \"1.0.0\",\n  \"scripts\": {}\n}".to_vec()
        )
    );
    assert_eq!(packed.entries[1].source, ContentSource::OnDisk(world.dir.path().join("LICENSE")));
    world.write("p/docs/mylicense.txt");
    assert_eq!(world.list(), "a.js docs/mylicense.txt package.json");
}

#[test]
fn bins_and_executable_files_get_the_mode() {
    let files = ["p/bin/a.js", "p/bin/.b.js", "p/c.js", "p/d.js"];
    let world = ContentsWorld::new(
        named(
            json!({ "bin": { "a": "./bin/../bin/a.js", "c d": "c.js" }, "publishConfig": { "executableFiles": ["./d.js"] } }),
        ),
        &files,
    );
    assert_eq!(world.list(), "bin/.b.js bin/a.js* c.js d.js* package.json");
    let world = ContentsWorld::new(named(json!({ "directories": { "bin": "./bin/" } })), &files);
    assert_eq!(world.list(), "bin/.b.js bin/a.js* c.js d.js package.json");
}

#[test]
fn another_folder_is_packed_under_its_own_name() {
    let world = ContentsWorld::new(
        named(json!({ "publishConfig": { "directory": "dist" } })),
        &["p/a.js", "p/dist/b.js"],
    );
    assert!(world.problems().contains("holds no package.json"));
    fs::write(world.dir.path().join("p/dist/package.json"), r#"{"name":"inner","version":"2.0.0"}"#).unwrap();
    assert_eq!(world.list(), "b.js package.json");
    assert_eq!(world.pack().unwrap().manifest.name(), Some("inner"));
}

#[test]
fn a_dependent_gets_the_version_of_the_folder_that_an_install_would_link() {
    let mut world =
        ContentsWorld::new(named(json!({ "dependencies": { "b": "workspace:^", "c": "workspace:*" } })), &[]);
    world.member(
        "b",
        json!({ "name": "b", "version": "1.0.0", "publishConfig": { "directory": "dist" } }),
        Some(json!({ "name": "b-dist", "version": "2.0.0" })),
    );
    world.member(
        "c",
        json!({ "name": "c", "version": "1.0.0", "publishConfig": { "directory": "dist", "linkDirectory": false } }),
        None,
    );
    let manifest = world.pack().unwrap().manifest.0;
    assert_eq!(manifest["dependencies"], json!({ "b": "npm:b-dist@^2.0.0", "c": "1.0.0" }));
}

#[test]
fn every_reason_is_named_at_once() {
    let world = ContentsWorld::new(
        json!({
            "name": "@x/../y", "bundledDependencies": [], "peerDependencies": null,
            "dependencies": { "z": "workspace:*" },
        }),
        &[],
    );
    let problems = world.problems();
    for part in [
        "bundledDependencies does not work",
        "\"@x/../y\" is no name",
        "no version",
        "is null",
        "no package \"z\"",
    ] {
        assert!(problems.contains(part), "{part}: {problems}");
    }
}

#[test]
fn credentials_and_a_missing_manifest_are_warnings() {
    let world = ContentsWorld::new(named(json!({})), &["p/.env", "p/keys/id_rsa"]);
    fs::rename(world.dir.path().join("p/package.json"), world.dir.path().join("real.json")).unwrap();
    symlink("../real.json", world.dir.path().join("p/package.json")).unwrap();
    let warnings: Vec<String> = world.pack().unwrap().warnings.into_iter().map(|w| w.message).collect();
    assert_eq!(
        warnings,
        [
            "p: packs .env, which may hold secrets",
            "p: packs keys/id_rsa, which may be a private key",
            "p: the tarball would hold no package.json",
        ]
    );
}

#[test]
fn what_is_no_file_is_an_error() {
    let world = ContentsWorld::new(named(json!({})), &["p/a.js"]);
    let _socket = std::os::unix::net::UnixListener::bind(world.dir.path().join("p/s.sock")).unwrap();
    assert!(world.problems().contains("s.sock: it is a FIFO, a socket or a device"));
    fs::write(world.dir.path().join("p/.npmignore"), "*.sock").unwrap();
    assert_eq!(world.list(), "a.js package.json");
}

#[test]
fn the_readme_is_embedded_where_the_workspace_says_so() {
    let mut world = ContentsWorld::new(named(json!({})), &[]);
    fs::write(world.dir.path().join("p/a-ReadMe.md"), "text").unwrap();
    world.workspace.members[0].settings.embed_readme = true;
    assert_eq!(world.pack().unwrap().manifest.0["readme"], "text");
}
