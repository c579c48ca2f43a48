//! A setting of pnpm in a variable that its version does not read.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::manager;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, Name};

pub(super) static RULE: Rule = Rule {
    id: "DP608",
    name: "setting-env-unread",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "7.1",
    what: "A setting of pnpm stands in an environment variable that the pnpm of the install does not read.",
    why: "pnpm up to 10 reads npm_config_*, from 11 on pnpm_config_*: the setting does nothing, without a word.",
    how: "Set both variables to the same value.",
    check,
};

/// Settings that are pnpm's own; those of registries it reads as npm does.
const SETTINGS: [&str; 22] = [
    "store_dir",
    "cache_dir",
    "virtual_store_dir",
    "node_linker",
    "hoist",
    "shamefully_hoist",
    "hoist_pattern",
    "public_hoist_pattern",
    "auto_install_peers",
    "strict_peer_dependencies",
    "dedupe_peer_dependents",
    "link_workspace_packages",
    "package_import_method",
    "side_effects_cache",
    "verify_store_integrity",
    "network_concurrency",
    "child_concurrency",
    "fetch_retries",
    "fetch_timeout",
    "prefer_offline",
    "resolution_mode",
    "manage_package_manager_versions",
];

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Vec<Finding> {
    if one.install.command.manager != Name::Pnpm {
        return Vec::new();
    }
    let version = manager(repository, one);
    let (read, unread) = match (*version.majors.start(), *version.majors.end()) {
        (start, _) if start >= 11 => ("pnpm_config_", "npm_config_"),
        (_, end) if end <= 10 => ("npm_config_", "pnpm_config_"),
        _ => return Vec::new(),
    };
    let install = &one.install;
    let chain = build.file.chain(install.stage);
    let line = build.line_of(install);
    let declared = chain.iter().flat_map(|stage| {
        let declarations = build.file.stages[*stage].declarations.iter();
        declarations.filter(move |one| one.is_env && (*stage != install.stage || one.line < line))
    });
    let is_set = |name: &str| install.variables.keys().any(|other| other.eq_ignore_ascii_case(name));
    let mut findings = Vec::new();
    for declaration in declared {
        let name = declaration.name.to_ascii_lowercase();
        let Some(setting) = name.strip_prefix(unread).filter(|setting| SETTINGS.contains(setting)) else {
            continue;
        };
        if is_set(&format!("{read}{setting}")) {
            continue;
        }
        let span = repository.in_dockerfile(build, declaration.line, &declaration.name, "not read");
        let message = format!("{}: {version} does not read {}", span.place(), declaration.name);
        let value = declaration.value.as_deref().unwrap_or_default();
        let lines = [format!("ENV npm_config_{setting}={value} pnpm_config_{setting}={value}")];
        findings.push(Finding::new(Severity::Warning, vec![span], message).lines("write", lines));
    }
    findings
}
