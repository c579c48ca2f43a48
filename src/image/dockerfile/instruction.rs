//! A Dockerfile's instructions, as BuildKit's parser takes a text apart.

/// More here-documents than any instruction takes.
const MAX_HEREDOCS: usize = 16;

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// In capitals, as `COPY`.
    pub(crate) keyword: String,
    /// Those before the arguments, without their dashes: `from=builder`.
    pub(crate) flags: Vec<String>,
    /// The arguments.
    pub(crate) text: String,
    /// Where in the text a line of the file begins: offset in bytes and line, from 1 on.
    lines: Vec<(usize, usize)>,
    /// The here-documents that it takes.
    pub(crate) heredocs: Vec<Heredoc>,
}

/// The lines between `<<EOF` and `EOF`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heredoc {
    /// The word that opens it, as `<<EOF`.
    pub(crate) word: String,
    /// The first of its lines.
    pub(crate) line: usize,
    /// What stands in it.
    pub(crate) text: String,
}

impl Instruction {
    /// The line of the file on which a byte of the text stands.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        let behind = self.lines.partition_point(|(start, _)| *start <= offset);
        self.lines.get(behind.saturating_sub(1)).map_or(1, |(_, line)| *line)
    }

    /// The words of the JSON form, else those between blanks.
    pub(crate) fn words(&self) -> Vec<String> {
        self.json().unwrap_or_else(|| self.text.split_whitespace().map(str::to_owned).collect())
    }

    /// The words of the JSON form.
    pub(crate) fn json(&self) -> Option<Vec<String>> {
        serde_json::from_str(&self.text).ok()
    }
}

/// Takes a Dockerfile apart. Continued lines, comments and empty lines between them, `# escape=`, flags and
/// here-documents are read as BuildKit does; what is not an instruction is one with a strange keyword.
pub(crate) fn instructions(text: &str) -> Vec<Instruction> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape(text);
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    while let Some((number, line)) = lines.next() {
        if is_comment(line) || line.trim().is_empty() {
            continue;
        }
        let mut whole = Joined::default();
        let mut goes_on = whole.push(line.trim_start(), number, escape);
        while goes_on {
            let Some((number, line)) = lines.next() else { break };
            if !is_comment(line) && !line.trim().is_empty() {
                goes_on = whole.push(line, number, escape);
            }
        }
        let mut instruction = whole.instruction();
        if matches!(instruction.keyword.as_str(), "RUN" | "COPY" | "ADD") && instruction.json().is_none() {
            for (word, name, strips_tabs) in heredoc_words(&instruction.text) {
                let mut heredoc = Heredoc { word, ..Heredoc::default() };
                for (number, line) in lines.by_ref() {
                    let line = if strips_tabs { line.trim_start_matches('\t') } else { line };
                    if heredoc.line == 0 {
                        heredoc.line = number;
                    }
                    if line == name {
                        break;
                    }
                    heredoc.text.push_str(line);
                    heredoc.text.push('\n');
                }
                instruction.heredocs.push(heredoc);
            }
        }
        found.push(instruction);
    }
    found
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// `# escape=` counts among the directives at the top only.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|line| line.split_once('=')) else {
            break;
        };
        if key.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// The parts of a continued line.
#[derive(Default)]
struct Joined {
    text: String,
    lines: Vec<(usize, usize)>,
}

impl Joined {
    /// Adds a line; whether the next one belongs to it.
    fn push(&mut self, line: &str, number: usize, escape: char) -> bool {
        self.lines.push((self.text.len(), number));
        let part = line.trim_end_matches([' ', '\t']).strip_suffix(escape);
        self.text.push_str(part.unwrap_or(line));
        part.is_some()
    }

    fn instruction(self) -> Instruction {
        let (keyword, mut rest) = split_word(&self.text);
        let keyword = keyword.to_uppercase();
        let mut flags = Vec::new();
        while let Some(flag) = rest.trim_start().strip_prefix("--") {
            let (flag, behind) = split_word(flag);
            flags.push(flag.to_owned());
            rest = behind;
        }
        let rest = rest.trim_start();
        let skipped = self.text.len() - rest.len();
        let lines = self.lines.iter().map(|(start, line)| (start.saturating_sub(skipped), *line)).collect();
        Instruction { keyword, flags, text: rest.trim_end().to_owned(), lines, heredocs: Vec::new() }
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// The words that open a here-document, with the line that closes it, and whether leading tabs do not count.
fn heredoc_words(text: &str) -> Vec<(String, String, bool)> {
    text.split_whitespace()
        .filter_map(|word| {
            let behind = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
            let (name, strips_tabs) = match behind.strip_prefix('-') {
                Some(name) => (name, true),
                None => (behind, false),
            };
            let name = name.trim_matches(['"', '\'']);
            let is_name = !name.is_empty() && !name.contains('<');
            is_name.then(|| (word.to_owned(), name.to_owned(), strips_tabs))
        })
        .take(MAX_HEREDOCS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_known() {
        let text = "# syntax=docker/dockerfile:1\n\nfrom node:22\nRUN --mount=type=cache,target=/x \\\n  # why\n\n    --network=none \\\n    npm ci && \\\n  ls\nCMD [\"a\", \"b\"]\n";
        let found = instructions(text);
        assert_eq!(found.iter().map(|one| one.keyword.as_str()).collect::<Vec<_>>(), ["FROM", "RUN", "CMD"]);
        assert_eq!(found[1].flags, ["mount=type=cache,target=/x", "network=none"]);
        assert_eq!(found[1].text, "npm ci &&   ls");
        assert_eq!(found[1].line_at(0), 8);
        assert_eq!(found[1].line_at(11), 9);
        assert_eq!(found[2].words(), ["a", "b"]);
    }

    #[test]
    fn another_escape() {
        let found = instructions("# syntax=x\n# Escape = `\nRUN a `\n b\\\nRUN c\n");
        assert_eq!(found[0].text, "a  b\\");
        assert_eq!(found[1].text, "c");
    }

    #[test]
    fn heredocs_belong_to_their_instruction() {
        let text = "RUN <<EOF\nnpm ci\n# COPY x y\nEOF\nCOPY <<-'A' <<B /d/\n\ta\n\tA\nb\nB\nRUN echo $((1<<2)) <<<x\nRUN c <<END\nlast";
        let found = instructions(text);
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].heredocs[0].text, "npm ci\n# COPY x y\n");
        assert_eq!(found[0].heredocs[0].line, 2);
        assert_eq!(found[1].heredocs[0].text, "a\n");
        assert_eq!(found[1].heredocs[1].text, "b\n");
        assert_eq!(found[2].heredocs, []);
        assert_eq!(found[3].heredocs[0].text, "last\n");
    }
}
