//! A product whose packages of others are awkward, and a registry that has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::common::manager::{Install, Manager, node};
use crate::common::registry::Registry;
use crate::common::shim::{bin, shim, with_bin};
use crate::common::{Run, World};

/// What the surface depends on.
const KEYS: [&str; 10] =
    ["@bytelyst/http", "left", "right", "other-left", "loop-a", "kit", "lonely", "native", "bundler", "tool"];

/// The one that the products pin.
pub(crate) const PNPM: Manager = Manager { name: "pnpm", version: "10.6.5" };

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) registry: Registry,
    pub(crate) manager: Manager,
}

impl Scene {
    /// `http` needs `errors` and both need packages of others; `backend` needs it, and more of others.
    pub(crate) fn new(manager: Manager) -> Self {
        let (world, registry) = (World::new(), registry());
        world.file("plat/pnpm-workspace.yaml", "packages:\n  - 'packages/*'\n");
        world.file("plat/package.json", r#"{"name": "plat", "private": true}"#);
        package(&world, "errors", json!({"dependencies": {"left": "^1.0.0"}}));
        package(
            &world,
            "http",
            json!({
                "dependencies": {"@bytelyst/errors": "workspace:^", "right": "^1.0.0", "renamed": "npm:left@^2.0.0"},
                "peerDependencies": {"framework": "^1.0.0"},
            }),
        );
        let manifest = json!({
            "name": "backend", "private": true,
            "dependencies": {
                "@bytelyst/http": "^1.0.0", "left": "^2.0.0", "right": "^1.0.0", "other-left": "npm:left@1.0.0",
                "loop-a": "^1.0.0", "kit": "^1.0.0", "lonely": "^1.0.0", "native": "^1.0.0", "bundler": "^1.0.0",
            },
            "devDependencies": {"tool": "^1.0.0"},
        });
        world.file("notes/backend/package.json", format!("{manifest:#}\n"));
        let dockerfile = format!(
            "FROM node\nWORKDIR /app/backend\nCOPY backend/package.json ./\nCOPY .docker-deps* /app/.docker-deps/\nRUN {} install\n",
            manager.name
        );
        world.file("notes/backend/Dockerfile", dockerfile);
        world.file("notes/package.json", "{\"name\": \"notes\", \"private\": true}\n");
        world.git_init("notes");
        fs::write(world.home().join(".npmrc"), format!("registry={}\n", registry.url())).unwrap();
        shim(&bin(&world), manager);
        Self { world, registry, manager }
    }

    /// Calls the program in the product's folder; our flags stand before a command.
    pub(crate) fn call(&self, words: &[&str]) -> Run {
        let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        let (flags, command) = words.split_at(end);
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(flags);
        program.args(["--package-manager", &self.manager.spec()]).args(command);
        program.envs(self.manager.environment(&self.world.home(), &self.registry));
        program.env("PATH", with_bin(&self.world));
        Run::from(program.output().unwrap())
    }

    pub(crate) fn prepare(&self, words: &[&str]) -> Run {
        let platform = ["prepare", "--offline", "--platform", "linux/amd64+glibc"];
        self.call(&[&platform[..], words].concat())
    }

    /// The file names in the deps dir.
    pub(crate) fn tarballs(&self) -> BTreeSet<String> {
        let folder = self.world.path("notes/.docker-deps");
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".tgz")).collect()
    }

    /// What Node.js sees after an install of what a Dockerfile copies, where no network is.
    pub(crate) fn seen_offline(&self) -> Vec<String> {
        let app = self.image("offline", &self.world.read("notes/backend/package.json"));
        let deps = self.world.path("notes/.docker-deps");
        for entry in fs::read_dir(&deps).unwrap() {
            let entry = entry.unwrap();
            let to = app.join(".docker-deps").join(entry.file_name());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(entry.path(), to).unwrap();
        }
        let install = self.install(&app);
        let mut alone = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            alone.args(["--user", "--map-root-user"]);
        }
        alone.args(["--net", "--"]).arg(install.get_program()).args(install.get_args());
        alone.env_clear().current_dir(install.get_current_dir().unwrap());
        alone.envs(install.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Run::from(alone.output().unwrap()).exits(0);
        self.edges(&app)
    }

    /// The same after an install of the manifest as it is committed, from the registry, which has all then.
    pub(crate) fn seen_online(&self) -> Vec<String> {
        let out = self.world.beside("published");
        self.call(&["pack", "--out", out.to_str().unwrap()]).exits(0);
        for entry in fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "tgz") {
                self.registry.publish_tarball(fs::read(path).unwrap());
            }
        }
        let app = self.image("online", &self.world.git("notes", &["show", "HEAD:backend/package.json"]));
        Run::from(self.install(&app).output().unwrap()).exits(0);
        self.registry.unpublish("@bytelyst/");
        self.edges(&app)
    }

    fn image(&self, name: &str, manifest: &str) -> PathBuf {
        let app = self.world.beside(name).join("app");
        let _ = fs::remove_dir_all(&app);
        fs::create_dir_all(app.join("backend")).unwrap();
        fs::write(app.join("backend/package.json"), manifest).unwrap();
        app
    }

    /// As a Dockerfile does, with nothing that was there before.
    fn install(&self, app: &Path) -> Command {
        let home = app.with_file_name("home");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).unwrap();
        fs::copy(self.world.home().join(".npmrc"), home.join(".npmrc")).unwrap();
        let mut install = self.manager.command(&app.join("backend"), &home, &self.registry);
        install.args(self.manager.words(Install::Plain));
        install
    }

    fn edges(&self, app: &Path) -> Vec<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/offline/edges.cjs");
        let mut walk = Command::new(node());
        walk.arg(script).arg(app.join("backend")).args(KEYS);
        let run = Run::from(walk.output().unwrap()).exits(0);
        run.stdout.lines().map(str::to_owned).collect()
    }
}

