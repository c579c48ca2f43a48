//! Words of instructions as BuildKit's `shell.Lex` reads them: quotes, escapes, and references to variables.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::image::dockerfile::variables::{KnownVariables, MAX_DEPTH, MAX_VALUE, Operation};

/// What stands for a reference to a name of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image::dockerfile) enum Unknown {
    /// What is written.
    AsWritten,
    /// `*`, as any part of a path's name may stand there.
    Glob,
    /// Nothing, as BuildKit has it where the name is not set.
    #[cfg(test)]
    Empty,
}

/// A word with its references expanded and its quotes gone; nothing where no build starts with it.
pub(in crate::image::dockerfile) fn word(
    text: &str,
    known: &KnownVariables<'_>,
    unknown: Unknown,
) -> Option<String> {
    Some(Lexer::new(text, known, unknown).read(None)?.text)
}

/// The words of a line as they are written, for those that open a here-document; none where quotes are not closed.
pub(in crate::image::dockerfile) fn raw_words(text: &str) -> Vec<String> {
    let nothing = BTreeMap::new();
    let known = KnownVariables::new(&nothing);
    let mut lexer =
        Lexer { is_raw: true, keeps_escapes: true, ..Lexer::new(text, &known, Unknown::AsWritten) };
    lexer.read(None).map(Lexed::finish).unwrap_or_default()
}

/// What was read.
#[derive(Default)]
struct Lexed {
    text: String,
    words: Vec<String>,
    word: String,
}

impl Lexed {
    fn push(&mut self, c: char) {
        self.text.push(c);
        if !c.is_whitespace() {
            self.word.push(c);
        } else if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn push_quoted(&mut self, text: &str) {
        self.text.push_str(text);
        self.word.push_str(text);
    }

    fn finish(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.words.push(self.word);
        }
        self.words
    }
}

