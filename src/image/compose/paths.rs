//! Folders as compose means them: from the project's root with `/` between parts, empty for the root, `../x` beside it;
//! one that is absolute stays so where it is not below the root.

use crate::text::path;
pub(crate) use crate::text::path::parent;

/// Where a path leads from a folder. `root` is the root's own path.
pub(crate) fn join(root: &str, folder: &str, path: &str) -> String {
    let path = path.strip_prefix("\\\\?\\").unwrap_or(path);
    if is_absolute(path) {
        return from_root(root, path);
    }
    if is_absolute(folder) {
        return from_root(root, &format!("{folder}/{path}"));
    }
    back_in(root, &path::relative(&format!("{folder}/{path}")))
}

/// Whether a folder or file is one of the project.
pub(crate) fn is_inside(path: &str) -> bool {
    !is_absolute(path) && path != ".." && !path.starts_with("../")
}

/// Whether compose leaves it to the builder what this is: an address, an image, another service.
pub(crate) fn is_remote(context: &str) -> bool {
    const PREFIXES: [&str; 4] = ["service:", "github.com/", "git@", "target:"];
    context.contains("://") || PREFIXES.iter().any(|prefix| context.starts_with(prefix))
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes();
    path.starts_with('/')
        || cfg!(windows) && drive.len() > 2 && drive[1] == b':' && drive[0].is_ascii_alphabetic()
}

fn from_root(root: &str, path: &str) -> String {
    let path = path::absolute(path);
    let root = path::absolute(root);
    match path.strip_prefix(&root) {
        Some("") => String::new(),
        Some(below) if root == "/" => below.to_owned(),
        Some(below) if below.starts_with('/') => below[1..].to_owned(),
        _ => path,
    }
}

/// `../project/x` is `x` in a project of that name.
fn back_in(root: &str, path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    let root = path::absolute(root);
    let names: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
    let below = &parts[up..];
    match names.len().checked_sub(up) {
        Some(from) if up > 0 && below.starts_with(&names[from..]) => below[up..].join("/"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_project_and_others() {
        for (folder, path, found) in [
            ("", ".", ""),
            ("docker", "..", ""),
            ("docker", "../web/", "web"),
            ("", "../plat", "../plat"),
            ("docker", "../../notes/web", "web"),
            ("", "/w/notes/web", "web"),
            ("", "/w/notes", ""),
            ("", "/w/notes2", "/w/notes2"),
            ("/w", "notes/x", "x"),
            ("", "../../w/notes/x", "x"),
        ] {
            assert_eq!(join("/w/notes", folder, path), found, "{folder} {path}");
        }
        assert!(is_inside("..a") && !is_inside("..") && !is_inside("/x"));
        assert_eq!((parent("a/b"), parent("a"), parent("/a")), ("a", "", "/"));
    }
}
