//! A project, files of ours that are to cover some of it, and calls of the helper process.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, World};

/// An ordinary user, and a group of his that no other user of the tests has.
pub(super) const USER: u32 = 65534;
pub(super) const GROUP: u32 = 4711;

/// How many bytes at the beginning of the helper's file say how far it is.
const HEADER: usize = 128;

/// Who calls the helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Whoever runs the tests.
    Own,
    /// An ordinary user: where root runs the tests another one, in [`GROUP`].
    User,
    /// User 0 without the right to mount, as in a container that may have user namespaces.
    BareRoot,
}

impl Caller {
    /// Those that there can be here.
    pub(super) fn all() -> Vec<Self> {
        match is_root() {
            true => vec![Self::Own, Self::User, Self::BareRoot],
            false => vec![Self::User],
        }
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) struct Place {
    pub(super) world: World,
    pub(super) caller: Caller,
    /// What is to be seen, and where.
    pub(super) bindings: Vec<(PathBuf, PathBuf)>,
}

impl Place {
    /// A project whose `package.json`, `web/package.json` and `deps/` are to be covered by what lies in `ours`.
    pub(super) fn new(caller: Caller) -> Self {
        let world = World::new();
        for (name, theirs, ours) in [
            ("package.json", "original", "rewritten"),
            ("web/package.json", "original of web", "rewritten of web"),
            ("deps/b.tgz", "old", "packed"),
        ] {
            world.file(format!("project/{name}"), theirs).file(format!("ours/{name}"), ours);
        }
        let mut place = Self { world, caller, bindings: Vec::new() };
        for name in ["package.json", "web/package.json", "deps"] {
            place.bind(format!("ours/{name}"), format!("project/{name}"));
        }
        if caller != Caller::Own {
            let program = place.world.beside("docker-prep");
            fs::copy(env!("CARGO_BIN_EXE_docker-prep"), &program).unwrap();
            let above = place.world.root().parent().unwrap();
            fs::set_permissions(above, fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    }

    pub(super) fn bind(&mut self, source: impl AsRef<Path>, target: impl AsRef<Path>) {
        self.bindings.push((self.world.path(source), self.world.path(target)));
    }

    /// Any command as the caller.
    pub(super) fn as_caller(&self, program: impl AsRef<OsStr>) -> Command {
        let mut setpriv = self.world.command("setpriv");
        setpriv.current_dir(self.world.path("project"));
        match self.caller {
            Caller::User if is_root() => {
                let groups = format!("--groups={USER},{GROUP}");
                setpriv.args([format!("--reuid={USER}"), format!("--regid={USER}"), groups]);
            }
            Caller::BareRoot => _ = setpriv.arg("--bounding-set=-sys_admin"),
            Caller::Own | Caller::User => {}
        }
        setpriv.arg("--").arg(program);
        setpriv
    }

    pub(super) fn program(&self) -> PathBuf {
        match self.caller {
            Caller::Own => env!("CARGO_BIN_EXE_docker-prep").into(),
            Caller::User | Caller::BareRoot => self.world.beside("docker-prep"),
        }
    }

    /// The words that call the helper for a command, told by a file that lies beside the world.
    pub(super) fn helper_words(&self, command: &[&str]) -> [OsString; 3] {
        let mut told = format!("{:<1$}\n", "waiting", HEADER - 1).into_bytes();
        let counts = [self.bindings.len(), command.len()].map(|count| OsString::from(count.to_string()));
        let paths =
            self.bindings.iter().flat_map(|(source, target)| [source.as_os_str(), target.as_os_str()]);
        let words = command.iter().map(OsStr::new);
        for word in counts.iter().map(OsString::as_os_str).chain(paths).chain(words) {
            told.extend_from_slice(word.as_bytes());
            told.push(0);
        }
        fs::write(self.told(), told).unwrap();
        if self.caller == Caller::User && is_root() {
            for found in walkdir::WalkDir::new(self.world.root()) {
                let found = found.unwrap();
                let is = found.path().symlink_metadata().unwrap();
                if !is.is_symlink() && is.uid() != USER {
                    chown(found.path(), Some(USER), Some(USER)).unwrap();
                }
            }
            chown(self.told(), Some(USER), Some(USER)).unwrap();
        }
        [self.program().into(), "__in-namespace".into(), self.told().into()]
    }

    /// The helper, which becomes the command.
    pub(super) fn helper(&self, command: &[&str]) -> Command {
        let [program, words @ ..] = self.helper_words(command);
        let mut helper = self.as_caller(program);
        helper.args(words);
        helper
    }

    pub(super) fn sh(&self, script: &str) -> Run {
        Run::from(self.helper(&["sh", "-euc", script]).output().expect("it runs"))
    }

    fn told(&self) -> PathBuf {
        self.world.beside("told")
    }

    /// How far the helper says that it came.
    pub(super) fn progress(&self) -> String {
        let told = fs::read(self.told()).unwrap();
        String::from_utf8(told[..HEADER].to_vec()).unwrap().trim_end().to_owned()
    }
}

/// What is mounted where this test is.
pub(super) fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}
