//! What is written down before the first manifest changes: enough to put every byte back, whoever does it.
//!
//! The state file is one JSON document that carries the digest of its own body. A file that is cut, garbled or
//! made up so that it names something outside of the project does not become a [`Journal`].

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::Digest;

/// The manifest that prepare rewrites. It may be a symbolic link to a file of another name in the project.
pub const MANIFEST: &str = "package.json";

/// What a manifest's name is followed by while its new text is written.
pub const TEMP_SUFFIX: &str = ".docker-prep-new";

/// What a manifest's name is followed by where an owner's edit is kept that gave way to the original.
pub const EDITED_SUFFIX: &str = ".edited";

/// The version of the state file's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The journal's name in the state folder.
pub const STATE: &str = "state.json";

/// The folder in the state folder that holds the originals' bytes, each named by its digest.
pub const ORIGINALS: &str = "originals";

/// The same for the texts that prepare wrote: what an owner's edit is compared with.
pub const REWRITTEN: &str = "rewritten";

const OPENING: &str = "{\"schemaVersion\":1,\"checksum\":\"";
const MIDDLE: &str = "\",\"journal\":";
const CLOSING: &str = "}\n";

/// The path of a file from the project's root, with `/` between parts. It cannot lead out of the project by its
/// words, nor into its `.git`; that no symbolic link leads out is for those to check who read the disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectPath(String);

impl ProjectPath {
    /// The path as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Where the original stands while prepared.
    #[must_use]
    pub fn backup(&self) -> Self {
        Self(format!("{}.bak", self.0))
    }

    /// Where new text is written before it is renamed into place.
    #[must_use]
    pub fn temp(&self) -> Self {
        Self(format!("{}{TEMP_SUFFIX}", self.0))
    }

    /// Where an owner's edit is kept that restoring by force put aside.
    #[must_use]
    pub fn edited(&self) -> Self {
        Self(format!("{}{EDITED_SUFFIX}", self.0))
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = |part: &str| {
            matches!(part, "" | "." | "..")
                || part.eq_ignore_ascii_case(".git")
                || part.contains('\0')
                || cfg!(windows) && part.contains(['\\', ':'])
        };
        if text.split('/').any(bad) {
            return Err(format!("'{}' is no path inside the project", text.escape_debug()));
        }
        Ok(Self(text))
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0
    }
}

/// A file's time stamp, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// Seconds since 1970, negative before.
    pub seconds: i64,
    /// Nanoseconds after that second.
    pub nanos: u32,
}

impl Timestamp {
    /// The same instant as the standard library has it; `None` where the system cannot name it.
    #[must_use]
    pub fn to_system(self) -> Option<SystemTime> {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let second =
            if self.seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        second?.checked_add(Duration::from_nanos(u64::from(self.nanos)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self { seconds: signed(after.as_secs()), nanos: after.subsec_nanos() },
            Err(error) => {
                let before = error.duration();
                let seconds = -signed(before.as_secs());
                match before.subsec_nanos() {
                    0 => Self { seconds, nanos: 0 },
                    nanos => Self { seconds: seconds - 1, nanos: 1_000_000_000 - nanos },
                }
            }
        }
    }
}

/// How far the work had come when the journal was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Manifests are being rewritten.
    Preparing,
    /// All are rewritten.
    Prepared,
    /// All are rewritten, for as long as the command of `run` is at work.
    Running,
    /// They are being put back.
    Restoring,
}

/// Who did what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// The version of the program that wrote this.
    pub tool: String,
    /// Its process.
    pub pid: u32,
    /// When that one began, in seconds since 1970 by the wall clock: it means the same after a reboot.
    pub started: u64,
    /// How far it had come.
    pub phase: Phase,
    /// The deps dir.
    pub deps_dir: ProjectPath,
    /// Whether the deps dir was there before.
    pub deps_dir_existed: bool,
}

/// One manifest: what it was, and what it became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The manifest.
    pub path: ProjectPath,
    /// Always [`ProjectPath::backup`]; written out for whoever has to repair by hand.
    pub backup: ProjectPath,
    /// Always [`ProjectPath::temp`].
    pub temp: ProjectPath,
    /// Of the original's bytes.
    pub digest: Digest,
    /// The number of the original's bytes.
    pub length: u64,
    /// The original's permission bits.
    pub mode: u32,
    /// When the original was last changed.
    pub mtime: Timestamp,
    /// Of the text that prepare put in its place.
    pub rewritten: Digest,
    /// Of the text with an owner's edit kept and the rewrite undone, once restore has decided to write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Digest>,
    /// How the JSON editor takes its changes back; nobody else reads it.
    pub undo: Value,
}

/// The state of a prepared project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// Who, when, how far.
    pub head: Head,
    /// The manifests, in the order in which they are rewritten.
    pub files: Vec<Entry>,
}

