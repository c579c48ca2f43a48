//! One process at a time: a lock that dies with its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::file;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::process::{ProcessMark, ProcessSeen, look_for, own_mark};
use crate::transaction::journal::STATE;

const NAME: &str = "lock";
/// What [`write_holder`] writes: ten digits, twenty, twenty and sixteen with spaces between, and the line's end.
const HOLDER_LENGTH: u64 = 70;
/// More than any note has.
const MAX_NOTE: u64 = 1 << 16;
/// A reader of [`holder`] has the lock for some microseconds; that must not turn a writer away.
const TRIES: u32 = 10;
const MORE_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// The right to change a project, held until it is dropped.
///
/// The kernel takes it back from a process that dies, however it dies. The file's text names the holder for others
/// to read; text without a lock means nothing.
#[derive(Debug)]
#[must_use = "it is released when it is dropped"]
pub(crate) struct Lock {
    folder: PathBuf,
    /// Closing it is what releases the lock.
    file: File,
    /// What it leaves was seen to, or cannot be.
    tidied: bool,
}

/// The process that has the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Its id, where it could be read.
    pub(crate) pid: Option<u32>,
    /// When it took the lock, in seconds since 1970.
    pub(crate) started: Option<u64>,
    /// What was seen of it when its name was read; nothing where it is not named. Seen once, so that all that is said of
    /// it is said of the same instant.
    seen: Option<ProcessSeen>,
}

impl Holder {
    /// Who it is, for people.
    pub(crate) fn named(&self) -> String {
        let process = |pid: u32| match self.started {
            Some(started) => format!("process {pid}, begun {} ago,", age(started)),
            None => format!("process {pid}"),
        };
        match (self.pid, self.seen) {
            (Some(pid), Some(ProcessSeen::Above)) => {
                format!("{} inside of which this call runs,", process(pid))
            }
            (Some(pid), Some(ProcessSeen::Elsewhere)) => {
                format!("{} in another container or on another machine,", process(pid))
            }
            (Some(pid), Some(ProcessSeen::Itself | ProcessSeen::Alive)) => process(pid),
            _ => "another process".to_owned(),
        }
    }
}

impl Lock {
    /// Takes the lock of a state folder, which is made if it is not there. Does not wait for another holder.
    ///
    /// # Errors
    /// Somebody else has it ([`ErrorKind::Refused`], naming the process and its age), or the folder cannot be written.
    pub(crate) fn acquire(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let mut holder = Holder::default();
        for attempt in 0..MORE_TRIES {
            if attempt > 0 {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a reader of `holder` lets go by itself and tells nobody"
                )]
                std::thread::sleep(PAUSE);
            }
            match file::create_folders(folder) {
                // It was there, and the last holder has just taken it away; unless it is no folder at all.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && folder.symlink_metadata().is_err() =>
                {
                    continue;
                }
                result => result.map_err(|error| file::failed("create the folder", folder, &error))?,
            }
            refuse_what_is_not_ours(folder, &path)?;
            let (mut file, made) = match open(&path) {
                Ok(opened) => opened,
                // The last holder has just taken the folder away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let _ = std::fs::remove_dir(folder);
                    return Err(file::failed("open", &path, &error));
                }
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    holder = read_holder(&path).unwrap_or_default();
                    // Whoever is refused shall be told by whom. In the first instant no name is there, or that of one that
                    // has ended.
                    let is_there = holder.seen.is_some_and(|seen| seen != ProcessSeen::Gone);
                    if is_there && attempt + 1 >= TRIES {
                        break;
                    }
                    continue;
                }
                Err(TryLockError::Error(error)) => {
                    // Where nothing can be locked, nobody has it.
                    if made && std::fs::remove_file(&path).is_ok() {
                        let _ = std::fs::remove_dir(folder);
                    }
                    return Err(file::failed("lock", &path, &error));
                }
            }
            // The last holder may have removed the file between our opening and locking it.
            if is_at(&file, &path) {
                let written = match write_holder(&mut file) {
                    // On a full disk a restore must go on, and only the next one's message suffers.
                    Err(error)
                        if matches!(
                            error.kind(),
                            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                        ) =>
                    {
                        Ok(())
                    }
                    result => result,
                };
                // Made first: where the text cannot be written, dropping it leaves nothing behind.
                let lock = Self { folder: folder.to_owned(), file, tidied: false };
                return written.map(|()| lock).map_err(|error| file::failed("write", &path, &error));
            }
        }
        Err(refusal(folder, &holder))
    }

    /// Gives it back, and leaves nothing behind where there is no state. Dropping it does the same, and tells nobody
    /// what failed.
    ///
    /// # Errors
    /// The lock file or the empty folder cannot be removed; the lock itself is given back all the same.
    pub(crate) fn release(mut self) -> Result<()> {
        self.tidied = true;
        self.tidy()
    }

    /// Whoever opened the lock file meanwhile sees that it is gone, and makes another.
    fn tidy(&self) -> Result<()> {
        // Removed before, so that what stands there now is the next holder's; an empty folder is nobody's.
        if !is_at(&self.file, &self.folder.join(NAME)) {
            return file::remove_empty_folder(&self.folder).map(drop);
        }
        match self.folder.join(STATE).symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                file::remove(&self.folder.join(NAME))?;
                file::remove_empty_folder(&self.folder).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Writes down behind the holder's name why nothing is prepared, for [`note`] to read as long as this is held.
    ///
    /// # Errors
    /// The lock file cannot be written.
    pub(crate) fn leave_note(&self, text: &str) -> Result<()> {
        let write = |mut file: &File| {
            file.seek(SeekFrom::Start(HOLDER_LENGTH))?;
            file.write_all(text.as_bytes())
        };
        write(&self.file).map_err(|error| file::failed("write", &self.folder.join(NAME), &error))
    }

    /// The same lock, whose state folder was moved while it was held.
    pub(crate) fn moved_to(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// The state folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.tidied {
            let _ = self.tidy();
        }
    }
}

