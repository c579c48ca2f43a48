//! The regular expressions that patterns of a `.dockerignore` are, as Go reads them. The time that a match takes is bounded
//! by the length of the expression times that of the path.

use std::iter::Peekable;
use std::str::Chars;

/// `x{n}` takes no larger numbers.
const MAX_REPETITIONS: usize = 1000;

/// No expression that a person writes has so many states.
const MAX_STATES: usize = 16 * 1024;

/// An expression, which looks for itself anywhere in a text.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    alternatives: Vec<Vec<State>>,
    /// What every text begins and ends with in which it is found: most paths need no other look.
    begins: String,
    ends: String,
}

/// What has to come next.
#[derive(Clone, Debug)]
enum State {
    /// One character.
    One(Matcher),
    /// As many characters as there are.
    Many(Matcher),
    /// So many of the next states may be left out.
    Maybe(usize),
    Begin,
    End,
    /// Whether one side of the place is part of a word and the other is not.
    Boundary(bool),
}

impl State {
    /// The one character that it stands for, if it does.
    fn only_char(&self) -> Option<char> {
        let Self::One(Matcher { negated: false, ranges }) = self else { return None };
        match ranges.as_slice() {
            [(low, high)] if low == high => Some(*low),
            _ => None,
        }
    }
}

/// Any of these characters.
#[derive(Clone, Debug)]
struct Matcher {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Matcher {
    fn char(c: char) -> Self {
        Self { negated: false, ranges: vec![(c, c)] }
    }

    fn matches(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated
    }
}

/// What a backslash and the character behind it mean.
enum Escape {
    Char(char),
    Class(Matcher),
    Place(State),
}

impl Expression {
    /// Reads an expression that a pattern became, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut alternatives = Vec::new();
        let mut states = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let matcher = match c {
                '|' => {
                    alternatives.push(std::mem::take(&mut states));
                    None
                }
                '^' => place(&mut states, State::Begin),
                '$' => place(&mut states, State::End),
                // There is but one group: `(.*/)?`.
                '(' => {
                    chars.by_ref().take(".*/)?".len()).for_each(drop);
                    let any = Matcher { negated: true, ranges: vec![('\n', '\n')] };
                    states.extend([State::Maybe(2), State::Many(any), State::One(Matcher::char('/'))]);
                    None
                }
                '[' => Some(class(&mut chars)?),
                '.' => Some(Matcher { negated: true, ranges: vec![('\n', '\n')] }),
                '\\' => match escape(&mut chars)? {
                    Escape::Char(c) => Some(Matcher::char(c)),
                    Escape::Class(class) => Some(class),
                    Escape::Place(state) => place(&mut states, state),
                },
                c => Some(Matcher::char(c)),
            };
            match matcher {
                Some(matcher) if chars.next_if_eq(&'*').is_some() => states.push(State::Many(matcher)),
                Some(matcher) => match repetition(&mut chars)? {
                    Some(times) => repeat(&matcher, times, &mut states),
                    None => {
                        states.push(State::One(matcher));
                        continue;
                    }
                },
                None => {}
            }
            if repetition(&mut chars)?.is_some() {
                return Err(unreadable("repeats what cannot be repeated"));
            }
            if states.len() > MAX_STATES {
                return Err(unreadable("is too large"));
            }
        }
        alternatives.push(states);
        let (begins, ends) = match alternatives.as_slice() {
            [states] => (beginning(states), ending(states)),
            _ => Default::default(),
        };
        Ok(Self { alternatives, begins, ends })
    }

    /// What every text begins with in which it is found.
    pub(super) fn begins(&self) -> &str {
        &self.begins
    }

    /// Whether it is found in a text.
    pub(super) fn matches(&self, text: &str) -> bool {
        if !text.starts_with(&self.begins) || !text.ends_with(&self.ends) {
            return false;
        }
        self.alternatives.iter().any(|states| is_found(states, text))
    }
}

fn place(states: &mut Vec<State>, state: State) -> Option<Matcher> {
    states.push(state);
    None
}

fn unreadable(why: &str) -> String {
    format!("is no pattern: the regular expression that it stands for {why}")
}

/// The characters that have to come first.
fn beginning(states: &[State]) -> String {
    match states {
        [State::Begin, states @ ..] => states.iter().map_while(State::only_char).collect(),
        _ => String::new(),
    }
}

/// The characters that have to come last.
fn ending(states: &[State]) -> String {
    let [states @ .., State::End] = states else { return String::new() };
    let optional = states.iter().enumerate().filter_map(|(at, state)| match state {
        State::Maybe(count) => Some(at + count + 1),
        _ => None,
    });
    let behind = optional.max().unwrap_or_default().min(states.len());
    let mut ending: Vec<char> = states[behind..].iter().rev().map_while(State::only_char).collect();
    ending.reverse();
    ending.into_iter().collect()
}

