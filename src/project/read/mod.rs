//! Finds the project: its root, where its state lies, and its settings.

#![cfg_attr(not(changes), expect(clippy::disallowed_methods, reason = "looks at the project, and asks git"))]

pub(crate) mod git;
pub(crate) mod local_packages;
pub(crate) mod package_manager;
pub(crate) mod picture;
pub(crate) mod place;
pub(crate) mod required;
pub(crate) mod scope;
pub(crate) mod surfaces;
pub(crate) mod workspace;

use std::path::{Component, Path, PathBuf};
use std::{env, io};

use self::git::Repository;
use crate::disk;
use crate::error::{Error, ErrorKind, Problem, Result, io_cause};
use crate::npm::Scope;
use crate::project::config;
use crate::project::config::{CONFIG_FILE, Config, ConfigError, DEFAULT_DEPS_DIR};
use crate::project::named_by::with_origin;
use crate::project::package_source::RequestedSource;
use crate::project::requested::Requested;
use crate::text::Digest;

/// The product repository in which the tool is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// The folder of `docker-prep.toml`, else the work tree's top, else the folder that was named: absolute, with
    /// symbolic links followed.
    pub(crate) root: PathBuf,
    /// In a linked work tree, the same folder of the main one: what lies beside that is beside the project too.
    pub(crate) main_root: Option<PathBuf>,
    /// The folder from which relative paths that were typed are meant: `-C`, else the current one.
    pub(crate) start: PathBuf,
    /// Whether it lies in a git repository.
    pub(crate) is_in_git: bool,
    /// Where the state is kept, whether it exists or not.
    pub(crate) state_dir: PathBuf,
    /// The deps dir from the root, with `/` between parts, such as `.docker-deps`.
    pub(crate) deps_dir: String,
    /// Whether a flag or a variable names the deps dir, for this call alone.
    pub(crate) is_deps_dir_of_call: bool,
    /// Which packages the tool is responsible for.
    pub(crate) scope: Scope,
    /// Who names them; nobody where it is the default.
    pub(crate) scope_by: Option<String>,
    /// Where packages are to come from.
    pub(crate) source: RequestedSource,
    /// Whether packages of others come from the deps dir too.
    pub(crate) is_offline: bool,
    /// `docker-prep.toml`.
    pub(crate) config: Config,
    /// That `docker-prep.toml` requires another version of the program, of a project that is restored even so.
    pub(crate) unmet_version: Option<Problem>,
}

impl Project {
    /// The deps dir, absolute.
    pub(crate) fn deps_path(&self) -> PathBuf {
        self.root.join(&self.deps_dir)
    }

    /// A path from the root, which in a linked work tree may be meant from the main one.
    pub(crate) fn path_from_root(&self, path: impl AsRef<Path>) -> PathBuf {
        let here = self.root.join(&path);
        let in_main = self.main_root.as_ref().map(|main| main.join(&path));
        in_main.filter(|main| !here.exists() && main.exists()).unwrap_or(here)
    }
}

/// Finds the project that holds the folder that was asked for.
///
/// # Errors
/// [`ErrorKind::Usage`] for a folder that is not there and for settings that are not valid, [`ErrorKind::Environment`] for
/// a repository that git cannot read, and where the project requires another version of the program.
pub(crate) fn find(requested: &Requested) -> Result<Project> {
    find_for(requested, VersionPolicy::MustBeMet)
}

/// The same for what puts a project back or only looks at it: that the project requires another version is then no
/// error, but [`Project::unmet_version`].
///
/// # Errors
/// As [`find`].
pub(crate) fn find_to_restore(requested: &Requested) -> Result<Project> {
    find_for(requested, VersionPolicy::MayBeUnmet)
}

/// What is done where a project requires another version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VersionPolicy {
    MustBeMet,
    MayBeUnmet,
}

