//! `Set`: a value takes another one's place, or a member is added.

use serde_json::{Map, Value};

use super::layout::{Layout, interior};
use super::undo::Action;
use super::{EditError, Splice, not_an_object};
use crate::model::json::{Document, Kind, NodeId};

pub(super) fn set(
    document: &Document,
    path: &[String],
    value: &Value,
) -> Result<(Splice, Action), EditError> {
    let mut chain = Vec::new();
    let mut node = document.root();
    for (depth, key) in path.iter().enumerate() {
        if document.kind(node) != Kind::Object {
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
    let text = Layout::of(document, &chain).value(value);
    let action = Action::Replaced { before: document.raw(node).to_owned(), wrote: value.clone() };
    Ok((Splice::of(document.text(), document.span(node), text), action))
}

/// Adds a member to the last object of the chain; all keys but the first become objects inside it.
fn insert(document: &Document, chain: &[NodeId], keys: &[String], value: &Value) -> (Splice, Action) {
    let layout = Layout::of(document, chain);
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
    (splice, Action::Inserted { wrote: value.clone(), created: inner.len(), hollow })
}
