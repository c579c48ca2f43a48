use crate::text::yaml::edit::*;

const FILE: &str = "file:../.docker-deps/bytelyst-a-1.0.0-0123456789ab.tgz";

fn pairs(sets: &[(&str, &str)]) -> Vec<(String, String)> {
    sets.iter().map(|(selector, value)| ((*selector).to_owned(), (*value).to_owned())).collect()
}

fn edit(text: &str, sets: &[(&str, &str)], removes: &[&str]) -> Result<EditedYaml, YamlEditError> {
    let removes: Vec<String> = removes.iter().map(|name| (*name).to_owned()).collect();
    let edited = apply(Some(text), &pairs(sets), &removes)?;
    assert_eq!(undo(&edited.text, &edited.undo).as_deref(), Ok(text), "{}", edited.text);
    Ok(edited)
}

/// Sets `@b/a` to `file:x`, and takes `old` out.
#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(edit(text, &[("@b/a", "file:x")], &["old"]).unwrap().text, expected);
}

#[track_caller]
fn refused(text: &str, line: usize) {
    let error = edit(text, &[("@b/a", "file:x")], &["old"]).unwrap_err();
    assert_eq!(error.line, line, "{text}: {error}");
    assert!(!error.hint.is_empty());
}

#[test]
fn a_file_is_made() {
    let made = apply(None, &pairs(&[("@b/a", FILE), ("b>c", "it's: #")]), &["x".to_owned()]).unwrap();
    assert_eq!(made.text, format!("overrides:\n  '@b/a': {FILE}\n  'b>c': 'it''s: #'\n"));
    assert_eq!(undo(&made.text, &made.undo).as_deref(), Ok(""));
    assert_eq!(read_overrides(&made.text).unwrap(), pairs(&[("@b/a", FILE), ("b>c", "it's: #")]));
    assert_eq!(apply(None, &[], &[]).unwrap(), EditedYaml { text: String::new(), undo: Vec::new() });
}

#[test]
fn a_map_that_is_not_there_comes_at_the_end() {
    let map = "overrides:\n  '@b/a': file:x\n";
    becomes("a: 1\n", &format!("a: 1\n{map}"));
    becomes("a: 1", &format!("a: 1\n{}", map.trim_end()));
    becomes("a:\r\n  - b\r\n# c\r\n", "a:\r\n  - b\r\n# c\r\noverrides:\r\n  '@b/a': file:x\r\n");
    becomes("# c\n", &format!("# c\n{map}"));
    becomes("\n", &format!("\n{map}"));
    becomes("---\na: 1\n...\n# c\n", &format!("---\na: 1\n{map}...\n# c\n"));
    becomes("---\n", &format!("---\n{map}"));
    becomes("  a: 1\n", "  a: 1\n  overrides:\n    '@b/a': file:x\n");
    becomes("\u{feff}a: é\n", &format!("\u{feff}a: é\n{map}"));
    becomes("a: |\n  x\n\n", &format!("a: |\n  x\n\n{map}"));
    becomes("{a: [1], b: c}\n", "{a: [1], b: c, overrides: {'@b/a': 'file:x'}}\n");
    becomes("{}", "{overrides: {'@b/a': 'file:x'}}");
    becomes("{a: []}", "{overrides: {'@b/a': 'file:x'}, a: []}");
    becomes("a: |\n  x", "a: |\n  x\noverrides:\n  '@b/a': file:x");
    refused("- a\n", 1);
    refused("a: 1\n---\nb: 2\n", 1);
    refused("a: [\n", 2);
}

#[test]
fn lines_are_added_behind_the_last_one_and_comments_stay_beside_theirs() {
    becomes(
        "overrides:\n  # why\n  ms: 1 # because\n  # b was here\n\n# next\ncatalog:\n  x: 1\n",
        "overrides:\n  # why\n  ms: 1 # because\n  '@b/a': file:x\n  # b was here\n\n# next\ncatalog:\n  x: 1\n",
    );
    becomes("overrides:\n      ms: 1", "overrides:\n      ms: 1\n      '@b/a': file:x");
    becomes("overrides:\r\n  ms: \"1\"\r\nb: 2", "overrides:\r\n  ms: \"1\"\r\n  '@b/a': file:x\r\nb: 2");
    becomes("overrides:\n  ms: x\n    y\nb: 2\n", "overrides:\n  ms: x\n    y\n  '@b/a': file:x\nb: 2\n");
    becomes("overrides:\n  ms: 1\t# c\n", "overrides:\n  ms: 1\t# c\n  '@b/a': file:x\n");
    becomes("overrides:\n  ms: 1\n  n:\n    - 1\n", "overrides:\n  ms: 1\n  '@b/a': file:x\n  n:\n    - 1\n");
    becomes("? overrides\n: ? ms\n  : 1\n", "? overrides\n: ? ms\n  : 1\n  '@b/a': file:x\n");
    becomes("'overrides':\n  ms: 1\n", "'overrides':\n  ms: 1\n  '@b/a': file:x\n");
    becomes(
        "a:\n  overrides: 1\noverrides:\n  ms: 1\n",
        "a:\n  overrides: 1\noverrides:\n  ms: 1\n  '@b/a': file:x\n",
    );
    refused("overrides:\n  n:\n    - 1\n", 1);
    refused("a: 1\noverrides: 2\n", 2);
    refused("a: 1\noverrides:\n- 2\n", 2);
}

