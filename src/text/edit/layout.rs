//! How the members of an object are laid out, so that a new one looks like its siblings.

use serde_json::Value;

use crate::text::json::{Document, NodeId, NodeKind, ObjectMember};

/// pnpm's and npm's own, where a document gives no hint.
const DEFAULT_UNIT: &str = "  ";

/// A line break with what follows it up to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberBreak {
    pub(super) newline: &'static str,
    /// Of the members' keys.
    pub(super) indent: String,
    /// Of the closing bracket.
    pub(super) closing: String,
}

/// The way in which an object's members are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectLayout {
    /// `None`: all on one line.
    pub(super) lines: Option<MemberBreak>,
    unit: String,
    /// `:` with the space around it.
    colon: String,
    /// What follows a comma on one line.
    gap: String,
    /// What stands inside the brackets on one line.
    pad: String,
}

impl ObjectLayout {
    /// The layout of the object that the path of objects from the root on ends with: that of its last member, or
    /// if it has none, what its surroundings suggest.
    pub(super) fn of(document: &Document, chain: &[NodeId]) -> Self {
        let unit = unit(document, chain);
        let Some((&object, outer)) = chain.split_last() else { return Self::of_nothing(document, unit) };
        if document.members(object).is_empty() {
            return Self::of_empty(document, object, outer, unit);
        }
        Self::of_filled(
            document,
            object,
            document.members(object).len() - 1,
            closing(document, object, outer),
            unit,
        )
    }

    fn of_filled(document: &Document, object: NodeId, index: usize, closing: String, unit: String) -> Self {
        let lead = lead(document, object, index);
        let lines = line_break(lead).map(|(newline, indent)| MemberBreak {
            newline,
            indent: indent.to_owned(),
            closing,
        });
        let member = &document.members(object)[index];
        let colon = colon(document, member);
        let end = document.members(object).last().map_or(0, |last| document.span(last.value).end);
        let pad = document.text()[end..document.span(object).end - 1].to_owned();
        let pad = if pad.contains(['\n', '\r']) { String::new() } else { pad };
        let gap = match index {
            0 if lead.is_empty() && colon.ends_with([' ', '\t']) => " ",
            _ => lead,
        };
        Self { gap: gap.to_owned(), lines, unit, colon, pad }
    }

    fn of_empty(document: &Document, object: NodeId, outer: &[NodeId], unit: String) -> Self {
        let Some((&parent, around)) = outer.split_last() else { return Self::of_nothing(document, unit) };
        let index =
            document.members(parent).iter().position(|member| member.value == object).unwrap_or_default();
        let mut layout = Self::of_filled(document, parent, index, closing(document, parent, around), unit);
        let broken = line_break(interior(document, object));
        layout.lines = match (layout.lines, broken) {
            (Some(lines), _) => Some(MemberBreak {
                newline: lines.newline,
                indent: [lines.indent.as_str(), &layout.unit].concat(),
                closing: lines.indent,
            }),
            (None, Some((newline, closing))) => Some(MemberBreak {
                newline,
                indent: [closing, &layout.unit].concat(),
                closing: closing.to_owned(),
            }),
            (None, None) => None,
        };
        layout
    }

    /// For a document that is an empty object.
    fn of_nothing(document: &Document, unit: String) -> Self {
        let newline = line_break(document.text()).map_or("\n", |(newline, _)| newline);
        let lines = Some(MemberBreak { newline, indent: unit.clone(), closing: String::new() });
        Self { lines, unit, colon: ": ".into(), gap: " ".into(), pad: String::new() }
    }

    /// A member with the white space before it.
    pub(super) fn member(&self, key: &str, value: &Value, first: bool) -> String {
        self.lead(first) + &self.raw_member(&string(key), &self.value(value))
    }

    /// A member whose key and value are written already.
    pub(super) fn raw_member(&self, key: &str, value: &str) -> String {
        [key, &self.colon, value].concat()
    }

    /// The white space before a member.
    pub(super) fn lead(&self, first: bool) -> String {
        match &self.lines {
            Some(lines) => [lines.newline, &lines.indent].concat(),
            None if first => self.pad.clone(),
            None => self.gap.clone(),
        }
    }

    /// The white space before the closing bracket.
    pub(super) fn tail(&self) -> String {
        match &self.lines {
            Some(lines) => [lines.newline, &lines.closing].concat(),
            None => self.pad.clone(),
        }
    }

