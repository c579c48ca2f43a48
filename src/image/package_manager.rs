//! The package managers that install a surface.

pub(crate) mod decision;
pub(crate) mod dockerfile;
pub(crate) mod field;
pub(crate) mod lockfile;
pub(crate) mod release;
mod version;

use std::fmt;
use std::ops::RangeInclusive;

pub(crate) use self::version::Tags;

/// One of the programs that read a `package.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Name {
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
    pub(crate) const ALL: [Self; 4] = [Self::Pnpm, Self::Npm, Self::Yarn, Self::Bun];

    /// The one of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// What is typed.
    pub(crate) fn as_str(self) -> &'static str {
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
pub(crate) struct PackageManager {
    /// Which.
    pub(crate) name: Name,
    /// The version or range as it was found, `10.6.5` or `>=9`; empty where nothing says it.
    pub(crate) version: String,
    /// The major versions that this may be.
    pub(crate) majors: RangeInclusive<u64>,
}

impl PackageManager {
    /// The one that the products pin, where nothing says which: pnpm 10.6.5.
    pub(crate) fn pinned() -> Self {
        Self { name: Name::Pnpm, version: "10.6.5".to_owned(), majors: 10..=10 }
    }

    /// One of which nothing but the name is known.
    pub(crate) fn of_any_version(name: Name) -> Self {
        Self { name, version: String::new(), majors: 0..=u64::MAX }
    }

    /// One at a version, range or tag; `None` where that means nothing.
    pub(crate) fn at(name: Name, version: &str, tags: Tags) -> Option<Self> {
        let majors = version::majors(name, version, tags)?;
        Some(Self { name, version: version.to_owned(), majors })
    }

    /// `NAME[@VERSION-OR-RANGE-OR-TAG]`, as it is typed.
    ///
    /// # Errors
    /// What is wrong with it, with an example.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let known = Name::parse(name)
            .ok_or_else(|| format!("`{name}` is none of {}", Name::ALL.map(Name::as_str).join(", ")))?;
        match version {
            None => Ok(Self::of_any_version(known)),
            Some(version) => Self::at(known, version, Tags::Corepack).ok_or_else(|| {
                format!("`{version}` is no version, range or tag of {name}, such as 10.6.5, ^9 or latest")
            }),
        }
    }

    /// Whether nothing can be both: another name, or versions that leave none in common.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        self.name != other.name
            || self.majors.start() > other.majors.end()
            || other.majors.start() > self.majors.end()
            || version::exclude_each_other(&self.version, &other.version)
    }

    /// What is known once both are: the more exact of two versions, and the majors that both may be.
    pub(crate) fn narrowed_by(&self, other: &Self) -> Self {
        let start = *self.majors.start().max(other.majors.start());
        let end = *self.majors.end().min(other.majors.end());
        let majors = start..=end;
        let keeps = version::is_exact(&self.version)
            || !version::is_exact(&other.version) && (self.majors == majors || other.version.is_empty());
        let version = if keeps && !self.version.is_empty() { &self.version } else { &other.version };
        Self { name: self.name, version: version.clone(), majors }
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
pub(crate) struct Detected {
    /// Which, at which version.
    pub(crate) manager: PackageManager,
    /// Where it was found, as `backend/package.json: packageManager`.
    pub(crate) reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(text: &str) -> PackageManager {
        PackageManager::parse(text).unwrap()
    }

    #[test]
    fn what_is_typed() {
        assert_eq!(manager("pnpm@10.6.5"), PackageManager::pinned());
        assert_eq!(manager("yarn"), PackageManager::of_any_version(Name::Yarn));
        assert_eq!(manager("pnpm@^9").majors, 9..=9);
        assert_eq!(manager("npm@10").to_string(), "npm 10");
        assert_eq!(manager("pnpm@latest").majors, 11..=u64::MAX);
    }

    #[test]
    fn what_is_typed_wrong_says_how() {
        let error = |text| PackageManager::parse(text).unwrap_err();
        assert_eq!(error("deno@2"), "`deno` is none of pnpm, npm, yarn, bun");
        assert_eq!(error("PNPM"), "`PNPM` is none of pnpm, npm, yarn, bun");
        assert_eq!(
            error("pnpm@lates"),
            "`lates` is no version, range or tag of pnpm, such as 10.6.5, ^9 or latest"
        );
        for text in ["", "@", "pnpm@", "pnpm@@9", "pnpm 10"] {
            assert!(PackageManager::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_excludes_each_other() {
        let excludes = |a, b| manager(a).excludes(&manager(b)) && manager(b).excludes(&manager(a));
        assert!(excludes("npm", "pnpm"));
        assert!(excludes("pnpm@9", "pnpm@10.6.5"));
        assert!(excludes("pnpm@10.6.5", "pnpm@10.34.9"));
        assert!(excludes("pnpm@10.6.5", "pnpm@latest"));
        assert!(!excludes("pnpm", "pnpm@10.6.5"));
        assert!(!excludes("pnpm@>=9", "pnpm@latest"));
    }

    #[test]
    fn two_sources_tell_more_than_one() {
        let narrowed = |a, b| {
            let both = manager(a).narrowed_by(&manager(b));
            (both.to_string(), both.majors)
        };
        assert_eq!(narrowed("pnpm", "pnpm@>=9"), ("pnpm >=9".to_owned(), 9..=u64::MAX));
        assert_eq!(narrowed("pnpm@>=9", "pnpm@10.6.5"), ("pnpm 10.6.5".to_owned(), 10..=10));
        assert_eq!(narrowed("pnpm@10.6.5", "pnpm@>=9"), ("pnpm 10.6.5".to_owned(), 10..=10));
        assert_eq!(narrowed("pnpm@10", "pnpm@10.6.5"), ("pnpm 10.6.5".to_owned(), 10..=10));
        assert_eq!(narrowed("pnpm@latest", "pnpm@>=9"), ("pnpm latest".to_owned(), 11..=u64::MAX));
        assert_eq!(narrowed("npm@>=7", "npm@10"), ("npm 10".to_owned(), 10..=10));
    }
}
