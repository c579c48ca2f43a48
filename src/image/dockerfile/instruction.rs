//! A Dockerfile's instructions, as BuildKit's parser takes a text apart.

#[cfg(test)]
mod tests;

use super::variables::KnownVariables;
use super::words::{self, Unknown};

/// More here-documents than any instruction takes.
const MAX_HEREDOCS: usize = 16;

/// What parts the words of a line.
const BLANKS: [char; 5] = ['\t', '\u{b}', '\u{c}', '\r', ' '];

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// In capitals, as `COPY`.
    pub(crate) keyword: String,
    /// The line of the file on which it begins, from 1 on.
    pub(crate) line: usize,
    /// Those before the arguments, without their dashes and quotes: `from=builder`.
    pub(crate) flags: Vec<String>,
    /// The arguments.
    pub(crate) text: String,
    /// Where in the text the lines of the file begin.
    lines: Vec<LineStart>,
    /// The here-documents that it takes.
    pub(crate) heredocs: Vec<Heredoc>,
    /// `# escape=`; a backslash where nothing is said.
    pub(crate) escape: char,
    /// It stands behind `ONBUILD`: it is run at the begin of the stages of other files that are built from the image.
    pub(crate) on_build: bool,
}

/// Where a line of the file begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LineStart {
    /// In the text, in bytes.
    offset: usize,
    /// The line of the file, from 1 on.
    line: usize,
    /// The characters of the line that stand before that.
    before: usize,
}

/// The lines between `<<EOF` and `EOF`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heredoc {
    /// The word that opens it, as `<<EOF`.
    pub(crate) word: String,
    /// What closes it, as `EOF`.
    pub(crate) name: String,
    /// The first of its lines.
    pub(crate) line: usize,
    /// What stands in it, without the tabs that `<<-` takes off.
    pub(crate) text: String,
    /// Whether references in it are expanded: no part of its word is quoted.
    pub(crate) expands: bool,
    /// `<<-`
    strips_tabs: bool,
}

impl Instruction {
    /// The line of the file on which a byte of the text stands.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        self.start_of(offset).map_or(1, |start| start.line)
    }

    /// The column at which a byte of the text stands in its line, in characters from 1 on.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the picture"))]
    pub(crate) fn column_at(&self, offset: usize) -> usize {
        let Some(start) = self.start_of(offset) else { return 1 };
        let between = self.text.char_indices().filter(|(at, _)| (start.offset..offset).contains(at));
        start.before + between.count() + 1
    }

    fn start_of(&self, offset: usize) -> Option<&LineStart> {
        let behind = self.lines.partition_point(|start| start.offset <= offset);
        self.lines.get(behind.saturating_sub(1))
    }

    /// The words of the JSON form, else those between blanks. Their quotes are theirs.
    pub(crate) fn words(&self) -> Vec<String> {
        self.json().unwrap_or_else(|| {
            self.text.split(BLANKS).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        })
    }

    /// The words of the JSON form.
    pub(crate) fn json(&self) -> Option<Vec<String>> {
        serde_json::from_str(&self.text).ok()
    }

    /// The text of a `RUN` as a shell reads it: with the lines of its here-documents behind it. [`Self::line_at`] knows
    /// their places, too.
    pub(crate) fn script(&self) -> String {
        let mut script = self.text.clone();
        for heredoc in &self.heredocs {
            for part in ["\n", &heredoc.text, &heredoc.name] {
                script.push_str(part);
            }
        }
        script
    }

    /// Adds a here-document, whose lines stand behind all others.
    fn push(&mut self, heredoc: Heredoc, last_line: usize) {
        let before = self.heredocs.iter().map(|one| one.text.len() + one.name.len() + 1).sum::<usize>();
        let mut offset = self.text.len() + 1 + before;
        if self.heredocs.is_empty() {
            self.lines.retain(|start| start.offset <= self.text.len());
        }
        let ends = heredoc.text.split_inclusive('\n').chain([heredoc.name.as_str()]);
        for (number, line) in ends.enumerate() {
            self.lines.push(LineStart { offset, line: (heredoc.line + number).min(last_line), before: 0 });
            offset += line.len();
        }
        self.heredocs.push(heredoc);
    }

    /// The instruction behind `ONBUILD`.
    pub(crate) fn trigger(&self) -> Option<Self> {
        if self.keyword != "ONBUILD" || self.on_build {
            return None;
        }
        let mut trigger = take_apart(&self.text, &self.lines, self.escape);
        (trigger.on_build, trigger.line) = (true, self.line);
        trigger.heredocs.clone_from(&self.heredocs);
        Some(trigger)
    }

    fn takes_heredocs(&self) -> bool {
        matches!(self.keyword.as_str(), "RUN" | "COPY" | "ADD") && self.json().is_none()
    }
}

