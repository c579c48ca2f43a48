//! A workspace whose builds can be counted, and a product that needs it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::manager::{self, Manager};
use crate::common::product::dockerfile;
use crate::common::{Run, World};

/// A workspace `plat` of packages that note their builds, and a product `notes` that needs some of them.
pub(crate) struct Scene {
    pub(crate) world: World,
    /// For every call.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// Notes the run beside the world, and makes `dist/index.js` of `src/index.js`.
pub(crate) const BUILD: &str = "fs.appendFileSync(process.env.RUNS,'NAME ');fs.mkdirSync('dist',{recursive:true});\
                     fs.copyFileSync('src/index.js','dist/index.js')";

/// A script of a manifest.
pub(crate) fn script(code: &str) -> String {
    format!(r#""scripts": {{"build": "node -e \"const fs=require('fs');{code}\""}}"#)
}

impl Scene {
    /// Packages, each with what its manifest says besides; the product needs all of them. They are built by the package
    /// manager that starts fastest.
    pub(crate) fn new(packages: &[(&str, &str)]) -> Self {
        let pnpm = Manager::those("pnpm", &[12])[0];
        let needs: Vec<&str> = packages.iter().map(|(name, _)| *name).collect();
        let scene = Self::of(pnpm, &needs);
        let world = &scene.world;
        world.file("plat/pnpm-lock.yaml", "lockfileVersion: '9.0'\n").dir("plat/node_modules");
        for (name, more) in packages {
            scene.package(name, more, &script(&BUILD.replace("NAME", name)));
        }
        world.git_init("plat").git_init("notes");
        scene
    }

    /// A workspace without packages that has a package manager, and a product that needs some packages of it; neither is
    /// a repository yet.
    pub(crate) fn of(manager: Manager, needs: &[&str]) -> Self {
        let scene = Self { world: World::new(), environment: Vec::new() };
        let world = &scene.world;
        manager.put_into(&scene.bin());
        if manager.name == "pnpm" {
            world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
        }
        let root = format!(
            r#"{{"private": true, "workspaces": ["packages/*"], "packageManager": "{}"}}"#,
            manager.spec()
        );
        world.file("plat/package.json", root).file("plat/.gitignore", "dist\nnode_modules\n*.log\n");
        let needs: Vec<_> = needs.iter().map(|name| format!(r#""@bytelyst/{name}": "^1.0.0""#)).collect();
        world.file(
            "notes/backend/package.json",
            format!(r#"{{"name": "backend", "dependencies": {{{}}}}}"#, needs.join(", ")),
        );
        world.file("notes/backend/Dockerfile", dockerfile("backend"));
        scene
    }

    /// What comes first in `PATH`.
    pub(crate) fn bin(&self) -> PathBuf {
        self.world.beside("bin")
    }

    pub(crate) fn package(&self, name: &str, more: &str, script: &str) {
        let dir = format!("plat/packages/{name}");
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        self.world.file(
            format!("{dir}/package.json"),
            format!(
                r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", "main": "dist/index.js", "files": ["dist"], {script}{more}}}"#
            ),
        );
        self.world.file(format!("{dir}/src/index.js"), format!("// {name}\n"));
    }

    pub(crate) fn program(&self, words: &[&str]) -> Command {
        let path = format!("{}:{}", self.bin().display(), manager::path());
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(words);
        program.env("PATH", path).env("RUNS", self.world.beside("runs"));
        program.env("FIFO", self.world.beside("fifo"));
        program.envs(self.environment.iter().map(|(name, value)| (name, value)));
        program
    }

    pub(crate) fn call(&self, words: &[&str]) -> Run {
        Run::from(self.program(words).output().unwrap())
    }

    /// Has all of it built; says which builds were run, in their order.
    #[track_caller]
    pub(crate) fn built(&self) -> String {
        self.call(&["pack", "--build", "--out", "../out", "-q"]).exits(0);
        self.runs()
    }

    /// The builds since it was last asked.
    pub(crate) fn runs(&self) -> String {
        let path = self.world.beside("runs");
        let runs = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        runs.trim().to_owned()
    }

    /// What a dry run says that it would build, by name.
    #[track_caller]
    pub(crate) fn planned(&self) -> String {
        let run = self.call(&["prepare", "--dry-run", "--build", "--json"]).exits(0);
        let mut planned = states(&run, "planned");
        planned.sort_unstable();
        planned.join(" ")
    }

    /// What is warned of without `--build`.
    #[track_caller]
    pub(crate) fn warned(&self) -> String {
        let run = self.call(&["pack", "--out", "../out"]).exits(0);
        let warnings = run.stderr.lines().filter_map(|line| line.strip_prefix("warning: "));
        warnings.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn records(&self) -> Vec<PathBuf> {
        let found = walkdir::WalkDir::new(self.world.home().join(".cache/docker-prep/builds"));
        let files = found.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        files.map(walkdir::DirEntry::into_path).collect()
    }
}

/// The packages in a state, by the part of their names behind the scope.
pub(crate) fn states(run: &Run, state: &str) -> Vec<String> {
    let built = run.json()["built"].clone();
    let built = built.as_array().unwrap_or_else(|| panic!("no `built`: {run}"));
    let name = |one: &Value| one["name"].as_str().unwrap()["@bytelyst/".len()..].to_owned();
    built.iter().filter(|one| one["state"] == state).map(name).collect()
}

/// `a` is needed by `b`, that by `c` to be built with; `e` and `f` need each other; `d` is alone.
pub(crate) fn six() -> Scene {
    Scene::new(&[
        ("c", r#""devDependencies": {"@bytelyst/b": "workspace:*"}"#),
        ("a", ""),
        ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#),
        ("d", ""),
        ("e", r#""dependencies": {"@bytelyst/f": "workspace:*"}"#),
        ("f", r#""peerDependencies": {"@bytelyst/e": "workspace:*"}"#),
    ])
}
