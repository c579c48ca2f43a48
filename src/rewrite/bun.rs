//! bun: `overrides`, which may stand inside one another as npm's do, and yarn's `resolutions`.

#[cfg(test)]
mod tests;

use super::difference::differences;
use super::npm::{ExistingRules, put};
use super::reference::written_out;
use super::request::RewriteRequest;
use super::{RewriteError, members_of, resolution};
use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::text::{Change, Document};

/// Our overrides, and what becomes of those that are there; says how many point at tarballs then.
pub(super) fn overrides(
    document: &Document,
    reader: &InstallTarget,
    request: &RewriteRequest,
    changes: &mut Vec<Change>,
) -> Result<usize, RewriteError> {
    let tells = reader.way == OverrideStyle::BunOverrides;
    if let Some(alias) = request.aliases.first().filter(|_| tells) {
        return Err(RewriteError::Alias {
            parent: alias.parent.clone(),
            alias: alias.alias.clone(),
            package: alias.package.clone(),
        });
    }
    let path = ["resolutions"];
    let before = members_of(document, &path)?;
    let mut after = before.clone();
    after.retain(|key, value| {
        let Some(text) = value.as_str() else { return true };
        if let Some(placed) = request.placed_at(&[path[0], key]) {
            *value = placed.into();
            return true;
        }
        if let Some(former) = written_out(document, Name::Bun, request, text) {
            *value = former.into();
        }
        resolution::target(key).is_none_or(|target| request.specifier(target).is_none())
    });
    differences(document, &path, &before, &after, changes);

    let path = ["overrides"];
    let before = members_of(document, &path)?;
    let mut after = before.clone();
    let rules = ExistingRules::new(document, reader, request);
    rules.tidy(&mut after, &mut vec![path[0].to_owned()], true);
    let told = if tells { request.packages.as_slice() } else { &[] };
    for package in told {
        put(&mut after, &package.name, &package.specifier, serde_json::Map::new());
    }
    differences(document, &path, &before, &after, changes);
    let is_read =
        |path: &[String]| path.first().is_some_and(|key| key == "overrides" || key == "resolutions");
    Ok(told.len() + request.placed.iter().filter(|(path, _)| is_read(path)).count())
}
