//! `Remove`: a member goes with its own comma and white space, and can be put back.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::layout::{ObjectLayout, comma, interior, is_white_space, lead, lead_start, line_break};
use super::undo::UndoAction;
use super::{EditError, Splice, not_an_object};
use crate::text::json::{Document, NodeId, NodeKind, ObjectMember};

/// A member that was taken out, with all that it takes to put it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemovedMember {
    /// Key, colon and value.
    pub(super) member: String,
    /// The white space before it.
    lead: String,
    /// The white space behind it: up to its comma, or if it was the only one, to the bracket.
    tail: String,
    /// The white space before the comma of the member before it, where this one was the last.
    gap: String,
    /// The member before it.
    previous: Option<Neighbour>,
    /// The member behind it.
    next: Option<Neighbour>,
    /// How many members of the same key stayed.
    pub(super) left: usize,
}

/// A member, told from others of the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Neighbour {
    pub(super) key: String,
    /// How many of the same key stand before it.
    pub(super) nth: usize,
    /// The white space before it.
    pub(super) lead: String,
}

impl Neighbour {
    fn at(document: &Document, object: NodeId, index: usize) -> Option<Self> {
        let members = document.members(object);
        let key = members.get(index)?.key.clone()?;
        let nth = members[..index].iter().filter(|member| member.key.as_ref() == Some(&key)).count();
        Some(Self { key, nth, lead: lead(document, object, index).to_owned() })
    }

    /// Where it stands; the last one of its key if there are fewer by now.
    fn position(&self, members: &[ObjectMember]) -> Option<usize> {
        let mut same =
            members.iter().enumerate().filter(|(_, member)| member.key.as_ref() == Some(&self.key));
        let (first, _) = same.next()?;
        Some(same.take(self.nth).last().map_or(first, |(index, _)| index))
    }

    fn stands_as_before(&self, document: &Document, object: NodeId) -> bool {
        let index = self.position(document.members(object));
        index.is_some_and(|index| lead(document, object, index) == self.lead)
    }
}

/// Takes out the last member of that path; `None` if there is none.
pub(super) fn remove(
    document: &Document,
    path: &[String],
) -> Result<Option<(Splice, UndoAction)>, EditError> {
    let (key, parents) = path.split_last().ok_or(EditError::NoKey)?;
    let mut object = document.root();
    for (depth, parent) in parents.iter().enumerate() {
        if document.kind(object) != NodeKind::Object {
            return Err(not_an_object(document, &path[..depth], object));
        }
        match document.get(object, parent) {
            Some(found) => object = found,
            None => return Ok(None),
        }
    }
    if document.kind(object) != NodeKind::Object {
        return Err(not_an_object(document, parents, object));
    }
    let Some(index) = document.position(object, key) else { return Ok(None) };
    let splice = Splice::of(document.text(), span(document, object, index), String::new());
    Ok(Some((splice, UndoAction::Removed(removed(document, object, index)))))
}

/// What goes with a member: its white space and its comma; for the last one, the comma before it.
pub(super) fn span(document: &Document, object: NodeId, index: usize) -> Range<usize> {
    let members = document.members(object);
    let end = document.span(members[index].value).end;
    match index.checked_sub(1) {
        _ if index + 1 < members.len() => {
            lead_start(document, object, index)..comma(document, object, index) + 1
        }
        Some(previous) => comma(document, object, previous)..end,
        None => lead_start(document, object, index)..end,
    }
}

fn removed(document: &Document, object: NodeId, index: usize) -> RemovedMember {
    let text = document.text();
    let members = document.members(object);
    let member = &members[index];
    let end = document.span(member.value).end;
    let (tail, gap) = match index.checked_sub(1) {
        _ if index + 1 < members.len() => (&text[end..comma(document, object, index)], ""),
        None => (&text[end..document.span(object).end - 1], ""),
        Some(previous) => {
            ("", &text[document.span(members[previous].value).end..comma(document, object, previous)])
        }
    };
    RemovedMember {
        member: text[member.key_span.start..end].to_owned(),
        lead: lead(document, object, index).to_owned(),
        tail: tail.to_owned(),
        gap: gap.to_owned(),
        previous: index.checked_sub(1).and_then(|previous| Neighbour::at(document, object, previous)),
        next: Neighbour::at(document, object, index + 1),
        left: members.iter().filter(|other| other.key == member.key).count() - 1,
    }
}

