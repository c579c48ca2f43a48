//! Lines for stdout and stderr. Names, versions, paths and messages come from files that anybody may have written: one
//! that holds a line end, an escape sequence or a command to a runner of CI is shown as what it is. The printer takes
//! text in no other form.

use std::ops::Range;

use crate::text::steers;

/// Text of whole lines, none of which a name in it can end, begin or reorder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    text: String,
    /// The parts of lines that have a colour where colours are shown, in order.
    colours: Vec<(Range<usize>, Colour)>,
}

/// What parts of a diff are drawn in, as git draws them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    Bold,
    Cyan,
    Red,
    Green,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Cyan => "36",
            Self::Red => "31",
            Self::Green => "32",
        }
    }
}

impl Lines {
    /// One line.
    pub(super) fn of(text: &str) -> Self {
        [text].into_iter().collect()
    }

    /// Adds a line.
    pub(super) fn add(&mut self, line: impl AsRef<str>) {
        push(line.as_ref(), &mut self.text);
        self.text.push('\n');
    }

    /// Adds the diff of a file: its lines are its own, with their tabs and the `\r` before a line end.
    pub(super) fn add_diff(&mut self, diff: &str) {
        let mut is_header = true;
        for line in diff.split_terminator('\n') {
            let bare = line.strip_suffix('\r');
            let begin = self.text.len();
            push(bare.unwrap_or(line), &mut self.text);
            is_header = is_header && !line.starts_with("@@");
            let (colour, end) = match line.bytes().next() {
                _ if is_header => (Some(Colour::Bold), None),
                // What stands behind the second `@@` is text.
                Some(b'@') => {
                    (Some(Colour::Cyan), self.text[begin + 2..].find("@@").map(|end| begin + 4 + end))
                }
                Some(b'-') => (Some(Colour::Red), None),
                Some(b'+') => (Some(Colour::Green), None),
                _ => (None, None),
            };
            let end = end.unwrap_or(self.text.len());
            self.colours.extend(colour.map(|colour| (begin..end, colour)));
            self.text.push_str(if bare.is_some() { "\r\n" } else { "\n" });
        }
    }

    /// Adds lines.
    pub(super) fn append(&mut self, other: &Self) {
        let moved = |(part, colour): &(Range<usize>, Colour)| {
            (part.start + self.text.len()..part.end + self.text.len(), *colour)
        };
        self.colours.extend(other.colours.iter().map(moved));
        self.text.push_str(&other.text);
    }