/// Writing into a lock that is a link would write elsewhere, and opening a FIFO would wait for its other end.
fn refuse_what_is_not_ours(folder: &Path, path: &Path) -> Result<()> {
    let refuse = |path: &Path, what: &str| {
        let shown = path.display();
        Err(Error::new(ErrorKind::Refused, format!("{shown}: is {what}, and was not made by docker-prep"))
            .hint(format!("move it away: mv {shown} {shown}.mine")))
    };
    if folder.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return refuse(folder, "a symbolic link");
    }
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => refuse(path, "no regular file"),
        Ok(metadata) if file::has_other_names(&metadata) => refuse(path, "another name of some file"),
        _ => Ok(()),
    }
}

/// Who has the lock, without waiting for it or writing anything.
///
/// # Errors
/// The lock file cannot be read.
pub(crate) fn holder(folder: &Path) -> Result<Option<Holder>> {
    let path = folder.join(NAME);
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(None);
    }
    let file = match disk::file(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file::failed("open", &path, &error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&path).unwrap_or_default())),
        Err(TryLockError::Error(error)) => Err(file::failed("lock", &path, &error)),
    }
}

/// What the holder of the lock has noted, if anything.
pub(crate) fn note(folder: &Path) -> Option<String> {
    if !matches!(holder(folder), Ok(Some(_))) {
        return None;
    }
    let mut text = String::new();
    let mut file = disk::file(&folder.join(NAME)).ok()?;
    file.seek(SeekFrom::Start(HOLDER_LENGTH)).ok()?;
    file.take(MAX_NOTE).read_to_string(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

/// How long ago some second since 1970 was, for people.
pub(crate) fn age(started: u64) -> String {
    match now().saturating_sub(started) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// The wall clock, in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Opens the lock file; says whether it had to be made, which it never is where a symbolic link leads.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok((options.open(path)?, false)),
        made => {
            let made = made?;
            file::change_owner(&made, path)?;
            Ok((made, true))
        }
    }
}

/// Always the same length and written by one call, so that no reader sees a mixture of two.
fn write_holder(file: &mut File) -> io::Result<()> {
    let ProcessMark { began, place } = own_mark();
    let text = format!("{:010} {:020} {began:020} {place:0>16}\n", std::process::id(), now());
    // A note of one that was killed.
    if file.metadata()?.len() > HOLDER_LENGTH {
        file.set_len(HOLDER_LENGTH)?;
    }
    file.rewind()?;
    file.write_all(text.as_bytes())
}

/// On Windows the lock also keeps others from reading: then nothing is known.
fn read_holder(path: &Path) -> io::Result<Holder> {
    let mut text = String::new();
    disk::file(path)?.take(HOLDER_LENGTH).read_to_string(&mut text)?;
    let mut words = text.lines().next().unwrap_or_default().split_whitespace();
    let pid = words.next().and_then(|word| word.parse().ok());
    let started = words.next().and_then(|word| word.parse().ok());
    let began = words.next().and_then(|word| word.parse().ok());
    // Nothing tells one that an older version named from others of its id.
    let mark = began.zip(words.next()).map(|(began, place)| ProcessMark { began, place: place.to_owned() });
    Ok(Holder { pid, started, seen: pid.map(|pid| look_for(pid, mark.as_ref())) })
}

/// Who has the lock, and what can be done about it. Never that a process should be ended of which it is not seen that it
/// has the lock, or that would take this call with it.
pub(crate) fn refusal(folder: &Path, holder: &Holder) -> Error {
    let path = folder.join(NAME);
    let shown = path.display();
    let message = format!("{shown}: {} is at work on this project", holder.named());
    Error::new(ErrorKind::Refused, message).hint(match (holder.pid, holder.seen) {
        (Some(pid), Some(ProcessSeen::Alive)) => format!("wait until it has ended, or end it: kill {pid}"),
        (_, Some(ProcessSeen::Above)) => {
            "inside of `docker-prep run` the project is prepared, and restored at its end: call the build there by itself, \
             without docker-prep"
                .to_owned()
        }
        (_, Some(ProcessSeen::Itself)) => "wait until its other call has ended".to_owned(),
        (_, Some(ProcessSeen::Elsewhere)) => {
            "whether it still runs cannot be seen from here: wait until it has ended, or end it there".to_owned()
        }
        _ if cfg!(unix) => format!("wait until it has ended; to see which one it is, type: lsof {shown}"),
        _ => "wait until it has ended".to_owned(),
    })
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(held), Ok(named)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (held.dev(), held.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_by_the_firsts_pid_and_a_dropped_lock_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state");
        assert_eq!(holder(&folder).unwrap(), None);
        let lock = Lock::acquire(&folder).unwrap();
        let pid = std::process::id();
        assert_eq!(holder(&folder).unwrap().unwrap().pid, Some(pid));
        let error = Lock::acquire(&folder).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.problems[0].message.contains(&format!("process {pid}, begun ")), "{error}");
        assert_eq!(error.problems[0].hint.as_deref(), Some("wait until its other call has ended"));
        drop(lock);
        assert!(!folder.exists());
    }

    #[test]
    fn nobody_is_told_to_end_what_does_not_have_the_lock_or_would_end_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = |text: &str| {
            let lock = Lock::acquire(folder.path()).unwrap();
            std::fs::write(folder.path().join(NAME), text).unwrap();
            let error = refusal(folder.path(), &holder(folder.path()).unwrap().unwrap());
            drop(lock);
            error.to_string().replace(&*folder.path().join(NAME).display().to_string(), "LOCK")
        };
        let ProcessMark { began, place } = own_mark();
        let line =
            |pid: u32, began: u64, place: &str| format!("{pid:010} {:020} {began:020} {place}\n", now() - 7);
        let gone = "LOCK: another process is at work on this project\n  wait until it has ended; to see which one it is, type: lsof LOCK";
        assert_eq!(told(""), gone);
        assert_eq!(told(&line(u32::MAX - 1, 0, &place)), gone);
        #[cfg(target_os = "linux")]
        assert_eq!(told(&line(std::process::id(), began + 1, &place)), gone);
        let elsewhere = told(&line(1, began, "0123456789abcdef"));
        assert!(
            elsewhere.starts_with(
                "LOCK: process 1, begun 7 s ago, in another container or on another machine, is at work"
            ) && elsewhere.contains("cannot be seen from here")
                && !elsewhere.contains("kill"),
            "{elsewhere}"
        );
        // What an older version wrote.
        let former = told(&format!("{:010} {:020}\n", std::process::id(), now()));
        assert!(former.contains("wait until its other call has ended"), "{former}");
        #[cfg(unix)]
        {
            let above = told(&line(std::os::unix::process::parent_id(), 0, &place));
            assert!(
                above.contains("begun 7 s ago, inside of which this call runs, is at work on this project")
                    && !above.contains("kill"),
                "{above}"
            );
        }
    }

    #[test]
    fn a_note_is_read_while_the_lock_is_held_and_the_next_holder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(STATE), "").unwrap();
        let lock = Lock::acquire(folder.path()).unwrap();
        assert_eq!(note(folder.path()), None);
        lock.leave_note("because").unwrap();
        assert_eq!(note(folder.path()).as_deref(), Some("because"));
        assert_eq!(holder(folder.path()).unwrap().unwrap().pid, Some(std::process::id()));
        drop(lock);
        assert_eq!(note(folder.path()), None);
        let _next = Lock::acquire(folder.path()).unwrap();
        assert_eq!(note(folder.path()), None);
    }

    #[test]
    fn text_without_a_lock_is_ignored_and_state_keeps_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(NAME),
            "0000000001 00000000000000000001 and a long tail of garbage\n",
        )
        .unwrap();
        assert_eq!(holder(folder.path()).unwrap(), None);
        std::fs::write(folder.path().join(STATE), "").unwrap();
        drop(Lock::acquire(folder.path()).unwrap());
        assert!(folder.path().join(NAME).exists());
        assert_eq!(holder(folder.path()).unwrap(), None);
    }

    #[test]
    fn readers_do_not_turn_writers_away_and_only_one_writer_is_in() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state");
        let inside = std::sync::atomic::AtomicU32::new(0);
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            use std::sync::atomic::Ordering::SeqCst;
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    holder(&folder).unwrap();
                    std::thread::yield_now();
                }
            });
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            if let Ok(lock) = Lock::acquire(&folder) {
                                assert_eq!(inside.fetch_add(1, SeqCst), 0);
                                std::thread::yield_now();
                                inside.fetch_sub(1, SeqCst);
                                drop(lock);
                            }
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.join().unwrap();
            }
            stop.store(true, SeqCst);
        });
        assert!(!folder.exists());
    }

    #[test]
    fn ages_read_like_ages() {
        for (seconds, text) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 days")]
        {
            assert_eq!(age(now() - seconds), text);
        }
    }
}
