//! Packages of others beside ours: resolved, fetched, and linked to each other and to ours.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::Value;

use super::graph;
use super::graph::TarballGraph;
use super::install::SurfaceInstall;
use super::linked::PackedTarballs;
use super::observed::Observed;
use super::packing::{Packable, ProgressCounter, Sinks};
use crate::cache::{Fetched, LinkedTarball, LinkedTarballs, Memory, linked_tarballs};
use crate::deps_dir::{Cache, stage};
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::{ImagePlatform, Name};
use crate::lockfile::graph::{PackageGraph, PinnedPackage, PinnedSource};
use crate::lockfile::{LockfileTarball, MadeLockfile, command as lockfile};
use crate::npm::{Contents, EncodeError, Encoded, Scope, Seal, Tarball, TarballSink, cpu, js, tarball_name};
use crate::offline;
use crate::offline::{Fetcher, NeededPackages, Resolution, ResolutionKey, ThirdParty, Wanted};
use crate::prepare::call::Call;
use crate::prepare::plan::ResolvedSurface;
use crate::project::{Beside, Surface};
use crate::registry;
use crate::report::{Event, Notice};
use crate::rewrite::{
    FileChange, InstallLayout, InstallTarget, Linking, TarballBuild, ThirdParties, allowing, linking as link,
    replacement,
};
use crate::source::Decision;
use crate::threads::Threads;

/// What a surface takes from the deps dir where all comes from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfflineSurface {
    /// Ours.
    pub(super) ours: Vec<Tarball>,
    /// Those of others.
    pub(super) others: Vec<Tarball>,
    /// Who said which, and what pins them.
    pub(super) resolved: ResolvedSurface,
    /// What becomes of its manifest besides.
    pub(super) third_parties: ThirdParties,
}

/// Packs what each surface needs, packages of others too.
///
/// # Errors
/// As [`Observed::pack`]; [`ErrorKind::Environment`] for an install of which not all can be had.
pub(super) fn pack<F: TarballSink>(
    call: &Call<'_>,
    observed: &Observed,
    decision: &Decision,
    cache: &Cache<'_>,
    sinks: &Sinks<'_, F>,
    is_dry: bool,
) -> Result<(PackedTarballs, Encoded<F>)> {
    let needed = &observed.needed;
    let (mut surfaces, mut encoded) = (BTreeMap::new(), Encoded::<F>::new());
    let packing = OfflinePacking { call, observed, decision, cache, is_dry, online: OnceCell::new() };
    for (number, (surface, install)) in needed.surfaces.iter().zip(&needed.installs).enumerate() {
        let (packed, more) = packing.surface(number, surface, install, sinks)?;
        surfaces.insert(number, packed);
        encoded.extend(more);
    }
    encoded.sort_by(|(one, _), (other, _)| (&one.name, &one.filename).cmp(&(&other.name, &other.filename)));
    encoded.dedup_by(|(one, _), (other, _)| one.filename == other.filename);
    Ok((PackedTarballs::offline(surfaces), encoded))
}

struct OfflinePacking<'a> {
    call: &'a Call<'a>,
    observed: &'a Observed,
    decision: &'a Decision,
    cache: &'a Cache<'a>,
    is_dry: bool,
    /// What an install would see that takes packages of others from a registry; made when it is first needed.
    online: OnceCell<Online>,
}

/// Ours alone, in a folder for this call.
struct Online {
    plan: super::plan::PreparePlan,
    tarballs: Vec<LockfileTarball>,
    /// Where they lie until this is dropped.
    _files: Vec<crate::deps_dir::StagedTarball>,
    _folder: tempfile::TempDir,
}

