//! JSON text with the place of every value in it.
//!
//! Strict: what `JSON.parse` takes (RFC 8259) and nothing more, except that a byte order mark may come first, as
//! pnpm strips one (`strip-bom` in its read-project-manifest). Nothing here recurses, so that no depth of nesting
//! can overflow the stack.

mod parser;
#[cfg(test)]
mod tests;
mod value;

use std::ops::Range;

pub(crate) use self::value::parse_object;

/// Where something stands in the text, in bytes.
pub(crate) type Span = Range<usize>;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub(crate) struct SyntaxError {
    /// From 1; only line feeds count.
    pub(crate) line: usize,
    /// From 1, in characters; a byte order mark is none.
    pub(crate) column: usize,
    /// Lowercase, with what was expected.
    pub(crate) message: String,
}

impl SyntaxError {
    /// An error at a byte of the text; one that is no character's first counts as the end of the text.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let before = before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A value of a [`Document`]. It means nothing in another document, where it may panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(usize);

/// What kind of value a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl NodeKind {
    /// The kind with its article, for messages: `an array`.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectMember {
    /// Of the key, its quotes included.
    pub(crate) key_span: Span,
    /// The key; `None` where it holds half a surrogate pair, which no Rust string can.
    pub(crate) key: Option<String>,
    /// Its value.
    pub(crate) value: NodeId,
}

#[derive(Debug)]
enum NodeShape {
    Null,
    Boolean(bool),
    Number,
    String,
    Array(Vec<NodeId>),
    Object(Vec<ObjectMember>),
}

#[derive(Debug)]
struct Node {
    shape: NodeShape,
    span: Span,
    /// 0 at the root.
    depth: usize,
    /// The node behind this one's descendants: nodes stand in the order of the text, parents first.
    next: usize,
}

/// A JSON text, parsed.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    /// Where escapes stand that are half a surrogate pair: `JSON.parse` takes them.
    lone_surrogates: Vec<usize>,
}

impl<'t> Document<'t> {
    /// Parses a text.
    ///
    /// # Errors
    /// Where `JSON.parse` would fail too, byte order mark aside.
    pub(crate) fn parse(text: &'t str) -> Result<Self, SyntaxError> {
        parser::parse(text)
    }

    /// The text that was parsed.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The outermost value.
    pub(crate) fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// All values in the order of the text, parents before what they hold.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// What kind of value it is.
    pub(crate) fn kind(&self, id: NodeId) -> NodeKind {
        match self.node(id).shape {
            NodeShape::Null => NodeKind::Null,
            NodeShape::Boolean(_) => NodeKind::Boolean,
            NodeShape::Number => NodeKind::Number,
            NodeShape::String => NodeKind::String,
            NodeShape::Array(_) => NodeKind::Array,
            NodeShape::Object(_) => NodeKind::Object,
        }
    }

    /// Where the value stands, its quotes or brackets included.
    pub(crate) fn span(&self, id: NodeId) -> Span {
        self.node(id).span.clone()
    }

    /// The value as it was written.
    pub(crate) fn raw(&self, id: NodeId) -> &'t str {
        &self.text[self.span(id)]
    }

    /// An object's members in order, repeated keys included; none for other values.
    pub(crate) fn members(&self, id: NodeId) -> &[ObjectMember] {
        match &self.node(id).shape {
            NodeShape::Object(members) => members,
            _ => &[],
        }
    }

    /// An array's elements in order; none for other values.
    #[cfg(test)]
    pub(crate) fn elements(&self, id: NodeId) -> &[NodeId] {
        match &self.node(id).shape {
            NodeShape::Array(elements) => elements,
            _ => &[],
        }
    }

    /// Which member of an object counts under a key: the last one, as in JavaScript.
    pub(crate) fn position(&self, object: NodeId, key: &str) -> Option<usize> {
        self.members(object).iter().rposition(|member| member.key.as_deref() == Some(key))
    }

    /// The value that counts under a key of an object.
    pub(crate) fn get(&self, object: NodeId, key: &str) -> Option<NodeId> {
        self.position(object, key).map(|index| self.members(object)[index].value)
    }

    /// The value that counts under keys from the root on.
    pub(crate) fn find<S: AsRef<str>>(&self, path: &[S]) -> Option<NodeId> {
        path.iter().try_fold(self.root(), |node, key| self.get(node, key.as_ref()))
    }

    /// A string's content; `None` for other values, and where it holds half a surrogate pair.
    pub(crate) fn string(&self, id: NodeId) -> Option<String> {
        match self.kind(id) {
            NodeKind::String => parser::decode(self.raw(id)),
            _ => None,
        }
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}
