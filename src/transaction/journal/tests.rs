use proptest::prelude::*;

use crate::transaction::journal::*;

fn path(text: &str) -> ProjectPath {
    ProjectPath::try_from(text.to_owned()).unwrap()
}

fn entry(name: &str) -> JournalEntry {
    let path = path(name);
    JournalEntry {
        backup: path.backup(),
        temp: path.temp(),
        path,
        original: Some(Original {
            digest: Digest::of(b"a"),
            length: 1,
            mode: 0o644,
            mtime: Timestamp { seconds: 1_700_000_000, nanos: 123_456_789 },
        }),
        rewritten: Digest::of(b"b"),
        merged: None,
        moved: None,
        undo: serde_json::json!({"z": 1.10, "a": ["é", null]}),
    }
}

/// A file that prepare made.
fn made(name: &str) -> JournalEntry {
    JournalEntry { original: None, ..entry(name) }
}

fn journal() -> Journal {
    Journal {
        head: Head {
            command: Some("prepare".to_owned()),
            tool: "0.2.0".to_owned(),
            pid: 7,
            started: 1_700_000_000,
            phase: Phase::Preparing,
            deps_dir: path(".docker-deps"),
            deps_dir_existed: false,
            source: None,
            commit: None,
            branch: None,
        },
        files: vec![
            entry("backend/package.json"),
            made("backend/pnpm-workspace.yaml"),
            entry("package.json"),
        ],
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
fn why_it_was_prepared_is_kept() {
    let mut decided = journal();
    decided.head.source = Some(Decision { reason: "it refused".to_owned(), ..Decision::default() });
    assert_eq!(Journal::parse(&decided.to_bytes().unwrap()).unwrap(), decided);
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
fn one_of_the_version_before_is_read() {
    let head = serde_json::to_value(journal().head).unwrap();
    let file = serde_json::json!({
        "path": "package.json", "backup": "package.json.bak", "temp": "package.json.docker-prep-new",
        "digest": Digest::of(b"a").as_str(), "length": 1, "mode": 0o644,
        "mtime": {"seconds": 1_700_000_000, "nanos": 123_456_789},
        "rewritten": Digest::of(b"b").as_str(), "undo": {"z": 1.10, "a": ["é", null]},
    });
    let body = serde_json::json!({"head": head, "files": [file]}).to_string();
    let bytes = String::from_utf8(sealed(&body)).unwrap().replace("Version\":2", "Version\":1");
    assert_eq!(Journal::parse(bytes.as_bytes()).unwrap().files, [entry("package.json")]);
    let mixed =
        String::from_utf8(journal().to_bytes().unwrap()).unwrap().replacen("Version\":2", "Version\":1", 1);
    assert!(Journal::parse(mixed.as_bytes()).is_err(), "a shape of one version with the number of the other");
}

#[test]
fn names_tell_kinds() {
    assert!(FileKind::names().all(|name| FileKind::of(name).is_some()));
    assert_eq!(FileKind::of("pnpm-workspace.yaml"), Some(FileKind::Settings));
    assert_eq!(FileKind::of("yarn.lock"), Some(FileKind::Lockfile));
    assert_eq!(FileKind::of("Package.json"), None);
    assert_eq!(entry("other.json").kind(), FileKind::Manifest);
}

#[test]
fn a_newer_one_is_named_as_such() {
    let error = Journal::parse(b"{\"schemaVersion\":3,\"checksum\":\"\"}").unwrap_err();
    assert!(error.starts_with("it has schemaVersion 3, and this program reads up to 2: "), "{error}");
}

#[test]
fn hostile_paths_are_no_paths() {
    for bad in
        ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", ".git/config", "a/.GIT/x", "a\0b", ".."]
    {
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
    assert!(body(&|v| v["files"][0]["original"]["digest"] = "../../x".into()).is_err());
    assert!(body(&|v| v["files"][1] = v["files"][0].clone()).is_err());
    assert!(body(&|v| v["files"][0]["original"]["mode"] = 0o10_0644.into()).is_err());
    assert!(body(&|v| v["files"][0]["original"]["mtime"]["nanos"] = 1_000_000_000.into()).is_err());
    assert!(body(&|v| v["head"]["depsDir"] = "/".into()).is_err());
    assert!(body(&|v| v["more"] = 1.into()).is_err());
    // Only what is never there before may be said to be made.
    for name in ["backend/package.json", "README.md", "backend/x.yaml"] {
        let mut forged = journal();
        forged.files[1] = made(name);
        let error = Journal::parse(&forged.to_bytes().unwrap()).unwrap_err();
        assert!(error.contains("never made") || error.contains("named twice"), "{name}: {error}");
    }
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