impl OfflinePacking<'_> {
    fn surface<F: TarballSink>(
        &self,
        number: usize,
        surface: &Surface,
        install: &SurfaceInstall,
        sinks: &Sinks<'_, F>,
    ) -> Result<(OfflineSurface, Encoded<F>)> {
        let Call { project, requested, threads, cancel, report, .. } = self.call;
        refuse(surface, install)?;
        let needs = &self.observed.needed.closure.surfaces[number];
        let Some(linking) = install.linking(needs) else {
            return Err(Error::new(ErrorKind::Usage, "--offline needs tarballs that name each other"));
        };
        let settings =
            registry::settings::read_for_all(project, surface, &install.around, &requested.environment);
        let fetcher = Fetcher::new(Fetched::open(self.cache.place())?, settings, cancel);
        let platforms = self.platforms(install);
        let mut resolution = self.resolved(number, surface, install)?;
        self.look_into(&mut resolution, surface, install, &platforms, &fetcher)?;
        let contents = self.observed.contents_by_name();
        let optional =
            surface.manifest.dependencies("optionalDependencies").map(|(key, _)| key.to_owned()).collect();
        let is_ours = |name: &str| contents.contains_key(name);
        let graph = &resolution.graph;
        let needed = offline::needed(graph, &optional, &platforms, &is_ours)
            .map_err(|problems| Error::all(ErrorKind::Environment, problems))?;
        let memory = linked_tarballs(self.cache.place(), &self.memory_key(surface));
        let members: Vec<usize> = needed.packages.iter().copied().collect();
        let set = OfflineSet {
            graph,
            needed: &needed,
            numbers: members.iter().enumerate().map(|(number, package)| (*package, number)).collect(),
            members,
            contents: &contents,
            linking: &linking,
            scope: &project.scope,
            memory: &memory,
            fetcher: &fetcher,
        };
        if memory.is_empty() {
            // What is not known yet is made of what is fetched, all of it at once.
            let wanted = set.wanted();
            let (manifest, all) = (&surface.manifest_name, wanted.len());
            match fetcher.all(&wanted, *threads)? {
                0 => {}
                fetched => report(Event::Notice(Notice::FetchedPackages { manifest, fetched, all })),
            }
        }
        sinks.tally.expect((0..set.members.len()).map(|member| set.weight(member)));
        let encoded = graph::encode(&set, sinks)?;
        let mut tarballs: BTreeMap<usize, Tarball> = BTreeMap::new();
        let mut all = Encoded::<F>::with_capacity(encoded.len());
        for (member, tarball, full) in encoded {
            tarballs.insert(set.members[member], tarball.clone());
            all.push((tarball, full));
        }
        self.cache.keep_linked(&self.memory_key(surface), &memory);
        let mut packed = packed(graph, &needed, &tarballs, &is_ours);
        let packages = needed.packages.iter().filter_map(|number| graph.packages.get(*number));
        let names = packages.filter(|package| !is_ours(&package.name)).map(|one| (&one.name, &one.version));
        packed.resolved = ResolvedSurface {
            packages: names.collect::<BTreeSet<_>>().len(),
            manager: resolution.manager.clone(),
            seeded_from: resolution.seeded_from.clone(),
            unpinned: resolution.unpinned.clone(),
        };
        Ok((packed, all))
    }

    /// The systems of the images that install a surface: as they are said, by a flag, a build or a `FROM`, or else those
    /// of this machine's containers; with the C library that the image's name tells.
    fn platforms(&self, install: &SurfaceInstall) -> Vec<ImagePlatform> {
        let requested = self.call.requested;
        if !requested.platforms.is_empty() {
            return requested.platforms.clone();
        }
        let parsed = |text: &str| ImagePlatform::parse(text).ok();
        let of_docker =
            requested.environment.get("DOCKER_DEFAULT_PLATFORM").and_then(|text| parsed(text.to_str()?));
        let usual = of_docker
            .or_else(|| ImagePlatform::of_cpu(cpu()))
            .map_or_else(ImagePlatform::all, |one| vec![one]);
        let mut all = BTreeSet::new();
        for (build, one) in install.around.installs().filter(|(_, one)| one.install.is_built) {
            let base = &one.install.base;
            let libc = ImagePlatform::libc_of(&base.image);
            let of_build: Vec<_> =
                build.definition.platforms.iter().filter_map(|text| parsed(text)).collect();
            let said = base.platform.as_deref().and_then(parsed).map_or(of_build, |one| vec![one]);
            let said = if said.is_empty() { usual.clone() } else { said };
            all.extend(
                said.into_iter().map(|platform| ImagePlatform { libc: platform.libc.or(libc), ..platform }),
            );
        }
        if all.is_empty() { usual } else { all.into_iter().collect() }
    }

    fn memory_key(&self, surface: &Surface) -> String {
        format!("{}\0{}", self.call.project.root.display(), surface.manifest_name)
    }

    /// What the surface's package manager says, or said before for the same.
    fn resolved(&self, number: usize, surface: &Surface, install: &SurfaceInstall) -> Result<Resolution> {
        let Call { project, requested, .. } = self.call;
        let manager = &install.around.detected.manager;
        let mut key = ResolutionKey::default();
        key.add("manager", manager.to_string());
        key.add("manifest", surface.text.clone());
        for (name, contents) in self.observed.contents_by_name() {
            key.add(format!("package {name}"), js::stringify(&contents.manifest.0));
        }
        for (name, text) in lockfile::inputs(project, surface, manager.name)? {
            key.add(name, text);
        }
        let (state_dir, name) = (&project.state_dir, &surface.manifest_name);
        if !requested.refresh
            && let Some(kept) = offline::kept(state_dir, name, &key)
        {
            return Ok(kept);
        }
        let MadeLockfile { text, manager: by, seeded_from, differences, .. } = self.resolve(number)?;
        let graph = crate::lockfile::graph::graph(manager.name, &text).map_err(|why| {
            let label = surface.label();
            Error::new(
                ErrorKind::Packing,
                format!("{label}: the lockfile that {by} made cannot be read: {why}"),
            )
            .hint("leave out --offline, or name another version, as in --package-manager pnpm@10")
        })?;
        let unpinned = differences.iter().flat_map(|difference| {
            difference.after.iter().map(|version| format!("{}@{version}", difference.name))
        });
        let resolution = Resolution::new(&key, by, seeded_from, unpinned.collect(), graph);
        if !self.is_dry {
            offline::keep(state_dir, name, &resolution)?;
        }
        Ok(resolution)
    }

    /// Asks the manifests of packages for what their lockfile does not say: npm up to 10 leaves the C library out.
    fn look_into(
        &self,
        resolution: &mut Resolution,
        surface: &Surface,
        install: &SurfaceInstall,
        platforms: &[ImagePlatform],
        fetcher: &Fetcher<'_>,
    ) -> Result<()> {
        let Call { project, threads, .. } = self.call;
        if install.around.detected.manager.name == Name::Pnpm {
            return Ok(());
        }
        let open = resolution.open(platforms);
        if open.is_empty() {
            return Ok(());
        }
        let wanted: Vec<Wanted> =
            open.iter().map(|number| wanted(&resolution.graph.packages[*number])).collect();
        fetcher.all(&wanted, *threads)?;
        for (number, wanted) in open.iter().zip(&wanted) {
            let manifest = ThirdParty::manifest(wanted, &fetcher.one(wanted)?);
            let manifest = manifest.map_err(|problem| Error::all(ErrorKind::Packing, vec![problem]))?;
            resolution.learn(*number, &manifest);
        }
        if self.is_dry {
            Ok(())
        } else {
            offline::keep(&project.state_dir, &surface.manifest_name, resolution)
        }
    }

    fn resolve(&self, number: usize) -> Result<MadeLockfile> {
        let Call { project, requested, cancel, report, .. } = self.call;
        let online = match self.online.get() {
            Some(online) => online,
            None => {
                let made = self.pack_ours()?;
                self.online.get_or_init(|| made)
            }
        };
        let name = &self.observed.needed.surfaces[number].manifest_name;
        let rewritten = online.plan.rewrites.iter().find(|one| one.surface.manifest_name == *name);
        let Some(rewritten) = rewritten else {
            return Err(Error::new(ErrorKind::Refused, format!("{name}: nothing of it is rewritten")));
        };
        report(Event::Notice(Notice::ResolvingPackages {
            manifest: name,
            manager: &rewritten.manager.manager.to_string(),
        }));
        let settings = super::call::settings(&online.plan.files, &rewritten.surface);
        lockfile::resolved(project, rewritten, settings, &online.tarballs, &requested.environment, cancel)
    }

    /// Packs ours as they are without packages of others, for the package manager to look at.
    fn pack_ours(&self) -> Result<Online> {
        let folder = offline::folder()?;
        let open = self.cache.shelf(|| stage(folder.path()), |_| None);
        let tally = ProgressCounter::silent();
        let (packed, staged) = self.observed.pack(&self.call.sinks(self.observed, open, None, &tally))?;
        let (tarballs, files): (Vec<Tarball>, Vec<_>) = staged.into_iter().unzip();
        let listed = tarballs.iter().zip(&files).map(|(tarball, file)| LockfileTarball {
            name: tarball.name.clone(),
            filename: tarball.filename.clone(),
            path: file.path().to_path_buf(),
        });
        let listed = listed.collect();
        let plan = self.observed.plan(self.decision.clone(), &packed, tarballs)?;
        Ok(Online { plan, tarballs: listed, _files: files, _folder: folder })
    }
}

