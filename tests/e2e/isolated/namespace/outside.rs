//! What others see meanwhile, and what is left: nothing, whatever ends the command.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use rustix::fs::inotify;
use rustix::io::Errno;

use super::place::{Caller, Place, is_root, mounts};
use crate::common::Run;

/// All that can be told of a file but when it was read last.
type Look = (u64, u64, u32, u64, [i64; 4], Vec<u8>);

fn look(place: &Place) -> BTreeMap<PathBuf, Look> {
    walkdir::WalkDir::new(place.world.path("project"))
        .into_iter()
        .map(|found| {
            let path = found.unwrap().into_path();
            let is = path.symlink_metadata().unwrap();
            let bytes = if is.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            let times = [is.ctime(), is.ctime_nsec(), is.mtime(), is.mtime_nsec()];
            (path, (is.dev(), is.ino(), is.mode(), is.nlink(), times, bytes))
        })
        .collect()
}

/// Hears of every change in the project's folders.
struct Watcher(OwnedFd);

impl Watcher {
    fn new(place: &Place) -> Self {
        let watcher = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC).unwrap();
        for folder in ["project", "project/web", "project/deps"] {
            use inotify::WatchFlags as What;
            let what =
                What::MODIFY | What::ATTRIB | What::CLOSE_WRITE | What::CREATE | What::MOVE | What::DELETE;
            let what = what | What::DELETE_SELF | What::MOVE_SELF;
            inotify::add_watch(&watcher, place.world.path(folder), what).unwrap();
        }
        Self(watcher)
    }

    fn heard(&self) -> Vec<String> {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.0, &mut room);
        let mut heard = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => heard.push(format!("{:?} {:?}", event.events(), event.file_name())),
                Err(Errno::AGAIN) => return heard,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// A command that has seen what covers, and waits.
fn wait_inside(place: &Place) -> Child {
    let script = "cat package.json deps/b.tgz; echo; read -r word; cat web/package.json; echo; exit 7";
    let mut child =
        place.helper(&["sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    // Byte by byte: what follows is read later.
    BufReader::with_capacity(1, child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "rewrittenpacked\n");
    child
}

#[test]
fn no_other_process_sees_anything_and_no_file_is_touched() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let _ = place.helper_words(&["true"]);
        let (before, mounted) = (look(&place), mounts());
        let watcher = Watcher::new(&place);
        let mut child = wait_inside(&place);
        assert_eq!(look(&place), before);
        assert_eq!(mounts(), mounted);
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        let run = Run::from(child.wait_with_output().unwrap()).exits(7);
        assert_eq!(run.stdout, "rewritten of web\n");
        assert_eq!(look(&place), before);
        assert_eq!(mounts(), mounted);
        let heard = watcher.heard();
        assert!(heard.is_empty(), "{heard:?}");
        // It would have heard.
        fs::write(place.world.path("project/web/package.json"), "x").unwrap();
        assert!(watcher.heard().iter().any(|event| event.contains("MODIFY")));
    }
}

#[test]
fn nothing_is_left_of_what_is_killed() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let _ = place.helper_words(&["true"]);
        let (before, mounted) = (look(&place), mounts());
        let mut child = wait_inside(&place);
        child.kill().unwrap();
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!(run.code, None, "{run}");
        assert_eq!(look(&place), before);
        assert_eq!(mounts(), mounted);
        // As it is begun, which may be before it mounts, between two mounts, or behind the last.
        for _ in 0..20 {
            let mut child = place.helper(&["sh", "-c", "exit 7"]).spawn().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(look(&place), before);
            assert_eq!(mounts(), mounted);
        }
    }
}

/// Of two at once each sees its own.
#[test]
fn two_at_once_do_not_see_each_other() {
    let mut place = Place::new(Caller::all()[0]);
    let first = wait_inside(&place);
    place.world.file("others/package.json", "another");
    place.bindings.clear();
    place.bind("others/package.json", "project/package.json");
    assert_eq!(place.sh("cat package.json web/package.json").stdout, "anotheroriginal of web");
    assert_eq!(Run::from(first.wait_with_output().unwrap()).exits(7).stdout, "rewritten of web\n");
}

/// A disk that is mounted outside while the command runs is there for the command too; what the command mounts is nowhere
/// else.
#[test]
fn mounts_come_in_and_do_not_go_out() {
    if !is_root() {
        return;
    }
    let script = r#"
        mkdir disk inner; mkfifo ready go
        mount -t tmpfs tmpfs disk
        mount --make-shared disk
        mkdir disk/outer disk/inner
        cd project
        "$@" &
        read -r word <../ready
        mount -t tmpfs tmpfs ../disk/outer; : >../disk/outer/seen
        ! ls ../disk/inner/hidden 2>&1
        echo go >../go
        wait
    "#;
    let place = Place::new(Caller::Own);
    let inside = "mount -t tmpfs tmpfs ../disk/inner; : >../disk/inner/hidden; echo ready >../ready; \
        read -r word <../go; ls ../disk/outer ../disk/inner";
    let helper = place.helper(&["sh", "-euc", inside]);
    let mut unshare = place.world.command("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-euc", script, "sh"]);
    let run = Run::from(unshare.arg(helper.get_program()).args(helper.get_args()).output().unwrap()).exits(0);
    assert!(run.stdout.contains("'../disk/inner/hidden'"), "{run}");
    assert!(run.stdout.ends_with("../disk/inner:\nhidden\n\n../disk/outer:\nseen\n"), "{run}");
}
