//! What a plain scalar of YAML is to compose, which reads it by go-yaml's rules and prints it by Go's.

/// The text of a plain scalar; `None` for null.
pub(super) fn resolve(text: &str) -> Option<String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return None,
        "true" | "True" | "TRUE" => return Some("true".to_owned()),
        "false" | "False" | "FALSE" => return Some("false".to_owned()),
        _ => {}
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let number = if is_number { integer(text).or_else(|| float(text)).or_else(|| date(text)) } else { None };
    Some(number.unwrap_or_else(|| text.to_owned()))
}

/// `0x1f`, `0o17`, `017`, `0b11`, `1_000`.
fn integer(text: &str) -> Option<String> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = |prefix: [&str; 2], radix| {
        let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix))?;
        digits.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((digits, radix))
    };
    let (digits, radix) = radix(["0x", "0X"], 16)
        .or_else(|| radix(["0o", "0O"], 8))
        .or_else(|| radix(["0b", "0B"], 2))
        .or_else(|| digits.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| (rest, 8)))
        .unwrap_or((digits, 10));
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    let sign = if value == 0 { "" } else { sign };
    Some(format!("{sign}{value}"))
}

/// `1.10` is `1.1`, as Go's `%v` prints it.
fn float(text: &str) -> Option<String> {
    let plain = text.replace('_', "");
    let is_float = plain.bytes().any(|byte| byte.is_ascii_digit())
        && plain
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = plain.parse().ok().filter(|value: &f64| is_float && value.is_finite())?;
    let exponent = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if (-4.0..21.0).contains(&exponent) {
        return Some(value.to_string());
    }
    let written = format!("{value:e}");
    let (mantissa, exponent) = written.split_once('e')?;
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    Some(format!("{mantissa}e{sign}{digits:0>2}"))
}

/// A day is a point in time.
fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
    let is_date =
        parts.next() == Some((4, true)) && parts.next() == Some((2, true)) && parts.next() == Some((2, true));
    (is_date && parts.next().is_none()).then(|| format!("{text} 00:00:00 +0000 UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_compose_prints_them() {
        for (written, read) in [
            ("1.10", "1.1"),
            ("20.0", "20"),
            ("010", "8"),
            ("08", "8"),
            ("0x1f", "31"),
            ("-1_000", "-1000"),
            ("1e3", "1000"),
            ("1e22", "1e+22"),
            ("1.5e-7", "1.5e-07"),
            ("10.6.5", "10.6.5"),
            ("-", "-"),
            ("3300:3300", "3300:3300"),
            ("True", "true"),
            ("yes", "yes"),
            ("nan", "nan"),
            ("2020-01-31", "2020-01-31 00:00:00 +0000 UTC"),
            ("2020-01-31-x", "2020-01-31-x"),
        ] {
            assert_eq!(resolve(written).as_deref(), Some(read), "{written}");
        }
        assert_eq!(resolve("~"), None);
    }
}
