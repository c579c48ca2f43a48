//! Which packages the surfaces need, and what each surface's manifest must say of them.

mod members;
mod reasons;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nodejs_semver::{Range, Version};
use serde_json::Value;

pub(crate) use self::members::MemberIndex;
pub(crate) use self::reasons::{Edge, Reason};
use super::install_target::InstallTarget;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::Name;
use crate::npm::{
    DEPENDENCY_FIELDS, Manifest, Member, Scope, Specifier, SpecifierKind, Workspace, specifier,
};
use crate::project::{LocalPackages, Surface};
use crate::text::path;

/// What one surface needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Its own dependencies in scope, each to be rewritten.
    pub(crate) direct: Vec<DirectDependency>,
    /// Packages in scope that it takes from a path of its own choice, with that path.
    pub(crate) local: BTreeMap<String, String>,
    /// Those of `local` that packages of the closure need too.
    pub(crate) shared_local: BTreeSet<String>,
    /// Its dependencies and all that those need, by name.
    pub(crate) closure: BTreeSet<String>,
    /// Required peers of the closure that are no dependency of the surface: pnpm would look them up in the
    /// registry, even when an override covers them.
    pub(crate) peers: BTreeSet<String>,
    /// Values of the manifest that bring in a package in scope, by their keys from the root on: overrides that put one
    /// in the place of another package, and `pnpm.packageExtensions`.
    pub(crate) redirected: BTreeMap<Vec<String>, String>,
    /// The same for overrides of a `pnpm-workspace.yaml`, by selector.
    pub(crate) redirected_by_workspace: BTreeMap<String, String>,
    /// Dependencies of packages of the closure under another name, which overrides miss by the package's own name.
    pub(crate) aliases: BTreeSet<Alias>,
    /// Every required peer of a package of the closure, be it a dependency of the surface or not.
    pub(crate) required_peers: BTreeSet<String>,
    /// Optional peers in scope that are not in the closure, each with a package that names it: npm 10 looks them up.
    pub(crate) optional_peers: BTreeMap<String, String>,
    /// The same for those that are named by an alias, be the package in the closure or not.
    pub(crate) optional_aliases: BTreeSet<Alias>,
    /// Its dependencies in scope that are packages of the product's own workspace: left alone.
    pub(crate) own: BTreeSet<String>,
    /// Who names which package of the closure, in the order in which they were found.
    pub(crate) edges: Vec<Edge>,
}

impl Needs {
    /// Adds what overrides have to say for a member of the surface's workspace.
    pub(crate) fn hold_overrides_of(&mut self, member: &Self) {
        self.closure.extend(member.closure.iter().cloned());
        self.aliases.extend(member.aliases.iter().cloned());
        self.required_peers.extend(member.required_peers.iter().cloned());
        self.optional_aliases.extend(member.optional_aliases.iter().cloned());
        self.optional_peers.extend(member.optional_peers.clone());
        self.optional_peers.retain(|peer, _| !self.closure.contains(peer));
    }
}

/// A dependency of a surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirectDependency {
    /// `dependencies`, `devDependencies` or `optionalDependencies`.
    pub(crate) field: &'static str,
    /// The key: the package's name, or an alias.
    pub(crate) key: String,
    /// The package's own name.
    pub(crate) package: String,
}

/// `alias` in the manifest of `parent` means `package`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alias {
    /// The package whose manifest uses the alias.
    pub(crate) parent: String,
    /// The name it uses.
    pub(crate) alias: String,
    /// The package that it means.
    pub(crate) package: String,
}

/// The needs of all surfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closure {
    /// In the order of the surfaces.
    pub(crate) surfaces: Vec<Needs>,
    /// Every package to pack, by name.
    pub(crate) packages: BTreeSet<String>,
    /// What should be said, but stops nothing.
    pub(crate) warnings: Vec<Problem>,
    /// Surfaces that ask for a version that the workspace does not have.
    pub(crate) mismatches: Vec<Problem>,
    /// Dependencies of surfaces that are packages of the product's own workspace.
    pub(crate) own: Vec<OwnPackage>,
}

