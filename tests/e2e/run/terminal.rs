//! On a terminal of its own: what it is, and what the keys do.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Child;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::run::scene::{LISTENER, MORTAL, Scene, fifo, writer};

const CTRL_C: &[u8] = b"\x03";
const CTRL_BACKSLASH: &[u8] = b"\x1c";
const CTRL_Z: &[u8] = b"\x1a";

/// Who has started the program on the terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// Nobody: it leads the session, as in `docker run -t` or `ssh -t`.
    Itself,
    /// A shell that survives the keys and says `code N` when the program has ended.
    Shell,
    /// A shell that lives outside of the program's pid namespace, where its id is 0.
    ShellOutside,
}

/// A terminal, seen from the side of the person.
struct Terminal {
    child: Child,
    person: File,
    seen: String,
    /// What the shell waits for when the program has ended.
    shell: PathBuf,
}

impl Terminal {
    fn start(scene: &Scene, by: By, command: &[&str]) -> Self {
        let program = scene.program(&["run"], command);
        let mut words = Vec::new();
        if by == By::Shell {
            let script = "ulimit -c 0; trap : INT QUIT HUP; \"$@\"; echo \"code $?\"; read line <../shell";
            if !scene.world.exists("shell") {
                fifo(&scene.world, "shell");
            }
            words.extend(["sh", "-c", script, "sh"]);
        }
        words.push(program.get_program().to_str().unwrap());
        words.extend(program.get_args().map(|word| word.to_str().unwrap()));
        Self::start_words(scene, &words)
    }

    fn start_words(scene: &Scene, words: &[&str]) -> Self {
        let person =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let side: OwnedFd = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
        // From util-linux, as script and unshare are.
        let mut setsid = scene.command("setsid");
        setsid.arg("--ctty").args(words);
        setsid.stdin(side.try_clone().unwrap()).stdout(side.try_clone().unwrap()).stderr(side);
        let child = setsid.spawn().expect("setsid runs");
        Self { child, person: person.into(), seen: String::new(), shell: scene.world.path("shell") }
    }

    fn press(&mut self, keys: &[u8]) {
        self.person.write_all(keys).unwrap();
    }

    /// Reads on until something is shown; returns everything up to it.
    fn until(&mut self, what: &str) -> String {
        loop {
            if let Some(at) = self.seen.find(what) {
                let rest = self.seen.split_off(at + what.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(self.read_on(), "no {what:?} in {:?}", self.seen);
        }
    }

    /// Everything until the last one has closed the terminal.
    fn rest(&mut self) -> String {
        while self.read_on() {}
        std::mem::take(&mut self.seen)
    }

    fn read_on(&mut self) -> bool {
        let mut buffer = [0; 4096];
        // An error is the end: nobody has the other side open any more.
        let read = self.person.read(&mut buffer).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&buffer[..read]));
        read > 0
    }

    /// The id that the command says it has.
    fn ready(&mut self) -> Pid {
        self.until("ready ");
        let id = self.until("\r\n");
        Pid::from_raw(id.trim().parse().unwrap()).unwrap()
    }

    /// The exit code of docker-prep, and what was shown until then.
    fn code(mut self, by: By) -> (Option<i32>, String) {
        if by == By::Itself {
            let shown = self.rest();
            return (self.child.wait().unwrap().code(), shown);
        }
        let mut shown = self.until("code ");
        let code = self.until("\r\n");
        std::fs::write(&self.shell, "\n").unwrap();
        shown.push_str(&self.rest());
        self.child.wait().unwrap();
        (code.trim().parse().ok(), shown)
    }
}

fn parent_of(pid: Pid) -> Pid {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    Pid::from_raw(fields.split(' ').nth(1).unwrap().parse().unwrap()).unwrap()
}

/// Until the program has taken the SIGINT that it was sent: one that still waits for it swallows the next.
fn takes_the_interrupt(program: Pid) {
    let status = format!("/proc/{}/status", program.as_raw_nonzero());
    let waits = || {
        let status = std::fs::read_to_string(&status).unwrap();
        let mut masks = status.lines().filter_map(|line| line.split_once("Pnd:\t"));
        masks.any(|(_, mask)| u64::from_str_radix(mask, 16).unwrap() & 1 << (Signal::INT.as_raw() - 1) != 0)
    };
    while waits() {
        std::thread::yield_now();
    }
}

