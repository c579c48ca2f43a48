//! Generated documents: any layout, with all that is legal and rare.

use proptest::prelude::*;

/// A document before it is laid out.
#[derive(Clone, Debug)]
pub(crate) enum GeneratedTree {
    /// As it is written.
    Leaf(&'static str),
    Array(Vec<GeneratedTree>),
    /// Keys as they are written.
    Object(Vec<(String, GeneratedTree)>),
}

/// How a document is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    newline: &'static str,
    unit: &'static str,
    colon: &'static str,
    /// `None`: one member a line.
    gap: Option<&'static str>,
    pad: &'static str,
    before: &'static str,
    after: &'static str,
    /// White space for each place in turn; empty: the style is kept.
    noise: Vec<&'static str>,
}

impl Style {
    /// Whether every object is laid out alike.
    pub(crate) fn is_even(&self) -> bool {
        self.noise.is_empty()
    }
}

pub(crate) fn leaf() -> impl Strategy<Value = GeneratedTree> {
    let leaves = vec![
        "null",
        "true",
        "1",
        "-0.50",
        "1e3",
        "\"\"",
        "\"x\"",
        "\"a\\/b\"",
        "\"\\u0041\\n\"",
        "\"é  \\\"\"",
        "{}",
        "[ ]",
        "\"\\ud83d\\ude00\"",
        "\"$a\"",
    ];
    prop::sample::select(leaves).prop_map(|leaf| match leaf {
        "{}" => GeneratedTree::Object(Vec::new()),
        other => GeneratedTree::Leaf(other),
    })
}

/// Objects in objects; keys are few, so that they repeat.
pub(crate) fn tree() -> impl Strategy<Value = GeneratedTree> {
    let key =
        prop::sample::select(vec!["\"a\"", "\"b\"", "\"\\u0061\"", "\"c/d\"", "\"c\\/d\"", "\"é\"", "\"\""]);
    let inner = leaf().prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(GeneratedTree::Array),
            4 => prop::collection::vec((key.clone().prop_map(str::to_owned), inner), 0..5).prop_map(GeneratedTree::Object),
        ]
    });
    inner.prop_map(|tree| match tree {
        GeneratedTree::Object(_) => tree,
        other => GeneratedTree::Object(vec![("\"a\"".to_owned(), other)]),
    })
}

pub(crate) fn style() -> impl Strategy<Value = Style> {
    let space = prop::sample::select(vec!["", "", " ", "\t", "\n", "\r\n", "\r", "\n  ", " \n\n\t", "   "]);
    let select = |values: Vec<&'static str>| prop::sample::select(values);
    (
        (select(vec!["\n", "\r\n"]), select(vec!["  ", "    ", "\t", " ", " \t", ""])),
        select(vec![": ", ":", " : ", ":\t"]),
        prop_oneof![3 => Just(None), 1 => select(vec!["", " "]).prop_map(Some)],
        select(vec!["", " "]),
        (select(vec!["", "\u{feff}", " \n", "\u{feff} "]), select(vec!["", "\n", "\r\n", " \n\n"])),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(space, 1..40)],
    )
        .prop_map(|((newline, unit), colon, gap, pad, (before, after), noise)| Style {
            newline,
            unit,
            colon,
            gap,
            pad,
            before,
            after,
            noise,
        })
}

/// Lays a document out.
pub(crate) fn print(tree: &GeneratedTree, style: &Style) -> String {
    let mut printer = Printer { style, noise: style.noise.iter().cycle() };
    let body = printer.tree(tree, 0);
    [style.before, &body, style.after].concat()
}

struct Printer<'s> {
    style: &'s Style,
    noise: std::iter::Cycle<std::slice::Iter<'s, &'static str>>,
}

impl Printer<'_> {
    fn tree(&mut self, tree: &GeneratedTree, depth: usize) -> String {
        match tree {
            GeneratedTree::Leaf(raw) => (*raw).to_owned(),
            GeneratedTree::Array(elements) => {
                let elements: Vec<_> = elements.iter().map(|element| self.tree(element, depth + 1)).collect();
                self.bracketed('[', elements, ']', depth)
            }
            GeneratedTree::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| {
                        let colon = self.space(self.style.colon, ":");
                        [key.as_str(), &colon, &self.tree(value, depth + 1)].concat()
                    })
                    .collect();
                self.bracketed('{', members, '}', depth)
            }
        }
    }

    fn bracketed(&mut self, open: char, parts: Vec<String>, close: char, depth: usize) -> String {
        let mut text = String::from(open);
        let line = |depth: usize| self.style.newline.to_owned() + &self.style.unit.repeat(depth);
        let (first, next, last) = match self.style.gap {
            None => (line(depth + 1), line(depth + 1), line(depth)),
            Some(gap) => (self.style.pad.to_owned(), gap.to_owned(), self.style.pad.to_owned()),
        };
        let empty = parts.is_empty();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                text += &self.space(",", ",");
            }
            text += &self.space(if index == 0 { &first } else { &next }, "");
            text += &part;
        }
        if !empty {
            text += &self.space(&last, "");
        } else {
            text += &self.space("", "");
        }
        text.push(close);
        text
    }

    /// The style's text, or the noise around what must stand there.
    fn space(&mut self, even: &str, must: &str) -> String {
        match (self.noise.next(), self.noise.next()) {
            (Some(before), Some(after)) => [before, must, after].concat(),
            _ => even.to_owned(),
        }
    }
}