    /// Adds a command to GitHub's runner, escaped as its toolkit does:
    /// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
    pub(super) fn annotate(&mut self, level: &'static str, properties: &[(&'static str, &str)], text: &str) {
        let properties: Vec<String> = properties
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value).replace(':', "%3A").replace(',', "%2C")))
            .collect();
        self.text.push_str(&format!("::{level} {}::{}\n", properties.join(","), escaped(text)));
    }

    /// The text, with a line end behind each line.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The same with its colours: the only codes in it are these.
    pub(super) fn coloured(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + self.colours.len() * 9);
        let mut at = 0;
        for (part, colour) in &self.colours {
            let code = colour.code();
            out.push_str(&self.text[at..part.start]);
            out.push_str(&format!("\u{1b}[{code}m{}\u{1b}[m", &self.text[part.clone()]));
            at = part.end;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

impl<T: AsRef<str>> FromIterator<T> for Lines {
    fn from_iter<I: IntoIterator<Item = T>>(lines: I) -> Self {
        let mut all = Self::default();
        lines.into_iter().for_each(|line| all.add(line));
        all
    }
}

fn push(line: &str, out: &mut String) {
    let mut at_begin = true;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        // GitHub takes what stands behind spaces for a command too, and `##[` wherever it stands.
        if at_begin && rest.starts_with("::") {
            out.push('\\');
        }
        if rest.starts_with("##[") {
            out.push_str("#\\#[");
            rest = &rest[3..];
            at_begin = false;
            continue;
        }
        at_begin = at_begin && c.is_whitespace();
        if steers(c) && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// What a runner reads back as it was, line ends included; nothing else in it may steer a terminal.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            c if steers(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> String {
        Lines::of(text).as_str().strip_suffix('\n').unwrap().to_owned()
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(line("a\u{1b}[31mb\n\u{9b}"), "a\\u{1b}[31mb\\n\\u{9b}");
        assert_eq!(line("a\u{202e}b\r\nc\rd\te"), "a\\u{202e}b\\r\\nc\\rd\te");
    }

    #[test]
    fn a_name_cannot_command_a_runner() {
        assert_eq!(line("a::b"), "a::b");
        assert_eq!(line(" \u{a0}::error::c"), " \u{a0}\\::error::c");
        assert_eq!(line("x ##[group]y###[z"), "x #\\#[group]y##\\#[z");
    }

    #[test]
    fn a_diff_keeps_its_lines() {
        let mut lines = Lines::default();
        lines.add_diff("--- a/x\n+\ta\r\n ::b\n+c\rd\u{2028}\n");
        assert_eq!(lines.as_str(), "--- a/x\n+\ta\r\n \\::b\n+c\\rd\\u{2028}\n");
    }

    #[test]
    fn a_diff_has_gits_colours() {
        let mut lines = Lines::of("would rewrite x");
        lines.add_diff("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f @@\n same\n--- gone\r\n+new\n\\ No newline\n");
        let mut all = Lines::of("first");
        all.append(&lines);
        all.add("last");
        assert_eq!(
            all.coloured().replace("\u{1b}", "E"),
            "first\nwould rewrite x\nE[1m--- a/xE[m\nE[1m+++ b/xE[m\nE[36m@@ -1,2 +1,2 @@E[m f @@\n same\n\
             E[31m--- goneE[m\r\nE[32m+newE[m\n\\ No newline\nlast\n"
        );
        assert_eq!(Lines::of("x").coloured(), "x\n");
    }

    #[test]
    fn an_annotation_is_read_back_as_it_was() {
        let mut lines = Lines::default();
        lines.annotate("error", &[("file", "a:b,c\n::d%"), ("line", "1")], "x\r\n::y,z: \u{1b}\u{202e}");
        assert_eq!(
            lines.as_str(),
            "::error file=a%3Ab%2Cc%0A%3A%3Ad%25,line=1::x%0D%0A::y,z: \\u{1b}\\u{202e}\n"
        );
    }

    /// Pieces that mean something to a terminal or a runner, among others.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n".to_owned()),
            Just("\r".to_owned()),
            Just(" ".to_owned()),
            Just("\t".to_owned()),
            Just(":".to_owned()),
            Just("::error::".to_owned()),
            Just("##[".to_owned()),
            Just("#".to_owned()),
            Just("\u{1b}[31m".to_owned()),
            Just("\u{1b}[1;31m".to_owned()),
            any::<char>().prop_map(String::from),
            (0_u32..0x2070).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Nothing but the line ends of `lines` lines, tabs, and with a diff `\r` before a line end.
    fn cannot_steer(text: &str, lines: usize) -> bool {
        text.matches('\n').count() == lines
            && text.ends_with('\n')
            && !text.chars().any(|c| steers(c) && !matches!(c, '\n' | '\t'))
            && !text.contains("##[")
            && !text.lines().any(|line| line.trim_start().starts_with("::"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_line_is_one_line(text in hostile()) {
            let shown = Lines::of(&text);
            prop_assert!(cannot_steer(shown.as_str(), 1), "{shown:?}");
        }

        #[test]
        fn a_diff_has_the_lines_that_it_had(before in hostile(), after in hostile(), name in hostile()) {
            let diff = crate::text::diff::unified(&name, &before, &after);
            let mut shown = Lines::default();
            shown.add_diff(&diff);
            let without_codes = ["1", "31", "32", "36", ""].iter().fold(shown.coloured(), |text, code| {
                text.replace(&format!("\u{1b}[{code}m"), "")
            });
            prop_assert_eq!(&without_codes, shown.as_str());
            let text = shown.as_str().replace("\r\n", "\n");
            prop_assert!(diff.is_empty() || cannot_steer(&text, diff.split_terminator('\n').count()), "{shown:?}");
            for line in text.lines() {
                prop_assert!(line.starts_with(['-', '+', ' ', '@', '\\']), "{line:?} in {shown:?}");
            }
        }

        #[test]
        fn an_annotation_is_one_line(file in hostile(), text in hostile()) {
            let mut lines = Lines::default();
            lines.annotate("error", &[("file", &file)], &text);
            let shown = lines.as_str();
            prop_assert!(!shown.chars().any(|c| steers(c) && c != '\n'), "{shown:?}");
            prop_assert_eq!(shown.matches('\n').count(), 1);
            let (properties, _) = shown["::error ".len()..].split_once("::").unwrap();
            prop_assert!(!properties.contains([':', ',']), "{shown:?}");
        }
    }
}
