//! `$name` in overrides: the specifier of a direct dependency.

use super::request::RewriteRequest;
use crate::image::Name;
use crate::npm::specifier;
use crate::text::Document;

/// The fields in which a package manager looks, of which the first that has the name counts.
fn fields(manager: Name) -> &'static [&'static str] {
    match manager {
        // `createVersionReferencesReplacer`.
        Name::Pnpm => &["optionalDependencies", "dependencies", "devDependencies"],
        // Arborist, `Edge.spec`.
        Name::Npm => &["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"],
        // As bun 1.4.5 does it.
        Name::Bun => &["optionalDependencies", "devDependencies", "dependencies"],
        Name::Yarn => &[],
    }
}

/// What an override of another package has to say for `$name` to mean what it meant: the package manager would read
/// our specifier there. `None` where it means the same still.
pub(super) fn written_out(
    document: &Document,
    manager: Name,
    request: &RewriteRequest,
    value: &str,
) -> Option<String> {
    let name = value.strip_prefix('$')?;
    let (at, former) = fields(manager).iter().enumerate().find_map(|(at, field)| {
        // Of an empty one pnpm says that it cannot be resolved.
        Some((at, document.string(document.find(&[field, name])?)?)).filter(|(_, former)| !former.is_empty())
    })?;
    // One that named a package of ours by an alias puts it in the place of another one: it may, from the deps dir.
    if former.starts_with("npm:") && request.package(&specifier::parse(name, &former).name).is_some() {
        return None;
    }
    let now = fields(manager).iter().enumerate().find_map(|(index, field)| {
        let direct = request.direct.iter().rfind(|direct| direct.field == **field && direct.key == name);
        let added = || request.added.iter().find(|(added, _)| *field == "dependencies" && added == name);
        match direct {
            Some(direct) => Some(direct.specifier.as_str()),
            None if index == at => Some(former.as_str()),
            // A new regular dependency may go before the one that counted.
            None if document.find(&[field, name]).is_none() => {
                added().map(|(_, specifier)| specifier.as_str())
            }
            None => None,
        }
    });
    now.is_some_and(|now| now != former).then_some(former)
}
