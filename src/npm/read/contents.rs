//! All that a package's tarball holds: pnpm's `pack`, up to the bytes of the archive.

mod credentials;
mod executable;
mod licence;
mod siblings;
mod unbuilt;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use self::executable::Executables;
use self::licence::Licences;
use self::siblings::{Members, Names};
use super::packlist;
use super::workspace_files::{catalogs, workspace_file};
use crate::error::{Problem, io_cause};
use crate::npm::manifest::{DEPENDENCY_FIELDS, Manifest};
use crate::npm::read::seen::SeenPaths;
use crate::npm::stamp::ContentKey;
use crate::npm::workspace::{Member, Workspace};
use crate::npm::{js, package_name, publish};
use crate::text::{Digest, path};

pub(crate) use self::unbuilt::{BUILD_HINT, Unbuilt, unbuilt};

/// A file of the tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TarballEntry {
    /// Below `package/`, with `/` between parts.
    pub(crate) path: String,
    /// Mode 0755 in place of 0644. The mode on disk counts for nothing.
    pub(crate) executable: bool,
    /// Where its bytes come from.
    pub(crate) source: ContentSource,
}

impl TarballEntry {
    /// 0755 or 0644.
    pub(crate) fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
}

/// Where a file's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContentSource {
    /// Made here: the manifest as it is published.
    Generated(Vec<u8>),
    /// A regular file, links followed.
    OnDisk(PathBuf),
}

/// What a package's tarball holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contents {
    /// The manifest as it is published.
    pub(crate) manifest: Manifest,
    /// Sorted by the bytes of their paths; no path is there twice.
    pub(crate) entries: Vec<TarballEntry>,
    /// What should be looked at, and does not keep the package from being packed.
    pub(crate) warnings: Vec<Problem>,
    /// By what the files are known to be the same the next time, where that is to be remembered.
    pub(crate) footprint: Option<ContentKey>,
}

impl Contents {
    /// How much work packing it is, to be held against others: bytes where they are known, else files.
    pub(crate) fn weight(&self) -> u64 {
        let bytes = |footprint: &ContentKey| footprint.sizes.iter().sum();
        self.footprint.as_ref().map_or(self.entries.len() as u64, bytes)
    }

    /// The same with another manifest.
    pub(crate) fn with_manifest(&self, manifest: Manifest) -> Self {
        let text = js::stringify(&manifest.0).into_bytes();
        let entries = self.entries.iter().map(|entry| match &entry.source {
            ContentSource::Generated(_) => {
                TarballEntry { source: ContentSource::Generated(text.clone()), ..entry.clone() }
            }
            ContentSource::OnDisk(_) => entry.clone(),
        });
        Self {
            entries: entries.collect(),
            manifest,
            warnings: self.warnings.clone(),
            footprint: self.footprint.clone(),
        }
    }
}

/// What `pnpm pack` 10.6.5 would put into a member's tarball, with the lifecycle scripts left out.
///
/// # Errors
///
/// Every reason for which pnpm fails, and entries that would leave the package or are no files.
pub(crate) fn contents(workspace: &Workspace, member: &Member) -> Result<Contents, Vec<Problem>> {
    remembered(&WorkspaceContext::new(workspace), member, &NothingKnown)
}

/// What is known of packages from calls before, and is held against the disk.
pub(crate) trait PackageMemory {
    /// Whether nothing is remembered.
    fn is_off(&self) -> bool;

    /// The files of the package in a folder, if everything that they depend on looks as it did.
    fn listing(&self, dir: &Path, key: &Digest) -> Option<Vec<String>>;

    /// Notes what is looked at, where it is to be remembered.
    fn seen(&self) -> SeenPaths;

    /// Remembers what the files of a package are, by what was seen on the way.
    fn learn_listing(&self, dir: &Path, key: Digest, paths: &[String], seen: SeenPaths);

    /// By what the files of a package are known to be the same the next time.
    fn content_key(&self, dir: &Path, entries: &[TarballEntry]) -> Option<ContentKey>;
}

/// A memory of nothing.
struct NothingKnown;

impl PackageMemory for NothingKnown {
    fn is_off(&self) -> bool {
        true
    }

    fn listing(&self, _: &Path, _: &Digest) -> Option<Vec<String>> {
        None
    }

    fn seen(&self) -> SeenPaths {
        SeenPaths::default()
    }

    fn learn_listing(&self, _: &Path, _: Digest, _: &[String], _: SeenPaths) {}

    fn content_key(&self, _: &Path, _: &[TarballEntry]) -> Option<ContentKey> {
        None
    }
}

/// Takes out of the files of a package's folder what is no part of it.
pub(crate) type TakeOut<'a> = &'a (dyn Fn(&Path, &mut Vec<String>) + Sync);

/// What the packages of a workspace have in common.
pub(crate) struct WorkspaceContext<'a> {
    workspace: &'a Workspace,
    names: Names<'a>,
    licences: Licences,
    take_out: Option<TakeOut<'a>>,
}

