//! Taking changes back.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::layout::{interior, is_white_space};
use super::remove::RemovedMember;
use super::{EditError, Splice, remove, set};
use crate::text::digest::Digest;
use crate::text::json::{Document, NodeId, NodeKind, SyntaxError};

/// What it takes to undo one change. It may come from a file that was damaged: nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct JsonUndo {
    path: Vec<String>,
    action: UndoAction,
    splice: Splice,
    /// Of the whole text before it; none where the change before it is taken back together with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// Of the whole text after it; none where the change after it is taken back together with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub(super) enum UndoAction {
    /// A value took another one's place.
    Replaced {
        /// As it was written.
        before: String,
        wrote: Value,
    },
    /// A member was added.
    Inserted {
        wrote: Value,
        /// How many objects around it were added with it.
        created: usize,
        /// What stood in the brackets, where nothing but white space did.
        hollow: Option<String>,
    },
    Removed(RemovedMember),
}

/// A value that is no longer what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedValue {
    /// The keys from the root on.
    pub(crate) path: Vec<String>,
    /// As JSON; `None`: nothing.
    pub(crate) expected: Option<String>,
    /// As it is written now; `None`: nothing.
    pub(crate) found: Option<String>,
}

/// Why changes cannot be taken back; the text stays as it is then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UndoConflict {
    /// The edited text is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Values that were written have been changed since.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Changed(Vec<ChangedValue>),
    /// The record of a change is damaged.
    #[error("`{}`: the record of what stood here is damaged", path.join("."))]
    Damaged {
        /// The keys from the root on.
        path: Vec<String>,
    },
}

impl fmt::Display for ChangedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.expected.as_deref().unwrap_or("nothing");
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "`{}`: expected {expected}, found {found}", self.path.join("."))
    }
}

impl JsonUndo {
    pub(super) fn new(path: Vec<String>, action: UndoAction, splice: Splice) -> Self {
        Self { path, action, splice, before: None, after: None }
    }

    /// The keys from the root on.
    pub(crate) fn path(&self) -> &[String] {
        &self.path
    }

    /// Without what is known of the texts around it.
    #[cfg(test)]
    pub(super) fn change(&self) -> (&[String], &UndoAction, &Splice) {
        (&self.path, &self.action, &self.splice)
    }
}

/// Has changes taken back together, by the digests of the texts before and after all of them.
pub(super) fn between(changes: &mut [JsonUndo], before: String, after: String) {
    if let Some(first) = changes.first_mut() {
        first.before = Some(before);
    }
    if let Some(last) = changes.last_mut() {
        last.after = Some(after);
    }
}

/// The text before changes that are taken back together, if this is the very text after.
fn exactly(together: &[JsonUndo], text: &str) -> Option<String> {
    let (before, after) = (together.first()?.before.as_ref()?, together.last()?.after.as_ref()?);
    if digest(text) != *after {
        return None;
    }
    let reverted = together.iter().rev().try_fold(text.to_owned(), |text, step| step.splice.reverted(&text));
    reverted.filter(|text| digest(text) == *before)
}

pub(super) fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).into()
}

/// Takes changes back, the last one first.
///
/// On the text that [`apply`](crate::text::edit::apply) made this gives the former bytes. In any other text each value that is
/// still ours is taken back, and the rest is left byte for byte: replaced values are written as they were, members
/// that were added go, objects that were made for them too if nothing else is in them, and members that were
/// removed come back beside their old neighbours. What is already as it was before is no conflict.
///
/// # Errors
/// See [`UndoConflict`]; all conflicts are found in one run.
pub(crate) fn undo(edited: &str, undo: &[JsonUndo]) -> Result<String, UndoConflict> {
    Document::parse(edited)?;
    let mut text = edited.to_owned();
    let mut conflicts = Vec::new();
    let mut rest = undo;
    while !rest.is_empty() {
        let (earlier, together) =
            rest.split_at(rest.iter().rposition(|step| step.before.is_some()).unwrap_or(0));
        rest = earlier;
        if let Some(before) = exactly(together, &text) {
            text = before;
            continue;
        }
        for step in together.iter().rev() {
            match by_meaning(step, &text) {
                Ok(before) => text = before,
                Err(UndoConflict::Changed(found)) => conflicts.extend(found),
                Err(other) => return Err(other),
            }
        }
    }
    if conflicts.is_empty() {
        return Ok(text);
    }
    conflicts.reverse();
    Err(UndoConflict::Changed(conflicts))
}

/// Takes one change back from a text that is not the one it was made in.
fn by_meaning(step: &JsonUndo, text: &str) -> Result<String, UndoConflict> {
    let document = Document::parse(text)?;
    match &step.action {
        UndoAction::Replaced { before, wrote } => put_value_back(step, &document, before, wrote),
        UndoAction::Inserted { wrote, created, hollow } => {
            let text = take_out(step, &document, wrote, hollow.as_deref().filter(|_| *created == 0))?;
            prune(step, text, *created, hollow.as_deref())
        }
        UndoAction::Removed(removed) => put_member_back(step, &document, removed),
    }
}

fn put_value_back(
    step: &JsonUndo,
    document: &Document,
    before: &str,
    wrote: &Value,
) -> Result<String, UndoConflict> {
    let former = Document::parse(before).map_err(|_| step.damaged())?;
    let found = document.find(&step.path);
    if let Some(node) = found.filter(|_| !step.path.is_empty()) {
        let value = document.to_value(node).ok();
        if value.as_ref() == Some(wrote) {
            let before = former.raw(former.root()).to_owned();
            let splice = Splice::of(document.text(), document.span(node), before);
            return Ok(splice.applied(document.text()));
        }
        if value.is_some() && value == former.to_value(former.root()).ok() || grown(value.as_ref(), wrote) {
            return Ok(document.text().to_owned());
        }
    }
    Err(step.conflict(Some(wrote.to_string()), found.map(|node| document.raw(node))))
}

