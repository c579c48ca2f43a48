//! The changes that make one map of another.

use serde_json::{Map, Value};

use super::owned;
use crate::text::{Change, Document, NodeKind};

/// The changes that give the object at a path these members. What is new is set value by value, so that somebody's
/// own member beside them can stay when they go.
pub(super) fn differences(
    document: &Document,
    path: &[&str],
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    let is_null = document.find(path).is_some_and(|node| document.kind(node) == NodeKind::Null);
    if is_null && !after.is_empty() {
        changes.push(Change::Set { path: owned(path), value: Map::new().into() });
    }
    let path: Vec<String> = owned(path);
    into(&path, before, after, changes);
}

fn into(path: &[String], before: &Map<String, Value>, after: &Map<String, Value>, changes: &mut Vec<Change>) {
    let member = |key: &String| path.iter().chain([key]).cloned().collect::<Vec<_>>();
    for (key, value) in after {
        match (before.get(key), value) {
            (Some(former), _) if former == value => {}
            (Some(Value::Object(former)), Value::Object(members)) => {
                into(&member(key), former, members, changes);
            }
            (former, Value::Object(members)) => {
                if former.is_some() || members.is_empty() {
                    changes.push(Change::Set { path: member(key), value: Map::new().into() });
                }
                into(&member(key), &Map::new(), members, changes);
            }
            _ => changes.push(Change::Set { path: member(key), value: value.clone() }),
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        changes.push(Change::Remove { path: member(key) });
    }
}