#[test]
fn it_stays_a_terminal() {
    let scene = Scene::new();
    let script = "test -t 0 && test -t 1 && test -t 2 && stty -F /dev/tty >/dev/null; exit $((40 + $?))";
    for by in [By::Itself, By::Shell] {
        let (code, shown) = Terminal::start(&scene, by, &["sh", "-c", script]).code(by);
        assert_eq!(code, Some(40), "{by:?}: {shown}");
        scene.is_restored();
    }
}

#[test]
fn a_key_reaches_the_command_once_and_the_program_waits() {
    for by in [By::Itself, By::Shell] {
        for (key, name) in [(CTRL_C, "INT"), (CTRL_BACKSLASH, "QUIT")] {
            let scene = Scene::new();
            let mut terminal = Terminal::start(&scene, by, &["perl", "-e", LISTENER]);
            let program = parent_of(terminal.ready());
            terminal.press(key);
            terminal.until(&format!("{name}\r\n"));
            // Signals are passed on one after the other: a second one would have come before this.
            kill_process(program, Signal::TERM).unwrap();
            assert_eq!(terminal.until("TERM\r\n"), "TERM\r\n", "{by:?}");
            assert!(scene.manifest().contains("file:../.docker-deps/"));
            terminal.press(b"\n");
            let (code, shown) = terminal.code(by);
            assert_eq!(code, Some(7), "{by:?}: {shown}");
            scene.is_restored();
        }
    }
}

#[test]
fn a_key_that_the_command_dies_of_is_128_and_the_signals_number() {
    for (by, key, code) in
        [(By::Itself, CTRL_C, 130), (By::Shell, CTRL_C, 130), (By::Shell, CTRL_BACKSLASH, 131)]
    {
        let scene = Scene::new();
        let mut terminal = Terminal::start(&scene, by, &["perl", "-e", MORTAL]);
        terminal.ready();
        terminal.press(key);
        let (ended, shown) = terminal.code(by);
        assert_eq!(ended, Some(code), "{by:?}: {shown}");
        assert!(shown.contains("the command was ended by SIG") && shown.contains("restored"), "{shown}");
        scene.is_restored();
    }
}

#[test]
fn a_second_ctrl_c_ends_the_waiting_and_not_the_command() {
    let scene = Scene::new();
    let mut terminal = Terminal::start(&scene, By::Shell, &["perl", "-e", LISTENER]);
    let command = terminal.ready();
    terminal.press(CTRL_C);
    terminal.until("INT\r\n");
    takes_the_interrupt(parent_of(command));
    terminal.press(CTRL_C);
    let mut shown = terminal.until("code ");
    assert_eq!(terminal.until("\r\n").trim(), "130", "{shown}");
    scene.is_restored();
    test_kill_process(command).expect("the command goes on");
    kill_process(command, Signal::KILL).unwrap();
    std::fs::write(&terminal.shell, "\n").unwrap();
    shown.push_str(&terminal.rest());
    assert!(shown.contains(&format!("process {} is not waited for", command.as_raw_nonzero())), "{shown}");
    terminal.child.wait().unwrap();
}

/// npm sends on the SIGINT that it got from the terminal, and so has the terminal.
#[test]
fn a_ctrl_c_that_the_caller_sends_on_as_well_is_still_the_first() {
    let scene = Scene::new();
    let mut terminal = Terminal::start(&scene, By::Shell, &["perl", "-e", LISTENER]);
    let program = parent_of(terminal.ready());
    terminal.press(CTRL_C);
    terminal.until("INT\r\n");
    takes_the_interrupt(program);
    kill_process(program, Signal::INT).unwrap();
    terminal.until("INT\r\n");
    kill_process(program, Signal::TERM).unwrap();
    terminal.until("TERM\r\n");
    terminal.press(b"\n");
    let (code, shown) = terminal.code(By::Shell);
    assert_eq!(code, Some(7), "{shown}");
    scene.is_restored();
}

