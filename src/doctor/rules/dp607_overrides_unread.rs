//! Overrides where the package manager does not read them.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::manager;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, Name, PackageManager};
use crate::text::{basename, yaml};

pub(super) static RULE: Rule = Rule {
    id: "DP607",
    name: "overrides-unread",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "",
    what: "Overrides stand where the package manager of the install does not read them: in package.json for pnpm 11, in two files for pnpm 10, in a member and not in the root.",
    why: "pnpm 11 drops `pnpm` and `resolutions` of package.json without a word, pnpm 10 has package.json replace the map of pnpm-workspace.yaml as a whole, and all but the root's are passed over: other versions are installed than are meant.",
    how: "Write them into pnpm-workspace.yaml from pnpm 10 on, else into the root's package.json, and copy that file before the install.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|_, one| {
        let version = manager(repository, one);
        if matches!(version.name, Name::Pnpm | Name::Yarn) {
            found(repository, one, &version)
        } else {
            Vec::new()
        }
    })
}

/// The settings of a manifest that only a root's are read of, by the names that people write.
fn settings(repository: &Repository, file: &str) -> Vec<&'static str> {
    let Some(manifest) = repository.sources.manifests.get(file) else { return Vec::new() };
    let is_set = |value: Option<&serde_json::Value>| {
        value.and_then(|value| value.as_object()).is_some_and(|map| !map.is_empty())
    };
    let mut found = Vec::new();
    if is_set(manifest.get("pnpm")) {
        found.push("pnpm");
    }
    if is_set(manifest.get("resolutions")) {
        found.push("resolutions");
    }
    found
}

fn found(repository: &Repository, one: &BuildInstall, version: &PackageManager) -> Vec<Finding> {
    let install = &one.install;
    let mut findings = Vec::new();
    let mut tell = |file: &str, key: &str, message: String, lines: Vec<String>| {
        let line = repository.line_with(file, &format!("\"{key}\"")).unwrap_or(1);
        let place = &install.place;
        let spans = vec![
            repository.span(file, line, &format!("\"{key}\""), "is not read"),
            repository.span(&place.file, place.line, version.name.as_str(), format!("{version}")),
        ];
        let message = format!("{file}:{line}: {message}");
        let finding =
            Finding::new(Severity::Error, spans, message).so("other versions are installed than are meant");
        findings.push(finding.lines("write", lines));
    };
    let in_yaml = vec![
        "# pnpm-workspace.yaml, which is copied before the install".to_owned(),
        "overrides:".to_owned(),
        "  NAME: VERSION".to_owned(),
    ];
    for read in &install.manifests {
        let is_root = read.dir == install.root;
        for file in read.files.keys() {
            for key in settings(repository, file) {
                let is_of = match version.name {
                    Name::Pnpm => true,
                    _ => key == "resolutions",
                };
                if !is_of {
                    continue;
                }
                if version.name == Name::Pnpm && *version.majors.start() >= 11 {
                    tell(
                        file,
                        key,
                        format!("{version} does not read {key} of a package.json"),
                        in_yaml.clone(),
                    );
                } else if !is_root && has_overrides(repository, file) {
                    let message =
                        format!("{version} reads {key} of the root's manifest alone, and this is a member's");
                    tell(file, key, message, vec![format!("# the root's package.json: \"{key}\"")]);
                } else if version.name == Name::Pnpm
                    && is_root
                    && (*version.majors.start(), *version.majors.end()) == (10, 10)
                    && has_overrides(repository, file)
                    && yaml_overrides(repository, one)
                {
                    let message = "its overrides replace those of pnpm-workspace.yaml as a whole".to_owned();
                    tell(file, key, message, in_yaml.clone());
                }
            }
        }
    }
    findings
}

fn has_overrides(repository: &Repository, file: &str) -> bool {
    let manifest = repository.sources.manifests.get(file);
    manifest.is_some_and(|manifest| {
        manifest.get("pnpm").and_then(|pnpm| pnpm.get("overrides")).is_some()
            || manifest.get("resolutions").is_some()
    })
}

/// Whether a workspace that the install reads has overrides too.
fn yaml_overrides(repository: &Repository, one: &BuildInstall) -> bool {
    let files = one.install.files.iter().filter(|(at, _)| basename(at) == "pnpm-workspace.yaml");
    files.flat_map(|(_, files)| files).any(|file| {
        let value = repository.text(file).and_then(|text| yaml::parse(text).ok());
        value.is_some_and(|value| value.get("overrides").is_some())
    })
}
