//! The language of man pages.

use crate::cli::help::markdown::{Block, Kind, Span, Style, Table, bold};
use crate::cli::help::terminal::behind;

/// What a page begins with. Words are not broken, since many are paths and flags.
pub(super) fn title(name: &str, section: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let name = escaped(&name.to_uppercase());
    // No date: the same sources make the same page.
    format!(".TH \"{name}\" \"{section}\" \"\" \"docker-prep {version}\" \"docker-prep\"\n.nh\n.ad l\n")
}

/// A heading, and what is below it in roff.
pub(super) fn section(heading: &str, body: &str) -> String {
    format!(".SH {}\n{}\n", escaped(&heading.to_uppercase()), body.trim_end())
}

/// Text that means itself, also at the begin of its lines.
pub(super) fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| no_request(escaped_within(line))).collect();
    lines.join("\n")
}

/// A request begins with a dot (or an apostrophe, which is escaped); `\&` is nothing that comes before it.
fn no_request(line: String) -> String {
    if line.starts_with('.') { format!("\\&{line}") } else { line }
}

fn escaped_within(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            c => out.push(c),
        }
    }
    out
}

/// A page's blocks, but for its title.
pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for block in blocks {
        // A list in a list stands further in.
        let deeper = block.depth.saturating_sub(1);
        while depth < deeper {
            out += ".RS 4\n";
            depth += 1;
        }
        while depth > deeper {
            out += ".RE\n";
            depth -= 1;
        }
        match &block.kind {
            Kind::Heading(1, _) => {}
            Kind::Heading(2, spans) => out += &format!(".SH {}\n", escaped(&bare(spans).to_uppercase())),
            Kind::Heading(_, spans) => out += &format!(".SS {}\n", escaped(&bare(spans))),
            Kind::Paragraph(spans) if block.depth > 0 => out += &format!(".IP \"\" 4\n{}\n", styled(spans)),
            Kind::Paragraph(spans) => out += &format!(".PP\n{}\n", styled(spans)),
            Kind::Item(mark, spans) => {
                let mark = if mark == "-" { "\\(bu".to_owned() } else { escaped(mark) };
                out += &format!(".IP \"{mark}\" 4\n{}\n", styled(spans));
            }
            Kind::Code(text) => out += &code(text),
            Kind::Table(table) => out += &listed(table),
        }
    }
    for _ in 0..depth {
        out += ".RE\n";
    }
    out
}

/// Lines as they are.
pub(super) fn code(text: &str) -> String {
    format!(".PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", escaped(text.trim_end()))
}

/// A term and what it means, for each row; man pages have no columns that wrap.
fn listed(table: &Table) -> String {
    let mut out = String::new();
    for cells in &table.rows {
        let [term, rest @ ..] = &cells[..] else { continue };
        out += &format!(".TP\n{}\n", styled(&bold(term)));
        let heads = table.head.iter().skip(1);
        let said: Vec<String> = match rest {
            [one] => vec![styled(one)],
            rest => heads
                .zip(rest)
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(head, cell)| styled(&behind(head, cell)))
                .collect(),
        };
        out += &said.join("\n.br\n");
        out.push('\n');
    }
    out
}

fn bare(spans: &[Span]) -> String {
    spans.iter().map(|span| &*span.text).collect()
}

fn styled(spans: &[Span]) -> String {
    let mut out = String::new();
    for span in spans {
        let text = escaped_within(&span.text);
        match span.style {
            Style::Plain => out += &text,
            Style::Strong | Style::Code => out += &format!("\\fB{text}\\fR"),
            Style::Emphasis => out += &format!("\\fI{text}\\fR"),
        }
    }
    if out.is_empty() { "\\&".to_owned() } else { no_request(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_set() {
        let page = "# T\n\n## A b\n\nx `--y`.\n\n- one\n  - two\n\n| a | b | c |\n|---|---|---|\n| d | | f |\n\n```sh\n.z\n```\n";
        assert_eq!(
            render(&crate::cli::help::markdown::parse(page)),
            ".SH A B\n.PP\nx \\fB\\-\\-y\\fR.\n.IP \"\\(bu\" 4\none\n.RS 4\n.IP \"\\(bu\" 4\ntwo\n.RE\n\
             .TP\n\\fBd\\fR\nc: f\n.PP\n.RS 4\n.nf\n\\&.z\n.fi\n.RE\n"
        );
    }

    #[test]
    fn text_is_no_request() {
        assert_eq!(
            escaped(".SH it's\n'a\\b ~^`\"--x"),
            "\\&.SH it\\(aqs\n\\(aqa\\eb \\(ti\\(ha\\(ga\\(dq\\-\\-x"
        );
    }
}
