//! Where the overrides stand in a text.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{OVERRIDES, PLAINLY, YamlEditError};
use crate::text::yaml::YamlError;

/// What of a text an edit has to know. Places are bytes.
pub(super) struct YamlLayout {
    pub(super) root: RootValue,
    pub(super) overrides: Option<Overrides>,
    /// Where the document ends: before `...`, or at the text's end.
    pub(super) end: usize,
}

/// The outermost value.
pub(super) enum RootValue {
    /// Nothing, or nothing but comments.
    Nothing,
    /// Lines of keys.
    Block { indent: usize },
    /// Braces.
    Flow(Flow),
}

/// A map in braces, as far as adding to it goes.
pub(super) struct Flow {
    /// Behind the opening brace.
    pub(super) start: usize,
    pub(super) entries: Vec<YamlEntry>,
}

/// The map of overrides.
pub(super) struct Overrides {
    pub(super) line: usize,
    pub(super) key: Range<usize>,
    pub(super) shape: YamlShape,
}

pub(super) enum YamlShape {
    /// `null`, in words or by there being nothing.
    Empty(Range<usize>),
    Block {
        indent: usize,
        entries: Vec<YamlEntry>,
    },
    Flow(Flow),
}

impl Overrides {
    pub(super) fn has(&self, selector: &str) -> bool {
        self.entries().iter().any(|entry| entry.name.as_deref() == Some(selector))
    }

