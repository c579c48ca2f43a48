//! Words as a shell takes them.

/// A word for a shell: as it is, in quotes, or as bash and zsh write what cannot be typed.
pub(crate) fn quoted(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./@%+=:,-".contains(byte);
    match std::str::from_utf8(word) {
        Ok(text) if !word.is_empty() && word.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escape = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                0x20..0x7f => char::from(*byte).to_string(),
                byte => format!("\\{byte:03o}"),
            };
            format!("$'{}'", word.iter().map(escape).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted(b"a/package.json"), "a/package.json");
        assert_eq!(quoted(b"a b/it's"), r"'a b/it'\''s'");
        assert_eq!(quoted("ä".as_bytes()), "'ä'");
        assert_eq!(quoted(b"a\n\xff'\x1b1"), r"$'a\012\377\'\0331'");
        assert_eq!(quoted(b""), "''");
    }
}
