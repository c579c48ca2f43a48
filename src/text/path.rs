//! Paths as text: what `.` and `..` mean in them, whatever is a link. Those with `/` are the ones of packages, images and
//! specifiers, on every system alike.

use std::path::{Path, PathBuf};

pub(crate) use path_clean::clean;

/// The parts of a path without empty ones and `.`, and with `a/..` taken out; what leads out of the folder that it is meant
/// from begins with `..`.
pub(crate) fn fold<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut folded: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            "" | "." => {}
            ".." if folded.last().is_some_and(|last| *last != "..") => {
                folded.pop();
            }
            part => folded.push(part),
        }
    }
    folded
}

/// The path with its parts folded: no slash before it or behind it.
pub(crate) fn relative(path: &str) -> String {
    fold(path.split('/')).join("/")
}

/// The folder that holds a file, from the same folder; empty where that is it, `/` for the root.
pub(crate) fn parent(file: &str) -> &str {
    match file.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => "",
    }
}

/// What of a path lies below a folder, both from the same root; all of it below the root, which is empty.
pub(crate) fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// The path of a file in a folder, from where the folder is meant; an empty one is that place itself.
pub(crate) fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The path from the root: no `..` leads out of that, and no slash is behind it.
pub(crate) fn absolute(path: &str) -> String {
    let parts = fold(path.split('/'));
    let inside: Vec<&str> = parts.into_iter().skip_while(|part| *part == "..").collect();
    format!("/{}", inside.join("/"))
}

/// `path.posix.normalize`: a trailing slash stays.
pub(crate) fn normalize(path: &str) -> String {
    let mut out = resolve(path);
    if path.ends_with('/') && out != "/" {
        out.push('/');
    }
    out
}

/// The same without a trailing slash.
pub(crate) fn resolve(path: &str) -> String {
    let out = if path.starts_with('/') { absolute(path) } else { relative(path) };
    if out.is_empty() { ".".to_owned() } else { out }
}

/// `path.posix.join('/', path)`.
pub(crate) fn rooted(path: &str) -> String {
    normalize(&format!("/{path}"))
}

/// `path.posix.basename`.
pub(crate) fn basename(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// `path.join`: an absolute path is meant from the folder too.
pub(crate) fn join_on_disk(dir: &Path, path: &str) -> PathBuf {
    clean(dir.join(path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_normalise_as_in_node() {
        for (path, wanted) in [
            ("", "."),
            ("./a//b/", "a/b/"),
            ("/../a", "/a"),
            ("a/../../b", "../b"),
            ("a/..", "."),
            ("a/../", "./"),
            ("/", "/"),
            ("/..", "/"),
        ] {
            assert_eq!(normalize(path), wanted, "{path}");
        }
        assert_eq!(rooted(""), "/");
        assert_eq!(basename("a/b//"), "b");
    }

    #[test]
    fn what_leads_out_is_kept_where_there_is_an_outside() {
        assert_eq!(relative("/a/.//../../../b/"), "../../b");
        assert_eq!(absolute("a/../../b/"), "/b");
    }

    #[cfg(unix)]
    #[test]
    fn links_of_the_disk_are_not_followed() {
        let dir = Path::new("/w/a");
        assert_eq!(join_on_disk(dir, "./../b//c/"), Path::new("/w/b/c"));
        assert_eq!(join_on_disk(dir, "../../.."), Path::new("/"));
        assert_eq!(join_on_disk(dir, "/b/.."), dir);
    }
}
