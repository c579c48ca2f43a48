//! What a command writes to a project, step by step and with every byte, as strace saw it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Run;
use crate::faults::trace;

/// A change of the project's disk, or a sync. Paths are from the project's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    MakeFolder {
        path: PathBuf,
        mode: u32,
    },
    RemoveFolder(PathBuf),
    Create {
        path: PathBuf,
        mode: u32,
    },
    Write {
        path: PathBuf,
        at: usize,
        bytes: Vec<u8>,
    },
    SetMode {
        path: PathBuf,
        mode: u32,
    },
    /// Seconds and nanoseconds since 1970.
    SetTime {
        path: PathBuf,
        time: (i64, u32),
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    Sync(PathBuf),
}

/// Only calls of these kinds can change what is on the disk. One that [`Recorder`] does not know fails the test.
const TRACED: &str = "trace=open,openat,openat2,creat,lseek,write,pwrite64,writev,pwritev,pwritev2,sendfile,\
    copy_file_range,splice,truncate,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
    unlink,unlinkat,mkdir,mkdirat,mknod,mknodat,rmdir,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,utimes,\
    utimensat,futimesat,setxattr,lsetxattr,fsetxattr,fsync,fdatasync,sync,syncfs,sync_file_range";

/// Runs a command in its project, and returns what it changed there.
pub(crate) fn record(command: &Command) -> (Vec<Step>, Run) {
    let (run, log) =
        trace::strace(command, &["-y", "-xx", "-s", "16777216", "-e", "signal=none", "-e", TRACED]);
    let root = command.get_current_dir().expect("it runs in a project");
    let mut recorder = Recorder { root: root.to_owned(), positions: BTreeMap::new() };
    (log.lines().filter_map(|line| recorder.step(line)).collect(), run)
}

/// The names that differ from run to run or say nothing, made plain.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MakeFolder { path, .. } => write!(f, "mkdir {}/", plain(path)),
            Self::RemoveFolder(path) => write!(f, "rmdir {}/", plain(path)),
            Self::Create { path, .. } => write!(f, "create {}", plain(path)),
            Self::Write { path, bytes, .. } => write!(f, "write {} ({} bytes)", plain(path), bytes.len()),
            Self::SetMode { path, mode } => write!(f, "chmod {mode:o} {}", plain(path)),
            Self::SetTime { path, .. } => write!(f, "set the time of {}", plain(path)),
            Self::Link { from, to } => write!(f, "link {} -> {}", plain(from), last(to)),
            Self::Rename { from, to } => write!(f, "rename {} -> {}", plain(from), last(to)),
            Self::Remove(path) => write!(f, "unlink {}", plain(path)),
            Self::Sync(path) => write!(f, "fsync {}", plain(path)),
        }
    }
}

/// `.docker-prep-Ab3dEf.tmp` without its random part, a digest by its first digits, and the root as a dot.
fn plain(path: &Path) -> String {
    match path.parent() {
        None => ".".to_owned(),
        Some(folder) => folder.join(last(path)).display().to_string(),
    }
}

fn last(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits == 64 {
        return format!("{}…{}", &name[..6], &name[64..]);
    }
    match name.strip_prefix(".docker-prep-").and_then(|rest| rest.strip_suffix(".tmp")) {
        Some(random) if random.len() == 6 => ".docker-prep-*.tmp".to_owned(),
        _ => name.into_owned(),
    }
}

/// Turns strace's lines into steps.
struct Recorder {
    root: PathBuf,
    /// Where each open file descriptor will write next.
    positions: BTreeMap<u32, usize>,
}

