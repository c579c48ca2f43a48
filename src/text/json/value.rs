//! Nodes to values.

use serde_json::{Map, Number, Value};

use super::{Document, NodeId, NodeShape, SyntaxError};

/// How deep arrays and objects of a [`Value`] may lie in each other: values are dropped recursively.
pub(crate) const MAX_DEPTH: usize = 512;

/// Integers up to here are exact in JavaScript.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Document<'_> {
    /// The value that `JSON.parse` makes: of repeated keys the last one's value stands at the first one's place,
    /// and numbers are those of JavaScript (`1.0` is `1`; what is too large for it is `null`, as `JSON.stringify`
    /// prints infinity).
    ///
    /// # Errors
    /// Where the value is nested deeper than [`MAX_DEPTH`], or a string in it holds half a surrogate pair, which
    /// no Rust string can.
    pub(crate) fn to_value(&self, id: NodeId) -> Result<Value, SyntaxError> {
        self.check(id)?;
        // Children stand behind their parents, so from the end on each finds its own complete.
        let mut values = vec![Value::Null; self.node(id).next - id.0];
        for index in (id.0..self.node(id).next).rev() {
            let mut take = |child: NodeId| values[child.0 - id.0].take();
            let value = match &self.nodes[index].shape {
                NodeShape::Null => Value::Null,
                NodeShape::Boolean(value) => Value::Bool(*value),
                NodeShape::Number => number(self.raw(NodeId(index))),
                NodeShape::String => Value::String(self.string(NodeId(index)).unwrap_or_default()),
                NodeShape::Array(elements) => elements.iter().map(|element| take(*element)).collect(),
                NodeShape::Object(members) => {
                    let mut object = Map::new();
                    for member in members {
                        object.insert(member.key.clone().unwrap_or_default(), take(member.value));
                    }
                    Value::Object(object)
                }
            };
            values[index - id.0] = value;
        }
        Ok(values.swap_remove(0))
    }

    fn check(&self, id: NodeId) -> Result<(), SyntaxError> {
        let top = self.node(id);
        let mut inside = self.nodes[id.0..top.next].iter();
        if let Some(deep) = inside.find(|node| node.depth - top.depth >= MAX_DEPTH && node.is_container()) {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(SyntaxError::at(self.text, deep.span.start, message));
        }
        match self.lone_surrogates.iter().find(|offset| top.span.contains(offset)) {
            Some(offset) => Err(SyntaxError::at(self.text, *offset, "half a surrogate pair is no character")),
            None => Ok(()),
        }
    }
}

impl crate::text::json::Node {
    fn is_container(&self) -> bool {
        matches!(self.shape, NodeShape::Array(_) | NodeShape::Object(_))
    }
}

fn number(raw: &str) -> Value {
    let value: f64 = raw.parse().unwrap_or(f64::NAN);
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "checked: an integer below 2^53")]
        return Value::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Parses a text whose outermost value is an object, as a manifest's.
///
/// # Errors
/// As [`Document::parse`] and [`Document::to_value`]; and where the outermost value is no object.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, SyntaxError> {
    let document = Document::parse(text)?;
    let root = document.root();
    match document.to_value(root)? {
        Value::Object(object) => Ok(object),
        _ => {
            let message = format!("expected an object, found {}", document.kind(root).described());
            Err(SyntaxError::at(text, document.span(root).start, message))
        }
    }
}