/// A dependency of a surface that is a package of the product's own workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnPackage {
    /// The surface's manifest.
    pub(crate) manifest: String,
    /// The package's name.
    pub(crate) package: String,
    /// Its folder, from the project's root.
    pub(crate) folder: String,
}

/// Works out what the surfaces need.
///
/// # Errors
/// [`ErrorKind::Packing`] naming every package that the workspace lacks or has twice.
pub(crate) fn plan(
    workspace: &Workspace,
    scope: &Scope,
    surfaces: &[(&Surface, &InstallTarget)],
    local: &LocalPackages,
) -> Result<Closure> {
    let index = MemberIndex::new(workspace);
    let mut closure = Closure::default();
    let mut problems = Vec::new();
    for (surface, reader) in surfaces {
        let around = SurfaceContext { workspace, index: &index, scope, surface, reader, local };
        let needs = surface_needs(&around, &mut closure, &mut problems);
        closure.packages.extend(needs.closure.iter().cloned());
        closure.surfaces.push(needs);
    }
    closure.warnings.dedup();
    problems.dedup();
    if problems.is_empty() { Ok(closure) } else { Err(Error::all(ErrorKind::Packing, problems)) }
}

/// A surface, and what its dependencies are held against.
#[derive(Clone, Copy)]
struct SurfaceContext<'a> {
    workspace: &'a Workspace,
    index: &'a MemberIndex<'a>,
    scope: &'a Scope,
    surface: &'a Surface,
    reader: &'a InstallTarget,
    local: &'a LocalPackages,
}

impl SurfaceContext<'_> {
    /// What a dependency asks for. A path that leads to a package of the workspace asks for that.
    fn specifier(&self, key: &str, spec: &str) -> (Specifier, bool) {
        let mut specifier = specifier::parse(key, spec);
        let linked = self.local.linked(&self.surface.dir, spec);
        if let Some(name) = linked {
            specifier.name = name.to_owned();
        }
        let is_elsewhere = matches!(specifier.kind, SpecifierKind::Local(_)) && linked.is_none();
        (specifier, is_elsewhere)
    }

    /// The folder of a package of the product's own workspace: what `workspace:` means there, and what else only that has.
    fn own(&self, specifier: &Specifier) -> Option<&str> {
        let is_meant =
            matches!(specifier.kind, SpecifierKind::Workspace(_) | SpecifierKind::WorkspacePath(_));
        let own = self.local.own(&self.surface.dir, &specifier.name);
        own.filter(|_| is_meant || !self.index.knows(&specifier.name))
    }
}

