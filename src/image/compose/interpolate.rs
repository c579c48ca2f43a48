//! Variables in the values of compose files (<https://docs.docker.com/reference/compose-file/interpolation/>).

use crate::npm::Lookup;

/// How deep defaults may stand in each other.
const MAX_DEPTH: usize = 8;

/// Longer than what any value is; a Dockerfile may stand in one.
const MAX_VALUE: usize = 1 << 18;

/// Why a value cannot be known, as part of a sentence.
pub(super) type Cause = String;

/// A value, and what there is to say of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    pub(super) text: String,
    /// The first cause for which compose takes the value for an error.
    pub(super) cause: Option<Cause>,
}

/// `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:+instead}`, `${VAR+instead}`, `${VAR:?why}`,
/// `${VAR?why}` and `$$`; what is not set is empty.
pub(super) fn expand(text: &str, lookup: Lookup<'_>) -> Expanded {
    let mut expanded = Expanded::default();
    expanded.text = expanded.expand(text, lookup, 0);
    expanded
}

impl Expanded {
    fn expand(&mut self, text: &str, lookup: Lookup<'_>, depth: usize) -> String {
        let mut done = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            done.push_str(&rest[..start]);
            let behind = &rest[start + 1..];
            let length = if behind.starts_with('$') {
                done.push('$');
                1
            } else if let Some(inside) = braced(behind) {
                done.push_str(&self.reference(inside, lookup, depth));
                inside.len() + 2
            } else {
                let length = name_length(behind);
                if length == 0 {
                    if behind.starts_with('{') {
                        self.fail(|| "has a `${` that is not closed".to_owned());
                    }
                    done.push('$');
                } else {
                    done.push_str(&lookup(&behind[..length]).unwrap_or_default());
                }
                length
            };
            if done.len() > MAX_VALUE {
                self.fail(|| format!("becomes longer than {MAX_VALUE} bytes"));
                return String::new();
            }
            rest = &behind[length..];
        }
        done.push_str(rest);
        done
    }

    fn reference(&mut self, inside: &str, lookup: Lookup<'_>, depth: usize) -> String {
        let (name, operator) = inside.split_at(name_length(inside));
        let value = if name.is_empty() { None } else { lookup(name) };
        let (is_soft, operator) = match operator.strip_prefix(':') {
            Some(operator) => (true, operator),
            None => (false, operator),
        };
        let is_set = value.as_deref().is_some_and(|value| !is_soft || !value.is_empty());
        let mut operators = operator.chars();
        match operators.next() {
            Some('-') if !name.is_empty() => {
                if is_set {
                    value.unwrap_or_default()
                } else {
                    self.word(operators.as_str(), lookup, depth)
                }
            }
            Some('+') if !name.is_empty() => {
                if is_set {
                    self.word(operators.as_str(), lookup, depth)
                } else {
                    value.unwrap_or_default()
                }
            }
            Some('?') if !name.is_empty() => {
                if !is_set {
                    self.fail(|| format!("wants the variable {name}, which is not set"));
                }
                value.unwrap_or_default()
            }
            None if !is_soft && !name.is_empty() => value.unwrap_or_default(),
            _ => {
                self.fail(|| format!("has `${{{}}}`, which names no variable", short(inside)));
                value.unwrap_or_default()
            }
        }
    }

    fn word(&mut self, text: &str, lookup: Lookup<'_>, depth: usize) -> String {
        if depth < MAX_DEPTH {
            return self.expand(text, lookup, depth + 1);
        }
        self.fail(|| format!("has defaults in defaults, deeper than {MAX_DEPTH}"));
        String::new()
    }

    fn fail(&mut self, cause: impl FnOnce() -> Cause) {
        if self.cause.is_none() {
            self.cause = Some(cause());
        }
    }
}

/// As much of what stands between brackets as a message shows.
fn short(inside: &str) -> String {
    inside.chars().take(40).collect()
}

/// What stands between the brackets at the begin of a text.
fn braced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let mut depth = 0_usize;
    for (at, byte) in inside.bytes().take(MAX_VALUE).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return inside.get(..at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "SET" => Some("set".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_as_compose_has_them() {
        for (text, expected) in [
            ("$SET-$NO.${SET}", "set-.set"),
            ("${EMPTY:-a}${EMPTY-b}${NO-c}", "ac"),
            ("${SET:+d}${EMPTY:+e}${EMPTY+f}", "df"),
            ("${NO:-${SET}/y}${SET:?g}$$SET", "set/yset$SET"),
            ("$(date) $1 $", "$(date) $1 $"),
        ] {
            let expanded = Expanded { text: expected.to_owned(), cause: None };
            assert_eq!(expand(text, &lookup), expanded, "{text}");
        }
    }

    #[test]
    fn what_compose_takes_for_an_error() {
        for (text, expected) in [
            ("x${NO:?why}", "wants the variable NO, which is not set"),
            ("${EMPTY:?why}", "wants the variable EMPTY, which is not set"),
            ("${NO?}", "wants the variable NO, which is not set"),
            ("${NO:-${NO?}}", "wants the variable NO, which is not set"),
            ("${SET", "has a `${` that is not closed"),
            ("${A.B}", "has `${A.B}`, which names no variable"),
            ("${}", "has `${}`, which names no variable"),
        ] {
            assert_eq!(expand(text, &lookup).cause.as_deref(), Some(expected), "{text}");
        }
        assert_eq!(expand("${EMPTY?}", &lookup).cause, None);
    }

    #[test]
    fn nothing_grows_without_end() {
        let deep = format!("{}x{}", "${NO:-".repeat(1000), "}".repeat(1000));
        assert!(expand(&deep, &lookup).cause.is_some());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$\\{\\}:?+a-zé-]{0,60}") {
            let _ = expand(&text, &lookup);
        }
    }
}
