//! The files beside manifests that an install reads, and the backups that lie about there.

use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{Beside, FileKind, Project, Surface, files, relative};
use crate::transaction::read::backup_of;

/// Reads the file of that name in a surface's folder, there or not.
///
/// # Errors
/// [`ErrorKind::Refused`] where it is no regular file (a symbolic link would be copied into an image as one, and lead
/// nowhere there), cannot be read or is not UTF-8.
pub(crate) fn beside(project: &Project, surface: &Surface, name: &str) -> Result<Beside> {
    read(project, &surface.dir, name)
}

fn read(project: &Project, dir: &str, name: &str) -> Result<Beside> {
    let path = project.root.join(dir).join(name);
    let name = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
    let text = match path.symlink_metadata() {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => return Err(Error::io(ErrorKind::Refused, "look at", &path, &error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::new(ErrorKind::Refused, format!("{name}: is no regular file"))
                .hint("put the file itself there, or move it away"));
        }
        Ok(_) => {
            let bytes = disk::read(&path).map_err(|error| {
                Error::io(ErrorKind::Refused, "read", &path, &error).hint("make it readable")
            })?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let byte = error.utf8_error().valid_up_to() + 1;
                Error::new(ErrorKind::Refused, format!("{name}: byte {byte} is not UTF-8"))
                    .hint("write it anew")
            })?;
            Some(text)
        }
    };
    let kind = path.file_name().and_then(|name| name.to_str()).and_then(FileKind::of);
    Ok(Beside { path, name, kind: kind.unwrap_or(FileKind::Lockfile), text })
}

/// Every such file of the project that can be read.
pub(crate) fn beside_manifests(project: &Project) -> Vec<Beside> {
    files(project)
        .filter(|entry| kind(entry.path()).is_some_and(|kind| kind != FileKind::Manifest))
        .filter_map(|entry| {
            let dir = relative(&project.root, entry.path().parent()?)?;
            read(project, &dir, entry.file_name().to_str()?).ok()
        })
        .collect()
}

/// The manifests and the files beside them of which a `.bak` is there.
pub(crate) fn with_backups(project: &Project) -> Vec<PathBuf> {
    files(project)
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "bak"))
        .map(|entry| entry.path().with_extension(""))
        .filter(|path| kind(path).is_some() && path.is_file())
        .collect()
}

/// A file, and the backup beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackedUp {
    /// The file.
    pub(crate) path: PathBuf,
    /// What it is by its name; what a manifest links to has any.
    pub(crate) kind: FileKind,
    /// Whether it is a symbolic link: its text is kept elsewhere.
    pub(crate) is_link: bool,
    /// Its bytes.
    pub(crate) present: Vec<u8>,
    /// Those of the backup.
    pub(crate) backup: Vec<u8>,
}

/// Reads those of the files beside which a backup lies.
///
/// # Errors
/// One of the two cannot be read.
pub(crate) fn backed_up(files: &[PathBuf]) -> Result<Vec<BackedUp>> {
    let read =
        |path: &Path| disk::read(path).map_err(|error| Error::io(ErrorKind::Refused, "read", path, &error));
    let is = |path: &Path, what: fn(&FileType) -> bool| {
        path.symlink_metadata().is_ok_and(|metadata| what(&metadata.file_type()))
    };
    let backups = files.iter().map(|path| (path, backup_of(path)));
    backups
        .filter(|(_, backup)| is(backup, FileType::is_file))
        .map(|(path, backup)| {
            Ok(BackedUp {
                path: path.clone(),
                kind: kind(path).unwrap_or(FileKind::Manifest),
                is_link: is(path, FileType::is_symlink),
                present: read(path)?,
                backup: read(&backup)?,
            })
        })
        .collect()
}

fn kind(path: &Path) -> Option<FileKind> {
    FileKind::of(path.file_name()?.to_str()?)
}
