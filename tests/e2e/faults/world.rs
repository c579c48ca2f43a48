//! The project that is put under faults, made once and copied for every run, and the ways to look at a copy.

use std::collections::BTreeMap;
use std::fs::{self, FileTimes, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::product::dockerfile;
use crate::common::{Kind, Run, Snapshot, World, place, sha256, shim};
use crate::faults::trace::path_of;

/// Where the state lies, from the project's root.
pub(crate) const STATE: &str = ".git/docker-prep";
/// Where the tarballs go if nobody says otherwise.
pub(crate) const DEPS_DIR: &str = ".docker-deps";
/// What a cache is called that is kept beside the project.
pub(crate) const CACHE: &str = "remembered";
/// A deps dir in a folder that is not there either.
pub(crate) const NESTED: &str = "build/deps";
/// What is rewritten, with modes that no umask gives.
pub(crate) const MANIFESTS: [(&str, u32); 2] = [("backend/package.json", 0o640), ("web/package.json", 0o664)];

/// What is prepared besides manifests, and by which package managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// Two manifests, by pnpm 10.
    Manifests,
    /// A `pnpm-workspace.yaml` that is edited, and one that is made, by pnpm 11.
    Settings,
    /// npm, and yarn 1 with tarballs that name each other.
    NpmAndYarn,
    /// Two manifests, and a lockfile that is made for each.
    Lockfiles,
}

impl Product {
    /// The words of prepare.
    pub(crate) fn prepare(self) -> &'static [&'static str] {
        if self == Self::Lockfiles { &["prepare", "--lockfile"] } else { &["prepare"] }
    }

    /// What is rewritten or made besides manifests.
    fn beside(self) -> &'static [&'static str] {
        match self {
            Self::Manifests | Self::NpmAndYarn => &[],
            Self::Settings => &["backend/pnpm-workspace.yaml", "web/pnpm-workspace.yaml"],
            Self::Lockfiles => &["backend/pnpm-lock.yaml", "web/pnpm-lock.yaml"],
        }
    }

    fn lay_out(self, world: &World) {
        let managers = match self {
            Self::Manifests => return,
            Self::Settings => ["pnpm@11.28.11", "pnpm@11.28.11"],
            Self::NpmAndYarn => ["npm@10.9.0", "yarn@1.22.22"],
            Self::Lockfiles => ["pnpm@10.6.5", "pnpm@10.6.5"],
        };
        for (surface, manager) in ["backend", "web"].into_iter().zip(managers) {
            let manifest = format!("notes/{surface}/package.json");
            let named = format!("{{\n\t\"packageManager\": \"{manager}\",");
            world.file(&manifest, world.read(&manifest).replacen('{', &named, 1));
            let name = manager.split('@').next().expect("a name");
            let dockerfile = dockerfile(surface).split("RUN").next().expect("a begin").to_owned();
            world.file(format!("notes/{surface}/Dockerfile"), format!("{dockerfile}RUN {name} install\n"));
        }
        if self == Self::Settings {
            world.file("notes/backend/pnpm-workspace.yaml", "# kept\nnodeLinker: hoisted\n");
        }
        if self == Self::Lockfiles {
            // What it resolves is tried elsewhere, with the real one.
            let text = r#"
                case "$*" in *--version*) echo 10.6.5; exit;; esac
                { echo "lockfileVersion: '9.0'"; echo importers:; grep -o '"file:[^"]*"' package.json | sort -u | sed 's/.*/  &: {}/'; } >pnpm-lock.yaml
            "#;
            shim::program_at(&shim::bin(world).join("pnpm"), text);
        }
    }
}

/// A workspace of four packages, and a committed project with two surfaces whose files are old.
pub(crate) struct Fixture {
    world: World,
    /// Where the copies are made: in memory where that can be, since every run of the program syncs a lot.
    scratch: TempDir,
    /// The project as it was.
    pub(crate) before: Snapshot,
    /// The texts that each file may have: the original, and the rewritten one for either deps dir; none where it is made.
    texts: BTreeMap<&'static str, [Option<Vec<u8>>; 3]>,
    product: Product,
    /// The project itself.
    pub(crate) clean: Tree,
    /// A copy that was prepared without a fault.
    pub(crate) prepared: Tree,
    /// What has come of what was done next in a state, as [`Fixture::once`] has seen it.
    seen: Mutex<BTreeMap<(String, Shape), Seen>>,
}

