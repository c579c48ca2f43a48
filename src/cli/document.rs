//! What is said of a plan in JSON.

use serde_json::{Value, json};

use super::{build, lockfile, offline, pack};
use crate::npm::Tarball;
use crate::prepare::PreparePlan;
use crate::rewrite::{FileChange, OverrideStyle, Rewritten};
use crate::text::diff;

/// The JSON schema that every document fits; the topic on documents says what each field means.
pub(super) const SCHEMA: &str = include_str!("json.schema.json");

/// What was prepared, or would be, in every document alike.
pub(super) fn describe(document: &mut Value, plan: &PreparePlan, with_diff: bool) {
    document["project"] = json!(plan.project);
    document["workspace"] = json!(plan.workspace);
    document["depsDir"] = json!(plan.deps_dir);
    document["source"] = json!(plan.source);
    document["packages"] = plan.own_tarballs().iter().map(|tarball| package(plan, tarball)).collect();
    if let Some(built) = &plan.built {
        document["built"] = built.iter().map(build::to_json).collect();
    }
    document["removed"] = json!(plan.stale);
    document["surfaces"] = plan.rewrites.iter().map(|one| surface(plan, one, with_diff)).collect();
    document["files"] = plan.files.iter().map(|change| file(change, with_diff)).collect();
}

fn package(plan: &PreparePlan, tarball: &Tarball) -> Value {
    let mut object = pack::to_json(tarball);
    object["unchanged"] = Value::Bool(plan.there.contains(&tarball.filename));
    object
}

fn surface(plan: &PreparePlan, rewritten: &Rewritten, with_diff: bool) -> Value {
    let mut object = json!({
        "surface": rewritten.surface.label(),
        "manifest": rewritten.surface.manifest_name,
        "packageManager": {
            "name": rewritten.manager.manager.name.as_str(),
            "version": rewritten.manager.manager.version,
            "reason": rewritten.manager.reason,
        },
        "link": link(rewritten.way),
        "dependencies": rewritten.dependencies,
        "overrides": rewritten.overrides,
        "peers": rewritten.peers,
    });
    if let Some(resolved) = plan.resolved.get(&rewritten.surface.manifest_name) {
        object["thirdParty"] = offline::to_json(resolved);
    }
    if let Some(lockfile) = plan.lockfiles.get(&rewritten.surface.dir) {
        object["lockfile"] = lockfile::to_json(lockfile);
    }
    if with_diff {
        let Rewritten { surface, text, .. } = rewritten;
        object["diff"] = diff::unified(&surface.manifest_name, &surface.text, text).into();
    }
    object
}

fn link(way: OverrideStyle) -> &'static str {
    match way {
        OverrideStyle::PnpmOverrides => "pnpm.overrides",
        OverrideStyle::WorkspaceOverrides => "pnpm-workspace.yaml overrides",
        OverrideStyle::Tarballs => "tarballs",
        OverrideStyle::NpmOverrides | OverrideStyle::BunOverrides => "overrides",
        OverrideStyle::Resolutions => "resolutions",
    }
}

fn file(change: &FileChange, with_diff: bool) -> Value {
    let mut object = json!({"path": change.name, "created": change.before.is_none()});
    if with_diff {
        object["diff"] = change.diff().into();
    }
    object
}
