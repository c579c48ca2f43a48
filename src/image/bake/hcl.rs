//! The names in a bake file that is written in HCL.

use super::BakeOutline;
use crate::image::place::Place;

/// The targets and groups of an HCL file: `target "web" { inherits = ["base"] }`.
pub(crate) fn outline(text: &str, file: &str, outline: &mut BakeOutline) {
    let mut tokens = Tokens { rest: text, line: 1 }.peekable();
    let mut depth = 0_usize;
    // The block that is open at the top, with its name.
    let mut block: Option<(&str, &str)> = None;
    while let Some((token, line)) = tokens.next() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    block = None;
                }
            }
            Token::Word(kind @ ("target" | "group")) if depth == 0 => {
                if let Some((Token::Text(name), _)) = tokens.peek() {
                    block = Some((kind, name));
                    if kind == "target" {
                        let place = Place { file: file.to_owned(), line, column: 1 };
                        outline.targets.entry((*name).to_owned()).or_insert(place);
                    }
                }
            }
            Token::Word(key @ ("inherits" | "targets")) if depth == 1 => {
                let mut names = Vec::new();
                for (token, _) in tokens.by_ref() {
                    match token {
                        Token::Text(name) => names.push(name.to_owned()),
                        Token::Mark(']' | '}') => break,
                        _ => {}
                    }
                }
                match (block, key) {
                    (Some(("target", _)), "inherits") => outline.inherited.extend(names),
                    (Some(("group", name)), "targets") => {
                        outline.groups.insert(name.to_owned(), names);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Word(&'a str),
    /// What stands between quotes.
    Text(&'a str),
    Mark(char),
}

struct Tokens<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Tokens<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (Token<'a>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.line;
            let c = self.rest.chars().next()?;
            if c == '#' || self.rest.starts_with("//") {
                self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.take(self.rest.find("*/").map_or(self.rest.len(), |end| end + 2));
            } else if c == '"' {
                self.take(1);
                let mut escaped = false;
                let end = self.rest.find(|c| {
                    let is_end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                });
                let text = self.take(end.unwrap_or(self.rest.len()));
                self.take(1);
                return Some((Token::Text(text), line));
            } else if c.is_alphabetic() || c == '_' {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
                return Some((Token::Word(self.take(end.unwrap_or(self.rest.len()))), line));
            } else {
                self.take(c.len_utf8());
                if !c.is_whitespace() {
                    return Some((Token::Mark(c), line));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_targets_and_groups() {
        let mut found = BakeOutline::default();
        let text = "# target \"no\" {}\ngroup \"default\" {\n  targets = [\"web\", \"api\"]\n}\n/* x */ target \"base\" {}\ntarget \"web\" {\n  inherits = [\"base\"]\n  args = { targets = \"}\" }\n}\ntarget \"api\" { context = \"a\\\"b\" }\n";
        outline(text, "docker-bake.hcl", &mut found);
        let targets: Vec<String> =
            found.targets.iter().map(|(name, place)| format!("{name} {}", place.line)).collect();
        assert_eq!(targets, ["api 10", "base 5", "web 6"]);
        assert_eq!(found.built(), ["api", "web"]);
        assert_eq!(found.groups["default"], ["web", "api"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(target|group|inherits|[a\"\\\\{}\\[\\]=#/*é\n ]){0,30}") {
            outline(&text, "f", &mut BakeOutline::default());
        }
    }
}
