//! `${VAR}` in keys and values of an `.npmrc`.

use crate::npm::js;
use crate::text::secret::is_variable_name;

/// What a variable stands for; `None` where it is not set.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Longer than what any setting grows by: a variable may be long and stand there often.
const MAX_GROWTH: usize = 1 << 14;

/// A text with its variables put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expanded {
    /// What it is then; nothing stands for a variable that is not set.
    pub(crate) text: String,
    /// The variables that it names.
    pub(crate) variables: Vec<String>,
    /// Those of them that have no value, and no default is given.
    pub(crate) unset: Vec<String>,
    /// Whether it grew so much that the rest was left out.
    pub(crate) is_too_long: bool,
}

/// Expands the variables of a text, once.
///
/// The forms are npm's and pnpm's together: `${VAR}`, `${VAR?}` (nothing where it is not set; `@npmcli/config`,
/// `lib/env-replace.js`), `${VAR-default}` and `${VAR:-default}` (`@pnpm/config.env-replace`, `env-replace.ts`). Half
/// of the backslashes before them go, and an odd one keeps the text as it is. Where those keep or refuse a variable that
/// is not set, its name is given back.
pub(crate) fn expand(text: &str, lookup: Lookup<'_>) -> Expanded {
    let mut expanded = Expanded::default();
    let mut rest = text;
    while let Some((start, inside)) = next(rest) {
        let end = start + inside.len() + 3;
        let before = &rest[..start];
        let plain = before.trim_end_matches('\\');
        let escapes = before.len() - plain.len();
        expanded.text.push_str(plain);
        if escapes % 2 == 1 {
            expanded.text.push_str(&rest[plain.len() + escapes.div_ceil(2)..end]);
        } else {
            expanded.text.push_str(&before[plain.len() + escapes / 2..]);
            let (name, default) = parts(inside);
            match lookup(name).filter(|value| !(value.is_empty() && default.is_some_and(|one| one.for_empty)))
            {
                Some(value) => expanded.text.push_str(&value),
                None => match default {
                    Some(default) => expanded.text.push_str(default.text),
                    None => expanded.unset.push(name.to_owned()),
                },
            }
            expanded.variables.push(name.to_owned());
        }
        rest = &rest[end..];
        if expanded.text.len() > text.len() + MAX_GROWTH {
            expanded.is_too_long = true;
            return expanded;
        }
    }
    expanded.text.push_str(rest);
    expanded
}

/// A variable's name as it may be shown: what stands behind it may be anything, and so may what stands instead of it.
pub(crate) fn shown(name: &str) -> String {
    shown_name(name).map_or_else(|| "a variable".to_owned(), |name| format!("${{{name}}}"))
}

/// The same as a shell names it; nothing where it may not be shown.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    let name = &name[..end];
    is_variable_name(name).then(|| name.to_owned())
}

/// Where the next `\$\{([^${}]+)\}` begins, and what stands in it.
fn next(text: &str) -> Option<(usize, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("${")?;
        let inside = &text[start + 2..];
        let end = inside.find(['$', '{', '}']).unwrap_or(inside.len());
        if end > 0 && inside[end..].starts_with('}') {
            return Some((start, &inside[..end]));
        }
        from = start + 2;
    }
}

/// What stands for a variable without a value.
#[derive(Clone, Copy)]
struct Fallback<'a> {
    text: &'a str,
    /// Whether it also stands for one that is empty.
    for_empty: bool,
}

/// `([^:-]+)(:?)-(.+)`, which may begin anywhere; else `NAME?` or `NAME`.
fn parts(inside: &str) -> (&str, Option<Fallback<'_>>) {
    let mut from = 0;
    while let Some(start) = inside.get(from..).and_then(|rest| rest.find(|c| c != ':' && c != '-')) {
        let start = from + start;
        let end = inside[start..].find([':', '-']).map_or(inside.len(), |length| start + length);
        let behind = &inside[end..];
        let (for_empty, default) = match behind.strip_prefix(":-") {
            Some(default) => (true, Some(default)),
            None => (false, behind.strip_prefix('-')),
        };
        let default = default.map(|text| text.split(js::is_line_end).next().unwrap_or_default());
        if let Some(text) = default.filter(|text| !text.is_empty()) {
            return (&inside[start..end], Some(Fallback { text, for_empty }));
        }
        from = end;
    }
    match inside.strip_suffix('?') {
        Some(name) if !name.is_empty() && !name.contains('?') => {
            (name, Some(Fallback { text: "", for_empty: false }))
        }
        _ => (inside, None),
    }
}
