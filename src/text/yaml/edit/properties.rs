use proptest::prelude::*;
use serde_json::Value;

use crate::text::yaml::edit::*;
use crate::text::yaml::parse;

/// Texts of settings as people write them, in every layout.
fn settings() -> impl Strategy<Value = String> {
    let comment = prop_oneof![3 => Just(""), 1 => Just(" # why"), 1 => Just("  # a: b")];
    let name = prop::sample::select(vec!["ms", "'@b/a'", "\"@b/c\"", "a>b", "'x@^1'", "old", "n"]);
    let value = prop::sample::select(vec!["1", "^2.0.0", "'npm:x@1'", "\"y\"", "-", "$ms", "é"]);
    let entries = prop::collection::vec((name, value, comment), 0..5);
    let before = prop::sample::select(vec![
        "",
        "# head\n",
        "packages:\n  - 'a/*'\n",
        "---\n",
        "\u{feff}",
        "a: &a {b: 1}\nc: *a\n",
        "text: |\n  overrides:\n    ms: 1\n",
        "catalog:\n  overrides: 1\n\n",
    ]);
    let after = prop::sample::select(vec![
        "",
        "# tail\n",
        "catalog:\n  ms: 1\n",
        "\n\nlast: [1, 2]",
        "...\n# end",
        "x: >-\n  folded\n",
    ]);
    let shape = prop::sample::select(vec!["block", "wide", "braces", "lines", "empty", "none"]);
    (before, shape, entries, after, any::<[bool; 2]>()).prop_map(
        |(before, shape, entries, after, [crlf, last])| {
            let mut seen = std::collections::BTreeSet::new();
            let entries: Vec<_> =
                entries.into_iter().filter(|(name, ..)| seen.insert(name.to_owned())).collect();
            let lines = |indent: &str| -> String {
                entries
                    .iter()
                    .map(|(name, value, comment)| format!("{indent}{name}: {value}{comment}\n"))
                    .collect()
            };
            let pairs = |comma: &str, tail: bool| -> String {
                let all: Vec<_> = entries
                    .iter()
                    .map(|(name, value, comment)| {
                        format!("{name}: {value}{}", if tail { comment } else { "" }.replace('#', "\n #"))
                    })
                    .collect();
                all.join(comma)
            };
            let map = match shape {
                "block" if !entries.is_empty() => format!("overrides:\n{}", lines("  ")),
                "wide" if !entries.is_empty() => format!("overrides: # all\n  # first\n{}", lines("     ")),
                "braces" => format!("overrides: {{{}}}\n", pairs(", ", false)),
                "lines" => format!("overrides: {{\n  {}\n}}\n", pairs("\n  ,\n  ", true)),
                "empty" => "overrides:\n".to_owned(),
                _ => String::new(),
            };
            let text = format!("{before}{map}{after}");
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            if last { text } else { text.trim_end().to_owned() }
        },
    )
}

fn changes() -> impl Strategy<Value = (Vec<(String, String)>, Vec<String>)> {
    let name =
        || prop::sample::select(vec!["ms", "@b/a", "@b/c", "a>b", "x@^1", "old", "new 'one'", "# 1", "null"]);
    let value = prop::sample::select(vec!["file:../.docker-deps/x.tgz", "file:a b#c.tgz", "it's: x", "1"]);
    let sets = prop::collection::btree_map(name(), value, 1..4);
    (sets, prop::collection::btree_set(name(), 0..3)).prop_map(|(sets, removes)| {
        let removes =
            removes.into_iter().filter(|name| !sets.contains_key(name)).map(str::to_owned).collect();
        (sets.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), removes)
    })
}

fn without_overrides(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.shift_remove("overrides");
    }
    if value == serde_json::json!({}) { Value::Null } else { value }
}

fn comments(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.trim_start().starts_with('#')).map(str::trim).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_was_meant_is_said_and_undone(text in settings(), (sets, removes) in changes()) {
        let Ok(before) = parse(&text) else { return Ok(()) };
        let Ok(edited) = apply(Some(&text), &sets, &removes) else { return Ok(()) };
        let after = parse(&edited.text).unwrap();
        prop_assert_eq!(without_overrides(before), without_overrides(after));
        let now = read_overrides(&edited.text).unwrap();
        for set in &sets {
            prop_assert!(now.contains(set), "{}", edited.text);
        }
        prop_assert!(now.iter().all(|(name, _)| !removes.contains(name)));
        let former = read_overrides(&text).unwrap();
        let is_ours = |name: &String| removes.contains(name) || sets.iter().any(|(set, _)| set == name);
        for entry in former.iter().filter(|(name, _)| !is_ours(name)) {
            prop_assert!(now.contains(entry));
        }
        prop_assert_eq!(comments(&edited.text), comments(&text));
        prop_assert_eq!(undo(&edited.text, &edited.undo).unwrap(), text);
    }

    /// Most of what is made here can be edited: the property above is about something.
    #[test]
    fn what_is_edited_besides_stays(text in settings(), (sets, removes) in changes()) {
        let Ok(edited) = apply(Some(&text), &sets, &removes) else { return Ok(()) };
        if edited.undo.is_empty() || text.contains("...") {
            return Ok(());
        }
        let by_hand = format!("{}\nmine: 1 # by hand\n", edited.text);
        let Ok(value) = parse(&by_hand) else { return Ok(()) };
        let back = undo(&by_hand, &edited.undo).unwrap();
        let mut expected = parse(&text).unwrap();
        if !expected.is_object() {
            expected = serde_json::json!({});
        }
        expected["mine"] = 1.into();
        let found = parse(&back).unwrap();
        prop_assert_eq!(without_overrides(found), without_overrides(expected));
        prop_assert!(back.contains("mine: 1 # by hand") && value["mine"] == 1);
        let sorted = |text: &str| {
            let mut all = read_overrides(text).unwrap();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&back), sorted(&text));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@`ab~ \r\n\té]{0,30}", any in ".{0,30}") {
        for text in [format!("overrides:{text}"), format!("overrides:\n  a: 1\n  {text}"), format!("{{overrides: {{{text}}}}}"), text, any] {
            let _ = read_overrides(&text);
            if let Ok(edited) = apply(Some(&text), &[("@b/a".to_owned(), "file:x".to_owned())], &["a".to_owned()]) {
                prop_assert_eq!(undo(&edited.text, &edited.undo), Ok(text.clone()));
                let _ = undo(&format!("{} ", edited.text), &edited.undo);
            }
        }
    }
}

#[test]
fn most_settings_can_be_edited() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let sets = [("@b/a".to_owned(), "file:x".to_owned())];
    let texts: Vec<String> = (0..400).map(|_| settings().new_tree(&mut runner).unwrap().current()).collect();
    let valid: Vec<_> = texts.iter().filter(|text| parse(text).is_ok()).collect();
    let refused: Vec<_> = valid.iter().filter(|text| apply(Some(text), &sets, &[]).is_err()).collect();
    assert!(valid.len() > 300, "{} of 400 are YAML", valid.len());
    assert!(refused.len() < valid.len() / 20, "{} of {}: {:?}", refused.len(), valid.len(), &refused[..5]);
}
