//! The only calls that change files. Each names the path when it fails.

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::project::TEMP_SUFFIX;
use crate::transaction::journal::Timestamp;
use crate::transaction::read::{beside, mode_of};

/// What a file is given besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Permission bits, set whatever the umask.
    pub(crate) mode: u32,
    /// The time stamp, or the present.
    pub(crate) mtime: Option<Timestamp>,
    /// User and group, where they shall be somebody else's and we may.
    pub(crate) owner: Option<(u32, u32)>,
}

impl Attributes {
    /// Just the permission bits.
    pub(crate) const fn mode(mode: u32) -> Self {
        Self { mode, mtime: None, owner: None }
    }
}

/// An error of the disk: what the tree forbids is a refusal, what the machine lacks is the environment's.
pub(crate) fn failed(verb: &str, path: &Path, cause: &io::Error) -> Error {
    let refused = matches!(
        cause.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::AlreadyExists
    );
    let error =
        Error::io(if refused { ErrorKind::Refused } else { ErrorKind::Environment }, verb, path, cause);
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            error.hint("make room on that disk (`df -h` shows it), then try again")
        }
        io::ErrorKind::PermissionDenied => {
            let folder = path.parent().unwrap_or(path);
            error.hint(format!("see who may write there: ls -ld {}", folder.display()))
        }
        io::ErrorKind::ReadOnlyFilesystem => error.hint("make that file system writable, then try again"),
        io::ErrorKind::AlreadyExists => error.hint(format!("move it away: mv {0} {0}.mine", path.display())),
        _ => error.hint("once the cause is gone, try again"),
    }
}

/// Puts these bytes at `path` by a rename, so that at every instant the old or the new file stands there whole.
/// `temp` must not exist, and lie in the same folder.
///
/// # Errors
/// Any step that fails; `temp` is gone then, and `path` as it was, unless only the folder's sync failed.
pub(crate) fn atomic_write(path: &Path, temp: &Path, bytes: &[u8], attributes: &Attributes) -> Result<()> {
    write_unsynced(path, temp, bytes, attributes)?;
    sync_folder_of(path)
}

/// [`atomic_write`] for one of several files in a folder, whose [`sync_dir`] is called once for all.
pub(crate) fn write_unsynced(path: &Path, temp: &Path, bytes: &[u8], attributes: &Attributes) -> Result<()> {
    create(temp, bytes, attributes)?;
    rename(temp, path).inspect_err(|_| {
        let _ = fs::remove_file(temp);
    })
}

/// Puts these bytes at `path` where nothing stands, so that at every instant nothing or the whole file stands there.
/// `temp` must not exist, and lie in the same folder.
///
/// # Errors
/// Something stands there, or any step that fails; `temp` is gone then, and `path` as it was, unless only the folder's
/// sync failed.
pub(crate) fn make(path: &Path, temp: &Path, bytes: &[u8], attributes: &Attributes) -> Result<()> {
    create(temp, bytes, attributes)?;
    let named = give_name(temp, path).map_err(|error| failed("create", path, &error));
    named.inspect_err(|_| {
        let _ = fs::remove_file(temp);
    })?;
    sync_folder_of(path)
}

/// Gives a file its name unless that is taken, and takes the former one away.
fn give_name(temp: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temp, path) {
        Ok(()) => fs::remove_file(temp),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without hard links.
        Err(_) => rename_new(temp, path),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_new(temp: &Path, path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, temp, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rename_unless_there(temp, path),
        result => result.map_err(io::Error::from),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_new(temp: &Path, path: &Path) -> io::Result<()> {
    rename_unless_there(temp, path)
}

/// The best that such a file system has: who makes the file in this very instant loses it.
fn rename_unless_there(temp: &Path, path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(temp, path),
        Err(error) => Err(error),
    }
}

/// Makes a new file and sees it onto the disk; the folder's entry is not synced.
fn create(path: &Path, bytes: &[u8], attributes: &Attributes) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Nobody else reads it before its own mode says so.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| failed("create", path, &error))?;
    let attributes = Attributes { owner: attributes.owner.or_else(|| owner_for(path)), ..*attributes };
    let filled = file
        .write_all(bytes)
        .and_then(|()| set_attributes(&file, &attributes))
        .and_then(|()| file.sync_all());
    filled.map_err(|error| {
        let _ = fs::remove_file(path);
        failed("write", path, &error)
    })
}

