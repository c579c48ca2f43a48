//! A text of YAML as a tree.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Entry, MergeTag, Node, NodeValue, Spot};
use crate::image::compose::scalar;

/// More values than any file of builds has, those behind aliases counted as often as they are named.
const MAX_NODES: usize = 100_000;

/// Deeper than any such file is: what follows the tree recurses for each level.
const MAX_DEPTH: usize = 100;

/// Each key is compared with those before it.
const MAX_KEYS: usize = 10_000;

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeError {
    /// From 1 on; 0 where the whole text is meant.
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// The documents of a text.
///
/// # Errors
/// It is not YAML, or too large.
pub(crate) fn parse(text: &str, file: &str) -> Result<Vec<Node>, TreeError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut moved = BTreeSet::new();
    loop {
        let indented = if moved.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(indent(text, &moved)) };
        let error = match documents(&indented, file, &moved) {
            Ok(documents) => return Ok(documents),
            Err(error) => error,
        };
        // Compose's reader takes no note of how far to the right a line begins between brackets or quotes.
        let mut line = error.line;
        match error.why.strip_prefix(INDENTATION) {
            Some("" | " in flow construct") => {}
            Some(" in quoted scalar") => {
                line = (line + 1..).find(|line| !moved.contains(line)).unwrap_or(line)
            }
            _ => return Err(error),
        }
        if text.len() > MAX_MOVED_TEXT || moved.len() >= MAX_MOVED || !moved.insert(line) {
            return Err(error);
        }
    }
}

/// What the parser says of a line that begins too far to the left, which it says of lines between brackets and quotes.
const INDENTATION: &str = "is no YAML: invalid indentation";

/// How far such lines are moved to the right: further than any map reaches.
const MOVED_BY: usize = 200;

/// The text is read again for each line that is moved.
const MAX_MOVED: usize = 100;
const MAX_MOVED_TEXT: usize = 1 << 17;

/// A text with some lines, by their numbers, moved to the right.
fn indent(text: &str, lines: &BTreeSet<usize>) -> String {
    let spaces = " ".repeat(MOVED_BY);
    let moved = |(at, line)| if lines.contains(&(at + 1)) { [spaces.as_str(), line] } else { ["", line] };
    text.split_inclusive('\n').enumerate().flat_map(moved).collect()
}

fn documents(text: &str, file: &str, moved: &BTreeSet<usize>) -> Result<Vec<Node>, TreeError> {
    let mut builder = Builder { file: file.into(), ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| TreeError {
            line: error.marker().line(),
            why: format!("is no YAML: {}", error.info()),
        })?;
        builder.line = span.start.line();
        builder.column = span.start.col() + 1;
        if moved.contains(&builder.line) {
            builder.column = builder.column.saturating_sub(MOVED_BY);
        }
        builder.take(event)?;
    }
    Ok(builder.documents)
}

#[derive(Default)]
struct Builder {
    file: Arc<str>,
    line: usize,
    column: usize,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    count: usize,
}

/// A collection that is not at its end.
struct Open {
    spot: Spot,
    anchor: usize,
    tag: MergeTag,
    /// How many values there were before it.
    before: usize,
    /// How deep what stands in it goes.
    depth: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Spot)>),
}

struct Anchor {
    node: Node,
    count: usize,
    depth: usize,
}

impl Builder {
    fn error(&self, why: &str) -> TreeError {
        TreeError { line: self.line, why: why.to_owned() }
    }

