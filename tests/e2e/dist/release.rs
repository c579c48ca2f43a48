//! A tag becomes a release only where Cargo.toml and the changelog say the same.

use crate::dist::distribution::release::notes;

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- next\n\n## [1.2.0] - 2026-11-30\n\n- new\n\n### Fixed\n\n- old\n\n## 1.1.0 - 2026-01-01\n\n- first\n";

#[test]
fn all_three_agree() {
    assert_eq!(notes("v1.2.0", "1.2.0", CHANGELOG).unwrap(), "- new\n\n### Fixed\n\n- old");
    let plain = CHANGELOG.replace("[1.2.0]", "1.2.0");
    assert_eq!(notes("v1.2.0", "1.2.0", &plain).unwrap(), "- new\n\n### Fixed\n\n- old");
}

#[test]
fn one_that_does_not_is_named() {
    for (tag, version, changelog, why) in [
        ("v1.2.1", "1.2.0", CHANGELOG, "tag v1.2.1: Cargo.toml says 1.2.0"),
        ("1.2.0", "1.2.0", CHANGELOG, "tag v1.2.0"),
        ("v1.3.0", "1.3.0", CHANGELOG, "the newest version is 1.2.0, and Cargo.toml says 1.3.0"),
        ("v1.1.0", "1.1.0", CHANGELOG, "the newest version is 1.2.0"),
        ("v1.0.0", "1.0.0", "# Changelog\n\n## Unreleased\n\n- all\n", "CHANGELOG.md has no version"),
        ("v1.0.0", "1.0.0", "# Changelog\n\n## 1.0.0 - 2026-01-01\n", "says nothing of 1.0.0"),
    ] {
        let error = notes(tag, version, changelog).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
