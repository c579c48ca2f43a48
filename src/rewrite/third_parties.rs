//! What a surface takes of packages of others from the deps dir, where all of them come from there.

use std::collections::{BTreeMap, BTreeSet};

use super::request::{RedirectedDependency, RequestedPackage, RewriteRequest};
use crate::npm::DEPENDENCY_FIELDS;
use crate::project::Surface;

/// Tarballs by what they are known as; each of them is named by its file name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThirdParties {
    /// What the keys of the surface's own dependencies stand for, packages of ours included: the package's own name and
    /// its tarball.
    pub(crate) direct: BTreeMap<String, (String, String)>,
    /// The keys of optional ones that are for other systems than the image's.
    pub(crate) left_out: BTreeSet<String>,
    /// Required peers that nobody gives.
    pub(crate) added: BTreeMap<String, String>,
    /// Every name under which a package is known to any other: what overrides say of it has been done.
    pub(crate) names: BTreeMap<String, String>,
}

impl ThirdParties {
    /// Asks for them, besides what is asked for already. `specifier` is made of a file name.
    pub(super) fn ask(
        &self,
        surface: &Surface,
        specifier: &dyn Fn(&str) -> String,
        request: &mut RewriteRequest,
    ) {
        for direct in &mut request.direct {
            if let Some((_, file)) = self.direct.get(&direct.key) {
                direct.specifier = specifier(file);
            }
        }
        let mut placed = BTreeSet::new();
        for field in DEPENDENCY_FIELDS {
            for (key, _) in surface.manifest.dependencies(field) {
                if field == "optionalDependencies" && self.left_out.contains(key) {
                    request.removed.push(vec![field.to_owned(), key.to_owned()]);
                }
                let is_asked = request.direct.iter().any(|direct| direct.field == field && direct.key == key);
                let Some((package, file)) = self.direct.get(key) else { continue };
                placed.insert(key);
                if !is_asked {
                    request.direct.push(RedirectedDependency {
                        field: field.to_owned(),
                        key: key.to_owned(),
                        package: package.clone(),
                        specifier: specifier(file),
                    });
                }
            }
        }
        // Of the surface's own peers, package managers install those that are required.
        let peers = self.direct.iter().filter(|(key, _)| !placed.contains(key.as_str()));
        let peers = peers.map(|(key, (_, file))| (key, file)).chain(&self.added);
        for (name, file) in peers {
            if !request.added.iter().any(|(known, _)| known == name) {
                request.added.push((name.clone(), specifier(file)));
            }
        }
        for (name, file) in &self.names {
            if request.package(name).is_none() {
                request.packages.push(RequestedPackage {
                    name: name.clone(),
                    version: None,
                    specifier: specifier(file),
                });
            }
        }
    }
}
