//! Pieces of regular expressions' sources, in UTF-16 units.

use crate::npm::js;

/// `text.replace(/\\(.)/g, "$1")`.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next)) if !js::is_line_end(next) => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn unit(c: char) -> u16 {
    u16::try_from(u32::from(c)).unwrap_or(0xfffd)
}

pub(super) fn units(text: &str) -> impl Iterator<Item = u16> {
    text.encode_utf16()
}

pub(super) fn as_ascii(u: u16) -> char {
    u8::try_from(u).map_or('\u{fffd}', char::from)
}

pub(super) fn is_special(c: char) -> bool {
    "().*{}+?[]^$\\!".contains(c)
}

/// `text.slice(from, to)`, which never fails.
pub(super) fn slice(text: &[u16], from: usize, to: usize) -> &[u16] {
    let to = to.min(text.len());
    text.get(from.min(to)..to).unwrap_or_default()
}

/// Whether what stands between brackets is a class: `RegExp("[" + braExpEscape(charUnescape(cs)) + "]")`.
pub(super) fn is_class(body: &[u16]) -> bool {
    let mut source = vec![unit('[')];
    let mut rest = body.iter().copied().peekable();
    let escape = |source: &mut Vec<u16>, u: u16| {
        if matches!(as_ascii(u), '[' | ']' | '\\') {
            source.push(unit('\\'));
        }
        source.push(u);
    };
    while let Some(u) = rest.next() {
        match rest.peek() {
            Some(&next) if u == unit('\\') && next != unit('-') && next != unit(']') => {
                escape(&mut source, next);
                rest.next();
            }
            _ => escape(&mut source, u),
        }
    }
    source.push(unit(']'));
    regress::Regex::from_unicode(source.into_iter().map(u32::from), regress::Flags::default()).is_ok()
}

/// `tail.replace(/((?:\\{2}){0,64})(\\?)\|/g, …)`: doubles the backslashes before each bar and escapes it.
pub(super) fn escape_bars(tail: &[u16]) -> Vec<u16> {
    const MOST: usize = 129;
    let backslash = unit('\\');
    let mut out = Vec::new();
    let mut run = 0;
    for &u in tail {
        if u == unit('|') {
            let pairs = run.min(MOST) / 2 * 2;
            let odd = run.min(MOST) % 2;
            // The pairs are out once already; a single one in front of the bar is taken as its escape.
            out.extend(std::iter::repeat_n(backslash, pairs + 1 - odd));
        }
        out.push(u);
        run = if u == backslash { run + 1 } else { 0 };
    }
    out
}