/// Takes a Dockerfile apart. Continued lines, comments and empty lines between them, `# escape=`, flags and
/// here-documents are read as BuildKit does; what is not an instruction is one with a strange keyword.
pub(crate) fn instructions(text: &str) -> Vec<Instruction> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape(text);
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim_end_matches('\r')));
    while let Some((number, line)) = lines.next() {
        if is_comment(line) || line.trim().is_empty() {
            continue;
        }
        let mut last_line = number;
        let mut whole = Joined::default();
        let indented = line.len() - line.trim_start().len();
        let mut goes_on = whole.push(&line[indented..], number, line[..indented].chars().count(), escape);
        while goes_on {
            let Some((number, line)) = lines.next() else { break };
            last_line = number;
            if !is_comment(line) && !line.trim().is_empty() {
                goes_on = whole.push(line, number, 0, escape);
            }
        }
        let mut instruction = Instruction { line: number, ..take_apart(&whole.text, &whole.lines, escape) };
        if instruction.takes_heredocs() || instruction.trigger().is_some_and(|one| one.takes_heredocs()) {
            for mut heredoc in heredocs(&whole.text) {
                for (number, line) in lines.by_ref() {
                    last_line = number;
                    let line = if heredoc.strips_tabs { line.trim_start_matches('\t') } else { line };
                    if heredoc.line == 0 {
                        heredoc.line = number;
                    }
                    if line == heredoc.name {
                        break;
                    }
                    heredoc.text.push_str(line);
                    heredoc.text.push('\n');
                }
                if heredoc.line == 0 {
                    heredoc.line = last_line;
                }
                instruction.push(heredoc, last_line);
            }
        }
        if !instruction.keyword.is_empty() {
            found.push(instruction);
        }
    }
    found
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// What `# escape=` says.
fn escape(text: &str) -> char {
    let value = directives(text).find(|(_, key, _)| key == "escape").map(|(.., value)| value);
    if value == Some("`") { '`' } else { '\\' }
}

/// The image of `# syntax=`, and its line.
pub(crate) fn syntax(text: &str) -> Option<(usize, &str)> {
    directives(text).find(|(_, key, _)| key == "syntax").map(|(line, _, image)| (line, image))
}

/// The directives at the top, each with its line and its key in lower case: they end at the first line that is none.
fn directives(text: &str) -> impl Iterator<Item = (usize, String, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    text.lines().enumerate().map_while(|(number, line)| {
        let (key, value) = line.trim().strip_prefix('#')?.split_once('=')?;
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        let is_directive = matches!(&*key, "escape" | "syntax" | "check") && !value.is_empty();
        is_directive.then_some((number + 1, key, value))
    })
}

/// The parts of a continued line.
#[derive(Default)]
struct Joined {
    text: String,
    lines: Vec<LineStart>,
}

impl Joined {
    /// Adds a line; whether the next one belongs to it. Two escapes at the end are one that is escaped.
    fn push(&mut self, line: &str, number: usize, before: usize, escape: char) -> bool {
        self.lines.push(LineStart { offset: self.text.len(), line: number, before });
        let part = line.trim_end_matches([' ', '\t']).strip_suffix(escape);
        let part = part.filter(|part| !part.ends_with(escape));
        self.text.push_str(part.unwrap_or(line));
        part.is_some()
    }
}

/// Parts keyword, flags and arguments.
fn take_apart(whole: &str, lines: &[LineStart], escape: char) -> Instruction {
    let trimmed = whole.trim_start();
    let (keyword, mut rest) = trimmed.split_at(trimmed.find(BLANKS).unwrap_or(trimmed.len()));
    let mut flags = Vec::new();
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            break;
        }
        let (flag, behind) = flag(rest, escape);
        rest = behind;
        match flag.strip_prefix("--") {
            Some("") => break,
            flag => flags.extend(flag.map(str::to_owned)),
        }
    }
    let rest = rest.trim_start();
    let skipped = whole.len() - rest.len();
    let lines = lines
        .iter()
        .map(|start| LineStart {
            offset: start.offset.saturating_sub(skipped),
            before: start.before
                + whole.get(start.offset..skipped).map_or(0, |before| before.chars().count()),
            ..*start
        })
        .collect();
    Instruction {
        keyword: keyword.to_uppercase(),
        flags,
        text: rest.trim_end().to_owned(),
        lines,
        escape,
        ..Instruction::default()
    }
}

/// The flag at the begin of a text, without quotes and escapes, and what stands behind it.
fn flag(text: &str, escape: char) -> (String, &str) {
    let mut flag = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            None if c.is_whitespace() => return (flag, &text[at..]),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ if c == escape => flag.extend(chars.next().map(|(_, c)| c)),
            _ => flag.push(c),
        }
    }
    (flag, "")
}

/// The here-documents that the words of a line open.
fn heredocs(line: &str) -> Vec<Heredoc> {
    if !line.contains("<<") {
        return Vec::new();
    }
    words::raw_words(line).iter().filter_map(|word| heredoc(word)).take(MAX_HEREDOCS).collect()
}

fn heredoc(word: &str) -> Option<Heredoc> {
    let behind = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (quoted, strips_tabs) = match behind.strip_prefix('-') {
        Some(quoted) => (quoted, true),
        None => (behind, false),
    };
    let quoted = quoted.trim_start();
    if quoted.is_empty() || quoted.contains('<') {
        return None;
    }
    let nothing = std::collections::BTreeMap::new();
    let name = words::lexed(quoted, &KnownVariables::new(&nothing), Unknown::AsWritten);
    Some(Heredoc {
        word: word.to_owned(),
        expands: !quoted.contains(['"', '\'']),
        name,
        strips_tabs,
        ..Heredoc::default()
    })
}
