//! Edits of the `overrides` of a `pnpm-workspace.yaml` that change nothing but their own bytes, and that can be taken
//! back, also from a text that someone has edited since.
//!
//! Each change is one splice of the text; what it takes to undo it is recorded as the splice, which gives the former
//! bytes back where nothing else has changed, and as what it meant, which holds for any other text. What YAML allows
//! and nobody writes there (anchors, tags, block scalars, nested maps) is not edited: the text is read again after
//! each run, and must say what was meant and nothing else.

mod layout;
#[cfg(test)]
mod properties;
mod splice;
#[cfg(test)]
mod tests;
mod undo;

use serde_json::{Map, Value};

use self::layout::YamlLayout;
pub(crate) use self::undo::{YamlUndo, undo};
use super::YamlError;

/// The key that is edited.
const OVERRIDES: &str = "overrides";

/// A text with its changes made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditedYaml {
    /// The new text.
    pub(crate) text: String,
    /// What [`undo`] needs, in the order of the changes.
    pub(crate) undo: Vec<YamlUndo>,
}

/// Why a text cannot be edited; it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct YamlEditError {
    /// From 1.
    pub(crate) line: usize,
    /// The cause.
    pub(crate) message: String,
    /// What its owner can do.
    pub(crate) hint: &'static str,
}

impl YamlEditError {
    fn new(line: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self { line, message: message.into(), hint }
    }
}

impl From<YamlError> for YamlEditError {
    fn from(error: YamlError) -> Self {
        Self::new(error.line, error.message, "correct the YAML")
    }
}

/// How overrides are written that can be edited.
const PLAINLY: &str = "write it plainly: below `overrides:`, a line `selector: version` for each";

/// The overrides that a text holds, in order; those that a merge key brings in come last.
///
/// # Errors
/// It is not YAML, or they are no map.
pub(crate) fn read_overrides(text: &str) -> Result<Vec<(String, String)>, YamlEditError> {
    let Value::Object(overrides) = overrides(&crate::text::yaml::parse(text)?)? else {
        return Ok(Vec::new());
    };
    let text = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
    Ok(overrides.into_iter().map(|(selector, value)| (selector, text(value))).collect())
}

/// Sets overrides, then takes some out; a text that is not there yet is made. What is set already, or is not there to
/// be taken out, stays as it is.
///
/// # Errors
/// See [`YamlEditError`].
pub(crate) fn apply(
    text: Option<&str>,
    sets: &[(String, String)],
    removes: &[String],
) -> Result<EditedYaml, YamlEditError> {
    let before = text.unwrap_or_default();
    let mut expected = crate::text::yaml::parse(before)?;
    // What cannot be edited is named with the line that it has in this text.
    let layout = YamlLayout::of(before)?;
    let there = |selector: &str| layout.overrides.as_ref().is_some_and(|found| found.has(selector));
    for (selector, value) in sets.iter().filter(|(selector, _)| there(selector)) {
        splice::set(before, &layout, selector, value)?;
    }
    for selector in removes.iter().filter(|selector| there(selector)) {
        splice::remove(before, &layout, selector)?;
    }
    let mut edited = EditedYaml { text: before.to_owned(), undo: Vec::new() };
    for (selector, value) in sets {
        if expect(&mut expected, selector, Some(value))? {
            let (splice, action) =
                splice::set(&edited.text, &YamlLayout::of(&edited.text)?, selector, value)?;
            edited.record(selector, splice, action);
        }
    }
    for selector in removes {
        if expect(&mut expected, selector, None)? {
            let (splice, action) = splice::remove(&edited.text, &YamlLayout::of(&edited.text)?, selector)?;
            edited.record(selector, splice, action);
        }
    }
    check(&edited.text, &expected)?;
    Ok(edited)
}

/// Makes a change in the value that a text must have afterwards; says whether it is one.
fn expect(document: &mut Value, selector: &str, value: Option<&str>) -> Result<bool, YamlEditError> {
    let mut overrides = match overrides(document)? {
        Value::Object(overrides) => overrides,
        _ => Map::new(),
    };
    let is_change = match value {
        Some(value) => overrides.insert(selector.to_owned(), value.into()) != Some(Value::from(value)),
        None => overrides.remove(selector).is_some(),
    };
    if is_change {
        if !document.is_object() {
            *document = Map::new().into();
        }
        document[OVERRIDES] = overrides.into();
    }
    Ok(is_change)
}

/// The map of overrides, or `null`.
fn overrides(document: &Value) -> Result<Value, YamlEditError> {
    match document {
        Value::Null => Ok(Value::Null),
        Value::Object(map) => match map.get(OVERRIDES).cloned().unwrap_or_default() {
            found @ (Value::Object(_) | Value::Null) => Ok(found),
            _ => Err(YamlEditError::new(1, "`overrides` is no map", PLAINLY)),
        },
        _ => Err(YamlEditError::new(1, "the file is no map", "write settings as `key: value`")),
    }
}

/// Reads a text again: it must say exactly this.
fn check(text: &str, expected: &Value) -> Result<(), YamlEditError> {
    // A map that is empty says as much as none.
    let plain = |mut value: Value| {
        if let Value::Object(map) = &mut value
            && map.get(OVERRIDES).is_some_and(|found| found.is_null() || *found == Value::Object(Map::new()))
        {
            map.shift_remove(OVERRIDES);
        }
        if value == Value::Object(Map::new()) { Value::Null } else { value }
    };
    let found = crate::text::yaml::parse(text).ok().map(plain);
    if found.is_some() && found == Some(plain(expected.clone())) {
        return Ok(());
    }
    let line = YamlLayout::of(text).ok().and_then(|layout| layout.overrides).map_or(1, |found| found.line);
    let message = "`overrides` is written so that it cannot be edited without a change of something else";
    Err(YamlEditError::new(line, message, PLAINLY))
}
