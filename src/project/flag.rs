//! What is on or off, as people write it.

/// The word that is typed.
///
/// # Errors
/// What may be typed, for any other word.
pub(crate) fn parse_flag(word: &str) -> Result<bool, String> {
    match word {
        "false" | "0" | "no" | "off" => Ok(false),
        "true" | "1" | "yes" | "on" => Ok(true),
        _ => Err(format!("`{word}` is none of true, false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!((parse_flag("on"), parse_flag("0")), (Ok(true), Ok(false)));
        assert_eq!(parse_flag("often").unwrap_err(), "`often` is none of true, false");
    }
}
