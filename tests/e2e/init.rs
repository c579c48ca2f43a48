//! `docker-prep init` with the real husky 9 and 4, lefthook, pre-commit, simple-git-hooks and git: a rewritten manifest cannot be committed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, World};

const CLEAN: &str = "{\"dependencies\": {\"@bytelyst/errors\": \"^1.0.0\"}}\n";
const REWRITTEN: &str =
    "{\"dependencies\": {\"@bytelyst/errors\": \"file:.docker-deps/bytelyst-errors-1.tgz\"}}\n";

/// Every manager that is there to be tried.
const MANAGERS: [&str; 6] = ["husky", "husky-4", "lefthook", "pre-commit", "simple-git-hooks", "git"];

/// A committed product in `notes`, in which a hook manager is at work.
struct Product {
    world: World,
    manager: &'static str,
}

impl Product {
    fn new(manager: &'static str) -> Self {
        let product = Self::without_install(manager);
        product.install_manager("notes");
        product
    }

    /// As it is after a clone.
    fn without_install(manager: &'static str) -> Self {
        let own = match manager {
            "husky" => ("notes/.husky/pre-commit", "echo own hook\n"),
            "husky-4" => (
                "notes/package.json",
                "{\n  \"husky\": {\n    \"hooks\": {\"pre-commit\": \"echo own hook || true\"}\n  }\n}\n",
            ),
            "lefthook" => {
                ("notes/lefthook.yml", "pre-commit:\n  commands:\n    own:\n      run: echo own hook\n")
            }
            "pre-commit" => (
                "notes/.pre-commit-config.yaml",
                "repos:\n  - repo: local\n    hooks:\n      - {id: own, name: own, entry: echo own hook, language: system, verbose: true, always_run: true}\n",
            ),
            "simple-git-hooks" => (
                "notes/package.json",
                "{\n  \"simple-git-hooks\": {\n    \"pre-commit\": \"echo own hook\"\n  }\n}\n",
            ),
            _ => ("notes/README.md", "notes\n"),
        };
        Self::with_settings(manager, own.0, own.1)
    }

    fn with_settings(manager: &'static str, path: &str, text: &str) -> Self {
        let world = World::new();
        world.file("notes/app/package.json", CLEAN).file("notes/.gitignore", "node_modules\n");
        world.file(path, text);
        world.git_init("notes");
        if manager == "git" {
            world.exec("notes/.git/hooks/pre-commit", "#!/bin/sh\necho own hook\n");
        }
        Self { world, manager }
    }

    /// What `npm install` or a newcomer does in each clone.
    fn install_manager(&self, dir: &str) {
        let node = |program: &str| {
            let mut node = self.command("node", dir);
            node.arg(tools().join("hooks/node_modules").join(program));
            node
        };
        let mut command = match self.manager {
            "husky" => node("husky/bin.js"),
            "husky-4" => {
                // Its hook looks for it there, and its installer asks npm where it is.
                let modules = self.world.path(dir).join("node_modules");
                let _ = std::os::unix::fs::symlink(tools().join("hooks/node_modules"), modules);
                let mut husky = node("husky-4/husky.js");
                husky.arg("install").current_dir(tools().join("hooks/node_modules/husky-4"));
                husky
                    .env("INIT_CWD", self.world.path(dir))
                    .env("npm_config_user_agent", "npm/10.8.2 node/v20");
                husky
            }
            "lefthook" => {
                let mut lefthook = self.command("lefthook", dir);
                lefthook.arg("install");
                lefthook
            }
            "pre-commit" => {
                let mut framework = self.command("pre-commit", dir);
                framework.arg("install");
                framework
            }
            "simple-git-hooks" => node("simple-git-hooks/cli.js"),
            _ => return,
        };
        Run::from(
            command.output().unwrap_or_else(|error| panic!("{}: {error}: run scripts/tools", self.manager)),
        )
        .exits(0);
    }

    fn command(&self, program: &str, dir: &str) -> Command {
        let mut command = self.world.command(program);
        command.current_dir(self.world.path(dir)).env("PATH", path(true));
        command
    }

    /// docker-prep, with what a hook finds on PATH.
    fn docker_prep(&self, args: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_docker-prep"), "notes");
        Run::from(command.args(args).output().expect("it runs"))
    }

