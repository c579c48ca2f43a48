//! One walk through a context and through its tree, folder by folder.

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::{entry, list, list_known};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind as Failure, Result};
use crate::image::{Dockerignore, WalkState};
use crate::isolated::tree::{
    Index, Kind, KnownFolder, LaidOver, LeftOut, Listed, Origin, Seen, SeenFolder, TreeRequest, Wanted,
    WhyLeftOut, below, is_settled, order,
};
use crate::npm::{FileStamp, FileTime, Watch};
use crate::text::path::child;
use crate::threads::Threads;

/// So many links are followed one after the other.
const MOST_LINKS: usize = 40;

/// Looks through the context and its tree.
///
/// # Errors
/// Something that belongs into the tree cannot be looked at, or it is cancelled.
pub(in crate::isolated) fn look<'a>(
    request: &'a TreeRequest<'_>,
    index: &Index<'_>,
    watch: &Watch,
    threads: Threads,
    cancel: &CancelToken,
) -> Result<Seen<'a>> {
    let context = request.context;
    let root = context.metadata().map_err(|error| cannot_read(context, &error))?;
    let (laid_over, mut left_out) = resolve_all(request);
    let walker = Walker {
        context,
        index,
        tree: request.tree,
        watch,
        ignore: request.ignore,
        always: always(request),
        without: Without::new(request),
        laid_over,
    };
    let mut level = vec![Pending {
        path: PathBuf::new(),
        text: String::new(),
        parent: None,
        source: Some(super::stamp_of(&root)),
        is_hidden: false,
        state: request.ignore.map(Dockerignore::begin),
        in_tree: folder_at(request.tree)?,
    }];
    let mut folders: Vec<SeenFolder<'a>> = Vec::new();
    while !level.is_empty() {
        cancel.check()?;
        let mut next = Vec::new();
        for looked in threads.map(&level, |folder| walker.look_into(folder)) {
            let mut looked = looked?;
            for inner in &mut looked.inner {
                inner.parent = Some(folders.len());
            }
            next.append(&mut looked.inner);
            left_out.append(&mut looked.left_out);
            folders.push(looked.folder);
        }
        level = next;
    }
    Ok(Seen { folders, left_out })
}

/// A folder that is to be looked into.
struct Pending {
    path: PathBuf,
    /// The path as patterns see it.
    text: String,
    parent: Option<usize>,
    source: Option<FileStamp>,
    is_hidden: bool,
    state: Option<WalkState>,
    in_tree: Option<FileStamp>,
}

/// What was found in one.
struct Looked<'a> {
    folder: SeenFolder<'a>,
    inner: Vec<Pending>,
    left_out: Vec<LeftOut>,
}

struct Walker<'a, 'w> {
    context: &'a Path,
    index: &'w Index<'w>,
    tree: &'a Path,
    watch: &'w Watch,
    ignore: Option<&'a Dockerignore>,
    always: BTreeMap<String, ()>,
    without: Without,
    laid_over: BTreeMap<String, &'a LaidOver>,
}