    pub(super) fn entries(&self) -> &[YamlEntry] {
        match &self.shape {
            YamlShape::Empty(_) => &[],
            YamlShape::Block { entries, .. } | YamlShape::Flow(Flow { entries, .. }) => entries,
        }
    }
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct YamlEntry {
    /// `None` where the key is no string of its own.
    pub(super) name: Option<String>,
    pub(super) line: usize,
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether the value is a string as people write them, or the alias of one: its place is exact.
    pub(super) is_plain: bool,
    /// Whether something else of the text may be meant by key or value.
    pub(super) is_anchored: bool,
}

/// A collection that is open.
struct OpenNode {
    is_mapping: bool,
    is_flow: bool,
    anchored: bool,
    start: Range<usize>,
    column: usize,
    line: usize,
    entries: Vec<YamlEntry>,
    key: Option<YamlEntry>,
}

impl YamlLayout {
    pub(super) fn of(text: &str) -> Result<Self, YamlEditError> {
        let bom = text.len() - text.trim_start_matches('\u{feff}').len();
        let body = &text[bom..];
        let places: Vec<usize> = body.char_indices().map(|(at, _)| at + bom).chain([text.len()]).collect();
        let at = |index: usize| places.get(index).copied().unwrap_or(text.len());
        let mut reader = LayoutReader {
            layout: Self { root: RootValue::Nothing, overrides: None, end: text.len() },
            open: Vec::new(),
        };
        for event in Parser::new_from_str(body) {
            let (event, span) = event.map_err(|error| YamlError {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                message: error.info().to_owned(),
            })?;
            let place = at(span.start.index())..at(span.end.index());
            if matches!(event, Event::DocumentEnd) && text[place.clone()].starts_with("...") {
                reader.layout.end = place.start;
            }
            let is_flow = text[place.clone()].starts_with('{');
            reader.take(event, place, is_flow, span.start.line(), span.start.col())?;
        }
        Ok(reader.layout)
    }
}

struct LayoutReader {
    layout: YamlLayout,
    /// The root, the overrides, and what is in them.
    open: Vec<OpenNode>,
}

impl LayoutReader {
    fn take(
        &mut self,
        event: Event<'_>,
        place: Range<usize>,
        is_flow: bool,
        line: usize,
        column: usize,
    ) -> Result<(), YamlEditError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let is_empty = place.is_empty() || text.is_empty() && style == ScalarStyle::Plain;
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let entry = YamlEntry {
                    name: Some(text.into_owned()),
                    line,
                    key: place.clone(),
                    value: if is_empty { place.start..place.start } else { place },
                    is_plain: !is_block && !is_empty && anchor == 0 && tag.is_none(),
                    is_anchored: anchor != 0,
                };
                self.value(entry, is_null && tag.is_none())
            }
            Event::Alias(_) => {
                let entry = YamlEntry {
                    name: None,
                    line,
                    key: place.clone(),
                    value: place,
                    is_plain: true,
                    is_anchored: false,
                };
                self.value(entry, false)
            }
            Event::MappingStart(anchor, tag) => {
                self.start(true, is_flow, anchor != 0 || tag.is_some(), place, line, column);
                Ok(())
            }
            Event::SequenceStart(anchor, _) => {
                self.start(false, false, anchor != 0, place, line, column);
                Ok(())
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(place),
            _ => Ok(()),
        }
    }

    fn start(
        &mut self,
        is_mapping: bool,
        is_flow: bool,
        anchored: bool,
        start: Range<usize>,
        line: usize,
        column: usize,
    ) {
        let (entries, key) = (Vec::new(), None);
        self.open.push(OpenNode { is_mapping, is_flow, anchored, start, column, line, entries, key });
    }

    fn end(&mut self, place: Range<usize>) -> Result<(), YamlEditError> {
        let Some(closed) = self.open.pop() else { return Ok(()) };
        if self.open.is_empty() {
            return self.root(closed);
        }
        if self.is_overrides() {
            let line = self.open[0].key.as_ref().map_or(1, |key| key.line);
            if !closed.is_mapping {
                return Err(YamlEditError::new(line, "`overrides` is no map", PLAINLY));
            }
            if closed.anchored {
                let message = "`overrides` has an anchor or a tag, and may mean more than one place";
                return Err(YamlEditError::new(line, message, PLAINLY));
            }
            check_names(&closed.entries)?;
            let key = self.open[0].key.as_ref().map(|key| key.key.clone()).unwrap_or_default();
            let shape = shape(&closed);
            self.layout.overrides = Some(Overrides { line, key, shape });
        }
        let entry = YamlEntry {
            name: None,
            line: closed.line,
            key: closed.start.start..place.end,
            value: closed.start.start..place.end,
            is_plain: false,
            is_anchored: closed.anchored,
        };
        self.value(entry, false)
    }

    /// A whole value, or a key.
    fn value(&mut self, entry: YamlEntry, is_null: bool) -> Result<(), YamlEditError> {
        let is_overrides = self.is_overrides();
        let Some(parent) = self.open.last_mut() else {
            // The root is a scalar: nothing at all, or it has been refused.
            return Ok(());
        };
        if !parent.is_mapping {
            return Ok(());
        }
        let Some(key) = parent.key.take() else {
            parent.key = Some(entry);
            return Ok(());
        };
        if is_overrides && self.layout.overrides.is_none() {
            let (line, is_anchored) = (key.line, entry.is_anchored);
            if !is_null || is_anchored {
                let message = "`overrides` is no map of its own";
                return Err(YamlEditError::new(line, message, PLAINLY));
            }
            let shape = YamlShape::Empty(entry.value.clone());
            self.layout.overrides = Some(Overrides { line, key: key.key.clone(), shape });
        }
        let Some(parent) = self.open.last_mut() else { return Ok(()) };
        parent.entries.push(YamlEntry {
            name: key.name,
            line: key.line,
            key: key.key,
            value: entry.value,
            is_plain: entry.is_plain,
            is_anchored: key.is_anchored || entry.is_anchored,
        });
        Ok(())
    }

    /// Whether the value that comes next is that of the root's `overrides`.
    fn is_overrides(&self) -> bool {
        let [root] = self.open.as_slice() else { return false };
        root.is_mapping && root.key.as_ref().is_some_and(|key| key.name.as_deref() == Some(OVERRIDES))
    }

    fn root(&mut self, root: OpenNode) -> Result<(), YamlEditError> {
        let twice: Vec<&YamlEntry> =
            root.entries.iter().filter(|entry| entry.name.as_deref() == Some(OVERRIDES)).collect();
        if let [_, second, ..] = twice.as_slice() {
            return Err(YamlEditError::new(
                second.line,
                "`overrides` stands there twice",
                "take one of them out",
            ));
        }
        self.layout.root = if root.is_flow {
            RootValue::Flow(Flow { start: root.start.end, entries: root.entries })
        } else {
            RootValue::Block { indent: root.column }
        };
        Ok(())
    }
}

fn shape(map: &OpenNode) -> YamlShape {
    let entries = map.entries.clone();
    if map.is_flow {
        YamlShape::Flow(Flow { start: map.start.end, entries })
    } else {
        YamlShape::Block { indent: map.column, entries }
    }
}

/// Of repeated keys some readers take the first, others the last, and pnpm none.
fn check_names(entries: &[YamlEntry]) -> Result<(), YamlEditError> {
    for (index, entry) in entries.iter().enumerate() {
        if let Some(name) = &entry.name
            && name != "<<"
            && entries[..index].iter().any(|other| other.name.as_ref() == Some(name))
        {
            let message = format!("`{name}` stands there twice");
            return Err(YamlEditError::new(entry.line, message, "take one of them out"));
        }
    }
    Ok(())
}