    fn spot(&self) -> Spot {
        Spot { file: Arc::clone(&self.file), line: self.line, column: self.column }
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), TreeError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count += 1;
                let mut spot = self.spot();
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    // The parser's place is that of the first line with a text, but of an anchor where there is one.
                    let empty = text.bytes().take_while(|byte| *byte == b'\n').count();
                    spot.line = if anchor == 0 { spot.line.saturating_sub(empty) } else { spot.line + 1 };
                }
                let is_text =
                    tag.as_deref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if style == ScalarStyle::Plain && !is_text {
                    scalar::resolve(&text).map_or(NodeValue::Null, NodeValue::Text)
                } else {
                    NodeValue::Text(text.into_owned())
                };
                let node = Node { value, spot, tag: merge_tag(tag.as_deref()) };
                self.close(node, anchor, self.count - 1, 0)
            }
            Event::SequenceStart(anchor, tag) => self.open(anchor, tag.as_deref(), Items::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.open(anchor, tag.as_deref(), Items::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.items {
                    Items::List(items) => NodeValue::List(items),
                    Items::Map(entries, _) => NodeValue::Map(merged(entries)),
                };
                let node = Node { value, spot: open.spot, tag: open.tag };
                self.close(node, open.anchor, open.before, open.depth + 1)
            }
            Event::Alias(of) => {
                let Some(anchor) = self.anchors.get(&of) else {
                    return Err(self.error("names an anchor that is not closed"));
                };
                let (before, depth) = (self.count, anchor.depth);
                self.count += anchor.count;
                if self.count > MAX_NODES {
                    return Err(self.error(&format!("has more than {MAX_NODES} values")));
                }
                let node = anchor.node.clone();
                self.close(node, 0, before, depth)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, anchor: usize, tag: Option<&Tag>, items: Items) -> Result<(), TreeError> {
        let before = self.count;
        self.count += 1;
        let spot = self.spot();
        self.open.push(Open { spot, anchor, tag: merge_tag(tag), before, depth: 0, items });
        if self.open.len() > MAX_DEPTH {
            return Err(self.error(&format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    /// Puts a whole value into the collection that holds it.
    fn close(&mut self, node: Node, anchor: usize, before: usize, depth: usize) -> Result<(), TreeError> {
        if self.count > MAX_NODES {
            return Err(self.error(&format!("has more than {MAX_NODES} values")));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err(self.error(&format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        if anchor != 0 {
            let of = Anchor { node: node.clone(), count: self.count - before, depth };
            self.anchors.insert(anchor, of);
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.depth = open.depth.max(depth);
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map(entries, key @ None) => {
                let spot = node.spot.clone();
                let text = match node.value {
                    NodeValue::Text(text) => text,
                    NodeValue::Null => "null".to_owned(),
                    _ => String::new(),
                };
                if entries.len() >= MAX_KEYS {
                    return Err(self.error(&format!("has a map of more than {MAX_KEYS} keys")));
                }
                if text != "<<" && entries.iter().any(|entry| entry.key == text) {
                    return Err(self.error(&format!("has the key {text} twice")));
                }
                *key = Some((text, spot));
            }
            Items::Map(entries, key) => {
                if let Some((key, spot)) = key.take() {
                    entries.push(Entry { key, spot, value: node });
                }
            }
        }
        Ok(())
    }
}

/// The entries of a map with those that its merge keys bring: what is written out wins, then what comes first.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.key != "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.key == "<<");
    for merge in merges {
        let sources = match merge.value.value {
            NodeValue::List(items) => items,
            value => vec![Node::new(value, merge.spot)],
        };
        for entry in sources.iter().flat_map(Node::entries) {
            if own.iter().all(|known| known.key != entry.key) {
                own.push(entry.clone());
            }
        }
    }
    own
}

fn merge_tag(tag: Option<&Tag>) -> MergeTag {
    match tag {
        Some(tag) if tag.handle == "!" && tag.suffix == "reset" => MergeTag::Reset,
        Some(tag) if tag.handle == "!" && tag.suffix == "override" => MergeTag::Override,
        _ => MergeTag::Merge,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tree as JSON-like text, with the line and column of each key.
    fn shown(node: &Node) -> String {
        match &node.value {
            NodeValue::Null => "null".to_owned(),
            NodeValue::Text(text) | NodeValue::Folder(text) | NodeValue::Unknown(text) => text.clone(),
            NodeValue::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            NodeValue::Map(entries) => {
                let one = |entry: &Entry| {
                    let Entry { key, spot, value } = entry;
                    format!("{key}@{}:{}: {}", spot.line, spot.column, shown(value))
                };
                format!("{{{}}}", entries.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn read(text: &str) -> String {
        match parse(text, "f") {
            Ok(documents) => documents.iter().map(shown).collect::<Vec<_>>().join(" "),
            Err(TreeError { line, why }) => format!("{line}: {why}"),
        }
    }

    #[test]
    fn keys_have_their_places() {
        assert_eq!(
            read("\u{feff}a: 1.10\nb:\n  - {c: '1.10', d: ~}\n  - e"),
            "{a@1:1: 1.1, b@2:1: [{c@3:6: 1.10, d@3:17: null}, e]}"
        );
        assert_eq!(read("a: !!str 010\n---\nb: |\n  x\n"), "{a@1:1: 010} {b@3:1: x\n}");
        assert_eq!(read("a: {}\n\"a\": 1"), "2: has the key a twice");
    }

    #[test]
    fn merge_keys_bring_what_is_not_written_out() {
        assert_eq!(
            read("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 5\n"),
            "{x@1:1: {a@1:8: 1, b@1:14: 2}, y@2:1: {b@2:8: 3, c@2:14: 4}, z@3:1: {a@5:3: 5, b@1:14: 2, c@2:14: 4}}"
        );
    }

    #[test]
    fn brackets_and_quotes_may_begin_and_end_anywhere() {
        assert_eq!(
            read("a:\n  b: [\n    x,\n  ]\n  c: {\nd: \"1\n2\"\n}\n  e: f"),
            "{a@1:1: {b@2:3: [x], c@5:3: {d@6:1: 1 2}, e@9:3: f}}"
        );
        assert!(read("a:\n    b: 1\n  c: 2").starts_with("3: is no YAML"));
    }

    #[test]
    fn nothing_grows_without_end() {
        let laughs: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
        assert!(read(&format!("a0: &a0 [x]\n{laughs}")).contains("more than 100000 values"));
        let deep: String = (1..30).map(|n| format!("a{n}: &a{n} [[[[[*a{}]]]]]\n", n - 1)).collect();
        assert!(read(&format!("a0: &a0 [x]\n{deep}")).contains("deeper than 100 levels"));
        let keys: String = (0..20_000).map(|n| format!("k{n}: x\n")).collect();
        assert!(read(&keys).contains("a map of more than 10000 keys"));
        assert!(parse(&"[".repeat(100_000), "f").is_err());
        let brackets = "a:\n  b: [\n]\n".replace('a', "k");
        let many: String = (0..1000).map(|n| brackets.replace('k', &format!("k{n}"))).collect();
        assert!(read(&many).contains("invalid indentation"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([ \n]{0,4}[a-b\\[\\]{}:,*&!'\"|<?-]{1,3} ?){0,20}") {
            let _ = parse(&text, "f");
        }
    }
}
