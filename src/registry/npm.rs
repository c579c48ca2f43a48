//! Registries and who asks them, as npm, pnpm, yarn 1 and bun take both from their settings.
//!
//! The key of a credential is the registry's address without its scheme, or a shorter one (`npm-registry-fetch`,
//! `lib/auth.js`; pnpm's `network/auth-header`).

use std::collections::BTreeMap;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use base64::{Engine as _, alphabet};

use super::address::Address;
use super::setting::{Setting, SettingsFile};
use super::{Credential, RegistryUrl, Secret};
use crate::error::Problem;
use crate::image::{Name, PackageManager};

/// Settings of several files, of which the first that has a key counts.
#[derive(Clone, Debug)]
pub(crate) struct Npm {
    manager: PackageManager,
    settings: BTreeMap<String, Setting>,
    /// The first key of a credential with a variable that is not set.
    lost: Option<Asks>,
}

/// A registry that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedRegistry {
    /// Its address.
    pub(crate) url: RegistryUrl,
    /// What names it.
    pub(crate) named_by: String,
    /// Who asks.
    pub(crate) asks: Asks,
}

/// Who asks a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asks {
    /// What proves it.
    pub(crate) credential: Option<Credential>,
    /// Why there is none though a file has one.
    pub(crate) unset: Option<String>,
    /// The variable that holds it, or would.
    pub(crate) variable: Option<String>,
}

impl Asks {
    /// With the credential that a setting holds.
    pub(super) fn with(credential: Credential, setting: &Setting) -> Self {
        Self { credential: Some(credential), unset: None, variable: setting.variable() }
    }

    /// Without the one that a setting would hold; `None` where its value can be told.
    pub(super) fn without(setting: &Setting) -> Option<Self> {
        let unset = setting.trouble()?;
        Some(Self { credential: None, unset: Some(unset), variable: setting.variable() })
    }
}

impl Npm {
    /// The files in their order, as this package manager reads them.
    pub(crate) fn new(manager: &PackageManager, files: Vec<SettingsFile>) -> Self {
        let mut settings = BTreeMap::new();
        let mut lost: Option<Asks> = None;
        for setting in files.into_iter().flat_map(|file| file.settings) {
            if lost.is_none() && is_credential(&setting.written) {
                lost = setting.key.unset.first().map(|name| Asks {
                    unset: Some(format!("{}: {} is not set", setting.place(), crate::npm::shown(name))),
                    variable: crate::npm::shown_name(name),
                    credential: None,
                });
            }
            settings.entry(setting.key.text.clone()).or_insert(setting);
        }
        Self { manager: manager.clone(), settings, lost }
    }

    /// The setting of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// The registry of a package: that of its scope, else the one for all; `None` where no file names one.
    ///
    /// # Errors
    /// What is written there is no address, or a variable of it is not set; neither quotes it.
    pub(crate) fn registry(&self, package: &str) -> Result<Option<NamedRegistry>, Problem> {
        let scoped = scope(package).and_then(|scope| self.said(&format!("{scope}:registry")));
        let Some(setting) = scoped.or_else(|| self.said("registry")) else { return Ok(None) };
        let address = address(setting)?;
        let asks = self.asks(&address, setting)?;
        Ok(Some(NamedRegistry { url: RegistryUrl::new(address.url), named_by: setting.place(), asks }))
    }

    /// A setting that says something.
    fn said(&self, key: &str) -> Option<&Setting> {
        self.get(key)
            .filter(|setting| setting.trouble().is_some() || setting.value().is_ok_and(|one| !one.is_empty()))
    }

    fn asks(&self, address: &Address, named: &Setting) -> Result<Asks, Problem> {
        // pnpm takes what stands in the address first; the others take it where they find nothing else.
        let is_pnpm = self.manager.name == Name::Pnpm;
        let inside = || self.of_userinfo(address, named);
        if is_pnpm && address.userinfo.is_some() {
            return Ok(inside());
        }
        // What stands with a registry in a `bunfig.toml` is for this one alone.
        let own = named.key.text.strip_suffix(":registry").unwrap_or(&named.key.text);
        if let Some(asks) = self.of_key(own, true)? {
            return Ok(asks);
        }
        for key in keys(address, &self.manager) {
            if let Some(asks) = self.of_key(&key, false)? {
                return Ok(asks);
            }
        }
        if self.counts_without_address(address)
            && let Some(asks) = self.of_key("", is_pnpm)?
        {
            return Ok(asks);
        }
        let asks = inside();
        let lost = self.lost.clone().filter(|_| asks.credential.is_none());
        Ok(lost.unwrap_or(asks))
    }

    fn of_userinfo(&self, address: &Address, named: &Setting) -> Asks {
        let Some((name, password)) = &address.userinfo else { return Asks::default() };
        let named_by = named.place_with_variables();
        let credential = match self.manager.name {
            Name::Bun if name.is_empty() => {
                Credential { authorization: Secret(format!("Bearer {password}")), named_by }
            }
            Name::Yarn | Name::Bun => of_userinfo(name, password, named_by),
            // As it is written, `%` codes included.
            Name::Npm | Name::Pnpm => of_pair(format!("{name}:{password}").as_bytes(), named_by),
        };
        Asks::with(credential, named)
    }

