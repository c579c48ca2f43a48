use super::sample::{direct, package, pairs};
use crate::rewrite::*;
use crate::text::undo;

fn request() -> RewriteRequest {
    RewriteRequest {
        direct: vec![direct("dependencies", "@b/a", "@b/a"), direct("devDependencies", "@b/d", "@b/d")],
        added: pairs(&[("@b/peer", "file:peer.tgz")]),
        packages: vec![package("@b/a"), package("@b/c")],
        ..RewriteRequest::default()
    }
}

/// The rewritten text; taking it back must give the text.
fn rewritten(text: &str, request: &RewriteRequest) -> String {
    let rewrite = rewrite(text, &InstallTarget::pinned(), request).expect(text);
    assert_eq!(undo(&rewrite.text, &rewrite.undo).as_deref(), Ok(text));
    rewrite.text
}

#[test]
fn a_manifest_is_rewritten() {
    let text = r#"{
  "name": "backend",
  "dependencies": {
    "@b/a":  "workspace:*",
    "left": "^1"
  },
  "devDependencies": { "@b/d": "^2" }
}
"#;
    let expected = r#"{
  "name": "backend",
  "dependencies": {
    "@b/a":  "file:a.tgz",
    "left": "^1",
    "@b/peer": "file:peer.tgz"
  },
  "devDependencies": { "@b/d": "file:d.tgz" },
  "pnpm": {
    "overrides": {
      "@b/a": "file:a.tgz",
      "@b/c": "file:c.tgz"
    }
  }
}
"#;
    assert_eq!(rewritten(text, &request()), expected);
}

#[test]
fn other_overrides_stay_and_ours_win() {
    let text = r#"{
  "dependencies": {"@b/a": "1", "@b/peer": "7"},
  "devDependencies": {"@b/d": "^2"},
  "pnpm": {
    "onlyBuiltDependencies": [],
    "overrides": {
      "x>@b/c@1": "1",
      "@b/a": "2",
      "@b/a>foo": "3",
      "@b/a@^1": "4",
      "foo": "$@b/a",
      "bar": "$@b/d",
      "baz": "$left",
      "qux": "$@b/peer"
    }
  },
  "resolutions": {
    "@b/c": "5",
    "@b/other": "6",
    "x@1>@b/a@^2": "7",
    "**/@b/a": "8",
    "@b/a": "9"
  }
}"#;
    let expected = r#"{
  "dependencies": {"@b/a": "file:a.tgz", "@b/peer": "7"},
  "devDependencies": {"@b/d": "file:d.tgz"},
  "pnpm": {
    "onlyBuiltDependencies": [],
    "overrides": {
      "@b/a": "file:a.tgz",
      "@b/a>foo": "3",
      "foo": "1",
      "bar": "^2",
      "baz": "$left",
      "qux": "$@b/peer",
      "@b/c": "file:c.tgz"
    }
  },
  "resolutions": {
    "@b/other": "6",
    "**/@b/a": "8"
  }
}"#;
    assert_eq!(rewritten(text, &request()), expected);
}

#[test]
fn a_reference_follows_the_field_that_counts() {
    let text = r#"{"devDependencies":{"@b/p":"1"},"dependencies":{"@b/q":"2"},"optionalDependencies":{"@b/q":"3"},
        "resolutions":{"x":"$@b/p","y":"$@b/q","z":"$@b/none"}}"#;
    let mut request =
        RewriteRequest { added: vec![("@b/p".into(), "file:p".into())], ..RewriteRequest::default() };
    request.direct.push(direct("dependencies", "@b/q", "@b/q"));
    let text = rewritten(text, &request);
    // A new regular dependency would go before the one for development; the optional one is left as it is.
    assert!(text.contains(r#""resolutions":{"x":"1","y":"$@b/q","z":"$@b/none"}"#), "{text}");
}

#[test]
fn null_counts_as_missing() {
    let request = RewriteRequest {
        added: pairs(&[("p", "file:p.tgz")]),
        packages: vec![package("p")],
        ..RewriteRequest::default()
    };
    let expected = r#"{"dependencies":{"p":"file:p.tgz"},"pnpm":{"overrides":{"p":"file:p.tgz"}}}"#;
    assert_eq!(rewritten(r#"{"dependencies":null,"pnpm":null}"#, &request), expected);
    assert_eq!(rewritten(r#"{"dependencies":{},"pnpm":{"overrides":null}}"#, &request), expected);
    assert_eq!(rewritten(r#"{"pnpm":null}"#, &RewriteRequest::default()), r#"{"pnpm":null}"#);
}

#[test]
fn what_is_no_manifest_is_refused() {
    let cases = [
        ("[]", "the manifest must be an object, found an array"),
        (r#"{"dependencies":[]}"#, "`dependencies` must be an object, found an array"),
        (r#"{"pnpm":"x"}"#, "`pnpm` must be an object, found a string"),
        (r#"{"pnpm":{"overrides":true}}"#, "`pnpm.overrides` must be an object, found a boolean"),
        (r#"{"resolutions":1}"#, "`resolutions` must be an object, found a number"),
        ("{}", "`dependencies.@b/a` must be a string, found nothing"),
        (r#"{"dependencies":{"@b/a":{}}}"#, "`dependencies.@b/a` must be a string, found an object"),
        ("{", "line 1, column 2: expected a key in double quotes, but the text ends here"),
    ];
    for (text, expected) in cases {
        let error = rewrite(text, &InstallTarget::pinned(), &request()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
