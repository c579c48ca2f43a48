//! The language of man pages.

/// The line that a page begins with.
pub(super) fn title(name: &str, section: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let name = escaped(&name.to_uppercase());
    // No date: the same sources make the same page.
    format!(".TH \"{name}\" \"{section}\" \"\" \"docker-prep {version}\" \"docker-prep\"\n")
}

/// A heading, and what is below it in roff.
pub(super) fn section(heading: &str, body: &str) -> String {
    format!(".SH {}\n{}\n", escaped(&heading.to_uppercase()), body.trim_end())
}

/// Text that means itself.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        // A request begins with one of these; `\&` is nothing that comes before it.
        if line.starts_with(['.', '\'']) {
            out.push_str("\\&");
        }
        for c in line.chars() {
            match c {
                '\\' => out.push_str("\\e"),
                '-' => out.push_str("\\-"),
                '\'' => out.push_str("\\(aq"),
                '`' => out.push_str("\\(ga"),
                '^' => out.push_str("\\(ha"),
                '~' => out.push_str("\\(ti"),
                '"' => out.push_str("\\(dq"),
                c => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_request() {
        assert_eq!(
            escaped(".SH it's\n'a\\b ~^`\"--x"),
            "\\&.SH it\\(aqs\n\\&\\(aqa\\eb \\(ti\\(ha\\(ga\\(dq\\-\\-x"
        );
    }
}
