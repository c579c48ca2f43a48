//! Fetches tarballs by their integrity: into the cache, verified before anything is used.

use std::io;
use std::num::NonZero;
use std::path::PathBuf;

use crate::cache::Fetched;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Problem, Result, io_cause};
use crate::offline::integrity::{Integrity, Seen};
use crate::registry::settings::{NPM_HOST, RegistrySettings};
use crate::registry::{DownloadError, Downloads, ProbeFinding, Registry, RegistryUrl};
use crate::threads::Threads;

/// How many are fetched at once.
const THREADS: usize = 16;

/// A tarball that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// The package.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// What the tarball must be.
    pub(crate) integrity: String,
    /// Where it lies, where that does not follow from the name.
    pub(crate) address: Option<String>,
}

/// Fetches what is not there yet.
pub(crate) struct Fetcher<'a> {
    into: Fetched,
    settings: RegistrySettings,
    downloads: Downloads,
    cancel: &'a CancelToken,
}

type Fetching<T> = std::result::Result<T, (ErrorKind, Problem)>;

impl<'a> Fetcher<'a> {
    /// Asks those registries that the settings name.
    pub(crate) fn new(into: Fetched, settings: RegistrySettings, cancel: &'a CancelToken) -> Self {
        Self { into, settings, downloads: Downloads::default(), cancel }
    }

    /// Fetches those that are not there yet, or not what they should be; nothing is asked for where all are. Returns how
    /// many were fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] naming each that cannot be had, and [`ErrorKind::Refused`] each that is not what it
    /// should be.
    pub(crate) fn all(&self, wanted: &[Wanted], threads: Threads) -> Result<usize> {
        let there = threads.map(wanted, |one| is_there(one, &self.into));
        let missing: Vec<&Wanted> =
            wanted.iter().zip(there).filter(|(_, there)| !there).map(|(one, _)| one).collect();
        if missing.is_empty() {
            return Ok(0);
        }
        let fetched = Threads::new(NonZero::new(THREADS)).map(&missing, |one| self.get(one));
        self.cancel.check()?;
        let failed: Vec<(ErrorKind, Problem)> =
            fetched.into_iter().filter_map(std::result::Result::err).collect();
        // What was tampered with is told before what is only missing.
        let kind = failed.iter().map(|(kind, _)| *kind).find(|kind| *kind == ErrorKind::Refused);
        let Some(kind) = kind.or_else(|| failed.first().map(|(kind, _)| *kind)) else {
            return Ok(missing.len());
        };
        let problems = failed.into_iter().filter(|(one, _)| *one == kind).map(|(_, problem)| problem);
        Err(Error::all(kind, problems.collect()))
    }

    /// The tarball of one, fetched where it is not there.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub(crate) fn one(&self, wanted: &Wanted) -> Result<PathBuf> {
        if !is_there(wanted, &self.into) {
            self.get(wanted).map_err(|(kind, problem)| Error::all(kind, vec![problem]))?;
        }
        Ok(self.into.path(&wanted.integrity))
    }

    fn get(&self, one: &Wanted) -> Fetching<()> {
        let Self { into, settings, downloads, cancel } = self;
        get(one, into, settings, downloads, cancel)
    }
}

/// Whether it lies there, whole; what lies there and is something else goes.
fn is_there(one: &Wanted, into: &Fetched) -> bool {
    let (Some(path), Some(integrity)) = (into.there(&one.integrity), Integrity::parse(&one.integrity)) else {
        return false;
    };
    let digest = || {
        let mut seen = integrity.begin();
        io::copy(&mut crate::disk::file(&path)?, &mut seen)?;
        io::Result::Ok(seen.finish())
    };
    let is_it = digest().is_ok_and(|digest| integrity.is(&digest));
    if !is_it {
        into.remove(&one.integrity);
    }
    is_it
}

