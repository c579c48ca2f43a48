//! Addresses and the keys that name them, as they are printed: host and port, and the path where no part of it may be a
//! secret; never who asks, and never a query.

use std::fmt;

use url::Url;

use crate::npm;
use crate::text::secret::may_be_secret;

/// What stands for what is not printed.
const LEFT_OUT: &str = "…";
/// A field of a key, as `_authToken`, has fewer letters.
const LONGEST_FIELD: usize = 24;

/// The address of a registry, whatever it holds. What is printed of it holds no secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct RegistryUrl(String);

impl RegistryUrl {
    /// One of a text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole, to ask it: not to be printed.
    pub(crate) fn exposed(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.0).ok();
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
            return f.write_str(LEFT_OUT);
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{}://{host}{port}{}", url.scheme(), shown_path(url.path()))
    }
}

impl fmt::Debug for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key of settings, or a part of one, in which an address may stand: `//host/path/:_authToken`.
pub(crate) fn shown_key(key: &str) -> String {
    let Some((before, rest)) = key.split_once("//") else { return shown_variables(key) };
    let is_field = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-');
        text.len() <= LONGEST_FIELD && text.chars().all(is_part)
    };
    let (address, field) = match rest.rsplit_once(':') {
        Some((address, field)) if is_field(field) => (address, format!(":{field}")),
        _ => (rest, String::new()),
    };
    let (host, path) = address.find('/').map_or((address, ""), |at| address.split_at(at));
    let place = shown_host(host).map_or(LEFT_OUT.to_owned(), |host| format!("{host}{}", shown_path(path)));
    format!("{}//{place}{field}", shown_variables(before))
}

/// A path where all of it may be printed.
fn shown_path(path: &str) -> String {
    let is_plain = |part: &str| without_variables(part).is_some_and(|part| !may_be_secret(&part));
    if path.split('/').all(is_plain) { path.to_owned() } else { format!("/{LEFT_OUT}/") }
}

/// Host and port of what is no address yet, without who asks; nothing where it can be no host.
fn shown_host(text: &str) -> Option<String> {
    let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let bare = without_variables(shown)?;
    let is_address = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    let (host, port, is_host) = match bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port), is_address(host)),
        None => {
            let (host, port) = bare.split_once(':').unwrap_or((&bare, ""));
            // Labels of hosts may be anything; who writes a token there writes no dot behind it.
            let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            (host, port, is_name && (host.contains('.') || !may_be_secret(host)))
        }
    };
    let is_port = port.len() <= "65535".len() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = is_host && is_port && host.len() <= u8::MAX.into();
    is_whole.then(|| shown.to_owned())
}

/// A text without its `${NAME}`; nothing where a name of these may be something else.
fn without_variables(text: &str) -> Option<String> {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, behind) = behind.split_once('}')?;
        if npm::shown(name) != format!("${{{name}}}") {
            return None;
        }
        kept.push_str(before);
        rest = behind;
    }
    kept.push_str(rest);
    Some(kept)
}

/// A text in which the names of variables may be something else.
fn shown_variables(text: &str) -> String {
    match without_variables(text) {
        Some(_) => text.to_owned(),
        None => LEFT_OUT.to_owned(),
    }
}

#[cfg(test)]
mod tests;
