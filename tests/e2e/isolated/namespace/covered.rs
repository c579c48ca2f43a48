//! What the command sees in the place of the project's files.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::place::{Caller, Place, is_root};
use crate::common::{Run, raw_path};

#[test]
fn a_command_sees_what_covers_by_whatever_path() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        place.sh("cat package.json; cat \"$PWD/web/package.json\"; cd deps; cat b.tgz ../package.json; ls -A . ..")
            .expect_seen(
                "rewrittenrewritten of webpackedrewritten.:\nb.tgz\n\n..:\ndeps\npackage.json\nweb\n",
            );
        assert_eq!(place.progress(), "begun");
    }
}

#[test]
fn it_begins_in_its_folder_also_where_that_is_covered() {
    let place = Place::new(Caller::Own);
    let mut helper = place.helper(&["sh", "-euc", "cat b.tgz; cat ../package.json; pwd -P"]);
    helper.current_dir(place.world.path("project/deps"));
    let folder = place.world.path("project/deps");
    Run::from(helper.output().unwrap()).expect_seen(&format!("packedrewritten{}\n", folder.display()));
}

#[test]
fn names_may_hold_anything() {
    for name in [&b"with space"[..], b"new\nline", b"\xff\xfe", b"-n", b"\"'$*\\", b"tab\tand\r"] {
        let mut place = Place::new(Caller::Own);
        let path = raw_path(name).join("package.json");
        place.world.file(raw_path(b"project").join(&path), "original");
        place.world.file(raw_path(b"ours").join(&path), "rewritten");
        place.world.remove("project/web");
        place.bindings.clear();
        place.bind(raw_path(b"ours").join(&path), raw_path(b"project").join(&path));
        place.sh("cat ./*/package.json").expect_seen("rewritten");
    }
}

/// The link stays what it is, and leads to what covers the file.
#[test]
fn what_a_link_leads_to_is_covered() {
    let mut place = Place::new(Caller::Own);
    place
        .world
        .file("elsewhere/package.json", "original")
        .symlink("project/link.json", "../elsewhere/package.json");
    symlink(place.world.path("project"), place.world.path("through")).unwrap();
    place.bindings.clear();
    place.bind("ours/package.json", "project/link.json");
    place.bind("ours/web/package.json", "through/web/package.json");
    place
        .sh("cat link.json ../elsewhere/package.json web/package.json; readlink link.json")
        .expect_seen("rewrittenrewrittenrewritten of web../elsewhere/package.json\n");
}

/// What is bound first may hold what is bound next.
#[test]
fn what_covers_may_be_covered() {
    let mut place = Place::new(Caller::Own);
    place.world.file("other/c", "newest");
    place.bind("other/c", "project/deps/b.tgz");
    place.sh("cat deps/b.tgz").expect_seen("newest");
    assert_eq!(place.world.read("ours/deps/b.tgz"), "packed");
}

#[test]
fn what_is_written_goes_where_it_is_seen_to_go() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        place
            .sh("echo x >>package.json; echo y >deps/new; echo z >made; rm deps/b.tgz; mkdir web/dist")
            .exits(0);
        let world = &place.world;
        assert_eq!(
            (world.read("ours/package.json"), world.read("ours/deps/new")),
            ("rewrittenx\n".into(), "y\n".into())
        );
        assert_eq!(
            (world.read("project/package.json"), world.read("project/made")),
            ("original".into(), "z\n".into())
        );
        assert!(!world.exists("ours/deps/b.tgz") && world.exists("project/deps/b.tgz"));
        assert!(world.exists("project/web/dist") && !world.exists("project/deps/new"));
        // What is covered cannot be replaced, taken away or moved, and whoever tries is told.
        for try_it in ["mv made package.json", "rm package.json", "mv package.json old", "rmdir deps"] {
            let run = place.sh(try_it).exits(1);
            assert!(run.stderr.contains("Device or resource busy"), "{run}");
        }
    }
}

/// Below a mount, on a file system that may not be written, and where no program may run: mounts that only root can make.
#[test]
fn other_mounts_stay_what_they_are() {
    if !is_root() {
        return;
    }
    let script = r#"
        cp -a project aside
        mount -t tmpfs -o nosuid,nodev,noexec tmpfs project
        cp -a aside/. project; rm -r aside
        mount -t tmpfs tmpfs project/web
        echo original >project/web/package.json
        mount --bind ours/deps ours/deps
        mount -o remount,bind,nosuid ours/deps
        mount -o remount,ro project
        cd project
        "$@"
        cat web/package.json
    "#;
    for caller in Caller::all() {
        let place = Place::new(caller);
        let seen = "cat package.json web/package.json deps/b.tgz; echo; \
            ! touch here 2>/dev/null; touch web/here deps/here; awk '$5 ~ /project/ {print $5, $6}' /proc/self/mountinfo";
        place.world.mode("", 0o755).mode("project", 0o777);
        let helper = place.helper(&["sh", "-euc", seen]);
        let mut unshare = place.world.command("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-euc", script, "sh"]);
        unshare.arg(helper.get_program()).args(helper.get_args());
        let run = Run::from(unshare.output().unwrap()).exits(0);
        assert!(run.stdout.starts_with("rewrittenrewritten of webpacked"), "{caller:?}: {run}");
        assert!(run.stdout.ends_with("original\n"), "{run}");
        let options = |path: &str| {
            let path = place.world.path(path);
            let line = run.stdout.lines().rfind(|line| line.starts_with(&format!("{} ", path.display())));
            line.unwrap_or_else(|| panic!("{}: {run}", path.display())).to_owned()
        };
        assert!(options("project").ends_with(" ro,nosuid,nodev,noexec,relatime"), "{run}");
        assert!(options("project/deps").contains("nosuid"), "{run}");
        assert!(!options("project/package.json").contains("nosuid"), "{run}");
    }
}

#[test]
fn children_that_outlive_the_command_see_what_it_saw() {
    for caller in Caller::all() {
        let place = Place::new(caller);
        let fifo = place.world.path("project/go");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let done = place.world.path("project/done");
        place
            .sh("{ read -r word <go; cat package.json deps/b.tgz >part; mv part done; } >/dev/null 2>&1 &")
            .exits(0);
        // What covered is gone by then: its bytes are there as long as somebody sees them.
        place.world.remove("ours/package.json");
        fs::write(&fifo, "go\n").unwrap();
        while !done.exists() {
            std::thread::yield_now();
        }
        assert_eq!(fs::read_to_string(&done).unwrap(), "rewrittenpacked", "{caller:?}");
    }
}

impl Run {
    /// Fails the test unless it ended well and printed just this.
    #[track_caller]
    fn expect_seen(&self, stdout: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(0), stdout), "{self}");
    }
}
