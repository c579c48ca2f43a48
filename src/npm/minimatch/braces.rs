//! brace-expansion 2.0.1 with balanced-match 1.0.2.

use super::PatternError;
use crate::npm::js;

/// Stand for escaped characters while braces are expanded. The original makes them unlikely with random digits.
const ESCAPES: [(&str, &str, &str); 5] = [
    ("\\\\", "\0SLASH\0", "\\"),
    ("\\{", "\0OPEN\0", "{"),
    ("\\}", "\0CLOSE\0", "}"),
    ("\\,", "\0COMMA\0", ","),
    ("\\.", "\0PERIOD\0", "."),
];
const CLOSE: &str = "\0CLOSE\0";

/// More patterns than anyone writes, and fewer than a machine can hold.
const MAX_EXPANSIONS: usize = 1 << 16;
const MAX_DEPTH: usize = 200;

/// `/\{(?:(?!\{).)*\}/.test(pattern)`: whether minimatch expands braces at all.
pub(super) fn has_braces(pattern: &str) -> bool {
    let mut open = false;
    for c in pattern.chars() {
        match c {
            '{' => open = true,
            '}' if open => return true,
            c if js::is_line_end(c) => open = false,
            _ => {}
        }
    }
    false
}

/// The patterns that a pattern with braces stands for.
///
/// # Errors
///
/// [`PatternError::TooManyBraces`] where there is no end to them.
pub(crate) fn expand(pattern: &str) -> Result<Vec<String>, PatternError> {
    if pattern.is_empty() {
        return Ok(Vec::new());
    }
    let mut text = match pattern.strip_prefix("{}") {
        Some(rest) => format!("\\{{\\}}{rest}"),
        None => pattern.to_owned(),
    };
    for (escaped, token, _) in ESCAPES {
        text = text.replace(escaped, token);
    }
    let mut out = expand_part(&text, true, 0)?;
    for text in &mut out {
        if text.contains('\0') {
            for (_, token, plain) in ESCAPES {
                *text = text.replace(token, plain);
            }
        }
    }
    Ok(out)
}

struct Balanced<'a> {
    pre: &'a str,
    body: &'a str,
    post: &'a str,
}

/// `balanced("{", "}", text)`.
fn balanced(text: &str) -> Option<Balanced<'_>> {
    let find = |c: char, from: usize| text.get(from..).and_then(|rest| rest.find(c)).map(|at| at + from);
    let first = find('{', 0)?;
    let mut next_open = Some(first);
    let mut next_close = Some(find('}', first + 1)?);
    let mut begins: Vec<usize> = Vec::new();
    let mut at = Some(first);
    let mut found = None;
    let mut outer = (text.len(), 0);
    while let (Some(here), None) = (at, found) {
        let close = next_close.unwrap_or(0);
        if next_open == Some(here) {
            begins.push(here);
            next_open = find('{', here + 1);
        } else if begins.len() == 1 {
            found = begins.pop().map(|begin| (begin, close));
        } else {
            if let Some(begin) = begins.pop()
                && begin < outer.0
            {
                outer = (begin, close);
            }
            next_close = find('}', here + 1);
        }
        at = match (next_open, next_close) {
            (Some(open), Some(close)) if open < close => Some(open),
            // The original compares with -1 here, so that an open brace after the last close counts no more.
            (_, close) => close,
        };
    }
    if !begins.is_empty() {
        found = Some(outer);
    }
    let (begin, end) = found?;
    Some(Balanced { pre: &text[..begin], body: &text[begin + 1..end], post: &text[end + 1..] })
}

/// Splits at commas outside of inner braces.
fn comma_parts(text: &str, depth: usize) -> Result<Vec<String>, PatternError> {
    if depth > MAX_DEPTH {
        return Err(PatternError::TooManyBraces);
    }
    if text.is_empty() {
        return Ok(vec![String::new()]);
    }
    let Some(Balanced { pre, body, post }) = balanced(text) else {
        return Ok(text.split(',').map(str::to_owned).collect());
    };
    let mut parts: Vec<String> = pre.split(',').map(str::to_owned).collect();
    let mut after = comma_parts(post, depth + 1)?.into_iter();
    if let Some(last) = parts.last_mut() {
        last.push('{');
        last.push_str(body);
        last.push('}');
        if !post.is_empty() {
            last.push_str(&after.next().unwrap_or_default());
            parts.extend(after);
        }
    }
    Ok(parts)
}

