//! Where a specifier leads on the disk, whoever reads it: pnpm, npm, yarn or bun.
//!
//! Generous on purpose. It answers whether something points into a folder, and what one package manager takes for
//! a path and another for a tag is a path here.

use crate::npm::{SpecifierKind, digest_in_tarball, specifier};
use crate::text::path;

/// What leads to a place on the disk, in any case.
const PROTOCOLS: [&str; 4] = ["file:", "link:", "portal:", "workspace:"];

/// How many protocols of one text are read one by one. No specifier has as many; what follows counts as one path.
const MAX_PATHS: usize = 32;

/// A path's parts with `a/..` taken out; what leads out of the folder it is meant from begins with `..`.
pub(crate) type Parts = Vec<String>;

/// The parts of a path with either kind of slash.
pub(crate) fn parts(path: &str) -> Parts {
    path::fold(path.split(['/', '\\'])).into_iter().map(str::to_owned).collect()
}

/// Every path that a specifier of a dependency may mean; none for a version, a tag, a repository or an address.
pub(crate) fn paths(spec: &str) -> Vec<Parts> {
    let mut found = explicit_paths(spec);
    for spec in readings(spec) {
        match specifier::parse("", &spec).kind {
            SpecifierKind::Local(path) | SpecifierKind::WorkspacePath(path) => {
                let path =
                    PROTOCOLS.iter().find_map(|protocol| strip_prefix(&path, protocol)).unwrap_or(&path);
                found.push(parts(path));
            }
            _ => {}
        }
    }
    found
}

/// The paths that a text names with a protocol, as `file:../x` or `name@file:../x`, or as `name@../x`. Behind a
/// space that is somebody's prose.
pub(crate) fn explicit_paths(text: &str) -> Vec<Parts> {
    let mut found = Vec::new();
    if !text.contains([':', '@', '%']) {
        return found;
    }
    for text in readings(text) {
        let word = text.find(char::is_whitespace).unwrap_or(text.len());
        let starts = text.char_indices().map(|(at, _)| at).take_while(|at| *at < word);
        let mut rests = starts.filter_map(|at| path_at(&text, at));
        found.extend(rests.by_ref().take(MAX_PATHS).map(parts));
        if let Some(rest) = rests.next() {
            found.push(rest.split(['/', '\\']).map(str::to_owned).collect());
        }
    }
    found
}

/// The path that begins at a place of a text: behind a protocol, or behind the `@` of a name.
fn path_at(text: &str, at: usize) -> Option<&str> {
    let (before, rest) = text.split_at(at);
    let before = before.chars().next_back();
    let path = PROTOCOLS.iter().find_map(|protocol| strip_prefix(rest, protocol));
    let is_word = before.is_none_or(|before| !before.is_alphanumeric());
    let is_named = before == Some('@') && at > 1 && (rest.starts_with('.') || is_path(rest));
    path.filter(|_| is_word).or_else(|| is_named.then_some(rest))
}

/// Whether a text begins as only paths do.
pub(crate) fn is_path(text: &str) -> bool {
    ["./", "../", ".\\", "..\\", "/", "~/"].iter().any(|start| text.starts_with(start))
}

/// Whether a part of a path is a folder's name: in any case, as macOS and Windows compare names, and whatever a
/// fragment, a query, yarn's binding or pnpm's peers append to the last part.
pub(crate) fn names(part: &str, folder: &str) -> bool {
    strip_prefix(part, folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '?', '(']) || rest.starts_with("::"))
}

/// Whether a path leads to a tarball with a name as only prepare gives it, whatever folder of an image it lies in.
pub(crate) fn is_our_tarball(path: &Parts) -> bool {
    let name = path.last().map_or("", |last| last.split(['#', '?', '(']).next().unwrap_or_default());
    digest_in_tarball(name.split("::").next().unwrap_or_default()).is_some()
}

/// The text as it is and, where that differs, as an address: yarn 4 writes `patch:x@file%3A..%2Fx`.
fn readings(text: &str) -> Vec<String> {
    let text = text.trim();
    let mut readings = vec![text.to_owned()];
    if text.contains('%') {
        readings.push(percent_decoded(text));
    }
    readings
}

/// A text as an address is read: `%2e` is a dot.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high << 4 | low).unwrap_or_default());
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(found: Vec<Parts>) -> Vec<String> {
        found.iter().map(|parts| parts.join("/")).collect()
    }

    #[test]
    fn every_way_to_write_a_path_is_one() {
        for spec in [
            "file:../d/x",
            "link:../d/x",
            "portal:../d/x",
            "FILE:../d/x",
            "file:..//./d/a/../x",
            "file:..\\d\\x",
            "../d/x",
            "..\\d\\x",
            " file:../d/x ",
            "file:..%2Fd%2fx",
            "workspace:../d/x",
            "@b/a@file:../d/x",
            "patch:@b/a@file%3A../d/x",
            "a@../d/x",
        ] {
            assert!(joined(paths(spec)).contains(&"../d/x".to_owned()), "{spec}: {:?}", paths(spec));
        }
        assert_eq!(joined(paths("file:///a/d/x")), ["a/d/x", "a/d/x"]);
        assert_eq!(joined(paths("git+file:///a/d")), ["a/d"]);
    }

    #[test]
    fn what_is_no_path_has_none() {
        for spec in ["^1", "latest", "npm:x@1", "a/b", "github:a/b", "https://x.y/d/z.tgz", "workspace:^", ""]
        {
            assert_eq!(joined(paths(spec)).concat().replace('^', ""), "", "{spec}");
        }
        assert_eq!(joined(explicit_paths("see file:../d/x")), [""; 0]);
        assert_eq!(joined(explicit_paths("profile:../d/x")), [""; 0]);
    }

    #[test]
    fn a_name_is_compared_whole_and_in_any_case() {
        for part in [".d", ".D", ".d#x", ".d::locator=1", ".d?x", ".d(react@18)"] {
            assert!(names(part, ".d"), "{part}");
        }
        for part in ["d", ".d2", ".d.bak", "x.d", ".d:x"] {
            assert!(!names(part, ".d"), "{part}");
        }
    }
}