/// Follows all ways through the states at once.
fn is_found(states: &[State], text: &str) -> bool {
    let mut now = vec![false; states.len() + 1];
    let mut next = now.clone();
    let mut before = None;
    for c in text.chars().map(Some).chain([None]) {
        now[0] = true;
        // Ways lead on to later states only: one pass reaches all that take no character.
        for (at, state) in states.iter().enumerate() {
            if !now[at] {
                continue;
            }
            match state {
                State::One(matcher) => next[at + 1] |= c.is_some_and(|c| matcher.matches(c)),
                State::Many(matcher) => {
                    now[at + 1] = true;
                    next[at] |= c.is_some_and(|c| matcher.matches(c));
                }
                State::Maybe(count) => {
                    now[at + 1] = true;
                    now[(at + 1 + count).min(states.len())] = true;
                }
                State::Begin => now[at + 1] |= before.is_none(),
                State::End => now[at + 1] |= c.is_none(),
                State::Boundary(is_one) => {
                    now[at + 1] |= (before.is_some_and(is_word) != c.is_some_and(is_word)) == *is_one;
                }
            }
        }
        if now[states.len()] {
            return true;
        }
        std::mem::swap(&mut now, &mut next);
        next.fill(false);
        before = c;
    }
    false
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `{2}`, `{2,}` or `{2,3}`; other braces stand for themselves.
fn repetition(chars: &mut Peekable<Chars<'_>>) -> Result<Option<(usize, Option<usize>)>, String> {
    let mut ahead = chars.clone();
    if ahead.next_if_eq(&'{').is_none() {
        return Ok(None);
    }
    let mut number = || {
        let mut number: Option<usize> = None;
        while let Some(digit) = ahead.peek().and_then(|c| c.to_digit(10)) {
            ahead.next();
            let value = number.unwrap_or_default().saturating_mul(10).saturating_add(digit as usize);
            number = Some(value);
        }
        let behind = ahead.next();
        (number, behind)
    };
    let times = match number() {
        (Some(least), Some('}')) => (least, Some(least)),
        (Some(least), Some(',')) => match number() {
            (most, Some('}')) => (least, most),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    if times.0 > MAX_REPETITIONS || times.1.is_some_and(|most| most > MAX_REPETITIONS || most < times.0) {
        return Err(unreadable("repeats something too often"));
    }
    *chars = ahead;
    Ok(Some(times))
}

fn repeat(matcher: &Matcher, (least, most): (usize, Option<usize>), states: &mut Vec<State>) {
    states.extend((0..least).map(|_| State::One(matcher.clone())));
    match most {
        None => states.push(State::Many(matcher.clone())),
        Some(most) => {
            for _ in least..most {
                states.extend([State::Maybe(1), State::One(matcher.clone())]);
            }
        }
    }
}

/// What stands behind a backslash.
fn escape(chars: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    let Some(c) = chars.next() else { return Err(unreadable("ends with a backslash")) };
    Ok(match c {
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Escape::Char(c),
        'a' => Escape::Char('\u{7}'),
        'f' => Escape::Char('\u{c}'),
        'n' => Escape::Char('\n'),
        'r' => Escape::Char('\r'),
        't' => Escape::Char('\t'),
        'v' => Escape::Char('\u{b}'),
        'A' => Escape::Place(State::Begin),
        'z' => Escape::Place(State::End),
        'b' | 'B' => Escape::Place(State::Boundary(c == 'b')),
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
            let ranges = named(match c.to_ascii_lowercase() {
                'd' => "digit",
                's' => "perl space",
                _ => "word",
            });
            Escape::Class(Matcher { negated: c.is_ascii_uppercase(), ranges: ranges.unwrap_or_default() })
        }
        c => return Err(unreadable(&format!("has no meaning for `\\{c}`"))),
    })
}

/// What stands between brackets; the first one is taken.
fn class(chars: &mut Peekable<Chars<'_>>) -> Result<Matcher, String> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    let mut is_first = true;
    while is_first || chars.next_if_eq(&']').is_none() {
        is_first = false;
        if let Some(named) = named_class(chars)? {
            ranges.extend(named);
            continue;
        }
        let low = match class_char(chars)? {
            Escape::Class(class) => {
                ranges.extend(if class.negated { others(class.ranges) } else { class.ranges });
                continue;
            }
            Escape::Char(low) => low,
            Escape::Place(_) => return Err(unreadable("has a place between brackets")),
        };
        let mut ahead = chars.clone();
        let is_range = ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']');
        let high = if is_range {
            *chars = ahead;
            match class_char(chars)? {
                Escape::Char(high) => high,
                _ => return Err(unreadable("has a range that ends with no character")),
            }
        } else {
            low
        };
        if high < low {
            return Err(unreadable(&format!("has the range {low}-{high}, which is empty")));
        }
        ranges.push((low, high));
    }
    Ok(Matcher { negated, ranges })
}

fn class_char(chars: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    match chars.next() {
        Some('\\') => escape(chars),
        Some(c) => Ok(Escape::Char(c)),
        None => Err(unreadable("opens a bracket that nothing closes")),
    }
}

/// `[:alpha:]` between brackets.
fn named_class(chars: &mut Peekable<Chars<'_>>) -> Result<Option<Vec<(char, char)>>, String> {
    let mut ahead = chars.clone();
    if ahead.next() != Some('[') || ahead.next() != Some(':') {
        return Ok(None);
    }
    let rest: String = ahead.clone().collect();
    let Some((name, _)) = rest.split_once(":]") else { return Ok(None) };
    let (negated, bare) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let ranges = named(bare).ok_or_else(|| unreadable(&format!("knows no class `{name}`")))?;
    ahead.nth(name.chars().count() + 1);
    *chars = ahead;
    Ok(Some(if negated { others(ranges) } else { ranges }))
}

fn named(name: &str) -> Option<Vec<(char, char)>> {
    let ranges: &[(char, char)] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "perl space" => &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some(ranges.to_vec())
}

/// All characters but those of ranges of ASCII, which are in order.
fn others(ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    let mut found = Vec::new();
    let mut next = '\0';
    for (low, high) in ranges {
        if let Some(before) = (low as u8).checked_sub(1).map(char::from).filter(|before| *before >= next) {
            found.push((next, before));
        }
        next = char::from((high as u8).saturating_add(1));
    }
    found.push((next, char::MAX));
    found
}