fn expand_part(text: &str, is_top: bool, depth: usize) -> Result<Vec<String>, PatternError> {
    if depth > MAX_DEPTH {
        return Err(PatternError::TooManyBraces);
    }
    let Some(Balanced { pre, body, post }) = balanced(text) else {
        return Ok(vec![text.to_owned()]);
    };
    let after = if post.is_empty() { vec![String::new()] } else { expand_part(post, false, depth + 1)? };
    if pre.ends_with('$') {
        return Ok(after.into_iter().map(|post| format!("{pre}{{{body}}}{post}")).collect());
    }
    let sequence = Sequence::parse(body);
    let is_sequence = sequence.is_some();
    let alternatives = if let Some(sequence) = sequence {
        sequence.items()?
    } else if body.contains(',') {
        let mut parts = comma_parts(body, 0)?;
        if let [only] = parts.as_slice() {
            parts =
                expand_part(only, false, depth + 1)?.into_iter().map(|part| format!("{{{part}}}")).collect();
            if let [only] = parts.as_slice() {
                return Ok(after.into_iter().map(|post| format!("{pre}{only}{post}")).collect());
            }
        }
        let mut all = Vec::new();
        for part in parts {
            all.extend(expand_part(&part, false, depth + 1)?);
            bound(all.len())?;
        }
        all
    } else {
        if comma_then_close(post) {
            return expand_part(&format!("{pre}{{{body}{CLOSE}{post}"), false, depth + 1);
        }
        return Ok(vec![text.to_owned()]);
    };
    bound(alternatives.len().saturating_mul(after.len()))?;
    let mut out = Vec::new();
    for alternative in &alternatives {
        for post in &after {
            let expansion = format!("{pre}{alternative}{post}");
            if !is_top || is_sequence || !expansion.is_empty() {
                out.push(expansion);
            }
        }
    }
    Ok(out)
}

fn bound(count: usize) -> Result<(), PatternError> {
    if count > MAX_EXPANSIONS { Err(PatternError::TooManyBraces) } else { Ok(()) }
}

/// `/,.*\}/.test(text)`.
fn comma_then_close(text: &str) -> bool {
    let mut comma = false;
    for c in text.chars() {
        match c {
            ',' => comma = true,
            '}' if comma => return true,
            c if js::is_line_end(c) => comma = false,
            _ => {}
        }
    }
    false
}

/// `{a..e..2}` or `{01..10}`.
struct Sequence<'a> {
    parts: Vec<&'a str>,
    alpha: bool,
}

impl<'a> Sequence<'a> {
    fn parse(body: &'a str) -> Option<Self> {
        let parts: Vec<&str> = body.split("..").collect();
        let ([from, to] | [from, to, _]) = parts.as_slice() else { return None };
        if parts.get(2).is_some_and(|step| !is_integer(step)) {
            return None;
        }
        let is_letter = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_alphabetic());
        let alpha = is_letter(from) && is_letter(to);
        (alpha || (is_integer(from) && is_integer(to))).then_some(Self { parts, alpha })
    }

    fn items(&self) -> Result<Vec<String>, PatternError> {
        let (from, to) = (numeric(self.parts[0]), numeric(self.parts[1]));
        let width = self.parts[0].len().max(self.parts[1].len());
        let step = self.parts.get(2).map_or(1.0, |step| numeric(step).abs());
        let reverse = to < from;
        let step = if reverse { -step } else { step };
        let pad = self.parts.iter().any(|part| is_padded(part));
        let mut items = Vec::new();
        let mut i = from;
        while if reverse { i >= to } else { i <= to } {
            items.push(self.item(i, pad, width));
            bound(items.len())?;
            i += step;
        }
        Ok(items)
    }

    fn item(&self, i: f64, pad: bool, width: usize) -> String {
        let text = js::number(i);
        if self.alpha {
            let letter = text.parse().ok().and_then(char::from_u32).unwrap_or_default();
            // A backslash between `Z` and `a` comes out as nothing.
            return if letter == '\\' { String::new() } else { letter.to_string() };
        }
        let zeros = "0".repeat(if pad { width.saturating_sub(text.len()) } else { 0 });
        match text.strip_prefix('-') {
            Some(digits) => format!("-{zeros}{digits}"),
            None => format!("{zeros}{text}"),
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn numeric(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| f64::from(text.bytes().next().unwrap_or_default()))
}

/// `/^-?0\d/.test(text)`.
fn is_padded(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    digits.first() == Some(&b'0') && digits.get(1).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str) -> String {
        expand(pattern).unwrap().join(" ")
    }

    #[test]
    fn braces_expand_as_in_bash() {
        assert_eq!(all("a{b,c{d,e}}f"), "abf acdf acef");
        assert_eq!(all("{01..3}"), "01 02 03");
        assert_eq!(all("{c..a}{1..5..2}"), "c1 c3 c5 b1 b3 b5 a1 a3 a5");
        assert_eq!(all("${a,b}"), "${a,b}");
        assert_eq!(all("{}{a,b}"), "{}a {}b");
        assert_eq!(all("a\\{b,c}"), "a{b,c}");
        assert_eq!(all("{a}"), "{a}");
        assert_eq!(all("{,}"), "", "nothing at all, where bash has two empty words");
    }

    #[test]
    fn braces_without_end_are_an_error() {
        assert!(expand("{1..9007199254740993}").is_err());
        assert!(expand(&"{a,b}".repeat(40)).is_err());
        assert!(expand(&"{a,".repeat(5000)).is_ok(), "none of them closes");
        assert!(expand(&format!("{}a,b{}", "{".repeat(5000), "}".repeat(5000))).is_err());
    }
}