#[test]
fn an_empty_map_gets_its_first_line() {
    let expected = "overrides:\n  '@b/a': file:x\nb: 1\n";
    becomes("overrides:\nb: 1\n", expected);
    becomes("overrides: ~\nb: 1\n", expected);
    becomes("overrides: null # c\nb: 1\n", "overrides: # c\n  '@b/a': file:x\nb: 1\n");
    becomes("overrides: # c\n  # none yet\n", "overrides: # c\n  '@b/a': file:x\n  # none yet\n");
    becomes("overrides:", "overrides:\n  '@b/a': file:x");
    becomes("overrides: {}\n", "overrides: {'@b/a': 'file:x'}\n");
    becomes("overrides: { }\n", "overrides: { '@b/a': 'file:x'}\n");
    becomes("{overrides: null}\n", "{overrides: {'@b/a': 'file:x'}}\n");
}

#[test]
fn braces_stay_braces() {
    becomes("overrides: {ms: 1, \"n\": '2'}\n", "overrides: {ms: 1, \"n\": '2', '@b/a': 'file:x'}\n");
    becomes("overrides: {\n  ms: 1, # c\n}\n", "overrides: {\n  ms: 1, '@b/a': 'file:x', # c\n}\n");
    becomes("overrides: {old: 1, ms: 2}\n", "overrides: {ms: 2, '@b/a': 'file:x'}\n");
    becomes("overrides: {ms: 2, old: 1}\n", "overrides: {ms: 2, '@b/a': 'file:x'}\n");
    becomes(
        "overrides: {@b/a: 2}\n".replace('@', "'@").replace("a:", "a':").as_str(),
        "overrides: {'@b/a': 'file:x'}\n",
    );
    becomes("{\"overrides\": {\"ms\": \"1\"}}", "{\"overrides\": {\"ms\": \"1\", '@b/a': 'file:x'}}");
}

#[test]
fn values_are_replaced_where_they_stand() {
    becomes("overrides:\n  '@b/a': ^1 # mine\n  n: 2\n", "overrides:\n  '@b/a': file:x # mine\n  n: 2\n");
    becomes("overrides:\n  \"@b/a\" : \"^1\"\n", "overrides:\n  \"@b/a\" : file:x\n");
    becomes("v: &v ^1\noverrides:\n  '@b/a': *v\n", "v: &v ^1\noverrides:\n  '@b/a': file:x\n");
    // An alias elsewhere would follow.
    refused("overrides:\n  '@b/a': &v ^1\nv: *v\n", 2);
    refused("overrides:\n  '@b/a': !!str 1\n", 2);
    refused("overrides:\n  '@b/a': |\n    1\n", 2);
    refused("overrides:\n  '@b/a':\n", 2);
}

#[test]
fn lines_are_taken_out_whole() {
    becomes("overrides:\n  # a\n  old: 1 # c\n  ms: 1\n", "overrides:\n  # a\n  ms: 1\n  '@b/a': file:x\n");
    becomes("overrides:\n  ms: 1\n  old: 1", "overrides:\n  ms: 1\n  '@b/a': file:x");
    becomes("overrides:\r\n  old: 1\r\n", "overrides:\r\n  '@b/a': file:x\r\n");
    becomes("overrides:\n  ms: 1\n  'old':\n", "overrides:\n  ms: 1\n  '@b/a': file:x\n");
    becomes("o: &o 1\noverrides:\n  old: *o\n", "o: &o 1\noverrides:\n  '@b/a': file:x\n");
    refused("overrides:\n  ms: 1\n  old: &o 1\nb: *o\n", 3);
    refused("overrides:\n  ms: 1\n  ? old\n  : 1\n", 3);
    refused("overrides:\n  ms: 1\n  old:\n    a: 1\n", 3);
}

