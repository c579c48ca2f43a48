//! A project with a lockfile, and its surface once it is prepared, as each package manager is told.

use std::fs;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::common::manager::{Install, Manager};
use crate::common::registry::Registry;
use crate::common::{Run, World};

/// Where the project's lockfile lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lies {
    /// Beside the surface, which is a project of its own.
    Beside,
    /// At the project's root, of which the surface and `web` are members.
    AtTheRoot,
}

pub(crate) struct Scene {
    pub(crate) manager: Manager,
    pub(crate) registry: Registry,
    pub(crate) world: World,
}

/// The packages in scope, with what they need: a cycle, and a third party at another major version than the surface's.
fn ours() -> [(&'static str, Value); 2] {
    [
        ("@bytelyst/a", json!({"@bytelyst/b": "^1.0.0", "right": "^1.0.0"})),
        ("@bytelyst/b", json!({"@bytelyst/a": "^1.0.0", "nest": "^1.0.0", "left": "^1.0.0"})),
    ]
}

/// What the surface needs besides.
fn third_parties() -> Value {
    json!({"left": "^1.0.0", "nest": "^2.0.0", "user": "^1.0.0"})
}

/// Versions that the project's lockfile pins.
pub(crate) const PINNED: [(&str, &[&str]); 4] = [
    ("left", &["1.1.0", "2.0.0"]),
    ("nest", &["1.0.0", "2.0.0"]),
    ("right", &["1.0.0"]),
    ("user", &["1.0.0"]),
];

/// How the versions end that came later.
pub(crate) const NEWER: &str = ".9.9";

impl Scene {
    /// The project as it was committed: its lockfile made by its package manager.
    pub(crate) fn new(manager: Manager, lies: Lies) -> Self {
        let registry = Registry::empty();
        for (name, needs) in ours() {
            registry.publish(name, "1.0.0", json!({ "dependencies": needs }));
        }
        registry.publish("right", "1.0.0", json!({"dependencies": {"left": "^1.0.0"}}));
        registry.publish("user", "1.0.0", json!({"dependencies": {"left": "^2.0.0"}}));
        for (name, version) in
            [("left", "1.0.0"), ("left", "1.1.0"), ("left", "2.0.0"), ("nest", "1.0.0"), ("nest", "2.0.0")]
        {
            registry.publish(name, version, json!({}));
        }
        let scene = Self { manager, registry, world: World::new() };
        scene.configure();
        scene.world.file("notes/backend/package.json", manifest("surface", &scene.direct()));
        let root = match lies {
            Lies::Beside => "notes/backend",
            Lies::AtTheRoot => {
                let mut web = json!({"name": "web", "version": "0.0.0"});
                // Which one is hoisted is the package manager's affair; both ways are lifted from.
                web["dependencies"] = json!({"left": "^2.0.0", "nest": "^1.0.0", "user": "^1.0.0"});
                scene.world.file("notes/web/package.json", web.to_string());
                scene.world.file(
                    "notes/package.json",
                    r#"{"name": "notes", "private": true, "workspaces": ["backend", "web"]}"#,
                );
                scene.world.file("notes/pnpm-workspace.yaml", "packages:\n  - backend\n  - web\n");
                "notes"
            }
        };
        if manager.is("yarn", &[4]) {
            scene.world.file(format!("{root}/yarn.lock"), "");
            scene.world.file(format!("{root}/.yarnrc.yml"), "nodeLinker: node-modules\n");
        }
        scene.install(root, Install::Locked).exits(0);
        drop(fs::remove_dir_all(scene.world.path(root).join("node_modules")));
        assert!(!scene.lockfile(root).contains(NEWER));
        // Then time goes by.
        scene.registry.unpublish("@bytelyst/");
        for (name, version) in [("left", "1.9.9"), ("left", "2.9.9"), ("nest", "1.9.9"), ("nest", "2.9.9")] {
            scene.registry.publish(name, version, json!({}));
        }
        scene.registry.publish("right", "1.9.9", json!({"dependencies": {"left": "^1.0.0"}}));
        scene.registry.publish("user", "1.9.9", json!({"dependencies": {"left": "^2.0.0"}}));
        scene.registry.requests();
        scene
    }

    fn configure(&self) {
        let npmrc = format!("registry={0}\n@bytelyst:registry={0}\n", self.registry.url());
        fs::write(self.world.home().join(".npmrc"), npmrc).expect("a file");
    }

    fn direct(&self) -> Value {
        let mut direct = third_parties();
        direct["@bytelyst/a"] = json!("^1.0.0");
        direct["bb"] = json!("npm:@bytelyst/b@^1.0.0");
        direct
    }

    /// Runs the real package manager.
    pub(crate) fn install(&self, folder: &str, install: Install) -> Run {
        let mut command = self.manager.command(&self.world.path(folder), &self.world.home(), &self.registry);
        command.args(self.manager.words(install));
        Run::from(command.output().expect("it runs"))
    }

    /// The text of a folder's lockfile.
    pub(crate) fn lockfile(&self, folder: &str) -> String {
        self.world.read(format!("{folder}/{}", self.manager.lockfile()))
    }

    /// The prepared manifest: yarn is told by resolutions, the others by tarballs that name each other.
    pub(crate) fn prepared(&self) -> String {
        let link = |name: &str| json!(format!("file:../.docker-deps/{}", tarball(name)));
        let mut direct = third_parties();
        direct["@bytelyst/a"] = link("@bytelyst/a");
        direct["bb"] = link("@bytelyst/b");
        let mut text: Value = serde_json::from_str(&manifest("surface", &direct)).expect("JSON");
        if self.manager.name == "yarn" {
            text["resolutions"] = ours().into_iter().map(|(name, _)| (name.to_owned(), link(name))).collect();
        }
        format!("{text:#}\n")
    }

    /// The tarballs, made in a folder of their own: the package, its file name, and where it is.
    pub(crate) fn tarballs(&self) -> Vec<(&'static str, String, PathBuf)> {
        let base = match self.manager.name {
            "npm" => Some("file:"),
            "yarn" => None,
            _ => Some("file:../.docker-deps/"),
        };
        let pack = |(name, mut needs): (&'static str, Value)| {
            for (key, range) in needs.as_object_mut().expect("an object") {
                if let (true, Some(base)) = (key.starts_with('@'), base) {
                    *range = json!(format!("{base}{}", tarball(key)));
                }
            }
            let manifest =
                json!({"name": name, "version": "1.0.0", "main": "index.js", "dependencies": needs});
            let staged = self.world.beside("staged");
            fs::create_dir_all(&staged).expect("a folder");
            let file = staged.join(tarball(name));
            let index = format!("module.exports = '{name}, packed';\n");
            fs::write(&file, pack(&manifest.to_string(), &index)).expect("a file");
            (name, tarball(name), file)
        };
        ours().map(pack).to_vec()
    }
}

fn manifest(name: &str, dependencies: &Value) -> String {
    format!(
        "{:#}\n",
        json!({"name": name, "version": "0.0.0", "private": true, "dependencies": dependencies})
    )
}

fn tarball(name: &str) -> String {
    format!("{}-1.0.0-0123456789ab.tgz", name.trim_start_matches('@').replace('/', "-"))
}

fn pack(manifest: &str, index: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in [("package/package.json", manifest), ("package/index.js", index)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, path, text.as_bytes()).expect("memory");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("memory")
}