#[test]
fn it_can_be_stopped_and_taken_to_the_foreground_again() {
    let scene = Scene::new();
    let program = scene.program(&["run"], &["perl", "-e", LISTENER]);
    let script = "set -m; \"$@\"; echo \"stopped $?\"; fg >/dev/null; echo \"code $?\"";
    let mut words = vec!["sh", "-c", script, "sh", program.get_program().to_str().unwrap()];
    words.extend(program.get_args().map(|word| word.to_str().unwrap()));
    let mut terminal = Terminal::start_words(&scene, &words);
    terminal.ready();
    terminal.press(CTRL_Z);
    // The shell has been told that the program is stopped: 128 + SIGTSTP.
    terminal.until("stopped 148\r\n");
    assert!(scene.manifest().contains("file:../.docker-deps/"), "it is still prepared");
    let program = parent_of_running(&scene);
    kill_process(program, Signal::TERM).unwrap();
    terminal.until("TERM\r\n");
    terminal.press(CTRL_C);
    terminal.until("INT\r\n");
    terminal.press(b"\n");
    terminal.until("code 7\r\n");
    terminal.child.wait().unwrap();
    scene.is_restored();
}

/// The process that `status` says is at work.
fn parent_of_running(scene: &Scene) -> Pid {
    let status = scene.world.run_in("notes", ["--json", "status"]).exits(0).json();
    Pid::from_raw(i32::try_from(status["running"]["pid"].as_i64().unwrap()).unwrap()).unwrap()
}

/// The window is closed, the connection is gone. The kernel tells the leader of the session, or else everybody.
#[test]
fn a_terminal_that_goes_away_is_told_once() {
    for by in [By::Itself, By::Shell, By::ShellOutside] {
        let scene = Scene::new();
        for name in ["hold", "heard", "errors"] {
            fifo(&scene.world, name);
        }
        let script = "exec perl -e \"$1\" <../hold >../heard";
        let program = scene.program(&["run"], &["sh", "-c", script, "sh", LISTENER]);
        let mut words = vec!["sh", "-c", "exec \"$@\" 2>../errors", "sh"];
        match by {
            By::Itself => {}
            By::Shell => words[2] = "\"$@\" 2>../errors; true",
            By::ShellOutside => {
                words[2] = "unshare --user --map-root-user --pid --fork -- \"$@\" 2>../errors; true"
            }
        }
        words.push(program.get_program().to_str().unwrap());
        words.extend(program.get_args().map(|word| word.to_str().unwrap()));
        let Terminal { mut child, person, .. } = Terminal::start_words(&scene, &words);
        let errors = scene.world.path("errors");
        let errors = std::thread::spawn(move || std::fs::read_to_string(errors).unwrap());
        let hold = writer(&scene.world, "hold");
        let mut heard = BufReader::new(File::open(scene.world.path("heard")).unwrap());
        let mut line = || {
            let mut line = String::new();
            heard.read_line(&mut line).unwrap();
            line
        };
        let ready = line();
        let command = Pid::from_raw(ready.strip_prefix("ready ").unwrap().trim().parse().unwrap()).unwrap();
        // In a namespace of its own the command has another id there than here.
        let program = (by != By::ShellOutside).then(|| parent_of(command));
        drop(person);
        assert_eq!(line(), "HUP\n", "{by:?}");
        if let Some(program) = program {
            kill_process(program, Signal::TERM).unwrap();
            assert_eq!(line(), "TERM\n", "{by:?}: once");
        }
        drop(hold);
        assert_eq!(line(), "end\n");
        let errors = errors.join().unwrap();
        assert!(
            errors.contains("exit code 7") && errors.contains("restored backend/package.json"),
            "{errors}"
        );
        let code = child.wait().unwrap().code();
        assert_eq!(code, if by == By::Itself { Some(7) } else { None }, "{errors}");
        scene.is_restored();
    }
}
