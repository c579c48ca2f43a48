use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::{manifest, members_after, pairs, reader, request};
use crate::rewrite::{RewriteError, RewriteRequest, rewrite};

fn pnpm(majors: std::ops::RangeInclusive<u64>, way: OverrideStyle) -> InstallTarget {
    reader(Name::Pnpm, majors, way)
}

const OURS: &str = r#""@b/a":"file:a.tgz","@b/b":"file:b.tgz","@b/c":"file:c.tgz","@b/a>cc":"file:c.tgz""#;

#[test]
fn an_alias_has_its_own_selector_which_none_beats() {
    let reader = pnpm(9..=9, OverrideStyle::PnpmOverrides);
    let before = r#""pnpm":{"overrides":{"cc":"1","x>cc":"1","@b/a@1>cc@^1":"1","@b/a>cc":"1"}},"resolutions":{"@b/a>cc@1":"1"}"#;
    let after = format!(
        r#""pnpm":{{"overrides":{{"cc":"1","x>cc":"1","@b/a>cc":"file:c.tgz",{}}}}},"resolutions":{{}}"#,
        OURS.strip_suffix(r#","@b/a>cc":"file:c.tgz""#).unwrap()
    );
    assert_eq!(members_after(&reader, &request(), before), after);
}

#[test]
fn links_are_left_alone_where_the_fields_are_read() {
    let before = r#""pnpm":{"overrides":{"@b/b":"1","left":"1","x>@b/b@1":"1","cc":"1","@b/a>cc":"1","x>cc":"1","y":"$@b/a"}},"resolutions":{"bb":"1"}"#;
    let after = r#""pnpm":{"overrides":{"left":"1","x>cc":"1","y":"^1"}},"resolutions":{}"#;
    for majors in [8..=8, 10..=10, 8..=u64::MAX] {
        assert_eq!(members_after(&pnpm(majors, OverrideStyle::Tarballs), &request(), before), after);
    }
    assert_eq!(members_after(&pnpm(11..=11, OverrideStyle::Tarballs), &request(), before), before);
    // Nor does their shape matter there.
    assert_eq!(
        members_after(&pnpm(12..=12, OverrideStyle::Tarballs), &request(), r#""pnpm":1"#),
        r#""pnpm":1"#
    );
}

#[test]
fn what_brings_ours_in_gets_ours() {
    let at = |keys: &[&str]| (keys.iter().map(|key| (*key).to_owned()).collect(), "file:b.tgz".to_owned());
    let placed = vec![
        at(&["pnpm", "overrides", "x"]),
        at(&["resolutions", "y"]),
        at(&["pnpm", "packageExtensions", "z@1", "dependencies", "@b/b"]),
    ];
    let request = RewriteRequest { placed, ..request() };
    let before = r#""pnpm":{"overrides":{"x":"npm:@b/b@1"},"packageExtensions":{"z@1":{"dependencies":{"@b/b":"1"}}}},"resolutions":{"y":"npm:@b/b@1"}"#;
    let after = |ours: &str| {
        format!(
            r#""pnpm":{{"overrides":{{"x":"file:b.tgz"{ours}}},"packageExtensions":{{"z@1":{{"dependencies":{{"@b/b":"file:b.tgz"}}}}}}}},"resolutions":{{"y":"file:b.tgz"}}"#
        )
    };
    assert_eq!(members_after(&pnpm(10..=10, OverrideStyle::Tarballs), &request, before), after(""));
    let reader = pnpm(10..=10, OverrideStyle::PnpmOverrides);
    assert_eq!(members_after(&reader, &request, before), after(&format!(",{OURS}")));
    assert_eq!(rewrite(&manifest(before), &reader, &request).unwrap().overrides, 6);
}

#[test]
fn overrides_of_the_workspace_file_are_carried_where_ours_would_hide_them() {
    let mut reader = pnpm(10..=10, OverrideStyle::PnpmOverrides);
    reader.workspace_overrides = pairs(&[
        ("left", "1"),
        ("@b/b", "1"),
        ("x>@b/c@1", "1"),
        ("y", "npm:@b/b@1"),
        ("z", "$@b/a"),
        ("w", "$left"),
    ]);
    let request = RewriteRequest { workspace_placed: pairs(&[("y", "file:b.tgz")]), ..request() };
    let carried = r#""left":"1","y":"file:b.tgz","z":"^1","w":"$left""#;
    let expected = format!(r#""pnpm":{{"overrides":{{{OURS},{carried}}}}}"#);
    assert_eq!(members_after(&reader, &request, ""), expected);
    assert_eq!(
        members_after(&reader, &request, r#""pnpm":{"overrides":{}},"resolutions":null"#),
        format!(r#"{expected},"resolutions":null"#)
    );
    // They were hidden already.
    let before = r#""resolutions":{"right":"1"}"#;
    let expected = format!(r#"{before},"pnpm":{{"overrides":{{{OURS}}}}}"#);
    assert_eq!(members_after(&reader, &request, before), expected);
    // pnpm 9 does not read them.
    reader.manager.majors = 9..=9;
    assert_eq!(members_after(&reader, &request, ""), format!(r#""pnpm":{{"overrides":{{{OURS}}}}}"#));
}

#[test]
fn the_workspace_file_is_not_taken_where_the_manifest_would_hide_it() {
    let reader = |majors| pnpm(majors, OverrideStyle::WorkspaceOverrides);
    let before = r#""pnpm":{"overrides":{"left":"1","@b/b":"1"}}"#;
    let error = rewrite(&manifest(before), &reader(10..=u64::MAX), &request()).unwrap_err();
    assert_eq!(error, RewriteError::TakesTheirPlace { selectors: vec!["left".to_owned()] });
    assert!(error.hint().contains("--package-manager"));
    let before = r#""resolutions":{"@b/b":"1"}"#;
    assert_eq!(members_after(&reader(10..=u64::MAX), &request(), before), r#""resolutions":{}"#);
    assert_eq!(members_after(&reader(11..=u64::MAX), &request(), before), before);
}