impl RemovedMember {
    /// Key and value as they were written, if the record is whole and holds that key.
    pub(super) fn parts<'r>(&'r self, key: &str) -> Option<(&'r str, &'r str)> {
        let spaces = [&self.lead, &self.tail, &self.gap];
        let whole = spaces.iter().all(|space| space.chars().all(is_white_space));
        let wrapped = ["{", &self.member, "}"].concat();
        let document = Document::parse(&wrapped).ok().filter(|_| whole)?;
        let [member] = document.members(document.root()) else { return None };
        let unwrapped = |span: Range<usize>| self.member.get(span.start - 1..span.end - 1);
        let parts = (unwrapped(member.key_span.clone())?, unwrapped(document.span(member.value))?);
        (member.key.as_deref() == Some(key)).then_some(parts)
    }

    /// Puts the member back to where it was among its neighbours, or else where it was in the object that the chain
    /// from the root on ends with: first, or at the end.
    pub(super) fn put_back(&self, document: &Document, chain: &[NodeId], key: &str) -> Option<Splice> {
        let &object = chain.last()?;
        let text = document.text();
        let members = document.members(object);
        let layout = ObjectLayout::of(document, chain);
        let Some(last) = members.len().checked_sub(1) else {
            return self.put_into_empty(document, object, &layout, key);
        };
        // The white space before a bracket has no place before a comma.
        let tail = if self.next.is_some() { self.tail.as_str() } else { "" };
        let mut neighbours = [&self.previous, &self.next].into_iter().flatten();
        let unmoved = neighbours.any(|neighbour| neighbour.stands_as_before(document, object));
        let (lead, member, tail) = if unmoved || self.fits(&layout) {
            (self.lead.clone(), self.member.clone(), tail)
        } else {
            let (key, value) = self.parts(key)?;
            (layout.lead(false), layout.raw_member(key, value), "")
        };
        let find = |neighbour: &Option<Neighbour>| neighbour.as_ref()?.position(members);
        let before = match (find(&self.previous), find(&self.next)) {
            (Some(previous), _) => previous + 1,
            (None, Some(next)) => next,
            (None, None) if self.previous.is_none() => 0,
            (None, None) => last + 1,
        };
        // It was the last one of its key, the one that counts.
        let before = document.position(object, key).map_or(before, |same| before.max(same + 1));
        if before <= last {
            let at = lead_start(document, object, before);
            return Some(Splice::of(text, at..at, [&lead, &member, tail, ","].concat()));
        }
        let end = document.span(members[last].value).end;
        let at = if text[end..].starts_with(&self.gap) { end + self.gap.len() } else { end };
        Some(Splice::of(text, at..at, [",", &lead, &member].concat()))
    }

    fn put_into_empty(
        &self,
        document: &Document,
        object: NodeId,
        layout: &ObjectLayout,
        key: &str,
    ) -> Option<Splice> {
        let span = document.span(object);
        let space = interior(document, object);
        let was_alone = self.previous.is_none() && self.next.is_none();
        // An empty document tells nothing of its layout.
        let fits = self.fits(layout) || was_alone && space == self.tail || object == document.root();
        let inside = if fits {
            let closing = space.is_empty() && line_break(&self.lead).is_some();
            let tail = if closing { layout.tail() } else { space.to_owned() };
            [self.lead.as_str(), &self.member, &tail].concat()
        } else {
            let (key, value) = self.parts(key)?;
            [layout.lead(true), layout.raw_member(key, value), layout.tail()].concat()
        };
        Some(Splice::of(document.text(), span.start + 1..span.end - 1, inside))
    }

    /// Whether the object is still laid out as it was when the member stood in it.
    fn fits(&self, layout: &ObjectLayout) -> bool {
        match (line_break(&self.lead), &layout.lines) {
            (Some((newline, indent)), Some(lines)) => newline == lines.newline && indent == lines.indent,
            (None, None) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
impl RemovedMember {
    /// A record of anything.
    pub(super) fn garbled(
        (member, lead, tail, gap): (String, String, String, String),
        previous: Option<Neighbour>,
        next: Option<Neighbour>,
        left: usize,
    ) -> Self {
        Self { member, lead, tail, gap, previous, next, left }
    }
}
