//! Paths in an image: absolute, with `/` between parts.

/// Where a path leads from a folder.
pub(super) fn join(dir: &str, path: &str) -> String {
    let mut parts = Vec::new();
    let base = if path.starts_with('/') { "" } else { dir };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The folder that holds it.
pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(join("/app/web", "../api/./x/"), "/app/api/x");
        assert_eq!(join("/app", "/b"), "/b");
        assert_eq!(join("/", "../.."), "/");
        assert_eq!(parent("/app/package.json"), "/app");
        assert_eq!(parent("/package.json"), "/");
    }
}
