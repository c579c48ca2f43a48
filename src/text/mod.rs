//! JSON and YAML text: parsed with spans, edited so that it can be undone, compared, digested. Knows nothing of npm.

pub(crate) mod diff;
mod digest;
pub(crate) mod edit;
pub(crate) mod json;
pub(crate) mod json5;
pub(crate) mod path;
pub(crate) mod secret;
mod shell;
mod shown;
pub(crate) mod yaml;

pub(crate) use self::digest::{Digest, hex};
#[cfg(test)]
pub(crate) use self::edit::generated::{GeneratedTree, Style, leaf, print, style, tree};
#[cfg(test)]
pub(crate) use self::edit::undo;
pub(crate) use self::edit::{Change, EditError, JsonUndo, UndoConflict};
#[cfg(test)]
pub(crate) use self::json::parse_object;
pub(crate) use self::json::{Document, NodeId, NodeKind, SyntaxError};
pub(crate) use self::path::{absolute, basename, relative, resolve, rooted};
pub(crate) use self::shell::quoted;
pub(crate) use self::shown::{shown, steers};
pub(crate) use self::yaml::edit::{YamlEditError, YamlUndo};
pub(crate) use self::yaml::parse;
