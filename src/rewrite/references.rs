//! References into the deps dir that a manifest holds already.

use crate::npm::package_name;
use crate::rewrite::tarball_reference as reference;
use crate::text::{Document, NodeId};

/// A value that points into the deps dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The keys from the root on.
    pub(crate) path: Vec<String>,
    /// The specifier.
    pub(crate) value: String,
}

/// Where specifiers stand, for every package manager; npm's `overrides` are nested.
const PLACES: [&[&str]; 8] = [
    &["dependencies"],
    &["devDependencies"],
    &["optionalDependencies"],
    &["peerDependencies"],
    &["pnpm", "overrides"],
    &["pnpm", "packageExtensions"],
    &["overrides"],
    &["resolutions"],
];

/// All dependencies, overrides and resolutions that lie in a folder named like the deps dir, wherever it is, or are
/// tarballs with names as only prepare gives them.
///
/// They tell a manifest that is rewritten. A text that is not JSON has none.
pub(crate) fn points_into(text: &str, deps_dir: &str) -> Vec<Reference> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let Some(folder) = reference::parts(deps_dir).pop() else { return Vec::new() };
    let mut found = Vec::new();
    for place in PLACES {
        if let Some(node) = document.find(place) {
            let path = place.iter().map(|key| (*key).to_owned()).collect();
            collect(&document, node, path, &folder, &mut found);
        }
    }
    found
}

/// Whether a specifier points into a folder named like the deps dir, or to a tarball of ours.
pub(super) fn leads_into(spec: &str, deps_dir: &str) -> bool {
    reference::parts(deps_dir).pop().is_some_and(|folder| lies_in(spec, &folder))
}

/// The last part of the path in a specifier.
pub(super) fn reference_file(spec: &str) -> &str {
    spec.rsplit(['/', '\\', ':']).next().unwrap_or(spec)
}

/// Whether one of these is a tarball with a name as only prepare gives it: of all that may lie in a folder of that
/// name, this is ours.
pub(crate) fn holds_a_tarball(text: &str, deps_dir: &str) -> bool {
    let is_ours = |path: &str| package_name::digest_in_tarball(reference_file(path)).is_some();
    points_into(text, deps_dir).iter().any(|reference| is_ours(&reference.value))
}

/// Whether a text of any kind, as a lockfile, names a tarball as only prepare names them, wherever it lies.
pub(crate) fn names_a_tarball(text: &str) -> bool {
    tarballs(text).next().is_some()
}

/// The same for one in a folder that is called like the deps dir.
pub(crate) fn names_a_tarball_in(text: &str, deps_dir: &str) -> bool {
    let Some(folder) = reference::parts(deps_dir).pop() else { return false };
    tarballs(text).any(|place| place.iter().any(|part| reference::names(part, &folder)))
}

/// The parts of the paths to such tarballs; whatever stands before the first slash may be part of something else.
fn tarballs(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.match_indices(TARBALL).filter_map(|(at, _)| {
        let is_path = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'`,;()[]{}<>|#?*=".contains(c);
        let start = text[..at].char_indices().rev().take_while(|(_, c)| is_path(*c)).last();
        let path = &text[start.map_or(at, |(start, _)| start)..at + TARBALL.len()];
        let mut parts: Vec<&str> = path.split(['/', '\\', ':', '@']).collect();
        package_name::digest_in_tarball(parts.pop()?).map(|_| parts)
    })
}

const TARBALL: &str = ".tgz";

fn collect(document: &Document, node: NodeId, path: Vec<String>, folder: &str, found: &mut Vec<Reference>) {
    let mut open = vec![(node, path.len(), None)];
    let mut path = path;
    while let Some((node, depth, key)) = open.pop() {
        path.truncate(depth);
        path.extend(key);
        if let Some(value) = document.string(node)
            && lies_in(&value, folder)
        {
            found.push(Reference { path: path.clone(), value });
        }
        for member in document.members(node).iter().rev() {
            open.push((member.value, path.len(), member.key.clone()));
        }
    }
}

fn lies_in(spec: &str, folder: &str) -> bool {
    let leads_there = |path: &reference::Parts| path.iter().any(|part| reference::names(part, folder));
    reference::paths(spec).iter().any(|path| leads_there(path) || reference::is_our_tarball(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_wherever_they_stand() {
        let text = r#"{
            "dependencies": {"a": "file:../.docker-deps/x.tgz", "b": "file:../docker-deps/x", "c": "^1"},
            "devDependencies": {"a": "link:.\/.docker-deps/x", "b": ".docker-deps"},
            "optionalDependencies": {"a": "file:../../.docker-deps/x/../y", "b": "file:x.docker-deps/y"},
            "pnpm": {"overrides": {"a>b": "../.docker-deps/x.tgz"}, "neverBuilt": ["file:.docker-deps/x"],
                "packageExtensions": {"a@1": {"dependencies": {"b": "file:.docker-deps/x"}}}},
            "overrides": {"a": {".": "1", "b": {"c": "file:..\\.docker-deps\\x"}}, "d": "file:.docker-deps"},
            "resolutions": {"**/a": "file:.docker-deps/x", "b": 1},
            "scripts": {"a": "file:.docker-deps/x"}
        }"#;
        let found: Vec<_> = points_into(text, "sub/.docker-deps/").iter().map(|r| r.path.join(" ")).collect();
        let expected = [
            "dependencies a",
            "devDependencies a",
            "optionalDependencies a",
            "pnpm overrides a>b",
            "pnpm packageExtensions a@1 dependencies b",
            "overrides a b c",
            "overrides d",
            "resolutions **/a",
        ];
        assert_eq!(found, expected);
        assert_eq!(points_into("{", ".docker-deps"), []);
        assert_eq!(points_into(text, ""), []);
    }

    #[test]
    fn lockfiles_name_tarballs_in_their_own_ways() {
        let file = "bytelyst-a-1.0.0-0123456789ab.tgz";
        for text in [
            format!("  '@bytelyst/a@file:../.docker-deps/{file}':\n"),
            format!("    resolution: {{integrity: sha512-x, tarball: file:../.docker-deps/{file}}}\n"),
            format!("\"resolved\": \"file:../.docker-deps/{file}\","),
            format!("  resolved \"file:../.docker-deps/{file}#0123\"\n"),
            format!("\"@bytelyst/a@file:../.docker-deps/{file}::locator=x%40workspace%3A.\":\n"),
            format!("[\"@bytelyst/a@.docker-deps/{file}\", {{}}]"),
        ] {
            assert!(names_a_tarball_in(&text, "sub/.docker-deps"), "{text}");
            assert!(names_a_tarball(&text) && !names_a_tarball_in(&text, "docker-deps"), "{text}");
        }
        for text in ["", ".tgz", "file:../.docker-deps/a-1.0.0.tgz", "x-0123456789ag.tgz", "é.tgz"] {
            assert!(!names_a_tarball(text), "{text}");
        }
        let elsewhere = format!("file:../vendor/{file}\n.docker-deps");
        assert!(names_a_tarball(&elsewhere) && !names_a_tarball_in(&elsewhere, ".docker-deps"));
    }

    #[test]
    fn no_depth_overflows() {
        let text = format!("{{\"overrides\":{}1{}}}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
        assert_eq!(points_into(&text, "x"), []);
    }
}
