//! Other processes, as far as the system tells of them.

#![cfg_attr(
    all(unix, not(changes)),
    expect(clippy::disallowed_methods, reason = "looks at what the system says of processes")
)]

use crate::text::Digest;

/// What tells a process from all others that ever had its id, here or elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessMark {
    /// When the system began it, as the system counts; 0 where it does not say.
    pub(crate) began: u64,
    /// Where ids mean what they mean to it: a boot of a machine, and a namespace; 16 digits.
    pub(crate) place: String,
}

/// What is seen of a process that was named by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessSeen {
    /// It is the one that asks.
    Itself,
    /// It started the one that asks, or one that did.
    Above,
    /// It lives.
    Alive,
    /// It has ended.
    Gone,
    /// Its id means something in another container, on another machine, or before the last boot alone: nothing is known.
    Elsewhere,
}

/// The mark of this process.
pub(crate) fn own_mark() -> ProcessMark {
    ProcessMark { began: system::began(std::process::id()).unwrap_or(0), place: place() }
}

/// Looks for a process; without its mark, for whichever has its id now.
pub(crate) fn look_for(id: u32, mark: Option<&ProcessMark>) -> ProcessSeen {
    if mark.is_some_and(|mark| mark.place != place()) {
        return ProcessSeen::Elsewhere;
    }
    if !system::is_alive(id) {
        return ProcessSeen::Gone;
    }
    // Another one has its id by now.
    let began = mark.map(|mark| mark.began).filter(|began| *began != 0);
    if began.is_some_and(|began| system::began(id).is_some_and(|now| now != began)) {
        return ProcessSeen::Gone;
    }
    let own = std::process::id();
    match id {
        _ if id == own => ProcessSeen::Itself,
        _ if is_above(id, own) => ProcessSeen::Above,
        _ => ProcessSeen::Alive,
    }
}

fn is_above(id: u32, of: u32) -> bool {
    /// More generations than any process has.
    const MOST: usize = 1000;
    let above = std::iter::successors(Some(of), |id| system::parent(*id).filter(|parent| *parent != 0));
    above.skip(1).take(MOST).any(|one| one == id)
}

fn place() -> String {
    Digest::of(system::place().as_bytes()).as_str().chars().take(16).collect()
}

#[cfg(target_os = "linux")]
mod system {
    use std::path::Path;

    use crate::disk;

    /// The fields of a process behind its name, which may hold anything.
    fn fields(id: u32) -> Option<Vec<String>> {
        let stat = disk::read(Path::new(&format!("/proc/{id}/stat"))).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (_, fields) = stat.rsplit_once(") ")?;
        Some(fields.split(' ').map(str::to_owned).collect())
    }

    pub(super) fn is_alive(id: u32) -> bool {
        match fields(id) {
            // What has ended and was not asked for its code yet.
            Some(fields) => !fields.first().is_some_and(|state| state == "Z" || state == "X"),
            // Processes of others may be hidden.
            None => super::unix::is_there(id),
        }
    }

    pub(super) fn parent(id: u32) -> Option<u32> {
        fields(id)?.get(1)?.parse().ok()
    }

    pub(super) fn began(id: u32) -> Option<u64> {
        fields(id)?.get(19)?.parse().ok()
    }

    pub(super) fn place() -> String {
        let boot = disk::read_text(Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_default();
        let ids = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        format!("{boot}{}", ids.display())
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    use std::process::{Command, Stdio};

    pub(super) use super::unix::is_there as is_alive;

    pub(super) fn parent(id: u32) -> Option<u32> {
        let mut ps = Command::new("ps");
        ps.args(["-o", "ppid=", "-p", &id.to_string()]).stdin(Stdio::null()).stderr(Stdio::null());
        String::from_utf8_lossy(&ps.output().ok()?.stdout).trim().parse().ok()
    }

    pub(super) fn began(_: u32) -> Option<u64> {
        None
    }

    pub(super) fn place() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

#[cfg(not(unix))]
mod system {
    /// Where nothing is known, nothing is said to have ended.
    pub(super) fn is_alive(_: u32) -> bool {
        true
    }

    pub(super) fn parent(_: u32) -> Option<u32> {
        None
    }

    pub(super) fn began(_: u32) -> Option<u64> {
        None
    }

    pub(super) fn place() -> String {
        String::new()
    }
}

#[cfg(unix)]
mod unix {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    /// Whether a signal would find it, be it one that we may not send.
    pub(super) fn is_there(id: u32) -> bool {
        let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return false };
        test_kill_process(pid) != Err(Errno::SRCH)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::process::read::system;

    #[test]
    fn a_process_is_seen_as_what_it_is_to_this_one() {
        let own = std::process::id();
        let mark = own_mark();
        assert_eq!((mark.place.len(), mark.clone()), (16, own_mark()));
        assert_eq!(look_for(own, Some(&mark)), ProcessSeen::Itself);
        assert_eq!(look_for(own, None), ProcessSeen::Itself);
        let parent = system::parent(own).unwrap();
        assert_eq!(look_for(parent, None), ProcessSeen::Above);
        let elsewhere = ProcessMark { place: "0123456789abcdef".to_owned(), ..mark.clone() };
        assert_eq!(look_for(own, Some(&elsewhere)), ProcessSeen::Elsewhere);
        assert_eq!(look_for(u32::MAX, None), ProcessSeen::Gone);
        assert_eq!(look_for(0, None), ProcessSeen::Gone);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_that_has_ended_is_gone_also_where_another_has_its_id() {
        let own = std::process::id();
        let before = ProcessMark { began: own_mark().began + 1, ..own_mark() };
        assert_eq!(look_for(own, Some(&before)), ProcessSeen::Gone);
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        assert_eq!(look_for(child.id(), None), ProcessSeen::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(look_for(child.id(), None), ProcessSeen::Gone);
    }
}
