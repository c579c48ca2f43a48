//! The package managers of `scripts/managers.txt`, each at one version, and how each is told to install.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::common::registry::Registry;

/// Its lines: name, version, package, program.
const LIST: &str = include_str!("../../scripts/managers.txt");

/// A package manager at a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// One way to call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// As the products' Dockerfiles do: no lockfile is read or written.
    Plain,
    /// The same without devDependencies.
    Production,
    /// As people call it: a lockfile is read if there is one, and written.
    Locked,
    /// By the lockfile that is there, which must fit.
    Frozen,
}

impl Manager {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let all: Vec<_> =
            list().map(|(manager, _)| manager).filter(|manager| manager.name != "node").collect();
        assert!(all.len() >= 11, "scripts/managers.txt lacks some");
        all
    }

    /// Those of a name whose major version is one of these.
    pub(crate) fn those(name: &str, majors: &[u64]) -> Vec<Self> {
        let mut found = Self::all();
        found.retain(|manager| manager.name == name && majors.contains(&manager.major()));
        assert!(!found.is_empty(), "scripts/managers.txt has no {name} {majors:?}");
        found
    }

    pub(crate) fn major(self) -> u64 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).expect("a version")
    }

    pub(crate) fn is(self, name: &str, majors: &[u64]) -> bool {
        self.name == name && majors.contains(&self.major())
    }

    /// As it is typed: `pnpm@10.6.5`.
    pub(crate) fn spec(self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    pub(crate) fn lockfile(self) -> &'static str {
        match self.name {
            "pnpm" => "pnpm-lock.yaml",
            "npm" => "package-lock.json",
            "yarn" => "yarn.lock",
            _ => "bun.lock",
        }
    }

    /// The words behind its name.
    pub(crate) fn words(self, install: Install) -> Vec<&'static str> {
        use Install::{Frozen, Locked, Plain, Production};
        let words: &[&str] = match (self.name, self.major(), install) {
            ("pnpm", _, Plain) => &["install", "--ignore-scripts", "--lockfile=false"],
            ("pnpm", _, Production) => &["install", "--ignore-scripts", "--lockfile=false", "--prod"],
            ("pnpm", _, Locked) => &["install", "--no-frozen-lockfile"],
            ("pnpm", _, Frozen) => &["install", "--frozen-lockfile"],
            ("npm", _, Plain) => &["install", "--ignore-scripts", "--no-package-lock"],
            ("npm", _, Production) => &["install", "--ignore-scripts", "--no-package-lock", "--omit=dev"],
            ("npm", _, Locked) => &["install"],
            ("npm", _, Frozen) => &["ci"],
            ("yarn", 1, Plain) => &["install", "--ignore-scripts", "--no-lockfile"],
            ("yarn", 1, Production) => &["install", "--ignore-scripts", "--no-lockfile", "--production"],
            ("yarn", 1, Locked) => &["install"],
            ("yarn", 1, Frozen) => &["install", "--frozen-lockfile"],
            // It always writes one.
            ("yarn", _, Plain | Locked) => &["install", "--no-immutable"],
            ("yarn", _, Production) => &["workspaces", "focus", "--production"],
            ("yarn", _, Frozen) => &["install", "--immutable"],
            (_, _, Plain) => &["install", "--ignore-scripts", "--no-save"],
            (_, _, Production) => &["install", "--ignore-scripts", "--no-save", "--production"],
            (_, _, Locked) => &["install"],
            (_, _, Frozen) => &["install", "--frozen-lockfile"],
        };
        words.to_vec()
    }

    /// The words that make a lockfile and, where it can be helped, nothing else.
    pub(crate) fn lockfile_words(self) -> &'static [&'static str] {
        match (self.name, self.major()) {
            ("npm", _) => &["install", "--package-lock-only"],
            ("yarn", 1) => &["install", "--ignore-scripts"],
            ("yarn", _) => &["install", "--no-immutable", "--mode=update-lockfile"],
            _ => &["install", "--lockfile-only"],
        }
    }

    /// Puts it into `dir` by its name, for programs that look for it in `PATH`.
    pub(crate) fn put_into(self, dir: &Path) {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (program, path) = (self.program(), dir.join(self.name));
        std::fs::create_dir_all(dir).expect("a folder");
        if program.extension().is_none() {
            symlink(program, path).expect("a link");
            return;
        }
        let script = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", node().display(), program.display());
        std::fs::write(&path, script).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// It, in `dir`, with a home of its own and no registry but this one: what goes elsewhere comes here as to a proxy,
    /// and is seen.
    pub(crate) fn command(self, dir: &Path, home: &Path, registry: &Registry) -> Command {
        let program = self.program();
        let script = program.extension().is_some();
        let mut command = if script { Command::new(node()) } else { Command::new(&program) };
        if script {
            command.arg(&program);
        }
        command.current_dir(dir).env_clear().env("PATH", path()).env("HOME", home);
        // Not the machine's settings: there is no such file.
        command.env("npm_config_globalconfig", home.join("no-such-npmrc"));
        for (name, value) in self.environment(home, registry) {
            command.env(name, value);
        }
        command
    }

    /// What it must be told besides: `HOME/.npmrc` names the registry to all but yarn 4.
    pub(crate) fn environment(self, home: &Path, registry: &Registry) -> Vec<(&'static str, String)> {
        let (url, text) = (registry.url(), |text: &str| text.to_owned());
        let mut variables = vec![("LC_ALL", text("C.UTF-8")), ("NO_COLOR", text("1"))];
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            variables.push((name, url.clone()));
        }
        variables.extend([("no_proxy", text("127.0.0.1")), ("NO_PROXY", text("127.0.0.1"))]);
        // Refused and missing is said at once; nobody looks whether there is something newer.
        for name in ["npm_config_fetch_retries", "PNPM_CONFIG_FETCH_RETRIES", "YARN_HTTP_RETRY"] {
            variables.push((name, text("0")));
        }
        for name in ["npm_config_update_notifier", "PNPM_CONFIG_UPDATE_NOTIFIER"] {
            variables.push((name, text("false")));
        }
        match (self.name, self.major()) {
            // It is this version that is measured, whatever a manifest asks for.
            ("pnpm", 8..=10) => variables.push(("npm_config_manage_package_manager_versions", text("false"))),
            ("pnpm", _) => variables.push(("PNPM_CONFIG_PM_ON_FAIL", text("ignore"))),
            ("npm", _) => {
                variables.extend([("npm_config_audit", text("false")), ("npm_config_fund", text("false"))]);
            }
            // As root it would take one that all share.
            ("yarn", 1) => variables.push(("YARN_CACHE_FOLDER", home.join("yarn").display().to_string())),
            ("yarn", _) => variables.extend([
                ("YARN_NPM_REGISTRY_SERVER", url),
                ("YARN_UNSAFE_HTTP_WHITELIST", text("127.0.0.1")),
                ("YARN_ENABLE_TELEMETRY", text("0")),
            ]),
            _ => {}
        }
        variables
    }

    /// What is started.
    pub(crate) fn program(self) -> PathBuf {
        let found = list().find(|(manager, _)| *manager == self);
        find(self, found.expect("it comes from the list").1)
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

fn list() -> impl Iterator<Item = (Manager, &'static str)> {
    LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, version, _, program] = words[..] else { panic!("scripts/managers.txt: {line}") };
        (Manager { name, version }, program)
    })
}

/// Node.js, which runs those that are scripts.
pub(crate) fn node() -> &'static Path {
    static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
        let (node, program) = list().find(|(manager, _)| manager.name == "node").expect("a Node.js");
        find(node, program)
    });
    &NODE
}

/// `PATH` with that Node.js in front.
pub(crate) fn path() -> String {
    let bin = node().parent().expect("a folder").display();
    format!("{bin}:{}", std::env::var("PATH").expect("a PATH"))
}

/// A program of `scripts/managers.txt`; a `*` in a folder's name stands for the end of the one that is there.
fn find(manager: Manager, program: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!(".tools/managers/{}-{}/node_modules", manager.name, manager.version));
    let mut path = home.clone();
    for part in program.split('/') {
        let Some(beginning) = part.strip_suffix('*') else {
            path.push(part);
            continue;
        };
        let found = path.read_dir().into_iter().flatten().flatten().map(|entry| entry.file_name());
        let mut named = found.filter(|name| name.to_string_lossy().starts_with(beginning));
        let name = named
            .next()
            .unwrap_or_else(|| panic!("run scripts/tools: {manager} is not in {}", home.display()));
        path.push(name);
    }
    assert!(path.is_file(), "run scripts/tools: {manager} is not in {}", home.display());
    path
}
