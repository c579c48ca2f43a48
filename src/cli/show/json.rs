//! The document of `show --json`.

use serde_json::{Value, json};

use super::super::report::to_json;
use super::title;
use crate::image::{BuildContext, BuildInstall, DefinitionKind, ImageBuild, PackageManager, Place};
use crate::prepare::{Shown, ShownBuild, ShownInstall, ShownRegistry, ShownSurface};

pub(super) fn document(shown: &Shown) -> Value {
    let unread = shown.unread.iter().map(|(place, why)| json!({"definedBy": place, "why": why}));
    let unknown =
        shown.unknown.iter().map(|unknown| json!({"place": place(&unknown.place), "why": unknown.why}));
    json!({
        "ok": true,
        "project": shown.project,
        "workspace": shown.workspace,
        "packagesUnknown": shown.without_packages.iter().map(to_json).collect::<Vec<_>>(),
        "builds": shown.builds.iter().map(build).collect::<Vec<_>>(),
        "unreadBuilds": unread.collect::<Vec<_>>(),
        "surfaces": shown.surfaces.iter().map(|one| surface(one, &shown.builds)).collect::<Vec<_>>(),
        "notInstalled": shown.uninstalled,
        "unknown": unknown.collect::<Vec<_>>(),
    })
}

fn build(shown: &ShownBuild) -> Value {
    let ImageBuild { definition, dockerfile, counts, installs, unbuilt, unknown, .. } = &*shown.build;
    let kind = match definition.kind {
        DefinitionKind::Compose => "compose",
        DefinitionKind::Bake => "bake",
        DefinitionKind::Script => "script",
        DefinitionKind::Nothing => "nothing",
    };
    let context = match &definition.context {
        BuildContext::Project(dir) => {
            let folder = if dir.is_empty() { "." } else { dir };
            json!({"folder": folder, "isGuess": definition.is_guess})
        }
        BuildContext::Elsewhere(what) => json!({"elsewhere": what}),
    };
    let stage = |(stage, at): &(String, Place)| json!({"stage": stage, "place": place(at)});
    let installs = installs.iter().zip(&shown.installs).map(|(one, told)| install(&shown.build, one, told));
    json!({
        "definedBy": {"kind": kind, "place": place(&definition.place), "name": definition.name},
        "dockerfile": dockerfile,
        "context": context,
        "target": definition.target,
        "counts": counts,
        "unbuiltStages": unbuilt.iter().map(stage).collect::<Vec<_>>(),
        "depsDirHidden": shown.hiding.as_ref().map(|(at, pattern)| json!({"place": place(at), "pattern": pattern})),
        "installs": installs.collect::<Vec<_>>(),
        "unknown": unknown.as_ref().map(|(at, why)| json!({"place": place(at), "why": why})),
    })
}

fn install(build: &ImageBuild, one: &BuildInstall, told: &ShownInstall) -> Value {
    let line = |line: usize| place(&Place::line(&build.dockerfile, line));
    let install = &one.install;
    let manifests = install.manifests.iter().flat_map(|read| {
        read.files.iter().map(|(file, at)| json!({"file": file, "folder": read.dir, "place": line(*at)}))
    });
    let deps_dirs = install.deps_dirs.iter().map(|(dir, at)| json!({"folder": dir, "place": line(*at)}));
    let named = one.told.named.iter().chain(&one.told.in_image);
    let named = named.map(|named| {
        let mut told = manager(&named.manager);
        told["place"] = line(named.line);
        told
    });
    json!({
        "place": place(&install.place),
        "isBuilt": install.is_built,
        "root": install.root,
        "packageManagers": named.collect::<Vec<_>>(),
        "isNamed": one.told.named.is_some(),
        "manifests": manifests.collect::<Vec<_>>(),
        "depsDirs": deps_dirs.collect::<Vec<_>>(),
        "lockfiles": copies(&told.lockfiles),
        "settings": copies(&told.usable.settings),
        "madeSettings": told.usable.made,
        "registries": told.registries.iter().map(registry).collect::<Vec<_>>(),
        "secrets": told.usable.secrets,
        "variables": told.usable.variables,
    })
}

fn registry(of: &ShownRegistry) -> Value {
    let token = of.token.as_ref();
    json!({
        "package": of.package,
        "namedBy": of.named_by.as_ref().ok(),
        "problem": of.named_by.as_ref().err().map(|problem| &problem.message),
        "token": token.and_then(|token| token.as_ref().ok()),
        "noToken": token.and_then(|token| token.as_ref().err()),
    })
}

fn surface(of: &ShownSurface, builds: &[ShownBuild]) -> Value {
    let mut told = manager(&of.detected.manager);
    told["reason"] = of.detected.reason.clone().into();
    let titles = of.builds.iter().filter_map(|number| Some(title(&builds.get(*number)?.build)));
    json!({
        "manifest": of.manifest,
        "packageManager": told,
        "builds": titles.collect::<Vec<_>>(),
        "lockfiles": of.lockfiles,
        "packages": of.packages,
    })
}

fn copies(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(path, file)| json!({"file": file, "path": path})).collect()
}

fn manager(of: &PackageManager) -> Value {
    json!({"name": of.name.as_str(), "version": of.version})
}

fn place(at: &Place) -> Value {
    json!({"file": at.file, "line": at.line})
}
