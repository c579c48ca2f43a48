//! Whether a tag may become a release: it, Cargo.toml and CHANGELOG.md must name one version.

use super::Result;

/// What the changelog says of the version that a tag names.
///
/// # Errors
/// Tag, program and changelog do not agree; with what to do.
pub(crate) fn notes<'a>(tag: &str, version: &str, changelog: &'a str) -> Result<&'a str> {
    if tag != format!("v{version}") {
        return Err(format!(
            "tag {tag}: Cargo.toml says {version}: tag v{version}, or change `version` there"
        )
        .into());
    }
    let mut headings = changelog.match_indices("\n## ").map(|(at, _)| at + 1);
    let is_released = |at: &usize| !heading(changelog, *at).eq_ignore_ascii_case("unreleased");
    let Some(begin) = headings.find(is_released) else {
        return Err(
            format!("CHANGELOG.md has no version: call what is unreleased {version}, with the day").into()
        );
    };
    let title = heading(changelog, begin);
    let named = title.split_whitespace().next().unwrap_or_default().trim_matches(['[', ']']);
    if named != version {
        let what = format!("CHANGELOG.md: the newest version is {named}, and Cargo.toml says {version}");
        return Err(format!("{what}: call what is unreleased {version}, with the day").into());
    }
    let end = headings.next().unwrap_or(changelog.len());
    let notes = changelog[begin..end].split_once('\n').map_or("", |(_, notes)| notes).trim();
    if notes.is_empty() {
        return Err(format!("CHANGELOG.md says nothing of {version}: write there what has changed").into());
    }
    Ok(notes)
}

fn heading(changelog: &str, at: usize) -> &str {
    changelog[at..].lines().next().unwrap_or_default().trim_start_matches('#').trim()
}
