//! Which systems a package is for: `os`, `cpu` and `libc`.

use serde_json::Value;

use super::manifest::Manifest;

/// The system of images.
const OS: &str = "linux";

/// Whether a package is not sure to be for the images that are built on this machine: for another system or processor,
/// or for one of the C libraries, of which nobody knows here which the image has.
pub(crate) fn is_foreign(manifest: &Manifest) -> bool {
    let takes = |field: &str, ours: &str| manifest.0.get(field).is_none_or(|list| takes(list, ours));
    let names_libc = manifest.0.get("libc").is_some_and(|list| !list.is_null() && !takes_any(list));
    !takes("os", OS) || !takes("cpu", cpu()) || names_libc
}

/// The processor as Node.js calls it.
pub(crate) fn cpu() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        other => other,
    }
}

fn words(list: &Value) -> Vec<&str> {
    match list {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn takes_any(list: &Value) -> bool {
    matches!(words(list).as_slice(), [] | ["any"])
}

fn takes(list: &Value, ours: &str) -> bool {
    names_platform(&words(list), ours)
}

/// Whether a list of `os`, `cpu` or `libc` takes one, as pnpm's package-is-installable reads it.
pub(crate) fn names_platform<T: AsRef<str>>(words: &[T], ours: &str) -> bool {
    let mut all = words.iter().map(AsRef::as_ref);
    let is_any = match words {
        [] => true,
        [word] => word.as_ref() == "any",
        _ => false,
    };
    is_any
        || !all.clone().any(|word| word.strip_prefix('!') == Some(ours))
            && (all.clone().any(|word| word == ours) || all.all(|word| word.starts_with('!')))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_name_or_exclude_systems() {
        for (manifest, expected) in [
            (json!({}), false),
            (json!({ "os": ["linux", "darwin"], "cpu": [cpu()] }), false),
            (json!({ "os": "linux", "cpu": ["any"], "libc": [] }), false),
            (json!({ "os": ["!win32"] }), false),
            (json!({ "os": ["darwin"] }), true),
            (json!({ "os": ["!linux"] }), true),
            (json!({ "os": ["linux"], "cpu": ["z80"] }), true),
            (json!({ "libc": ["musl"] }), true),
        ] {
            let manifest = Manifest(manifest.as_object().cloned().unwrap());
            assert_eq!(is_foreign(&manifest), expected, "{manifest:?}");
        }
    }
}
