//! Names of packages: which may be packed, and what their tarballs are called.

use super::js;

/// Why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// `""`
    #[error("a name may not be empty")]
    Empty,
    /// `.x` or `_x`
    #[error("a name may not start with {0:?}")]
    Start(char),
    /// ` x`
    #[error("a name may not start or end with a space")]
    Space,
    /// `node_modules`, `favicon.ico`
    #[error("the name is reserved")]
    Reserved,
    /// `@x/..`, which npm lets through; it would leave the folder that tarballs are kept in.
    #[error("a name may not have a part {0:?}")]
    Dots(String),
    /// Anything else that does not stay as it is in a URL.
    #[error("a name may only hold letters, digits and -_.!~*'(), with one / after a scope")]
    NotUrlFriendly,
}

/// Whether pnpm packs a package of that name: `validForOldPackages` of validate-npm-package-name 5, and no
/// part `.` or `..` besides.
///
/// # Errors
///
/// [`NameError`] says which rule the name breaks.
pub(crate) fn validate(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(dots) = name.split('/').find(|part| matches!(*part, "." | "..")) {
        return Err(NameError::Dots(dots.to_owned()));
    }
    if let Some(first) = name.chars().next().filter(|c| matches!(c, '.' | '_')) {
        return Err(NameError::Start(first));
    }
    if js::trim(name) != name {
        return Err(NameError::Space);
    }
    if matches!(name.to_lowercase().as_str(), "node_modules" | "favicon.ico") {
        return Err(NameError::Reserved);
    }
    let friendly = |text: &str| !text.is_empty() && text.chars().all(is_unreserved);
    if friendly(name) {
        return Ok(());
    }
    match name.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, package)) if friendly(scope) && friendly(package) => Ok(()),
        _ => Err(NameError::NotUrlFriendly),
    }
}

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c)
}

/// JavaScript's `encodeURIComponent`.
pub(crate) fn encode_uri_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() && is_unreserved(char::from(byte)) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The name of a tarball up to its digest: `@bytelyst/errors` and `1.4.2` give `bytelyst-errors-1.4.2`. Every
/// package manager was seen to break on one character or another outside of `A-Za-z0-9._-`.
pub(crate) fn tarball_stem(name: &str, version: &str) -> String {
    let name = name.replacen('@', "", 1);
    format!("{name}-{version}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .take(LONGEST_STEM)
        .collect()
}

/// The name of a tarball: `bytelyst-errors-1.4.2-3f9a0c12d4e5.tgz`.
pub(crate) fn tarball_name(name: &str, version: &str, digits: &str) -> String {
    format!("{}-{digits}.tgz", tarball_stem(name, version))
}

/// The 12 hex digits in a name like `bytelyst-errors-1.4.2-3f9a0c12d4e5.tgz`.
pub(crate) fn digest_in_tarball(name: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let (front, hash) = name.strip_suffix(".tgz")?.rsplit_once('-')?;
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let named = !front.is_empty() && front.bytes().all(plain);
    (named && hash.len() == 12 && hash.bytes().all(hex)).then_some(hash)
}

/// So that a file name with the digest stays below the 255 bytes of common file systems.
const LONGEST_STEM: usize = 220;

/// Up to three of the names that a mistyped one may have meant, nearest first.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let most = (name.chars().count() / 4).max(2);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|other| {
            // The same name in another scope is as near as a letter.
            let far = if bare(other) == bare(name) { 1 } else { strsim::levenshtein(name, other) };
            (other != name && far <= most).then_some((far, other))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_npm_once_allowed_pass() {
        for name in ["a", "A", "@x/y", "@x/_y", "@x/.y", "a~b(c)!*'", &"a".repeat(300)] {
            assert_eq!(validate(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_it_never_allowed_do_not() {
        assert_eq!(validate(""), Err(NameError::Empty));
        assert_eq!(validate(".a"), Err(NameError::Start('.')));
        assert_eq!(validate("Node_Modules"), Err(NameError::Reserved));
        assert_eq!(validate("@x/../../y"), Err(NameError::Dots("..".into())));
        assert_eq!(validate("@x/.."), Err(NameError::Dots("..".into())));
        for name in ["a b", "ä", "a/b", "@x", "@x/", "@/y", "@x/y/z", "a@b", "%41"] {
            assert_eq!(validate(name), Err(NameError::NotUrlFriendly), "{name}");
        }
    }

    #[test]
    fn a_stem_holds_nothing_that_breaks_a_tool() {
        assert_eq!(tarball_stem("@bytelyst/errors", "1.4.2"), "bytelyst-errors-1.4.2");
        assert_eq!(tarball_stem("a(b)", "1.0.0+x y"), "a-b--1.0.0-x-y");
    }

    #[test]
    fn near_names_are_offered() {
        let names = ["@x/errors", "@x/logger", "@y/error"];
        assert_eq!(nearest("@x/error", names), ["@x/errors", "@y/error"]);
        assert!(nearest("@x/queue", names).is_empty());
    }

    #[test]
    fn components_are_encoded_as_in_javascript() {
        assert_eq!(encode_uri_component("a b/ä~"), "a%20b%2F%C3%A4~");
    }
}
