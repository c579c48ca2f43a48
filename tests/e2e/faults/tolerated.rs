//! Which calls may fail without the program's failing, and why.

use crate::faults::trace::Call;
use crate::faults::world::CACHE;

/// A call whose failure changes nothing of the outcome, on purpose.
struct Tolerated {
    call: &'static str,
    /// What the path ends with.
    path: &'static str,
    /// The call that changed the disk just before, where that matters.
    after: Option<&'static str>,
    errnos: &'static [&'static str],
}

/// Whatever the sweep tries.
const ANY: &[&str] = &["ENOSPC", "EIO", "EACCES"];

/// All of them; whatever else fails makes the program fail.
const TOLERATED: [Tolerated; 11] = [
    // The lock is held all the same: only the message of somebody who comes meanwhile suffers, and a restore on a full
    // disk goes on.
    Tolerated { call: "write", path: "docker-prep/lock", after: None, errnos: &["ENOSPC"] },
    // Not every file system has hard links: then the backup is an exact copy.
    Tolerated { call: "linkat", path: ".bak", after: None, errnos: ANY },
    // And a file that is made gets its name by a rename that replaces nothing.
    Tolerated { call: "linkat", path: "/pnpm-workspace.yaml", after: None, errnos: ANY },
    Tolerated { call: "linkat", path: "/pnpm-lock.yaml", after: None, errnos: ANY },
    // Restoring notes in the journal that it has begun. Where it cannot, the journal of prepare still tells all that is
    // needed, and renaming the backups takes no room: the originals come back.
    Tolerated { call: "unlink", path: "state.json.new", after: None, errnos: ANY },
    Tolerated { call: "openat", path: "state.json.new", after: None, errnos: ANY },
    Tolerated { call: "write", path: "state.json.new", after: None, errnos: ANY },
    Tolerated { call: "fchmod", path: "state.json.new", after: None, errnos: ANY },
    Tolerated { call: "fsync", path: "state.json.new", after: None, errnos: ANY },
    Tolerated { call: "rename", path: "docker-prep/state.json", after: None, errnos: ANY },
    Tolerated { call: "fsync", path: "docker-prep", after: Some("rename"), errnos: ANY },
];

/// Whether a call concerns what is remembered: where that cannot be kept, or a tarball cannot be taken from there, all
/// is as it is without.
pub(crate) fn is_of_cache(call: &Call) -> bool {
    call.paths.iter().any(|path| path.components().any(|part| part.as_os_str() == CACHE))
}

/// Whether a call concerns a tarball that is being copied: where it cannot be, it is made anew.
pub(crate) fn is_of_copy(call: &Call) -> bool {
    call.paths.iter().any(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".docker-prep-") && name.ends_with(".tmp")
    })
}

/// Whether the program may pass over this error; `before` is the name of the last call that changed the disk.
pub(crate) fn is_tolerated(call: &Call, before: Option<&str>, errno: &str) -> bool {
    TOLERATED.iter().any(|tolerated| {
        tolerated.call == call.name
            && call.paths.iter().any(|path| path.to_string_lossy().ends_with(tolerated.path))
            && tolerated.after.is_none_or(|after| before == Some(after))
            && tolerated.errnos.contains(&errno)
    })
}
