//! One change of a text.

use std::ops::Range;

use super::layout::{Flow, RootValue, YamlEntry, YamlLayout, YamlShape};
use super::undo::YamlUndoAction;
use super::{OVERRIDES, PLAINLY, YamlEditError};
use crate::text::edit::Splice;

type OverrideChange = (Splice, YamlUndoAction);

/// Gives a selector its value.
pub(super) fn set(
    text: &str,
    layout: &YamlLayout,
    selector: &str,
    value: &str,
) -> Result<OverrideChange, YamlEditError> {
    let overrides = layout.overrides.as_ref();
    let entries = overrides.map(|found| found.entries()).unwrap_or_default();
    if let Some(entry) = find(entries, selector) {
        let is_flow = overrides.is_some_and(|found| matches!(found.shape, YamlShape::Flow(_)));
        let splice = replace(text, entry, written(value, is_flow, entry.line)?)?;
        let before = text[entry.value.clone()].to_owned();
        return Ok((splice, YamlUndoAction::Replaced { before, former: None, wrote: value.to_owned() }));
    }
    let line = overrides.map_or(1, |found| found.line);
    let splice = add(text, layout, SplicePlace::End, &|in_flow| {
        Ok(format!("{}: {}", written(selector, true, line)?, written(value, in_flow, line)?))
    })?;
    let made = overrides.is_none();
    Ok((splice, YamlUndoAction::Added { wrote: value.to_owned(), made }))
}

/// Takes a selector out.
pub(super) fn remove(
    text: &str,
    layout: &YamlLayout,
    selector: &str,
) -> Result<OverrideChange, YamlEditError> {
    let overrides = layout.overrides.as_ref();
    let entries = overrides.map(|found| found.entries()).unwrap_or_default();
    let index = entries.iter().position(|entry| entry.name.as_deref() == Some(selector));
    let (Some(overrides), Some(index)) = (overrides, index) else {
        let line = overrides.map_or(1, |found| found.line);
        let message = format!("`{selector}` comes from somewhere else, by an alias or a merge key");
        return Err(YamlEditError::new(line, message, PLAINLY));
    };
    let entry = &entries[index];
    let (span, is_flow) = match &overrides.shape {
        YamlShape::Flow(_) => (in_braces(text, entries, index)?, true),
        _ => (lines_of(text, entry)?, false),
    };
    let end = if is_flow { entry_end(entry) } else { line_end(text, entry_end(entry)) };
    let raw = text[entry.key.start..end].to_owned();
    let behind = index.checked_sub(1).and_then(|before| entries[before].name.clone());
    Ok((Splice::of(text, span, String::new()), YamlUndoAction::Removed { raw, former: None, behind }))
}

/// Takes the key `overrides` out, which has nothing behind it any more; `None` where something else stands on its line.
pub(super) fn remove_map(text: &str, layout: &YamlLayout) -> Option<Splice> {
    let overrides = layout.overrides.as_ref()?;
    match (&overrides.shape, &layout.root) {
        (YamlShape::Empty(value), RootValue::Block { .. }) if value.is_empty() => {
            let end = line_end(text, overrides.key.end);
            let is_bare = text[overrides.key.end..end].trim() == ":";
            let is_whole = text[line_start(text, overrides.key.start)..overrides.key.start].trim().is_empty();
            (is_bare && is_whole)
                .then(|| Splice::of(text, whole_lines(text, overrides.key.start, end), String::new()))
        }
        (YamlShape::Flow(flow), root) if flow.entries.is_empty() => {
            let close = flow.start + text[flow.start..].find('}')? + 1;
            if !text[flow.start..close - 1].trim().is_empty() {
                return None;
            }
            let span = match root {
                RootValue::Flow(root) => {
                    let index =
                        root.entries.iter().position(|entry| entry.name.as_deref() == Some(OVERRIDES))?;
                    in_braces(text, &root.entries, index).ok()?
                }
                _ => {
                    let end = line_end(text, close);
                    if !text[close..end].trim().is_empty() {
                        return None;
                    }
                    whole_lines(text, overrides.key.start, end)
                }
            };
            Some(Splice::of(text, span, String::new()))
        }
        _ => None,
    }
}

