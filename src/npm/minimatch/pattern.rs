//! From a part of a pattern to the source of a JavaScript regular expression: minimatch's `parse`.

use super::source::{as_ascii, escape_bars, is_class, is_special, slice, unescape, unit, units};

/// What a part comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// No magic: to be compared.
    Text(String),
    /// The source of a regular expression, anchored.
    Source(Vec<u16>),
    /// One that is longer than an engine takes.
    TooLong,
}

const STAR: &str = "[^/]*?";
const QMARK: &str = "[^/]";
const NO_DOT: &str = "(?!\\.)";
const NO_DOTS: &str = "(?!(?:^|\\/)\\.{1,2}(?:$|\\/))";

/// The end of an open `!(…)`, without its first character: `nl.reEnd - 8` in the original.
const NEGATIVE_CLOSE: usize = 8;

/// How deep an unclosed `[` may nest; the original has the depth of its stack.
const MAX_DEPTH: usize = 200;

/// Each that nothing closes is parsed anew, with all that follows.
const MAX_LISTS: usize = 1000;

/// `!(…)` in `!(…)` double the source each time, and lists that nothing closes copy it.
const MAX_SOURCE: usize = 1 << 18;

/// Parses one part, which holds no slash and is not `**`.
pub(super) fn parse(pattern: &[u16], nocase: bool, dot: bool) -> Parsed {
    if pattern.iter().filter(|&&u| u == unit('(')).count() > MAX_LISTS {
        return Parsed::TooLong;
    }
    match PatternParser::new(pattern, dot, 0).run(false) {
        Some((source, _)) if source.len() > MAX_SOURCE => Parsed::TooLong,
        Some((mut source, mut magic)) => {
            let text = String::from_utf16_lossy(pattern);
            if nocase && !magic {
                magic = text.to_uppercase() != text.to_lowercase();
            }
            if !magic {
                return Parsed::Text(unescape(&text));
            }
            source.insert(0, unit('^'));
            source.push(unit('$'));
            Parsed::Source(source)
        }
        None => Parsed::Text(String::new()),
    }
}

/// An open `?(`, `*(`, `+(`, `@(` or `!(`.
struct List {
    kind: char,
    start: usize,
    re_start: usize,
    re_end: usize,
}

impl List {
    fn open(kind: char) -> &'static str {
        if kind == '!' { "(?:(?!(?:" } else { "(?:" }
    }

    fn close(kind: char) -> &'static str {
        match kind {
            '!' => "))[^/]*?)",
            '?' => ")?",
            '+' => ")+",
            '*' => ")*",
            _ => ")",
        }
    }
}

struct PatternParser<'a> {
    pattern: &'a [u16],
    dot: bool,
    depth: usize,
    re: Vec<u16>,
    magic: bool,
    state: Option<char>,
    lists: Vec<List>,
    negatives: Vec<List>,
    in_class: bool,
    class_start: Option<usize>,
    re_class_start: usize,
    dot_travels: bool,
    dot_file: bool,
}

impl<'a> PatternParser<'a> {
    fn new(pattern: &'a [u16], dot: bool, depth: usize) -> Self {
        let dot_travels = pattern.first() == Some(&unit('.'));
        Self {
            pattern,
            dot,
            depth,
            re: Vec::new(),
            magic: false,
            state: None,
            lists: Vec::new(),
            negatives: Vec::new(),
            in_class: false,
            class_start: None,
            re_class_start: 0,
            dot_travels,
            dot_file: dot || dot_travels,
        }
    }

    fn push(&mut self, text: &str) {
        self.re.extend(units(text));
    }

    fn clear_state(&mut self) {
        match self.state.take() {
            Some('*') => {
                self.push(STAR);
                self.magic = true;
            }
            Some('?') => {
                self.push(QMARK);
                self.magic = true;
            }
            Some(c) => {
                self.push("\\");
                self.re.push(unit(c));
            }
            None => {}
        }
    }

