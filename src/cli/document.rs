//! What is said of a plan in JSON.

use serde_json::{Value, json};

use crate::command::prepare::Plan;
use crate::model::build::Built;
use crate::model::diff;

/// What was prepared, or would be, in every document alike.
pub(super) fn describe(document: &mut Value, plan: &Plan, with_diff: bool) {
    document["project"] = json!(plan.project);
    document["workspace"] = json!(plan.workspace);
    document["depsDir"] = json!(plan.deps_dir);
    document["source"] = json!(plan.source);
    document["packages"] = packages(plan);
    if let Some(built) = &plan.built {
        document["built"] = built.iter().map(Built::to_json).collect();
    }
    document["removed"] = json!(plan.stale);
    document["surfaces"] = surfaces(plan, with_diff);
    document["files"] = plan.files.iter().map(|file| file.to_json(with_diff)).collect();
}

fn packages(plan: &Plan) -> Value {
    plan.tarballs
        .iter()
        .map(|tarball| {
            let mut object = tarball.to_json();
            object["unchanged"] = Value::Bool(plan.there.contains(&tarball.filename));
            object
        })
        .collect()
}

fn surfaces(plan: &Plan, with_diff: bool) -> Value {
    plan.rewrites
        .iter()
        .map(|rewritten| {
            let mut object = json!({
                "surface": rewritten.surface.label(),
                "manifest": rewritten.surface.manifest_name,
                "packageManager": {
                    "name": rewritten.manager.manager.name.as_str(),
                    "version": rewritten.manager.manager.version,
                    "reason": rewritten.manager.reason,
                },
                "link": rewritten.way.as_str(),
                "dependencies": rewritten.dependencies,
                "overrides": rewritten.overrides,
                "peers": rewritten.peers,
            });
            if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
                object["lockfile"] = lockfile.to_json();
            }
            if with_diff {
                let diff =
                    diff::unified(&rewritten.surface.manifest_name, &rewritten.surface.text, &rewritten.text);
                object["diff"] = Value::String(diff);
            }
            object
        })
        .collect()
}
