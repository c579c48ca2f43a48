//! What is asked of a manifest, whatever reads it.

use std::collections::BTreeSet;

use nodejs_semver::{Range, Version};

/// A dependency of the surface that is to come from the deps dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedirectedDependency {
    /// The field, as `devDependencies`.
    pub(crate) field: String,
    /// The key in it: the package's name, or an alias.
    pub(crate) key: String,
    /// The package's own name.
    pub(crate) package: String,
    /// The new specifier.
    pub(crate) specifier: String,
}

/// A package that the surface needs, itself or through others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestedPackage {
    /// Its own name.
    pub(crate) name: String,
    /// Its version, where that is known.
    pub(crate) version: Option<String>,
    /// Where it is.
    pub(crate) specifier: String,
}

/// `alias` in the manifest of `parent` means `package`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AliasTarget {
    /// The package whose manifest uses the alias.
    pub(crate) parent: String,
    /// The name it uses.
    pub(crate) alias: String,
    /// The package that it means.
    pub(crate) package: String,
    /// Where that is.
    pub(crate) specifier: String,
}

/// What a surface needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RewriteRequest {
    /// Dependencies whose specifiers are replaced.
    pub(crate) direct: Vec<RedirectedDependency>,
    /// Names and specifiers to add to `dependencies` where the names are missing there: required peers.
    pub(crate) added: Vec<(String, String)>,
    /// Values that are taken out, by their keys from the root on.
    pub(crate) removed: Vec<Vec<String>>,
    /// The closure, and packages that it needs but the surface takes from a path of its own choice.
    pub(crate) packages: Vec<RequestedPackage>,
    /// Dependencies of packages of the closure under another name.
    pub(crate) aliases: Vec<AliasTarget>,
    /// Other values of the manifest that bring in a package in scope, by their keys from the root on, with the
    /// specifier that each becomes: overrides of other packages, and `pnpm.packageExtensions`.
    pub(crate) placed: Vec<(Vec<String>, String)>,
    /// The same for overrides of a `pnpm-workspace.yaml`, by selector.
    pub(crate) workspace_placed: Vec<(String, String)>,
    /// Every required peer of the closure with its specifier, be it a dependency of the surface or not.
    pub(crate) peers: Vec<(String, String)>,
    /// Optional peers in scope that are not in the closure, each with the specifier of a package that names it.
    pub(crate) optional_peers: Vec<(String, String)>,
    /// Optional peers that are a package in scope under another name.
    pub(crate) optional_aliases: Vec<AliasTarget>,
}

impl RewriteRequest {
    /// The specifier of what a name stands for wherever it is a dependency: a package's own name, or a key of the
    /// surface's, which overrides go by.
    pub(super) fn specifier(&self, name: &str) -> Option<&str> {
        let package = self.packages.iter().find(|package| package.name == name);
        let direct = || self.direct.iter().find(|direct| direct.key == name);
        package.map(|package| &package.specifier).or_else(|| Some(&direct()?.specifier)).map(String::as_str)
    }

    /// The package of that name.
    pub(super) fn package(&self, name: &str) -> Option<&RequestedPackage> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Whether a range takes the version that a package has; one of which nobody knows the version is taken.
    pub(super) fn takes(&self, name: &str, range: &str) -> bool {
        let version = self.package(name).and_then(|package| package.version.as_deref());
        match (version.map(Version::parse), Range::parse(range)) {
            (Some(Ok(version)), Ok(parsed)) => range.is_empty() || version.satisfies(&parsed),
            _ => true,
        }
    }

    /// Whether a value is where one of the packages is.
    pub(crate) fn is_specifier(&self, value: &str) -> bool {
        self.packages.iter().any(|package| package.specifier == value)
    }

    /// The aliases in a package's manifest.
    pub(super) fn aliases_in(&self, package: &str) -> impl Iterator<Item = &AliasTarget> {
        self.aliases.iter().filter(move |alias| alias.parent == package)
    }

    /// Every name under which a package may be installed: its own, the surface's keys, and aliases.
    pub(super) fn names_of<'r>(&'r self, package: &'r str) -> BTreeSet<&'r str> {
        let direct = self.direct.iter().filter(|direct| direct.package == package);
        let aliases = self.aliases.iter().filter(|alias| alias.package == package);
        let keys = direct.map(|direct| direct.key.as_str());
        keys.chain(aliases.map(|alias| alias.alias.as_str())).chain([package]).collect()
    }

    /// What an override becomes that puts a package in scope in the place of another one.
    pub(super) fn placed_at<S: AsRef<str>>(&self, path: &[S]) -> Option<&str> {
        let same = |(keys, _): &&(Vec<String>, String)| {
            keys.len() == path.len() && keys.iter().zip(path).all(|(a, b)| a == b.as_ref())
        };
        self.placed.iter().find(same).map(|(_, specifier)| specifier.as_str())
    }
}