fn surface_needs(around: &SurfaceContext<'_>, closure: &mut Closure, problems: &mut Vec<Problem>) -> Needs {
    let SurfaceContext { workspace, index, scope, surface, reader, .. } = *around;
    let mut needs = Needs::default();
    let mut queue: VecDeque<Edge> = VecDeque::new();
    let from_surface = |field: &str, to: &str, specifier: &str| Edge::new(None, field, to, specifier);
    for field in DEPENDENCY_FIELDS {
        for (key, spec) in surface.manifest.dependencies(field) {
            let (specifier, is_elsewhere) = around.specifier(key, spec);
            if !in_scope(scope, key, &specifier) {
                continue;
            }
            if let Some(folder) = around.own(&specifier) {
                closure.own.push(OwnPackage {
                    manifest: surface.manifest_name.clone(),
                    package: specifier.name.clone(),
                    folder: folder.to_owned(),
                });
                needs.edges.push(from_surface(field, &specifier.name, spec));
                needs.own.insert(specifier.name);
                continue;
            }
            if is_elsewhere {
                closure.warnings.push(Problem::new(format!(
                    "{}: {field}: {key} is {spec} already: left alone",
                    surface.manifest_name
                )));
                needs.local.insert(key.to_owned(), spec.to_owned());
                continue;
            }
            closure.mismatches.extend(mismatch(index, surface, key, spec, &specifier));
            needs.direct.push(DirectDependency {
                field,
                key: key.to_owned(),
                package: specifier.name.clone(),
            });
            queue.push_back(from_surface(field, &specifier.name, spec));
        }
    }
    // pnpm installs a root's own peers too (`auto-install-peers`), optional ones among them.
    let all = reader.manager.name == Name::Pnpm;
    for (package, optional) in peers(&surface.manifest, scope) {
        let specifier = specifier::parse(&package, &peer_range(&surface.manifest, &package));
        if (all || !optional) && around.own(&specifier).is_none() {
            queue.push_back(from_surface(
                "peerDependencies",
                &package,
                &peer_range(&surface.manifest, &package),
            ));
            needs.peers.insert(package);
        }
    }
    for (path, package) in settings::named(&surface.manifest, reader, scope) {
        queue.push_back(from_surface(&path.join("."), &package, ""));
        needs.redirected.insert(path, package);
    }
    for (selector, package) in settings::named_by_workspace(reader, scope) {
        queue.push_back(from_surface(&format!("pnpm-workspace.yaml: overrides.{selector}"), &package, ""));
        needs.redirected_by_workspace.insert(selector, package);
    }
    while let Some(edge) = queue.pop_front() {
        let package = edge.to.clone();
        if needs.local.contains_key(&package) {
            needs.shared_local.insert(package);
            continue;
        }
        if needs.own.contains(&package) {
            closure.warnings.extend(edge.beyond_tarballs());
            continue;
        }
        let wanted_by = edge.place(surface);
        needs.edges.push(edge);
        if !needs.closure.insert(package.clone()) {
            continue;
        }
        match index.get(&package) {
            Ok(member) => {
                member_needs(workspace, index, scope, member, &mut needs, &mut queue, &mut closure.warnings);
            }
            Err(mut problem) => {
                problem.message = format!("{} ({wanted_by})", problem.message);
                problems.push(problem);
            }
        }
    }
    needs.peers.retain(|peer| {
        !needs.direct.iter().any(|direct| direct.key == *peer && direct.field != "devDependencies")
    });
    needs.peers.retain(|peer| !needs.local.contains_key(peer) && !needs.own.contains(peer));
    needs.optional_peers.retain(|peer, _| !needs.closure.contains(peer) && !needs.local.contains_key(peer));
    needs
}

fn peer_range(manifest: &Manifest, peer: &str) -> String {
    let range = manifest.dependencies("peerDependencies").find(|(name, _)| *name == peer);
    range.map(|(_, range)| range.to_owned()).unwrap_or_default()
}

fn in_scope(scope: &Scope, key: &str, specifier: &Specifier) -> bool {
    scope.contains(&specifier.name)
        || (scope.contains(key) && matches!(specifier.kind, SpecifierKind::Local(_)))
}

/// What a package of the closure needs in turn. The `devDependencies` of a tarball are ignored by every tool.
fn member_needs(
    workspace: &Workspace,
    index: &MemberIndex<'_>,
    scope: &Scope,
    member: &Member,
    needs: &mut Needs,
    queue: &mut VecDeque<Edge>,
    warnings: &mut Vec<Problem>,
) {
    let name = member.manifest.name().unwrap_or_default();
    for field in ["dependencies", "optionalDependencies"] {
        for (key, spec) in member.manifest.dependencies(field) {
            let mut specifier = specifier::parse(key, from_catalog(workspace, key, spec));
            if let SpecifierKind::WorkspacePath(path) = &specifier.kind
                && let Some(name) = member_at(workspace, member, path)
            {
                specifier.name = name.to_owned();
            }
            if in_scope(scope, key, &specifier) {
                if specifier.name != key {
                    let alias = Alias {
                        parent: name.to_owned(),
                        alias: key.to_owned(),
                        package: specifier.name.clone(),
                    };
                    needs.aliases.insert(alias);
                }
                queue.push_back(Edge::new(Some(name), field, &specifier.name, spec));
            } else if spec.starts_with("workspace:") && index.get(&specifier.name).is_ok() {
                warnings.push(
                    Problem::new(format!("{name}: {field}: {key} is a member of the workspace outside of the scope {scope}: the install will ask a registry for it"))
                        .hint(format!("add it to the scope: --scope '{scope}' --scope '{key}'")),
                );
            }
        }
    }
    for (package, optional) in peers(&member.manifest, scope) {
        if optional {
            needs.optional_peers.insert(package, name.to_owned());
        } else {
            let range = peer_range(&member.manifest, &package);
            queue.push_back(Edge::new(Some(name), "peerDependencies", &package, &range));
            needs.required_peers.insert(package.clone());
            needs.peers.insert(package);
        }
    }
    needs.optional_aliases.extend(optional_aliases(&member.manifest, scope));
}

