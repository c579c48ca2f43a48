//! A file's text without the rewrite: by the record of the rewrite, or with what it changed as another text has it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::project::FileKind;
use crate::rewrite;
use crate::text::yaml::edit as settings;
use crate::text::{
    Change, Document, EditError, JsonUndo, SyntaxError, UndoConflict, YamlEditError as SettingsError,
    YamlUndo as SettingsUndo, edit, yaml,
};

/// Why a rewrite cannot be taken out of a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TakeBackError {
    /// A manifest was changed where it was rewritten.
    #[error(transparent)]
    Manifest(#[from] UndoConflict),
    /// Settings were changed where they were rewritten.
    #[error("{0}")]
    Settings(String),
    /// The state does not say how.
    #[error("the record of the rewrite is damaged: {0}")]
    Record(String),
    /// There is no such record of a lockfile.
    #[error("a lockfile is replaced as a whole")]
    Lockfile,
    /// No text of any kind.
    #[error("it is not UTF-8 any more")]
    NotUtf8,
    /// Right after the rewrite, an edit is one of this very moment.
    #[error("it was edited just now")]
    JustNow,
    /// A manifest cannot be edited.
    #[error(transparent)]
    EditManifest(#[from] EditError),
    /// Settings cannot be edited.
    #[error(transparent)]
    EditSettings(#[from] SettingsError),
}

impl From<SyntaxError> for TakeBackError {
    fn from(error: SyntaxError) -> Self {
        Self::EditManifest(error.into())
    }
}

/// Undoes a rewrite by its record: in the rewritten text, or in one that was edited since.
///
/// # Errors
/// What was written has been changed, or the record is damaged.
pub(crate) fn undo(kind: FileKind, text: &str, record: &Value) -> Result<String, TakeBackError> {
    match kind {
        FileKind::Manifest => Ok(edit::undo(text, &read_record::<JsonUndo>(record)?)?),
        FileKind::Settings => {
            settings::undo(text, &read_record::<SettingsUndo>(record)?).map_err(TakeBackError::Settings)
        }
        FileKind::Lockfile => Err(TakeBackError::Lockfile),
    }
}

/// The text with each key that the record names as it is in the last commit's; of a lockfile, that one.
///
/// # Errors
/// One of the texts cannot be read, or the record is damaged.
pub(crate) fn as_committed(
    kind: FileKind,
    text: &str,
    head: &str,
    record: &Value,
) -> Result<String, TakeBackError> {
    match kind {
        FileKind::Manifest => {
            let record = read_record::<JsonUndo>(record)?;
            let keys: Vec<_> = record.iter().map(|undo| undo.path().to_vec()).collect();
            with_keys_of(head, text, &keys)
        }
        FileKind::Settings => {
            let record = read_record::<SettingsUndo>(record)?;
            let selectors: Vec<_> = record.iter().map(|undo| undo.selector().to_owned()).collect();
            with_overrides_of(head, text, &selectors)
        }
        FileKind::Lockfile => Ok(head.to_owned()),
    }
}

/// The manifest with each reference into the deps dir as another one has it, or gone, and what is empty without it.
///
/// # Errors
/// One of them is not JSON, or has something else where an object is needed.
pub(crate) fn without_references(text: &str, other: &str, deps_dir: &str) -> Result<String, TakeBackError> {
    let references = rewrite::points_into(text, deps_dir);
    let keys: Vec<_> = references.into_iter().map(|reference| reference.path).collect();
    drop_emptied(text, with_keys_of(other, text, &keys)?)
}

fn read_record<T: DeserializeOwned>(record: &Value) -> Result<Vec<T>, TakeBackError> {
    serde_json::from_value(record.clone()).map_err(|error| TakeBackError::Record(error.to_string()))
}

/// The manifest with the named keys as another one has them: there or not.
fn with_keys_of(other: &str, text: &str, keys: &[Vec<String>]) -> Result<String, TakeBackError> {
    let document = Document::parse(other)?;
    let mut changes = Vec::new();
    for path in keys {
        changes.push(match document.find(path) {
            Some(node) => Change::Set { path: path.clone(), value: document.to_value(node)? },
            None => rule_around(&document, path).unwrap_or_else(|| Change::Remove { path: path.clone() }),
        });
    }
    Ok(edit::apply(text, &changes)?.text)
}

/// The rule that was a text where npm's now holds others.
pub(super) fn rule_around(document: &Document, path: &[String]) -> Option<Change> {
    let path = (1..path.len()).map(|length| &path[..length]).find(|path| {
        let node = document.find(path);
        node.is_some_and(|node| document.string(node).is_some())
    })?;
    Some(Change::Set { path: path.to_vec(), value: document.string(document.find(path)?)?.into() })
}

/// Takes out overrides, and maps of them, that are empty now and were not, and `pnpm` with them.
pub(super) fn drop_emptied(before: &str, mut text: String) -> Result<String, TakeBackError> {
    let had = Document::parse(before)?;
    let mut filled: Vec<Vec<String>> = Vec::new();
    let mut open: Vec<Vec<String>> =
        ["pnpm", "overrides", "resolutions"].map(|key| vec![key.to_owned()]).into();
    while let Some(path) = open.pop() {
        let Some(node) = had.find(&path).filter(|node| !had.members(*node).is_empty()) else { continue };
        let keys = had.members(node).iter().filter_map(|member| member.key.as_ref());
        open.extend(keys.map(|key| path.iter().chain([key]).cloned().collect()));
        filled.push(path);
    }
    // What lies inside others goes first.
    for path in filled.into_iter().rev() {
        let document = Document::parse(&text)?;
        let is_empty = document
            .find(&path)
            .is_some_and(|node| document.raw(node).starts_with('{') && document.members(node).is_empty());
        if is_empty {
            text = edit::apply(&text, &[Change::Remove { path }])?.text;
        }
    }
    Ok(text)
}

/// The settings with the named overrides as other ones have them: there or not.
fn with_overrides_of(other: &str, text: &str, selectors: &[String]) -> Result<String, TakeBackError> {
    let mut sets = settings::read_overrides(other)?;
    sets.retain(|(selector, _)| selectors.contains(selector));
    let is_set = |selector: &String| sets.iter().any(|(set, _)| set == selector);
    let removes: Vec<_> = selectors.iter().filter(|selector| !is_set(selector)).cloned().collect();
    with_overrides(text, &sets, &removes)
}

/// The settings with overrides set and taken out.
pub(super) fn with_overrides(
    text: &str,
    sets: &[(String, String)],
    removes: &[String],
) -> Result<String, TakeBackError> {
    Ok(settings::apply(Some(text), sets, removes)?.text)
}

/// Whether an override leads to a tarball of ours.
pub(super) fn override_names_a_tarball(value: &str, deps_dir: &str) -> bool {
    rewrite::names_a_tarball(value) || rewrite::names_a_tarball_in(value, deps_dir)
}

/// Whether settings hold neither a value nor a comment.
pub(super) fn says_nothing(settings: &str) -> bool {
    let map = yaml::parse(settings).ok();
    !settings.contains('#')
        && map.is_some_and(|map| map.as_object().is_none_or(|map| map.values().all(Value::is_null)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TARBALL: &str = "file:../.docker-deps/a-1.0.0-0123456789ab.tgz";

    #[test]
    fn a_record_undoes_the_rewrite_or_names_the_keys_that_the_commit_has() {
        let before = r#"{ "dependencies": {"a": "^1", "b": "1"} }"#;
        let set =
            |key: &str| Change::Set { path: vec!["dependencies".into(), key.into()], value: json!(TARBALL) };
        let rewritten = edit::apply(before, &[set("a"), set("new")]).unwrap();
        let record = serde_json::to_value(&rewritten.undo).unwrap();
        let kind = FileKind::Manifest;
        assert_eq!(undo(kind, &rewritten.text, &record).unwrap(), before);
        let edited = rewritten.text.replacen(TARBALL, "^2", 1);
        assert!(matches!(undo(kind, &edited, &record), Err(TakeBackError::Manifest(_))));
        let head = r#"{"dependencies": {"a": "^0.9"}}"#;
        assert_eq!(
            as_committed(kind, &edited, head, &record).unwrap(),
            r#"{ "dependencies": {"a": "^0.9", "b": "1"} }"#
        );
        for error in [undo(kind, before, &json!(1)), as_committed(kind, before, head, &json!([{}]))] {
            assert!(error.unwrap_err().to_string().starts_with("the record of the rewrite is damaged: "));
        }
        assert!(matches!(
            as_committed(kind, &edited, "{", &record),
            Err(TakeBackError::EditManifest(EditError::Syntax(_)))
        ));
    }

    #[test]
    fn overrides_of_settings_are_undone_or_as_the_commit_has_them() {
        let before = "packages: []\noverrides:\n  b: ^1\n";
        let sets = [("a".to_owned(), TARBALL.to_owned()), ("b".to_owned(), TARBALL.to_owned())];
        let rewritten = settings::apply(Some(before), &sets, &[]).unwrap();
        let record = serde_json::to_value(&rewritten.undo).unwrap();
        let kind = FileKind::Settings;
        assert_eq!(undo(kind, &rewritten.text, &record).unwrap(), before);
        assert_eq!(
            as_committed(kind, &rewritten.text, "overrides:\n  b: ^0.9\n  c: 1\n", &record).unwrap(),
            "packages: []\noverrides:\n  b: '^0.9'\n"
        );
    }

    #[test]
    fn a_lockfile_is_as_committed_or_nothing() {
        let kind = FileKind::Lockfile;
        assert_eq!(as_committed(kind, "now", "head", &Value::Null).unwrap(), "head");
        assert_eq!(undo(kind, "now", &Value::Null), Err(TakeBackError::Lockfile));
    }
}