impl<'a> Walker<'a, '_> {
    fn look_into(&self, folder: &Pending) -> Result<Looked<'a>> {
        let present = match folder.in_tree {
            Some(_) => self.list_tree(&folder.path)?,
            None => Vec::new(),
        };
        let in_tree = |name: &OsStr| {
            let at = present.binary_search_by(|there| order(&there.name).cmp(order(name))).ok()?;
            Some(present[at].stamp).filter(|_| present[at].kind == Kind::Folder)
        };
        // In the order of their names, as they are listed.
        let mut wanted: Vec<Wanted<'a>> = Vec::new();
        let mut inner = BTreeMap::new();
        let mut left_out = Vec::new();
        let mut state = folder.state.clone();
        let mut text = folder.text.clone();
        let mut trusted = None;
        let without = self.without.names_in(&folder.path);
        let known = self.index.folder(folder.path.as_os_str());
        let (listed, names) = self.list_context(folder, &known)?;
        for there in listed {
            text.truncate(folder.text.len());
            if !text.is_empty() {
                text.push('/');
            }
            text.push_str(&text_of(&there.name));
            if let (Some(state), Some(above)) = (&mut state, &folder.state) {
                state.set(above);
            }
            let hidden = self.ignore.zip(state.as_mut()).and_then(|(rules, state)| rules.enter(&text, state));
            let is_hidden = hidden.is_some() && !self.always.contains_key(&text);
            if without.contains(&&*there.name) || self.without.is_known(&there) {
                continue;
            }
            match there.kind {
                Kind::Folder => {
                    let may_show = || {
                        self.ignore
                            .zip(state.as_ref())
                            .is_some_and(|(rules, state)| rules.may_show_below(&text, state))
                    };
                    let holds = || {
                        below(&self.always, &text).next().is_some()
                            || below(&self.laid_over, &text).next().is_some()
                    };
                    if !is_hidden || may_show() || holds() {
                        let pending = Pending {
                            path: folder.path.join(&there.name),
                            text: text.clone(),
                            parent: None,
                            source: Some(there.stamp),
                            is_hidden,
                            state: state.clone(),
                            in_tree: in_tree(&there.name),
                        };
                        inner.insert(there.name, pending);
                    }
                }
                _ if is_hidden => {}
                Kind::Other(why) => left_out.push(LeftOut { path: folder.path.join(&there.name), why }),
                Kind::File | Kind::Link => {
                    let device = there.stamp.device;
                    let is_trusted = match trusted {
                        Some((of, is_trusted)) if of == device => is_trusted,
                        _ => {
                            let path = self.context.join(&folder.path).join(&there.name);
                            self.watch.trusts(&path, &there.stamp)
                        }
                    };
                    trusted = Some((device, is_trusted));
                    wanted.push(Wanted {
                        name: there.name,
                        is_link: there.kind == Kind::Link,
                        origin: Origin::Context,
                        stamp: there.stamp,
                        is_trusted,
                    });
                }
            }
        }
        for (path, laid_over) in below(&self.laid_over, &folder.text) {
            let name = path.split('/').next().unwrap_or(path);
            let at = wanted.binary_search_by(|wanted| order(&wanted.name).cmp(name.as_bytes()));
            if let Ok(at) = at {
                wanted.remove(at);
            }
            if name == path {
                inner.remove(OsStr::new(name));
                let (Ok(at) | Err(at)) = at;
                wanted.insert(at, self.laid_over(name, laid_over)?);
            } else {
                inner.entry(name.into()).or_insert_with(|| Pending {
                    path: folder.path.join(name),
                    text: child(&folder.text, name),
                    parent: None,
                    source: None,
                    is_hidden: true,
                    state: None,
                    in_tree: in_tree(OsStr::new(name)),
                });
            }
        }
        let mut folder = SeenFolder {
            path: folder.path.clone(),
            parent: folder.parent,
            source: folder.source,
            names,
            is_hidden: folder.is_hidden,
            wanted,
            in_tree: folder.in_tree,
            present,
            settled: None,
        };
        if is_settled(&folder, |name| inner.contains_key(name), &known, self.index.is_believed()) {
            folder.settled = Some(folder.wanted.len());
            (folder.wanted, folder.present) = (Vec::new(), Vec::new());
        }
        Ok(Looked { folder, inner: inner.into_values().collect(), left_out })
    }

    /// What is in a folder of the context; and its names, where they were not known and will be.
    fn list_context(
        &self,
        folder: &Pending,
        known: &KnownFolder<'_>,
    ) -> Result<(Vec<Listed>, Option<Vec<OsString>>)> {
        let Some(stamp) = &folder.source else { return Ok((Vec::new(), None)) };
        let path = self.context.join(&folder.path);
        let known = known.names_at(stamp);
        let found = match known {
            Some(known) => list_known(&path, &known.names),
            None => list(&path),
        };
        match found {
            Ok(found) => {
                let is_telling =
                    || stamp.is_reliable_at(self.watch.moment()) && self.watch.trusts(&path, stamp);
                let is_new = known.is_none() && is_telling();
                let names = is_new.then(|| found.iter().map(|there| there.name.clone()).collect());
                Ok((found, names))
            }
            // It went, or became something else, in this moment: the next call sees what.
            Err(error)
                if folder.parent.is_some()
                    && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok((Vec::new(), None))
            }
            Err(error) => Err(cannot_read(&path, &error)),
        }
    }

    fn list_tree(&self, folder: &Path) -> Result<Vec<Listed>> {
        let path = self.tree.join(folder);
        list(&path).map_err(|error| of_tree("list", &path, &error))
    }

    fn laid_over(&self, name: &str, laid_over: &'a LaidOver) -> Result<Wanted<'a>> {
        Ok(match laid_over {
            LaidOver::Text(bytes, mode) => Wanted {
                name: name.into(),
                is_link: false,
                origin: Origin::Text(bytes, *mode),
                stamp: FileStamp { size: bytes.len() as u64, mode: *mode, ..NOTHING },
                is_trusted: false,
            },
            LaidOver::Copy(path) => {
                let (kind, stamp) = entry(path).map_err(|error| of_tree("read", path, &error))?;
                if kind != Kind::File {
                    return Err(Error::new(
                        Failure::Environment,
                        format!("{}: it is no file", path.display()),
                    )
                    .hint("move it away, then try again"));
                }
                let is_trusted = self.watch.trusts(path, &stamp);
                Wanted { name: name.into(), is_link: false, origin: Origin::Store(path), stamp, is_trusted }
            }
        })
    }
}

/// What the file system says of no file.
const NOTHING: FileStamp = FileStamp {
    device: 0,
    inode: 0,
    size: 0,
    mode: 0,
    modified: FileTime { seconds: 0, nanos: 0 },
    changed: FileTime { seconds: 0, nanos: 0 },
};

