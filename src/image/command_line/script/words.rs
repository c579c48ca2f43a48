//! The words of a script, as a shell reads them.

/// The next part of a script.
pub(super) enum Token {
    Word(String),
    /// `;`, `&&`, a line's end.
    End,
    /// `(`
    Open,
    /// `)`
    Close,
}

/// A script that is not read to its end.
pub(super) struct Words<'a> {
    rest: &'a str,
    line: usize,
    /// The line on which the last word begins.
    pub(super) begin: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(script: &'a str) -> Self {
        Self { rest: script, line: 0, begin: 0 }
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.rest.chars().next()?;
            match c {
                '\\' if self.rest[1..].starts_with('\n') => self.skip(2),
                '\\' if self.rest[1..].starts_with("\r\n") => self.skip(3),
                '\n' | ';' | '&' | '|' => {
                    self.skip(1);
                    return Some(Token::End);
                }
                '(' => {
                    self.skip(1);
                    return Some(Token::Open);
                }
                ')' => {
                    self.skip(1);
                    return Some(Token::Close);
                }
                '#' => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
                c if c.is_whitespace() => self.skip(c.len_utf8()),
                _ => {
                    self.begin = self.line;
                    return Some(Token::Word(self.word()));
                }
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += gone.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
    }

    /// A word without its quotes; what a shell or a workflow puts in stays as it is written.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\\' if self.rest[1..].starts_with('\n') => {
                    self.skip(2);
                    break;
                }
                '\\' => {
                    let escaped = self.rest[1..].chars().next();
                    word.extend(escaped);
                    self.skip(1 + escaped.map_or(0, char::len_utf8));
                }
                '\'' => {
                    let inside = self.rest[1..].split('\'').next().unwrap_or_default();
                    word.push_str(inside);
                    self.skip(inside.len() + 2);
                }
                '"' => {
                    self.skip(1);
                    self.double_quoted(&mut word);
                }
                '$' | '`' => self.substitution(&mut word),
                ';' | '&' | '|' | '(' | ')' => break,
                c if c.is_whitespace() => break,
                c => {
                    word.push(c);
                    self.skip(c.len_utf8());
                }
            }
        }
        word
    }

    fn double_quoted(&mut self, word: &mut String) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => return self.skip(1),
                '\\' => {
                    let escaped = self.rest[1..].chars().next();
                    match escaped {
                        Some('\n') => {}
                        Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                        other => {
                            word.push('\\');
                            word.extend(other);
                        }
                    }
                    self.skip(1 + escaped.map_or(0, char::len_utf8));
                }
                '$' | '`' => self.substitution(word),
                c => {
                    word.push(c);
                    self.skip(c.len_utf8());
                }
            }
        }
    }

    /// `$(…)`, `${{ … }}`, `${…}`, `` `…` `` or the `$` of a name, as it is written.
    fn substitution(&mut self, word: &mut String) {
        let length = if self.rest.starts_with("${{") {
            self.rest.find("}}").map(|end| end + 2)
        } else if self.rest.starts_with("$(") {
            closing(&self.rest[1..], b'(', b')').map(|end| end + 2)
        } else if self.rest.starts_with("${") {
            closing(&self.rest[1..], b'{', b'}').map(|end| end + 2)
        } else if let Some(inside) = self.rest.strip_prefix('`') {
            inside.find('`').map(|end| end + 2)
        } else {
            Some(1)
        };
        let length = length.unwrap_or(self.rest.len());
        word.push_str(&self.rest[..length]);
        self.skip(length);
    }
}

/// Where the bracket at the begin of a text closes.
fn closing(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}
