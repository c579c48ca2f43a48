//! Any changes to a context, and what a tree must be after each call: what a plain filter and a copy make.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::common::Kind;

/// Paths that come and go, each as a file, a folder or a link.
const PATHS: [&str; 12] = [
    "a",
    "a/c",
    "a/c/z",
    "a/x",
    "a/y",
    "b",
    "b/x",
    "c/d/e",
    "hidden",
    "hidden/shown",
    "hidden/x",
    "laid/over/f",
];
/// Paths that may be links: nothing is laid over below them.
const LINKS: [&str; 4] = ["a/c", "a/y", "b", "c/d/e"];
const LAID_OVER: [&str; 4] = ["a/x", "hidden/x", "laid/over/f", "c"];
const TARGETS: [&str; 4] = ["b", "../b", "x", "/no/where"];
const RULES: [&str; 5] =
    ["", "hidden\n!hidden/shown\n", "*\n!a\na/c\n!a/c/z\n", "**/x\n!b/**\n", "hidden/*\n!hidden/sh*\n**/d\n"];
const FILE_MODES: [u32; 4] = [0o644, 0o600, 0o755, 0o444];
const FOLDER_MODES: [u32; 3] = [0o755, 0o700, 0o2750];

#[derive(Clone, Debug)]
enum Change {
    Write(usize, u8),
    /// Other bytes in the same file, its time put back.
    Edit(usize, u8),
    /// Another file of the same size and time in its place.
    Replace(usize, u8),
    Delete(usize),
    Folder(usize),
    Link(usize, usize),
    Mode(usize, usize),
    Touch(usize, u8),
    LayOver(usize, Option<u8>),
    /// Somebody writes into the tree.
    Meddle(usize, u8),
    ForgetIndex,
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let path = || 0..PATHS.len();
    let change = prop_oneof![
        4 => (path(), any::<u8>()).prop_map(|(path, content)| Change::Write(path, content)),
        3 => (path(), any::<u8>()).prop_map(|(path, content)| Change::Edit(path, content)),
        3 => (path(), any::<u8>()).prop_map(|(path, content)| Change::Replace(path, content)),
        2 => path().prop_map(Change::Delete),
        2 => path().prop_map(Change::Folder),
        2 => (0..LINKS.len(), 0..TARGETS.len()).prop_map(|(path, target)| Change::Link(path, target)),
        2 => (path(), 0..12_usize).prop_map(|(path, mode)| Change::Mode(path, mode)),
        2 => (path(), 0..3_u8).prop_map(|(path, time)| Change::Touch(path, time)),
        2 => (0..LAID_OVER.len(), proptest::option::of(any::<u8>())).prop_map(|(path, text)| Change::LayOver(path, text)),
        1 => (path(), any::<u8>()).prop_map(|(path, content)| Change::Meddle(path, content)),
        1 => Just(Change::ForgetIndex),
    ];
    proptest::collection::vec(proptest::collection::vec(change, 0..6), 1..6)
}

/// A text of few lengths and contents, so that many are as long as others.
fn text(content: u8) -> String {
    char::from(b'a' + content % 8).to_string().repeat(usize::from(content / 8 % 2 + 1))
}

/// Takes away what lies at a path, and what is no folder above it.
fn make_way(root: &Path, path: &str) -> PathBuf {
    let mut folder = root.to_owned();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in above.split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        if !folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            let _ = fs::remove_file(&folder);
            fs::create_dir(&folder).unwrap();
        }
    }
    let path = folder.join(name);
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(&path).unwrap();
    } else {
        let _ = fs::remove_file(&path);
    }
    path
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// A text as long as a file.
fn as_long(path: &Path, content: u8) -> String {
    char::from(b'a' + content % 8).to_string().repeat(fs::read(path).unwrap().len())
}

fn set_time(path: &Path, time: SystemTime) {
    fs::File::options().read(true).open(path).unwrap().set_modified(time).unwrap();
}