fn find_for(requested: &Requested, policy: VersionPolicy) -> Result<Project> {
    let named = requested.project.clone().unwrap_or_else(|| PathBuf::from("."));
    let start = named.canonicalize().map_err(|error| {
        let message = format!("{}: no such project: {}", named.display(), io_cause(&error));
        requested.named_by.of_project(
            Error::new(ErrorKind::Usage, message)
                .because(&error)
                .hint("name the product's folder with -C DIR, or run the tool inside it"),
        )
    })?;
    if !start.is_dir() {
        let error = Error::new(ErrorKind::Usage, format!("{}: not a folder", named.display()));
        return Err(requested.named_by.of_project(error.hint("name the product's folder with -C DIR")));
    }
    let repository = git::repository(&start)?;
    let top = repository.as_ref().map(|repository| canonical(&repository.toplevel));
    let root = start
        .ancestors()
        .take_while(|ancestor| top.as_ref().is_none_or(|top| ancestor.starts_with(top)))
        // Whatever is there in its place is spoken of, and not passed over.
        .find(|ancestor| ancestor.join(CONFIG_FILE).symlink_metadata().is_ok())
        .map(Path::to_path_buf)
        .or_else(|| top.clone())
        .unwrap_or_else(|| start.clone());
    let (mut config, unmet_version) = match read_config(&root)? {
        (_, Some(unmet)) if policy == VersionPolicy::MustBeMet => {
            return Err(Error::all(ErrorKind::Environment, vec![unmet]));
        }
        read => read,
    };
    // What another version takes for a deps dir may be none here.
    if unmet_version.is_some() && deps_dir(&root, &Requested::default(), &config).is_err() {
        config.deps_dir = None;
    }
    let deps_dir = deps_dir(&root, requested, &config)?;
    let state_dir = match &repository {
        Some(repository) => state_dir(repository, top.as_deref(), &root),
        // At the root, where `restore` finds it whatever the deps dir was: beside the default one.
        None => root.join(".docker-prep"),
    };
    let (globs, scope_by) = match (requested.scope.as_slice(), config.scope.as_slice()) {
        ([], []) => (&requested.scope, None),
        ([], _) => (&config.scope, Some(config.name_of("scope"))),
        (_, _) => (&requested.scope, requested.scope_by.clone()),
    };
    let source = requested.source.clone().or_else(|| {
        let by = config.name_of("source");
        config.source.map(|source| RequestedSource { source, by })
    });
    let source = source.unwrap_or_default();
    let is_in_git = repository.is_some();
    let main_tree = repository.and_then(|repository| repository.main_tree);
    let below = top.as_ref().and_then(|top| root.strip_prefix(top).ok());
    let main_root = main_tree.zip(below).map(|(main, below)| main.join(below));
    Ok(Project {
        scope: Scope::new(globs),
        scope_by,
        root,
        main_root,
        start,
        is_in_git,
        state_dir,
        deps_dir,
        is_deps_dir_of_call: requested.deps_dir.is_some(),
        is_offline: requested.offline.or(config.offline).unwrap_or_default(),
        source,
        config,
        unmet_version,
    })
}

/// A path that was typed: from the current folder or, where nothing is there, from `-C`.
pub(crate) fn typed_path(project: &Project, path: &Path) -> PathBuf {
    let here = env::current_dir().map(|cwd| cwd.join(path)).unwrap_or_else(|_| path.to_path_buf());
    if here.exists() { here } else { project.start.join(path) }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// One state a project: where `docker-prep.toml` makes a folder of the repository one, its state is its own.
fn state_dir(repository: &Repository, top: Option<&Path>, root: &Path) -> PathBuf {
    match top.and_then(|top| root.strip_prefix(top).ok()) {
        Some(below) if !below.as_os_str().is_empty() => {
            let digest = Digest::of(below.as_os_str().as_encoded_bytes());
            repository.state_dir.with_file_name(format!("docker-prep-{}", &digest.as_str()[..12]))
        }
        _ => repository.state_dir.clone(),
    }
}

/// What `docker-prep.toml` says, and whether it requires another version: then it is what this one understands of it.
fn read_config(root: &Path) -> Result<(Config, Option<Problem>)> {
    let path = root.join(CONFIG_FILE);
    let text = match disk::read_text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => {
            return Err(
                Error::io(ErrorKind::Refused, "read", &path, &error).hint("make it a readable text file")
            );
        }
    };
    let file = path.display().to_string();
    match config::parse(&text) {
        Ok(config) => Ok((config, None)),
        Err(ConfigError::Unmet(unmet)) => {
            let problem = required::unmet(Some(root), &file, &unmet);
            Ok((unmet.readable, Some(problem)))
        }
        Err(ConfigError::Wrong(problems)) => {
            let of_file =
                |problem: Problem| Problem { message: format!("{file}: {}", problem.message), ..problem };
            Err(Error::all(ErrorKind::Usage, problems.into_iter().map(of_file).collect()))
        }
    }
}

/// The deps dir from the root: inside the project, and not the project itself.
fn deps_dir(root: &Path, requested: &Requested, config: &Config) -> Result<String> {
    let asked = requested
        .deps_dir
        .clone()
        .or_else(|| config.deps_dir.as_ref().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(DEFAULT_DEPS_DIR));
    let by = match (&requested.deps_dir, &config.deps_dir) {
        (None, Some(_)) => {
            format!("{}: {}", root.join(CONFIG_FILE).display(), config.prefix("deps-dir", 0))
        }
        _ => requested.named_by.deps_dir.to_owned(),
    };
    let wrong = |why: &str| {
        let message = format!("{}: the deps dir {why}", asked.display());
        Error::new(ErrorKind::Usage, with_origin(&by, &message))
            .hint("name a folder inside the project, from its root, such as .docker-deps")
    };
    let relative = if asked.is_absolute() {
        asked.strip_prefix(root).map_err(|_| wrong("lies outside the project"))?
    } else {
        &asked
    };
    let mut parts = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().ok_or_else(|| wrong("is not UTF-8"))?),
            Component::CurDir => {}
            _ => return Err(wrong("leads outside the project")),
        }
    }
    let mut place = root.to_path_buf();
    for part in parts.iter().rev().skip(1).rev() {
        place.push(part);
        if place.is_symlink() {
            return Err(wrong("leads through a symbolic link"));
        }
    }
    match parts.first() {
        None => Err(wrong("cannot be the project itself")),
        Some(&".git") => Err(wrong("cannot lie in .git")),
        Some(_) => Ok(parts.join("/")),
    }
}
