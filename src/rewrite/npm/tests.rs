use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::{alias, direct, manifest, members_after, package, pairs, reader, request};
use crate::rewrite::{RewriteRequest, rewrite};
use crate::text::undo;

fn npm(way: OverrideStyle) -> InstallTarget {
    reader(Name::Npm, 11..=11, way)
}

#[track_caller]
fn check(way: OverrideStyle, cases: &[(&str, &str)]) {
    for (before, after) in cases {
        assert_eq!(members_after(&npm(way), &request(), before), *after, "{before}");
    }
}

/// Ours where nothing else is.
const OURS: &str = r#""@b/a":{".":"file:a.tgz","cc":"file:c.tgz"},"@b/b":"file:b.tgz","@b/c":"file:c.tgz""#;

#[test]
fn overrides_name_all_of_the_closure() {
    let ours = format!(r#""overrides":{{{OURS}}}"#);
    check(
        OverrideStyle::NpmOverrides,
        &[("", &ours), (r#""overrides":null"#, &ours), (r#""overrides":{}"#, &ours)],
    );
    // What others read is not npm's.
    let others = r#""pnpm":{"overrides":{"@b/b":"1"}},"resolutions":{"@b/b":"1"}"#;
    check(OverrideStyle::NpmOverrides, &[(others, &format!("{others},{ours}"))]);
}

#[test]
fn rules_that_would_beat_ours_give_way() {
    let with = |before: &str, after: &str| {
        let before = format!(r#""overrides":{{{before}}}"#);
        let after = format!(r#""overrides":{{{after}}}"#);
        check(OverrideStyle::NpmOverrides, &[(&before, &after)]);
    };
    let (a, b, c) = (
        r#""@b/a":{".":"file:a.tgz","cc":"file:c.tgz"}"#,
        r#""@b/b":"file:b.tgz""#,
        r#""@b/c":"file:c.tgz""#,
    );
    // A rule for one of ours holds ours, where it stands.
    with(r#""@b/b":"1","left":"1""#, &format!(r#"{b},"left":"1",{a},{c}"#));
    with(r#""@b/a":"1","left":"1""#, &format!(r#"{a},"left":"1",{b},{c}"#));
    // One with a range goes, be it before or behind.
    with(r#""@b/b@^1":"1","@b/b":"2","@b/b@1.0.0":"3""#, &format!("{b},{a},{c}"));
    // Rules inside others go, and what they leave empty; rules of third parties stay.
    with(r#""right":{"@b/b":"1"}"#, OURS);
    with(r#""right":{"x":{"@b/b@1":"1"},"@b/c":{"@b/b":"1"}}"#, OURS);
    with(r#""right":{".":"2","@b/b":"1"}"#, &format!(r#""right":{{".":"2"}},{OURS}"#));
    with(r#""right":{"left":"1"},"x":{}"#, &format!(r#""right":{{"left":"1"}},"x":{{}},{OURS}"#));
    // An object of ours gets our specifier, at any depth, and keeps the rest.
    with(
        r#""@b/b":{"left":"1","x":{"@b/c":"1"}}"#,
        &format!(r#""@b/b":{{"left":"1",".":"file:b.tgz"}},{a},{c}"#),
    );
    with(r#""@b/b":{".":"1","left":"1"}"#, &format!(r#""@b/b":{{".":"file:b.tgz","left":"1"}},{a},{c}"#));
    with(
        r#""@b/a":{"@b/b":{"left":"1"},"@b/c":"1"}"#,
        &format!(
            r#""@b/a":{{"@b/b":{{"left":"1",".":"file:b.tgz"}},".":"file:a.tgz","cc":"file:c.tgz"}},{b},{c}"#
        ),
    );
    // Rules for an alias have to be wherever its parent has rules.
    with(
        r#""right":{"@b/a":{"left":"1"}}"#,
        &format!(r#""right":{{"@b/a":{{"left":"1",".":"file:a.tgz","cc":"file:c.tgz"}}}},{OURS}"#),
    );
    with(r#""@b/a":{"cc":"1"}"#, &format!(r#""@b/a":{{"cc":"file:c.tgz",".":"file:a.tgz"}},{b},{c}"#));
    with(
        r#""@b/a":{"cc":{"left":"1"}}"#,
        &format!(r#""@b/a":{{"cc":{{"left":"1",".":"file:c.tgz"}},".":"file:a.tgz"}},{b},{c}"#),
    );
    // Elsewhere the name may mean another package.
    with(r#""cc":"1""#, &format!(r#""cc":"1",{OURS}"#));
    // The surface's own alias would be EOVERRIDE.
    with(r#""bb":"1""#, OURS);
    with(r#""bb":{"left":"1"}"#, &format!(r#""bb":{{"left":"1",".":"file:b.tgz"}},{OURS}"#));
    // With a range, what stands inside counts only for a version that is in it.
    with(
        r#""@b/b@^1":{".":"1","left":"1"},"@b/c@^2":{"left":"1"}"#,
        &format!(r#""@b/b@^1":{{".":"file:b.tgz","left":"1"}},{OURS}"#),
    );
    // Of what repeats the last counts.
    with(r#""@b/b":{"left":"1"},"@b/b":"1""#, &format!(r#""@b/b":{{"left":"1"}},{b},{a},{c}"#));
}

#[test]
fn a_reference_keeps_what_it_meant() {
    let cases = [
        (r#""overrides":{"x":"$@b/a"}"#, format!(r#""overrides":{{"x":"^1",{OURS}}}"#)),
        (
            r#""overrides":{"x":{".":"$@b/a","y":"$left"}}"#,
            format!(r#""overrides":{{"x":{{".":"^1","y":"$left"}},{OURS}}}"#),
        ),
        // It put ours in the place of another one.
        (r#""overrides":{"x":"$bb"}"#, format!(r#""overrides":{{"x":"$bb",{OURS}}}"#)),
        (r#""overrides":{"x":"$none"}"#, format!(r#""overrides":{{"x":"$none",{OURS}}}"#)),
    ];
    for (before, after) in &cases {
        check(OverrideStyle::NpmOverrides, &[(before, after)]);
    }
}

#[test]
fn what_puts_ours_in_the_place_of_another_gets_ours() {
    let path = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let request = RewriteRequest {
        placed: vec![
            (path(&["overrides", "x"]), "file:b.tgz".to_owned()),
            (path(&["overrides", "y", "."]), "file:c.tgz".to_owned()),
        ],
        ..request()
    };
    let before = r#""overrides":{"x":"npm:@b/b@1","y":{".":"npm:@b/c@1"}}"#;
    let placed = r#""x":"file:b.tgz","y":{".":"file:c.tgz"}"#;
    let after = members_after(&npm(OverrideStyle::NpmOverrides), &request, before);
    assert_eq!(after, format!(r#""overrides":{{{placed},{OURS}}}"#));
    let after = members_after(&npm(OverrideStyle::Tarballs), &request, before);
    assert_eq!(after, format!(r#""overrides":{{{placed}}}"#));
}

#[test]
fn a_package_under_another_name_has_its_aliases_too() {
    let request = RewriteRequest {
        direct: vec![direct("devDependencies", "bb", "@b/b"), direct("dependencies", "@b/a", "@b/a")],
        packages: ["@b/a", "@b/b"].map(package).into(),
        // A cycle.
        aliases: vec![alias("@b/a", "bx", "@b/b"), alias("@b/b", "ax", "@b/a")],
        ..RewriteRequest::default()
    };
    let expected = r#""overrides":{"@b/a":{".":"file:a.tgz","bx":{".":"file:b.tgz","ax":"file:a.tgz"}},"@b/b":{".":"file:b.tgz","ax":{".":"file:a.tgz","bx":"file:b.tgz"}},"bb":{".":"file:b.tgz","ax":{".":"file:a.tgz","bx":"file:b.tgz"}}}"#;
    assert_eq!(members_after(&npm(OverrideStyle::NpmOverrides), &request, ""), expected);
}

#[test]
fn peers_of_the_surface_say_the_same_as_their_overrides() {
    let request = RewriteRequest {
        added: pairs(&[("@b/c", "file:c.tgz")]),
        optional_peers: pairs(&[("@b/q", "file:a.tgz"), ("@b/r", "file:a.tgz")]),
        ..request()
    };
    let text = r#"{"dependencies":{"@b/a":"1"},"devDependencies":{"bb":"npm:@b/b@1"},"peerDependencies":{"@b/a":"1","@b/b":"1","@b/c":"1","@b/q":"1","x":"1"},"overrides":{"@b/q":"1","@b/r":{"left":"1"}}}"#;
    let rewrite = rewrite(text, &npm(OverrideStyle::NpmOverrides), &request).unwrap();
    assert_eq!(undo(&rewrite.text, &rewrite.undo).as_deref(), Ok(text));
    let text = rewrite.text;
    let peers =
        r#""peerDependencies":{"@b/a":"1","@b/b":"file:b.tgz","@b/c":"1","@b/q":"file:a.tgz","x":"1"}"#;
    assert!(text.contains(peers), "{text}");
    assert!(text.contains(r#""@b/q":"file:a.tgz","@b/r":{"left":"1",".":"file:a.tgz"},"#), "{text}");
    assert_eq!(rewrite.overrides, 6);
}

#[test]
fn links_are_left_alone() {
    check(
        OverrideStyle::Tarballs,
        &[
            ("", ""),
            (r#""overrides":null"#, r#""overrides":null"#),
            (r#""overrides":{"left":"1","right":{}}"#, r#""overrides":{"left":"1","right":{}}"#),
            (r#""overrides":{"@b/b":"1","left":"1"}"#, r#""overrides":{"left":"1"}"#),
            (r#""overrides":{"@b/a":{"@b/b":"1"}}"#, r#""overrides":{}"#),
            // A rule that only names a package makes npm read its link from elsewhere.
            (r#""overrides":{"@b/b":{},"@b/c":{".":"*"}}"#, r#""overrides":{}"#),
            (
                r#""overrides":{"@b/b":{"left":"1"},"@b/c@9":{"left":"1"}}"#,
                r#""overrides":{"@b/b":{"left":"1",".":"file:b.tgz"}}"#,
            ),
            (
                r#""overrides":{"@b/a":{"@b/b@1":{"left":"1"}}}"#,
                r#""overrides":{"@b/a":{"@b/b@1":{"left":"1",".":"file:b.tgz"},".":"file:a.tgz"}}"#,
            ),
            // The name of an alias beats its link.
            (r#""overrides":{"cc":"1","right":{"cc":"1"}}"#, r#""overrides":{"right":{"cc":"1"}}"#),
            (
                r#""overrides":{"@b/a":{"cc":"1","left":"1"}}"#,
                r#""overrides":{"@b/a":{"left":"1",".":"file:a.tgz"}}"#,
            ),
            (r#""overrides":{"cc":{"left":"1"}}"#, r#""overrides":{"cc":{"left":"1",".":"file:c.tgz"}}"#),
            (r#""overrides":{"x":"$@b/a"}"#, r#""overrides":{"x":"^1"}"#),
        ],
    );
}

#[test]
fn an_optional_peer_under_another_name_has_a_rule_below_its_parent() {
    let request = RewriteRequest { optional_aliases: vec![alias("@b/b", "px", "@b/a")], ..request() };
    let expected = r#""overrides":{"@b/a":{".":"file:a.tgz","cc":"file:c.tgz"},"@b/b":{".":"file:b.tgz","px":{".":"file:a.tgz","cc":"file:c.tgz"}},"@b/c":"file:c.tgz","bb":{".":"file:b.tgz","px":{".":"file:a.tgz","cc":"file:c.tgz"}}}"#;
    assert_eq!(members_after(&npm(OverrideStyle::NpmOverrides), &request, ""), expected);
    assert_eq!(members_after(&npm(OverrideStyle::Tarballs), &request, ""), "");
}

#[test]
fn peers_need_an_override_beside_links() {
    let request =
        RewriteRequest { peers: pairs(&[("@b/b", "file:b.tgz"), ("@b/c", "file:c.tgz")]), ..request() };
    for (before, after) in [
        ("", r#""overrides":{"@b/b":"file:b.tgz","@b/c":"file:c.tgz"}"#),
        (
            r#""overrides":{"@b/c":{"left":"1"},"@b/b":"1","x":"1"}"#,
            r#""overrides":{"@b/c":{"left":"1",".":"file:c.tgz"},"@b/b":"file:b.tgz","x":"1"}"#,
        ),
    ] {
        assert_eq!(members_after(&npm(OverrideStyle::Tarballs), &request, before), after);
    }
    let overrides = rewrite(&manifest(""), &npm(OverrideStyle::Tarballs), &request).unwrap().overrides;
    assert_eq!(overrides, 2);
}

#[test]
fn what_is_no_map_is_refused() {
    let error = rewrite(r#"{"overrides":[]}"#, &npm(OverrideStyle::Tarballs), &RewriteRequest::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "`overrides` must be an object, found an array");
    // Of other shapes inside npm says what it thinks.
    check(
        OverrideStyle::Tarballs,
        &[(r#""overrides":{"@b/b":1,"x":[{}]}"#, r#""overrides":{"@b/b":1,"x":[{}]}"#)],
    );
    let deep = format!(r#"{{"overrides":{}"1"{}}}"#, r#"{"@b/b":"#.repeat(50_000), "}".repeat(50_000));
    let error = rewrite(&deep, &npm(OverrideStyle::NpmOverrides), &RewriteRequest::default()).unwrap_err();
    assert!(error.to_string().contains("nested deeper than"), "{error}");
}
