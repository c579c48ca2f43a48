//! Markdown, taken apart into blocks for a terminal and for man pages.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A piece of a page. Lists are flat: a block says how deep it stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// In how many lists it stands.
    pub(crate) depth: usize,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `# …` is 1.
    Heading(u8, Vec<Span>),
    Paragraph(Vec<Span>),
    /// The first paragraph of a list's item, behind its mark.
    Item(String, Vec<Span>),
    /// Lines as they are.
    Code(String),
    Table(Table),
}

/// Cells in rows, all as many as the head has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) head: Vec<Vec<Span>>,
    pub(crate) rows: Vec<Vec<Vec<Span>>>,
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// How text is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Strong,
    Emphasis,
    Code,
}

/// The same text, all of it strong.
pub(crate) fn bold(spans: &[Span]) -> Vec<Span> {
    spans.iter().map(|span| Span { text: span.text.clone(), style: Style::Strong }).collect()
}

/// The blocks of a text. A link says where it leads in words: to another topic by the command that shows it. Comments and
/// images are left out.
pub(crate) fn parse(text: &str) -> Vec<Block> {
    let mut page = Page::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.blocks
}

#[derive(Default)]
struct Page {
    blocks: Vec<Block>,
    /// The text of the block that is being read.
    spans: Vec<Span>,
    style: Style,
    /// The lists that are open; the number of the next item, if they have one.
    lists: Vec<Option<u64>>,
    /// The mark of an item whose first paragraph is still to come.
    mark: Option<String>,
    /// Where the links that are open lead.
    links: Vec<String>,
    code: Option<String>,
    table: Table,
    in_image: bool,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text, self.style),
            },
            Event::Code(text) => self.push(&text, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.push(" ", self.style),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, style: Style) {
        if !self.in_image {
            self.spans.push(Span { text: text.to_owned(), style });
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.style = Style::Strong,
            Tag::Emphasis => self.style = Style::Emphasis,
            Tag::Image { .. } => self.in_image = true,
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.code = Some(String::new())
            }
            Tag::List(first) => {
                // A tight item's text has no paragraph that would end before a list in it begins.
                self.paragraph();
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "-".to_owned(),
                };
                self.mark = Some(mark);
            }
            Tag::Table(_) => self.table = Table::default(),
            Tag::TableRow => self.table.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => self.style = Style::Plain,
            TagEnd::Image => self.in_image = false,
            TagEnd::Link => {
                if let Some((place, style)) = self.links.pop().as_deref().and_then(place) {
                    self.push(" (", Style::Plain);
                    self.push(&place, style);
                    self.push(")", Style::Plain);
                }
            }
            TagEnd::Heading(level) => {
                let spans = std::mem::take(&mut self.spans);
                self.add(Kind::Heading(level_of(level), spans));
            }
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => _ = self.lists.pop(),
            TagEnd::CodeBlock => {
                self.paragraph();
                let code = self.code.take().unwrap_or_default();
                self.add(Kind::Code(code));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                match self.table.rows.last_mut() {
                    Some(row) => row.push(cell),
                    None => self.table.head.push(cell),
                }
            }
            TagEnd::Table => {
                let table = std::mem::take(&mut self.table);
                self.add(Kind::Table(table));
            }
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if spans.is_empty() {
            return;
        }
        match self.mark.take() {
            Some(mark) => self.add(Kind::Item(mark, spans)),
            None => self.add(Kind::Paragraph(spans)),
        }
    }

    fn add(&mut self, kind: Kind) {
        self.blocks.push(Block { depth: self.lists.len(), kind });
    }
}

fn level_of(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        _ => 3,
    }
}

/// Where a link leads, in words; none for a file of the sources, which its text names, and for a place on the same page.
fn place(link: &str) -> Option<(String, Style)> {
    if link.starts_with("https://") || link.starts_with("http://") {
        return Some((link.to_owned(), Style::Plain));
    }
    let topic = link.split('#').next()?.strip_suffix(".md")?;
    (!topic.is_empty() && !topic.contains('/')).then(|| (format!("docker-prep help {topic}"), Style::Code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Vec<Span> {
        vec![Span { text: text.to_owned(), style: Style::Plain }]
    }

    fn block(depth: usize, kind: Kind) -> Block {
        Block { depth, kind }
    }

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# A\n\nb\n\n- c\n  1. d\n\n  ```sh\n  e  f\n  ```\n- g\n\n<!-- h -->\n";
        assert_eq!(
            parse(text),
            [
                block(0, Kind::Heading(1, plain("A"))),
                block(0, Kind::Paragraph(plain("b"))),
                block(1, Kind::Item("-".to_owned(), plain("c"))),
                block(2, Kind::Item("1.".to_owned(), plain("d"))),
                block(1, Kind::Code("e  f\n".to_owned())),
                block(1, Kind::Item("-".to_owned(), plain("g"))),
            ]
        );
    }

    #[test]
    fn a_table_has_styles_and_bars_in_its_cells() {
        let text = "| a | b |\n|---|---|\n| `x\\|y` | **z** |\n| c | |\n";
        let span = |text: &str, style| vec![Span { text: text.to_owned(), style }];
        let table = Table {
            head: vec![plain("a"), plain("b")],
            rows: vec![
                vec![span("x|y", Style::Code), span("z", Style::Strong)],
                vec![plain("c"), Vec::new()],
            ],
        };
        assert_eq!(parse(text), [block(0, Kind::Table(table))]);
    }

    #[test]
    fn links_say_where_they_lead() {
        let said = |text: &str| match &parse(text)[..] {
            [Block { kind: Kind::Paragraph(spans), .. }] => {
                spans.iter().map(|span| &*span.text).collect::<String>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(said("[the guard](guard.md#hooks)"), "the guard (docker-prep help guard)");
        assert_eq!(said("[npm](https://npmjs.com)"), "npm (https://npmjs.com)");
        assert_eq!(said("[`a/b`](../../../a/b) and [above](#x)"), "a/b and above");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "[-#|`*\\[\\]()> \n1.a<!]{0,80}") {
            parse(&text);
        }
    }
}