/// A line of `strace -y -xx`, taken apart.
struct Line<'a> {
    name: &'a str,
    arguments: Vec<&'a str>,
    /// What it returned; `None` for an error.
    result: Option<usize>,
    root: &'a Path,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str, root: &'a Path) -> Option<Self> {
        let (name, rest) = line.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        let arguments = arguments.trim_end().strip_suffix(')')?;
        // An opened file is shown as `3</its/path>`.
        let number = result.split(['<', ' ']).next()?;
        Some(Self { name, arguments: split(arguments), result: number.parse().ok(), root })
    }

    /// The number of a file descriptor.
    fn descriptor(&self, index: usize) -> Option<u32> {
        self.arguments.get(index)?.split('<').next()?.parse().ok()
    }

    /// The file that an argument names, by its path or its descriptor, from the project's root.
    #[track_caller]
    fn path(&self, index: usize) -> PathBuf {
        let argument = self.arguments[index];
        let hex = match argument.split_once('"') {
            Some((_, text)) => text.trim_end_matches('"'),
            None => argument.split_once('<').map_or("", |(_, text)| text.trim_end_matches('>')),
        };
        let path = self.root.join(String::from_utf8(bytes(hex)).expect("a path in UTF-8"));
        let inside = path.strip_prefix(self.root);
        inside
            .unwrap_or_else(|_| panic!("{}: outside of the project: {}", self.name, path.display()))
            .to_owned()
    }

    fn octal(&self, index: usize) -> u32 {
        u32::from_str_radix(self.arguments[index], 8).expect("a mode")
    }
}

impl Recorder {
    fn step(&mut self, text: &str) -> Option<Step> {
        let root = self.root.clone();
        let line = Line::parse(text, &root)?;
        let result = line.result?;
        let step = match line.name {
            "open" | "openat" => return self.open(&line, result),
            "lseek" => {
                self.positions.insert(line.descriptor(0)?, result);
                return None;
            }
            "write" => return self.write(&line, result),
            "mkdir" => Step::MakeFolder { path: line.path(0), mode: line.octal(1) },
            "rmdir" => Step::RemoveFolder(line.path(0)),
            "unlink" => Step::Remove(line.path(0)),
            "unlinkat" if line.arguments[2] == "AT_REMOVEDIR" => Step::RemoveFolder(line.path(1)),
            "unlinkat" => Step::Remove(line.path(1)),
            "link" => Step::Link { from: line.path(0), to: line.path(1) },
            "linkat" => Step::Link { from: line.path(1), to: line.path(3) },
            "rename" => Step::Rename { from: line.path(0), to: line.path(1) },
            "renameat" | "renameat2" => Step::Rename { from: line.path(1), to: line.path(3) },
            "chmod" | "fchmod" => Step::SetMode { path: line.path(0), mode: line.octal(1) },
            "utimensat" => Step::SetTime { path: line.path(0), time: modified(line.arguments[2]) },
            "fsync" => Step::Sync(line.path(0)),
            name => panic!("{name}: not known to the recorder: {text}"),
        };
        Some(step)
    }

    fn open(&mut self, line: &Line<'_>, descriptor: usize) -> Option<Step> {
        let (path, flags) = if line.name == "open" { (0, 1) } else { (1, 2) };
        let flags = line.arguments[flags];
        self.positions.insert(u32::try_from(descriptor).expect("a file descriptor"), 0);
        assert!(
            !flags.contains("O_TRUNC") && !flags.contains("O_APPEND"),
            "not known to the recorder: {flags}"
        );
        // One that is there already is the disk's to tell.
        flags.contains("O_CREAT").then(|| Step::Create { path: line.path(path), mode: line.octal(path + 2) })
    }

    fn write(&mut self, line: &Line<'_>, written: usize) -> Option<Step> {
        let descriptor = line.descriptor(0)?;
        // What was printed, and what went to a pipe, is no part of the project.
        if descriptor <= 2 || !line.arguments[0].contains("<\\x2f") {
            return None;
        }
        let at = *self.positions.get(&descriptor).expect("the file was opened");
        self.positions.insert(descriptor, at + written);
        let bytes = bytes(line.arguments[1].trim_matches('"'));
        assert!(bytes.len() >= written, "strace has cut the bytes of a write");
        Some(Step::Write { path: line.path(0), at, bytes: bytes[..written].to_owned() })
    }
}