impl<'a> WorkspaceContext<'a> {
    /// Nothing is looked for yet.
    pub(crate) fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, names: Names::of(workspace), licences: Licences::default(), take_out: None }
    }

    /// The same, where the packages' folders may hold what packing puts there.
    pub(crate) fn without(self, take_out: TakeOut<'a>) -> Self {
        Self { take_out: Some(take_out), ..self }
    }
}

/// [`contents`] of one of several members of a workspace, where a folder that was walked before need not be walked again if it looks the same.
///
/// # Errors
///
/// As [`contents`].
pub(crate) fn remembered(
    around: &WorkspaceContext<'_>,
    member: &Member,
    memory: &impl PackageMemory,
) -> Result<Contents, Vec<Problem>> {
    let WorkspaceContext { workspace, names, licences, take_out } = around;
    let label = label(member);
    let mut problems = Vec::new();
    refuse_bundled(member, &member.manifest, &label, &mut problems);
    let (dir, inner) = match published_folder(member, &label) {
        Ok(found) => found,
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let manifest = inner.as_ref().unwrap_or(&member.manifest);
    if inner.is_some() {
        refuse_bundled(member, manifest, &label, &mut problems);
    }
    identity(manifest, &label, &mut problems);
    let readme = if member.settings.embed_readme { readme(&dir) } else { Ok(None) };
    let readme = readme.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let own = own_workspace(workspace, member).unwrap_or_else(|error| {
        problems.extend(error.problems);
        None
    });
    let members = Members { workspace, names, dir: &dir };
    // What `workspace:` means comes from what is installed, the rest from the nearest workspace.
    let (nearest, own_licences) = (own.as_ref().unwrap_or(workspace), Licences::default());
    let licences = if own.is_some() { &own_licences } else { licences };
    let published = match publish::published(manifest, &members, &nearest.catalogs, readme.as_deref()) {
        Ok(published) => published,
        Err(more) => {
            problems.extend(more);
            return Err(problems);
        }
    };
    let executables = Executables::of(&published, manifest, &dir, &label);
    let list = files(&dir, &published, memory).and_then(|mut list| {
        if let Some(take_out) = take_out {
            take_out(&dir, &mut list);
        }
        let licences = licence::missing(nearest, &dir, &list, licences)?;
        Ok(PackedNames { list, licences })
    });
    match (executables, list, problems.is_empty()) {
        (Ok(executables), Ok(files), true) => {
            let mut contents = assemble(nearest, &dir, published, &executables, files, &label);
            contents.footprint = memory.content_key(&dir, &contents.entries);
            Ok(contents)
        }
        (executables, list, _) => {
            problems.extend(executables.err());
            problems.extend(list.err());
            Err(problems)
        }
    }
}

/// The workspace that pnpm finds from a member's folder, where that is another one than the member is of: the nearest
/// folder with a `pnpm-workspace.yaml`.
fn own_workspace(workspace: &Workspace, member: &Member) -> crate::error::Result<Option<Workspace>> {
    for root in member.dir.ancestors().take_while(|root| *root != workspace.root) {
        if let Some(file) = workspace_file(root)? {
            let catalogs = catalogs(root, &file)?;
            let root = root.to_path_buf();
            return Ok(Some(Workspace { root, is_pnpm: true, members: Vec::new(), catalogs }));
        }
    }
    Ok(None)
}

/// The names of the files that are packed.
struct PackedNames {
    list: Vec<String>,
    /// In the workspace's root.
    licences: Vec<String>,
}

/// Walks the package's folder, or remembers what it found there.
fn files(dir: &Path, published: &Manifest, memory: &impl PackageMemory) -> Result<Vec<String>, Problem> {
    if memory.is_off() {
        return packlist::pack_list(dir, published);
    }
    // All that it depends on besides what it looks at.
    let key = Digest::of(js::stringify(&published.0).as_bytes());
    if let Some(list) = memory.listing(dir, &key) {
        return Ok(list);
    }
    let seen = Rc::new(memory.seen());
    let list = packlist::pack_list_seen(dir, published, &seen)?;
    if let Some(seen) = Rc::into_inner(seen) {
        memory.learn_listing(dir, key, &list, seen);
    }
    Ok(list)
}

/// How messages call a member.
fn label(member: &Member) -> String {
    match (member.manifest.name(), member.relative.as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, "") => member.dir.display().to_string(),
        (None, relative) => relative.to_owned(),
    }
}

fn refuse_bundled(member: &Member, manifest: &Manifest, label: &str, problems: &mut Vec<Problem>) {
    if member.settings.node_linker_hoisted {
        return;
    }
    let found = ["bundledDependencies", "bundleDependencies"]
        .into_iter()
        .find(|field| js::truthy(manifest.0.get(*field)));
    if let Some(field) = found {
        problems
            .push(Problem::new(format!("{label}: {field} does not work without node-linker=hoisted")).hint(
            format!(
                "write node-linker=hoisted into the workspace's .npmrc, or delete {field} from the manifest"
            ),
        ));
    }
}

