//! Paths in an image: absolute, with `/` between parts.

/// Linux takes no longer ones.
const MAX_LENGTH: usize = 4096;

/// Where a path leads from a folder; a path that is too long leads nowhere else.
pub(super) fn join(dir: &str, path: &str) -> String {
    if dir.len() + path.len() > MAX_LENGTH {
        return dir.to_owned();
    }
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
        assert_eq!(join("/app", &"a/".repeat(5000)), "/app");
        assert_eq!(parent("/app/package.json"), "/app");
        assert_eq!(parent("/package.json"), "/");
    }
}
