use proptest::prelude::*;
use serde_json::{Value, json};

use crate::text::json::value::MAX_DEPTH;
use crate::text::json::*;

fn message(text: &str) -> String {
    Document::parse(text).expect_err(text).to_string()
}

fn value(text: &str) -> Result<Value, SyntaxError> {
    let document = Document::parse(text)?;
    document.to_value(document.root())
}

#[test]
fn members_keep_order_and_spans() {
    let text = "\u{feff}{ \"a\" : 1,\r\n\t\"\\u0062\": [ ] , \"a\":{}}";
    let document = Document::parse(text).unwrap();
    let members: Vec<_> = document
        .members(document.root())
        .iter()
        .map(|m| (&text[m.key_span.clone()], m.key.clone().unwrap(), document.raw(m.value)))
        .collect();
    let expected = [("\"a\"", "a", "1"), ("\"\\u0062\"", "b", "[ ]"), ("\"a\"", "a", "{}")];
    assert_eq!(members, expected.map(|(raw, key, value)| (raw, key.to_owned(), value)));
    assert_eq!(document.find(&["a"]).map(|id| document.kind(id)), Some(NodeKind::Object));
}

#[test]
fn errors_say_where_and_why() {
    let cases = [
        ("", "line 1, column 1: expected a value, but the text ends here"),
        ("{\n  // no\n}", "line 2, column 3: comments are not allowed in JSON"),
        ("{} /* no */", "line 1, column 4: comments are not allowed in JSON"),
        ("{\"a\": 1,\n}", "line 1, column 8: a comma before `}` is not allowed in JSON"),
        ("[1 , ]", "line 1, column 4: a comma before `]` is not allowed in JSON"),
        (
            "{\r\n<<<<<<< HEAD\r\n",
            "line 2, column 1: this is a mark of a merge conflict that is not resolved",
        ),
        ("{'a': 1}", "expected a key in double quotes, found a single quote: strings need double quotes"),
        ("{a: 1}", "line 1, column 2: expected a key in double quotes, found `a`"),
        ("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`"),
        ("{\"é\": 1 \"b\"}", "line 1, column 9: expected `,` or `}`, found `\\\"`"),
        ("\u{feff}{\"a\": \"x\n\"}", "column 7: the string that begins here does not end on its line"),
        ("\"\\x\"", "line 1, column 2: not an escape of JSON"),
        ("\"\\u12é4\"", "line 1, column 2: `\\u` needs four hexadecimal digits"),
        ("01", "line 1, column 1: not a number of JSON"),
        ("[1.]", "line 1, column 2: not a number of JSON"),
        ("{} x", "line 1, column 4: expected the end of the text, found `x`"),
        ("[NaN]", "line 1, column 2: expected a value, found `N`"),
        ("{\"a\":1]", "line 1, column 7: expected `,` or `}`, found `]`"),
    ];
    for (text, expected) in cases {
        assert!(message(text).ends_with(expected), "{text:?}: {}", message(text));
    }
}

#[test]
fn values_are_those_of_javascript() {
    assert_eq!(value(r#"{"a":1,"b":2,"a":3}"#).unwrap().to_string(), r#"{"a":3,"b":2}"#);
    assert_eq!(
        value("[1.0,-0,1e3,0.5,9007199254740991]").unwrap().to_string(),
        "[1,0,1000,0.5,9007199254740991]"
    );
    assert_eq!(value("[1e999,12345678901234567890]").unwrap(), json!([null, 12345678901234567000.0]));
    assert_eq!(value(r#""\ud83d\ude00\/\u0041""#).unwrap(), json!("😀/A"));
}

#[test]
fn half_a_surrogate_pair_parses_but_has_no_value() {
    for text in [r#"["\ud800"]"#, r#"["\ud800\u0041"]"#, r#"["\udc00"]"#, r#"["\ud800\ud800\udc00"]"#] {
        let error = value(text).unwrap_err().to_string();
        assert_eq!(error, "line 1, column 3: half a surrogate pair is no character", "{text}");
    }
    let document = Document::parse(r#"{"\ud800": 1, "ok": "x"}"#).unwrap();
    assert_eq!(document.members(document.root())[0].key, None);
    assert_eq!(document.to_value(document.find(&["ok"]).unwrap()).unwrap(), json!("x"));
}

#[test]
fn no_depth_overflows() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let document = Document::parse(&deep).unwrap();
    let error = document.to_value(document.root()).unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 513: nested deeper than 512 levels");
    assert!(Document::parse(&"{\"a\":".repeat(100_000)).is_err());
    let allowed = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
    assert!(value(&allowed).is_ok());
}

#[test]
fn a_manifest_is_an_object() {
    assert_eq!(parse_object("{\"a\":1}").unwrap().len(), 1);
    let error = parse_object(" [1]").unwrap_err().to_string();
    assert_eq!(error, "line 1, column 2: expected an object, found an array");
}

/// Texts that are nearly JSON, so that both outcomes are common.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\u0041\"",
        "\"\\n\"",
        "\"",
        "\\",
        "1",
        "-",
        "0",
        ".",
        "e+",
        "5",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\t",
        "\r",
        "/",
        "é",
        "\u{1}",
        "\u{7f}",
        "\"é\"",
        "\u{2028}",
        "\u{feff}",
        "\\u12",
        "{\"a\":",
        "\"b\":1",
        "[1,",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn takes_what_serde_json_takes(text in prop_oneof![nearly_json(), ".{0,20}"]) {
        prop_assume!(!text.starts_with('\u{feff}'));
        let expected: Result<Value, _> = serde_json::from_str(&text);
        match (Document::parse(&text), expected) {
            (Ok(document), Ok(expected)) => {
                let found = document.to_value(document.root()).unwrap();
                prop_assert_eq!(as_floats(found), as_floats(expected));
            }
            (found, expected) => prop_assert_eq!(found.is_ok(), expected.is_ok(), "{:?}", text),
        }
    }

    #[test]
    fn takes_what_serde_json_prints(text in nearly_json(), number in any::<f64>(), string in any::<String>()) {
        let value = json!({ text.clone(): [number, string, { "": text }] });
        let printed = serde_json::to_string_pretty(&value).unwrap();
        let document = Document::parse(&printed).unwrap();
        prop_assert_eq!(as_floats(document.to_value(document.root()).unwrap()), as_floats(value));
    }
}

/// Integers and floats compare as unequal in `serde_json`.
fn as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap() + 0.0),
        Value::Array(elements) => elements.into_iter().map(as_floats).collect(),
        Value::Object(members) => members.into_iter().map(|(k, v)| (k, as_floats(v))).collect(),
        other => other,
    }
}
