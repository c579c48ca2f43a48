//! What `prepare` will do: a value, to be shown or applied.

use std::collections::BTreeMap;

use super::closure::Needs;
use super::rewrite::{self, Request};
use super::way::Way;
use crate::error::{Error, Kind, Result};
use crate::model::edit::Undo;
use crate::model::surface::Surface;
use crate::model::tarball::Tarball;

/// The new text of one surface's manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    /// The surface as it was read: the plan holds only for that text.
    pub surface: Surface,
    /// The text that it gets.
    pub text: String,
    /// How to take the changes back out of a text that was edited since.
    pub undo: Vec<Undo>,
    /// How many of its own dependencies were pointed at tarballs.
    pub dependencies: usize,
    /// How many overrides it got.
    pub overrides: usize,
    /// How many peers were added to its dependencies.
    pub peers: usize,
}

/// Plans the rewrite of one surface.
///
/// # Errors
/// [`Kind::Refused`] for a manifest of a shape that cannot be rewritten.
pub fn rewritten(
    surface: &Surface,
    needs: &Needs,
    tarballs: &[Tarball],
    deps_dir: &str,
) -> Result<Rewritten> {
    let base = relative_path(&surface.dir, deps_dir);
    let specifiers: BTreeMap<&str, String> = tarballs
        .iter()
        .map(|tarball| (tarball.name.as_str(), format!("file:{base}/{}", tarball.filename)))
        .collect();
    let request = request(needs, &specifiers);
    let rewrite = rewrite::rewrite(&surface.text, Way::PnpmOverrides, &request).map_err(|error| {
        Error::new(Kind::Refused, format!("{}: {error}", surface.manifest_name))
            .hint("correct the manifest, then run it again")
    })?;
    Ok(Rewritten {
        surface: surface.clone(),
        text: rewrite.text,
        undo: rewrite.undo,
        dependencies: request.direct.len(),
        overrides: request.overrides.len(),
        peers: request.added.len(),
    })
}

fn request(needs: &Needs, specifiers: &BTreeMap<&str, String>) -> Request {
    let specifier = |package: &str| specifiers.get(package).cloned().unwrap_or_default();
    let local =
        needs.shared_local.iter().filter_map(|name| Some((name.clone(), needs.local.get(name)?.clone())));
    let aliases = needs.aliases.iter().filter(|alias| needs.closure.contains(&alias.package));
    Request {
        direct: needs
            .direct
            .iter()
            .map(|direct| rewrite::Direct {
                field: direct.field.to_owned(),
                key: direct.key.clone(),
                specifier: specifier(&direct.package),
            })
            .collect(),
        added: needs.peers.iter().map(|peer| (peer.clone(), specifier(peer))).collect(),
        overrides: needs
            .closure
            .iter()
            .map(|package| (package.clone(), specifier(package)))
            .chain(local)
            .chain(needs.redirected.iter().map(|(selector, package)| (selector.clone(), specifier(package))))
            .chain(
                aliases.map(|alias| (format!("{}>{}", alias.parent, alias.alias), specifier(&alias.package))),
            )
            .collect(),
        // An alias of the surface is matched by overrides under its own key.
        yielding: needs
            .closure
            .iter()
            .chain(&needs.shared_local)
            .chain(needs.direct.iter().map(|direct| &direct.key))
            .cloned()
            .collect(),
    }
}

/// The path from one folder to another, both from the same root; a `file:` is meant from the install root, which
/// is the surface.
pub(super) fn relative_path(from: &str, to: &str) -> String {
    let parts =
        |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_meant_from_the_surface() {
        assert_eq!(relative_path("backend", ".docker-deps"), "../.docker-deps");
        assert_eq!(relative_path("", ".docker-deps"), ".docker-deps");
        assert_eq!(relative_path("apps/web", ".docker-deps"), "../../.docker-deps");
        assert_eq!(relative_path("apps/web", "apps/.deps"), "../.deps");
        assert_eq!(relative_path("backend", "backend/.deps"), ".deps");
    }
}
