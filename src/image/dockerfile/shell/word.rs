//! The words of a script, as a shell takes it apart.

use crate::image::dockerfile::variables::{self, KnownVariables};

/// What ends a simple command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandEnd {
    Next,
    Pipe,
    Open,
    Close,
}

/// The words up to the next operator.
pub(super) struct Simple {
    pub(super) words: Vec<String>,
    /// Where the first word begins.
    pub(super) start: usize,
    /// Where the next command begins.
    pub(super) next: usize,
    pub(super) end: CommandEnd,
}

impl Simple {
    /// Reads the one that begins at a place.
    pub(super) fn read(script: &str, from: usize, known: &KnownVariables<'_>) -> Self {
        let mut reader =
            WordReader { script, at: from, words: Vec::new(), word: None, start: None, drops: false };
        let end = reader.run(known);
        reader.finish_word();
        Self { words: reader.words, start: reader.start.unwrap_or(from), next: reader.at, end }
    }
}

struct WordReader<'a> {
    script: &'a str,
    at: usize,
    words: Vec<String>,
    /// The word that is being read; an empty pair of quotes is one too.
    word: Option<String>,
    start: Option<usize>,
    /// The next word is a file that a redirection names.
    drops: bool,
}

impl WordReader<'_> {
    fn run(&mut self, known: &KnownVariables<'_>) -> CommandEnd {
        while let Some(c) = self.script[self.at..].chars().next() {
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '\n' | ';' => return CommandEnd::Next,
                '&' if self.eats('>') => self.redirect(),
                '&' => {
                    self.eats('&');
                    return CommandEnd::Next;
                }
                '|' => {
                    let end = if self.eats('|') { CommandEnd::Next } else { CommandEnd::Pipe };
                    self.eats('&');
                    return end;
                }
                '(' => return CommandEnd::Open,
                ')' => return CommandEnd::Close,
                c if c.is_whitespace() => self.finish_word(),
                '#' if self.word.is_none() => {
                    let rest = &self.script[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                '<' | '>' => self.redirect(),
                '\'' => {
                    let rest = &self.script[self.at..];
                    let length = rest.find('\'').unwrap_or(rest.len());
                    self.push(here, &rest[..length]);
                    self.at = (self.at + length + 1).min(self.script.len());
                }
                '"' => self.double_quoted(here, known),
                '\\' => {
                    if let Some(next) = self.script[self.at..].chars().next() {
                        self.at += next.len_utf8();
                        if next != '\n' {
                            self.push(here, next.encode_utf8(&mut [0; 4]));
                        }
                    }
                }
                '`' => {
                    let rest = &self.script[self.at..];
                    let length = rest.find('`').map_or(rest.len(), |end| end + 1);
                    self.at += length;
                    self.push(here, &self.script[here..self.at]);
                }
                '$' => {
                    let (value, length) = variables::reference(&self.script[here..], known);
                    let as_written = self.script[here..].starts_with(&value);
                    self.at = here + length;
                    if as_written {
                        self.push(here, &value);
                    } else {
                        self.push_split(here, &value);
                    }
                }
                _ => self.push(here, c.encode_utf8(&mut [0; 4])),
            }
        }
        CommandEnd::Next
    }

    fn double_quoted(&mut self, here: usize, known: &KnownVariables<'_>) {
        self.push(here, "");
        while let Some(c) = self.script[self.at..].chars().next() {
            let at = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return,
                '\\' if self.script[self.at..].starts_with(['$', '"', '\\', '`', '\n']) => {
                    let escaped = &self.script[self.at..=self.at];
                    self.at += 1;
                    if escaped != "\n" {
                        self.push(here, escaped);
                    }
                }
                '$' => {
                    let (value, length) = variables::reference(&self.script[at..], known);
                    self.at = at + length;
                    self.push(here, &value);
                }
                _ => self.push(here, c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn eats(&mut self, wanted: char) -> bool {
        let found = self.script[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// `2>&1`, `>> file`, `<file`: neither the number nor the file is a word of the command.
    fn redirect(&mut self) {
        if self.word.as_ref().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
            self.word = None;
        }
        self.finish_word();
        while ['>', '<', '&', '|', '-'].iter().any(|&c| self.eats(c)) {}
        self.drops = true;
    }

    fn push(&mut self, here: usize, text: &str) {
        self.start.get_or_insert(here);
        self.word.get_or_insert_default().push_str(text);
    }

    /// A value outside of quotes is as many words as it holds.
    fn push_split(&mut self, here: usize, value: &str) {
        for (number, part) in value.split(char::is_whitespace).enumerate() {
            if number > 0 {
                self.finish_word();
            }
            if !part.is_empty() {
                self.push(here, part);
            }
        }
    }

    fn finish_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.drops)
        {
            self.words.push(word);
        }
    }
}
