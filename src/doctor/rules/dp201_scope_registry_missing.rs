//! Settings that name no registry for the private packages.

use std::collections::BTreeMap;

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety, and_more};
use crate::doctor::npmrc::{brought_by, has_unknown, in_play, private_scopes};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp102_deps_dir_ignored::copy_of_deps_dir;
use crate::doctor::rules::dp202_registry_loopback::is_loopback;
use crate::image::Install;
use crate::npm::npmrc;
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP201",
    name: "scope-registry-missing",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "F3 A0-1",
    what: "An install depends on private packages, and the .npmrc that it reads names no registry for their scope.",
    why: "The build asks the public registry for them, which does not have them; somebody else could publish packages of these names there.",
    how: "Add the scope's registry and its token to the .npmrc, as the repositories beside this one have them.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| {
        let scopes = private_scopes(repository, &one.install).into_iter();
        scopes.filter_map(|scope| found(repository, build, &one.install, scope)).collect::<Vec<_>>()
    })
}

fn found(repository: &Repository, build: &Build, install: &Install, scope: &str) -> Option<Finding> {
    let files = in_play(repository, install);
    let key = format!("{scope}:registry");
    let names_one = |name: &str| name == key || name == "registry";
    let by_file = files.iter().flat_map(|file| &file.entries).any(|entry| names_one(&entry.key));
    let by_variable = install.variables.keys().chain(&install.set_in_build).any(|name| {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("npm_config_").or_else(|| name.strip_prefix("pnpm_config_"));
        name.is_some_and(names_one)
    });
    let by_command = install.configured.iter().any(|what| names_one(what));
    let others = install.files.values().flatten().any(|file| {
        let is_other = [".yarnrc.yml", "bunfig.toml"].iter().any(|end| file.ends_with(end));
        is_other && repository.text(file).is_none_or(|text| text.contains(scope.trim_start_matches('@')))
    });
    // A file that a secret is mounted as is not known here.
    if by_file || by_variable || by_command || others || has_unknown(install) {
        return None;
    }
    let file = files.first()?;
    let is_prepared = copy_of_deps_dir(repository, build).is_some();
    let severity = if is_prepared { Severity::Warning } else { Severity::Error };
    let lines = repository.text(&file.file).map_or(0, |text| text.lines().count());
    let label = if lines == 1 { "the only line" } else { "here" };
    let mut spans = vec![match lines {
        0 => repository.whole(&file.file, ""),
        _ => repository.span(&file.file, 1, "", label),
    }];
    let place = &install.place;
    let copied = brought_by(build, file).map(|line| {
        let name = basename(&file.file);
        repository.in_dockerfile(build, line, name, format!("copied for the install in line {}", place.line))
    });
    spans.extend(copied);
    let packages: Vec<&str> = repository
        .private_packages(install)
        .into_iter()
        .filter(|name| name.split('/').next() == Some(scope))
        .collect();
    let more = and_more(packages.len());
    let so = format!("the build asks the public registry for {}{more}", packages.first()?);
    let message = format!("{} names no registry for {scope}", file.file);
    let finding = Finding::new(severity, spans, message).so(so);
    Some(match of_siblings(repository, scope) {
        Some(lines) => {
            let edit = Edit { path: file.file.clone(), kind: EditKind::Append(lines) };
            finding.edits(Safety::Unsafe, vec![edit])
        }
        None => finding.lines(
            "put in",
            [
                format!("{scope}:registry=http://${{GITEA_NPM_HOST}}:3300/api/packages/OWNER/npm/"),
                "//${GITEA_NPM_HOST}:3300/api/packages/OWNER/npm/:_authToken=${GITEA_NPM_TOKEN}".to_owned(),
            ],
        ),
    })
}

/// The registry of a scope and its token, as most other settings have them: of this repository, and of those beside it.
fn of_siblings(repository: &Repository, scope: &str) -> Option<Vec<String>> {
    let own = repository.texts.iter().filter(|(path, _)| path.contains("npmrc")).map(|(_, text)| text);
    let all = own.chain(repository.siblings.iter().map(|(_, text)| text));
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for text in all {
        let entries = npmrc::parse(text);
        let registry = entries.iter().find(|entry| entry.key == format!("{scope}:registry"));
        let Some(address) = registry.and_then(npmrc::NpmrcEntry::text) else { continue };
        // Inside of a build that is the build.
        if is_loopback(&address) {
            continue;
        }
        let mut lines = vec![format!("{scope}:registry={address}")];
        let token = entries.iter().find(|entry| {
            let of = entry.key.strip_suffix(":_authToken");
            of.is_some_and(|of| address.split_once(':').is_some_and(|(_, rest)| rest.starts_with(of)))
        });
        // A token itself is nobody else's.
        let token =
            token.and_then(|entry| Some((entry, entry.text()?))).filter(|(_, value)| value.contains("${"));
        lines.extend(token.map(|(entry, value)| format!("{}={value}", entry.key)));
        *counts.entry(lines).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(lines, count)| (lines.len(), *count)).map(|(lines, _)| lines)
}
