//! Copies one file of a tree.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::{attributes, present, remove};
use crate::disk;
use crate::error::{Error, Result};
use crate::isolated::read::tree::{entry, stamp_of};
use crate::isolated::tree::{Action, FileStep, Origin, TreeRequest, Wanted, looks_same, mtime_for};
use crate::npm::{FileStamp, FileTime};
use crate::transaction::{failed, file as files};

/// A file of this length is read in one go.
const BUFFER: usize = 64 * 1024;

/// How often a file system with coarse times is asked for another time.
const MOST_TIMES: usize = 4;

/// What became of a file.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// What its origin looked like before it was read.
    pub(super) source: Option<FileStamp>,
    /// What it looks like.
    pub(super) tree: FileStamp,
    /// How many bytes were written, if it was.
    pub(super) bytes: Option<u64>,
}

/// Writes the files of a tree.
pub(super) struct Writer<'a> {
    context: &'a Path,
    tree: &'a Path,
    owner: Option<(u32, u32)>,
    /// Whether the file system may be able to share the blocks of a copy.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "elsewhere the standard library's copy clones")
    )]
    may_clone: AtomicBool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(request: &TreeRequest<'a>) -> Self {
        let owner = files::owner_for(request.tree);
        Self {
            context: request.context,
            tree: request.tree,
            owner,
            may_clone: AtomicBool::new(cfg!(target_os = "linux")),
        }
    }

    /// Makes a file what it should be. Nothing if its origin is there no more: the file is not either, then.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub(super) fn carry_out(
        &self,
        step: &FileStep,
        folder: &Path,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Done>> {
        let path = folder.join(&wanted.name);
        let to = self.tree.join(&path);
        let from = match wanted.origin {
            Origin::Text(bytes, mode) => return self.text(step, bytes, mode, &to).map(Some),
            Origin::Store(path) => path.to_owned(),
            Origin::Context => self.context.join(&path),
        };
        let done = if wanted.is_link {
            self.link(step, wanted, &from, &to)
        } else {
            self.file(step, wanted, &from, &to)
        }?;
        if done.is_none() && step.present.is_some() {
            remove::file(&to)?;
        }
        Ok(done)
    }

    fn text(&self, step: &FileStep, bytes: &[u8], mode: u32, to: &Path) -> Result<Done> {
        let mode = attributes::file_mode(mode);
        if step.action == Action::Compare && has_bytes(bytes, to)? {
            return stays(step, mode, None, to);
        }
        self.make(step, to, |file| file.write_all(bytes), |_| (mode, None)).map(|tree| Done {
            source: None,
            tree,
            bytes: Some(bytes.len() as u64),
        })
    }

    fn file(&self, step: &FileStep, wanted: &Wanted<'_>, from: &Path, to: &Path) -> Result<Option<Done>> {
        let mut source = match disk::file(from) {
            Ok(source) => source,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(unreadable(from, &error)),
        };
        let stamp = source.metadata().map_err(|error| unreadable(from, &error))?;
        let stamp = stamp_of(&stamp);
        let mode = attributes::file_mode(stamp.mode);
        // Another one may have come to its place, and this one have been reached through a link.
        let is_same = (stamp.device, stamp.inode) == (wanted.stamp.device, wanted.stamp.inode);
        let known = Some(stamp).filter(|_| is_same);
        if step.action == Action::Compare {
            if has_same_bytes(&mut source, from, to)? {
                return stays(step, mode, known, to).map(Some);
            }
            io::Seek::rewind(&mut source).map_err(|error| unreadable(from, &error))?;
        }
        let mut bytes = 0;
        let copy = |file: &mut File| {
            bytes = self.copy(&mut source, file, &stamp)?;
            Ok(())
        };
        let time = |size| (mode, mtime_for(&FileStamp { size, ..stamp }, mode, &step.before));
        let tree = self.make(step, to, copy, time)?;
        Ok(Some(Done { source: known, tree, bytes: Some(bytes) }))
    }

    /// Makes a file anew; its mode, and its time if that is not the present, are told by its size.
    fn make(
        &self,
        step: &FileStep,
        to: &Path,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
        attributes: impl FnOnce(u64) -> (u32, Option<FileTime>),
    ) -> Result<FileStamp> {
        if step.present.is_some() {
            remove::file(to)?;
        }
        let mut file = File::create_new(to).map_err(|error| failed("create", to, &error))?;
        let finish = || {
            fill(&mut file)?;
            #[cfg(unix)]
            if let Some((user, group)) = self.owner {
                std::os::unix::fs::fchown(&file, Some(user), Some(group))?;
            }
            let (mode, time) = attributes(file.metadata()?.len());
            attributes::set_mode(&file, mode)?;
            let mut time = time.unwrap_or_else(present);
            for _ in 0..MOST_TIMES {
                attributes::set_time(&file, time)?;
                let stamp = stamp_of(&file.metadata()?);
                if !is_taken(&stamp, &step.before) {
                    return Ok(stamp);
                }
                time = later(time);
            }
            Err(io::Error::other("the file system keeps no times"))
        };
        finish().map_err(|error| failed("write", to, &error))
    }

    /// Copies the bytes, or shares the blocks; how many bytes there are.
    fn copy(&self, from: &mut File, to: &mut File, stamp: &FileStamp) -> io::Result<u64> {
        #[cfg(target_os = "linux")]
        if self.may_clone.load(std::sync::atomic::Ordering::Relaxed) {
            use rustix::io::Errno;
            match rustix::fs::ioctl_ficlone(&*to, &*from) {
                Ok(()) => return to.metadata().map(|metadata| metadata.len()),
                // Other files may lie where this one does not.
                Err(Errno::XDEV | Errno::INVAL) => {}
                Err(_) => self.may_clone.store(false, std::sync::atomic::Ordering::Relaxed),
            }
        }
        if stamp.size >= BUFFER as u64 {
            return io::copy(from, to);
        }
        let mut buffer = Vec::with_capacity(BUFFER);
        from.read_to_end(&mut buffer)?;
        to.write_all(&buffer)?;
        Ok(buffer.len() as u64)
    }

    fn link(&self, step: &FileStep, wanted: &Wanted<'_>, from: &Path, to: &Path) -> Result<Option<Done>> {
        let target = match from.read_link() {
            Ok(target) => target,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(unreadable(from, &error)),
        };
        let stamp = wanted.stamp;
        if let (Action::Compare, Some(present)) = (step.action, step.present)
            && to.read_link().is_ok_and(|there| there == target)
        {
            return Ok(Some(Done { source: Some(stamp), tree: present, bytes: None }));
        }
        if step.present.is_some() {
            remove::file(to)?;
        }
        let make = || {
            make_link(&target, from, to)?;
            attributes::give(to, self.owner)?;
            let mut time = mtime_for(&stamp, stamp.mode, &step.before).unwrap_or_else(present);
            for _ in 0..MOST_TIMES {
                attributes::set_time_at(to, time)?;
                let (_, tree) = entry(to)?;
                if !cfg!(unix) || !is_taken(&tree, &step.before) {
                    return Ok(Done { source: Some(stamp), tree, bytes: Some(0) });
                }
                time = later(time);
            }
            Err(io::Error::other("the file system keeps no times"))
        };
        make().map(Some).map_err(|error| failed("create", to, &error))
    }
}

