//! The words of a script, as a shell takes it apart.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::image::dockerfile::variables::{self, KnownVariables};

/// What ends a simple command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandEnd {
    Next,
    Pipe,
    Open,
    Close,
    /// `;;`
    Break,
}

/// The words up to the next operator.
pub(super) struct Simple {
    pub(super) words: Vec<String>,
    /// Where the first word begins.
    pub(super) start: usize,
    /// Where the next command begins.
    pub(super) next: usize,
    pub(super) end: CommandEnd,
    /// The files that its output goes to.
    pub(super) writes: Vec<Redirection>,
    /// The here-document that it reads.
    pub(super) input: Option<Input>,
}

/// A file that takes the output of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Redirection {
    /// As it is named.
    pub(crate) path: String,
    /// `>>`: what it holds stays.
    pub(crate) appends: bool,
}

/// Where a here-document stands in the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) lines: Range<usize>,
    /// References in it are expanded.
    pub(super) expands: bool,
    /// `<<-`
    pub(super) strips_tabs: bool,
}

/// The lines of a script that belong to here-documents.
#[derive(Default)]
pub(super) struct Skipped {
    /// Where a line that opens some ends, and where the script goes on.
    lines: BTreeMap<usize, usize>,
    /// Those that were found, by the place of the word that opens them: loops come there again.
    found: BTreeMap<usize, Input>,
}

impl Simple {
    /// Reads the one that begins at a place.
    pub(super) fn read(script: &str, from: usize, known: &KnownVariables<'_>, skipped: &mut Skipped) -> Self {
        let mut reader = WordReader {
            script,
            at: from,
            words: Vec::new(),
            word: None,
            start: None,
            next_word: NextWord::Argument,
            writes: Vec::new(),
            input: None,
            skipped,
        };
        let end = reader.run(known);
        reader.finish_word();
        Self {
            words: reader.words,
            start: reader.start.unwrap_or(from),
            next: reader.at,
            end,
            writes: reader.writes,
            input: reader.input,
        }
    }
}

/// What the next word is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NextWord {
    Argument,
    /// A file, or the number of one, that does not matter.
    Dropped,
    Written {
        appends: bool,
    },
}

struct WordReader<'a> {
    script: &'a str,
    at: usize,
    words: Vec<String>,
    /// The word that is being read; an empty pair of quotes is one too.
    word: Option<String>,
    start: Option<usize>,
    next_word: NextWord,
    writes: Vec<Redirection>,
    input: Option<Input>,
    skipped: &'a mut Skipped,
}

impl WordReader<'_> {
    fn run(&mut self, known: &KnownVariables<'_>) -> CommandEnd {
        while let Some(c) = self.script[self.at..].chars().next() {
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '\n' => {
                    self.at = self.skipped.lines.get(&here).copied().unwrap_or(self.at);
                    return CommandEnd::Next;
                }
                ';' => {
                    let breaks = self.eats(';');
                    return if self.eats('&') || breaks { CommandEnd::Break } else { CommandEnd::Next };
                }
                '&' if self.eats('>') => self.output(true),
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
                '<' => self.input(),
                '>' => self.output(false),
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
                    // What a command prints has blanks of its own.
                    if as_written || value.contains("$(") {
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

    /// The number before `>` or `<`, as in `2>&1`, which is no word of the command.
    fn number(&mut self) -> Option<String> {
        let is_number = self.word.as_ref().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let number = if is_number { self.word.take() } else { None };
        self.finish_word();
        number
    }

    /// `> file`, `2>&1`, `&>> file`.
    fn output(&mut self, of_both: bool) {
        let number = self.number();
        let appends = self.eats('>');
        self.eats('|');
        let is_copy = self.eats('&');
        let is_output = of_both || number.is_none_or(|number| number == "1");
        self.next_word =
            if is_copy || !is_output { NextWord::Dropped } else { NextWord::Written { appends } };
    }

    /// `< file`, `<<< word` or `<<EOF`.
    fn input(&mut self) {
        self.number();
        if !self.eats('<') {
            self.eats('&');
            self.eats('>');
            self.next_word = NextWord::Dropped;
        } else if self.eats('<') {
            self.next_word = NextWord::Dropped;
        } else {
            self.here_document();
        }
    }

    /// Finds the lines of a here-document, which begin behind the line that opens it.
    fn here_document(&mut self) {
        let strips_tabs = self.eats('-');
        while self.eats(' ') || self.eats('\t') {}
        let rest = &self.script[self.at..];
        let quoted = &rest[..rest
            .find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')'))
            .unwrap_or(rest.len())];
        self.at += quoted.len();
        let name: String = quoted.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
        if let Some(found) = self.skipped.found.get(&self.at) {
            self.input = Some(found.clone());
            return;
        }
        let rest = &self.script[self.at..];
        let Some(newline) = rest.find('\n').map(|newline| self.at + newline).filter(|_| !name.is_empty())
        else {
            return;
        };
        let start = self.skipped.lines.get(&newline).copied().unwrap_or(newline + 1);
        let (mut end, mut next) = (self.script.len(), self.script.len());
        let mut at = start;
        for line in self.script[start..].split_inclusive('\n') {
            let bare = line.trim_end_matches(['\r', '\n']);
            if (if strips_tabs { bare.trim_start_matches('\t') } else { bare }) == name {
                (end, next) = (at, at + line.len());
                break;
            }
            at += line.len();
        }
        self.skipped.lines.insert(newline, next);
        let input = Input { lines: start..end, expands: name == quoted, strips_tabs };
        self.skipped.found.insert(self.at, input.clone());
        self.input = Some(input);
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
        let Some(word) = self.word.take() else { return };
        match std::mem::replace(&mut self.next_word, NextWord::Argument) {
            NextWord::Argument => self.words.push(word),
            NextWord::Dropped => {}
            NextWord::Written { appends } => self.writes.push(Redirection { path: word, appends }),
        }
    }
}
