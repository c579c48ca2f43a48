//! Where a fact stands in a file of the project.

use std::fmt;

/// A place in a file of the project, as messages name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// The file's path from the project's root, with `/` between parts.
    pub(crate) file: String,
    /// From 1 on; 0 where the whole file is meant.
    pub(crate) line: usize,
    /// In characters, from 1 on; 0 where the whole line is meant.
    pub(crate) column: usize,
}

impl Place {
    /// A line of a file.
    pub(crate) fn line(file: &str, line: usize) -> Self {
        Self { file: file.to_owned(), line, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (line, 0) => write!(f, ":{line}"),
            (line, column) => write!(f, ":{line}:{column}"),
        }
    }
}