/// A file that is right but, maybe, for its mode.
fn stays(step: &FileStep, mode: u32, source: Option<FileStamp>, to: &Path) -> Result<Done> {
    let tree = match step.present {
        Some(present) if !cfg!(unix) || present.mode & 0o7777 == mode => present,
        _ => attributes::set_mode_at(to, mode)
            .and_then(|()| entry(to))
            .map(|(_, stamp)| stamp)
            .map_err(|error| failed("set the mode of", to, &error))?,
    };
    Ok(Done { source, tree, bytes: None })
}

fn is_taken(stamp: &FileStamp, before: &[FileStamp]) -> bool {
    before.iter().any(|before| looks_same(before, stamp.size, stamp.modified, stamp.mode))
}

/// The next second, which every file system tells apart but FAT, where it takes two of them.
fn later(time: FileTime) -> FileTime {
    FileTime { seconds: time.seconds.saturating_add(1), ..time }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::IsADirectory
    )
}

fn unreadable(path: &Path, cause: &io::Error) -> Error {
    crate::isolated::read::tree::cannot_read(path, cause)
}

/// Whether a file holds these bytes.
fn has_bytes(bytes: &[u8], path: &Path) -> Result<bool> {
    let mut file = open(path)?;
    let mut found = Vec::with_capacity(bytes.len() + 1);
    let most = bytes.len() as u64 + 1;
    io::Read::by_ref(&mut file)
        .take(most)
        .read_to_end(&mut found)
        .map_err(|error| failed("read", path, &error))?;
    Ok(found == bytes)
}

/// Whether a file of the tree holds what its origin does.
fn has_same_bytes(source: &mut File, from: &Path, to: &Path) -> Result<bool> {
    let mut file = open(to)?;
    let (mut one, mut other) = (vec![0; BUFFER], vec![0; BUFFER]);
    loop {
        let read = fill(source, &mut one).map_err(|error| unreadable(from, &error))?;
        let there = fill(&mut file, &mut other).map_err(|error| failed("read", to, &error))?;
        if one[..read] != other[..there] {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file of the tree.
fn open(path: &Path) -> Result<File> {
    disk::file(path).map_err(|error| failed("read", path, &error))
}

#[cfg(unix)]
fn make_link(target: &Path, _: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

/// Links are of two kinds here.
#[cfg(windows)]
fn make_link(target: &Path, from: &Path, to: &Path) -> io::Result<()> {
    use std::os::windows::fs::{symlink_dir, symlink_file};
    if std::fs::metadata(from).is_ok_and(|metadata| metadata.is_dir()) {
        symlink_dir(target, to)
    } else {
        symlink_file(target, to)
    }
}
