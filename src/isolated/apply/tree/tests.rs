use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cancel::CancelToken;
use crate::common::{Snapshot, World, raw_path};
use crate::error::{ErrorKind, Result};
use crate::image::Dockerignore;
use crate::isolated::apply::tree::{bring_up_to_date, remove};
use crate::isolated::read::tree::{boot, others, read_index, stamp_of};
use crate::isolated::tree::{Index, LaidOver, LeftOut, TreeOutcome, TreeRequest, WhyLeftOut};
use crate::npm::Watch;
use crate::threads::Threads;

#[cfg(target_os = "linux")]
mod kill;
mod properties;

/// A context, and what a build's tree is to hold of it.
struct Stage {
    world: World,
    context: PathBuf,
    tree: PathBuf,
    ignore: Option<Dockerignore>,
    always: BTreeSet<String>,
    without: Vec<PathBuf>,
    laid_over: BTreeMap<String, LaidOver>,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let context = world.path("context");
        fs::create_dir_all(context.join(".git/docker-prep/isolated")).unwrap();
        let tree = context.join(".git/docker-prep/isolated/web");
        let without = vec![context.join(".git/docker-prep")];
        let (always, laid_over) = Default::default();
        Self { world, context, tree, ignore: None, always, without, laid_over }
    }

    fn file(&self, path: &str, content: &str) -> &Self {
        self.world.file(format!("context/{path}"), content);
        self
    }

    fn ignoring(mut self, lines: &str) -> Self {
        self.ignore = Some(Dockerignore::parse(lines).unwrap());
        self
    }

    fn lay_over(&mut self, path: &str, text: &str) {
        self.laid_over.insert(path.to_owned(), LaidOver::Text(text.into(), 0o640));
    }

    fn request(&self) -> TreeRequest<'_> {
        TreeRequest {
            context: &self.context,
            tree: &self.tree,
            ignore: self.ignore.as_ref(),
            always: self.always.clone(),
            without: self.without.clone(),
            laid_over: self.laid_over.clone(),
        }
    }

    fn call(&self) -> Result<TreeOutcome> {
        bring_up_to_date(&self.request(), Threads::new(NonZero::new(2)), &CancelToken::new())
    }

    /// Brings it up to date; how many files are in it and were copied, and how many entries were removed.
    fn up(&self) -> (usize, usize, usize) {
        let outcome = self.call().unwrap();
        (outcome.files, outcome.copied, outcome.removed)
    }

    fn in_tree(&self) -> Snapshot {
        Snapshot::of(&self.tree)
    }

    fn source(&self) -> Snapshot {
        Snapshot::of(&self.context).without(&[".git/docker-prep"])
    }

    fn names(&self) -> Vec<String> {
        self.in_tree().0.keys().map(|path| path.display().to_string()).collect()
    }
}

/// What BuildKit looks at.
fn look(path: &Path) -> (u64, i64, i64, u32) {
    let metadata = path.symlink_metadata().unwrap();
    (metadata.size(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode())
}

fn age(path: &Path) {
    let file = fs::File::options().read(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789)).unwrap();
}

#[test]
fn a_tree_is_a_copy_and_costs_nothing_the_second_time() {
    let stage = Stage::new();
    stage.file("package.json", "{}").file("src/a.js", "a").file("src/run", "#!").file(".git/HEAD", "ref");
    stage.world.mode("context/src/run", 0o755).dir("context/empty").mode("context/src", 0o2750);
    stage.world.symlink("context/dangling", "no/such").symlink("context/absolute", "/etc/hostname");
    fs::write(stage.context.join(raw_path(b"b\xff\n")), "odd").unwrap();
    let old = stage.context.join("old");
    fs::write(&old, "old").unwrap();
    age(&old);
    age(&stage.context.join("empty"));
    let before = stage.source();
    assert_eq!(stage.up(), (8, 8, 0));
    before.assert_same(&stage.in_tree());
    before.assert_same(&stage.source());
    let ids = |root: &Path| fs::metadata(root.join("old")).unwrap().nlink();
    assert_eq!((ids(&stage.context), ids(&stage.tree)), (1, 1));
    for _ in 0..2 {
        assert_eq!(stage.up(), (8, 0, 0));
        before.assert_same(&stage.in_tree());
    }
}

