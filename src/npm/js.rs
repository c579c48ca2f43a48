//! What JavaScript's strings and numbers do where Rust's do otherwise: the rules of packing are defined
//! by JavaScript programs, and their corners are JavaScript's.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Whether JavaScript's `\s` and `String.prototype.trim` count the character as space: unlike Rust, U+FEFF is
/// one and U+0085 is not.
pub(crate) fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// `String.prototype.trim`.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether a regular expression's `.` stops at the character.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// A number as JavaScript prints it (ECMA-262, `Number::toString`).
pub(crate) fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // `{:e}` gives the shortest digits that read back as the same number, which is what JavaScript prints.
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let sign = if value < 0.0 { "-" } else { "" };
    let body = if (count..=21).contains(&point) {
        format!("{digits}{}", zeros(point - count))
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs())
    };
    format!("{sign}{body}")
}

/// `String(value)`, as in `"/" + value`.
pub(crate) fn to_string(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(n) => number(n.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| if item.is_null() { String::new() } else { to_string(item) })
                .collect();
            items.join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// Whether `if (value)` takes the branch; a missing value does not.
pub(crate) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(n)) => n.as_f64().is_some_and(|n| n != 0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

/// `Object.entries(value)` for anything that JSON can hold.
pub(crate) fn entries(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v.clone())).collect(),
        Value::String(text) => {
            text.chars().enumerate().map(|(i, c)| (i.to_string(), Value::String(c.to_string()))).collect()
        }
        _ => Vec::new(),
    }
}

/// `JSON.stringify(value, null, 2)`: numbers are JavaScript's, and keys that are array indexes come first, as
/// they do in its objects.
pub(crate) fn stringify(map: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_object(&mut out, map, 0);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Number(n) => {
            let n = n.as_f64().unwrap_or(f64::NAN);
            out.push_str(&if n.is_finite() { number(n) } else { "null".to_owned() });
        }
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                new_line(out, i > 0, depth + 1);
                write_value(out, item, depth + 1);
            }
            new_line(out, false, depth);
            out.push(']');
        }
        Value::Object(map) => write_object(out, map, depth),
        other => {
            // Null, booleans and strings: here serde_json's escapes are JavaScript's.
            let _ = write!(out, "{other}");
        }
    }
}

fn write_object(out: &mut String, map: &Map<String, Value>, depth: usize) {
    if map.is_empty() {
        out.push_str("{}");
        return;
    }
    let mut members: Vec<(&String, &Value)> = map.iter().collect();
    members.sort_by_key(|(key, _)| array_index(key).map_or(u64::MAX, u64::from));
    out.push('{');
    for (i, (key, value)) in members.into_iter().enumerate() {
        new_line(out, i > 0, depth + 1);
        let _ = write!(out, "{}: ", Value::String(key.clone()));
        write_value(out, value, depth + 1);
    }
    new_line(out, false, depth);
    out.push('}');
}

fn new_line(out: &mut String, comma: bool, depth: usize) {
    out.push_str(if comma { ",\n" } else { "\n" });
    out.push_str(&"  ".repeat(depth));
}

fn array_index(key: &str) -> Option<u32> {
    let index: u32 = key.parse().ok()?;
    (index != u32::MAX && index.to_string() == key).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_javascript() {
        for (value, text) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (-120.0, "-120"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (0.1, "0.1"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_document_prints_as_json_stringify_does() {
        let text = r#"{"b":{},"a":[],"2":1.0,"1":[1e21,{"x":null}],"s":"\u0001\u2028\"\u007f"}"#;
        let Ok(Value::Object(map)) = serde_json::from_str(text) else { panic!("an object") };
        assert_eq!(
            stringify(&map),
            "{\n  \"1\": [\n    1e+21,\n    {\n      \"x\": null\n    }\n  ],\n  \"2\": 1,\n  \"b\": {},\n  \
             \"a\": [],\n  \"s\": \"\\u0001\u{2028}\\\"\u{7f}\"\n}"
        );
    }

    #[test]
    fn trim_takes_the_byte_order_mark_and_leaves_next_line() {
        assert_eq!(trim("\u{feff} a\u{85}\u{a0}"), "a\u{85}");
    }
}
