//! What stands behind the name in `${NAME…}`.

/// Longer patterns are not read.
const MAX_PATTERN: usize = 64;

/// An operation with its words expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::image::dockerfile) enum Operation {
    /// `-` and `:-`
    Default { of_empty: bool, word: String },
    /// `+` and `:+`
    Instead { of_empty: bool, word: String },
    /// `?` and `:?`
    Required { of_empty: bool },
    /// `#`, `##`, `%` and `%%`
    Trim { at_end: bool, is_long: bool, pattern: String },
    /// `/` and `//`
    Replace { everywhere: bool, pattern: String, replacement: String },
}

impl Operation {
    /// Reads what stands between the name and the bracket.
    pub(super) fn parse(text: &str, expand: impl Fn(&str) -> String) -> Option<Self> {
        let (of_empty, behind) = text.strip_prefix(':').map_or((false, text), |behind| (true, behind));
        let kind = behind.chars().next()?;
        let rest = &behind[kind.len_utf8()..];
        if matches!(kind, '-' | '+' | '?') {
            return Self::of_presence(kind, of_empty, expand(rest));
        }
        if of_empty || text.contains(['"', '\'']) {
            return None;
        }
        let doubled = rest.strip_prefix(kind);
        let rest = doubled.unwrap_or(rest);
        Some(match kind {
            '#' | '%' => {
                Self::Trim { at_end: kind == '%', is_long: doubled.is_some(), pattern: expand(rest) }
            }
            '/' => {
                let (pattern, replacement) = rest.split_once('/').unwrap_or((rest, ""));
                let everywhere = doubled.is_some();
                Self::Replace { everywhere, pattern: expand(pattern), replacement: expand(replacement) }
            }
            _ => return None,
        })
    }

    /// One that asks whether there is a value.
    pub(in crate::image::dockerfile) fn of_presence(
        kind: char,
        of_empty: bool,
        word: String,
    ) -> Option<Self> {
        Some(match kind {
            '-' => Self::Default { of_empty, word },
            '+' => Self::Instead { of_empty, word },
            '?' => Self::Required { of_empty },
            _ => return None,
        })
    }

    /// What comes of a value; nothing where that cannot be told, since the value is not known.
    pub(in crate::image::dockerfile) fn apply(self, value: Option<&str>) -> Option<String> {
        match self {
            Self::Default { of_empty, word } => {
                Some(value.filter(|value| !of_empty || !value.is_empty()).map_or(word, str::to_owned))
            }
            Self::Instead { of_empty, word } => {
                value.map(|value| if of_empty && value.is_empty() { String::new() } else { word })
            }
            Self::Required { of_empty } => {
                value.filter(|value| !of_empty || !value.is_empty()).map(str::to_owned)
            }
            Self::Trim { at_end, is_long, pattern } => trim(value?, &pattern, at_end, is_long),
            Self::Replace { everywhere, pattern, replacement } => {
                replace(value?, &pattern, &replacement, everywhere)
            }
        }
    }

    /// What BuildKit makes of it where the name is not set.
    #[cfg(test)]
    pub(in crate::image::dockerfile) fn of_unset(self) -> Option<String> {
        match self {
            Self::Default { word, .. } => Some(word),
            Self::Instead { .. } => Some(String::new()),
            Self::Required { .. } => None,
            other => other.apply(Some("")),
        }
    }
}

/// A part of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

fn parts(pattern: &str) -> Option<Vec<Part>> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => match chars.next()? {
                c @ ('*' | '?' | '\\' | '}' | '/') => Part::Char(c),
                _ => return None,
            },
            c => Part::Char(c),
        });
    }
    Some(parts)
}

/// Where a match that begins at the begin may end.
fn ends(parts: &[Part], text: &[char]) -> impl DoubleEndedIterator<Item = usize> + use<> {
    let mut now = vec![false; text.len() + 1];
    now[0] = true;
    for part in parts {
        if *part == Part::Any {
            let first = now.iter().position(|here| *here).unwrap_or(now.len());
            now[first..].fill(true);
            continue;
        }
        for at in (0..text.len()).rev() {
            now[at + 1] = now[at] && (*part == Part::One || *part == Part::Char(text[at]));
        }
        now[0] = false;
        if !now.contains(&true) {
            break;
        }
    }
    now.into_iter().enumerate().filter_map(|(at, here)| here.then_some(at))
}

fn trim(value: &str, pattern: &str, at_end: bool, is_long: bool) -> Option<String> {
    let mut parts = parts(pattern)?;
    let mut text: Vec<char> = value.chars().collect();
    if at_end {
        parts.reverse();
        text.reverse();
    }
    let mut ends = ends(&parts, &text);
    let end = if is_long { ends.next_back() } else { ends.next() };
    let rest = text.into_iter().skip(end.unwrap_or_default());
    Some(if at_end { rest.collect::<Vec<_>>().into_iter().rev().collect() } else { rest.collect() })
}

fn replace(value: &str, pattern: &str, replacement: &str, everywhere: bool) -> Option<String> {
    let parts = parts(pattern)?;
    let text: Vec<char> = value.chars().collect();
    let mut replaced = String::new();
    let (mut at, mut taken) = (0, 0);
    while at <= text.len() {
        let Some((start, end)) = (at..=text.len())
            .find_map(|start| Some((start, start + ends(&parts, &text[start..]).next_back()?)))
        else {
            break;
        };
        replaced.extend(&text[taken..start]);
        // An empty match right behind another one does not count.
        if end > taken || start == 0 {
            replaced.push_str(replacement);
        }
        taken = end;
        at = end.max(at + 1);
        if !everywhere {
            break;
        }
    }
    replaced.extend(text.get(taken..).unwrap_or_default());
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let trimmed = |pattern, at_end, is_long| trim("apps/web/src", pattern, at_end, is_long).unwrap();
        assert_eq!(trimmed("*/", false, false), "web/src");
        assert_eq!(trimmed("*/", false, true), "src");
        assert_eq!(trimmed("/*", true, false), "apps/web");
        assert_eq!(trimmed("/*", true, true), "apps");
        assert_eq!(trimmed("a??s", false, false), "/web/src");
        assert_eq!(trimmed("x*", false, false), "apps/web/src");
        assert_eq!(trim("a*b", r"a\*", false, false).unwrap(), "b");
        assert_eq!(trim("a*b", r"a\b", false, false), None);
        assert_eq!(replace("a-b-c", "-", "/", false).unwrap(), "a/b-c");
        assert_eq!(replace("a-b-c", "-", "/", true).unwrap(), "a/b/c");
        assert_eq!(replace("a-b-c", "-*-", "", true).unwrap(), "ac");
        assert_eq!(replace("ab", "", "x", true).unwrap(), "xaxbx");
        assert_eq!(replace("ab", r"\/", "x", true).unwrap(), "ab");
    }
}
