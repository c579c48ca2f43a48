//! A product in which commands are run, and commands that tell what happens to them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::product::product;
use crate::common::{Run, Snapshot, World};

/// Prints `ready`, then the name of each signal that it is sent, and `end` with exit code 7 once stdin says so.
pub(crate) const LISTENER: &str = r#"
    $| = 1;
    for my $name (qw(INT TERM HUP QUIT)) { $SIG{$name} = sub { syswrite STDOUT, "$name\n" } }
    syswrite STDOUT, "ready $$\n";
    1 while !defined sysread STDIN, my $byte, 1;
    syswrite STDOUT, "end\n";
    exit 7;
"#;

/// Prints `ready`, and dies of any signal; exit code 7 once stdin says so.
pub(crate) const MORTAL: &str = r#"
    syswrite STDOUT, "ready $$\n";
    1 while !defined sysread STDIN, my $byte, 1;
    exit 7;
"#;

/// A product, and how it must be again.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) before: Snapshot,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let world = product();
        let before = Self::look(&world);
        Self { world, before }
    }

    /// The product's own files: git's are not what is promised.
    fn look(world: &World) -> Snapshot {
        Snapshot::of(&world.path("notes")).without(&[".git", ".docker-deps"]).without_folder_times()
    }

    pub(crate) fn now(&self) -> Snapshot {
        Self::look(&self.world)
    }

    /// Any command in the product. What perl is told by a signal it acts upon at once, and not when its next call is
    /// over, which may be never.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = self.world.command(program);
        command.current_dir(self.world.path("notes")).env("PERL_SIGNALS", "unsafe");
        command
    }

    /// `docker-prep` with these words before `run`'s `--` and these behind it, in the product.
    pub(crate) fn program(&self, words: &[&str], command: &[&str]) -> Command {
        let mut program = self.command(env!("CARGO_BIN_EXE_docker-prep"));
        program.args(words).arg("--").args(command);
        program
    }

    pub(crate) fn run(&self, words: &[&str], command: &[&str]) -> Run {
        Run::from(self.program(words, command).output().expect("docker-prep runs"))
    }

    /// `run -- sh -c SCRIPT`.
    pub(crate) fn sh(&self, script: &str) -> Run {
        self.run(&["run"], &["sh", "-c", script])
    }

    /// `run -- perl -e SCRIPT`, which has said `ready`.
    pub(crate) fn listen(&self, script: &str) -> Running {
        Running::start(self.program(&["run"], &["perl", "-e", script]))
    }

    /// Every byte, mode and time is as before, and nothing of the tool is left.
    #[track_caller]
    pub(crate) fn is_restored(&self) {
        self.before.assert_same(&self.now());
        assert_eq!(self.world.git_status("notes"), "");
        assert!(!self.world.exists("notes/.git/docker-prep"), "the state folder is still there");
    }

    /// The surface's manifest.
    pub(crate) fn manifest(&self) -> String {
        self.world.read("notes/backend/package.json")
    }
}

/// A command under way.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Of the command itself.
    pub(crate) command: Pid,
}

impl Running {
    /// Starts it with pipes, and waits for the command's `ready`.
    pub(crate) fn start(mut program: Command) -> Self {
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        if program.get_args().any(|word| word == "2>&-") {
            program.stderr(Stdio::null());
        } else {
            program.stderr(Stdio::piped());
        }
        Self::started(program.spawn().expect("it starts"))
    }

    /// Waits for the `ready` of a command that was started with pipes.
    pub(crate) fn started(mut child: Child) -> Self {
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut running = Self { child, stdin, stdout, command: rustix::process::getpid() };
        let line = running.line();
        let Some(pid) = line.strip_prefix("ready ").and_then(|pid| pid.trim().parse().ok()) else {
            let run = running.rest();
            panic!("not ready: {line:?}\n{run}");
        };
        running.command = Pid::from_raw(pid).expect("a process id");
        running
    }

    /// The next line of the command, without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a readable pipe");
        line.trim_end().to_owned()
    }

    /// Of docker-prep.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends docker-prep a signal.
    pub(crate) fn send(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it is there");
    }

    /// Lets the command end, and waits for docker-prep's end.
    pub(crate) fn release(mut self) -> Run {
        drop(self.stdin.take());
        self.rest()
    }

    /// Waits for docker-prep's end while the command still has its stdin.
    pub(crate) fn rest(&mut self) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.stdout.read_to_end(&mut stdout).expect("a readable pipe");
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_end(&mut stderr).expect("a readable pipe");
        }
        let status = self.child.wait().expect("it ends");
        Run::from(std::process::Output { status, stdout, stderr })
    }

    /// Only docker-prep's end: whoever else has its streams may go on.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

/// A FIFO, whose ends the two sides open.
pub(crate) fn fifo(world: &World, relative: &str) {
    let made = world.command("mkfifo").arg(world.path(relative)).status();
    assert!(made.expect("mkfifo runs").success());
}

/// Opens a FIFO's end for writing: whoever reads it goes on once it is dropped.
pub(crate) fn writer(world: &World, relative: &str) -> File {
    File::options().write(true).open(world.path(relative)).expect("a FIFO with a reader")
}
