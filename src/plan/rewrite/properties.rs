use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::model::edit::generated::{Style, Tree, leaf, print, style, tree};
use crate::model::edit::undo;
use crate::model::json::parse_object;

const IN_SCOPE: [&str; 3] = ["@b/a", "@b/c", "@b/peer"];

/// Keys of dependency fields and overrides, some escaped.
fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "@b/a",
        "@b\\/c",
        "@\\u0062/a",
        "@b/peer",
        "left",
        "@b/out",
        "right",
        "@b/a@1",
        "x>@b/c",
        "x@1>@b/a@^2",
        "@b/a>y",
        "**/@b/a",
        "é",
    ])
    .prop_map(|name| format!("\"{name}\""))
}

fn map() -> impl Strategy<Value = Tree> {
    let value = prop::sample::select(vec![
        "\"^1\"",
        "\"workspace:*\"",
        "\"$@b/a\"",
        "\"$left\"",
        "\"npm:x@1\"",
        "\"$@b\\/peer\"",
        "\"\"",
    ]);
    prop::collection::vec((names(), value.prop_map(Tree::Leaf)), 0..5).prop_map(Tree::Object)
}

fn pnpm() -> impl Strategy<Value = Tree> {
    let overrides = prop_oneof![map(), map(), map(), Just(Tree::Leaf("null"))];
    let member = prop_oneof![
        3 => overrides.prop_map(|map| ("\"overrides\"".to_owned(), map)),
        1 => leaf().prop_map(|leaf| ("\"other\"".to_owned(), leaf)),
    ];
    prop_oneof![3 => prop::collection::vec(member, 0..3).prop_map(Tree::Object), 1 => Just(Tree::Leaf("null"))]
}

fn manifest() -> impl Strategy<Value = (String, Style)> {
    let field = |key: &'static str| map().prop_map(move |map| (key.to_owned(), map));
    let member = prop_oneof![
        field("\"dependencies\""),
        field("\"dev\\u0044ependencies\""),
        field("\"optionalDependencies\""),
        field("\"resolutions\""),
        pnpm().prop_map(|tree| ("\"pnpm\"".to_owned(), tree)),
        tree().prop_map(|tree| ("\"other\"".to_owned(), tree)),
        Just(("\"dependencies\"".to_owned(), Tree::Leaf("null"))),
    ];
    (prop::collection::vec(member, 0..7), style())
        .prop_map(|(members, style)| (print(&Tree::Object(members), &style), style))
}

fn specifier(name: &str) -> String {
    format!("file:../.docker-deps/{}.tgz", name.replace(['@', '/'], "-"))
}

/// What a surface with that manifest asks for.
fn request(text: &str) -> Request {
    let document = Document::parse(text).unwrap();
    let mut request = Request {
        added: vec![("@b/peer".into(), specifier("@b/peer"))],
        overrides: IN_SCOPE.map(|name| (name.to_owned(), specifier(name))).into(),
        yielding: IN_SCOPE.map(str::to_owned).into(),
        ..Request::default()
    };
    for field in DEPENDENCY_FIELDS {
        for key in IN_SCOPE.into_iter().filter(|key| document.find(&[field, key]).is_some()) {
            let direct = Direct { field: field.into(), key: key.into(), specifier: specifier(key) };
            request.direct.push(direct);
        }
    }
    request
}

/// pnpm's `getOptionsFromRootManifest` and `createVersionReferencesReplacer`: its map of overrides.
fn merged_overrides(manifest: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut direct = object(manifest.get("devDependencies"));
    direct.extend(object(manifest.get("dependencies")));
    direct.extend(object(manifest.get("optionalDependencies")));
    let mut overrides = object(manifest.get("resolutions"));
    overrides.extend(object(manifest.get("pnpm").and_then(|pnpm| pnpm.get("overrides"))));
    for value in overrides.values_mut() {
        let name = value.as_str().and_then(|value| value.strip_prefix('$'));
        if let Some(found) = name.and_then(|name| direct.get(name)).filter(|found| found.as_str() != Some(""))
        {
            *value = found.clone();
        }
    }
    overrides
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn exactly_what_was_asked_for_changes((text, _) in manifest()) {
        let request = request(&text);
        let rewrite = match rewrite(&text, Way::PnpmOverrides, &request) {
            Ok(rewrite) => rewrite,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let (before, after) = (parse_object(&text).unwrap(), parse_object(&rewrite.text).unwrap());
        let (old, new) = (merged_overrides(&before), merged_overrides(&after));
        for name in IN_SCOPE {
            prop_assert_eq!(&new[name], &specifier(name));
        }
        // Overrides of other packages mean what they meant; of ours, none is left.
        let others = |map: &serde_json::Map<String, Value>| -> Vec<(String, Value)> {
            let ours = |key: &str| selector::target(key).is_some_and(|target| IN_SCOPE.contains(&target));
            map.iter().filter(|(key, _)| !ours(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
        };
        prop_assert_eq!(new.len(), others(&new).len() + IN_SCOPE.len());
        prop_assert_eq!(others(&new).len(), others(&old).len());
        for (new, old) in others(&new).iter().zip(others(&old)) {
            // pnpm would have refused a reference to nothing.
            prop_assert!(*new == old || old.1.as_str().is_some_and(|old| old.starts_with('$')), "{:?} {:?}", new, old);
        }
        // Nothing else is touched.
        for field in DEPENDENCY_FIELDS {
            let entries = |manifest: &serde_json::Map<String, Value>| {
                manifest.get(field).and_then(Value::as_object).cloned().unwrap_or_default()
            };
            let mut expected = entries(&before);
            expected.iter_mut().filter(|(key, _)| IN_SCOPE.contains(&key.as_str())).for_each(|(key, value)| {
                *value = specifier(key).into();
            });
            if field == "dependencies" && !expected.contains_key("@b/peer") {
                expected.insert("@b/peer".into(), specifier("@b/peer").into());
            }
            prop_assert_eq!(entries(&after), expected);
        }
        prop_assert_eq!(before.get("other"), after.get("other"));
        prop_assert_eq!(undo(&rewrite.text, &rewrite.undo).unwrap(), text);
        prop_assert!(!points_into(&rewrite.text, ".docker-deps").is_empty());
    }

    #[test]
    fn an_edit_while_prepared_is_kept((text, _) in manifest()) {
        let rewrite = rewrite(&text, Way::PnpmOverrides, &request(&text)).unwrap();
        // A reference that we have written out is ours.
        prop_assume!(!rewrite.changes.iter().any(|change| change.path().ends_with(&["left".to_owned()])));
        let bump = |text: &str| text.replace("\"left\": \"^1\"", "\"left\": \"^2\"");
        prop_assert_eq!(undo(&bump(&rewrite.text), &rewrite.undo).unwrap(), bump(&text));
        let printed = serde_json::to_string_pretty(&parse_object(&bump(&rewrite.text)).unwrap()).unwrap();
        let undone = parse_object(&undo(&printed, &rewrite.undo).unwrap()).unwrap();
        prop_assert_eq!(undone, parse_object(&bump(&text)).unwrap());
    }

    #[test]
    fn no_text_panics(text in any::<String>(), dir in ".{0,4}") {
        let _ = rewrite(&text, Way::PnpmOverrides, &request("{}"));
        let _ = points_into(&text, &dir);
    }
}