impl Journal {
    /// The state file's bytes.
    ///
    /// # Errors
    /// The undo record cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let body = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let checksum = Digest::of(body.as_bytes());
        Ok(format!("{OPENING}{}{MIDDLE}{body}{CLOSING}", checksum.as_str()).into_bytes())
    }

    /// Reads a state file.
    ///
    /// # Errors
    /// Why these bytes are not one that this program wrote whole.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let Some(sealed) = text.strip_prefix(OPENING) else {
            return Err(
                match serde_json::from_str::<Value>(text).ok().and_then(|v| v["schemaVersion"].as_u64()) {
                    Some(version) => {
                        format!("it has schemaVersion {version}, this program reads {SCHEMA_VERSION}")
                    }
                    None => "it is cut or garbled".to_owned(),
                },
            );
        };
        let (checksum, body) = sealed
            .split_once(MIDDLE)
            .and_then(|(checksum, rest)| Some((checksum, rest.strip_suffix(CLOSING)?)))
            .ok_or("it is cut or garbled")?;
        if Digest::of(body.as_bytes()).as_str() != checksum {
            return Err("its checksum does not fit its content".to_owned());
        }
        let journal: Self = serde_json::from_str(body).map_err(|error| error.to_string())?;
        journal.check()?;
        Ok(journal)
    }

    /// What the types alone do not say.
    fn check(&self) -> Result<(), String> {
        let mut names = std::collections::BTreeSet::new();
        for file in &self.files {
            let path = &file.path;
            if file.backup != path.backup() || file.temp != path.temp() {
                return Err(format!("{path}: its backup or temporary file does not lie beside it"));
            }
            // One file's backup may not be another file's manifest either.
            if ![path, &file.backup, &file.temp].into_iter().all(|name| names.insert(name)) {
                return Err(format!("{path}: named twice"));
            }
            if file.mtime.nanos >= 1_000_000_000 || file.mtime.to_system().is_none() || file.mode > 0o7777 {
                return Err(format!("{path}: no such mode or time"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> ProjectPath {
        ProjectPath::try_from(text.to_owned()).unwrap()
    }

    fn entry(name: &str) -> Entry {
        let path = path(name);
        Entry {
            backup: path.backup(),
            temp: path.temp(),
            path,
            digest: Digest::of(b"a"),
            length: 1,
            mode: 0o644,
            mtime: Timestamp { seconds: 1_700_000_000, nanos: 123_456_789 },
            rewritten: Digest::of(b"b"),
            merged: None,
            undo: serde_json::json!({"z": 1.10, "a": ["é", null]}),
        }
    }

    fn journal() -> Journal {
        Journal {
            head: Head {
                tool: "0.1.0".to_owned(),
                pid: 7,
                started: 1_700_000_000,
                phase: Phase::Preparing,
                deps_dir: path(".docker-deps"),
                deps_dir_existed: false,
            },
            files: vec![entry("backend/package.json"), entry("package.json")],
        }
    }

    /// A state file whose checksum is right, whatever its body.
    fn sealed(body: &str) -> Vec<u8> {
        let checksum = Digest::of(body.as_bytes());
        format!("{OPENING}{}{MIDDLE}{body}{CLOSING}", checksum.as_str()).into_bytes()
    }

    #[test]
    fn it_reads_what_it_wrote_and_the_file_is_one_json_document() {
        let bytes = journal().to_bytes().unwrap();
        assert_eq!(Journal::parse(&bytes).unwrap(), journal());
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["schemaVersion"], SCHEMA_VERSION);
        assert_eq!(value["journal"]["head"]["phase"], "preparing");
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let bytes = journal().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Journal::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        for i in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[i / 8] ^= 1 << (i % 8);
            assert!(Journal::parse(&bad).is_err(), "bit {i}");
        }
    }

    #[test]
    fn a_newer_one_is_named_as_such() {
        let error = Journal::parse(b"{\"schemaVersion\":2,\"checksum\":\"\"}").unwrap_err();
        assert_eq!(error, "it has schemaVersion 2, this program reads 1");
    }

    #[test]
    fn hostile_paths_are_no_paths() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            "a/",
            ".git/config",
            "a/.GIT/x",
            "a\0b",
            "..",
        ] {
            assert!(ProjectPath::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        for good in ["package.json", "back end/päckage.json", "a..b", "...", ".github/x", ".gitignore"] {
            assert_eq!(path(good).as_str(), good);
        }
    }

    #[test]
    fn a_hostile_journal_with_the_right_checksum_is_refused() {
        let body = |change: &dyn Fn(&mut Value)| {
            let mut value = serde_json::to_value(journal()).unwrap();
            change(&mut value);
            Journal::parse(&sealed(&value.to_string()))
        };
        assert!(body(&|_| ()).is_ok());
        assert!(body(&|v| v["files"][0]["path"] = "../../x".into()).is_err());
        assert!(body(&|v| v["files"][0]["backup"] = "package.json".into()).is_err());
        assert!(body(&|v| v["files"][0]["temp"] = "src/main.rs".into()).is_err());
        assert!(body(&|v| v["files"][0]["digest"] = "../../x".into()).is_err());
        assert!(body(&|v| v["files"][1] = v["files"][0].clone()).is_err());
        assert!(body(&|v| v["files"][0]["mode"] = 0o10_0644.into()).is_err());
        assert!(body(&|v| v["files"][0]["mtime"]["nanos"] = 1_000_000_000.into()).is_err());
        assert!(body(&|v| v["head"]["depsDir"] = "/".into()).is_err());
        assert!(body(&|v| v["more"] = 1.into()).is_err());
        let mut chained = journal();
        chained.files = vec![entry("a"), entry("a.bak")];
        assert!(Journal::parse(&chained.to_bytes().unwrap()).unwrap_err().contains("named twice"));
    }

    #[test]
    fn times_before_1970_keep_their_nanoseconds() {
        for (seconds, nanos) in [(0, 0), (-1, 1), (-1, 0), (-2, 999_999_999), (5, 999_999_999)] {
            let time = Timestamp { seconds, nanos };
            assert_eq!(Timestamp::from(time.to_system().unwrap()), time);
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), body in ".{0,200}") {
            let _ = Journal::parse(&bytes);
            let _ = Journal::parse(&sealed(&body));
        }
    }
}