/// Has rules of pnpm 11 and later about scripts hold for the tarballs of the packages that they are about.
///
/// # Errors
/// [`ErrorKind::Refused`] for rules that cannot be added to.
pub(super) fn allow_builds(
    files: &mut Vec<FileChange>,
    settings: &Beside,
    reader: &InstallTarget,
    layout: &InstallLayout,
    surface: &OfflineSurface,
) -> Result<()> {
    if *reader.manager.majors.end() < 11 {
        return Ok(());
    }
    let edited = files.iter().position(|file| file.path == settings.path);
    let text = edited.and_then(|at| files.get(at)).map(|file| &file.after).or(settings.text.as_ref());
    let Some(text) = text else { return Ok(()) };
    let base = layout.path();
    let specifiers: Vec<String> = surface
        .others
        .iter()
        .map(|tarball| format!("file:{base}{}{}", if base.is_empty() { "" } else { "/" }, tarball.filename))
        .collect();
    let builds: Vec<TarballBuild<'_>> = surface
        .others
        .iter()
        .zip(&specifiers)
        .map(|(tarball, specifier)| TarballBuild {
            name: &tarball.name,
            version: &tarball.version,
            specifier,
        })
        .collect();
    let allowed = allowing(text, &builds).map_err(|why| {
        Error::new(ErrorKind::Refused, format!("{}: {why}", settings.name))
            .hint("write it plainly: below `allowBuilds:`, a line `package: true` for each")
    })?;
    if let Some(change) = allowed.and_then(|after| replacement(settings, after)) {
        edited.map(|at| files.remove(at));
        files.push(change);
    }
    Ok(())
}