/// Arguments by their commas, but for those inside brackets. Strings are in hex, and hold neither.
fn split(arguments: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut parts = Vec::new();
    let mut begin = 0;
    for (index, byte) in arguments.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(arguments[begin..index].trim());
                begin = index + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[begin..].trim());
    parts
}

/// `\x2f\x61` as bytes.
fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).expect("hex")).collect()
}

/// The second of `[UTIME_OMIT, {tv_sec=1, tv_nsec=2}]`.
fn modified(times: &str) -> (i64, u32) {
    let number = |key: &str| {
        let (_, text) = times.rsplit_once(key).expect("a time");
        let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        digits.parse().expect("a number")
    };
    (number("tv_sec="), u32::try_from(number("tv_nsec=")).expect("nanoseconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }

    /// Words in `~…~` are put in hex, as `-xx` has them.
    fn steps(lines: &[&str]) -> Vec<Step> {
        let mut recorder = Recorder { root: "/p".into(), positions: BTreeMap::new() };
        let coded = lines.iter().map(|line| {
            let parts = line.split('~').enumerate();
            parts.map(|(i, part)| if i % 2 == 1 { hex(part) } else { part.to_owned() }).collect::<String>()
        });
        coded.filter_map(|line| recorder.step(&line)).collect()
    }

    #[test]
    fn writes_are_put_where_the_descriptor_stands() {
        let found = steps(&[
            r#"openat(AT_FDCWD<~/p~>, "~/p/a, (b)~", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 4<~/p/a, (b)~>"#,
            r#"write(4<~/p/a, (b)~>, "~one,"~", 5) = 5"#,
            r#"write(4<~/p/a, (b)~>, "~) = 7~", 5) = 3"#,
            r"lseek(4<~/p/a, (b)~>, 1, SEEK_SET) = 1",
            r#"write(4<~/p/a, (b)~>, "~x~", 1) = 1"#,
            r#"write(1<~/p/printed~>, "~x~", 1) = 1"#,
            r#"write(5<~pipe:[3]~>, "~x~", 1) = 1"#,
        ]);
        let path = PathBuf::from("a, (b)");
        let write = |at, bytes: &[u8]| Step::Write { path: path.clone(), at, bytes: bytes.to_owned() };
        let create = Step::Create { path: path.clone(), mode: 0o600 };
        assert_eq!(found, [create, write(0, b"one,\""), write(5, b") ="), write(1, b"x")]);
    }

    #[test]
    fn what_failed_and_what_only_reads_is_no_step() {
        let found = steps(&[
            r#"unlink("~/p/a~")                 = -1 ENOENT (No such file or directory)"#,
            r#"openat(AT_FDCWD<~/p~>, "~/etc/passwd~", O_RDONLY|O_CLOEXEC) = 3<~/etc/passwd~>"#,
            "+++ exited with 0 +++",
        ]);
        assert_eq!(found, []);
    }

    #[test]
    fn names_times_and_modes() {
        let found = steps(&[
            r#"linkat(AT_FDCWD<~/p~>, "~/p/a~", AT_FDCWD<~/p~>, "~/p/b~", 0) = 0"#,
            r#"rename("~a~", "~/p/c~")         = 0"#,
            r"utimensat(4<~/p/c~>, NULL, [UTIME_OMIT, {tv_sec=12, tv_nsec=34} /* 1970 */], 0) = 0",
            r"fchmod(4<~/p/c~>, 0640)          = 0",
            r"fsync(4<~/p~>)                   = 0",
        ]);
        let path = |name: &str| PathBuf::from(name);
        let expected = [
            Step::Link { from: path("a"), to: path("b") },
            Step::Rename { from: path("a"), to: path("c") },
            Step::SetTime { path: path("c"), time: (12, 34) },
            Step::SetMode { path: path("c"), mode: 0o640 },
            Step::Sync(path("")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    #[should_panic(expected = "not known to the recorder")]
    fn an_unknown_way_to_write_is_not_passed_over() {
        steps(&[r"ftruncate(4<~/p/a~>, 0) = 0"]);
    }
}
