use serde_json::json;

use crate::text::edit::*;

fn set(path: &[&str], value: Value) -> Change {
    Change::Set { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

fn remove(path: &[&str]) -> Change {
    Change::Remove { path: path.iter().map(|key| (*key).to_owned()).collect() }
}

/// The text with the changes made; taking them back must give the text.
fn edit(text: &str, changes: &[Change]) -> String {
    let edited = apply(text, changes).expect(text);
    assert_eq!(undo(&edited.text, &edited.undo).as_deref(), Ok(text));
    edited.text
}

#[test]
fn a_value_is_replaced_and_nothing_else() {
    let text = "\u{feff}{\r\n\t\"\\u0061\" :  \"old\\/1\" ,\r\"a\" : 2}";
    assert_eq!(edit(text, &[set(&["a"], json!("new/1"))]), text.replace(": 2}", ": \"new/1\"}"));
    let text = "\u{feff}{\r\n\t\"\\u0061\" :  \"old\\/1\" ,\r\"b\" : 2}";
    assert_eq!(edit(text, &[set(&["a"], json!("new"))]), text.replace("\"old\\/1\"", "\"new\""));
}

#[test]
fn a_new_member_looks_like_its_siblings() {
    let cases = [
        ("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"x\": 5\n}\n"),
        ("{\r\n\t\"a\" : 1\r\n}", "{\r\n\t\"a\" : 1,\r\n\t\"x\" : 5\r\n}"),
        ("{\"a\":1}", "{\"a\":1,\"x\":5}"),
        ("{\"a\": 1}", "{\"a\": 1, \"x\": 5}"),
        ("{ \"a\": 1 }", "{ \"a\": 1, \"x\": 5 }"),
        ("{\"a\":1, \"b\":2}", "{\"a\":1, \"b\":2, \"x\":5}"),
        ("{}", "{\n  \"x\": 5\n}"),
        ("{\r\n}\r\n", "{\r\n  \"x\": 5\r\n}\r\n"),
        ("{\n\n  \"a\": 1,\n\n  \"b\": 2\n\n}", "{\n\n  \"a\": 1,\n\n  \"b\": 2,\n  \"x\": 5\n\n}"),
        ("{\n\"a\": 1\n}", "{\n\"a\": 1,\n\"x\": 5\n}"),
    ];
    for (text, expected) in cases {
        assert_eq!(edit(text, &[set(&["x"], json!(5))]), expected);
    }
}

#[test]
fn objects_on_the_way_are_made() {
    let change = [set(&["pnpm", "overrides", "x"], json!("1")), set(&["pnpm", "overrides", "y"], json!("2"))];
    let cases = [
        (
            "{\n    \"a\": 1\n}",
            "{\n    \"a\": 1,\n    \"pnpm\": {\n        \"overrides\": {\n            \"x\": \"1\",\n            \"y\": \"2\"\n        }\n    }\n}",
        ),
        ("{\"a\":1}", r#"{"a":1,"pnpm":{"overrides":{"x":"1","y":"2"}}}"#),
        (r#"{ "a": 1 }"#, r#"{ "a": 1, "pnpm": { "overrides": { "x": "1", "y": "2" } } }"#),
        (
            "{\n\t\"pnpm\": {}\n}",
            "{\n\t\"pnpm\": {\n\t\t\"overrides\": {\n\t\t\t\"x\": \"1\",\n\t\t\t\"y\": \"2\"\n\t\t}\n\t}\n}",
        ),
        ("{\"pnpm\":{\"overrides\":{ }}}", r#"{"pnpm":{"overrides":{"x":"1","y":"2"}}}"#),
        (
            "{\n \"b\": {\n  \"c\": 1\n },\n \"pnpm\": { \"overrides\": {} }\n}",
            "{\n \"b\": {\n  \"c\": 1\n },\n \"pnpm\": { \"overrides\": { \"x\": \"1\", \"y\": \"2\" } }\n}",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(edit(text, &change), expected);
    }
}

#[test]
fn a_member_goes_with_its_comma_and_its_space() {
    let cases = [
        ("{\n  \"x\": 1,\n  \"b\": 2\n}", "{\n  \"b\": 2\n}"),
        ("{\n  \"a\": 1,\n  \"x\": 2,\n  \"b\": 3\n}", "{\n  \"a\": 1,\n  \"b\": 3\n}"),
        ("{\n  \"a\": 1,\n  \"x\": 2\n}", "{\n  \"a\": 1\n}"),
        ("{\n  \"x\": 2\n}", "{\n}"),
        ("{\"x\":1,\"a\" :2 , \"x\":3}", "{\"a\" :2 }"),
        ("{\"a\":1}", "{\"a\":1}"),
    ];
    for (text, expected) in cases {
        assert_eq!(edit(text, &[remove(&["x"])]), expected);
    }
}

#[test]
fn what_is_no_object_is_an_error() {
    let message = |text, change| apply(text, &[change]).unwrap_err().to_string();
    assert_eq!(message("{\"a\":[]}", set(&["a", "b"], json!(1))), "`a` is an array, not an object");
    assert_eq!(message("{\"a\":{\"b\":\"\"}}", remove(&["a", "b", "c"])), "`a.b` is a string, not an object");
    assert_eq!(message("{}", set(&[], json!(1))), "a change needs a key");
    assert_eq!(
        message("{,}", remove(&["a"])),
        "line 1, column 2: expected a key in double quotes, found `,`"
    );
}

const MANIFEST: &str = r#"{
  "dependencies": {
    "@b/a": "workspace:^",
    "left": "1.0.0"
  },
  "resolutions": {
    "@b/a": "1",
    "other": "2",
    "@b/c": "3"
  }
}
"#;

fn prepared() -> Edited {
    let changes = [
        set(&["dependencies", "@b/a"], json!("file:a.tgz")),
        set(&["dependencies", "@b/peer"], json!("file:p.tgz")),
        set(&["pnpm", "overrides", "@b/a"], json!("file:a.tgz")),
        set(&["pnpm", "overrides", "@b/c"], json!("file:c.tgz")),
        remove(&["resolutions", "@b/a"]),
        remove(&["resolutions", "@b/c"]),
    ];
    apply(MANIFEST, &changes).unwrap()
}

#[test]
fn an_edit_by_hand_is_kept() {
    let edits = [
        ("\"left\": \"1.0.0\"", "\"left\": \"^2.0.0\""),
        ("\"left\": \"1.0.0\"", "\"left\": \"1.0.0\",\n    \"new\": \"1\""),
        ("    \"left\": \"1.0.0\",\n", ""),
        ("\"other\": \"2\"", "\"other\": \"2\",\n    \"more\": \"1\""),
        ("{\n  \"dep", "{\n  \"name\": \"x\",\n\n  \"dep"),
    ];
    let prepared = prepared();
    for (from, to) in edits {
        let edited = prepared.text.replacen(from, to, 1);
        assert_ne!(edited, prepared.text, "{from}");
        let expected = match from {
            // It was not the last one there.
            "    \"left\": \"1.0.0\",\n" => MANIFEST.replacen(",\n    \"left\": \"1.0.0\"", "", 1),
            _ if to.contains("more") => MANIFEST
                .replacen(
                    "\"other\": \"2\",",
                    "\"other\": \"2\",\n    \"@b/c\": \"3\",\n    \"more\": \"1\"",
                    1,
                )
                .replacen("\n    \"@b/c\": \"3\"\n", "\n", 1),
            _ => MANIFEST.replacen(from, to, 1),
        };
        assert_eq!(undo(&edited, &prepared.undo).unwrap(), expected);
    }
}

#[test]
fn a_document_printed_anew_is_undone() {
    let prepared = prepared();
    let mut value: Value = serde_json::from_str(&prepared.text).unwrap();
    value["dependencies"].as_object_mut().unwrap().sort_keys();
    value["dependencies"]["left"] = json!("3");
    let minified = value.to_string();
    let expected = r#"{"dependencies":{"@b/a":"workspace:^","left":"3"},"resolutions":{"@b/a":"1","other":"2","@b/c":"3"}}"#;
    assert_eq!(undo(&minified, &prepared.undo).as_deref(), Ok(expected));
}

#[test]
fn an_object_that_is_used_meanwhile_stays() {
    let prepared = prepared();
    let edited =
        prepared.text.replace("\"@b/c\": \"file:c.tgz\"", "\"@b/c\": \"file:c.tgz\",\n      \"mine\": \"1\"");
    let expected = MANIFEST.replace(
        "  }\n}\n",
        "  },\n  \"pnpm\": {\n    \"overrides\": {\n      \"mine\": \"1\"\n    }\n  }\n}\n",
    );
    assert_eq!(undo(&edited, &prepared.undo).unwrap(), expected);
}

#[test]
fn what_was_ours_and_is_changed_is_a_conflict() {
    let prepared = prepared();
    let edited = prepared
        .text
        .replace("\"@b/a\": \"file:a.tgz\"", "\"@b/a\": \"9\"")
        .replace("\"resolutions\": {\n", "\"resolutions\": {\n    \"@b/c\": \"8\",\n");
    let conflict = undo(&edited, &prepared.undo).unwrap_err().to_string();
    let expected = "`dependencies.@b/a`: expected \"file:a.tgz\", found \"9\"; \
        `pnpm.overrides.@b/a`: expected \"file:a.tgz\", found \"9\"; \
        `resolutions.@b/c`: expected nothing, found \"8\"";
    assert_eq!(conflict, expected);
    let broken = undo("{", &prepared.undo).unwrap_err().to_string();
    assert_eq!(broken, "line 1, column 2: expected a key in double quotes, but the text ends here");
}

#[test]
fn what_is_undone_already_is_no_conflict() {
    assert_eq!(undo(MANIFEST, &prepared().undo).as_deref(), Ok(MANIFEST));
}

#[test]
fn a_record_survives_its_file() {
    let prepared = prepared();
    let kept = serde_json::to_string(&prepared.undo).unwrap();
    let read: Vec<JsonUndo> = serde_json::from_str(&kept).unwrap();
    assert_eq!(undo(&prepared.text, &read).as_deref(), Ok(MANIFEST));
}
