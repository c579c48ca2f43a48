//! A release whose programs are stand-ins: that for this system calls the program that is tested, the others say whose they
//! are. Products that install it, and what their launcher does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::common::manager::{Manager, path};
use crate::common::registry::Registry;
use crate::common::shim::program_at;
use crate::common::{Run, World};
use crate::dist::distribution::target::{TARGETS, Target};
use crate::dist::distribution::{self, Assembly, VERSION};

pub(crate) const NAME: &str = "@bytelyst/docker-prep";

/// The target whose program runs here.
pub(crate) fn own() -> &'static Target {
    Target::of_this_machine().expect("there is a program for this machine")
}

/// Another one, as the packages of npm name it.
pub(crate) fn another() -> &'static Target {
    TARGETS.iter().find(|target| target.os != own().os && target.cpu != own().cpu).expect("another system")
}

/// What a release is put together from.
pub(crate) fn assembly(world: &World) -> Assembly {
    let programs = TARGETS.iter().map(|target| {
        let program = world.beside("programs").join(target.triple);
        let text = if target == own() {
            format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_docker-prep"))
        } else {
            format!("echo \"this is the program for {}\"; exit 99", target.platform())
        };
        program_at(&program, &text);
        (target, program)
    });
    Assembly { out: world.beside("release"), programs: programs.collect(), ..Assembly::default() }
}

/// A release, and a product that has none of it yet.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) out: PathBuf,
    pub(crate) registry: Registry,
}

impl Scene {
    /// The registry is empty: it says 404 to everything.
    pub(crate) fn new() -> Self {
        let world = World::new();
        let assembly = assembly(&world);
        assert!(distribution::assemble(&assembly).unwrap().is_empty());
        world.file("notes/package.json", "{\n  \"name\": \"notes\",\n  \"private\": true\n}\n");
        Self { out: assembly.out, world, registry: Registry::empty() }
    }

    /// With all packages of the release in the registry.
    pub(crate) fn published() -> Self {
        let scene = Self::new();
        for target in &TARGETS {
            scene
                .registry
                .publish_tarball(scene.tarball(&format!("bytelyst-docker-prep-{}", target.platform())));
        }
        scene.registry.publish_tarball(scene.tarball("bytelyst-docker-prep"));
        scene.registry.requests();
        scene
    }

    pub(crate) fn tarball(&self, name: &str) -> Vec<u8> {
        fs::read(self.out.join(format!("npm/{name}-{VERSION}.tgz"))).unwrap()
    }

    /// The bundled package's file.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.out.join(format!("npm/docker-prep-{VERSION}-bundled.tgz"))
    }

    /// The product wants it by this specifier.
    pub(crate) fn wants(&self, specifier: &str) -> &Self {
        let manifest = json!({ "name": "notes", "private": true, "devDependencies": { NAME: specifier } });
        self.world.file("notes/package.json", format!("{manifest:#}\n"));
        self
    }

    /// Calls a package manager in the product.
    pub(crate) fn call(&self, manager: Manager, words: &[&str]) -> Run {
        fs::write(self.world.home().join(".npmrc"), format!("registry={}\n", self.registry.url())).unwrap();
        let mut command = manager.command(&self.world.path("notes"), &self.world.home(), &self.registry);
        // Nothing of what is published here is old, as some want it.
        command.env("npm_config_minimum_release_age", "0").env("PNPM_CONFIG_MINIMUM_RELEASE_AGE", "0");
        Run::from(command.args(words).output().expect("it runs"))
    }

    pub(crate) fn installs(&self, manager: Manager, words: &[&str]) -> Run {
        self.call(manager, &[&["install"], words].concat()).exits(0)
    }

    /// `node_modules/.bin/docker-prep`, as a shell calls it that has no Node.js: that would end with 98.
    pub(crate) fn launcher(&self) -> Command {
        let bin = self.world.beside("without-node");
        program_at(&bin.join("node"), "echo 'Node.js was called' >&2; exit 98");
        let mut command = self.world.command(self.world.path("notes/node_modules/.bin/docker-prep"));
        let path = std::env::var("PATH").unwrap();
        command.current_dir(self.world.path("notes")).env("PATH", format!("{}:{path}", bin.display()));
        command
    }

    /// The same with Node.js, which explains what is wrong.
    pub(crate) fn launch(&self, words: &[&str]) -> Run {
        let mut command = self.launcher();
        Run::from(command.env("PATH", path()).args(words).output().expect("it was installed"))
    }

    /// The launcher passes on what the program says and its code, by sh alone, and the program is what was packed.
    #[track_caller]
    pub(crate) fn works(&self) {
        let run = |words: &[&str]| Run::from(self.launcher().args(words).output().expect("it was installed"));
        let version = concat!("docker-prep ", env!("VERSION_AND_COMMIT"), "\n");
        assert_eq!(run(&["--version"]).exits(0).stdout, version);
        run(&["guard", "--no-such-flag"]).exits(2);
    }

    /// The programs that lie below the product, each with its mode.
    pub(crate) fn programs(&self) -> Vec<(PathBuf, u32)> {
        let below = walkdir::WalkDir::new(self.world.path("notes")).into_iter().map(Result::unwrap);
        let programs = below.filter(|entry| {
            let folder = entry.path().parent().unwrap().display().to_string();
            entry.file_type().is_file()
                && entry.file_name().to_string_lossy().starts_with("docker-prep")
                && (folder.contains("/platforms/")
                    || folder.ends_with("/bin") && !folder.ends_with("docker-prep/bin"))
        });
        programs.map(|entry| (entry.path().to_owned(), mode(entry.path()))).collect()
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}