    fn init(&self) {
        let init = self.docker_prep(&["init"]).exits(0);
        assert!(init.stderr.contains("proved: "), "{}: {init}", self.manager);
        self.world.git("notes", &["add", "--all"]);
        Run::from(self.commit("notes", true)).exits(0);
    }

    /// What a git command answers.
    fn git(&self, args: &[&str]) -> String {
        let mut git = self.command("git", "notes");
        Run::from(git.args(args).output().expect("git runs")).exits(0).stdout
    }

    fn commit(&self, dir: &str, installed: bool) -> std::process::Output {
        let mut git = self.command("git", dir);
        git.env("PATH", path(installed)).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        git.args(["commit", "--allow-empty", "--message=more"]).output().expect("git runs")
    }

    /// Stages the manifest with this text and commits it.
    fn commit_manifest(&self, dir: &str, text: &str) -> Run {
        self.world.file(Path::new(dir).join("app/package.json"), text);
        self.world.git(dir, &["add", "app/package.json"]);
        Run::from(self.commit(dir, true))
    }
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools")
}

/// Where hook managers find what they call, docker-prep only if it is `installed`.
fn path(installed: bool) -> OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_docker-prep")).parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let rest: Vec<PathBuf> =
        std::env::split_paths(&rest).filter(|dir| !dir.join("docker-prep").exists()).collect();
    let own = [tools().join("hooks/node_modules/.bin")];
    std::env::join_paths(own.into_iter().chain(installed.then_some(program)).chain(rest)).unwrap()
}

