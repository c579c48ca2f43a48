//! How a package manager is told to make a lockfile and to prove one, and what becomes of one that is left alone.

use crate::error::{Hint, Problem};
use crate::image::{Name, PackageManager};

/// The words of a package manager of this major version that make a lockfile.
pub(crate) fn making(name: Name, major: u64) -> &'static [&'static str] {
    match (name, major) {
        (Name::Pnpm, _) => &["install", "--lockfile-only", "--no-frozen-lockfile", "--ignore-scripts"],
        (Name::Npm, _) => &["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
        // It has no such mode: it installs, and writes one.
        (Name::Yarn, 0 | 1) => &["install", "--ignore-scripts", "--non-interactive"],
        (Name::Yarn, _) => &["install", "--mode=update-lockfile", "--no-immutable"],
        (Name::Bun, _) => &["install", "--lockfile-only", "--save-text-lockfile", "--ignore-scripts"],
    }
}

/// The calls, one after the other, that end well and leave a lockfile as it is only if it fits.
pub(crate) fn proving(name: Name, major: u64) -> &'static [&'static [&'static str]] {
    match (name, major) {
        (Name::Pnpm, _) => &[&["install", "--frozen-lockfile", "--ignore-scripts"]],
        (Name::Npm, _) => &[&["ci", "--ignore-scripts", "--no-audit", "--no-fund"]],
        // `--frozen-lockfile` passes over rows that are missing or too many; a plain install would write them.
        (Name::Yarn, 0 | 1) => &[
            &["install", "--frozen-lockfile", "--ignore-scripts", "--non-interactive"],
            &["install", "--ignore-scripts", "--non-interactive"],
        ],
        (Name::Yarn, _) => &[&["install", "--immutable", "--mode=skip-build"]],
        (Name::Bun, _) => &[&["install", "--frozen-lockfile", "--ignore-scripts"]],
    }
}

/// What is typed to make a lockfile, for a dry run.
pub(crate) fn shown(manager: &PackageManager) -> String {
    format!("{} {}", manager.name.as_str(), making(manager.name, *manager.majors.end()).join(" "))
}

/// An install in a Dockerfile that builds a surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockfileInstall<'a> {
    /// The Dockerfile from the project's root.
    pub(crate) dockerfile: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// Whether the lockfile must fit: `--frozen-lockfile`, `--immutable`.
    pub(crate) frozen: bool,
    /// Whether `CI` is set for it: yarn 2 and later then want a lockfile that fits.
    pub(crate) ci: bool,
    /// Whether it is told to leave the lockfile unread.
    pub(crate) no_lockfile: bool,
    /// Whether the Dockerfile copies the surface's lockfile.
    pub(crate) copies_lockfile: bool,
}

/// What a Dockerfile must say while the lockfile that lies beside the surface, `lockfile` from the project's root, is
/// the project's own: each install that would fail.
pub(crate) fn advice(
    lockfile: &str,
    manager: &PackageManager,
    installs: &[LockfileInstall<'_>],
) -> Vec<Problem> {
    let problem = |install: &LockfileInstall<'_>| {
        let (why, instead) = failing(manager, install)?;
        let message =
            format!("{}:{}: {why}: {lockfile} is the project's own", install.dockerfile, install.line);
        Some(Problem::new(message).hint(Hint::lines([
            &*format!("while prepared, have it say: {instead}"),
            "or have a lockfile made that fits: add --lockfile",
        ])))
    };
    installs.iter().filter(|install| install.copies_lockfile).filter_map(problem).collect()
}

/// What a Dockerfile must say so that a lockfile that is made, `lockfile` from the project's root, is read: each install
/// that would pass it over.
pub(crate) fn unread(lockfile: &str, installs: &[LockfileInstall<'_>]) -> Vec<Problem> {
    let problem = |install: &LockfileInstall<'_>| {
        let place = format!("{}:{}", install.dockerfile, install.line);
        if install.no_lockfile {
            let problem = Problem::new(format!("{place}: is told to leave {lockfile} unread"));
            Some(problem.hint("take that flag out, or leave out --lockfile"))
        } else if install.copies_lockfile {
            None
        } else {
            let problem = Problem::new(format!("{place}: {lockfile} is not there by then"));
            Some(problem.hint(format!("have it copied beside package.json: COPY {lockfile} ./")))
        }
    };
    installs.iter().filter_map(problem).collect()
}