/// Puts another value in an entry's place.
pub(super) fn replace(text: &str, entry: &YamlEntry, value: String) -> Result<Splice, YamlEditError> {
    if !entry.is_plain || entry.is_anchored {
        let name = entry.name.as_deref().unwrap_or_default();
        let message = format!("the value of `{name}` is no plain string");
        return Err(YamlEditError::new(entry.line, message, PLAINLY));
    }
    Ok(Splice::of(text, entry.value.clone(), value))
}

/// Where an entry is added.
#[derive(Clone, Copy)]
pub(super) enum SplicePlace<'p> {
    First,
    /// Or at the end, where there is no such neighbour any more.
    Behind(&'p str),
    End,
}

/// Adds an entry; where there are no overrides, they are made. The entry is asked for with whether it stands in braces.
pub(super) fn add(
    text: &str,
    layout: &YamlLayout,
    place: SplicePlace<'_>,
    entry: &dyn Fn(bool) -> Result<String, YamlEditError>,
) -> Result<Splice, YamlEditError> {
    let eol = line_ending(text);
    let Some(overrides) = &layout.overrides else { return make(text, layout, entry) };
    let neighbour = |entries: &[YamlEntry]| {
        let SplicePlace::Behind(name) = place else { return None };
        find(entries, name).cloned().filter(|entry| entry.is_plain)
    };
    let line = |indent: usize| -> Result<String, YamlEditError> {
        Ok(format!("{eol}{}{}", " ".repeat(indent), entry(false)?))
    };
    match &overrides.shape {
        YamlShape::Block { indent, entries } => {
            let first = entries.first().filter(|_| matches!(place, SplicePlace::First));
            if let Some(first) = first.map(|entry| line_start(text, entry.key.start)) {
                return Ok(Splice::of(
                    text,
                    first..first,
                    format!("{}{}{eol}", " ".repeat(*indent), entry(false)?),
                ));
            }
            let last = neighbour(entries).or_else(|| entries.iter().rfind(|entry| entry.is_plain).cloned());
            let Some(last) = last else { return Err(odd(overrides.line)) };
            let end = line_end(text, last.value.end);
            if !is_comment(&text[last.value.end..end]) {
                return Err(odd(last.line));
            }
            Ok(Splice::of(text, end..end, line(*indent)?))
        }
        YamlShape::Flow(flow) if matches!(place, SplicePlace::First) && !flow.entries.is_empty() => {
            Ok(Splice::of(text, flow.start..flow.start, format!("{}, ", entry(true)?)))
        }
        YamlShape::Flow(flow) => add_in_braces(text, flow, neighbour(&flow.entries), entry),
        YamlShape::Empty(value) => {
            let RootValue::Block { indent } = &layout.root else {
                if value.is_empty() {
                    return Err(odd(overrides.line));
                }
                return Ok(Splice::of(text, value.clone(), format!("{{{}}}", entry(true)?)));
            };
            let start = overrides.key.end + text[overrides.key.end..].find(':').map_or(0, |at| at + 1);
            let end = line_end(text, start.max(value.end));
            let rest = &text[start.max(value.end)..end];
            let is_value_there = text[start..start.max(value.end)].trim() == &text[value.clone()];
            if !is_comment(rest) || !is_value_there {
                return Err(odd(overrides.line));
            }
            Ok(Splice::of(text, start..end, format!("{rest}{}", line(indent + 2)?)))
        }
    }
}

/// The whole map, at the document's end.
fn make(
    text: &str,
    layout: &YamlLayout,
    entry: &dyn Fn(bool) -> Result<String, YamlEditError>,
) -> Result<Splice, YamlEditError> {
    let indent = match &layout.root {
        RootValue::Flow(flow) => {
            let map = |_| Ok(format!("{OVERRIDES}: {{{}}}", entry(true)?));
            return add_in_braces(text, flow, None, &map);
        }
        RootValue::Block { indent } => *indent,
        RootValue::Nothing => 0,
    };
    let (eol, end) = (line_ending(text), layout.end);
    let spaces = " ".repeat(indent);
    let before = &text[..end];
    let is_begun = !before.trim_start_matches('\u{feff}').is_empty() && !before.ends_with('\n');
    let (first, last) = if is_begun { (eol, "") } else { ("", eol) };
    let lines = format!("{first}{spaces}{OVERRIDES}:{eol}{spaces}  {}{last}", entry(false)?);
    Ok(Splice::of(text, end..end, lines))
}

