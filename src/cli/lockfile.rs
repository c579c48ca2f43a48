//! What is said of lockfiles that `--lockfile` makes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::text::count;
use crate::lockfile::{Difference, SurfaceLockfile};

pub(super) fn lines(lockfile: &SurfaceLockfile) -> Vec<String> {
    let seed = lockfile.seeded_from.as_deref().map_or_else(
        || ", with no lockfile to begin with".to_owned(),
        |from| format!(", seeded from {from}"),
    );
    let Some(made) = &lockfile.made else {
        return vec![format!("would make {}{seed}, with: {}", lockfile.path, lockfile.command)];
    };
    let all = count(made.third_party, "third-party package");
    let other: usize = made.differences.iter().map(|one| one.after.len()).sum();
    let pinned = match (&lockfile.seeded_from, other) {
        (None, _) => all,
        (Some(_), 0) => format!("{all} as pinned"),
        (Some(_), _) => format!("{} of {all} as pinned", made.third_party.saturating_sub(other)),
    };
    let first = format!("made {} with {}{seed}: {pinned}", lockfile.path, made.manager);
    std::iter::once(first).chain(made.differences.iter().map(difference)).collect()
}

fn difference(difference: &Difference) -> String {
    let list = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let before = if difference.before.is_empty() {
        "not in the project's lockfile".to_owned()
    } else {
        format!("the project's lockfile has {}", list(&difference.before))
    };
    format!("  {} {}: {before}", difference.name, list(&difference.after))
}

pub(super) fn to_json(lockfile: &SurfaceLockfile) -> Value {
    let mut object = json!({"path": lockfile.path, "seededFrom": lockfile.seeded_from});
    match &lockfile.made {
        None => object["command"] = lockfile.command.clone().into(),
        Some(made) => {
            object["packageManager"] = made.manager.clone().into();
            object["thirdParty"] = made.third_party.into();
            object["differences"] = made
                .differences
                .iter()
                .map(|one| json!({"name": one.name, "before": one.before, "after": one.after}))
                .collect();
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_the_projects_lockfile_has() {
        let said = |name: &str, before: &[&str], after: &str| {
            let before = before.iter().map(|pin| (*pin).to_owned()).collect();
            difference(&Difference { name: name.to_owned(), before, after: [after.to_owned()].into() })
        };
        assert_eq!(said("fresh", &[], "3.0.0"), "  fresh 3.0.0: not in the project's lockfile");
        let two = said("left", &["1.1.0", "2.0.0"], "1.9.9");
        assert_eq!(two, "  left 1.9.9: the project's lockfile has 1.1.0, 2.0.0");
    }
}