    /// A value as a member of this object.
    pub(super) fn value(&self, value: &Value) -> String {
        let parts: Vec<String> = match value {
            Value::Object(members) if !members.is_empty() => {
                let inner = self.inner();
                let members = members.iter().enumerate();
                members.map(|(index, (key, value))| inner.member(key, value, index == 0)).collect()
            }
            Value::Array(elements) if !elements.is_empty() => {
                let inner = self.inner();
                let elements = elements.iter().enumerate();
                elements.map(|(index, value)| inner.lead(index == 0) + &inner.value(value)).collect()
            }
            other => return other.to_string(),
        };
        let (open, close) = if value.is_object() { ("{", "}") } else { ("[", "]") };
        [open, &parts.join(","), &self.inner().tail(), close].concat()
    }

    /// The layout of an object that is a member of this one.
    fn inner(&self) -> Self {
        let mut inner = self.clone();
        if let Some(lines) = &mut inner.lines {
            lines.closing = std::mem::take(&mut lines.indent);
            lines.indent = [lines.closing.as_str(), &self.unit].concat();
        }
        inner
    }
}

/// The white space before a member: from its comma or bracket on.
pub(super) fn lead<'t>(document: &Document<'t>, object: NodeId, index: usize) -> &'t str {
    &document.text()[lead_start(document, object, index)..document.members(object)[index].key_span.start]
}

/// The place behind a member's comma or bracket.
pub(super) fn lead_start(document: &Document, object: NodeId, index: usize) -> usize {
    match index.checked_sub(1) {
        None => document.span(object).start + 1,
        Some(previous) => comma(document, object, previous) + 1,
    }
}

/// The comma behind a member, which must not be the last one.
pub(super) fn comma(document: &Document, object: NodeId, index: usize) -> usize {
    let end = document.span(document.members(object)[index].value).end;
    let rest = &document.text()[end..];
    end + (rest.len() - rest.trim_start_matches(is_white_space).len())
}

/// What stands between an object's brackets.
pub(super) fn interior<'t>(document: &Document<'t>, object: NodeId) -> &'t str {
    let span = document.span(object);
    &document.text()[span.start + 1..span.end - 1]
}

/// JSON's own white space, and no other.
pub(super) fn is_white_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// The last line break of some white space, and what follows it.
pub(super) fn line_break(space: &str) -> Option<(&'static str, &str)> {
    let at = space.rfind('\n')?;
    Some((if space[..at].ends_with('\r') { "\r\n" } else { "\n" }, &space[at + 1..]))
}

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

fn colon(document: &Document, member: &ObjectMember) -> String {
    let colon = &document.text()[member.key_span.end..document.span(member.value).start];
    if colon.contains(['\n', '\r']) { ": ".to_owned() } else { colon.to_owned() }
}

/// The indentation of the line on which an object ends, going by its own key's.
fn closing(document: &Document, object: NodeId, outer: &[NodeId]) -> String {
    own_indent(document, object, outer).unwrap_or_default().to_owned()
}

/// The indentation of an object's own key; none for the root, and `None` where the key begins no line.
fn own_indent<'t>(document: &Document<'t>, object: NodeId, outer: &[NodeId]) -> Option<&'t str> {
    let Some(&parent) = outer.last() else { return Some("") };
    let index = document.members(parent).iter().position(|member| member.value == object)?;
    line_break(lead(document, parent, index)).map(|(_, indent)| indent)
}

/// By how much an object's members are indented: that of the nearest object on the way to the root which shows it,
/// or else of the first one in the document.
fn unit(document: &Document, chain: &[NodeId]) -> String {
    let on_the_way = (1..=chain.len()).rev().find_map(|length| {
        let (&object, outer) = chain[..length].split_last()?;
        step(document, object, own_indent(document, object, outer)?)
    });
    let anywhere = || {
        let objects = document.nodes().filter(|id| document.kind(*id) == NodeKind::Object);
        objects.into_iter().find_map(|parent| {
            let members = document.members(parent).iter().enumerate();
            members.into_iter().find_map(|(index, member)| {
                step(document, member.value, line_break(lead(document, parent, index))?.1)
            })
        })
    };
    on_the_way.or_else(anywhere).unwrap_or_else(|| DEFAULT_UNIT.to_owned())
}

fn step(document: &Document, object: NodeId, own: &str) -> Option<String> {
    if document.members(object).is_empty() {
        return None;
    }
    let (_, indent) = line_break(lead(document, object, 0))?;
    indent.strip_prefix(own).map(str::to_owned)
}
