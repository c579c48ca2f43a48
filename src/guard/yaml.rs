//! The strings of a YAML text: with their keys where it is YAML, else line by line.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScanError};

use super::json::unescaped;

/// A string of a text.
pub(super) struct YamlString<'s> {
    /// As in [`crate::guard::json::JsonString`].
    pub(super) keys: &'s [Option<String>],
    /// The string.
    pub(super) text: &'s str,
    /// Whether it is a key itself.
    pub(super) is_key: bool,
    /// From 1.
    pub(super) line: usize,
}

/// Shows every string with its keys; one behind an alias where the alias stands too.
///
/// # Errors
/// Where the text is not YAML; what stands before has been shown.
pub(super) fn strings(text: &str, visit: &mut dyn FnMut(&YamlString<'_>)) -> Result<(), ScanError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = YamlStringReader { open: Vec::new(), keys: Vec::new(), anchored: HashMap::new(), visit };
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        reader.take(event, span.start.line());
    }
    Ok(())
}

/// An open collection.
struct OpenCollection {
    /// In a mapping the key whose value comes next, once it is there.
    key: Option<Option<String>>,
    is_mapping: bool,
    anchor: usize,
}

/// What stands inside of something that has an anchor, with the keys from there on.
enum AnchoredPiece {
    Text { keys: Vec<Option<String>>, text: String, is_key: bool, line: usize },
    Alias { keys: Vec<Option<String>>, of: usize },
}

struct YamlStringReader<'v> {
    open: Vec<OpenCollection>,
    /// Each open collection's own key.
    keys: Vec<Option<String>>,
    anchored: HashMap<usize, Vec<AnchoredPiece>>,
    visit: &'v mut dyn FnMut(&YamlString<'_>),
}

impl YamlStringReader<'_> {
    fn take(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Scalar(text, _, anchor, _) => self.scalar(&text, anchor, line),
            Event::MappingStart(anchor, _) => self.start(true, anchor),
            Event::SequenceStart(anchor, _) => self.start(false, anchor),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.keys.pop();
            }
            Event::Alias(of) => self.alias(of),
            _ => {}
        }
    }

    fn start(&mut self, is_mapping: bool, anchor: usize) {
        let key = match self.expected() {
            ExpectedYaml::Key => {
                // A collection as a key has no name.
                self.set_key(None);
                None
            }
            ExpectedYaml::Value(key) => key,
        };
        self.keys.push(key);
        self.open.push(OpenCollection { key: None, is_mapping, anchor });
    }

    fn scalar(&mut self, text: &str, anchor: usize, line: usize) {
        match self.expected() {
            ExpectedYaml::Key => {
                self.keep(anchor, &[], text, true, line);
                (self.visit)(&YamlString { keys: &self.keys, text, is_key: true, line });
                self.set_key(Some(text.to_owned()));
            }
            ExpectedYaml::Value(key) => {
                self.keep(anchor, std::slice::from_ref(&key), text, false, line);
                self.keys.push(key);
                (self.visit)(&YamlString { keys: &self.keys, text, is_key: false, line });
                self.keys.pop();
            }
        }
    }

    fn alias(&mut self, of: usize) {
        let key = match self.expected() {
            ExpectedYaml::Key => {
                self.set_key(None);
                None
            }
            ExpectedYaml::Value(key) => key,
        };
        // What is merged stands among its neighbours.
        let own = key.as_deref().filter(|key| *key != "<<").map(|key| Some(key.to_owned()));
        for depth in 0..self.open.len() {
            if self.open[depth].anchor > 0 {
                let keys = self.keys[depth + 1..].iter().cloned().chain(own.clone()).collect();
                self.anchored
                    .entry(self.open[depth].anchor)
                    .or_default()
                    .push(AnchoredPiece::Alias { keys, of });
            }
        }
        let mut keys = self.keys.clone();
        keys.extend(own);
        self.replay(&keys, of);
    }

    /// Shows what an anchor holds under other keys.
    fn replay(&mut self, base: &[Option<String>], of: usize) {
        let mut seen = HashSet::new();
        let mut waiting = vec![(base.to_vec(), of)];
        while let Some((base, of)) = waiting.pop() {
            // What stands deeper makes no difference to where a specifier counts, and may stand there very often.
            if !seen.insert((base.iter().take(PLACE).cloned().collect::<Vec<_>>(), of)) {
                continue;
            }
            for piece in self.anchored.get(&of).into_iter().flatten() {
                match piece {
                    AnchoredPiece::Text { keys, text, is_key, line } => {
                        let keys = [base.as_slice(), keys].concat();
                        (self.visit)(&YamlString { keys: &keys, text, is_key: *is_key, line: *line });
                    }
                    AnchoredPiece::Alias { keys, of } => {
                        waiting.push(([base.as_slice(), keys].concat(), *of))
                    }
                }
            }
        }
    }

    /// Keeps a string for the aliases of its own anchor and of all that are open.
    fn keep(&mut self, anchor: usize, own: &[Option<String>], text: &str, is_key: bool, line: usize) {
        let piece = |keys| AnchoredPiece::Text { keys, text: text.to_owned(), is_key, line };
        if anchor > 0 {
            self.anchored.entry(anchor).or_default().push(piece(Vec::new()));
        }
        for depth in 0..self.open.len() {
            if self.open[depth].anchor > 0 {
                let keys = self.keys[depth + 1..].iter().chain(own).cloned().collect();
                self.anchored.entry(self.open[depth].anchor).or_default().push(piece(keys));
            }
        }
    }

    fn expected(&mut self) -> ExpectedYaml {
        match self.open.last_mut() {
            Some(open) if open.is_mapping => open.key.take().map_or(ExpectedYaml::Key, ExpectedYaml::Value),
            _ => ExpectedYaml::Value(None),
        }
    }

    fn set_key(&mut self, key: Option<String>) {
        if let Some(open) = self.open.last_mut() {
            open.key = Some(key);
        }
    }
}

