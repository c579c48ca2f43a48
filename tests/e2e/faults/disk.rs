//! What a power cut may leave of a project: a file system that keeps no more than POSIX makes it keep.
//!
//! The bytes and attributes of a file are safe once that file was synced, and the names in a folder once that folder
//! was. Until then each change may have reached the disk or not, in any order, and a file that was not synced may be
//! empty, cut, or zeros of its length. One rename is one change. This is what ALICE and `CrashMonkey` assume, and less
//! than what any journalling file system gives.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::faults::recording::Step;

/// A file or folder, whatever its names.
type Id = usize;
type Names = BTreeMap<OsString, Id>;

const ROOT: Id = 0;
/// The folder whose other contents are git's, and never touched.
const GIT: &str = ".git";
const STATE: &str = "docker-prep";
/// With so few changes that are not safe yet, every choice of them is tried.
const FEW: usize = 5;

/// All of a file but its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Content {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) mode: u32,
    /// `None` for the time at which it is written.
    pub(crate) time: Option<(i64, u32)>,
}

#[derive(Clone)]
enum Inode {
    File { now: Content, safe: Content },
    Folder { now: Names, safe: Names, mode: u32 },
}

/// A change of one folder's names that is not safe yet: what each name stands for afterwards.
#[derive(Clone)]
struct Change {
    folder: Id,
    names: Vec<(OsString, Option<Id>)>,
}

/// A project's disk while a command is at work.
#[derive(Clone)]
pub(crate) struct Disk {
    inodes: Vec<Inode>,
    /// In the order in which they were made.
    pending: Vec<Change>,
}

/// What became of the files that were not synced.
#[derive(Clone, Copy, Debug)]
enum Unsynced {
    Lost,
    Cut,
    Zeros,
    Whole,
}

/// One thing in a tree that a power cut left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Node {
    Folder {
        mode: u32,
    },
    File(Content),
    /// A further name of a file.
    Same(PathBuf),
}

/// A tree that a power cut left, by paths from the project's root; without what is git's own.
pub(crate) type Left = BTreeMap<PathBuf, Node>;

impl Disk {
    /// The disk of a project that nobody works at: everything is safe.
    pub(crate) fn of(root: &Path) -> Self {
        let mut disk = Self { inodes: Vec::new(), pending: Vec::new() };
        disk.load(root, &mut BTreeMap::new());
        disk
    }

    fn load(&mut self, path: &Path, known: &mut BTreeMap<u64, Id>) -> Id {
        let metadata = path.symlink_metadata().expect("it is there");
        if let Some(id) = known.get(&metadata.ino()) {
            return *id;
        }
        let id = self.inodes.len();
        known.insert(metadata.ino(), id);
        let mode = metadata.mode() & 0o7777;
        if metadata.is_dir() {
            self.inodes.push(Inode::Folder { now: Names::new(), safe: Names::new(), mode });
            for entry in path.read_dir().expect("a readable folder") {
                let name = entry.expect("a readable folder").file_name();
                if !path.ends_with(GIT) || name == STATE {
                    let child = self.load(&path.join(&name), known);
                    self.names(id).insert(name.clone(), child);
                    self.safe_names(id).insert(name, child);
                }
            }
        } else {
            assert!(metadata.is_file(), "{}: no file", path.display());
            let nanos = u32::try_from(metadata.mtime_nsec()).expect("nanoseconds");
            let bytes = Arc::new(fs::read(path).expect("a readable file"));
            let content = Content { bytes, mode, time: Some((metadata.mtime(), nanos)) };
            self.inodes.push(Inode::File { now: content.clone(), safe: content });
        }
        id
    }

    /// The same, where somebody has just written a file and has not synced it.
    pub(crate) fn just_written(mut self, path: &Path) -> Self {
        if let Inode::File { safe, .. } = self.inode(path) {
            (safe.bytes, safe.time) = (Arc::default(), None);
        }
        self
    }

