use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::{direct, manifest, members_after, package, reader, request};
use crate::rewrite::{RewriteRequest, rewrite};

fn bun(way: OverrideStyle) -> InstallTarget {
    reader(Name::Bun, 1..=1, way)
}

#[test]
fn overrides_name_all_of_the_closure() {
    let request = RewriteRequest { aliases: Vec::new(), ..request() };
    let ours = r#""@b/a":"file:a.tgz","@b/b":"file:b.tgz","@b/c":"file:c.tgz""#;
    let cases = [
        ("", format!(r#""overrides":{{{ours}}}"#)),
        (
            r#""resolutions":{"@b/b":"1","left":"1","@b/a/@b/b":"1","**/@b/b":"1"},"overrides":{"left":"1"}"#,
            format!(r#""resolutions":{{"left":"1"}},"overrides":{{"left":"1",{ours}}}"#),
        ),
        (
            r#""overrides":{"@b/a":{"@b/b":"1"},"@b/b":{"left":"1"},"@b/c@^1":"1"}"#,
            r#""overrides":{"@b/a":"file:a.tgz","@b/b":{"left":"1",".":"file:b.tgz"},"@b/c":"file:c.tgz"}"#
                .to_owned(),
        ),
    ];
    for (before, after) in cases {
        assert_eq!(members_after(&bun(OverrideStyle::BunOverrides), &request, before), after);
    }
}

#[test]
fn overrides_do_not_reach_an_alias() {
    let error = rewrite(&manifest(""), &bun(OverrideStyle::BunOverrides), &request()).unwrap_err();
    assert_eq!(error.to_string(), "@b/a names @b/c `cc`, and bun's overrides do not reach an alias");
    assert!(error.hint().contains("--link"));
}

#[test]
fn links_are_left_alone() {
    for (before, after) in [
        ("", ""),
        (
            r#""resolutions":{"@b/b":"1","x":"$@b/a","cc":"1"},"overrides":{"@b/b":"1","x":"$@b/a","y":"$bb"}"#,
            r#""resolutions":{"x":"^1","cc":"1"},"overrides":{"x":"^1","y":"$bb"}"#,
        ),
        (
            r#""overrides":{"@b/a":{"@b/b":"1","left":"1"},"right":{"@b/b":"1"}}"#,
            r#""overrides":{"@b/a":{"left":"1",".":"file:a.tgz"}}"#,
        ),
    ] {
        assert_eq!(members_after(&bun(OverrideStyle::Tarballs), &request(), before), after);
    }
}

#[test]
fn what_puts_ours_in_the_place_of_another_gets_ours() {
    let at = |keys: [&str; 2]| (keys.map(str::to_owned).into(), "file:b.tgz".to_owned());
    let placed = vec![at(["resolutions", "a/x"]), at(["overrides", "y"])];
    let request = RewriteRequest { placed, ..request() };
    let before = r#""resolutions":{"a/x":"npm:@b/b@1"},"overrides":{"y":"npm:@b/b@1"}"#;
    let after = r#""resolutions":{"a/x":"file:b.tgz"},"overrides":{"y":"file:b.tgz"}"#;
    assert_eq!(members_after(&bun(OverrideStyle::Tarballs), &request, before), after);
    let text = manifest(before);
    assert_eq!(rewrite(&text, &bun(OverrideStyle::Tarballs), &request).unwrap().overrides, 2);
}

#[test]
fn of_a_name_in_two_fields_bun_takes_the_one_for_development() {
    let text = r#"{"dependencies":{"@b/a":"1"},"devDependencies":{"@b/a":"2"},"overrides":{"x":"$@b/a"}}"#;
    let request = RewriteRequest {
        direct: vec![direct("dependencies", "@b/a", "@b/a"), direct("devDependencies", "@b/a", "@b/a")],
        packages: vec![package("@b/a")],
        ..RewriteRequest::default()
    };
    let text = rewrite(text, &bun(OverrideStyle::Tarballs), &request).unwrap().text;
    assert!(text.contains(r#""overrides":{"x":"2"}"#), "{text}");
}
