//! Lockfiles: one for a surface alone, made of the project's, and which versions of which packages they pin.

mod apply;
mod bun;
pub(crate) mod command;
pub(crate) mod graph;
mod npm;
pub(crate) mod plan;
mod pnpm;
mod read;
#[cfg(test)]
mod tests;
mod tree;
mod yarn;

pub(crate) use self::apply::{LockfileTarball, MadeLockfile};
pub(crate) use self::command::SurfaceLockfile;

use std::collections::{BTreeMap, BTreeSet};

use crate::image::Name;

/// Versions by package name. A package from git or a URL counts by what it was resolved to.
pub(crate) type Pins = BTreeMap<String, BTreeSet<String>>;

/// The names of a package manager's lockfile, the one that it takes first first.
pub(crate) fn names(manager: Name) -> &'static [&'static str] {
    match manager {
        Name::Pnpm => &["pnpm-lock.yaml"],
        Name::Npm => &["npm-shrinkwrap.json", "package-lock.json"],
        Name::Yarn => &["yarn.lock"],
        Name::Bun => &["bun.lock", "bun.lockb"],
    }
}

/// The name of the lockfile that it makes where there is none.
pub(crate) fn name(manager: Name) -> &'static str {
    match manager {
        Name::Pnpm => "pnpm-lock.yaml",
        Name::Npm => "package-lock.json",
        Name::Yarn => "yarn.lock",
        Name::Bun => "bun.lock",
    }
}

/// The project's lockfile as one for the surface alone, for the package manager to begin with. `importer` is the
/// surface's folder from the lockfile's, empty where it lies beside the surface; `ours` tells packages in scope.
///
/// # Errors
/// A text that is not such a lockfile, or one that does not know the surface.
pub(crate) fn seed(
    manager: Name,
    text: &str,
    importer: &str,
    ours: &dyn Fn(&str) -> bool,
) -> Result<String, String> {
    match manager {
        Name::Pnpm => pnpm::seed(text, importer, ours),
        Name::Npm => npm::seed(text, importer),
        Name::Yarn => yarn::seed(text, importer, ours),
        Name::Bun => bun::seed(text, importer),
    }
}

/// What the package manager made of a seed, with the seed's versions where it took others all the same, for another
/// try; `None` where that would help nothing.
///
/// # Errors
/// A text that is not such a lockfile.
pub(crate) fn mended(
    manager: Name,
    made: &str,
    seed: &str,
    ours: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, String> {
    match manager {
        Name::Npm => npm::mended(made, seed, ours),
        // They look for versions in all of the seed.
        Name::Pnpm | Name::Yarn | Name::Bun => Ok(None),
    }
}

/// The versions that it pins of packages that are not ours. What lies in a folder or a tarball of the project is not
/// pinned by it.
///
/// # Errors
/// A text that is not such a lockfile.
pub(crate) fn pins(manager: Name, text: &str, ours: &dyn Fn(&str) -> bool) -> Result<Pins, String> {
    let mut pins = Pins::new();
    for LockfileEntry { name, from } in entries(manager, text)? {
        if let (PackageOrigin::Registry(pin) | PackageOrigin::Remote(pin), false) = (from, ours(&name)) {
            pins.entry(name).or_default().insert(pin);
        }
    }
    Ok(pins)
}

/// The packages that are ours and that it takes from a registry all the same, as `name@version`.
///
/// # Errors
/// A text that is not such a lockfile.
pub(crate) fn strays(
    manager: Name,
    text: &str,
    ours: &dyn Fn(&str) -> bool,
) -> Result<BTreeSet<String>, String> {
    let stray = |entry: LockfileEntry| match entry.from {
        PackageOrigin::Registry(version) if ours(&entry.name) => Some(format!("{}@{version}", entry.name)),
        _ => None,
    };
    Ok(entries(manager, text)?.into_iter().filter_map(stray).collect())
}

/// A package of which the made lockfile has a version that the project's has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The package.
    pub(crate) name: String,
    /// What the project's lockfile has; nothing for a package that is new.
    pub(crate) before: BTreeSet<String>,
    /// What only the made one has.
    pub(crate) after: BTreeSet<String>,
}

/// Versions in `after` that `before` does not have. What a surface alone does not need is no difference.
pub(crate) fn differences(before: &Pins, after: &Pins) -> Vec<Difference> {
    let none = BTreeSet::new();
    after
        .iter()
        .filter_map(|(name, versions)| {
            let before = before.get(name).unwrap_or(&none);
            let after: BTreeSet<String> = versions.difference(before).cloned().collect();
            (!after.is_empty()).then(|| Difference { name: name.clone(), before: before.clone(), after })
        })
        .collect()
}

fn entries(manager: Name, text: &str) -> Result<Vec<LockfileEntry>, String> {
    match manager {
        Name::Pnpm => pnpm::entries(text),
        Name::Npm => npm::entries(text),
        Name::Yarn => yarn::entries(text),
        Name::Bun => bun::entries(text),
    }
}

/// A package in a lockfile.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LockfileEntry {
    /// Its own name, not an alias.
    name: String,
    from: PackageOrigin,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PackageOrigin {
    /// A registry, with the version.
    Registry(String),
    /// A repository or a URL, as it was resolved.
    Remote(String),
    /// A folder or a tarball of the project.
    Local,
}

impl PackageOrigin {
    /// From what stands behind `name@`.
    fn of(reference: &str) -> Self {
        let is_version = reference.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
            && !reference.contains(['/', ':', '\\']);
        let is_remote =
            ["git", "github", "gitlab", "bitbucket", "gist", "http", "https", "ssh"].iter().any(|scheme| {
                reference
                    .strip_prefix(scheme)
                    .is_some_and(|rest| rest.starts_with(':') || rest.starts_with('+'))
            });
        if is_version {
            Self::Registry(reference.to_owned())
        } else if is_remote {
            Self::Remote(reference.to_owned())
        } else {
            Self::Local
        }
    }
}

/// `name@reference` in its two parts; the name may have a scope.
fn split(text: &str) -> Option<(&str, &str)> {
    let start = usize::from(text.starts_with('@'));
    let at = start + text.get(start..)?.find('@')?;
    (at > 0).then(|| (&text[..at], &text[at + 1..]))
}