fn make(stage: &mut Stage, change: &Change, meddled: &mut BTreeSet<PathBuf>) {
    let at = |path: usize| stage.context.join(PATHS[path]);
    match *change {
        Change::Write(path, content) => {
            fs::write(make_way(&stage.context, PATHS[path]), text(content)).unwrap();
        }
        Change::Edit(path, content) if is_file(&at(path)) => {
            let time = fs::metadata(at(path)).unwrap().modified().unwrap();
            fs::write(at(path), as_long(&at(path), content)).unwrap();
            set_time(&at(path), time);
        }
        Change::Replace(path, content) if is_file(&at(path)) => {
            let (new, time) =
                (stage.world.beside("new"), fs::metadata(at(path)).unwrap().modified().unwrap());
            fs::write(&new, as_long(&at(path), content)).unwrap();
            set_time(&new, time);
            fs::rename(new, at(path)).unwrap();
        }
        Change::Delete(path) => drop(make_way(&stage.context, PATHS[path])),
        Change::Folder(path) => fs::create_dir(make_way(&stage.context, PATHS[path])).unwrap(),
        Change::Link(path, target) => {
            symlink(TARGETS[target], make_way(&stage.context, LINKS[path])).unwrap();
        }
        Change::Mode(path, mode) => {
            let name = format!("context/{}", PATHS[path]);
            if is_file(&at(path)) {
                stage.world.mode(name, FILE_MODES[mode % FILE_MODES.len()]);
            } else if at(path).symlink_metadata().is_ok_and(|found| found.is_dir()) {
                stage.world.mode(name, FOLDER_MODES[mode % FOLDER_MODES.len()]);
            }
        }
        Change::Touch(path, time) if at(path).symlink_metadata().is_ok_and(|found| !found.is_symlink()) => {
            set_time(&at(path), SystemTime::UNIX_EPOCH + Duration::new(1000 + u64::from(time), 1));
        }
        Change::LayOver(path, Some(content)) => {
            // None below another.
            let path = LAID_OVER[path];
            stage.laid_over.retain(|other, _| !other.starts_with(path) && !path.starts_with(other.as_str()));
            stage.lay_over(path, &text(content));
        }
        Change::LayOver(path, None) => drop(stage.laid_over.remove(LAID_OVER[path])),
        Change::Meddle(path, content) => {
            let path = stage.tree.join(PATHS[path]);
            if path.parent().is_some_and(|folder| folder.is_dir()) && !path.is_dir() && !path.is_symlink() {
                meddled.insert(path.strip_prefix(&stage.tree).unwrap().to_owned());
                fs::write(path, text(content)).unwrap();
            }
        }
        Change::ForgetIndex => drop(fs::remove_file(stage.tree.with_file_name("web.index"))),
        Change::Edit(..) | Change::Replace(..) | Change::Touch(..) => {}
    }
}

/// What a tree must hold. Of a time that is nobody's business nothing is said.
fn expected(stage: &Stage) -> BTreeMap<PathBuf, (Kind, u32, Option<i128>)> {
    let source = stage.source().0;
    let is_shown = |path: &Path| {
        let path = path.to_str().unwrap();
        path.is_empty() || stage.ignore.as_ref().is_none_or(|rules| rules.ignores(path).is_none())
    };
    let mut files: BTreeMap<_, _> = source
        .iter()
        .filter(|(path, _)| is_shown(path))
        .map(|(path, entry)| (path.clone(), (entry.kind.clone(), entry.mode, Some(entry.mtime))))
        .collect();
    for (path, laid_over) in &stage.laid_over {
        let LaidOver::Text(text, mode) = laid_over else { unreachable!() };
        files.retain(|other, _| !other.starts_with(path));
        files.retain(|other, (kind, ..)| !Path::new(path).starts_with(other) || *kind == Kind::Dir);
        files.insert(path.into(), (Kind::File(crate::common::sha256(text)), *mode, None));
    }
    for path in files.keys().cloned().collect::<Vec<_>>() {
        for above in path.ancestors().skip(1) {
            let found = source.get(above).filter(|entry| entry.kind == Kind::Dir);
            let found =
                found.map_or((Kind::Dir, 0o755, None), |entry| (Kind::Dir, entry.mode, Some(entry.mtime)));
            files.entry(above.to_owned()).or_insert(found);
        }
    }
    files
}

