//! Flags as docker's programs read them: `--name value`, `--name=value`, `-f value`, `-fvalue`, `-f=value`.

/// The next part of a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag<'a> {
    /// What is no flag.
    Word(&'a str),
    /// A flag with its value, if it has one.
    Named(&'a str, Option<&'a str>),
}

/// The words of a command line that are not read yet.
pub(super) struct Flags<'a> {
    words: &'a [String],
    /// The flags that take a value, with a space between them.
    with_value: &'static str,
    is_over: bool,
}

impl<'a> Flags<'a> {
    pub(super) fn new(words: &'a [String], with_value: &'static str) -> Self {
        Self { words, with_value, is_over: false }
    }

    pub(super) fn rest(&self) -> &'a [String] {
        self.words
    }

    pub(super) fn next(&mut self) -> Option<Flag<'a>> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        if word == "--" && !self.is_over {
            self.is_over = true;
            return self.next();
        }
        if self.is_over || !word.starts_with('-') || word == "-" {
            return Some(Flag::Word(word));
        }
        let takes_value = |name: &str| self.with_value.split(' ').any(|flag| flag == name);
        if let Some((name, value)) = word.split_once('=') {
            return Some(Flag::Named(name, Some(value)));
        }
        if takes_value(word) {
            let Some((value, rest)) = rest.split_first() else { return Some(Flag::Named(word, None)) };
            self.words = rest;
            return Some(Flag::Named(word, Some(value)));
        }
        // `-fvalue`: a letter that takes one has the rest of the word.
        let short = word.get(..2).filter(|short| word.len() > 2 && *short != "--" && takes_value(short));
        Some(short.map_or(Flag::Named(word, None), |short| Flag::Named(short, word.get(2..))))
    }
}
