//! What a rule is.

use super::finding::Judged;
use super::repository::Repository;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Severity {
    /// Worth knowing.
    Note,
    /// Slow or fragile.
    Warning,
    /// Fails, is wrong, or leaks.
    Error,
}

impl Severity {
    /// All of them, the gravest first.
    pub(crate) const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// As people and settings write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// The one of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What a rule's findings can be mended by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FixClass {
    /// `--fix`.
    Safe,
    /// `--fix --unsafe`.
    Unsafe,
    /// Lines are shown for a person to write.
    Lines,
    /// A person decides.
    Nothing,
}

/// What a rule is about: the first digit of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// What tells the doctor itself something.
    Comments,
    /// What the build context holds.
    Context,
    /// Registry settings.
    Registry,
    /// How a Dockerfile brings things together.
    Wiring,
    /// Compose files.
    Compose,
    /// Speed.
    Speed,
    /// Versions and lockfiles.
    Versions,
    /// Secrets.
    Secrets,
    /// The repository.
    Git,
    /// What only a network tells.
    Online,
}

impl Group {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::Comments,
        Self::Context,
        Self::Registry,
        Self::Wiring,
        Self::Compose,
        Self::Speed,
        Self::Versions,
        Self::Secrets,
        Self::Git,
        Self::Online,
    ];

    /// Its word in tables.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Context => "context",
            Self::Registry => "registry",
            Self::Wiring => "wiring",
            Self::Compose => "compose",
            Self::Speed => "speed",
            Self::Versions => "versions",
            Self::Secrets => "secrets",
            Self::Git => "git",
            Self::Online => "online",
        }
    }
}

/// A rule: what it is called, what it says of itself, and its condition.
#[derive(Debug)]
pub(crate) struct Rule {
    /// As `DP101`.
    pub(crate) id: &'static str,
    /// As `lockfile-ignored`.
    pub(crate) name: &'static str,
    /// The gravest that a finding of it is.
    pub(crate) severity: Severity,
    /// What mends it.
    pub(crate) fix: FixClass,
    /// The findings and steps of the roadmap that it covers.
    pub(crate) seed: &'static str,
    /// What a finding of it means.
    pub(crate) what: &'static str,
    /// Why that matters.
    pub(crate) why: &'static str,
    /// How it is mended.
    pub(crate) how: &'static str,
    /// Its condition.
    pub(crate) check: fn(&Repository) -> Judged,
}

impl Rule {
    /// What it is about.
    pub(crate) fn group(&self) -> Group {
        let digit = self.id.as_bytes().get(2).map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')));
        Group::ALL.get(digit).copied().unwrap_or(Group::Comments)
    }
}