/// Refuses installs of which not all packages can be had.
fn refuse(surface: &Surface, install: &SurfaceInstall) -> Result<()> {
    if install.reader.manager.name == Name::Bun
        && surface
            .manifest
            .0
            .get("patchedDependencies")
            .and_then(Value::as_object)
            .is_some_and(|all| !all.is_empty())
    {
        let message = format!(
            "--offline: {}: bun applies no `patchedDependencies` to packages that come from tarballs",
            surface.manifest_name
        );
        return Err(Error::new(ErrorKind::Environment, message)
            .hint("leave out --offline, or have pnpm install it: it does"));
    }
    let others = install.around.installs().find_map(|(_, one)| {
        let install = &one.install;
        let other = install
            .manifests
            .iter()
            .flat_map(|read| read.files.keys())
            .find(|name| **name != surface.manifest_name)?;
        install.is_built.then(|| (install.place.to_string(), other.clone()))
    });
    if let Some((place, other)) = others {
        let label = surface.label();
        let message = format!("--offline: {place} installs {label} together with {other}, as one workspace");
        return Err(Error::new(ErrorKind::Environment, message)
            .hint("leave out --offline, or have each installed by itself"));
    }
    Ok(())
}

/// What a surface takes, once each package has its tarball.
fn packed(
    graph: &PackageGraph,
    needed: &NeededPackages,
    tarballs: &BTreeMap<usize, Tarball>,
    is_ours: &dyn Fn(&str) -> bool,
) -> OfflineSurface {
    let file = |number: &usize| tarballs.get(number).map(|tarball| tarball.filename.clone());
    let mut third_parties = ThirdParties { left_out: needed.left_out.clone(), ..ThirdParties::default() };
    for (key, number) in &graph.direct {
        if let (Some(file), Some(package)) = (file(number), graph.packages.get(*number)) {
            third_parties.direct.insert(key.clone(), (package.name.clone(), file));
        }
    }
    for (name, number) in &needed.added {
        third_parties.added.extend(file(number).map(|file| (name.clone(), file)));
    }
    for package in needed.packages.iter().filter_map(|number| graph.packages.get(*number)) {
        for (key, number) in &package.links {
            if let (Some(file), false) = (file(number), is_ours(key)) {
                third_parties.names.insert(key.clone(), file);
            }
        }
    }
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    // Those that the surface names first: of a package at several places that one counts.
    let direct: BTreeSet<usize> = graph.direct.values().copied().collect();
    for (_, tarball) in tarballs.iter().filter(|(number, _)| direct.contains(number)).chain(tarballs) {
        let known = if is_ours(&tarball.name) { &mut ours } else { &mut others };
        if !known.iter().any(|one: &Tarball| one.filename == tarball.filename) {
            known.push(tarball.clone());
        }
    }
    OfflineSurface { ours, others, third_parties, ..OfflineSurface::default() }
}