/// Whether an object that was written empty holds something now: it is in use, and stays.
fn grown(found: Option<&Value>, wrote: &Value) -> bool {
    let is_empty = |value: &Value| value.as_object().map(serde_json::Map::is_empty);
    is_empty(wrote) == Some(true) && found.and_then(is_empty) == Some(false)
}

fn take_out(
    step: &JsonUndo,
    document: &Document,
    wrote: &Value,
    hollow: Option<&str>,
) -> Result<String, UndoConflict> {
    let Some(node) = document.find(&step.path).filter(|_| !step.path.is_empty()) else {
        return Ok(document.text().to_owned());
    };
    let value = document.to_value(node).ok();
    if value.as_ref() == Some(wrote) {
        return take_member_out(step, document, &step.path, hollow);
    }
    if grown(value.as_ref(), wrote) {
        return Ok(document.text().to_owned());
    }
    Err(step.conflict(Some(wrote.to_string()), Some(document.raw(node))))
}

/// Takes out objects that were made for a member, from the inside, as far as they are empty.
fn prune(
    step: &JsonUndo,
    mut text: String,
    created: usize,
    hollow: Option<&str>,
) -> Result<String, UndoConflict> {
    let outermost = step.path.len().saturating_sub(created).max(1);
    for length in (outermost..step.path.len()).rev() {
        let path = &step.path[..length];
        let document = Document::parse(&text)?;
        match document.find(path) {
            Some(node) if document.kind(node) == NodeKind::Object && document.members(node).is_empty() => {
                text = take_member_out(step, &document, path, hollow.filter(|_| length == outermost))?;
            }
            _ => break,
        }
    }
    Ok(text)
}

fn take_member_out(
    step: &JsonUndo,
    document: &Document,
    path: &[String],
    hollow: Option<&str>,
) -> Result<String, UndoConflict> {
    let place = path.split_last().and_then(|(key, parents)| {
        let object = document.find(parents)?;
        Some((object, document.position(object, key)?))
    });
    let Some((object, index)) = place else { return Ok(document.text().to_owned()) };
    let hollow = hollow.filter(|_| document.members(object).len() == 1);
    let splice = match hollow {
        Some(hollow) if hollow.chars().all(is_white_space) => {
            let start = document.span(object).start + 1;
            Splice::of(document.text(), start..start + interior(document, object).len(), hollow.to_owned())
        }
        Some(_) => return Err(step.damaged()),
        None => Splice::of(document.text(), remove::span(document, object, index), String::new()),
    };
    Ok(splice.applied(document.text()))
}

fn put_member_back(
    step: &JsonUndo,
    document: &Document,
    removed: &RemovedMember,
) -> Result<String, UndoConflict> {
    let (key, parents) = step.path.split_last().ok_or_else(|| step.damaged())?;
    let (_, raw) = removed.parts(key).ok_or_else(|| step.damaged())?;
    let Some(chain) = chain(document, parents) else {
        return put_back_with_parents(step, document, raw);
    };
    let object = chain.last().copied().unwrap_or_else(|| document.root());
    let same = document.members(object).iter().filter(|member| member.key.as_ref() == Some(key)).count();
    if same > removed.left {
        let former = Document::parse(raw).map_err(|_| step.damaged())?;
        let found = document.get(object, key).filter(|node| {
            let value = document.to_value(*node).ok();
            value.is_none() || value != former.to_value(former.root()).ok()
        });
        return match found {
            None => Ok(document.text().to_owned()),
            Some(node) => Err(step.conflict(None, Some(document.raw(node)))),
        };
    }
    let splice = removed.put_back(document, &chain, key).ok_or_else(|| step.damaged())?;
    Ok(splice.applied(document.text()))
}

/// The objects from the root to a path; `None` if one is missing or is no object.
fn chain(document: &Document, path: &[String]) -> Option<Vec<NodeId>> {
    let mut chain = vec![document.root()];
    for key in path {
        chain.push(document.get(*chain.last()?, key)?);
    }
    chain.iter().all(|node| document.kind(*node) == NodeKind::Object).then_some(chain)
}

/// The object around a removed member went too: whoever took it did not see the member in it.
fn put_back_with_parents(step: &JsonUndo, document: &Document, raw: &str) -> Result<String, UndoConflict> {
    let former = Document::parse(raw).map_err(|_| step.damaged())?;
    let value = former.to_value(former.root()).map_err(|_| step.damaged())?;
    match set::set(document, &step.path, &value) {
        Ok((splice, _)) => Ok(splice.applied(document.text())),
        Err(EditError::NotAnObject { path, .. }) => {
            let found = document.find(&path).map(|node| document.raw(node));
            Err(UndoConflict::Changed(vec![ChangedValue {
                path,
                expected: Some("an object".to_owned()),
                found: found.map(str::to_owned),
            }]))
        }
        Err(EditError::Syntax(_) | EditError::NoKey) => Err(step.damaged()),
    }
}

impl JsonUndo {
    fn damaged(&self) -> UndoConflict {
        UndoConflict::Damaged { path: self.path.clone() }
    }

    fn conflict(&self, expected: Option<String>, found: Option<&str>) -> UndoConflict {
        UndoConflict::Changed(vec![ChangedValue {
            path: self.path.clone(),
            expected,
            found: found.map(str::to_owned),
        }])
    }
}