type Seen = Arc<OnceLock<Vec<String>>>;

/// A copy of the project; gone when dropped.
pub(crate) struct Tree {
    home: TempDir,
}

impl Tree {
    fn in_folder(folder: &Path) -> Self {
        Self { home: tempfile::tempdir_in(folder).expect("a temporary folder") }
    }

    /// Where a cache is kept beside the project, in a tree that has one.
    fn cache(&self) -> PathBuf {
        self.home.path().join("cache")
    }

    /// The project's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("notes")
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::of(Product::Manifests)
    }

    pub(crate) fn of(product: Product) -> Self {
        let world = World::new();
        let memory = Path::new("/dev/shm");
        let scratch = if memory.is_dir() { tempfile::tempdir_in(memory) } else { Ok(place::temporary()) };
        let scratch = scratch.expect("a temporary folder");
        lay_out(&world, product);
        copy(&world.path("plat"), &scratch.path().join("plat"));
        let project = world.path("notes");
        let trees: [Tree; 3] = std::array::from_fn(|_| Tree::in_folder(scratch.path()));
        for tree in &trees {
            copy(&project, &tree.root());
        }
        let [clean, prepared, nested] = trees;
        let before = Snapshot::of(&project);
        let (texts, seen) = (BTreeMap::new(), Mutex::default());
        let mut fixture = Self { world, scratch, before, texts, product, clean, prepared, seen };
        fixture.run(&fixture.prepared, product.prepare()).exits(0);
        fixture.run(&nested, &[product.prepare(), &["--deps-dir", NESTED]].concat()).exits(0);
        for file in MANIFESTS.iter().map(|(manifest, _)| manifest).chain(product.beside()) {
            let roots = [&project, &fixture.prepared.root(), &nested.root()];
            let texts = roots.map(|root| fs::read(root.join(file)).ok());
            assert!(texts[1].is_some() && texts[0] != texts[1], "{file} is rewritten");
            fixture.texts.insert(file, texts);
        }
        fixture
    }

    /// A new copy of any state of the project.
    pub(crate) fn copy_of(&self, tree: &Tree) -> Tree {
        let new = Tree::in_folder(self.scratch.path());
        copy(&tree.root(), &new.root());
        if tree.cache().exists() {
            copy(&tree.cache(), &new.cache());
        }
        new
    }

    /// A copy of the clean project that has an empty cache, or one that knows all of it.
    pub(crate) fn with_cache(&self, is_warm: bool) -> Tree {
        let tree = self.copy_of(&self.clean);
        fs::create_dir(tree.cache()).expect("a new folder");
        if is_warm {
            self.run(&tree, &["prepare"]).exits(0);
            self.run(&tree, &["restore", "--clean"]).exits(0);
        }
        tree
    }

    /// The program in a copy, all of whose work is done by one thread in the same order each time.
    pub(crate) fn program(&self, tree: &Tree, args: &[&str]) -> Command {
        let mut program = self.world.program();
        program.env("RAYON_NUM_THREADS", "1");
        match self.product {
            Product::Settings => drop(program.env("DOCKER_PREP_LINK", "overrides")),
            Product::Lockfiles => drop(program.env("PATH", shim::with_bin(&self.world))),
            Product::Manifests | Product::NpmAndYarn => {}
        }
        let cache = tree.cache().exists().then(|| tree.cache().join(CACHE));
        program.env("DOCKER_PREP_CACHE", cache.unwrap_or_else(|| "off".into()));
        program.env("BYTELYST_COMMON_PLAT_ROOT", self.scratch.path().join("plat"));
        program.args(args).current_dir(tree.root());
        program
    }

    /// Runs the program in a copy, without a fault.
    pub(crate) fn run(&self, tree: &Tree, args: &[&str]) -> Run {
        Run::from(self.program(tree, args).output().expect("docker-prep runs"))
    }

    /// What is wrong with the manifests: each must be the original or the rewritten text.
    pub(crate) fn torn(&self, tree: &Tree) -> Vec<String> {
        let mut wrong = Vec::new();
        for (file, texts) in &self.texts {
            let now = fs::read(tree.root().join(file)).ok();
            if !texts.contains(&now) {
                let now = now.as_deref().map(String::from_utf8_lossy);
                wrong.push(format!("{file} is torn, or gone: {now:?}"));
            }
        }
        wrong
    }

    /// Whether each manifest is rewritten for the default deps dir.
    pub(crate) fn is_prepared(&self, tree: &Tree) -> bool {
        self.texts.iter().all(|(manifest, texts)| fs::read(tree.root().join(manifest)).ok() == texts[1])
    }

    /// What comes of a state by what is done next, which is done once: most faults leave a state that another has left.
    /// Where there is a cache it is done each time: that is no part of a state's shape.
    pub(crate) fn once(&self, tree: &Tree, next: String, go_on: impl FnOnce() -> Vec<String>) -> Vec<String> {
        if tree.cache().exists() {
            return go_on();
        }
        let from = (next, self.shape(tree));
        let seen = Arc::clone(self.seen.lock().expect("no panic").entry(from).or_default());
        seen.get_or_init(go_on).clone()
    }

    /// How many times something was done next.
    pub(crate) fn times(&self) -> usize {
        self.seen.lock().expect("no panic").len()
    }

    /// Sends a signal to a process.
    pub(crate) fn kill(&self, signal: &str, pid: u32) {
        let signal = signal.trim_start_matches("SIG");
        let status = self.world.command("kill").args(["-s", signal, &pid.to_string()]).status();
        assert!(status.expect("kill runs").success(), "kill -s {signal} {pid}");
    }

    /// What is not as it was: each byte, mode and time stamp of each file, and no file more. A folder's time stamp
    /// tells that something in it came and went, and git's index is git's own business.
    pub(crate) fn changed(&self, tree: &Tree, leave_out: &[&str]) -> Vec<String> {
        let bare = |snapshot: Snapshot| snapshot.without(leave_out).without_folder_times();
        bare(self.before.clone()).differences(&bare(Snapshot::of(&tree.root())))
    }

    /// What `git status` finds.
    pub(crate) fn git_status(&self, tree: &Tree) -> Vec<String> {
        let mut git = self.world.command(path_of("git"));
        git.current_dir(tree.root()).args(["--no-optional-locks", "status", "--porcelain"]);
        let run = Run::from(git.output().expect("git runs"));
        if run.code == Some(0) {
            run.stdout.lines().map(|line| format!("git status: {line}")).collect()
        } else {
            vec![format!("git status: {run}")]
        }
    }

    /// All that can be told of a state but for what differs from run to run: ids of processes, random names, and
    /// times of what is written. Two trees with the same shape are the same state.
    pub(crate) fn shape(&self, tree: &Tree) -> Shape {
        let root = tree.root();
        let mut shape = Shape::new();
        let mut names = BTreeMap::new();
        for (path, mut entry) in Snapshot::of(&root).0 {
            if self.before.0.get(&path) != Some(&entry) && !path.to_string_lossy().ends_with(".bak") {
                entry.mtime = 0;
            }
            let metadata = root.join(&path).symlink_metadata().expect("it is still there");
            let same = names.entry(metadata.ino()).or_insert_with(|| path.clone()).clone();
            let mut name = path.to_string_lossy().into_owned();
            if let Kind::File(digest) = &mut entry.kind {
                if name.starts_with(STATE) {
                    *digest = timeless(&root.join(&path));
                } else if name.ends_with(".tmp") {
                    name = format!("{}/{digest}.tmp", path.parent().expect("a folder").display());
                }
            }
            let same = if same == path { None } else { Some(same) };
            shape.push((name, format!("{entry:?}"), same));
        }
        shape.sort();
        shape
    }
}