/// The packages of a surface, ours and others.
struct OfflineSet<'a> {
    graph: &'a PackageGraph,
    needed: &'a NeededPackages,
    /// Numbers in the graph.
    members: Vec<usize>,
    /// The other way round.
    numbers: BTreeMap<usize, usize>,
    contents: &'a BTreeMap<&'a str, &'a Contents>,
    linking: &'a Linking,
    scope: &'a Scope,
    memory: &'a LinkedTarballs,
    fetcher: &'a Fetcher<'a>,
}

impl<'a> OfflineSet<'a> {
    fn at(&self, member: usize) -> &'a PinnedPackage {
        &self.graph.packages[self.members[member]]
    }

    /// The links of a package that are needed.
    fn links(&self, member: usize) -> impl Iterator<Item = (&'a String, usize)> {
        let number = self.members[member];
        let is_needed = move |key: &String| !self.needed.foreign.contains(&(number, key.clone()));
        let links = self.at(member).links.iter().filter(move |(key, _)| is_needed(key));
        links.filter_map(|(key, link)| Some((key, *self.numbers.get(link)?)))
    }

    fn weight(&self, member: usize) -> u64 {
        self.contents.get(&*self.at(member).name).map_or(1, |contents| contents.weight())
    }

    fn wanted(&self) -> Vec<Wanted> {
        let others = (0..self.members.len()).map(|member| self.at(member));
        let others = others.filter(|package| !self.contents.contains_key(&*package.name));
        let wanted: BTreeSet<Wanted> = others.map(wanted).collect();
        wanted.into_iter().collect()
    }
}

fn wanted(package: &PinnedPackage) -> Wanted {
    let (integrity, address) = match &package.from {
        PinnedSource::Remote { integrity, address } => {
            (integrity.clone().unwrap_or_default(), address.clone())
        }
        PinnedSource::Local(_) | PinnedSource::Other(_) => (String::new(), None),
    };
    Wanted { name: package.name.clone(), version: package.version.clone(), integrity, address }
}

impl<'a> TarballGraph for OfflineSet<'a> {
    type Package = OfflinePackage<'a>;

    fn edges(&self) -> Vec<Vec<usize>> {
        (0..self.members.len()).map(|member| self.links(member).map(|(_, link)| link).collect()).collect()
    }