fn a_rewritten_manifest_cannot_be_committed(manager: &'static str) {
    let product = Product::new(manager);
    let before = product.git(&["ls-files", "--stage"]);
    product.docker_prep(&["init", "--check"]).exits(1);
    product.init();

    for next_install in [false, true] {
        if next_install {
            product.install_manager("notes");
        }
        product.docker_prep(&["init", "--check"]).exits(0);
        let blocked = product.commit_manifest("notes", REWRITTEN);
        assert_ne!(blocked.code, Some(0), "{manager}: {blocked}");
        let said = format!("{}{}", blocked.stdout, blocked.stderr);
        assert!(said.contains("package.json") && said.contains("git checkout HEAD -- "), "{manager}: {said}");

        let clean = CLEAN.replace("^1", if next_install { "^4" } else { "^2" });
        let passed = product.commit_manifest("notes", &clean).exits(0);
        let said = format!("{}{}", passed.stdout, passed.stderr);
        assert!(said.contains("own hook"), "{manager}: what was there is called no more: {said}");
    }

    let missing = Run::from(product.commit("notes", false));
    assert_ne!(missing.code, Some(0), "{manager}: {missing}");
    let said = format!("{}{}", missing.stdout, missing.stderr);
    assert!(
        said.contains("docker-prep is not installed, and the commit is not checked: "),
        "{manager}: {said}"
    );

    product.world.git("notes", &["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    // husky's hooks are not committed: they are installed in each work tree, or not there.
    product.install_manager("linked");
    let blocked = product.commit_manifest("linked", REWRITTEN);
    assert_ne!(blocked.code, Some(0), "{manager}, linked work tree: {blocked}");
    product.commit_manifest("linked", &CLEAN.replace("^1", "^3")).exits(0);

    product.docker_prep(&["init", "--remove"]).exits(0);
    product.world.git("notes", &["add", "--all"]);
    product.commit_manifest("notes", CLEAN).exits(0);
    assert_eq!(product.git(&["ls-files", "--stage"]), before, "{manager}");
    product.docker_prep(&["init", "--check"]).exits(1);
    product.commit_manifest("notes", REWRITTEN).exits(0);
}

#[test]
fn husky() {
    a_rewritten_manifest_cannot_be_committed("husky");
}

#[test]
fn lefthook() {
    a_rewritten_manifest_cannot_be_committed("lefthook");
}

#[test]
fn husky_4() {
    a_rewritten_manifest_cannot_be_committed("husky-4");
}

#[test]
fn simple_git_hooks() {
    a_rewritten_manifest_cannot_be_committed("simple-git-hooks");
}

#[test]
fn the_pre_commit_framework() {
    a_rewritten_manifest_cannot_be_committed("pre-commit");
}

#[test]
fn git_alone() {
    a_rewritten_manifest_cannot_be_committed("git");
}

#[test]
fn it_shows_what_it_does_and_does_nothing_twice() {
    for manager in MANAGERS {
        let product = Product::new(manager);
        let world = &product.world;
        let before = world.snapshot();
        let shown = world.run_in("notes", ["init", "--dry-run"]).exits(0);
        before.assert_same(&world.snapshot());
        assert!(
            shown.stdout.contains("docker-prep guard") && shown.stdout.contains("+.docker-deps/"),
            "{shown}"
        );

        let done = world.run_in("notes", ["init"]).exits(0);
        assert_eq!(done.stdout, shown.stdout, "{manager}");
        assert_eq!(world.read("notes/.gitignore"), "node_modules\n.docker-deps/\n*.bak\n");
        // git gives an object that it need not write again a new time.
        let snapshot = || world.snapshot().without(&["notes/.git/objects"]);
        let after = snapshot();
        let again = world.run_in("notes", ["init", "--json"]).exits(0).json();
        assert_eq!(
            (again["hook"].as_str(), again["files"].as_array().map(Vec::len)),
            (Some(manager), Some(0))
        );
        after.assert_same(&snapshot());
    }
}

#[test]
fn a_clone_where_the_manager_is_not_installed_is_told_what_to_type() {
    for (manager, command) in [
        ("husky", "npx husky"),
        ("husky-4", "npm rebuild husky"),
        ("lefthook", "lefthook install"),
        ("pre-commit", "pre-commit install"),
        ("simple-git-hooks", "npx simple-git-hooks"),
    ] {
        let product = Product::without_install(manager);
        let init = product.docker_prep(&["init"]).exits(0);
        assert!(init.stderr.contains(command) && !init.stderr.contains("proved"), "{init}");
        product.docker_prep(&["init", "--check"]).exits(1);
        product.install_manager("notes");
        product.docker_prep(&["init", "--check"]).exits(0);
        let blocked = product.commit_manifest("notes", REWRITTEN);
        assert_ne!(blocked.code, Some(0), "{manager}: {blocked}");
    }
}

#[test]
fn lefthook_reads_its_settings_from_many_places() {
    let yaml = "pre-commit:\n  commands:\n    own:\n      run: echo own\n";
    let json = "{\n  \"pre-commit\": {\"commands\": {\"own\": {\"run\": \"echo own\"}}}\n}\n";
    let toml = "[pre-commit.commands.own]\nrun = \"echo own\"\n";
    for (name, text) in [
        (".lefthook.yml", yaml),
        (".config/lefthook.yml", yaml),
        ("lefthook.yaml", yaml),
        (".config/lefthook.json", json),
        ("lefthook.toml", toml),
        (".lefthook.toml", toml),
    ] {
        let path = format!("notes/{name}");
        let product = Product::with_settings("lefthook", &path, text);
        product.install_manager("notes");
        product.init();
        product.install_manager("notes");
        let blocked = product.commit_manifest("notes", REWRITTEN);
        assert_ne!(blocked.code, Some(0), "{name}: {blocked}");
        product.docker_prep(&["init", "--remove"]).exits(0);
        assert_eq!(product.world.read(&path), text);
        assert!(!product.world.path("notes/.lefthook").exists(), "{name}");
    }
}

#[test]
fn the_framework_runs_it_whatever_its_default_stages_are() {
    let text = "default_stages: [push]\nrepos: []\n";
    let product = Product::with_settings("pre-commit", "notes/.pre-commit-config.yaml", text);
    product.install_manager("notes");
    product.init();
    let blocked = product.commit_manifest("notes", REWRITTEN);
    assert_ne!(blocked.code, Some(0), "{blocked}");
}

#[test]
fn what_does_not_protect_is_taken_back() {
    let product = Product::with_settings(
        "lefthook",
        "notes/lefthook.yml",
        "pre-commit:\n  skip: true\n  commands:\n    own:\n      run: echo own\n",
    );
    product.install_manager("notes");
    let error = product.docker_prep(&["init"]).exits(3);
    assert!(error.stderr.contains("let a rewritten manifest pass"), "{error}");
    assert_eq!(product.git(&["status", "--porcelain"]), "");
    // The call is there, and never reached.
    let world = World::new();
    world.git_init("");
    world.exec(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\ndocker-prep guard\n");
    world.run(["init"]).exits(3);
    assert!(!world.path(".gitignore").exists());
    world.exec(".git/hooks/pre-commit", "#!/bin/sh\ndocker-prep guard\n");
    std::fs::set_permissions(
        world.path(".git/hooks/pre-commit"),
        std::os::unix::fs::PermissionsExt::from_mode(0o644),
    )
    .unwrap();
    let error = world.run(["init", "--check"]).exits(1);
    assert!(error.stderr.contains("chmod +x"), "{error}");
}

#[test]
fn the_proof_leaves_the_work_tree_and_the_index_alone() {
    for manager in MANAGERS {
        let product = Product::new(manager);
        product.init();
        let world = &product.world;
        world.file("notes/app/package.json", "{\"staged\": 1}\n").file("notes/new", "new\n");
        world.git("notes", &["add", "--all"]);
        world.file("notes/app/package.json", "{\"edited\": 1}\n").remove("notes/new");
        let state = || (product.git(&["status", "--porcelain"]), product.git(&["ls-files", "--stage"]));
        let before = state();
        product.docker_prep(&["init", "--check"]).exits(0);
        assert_eq!(state(), before, "{manager}");
        assert_eq!(world.read("notes/app/package.json"), "{\"edited\": 1}\n", "{manager}");
        assert_eq!(product.git(&["stash", "list"]), "", "{manager}");
    }
}

#[test]
fn what_it_cannot_or_should_not_change() {
    let world = World::new();
    world.run(["init"]).exits(5);
    world.git_init("");
    world.exec(".git/hooks/pre-commit", "#!/usr/bin/env node\nprocess.exit(0)\n");
    let before = world.snapshot();
    let error = world.run(["init"]).exits(3);
    assert!(error.stderr.contains("docker-prep guard"), "{error}");
    world.run(["init", "--hook", "svn"]).exits(2);
    before.assert_same(&world.snapshot());
    for (path, text, expected) in [
        (".simple-git-hooks.cjs", "module.exports = {}\n", "docker-prep guard &&"),
        ("lefthook.jsonc", "{} // ours\n", "pre-commit.scripts.docker-prep"),
        (".huskyrc.js", "module.exports = {}\n", "docker-prep guard &&"),
    ] {
        world.file(path, text);
        let error = world.run(["init"]).exits(3);
        assert!(error.stderr.contains(path) && error.stderr.contains(expected), "{error}");
        world.remove(path);
    }
    world.exec(".git/hooks/pre-commit", "#!/bin/sh\n# overcommit\n");
    let error = world.run(["init"]).exits(3);
    assert!(error.stderr.contains("is written by overcommit"), "{error}");

    world.remove(".git/hooks/pre-commit").file("lefthook.yml", "").file(".pre-commit-config.yaml", "");
    let error = world.run(["init"]).exits(2);
    assert!(error.stderr.contains("lefthook and pre-commit"), "{error}");
    world.run(["init", "--hook", "lefthook"]).exits(0);

    std::fs::create_dir(world.beside("everybody's")).unwrap();
    world.git("", &["config", "core.hooksPath", world.beside("everybody's").to_str().unwrap()]);
    let error = world.run(["init", "--hook", "git"]).exits(3);
    assert!(error.stderr.contains("core.hooksPath"), "{error}");
    let told = world.run(["init", "--hook", "lefthook"]).exits(0);
    assert!(told.stderr.contains("core.hooksPath has git look for hooks there"), "{told}");
    world.run(["init", "--check"]).exits(1);
}

/// The hook asks the program that the project has, however that is; where it is missing, it says what to type there.
#[test]
fn the_program_is_had_as_the_project_has_it() {
    const PACKAGE: &str = "@bytelyst/docker-prep";
    // The node_modules of husky 4 is a link to what scripts/tools has installed, in which nothing may be put.
    for manager in MANAGERS.into_iter().filter(|manager| *manager != "husky-4") {
        let product = Product::new(manager);
        let world = &product.world;
        if !world.exists("notes/package.json") {
            world.file("notes/package.json", "{\n  \"name\": \"notes\"\n}\n");
        }
        // Nobody has it yet.
        product.init();
        let missing = |expected: &str| {
            let run = Run::from(product.commit("notes", false));
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(run.code != Some(0) && said.contains(expected), "{manager}: {expected}: {said}");
        };
        product.install_manager("notes");
        missing(&format!("type: npm install -D {PACKAGE}"));

        // It is a dependency by now, and that version goes before what PATH has.
        let manifest = world.read("notes/package.json");
        let own = format!("{{\n  \"devDependencies\": {{\"{PACKAGE}\": \"0.2.0\"}},");
        world.file("notes/package.json", manifest.replacen('{', &own, 1));
        world.file("notes/pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
        product.init();
        product.install_manager("notes");
        missing("type: pnpm install");
        world.exec(
            "notes/node_modules/.bin/docker-prep",
            format!("#!/bin/sh\necho the own one\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_docker-prep")),
        );
        for installed in [false, true] {
            world.file("notes/app/package.json", REWRITTEN);
            world.git("notes", &["add", "app/package.json"]);
            let run = Run::from(product.commit("notes", installed));
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(run.code != Some(0) && said.contains("git checkout HEAD -- "), "{manager}: {said}");
            assert!(said.contains("the own one"), "{manager}: {said}");
        }
        world.git("notes", &["checkout", "--quiet", "HEAD", "--", "app/package.json"]);
        Run::from(product.commit("notes", false)).exits(0);
        let again = world.run_in("notes", ["init", "--json"]).exits(0).json();
        assert_eq!(again["files"].as_array().map(Vec::len), Some(0), "{manager}");

        product.docker_prep(&["init", "--remove"]).exits(0);
        product.docker_prep(&["init", "--check"]).exits(1);
    }
}

#[test]
fn each_package_manager_is_told_in_its_own_words() {
    for (file, text, command) in [
        ("package-lock.json", "{}", "npm install -D"),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "pnpm add -D"),
        ("yarn.lock", "# yarn lockfile v1\n", "yarn add -D"),
        ("bun.lock", "{}", "bun add -d"),
    ] {
        let world = World::new();
        world.file("package.json", "{}").file(file, text).git_init("");
        world.run(["init"]).exits(0);
        let hook = world.read(".git/hooks/pre-commit");
        assert!(hook.contains(&format!("type: {command} @bytelyst/docker-prep'")), "{hook}");
    }
    // Below the top of the repository.
    let world = World::new();
    world.file("web/docker-prep.toml", "").file(
        "web/package.json",
        "{\"packageManager\": \"pnpm@10.6.5\", \"devDependencies\": {\"@bytelyst/docker-prep\": \"0.2.0\"}}",
    );
    world.git_init("");
    world.run_in("web", ["init"]).exits(0);
    let hook = world.read(".git/hooks/pre-commit");
    assert!(hook.contains("PATH=\"web/node_modules/.bin:$PATH:"), "{hook}");
    assert!(hook.contains(": in web type: pnpm install'"), "{hook}");
}

#[test]
fn with_plug_n_play_yarn_is_asked() {
    let world = World::new();
    let manifest = "{\"devDependencies\": {\"@bytelyst/docker-prep\": \"0.2.0\"}}";
    world
        .file("package.json", manifest)
        .file("yarn.lock", "__metadata:\n  version: 8\n")
        .file(".pnp.cjs", "");
    world.git_init("");
    let bin = world.beside("bin");
    let yarn = format!("echo yarn \"$@\" >&2; shift; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_docker-prep"));
    crate::common::shim::program_at(&bin.join("yarn"), &yarn);
    let search = |bin: &Path| format!("{}:{}", bin.display(), path(false).to_string_lossy());
    let call = |command: &mut Command, path: String| Run::from(command.env("PATH", path).output().unwrap());
    let mut init = world.program();
    call(init.arg("init"), search(&bin)).exits(0);
    world.file("app/package.json", REWRITTEN);
    world.git("", &["add", "app/package.json"]);
    let mut commit = world.command("git");
    commit.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--message=more"]);
    let blocked = call(&mut commit, search(&bin)).exits(1);
    assert!(blocked.stderr.contains("yarn docker-prep guard"), "{blocked}");
    assert!(blocked.stderr.contains("app/package.json"), "{blocked}");
    let hook = world.read(".git/hooks/pre-commit");
    assert!(
        hook.contains("'yarn is not installed, and the commit is not checked: type: yarn install'"),
        "{hook}"
    );
}

#[test]
fn the_framework_takes_our_own_list_of_hooks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let world = World::new();
    let mut framework = world.command("pre-commit");
    framework.current_dir(root).args(["validate-manifest", ".pre-commit-hooks.yaml"]);
    Run::from(framework.output().expect("run scripts/tools: there is no pre-commit")).exits(0);
}
