//! The order in which glob lists what it found.
//!
//! It matters in one corner: each found name becomes an ignore rule, and where a name begins with `!` or holds a
//! line end the rules that come of it contradict others, of which the last wins.

use std::cmp::Ordering;

/// `a.localeCompare(b, "en")` for ASCII; other characters sort behind, by their code.
pub(super) fn locale_compare(a: &str, b: &str) -> Ordering {
    let key = |text: &str| -> Vec<u32> { text.chars().filter_map(weight).collect() };
    let lower_first = |text: &str| -> Vec<bool> { text.chars().map(|c| c.is_ascii_uppercase()).collect() };
    key(a).cmp(&key(b)).then_with(|| lower_first(a).cmp(&lower_first(b)))
}

fn weight(c: char) -> Option<u32> {
    const ORDER: &str =
        "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
    if !c.is_ascii() {
        return Some(1000 + u32::from(c));
    }
    // Other control characters are ignored.
    ORDER.find(c.to_ascii_lowercase()).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_comes_first_and_case_last() {
        let mut names = ["b", "B", "!a", "-a", "a", "1", "_"];
        names.sort_by(|a, b| locale_compare(a, b));
        assert_eq!(names, ["_", "-a", "!a", "1", "a", "b", "B"]);
    }
}
