//! The regular expressions that minimatch makes, matched by the sets of places that each piece leads to.
//!
//! An engine that tries one way after the other can take longer than anybody waits: `+(a|a)b` or `*(*(*(a)))b` on
//! forty letters. Here the work is bounded by the pattern's length times the square of the text's. That two ways lead
//! to one place makes no difference, since nothing is asked but whether the text matches.

use std::collections::HashMap;

use super::source::{as_ascii, unit, units};

/// How deep groups may stand in each other.
const MAX_DEPTH: usize = 250;

/// A look is asked at each place, so that the work grows with the text's length once more.
const MAX_WITH_LOOKS: usize = 1 << 13;

/// More than this many repetitions without bound in a row are too slow to try one way after the other.
const FEW_REPEATS: usize = 3;

/// Each may double the ways.
const FEW_CHOICES: usize = 16;

/// Whether trying one way after the other may take too long: a repetition in a repetition, many of them, or
/// many choices.
pub(super) fn is_needed(source: &[u16]) -> bool {
    let count = |first: char, second: &[char]| {
        let is_one = |pair: &&[u16]| as_ascii(pair[0]) == first && second.contains(&as_ascii(pair[1]));
        source.windows(2).filter(is_one).count()
    };
    let bars = source.iter().filter(|&&u| u == unit('|')).count();
    count(')', &['*', '+']) > 0
        || count(']', &['*', '+']) > FEW_REPEATS
        || count(')', &['?']) + bars > FEW_CHOICES
}

/// Why there are no sets for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// The work would take too long.
    TooLong,
    /// What `!(…)` in other lists come to in the original may be anything.
    Unknown,
}

/// A regular expression, ready to match.
#[derive(Debug)]
pub(super) struct Sets {
    alternatives: Vec<Vec<SetPiece>>,
    atoms: Vec<regress::Regex>,
    looks: usize,
}

#[derive(Debug)]
enum SetPiece {
    /// `^`
    Start,
    /// `$`
    End,
    /// One unit that this atom matches.
    Unit(usize),
    /// `(?:…)`
    Group(Vec<Vec<SetPiece>>),
    /// `(?=…)` or `(?!…)`, by its number.
    Look { number: usize, negative: bool, alternatives: Vec<Vec<SetPiece>> },
    /// `?`, `*`, `+` or `{1,2}`: how often at least, and at most.
    Repeat { piece: Box<SetPiece>, least: usize, most: Option<usize> },
}

impl Sets {
    /// Reads a source as minimatch writes it.
    pub(super) fn new(source: &[u16], icase: bool) -> Result<Self, Unfit> {
        let looks = source.windows(3).filter(|window| units("(?!").eq(window.iter().copied())).count();
        if looks > 0 && source.len() > MAX_WITH_LOOKS {
            return Err(Unfit::TooLong);
        }
        let mut parser =
            SetParser { source, at: 0, depth: 0, icase, atoms: Vec::new(), known: HashMap::new(), looks: 0 };
        match parser.alternatives() {
            Some(alternatives) if parser.at == source.len() => {
                Ok(Self { alternatives, atoms: parser.atoms, looks: parser.looks })
            }
            _ if parser.depth >= MAX_DEPTH => Err(Unfit::TooLong),
            _ => Err(Unfit::Unknown),
        }
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, text: &[u16]) -> bool {
        let looked = vec![vec![None; text.len() + 1]; self.looks];
        let mut run = SetRun { atoms: &self.atoms, text, looked, known: HashMap::new() };
        let everywhere = vec![true; text.len() + 1];
        run.any_of(&self.alternatives, &everywhere).contains(&true)
    }
}

struct SetParser<'s> {
    source: &'s [u16],
    at: usize,
    depth: usize,
    icase: bool,
    atoms: Vec<regress::Regex>,
    known: HashMap<&'s [u16], usize>,
    looks: usize,
}

impl<'s> SetParser<'s> {
    fn peek(&self) -> Option<char> {
        self.source.get(self.at).map(|&u| as_ascii(u))
    }