enum ExpectedYaml {
    Key,
    Value(Option<String>),
}

/// How many keys, from the outermost value on, say whether a specifier stands under them.
const PLACE: usize = 4;

/// Shows the strings of each line by itself, and the key on that line before each: for lockfiles, yarn 1's among
/// them, and for what is no YAML any more. Comments are left out.
pub(super) fn lines(text: &str, visit: &mut dyn FnMut(&YamlString<'_>)) {
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let mut key = None;
        let mut rest = line.trim();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "{}[],".contains(c));
            while let Some(after) = ["- ", "? ", ": "].iter().find_map(|mark| rest.strip_prefix(mark)) {
                rest = after.trim_start();
            }
            if rest.is_empty() || rest.starts_with('#') {
                break;
            }
            let (text, after) = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => quoted(&rest[1..], quote),
                _ => plain(rest),
            };
            let is_key = after.starts_with(':');
            let keys = [key.take()];
            // yarn 4 writes several descriptors in one key.
            for text in text.split(", ") {
                visit(&YamlString { keys: &keys, text, is_key, line: index + 1 });
            }
            // yarn 1 writes `resolved "…"`.
            key = Some(text);
            rest = after.strip_prefix(':').unwrap_or(after);
        }
    }
}

/// A quoted string's content, and what follows it.
fn quoted(text: &str, quote: char) -> (String, &str) {
    let mut skip = false;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let doubled = quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'');
        match letter {
            _ if skip => skip = false,
            '\\' if quote == '"' => skip = true,
            letter if letter == quote && doubled => skip = true,
            letter if letter == quote => return (content(&text[..at], quote), &text[at + 1..]),
            _ => {}
        }
    }
    (content(text, quote), "")
}

fn content(raw: &str, quote: char) -> String {
    if quote == '"' { unescaped(raw) } else { raw.replace("''", "'") }
}

/// A string without quotes, and what follows it.
fn plain(text: &str) -> (String, &str) {
    let ends_at = |at: usize| {
        let (before, rest) = text.split_at(at);
        let next = rest[1..].chars().next();
        match rest.as_bytes()[0] {
            b':' => next.is_none_or(char::is_whitespace),
            b',' => next.is_some_and(char::is_whitespace),
            b'{' | b'}' | b'[' | b']' => true,
            b'#' | b'"' => before.ends_with([' ', '\t']),
            _ => false,
        }
    };
    let end = text
        .char_indices()
        .find(|(at, letter)| letter.is_ascii() && *at > 0 && ends_at(*at))
        .map_or(text.len(), |(at, _)| at);
    (text[..end].trim().to_owned(), &text[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(item: &YamlString<'_>) -> String {
        let keys: Vec<&str> = item.keys.iter().map(|key| key.as_deref().unwrap_or("-")).collect();
        format!("{} {}{}={}", item.line, keys.join("."), if item.is_key { "!" } else { "" }, item.text)
    }

    fn shown(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        strings(text, &mut |item| found.push(show(item))).unwrap();
        found
    }

    fn by_line(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        lines(text, &mut |item| found.push(show(item)));
        found
    }

    #[test]
    fn values_stand_under_their_keys() {
        assert_eq!(
            shown("a:\n  b: x # y\n  'c': [\"\\u007a\", {d: e}]\n"),
            ["1 -!=a", "2 -.a!=b", "2 -.a.b=x", "3 -.a!=c", "3 -.a.c.-=z", "3 -.a.c.-!=d", "3 -.a.c.-.d=e"]
        );
    }

    #[test]
    fn an_alias_shows_what_its_anchor_holds() {
        let found = shown("x: &x\n  o: {a: b}\ny: &y {<<: *x}\n<<: *y\nz: *x\nq: &q v\nr: *q\n");
        for expected in ["2 -.o.a=b", "2 -.z.o.a=b", "2 -.y.o.a=b", "6 -.r=v"] {
            assert!(found.contains(&expected.to_owned()), "{expected} in {found:?}");
        }
        assert!(strings("a: &a [*a, *a]\nb: [*a", &mut |_| ()).is_err());
    }

    #[test]
    fn lines_are_read_alone() {
        assert_eq!(
            by_line("'a@file:../x':\n  resolution: {tarball: file:../x, integrity: y}\n"),
            [
                "1 -!=a@file:../x",
                "2 -!=resolution",
                "2 resolution!=tarball",
                "2 tarball=file:../x",
                "2 file:../x!=integrity",
                "2 integrity=y"
            ]
        );
        assert_eq!(
            by_line("# a\nb@1, c@file:..\\x:\n  resolved \"d#e\"  # f\n  - ? g\n"),
            ["2 -=b@1", "2 b@1!=c@file:..\\x", "3 -=resolved", "3 resolved=d#e", "4 -=g"]
        );
        assert_eq!(by_line("\"a@1, b@file:x\":\n"), ["1 -!=a@1", "1 -!=b@file:x"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@`ab\\\\ \n\té]{0,40}", any in ".{0,40}") {
            for text in [text, any] {
                let _ = strings(&text, &mut |_| ());
                lines(&text, &mut |_| ());
            }
        }
    }
}
