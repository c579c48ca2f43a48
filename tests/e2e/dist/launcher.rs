//! The launcher is not noticed: codes, signals, streams and words pass through it, by sh and by Node.js, whether that can
//! become another program or not.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::manager::{node, path};
use crate::common::shim::program_at;
use crate::common::{Run, World};
use crate::dist::distribution::VERSION;

/// How the launcher is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As the link in `node_modules/.bin`.
    Link,
    /// As the script there that pnpm writes, or by hand.
    Shell,
    /// As Yarn does: by Node.js, whatever the first line says.
    Yarn,
    /// By a Node.js that cannot become the program.
    OldNode,
}

const WAYS: [Way; 4] = [Way::Link, Way::Shell, Way::Yarn, Way::OldNode];

/// The main package in node_modules, without any program.
struct Launcher {
    world: World,
}

impl Launcher {
    fn new() -> Self {
        let world = World::new();
        let package = "node_modules/@bytelyst/docker-prep";
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/distribution/npm");
        for name in ["docker-prep", "docker-prep.js"] {
            world.exec(format!("{package}/bin/{name}"), std::fs::read(root.join(name)).unwrap());
        }
        world.file(
            format!("{package}/package.json"),
            format!("{{\"version\": \"{VERSION}\", \"optionalDependencies\": {{\"x\": \"1\"}}}}"),
        );
        world.symlink("node_modules/.bin/docker-prep", "../@bytelyst/docker-prep/bin/docker-prep");
        world.file("old.cjs", "delete process.execve;\n");
        Self { world }
    }

    /// A program in place of docker-prep.
    fn program(&self, text: &str) -> PathBuf {
        let path = self.world.beside("programs/docker prep");
        program_at(&path, text);
        path
    }

    fn command(&self, way: Way) -> Command {
        let file = self.world.path("node_modules/@bytelyst/docker-prep/bin/docker-prep");
        // In a session of its own: of a terminal's keys only what that sends may be left to it.
        let mut command = self.world.command("perl");
        command.args(["-MPOSIX", "-e", "setsid(); exec @ARGV"]).env("PATH", path());
        match way {
            Way::Link => command.arg(self.world.path("node_modules/.bin/docker-prep")),
            Way::Shell => command.arg("sh").arg(file),
            Way::Yarn => command.arg(node()).arg(file),
            Way::OldNode => command.arg(node()).arg("--require").arg(self.world.path("old.cjs")).arg(file),
        };
        command
    }

    /// Starts it, waits for its first line, sends it a signal; what else it says, and how it ends.
    fn signalled(&self, way: Way, signal: Signal) -> (String, ExitStatus) {
        let mut command = self.command(way);
        command.env("DOCKER_PREP_BINARY", self.world.beside("programs/docker prep"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "{way:?}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        // It waits for its input no longer than for the signal.
        (rest, child.wait().unwrap())
    }
}

#[test]
fn words_streams_and_codes() {
    let launcher = Launcher::new();
    let program = launcher.program("printf '<%s>' \"$@\"; cat; echo error >&2; exit 7");
    for way in WAYS {
        let input = launcher.world.beside("input");
        std::fs::write(&input, "input").unwrap();
        let mut command = launcher.command(way);
        command.args(["a b", "", "*", "--flag=\"$x\""]).stdin(File::open(input).unwrap());
        let run = Run::from(command.env("DOCKER_PREP_BINARY", &program).output().unwrap()).exits(7);
        assert_eq!((&*run.stdout, &*run.stderr), ("<a b><><*><--flag=\"$x\">input", "error\n"), "{way:?}");
    }
}

#[test]
fn a_signal_reaches_the_program() {
    let launcher = Launcher::new();
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::HUP, "HUP"), (Signal::INT, "INT")] {
        launcher.program(&format!("trap 'echo heard; exit 9' {name}\necho ready\nread -r line\nexit 1"));
        for way in WAYS {
            let (said, status) = launcher.signalled(way, signal);
            assert_eq!((&*said, status.code()), ("heard\n", Some(9)), "{way:?}, SIG{name}");
        }
    }
}

#[test]
fn a_program_that_a_signal_ends_ends_the_launcher_so() {
    let launcher = Launcher::new();
    launcher.program("echo ready\nread -r line\nexit 1");
    for way in WAYS {
        let (_, status) = launcher.signalled(way, Signal::TERM);
        assert_eq!(status.signal(), Some(15), "{way:?}: {status}");
    }
    let program = launcher.program("kill -KILL $$");
    for way in WAYS {
        let status = launcher.command(way).env("DOCKER_PREP_BINARY", &program).status().unwrap();
        assert_eq!(status.signal(), Some(9), "{way:?}: {status}");
    }
}

#[test]
fn a_program_that_is_named() {
    let launcher = Launcher::new();
    let program = launcher.program("echo named");
    let bin = launcher.world.path("node_modules/.bin/docker-prep");
    let shim = launcher.world.beside("shim");
    program_at(&shim, &format!("exec '{}' \"$@\"", bin.display()));
    for way in WAYS {
        let call =
            |name: &Path| Run::from(launcher.command(way).env("DOCKER_PREP_BINARY", name).output().unwrap());
        assert_eq!(call(&program).exits(0).stdout, "named\n", "{way:?}");
        let missing = call(Path::new("/no/such/program")).exits(5);
        assert!(
            missing.stderr.contains("DOCKER_PREP_BINARY=/no/such/program is no program"),
            "{way:?}: {missing}"
        );
        for itself in [&bin, &shim] {
            let run = call(itself).exits(5);
            assert!(run.stderr.contains("starts this launcher again"), "{way:?}: {run}");
        }
        // A name is looked for in PATH, as a shell does.
        assert_eq!(call(Path::new("true")).exits(0).stdout, "", "{way:?}");
    }
}

#[test]
fn where_no_program_is_each_way_says_so() {
    let launcher = Launcher::new();
    for way in WAYS {
        let run = Run::from(launcher.command(way).output().unwrap()).exits(5);
        assert!(
            run.stderr.contains("is not installed: optional dependencies were left out"),
            "{way:?}: {run}"
        );
    }
}
