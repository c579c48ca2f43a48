//! What is said of packages of others that come from the deps dir.

use serde_json::{Value, json};

use super::problems::MOST;
use super::text::count_of;
use crate::prepare::ResolvedSurface;

/// Who said which, and what no lockfile pins.
pub(super) fn lines(resolved: &ResolvedSurface) -> Vec<String> {
    let ResolvedSurface { packages, manager, seeded_from, unpinned } = resolved;
    let packages = count_of(*packages, "third-party package", "third-party packages");
    let Some(lockfile) = seeded_from else {
        return vec![format!("  {packages}, resolved by {manager}: no lockfile pins them")];
    };
    if unpinned.is_empty() {
        return vec![format!("  {packages}, as {lockfile} pins them")];
    }
    let others = unpinned.len();
    let mut lines = vec![format!("  {packages}, {others} of which {lockfile} does not pin:")];
    lines.extend(unpinned.iter().take(MOST).map(|one| format!("    {one}")));
    if others > MOST {
        lines.push(format!("    and {} more", others - MOST));
    }
    lines
}

pub(super) fn to_json(resolved: &ResolvedSurface) -> Value {
    let ResolvedSurface { packages, manager, seeded_from, unpinned } = resolved;
    json!({"packages": packages, "packageManager": manager, "seededFrom": seeded_from, "unpinned": unpinned})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_lockfile_pins_is_said() {
        let mut resolved =
            ResolvedSurface { packages: 3, manager: "pnpm 10.6.5".to_owned(), ..Default::default() };
        assert_eq!(
            lines(&resolved),
            ["  3 third-party packages, resolved by pnpm 10.6.5: no lockfile pins them"]
        );
        resolved.seeded_from = Some("pnpm-lock.yaml".to_owned());
        assert_eq!(lines(&resolved), ["  3 third-party packages, as pnpm-lock.yaml pins them"]);
        resolved.unpinned = (0..12).map(|number| format!("a@{number}")).collect();
        let said = lines(&resolved);
        assert_eq!(said[0], "  3 third-party packages, 12 of which pnpm-lock.yaml does not pin:");
        assert_eq!((said.len(), &*said[1], &*said[11]), (12, "    a@0", "    and 2 more"));
    }
}