    fn takes(&mut self, text: &str) -> bool {
        let there = self.source[self.at..].iter().copied().take(text.len()).eq(text.encode_utf16());
        self.at += if there { text.len() } else { 0 };
        there
    }

    fn alternatives(&mut self) -> Option<Vec<Vec<SetPiece>>> {
        let mut all = vec![Vec::new()];
        while let Some(c) = self.peek().filter(|&c| c != ')') {
            if c == '|' {
                self.at += 1;
                all.push(Vec::new());
            } else {
                let piece = self.piece(c)?;
                let piece = self.repeated(piece);
                all.last_mut()?.push(piece);
            }
        }
        Some(all)
    }

    fn piece(&mut self, c: char) -> Option<SetPiece> {
        let start = self.at;
        match c {
            '^' | '$' => {
                self.at += 1;
                return Some(if c == '^' { SetPiece::Start } else { SetPiece::End });
            }
            '(' => return self.group(),
            '[' => self.class()?,
            '\\' => self.at += 2,
            '*' | '+' | '?' => return None,
            _ => self.at += 1,
        }
        self.atom(self.source.get(start..self.at)?).map(SetPiece::Unit)
    }

    fn group(&mut self) -> Option<SetPiece> {
        let kind = ["(?:", "(?=", "(?!", "("].into_iter().find(|kind| self.takes(kind))?;
        self.depth += 1;
        let alternatives = if self.depth < MAX_DEPTH { self.alternatives()? } else { return None };
        self.depth -= 1;
        if !self.takes(")") {
            return None;
        }
        if matches!(kind, "(?:" | "(") {
            return Some(SetPiece::Group(alternatives));
        }
        self.looks += 1;
        Some(SetPiece::Look { number: self.looks - 1, negative: kind == "(?!", alternatives })
    }

    /// Up to the first bracket that is not escaped.
    fn class(&mut self) -> Option<()> {
        self.at += 1;
        while self.peek()? != ']' {
            self.at += if self.peek() == Some('\\') { 2 } else { 1 };
        }
        self.at += 1;
        Some(())
    }

    /// What one unit must be is left to the engine that knows how JavaScript folds case.
    fn atom(&mut self, source: &'s [u16]) -> Option<usize> {
        if let Some(&known) = self.known.get(source) {
            return Some(known);
        }
        let anchored = [unit('^')].into_iter().chain(source.iter().copied()).chain([unit('$')]);
        let flags = regress::Flags { icase: self.icase, ..Default::default() };
        self.atoms.push(regress::Regex::from_unicode(anchored.map(u32::from), flags).ok()?);
        self.known.insert(source, self.atoms.len() - 1);
        Some(self.atoms.len() - 1)
    }

    /// Being lazy or not changes nothing.
    fn repeated(&mut self, piece: SetPiece) -> SetPiece {
        let kinds = [("*", 0, None), ("+", 1, None), ("?", 0, Some(1)), ("{1,2}", 1, Some(2))];
        match kinds.into_iter().find(|(kind, ..)| self.takes(kind)) {
            Some((_, least, most)) => {
                self.takes("?");
                SetPiece::Repeat { piece: Box::new(piece), least, most }
            }
            None => piece,
        }
    }
}

struct SetRun<'r> {
    atoms: &'r [regress::Regex],
    text: &'r [u16],
    /// What each look said at each place.
    looked: Vec<Vec<Option<bool>>>,
    /// What each atom said of each unit.
    known: HashMap<(usize, u16), bool>,
}

/// By place, before each unit and behind the last one.
type UnitPlaces = Vec<bool>;