/// Brings it up to date until it is known what is in each folder, as it is once the clock has gone on.
fn up_until_known(stage: &Stage) {
    let folders = || ["", "a", "a/inner"].map(|folder| (folder, stage.context.join(folder)));
    let is_known = || {
        let bytes = read_index(&stage.tree.with_file_name("web.index"));
        let index = Index::parse(&bytes, &boot(), Watch::begin().moment());
        folders().iter().all(|(folder, path)| {
            let known = index.folder(folder.as_ref());
            known.names_at(&stamp_of(&path.metadata().unwrap())).is_some()
        })
    };
    stage.up();
    while !is_known() {
        stage.up();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_is_known_is_seen_to_change() {
    let mut stage = Stage::new();
    stage.file("a/one", "1").file("a/two", "2").file("a/inner/three", "3");
    let path = |name: &str| stage.context.join(name);
    type Change<'a> = (&'a dyn Fn(), (usize, usize, usize));
    let changes: [Change<'_>; 7] = [
        (&|| {}, (3, 0, 0)),
        (&|| fs::write(path("a/new"), "new").unwrap(), (4, 1, 0)),
        (&|| fs::remove_file(path("a/one")).unwrap(), (3, 0, 1)),
        (&|| fs::rename(path("a/two"), path("a/inner/two")).unwrap(), (3, 1, 1)),
        (&|| fs::write(path("a/inner/three"), "three").unwrap(), (3, 1, 0)),
        (&|| fs::write(path("a/inner/three"), "four?").unwrap(), (3, 1, 0)),
        (&|| fs::set_permissions(path("a/new"), fs::Permissions::from_mode(0o755)).unwrap(), (3, 0, 0)),
    ];
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        up_until_known(&stage);
        change();
        assert_eq!(stage.up(), expected, "{number}");
        stage.source().assert_same(&stage.in_tree());
    }
    up_until_known(&stage);
    // What is let through is asked anew of each name.
    stage.ignore = Some(Dockerignore::parse("a/new\na/inner/t*\n").unwrap());
    assert_eq!(stage.up(), (0, 0, 3));
    up_until_known(&stage);
    stage.ignore = None;
    assert_eq!(stage.up(), (3, 3, 0));
}

#[test]
fn what_is_ignored_stays_out_but_for_what_a_build_reads() {
    let mut stage = Stage::new().ignoring("*\n!src\nsrc/**/*.log\n!web/src/keep\n");
    for path in [
        "Dockerfile",
        "docker/D",
        "src/a.js",
        "src/x/y.log",
        "web/src/keep",
        "web/src/other",
        "web/x/y",
        "no/e",
    ] {
        stage.file(path, path);
    }
    stage.file(".dockerignore", "").file("package.json.bak", "");
    stage.always =
        ["Dockerfile", ".dockerignore", "docker/D.dockerignore", "docker/D"].map(str::to_owned).into();
    stage.up();
    let expected = [
        "",
        ".dockerignore",
        "Dockerfile",
        "docker",
        "docker/D",
        "src",
        "src/a.js",
        "src/x",
        "web",
        "web/src",
        "web/src/keep",
    ];
    assert_eq!(stage.names(), expected);
    // Other rules, and other paths: the tree follows.
    let mut stage = Stage { ignore: None, ..stage };
    stage.without.extend([stage.context.join("web/x"), stage.context.join("package.json.bak")]);
    stage.up();
    let gone: Vec<String> = stage.source().differences(&stage.in_tree());
    assert_eq!(gone, ["package.json.bak", "web/x", "web/x/y"].map(|path| format!("gone     {path}")));
}

