use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::{alias, direct, members_after, package, reader, request};
use crate::rewrite::{RewriteRequest, rewrite};

fn yarn(major: u64) -> InstallTarget {
    reader(Name::Yarn, major..=major, OverrideStyle::Resolutions)
}

const OURS: &str = r#""@b/a":"file:a.tgz","@b/b":"file:b.tgz","@b/c":"file:c.tgz","@b/a/cc":"file:c.tgz""#;

#[track_caller]
fn check(before: &str, after: &str) {
    for major in [1, 4] {
        let before = format!(r#""resolutions":{{{before}}}"#);
        let after = format!(r#""resolutions":{{{after}}}"#);
        assert_eq!(members_after(&yarn(major), &request(), &before), after, "yarn {major}: {before}");
    }
}

#[test]
fn resolutions_name_all_of_the_closure() {
    check("", OURS);
    let ours = format!(r#""resolutions":{{{OURS}}}"#);
    assert_eq!(members_after(&yarn(4), &request(), ""), ours);
    assert_eq!(members_after(&yarn(1), &request(), r#""resolutions":null"#), ours);
    let others = r#""overrides":{"@b/b":"1"},"pnpm":1"#;
    assert_eq!(members_after(&yarn(4), &request(), others), format!("{others},{ours}"));
}

#[test]
fn whatever_names_a_package_of_ours_last_gives_way() {
    for key in [
        "**/@b/b",
        "@b/a/@b/b",
        "@b/a/**/@b/b",
        "x/@b/b",
        "@b/b@npm:^1",
        "@b/b@^1.0.0",
        "@b/a@npm:1.0.0/@b/b",
        "@b/a/@b/b@npm:^1.0.0",
        "bb",
        "**/bb",
        "@b/a/cc@npm:^1",
    ] {
        check(
            &format!(r#""left":"1","{key}":"1","x/left":"2""#),
            &format!(r#""left":"1","x/left":"2",{OURS}"#),
        );
    }
    for key in ["@b/a/left", "@b/*", "**", "@b/other", "x/cc", "@b/b/x", "b"] {
        check(&format!(r#""{key}":"1""#), &format!(r#""{key}":"1",{OURS}"#));
    }
    check(
        r#""@b/b":"1","left":"1""#,
        r#""@b/b":"file:b.tgz","left":"1","@b/a":"file:a.tgz","@b/c":"file:c.tgz","@b/a/cc":"file:c.tgz""#,
    );
}

#[test]
fn what_matches_an_alias_and_other_packages_stands_behind_ours() {
    for key in ["cc", "**/cc", "cc@^1"] {
        check(&format!(r#""{key}":"1","left":"1""#), &format!(r#""left":"1",{OURS},"{key}":"1""#));
    }
}

#[test]
fn an_alias_is_named_under_every_name_of_its_parent() {
    let request = RewriteRequest {
        direct: vec![direct("dependencies", "@b/a", "@b/a"), direct("devDependencies", "bb", "@b/b")],
        packages: ["@b/a", "@b/b", "@b/c"].map(package).into(),
        aliases: vec![alias("@b/a", "bx", "@b/b"), alias("@b/b", "cc", "@b/c")],
        ..RewriteRequest::default()
    };
    let expected = r#""resolutions":{"@b/a":"file:a.tgz","@b/b":"file:b.tgz","@b/c":"file:c.tgz","@b/a/bx":"file:b.tgz","@b/b/cc":"file:c.tgz","bb/cc":"file:c.tgz","bx/cc":"file:c.tgz"}"#;
    assert_eq!(members_after(&yarn(4), &request, ""), expected);
    let before = r#""resolutions":{"bx@npm:1/cc":"1"}"#;
    assert_eq!(members_after(&yarn(4), &request, before), expected);
}

#[test]
fn what_puts_ours_in_the_place_of_another_gets_ours() {
    let placed =
        ["x", "**/x"].map(|key| (vec!["resolutions".to_owned(), key.to_owned()], "file:b.tgz".to_owned()));
    let request = RewriteRequest { placed: placed.into(), ..request() };
    let before = r#""resolutions":{"x":"npm:@b/b@1","**/x":"npm:@b/b@1"}"#;
    let after = members_after(&yarn(1), &request, before);
    assert_eq!(after, format!(r#""resolutions":{{"x":"file:b.tgz","**/x":"file:b.tgz",{OURS}}}"#));
}

#[test]
fn flat_is_refused_where_it_is_read() {
    let text = r#"{"flat":true}"#;
    let error = rewrite(text, &yarn(1), &RewriteRequest::default()).unwrap_err();
    assert!(error.to_string().contains("`flat` is true"), "{error}");
    assert!(error.hint().contains("`flat`"));
    assert!(rewrite(text, &yarn(4), &RewriteRequest::default()).is_ok());
    assert!(rewrite(r#"{"flat":false}"#, &yarn(1), &RewriteRequest::default()).is_ok());
}
