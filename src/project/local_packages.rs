//! Packages that the surfaces take from the disk.

use std::collections::BTreeMap;

/// What was found on the disk of the surfaces' dependencies. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalPackages {
    /// By the surface's folder: the packages of the product's own workspace, each with its folder from the project's root.
    pub(super) own: BTreeMap<String, BTreeMap<String, String>>,
    /// By the surface's folder and the specifier: the package of the shared workspace that it leads to.
    pub(super) linked: BTreeMap<(String, String), String>,
}

impl LocalPackages {
    /// The folder of a package of the product's own workspace that a surface is in.
    pub(crate) fn own(&self, surface_dir: &str, package: &str) -> Option<&str> {
        self.own.get(surface_dir)?.get(package).map(String::as_str)
    }

    /// The package of the shared workspace that a specifier leads to, out of the project.
    pub(crate) fn linked(&self, surface_dir: &str, specifier: &str) -> Option<&str> {
        self.linked.get(&(surface_dir.to_owned(), specifier.to_owned())).map(String::as_str)
    }
}

#[cfg(test)]
impl LocalPackages {
    /// Those of one surface, for tests: names with folders, specifiers with names.
    pub(crate) fn of(surface_dir: &str, own: &[(&str, &str)], linked: &[(&str, &str)]) -> Self {
        let own = own.iter().map(|(name, folder)| ((*name).to_owned(), (*folder).to_owned())).collect();
        let linked = linked
            .iter()
            .map(|(specifier, name)| ((surface_dir.to_owned(), (*specifier).to_owned()), (*name).to_owned()));
        Self { own: [(surface_dir.to_owned(), own)].into(), linked: linked.collect() }
    }
}
