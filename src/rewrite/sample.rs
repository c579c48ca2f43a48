//! Requests and readers for tests.

use super::{AliasTarget, RedirectedDependency, RequestedPackage, RewriteRequest, rewrite};
use crate::image::{Name, PackageManager};
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::text::undo;

/// `@b/a` is `file:a.tgz`.
pub(super) fn specifier(package: &str) -> String {
    format!("file:{}.tgz", package.trim_start_matches("@b/"))
}

pub(super) fn direct(field: &str, key: &str, package: &str) -> RedirectedDependency {
    RedirectedDependency {
        field: field.to_owned(),
        key: key.to_owned(),
        package: package.to_owned(),
        specifier: specifier(package),
    }
}

pub(super) fn package(name: &str) -> RequestedPackage {
    RequestedPackage { name: name.to_owned(), version: Some("1.2.0".to_owned()), specifier: specifier(name) }
}

pub(super) fn alias(parent: &str, alias: &str, package: &str) -> AliasTarget {
    AliasTarget {
        parent: parent.to_owned(),
        alias: alias.to_owned(),
        package: package.to_owned(),
        specifier: specifier(package),
    }
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, spec)| ((*name).to_owned(), (*spec).to_owned())).collect()
}

pub(super) fn reader(name: Name, majors: std::ops::RangeInclusive<u64>, way: OverrideStyle) -> InstallTarget {
    let manager = PackageManager { name, version: String::new(), majors };
    InstallTarget { manager, way, workspace_overrides: Vec::new(), overrides_at_root: false }
}

/// `@b/a` needs `@b/b`, and `@b/c` as `cc`; the surface `@b/a`, and `@b/b` as `bb`.
pub(super) fn request() -> RewriteRequest {
    RewriteRequest {
        direct: vec![direct("dependencies", "@b/a", "@b/a"), direct("devDependencies", "bb", "@b/b")],
        packages: ["@b/a", "@b/b", "@b/c"].map(package).into(),
        aliases: vec![alias("@b/a", "cc", "@b/c")],
        ..RewriteRequest::default()
    }
}

/// A manifest with these members beside the dependencies of [`request`].
pub(super) fn manifest(members: &str) -> String {
    let rest = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"dependencies":{{"@b/a":"^1","left":"^1"}},"devDependencies":{{"bb":"npm:@b/b@^1"}}{rest}{members}}}"#
    )
}

/// What stands behind the dependencies once such a manifest is rewritten. Taking it back must give the manifest.
#[track_caller]
pub(super) fn members_after(reader: &InstallTarget, request: &RewriteRequest, members: &str) -> String {
    let text = manifest(members);
    let rewrite = rewrite(&text, reader, request).expect(members);
    assert_eq!(undo(&rewrite.text, &rewrite.undo).as_deref(), Ok(text.as_str()), "{}", rewrite.text);
    let dependencies =
        r#"{"dependencies":{"@b/a":"file:a.tgz","left":"^1"},"devDependencies":{"bb":"file:b.tgz"}"#;
    let rest = rewrite.text.strip_prefix(dependencies).and_then(|rest| rest.strip_suffix('}'));
    rest.expect(&rewrite.text).trim_start_matches(',').to_owned()
}
