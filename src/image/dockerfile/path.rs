//! Paths in an image: absolute, with `/` between parts.

use crate::text::absolute;

/// Linux takes no longer ones.
const MAX_LENGTH: usize = 4096;

/// Where a path leads from a folder; a path that is too long leads nowhere else.
pub(crate) fn join(dir: &str, path: &str) -> String {
    if dir.len() + path.len() > MAX_LENGTH {
        return dir.to_owned();
    }
    if path.starts_with('/') { absolute(path) } else { absolute(&format!("{dir}/{path}")) }
}

/// The folder that holds it.
pub(crate) fn parent(path: &str) -> &str {
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
    }
}
