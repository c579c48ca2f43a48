//! JSON5, which pnpm takes as a manifest.

use serde_json::Value;

/// Deeper than any manifest, and shallow enough for the stack of a thread.
const MAX_DEPTH: usize = 128;

/// The value of a JSON5 text; a byte order mark may come first.
///
/// # Errors
/// Where it is none, or nested too deep.
pub fn parse_json5(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix(super::BYTE_ORDER_MARK).unwrap_or(text);
    if is_too_deep(text) {
        return Err(format!("nested deeper than {MAX_DEPTH} levels"));
    }
    json5::from_str(text).map_err(|error| error.to_string())
}

/// Whether brackets stand in each other deeper than its reader's stack allows. Those in strings and comments count
/// too: no manifest has that many.
fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}