struct Lexer<'a> {
    source: &'a str,
    chars: Peekable<CharIndices<'a>>,
    known: &'a KnownVariables<'a>,
    unknown: Unknown,
    /// Quotes are kept.
    is_raw: bool,
    /// Escapes are kept.
    keeps_escapes: bool,
    depth: usize,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str, known: &'a KnownVariables<'a>, unknown: Unknown) -> Self {
        let chars = source.char_indices().peekable();
        Self { source, chars, known, unknown, is_raw: false, keeps_escapes: false, depth: 0 }
    }

    fn next(&mut self) -> Option<char> {
        Some(self.chars.next()?.1)
    }

    fn peek(&mut self) -> Option<char> {
        Some(self.chars.peek()?.1)
    }

    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.source.len(), |(at, _)| *at)
    }

    /// Reads up to a character, which is taken, or to the end.
    fn read(&mut self, stop: Option<char>) -> Option<Lexed> {
        let mut found = Lexed::default();
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.next();
                return Some(found);
            }
            match c {
                '$' => self.dollar()?.chars().for_each(|c| found.push(c)),
                '\'' => found.push_quoted(&self.single_quoted()?),
                '"' => found.push_quoted(&self.double_quoted()?),
                '<' => found.push_quoted(&self.arrows()),
                c => {
                    self.next();
                    if c != self.known.escape {
                        found.push(c);
                        continue;
                    }
                    if self.keeps_escapes {
                        found.push_quoted(c.encode_utf8(&mut [0; 4]));
                    }
                    let Some(escaped) = self.next() else { break };
                    found.push_quoted(escaped.encode_utf8(&mut [0; 4]));
                }
            }
        }
        stop.is_none().then_some(found)
    }

    fn single_quoted(&mut self) -> Option<String> {
        let mut found = String::new();
        let quote = self.next()?;
        if self.is_raw {
            found.push(quote);
        }
        loop {
            let c = self.next()?;
            if c != quote || self.is_raw {
                found.push(c);
            }
            if c == quote {
                return Some(found);
            }
        }
    }

    fn double_quoted(&mut self) -> Option<String> {
        let mut found = String::new();
        let quote = self.next()?;
        if self.is_raw {
            found.push(quote);
        }
        loop {
            match self.peek()? {
                '"' => {
                    self.next();
                    if self.is_raw {
                        found.push(quote);
                    }
                    return Some(found);
                }
                '$' => found.push_str(&self.dollar()?),
                c => {
                    self.next();
                    if c != self.known.escape {
                        found.push(c);
                        continue;
                    }
                    if self.keeps_escapes {
                        found.push(c);
                    }
                    match self.peek()? {
                        next if next == '"' || next == '$' || next == c => {
                            self.next();
                            found.push(next);
                        }
                        _ => found.push(c),
                    }
                }
            }
        }
    }

    /// `<<` and the blanks behind it belong to the word behind them, which closes a here-document.
    fn arrows(&mut self) -> String {
        let mut found = String::new();
        found.extend(self.next());
        if self.peek() == Some('<') {
            found.extend(self.next());
            while self.peek().is_some_and(|c| matches!(c, '\t' | '\r' | ' ')) {
                found.extend(self.next());
            }
        }
        found
    }

    fn dollar(&mut self) -> Option<String> {
        let start = self.at();
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Some("$".to_owned());
            }
            return self.value(&name).or_else(|| self.stands_for(start));
        }
        self.next();
        if matches!(self.peek(), None | Some('{' | '}' | ':')) {
            return None;
        }
        let name = self.name();
        let operation = match self.next()? {
            '}' => None,
            ':' => {
                let kind = self.next().filter(|kind| matches!(kind, '-' | '+' | '?'))?;
                Some(Operation::of_presence(kind, true, self.nested('}', false)?)?)
            }
            kind @ ('-' | '+' | '?') => Some(Operation::of_presence(kind, false, self.nested('}', false)?)?),
            kind @ ('#' | '%') => {
                let pattern = self.nested('}', true)?;
                let (pattern, is_long) = match pattern.strip_prefix(kind) {
                    Some(pattern) => (pattern.to_owned(), true),
                    None => (pattern, false),
                };
                Some(Operation::Trim { at_end: kind == '%', is_long, pattern })
            }
            '/' => {
                let everywhere = self.peek() == Some('/');
                if everywhere {
                    self.next();
                }
                let pattern = self.nested('/', true)?;
                Some(Operation::Replace { everywhere, pattern, replacement: self.nested('}', true)? })
            }
            _ => return None,
        };
        let value = self.value(&name);
        match operation {
            None => value.or_else(|| self.stands_for(start)),
            #[cfg(test)]
            Some(operation) if self.unknown == Unknown::Empty => match value {
                None => operation.of_unset(),
                value => operation.apply(value.as_deref()),
            },
            Some(operation) => match operation.apply(value.as_deref()) {
                Some(value) => Some(value),
                None => self.stands_for(start),
            },
        }
    }

    /// What stands in a reference up to a character.
    fn nested(&mut self, stop: char, keeps_escapes: bool) -> Option<String> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let kept = std::mem::replace(&mut self.keeps_escapes, keeps_escapes);
        let found = self.read(Some(stop));
        self.keeps_escapes = kept;
        self.depth -= 1;
        Some(found?.text)
    }

    /// A reference in a value is one that was not known when it was set.
    fn value(&self, name: &str) -> Option<String> {
        let value = self.known.get(name).filter(|value| value.len() <= MAX_VALUE)?;
        if self.unknown == Unknown::Glob && value.contains('$') {
            let nothing = BTreeMap::new();
            return Some(Lexer::new(value, &KnownVariables::new(&nothing), self.unknown).read(None)?.text);
        }
        Some(value.to_owned())
    }

    /// What stands for a reference that begins at a place and ends here.
    fn stands_for(&mut self, start: usize) -> Option<String> {
        let end = self.at();
        Some(match self.unknown {
            Unknown::AsWritten => self.source.get(start..end)?.to_owned(),
            Unknown::Glob => "*".to_owned(),
            #[cfg(test)]
            Unknown::Empty => String::new(),
        })
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(c) if c.is_numeric() => {
                while let Some((_, c)) = self.chars.next_if(|(_, c)| c.is_numeric()) {
                    name.push(c);
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(self.next()),
            _ => {
                while let Some((_, c)) = self.chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
            }
        }
        name
    }
}