#[test]
fn files_are_laid_over_and_their_times_are_those_of_their_bytes() {
    let mut stage = Stage::new().ignoring("hidden\n");
    stage.file("package.json", "{}").file("web/package.json", "{}").file("hidden/x", "").file("hidden/y", "");
    stage.file(".docker-deps/old.tgz", "of another way");
    stage.without.push(stage.context.join(".docker-deps"));
    let store = stage.world.path("store");
    stage.world.file("store/a-1.tgz", "one").file("store/a-2.tgz", "two");
    stage.lay_over("web/package.json", "{ 1 }");
    stage.lay_over("hidden/x", "new");
    stage.lay_over("made/in/here.yaml", "x");
    stage.laid_over.insert(".docker-deps/a-1.tgz".to_owned(), LaidOver::Copy(store.join("a-1.tgz")));
    let before = stage.source();
    assert_eq!(stage.up(), (5, 5, 0));
    let read = |path: &str| fs::read_to_string(stage.tree.join(path)).unwrap();
    assert_eq!(read("web/package.json") + &read("hidden/x") + &read("made/in/here.yaml"), "{ 1 }newx");
    assert_eq!(read(".docker-deps/a-1.tgz"), "one");
    assert!(!stage.tree.join("hidden/y").exists() && !stage.tree.join(".docker-deps/old.tgz").exists());
    let manifest = stage.tree.join("web/package.json");
    let first = look(&manifest);
    assert_eq!(first.3 & 0o777, 0o640);
    let whole = stage.in_tree();
    assert_eq!(stage.up(), (5, 0, 0));
    whole.assert_same(&stage.in_tree());
    // Other bytes of the same length.
    stage.lay_over("web/package.json", "{ 2 }");
    stage.laid_over.remove(".docker-deps/a-1.tgz");
    stage.laid_over.insert(".docker-deps/a-2.tgz".to_owned(), LaidOver::Copy(store.join("a-2.tgz")));
    assert_eq!(stage.up(), (5, 2, 1));
    assert_ne!(look(&manifest), first);
    assert!(!stage.tree.join(".docker-deps/a-1.tgz").exists());
    // Without any, it is the context's own again.
    stage.laid_over.clear();
    assert_eq!(stage.up().0, 2);
    before
        .without(&["hidden", ".docker-deps"])
        .without_folder_times()
        .assert_same(&stage.in_tree().without_folder_times());
}

#[test]
fn other_bytes_have_another_time_whatever_the_context_says() {
    let stage = Stage::new();
    let (source, copy) = (stage.context.join("a"), stage.tree.join("a"));
    let mut seen = BTreeSet::new();
    for text in ["one", "two", "six", "one"] {
        // Another file, of the same size and time.
        fs::remove_file(&source).unwrap_or_default();
        fs::write(&source, text).unwrap();
        age(&source);
        stage.up();
        assert_eq!(fs::read_to_string(&copy).unwrap(), text);
        assert!(seen.insert(look(&copy)), "{text}");
        let now = look(&copy);
        assert_eq!(stage.up(), (1, 0, 0));
        assert_eq!(look(&copy), now, "{text}");
    }
}

