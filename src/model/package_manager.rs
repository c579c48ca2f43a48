//! The package managers that install a surface.

use std::fmt;
use std::ops::RangeInclusive;

/// One of the programs that read a `package.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// <https://pnpm.io>
    Pnpm,
    /// <https://docs.npmjs.com/cli>
    Npm,
    /// <https://classic.yarnpkg.com> up to 1, <https://yarnpkg.com> from 2 on.
    Yarn,
    /// <https://bun.sh>
    Bun,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pnpm, Self::Npm, Self::Yarn, Self::Bun];

    /// What is typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pnpm => "pnpm",
            Self::Npm => "npm",
            Self::Yarn => "yarn",
            Self::Bun => "bun",
        }
    }
}

/// A package manager at a version, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageManager {
    /// Which.
    pub name: Name,
    /// The version or range as it was found, `10.6.5` or `>=9`; empty where nothing says it.
    pub version: String,
    /// The major versions that this may be.
    pub majors: RangeInclusive<u64>,
}

impl PackageManager {
    /// The one that the products pin, where nothing says which: pnpm 10.6.5.
    #[must_use]
    pub fn pinned() -> Self {
        Self { name: Name::Pnpm, version: "10.6.5".to_owned(), majors: 10..=10 }
    }

    /// One of which nothing but the name is known.
    #[must_use]
    pub fn of_any_version(name: Name) -> Self {
        Self { name, version: String::new(), majors: 0..=u64::MAX }
    }
}

impl fmt::Display for PackageManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())?;
        if self.version.is_empty() { Ok(()) } else { write!(f, " {}", self.version) }
    }
}

/// The package manager of a surface, and why it is taken for that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// Which, at which version.
    pub manager: PackageManager,
    /// Where it was found, as `backend/package.json: packageManager`.
    pub reason: String,
}