#[test]
fn what_is_shared_with_other_places_is_left_alone() {
    refused("b: &o\n  ms: 1\noverrides: *o\n", 3);
    refused("overrides: &o\n  ms: 1\nb: *o\n", 1);
    refused("overrides: !!map\n  ms: 1\n", 1);
    // What a merge key brings in can be beaten, but not taken out.
    let merged = "b: &b\n  '@b/a': ^1\noverrides:\n  <<: *b\n  ms: 1\n";
    becomes(merged, &format!("{merged}  '@b/a': file:x\n"));
    refused("b: &b\n  old: ^1\noverrides:\n  <<: *b\n  ms: 1\n", 3);
    refused("overrides:\n  ms: 1\n  ms: 2\n", 3);
    refused("overrides:\n  ms: 1\noverrides:\n  n: 2\n", 3);
    let error = edit("", &[("a\nb", "c")], &[]).unwrap_err();
    assert_eq!(error.message, "'a\\nb' cannot be written");
}

#[test]
fn an_edit_of_the_owners_stays_when_ours_goes() {
    let original = "# mine\noverrides:\n  old: 1 # keep\n  ms: ^2 # why\n  '@b/a': ^1\n";
    let edited = edit(original, &[("@b/a", FILE), ("@b/c", FILE)], &["old"]).unwrap();
    let back = |text: &str| undo(text, &edited.undo);
    for (from, to) in [("ms: ^2", "ms: ^3"), ("# mine", "# theirs\npackages: ['.']"), ("# why", "#\n  n: 1")]
    {
        let by_hand = edited.text.replace(from, to);
        assert_eq!(back(&by_hand).unwrap().replace(to, from), original, "{by_hand}");
    }
    // In any other shape it is put back by what it means.
    let reshaped = format!("overrides: {{ms: ^2, '@b/a': '{FILE}', \"@b/c\": \"{FILE}\"}}\n");
    assert_eq!(back(&reshaped).unwrap(), "overrides: {'old': 1, ms: ^2, '@b/a': ^1}\n");
    // Taken back by hand already.
    assert_eq!(back(original).as_deref(), Ok(original));
    let error = back(&edited.text.replace(FILE, "file:mine")).unwrap_err();
    assert_eq!(
        error,
        format!(
            "`overrides.@b/a`: expected \"{FILE}\", found \"file:mine\"; `overrides.@b/c`: expected \"{FILE}\", found \"file:mine\""
        )
    );
    assert!(back("overrides: [\n").is_err());
    assert!(back("b: 1\n").unwrap_err().contains("`overrides.@b/a`: expected"));
}

#[test]
fn of_a_made_map_what_the_owner_added_is_left() {
    let made = apply(None, &pairs(&[("@b/a", FILE)]), &[]).unwrap();
    let back = |text: &str| undo(text, &made.undo).unwrap();
    assert_eq!(back(&format!("{}  ms: 1\n", made.text)), "overrides:\n  ms: 1\n");
    assert_eq!(back(&format!("# mine\n{}catalog:\n  ms: 1\n", made.text)), "# mine\ncatalog:\n  ms: 1\n");
    assert_eq!(back(&made.text.replace("overrides:", "overrides: # mine")), "overrides: # mine\n");
    assert_eq!(back(&made.text.replace('\n', "\r\n")), "");
    assert_eq!(back(&format!("{{overrides: {{'@b/a': '{FILE}'}}, a: 1}}")), "{a: 1}");
    assert_eq!(back(&format!("overrides: {{'@b/a': '{FILE}'}}\n")), "");
    assert_eq!(back("a: 1\n"), "a: 1\n");
}

#[test]
fn a_record_is_read_again_and_a_damaged_one_changes_nothing_else() {
    let original = "overrides:\n  ms: 1\n  old: 2\n";
    let edited = edit(original, &[("@b/a", FILE)], &["old"]).unwrap();
    let json = serde_json::to_string(&edited.undo).unwrap();
    let read: Vec<YamlUndo> = serde_json::from_str(&json).unwrap();
    assert_eq!(undo(&edited.text, &read).as_deref(), Ok(original));
    let forged = json.replace("old: 2", "x: 3\\npackages: [evil]");
    let read: Vec<YamlUndo> = serde_json::from_str(&forged).unwrap();
    let text = format!("{}# edited\n", edited.text);
    assert!(undo(&text, &read).is_err(), "{forged}");
    assert!(serde_json::from_str::<Vec<YamlUndo>>(&json.replace("\"before\"", "\"other\"")).is_err());
}