    /// The source and whether there is magic in it; nothing for an empty pattern.
    fn run(mut self, sub: bool) -> Option<(Vec<u16>, bool)> {
        if self.pattern.is_empty() {
            return None;
        }
        let mut escaping = false;
        for (i, &u) in self.pattern.iter().enumerate() {
            let c = as_ascii(u);
            if escaping {
                if is_special(c) {
                    self.push("\\");
                }
                self.re.push(u);
                escaping = false;
            } else if c == '\\' {
                if self.in_class && self.pattern.get(i + 1) == Some(&unit('-')) {
                    self.re.push(u);
                } else {
                    self.clear_state();
                    escaping = true;
                }
            } else {
                self.step(i, u, c);
            }
        }
        if self.in_class {
            self.unclosed_class();
        }
        self.unclosed_lists();
        self.clear_state();
        if escaping {
            self.push("\\\\");
        }
        let add_start = self.re.first().is_some_and(|&u| matches!(as_ascii(u), '[' | '.' | '('));
        self.negative_lists(sub);
        if self.magic && !self.re.is_empty() {
            self.prepend("(?=.)");
        }
        if add_start && !self.dot_travels {
            self.prepend(if self.dot_file { NO_DOTS } else { NO_DOT });
        }
        Some((self.re, self.magic))
    }

    fn prepend(&mut self, text: &str) {
        self.re.splice(0..0, units(text));
    }

    fn step(&mut self, i: usize, u: u16, c: char) {
        match c {
            '?' | '*' | '+' | '@' | '!' if self.in_class => {
                let first = self.class_start.is_some_and(|start| i == start + 1);
                self.re.push(if c == '!' && first { unit('^') } else { u });
            }
            '?' | '*' | '+' | '@' | '!' => {
                self.clear_state();
                self.state = Some(c);
            }
            '(' if self.in_class => self.push("("),
            '(' => self.open_list(i),
            ')' => self.close_list(),
            '|' if self.in_class || self.lists.is_empty() => self.push("\\|"),
            '|' => {
                self.clear_state();
                self.push("|");
                let head = self.lists.last().is_some_and(|list| list.start == 0 && list.kind != '!');
                if head {
                    self.dot_travels = true;
                    self.sub_pattern_start(i + 1);
                }
            }
            '[' => {
                self.clear_state();
                if self.in_class {
                    self.push("\\[");
                } else {
                    self.in_class = true;
                    self.class_start = Some(i);
                    self.re_class_start = self.re.len();
                    self.push("[");
                }
            }
            ']' => self.close_class(i),
            _ => {
                self.clear_state();
                if is_special(c) && !(c == '^' && self.in_class) {
                    self.push("\\");
                }
                self.re.push(u);
            }
        }
    }

    fn sub_pattern_start(&mut self, from: usize) {
        if self.pattern.get(from) != Some(&unit('.')) {
            self.push(if self.dot { NO_DOTS } else { NO_DOT });
        }
    }

    fn open_list(&mut self, i: usize) {
        let Some(kind) = self.state else {
            self.push("\\(");
            return;
        };
        let list = List { kind, start: i - 1, re_start: self.re.len(), re_end: 0 };
        self.push(List::open(kind));
        if list.start == 0 && kind != '!' {
            self.dot_travels = true;
            self.sub_pattern_start(i + 1);
        }
        self.lists.push(list);
        self.state = None;
    }

    fn close_list(&mut self) {
        if self.in_class {
            self.push("\\)");
            return;
        }
        let Some(mut list) = self.lists.pop() else {
            self.push("\\)");
            return;
        };
        self.clear_state();
        self.magic = true;
        self.push(List::close(list.kind));
        if list.kind == '!' {
            list.re_end = self.re.len();
            self.negatives.push(list);
        }
    }

