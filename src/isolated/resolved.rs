//! What docker itself says that it will build: held against the trees before it does.

use std::path::Path;

use serde_json::Value;

use super::plan::IsolatedPlan;
use crate::error::Problem;
use crate::image::CommandPicture;

/// Which kind of picture it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedKind {
    Compose,
    Bake,
}

/// What is otherwise than it should be: each build that needs something of ours takes its trees, and no build is there of
/// which it is not known what it needs.
pub(crate) fn differences(
    kind: ResolvedKind,
    resolved: &Value,
    plan: &IsolatedPlan,
    picture: &CommandPicture,
    trees: &Path,
) -> Vec<Problem> {
    let (list, what) = match kind {
        ResolvedKind::Compose => ("services", "service"),
        ResolvedKind::Bake => ("target", "target"),
    };
    let builds: Vec<(&String, &Value)> = resolved
        .get(list)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, about)| match kind {
            ResolvedKind::Compose => Some((name, about.get("build")?)),
            ResolvedKind::Bake => Some((name, about)),
        })
        .collect();
    let named = |service: &str| match kind {
        ResolvedKind::Compose => service.to_owned(),
        ResolvedKind::Bake => service.replace('.', "_"),
    };
    let mut problems = Vec::new();
    for build in &plan.builds {
        let service = named(&build.service);
        let Some((_, found)) = builds.iter().find(|(name, _)| **name == service) else {
            // Bake prints what it builds alone.
            if kind == ResolvedKind::Compose {
                problems.push(Problem::new(format!("{what} {service}: docker does not know it")));
            }
            continue;
        };
        let is_at = |found: Option<&Value>, tree: &String| {
            found.and_then(Value::as_str).is_some_and(|found| is_same(found, &trees.join(tree)))
        };
        let contexts = match kind {
            ResolvedKind::Compose => "additional_contexts",
            ResolvedKind::Bake => "contexts",
        };
        let own = build.tree.iter().map(|tree| (found.get("context"), tree));
        let others =
            build.named.iter().map(|(name, tree)| (found.get(contexts).and_then(|all| all.get(name)), tree));
        for (found, tree) in own.chain(others).filter(|(found, tree)| !is_at(*found, tree)) {
            let found = found.and_then(Value::as_str).unwrap_or("no folder");
            problems.push(Problem::new(format!(
                "{what} {service}: docker would build {found} instead of {}",
                trees.join(tree).display()
            )));
        }
    }
    for (name, about) in &builds {
        let network = about.get("network").and_then(Value::as_str).unwrap_or("default");
        if plan.without_network && network != "none" {
            problems.push(Problem::new(format!(
                "{what} {name}: docker would build it with the network `{network}`, and not without one"
            )));
        }
        if !picture.builds.keys().any(|known| named(known) == **name) {
            problems.push(Problem::new(format!("{what} {name}: it is not known what it builds")));
        }
    }
    problems
}

/// Docker may write a path of Windows with other slashes, and `$` twice.
fn is_same(found: &str, tree: &Path) -> bool {
    Path::new(found) == tree || found.replace("$$", "$") == tree.to_string_lossy()
}