    /// What the program sees after a step.
    pub(crate) fn apply(&mut self, step: &Step) {
        match step {
            Step::MakeFolder { path, mode } => {
                let new = Inode::Folder { now: Names::new(), safe: Names::new(), mode: mode & !0o022 };
                self.add(path, new);
            }
            Step::Create { path, mode } => {
                if self.find(path).is_none() {
                    let new = Content { bytes: Arc::default(), mode: mode & !0o022, time: None };
                    self.add(path, Inode::File { now: new.clone(), safe: new });
                }
            }
            Step::Write { path, at, bytes } => {
                let content = self.content(path);
                let text = Arc::make_mut(&mut content.bytes);
                text.resize(text.len().max(at + bytes.len()), 0);
                text[*at..at + bytes.len()].copy_from_slice(bytes);
                content.time = None;
            }
            Step::SetMode { path, mode: new } => match &mut self.inode(path) {
                Inode::File { now, .. } => now.mode = *new,
                // A folder's mode decides nothing here.
                Inode::Folder { mode, .. } => *mode = *new,
            },
            Step::SetTime { path, time } => self.content(path).time = Some(*time),
            Step::Link { from, to } => {
                let id = self.find(from);
                self.change(to, |name| vec![(name, id)]);
            }
            Step::Rename { from, to } => {
                assert_eq!(from.parent(), to.parent(), "a rename from one folder to another is not modelled");
                let id = self.find(from);
                let old = name_of(from);
                self.change(to, |name| vec![(old, None), (name, id)]);
            }
            Step::Remove(path) | Step::RemoveFolder(path) => self.change(path, |name| vec![(name, None)]),
            Step::Sync(path) => self.sync(path),
        }
    }

    fn add(&mut self, path: &Path, new: Inode) {
        let id = self.inodes.len();
        self.inodes.push(new);
        self.change(path, |name| vec![(name, Some(id))]);
    }

    fn change(&mut self, path: &Path, names: impl FnOnce(OsString) -> Vec<(OsString, Option<Id>)>) {
        let folder = path.parent().and_then(|folder| self.find(folder));
        let folder = folder.unwrap_or_else(|| panic!("{}: not in a folder", path.display()));
        let change = Change { folder, names: names(name_of(path)) };
        change.carry_out(self.names(folder));
        self.pending.push(change);
    }

    fn sync(&mut self, path: &Path) {
        match self.inode(path) {
            Inode::File { now, safe } => *safe = now.clone(),
            Inode::Folder { now, safe, .. } => {
                *safe = now.clone();
                let id = self.find(path);
                self.pending.retain(|change| Some(change.folder) != id);
            }
        }
    }

    /// Whether a power cut at this instant would leave this path, with all that it names, as it is now.
    pub(crate) fn is_safe(&self, path: &Path) -> bool {
        let Some(id) = self.find(path) else { return false };
        let named = path.ancestors().skip(1).zip(path.ancestors()).all(|(folder, child)| {
            let folder = self.find(folder).expect("a folder above");
            let name = name_of(child);
            !self.pending.iter().any(|change| {
                change.folder == folder && change.names.iter().any(|(changed, _)| *changed == name)
            })
        });
        named
            && match &self.inodes[id] {
                Inode::File { now, safe } => now == safe,
                Inode::Folder { now, safe, .. } => now == safe,
            }
    }

    /// Whether the bytes and attributes of what is at this path would be found whole, under whatever name.
    pub(crate) fn is_synced(&self, path: &Path) -> bool {
        match self.find(path).map(|id| &self.inodes[id]) {
            Some(Inode::File { now, safe }) => now == safe,
            _ => false,
        }
    }

    /// Whether nothing is there, nor could be after a power cut at this instant.
    pub(crate) fn is_gone(&self, path: &Path) -> bool {
        let (Some(folder), name) = (path.parent().and_then(|folder| self.find(folder)), name_of(path)) else {
            return true;
        };
        let Inode::Folder { now, safe, .. } = &self.inodes[folder] else { return true };
        !now.contains_key(&name) && !safe.contains_key(&name)
    }

    /// The paths in a folder, as the program sees them.
    pub(crate) fn paths_in(&self, folder: &Path) -> Vec<PathBuf> {
        match self.find(folder).map(|id| &self.inodes[id]) {
            Some(Inode::Folder { now, .. }) => now.keys().map(|name| folder.join(name)).collect(),
            _ => Vec::new(),
        }
    }

    /// The bytes at a path, as the program sees them.
    pub(crate) fn bytes(&self, path: &Path) -> Option<Arc<Vec<u8>>> {
        match &self.inodes[self.find(path)?] {
            Inode::File { now, .. } => Some(Arc::clone(&now.bytes)),
            Inode::Folder { .. } => None,
        }
    }

    /// The tree as the program sees it: what a kill leaves.
    pub(crate) fn now(&self) -> Left {
        self.tree(&vec![true; self.pending.len()], Unsynced::Whole)
    }

    /// Whether a power cut may still take something back that was done outside of this folder.
    pub(crate) fn has_pending_outside(&self, folder: &Path) -> bool {
        let folder = self.find(folder);
        self.pending.iter().any(|change| Some(change.folder) != folder)
    }

    /// Every tree that a power cut at this instant may leave.
    pub(crate) fn left(&self) -> BTreeSet<Left> {
        let mut trees = BTreeSet::new();
        for kept in self.choices() {
            for unsynced in [Unsynced::Whole, Unsynced::Lost, Unsynced::Cut, Unsynced::Zeros] {
                trees.insert(self.tree(&kept, unsynced));
            }
        }
        trees
    }