    fn close_class(&mut self, i: usize) {
        let start = match self.class_start {
            Some(start) if self.in_class && i != start + 1 => start,
            _ => {
                self.push("\\]");
                return;
            }
        };
        if is_class(&self.pattern[start + 1..i]) {
            self.push("]");
        } else {
            self.re.truncate(self.re_class_start);
            self.push("(?:$.)");
        }
        self.magic = true;
        self.in_class = false;
    }

    /// A `[` that nothing closes is a character, and what follows is parsed anew.
    fn unclosed_class(&mut self) {
        let rest = &self.pattern[self.class_start.map_or(0, |start| start + 1)..];
        self.re.truncate(self.re_class_start);
        self.push("\\[");
        let globstar = rest.iter().all(|&u| u == unit('*')) && rest.len() == 2;
        let parsed = if globstar || self.depth > MAX_DEPTH {
            None
        } else {
            PatternParser::new(rest, self.dot, self.depth + 1).run(true)
        };
        match parsed {
            Some((source, magic)) => {
                self.re.extend(source);
                self.magic |= magic;
            }
            // The original reads a field of what is no pair, and prints what it got.
            None => self.push("undefined"),
        }
    }

    /// Lists that nothing closes: their opening is a character, and each `|` in them too.
    fn unclosed_lists(&mut self) {
        while self.re.len() <= MAX_SOURCE
            && let Some(list) = self.lists.pop()
        {
            let from = (list.re_start + List::open(list.kind).len()).min(self.re.len());
            if self.re[from..].contains(&unit('|')) {
                let tail = escape_bars(&self.re[from..]);
                self.re.truncate(from);
                self.re.extend(tail);
            }
            self.magic = true;
            let opening = match list.kind {
                '*' => format!("{STAR}\\("),
                '?' => format!("{QMARK}\\("),
                kind => format!("\\{kind}\\("),
            };
            self.re.splice(list.re_start..from, units(&opening));
        }
    }

    /// What follows a `!(…)` is repeated inside of its lookahead.
    fn negative_lists(&mut self, sub: bool) {
        while self.re.len() <= MAX_SOURCE
            && let Some(list) = self.negatives.pop()
        {
            let last_start = list.re_end.saturating_sub(NEGATIVE_CLOSE);
            let before = slice(&self.re, 0, list.re_start).to_vec();
            let first = slice(&self.re, list.re_start, last_start).to_vec();
            let after = slice(&self.re, list.re_end, usize::MAX).to_vec();
            let close = slice(&self.re, last_start, list.re_end).to_vec();
            let count = |c: char| before.iter().filter(|&&u| u == unit(c)).count();
            let mut inner = after.clone();
            for _ in 0..count('(').saturating_sub(count(')')) {
                if let Some(at) = inner.iter().position(|&u| u == unit(')')) {
                    let quantified =
                        inner.get(at + 1).is_some_and(|&u| matches!(as_ascii(u), '+' | '*' | '?'));
                    inner.drain(at..=at + usize::from(quantified));
                }
            }
            let dollar = if inner.is_empty() && !sub { "(?:$|\\/)" } else { "" };
            let mut re = before;
            re.extend(first);
            re.extend(inner);
            re.extend(units(dollar));
            re.extend(close);
            re.extend(after);
            self.re = re;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(pattern: &str) -> String {
        let pattern: Vec<u16> = pattern.encode_utf16().collect();
        match parse(&pattern, true, true) {
            Parsed::Text(text) => format!("text {text}"),
            Parsed::Source(source) => String::from_utf16_lossy(&source),
            Parsed::TooLong => "too long".to_owned(),
        }
    }

    #[test]
    fn sources_are_minimatch_s_own() {
        assert_eq!(source("[ab]"), "^(?!(?:^|\\/)\\.{1,2}(?:$|\\/))(?=.)[ab]$");
        assert_eq!(source("a!(b|c)d"), "^(?=.)a(?:(?!(?:b|c)d)[^/]*?)d$");
        assert_eq!(source("a["), "^a\\[undefined$");
        assert_eq!(source("["), "text [");
        assert_eq!(source("1\\2"), "text 12");
    }
}