fn get(
    one: &Wanted,
    into: &Fetched,
    settings: &RegistrySettings,
    downloads: &Downloads,
    cancel: &CancelToken,
) -> Fetching<()> {
    let Wanted { name, version, integrity, address } = one;
    let label = if version.is_empty() { name.clone() } else { format!("{name}@{version}") };
    let Some(expected) = Integrity::parse(integrity) else {
        let message = format!("{label}: the lockfile has an integrity that cannot be verified: {integrity}");
        return Err((ErrorKind::Refused, Problem::new(message).hint("have the lockfile made anew")));
    };
    let registry = settings.registry(name).map_err(|problem| {
        (ErrorKind::Environment, Problem { message: format!("{label}: {}", problem.message), ..problem })
    })?;
    let address = address_of(name, version, address.as_deref(), &registry);
    let disk = |error: &io::Error| {
        let message = format!("{label}: cannot be written into the cache: {}", io_cause(error));
        (ErrorKind::Environment, Problem::new(message).hint("make room there, then run it again"))
    };
    let open = || Ok(Digesting { file: into.stage()?, seen: expected.begin() });
    let got = downloads.get(&registry, &address, &|| cancel.is_cancelled(), &open);
    let Digesting { file, seen } = got.map_err(|error| match error {
        DownloadError::Disk(error) => disk(&error),
        DownloadError::Cancelled => (ErrorKind::Environment, Problem::new(format!("{label}: interrupted"))),
        DownloadError::Registry(url, finding) => {
            (ErrorKind::Environment, told(&label, &url.to_string(), &finding))
        }
    })?;
    let seen = seen.finish();
    if !expected.is(&seen) {
        let shown = shown(&registry, &address);
        let message = format!(
            "{label}: {shown} is not what the lockfile pins: expected {}, but it is {}",
            expected.text(),
            expected.text_of(&seen)
        );
        let hint = "nothing of it was used; see whether the registry or a proxy was tampered with, or have the lockfile made anew";
        return Err((ErrorKind::Refused, Problem::new(message).hint(hint)));
    }
    into.keep(file, integrity).map(drop).map_err(|error| {
        let message = error.problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        (ErrorKind::Environment, Problem::new(message))
    })
}

/// Where a tarball lies: an address of npm's own registry is meant for whichever the settings name (npm's
/// `replace-registry-host`).
fn address_of(name: &str, version: &str, address: Option<&str>, registry: &Registry) -> String {
    let usual = || {
        let file = name.rsplit('/').next().unwrap_or(name);
        // Build metadata is no part of a file's name in a registry.
        format!("{name}/-/{file}-{}.tgz", version.split('+').next().unwrap_or(version))
    };
    let of_npm = |address: &str| {
        let url = url::Url::parse(address).ok()?;
        let is_own = url.host_str()?.split('.').eq(NPM_HOST);
        is_own.then(|| url.path().trim_start_matches('/').to_owned())
    };
    match address {
        None => usual(),
        Some(address) => match of_npm(address) {
            Some(path) if !registry.url.exposed().is_empty() => path,
            _ => address.to_owned(),
        },
    }
}

/// An address as it may be printed: no query, and nobody who asks.
fn shown(registry: &Registry, address: &str) -> String {
    if address.contains("://") {
        RegistryUrl::new(address).to_string()
    } else {
        format!("{}{address}", registry.url)
    }
}

fn told(label: &str, url: &str, finding: &ProbeFinding) -> Problem {
    let why = match finding {
        ProbeFinding::NoName => "its host is not known here".to_owned(),
        ProbeFinding::Refused => "nobody listens there".to_owned(),
        ProbeFinding::TimedOut => "it did not answer in time".to_owned(),
        ProbeFinding::Status(code) => format!("it answers {code}"),
        ProbeFinding::Denied(code) => format!("it does not let us in ({code})"),
        ProbeFinding::MissingPackage | ProbeFinding::MissingVersion(_) | ProbeFinding::There => {
            "it does not have that file".to_owned()
        }
        ProbeFinding::Unreachable(why)
        | ProbeFinding::Proxy(why)
        | ProbeFinding::Tls(why)
        | ProbeFinding::NotNpm(why) => why.clone(),
    };
    Problem::new(format!("{label}: cannot be fetched from {url}: {why}"))
        .hint("once it can be reached, run it again: what was fetched is kept")
}

/// A file that is digested as it is written.
struct Digesting {
    file: tempfile::NamedTempFile,
    seen: Seen,
}

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.seen.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
