//! Backups that no state names: the old docker-prep.sh never had a state, and a state can be lost.

use serde_json::Value;

use crate::project::FileKind;
use crate::rewrite;
use crate::rewrite::{ours, take_back};
use crate::text::{Document, yaml};

/// What to do with a `<file>.bak` that no journal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// The old docker-prep.sh left it, or a run whose state is lost: the file is rewritten, the backup is not. It is moved back.
    MoveBack,
    /// Both point into the deps dir: the original is not here.
    BothRewritten,
    /// The file is not rewritten: whatever the backup is, it is not needed.
    NotRewritten,
}

/// Decides about a backup without state by what it and its file hold.
pub(crate) fn leftover(kind: FileKind, present: &[u8], backup: &[u8], deps_dir: &str) -> Leftover {
    if !ours::points_into(kind, present, deps_dir) {
        Leftover::NotRewritten
    } else if ours::points_into(kind, backup, deps_dir) {
        Leftover::BothRewritten
    } else {
        Leftover::MoveBack
    }
}

/// Whether a rewritten file says more than its backup but for what points into the deps dir: somebody's work.
pub(crate) fn is_edited_besides(kind: FileKind, present: &[u8], backup: &[u8], deps_dir: &str) -> bool {
    let texts = (std::str::from_utf8(present), std::str::from_utf8(backup));
    let says_the_same = match (kind, texts) {
        // What an install writes into a lockfile is nobody's work.
        (FileKind::Lockfile, _) => Some(true),
        (FileKind::Manifest, (Ok(present), Ok(backup))) => is_same_manifest(present, backup, deps_dir),
        (FileKind::Settings, (Ok(present), Ok(backup))) => are_same_settings(present, backup, deps_dir),
        _ => None,
    };
    says_the_same != Some(true)
}

/// `None` where one of the texts cannot be read.
fn is_same_manifest(present: &str, backup: &str, deps_dir: &str) -> Option<bool> {
    let value = |text: &str| -> Option<Value> {
        let document = Document::parse(text).ok()?;
        document.to_value(document.root()).ok()
    };
    let without = take_back::without_references(present, backup, deps_dir).ok()?;
    Some(value(&without)? == value(backup)?)
}

/// `None` where one of the texts cannot be read.
fn are_same_settings(present: &str, backup: &str, deps_dir: &str) -> Option<bool> {
    let rest = |text: &str| -> Option<Value> {
        let mut value = yaml::parse(text).ok()?;
        value.as_object_mut()?.remove("overrides");
        Some(value)
    };
    let former = yaml::edit::read_overrides(backup).ok()?;
    let now = yaml::edit::read_overrides(present).ok()?;
    let is_known =
        |entry: &(String, String)| rewrite::names_a_tarball_in(&entry.1, deps_dir) || former.contains(entry);
    Some(rest(present)? == rest(backup)? && now.iter().all(is_known))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIR: &str = ".docker-deps";

    #[test]
    fn an_edit_is_all_but_what_leads_into_the_deps_dir() {
        let backup = br#"{"name": "x", "dependencies": {"a": "^1"}}"#;
        let kind = FileKind::Manifest;
        let ours = r#"{"name": "x", "dependencies": {"a": "file:.docker-deps/a.tgz"},
            "pnpm": {"overrides": {"a": "file:.docker-deps/a.tgz"}}}"#;
        assert_eq!(leftover(kind, ours.as_bytes(), backup, DIR), Leftover::MoveBack);
        assert_eq!(leftover(kind, ours.as_bytes(), ours.as_bytes(), DIR), Leftover::BothRewritten);
        assert_eq!(leftover(kind, backup, ours.as_bytes(), DIR), Leftover::NotRewritten);
        assert!(!is_edited_besides(kind, ours.as_bytes(), backup, DIR));
        assert!(is_edited_besides(kind, ours.replace("\"x\"", "\"y\"").as_bytes(), backup, DIR));
        assert!(is_edited_besides(kind, b"{", backup, DIR) && is_edited_besides(kind, b"\xff", backup, DIR));
        assert!(!is_edited_besides(FileKind::Lockfile, b"a", b"b", DIR));
    }

    #[test]
    fn an_edit_of_settings_is_one_of_their_other_overrides_too() {
        let backup = b"packages: []\noverrides:\n  b: ^1\n";
        let ours = "packages: []\noverrides:\n  a: file:.docker-deps/a-1.0.0-0123456789ab.tgz\n  b: ^1\n";
        let kind = FileKind::Settings;
        assert!(!is_edited_besides(kind, ours.as_bytes(), backup, DIR));
        for edit in [ours.replace("^1", "^2"), ours.replace("[]", "[x]"), "a: [".to_owned()] {
            assert!(is_edited_besides(kind, edit.as_bytes(), backup, DIR), "{edit}");
        }
    }
}
