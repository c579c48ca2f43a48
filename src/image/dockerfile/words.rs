//! The words of instructions.

mod lex;
#[cfg(test)]
mod tests;

pub(super) use self::lex::{Unknown, raw_words};
use super::variables::KnownVariables;

/// The words of `ENV`, `ARG` and `LABEL`: what blanks outside of quotes part, expanded and without quotes.
pub(super) fn words(text: &str, known: &KnownVariables<'_>) -> Vec<String> {
    split(text, known.escape).iter().map(|word| lexed(word, known, Unknown::AsWritten)).collect()
}

/// A source of `COPY` or `ADD`: a reference of which nothing is known is `*`.
pub(super) fn copy_source(text: &str, known: &KnownVariables<'_>) -> String {
    let source = lexed(text, known, Unknown::Glob);
    // `$A$B` is no `**`, which other matchers take for any folders.
    if text.contains("**") { source } else { merge_stars(&source) }
}

/// The destination of `COPY` or `ADD`: a reference of which nothing is known stays as it is written.
pub(super) fn copy_destination(text: &str, known: &KnownVariables<'_>) -> String {
    lexed(text, known, Unknown::AsWritten)
}

/// A word with its references expanded and its quotes gone. One with which no build starts stays as it is.
pub(super) fn lexed(text: &str, known: &KnownVariables<'_>, unknown: Unknown) -> String {
    lex::word(text, known, unknown).unwrap_or_else(|| text.to_owned())
}

fn merge_stars(text: &str) -> String {
    let mut merged = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '*' || !merged.ends_with('*') {
            merged.push(c);
        }
    }
    merged
}

/// `parseWords` of BuildKit: the words with their quotes and escapes.
fn split(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        if c == escape && quote != Some('\'') {
            // One at the end says nothing.
            let Some(next) = chars.next() else { break };
            word.extend([c, next]);
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
