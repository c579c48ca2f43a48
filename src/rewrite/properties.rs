//! What holds for any manifest, whatever reads it.

mod readers;

use self::readers::{every_reader, npm_rule, pnpm_overrides, yarn_rule};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::sample::{alias, direct, package, pairs, specifier};
use crate::guard::{GuardSettings, GuardedFile, Syntax, judge};
use crate::rewrite::install_target::OverrideField;
use crate::rewrite::*;
use crate::text::{GeneratedTree, Style, leaf, parse_object, print, style, tree, undo};

const IN_SCOPE: [&str; 4] = ["@b/a", "@b/b", "@b/c", "@b/peer"];

/// The surface's own names of these.
const KEYS: [&str; 5] = ["@b/a", "@b/b", "@b/c", "@b/peer", "bb"];

/// Keys of dependency fields and overrides, some escaped.
fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "@b/a",
        "@b\\/c",
        "@\\u0062/a",
        "@b/b",
        "@b/peer",
        "left",
        "left",
        "@b/out",
        "right",
        "bb",
        "cc",
        "@b/a@1",
        "@b/b@^2",
        "x>@b/c",
        "x@1>@b/a@^2",
        "@b/a>y",
        "@b/a>cc",
        "**/@b/a",
        "**/cc",
        "@b/a/cc",
        "@b/a/@b/b",
        "@b/a@npm:1/@b/b@^1",
        "x/cc",
        "é",
    ])
    .prop_map(|name| format!("\"{name}\""))
}

fn value() -> impl Strategy<Value = GeneratedTree> {
    prop::sample::select(vec![
        "\"^1\"",
        "\"workspace:*\"",
        "\"$@b/a\"",
        "\"$left\"",
        "\"$bb\"",
        "\"npm:x@1\"",
        "\"$@b\\/peer\"",
        "\"\"",
    ])
    .prop_map(GeneratedTree::Leaf)
}

fn map() -> impl Strategy<Value = GeneratedTree> {
    prop::collection::vec((names(), value()), 0..5).prop_map(GeneratedTree::Object)
}

fn nested() -> impl Strategy<Value = GeneratedTree> {
    let key = prop_oneof![4 => names(), 1 => Just("\".\"".to_owned())];
    let rules = value().prop_recursive(3, 20, 4, move |inner| {
        prop::collection::vec((key.clone(), inner), 0..4).prop_map(GeneratedTree::Object)
    });
    prop::collection::vec((names(), rules), 0..5).prop_map(GeneratedTree::Object)
}

fn pnpm() -> impl Strategy<Value = GeneratedTree> {
    let overrides = prop_oneof![map(), map(), map(), Just(GeneratedTree::Leaf("null"))];
    let member = prop_oneof![
        3 => overrides.prop_map(|map| ("\"overrides\"".to_owned(), map)),
        1 => leaf().prop_map(|leaf| ("\"other\"".to_owned(), leaf)),
    ];
    prop_oneof![3 => prop::collection::vec(member, 0..3).prop_map(GeneratedTree::Object), 1 => Just(GeneratedTree::Leaf("null"))]
}

fn manifest() -> impl Strategy<Value = (String, Style)> {
    let field = |key: &'static str| map().prop_map(move |map| (key.to_owned(), map));
    let member = prop_oneof![
        field("\"dependencies\""),
        field("\"dev\\u0044ependencies\""),
        field("\"optionalDependencies\""),
        field("\"peerDependencies\""),
        field("\"resolutions\""),
        nested().prop_map(|tree| ("\"overrides\"".to_owned(), tree)),
        pnpm().prop_map(|tree| ("\"pnpm\"".to_owned(), tree)),
        tree().prop_map(|tree| ("\"other\"".to_owned(), tree)),
        Just(("\"dependencies\"".to_owned(), GeneratedTree::Leaf("null"))),
        Just(("\"overrides\"".to_owned(), GeneratedTree::Leaf("null"))),
    ];
    (prop::collection::vec(member, 0..8), style())
        .prop_map(|(members, style)| (print(&GeneratedTree::Object(members), &style), style))
}

/// What a surface with that manifest asks for.
fn request(text: &str, reader: &InstallTarget) -> RewriteRequest {
    let document = Document::parse(text).unwrap();
    let mut request = RewriteRequest {
        added: pairs(&[("@b/peer", &specifier("@b/peer"))]),
        packages: IN_SCOPE.map(package).into(),
        peers: pairs(&[("@b/peer", &specifier("@b/peer"))]),
        ..RewriteRequest::default()
    };
    // bun's overrides would be refused.
    if reader.way != OverrideStyle::BunOverrides {
        request.aliases.push(alias("@b/a", "cc", "@b/c"));
    }
    for field in DEPENDENCY_FIELDS {
        for key in KEYS.into_iter().filter(|key| document.find(&[field, key]).is_some()) {
            let package = if key == "bb" { "@b/b" } else { key };
            request.direct.push(direct(field, key, package));
        }
    }
    request
}

