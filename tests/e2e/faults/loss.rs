//! What `restore` must bring about, whatever it finds, and what of that is lost in a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, FileTimes, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::common::{Kind, Snapshot};
use crate::faults::disk::{Content, Disk, Left, Node};
use crate::faults::parallel::in_parallel;
use crate::faults::world::{DEPS_DIR, Fixture, MANIFESTS, STATE, Tree, journal_by_nobody};

/// What must be there before and after a restore.
pub(crate) struct Expected<'a> {
    fixture: &'a Fixture,
    /// The texts that each manifest may have at any instant; none, where its owner has removed it.
    whole: BTreeMap<PathBuf, BTreeSet<Option<Arc<Vec<u8>>>>>,
    restored: Restored,
}

/// A tree and what `git status` says of it.
struct Restored {
    tree: Snapshot,
    status: Vec<String>,
}

impl<'a> Expected<'a> {
    /// What restoring a tree comes to where there is no power cut: it keeps an edit that was made while prepared.
    pub(crate) fn of(fixture: &'a Fixture, tree: &Tree) -> Self {
        let usual = fixture.copy_of(tree);
        fixture.run(&usual, &["restore"]).exits(0);
        let disks = [tree, &usual, &fixture.clean, &fixture.prepared].map(|tree| Disk::of(&tree.root()));
        let texts = |path: &Path| disks.iter().map(|disk| disk.bytes(path)).collect();
        let whole = MANIFESTS.map(|(path, _)| (PathBuf::from(path), texts(Path::new(path)))).into();
        Self { fixture, whole, restored: Restored::of(fixture, &usual) }
    }

    /// Restores each of the trees, and returns those in which something is lost, with what.
    pub(crate) fn losses(&self, trees: &BTreeSet<Left>) -> BTreeMap<Left, String> {
        let trees: Vec<&Left> = trees.iter().collect();
        let found = in_parallel(&trees, |left| self.lost(left).map(|lost| ((*left).clone(), lost)));
        found.into_iter().flatten().collect()
    }

    /// The first loss among trees, if there is any.
    pub(crate) fn first_loss(&self, trees: &BTreeSet<Left>) -> Option<String> {
        let trees: Vec<&Left> = trees.iter().collect();
        let try_out = |few: &[&Left]| in_parallel(few, |left| self.lost(left)).into_iter().flatten().next();
        trees.chunks(8).find_map(try_out)
    }

    /// What is lost in a tree; `None` where nothing is.
    fn lost(&self, left: &Left) -> Option<String> {
        let tree = lay_out(self.fixture, left);
        let mut lost = self.torn(left);
        let run = self.fixture.run(&tree, &["restore"]);
        if run.code != Some(0) {
            lost.push(format!("restore: {run}"));
        }
        lost.extend(self.restored.differences(&Restored::of(self.fixture, &tree)));
        let run = self.fixture.run(&tree, &["restore", "--clean"]);
        if run.code != Some(0) {
            lost.push(format!("restore --clean: {run}"));
        }
        lost.extend(self.restored.differences(&Restored::of(self.fixture, &tree)));
        if tree.root().join(DEPS_DIR).exists() {
            lost.push("restore --clean leaves the deps dir".to_owned());
        }
        (!lost.is_empty()).then(|| format!("{}\nin this tree:\n{}", lost.join("\n"), listing(left)))
    }

    /// Manifests that are neither the original nor the rewritten text.
    fn torn(&self, left: &Left) -> Vec<String> {
        let bytes = |path: &Path| match left.get(path)? {
            Node::File(content) => Some(Arc::clone(&content.bytes)),
            Node::Same(first) => match left.get(first)? {
                Node::File(content) => Some(Arc::clone(&content.bytes)),
                _ => None,
            },
            Node::Folder { .. } => None,
        };
        let is_torn = |(path, texts): &(&PathBuf, &BTreeSet<_>)| !texts.contains(&bytes(path));
        let shown = |(path, _): (&PathBuf, _)| match bytes(path) {
            Some(bytes) => format!("{} is torn: {:?}", path.display(), String::from_utf8_lossy(&bytes)),
            None => format!("{} is gone", path.display()),
        };
        self.whole.iter().filter(is_torn).map(shown).collect()
    }
}

impl Restored {
    /// Without the deps dir, which a restore leaves, and without times that are those of the restore itself.
    fn of(fixture: &Fixture, tree: &Tree) -> Self {
        let mut snapshot = Snapshot::of(&tree.root()).without(&[DEPS_DIR]).without_folder_times();
        for (path, entry) in &mut snapshot.0 {
            let is_edited = |original: &crate::common::Entry| original.kind != entry.kind;
            if matches!(entry.kind, Kind::File(_)) && fixture.before.0.get(path).is_some_and(is_edited) {
                entry.mtime = 0;
            }
        }
        Self { tree: snapshot, status: fixture.git_status(tree) }
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        let mut lines = self.tree.differences(&now.tree);
        if now.status != self.status {
            lines.push(format!("git status: {:?}, and not {:?}", now.status, self.status));
        }
        lines
    }
}

/// Makes a tree of real files, with git's own as they are.
pub(crate) fn lay_out(fixture: &Fixture, left: &Left) -> Tree {
    let tree = fixture.copy_of(&fixture.clean);
    let root = tree.root();
    for entry in root.read_dir().expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if !path.ends_with(".git") {
            let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            removed.expect("it can be removed");
        }
    }
    for (path, node) in left {
        let place = root.join(path);
        let mode = match node {
            Node::Same(first) => {
                fs::hard_link(root.join(first), place).expect("a second name");
                continue;
            }
            Node::Folder { mode } => {
                fs::create_dir_all(&place).expect("a folder");
                mode
            }
            Node::File(content) => {
                fs::write(&place, &*content.bytes).expect("a file");
                if let Some((seconds, nanos)) = content.time {
                    let time = Duration::new(u64::try_from(seconds).expect("after 1970"), nanos);
                    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + time);
                    fs::File::open(&place).and_then(|file| file.set_times(times)).expect("a time stamp");
                }
                &content.mode
            }
        };
        fs::set_permissions(&place, Permissions::from_mode(*mode)).expect("a mode");
    }
    tree
}

/// The same without what differs from run to run and is read by nobody after a power cut: who held the lock, who wrote
/// the journal when, and what a tarball was staged as, which is removed by the look of its name.
pub(crate) fn timeless(left: Left) -> Left {
    let mut staged = 0;
    let nothing = || Content { bytes: Arc::default(), mode: 0o600, time: None };
    let plain = |(path, node): (PathBuf, Node)| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Node::File(content) = &node else { return (path, node) };
        if path == Path::new(STATE).join("lock") {
            (path, Node::File(nothing()))
        } else if path.starts_with(DEPS_DIR) && name.starts_with(".docker-prep-") {
            staged += 1;
            (path.with_file_name(format!(".docker-prep-{staged:06}.tmp")), Node::File(nothing()))
        } else if let (true, Some(journal)) = (path.starts_with(STATE), journal_by_nobody(&content.bytes)) {
            (path, Node::File(Content { bytes: Arc::new(journal), ..content.clone() }))
        } else {
            (path, node)
        }
    };
    left.into_iter().map(plain).collect()
}

/// What is in a tree, a file a line.
fn listing(left: &Left) -> String {
    let mut text = String::new();
    for (path, node) in left {
        let _ = match node {
            Node::Folder { .. } => Ok(()),
            Node::Same(first) => writeln!(text, "  {} is {}", path.display(), first.display()),
            Node::File(content) => writeln!(text, "  {}: {} bytes", path.display(), content.bytes.len()),
        };
    }
    text
}