fn add_in_braces(
    text: &str,
    flow: &Flow,
    neighbour: Option<YamlEntry>,
    entry: &dyn Fn(bool) -> Result<String, YamlEditError>,
) -> Result<Splice, YamlEditError> {
    let last = neighbour.or_else(|| flow.entries.iter().rfind(|entry| entry.is_plain).cloned());
    let (at, added) = match last {
        Some(last) => (last.value.end, format!(", {}", entry(true)?)),
        None if flow.entries.is_empty() => (flow.start, entry(true)?),
        // None whose end is known for sure: before the first one then.
        None => (flow.start, format!("{}, ", entry(true)?)),
    };
    Ok(Splice::of(text, at..at, added))
}

/// The lines of an entry, with the line break in front of it where none follows.
fn lines_of(text: &str, entry: &YamlEntry) -> Result<Range<usize>, YamlEditError> {
    let start = line_start(text, entry.key.start);
    let end = line_end(text, entry_end(entry));
    let rest = &text[entry_end(entry)..end];
    let colon = rest.trim_start().strip_prefix(':').filter(|_| entry.value.is_empty());
    let rest = colon.unwrap_or(rest);
    let is_alone = text[start..entry.key.start].chars().all(|c| c == ' ') && is_comment(rest);
    if !is_alone || entry.is_anchored || !entry.is_plain && !entry.value.is_empty() {
        let name = entry.name.as_deref().unwrap_or_default();
        let message = format!("`{name}` is no plain line of its own");
        return Err(YamlEditError::new(entry.line, message, PLAINLY));
    }
    Ok(whole_lines(text, start, end))
}

fn whole_lines(text: &str, start: usize, end: usize) -> Range<usize> {
    let start = line_start(text, start);
    let rest = &text[end..];
    let after = ["\r\n", "\n"].iter().find(|eol| rest.starts_with(**eol)).map_or(0, |eol| eol.len());
    if after > 0 {
        return start..end + after;
    }
    let before = &text[..start];
    let before =
        before.strip_suffix('\n').map_or(before, |before| before.strip_suffix('\r').unwrap_or(before));
    before.len()..end
}

/// An entry in braces with one of its commas.
fn in_braces(text: &str, entries: &[YamlEntry], index: usize) -> Result<Range<usize>, YamlEditError> {
    let entry = &entries[index];
    let is_known = entry.is_plain || entry.name.as_deref() == Some(OVERRIDES);
    if entry.is_anchored || !is_known {
        return Err(odd(entry.line));
    }
    let (start, end) = (entry.key.start, entry_end(entry));
    let after = text[end..].trim_start().strip_prefix(',').map(|rest| text.len() - rest.len());
    let before = text[..start].trim_end().strip_suffix(',').map(str::len);
    // A comma of a comment is none.
    let before = before.filter(|comma| !text[line_start(text, *comma)..*comma].contains(" #"));
    match (entries.get(index + 1), after, before) {
        (Some(next), Some(after), _) => {
            let is_next = text[after..next.key.start].trim().is_empty();
            Ok(start..if is_next { next.key.start } else { after })
        }
        (None, _, Some(before)) => Ok(before..end),
        (None, after, None) if index == 0 => Ok(start..after.unwrap_or(end)),
        _ => Err(odd(entry.line)),
    }
}

pub(super) fn find<'e>(entries: &'e [YamlEntry], selector: &str) -> Option<&'e YamlEntry> {
    entries.iter().find(|entry| entry.name.as_deref() == Some(selector))
}

fn entry_end(entry: &YamlEntry) -> usize {
    entry.key.end.max(entry.value.end)
}

fn odd(line: usize) -> YamlEditError {
    YamlEditError::new(line, "`overrides` is written so that no line can be added or taken out", PLAINLY)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Where a line's break begins.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    if end > at && text[..end].ends_with('\r') { end - 1 } else { end }
}

fn is_comment(rest: &str) -> bool {
    let words = rest.trim();
    words.is_empty() || words.starts_with('#') && rest.starts_with([' ', '\t'])
}

/// How the text ends its first line.
fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// A string as it is written, without quotes only where nobody could read it as something else.
pub(super) fn written(text: &str, quoted: bool, line: usize) -> Result<String, YamlEditError> {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
        let message = format!("'{}' cannot be written", text.escape_debug());
        return Err(YamlEditError::new(line, message, "choose names without control characters"));
    }
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | '+' | '@');
    let is_plain = !quoted && text.strip_prefix("file:").is_some_and(|path| path.chars().all(is_safe));
    Ok(if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) })
}
