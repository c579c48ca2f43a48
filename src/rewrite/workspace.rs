//! The `overrides:` of a `pnpm-workspace.yaml` beside a manifest: which are set, and which give way.

#[cfg(test)]
mod tests;

use super::pnpm::{goes, ours};
use super::reference::written_out;
use super::request::RewriteRequest;
use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::text::{Document, SyntaxError};

/// What becomes of the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkspaceOverrides {
    /// Selectors with the values that they get, new ones last.
    pub(crate) set: Vec<(String, String)>,
    /// Selectors that are taken out.
    pub(crate) removed: Vec<String>,
}

impl WorkspaceOverrides {
    /// Whether the file stays as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

/// What the map has to become for a surface with that manifest. Nothing where it is not read, or where overrides in
/// the manifest take its place.
///
/// # Errors
/// A manifest that is not JSON.
pub(crate) fn workspace_overrides(
    manifest: &str,
    reader: &InstallTarget,
    request: &RewriteRequest,
) -> Result<WorkspaceOverrides, SyntaxError> {
    let document = Document::parse(manifest)?;
    let mut edits = WorkspaceOverrides::default();
    if !reader.reads_workspace_overrides()
        || !matches!(reader.way, OverrideStyle::WorkspaceOverrides | OverrideStyle::Tarballs)
    {
        return Ok(edits);
    }
    let ours = if reader.way == OverrideStyle::WorkspaceOverrides { ours(request) } else { Vec::new() };
    let placed =
        |key: &str| request.workspace_placed.iter().find(|(selector, _)| selector == key).map(|(_, to)| to);
    for (key, value) in &reader.workspace_overrides {
        if let Some(specifier) = placed(key) {
            edits.set.push((key.clone(), specifier.clone()));
        } else if let Some((_, specifier)) = ours.iter().find(|(ours, _)| ours == key) {
            edits.set.push((key.clone(), specifier.clone()));
        } else if goes(reader, request, key) {
            edits.removed.push(key.clone());
        } else if let Some(former) = written_out(&document, Name::Pnpm, request, value) {
            edits.set.push((key.clone(), former));
        }
    }
    let there = |key: &str| reader.workspace_overrides.iter().any(|(selector, _)| selector == key);
    edits.set.extend(ours.into_iter().filter(|(key, _)| !there(key)));
    Ok(edits)
}
