//! Which of several sources is followed, and what the others add to it.

use super::{Detected, PackageManager};
use crate::error::Problem;

/// What names the package manager of a surface, from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagerSources {
    /// What the caller asks for.
    pub(crate) asked: Option<Detected>,
    /// What files say; an earlier one is followed.
    pub(crate) said: Vec<Detected>,
    /// What may tell the version of one that others name, but names none.
    pub(crate) in_image: Vec<Detected>,
}

impl ManagerSources {
    /// The package manager, and a warning for each source that cannot be true along with it. Sources that can be
    /// true at once are taken together: a Dockerfile that only calls pnpm, and a lockfile that tells its version.
    pub(crate) fn decide(self) -> (Detected, Vec<Problem>) {
        let is_asked = self.asked.is_some();
        let mut sources = self.asked.into_iter().chain(self.said);
        let Some(first) = sources.next() else {
            let reason = "nothing says which: pnpm 10.6.5, as the products pin".to_owned();
            return (Detected { manager: PackageManager::pinned(), reason }, Vec::new());
        };
        let mut taken = Taken::new(first);
        let mut warnings = Vec::new();
        for other in sources {
            if taken.manager.excludes(&other.manager) {
                warnings.push(taken.disagreement(&other, is_asked));
            } else {
                taken.add(&other);
            }
        }
        for other in self.in_image {
            if !taken.manager.excludes(&other.manager) {
                taken.add(&other);
            }
        }
        (Detected { manager: taken.manager, reason: taken.reasons.join(", ") }, warnings)
    }
}

/// What is known so far.
struct Taken {
    manager: PackageManager,
    /// The sources that it comes from.
    reasons: Vec<String>,
    /// The one that names it.
    naming: Detected,
    /// The one that tells its version.
    version: Detected,
}

impl Taken {
    fn new(first: Detected) -> Self {
        Self {
            manager: first.manager.clone(),
            reasons: vec![first.reason.clone()],
            version: first.clone(),
            naming: first,
        }
    }

    fn add(&mut self, other: &Detected) {
        let narrowed = self.manager.narrowed_by(&other.manager);
        if narrowed != self.manager {
            self.manager = narrowed;
            self.reasons.push(other.reason.clone());
            self.version = other.clone();
        }
    }

    fn disagreement(&self, other: &Detected, is_asked: bool) -> Problem {
        let own = if self.manager.name == other.manager.name { &self.version } else { &self.naming };
        let problem = Problem::new(format!(
            "{} says {}, but {} says {}: {} is taken",
            own.reason, own.manager, other.reason, other.manager, own.manager
        ));
        if is_asked {
            problem.hint("have the image install with what is asked for, or ask for what it installs with")
        } else {
            let name = self.manager.name.as_str();
            problem.hint(format!("correct one of them, or say which, as in --package-manager {name}@VERSION"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(manager: &str, reason: &str) -> Detected {
        Detected { manager: PackageManager::parse(manager).unwrap(), reason: reason.to_owned() }
    }

    fn sources(said: &[(&str, &str)]) -> ManagerSources {
        let said = said.iter().map(|(manager, reason)| source(manager, reason)).collect();
        ManagerSources { said, ..ManagerSources::default() }
    }

    fn decided(sources: ManagerSources) -> (String, Vec<String>) {
        let (detected, warnings) = sources.decide();
        (
            format!("{} <- {}", detected.manager, detected.reason),
            warnings.into_iter().map(|warning| warning.message).collect(),
        )
    }

    #[test]
    fn nothing_says_which() {
        let (detected, warnings) = decided(ManagerSources::default());
        assert_eq!(detected, "pnpm 10.6.5 <- nothing says which: pnpm 10.6.5, as the products pin");
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn the_first_is_followed_and_the_others_add_to_it() {
        let both = sources(&[("pnpm", "Dockerfile line 3"), ("pnpm@>=9", "pnpm-lock.yaml")]);
        assert_eq!(decided(both), ("pnpm >=9 <- Dockerfile line 3, pnpm-lock.yaml".to_owned(), vec![]));
        let pinned = sources(&[("pnpm@10.6.5", "package.json"), ("pnpm@>=9", "pnpm-lock.yaml")]);
        assert_eq!(decided(pinned), ("pnpm 10.6.5 <- package.json".to_owned(), vec![]));
    }

    #[test]
    fn what_cannot_be_true_as_well_is_a_warning() {
        let names = sources(&[("pnpm@10.6.5", "a"), ("npm", "b"), ("pnpm@10.34.9", "c"), ("pnpm@10", "d")]);
        let (detected, warnings) = decided(names);
        assert_eq!(detected, "pnpm 10.6.5 <- a");
        assert_eq!(
            warnings,
            [
                "a says pnpm 10.6.5, but b says npm: pnpm 10.6.5 is taken",
                "a says pnpm 10.6.5, but c says pnpm 10.34.9: pnpm 10.6.5 is taken"
            ]
        );
    }

    #[test]
    fn a_warning_names_the_source_of_the_version() {
        let (detected, warnings) = decided(sources(&[("pnpm", "a"), ("pnpm@10.6.5", "b"), ("pnpm@8", "c")]));
        assert_eq!(detected, "pnpm 10.6.5 <- a, b");
        assert_eq!(warnings, ["b says pnpm 10.6.5, but c says pnpm 8: pnpm 10.6.5 is taken"]);
    }

    #[test]
    fn what_is_asked_for_wins() {
        let mut all = sources(&[("pnpm@10.6.5", "package.json"), ("npm@10", "Dockerfile line 1")]);
        all.asked = Some(source("npm", "--package-manager"));
        let (detected, warnings) = decided(all);
        assert_eq!(detected, "npm 10 <- --package-manager, Dockerfile line 1");
        assert_eq!(warnings, ["--package-manager says npm, but package.json says pnpm 10.6.5: npm is taken"]);
    }

    #[test]
    fn an_image_only_adds() {
        let image = vec![source("npm@10", "Dockerfile line 1"), source("yarn@1", "Dockerfile line 1")];
        let with_image =
            |said: &[(&str, &str)]| decided(ManagerSources { in_image: image.clone(), ..sources(said) });
        assert_eq!(with_image(&[("npm@>=7", "lock")]).0, "npm 10 <- lock, Dockerfile line 1");
        assert_eq!(with_image(&[("npm@11", "a")]), ("npm 11 <- a".to_owned(), vec![]));
        assert_eq!(with_image(&[("yarn@4.1.0", "a")]), ("yarn 4.1.0 <- a".to_owned(), vec![]));
        assert!(with_image(&[]).0.starts_with("pnpm 10.6.5"));
    }
}
