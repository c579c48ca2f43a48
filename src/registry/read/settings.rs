//! Reads the files that tell a build where its packages come from.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Problem, io_cause};
use crate::image::{BuildInstall, ImageBuild, Install, Name, PackageManager};
use crate::project::{Environment, InstallContext, Project, Surface};
use crate::registry::network::{NamedFile, NetworkRoute};
use crate::registry::npm::{Asks, NamedRegistry, Npm};
use crate::registry::usable;
use crate::registry::variables::Variables;
use crate::registry::yarn::Yarn;
use crate::registry::{Network, Registry, bunfig, network, setting};

/// Longer than any file of settings, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The host from which packages come that no setting places, by its labels
/// (<https://docs.npmjs.com/cli/using-npm/config#registry>).
pub(crate) const NPM_HOST: [&str; 3] = ["registry", "npmjs", "org"];

/// What the install of a surface is told of registries.
pub(crate) struct RegistrySettings {
    manager: Name,
    source: Result<SettingsSource, Problem>,
    variables: Variables,
    /// The files that were looked for, by the names that messages have for them.
    looked_for: Vec<String>,
    /// The folders of the files.
    dirs: BTreeMap<String, PathBuf>,
    /// The surface's folder, from which a variable's path is meant.
    dir: PathBuf,
    home: Option<PathBuf>,
    /// The install whose image build reads them.
    place: Option<String>,
    /// Whether none of them lies there.
    lacks_settings: bool,
    /// Whether packages of which no file says it come from npm's own registry.
    has_default: bool,
    /// Why some build argument may not be known.
    unknown: Option<String>,
    /// The secret that the install lacks.
    missing_secret: Option<String>,
    /// Whether its settings are made of secrets.
    are_secret: bool,
}

/// The settings in the form of their package manager.
enum SettingsSource {
    Npm(Npm),
    Yarn(Yarn),
}

/// Reads the settings of a surface's install: those of the surface, the project and the user, in this order.
///
/// The registry and its token come from files only, the registry for all too: a private package's name is told to no
/// registry that no file names. What is wrong with a file is told when a registry is asked for.
pub(crate) fn read(
    project: &Project,
    surface: &Surface,
    around: &InstallContext,
    install: Option<(&ImageBuild, &BuildInstall)>,
    environment: &Environment,
) -> RegistrySettings {
    let process = environment.texts();
    let ignores_case = cfg!(windows);
    let mut variables = Variables { process, ignores_case, ..Variables::default() };
    if let Some((build, one)) = install {
        variables.build = usable::variables(build, &one.install, &variables.process);
        variables.is_of_build = true;
    }
    let home = ["HOME", "USERPROFILE"]
        .into_iter()
        .filter(|name| cfg!(windows) || *name == "HOME")
        .find_map(|name| variables.process.get(name).filter(|home| !home.is_empty()))
        .map(PathBuf::from);
    let mut settings = RegistrySettings {
        manager: around.detected.manager.name,
        source: Ok(SettingsSource::Yarn(Yarn::default())),
        variables,
        looked_for: Vec::new(),
        dirs: BTreeMap::new(),
        dir: project.root.join(&surface.dir),
        home,
        lacks_settings: false,
        has_default: false,
        place: install.map(|(_, one)| one.install.place.to_string()),
        unknown: around.unknown.clone(),
        are_secret: install.is_some_and(|(_, one)| usable::are_settings_secret(&one.install)),
        missing_secret: install.and_then(|(build, one)| usable::missing_secret(build, &one.install)),
    };
    let install = install.map(|(build, one)| (build, &one.install));
    settings.source = settings.source(project, surface, &around.detected.manager, install);
    settings
}

/// What the project's files and the user's own say of registries, as its package manager reads them when people call it:
/// packages of which none says it come from npm's own registry.
pub(crate) fn read_for_all(
    project: &Project,
    surface: &Surface,
    around: &InstallContext,
    environment: &Environment,
) -> RegistrySettings {
    let mut settings = read(project, surface, around, None, environment);
    settings.has_default = true;
    settings.source = settings.source(project, surface, &around.detected.manager, None);
    settings
}

/// The settings of each install of a surface; where no image build is known, those that lie in the project.
pub(crate) fn all(
    project: &Project,
    surface: &Surface,
    around: &InstallContext,
    environment: &Environment,
) -> Vec<RegistrySettings> {
    let built = || around.installs().filter(|(_, one)| one.install.is_built);
    let read = |install| read(project, surface, around, install, environment);
    let all: Vec<_> = built().map(|install| read(Some(install))).collect();
    if all.is_empty() { vec![read(None)] } else { all }
}