#[test]
fn what_is_no_file_is_left_out_and_told() {
    let stage = Stage::new();
    stage.file("a", "");
    assert!(std::process::Command::new("mkfifo").arg(stage.context.join("fifo")).status().unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(stage.context.join("socket")).unwrap();
    let outcome = stage.call().unwrap();
    let left_out = |path: &str, why| LeftOut { path: path.into(), why };
    assert_eq!(
        outcome.left_out,
        [left_out("fifo", WhyLeftOut::Fifo), left_out("socket", WhyLeftOut::Socket)]
    );
    assert_eq!((outcome.files, outcome.left_out_count), (1, 2));
}

#[test]
fn anything_becomes_anything_else() {
    let stage = Stage::new();
    let path = stage.context.join("a");
    let make = |kind: usize| match kind {
        0 => fs::write(&path, "x").unwrap(),
        1 => symlink("b", &path).unwrap(),
        2 => {
            fs::create_dir(&path).unwrap();
            fs::write(path.join("inner"), "y").unwrap();
        }
        _ => {}
    };
    for from in 0..4 {
        for to in 0..4 {
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir_all(&path);
            make(from);
            stage.up();
            stage.source().assert_same(&stage.in_tree());
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir_all(&path);
            make(to);
            stage.up();
            stage.source().assert_same(&stage.in_tree());
        }
    }
}

#[test]
fn the_state_folder_is_never_in_a_tree_whatever_way_leads_there() {
    let mut stage = Stage::new();
    stage.file("a", "");
    stage.without = Vec::new();
    stage.up();
    // Another way to the same context.
    let link = stage.world.path("link");
    symlink(&stage.context, &link).unwrap();
    let (real, tree) = (stage.tree.clone(), stage.tree.with_file_name("api"));
    fs::write(stage.context.join(".git/docker-prep/journal"), "").unwrap();
    stage.without = vec![stage.context.join(".git/docker-prep")];
    for (context, tree) in [(stage.context.clone(), real), (link, tree)] {
        (stage.context, stage.tree) = (context, tree);
        stage.up();
        assert_eq!(stage.names(), ["", ".git", "a"]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let stage = Stage::new();
    stage.file("a/secret", "");
    stage.up();
    let missing = Stage { context: stage.world.path("missing"), ..stage };
    let error = missing.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Environment);
    assert!(error.to_string().contains("missing: no such file or directory\n"), "{error}");
    let stage = Stage { context: missing.world.path("context"), ..missing };
    if rustix::process::geteuid().is_root() {
        return;
    }
    stage.world.mode("context/a/secret", 0);
    let error = stage.call().unwrap_err().to_string();
    assert!(error.contains("a/secret: permission denied\n"), "{error}");
}

#[test]
fn an_index_that_lies_or_is_gone_changes_nothing() {
    let stage = Stage::new();
    stage.file("a", "one").file("b/c", "two");
    stage.up();
    let (whole, index) = (stage.in_tree(), stage.tree.with_file_name("web.index"));
    let bytes = fs::read(&index).unwrap();
    for damaged in [None, Some(&b""[..]), Some(&bytes[..bytes.len() - 1]), Some(b"docker-prep tree 0\nxxxx")]
    {
        fs::remove_file(&index).unwrap();
        if let Some(damaged) = damaged {
            fs::write(&index, damaged).unwrap();
        }
        assert_eq!(stage.up(), (2, 0, 0));
        whole.assert_same(&stage.in_tree());
        assert!(fs::read(&index).unwrap().len() >= bytes.len() - 8);
    }
    // A file of the tree that somebody changed, and one that nobody asked for.
    fs::write(stage.tree.join("a"), "two").unwrap();
    fs::write(stage.tree.join("d"), "").unwrap();
    assert_eq!(stage.up(), (2, 1, 1));
    assert_eq!(fs::read_to_string(stage.tree.join("a")).unwrap(), "one");
}

#[test]
fn trees_are_removed_whatever_their_modes() {
    let mut stage = Stage::new();
    stage.file("a/b/c", "").file("d", "");
    stage.world.mode("context/a/b", 0o500).mode("context/a", 0o500).mode("context", 0o555);
    stage.up();
    stage.tree.set_file_name("api");
    stage.up();
    assert_eq!(stage.up(), (2, 0, 0));
    let isolated = stage.tree.parent().unwrap().to_owned();
    let keep = BTreeSet::from(["web".to_owned()]);
    assert_eq!(others(&isolated, &keep).unwrap(), [isolated.join("api")]);
    remove(&isolated.join("api")).unwrap();
    assert!(others(&isolated, &keep).unwrap().is_empty());
    assert_eq!(fs::read_dir(&isolated).unwrap().count(), 2);
    remove(&isolated).unwrap();
    assert!(!isolated.exists());
    remove(&isolated).unwrap();
    assert!(others(&isolated, &keep).unwrap().is_empty());
    stage.world.mode("context", 0o755).mode("context/a", 0o755).mode("context/a/b", 0o755);
}

#[test]
fn a_cancelled_call_leaves_what_the_next_one_goes_on_from() {
    let stage = Stage::new();
    stage.file("a", "");
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = bring_up_to_date(&stage.request(), Threads::new(None), &cancel).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Interrupted(_)));
    assert!(!stage.tree.exists());
    assert_eq!(stage.up(), (1, 1, 0));
}

#[test]
fn what_lies_behind_links_is_where_a_build_sees_it() {
    let mut stage = Stage::new().ignoring("docker\n");
    stage
        .file("real/web/package.json", "{}")
        .file("real/web/a.js", "")
        .file("docker/D", "")
        .file("docker/E", "");
    stage.world.symlink("context/apps", "real").symlink("context/Dockerfile", "docker/D");
    stage.world.dir("outside").symlink("context/out", "../outside");
    stage.always = ["Dockerfile".to_owned()].into();
    stage.lay_over("apps/web/package.json", "new");
    stage.lay_over("out/package.json", "new");
    let outcome = stage.call().unwrap();
    let expected = [
        "",
        ".git",
        "Dockerfile",
        "apps",
        "docker",
        "docker/D",
        "out",
        "real",
        "real/web",
        "real/web/a.js",
        "real/web/package.json",
    ];
    assert_eq!(stage.names(), expected);
    assert_eq!(fs::read_to_string(stage.tree.join("apps/web/package.json")).unwrap(), "new");
    let why = WhyLeftOut::OutsideOfContext;
    assert_eq!(outcome.left_out, [LeftOut { path: "out/package.json".into(), why }]);
}
