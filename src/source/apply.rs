//! The page that GitHub Actions and Gitea Actions show of a job: what steps append to a file.

use std::path::Path;

use crate::disk;
use crate::error::{Problem, io_cause};
use crate::text::shown;

/// Appends a paragraph; the file is the runner's own, and other steps' text in it stays.
///
/// # Errors
/// It cannot be written: no reason to fail a build.
pub(crate) fn append(path: &Path, text: &str) -> Result<(), Problem> {
    disk::append(path, format!("{}\n\n", escaped(text)).as_bytes()).map_err(|error| {
        Problem::new(format!(
            "the job's summary, {}: cannot be written: {}",
            path.display(),
            io_cause(&error)
        ))
    })
}

/// As one line of text in Markdown, whatever it holds.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in shown(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_steps_wrote_stays_and_nothing_is_markup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        std::fs::write(&path, "# before\n").unwrap();
        append(&path, "docker-prep: @a/b_c <img> ![x](y)\n# no $title$\u{1b}\u{202e}").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "# before\ndocker-prep: @a/b\\_c &lt;img&gt; \\!\\[x\\](y)\\\\n\\# no \\$title\\$\\\\u{1b}\\\\u{202e}\n\n"
        );
        assert!(append(&folder.path().join("missing/file"), "x").is_err());
    }
}
