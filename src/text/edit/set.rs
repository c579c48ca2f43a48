//! `Set`: a value takes another one's place, or a member is added.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::layout::{ObjectLayout, interior};
use super::undo::UndoAction;
use super::{Change, EditError, Splice, not_an_object};
use crate::text::json::{Document, NodeId, NodeKind};

/// The splices of the first changes, as many as one look at the document tells: one at least, each of the text that
/// those before it made.
pub(super) fn set_many(
    document: &Document,
    changes: &[Change],
) -> Result<Vec<(Splice, UndoAction)>, EditError> {
    let mut sets = changes.iter().map_while(|change| match change {
        Change::Set { path, value } => Some((path.as_slice(), value)),
        Change::Remove { .. } => None,
    });
    let Some((path, value)) = sets.next() else { return Ok(Vec::new()) };
    let mut splices = vec![set(document, path, value)?];
    match &splices[0].1 {
        UndoAction::Replaced { .. } => replace_more(document, path, sets, &mut splices),
        UndoAction::Inserted { created: 0, hollow: None, .. } if is_scalar(value) => {
            insert_more(document, path, sets, &mut splices);
        }
        _ => {}
    }
    Ok(splices)
}

/// Scalars in place of scalars: none is inside another, and how they are written does not depend on what is around.
fn replace_more<'a>(
    document: &Document,
    first: &[String],
    sets: impl Iterator<Item = (&'a [String], &'a Value)>,
    splices: &mut Vec<(Splice, UndoAction)>,
) {
    let scalar = |path: &[String]| {
        document.find(path).filter(|node| !matches!(document.kind(*node), NodeKind::Object | NodeKind::Array))
    };
    let Some(node) = scalar(first) else { return };
    let mut taken = HashSet::from([node]);
    // By how much each made the text behind it longer or shorter.
    let growth = |splice: &Splice| splice.inserted.len() as isize - splice.removed.len() as isize;
    let mut grown = BTreeMap::from([(splices[0].0.at, growth(&splices[0].0))]);
    for (path, value) in sets.take_while(|(_, value)| is_scalar(value)) {
        let Some(node) = scalar(path) else { return };
        if !taken.insert(node) {
            return;
        }
        let span = document.span(node);
        let mut splice = Splice::of(document.text(), span.clone(), value.to_string());
        splice.at = span.start.saturating_add_signed(grown.range(..span.start).map(|(_, by)| by).sum());
        grown.insert(span.start, growth(&splice));
        let before = document.raw(node).to_owned();
        splices.push((splice, UndoAction::Replaced { before, wrote: value.clone() }));
    }
}

/// Scalars that are added behind one that was just added to an object with other members, and look like it.
fn insert_more<'a>(
    document: &Document,
    first: &[String],
    sets: impl Iterator<Item = (&'a [String], &'a Value)>,
    splices: &mut Vec<(Splice, UndoAction)>,
) {
    let Some((key, parents)) = first.split_last() else { return };
    let mut taken = HashSet::from([key]);
    let mut chain = vec![document.root()];
    for depth in 1..=parents.len() {
        let Some(object) = document.find(&parents[..depth]) else { return };
        chain.push(object);
    }
    let object = chain[parents.len()];
    let layout = ObjectLayout::of(document, &chain);
    for (path, value) in sets.take_while(|(_, value)| is_scalar(value)) {
        let Some((key, _)) = path.split_last().filter(|(_, around)| *around == parents) else { return };
        if document.get(object, key).is_some() || !taken.insert(key) {
            return;
        }
        let Some(at) = splices.last().map(|(splice, _)| splice.at + splice.inserted.len()) else { return };
        let inserted = [",", &layout.member(key, value, false)].concat();
        let action = UndoAction::Inserted { wrote: value.clone(), created: 0, hollow: None };
        splices.push((Splice { at, removed: String::new(), inserted }, action));
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

pub(super) fn set(
    document: &Document,
    path: &[String],
    value: &Value,
) -> Result<(Splice, UndoAction), EditError> {
    let mut chain = Vec::new();
    let mut node = document.root();
    for (depth, key) in path.iter().enumerate() {
        if document.kind(node) != NodeKind::Object {
            return Err(not_an_object(document, &path[..depth], node));
        }
        chain.push(node);
        match document.get(node, key) {
            Some(found) => node = found,
            None => return Ok(insert(document, &chain, &path[depth..], value)),
        }
    }
    if path.is_empty() {
        return Err(EditError::NoKey);
    }
    let text = ObjectLayout::of(document, &chain).value(value);
    let action = UndoAction::Replaced { before: document.raw(node).to_owned(), wrote: value.clone() };
    Ok((Splice::of(document.text(), document.span(node), text), action))
}

/// Adds a member to the last object of the chain; all keys but the first become objects inside it.
fn insert(document: &Document, chain: &[NodeId], keys: &[String], value: &Value) -> (Splice, UndoAction) {
    let layout = ObjectLayout::of(document, chain);
    let object = chain.last().copied().unwrap_or_else(|| document.root());
    let (key, inner) = keys.split_first().map_or(("", keys), |(key, inner)| (key.as_str(), inner));
    let nested = inner
        .iter()
        .rev()
        .fold(value.clone(), |value, key| Value::Object(Map::from_iter([(key.clone(), value)])));
    let members = document.members(object);
    let hollow = members.is_empty().then(|| interior(document, object).to_owned());
    let member = layout.member(key, &nested, hollow.is_some());
    let splice = match members.last() {
        Some(last) => {
            let end = document.span(last.value).end;
            Splice::of(document.text(), end..end, [",", &member].concat())
        }
        None => {
            let span = document.span(object);
            Splice::of(document.text(), span.start + 1..span.end - 1, member + &layout.tail())
        }
    };
    (splice, UndoAction::Inserted { wrote: value.clone(), created: inner.len(), hollow })
}
