//! Bytes of a commit as text, and the texts that a conflict parts.

use std::borrow::Cow;

/// The text of any bytes: UTF-8, or UTF-16 as some editors of Windows save it. What is neither is kept as far as it
/// can be read.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(text.collect())
    };
    match bytes {
        [0xff, 0xfe, ..] | [1..=255, 0, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] | [0, 1..=255, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Counts the lines of a text, from place to later place.
pub(super) struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> LineCounter<'t> {
    /// Stands at the beginning.
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a place that is not before the last one that was asked for; from 1.
    pub(super) fn at(&mut self, at: usize) -> usize {
        let passed = self.text.as_bytes().get(self.at..at).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = at;
        self.line
    }
}

/// Whether a merge conflict parts a text.
pub(super) fn has_conflict(text: &str) -> bool {
    text.lines().any(|line| mark(line) == Some(Side::Ours) || mark(line) == Some(Side::All))
}

/// Of a text with a merge conflict each side's, the common ancestor's too; of any other the text alone. Lines keep
/// their numbers.
pub(super) fn sides(text: &str) -> Vec<Cow<'_, str>> {
    if !has_conflict(text) {
        return vec![Cow::Borrowed(text)];
    }
    [Side::Ours, Side::Base, Side::Theirs].map(|side| Cow::Owned(one(text, side))).into()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    All,
    Ours,
    Base,
    Theirs,
}

/// What a mark of a conflict opens.
fn mark(line: &str) -> Option<Side> {
    let begins = |mark: &str| {
        line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
    };
    [("<<<<<<<", Side::Ours), ("|||||||", Side::Base), ("=======", Side::Theirs), (">>>>>>>", Side::All)]
        .into_iter()
        .find_map(|(mark, side)| begins(mark).then_some(side))
}

fn one(text: &str, wanted: Side) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut now = Side::All;
    for line in text.split_inclusive('\n') {
        match mark(line.strip_suffix('\n').unwrap_or(line)) {
            // Half of a conflict that somebody tidied up: its last marks part nothing.
            Some(Side::Base | Side::Theirs) if now == Side::All => {}
            Some(side) => now = side,
            None if now == Side::All || now == wanted => {
                kept.push_str(line);
                continue;
            }
            None => {}
        }
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_has_three_sides_with_the_lines_they_had() {
        let text = "a\n<<<<<<< HEAD\nb\n||||||| 1234\nc\n=======\r\nd\n>>>>>>> x\ne\n";
        assert_eq!(sides(text), ["a\n\nb\n\n\n\n\n\ne\n", "a\n\n\n\nc\n\n\n\ne\n", "a\n\n\n\n\n\nd\n\ne\n"]);
        assert_eq!(sides("a\n=======\n"), ["a\n=======\n"]);
    }

    #[test]
    fn wide_text_is_read() {
        let utf16: Vec<u8> = "\u{feff}{\"é\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16), "\u{feff}{\"é\"}");
        assert_eq!(decode(b"\0{\0}"), "{}");
        assert_eq!(decode(b"{\xff}"), "{\u{fffd}}");
        assert_eq!(decode(b""), "");
    }
}