fn set_attributes(file: &File, attributes: &Attributes) -> io::Result<()> {
    #[cfg(unix)]
    if let Some((user, group)) = attributes.owner {
        let present = file.metadata()?;
        if owner_of(&present) != Some((user, group)) {
            // Only root may give files away; for others, their own file is the best there is.
            let _ = std::os::unix::fs::fchown(file, Some(user), Some(group));
        }
    }
    file.set_permissions(permissions(file, attributes.mode)?)?;
    match attributes.mtime {
        None => Ok(()),
        Some(time) => {
            let time = time.to_system().ok_or_else(|| io::Error::other("no such time"))?;
            file.set_times(FileTimes::new().set_modified(time))
        }
    }
}

#[cfg(unix)]
fn permissions(_: &File, mode: u32) -> io::Result<fs::Permissions> {
    Ok(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn permissions(file: &File, mode: u32) -> io::Result<fs::Permissions> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(mode & 0o200 == 0);
    Ok(permissions)
}

/// A file's user and group, where there is such a thing.
pub(crate) fn owner_of(metadata: &Metadata) -> Option<(u32, u32)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.uid(), metadata.gid()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Whose a new file or folder shall be: under sudo that of the folder that it is made in, since what is root's in a tree
/// of somebody else's cannot be removed by them. Nobody but root can give files away.
pub(crate) fn owner_for(path: &Path) -> Option<(u32, u32)> {
    const ROOT: u32 = 0;
    let path = is_root().then(|| std::path::absolute(path).ok())??;
    let folder = path.ancestors().skip(1).find_map(|folder| folder.metadata().ok())?;
    owner_of(&folder).filter(|(user, _)| *user != ROOT)
}

/// Gives an open file, which was just made at `path`, to whom [`owner_for`] says.
pub(crate) fn change_owner(file: &File, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some((user, group)) = owner_for(path) {
        return std::os::unix::fs::fchown(file, Some(user), Some(group));
    }
    let _ = (file, path);
    Ok(())
}

/// Whether a file has hard links besides the name that was asked for.
pub(crate) fn has_other_names(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::nlink(metadata) > 1;
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// What the file system says of a path, links not followed.
///
/// # Errors
/// It cannot be asked.
pub(crate) fn metadata(path: &Path) -> Result<Metadata> {
    path.symlink_metadata().map_err(|error| failed("look at", path, &error))
}

/// Gives an existing file a mode and a time stamp.
///
/// # Errors
/// It cannot be opened or changed.
pub(crate) fn change_attributes(path: &Path, attributes: &Attributes) -> Result<()> {
    set_attributes_and_sync(path, attributes).map_err(|error| failed("set mode and time of", path, &error))
}

/// The same, with the error as it came.
pub(crate) fn set_attributes_and_sync(path: &Path, attributes: &Attributes) -> io::Result<()> {
    let file = open_to_change(path)?;
    set_attributes(&file, attributes)?;
    file.sync_all()
}

/// Gives the original a second name, so that it survives the first one's being renamed over; where the file system
/// has no hard links, copies it. Never replaces anything.
///
/// # Errors
/// `backup` exists, or neither way works.
pub(crate) fn link_or_copy(original: &Path, backup: &Path) -> Result<()> {
    match fs::hard_link(original, backup) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(failed("make the backup", backup, &error))
        }
        // Which code a file system without links answers with differs; a cause that lies elsewhere stops the copy too.
        Err(_) => copy(original, backup),
    }
}

/// An exact copy in a new file.
fn copy(original: &Path, backup: &Path) -> Result<()> {
    let read =
        |path: &Path| -> io::Result<(Vec<u8>, Metadata)> { Ok((disk::read(path)?, fs::metadata(path)?)) };
    let (bytes, metadata) = read(original).map_err(|error| failed("read", original, &error))?;
    let modified = metadata.modified().map_err(|error| failed("read the time of", original, &error))?;
    let attributes =
        Attributes { mode: mode_of(&metadata), mtime: Some(modified.into()), owner: owner_of(&metadata) };
    create(backup, &bytes, &attributes)
}

/// Renames, replacing what stands there.
///
/// # Errors
/// It cannot.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| failed(&format!("rename {} to", from.display()), to, &error))
}

/// Removes a file; says whether there was one.
///
/// # Errors
/// It is there and cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("remove", path, &error)),
    }
}

/// Makes a folder, and those above it.
///
/// # Errors
/// It cannot.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    create_folders(path).map_err(|error| failed("create the folder", path, &error))
}

