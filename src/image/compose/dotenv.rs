//! `.env` files as compose reads them.

use std::collections::BTreeMap;

use super::interpolate::expand;
use crate::npm::Lookup;

/// What an `.env` beside the compose file sets, which compose takes where the process says nothing
/// (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>). Variables in its values
/// are those of `lookup`, else those that the file has set above them. What is no line of such a file is left out.
pub(crate) fn dotenv(text: &str, lookup: Lookup<'_>) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return set;
        }
        let line = rest.split('\n').next().unwrap_or_default();
        let behind = rest.get(line.len() + 1..).unwrap_or_default();
        let statement = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        let statement = statement.unwrap_or(line).trim_start();
        let end = statement.find(['=', ':']).unwrap_or(statement.len());
        let name = statement[..end].trim_end();
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
        if name.is_empty() || !name.chars().all(is_name) {
            rest = behind;
            continue;
        }
        let Some(value) = statement.get(end + 1..) else {
            // A name alone is the process's own variable.
            if let Some(value) = lookup(name) {
                set.insert(name.to_owned(), value);
            }
            rest = behind;
            continue;
        };
        let at = rest.len() - behind.len() - usize::from(!behind.is_empty() || rest.ends_with('\n'));
        let value = value.trim_start();
        let from = &rest[at - value.len()..];
        let (value, left) = quoted(from).unwrap_or_else(|| (Value::Plain(plain(value)), behind));
        let both = |name: &str| lookup(name).or_else(|| set.get(name).cloned());
        let value = match value {
            Value::Literal(text) => text,
            Value::Double(text) => expand(&escapes(&text), &both).text,
            Value::Plain(text) => expand(text, &both).text,
        };
        set.insert(name.to_owned(), value);
        rest = left;
    }
}

enum Value<'a> {
    Literal(String),
    Double(String),
    Plain(&'a str),
}

/// The value between quotes at the begin of a text, which may go over several lines, and what is behind it.
fn quoted(text: &str) -> Option<(Value<'static>, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let value = if quote == '"' { Value::Double(value) } else { Value::Literal(value) };
            let left = &text[at + 1..];
            // What stands behind the quote on its line is left out.
            return Some((value, left.find('\n').map_or("", |end| &left[end..])));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, escaped)) if escaped == quote => value.push(escaped),
            Some((_, escaped)) => value.extend(['\\', escaped]),
            None => return None,
        }
    }
    None
}

/// A value without quotes, and without the comment behind it.
fn plain(value: &str) -> &str {
    value.split(" #").next().unwrap_or_default().trim_end()
}

/// `\n` and the like; `\$` is a dollar sign.
fn escapes(text: &str) -> String {
    let mut done = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            done.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => done.push('\n'),
            Some('r') => done.push('\r'),
            Some('t') => done.push('\t'),
            Some('$') => done.push_str("$$"),
            Some(escaped @ ('"' | '\\')) => done.push(escaped),
            other => {
                done.push('\\');
                done.extend(other);
            }
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        (name == "SET").then(|| "set".to_owned())
    }

    fn read(text: &str) -> Vec<String> {
        dotenv(text, &lookup).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn variables_beside_the_compose_file() {
        let text = "\u{feff}A=1\n# B=2\r\nexport C = 'x $SET # y' z\nD=\"${SET} y\"\nE=a#b # c\nF=\nG\nH= # d\nSET\n";
        assert_eq!(read(text), ["A=1", "C=x $SET # y", "D=set y", "E=a#b", "F=", "H=# d", "SET=set"]);
        assert_eq!(read("A=1\nB=$A/${SET}/$NO\nC: x"), ["A=1", "B=1/set/", "C=x"]);
        assert_eq!(read("A=\"x\\n\\$SET\\\"\ny\" # z\nB='1\n2'\r\nC=3"), ["A=x\n$SET\"\ny", "B=1\n2", "C=3"]);
        assert_eq!(read("A=\"x\nB b=1\nC=2"), ["A=\"x", "C=2"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$\\{\\}:?+a-zé\\\\'\"#=\n -]{0,60}") {
            let _ = dotenv(&text, &lookup);
        }
    }
}