/// Why an install with the project's lockfile beside a prepared manifest fails, and what does not, with the versions of
/// the lockfile where that can be had.
fn failing(manager: &PackageManager, install: &LockfileInstall<'_>) -> Option<(&'static str, &'static str)> {
    const FROZEN: &str = "a frozen install fails while prepared";
    match manager.name {
        _ if install.no_lockfile => None,
        // They do so whatever else they are told.
        Name::Pnpm if *manager.majors.end() >= 11 => Some((
            "pnpm 11 and later ask the registry about each package in a lockfile",
            // The others do not know the flag; without a lockfile, versions are the newest that fit.
            if *manager.majors.start() >= 11 {
                "pnpm install --trust-lockfile --no-frozen-lockfile"
            } else {
                "pnpm install --lockfile=false"
            },
        )),
        Name::Yarn if *manager.majors.end() > 1 && install.ci => {
            Some((FROZEN, "yarn install --no-immutable"))
        }
        _ if !install.frozen => None,
        // It compares versions, not where a package comes from: but below a package of ours it finds newer ones.
        Name::Npm => Some(("npm ci may fail while prepared", "npm install")),
        Name::Pnpm => Some((FROZEN, "pnpm install --no-frozen-lockfile")),
        Name::Yarn if *manager.majors.end() <= 1 => Some((FROZEN, "yarn install --pure-lockfile")),
        Name::Yarn => Some((FROZEN, "yarn install --no-immutable")),
        Name::Bun => Some((FROZEN, "bun install --no-save")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(name: Name, major: u64) -> PackageManager {
        PackageManager { name, version: major.to_string(), majors: major..=major }
    }

    /// The command that the advice names, if there is any.
    fn said(manager: &PackageManager, change: impl FnOnce(&mut LockfileInstall<'_>)) -> Option<String> {
        let mut install = LockfileInstall {
            dockerfile: "backend/Dockerfile",
            line: 7,
            frozen: true,
            ci: false,
            no_lockfile: false,
            copies_lockfile: true,
        };
        change(&mut install);
        let problem = advice("backend/the-lock", manager, &[install]).pop()?;
        assert!(problem.message.starts_with("backend/Dockerfile:7: "), "{}", problem.message);
        assert!(problem.message.contains("backend/the-lock"), "{}", problem.message);
        let hint = problem.hint?;
        assert!(hint.contains("add --lockfile"), "{hint}");
        Some(hint.lines().next()?.trim_start_matches("while prepared, have it say: ").to_owned())
    }

    #[test]
    fn only_an_install_that_fails_is_warned_of() {
        for (name, major, frozen, plain) in [
            (Name::Pnpm, 8, Some("pnpm install --no-frozen-lockfile"), None),
            (Name::Pnpm, 10, Some("pnpm install --no-frozen-lockfile"), None),
            (
                Name::Pnpm,
                11,
                Some("pnpm install --trust-lockfile --no-frozen-lockfile"),
                Some("pnpm install --trust-lockfile --no-frozen-lockfile"),
            ),
            (Name::Npm, 10, Some("npm install"), None),
            (Name::Yarn, 1, Some("yarn install --pure-lockfile"), None),
            (Name::Yarn, 4, Some("yarn install --no-immutable"), None),
            (Name::Bun, 1, Some("bun install --no-save"), None),
        ] {
            let manager = manager(name, major);
            assert_eq!(said(&manager, |_| ()).as_deref(), frozen, "{manager}");
            assert_eq!(said(&manager, |install| install.frozen = false).as_deref(), plain, "{manager}");
            assert_eq!(said(&manager, |install| install.no_lockfile = true), None, "{manager}");
            assert_eq!(said(&manager, |install| install.copies_lockfile = false), None, "{manager}");
        }
    }

    #[test]
    fn a_pnpm_of_any_version_is_told_what_all_know() {
        let any = PackageManager { name: Name::Pnpm, version: String::new(), majors: 9..=12 };
        assert_eq!(said(&any, |_| ()).as_deref(), Some("pnpm install --lockfile=false"));
    }

    #[test]
    fn ci_freezes_later_yarns() {
        let ci = |install: &mut LockfileInstall<'_>| (install.ci, install.frozen) = (true, false);
        assert_eq!(said(&manager(Name::Yarn, 4), ci).as_deref(), Some("yarn install --no-immutable"));
        assert_eq!(said(&manager(Name::Yarn, 1), ci), None);
        assert_eq!(said(&manager(Name::Bun, 1), ci), None);
    }

    #[test]
    fn a_lockfile_that_is_made_for_nothing_is_told() {
        let install = |no_lockfile, copies_lockfile| LockfileInstall {
            dockerfile: "Dockerfile",
            line: 7,
            frozen: false,
            ci: false,
            no_lockfile,
            copies_lockfile,
        };
        let told = |install: LockfileInstall<'_>| {
            unread("yarn.lock", &[install]).pop().map(|problem| problem.message)
        };
        assert_eq!(told(install(false, true)), None);
        assert_eq!(told(install(false, false)).unwrap(), "Dockerfile:7: yarn.lock is not there by then");
        assert_eq!(told(install(true, true)).unwrap(), "Dockerfile:7: is told to leave yarn.lock unread");
    }

    #[test]
    fn a_dry_run_shows_what_is_typed() {
        let pinned = PackageManager::pinned();
        assert_eq!(shown(&pinned), "pnpm install --lockfile-only --no-frozen-lockfile --ignore-scripts");
        assert_eq!(
            shown(&PackageManager::of_any_version(Name::Yarn)),
            "yarn install --mode=update-lockfile --no-immutable"
        );
    }
}
