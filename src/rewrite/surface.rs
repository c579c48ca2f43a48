//! What `prepare` will do: a value, to be shown or applied.

use std::collections::BTreeMap;

use super::closure::Needs;
use super::install_target::InstallTarget;
use super::layout::InstallLayout;
use super::override_style::OverrideStyle;
use super::third_parties::ThirdParties;
use super::{AliasTarget, RequestedPackage, RewriteError, RewriteRequest, WorkspaceOverrides, closure};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Detected;
use crate::npm::Tarball;
use crate::project::Surface;
use crate::rewrite;
use crate::text::{JsonUndo, diff};

/// The new text of one surface's manifest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rewritten {
    /// The surface as it was read: the plan holds only for that text.
    pub(crate) surface: Surface,
    /// What installs it, and why it is taken for that.
    pub(crate) manager: Detected,
    /// How its packages are made to find each other.
    pub(crate) way: OverrideStyle,
    /// Where the tarballs lie from it.
    pub(crate) layout: InstallLayout,
    /// The text that it gets.
    pub(crate) text: String,
    /// How to take the changes back out of a text that was edited since.
    pub(crate) undo: Vec<JsonUndo>,
    /// What becomes of the overrides in the `pnpm-workspace.yaml` beside it.
    pub(crate) workspace: WorkspaceOverrides,
    /// How many of its own dependencies were pointed at tarballs.
    pub(crate) dependencies: usize,
    /// How many overrides point at tarballs, here or in the `pnpm-workspace.yaml`.
    pub(crate) overrides: usize,
    /// How many peers were added to its dependencies.
    pub(crate) peers: usize,
}

impl Rewritten {
    /// The change as `git diff` prints it.
    pub(crate) fn diff(&self) -> String {
        diff::unified(&self.surface.manifest_name, &self.surface.text, &self.text)
    }
}

/// Plans the rewrite of one surface.
///
/// # Errors
/// [`ErrorKind::Refused`] for a manifest of a shape that cannot be rewritten.
pub(crate) fn rewritten(
    surface: &Surface,
    manager: &Detected,
    reader: &InstallTarget,
    needs: &Needs,
    tarballs: &[Tarball],
    third_parties: Option<&ThirdParties>,
    layout: &InstallLayout,
) -> Result<Rewritten> {
    let mut request = request(needs, tarballs, &layout.path());
    if let Some(third_parties) = third_parties {
        third_parties.ask(surface, &|file| specifier(&layout.path(), file), &mut request);
    }
    let refused = |error: RewriteError| {
        Error::new(ErrorKind::Refused, format!("{}: {error}", surface.manifest_name)).hint(error.hint())
    };
    let rewrite = rewrite::rewrite(&surface.text, reader, &request).map_err(refused)?;
    let workspace = rewrite::workspace_overrides(&surface.text, reader, &request)
        .map_err(|error| refused(error.into()))?;
    let in_workspace = workspace.set.iter().filter(|(_, value)| request.is_specifier(value)).count();
    Ok(Rewritten {
        surface: surface.clone(),
        manager: manager.clone(),
        way: reader.way,
        layout: layout.clone(),
        text: rewrite.text,
        undo: rewrite.undo,
        dependencies: request.direct.len(),
        overrides: rewrite.overrides + in_workspace,
        peers: request.added.len(),
        workspace,
    })
}

/// A tarball in the deps dir, which is `base` from the surface.
fn specifier(base: &str, file: &str) -> String {
    if base.is_empty() { format!("file:{file}") } else { format!("file:{base}/{file}") }
}

/// `base`: the deps dir from the surface.
fn request(needs: &Needs, tarballs: &[Tarball], base: &str) -> RewriteRequest {
    let tarballs: BTreeMap<&str, &Tarball> =
        tarballs.iter().map(|tarball| (tarball.name.as_str(), tarball)).collect();
    let specifier = |package: &str| {
        let tarball = tarballs.get(package).map(|tarball| self::specifier(base, &tarball.filename));
        tarball.or_else(|| needs.local.get(package).cloned()).unwrap_or_default()
    };
    let package = |name: &String| RequestedPackage {
        name: name.clone(),
        version: tarballs.get(name.as_str()).map(|tarball| tarball.version.clone()),
        specifier: specifier(name),
    };
    let alias = |alias: &closure::Alias, specifier| AliasTarget {
        parent: alias.parent.clone(),
        alias: alias.alias.clone(),
        package: alias.package.clone(),
        specifier,
    };
    let is_there = |package: &String| needs.closure.contains(package) || needs.shared_local.contains(package);
    RewriteRequest {
        direct: needs
            .direct
            .iter()
            .map(|direct| rewrite::RedirectedDependency {
                field: direct.field.to_owned(),
                key: direct.key.clone(),
                package: direct.package.clone(),
                specifier: specifier(&direct.package),
            })
            .collect(),
        removed: Vec::new(),
        added: needs.peers.iter().map(|peer| (peer.clone(), specifier(peer))).collect(),
        packages: needs.closure.iter().chain(&needs.shared_local).map(package).collect(),
        aliases: needs
            .aliases
            .iter()
            .filter(|alias| is_there(&alias.package))
            .map(|found| alias(found, specifier(&found.package)))
            .collect(),
        placed: needs.redirected.iter().map(|(path, package)| (path.clone(), specifier(package))).collect(),
        workspace_placed: needs
            .redirected_by_workspace
            .iter()
            .map(|(selector, package)| (selector.clone(), specifier(package)))
            .collect(),
        peers: needs.required_peers.iter().map(|peer| (peer.clone(), specifier(peer))).collect(),
        optional_peers: needs
            .optional_peers
            .iter()
            .map(|(peer, names_it)| (peer.clone(), specifier(names_it)))
            .collect(),
        optional_aliases: needs
            .optional_aliases
            .iter()
            .map(|found| {
                let package = if is_there(&found.package) { &found.package } else { &found.parent };
                alias(found, specifier(package))
            })
            .collect(),
    }
}