/// See [`Fixture::shape`]: path, what is there, and the first path of the same file.
pub(crate) type Shape = Vec<(String, String, Option<PathBuf>)>;

/// The digest of a file of the state without ids of processes and times.
fn timeless(path: &Path) -> String {
    if path.ends_with("lock") {
        return "names a process".to_owned();
    }
    let bytes = fs::read(path).expect("a readable file");
    sha256(&journal_by_nobody(&bytes).unwrap_or(bytes))
}

/// A journal that is whole, as if process 1 had written it in the first second of 1970; `None` for anything else.
pub(crate) fn journal_by_nobody(bytes: &[u8]) -> Option<Vec<u8>> {
    const OPENING: &str = "{\"schemaVersion\":2,\"checksum\":\"";
    const MIDDLE: &str = "\",\"journal\":";
    let sealed = std::str::from_utf8(bytes).ok()?.strip_prefix(OPENING)?;
    let (checksum, body) = sealed.split_once(MIDDLE)?;
    let body = body.strip_suffix("}\n").filter(|body| sha256(body.as_bytes()) == checksum)?;
    let mut journal: Value = serde_json::from_str(body).expect("a journal whose checksum fits is JSON");
    for key in ["pid", "started"] {
        assert!(journal["head"][key].is_u64(), "no {key}: {body}");
        journal["head"][key] = Value::from(1);
    }
    let body = format!("{journal:#}");
    Some(format!("{OPENING}{}{MIDDLE}{body}}}\n", sha256(body.as_bytes())).into_bytes())
}