    fn id(&self, member: usize) -> String {
        let PinnedPackage { name, version, .. } = self.at(member);
        format!("{name}@{version}")
    }

    fn filename(&self, member: usize, digits: &str) -> String {
        let package = self.at(member);
        match self.contents.get(&*package.name) {
            Some(contents) => {
                let version = contents.manifest.version().unwrap_or_default();
                tarball_name(&package.name, &version, digits)
            }
            None => tarball_name(&package.name, &package.version, digits),
        }
    }

    fn package(&self, member: usize, files: &[Option<String>]) -> OfflinePackage<'a> {
        let package = self.at(member);
        let specifier = |link: usize| Some(self.linking.base.clone() + files.get(link)?.as_deref()?);
        let links: BTreeMap<String, String> =
            self.links(member).filter_map(|(key, link)| Some((key.clone(), specifier(link)?))).collect();
        let Some(contents) = self.contents.get(&*package.name) else {
            let package = ThirdParty { wanted: wanted(package), links };
            return OfflinePackage::Other { package, memory: self.memory, fetcher: self.fetcher };
        };
        let manifest = link::linked(&contents.manifest, self.linking, self.scope, |_| None);
        // What the surface takes from a path of its own choice stays.
        let elsewhere = ["dependencies", "optionalDependencies"]
            .into_iter()
            .flat_map(|field| manifest.dependencies(field));
        let elsewhere =
            elsewhere.filter(|(_, spec)| self.linking.elsewhere.values().any(|path| path == spec));
        let elsewhere = elsewhere.map(|(key, spec)| (key.to_owned(), spec.to_owned()));
        let links = elsewhere.chain(links).collect();
        OfflinePackage::Ours(contents.with_manifest(offline::linked(&manifest, &links)))
    }
}

/// A package that is packed, or one that was fetched.
enum OfflinePackage<'a> {
    Ours(Contents),
    Other { package: ThirdParty, memory: &'a LinkedTarballs, fetcher: &'a Fetcher<'a> },
}

impl Packable for OfflinePackage<'_> {
    fn weight(&self) -> u64 {
        match self {
            Self::Ours(contents) => contents.weight(),
            Self::Other { .. } => 1,
        }
    }

    fn known(&self, seal: Option<&Seal>, memory: &Memory, checksums: bool) -> Option<Tarball> {
        match self {
            Self::Ours(contents) => contents.known(seal, memory, checksums),
            Self::Other { package, memory, .. } => {
                let LinkedTarball { filename, sha256, size, unpacked_size } =
                    memory.get(&package.key(seal))?;
                let Wanted { name, version, .. } = package.wanted.clone();
                let files = [].into();
                Some(Tarball { name, version, filename, sha256, size, unpacked_size, checksums: None, files })
            }
        }
    }

    fn encode<W: Write>(
        &self,
        seal: Option<&Seal>,
        checksums: bool,
        threads: Threads,
        sink: W,
    ) -> std::result::Result<(Tarball, W), EncodeError> {
        match self {
            Self::Ours(contents) => contents.encode(seal, checksums, threads, sink),
            Self::Other { package, fetcher, .. } => {
                let first = |error: Error| {
                    error.problems.into_iter().next().unwrap_or_else(|| Problem::new("it cannot be fetched"))
                };
                let original =
                    fetcher.one(&package.wanted).map_err(|error| EncodeError::Package(first(error)))?;
                package.encode(&original, seal, threads, sink)
            }
        }
    }

    fn learn(&self, seal: Option<&Seal>, memory: &Memory, tarball: &Tarball) {
        match self {
            Self::Ours(contents) => contents.learn(seal, memory, tarball),
            Self::Other { package, memory, .. } => memory.learn(
                package.key(seal),
                LinkedTarball {
                    filename: tarball.filename.clone(),
                    sha256: tarball.sha256.clone(),
                    size: tarball.size,
                    unpacked_size: tarball.unpacked_size,
                },
            ),
        }
    }
}