/// The folder that is packed, and its manifest where `publishConfig.directory` names another than the package's.
fn published_folder(member: &Member, label: &str) -> Result<(PathBuf, Option<Manifest>), Problem> {
    let directory = match member.manifest.0.get("publishConfig").and_then(|config| config.get("directory")) {
        Some(Value::String(directory)) if !directory.is_empty() => directory,
        Some(other) if js::truthy(Some(other)) => {
            return Err(Problem::new(format!(
                "{label}: publishConfig.directory is {other}, which is no path"
            ))
            .hint("write the folder that is to be published, as \"dist\""));
        }
        _ => return Ok((member.dir.clone(), None)),
    };
    let dir = path::join_on_disk(&member.dir, directory);
    match siblings::read_manifest(&dir)? {
        Some(manifest) => Ok((dir, Some(manifest))),
        None => Err(Problem::new(format!(
            "{label}: publishConfig.directory is {directory:?}, and {} holds no package.json",
            dir.display()
        ))
        .hint("build the package first, or correct the path")),
    }
}

/// Name and version, which pnpm insists on, and the fields that it cannot read as `null`.
fn identity(manifest: &Manifest, label: &str, problems: &mut Vec<Problem>) {
    for field in DEPENDENCY_FIELDS.into_iter().chain(["peerDependencies"]) {
        if manifest.0.get(field) == Some(&Value::Null) {
            problems.push(
                Problem::new(format!("{label}: {field} is null, and must be an object"))
                    .hint(format!("delete {field}, or write {{}}")),
            );
        }
    }
    match manifest.0.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {
            if let Err(error) = package_name::validate(name) {
                problems.push(
                    Problem::new(format!("{label}: {name:?} is no name for a package: {error}"))
                        .hint("rename it, as \"@scope/name\""),
                );
            }
        }
        name if js::truthy(name) => problems.push(
            Problem::new(format!(
                "{label}: the name is {}, and must be a string",
                name.unwrap_or(&Value::Null)
            ))
            .hint("rename it, as \"@scope/name\""),
        ),
        _ => problems.push(
            Problem::new(format!("{label}: the manifest has no name"))
                .hint("give it one, as \"@scope/name\""),
        ),
    }
    if manifest.version().is_none() {
        problems.push(
            Problem::new(format!("{label}: the manifest has no version"))
                .hint("give it one, as \"version\": \"1.0.0\""),
        );
    }
}

/// The README that `embed-readme` takes: the first name, by its bytes, that ends in `readme.md`.
fn readme(dir: &Path) -> Result<Option<String>, Problem> {
    let fail = |path: &Path, e: &std::io::Error| {
        Problem::new(format!("cannot read {}: {}", path.display(), io_cause(e)))
            .hint("embed-readme is set, and takes the first name that ends in readme.md")
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| fail(dir, &e))? {
        names.push(entry.map_err(|e| fail(dir, &e))?.file_name());
    }
    names.sort();
    let is_readme =
        |name: &&std::ffi::OsString| name.to_string_lossy().to_ascii_lowercase().ends_with("readme.md");
    let Some(name) = names.iter().find(is_readme) else { return Ok(None) };
    let path = dir.join(name);
    let bytes = crate::disk::read_up_to(&path, crate::disk::MAX_LARGE).map_err(|e| fail(&path, &e))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// `packPkg`'s entries.
fn assemble(
    workspace: &Workspace,
    dir: &Path,
    manifest: Manifest,
    executables: &Executables,
    files: PackedNames,
    label: &str,
) -> Contents {
    let PackedNames { list, licences } = files;
    let text = js::stringify(&manifest.0).into_bytes();
    let mut entries: Vec<TarballEntry> = Vec::new();
    let mut add = |path: String, source: PathBuf| {
        let executable = executables.contain(&source);
        let is_manifest = matches!(path.as_str(), "package.json" | "package.json5" | "package.yaml");
        let (path, source) = if is_manifest {
            ("package.json".to_owned(), ContentSource::Generated(text.clone()))
        } else {
            (path, ContentSource::OnDisk(source))
        };
        entries.push(TarballEntry { path, executable, source });
    };
    let mut warnings = credentials::warnings(&list, label);
    for path in list {
        // Not normalised: `lib/../dist` is what the entry is called, and its file was checked under that name.
        let source = dir.join(&path);
        add(path, source);
    }
    for name in licences {
        let source = workspace.root.join(&name);
        add(name, source);
    }
    // Stable: where several manifests lie in the folder, each gives a `package.json`, as in pnpm's tarball.
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    if !entries.iter().any(|entry| entry.path == "package.json") {
        warnings.push(
            Problem::new(format!("{label}: the tarball would hold no package.json"))
                .hint("a manifest that is a link, or is ignored, is not packed: make it a file"),
        );
    }
    Contents { manifest, entries, warnings, footprint: None }
}

#[cfg(test)]
mod tests;
