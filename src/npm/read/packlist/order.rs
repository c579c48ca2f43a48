//! The order in which glob lists what it found.
//!
//! It matters in one corner: each found name becomes an ignore rule, and where a name begins with `!` or holds a
//! line end the rules that come of it contradict others, of which the last wins.

/// What two texts are compared by as `a.localeCompare(b, "en")` does for ASCII; other characters sort behind, by their
/// code.
pub(super) fn locale_key(text: &str) -> (Vec<u32>, Vec<bool>) {
    let weights = text.chars().filter_map(weight).collect();
    (weights, text.chars().map(|c| c.is_ascii_uppercase()).collect())
}

const ORDER: &[u8] = b"\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

/// The place of each character in [`ORDER`], from 1 on. Other control characters are ignored.
const PLACES: [u8; 128] = {
    let mut places = [0; 128];
    let mut at = 0;
    while at < ORDER.len() {
        places[ORDER[at] as usize] = at as u8 + 1;
        places[ORDER[at].to_ascii_uppercase() as usize] = at as u8 + 1;
        at += 1;
    }
    places
};

fn weight(c: char) -> Option<u32> {
    match PLACES.get(c as usize) {
        Some(0) => None,
        Some(place) => Some(u32::from(*place)),
        None => Some(1000 + u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_comes_first_and_case_last() {
        let mut names = ["b", "B", "!a", "-a", "a", "1", "_"];
        names.sort_by_key(|name| locale_key(name));
        assert_eq!(names, ["_", "-a", "!a", "1", "a", "b", "B"]);
    }
}