    /// What stands behind a key: `_authToken`, `_auth`, or `username` with `_password`.
    fn of_key(&self, key: &str, password_is_plain: bool) -> Result<Option<Asks>, Problem> {
        let said =
            |name: &str| self.said(&if key.is_empty() { name.to_owned() } else { format!("{key}:{name}") });
        if let Some(token) = said("_authToken") {
            if let Some(asks) = Asks::without(token) {
                return Ok(Some(asks));
            }
            let authorization = format!("Bearer {}", in_header(token)?);
            let named_by = token.place_with_variables();
            let credential = Credential { authorization: Secret(authorization), named_by };
            return Ok(Some(Asks::with(credential, token)));
        }
        if let Some(auth) = said("_auth") {
            if let Some(asks) = Asks::without(auth) {
                return Ok(Some(asks));
            }
            let credential = basic(in_header(auth)?, auth.place_with_variables());
            return Ok(Some(Asks::with(credential, auth)));
        }
        if let (Some(name), Some(password)) = (said("username"), said("_password")) {
            if let Some(asks) = Asks::without(name).or_else(|| Asks::without(password)) {
                return Ok(Some(asks));
            }
            let password_value = password.value()?;
            let plain = if password_is_plain {
                password_value.as_bytes().to_vec()
            } else {
                of_base64(password_value)
            };
            let plain = String::from_utf8_lossy(&plain);
            let pair = format!("{}:{plain}", name.value()?);
            let credential = of_pair(pair.as_bytes(), password.place_with_variables());
            return Ok(Some(Asks::with(credential, password)));
        }
        Ok(said("tokenHelper").map(|helper| Asks {
            credential: None,
            unset: Some(format!("{}: the command is not run", helper.place())),
            variable: None,
        }))
    }

    /// Whether `_authToken` and its like without an address count for this one: for the registry for all, which npm
    /// from 9 on refuses (`@npmcli/config`, `validate`), bun never read, and pnpm from 11 on, where it comes from the
    /// same file only (`rescopeUnscopedCreds`).
    fn counts_without_address(&self, address: &Address) -> bool {
        let majors = &self.manager.majors;
        let Some(registry) = self.said("registry") else { return false };
        let is_same = registry
            .value()
            .ok()
            .and_then(|text| Address::parse(text).ok())
            .is_some_and(|default| default.nerf_dart() == address.nerf_dart());
        let same_file = ["_authToken", "_auth", "_password"]
            .iter()
            .find_map(|key| self.said(key))
            .is_some_and(|setting| setting.file == registry.file);
        is_same
            && match self.manager.name {
                Name::Npm => *majors.start() < 9,
                Name::Pnpm => same_file || *majors.end() < 11,
                Name::Yarn => true,
                Name::Bun => false,
            }
    }
}

/// The address that a setting names.
///
/// # Errors
/// As [`Npm::registry`].
pub(super) fn address(setting: &Setting) -> Result<Address, Problem> {
    Address::parse(setting.value()?).map_err(|why| {
        Problem::new(format!("{}: {why}", setting.place()))
            .hint("write the registry's address there, as in http://localhost:3300/api/packages/OWNER/npm/")
    })
}

/// The scope of a package's name, with its `@`.
pub(super) fn scope(package: &str) -> Option<&str> {
    package.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'))
}

/// A credential of a name and a password, or of both in base64.
pub(super) fn basic(pair: &str, named_by: String) -> Credential {
    Credential { authorization: Secret(format!("Basic {pair}")), named_by }
}

/// A credential of a name and a password with a `:` between them.
pub(super) fn of_pair(pair: &[u8], named_by: String) -> Credential {
    basic(&BASE64_STANDARD.encode(pair), named_by)
}

/// A credential of what stands in an address.
pub(super) fn of_userinfo(name: &str, password: &str, named_by: String) -> Credential {
    of_pair(&[decoded(name), b":".to_vec(), decoded(password)].concat(), named_by)
}

/// The value, where it may stand in a header.
pub(super) fn in_header(setting: &Setting) -> Result<&str, Problem> {
    let value = setting.value()?;
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(value);
    }
    Err(Problem::new(format!("{}: holds characters that cannot be sent", setting.place_with_variables()))
        .hint("write the token anew, without line ends and characters beyond ASCII"))
}

fn is_credential(key: &str) -> bool {
    [":_authToken", ":_auth", ":_password", ":username"].iter().any(|end| key.ends_with(end))
}

/// The keys under which a credential may stand, the most specific first. npm goes down by folder, with and without the
/// `/` behind it; pnpm before 11 only with it, and any pnpm then once more without the port.
fn keys(address: &Address, manager: &PackageManager) -> Vec<String> {
    let is_pnpm = manager.name == Name::Pnpm;
    let needs_slash = is_pnpm && *manager.majors.start() < 11;
    let mut keys = Vec::new();
    let darts = [Some(address.nerf_dart()), address.without_port().filter(|_| is_pnpm)];
    for dart in darts.into_iter().flatten() {
        let mut rest = dart.as_str();
        while rest.len() > "//".len() {
            if !needs_slash || rest.ends_with('/') {
                keys.push(rest.to_owned());
            }
            rest = match rest.strip_suffix('/') {
                Some(shorter) => shorter,
                None => &rest[..rest.rfind('/').map_or(0, |at| at + 1)],
            };
        }
    }
    keys
}

/// As Node.js reads base64: either alphabet, and whatever is in neither does not count.
fn of_base64(text: &str) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let digits = text.split('=').next().unwrap_or_default().chars().filter_map(|c| match c {
        '-' => Some('+'),
        '_' => Some('/'),
        c if c.is_ascii_alphanumeric() || matches!(c, '+' | '/') => Some(c),
        _ => None,
    });
    let mut digits: String = digits.collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(digits).unwrap_or_default()
}

/// `decodeURIComponent`.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