/// The file system's own numbers of all that is in the context.
fn ids(stage: &Stage) -> Vec<(PathBuf, u64, u64, i64, i64)> {
    let found =
        walkdir::WalkDir::new(&stage.context).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let found = found.filter(|entry| !entry.path().starts_with(stage.tree.parent().unwrap()));
    let id = |entry: walkdir::DirEntry| {
        let found = entry.path().symlink_metadata().unwrap();
        (entry.into_path(), found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
    };
    found.map(id).collect()
}

/// What BuildKit tells files by, and what they hold.
type Looks = HashMap<PathBuf, Vec<((u64, i128, u32), Kind)>>;

fn add_looks(looks: &mut Looks, root: &Path, snapshot: &Snapshot) {
    for (path, entry) in &snapshot.0 {
        if entry.kind != Kind::Dir {
            let size = root.join(path).symlink_metadata().unwrap().len();
            let look = (size, entry.mtime, entry.mode);
            looks.entry(path.clone()).or_default().push((look, entry.kind.clone()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_what_the_rules_say_after_any_changes(rounds in changes(), rules in 0..RULES.len()) {
        let mut stage = Stage::new().ignoring(RULES[rules]);
        let (mut looks, mut meddled) = (Looks::new(), BTreeSet::new());
        for (number, round) in rounds.iter().enumerate() {
            for change in round {
                make(&mut stage, change, &mut meddled);
            }
            let before = if number == 0 { Snapshot(BTreeMap::new()) } else { stage.in_tree() };
            add_looks(&mut looks, &stage.tree, &before);
            add_looks(&mut looks, &stage.context, &stage.source());
            let ids_before = ids(&stage);
            let outcome = stage.call().unwrap();
            prop_assert_eq!(ids(&stage), ids_before);
            let (now, expected) = (stage.in_tree().0, expected(&stage));
            prop_assert_eq!(now.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            let files = now.values().filter(|entry| entry.kind != Kind::Dir).count();
            prop_assert_eq!(outcome.files, files);
            for (path, entry) in &now {
                let (kind, mode, mtime) = &expected[path];
                prop_assert_eq!((&entry.kind, entry.mode), (kind, *mode), "{}", path.display());
                let size = stage.tree.join(path).symlink_metadata().unwrap().len();
                if let Some(mtime) = mtime.filter(|mtime| *mtime != entry.mtime) {
                    // Another time is given only where other bytes were known by it, whatever their mode was, or
                    // somebody gave it. It stays while the bytes do.
                    let known = looks.get(path).into_iter().flatten();
                    let is_taken = |((of_size, of_time, _), of): &((u64, i128, u32), Kind)| {
                        (*of_size, *of_time) == (size, mtime) && of != kind
                    };
                    prop_assert!(known.clone().any(is_taken) || meddled.contains(path), "{}: {} is not {mtime}", path.display(), entry.mtime);
                }
                if let Some(was) = before.0.get(path).filter(|was| was.kind != entry.kind && was.kind != Kind::Dir && *kind != Kind::Dir) {
                    let looked = looks[path].iter().rev().find(|(_, of)| *of == was.kind);
                    let same_size = looked.is_some_and(|((was, ..), _)| *was == size);
                    prop_assert!(!same_size || (was.mtime, was.mode) != (entry.mtime, entry.mode), "{}", path.display());
                }
            }
            let again = stage.call().unwrap();
            prop_assert_eq!((again.copied, again.removed, again.files), (0, 0, files));
            prop_assert_eq!(&stage.in_tree().0, &now);
        }
    }
}
