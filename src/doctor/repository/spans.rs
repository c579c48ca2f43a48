//! Places in files, with the characters that matter.

use super::{Build, Repository};
use crate::doctor::finding::Span;

impl Repository {
    /// A line of a file; `part` are the characters in it that matter, the whole line where they are not there.
    pub(crate) fn span(&self, path: &str, line: usize, part: &str, label: impl Into<String>) -> Span {
        let text = self.line(path, line).unwrap_or_default();
        let start = Some(part).filter(|part| !part.is_empty()).and_then(|part| text.find(part));
        let columns = match start {
            Some(at) => {
                let first = text[..at].chars().count() + 1;
                (first, first + part.chars().count())
            }
            None => {
                let indent = text.chars().take_while(|c| c.is_whitespace()).count();
                (indent + 1, text.trim_end().chars().count().max(indent) + 1)
            }
        };
        Span { path: path.to_owned(), line, columns, label: label.into() }
    }

    /// A file as a whole.
    pub(crate) fn whole(&self, path: &str, label: impl Into<String>) -> Span {
        Span { path: path.to_owned(), label: label.into(), ..Span::default() }
    }

    /// A line of a build's Dockerfile, which may stand in another file.
    pub(crate) fn in_dockerfile(
        &self,
        build: &Build,
        line: usize,
        part: &str,
        label: impl Into<String>,
    ) -> Span {
        self.span(&build.image.dockerfile, line + build.above, part, label)
    }
}