impl RegistrySettings {
    /// The registry of a package, with who asks it and the way there.
    ///
    /// # Errors
    /// No file names one, a variable of its address is not set, it is no address, or a file that counts cannot be read;
    /// none of them quotes what may be a secret.
    pub(crate) fn registry(&self, package: &str) -> Result<Registry, Problem> {
        let source = self.source.as_ref().map_err(Clone::clone)?;
        let lookup = |name: &str| self.variables.in_settings(name);
        let found = match source {
            SettingsSource::Npm(npm) => npm.registry(package),
            SettingsSource::Yarn(yarn) => yarn.registry(package, &lookup),
        };
        let NamedRegistry { url, named_by, asks } =
            found.map_err(|problem| self.explained(problem))?.ok_or_else(|| self.nowhere(package))?;
        let way = match source {
            SettingsSource::Npm(npm) => network::of_npm(self.manager, npm, &self.variables),
            SettingsSource::Yarn(yarn) => yarn.way(url.exposed(), &self.variables, &lookup),
        };
        let network = self.network(way.map_err(|problem| self.explained(problem))?, url.exposed())?;
        let Asks { credential, unset, variable } = asks;
        let unset = unset.map(|unset| self.with_cause(unset));
        let lacking = self.missing_secret.clone().filter(|_| unset.is_some());
        Ok(Registry { url, named_by, credential, unset, variable, lacking, network })
    }

    /// Why the image build cannot use the registry that the project's settings name: none of them lies where it installs.
    pub(crate) fn lacking(&self) -> Option<String> {
        let place = self.place.as_ref()?;
        let no_settings = || {
            format!(
                "{place}: no file that names a registry lies there by then (as by COPY .npmrc.docker ./.npmrc)"
            )
        };
        let secret = self.missing_secret.clone().filter(|_| self.are_secret);
        secret.or_else(|| self.lacks_settings.then(no_settings))
    }

    fn source(
        &mut self,
        project: &Project,
        surface: &Surface,
        manager: &PackageManager,
        install: Option<(&ImageBuild, &Install)>,
    ) -> Result<SettingsSource, Problem> {
        // What the image build makes by itself, or mounts, may be any of the files that lie here.
        let install = install.filter(|(build, install)| !usable::makes_settings(build, install));
        let install = install.map(|(_, install)| install);
        // Whom the build would ask is known even where it cannot.
        let install = install.filter(|install| {
            let has_any = !usable::copied(install, &surface.manifest_name, &usable::SETTINGS).is_empty();
            self.lacks_settings = !has_any;
            has_any
        });
        let mut folders = vec![surface.dir.as_str()];
        if !surface.dir.is_empty() {
            folders.push("");
        }
        let names = |file_names: &[&str]| -> Vec<String> {
            let of = |folder: &&str| {
                file_names
                    .iter()
                    .map(
                        |name| {
                            if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") }
                        },
                    )
                    .collect::<Vec<_>>()
            };
            folders.iter().flat_map(of).collect()
        };
        let at_home = |file_name: &str| {
            self.home.as_ref().map(|home| (format!("~/{file_name}"), home.join(file_name))).into_iter()
        };
        let in_project = |file_names: &[&str]| {
            names(file_names)
                .into_iter()
                .map(|name| (name.clone(), project.root.join(name)))
                .collect::<Vec<_>>()
        };
        let in_image = |file_names: &[&str]| match install {
            Some(install) => usable::copied(install, &surface.manifest_name, file_names)
                .into_iter()
                .map(|name| (name.clone(), project.root.join(name)))
                .collect(),
            None => in_project(file_names),
        };
        let at_home = |file_name: &str| at_home(file_name).filter(|_| install.is_none());
        if manager.name == Name::Yarn && is_berry(manager, &in_project(&[".yarnrc.yml"])) {
            let mut places = in_image(&[".yarnrc.yml"]);
            places.extend(at_home(".yarnrc.yml"));
            return Yarn::new(&self.texts(&places)?).map(SettingsSource::Yarn);
        }
        let mut bunfigs = Vec::new();
        if manager.name == Name::Bun {
            bunfigs = in_image(&["bunfig.toml"]);
            bunfigs.extend(at_home(".bunfig.toml"));
        }
        let mut npmrcs = match install {
            Some(_) => in_image(&[".npmrc"]),
            None => in_project(&[".npmrc.docker", ".npmrc"]),
        };
        match self.variables.npm_config_of_process("userconfig") {
            Some(_) if install.is_some() => {}
            Some(path) => {
                let path = self.resolved(&path, &project.root);
                npmrcs.push((path.display().to_string(), path));
            }
            None => npmrcs.extend(at_home(".npmrc")),
        }
        let (bunfigs, npmrcs) = (self.texts(&bunfigs)?, self.texts(&npmrcs)?);
        let lookup = |name: &str| self.variables.in_settings(name);
        let mut files = Vec::new();
        let is_pnpm = manager.name == Name::Pnpm;
        if let Some(url) = self.variables.npm_config_of_process("registry").filter(|_| self.has_default) {
            let text = format!("registry={url}");
            files.push(setting::of_npmrc("npm_config_registry", &text, is_pnpm, &lookup)?);
        }
        for (name, text) in &bunfigs {
            files.push(bunfig::parse(name, text, &lookup)?);
        }
        for (name, text) in &npmrcs {
            let file = setting::of_npmrc(name, text, is_pnpm, &lookup)?;
            if let Some(install) = install
                && let Some(setting) = usable::unread(install, manager, &file)
            {
                let message = format!("{}: {manager} reads no variables there: {setting}", install.place);
                let hint = format!("have it copied as the user's own: COPY {name} /root/.npmrc");
                return Err(Problem::new(message).hint(hint));
            }
            files.push(file);
        }
        if self.has_default {
            let text = format!("registry=https://{}/", NPM_HOST.join("."));
            files.push(setting::of_npmrc("npm's default", &text, is_pnpm, &lookup)?);
        }
        Ok(SettingsSource::Npm(Npm::new(manager, files)))
    }

