//! strace: what a command asks of the kernel, and how to have it killed, failed or signalled at one of its calls.
//!
//! Only the main thread counts: with `RAYON_NUM_THREADS=1` it does all that changes the disk, git runs unhindered, and
//! `when=` counts the same calls each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::common::Run;

/// A system call of a recording.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Which call of this name it is, from 1 on: what `when=` counts.
    pub(crate) ordinal: usize,
    /// The paths that it names, and those of its file descriptors.
    pub(crate) paths: Vec<PathBuf>,
    /// Its arguments as strace writes them.
    arguments: String,
}

/// What is done to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// SIGKILL, before the call has done anything.
    Kill,
    /// The call does nothing and fails.
    Errno(&'static str),
    /// This signal comes with the call.
    Signal(&'static str),
}

impl Call {
    /// Whether it changes what is on the disk, or sees to it that it gets there, or locks a file.
    pub(crate) fn changes_disk(&self) -> bool {
        let opens = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"];
        match &*self.name {
            "open" | "openat" | "openat2" => opens.iter().any(|flag| self.arguments.contains(flag)),
            // Not to a terminal, a pipe or a socket; and what was printed is no part of the project.
            "write" | "pwrite64" | "writev" | "pwritev" | "sendfile" | "copy_file_range" => {
                let is_standard = ["0<", "1<", "2<"].iter().any(|fd| self.arguments.starts_with(fd));
                !is_standard && !self.paths.is_empty()
            }
            "creat" | "truncate" | "ftruncate" | "fallocate" | "rename" | "renameat" | "renameat2"
            | "link" | "linkat" | "symlink" | "symlinkat" | "unlink" | "unlinkat" | "mkdir" | "mkdirat"
            | "mknod" | "mknodat" | "rmdir" | "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "chown"
            | "fchown" | "lchown" | "fchownat" | "utime" | "utimes" | "utimensat" | "futimesat"
            | "setxattr" | "fsetxattr" | "fsync" | "fdatasync" | "sync" | "syncfs" | "sync_file_range"
            | "flock" => true,
            _ => false,
        }
    }

    /// A line of strace's output; `None` for one that tells of a signal or of the end.
    fn parse(line: &str, counts: &mut BTreeMap<String, usize>, folder: &Path) -> Option<Self> {
        let (name, arguments) = line.split_once('(')?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        let ordinal = counts.entry(name.to_owned()).or_default();
        *ordinal += 1;
        let paths = paths(arguments, folder);
        Some(Self { name: name.to_owned(), ordinal: *ordinal, paths, arguments: arguments.to_owned() })
    }
}

/// The paths in `"…"`, and those in `<…>` behind the number of a file descriptor.
fn paths(arguments: &str, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut rest = arguments;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let close = match c {
            '"' => '"',
            '<' if before.is_ascii_digit() => '>',
            '<' => {
                rest = rest.split_once('>').map_or("", |(_, rest)| rest);
                continue;
            }
            _ => {
                before = c;
                continue;
            }
        };
        let (text, after) = rest.split_once(close).unwrap_or((rest, ""));
        rest = after;
        if c == '"' && !text.is_empty() || text.starts_with('/') {
            found.push(folder.join(text));
        }
    }
    found
}

/// The path of a program, since the standard library forks for a name that it has to look up in a changed environment:
/// that copies the tables of all the memory of this process, some thousand times, in a quarter of the sweep's time.
pub(crate) fn path_of(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file()).unwrap_or_else(|| panic!("{program}: apt-get install {program}"))
}

/// Fails where strace is missing, or may not trace.
pub(crate) fn require_strace() {
    let tried = Command::new(path_of("strace")).args(["-o", "/dev/null", "true"]).output();
    let output = tried.unwrap_or_else(|error| panic!("strace ({error}): apt-get install strace"));
    assert!(
        output.status.success(),
        "strace may not trace here: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs a command and writes down each of its calls.
pub(crate) fn record(command: &Command) -> (Vec<Call>, Run) {
    // `-s 0` leaves out the bytes of reads and writes, in which anything could stand; paths are always whole.
    let (run, log) = strace(command, &["-y", "-s", "0", "-e", "signal=none"]);
    let mut counts = BTreeMap::new();
    let folder = command.get_current_dir().expect("it runs in a project");
    let calls = log.lines().filter_map(|line| Call::parse(line, &mut counts, folder)).collect();
    (calls, run)
}

/// The calls that the program alone makes, and none of its children. For these the kernel stops at no other call, which
/// takes a third of the time from a run; that filter reaches the children too (`-f`), and so would the fault.
const NOT_OF_CHILDREN: [&str; 15] = [
    "rename",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "rmdir",
    "chmod",
    "fchmod",
    "fsync",
    "fdatasync",
    "flock",
    "utimensat",
    "ftruncate",
];

/// Runs a command with one fault at one of its calls.
pub(crate) fn inject(command: &Command, name: &str, ordinal: usize, fault: Fault) -> Run {
    let what = match fault {
        Fault::Kill => "signal=SIGKILL".to_owned(),
        Fault::Errno(errno) => format!("error={errno}"),
        Fault::Signal(signal) => format!("signal={signal}"),
    };
    let inject = format!("inject={name}:{what}:when={ordinal}");
    let trace = format!("trace={name}");
    let mut options = vec!["-e", &trace, "-e", &inject];
    // At a stop of this kind no signal is taken; and the package manager that makes a lockfile changes the disk too.
    let is_alone = matches!(fault, Fault::Errno(_))
        && NOT_OF_CHILDREN.contains(&name)
        && !command.get_args().any(|word| word == "--lockfile");
    if is_alone {
        options.extend(["-f", "--seccomp-bpf"]);
    }
    let (run, log) = strace(command, &options);
    if is_alone {
        // With `-f` each line begins with the process.
        let processes: BTreeSet<&str> = log.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(processes.len() <= 1, "{inject}: a child makes that call too:\n{log}\n{run}");
    }
    if matches!(fault, Fault::Errno(_)) {
        assert!(log.contains("(INJECTED)"), "{inject}: there was no such call:\n{log}\n{run}");
    }
    run
}

/// Runs a command under strace, and returns what strace wrote too.
pub(crate) fn strace(command: &Command, options: &[&str]) -> (Run, String) {
    let log = NamedTempFile::new().expect("a temporary file");
    let mut strace = Command::new(path_of("strace"));
    strace.args(["-qq", "-o"]).arg(log.path()).args(options);
    strace.arg("--").arg(command.get_program()).args(command.get_args());
    strace.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir().expect("it runs in a project")).stdin(Stdio::null());
    // Ended by a signal of its command, strace ends itself by the same.
    let run = Run::from(strace.output().expect("strace runs"));
    let text = fs::read(log.path()).expect("strace wrote a log");
    (run, String::from_utf8_lossy(&text).into_owned())
}
