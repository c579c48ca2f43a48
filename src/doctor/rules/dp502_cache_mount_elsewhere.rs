//! A cache mount where the package manager keeps nothing.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::store::{Store, mount, store};
use crate::image::dockerfile::layers::below;

pub(super) static RULE: Rule = Rule {
    id: "DP502",
    name: "cache-mount-elsewhere",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A2-2 A2-3",
    what: "An install has a cache mount, and keeps what it loads in another folder.",
    why: "The mount stays empty without a word, and every package is downloaded again. Where the store lies is decided by the package manager, its version, PNPM_HOME, and the user's home.",
    how: "Name the store's folder as the mount's target.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for one in build.installs() {
            let Some(run) = build.run_of(one).filter(|run| !run.caches.is_empty()) else { continue };
            let place = &one.install.place;
            let folders = match store(repository, build, one, run) {
                Store::At(folders) => folders,
                Store::Unknown(why) => {
                    judged.leave_open(place.file.clone(), why);
                    continue;
                }
            };
            if let Some(open) = run.caches.iter().find(|cache| cache.target.contains('$')) {
                judged.leave_open(place.file.clone(), format!("the target {} is not known", open.target));
                continue;
            }
            let clean = |path: &str| path.trim_end_matches('/').to_owned();
            let holds = |target: &str| {
                let target = clean(target);
                folders.iter().any(|store| {
                    let store = clean(store);
                    // A version's own folder in the store serves as well.
                    below(&target, &store).is_some() || below(&store, &target).is_some()
                })
            };
            if run.caches.iter().any(|cache| holds(&cache.target)) {
                continue;
            }
            let Some(store) = folders.first() else { continue };
            let manager = one.install.command.manager.as_str();
            let target = &run.caches[0].target;
            let line = run.line + build.above;
            let span = repository.span(&place.file, line, "--mount=type=cache", "stays empty");
            let message = format!(
                "{}: the cache mount is at {target}, and {manager} keeps its packages in {store}",
                span.place()
            );
            let finding = Finding::new(Severity::Warning, vec![span], message)
                .so("every package is downloaded again")
                .lines("write", [format!("RUN {}", mount(one, run, store))]);
            judged.add(finding);
        }
    }
    judged
}
