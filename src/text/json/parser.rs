//! Text to nodes: one loop over a state and a stack of open brackets.

use super::{BYTE_ORDER_MARK, Document, Node, NodeId, NodeShape, ObjectMember, Span, SyntaxError};

/// What may come next.
#[derive(Clone, Copy)]
enum ExpectedToken {
    Value,
    /// A key, after a comma.
    Key,
    /// Right behind `[` or `{`.
    FirstOrEnd,
    /// Behind a value inside brackets.
    CommaOrEnd,
}

pub(super) fn parse(text: &str) -> Result<Document<'_>, SyntaxError> {
    let mut parser = JsonParser {
        document: Document { text, nodes: Vec::new(), lone_surrogates: Vec::new() },
        at: if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 },
        open: Vec::new(),
        key: None,
        comma: None,
    };
    parser.run()?;
    Ok(parser.document)
}

struct JsonParser<'t> {
    document: Document<'t>,
    at: usize,
    open: Vec<NodeId>,
    /// The key whose value comes next.
    key: Option<(Span, Option<String>)>,
    /// The comma that nothing has followed yet.
    comma: Option<usize>,
}

impl JsonParser<'_> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        let mut expected = ExpectedToken::Value;
        loop {
            self.skip_white_space();
            expected = match expected {
                ExpectedToken::Value => self.value()?,
                ExpectedToken::Key => self.key()?,
                ExpectedToken::FirstOrEnd => self.first_or_end()?,
                ExpectedToken::CommaOrEnd if self.open.is_empty() => break,
                ExpectedToken::CommaOrEnd => self.comma_or_end()?,
            };
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end of the text")),
        }
    }

    fn first_or_end(&mut self) -> Result<ExpectedToken, SyntaxError> {
        match (self.in_object(), self.peek()) {
            (true, Some(b'}')) | (false, Some(b']')) => Ok(self.close()),
            (true, _) => self.key(),
            (false, _) => self.value(),
        }
    }

    fn comma_or_end(&mut self) -> Result<ExpectedToken, SyntaxError> {
        let in_object = self.in_object();
        match self.peek() {
            Some(b',') => {
                self.comma = Some(self.at);
                self.at += 1;
                Ok(if in_object { ExpectedToken::Key } else { ExpectedToken::Value })
            }
            Some(b'}') if in_object => Ok(self.close()),
            Some(b']') if !in_object => Ok(self.close()),
            _ => Err(self.unexpected(if in_object { "`,` or `}`" } else { "`,` or `]`" })),
        }
    }

    fn key(&mut self) -> Result<ExpectedToken, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        self.comma = None;
        let span = self.string()?;
        let key = decode(&self.document.text[span.clone()]);
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        self.key = Some((span, key));
        Ok(ExpectedToken::Value)
    }

    fn value(&mut self) -> Result<ExpectedToken, SyntaxError> {
        let start = self.at;
        let shape = match self.peek() {
            Some(b'{') => return Ok(self.open(NodeShape::Object(Vec::new()))),
            Some(b'[') => return Ok(self.open(NodeShape::Array(Vec::new()))),
            Some(b'"') => {
                self.string()?;
                NodeShape::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                NodeShape::Number
            }
            _ if self.take("true") => NodeShape::Boolean(true),
            _ if self.take("false") => NodeShape::Boolean(false),
            _ if self.take("null") => NodeShape::Null,
            _ => return Err(self.unexpected("a value")),
        };
        self.push(shape, start..self.at);
        Ok(ExpectedToken::CommaOrEnd)
    }

    fn open(&mut self, shape: NodeShape) -> ExpectedToken {
        let id = self.push(shape, self.at..self.at);
        self.open.push(id);
        self.at += 1;
        ExpectedToken::FirstOrEnd
    }

    fn close(&mut self) -> ExpectedToken {
        self.at += 1;
        let next = self.document.nodes.len();
        if let Some(NodeId(id)) = self.open.pop() {
            let node = &mut self.document.nodes[id];
            node.span.end = self.at;
            node.next = next;
        }
        ExpectedToken::CommaOrEnd
    }

    fn push(&mut self, shape: NodeShape, span: Span) -> NodeId {
        let id = NodeId(self.document.nodes.len());
        let node = Node { shape, span, depth: self.open.len(), next: id.0 + 1 };
        self.document.nodes.push(node);
        self.comma = None;
        if let Some(parent) = self.open.last() {
            match &mut self.document.nodes[parent.0].shape {
                NodeShape::Object(members) => {
                    if let Some((key_span, key)) = self.key.take() {
                        members.push(ObjectMember { key_span, key, value: id });
                    }
                }
                NodeShape::Array(elements) => elements.push(id),
                _ => {}
            }
        }
        id
    }

    /// Leaves the place behind the closing quote.
    fn string(&mut self) -> Result<Span, SyntaxError> {
        let start = self.at;
        self.at += 1;
        // Where the escape stands that may be the first half of a pair.
        let mut high = None;
        loop {
            let here = self.at;
            let unit = match self.peek() {
                None => return Err(self.error(start, "the string that begins here has no end")),
                Some(b'\n' | b'\r') => {
                    return Err(self.error(start, "the string that begins here does not end on its line"));
                }
                Some(0..0x20) => {
                    return Err(self.error(here, "a control character in a string must be escaped"));
                }
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    self.at += 1;
                    if byte == b'"' {
                        self.document.lone_surrogates.extend(high);
                        return Ok(start..self.at);
                    }
                    None
                }
            };
            high = match (high, unit) {
                (Some(_), Some(0xdc00..=0xdfff)) => None,
                (lone, unit) => {
                    self.document.lone_surrogates.extend(lone);
                    match unit {
                        Some(0xd800..=0xdbff) => Some(here),
                        Some(0xdc00..=0xdfff) => {
                            self.document.lone_surrogates.push(here);
                            None
                        }
                        _ => None,
                    }
                }
            };
        }
    }

    /// Leaves the place behind the escape; gives the code unit of `\uXXXX`.
    fn escape(&mut self) -> Result<Option<u16>, SyntaxError> {
        let start = self.at;
        let bytes = self.document.text.as_bytes();
        match bytes.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(None)
            }
            Some(b'u') => {
                let unit = bytes.get(start + 2..start + 6).and_then(hexadecimal);
                self.at += 6;
                unit.map(Some).ok_or_else(|| self.error(start, "`\\u` needs four hexadecimal digits"))
            }
            _ => Err(self.error(start, "not an escape of JSON")),
        }
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        self.take("-");
        let whole = match self.peek() {
            Some(b'0') => self.take("0"),
            _ => self.digits(),
        };
        let fraction = !self.take(".") || self.digits();
        let exponent = !(self.take("e") || self.take("E")) || {
            let _ = self.take("+") || self.take("-");
            self.digits()
        };
        let whole_number = whole && fraction && exponent;
        if whole_number && !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Ok(());
        }
        Err(self.error(start, "not a number of JSON"))
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > start
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.document.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.document.text.as_bytes().get(self.at).copied()
    }

    fn in_object(&self) -> bool {
        self.open.last().is_some_and(|id| matches!(self.document.nodes[id.0].shape, NodeShape::Object(_)))
    }

    fn error(&self, offset: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError::at(self.document.text, offset, message)
    }

    /// What stands here where something else should, with the usual reasons told apart.
    fn unexpected(&self, expected: &str) -> SyntaxError {
        let rest = &self.document.text[self.at..];
        let Some(found) = rest.chars().next() else {
            return self.error(self.at, format!("expected {expected}, but the text ends here"));
        };
        if let (Some(comma), '}' | ']') = (self.comma, found) {
            return self.error(comma, format!("a comma before `{found}` is not allowed in JSON"));
        }
        let message = if rest.starts_with("//") || rest.starts_with("/*") {
            "comments are not allowed in JSON".to_owned()
        } else if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| rest.starts_with(mark)) {
            "this is a mark of a merge conflict that is not resolved".to_owned()
        } else if found == '\'' {
            format!("expected {expected}, found a single quote: strings need double quotes")
        } else {
            format!("expected {expected}, found `{}`", found.escape_debug())
        };
        self.error(self.at, message)
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |value: u16, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(value << 4 | u16::try_from(digit).ok()?)
    })
}

/// The content of a string that [`JsonParser::string`] has taken; `None` if it holds half a surrogate pair.
pub(super) fn decode(quoted: &str) -> Option<String> {
    let content = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut decoded = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        let (character, length) = unescape(&rest[at..])?;
        decoded.push(character);
        rest = &rest[at + length..];
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// The character that an escape stands for, and the escape's length.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let character = match escape.as_bytes().get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescape_unit(escape),
        other => char::from(*other),
    };
    Some((character, 2))
}

fn unescape_unit(escape: &str) -> Option<(char, usize)> {
    let unit_at = |at: usize| escape.as_bytes().get(at..at + 4).and_then(hexadecimal);
    let first = unit_at(2)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, 6));
    }
    let second = escape.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit_at(8))?;
    let pair = char::decode_utf16([first, second]).next()?.ok()?;
    Some((pair, 12))
}
