//! Taking changes back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::layout::YamlLayout;
use super::splice::SplicePlace;
use super::{EditedYaml, OVERRIDES, YamlEditError, check, overrides, splice};
use crate::text::digest::Digest;
use crate::text::edit::Splice;

/// What it takes to undo one change. It may come from a file that was damaged: nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct YamlUndo {
    selector: String,
    action: YamlUndoAction,
    splice: Splice,
    /// Of the whole text before and after.
    before: Digest,
    after: Digest,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum YamlUndoAction {
    /// An entry was added.
    Added {
        wrote: String,
        /// Whether the map was made for it.
        made: bool,
    },
    /// A value took another one's place.
    Replaced {
        /// As it was written.
        before: String,
        /// What that said.
        former: Option<Value>,
        wrote: String,
    },
    /// An entry was taken out.
    Removed {
        /// As it was written, with what stood behind it on its line.
        raw: String,
        /// What it said.
        former: Option<Value>,
        /// The selector in front of it.
        behind: Option<String>,
    },
}

impl YamlUndo {
    /// The selector that was changed.
    pub(crate) fn selector(&self) -> &str {
        &self.selector
    }

    /// The text before, if this is the very text after.
    fn exactly(&self, text: &str) -> Option<String> {
        if Digest::of(text.as_bytes()) != self.after {
            return None;
        }
        self.splice.reverted(text).filter(|before| Digest::of(before.as_bytes()) == self.before)
    }
}

impl EditedYaml {
    pub(super) fn record(&mut self, selector: &str, splice: Splice, mut action: YamlUndoAction) {
        let text = splice.applied(&self.text);
        if let YamlUndoAction::Replaced { former, .. } | YamlUndoAction::Removed { former, .. } = &mut action
        {
            *former =
                crate::text::yaml::parse(&self.text).ok().and_then(|document| value_of(&document, selector));
        }
        self.undo.push(YamlUndo {
            selector: selector.to_owned(),
            action,
            before: Digest::of(self.text.as_bytes()),
            after: Digest::of(text.as_bytes()),
            splice,
        });
        self.text = text;
    }
}

/// Takes changes back, the last one first.
///
/// On the text that [`apply`](crate::text::yaml::edit::apply) made this gives the former bytes; of one that was made from nothing, the
/// empty text. In any other text each override that is still ours is taken back, and the rest is left byte for byte.
/// What is already as it was before is no conflict.
///
/// # Errors
/// Every override that is neither ours nor as it was before; the text stays as it is then.
pub(crate) fn undo(edited: &str, undo: &[YamlUndo]) -> Result<String, String> {
    let mut text = edited.to_owned();
    let mut conflicts = Vec::new();
    for step in undo.iter().rev() {
        if let Some(before) = step.exactly(&text) {
            text = before;
            continue;
        }
        match by_meaning(step, &text) {
            Ok(before) => text = before,
            Err(YamlConflict(conflict)) => conflicts.push(conflict),
        }
    }
    conflicts.reverse();
    if conflicts.is_empty() { Ok(text) } else { Err(conflicts.join("; ")) }
}

/// Why one change cannot be taken back.
struct YamlConflict(String);

impl From<YamlEditError> for YamlConflict {
    fn from(error: YamlEditError) -> Self {
        Self(error.to_string())
    }
}

/// Takes one change back from a text that is not the one it was made in.
fn by_meaning(step: &YamlUndo, text: &str) -> Result<String, YamlConflict> {
    let mut document = crate::text::yaml::parse(text).map_err(YamlEditError::from)?;
    overrides(&document)?;
    let selector = &step.selector;
    let found = value_of(&document, selector);
    let layout = YamlLayout::of(text)?;
    let splice = match &step.action {
        YamlUndoAction::Added { wrote, made } => {
            if found.is_none() {
                return Ok(without_map(text, *made));
            }
            step.expect(found.as_ref(), Some(wrote.as_str()))?;
            set_value(&mut document, selector, None);
            let (splice, _) = splice::remove(text, &layout, selector)?;
            let text = splice.applied(text);
            check(&text, &document)?;
            return Ok(without_map(&text, *made));
        }
        YamlUndoAction::Replaced { former, .. } | YamlUndoAction::Removed { former, .. }
            if found == *former =>
        {
            return Ok(text.to_owned());
        }
        YamlUndoAction::Replaced { before, former, wrote } => {
            step.expect(found.as_ref(), Some(wrote.as_str()))?;
            set_value(&mut document, selector, former.clone());
            let entries = layout.overrides.as_ref().map(|found| found.entries()).unwrap_or_default();
            let entry = splice::find(entries, selector).ok_or_else(|| step.damaged())?;
            splice::replace(text, entry, before.clone())?
        }
        YamlUndoAction::Removed { raw, former, behind } => {
            step.expect(found.as_ref(), None)?;
            let entry = |in_flow: bool| {
                let value = match former {
                    // Behind it there may be a comment, which has no place in braces.
                    Some(Value::String(value)) if in_flow => splice::written(value, true, 1)?,
                    Some(value) if in_flow => value.to_string(),
                    _ => return Ok(raw.clone()),
                };
                Ok(format!("{}: {value}", splice::written(selector, true, 1)?))
            };
            set_value(&mut document, selector, former.clone());
            let place = behind.as_deref().map_or(SplicePlace::First, SplicePlace::Behind);
            splice::add(text, &layout, place, &entry)?
        }
    };
    let text = splice.applied(text);
    // What the record says may be made up, and what stands around it may be written in another way now.
    check(&text, &document)?;
    Ok(text)
}

/// The text without a map that was made for what has been taken out of it, if nothing else is in it.
fn without_map(text: &str, made: bool) -> String {
    let layout = YamlLayout::of(text).ok().filter(|_| made);
    let splice = layout.and_then(|layout| {
        let is_empty = layout.overrides.as_ref().is_some_and(|found| found.entries().is_empty());
        if is_empty { splice::remove_map(text, &layout) } else { None }
    });
    let without = splice.map(|splice| splice.applied(text));
    let expected = crate::text::yaml::parse(text).ok();
    match (without, expected) {
        (Some(without), Some(expected)) if check(&without, &expected).is_ok() => without,
        _ => text.to_owned(),
    }
}

impl YamlUndo {
    fn expect(&self, found: Option<&Value>, expected: Option<&str>) -> Result<(), YamlConflict> {
        if found == expected.map(Value::from).as_ref() {
            return Ok(());
        }
        let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let expected = expected.map(Value::from);
        let (expected, found) = (shown(expected.as_ref()), shown(found));
        Err(YamlConflict(format!("`{OVERRIDES}.{}`: expected {expected}, found {found}", self.selector)))
    }

    fn damaged(&self) -> YamlConflict {
        YamlConflict(format!("`{OVERRIDES}.{}`: it cannot be told where it stands", self.selector))
    }
}

fn value_of(document: &Value, selector: &str) -> Option<Value> {
    document.get(OVERRIDES)?.get(selector).cloned()
}

fn set_value(document: &mut Value, selector: &str, value: Option<Value>) {
    if !document.is_object() {
        *document = Map::new().into();
    }
    let overrides = &mut document[OVERRIDES];
    if !overrides.is_object() {
        *overrides = Map::new().into();
    }
    if let Value::Object(overrides) = overrides {
        match value {
            Some(value) => drop(overrides.insert(selector.to_owned(), value)),
            None => drop(overrides.shift_remove(selector)),
        }
    }
}