/// The name of the member at a path from another one, as `workspace:../errors` means it.
fn member_at<'a>(workspace: &'a Workspace, from: &Member, path: &str) -> Option<&'a str> {
    let relative = path::relative(&format!("{}/{path}", from.relative));
    workspace.members.iter().find(|member| member.relative == relative)?.manifest.name()
}

/// The peers in scope, and whether each is optional; such a one of a dependency causes no look-up, npm 10 aside.
fn peers<'a>(manifest: &'a Manifest, scope: &'a Scope) -> impl Iterator<Item = (String, bool)> + 'a {
    manifest
        .dependencies("peerDependencies")
        .map(|(peer, _)| peer)
        .filter(|peer| scope.contains(peer))
        .map(|peer| (peer.to_owned(), is_optional(manifest, peer)))
}

/// Optional peers that are a package in scope under another name.
fn optional_aliases<'a>(manifest: &'a Manifest, scope: &'a Scope) -> impl Iterator<Item = Alias> + 'a {
    manifest.dependencies("peerDependencies").filter_map(|(alias, spec)| {
        let package = specifier::parse(alias, spec).name;
        let is_one = scope.contains(&package) && !scope.contains(alias) && is_optional(manifest, alias);
        let parent = manifest.name().unwrap_or_default().to_owned();
        is_one.then(|| Alias { parent, alias: alias.to_owned(), package })
    })
}

fn is_optional(manifest: &Manifest, peer: &str) -> bool {
    let meta = manifest.0.get("peerDependenciesMeta").and_then(|meta| meta.get(peer));
    meta.and_then(|peer| peer.get("optional")) == Some(&Value::Bool(true))
}

/// A catalog's entry may itself be an alias.
fn from_catalog<'a>(workspace: &'a Workspace, key: &str, spec: &'a str) -> &'a str {
    let Some(name) = spec.strip_prefix("catalog:") else { return spec };
    let name = if name.trim().is_empty() { "default" } else { name.trim() };
    workspace.catalogs.0.get(name).and_then(|catalog| catalog.get(key)).map_or(spec, String::as_str)
}

/// A surface that asks for a version which the workspace does not have.
fn mismatch(
    index: &MemberIndex<'_>,
    surface: &Surface,
    key: &str,
    spec: &str,
    specifier: &Specifier,
) -> Option<Problem> {
    let (SpecifierKind::Range(wanted) | SpecifierKind::Workspace(wanted)) = &specifier.kind else {
        return None;
    };
    let range = Range::parse(wanted).ok()?;
    let version = index.get(&specifier.name).ok()?.manifest.version()?;
    if Version::parse(&version).ok()?.satisfies(&range) {
        return None;
    }
    Some(
        Problem::new(format!(
            "{}: {key} asks for {spec}, but the workspace has {} {version}",
            surface.manifest_name, specifier.name
        ))
        .hint(format!(
            "the build gets {version}; check out a workspace that has {wanted} if that is not meant"
        )),
    )
}
