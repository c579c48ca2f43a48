//! A page on a terminal, or as plain text.

use super::markdown::{Block, Kind, Span, Style, Table, bold};

const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
const UNDERLINED: &str = "\u{1b}[4m";
const END: &str = "\u{1b}[0m";

/// A narrower column would break most words.
const NARROWEST: usize = 12;

/// Text and tables fit into `width`; code does not change.
pub(crate) fn render(blocks: &[Block], width: usize, color: bool) -> String {
    let mut out = String::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        let in_one_list = before
            .is_some_and(|before| matches!((&before.kind, &block.kind), (Kind::Item(..), Kind::Item(..))));
        if before.is_some() && !in_one_list {
            out.push('\n');
        }
        before = Some(block);
        let indent = 2 + 2 * block.depth;
        match &block.kind {
            Kind::Heading(_, spans) => out += &lines(&bold(spans), 0, "", width, color),
            Kind::Paragraph(spans) => out += &lines(spans, indent, "", width, color),
            Kind::Item(mark, spans) => {
                out += &lines(spans, indent - 2, &format!("{mark} "), width, color);
            }
            Kind::Code(text) => {
                for line in text.lines() {
                    let line = format!("{:indent$}    {line}", "");
                    out += line.trim_end();
                    out.push('\n');
                }
            }
            Kind::Table(table) => out += &laid_out(table, indent, width, color),
        }
    }
    out
}

/// A paragraph behind a mark.
fn lines(spans: &[Span], indent: usize, mark: &str, width: usize, color: bool) -> String {
    let inner = indent + mark.chars().count();
    let mut out = String::new();
    for (number, line) in wrapped(spans, width.saturating_sub(inner)).iter().enumerate() {
        let front = if number == 0 { format!("{:indent$}{mark}", "") } else { " ".repeat(inner) };
        out += format!("{front}{}", line.styled(color)).trim_end();
        out.push('\n');
    }
    out
}

/// A word, or a piece of one: what follows it without a space is of another style.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    style: Style,
    /// Whether a space stands in front of it.
    spaced: bool,
}

#[derive(Clone, Debug, Default)]
struct Line(Vec<Word>);

impl Line {
    fn width(&self) -> usize {
        let spaces = self.0.iter().skip(1).filter(|word| word.spaced).count();
        self.0.iter().map(|word| word.text.chars().count()).sum::<usize>() + spaces
    }

    fn styled(&self, color: bool) -> String {
        let mut out = String::new();
        for (number, word) in self.0.iter().enumerate() {
            if number > 0 && word.spaced {
                out.push(' ');
            }
            let begin = match word.style {
                _ if !color => "",
                Style::Plain => "",
                Style::Strong => BOLD,
                Style::Emphasis => UNDERLINED,
                Style::Code => CYAN,
            };
            out += begin;
            out += &word.text;
            if !begin.is_empty() {
                out += END;
            }
        }
        out
    }
}

/// The words of spans. Code is shown between its marks, and is broken only where it is long.
fn words(spans: &[Span]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut spaced = true;
    for span in spans {
        let text = match span.style {
            Style::Code => format!("`{}`", span.text),
            _ => span.text.clone(),
        };
        if span.style == Style::Code && text.chars().count() <= 36 {
            words.push(Word { text, style: span.style, spaced });
            spaced = false;
            continue;
        }
        for (number, piece) in text.split(' ').enumerate() {
            spaced |= number > 0;
            if !piece.is_empty() {
                words.push(Word { text: piece.to_owned(), style: span.style, spaced });
                spaced = false;
            }
        }
    }
    words
}

/// Lines that are at most so wide, but for words that are wider.
fn wrapped(spans: &[Span], width: usize) -> Vec<Line> {
    let mut all = vec![Line::default()];
    let mut rest = words(spans).into_iter().peekable();
    while let Some(first) = rest.next() {
        // What hangs together without a space moves together.
        let mut group = Line(vec![first]);
        while let Some(next) = rest.next_if(|next| !next.spaced) {
            group.0.push(next);
        }
        let used = all.last().map_or(0, Line::width);
        if used > 0 && used + 1 + group.width() > width {
            all.push(Line::default());
        }
        if let Some(line) = all.last_mut() {
            line.0.append(&mut group.0);
        }
    }
    all
}