/// The same, with the error as it came.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    let made = if is_root() { missing_folders(path) } else { Vec::new() };
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    for folder in made.iter().rev() {
        if let Some((user, group)) = owner_for(folder) {
            std::os::unix::fs::lchown(folder, Some(user), Some(group))?;
        }
    }
    let _ = made;
    Ok(())
}

/// Makes a folder that nobody else may look into yet.
///
/// # Errors
/// It cannot.
pub(crate) fn create_private_folder(path: &Path) -> Result<()> {
    let create = || {
        disk::create_private_folder(path)?;
        #[cfg(unix)]
        if let Some((user, group)) = owner_for(path) {
            std::os::unix::fs::lchown(path, Some(user), Some(group))?;
        }
        Ok(())
    };
    create().map_err(|error| failed("create the folder", path, &error))
}

/// Whether nobody else may look into a folder. Windows does not tell.
///
/// # Errors
/// It cannot be asked.
pub(crate) fn is_private(path: &Path) -> Result<bool> {
    Ok(cfg!(unix) && mode_of(&metadata(path)?) == disk::PRIVATE_FOLDER)
}

/// Whether the process may give files away.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// Which folders [`create_folder`] would have to make, the deepest first.
pub(crate) fn missing_folders(path: &Path) -> Vec<PathBuf> {
    path.ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .map(Path::to_path_buf)
        .collect()
}

/// Has nobody else read a file; it is not synced.
pub(crate) fn change_private(path: &Path) -> io::Result<()> {
    let file = disk::file(path)?;
    fs::set_permissions(path, permissions(&file, 0o600)?)
}

/// Gives a folder its permission bits, whatever the umask left of them.
///
/// # Errors
/// It cannot be changed.
pub(crate) fn change_folder_mode(path: &Path, mode: u32) -> Result<()> {
    #[cfg(unix)]
    {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(path, permissions).map_err(|error| failed("set the mode of", path, &error))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// Removes a folder if it is there and empty; says whether it did.
///
/// # Errors
/// It is empty and cannot be removed.
pub(crate) fn remove_empty_folder(path: &Path) -> Result<bool> {
    match fs::remove_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Ok(false)
        }
        Err(error) => Err(failed("remove", path, &error)),
    }
}

/// Removes such folders again; one that is not empty is left: what is in it is somebody's.
pub(crate) fn remove_made(folders: &[PathBuf]) {
    for folder in folders {
        let _ = remove_empty_folder(folder);
    }
}

/// Opens a file to sync it or to change what is said of it. Windows asks for write access; elsewhere a file that we may
/// not write can still be ours.
fn open_to_change(path: &Path) -> io::Result<File> {
    if cfg!(windows) { OpenOptions::new().read(true).write(true).open(path) } else { disk::file(path) }
}

/// Sees a file that somebody else wrote onto the disk.
///
/// # Errors
/// The disk's.
pub(crate) fn sync(path: &Path) -> Result<()> {
    // Windows asks for write access, which a read-only file does not give.
    match open_to_change(path).and_then(|file| file.sync_all()) {
        Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result.or_else(unsupported_is_fine).map_err(|error| failed("sync", path, &error)),
    }
}

/// Some network and user-space file systems have no such call.
pub(crate) fn unsupported_is_fine(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    }
}

/// Sees a folder's entries onto the disk. Windows does so by itself.
///
/// # Errors
/// The disk's.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let synced = disk::folder(path).and_then(|folder| folder.sync_all());
    synced.or_else(unsupported_is_fine).map_err(|error| failed("sync", path, &error))
}

/// [`sync_dir`] of the folder that a file stands in.
pub(crate) fn sync_folder_of(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), sync_dir)
}

/// Gives a file another text at once, and leaves it mode and owner; a new one gets those of a new file. An
/// `executable` one may be executed by whoever may read it.
///
/// # Errors
/// Any step that fails; the file then is as it was.
pub(crate) fn put_text(path: &Path, text: &str, executable: bool) -> Result<()> {
    let mut attributes = match path.symlink_metadata() {
        Ok(present) => Attributes { owner: owner_of(&present), ..Attributes::mode(mode_of(&present)) },
        Err(_) => {
            path.parent().map_or(Ok(()), create_folder)?;
            Attributes::mode(0o644)
        }
    };
    if executable {
        attributes.mode |= (attributes.mode & 0o444) >> 2;
    }
    let temp = beside(path, TEMP_SUFFIX);
    // What a killed run left.
    remove(&temp)?;
    atomic_write(path, &temp, text.as_bytes(), &attributes)
}
