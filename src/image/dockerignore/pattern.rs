//! One pattern of a `.dockerignore`, as moby's `patternmatcher` takes it apart.

use super::expression::Expression;

/// A pattern, without its `!`.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// The path itself.
    Exact(String),
    /// `dir/**`: what begins with `dir/`.
    Prefix(String),
    /// `**/name`: what ends with `/name`, or is `name`.
    Suffix(String),
    /// What a regular expression matches.
    Expression(Expression),
}

/// What kind it seems to be while it is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Expression,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("names nothing behind its `!`".to_owned());
        }
        check(pattern)?;
        let (kind, expression) = translate(pattern);
        Ok(match kind {
            Kind::Exact => Self::Exact(pattern.to_owned()),
            Kind::Prefix => Self::Prefix(pattern[..pattern.len() - 2].to_owned()),
            Kind::Suffix => Self::Suffix(pattern[2..].to_owned()),
            Kind::Expression => Self::Expression(Expression::parse(&expression)?),
        })
    }

    /// Whether it matches a path itself; folders above it are not looked at.
    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => {
                path.ends_with(suffix.as_str()) || suffix.strip_prefix('/').is_some_and(|name| path == name)
            }
            Self::Expression(expression) => expression.matches(path),
        }
    }

    /// Whether it might match anything below a folder; never no where it does.
    pub(super) fn may_match_below(&self, folder: &str) -> bool {
        let folder = format!("{folder}/");
        match self {
            Self::Exact(exact) => exact.starts_with(&folder),
            Self::Prefix(prefix) => agree(prefix, &folder),
            Self::Suffix(_) => true,
            Self::Expression(expression) => agree(expression.begins(), &folder),
        }
    }
}

/// Whether of two texts one begins with the other.
fn agree(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// The regular expression that a pattern is, and whether it is needed.
///
/// `{`, `|`, `}` and `^` mean there what they mean in regular expressions, since only characters up to `?` are escaped.
fn translate(pattern: &str) -> (Kind, String) {
    let mut expression = "^".to_owned();
    let mut kind = Kind::Exact;
    let mut chars = pattern.chars().peekable();
    let mut is_first = true;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                // `**/` is `**`.
                chars.next_if_eq(&'/');
                if chars.peek().is_some() {
                    expression.push_str("(.*/)?");
                    kind = Kind::Expression;
                } else if kind == Kind::Exact {
                    kind = Kind::Prefix;
                } else {
                    expression.push_str(".*");
                    kind = Kind::Expression;
                }
                if is_first {
                    kind = Kind::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                kind = Kind::Expression;
            }
            '?' => {
                expression.push_str("[^/]");
                kind = Kind::Expression;
            }
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', c]),
            '\\' => {
                expression.push('\\');
                if let Some(next) = chars.next() {
                    expression.push(next);
                    kind = Kind::Expression;
                }
            }
            '[' | ']' => {
                expression.push(c);
                kind = Kind::Expression;
            }
            c => expression.push(c),
        }
        is_first = false;
    }
    expression.push('$');
    (kind, expression)
}

/// Go's `filepath.Match` must be able to read it, by rules of its own for brackets.
fn check(pattern: &str) -> Result<(), String> {
    let unclosed = || "opens a bracket that nothing closes".to_owned();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return Err("ends with a backslash".to_owned()),
            '[' => {
                chars.next_if_eq(&'^');
                let mut ranges = 0;
                while ranges == 0 || chars.next_if_eq(&']').is_none() {
                    bracketed(&mut chars)?;
                    if chars.next_if_eq(&'-').is_some() {
                        bracketed(&mut chars)?;
                    }
                    if chars.peek().is_none() {
                        return Err(unclosed());
                    }
                    ranges += 1;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes one character between brackets.
fn bracketed(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<(), String> {
    let taken = match chars.next() {
        Some(c @ ('-' | ']')) => return Err(format!("has `{c}` in brackets where a character has to stand")),
        Some('\\') => chars.next(),
        taken => taken,
    };
    taken.map(|_| ()).ok_or_else(|| "opens a bracket that nothing closes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_expressions_as_mobys() {
        let expression = |pattern| match translate(pattern) {
            (Kind::Exact, _) => "exact".to_owned(),
            (Kind::Prefix, _) => "prefix".to_owned(),
            (Kind::Suffix, _) => "suffix".to_owned(),
            (Kind::Expression, expression) => expression,
        };
        for (pattern, expected) in [
            ("*", "^[^/]*$"),
            ("file*", "^file[^/]*$"),
            ("*file", "^[^/]*file$"),
            ("a*/b", "^a[^/]*/b$"),
            ("**", "suffix"),
            ("**/**", "^(.*/)?.*$"),
            ("dir/**", "prefix"),
            ("**/dir", "suffix"),
            ("**/dir2/*", "^(.*/)?dir2/[^/]*$"),
            ("**/dir2/**", "^(.*/)?dir2/.*$"),
            ("**file", "suffix"),
            ("**/file*txt", "^(.*/)?file[^/]*txt$"),
            ("**/**/*.txt", r"^(.*/)?(.*/)?[^/]*\.txt$"),
            ("a[b-d]e", "^a[b-d]e$"),
            (".*", r"^\.[^/]*$"),
            ("abc.def", "exact"),
            ("abc?def", "^abc[^/]def$"),
            ("**/foo/bar", "suffix"),
            ("a(b)c/def", "exact"),
            ("a.|)$(}+{bc", "exact"),
        ] {
            assert_eq!(expression(pattern), expected, "{pattern}");
        }
    }
}