impl SetRun<'_> {
    fn any_of(&mut self, alternatives: &[Vec<SetPiece>], from: &UnitPlaces) -> UnitPlaces {
        let mut reached = vec![false; from.len()];
        for pieces in alternatives {
            let mut places = from.clone();
            for piece in pieces {
                if !places.contains(&true) {
                    break;
                }
                places = self.behind(piece, &places);
            }
            add(&mut reached, &places);
        }
        reached
    }

    /// Where a piece leads from any of these places.
    fn behind(&mut self, piece: &SetPiece, from: &UnitPlaces) -> UnitPlaces {
        let last = self.text.len();
        match piece {
            SetPiece::Start => only(from, |at| at == 0),
            SetPiece::End => only(from, |at| at == last),
            SetPiece::Unit(atom) => {
                let mut reached = vec![false; from.len()];
                for at in (0..last).filter(|&at| from[at]) {
                    reached[at + 1] = self.is(*atom, self.text[at]);
                }
                reached
            }
            SetPiece::Group(alternatives) => self.any_of(alternatives, from),
            SetPiece::Look { number, negative, alternatives } => {
                let mut reached = from.clone();
                for at in (0..=last).filter(|&at| from[at]) {
                    reached[at] = self.look(*number, alternatives, at) != *negative;
                }
                reached
            }
            SetPiece::Repeat { piece, least, most } => self.repeat(piece, *least, *most, from),
        }
    }

    fn repeat(
        &mut self,
        piece: &SetPiece,
        least: usize,
        most: Option<usize>,
        from: &UnitPlaces,
    ) -> UnitPlaces {
        let mut places = from.clone();
        for _ in 0..least {
            places = self.behind(piece, &places);
        }
        let mut reached = places.clone();
        let mut round = least;
        while places.contains(&true) && most.is_none_or(|most| round < most) {
            places = self.behind(piece, &places);
            // Only from where nobody has been yet.
            for (place, known) in places.iter_mut().zip(&reached) {
                *place &= !known;
            }
            add(&mut reached, &places);
            round += 1;
        }
        reached
    }

    fn look(&mut self, number: usize, alternatives: &[Vec<SetPiece>], at: usize) -> bool {
        if let Some(known) = self.looked[number][at] {
            return known;
        }
        let here = (0..=self.text.len()).map(|place| place == at).collect();
        let found = self.any_of(alternatives, &here).contains(&true);
        self.looked[number][at] = Some(found);
        found
    }

    fn is(&mut self, atom: usize, unit: u16) -> bool {
        let regex = &self.atoms[atom];
        *self.known.entry((atom, unit)).or_insert_with(|| regex.find_from_ucs2(&[unit], 0).next().is_some())
    }
}

fn add(places: &mut UnitPlaces, more: &UnitPlaces) {
    for (place, more) in places.iter_mut().zip(more) {
        *place |= more;
    }
}

fn only(places: &UnitPlaces, keep: impl Fn(usize) -> bool) -> UnitPlaces {
    places.iter().enumerate().map(|(at, &place)| place && keep(at)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::npm::minimatch::pattern::{Parsed, parse};

    fn piece() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "a", "b", "A", ".", "*", "?", "[ab]", "[!a]", "[^b-z]", "+(", "*(", "?(", "@(", "!(", "|", ")",
            ")", "é", "\\*", "[", "ſ", "😀", "{", "-", "**", "]",
        ]);
        prop::collection::vec(token, 0..9).prop_map(|tokens| tokens.concat())
    }

    fn text() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec!["a", "b", "A", ".", "é", "É", "😀", "*", "-", "(", "\n", "ſ"]);
        prop::collection::vec(token, 0..6).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn it_says_what_the_other_engine_says(pattern in piece(), text in text(), icase in any::<bool>(), dot in any::<bool>()) {
            let units: Vec<u16> = pattern.encode_utf16().collect();
            let Parsed::Source(source) = parse(&units, icase, dot) else { return Ok(()) };
            let flags = regress::Flags { icase, ..Default::default() };
            let Ok(regex) = regress::Regex::from_unicode(source.iter().copied().map(u32::from), flags) else { return Ok(()) };
            let sets = match Sets::new(&source, icase) {
                // Only there the original writes what it does not mean.
                Err(Unfit::Unknown) if pattern.contains("!(") => return Ok(()),
                sets => sets,
            };
            prop_assert!(sets.is_ok(), "{}", String::from_utf16_lossy(&source));
            let text: Vec<u16> = text.encode_utf16().collect();
            let expected = regex.find_from_ucs2(&text, 0).next().is_some();
            prop_assert_eq!(sets.map(|sets| sets.matches(&text)), Ok(expected), "{}", String::from_utf16_lossy(&source));
        }
    }
}
