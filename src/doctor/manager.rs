//! The package manager of an install, as far as its Dockerfile and its manifests say.

use super::repository::Repository;
use crate::image::{BuildInstall, LOCKFILES, Name, PackageManager};

/// The package manager of an install, as far as its Dockerfile and its manifests say.
pub(super) fn manager(repository: &Repository, one: &BuildInstall) -> PackageManager {
    let named = one.told.named.as_ref().map(|named| named.manager.clone());
    let named = named.unwrap_or_else(|| PackageManager::of_any_version(one.install.command.manager));
    // From pnpm 10 on, and with corepack, the manifest decides whatever is installed before.
    let decides = |other: &PackageManager| {
        let is_new = named.name == Name::Pnpm && *named.majors.start() >= 10 || named.name == Name::Yarn;
        other.name == named.name && is_new
    };
    let fields = fields(repository, one).into_iter().map(|(_, manager)| manager);
    match fields.into_iter().find(|other| !named.excludes(other) || decides(other)) {
        Some(other) if named.excludes(&other) => other,
        Some(other) => named.narrowed_by(&other),
        None => named,
    }
}

/// What the manifests of an install say of the package manager, the root's first.
pub(super) fn fields(repository: &Repository, one: &BuildInstall) -> Vec<(String, PackageManager)> {
    let files = one.install.manifests.iter().flat_map(|read| read.files.keys());
    let field = |file: &String| {
        let text = repository.sources.manifests.get(file)?.get("packageManager")?.as_str()?;
        let manager = PackageManager::parse(text.split('+').next().unwrap_or_default()).ok()?;
        Some((file.clone(), manager))
    };
    files.filter_map(field).collect()
}

/// The names that the lockfile of a package manager may have.
pub(super) fn lockfile_names(manager: Name) -> impl Iterator<Item = &'static str> {
    LOCKFILES.iter().filter(move |(_, of)| *of == manager).map(|(name, _)| *name)
}
