//! The strings of a JSON text with the keys that they stand under, whatever state it is in: cut, with comments,
//! trailing commas or single quotes, or with half of a bracket missing.

/// A string of a text.
pub(super) struct JsonString<'s> {
    /// The keys from the outermost value on, a value's own the last; `None` for that outermost value and for what
    /// stands in an array.
    pub(super) keys: &'s [Option<String>],
    /// The string.
    pub(super) text: &'s str,
    /// Whether it is a key itself.
    pub(super) is_key: bool,
    /// Where it begins, in bytes.
    pub(super) at: usize,
}

/// Shows every string, in order.
pub(super) fn strings(text: &str, visit: &mut dyn FnMut(&JsonString<'_>)) {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    Scanner { text, at, keys: Vec::new(), pending: None, may_comment: true, visit }.run();
}

struct Scanner<'t, 'v> {
    text: &'t str,
    at: usize,
    /// One for each open bracket.
    keys: Vec<Option<String>>,
    /// The key whose value comes next.
    pending: Option<String>,
    /// Whether some comment may still end: else a text full of beginnings would take for ever.
    may_comment: bool,
    visit: &'v mut dyn FnMut(&JsonString<'_>),
}

impl Scanner<'_, '_> {
    fn run(&mut self) {
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return,
                Some(b'{' | b'[') => {
                    let key = self.pending.take();
                    self.keys.push(key);
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    self.keys.pop();
                    self.pending = None;
                    self.at += 1;
                }
                Some(b',') => {
                    self.pending = None;
                    self.at += 1;
                }
                Some(quote @ (b'"' | b'\'')) => {
                    let (start, end) = self.quoted(quote);
                    self.string(start, end);
                }
                // A colon, or a control character that belongs nowhere.
                Some(b':' | 0..0x20) => self.at += 1,
                Some(_) => {
                    let (start, end) = self.bare();
                    self.string(start, end);
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = &rest[blank..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if self.may_comment && rest.starts_with("/*") {
                match rest[2..].find("*/") {
                    Some(end) => self.at += end + 4,
                    None => self.may_comment = false,
                }
            } else {
                return;
            }
        }
    }

    /// Where a string's content begins and ends; one that is not closed ends with its line.
    fn quoted(&mut self, quote: u8) -> (usize, usize) {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                byte if *byte == quote => {
                    self.at = at + 1;
                    return (start, at);
                }
                b'\\' if bytes[at + 1..].starts_with(b"\r\n") => at += 3,
                b'\\' => at += 2,
                b'\n' => break,
                _ => at += 1,
            }
        }
        let mut end = at.min(bytes.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        self.at = end;
        (start, end)
    }

    /// A word without quotes: a key of JSON5, a number, or a string that lost its quote.
    fn bare(&mut self) -> (usize, usize) {
        let start = self.at;
        let rest = &self.text[start..];
        let name = rest.find(|c: char| !c.is_alphanumeric() && !"_$-.@/\\".contains(c)).unwrap_or(rest.len());
        let is_key = self.pending.is_none() && rest[name..].trim_start().starts_with(':');
        let length = match name {
            name if is_key && name > 0 => name,
            _ => rest.find(|c: char| c.is_whitespace() || ",{}[]\"'".contains(c)).unwrap_or(rest.len()),
        };
        // A character that begins nothing is passed over.
        let length = length.max(rest.chars().next().map_or(0, char::len_utf8));
        self.at = start + length;
        (start, self.at)
    }

    fn string(&mut self, start: usize, end: usize) {
        let raw = &self.text[start..end];
        let text = unescaped(raw);
        let before = self.at;
        self.skip_blanks();
        let is_key = self.pending.is_none() && self.peek() == Some(b':');
        self.at = before;
        if is_key {
            (self.visit)(&JsonString { keys: &self.keys, text: &text, is_key, at: start });
            self.pending = Some(text);
        } else {
            let pending = self.pending.take();
            self.keys.push(pending);
            (self.visit)(&JsonString { keys: &self.keys, text: &text, is_key, at: start });
            self.keys.pop();
        }
    }
}

/// The content of a string; an escape that is none stands for the character behind it.
pub(super) fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = escape(&rest[at..]);
        text.extend(character);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text
}

/// What an escape stands for, and its length.
fn escape(text: &str) -> (Option<char>, usize) {
    let Some(letter) = text[1..].chars().next() else { return (None, 1) };
    let number = |from: usize, digits: usize| {
        text.get(from..from + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let simple = match letter {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        // JSON5 and YAML.
        '\r' if text[2..].starts_with('\n') => return (None, 3),
        '\n' | '\r' => return (None, 2),
        'x' => match number(2, 2) {
            Some(code) => return (char::from_u32(code), 4),
            None => letter,
        },
        // YAML.
        'U' => match number(2, 8) {
            Some(code) => return (char::from_u32(code), 10),
            None => letter,
        },
        'u' => match (number(2, 4), text.get(6..8), number(8, 4)) {
            (Some(high @ 0xd800..=0xdbff), Some("\\u"), Some(low @ 0xdc00..=0xdfff)) => {
                return (char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12);
            }
            (Some(code), ..) => {
                return (Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), 6);
            }
            (None, ..) => letter,
        },
        letter => letter,
    };
    (Some(simple), 1 + letter.len_utf8())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut shown = Vec::new();
        strings(text, &mut |item| {
            let keys: Vec<&str> = item.keys.iter().map(|key| key.as_deref().unwrap_or("-")).collect();
            shown.push(format!("{}{}={}", keys.join("."), if item.is_key { "!" } else { "" }, item.text));
        });
        shown
    }

    #[test]
    fn values_stand_under_their_keys() {
        assert_eq!(
            shown(r#"{"a": {"b\u002fc": ["x", 1, {"d": "\/y"}]}, "e": "\ud800z\ud83d\ude00"}"#),
            [
                "-!=a",
                "-.a!=b/c",
                "-.a.b/c.-=x",
                "-.a.b/c.-=1",
                "-.a.b/c.-!=d",
                "-.a.b/c.-.d=/y",
                "-!=e",
                "-.e=\u{fffd}z😀"
            ]
        );
    }

    #[test]
    fn what_is_broken_is_read_on() {
        assert_eq!(
            shown("{a: 'x', // \"b\"\n /* \"c\" */ \"d\": \"y\n\"e\": z"),
            ["-!=a", "-.a=x", "-!=d", "-.d=y", "-!=e", "-.e=z"]
        );
        assert_eq!(shown("\"a: \"file:../x\"}"), ["-=a: ", "!=file", "file=../x", "-=}"]);
        assert_eq!(shown("\"a\": file:../x\","), ["!=a", "a=file:../x", "-=,"]);
        assert_eq!(shown("/* \"a\""), ["-=/*", "-=a"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]:,\"'\\\\u0-9a-f/*\n é😀]{0,40}", any in ".{0,40}") {
            strings(&text, &mut |item| assert!(item.at <= text.len()));
            strings(&any, &mut |_| ());
        }
    }
}
