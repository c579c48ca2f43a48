//! What a registry's document of a package says of the version that is wanted.

use std::collections::BTreeMap;

use nodejs_semver::{Range, Version};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{ProbeFinding, Wanted};
use crate::text::secret::may_be_secret;

/// As much of a document as is looked at: what it says of itself is believed only where it has the right type.
#[derive(Deserialize)]
struct PackageDocument {
    #[serde(default)]
    name: Value,
    versions: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(default, rename = "dist-tags")]
    tags: Value,
    #[serde(default)]
    time: Value,
}

/// Judges the body of an answer 200 to the question for a package.
pub(crate) fn judge(body: &[u8], package: &str, wanted: &Wanted) -> ProbeFinding {
    let document: PackageDocument = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => return ProbeFinding::NotNpm(instead(body, &error).to_owned()),
    };
    if !document.name.is_string() {
        return ProbeFinding::NotNpm("no npm document".to_owned());
    }
    if document.name != package {
        return ProbeFinding::NotNpm("the document of another package".to_owned());
    }
    let unpublished = document.time.get("unpublished").is_some();
    match &document.versions {
        // What is left of a package whose last version was taken back.
        _ if unpublished => ProbeFinding::MissingPackage,
        Some(versions) if versions.is_empty() => ProbeFinding::MissingPackage,
        Some(versions) => has(versions, &document.tags, wanted),
        None => ProbeFinding::NotNpm("no npm document".to_owned()),
    }
}

/// What a body is that is no document.
fn instead(body: &[u8], error: &serde_json::Error) -> &'static str {
    let text = body.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    match text.first() {
        None => "an empty answer",
        Some(b'<') => "an HTML page",
        Some(b'{') if error.is_eof() => "half a document",
        Some(_) => "no npm document",
    }
}

fn has(versions: &BTreeMap<String, IgnoredAny>, tags: &Value, wanted: &Wanted) -> ProbeFinding {
    let parsed = || versions.keys().filter_map(|version| Version::parse(version).ok());
    let is_there = match wanted {
        // Two versions are equal whatever their build metadata, which registries drop.
        Wanted::Version(wanted) => {
            versions.contains_key(wanted)
                || Version::parse(wanted).is_ok_and(|wanted| parsed().any(|version| version == wanted))
        }
        Wanted::Range(text) => match (Range::parse(text), tags.get(text.trim())) {
            (_, Some(Value::String(tagged))) => versions.contains_key(tagged),
            // Where there are only prereleases, managers take one of them for "any".
            (Ok(_), _) if matches!(text.trim(), "" | "*" | "x" | "X") => true,
            (Ok(range), _) => parsed().any(|version| range.satisfies(&version)),
            (Err(_), _) => true,
        },
    };
    if is_there {
        return ProbeFinding::There;
    }
    ProbeFinding::MissingVersion(parsed().max().map(|newest| shown_version(&newest)))
}

/// A version that a server tells, as it may be shown: what stands behind its numbers may be anything.
fn shown_version(version: &Version) -> String {
    let text = version.to_string();
    let text = text.split('+').next().unwrap_or_default();
    match text.split_once('-') {
        Some((numbers, tag)) if tag.split(['.', '-']).any(may_be_secret) => format!("{numbers}-…"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"_id":"@b/a","name":"@b/a","dist-tags":{"latest":"1.10.0","gone":"9.0.0"},
        "versions":{"1.2.0":{},"1.10.0":{"x":[1]},"2.0.0-rc.1":{},"odd":{}},"time":{"modified":"2020"}}"#;

    fn version(text: &str) -> ProbeFinding {
        judge(BODY.as_bytes(), "@b/a", &Wanted::Version(text.to_owned()))
    }

    fn range(text: &str) -> ProbeFinding {
        judge(BODY.as_bytes(), "@b/a", &Wanted::Range(text.to_owned()))
    }

    fn any(body: &str) -> ProbeFinding {
        judge(body.as_bytes(), "@b/a", &Wanted::Range("*".to_owned()))
    }

    fn missing() -> ProbeFinding {
        ProbeFinding::MissingVersion(Some("2.0.0-rc.1".to_owned()))
    }

    #[test]
    fn a_version_is_that_very_one_but_for_build_metadata() {
        for there in ["1.2.0", "1.10.0", "1.2.0+build.7", "2.0.0-rc.1", "odd"] {
            assert_eq!(version(there), ProbeFinding::There, "{there}");
        }
        for gone in ["1.2.1", "1.2", "2.0.0", "2.0.0-rc.2", "^1.2.0", "latest", ""] {
            assert_eq!(version(gone), missing(), "{gone}");
        }
    }

    #[test]
    fn a_range_is_npms() {
        for there in ["^1.2.0", "1.x", ">=1 <1.5 || ^7", "2.0.0-rc.1", ">=2.0.0-rc.0", "*", "", " * ", "x"] {
            assert_eq!(range(there), ProbeFinding::There, "{there}");
        }
        for gone in ["^3.0.0", "^2.0.0", ">=1.11.0", "~1.2.1"] {
            assert_eq!(range(gone), missing(), "{gone}");
        }
    }

    #[test]
    fn a_tag_is_the_version_that_it_names_and_what_is_no_range_is_any() {
        assert_eq!(range("latest"), ProbeFinding::There);
        assert_eq!(range("gone"), missing());
        for any in ["next", "http://elsewhere/a.tgz", "^oops"] {
            assert_eq!(range(any), ProbeFinding::There, "{any}");
        }
    }

    #[test]
    fn any_version_may_be_a_prerelease() {
        assert_eq!(any(r#"{"name":"@b/a","versions":{"1.0.0-0":{}}}"#), ProbeFinding::There);
    }

    #[test]
    fn without_versions_the_package_is_not_there() {
        for body in [
            r#"{"name":"@b/a","versions":{}}"#,
            r#"{"name":"@b/a","time":{"unpublished":{"name":"someone"}}}"#,
        ] {
            assert_eq!(any(body), ProbeFinding::MissingPackage, "{body}");
        }
    }

    #[test]
    fn what_is_no_document_is_called_what_it_is() {
        let cases = [
            ("", "an empty answer"),
            (" \r\n", "an empty answer"),
            ("\u{feff}<!doctype html>", "an HTML page"),
            ("\n <html><body>log in", "an HTML page"),
            (r#"{"name":"@b/a","versions":{"1.0.0":{"#, "half a document"),
            ("ok", "no npm document"),
            ("[]", "no npm document"),
            ("null", "no npm document"),
            (r#"{"error":"not found"}"#, "no npm document"),
            (r#"{"name":"@b/a"}"#, "no npm document"),
            (r#"{"name":"@b/a","versions":["1.0.0"]}"#, "no npm document"),
            (r#"{"name":7,"versions":{"1.0.0":{}}}"#, "no npm document"),
            (r#"{"name":"@b/b","versions":{"1.0.0":{}}}"#, "the document of another package"),
        ];
        for (body, what) in cases {
            assert_eq!(any(body), ProbeFinding::NotNpm(what.to_owned()), "{body}");
        }
    }

    #[test]
    fn nothing_that_is_odd_beside_it_hides_a_version() {
        let body = r#"{"name":"@b/a","versions":{"1.0.0":null},"dist-tags":null,"time":7}"#;
        assert_eq!(any(body), ProbeFinding::There);
    }
}