    /// Which of the pending changes have reached the disk: every choice of a few. Of many: each prefix, as a journal
    /// keeps them; each one alone; all but one; and each folder's own prefixes, with all or none of the others'.
    fn choices(&self) -> BTreeSet<Vec<bool>> {
        let count = self.pending.len();
        if count <= FEW {
            return (0..1_u32 << count)
                .map(|bits| (0..count).map(|i| bits >> i & 1 == 1).collect())
                .collect();
        }
        let choose = |keep: &dyn Fn(usize) -> bool| (0..count).map(keep).collect::<Vec<bool>>();
        let folder = |i: usize| self.pending[i].folder;
        let mut choices = BTreeSet::from([choose(&|_| true)]);
        for one in 0..count {
            choices.insert(choose(&|i| i < one));
            choices.insert(choose(&|i| i == one));
            choices.insert(choose(&|i| i != one));
            choices.insert(choose(&|i| folder(i) == folder(one) && i <= one));
            choices.insert(choose(&|i| folder(i) != folder(one) || i < one));
        }
        choices
    }

    fn tree(&self, kept: &[bool], unsynced: Unsynced) -> Left {
        let mut folders: BTreeMap<Id, Names> = BTreeMap::new();
        for (id, inode) in self.inodes.iter().enumerate() {
            if let Inode::Folder { safe, .. } = inode {
                folders.insert(id, safe.clone());
            }
        }
        for (change, _) in self.pending.iter().zip(kept).filter(|(_, kept)| **kept) {
            change.carry_out(folders.get_mut(&change.folder).expect("a folder"));
        }
        let mut left = Left::new();
        self.walk(ROOT, PathBuf::new(), &folders, unsynced, &mut left, &mut BTreeMap::new());
        left
    }

    fn walk(
        &self,
        id: Id,
        path: PathBuf,
        folders: &BTreeMap<Id, Names>,
        unsynced: Unsynced,
        left: &mut Left,
        known: &mut BTreeMap<Id, PathBuf>,
    ) {
        if let Some(first) = known.get(&id) {
            left.insert(path, Node::Same(first.clone()));
            return;
        }
        known.insert(id, path.clone());
        match &self.inodes[id] {
            Inode::File { now, safe } => {
                left.insert(path, Node::File(unsynced.content(now, safe)));
            }
            Inode::Folder { mode, .. } => {
                left.insert(path.clone(), Node::Folder { mode: *mode });
                for (name, child) in &folders[&id] {
                    self.walk(*child, path.join(name), folders, unsynced, left, known);
                }
            }
        }
    }

    fn find(&self, path: &Path) -> Option<Id> {
        path.iter().try_fold(ROOT, |folder, name| match &self.inodes[folder] {
            Inode::Folder { now, .. } => now.get(name).copied(),
            Inode::File { .. } => None,
        })
    }

    #[track_caller]
    fn inode(&mut self, path: &Path) -> &mut Inode {
        let id = self.find(path).unwrap_or_else(|| panic!("{}: not there", path.display()));
        &mut self.inodes[id]
    }

    #[track_caller]
    fn content(&mut self, path: &Path) -> &mut Content {
        match self.inode(path) {
            Inode::File { now, .. } => now,
            Inode::Folder { .. } => panic!("{}: no file", path.display()),
        }
    }

    fn names(&mut self, folder: Id) -> &mut Names {
        match &mut self.inodes[folder] {
            Inode::Folder { now, .. } => now,
            Inode::File { .. } => panic!("no folder"),
        }
    }

    fn safe_names(&mut self, folder: Id) -> &mut Names {
        match &mut self.inodes[folder] {
            Inode::Folder { safe, .. } => safe,
            Inode::File { .. } => panic!("no folder"),
        }
    }
}

impl Change {
    fn carry_out(&self, folder: &mut Names) {
        for (name, id) in &self.names {
            match id {
                Some(id) => folder.insert(name.clone(), *id),
                None => folder.remove(name),
            };
        }
    }
}

impl Unsynced {
    /// What is found of a file that was synced as `safe` and has become `now`.
    fn content(self, now: &Content, safe: &Content) -> Content {
        if now.bytes == safe.bytes {
            // At most its attributes can be lost.
            return if matches!(self, Self::Whole) { now.clone() } else { safe.clone() };
        }
        let bytes = match self {
            Self::Whole => return now.clone(),
            Self::Lost => return safe.clone(),
            Self::Cut => now.bytes[..now.bytes.len() / 2].to_vec(),
            Self::Zeros => vec![0; now.bytes.len()],
        };
        Content { bytes: Arc::new(bytes), ..safe.clone() }
    }
}

fn name_of(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
