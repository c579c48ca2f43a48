//! JSON with comments, commas too many and whatever else JSON5 allows: `package.json5` and `bun.lock`.

use serde_json::{Map, Value};

/// Deeper than any manifest or lockfile, and shallow enough for the stack of a thread: its reader recurses.
const MAX_DEPTH: usize = 128;

/// Parses a text whose outermost value is an object.
///
/// # Errors
/// What is wrong, and where.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, String> {
    if is_too_deep(text) {
        return Err(format!("nested deeper than {MAX_DEPTH} levels"));
    }
    match json5::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("expected an object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether brackets stand in each other deeper than that. Those in strings and comments count too: no file has that many.
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
