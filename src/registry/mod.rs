//! A registry as the settings of a build name it, and what it answers when it is asked for a package.

mod address;
mod bunfig;
mod document;
pub(crate) mod lockfile_settings;
mod network;
mod npm;
mod read;
mod setting;
mod shown;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod usable;
mod variables;
mod yarn;

pub(crate) use self::read::download::{DownloadError, Downloads};
pub(crate) use self::read::{probe, settings};
pub(crate) use self::usable::{Usable, usable};

use std::fmt;
use std::time::Duration;

pub(crate) use self::address::is_loopback;
pub(crate) use self::shown::RegistryUrl;

/// A registry, with all that asking it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registry {
    /// Its address without credentials, with a `/` at the end.
    pub(crate) url: RegistryUrl,
    /// What names it, as `.npmrc.docker: line 1: @bytelyst:registry`.
    pub(crate) named_by: String,
    /// Who asks; nobody where the settings hold nothing for this address.
    pub(crate) credential: Option<Credential>,
    /// Why nobody asks though a file says who: the variable of the token that is not set, as
    /// `.npmrc.docker: line 2: //host/:_authToken: ${GITEA_NPM_TOKEN} is not set`.
    pub(crate) unset: Option<String>,
    /// The variable that holds what proves it, or would.
    pub(crate) variable: Option<String>,
    /// The secret of the image build that would set it, and is not there.
    pub(crate) lacking: Option<String>,
    /// The way there.
    pub(crate) network: Network,
}

/// What proves who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The value of the header `Authorization`: `Bearer …` or `Basic …`.
    pub(crate) authorization: Secret,
    /// What holds it, as `.npmrc.docker: line 2: //host/:_authToken (${GITEA_NPM_TOKEN})`; never the secret itself.
    pub(crate) named_by: String,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Proxies and certificates, as npm's settings give them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// For `http:`: its address, credentials included.
    pub(crate) http_proxy: Option<Secret>,
    /// For `https:`.
    pub(crate) https_proxy: Option<Secret>,
    /// Hosts that are asked without a proxy, as npm's `noproxy` has them.
    pub(crate) no_proxy: Vec<String>,
    /// `strict-ssl=false`: any certificate will do.
    pub(crate) accepts_any_certificate: bool,
    /// Certificates of authorities (PEM) instead of the usual ones: `ca`, `cafile`.
    pub(crate) authorities: Vec<Vec<u8>>,
    /// Certificates of authorities (PEM) besides the usual ones: `NODE_EXTRA_CA_CERTS`.
    pub(crate) more_authorities: Vec<Vec<u8>>,
}

/// Which version of a package is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This very one: the workspace's own.
    Version(String),
    /// Any that a range allows, or any at all where the text is no range: all that is known without a workspace.
    Range(String),
}

/// One package that one registry is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Whom to ask.
    pub(crate) registry: Registry,
    /// The package's name.
    pub(crate) package: String,
    /// Its version.
    pub(crate) wanted: Wanted,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The address that was asked: the registry's, or the same with `localhost` for a host that only containers know.
    pub(crate) url: RegistryUrl,
    /// What was found.
    pub(crate) finding: ProbeFinding,
    /// From the begin of the probe to the answer.
    pub(crate) took: Duration,
}

/// What a registry is found to be, or to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProbeFinding {
    /// The package is there at the wanted version.
    There,
    /// The host's name means nothing here.
    NoName,
    /// Nobody listens at the port.
    Refused,
    /// The way there is broken: why.
    Unreachable(String),
    /// The proxy, named without credentials, does not let it through: why.
    Proxy(String),
    /// Nothing, or not all of it, came within the limit.
    TimedOut,
    /// The other side's certificate is not to be trusted, or TLS fails in another way: why.
    Tls(String),
    /// A code that means neither yes nor no.
    Status(u16),
    /// Something that is no npm document of this package: what it is instead.
    NotNpm(String),
    /// It has no such package.
    MissingPackage,
    /// It has the package, but not this version; the newest that it has.
    MissingVersion(Option<String>),
    /// 401 or 403.
    Denied(u16),
}
