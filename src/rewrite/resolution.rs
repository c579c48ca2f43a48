//! The keys of yarn's `resolutions`: `name`, `name@range`, `parent/name`, `parent@range/name@range`, and for yarn 1
//! `**/name`, `parent/**/name`.

use super::selector::before_range;

/// The package whose place a resolution takes. The key is cut as yarn 1 cuts it (`parsePackagePath`), which for keys
/// that yarn 4 takes (`parseResolution`) gives the same parts.
pub(crate) fn target(key: &str) -> Option<&str> {
    parts(key).last().copied().map(before_range)
}

/// The part before it, which is a package or a glob.
pub(crate) fn parent(key: &str) -> Option<&str> {
    parts(key).iter().rev().nth(1).copied().map(before_range)
}

/// yarn 1: `input.match(/(@[^\/]+\/)?([^/]+)/g)`.
fn parts(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < key.len() {
        let rest = &key[at..];
        let until = |from: usize| rest[from..].find('/').map_or(rest.len(), |slash| from + slash);
        let mut end = until(0);
        if rest.starts_with('@') && end > 1 && end + 1 < rest.len() && !rest[end + 1..].starts_with('/') {
            end = until(end + 1);
        }
        if end > 0 {
            parts.push(&rest[..end]);
        }
        at += end + 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_last_part_is_what_gives_way() {
        let cases = [
            ("@b/c", None, Some("@b/c")),
            ("c", None, Some("c")),
            ("@b/c@npm:^1", None, Some("@b/c")),
            ("c@^1.0.0", None, Some("c")),
            ("**/@b/c", Some("**"), Some("@b/c")),
            ("**/c", Some("**"), Some("c")),
            ("@b/a/@b/c", Some("@b/a"), Some("@b/c")),
            ("@b/a@npm:1.0.0/@b/c", Some("@b/a"), Some("@b/c")),
            ("@b/a/**/@b/c@1", Some("**"), Some("@b/c")),
            ("a/c", Some("a"), Some("c")),
            ("@b/a/c", Some("@b/a"), Some("c")),
            ("@b/*", None, Some("@b/*")),
            ("**", None, Some("**")),
            ("@b", None, Some("@b")),
            ("@b/", None, Some("@b")),
            ("", None, None),
            ("//", None, None),
        ];
        for (key, parent, target) in cases {
            assert_eq!((super::parent(key), super::target(key)), (parent, target), "{key}");
        }
    }
}