/// What is left out whatever the patterns say: told by its path, and a folder also by what it is, since there may be
/// other ways to it.
struct Without {
    paths: HashSet<PathBuf>,
    folders: HashSet<(u64, u64)>,
}

impl Without {
    fn new(request: &TreeRequest<'_>) -> Self {
        let real_context = request.context.canonicalize();
        let real_context = real_context.as_deref().unwrap_or(request.context);
        let trees = request.tree.parent().unwrap_or(request.tree);
        let mut without = Self { paths: HashSet::new(), folders: HashSet::new() };
        for path in request.without.iter().map(PathBuf::as_path).chain([trees]) {
            let real = path.parent().and_then(|parent| parent.canonicalize().ok()).zip(path.file_name());
            let real = real.map(|(parent, name)| parent.join(name));
            for (path, context) in [(Some(path), request.context), (real.as_deref(), real_context)] {
                without
                    .paths
                    .extend(path.and_then(|path| path.strip_prefix(context).ok()).map(Path::to_owned));
            }
            if let Ok((Kind::Folder, stamp)) = entry(path)
                && cfg!(unix)
            {
                without.folders.insert((stamp.device, stamp.inode));
            }
        }
        without.paths.remove(Path::new(""));
        without
    }

    /// The names of those that lie in a folder.
    fn names_in(&self, folder: &Path) -> Vec<&OsStr> {
        let inside = self.paths.iter().filter(|path| path.parent() == Some(folder));
        inside.filter_map(|path| path.file_name()).collect()
    }

    /// Whether it is one of the folders, whatever way led there.
    fn is_known(&self, there: &Listed) -> bool {
        there.kind == Kind::Folder && self.folders.contains(&(there.stamp.device, there.stamp.inode))
    }
}

/// The paths that are always let through, and those of what links there lead to inside of the context.
fn always(request: &TreeRequest<'_>) -> BTreeMap<String, ()> {
    let mut always = BTreeMap::new();
    for path in &request.always {
        let mut path = path.clone();
        for _ in 0..MOST_LINKS {
            let target = request.context.join(&path).read_link().ok();
            let target = target.and_then(|target| inside(&path, &target));
            always.insert(path, ());
            let Some(target) = target else { break };
            path = target;
        }
    }
    always
}

/// The path from the context's root to which a link of it leads, taken as text.
fn inside(link: &str, target: &Path) -> Option<String> {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// What is laid over, by the paths that it has in a build: behind links to folders inside of the context. What lies
/// behind one that leads out of it is seen by no build.
fn resolve_all<'a>(request: &'a TreeRequest<'_>) -> (BTreeMap<String, &'a LaidOver>, Vec<LeftOut>) {
    let mut folders: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let (mut found, mut left_out) = (BTreeMap::new(), Vec::new());
    for (path, laid_over) in &request.laid_over {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let resolved = folders.entry(folder).or_insert_with(|| resolve(request.context, folder));
        match resolved {
            Some(folder) => _ = found.insert(child(folder, name), laid_over),
            None => left_out.push(LeftOut { path: path.into(), why: WhyLeftOut::OutsideOfContext }),
        }
    }
    (found, left_out)
}

/// The folder to which a path from the context leads.
fn resolve(context: &Path, folder: &str) -> Option<String> {
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let is_link = |parts: &[&str]| matches!(entry(&context.join(parts.join("/"))), Ok((Kind::Link, _)));
    let Some(end) = (1..=parts.len()).rev().find(|end| is_link(&parts[..*end])) else {
        return Some(folder.to_owned());
    };
    let real = context.join(parts[..end].join("/")).canonicalize().ok()?;
    let real = real.strip_prefix(context.canonicalize().ok()?).ok()?.to_str()?.replace('\\', "/");
    Some(parts[end..].iter().fold(real, |folder, part| child(&folder, part)))
}

/// What is a folder at a path, if it is one.
fn folder_at(path: &Path) -> Result<Option<FileStamp>> {
    match entry(path) {
        Ok((kind, stamp)) => Ok(Some(stamp).filter(|_| kind == Kind::Folder)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of_tree("look at", path, &error)),
    }
}

/// A name as patterns see it: a byte that is no text is one character that none of them names.
fn text_of(name: &OsStr) -> std::borrow::Cow<'_, str> {
    name.to_string_lossy()
}

/// A file or folder of the context that belongs into the tree.
pub(in crate::isolated) fn cannot_read(path: &Path, cause: &std::io::Error) -> Error {
    Error::io(Failure::Environment, "read", path, cause).hint(format!(
        "no build can either: let it be read, or keep it out by .dockerignore; see: ls -ld {}",
        path.display()
    ))
}

fn of_tree(verb: &str, path: &Path, cause: &std::io::Error) -> Error {
    crate::transaction::failed(verb, path, cause)
}
