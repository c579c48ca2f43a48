use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::generated::{print, style, tree};
use super::remove::{Neighbour, RemovedMember};
use super::undo::UndoAction;
use crate::text::edit::*;
use crate::text::json::{NodeId, NodeKind};

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c/d", "é", "", "new"]).prop_map(str::to_owned)
}

fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![
        3 => "[a-z$\"/]{0,4}".prop_map(Value::String),
        1 => Just(json!({})),
        1 => Just(json!({"k": [1, {"l": null}], "m": {}})),
        1 => Just(json!(7)),
    ];
    let path = || prop::collection::vec(key(), 1..4);
    prop_oneof![
        3 => (path(), value).prop_map(|(path, value)| Change::Set { path, value }),
        1 => path().prop_map(|path| Change::Remove { path }),
    ]
}

/// Changes as a rewrite makes them: beside each other in one object.
fn siblings() -> impl Strategy<Value = Vec<Change>> {
    let key = prop::sample::select(vec!["a", "b", "c/d", "é", "", "new", "n1", "n2", "n3"]);
    let value = prop_oneof![6 => "[a-z$\"/]{0,9}".prop_map(Value::String), 1 => Just(json!({"k": []})), 1 => Just(json!({}))];
    let members = prop::collection::vec((key.prop_map(str::to_owned), value), 0..9);
    (prop::collection::vec(key_of_two(), 0..3), members).prop_map(|(parents, members)| {
        let path = |key| parents.iter().cloned().chain([key]).collect();
        members.into_iter().map(|(key, value)| Change::Set { path: path(key), value }).collect()
    })
}

fn key_of_two() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned)
}

fn value(text: &str) -> Value {
    let document = Document::parse(text).expect(text);
    document.to_value(document.root()).expect(text)
}

/// The same change made to a value; `false` where it cannot be.
fn change_value(value: &mut Value, change: &Change) -> bool {
    let (key, parents) = change.path().split_last().unwrap();
    let mut object = value;
    for parent in parents {
        let Value::Object(members) = object else { return false };
        if !members.contains_key(parent) && matches!(change, Change::Remove { .. }) {
            return true;
        }
        object = members.entry(parent.clone()).or_insert_with(|| Map::new().into());
    }
    let Value::Object(members) = object else { return false };
    match change {
        Change::Set { value, .. } => members.insert(key.clone(), value.clone()),
        Change::Remove { .. } => members.shift_remove(key),
    };
    true
}

/// Every scalar with its key as they are written, except under paths that were changed.
fn untouched(text: &str, changes: &[Change]) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let mut found = Vec::new();
    let mut open: Vec<(NodeId, usize, Vec<String>)> = vec![(document.root(), 0, Vec::new())];
    while let Some((node, start, path)) = open.pop() {
        if changes.iter().any(|change| path.starts_with(change.path())) {
            continue;
        }
        if !matches!(document.kind(node), NodeKind::Object | NodeKind::Array) {
            found.push(text[start..document.span(node).end].to_owned());
        }
        for element in document.elements(node).iter().rev() {
            open.push((*element, document.span(*element).start, path.clone()));
        }
        for member in document.members(node).iter().rev() {
            let path = path.iter().chain(&member.key).cloned().collect();
            open.push((member.value, member.key_span.start, path));
        }
    }
    found
}

fn apart(ours: &[Change], theirs: &Change) -> bool {
    ours.iter().all(|ours| !ours.path().starts_with(theirs.path()) && !theirs.path().starts_with(ours.path()))
}

/// Empty objects with nothing in them: how they are written depends on what was taken out last.
fn hollowed(text: &str) -> String {
    let parts = text.split('{').map(|part| match part.trim_start() {
        trimmed if trimmed.starts_with('}') => trimmed,
        _ => part,
    });
    parts.collect::<Vec<_>>().join("{")
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        " ",
        "\n  ",
        ",",
        "\"a\": 1",
        "\"b\" : {",
        "{}",
        "1",
        "\"x\"",
        "}",
        "\u{feff}1",
        "é",
        "null",
        "\"a\":[1]",
        "\"a\":1,\"b\":2",
        "1}{",
        "1 ",
        "\u{feff}",
    ])
    .prop_map(str::to_owned)
}

fn any_undo(text: String) -> impl Strategy<Value = JsonUndo> {
    let wrote = || words().prop_map(|word| serde_json::from_str(&word).unwrap_or(Value::String(word)));
    let action = prop_oneof![
        (words(), wrote()).prop_map(|(before, wrote)| UndoAction::Replaced { before, wrote }),
        (wrote(), prop_oneof![0..4_usize, Just(usize::MAX)], prop::option::of(words()))
            .prop_map(|(wrote, created, hollow)| UndoAction::Inserted { wrote, created, hollow }),
        (
            (words(), words(), words(), words()),
            prop::option::of((key(), 0..3_usize, words()).prop_map(|(key, nth, lead)| Neighbour {
                key,
                nth,
                lead
            })),
            prop::option::of((key(), 0..3_usize, words()).prop_map(|(key, nth, lead)| Neighbour {
                key,
                nth,
                lead
            })),
            prop_oneof![0..3_usize, Just(usize::MAX)],
        )
            .prop_map(|(texts, previous, next, left)| UndoAction::Removed(RemovedMember::garbled(
                texts, previous, next, left
            ))),
    ];
    let at = prop_oneof![0..30_usize, Just(usize::MAX)];
    let splice = (at, words(), words()).prop_map(|(at, removed, inserted)| Splice { at, removed, inserted });
    let is_alone = any::<bool>();
    (prop::collection::vec(key(), 0..4), action, splice, is_alone).prop_map(
        move |(path, action, splice, is_alone)| {
            let mut step = [JsonUndo::new(path, action, splice)];
            if is_alone {
                undo::between(&mut step, undo::digest("1"), undo::digest(&text));
            }
            let [step] = step;
            step
        },
    )
}