fn package(world: &World, name: &str, more: Value) {
    let mut manifest = json!({"name": format!("@bytelyst/{name}"), "version": "1.0.0", "main": "index.js"});
    for (key, value) in more.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    world.file(format!("plat/packages/{name}/package.json"), manifest.to_string());
    world.file(format!("plat/packages/{name}/index.js"), format!("module.exports = '{name}';\n"));
}

/// Two versions of `left`; a cycle `loop-a`, `loop-b`; `kit`, which brings `framework` for its `plugin`; `lonely`, whose
/// peer nobody gives; `native` with packages for systems; `bundler` with one inside; `tool`, which can be run.
fn registry() -> Registry {
    let registry = Registry::of_third_parties();
    registry.publish("loop-a", "1.0.0", json!({"dependencies": {"loop-b": "^1.0.0"}}));
    registry.publish("loop-b", "1.0.0", json!({"dependencies": {"loop-a": "^1.0.0", "left": "1.0.0"}}));
    registry.publish("framework", "1.0.0", json!({}));
    registry.publish("plugin", "1.0.0", json!({"peerDependencies": {"framework": "^1.0.0"}}));
    let both = json!({"plugin": "^1.0.0", "framework": "^1.0.0"});
    registry.publish("kit", "1.0.0", json!({"dependencies": both}));
    registry.publish("giver", "1.0.0", json!({}));
    let peers = json!({"giver": "^1.0.0", "absent": "^1.0.0"});
    let lonely = json!({"peerDependencies": peers, "peerDependenciesMeta": {"absent": {"optional": true}}});
    registry.publish("lonely", "1.0.0", lonely);
    let systems = [
        ("native-glibc", json!({"os": ["linux"], "cpu": ["x64"], "libc": ["glibc"]})),
        ("native-musl", json!({"os": ["linux"], "cpu": ["x64"], "libc": ["musl"]})),
        ("native-arm64", json!({"os": ["linux"], "cpu": ["arm64"]})),
        ("native-darwin", json!({"os": ["darwin"]})),
    ];
    let optional: Value = systems.iter().map(|(name, _)| ((*name).to_owned(), json!("1.0.0"))).collect();
    for (name, system) in systems {
        registry.publish(name, "1.0.0", system);
    }
    registry.publish("native", "1.0.0", json!({"optionalDependencies": optional}));
    let bundler = json!({
        "name": "bundler", "version": "1.0.0", "dependencies": {"inner": "^1.0.0", "left": "^1.0.0"},
        "bundleDependencies": ["inner"],
    });
    let inner = json!({"name": "inner", "version": "1.0.0"});
    // bun asks for it all the same.
    registry.publish("inner", "1.0.0", json!({}));
    registry.publish_tarball(pack(&[
        ("package/package.json", 0o644, &bundler.to_string()),
        ("package/node_modules/inner/package.json", 0o644, &inner.to_string()),
    ]));
    let tool = json!({"name": "tool", "version": "1.0.0", "bin": "run"});
    registry.publish_tarball(pack(&[
        // Another name of the top folder.
        ("tool/package.json", 0o664, &tool.to_string()),
        ("tool/run", 0o755, "#!/bin/sh\n"),
    ]));
    registry
}

pub(crate) fn pack(files: &[(&str, u32, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, mode, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(*mode);
        header.set_cksum();
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}
