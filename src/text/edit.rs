//! Edits of a JSON text that change nothing but their own bytes, and that can be taken back, also from a text that
//! someone has edited since.
//!
//! A change is one splice of the text. What it takes to undo it is recorded twice: as the splice, which gives the
//! former bytes back where nothing else has changed, and as what it meant, which holds for any other text.

#[cfg(test)]
pub(crate) mod generated;
mod layout;
#[cfg(test)]
mod properties;
mod remove;
mod set;
#[cfg(test)]
mod tests;
mod undo;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::undo::{JsonUndo, UndoConflict, undo};
use super::json::{Document, SyntaxError};

/// A wish about one place of a document. A path holds the keys from the root on; of repeated keys the last one
/// counts, as in JavaScript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub(crate) enum Change {
    /// The value becomes this one; a key that is missing is added at its object's end, objects around it too.
    Set {
        /// The keys from the root on.
        path: Vec<String>,
        /// The value to stand there.
        value: Value,
    },
    /// All members of the last key are taken out; nothing happens where there are none.
    Remove {
        /// The keys from the root on.
        path: Vec<String>,
    },
}

impl Change {
    /// The keys from the root on.
    pub(crate) fn path(&self) -> &[String] {
        match self {
            Self::Set { path, .. } | Self::Remove { path } => path,
        }
    }
}

/// A text with its changes made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edited {
    /// The new text.
    pub(crate) text: String,
    /// What [`undo`] needs, in the order of the changes.
    pub(crate) undo: Vec<JsonUndo>,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// The text is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A path without a key.
    #[error("a change needs a key")]
    NoKey,
    /// Something on the way is no object.
    #[error("`{}` is {found}, not an object", path.join("."))]
    NotAnObject {
        /// Where; empty for the document itself.
        path: Vec<String>,
        /// What was found, as `an array`.
        found: &'static str,
    },
}

/// Makes changes in order, each on the outcome of the one before.
///
/// # Errors
/// See [`EditError`].
pub(crate) fn apply(text: &str, changes: &[Change]) -> Result<Edited, EditError> {
    Document::parse(text)?;
    let mut recorder = Recorder { text: text.to_owned(), digest: undo::digest(text), undo: Vec::new() };
    let mut rest = changes;
    while let [change, others @ ..] = rest {
        match change {
            Change::Set { .. } => {
                let splices = set::set_many(&Document::parse(&recorder.text)?, rest)?;
                let (now, later) = rest.split_at(splices.len());
                recorder.record(now.iter().map(Change::path).zip(splices));
                rest = later;
            }
            Change::Remove { path } => {
                while let Some(removed) = remove::remove(&Document::parse(&recorder.text)?, path)? {
                    recorder.record([(path.as_slice(), removed)]);
                }
                rest = others;
            }
        }
    }
    Ok(Edited { text: recorder.text, undo: recorder.undo })
}

/// A text on its way.
struct Recorder {
    text: String,
    digest: String,
    undo: Vec<JsonUndo>,
}

impl Recorder {
    /// Makes changes that are taken back together: only of the text around them all there are digests, since those of
    /// a manifest of many packages, for each of them, would take longer than all else.
    fn record<'a>(&mut self, changes: impl IntoIterator<Item = (&'a [String], (Splice, undo::UndoAction))>) {
        let begin = self.undo.len();
        for (path, (splice, action)) in changes {
            self.text.replace_range(splice.at..splice.at + splice.removed.len(), &splice.inserted);
            self.undo.push(JsonUndo::new(path.to_vec(), action, splice));
        }
        if let Some(made @ [_, ..]) = self.undo.get_mut(begin..) {
            let before = std::mem::replace(&mut self.digest, undo::digest(&self.text));
            undo::between(made, before, self.digest.clone());
        }
    }
}

/// A piece of text that took another one's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Splice {
    at: usize,
    removed: String,
    inserted: String,
}

impl Splice {
    /// A splice of what stands in a text now.
    pub(crate) fn of(text: &str, span: std::ops::Range<usize>, inserted: String) -> Self {
        Self { at: span.start, removed: text[span].to_owned(), inserted }
    }

    /// The text with the splice made; it must be one of that text.
    pub(crate) fn applied(&self, text: &str) -> String {
        [&text[..self.at], &self.inserted, &text[self.at + self.removed.len()..]].concat()
    }

    /// The text without the splice, if it stands there.
    pub(crate) fn reverted(&self, text: &str) -> Option<String> {
        let (before, rest) = text.split_at_checked(self.at)?;
        let after = rest.strip_prefix(self.inserted.as_str())?;
        Some([before, &self.removed, after].concat())
    }
}

fn not_an_object(document: &Document, path: &[String], node: crate::text::json::NodeId) -> EditError {
    EditError::NotAnObject { path: path.to_vec(), found: document.kind(node).described() }
}