fn lay_out(world: &World, product: Product) {
    world.file("plat/pnpm-workspace.yaml", "packages:\n  - 'packages/*'\n");
    world.file("plat/package.json", r#"{"name": "plat", "private": true}"#);
    for (name, needs) in [("errors", ""), ("logger", "errors"), ("http", "logger"), ("context", "")] {
        let needs = if needs.is_empty() {
            String::new()
        } else {
            format!(r#", "dependencies": {{"@bytelyst/{needs}": "workspace:^"}}"#)
        };
        let dir = format!("plat/packages/{name}");
        world.file(
            format!("{dir}/package.json"),
            format!(r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", "main": "index.js"{needs}}}"#),
        );
        world.file(format!("{dir}/index.js"), format!("module.exports = '{name}';\n"));
    }
    for (surface, dependency) in [("backend", "http"), ("web", "context")] {
        world.file(
            format!("notes/{surface}/package.json"),
            format!("{{\n\t\"name\": \"{surface}\",\n\t\"dependencies\": {{\"@bytelyst/{dependency}\": \"^1.0.0\"}}\n}}"),
        );
        world.file(format!("notes/{surface}/Dockerfile"), dockerfile(surface));
    }
    product.lay_out(world);
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789);
    for (manifest, mode) in MANIFESTS {
        let path = Path::new("notes").join(manifest);
        world.mode(&path, mode);
        let file = fs::File::open(world.path(&path)).expect("a file");
        file.set_times(FileTimes::new().set_modified(old)).expect("a time stamp");
    }
    world.git("", &["init", "--quiet", "--template=", "--initial-branch=main", "notes"]);
    world.git("notes", &["add", "--all"]);
    world.git("notes", &["commit", "--quiet", "--message=start"]);
    world.git("notes", &["gc", "--quiet"]);
}

/// An exact copy of a folder: modes, time stamps, and files with several names.
fn copy(from: &Path, to: &Path) {
    let mut names = BTreeMap::new();
    for found in walkdir::WalkDir::new(from) {
        let found = found.expect("a readable tree");
        let target = to.join(found.path().strip_prefix(from).expect("below the root"));
        let metadata = found.metadata().expect("it is still there");
        if metadata.is_dir() {
            fs::create_dir(&target).expect("a new folder");
            fs::set_permissions(&target, fs::Permissions::from_mode(metadata.mode() & 0o7777))
                .expect("a mode");
        } else {
            assert!(metadata.is_file(), "{}: no file", found.path().display());
            copy_file(found.path(), &target, &metadata, &mut names);
        }
    }
}

fn copy_file(from: &Path, to: &Path, metadata: &Metadata, names: &mut BTreeMap<u64, PathBuf>) {
    if metadata.nlink() > 1 {
        if let Some(first) = names.get(&metadata.ino()) {
            fs::hard_link(first, to).expect("a second name");
            return;
        }
        names.insert(metadata.ino(), to.to_owned());
    }
    fs::copy(from, to).unwrap_or_else(|error| panic!("copy {}: {error}", from.display()));
    let modified = metadata.modified().expect("a time stamp");
    let file = fs::File::open(to).expect("a file");
    file.set_times(FileTimes::new().set_modified(modified)).expect("a time stamp");
}