    /// Those files that are there, name and text.
    fn texts(&mut self, places: &[(String, PathBuf)]) -> Result<Vec<(String, String)>, Problem> {
        let mut texts = Vec::new();
        for (name, path) in places {
            self.looked_for.push(name.clone());
            self.dirs.insert(name.clone(), path.parent().unwrap_or(path).to_path_buf());
            if let Some(bytes) = content(name, path)? {
                texts.push((name.clone(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(texts)
    }

    /// Certificates matter to `https:` only: what is wrong with their files is no trouble elsewhere.
    fn network(&self, way: NetworkRoute, url: &str) -> Result<Network, Problem> {
        let mut network = way.network;
        if !url.starts_with("https:") {
            return Ok(network);
        }
        if let Some(NamedFile { path, file, place }) = &way.cafile {
            let path = self.resolved(path, self.dirs.get(file).unwrap_or(&self.dir));
            let missing = || {
                Problem::new(format!("{place}: no such file"))
                    .hint("put the certificates there, or take the setting out")
            };
            // The path is not quoted: a certificate itself, or a token, may stand there by mistake.
            network.authorities = vec![content(place, &path)?.ok_or_else(missing)?];
        }
        // Node.js goes on without those that it cannot read.
        if let Some(NamedFile { path, place, .. }) = &way.extra {
            let bytes = content(place, &self.resolved(path, &self.dir)).ok().flatten();
            network.more_authorities.extend(bytes);
        }
        Ok(network)
    }

    /// A path that a setting names: `~/` is the user's folder.
    fn resolved(&self, path: &str, dir: &Path) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => dir.join(path),
        }
    }

    fn nowhere(&self, package: &str) -> Problem {
        let scope = package.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'));
        let (whose, key) = match scope {
            Some(scope) => (scope, format!("{scope}:registry")),
            None => (package, "registry".to_owned()),
        };
        let address = "http://localhost:3300/api/packages/OWNER/npm/";
        let hint = match &self.source {
            Ok(SettingsSource::Yarn(_)) => format!(
                "write `npmScopes: {{{}: {{npmRegistryServer: \"{address}\"}}}}` in .yarnrc.yml",
                whose.trim_start_matches('@')
            ),
            _ => format!("write `{key}={address}` in .npmrc.docker, or in .npmrc"),
        };
        Problem::new(format!("{whose}: no registry is named in {}", self.looked_for.join(", "))).hint(hint)
    }

    /// What else may be the cause where a variable is not set.
    fn explained(&self, mut problem: Problem) -> Problem {
        problem.message = self.with_cause(problem.message);
        problem
    }

    fn with_cause(&self, message: String) -> String {
        match self.unknown.as_ref().or(self.missing_secret.as_ref()) {
            Some(why) if message.ends_with("is not set") => format!("{message} ({why})"),
            _ => message,
        }
    }
}

/// Whether yarn is 2 or later; where nothing tells, a `.yarnrc.yml` does, which yarn 1 does not have.
fn is_berry(manager: &PackageManager, places: &[(String, PathBuf)]) -> bool {
    match (*manager.majors.start(), *manager.majors.end()) {
        (2.., _) => true,
        (_, ..=1) => false,
        _ => places.iter().any(|(_, path)| path.is_file()),
    }
}

/// The bytes of a file of settings; `None` where it is not there.
fn content(name: &str, path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    match disk::read_up_to(path, MAX_FILE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Problem::new(format!("{name}: cannot be read: {}", io_cause(&error)))
            .hint("make it a readable file, or move it away")),
    }
}