/// Columns, or where those would be too narrow a paragraph for each row.
fn laid_out(table: &Table, indent: usize, width: usize, color: bool) -> String {
    let columns = table.head.len();
    let rows: Vec<&Vec<Vec<Span>>> = [&table.head].into_iter().chain(&table.rows).collect();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widest = |column: usize| cells(column).map(|cell| Line(words(cell)).width()).max().unwrap_or(0);
    let longest_word = |column: usize| {
        let words = cells(column).flat_map(|cell| wrapped(cell, 1));
        words.map(|word| word.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    let least: Vec<usize> = (0..columns).map(|column| longest_word(column).max(NARROWEST)).collect();
    let room = width.saturating_sub(indent + 2 * columns.saturating_sub(1));
    // The widest column gives way first, as long as its words stay whole.
    while widths.iter().sum::<usize>() > room {
        let shrinks = (0..columns).filter(|column| widths[*column] > least[*column]);
        let Some(column) = shrinks.max_by_key(|column| widths[*column]) else {
            return listed(table, indent, width, color);
        };
        widths[column] -= 1;
    }
    let mut out = String::new();
    if !table.head.iter().all(Vec::is_empty) {
        out += &row(&table.head.iter().map(|cell| bold(cell)).collect::<Vec<_>>(), &widths, indent, color);
    }
    let is_tall = |cells: &Vec<Vec<Span>>| {
        cells.iter().zip(&widths).any(|(cell, width)| wrapped(cell, *width).len() > 1)
    };
    let spread = table.rows.iter().filter(|cells| is_tall(cells)).count() * 3 > table.rows.len();
    for (number, cells) in table.rows.iter().enumerate() {
        if spread && number > 0 {
            out.push('\n');
        }
        out += &row(cells, &widths, indent, color);
    }
    out
}

fn row(cells: &[Vec<Span>], widths: &[usize], indent: usize, color: bool) -> String {
    let columns: Vec<Vec<Line>> =
        cells.iter().zip(widths).map(|(cell, width)| wrapped(cell, *width)).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for number in 0..height {
        let mut text = " ".repeat(indent);
        for (column, width) in columns.iter().zip(widths) {
            let line = column.get(number).cloned().unwrap_or_default();
            text += &line.styled(color);
            text += &" ".repeat(width.saturating_sub(line.width()) + 2);
        }
        out += text.trim_end();
        out.push('\n');
    }
    out
}

/// The first cell of a row, and below it the others behind their heads.
fn listed(table: &Table, indent: usize, width: usize, color: bool) -> String {
    let mut out = String::new();
    for (row, cells) in table.rows.iter().enumerate() {
        if row > 0 {
            out.push('\n');
        }
        for (number, (cell, head)) in cells.iter().zip(&table.head).enumerate() {
            if number == 0 {
                out += &lines(&bold(cell), indent, "", width, color);
            } else if !cell.is_empty() {
                out += &lines(&behind(head, cell), indent + 2, "", width, color);
            }
        }
    }
    out
}

/// A cell behind the head of its column.
pub(crate) fn behind(head: &[Span], cell: &[Span]) -> Vec<Span> {
    let colon = Span { text: ": ".to_owned(), style: Style::Plain };
    match head {
        [] => cell.to_vec(),
        head => [head, &[colon], cell].concat(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::markdown::parse;
    use super::*;

    const PAGE: &str = "# The head\n\nSome text with `code` in it, and a\nsecond line.\n\n- one that is long\n- two\n\n\
        ```sh\nls  -l\n```\n\n| a | b |\n|---|---|\n| `x` | what it is, in words |\n";

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        let shown = render(&parse(PAGE), 30, false);
        let expected = "\
The head

  Some text with `code` in it,
  and a second line.

  - one that is long
  - two

      ls  -l

  a    b
  `x`  what it is, in words
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn color_is_for_heads_and_code() {
        let shown = render(&parse("# H\n\n`c`, d"), 80, true);
        assert_eq!(shown, "\u{1b}[1mH\u{1b}[0m\n\n  \u{1b}[36m`c`\u{1b}[0m, d\n");
    }

    #[test]
    fn a_table_that_does_not_fit_becomes_a_list() {
        let table = "| name | one | two |\n|---|---|---|\n| a | some words here | and some there |\n";
        assert_eq!(
            render(&parse(table), 44, false),
            "  name  one              two\n  a     some words here  and some there\n"
        );
        assert_eq!(
            render(&parse(table), 33, false),
            "  a\n    one: some words here\n    two: and some there\n"
        );
    }

    proptest! {
        #[test]
        fn any_page_at_any_width(text in "[-#|`*a 1.\n]{0,80}", width in 0_usize..60) {
            let shown = render(&parse(&text), width, false);
            prop_assert!(shown.lines().all(|line| !line.ends_with(' ')));
        }
    }
}