fn members(manifest: &Map<String, Value>, path: &[&str]) -> Map<String, Value> {
    let (first, rest) = path.split_first().unwrap();
    let found = rest.iter().try_fold(manifest.get(*first), |found, key| Some(found?.get(key)));
    found.flatten().and_then(Value::as_object).cloned().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_else_changes_and_all_of_it_can_be_taken_back((text, _) in manifest()) {
        let before = parse_object(&text).unwrap();
        for reader in every_reader() {
            let rewrite = rewrite(&text, &reader, &request(&text, &reader)).unwrap();
            prop_assert_eq!(undo(&rewrite.text, &rewrite.undo).unwrap(), text.as_str());
            let after = parse_object(&rewrite.text).unwrap();
            for field in DEPENDENCY_FIELDS {
                let mut expected = members(&before, &[field]);
                expected.iter_mut().filter(|(key, _)| KEYS.contains(&key.as_str())).for_each(|(key, value)| {
                    *value = specifier(if key == "bb" { "@b/b" } else { key }).into();
                });
                if field == "dependencies" && !expected.contains_key("@b/peer") {
                    expected.insert("@b/peer".into(), specifier("@b/peer").into());
                }
                prop_assert_eq!(members(&after, &[field]), expected);
            }
            prop_assert_eq!(before.get("other"), after.get("other"));
            for place in [OverrideField::Resolutions, OverrideField::PnpmOverrides, OverrideField::Overrides] {
                if !reader.places().contains(&place) {
                    prop_assert_eq!(members(&before, place.path()), members(&after, place.path()));
                }
            }
            if reader.way != OverrideStyle::NpmOverrides {
                prop_assert_eq!(before.get("peerDependencies"), after.get("peerDependencies"));
            }
        }
    }

    #[test]
    fn an_edit_while_prepared_is_kept((text, _) in manifest()) {
        for reader in every_reader() {
            let rewrite = rewrite(&text, &reader, &request(&text, &reader)).unwrap();
            // A reference that we have written out is ours, and so is what we have put last or taken out.
            let ours = |change: &Change| change.path().iter().any(|key| key == "left")
                || matches!(change, Change::Remove { .. });
            prop_assume!(!rewrite.changes.iter().any(ours));
            let bump = |text: &str| text.replace("\"left\": \"^1\"", "\"left\": \"^2\"");
            prop_assert_eq!(undo(&bump(&rewrite.text), &rewrite.undo).unwrap(), bump(&text));
            let printed = serde_json::to_string_pretty(&parse_object(&bump(&rewrite.text)).unwrap()).unwrap();
            let undone = parse_object(&undo(&printed, &rewrite.undo).unwrap()).unwrap();
            prop_assert_eq!(undone, parse_object(&bump(&text)).unwrap());
        }
    }

    #[test]
    fn an_override_added_while_prepared_is_kept((text, _) in manifest(), inside in any::<bool>()) {
        for reader in every_reader() {
            let rewrite = rewrite(&text, &reader, &request(&text, &reader)).unwrap();
            let Some(place) = reader.places().last() else { continue };
            let mut path = owned(place.path());
            if inside && reader.way == OverrideStyle::NpmOverrides {
                path.push("@b/a".to_owned());
            }
            path.push("new".to_owned());
            // As `npm pkg set` does, which prints the manifest anew.
            let set = Change::Set { path: path.clone(), value: "1".into() };
            let Ok(edited) = edit::apply(&rewrite.text, std::slice::from_ref(&set)) else { continue };
            let printed = serde_json::to_string_pretty(&parse_object(&edited.text).unwrap()).unwrap();
            for edited in [edited.text, printed] {
                let undone = undo(&edited, &rewrite.undo);
                let undone = undone.map_err(|error| TestCaseError::fail(format!("{error}\n{edited}")))?;
                let document = Document::parse(&undone).unwrap();
                let value = document.find(&path).and_then(|node| document.string(node));
                prop_assert_eq!(value.as_deref(), Some("1"), "{}", undone);
                prop_assert!(!undone.contains("file:"), "{}", undone);
            }
        }
    }

    #[test]
    fn the_guard_and_those_who_take_it_out_see_all_that_is_written((text, _) in manifest()) {
        for reader in every_reader() {
            let rewrite = rewrite(&text, &reader, &request(&text, &reader)).unwrap();
            let in_deps_dir = rewrite.text.replace("file:", "file:../.docker-deps/");
            // A line each.
            let printed = serde_json::to_string_pretty(&parse_object(&in_deps_dir).unwrap()).unwrap();
            let written = printed.matches(".docker-deps").count();
            prop_assert_eq!(points_into(&printed, ".docker-deps").len(), written, "{}", printed);
            let settings = GuardSettings::read(&[], None).unwrap();
            let found = judge(&settings, GuardedFile::Manifest(Syntax::Json), b"backend/package.json", printed.as_bytes());
            prop_assert_eq!(found.len(), written, "{}", printed);
        }
    }

    #[test]
    fn pnpm_reads_ours_and_others_as_they_were((text, _) in manifest()) {
        for reader in every_reader().filter(|reader| reader.reads_pnpm_field()) {
            if reader.way == OverrideStyle::WorkspaceOverrides { continue }
            let request = request(&text, &reader);
            let rewrite = rewrite(&text, &reader, &request).unwrap();
            let (before, after) = (parse_object(&text).unwrap(), parse_object(&rewrite.text).unwrap());
            let (old, new) = (pnpm_overrides(&before), pnpm_overrides(&after));
            let ours = if reader.way == OverrideStyle::PnpmOverrides { pnpm::ours(&request) } else { Vec::new() };
            for (key, specifier) in &ours {
                prop_assert_eq!(&new[key], specifier);
            }
            let is_ours = |key: &str| ours.iter().any(|(ours, _)| ours == key);
            let others = |map: &Map<String, Value>, ours: &dyn Fn(&str) -> bool| -> Vec<(String, Value)> {
                map.iter().filter(|(key, _)| !ours(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
            };
            let new = others(&new, &is_ours);
            let goes = |key: &str| pnpm::goes(&reader, &request, key) || is_ours(key);
            prop_assert!(new.iter().all(|(key, _)| selector::target(key).is_none_or(|target| request.specifier(target).is_none())));
            let old = others(&old, &goes);
            prop_assert_eq!(new.len(), old.len());
            for (new, old) in new.iter().zip(&old) {
                // pnpm would have refused a reference to nothing.
                prop_assert!(new == old || old.1.as_str().is_some_and(|old| old.starts_with('$')), "{:?} {:?}", new, old);
            }
        }
    }

    #[test]
    fn npm_finds_our_rules_before_others(
        (text, _) in manifest(),
        chain in prop::collection::vec(prop::sample::select(vec!["@b/a", "@b/b", "@b/c", "@b/peer", "left", "right", "bb", "x"]), 1..4),
        takes_ranges in any::<bool>(),
    ) {
        for reader in every_reader().filter(|reader| reader.manager.name == Name::Npm) {
            let request = request(&text, &reader);
            let rewrite = rewrite(&text, &reader, &request).unwrap();
            let rules = members(&parse_object(&rewrite.text).unwrap(), &["overrides"]);
            let told = npm_rule(&rules, &chain, takes_ranges);
            let name = *chain.last().unwrap();
            if IN_SCOPE.contains(&name) {
                let none = reader.way == OverrideStyle::Tarballs;
                prop_assert!(told == Some(specifier(name)) || none && told.is_none(), "{:?} {}", told, rewrite.text);
            } else if request.specifier(name).is_some() {
                prop_assert!(told.is_none() || told == Some(specifier("@b/b")), "{:?} {}", told, rewrite.text);
            }
            // The alias in the package, wherever that is found.
            if name == "@b/a" {
                let told = npm_rule(&rules, &[chain.as_slice(), &["cc"]].concat(), takes_ranges);
                let mine = told == Some(specifier("@b/c"));
                let on_path = chain.iter().any(|name| !KEYS.contains(name));
                prop_assert!(mine || reader.way == OverrideStyle::Tarballs && (told.is_none() || on_path), "{:?} {}", told, rewrite.text);
            }
        }
    }

    #[test]
    fn yarn_finds_our_resolutions_before_others((text, _) in manifest(), parent in prop::sample::select(vec!["@b/a", "x", "left"])) {
        for reader in every_reader().filter(|reader| reader.way == OverrideStyle::Resolutions) {
            let rewrite = rewrite(&text, &reader, &request(&text, &reader)).unwrap();
            let map = members(&parse_object(&rewrite.text).unwrap(), &["resolutions"]);
            for name in IN_SCOPE {
                prop_assert_eq!(yarn_rule(&map, parent, name), Some(specifier(name)), "{}", rewrite.text);
            }
            prop_assert_eq!(yarn_rule(&map, "@b/a", "cc"), Some(specifier("@b/c")), "{}", rewrite.text);
            // Elsewhere the alias is another package.
            let before = members(&parse_object(&text).unwrap(), &["resolutions"]);
            let same = yarn_rule(&map, "x", "cc") == yarn_rule(&before, "x", "cc");
            let moved = ["cc", "**/cc", "x/cc"].iter().filter(|key| before.contains_key(**key)).count() > 1;
            prop_assert!(same || moved, "{}", rewrite.text);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), dir in ".{0,4}") {
        for reader in every_reader() {
            let _ = rewrite(&text, &reader, &request("{}", &reader));
        }
        let _ = points_into(&text, &dir);
    }
}