proptest! {
    #[test]
    fn many_changes_are_those_of_one_after_the_other(
        tree in tree(), style in style(),
        mut changes in prop::collection::vec(prop_oneof![1 => change().prop_map(|one| vec![one]), 2 => siblings()], 0..5)
    ) {
        let text = print(&tree, &style);
        let changes = changes.drain(..).flatten().collect::<Vec<_>>();
        let mut one_by_one = Edited { text: text.clone(), undo: Vec::new() };
        let mut error = None;
        for change in &changes {
            match apply(&one_by_one.text, std::slice::from_ref(change)) {
                Ok(edited) => {
                    one_by_one.text = edited.text;
                    one_by_one.undo.extend(edited.undo);
                }
                Err(found) => {
                    error = Some(found);
                    break;
                }
            }
        }
        match (apply(&text, &changes), error) {
            (Ok(edited), None) => {
                prop_assert_eq!(&edited.text, &one_by_one.text);
                prop_assert!(edited.undo.iter().map(JsonUndo::change).eq(one_by_one.undo.iter().map(JsonUndo::change)));
                for made in [edited, one_by_one] {
                    prop_assert_eq!(undo(&made.text, &made.undo).unwrap(), text.clone());
                }
            }
            (made, error) => prop_assert_eq!(made, error.map_or(Ok(one_by_one), Err)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_printed_is_what_was_meant(tree in tree(), style in style(), changes in prop::collection::vec(change(), 1..6)) {
        let text = print(&tree, &style);
        let mut expected = value(&text);
        let possible: Vec<_> = changes
            .into_iter()
            .filter(|change| {
                let mut next = expected.clone();
                let possible = change_value(&mut next, change);
                prop_assert_eq_outcome(&apply(&expected.to_string(), std::slice::from_ref(change)), possible);
                if possible {
                    expected = next;
                }
                possible
            })
            .collect();
        let edited = apply(&text, &possible).unwrap();
        prop_assert_eq!(value(&edited.text).to_string(), expected.to_string());
        prop_assert_eq!(untouched(&edited.text, &possible), untouched(&text, &possible));
        prop_assert_eq!(undo(&edited.text, &edited.undo).unwrap(), text);
    }

    #[test]
    fn an_edit_elsewhere_is_kept(
        tree in tree(),
        style in style(),
        ours in prop::collection::vec(change(), 1..5),
        theirs in prop::collection::vec(change(), 1..5),
        printed_anew in any::<bool>(),
    ) {
        let text = print(&tree, &style);
        let mut plain = value(&text);
        let ours: Vec<_> = ours.into_iter().filter(|change| {
            let mut next = plain.clone();
            change_value(&mut next, change) && { plain = next; true }
        }).collect();
        let prepared = apply(&text, &ours).unwrap();
        let original = Document::parse(&text).unwrap();
        // Who builds on an object that was made for ours finds it where ours was, empty or not.
        let on_old = |change: &Change| {
            change.path().split_last().is_some_and(|(_, parents)| original.find(parents).is_some())
        };
        let theirs: Vec<_> = theirs.into_iter().filter(|change| {
            apart(&ours, change) && (on_old(change) || matches!(change, Change::Set { .. })) && apply(&prepared.text, std::slice::from_ref(change)).is_ok()
        }).collect();
        // Where they cannot be made to the original, they stand on something of ours.
        let Ok(wanted) = apply(&text, &theirs) else { return Ok(()) };
        let Ok(edited) = apply(&prepared.text, &theirs) else { return Ok(()) };
        let edited = if printed_anew { serde_json::to_string_pretty(&value(&edited.text)).unwrap() } else { edited.text };
        let undone = undo(&edited, &prepared.undo).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(value(&undone), value(&wanted.text), "{}", edited);
        // A new member looks like siblings that may be ours, or that we have taken out for the time being.
        let sets = |change: &Change| matches!(change, Change::Set { .. });
        let replaces = |change: &Change| sets(change) && original.find(change.path()).is_some();
        let has_siblings = |change: &Change| {
            let parent = change.path().split_last().and_then(|(_, parents)| original.find(parents));
            parent.is_some_and(|parent| !original.members(parent).is_empty())
        };
        let adds_or_removes =
            !theirs.iter().any(sets) || theirs.iter().all(|change| sets(change) && has_siblings(change));
        let same_siblings = theirs.iter().all(replaces) || ours.iter().all(sets) && adds_or_removes;
        if style.is_even() && !printed_anew && same_siblings {
            prop_assert_eq!(hollowed(&undone), hollowed(&wanted.text));
        }
    }

    #[test]
    fn a_damaged_record_does_no_harm(
        (text, steps) in (tree(), style()).prop_flat_map(|(tree, style)| {
            let text = print(&tree, &style);
            (Just(text.clone()), prop::collection::vec(any_undo(text), 1..4))
        }),
    ) {
        if let Ok(undone) = undo(&text, &steps) {
            prop_assert!(Document::parse(&undone).is_ok(), "{:?}", undone);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), change in change()) {
        let _ = apply(&text, std::slice::from_ref(&change));
        let _ = undo(&text, &[]);
    }
}

#[track_caller]
fn prop_assert_eq_outcome(outcome: &Result<Edited, EditError>, possible: bool) {
    assert_eq!(outcome.is_ok(), possible, "{outcome:?}");
}
