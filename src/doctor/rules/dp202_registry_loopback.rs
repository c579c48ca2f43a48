//! A registry at an address that is the build itself, once it is inside.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::npmrc::{InPlay, brought_by, in_play};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Install;
use crate::npm::npmrc::{NpmrcEntry, expand};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP202",
    name: "registry-loopback",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "F4 A0-1",
    what: "The settings that an install reads name a registry at localhost.",
    why: "Inside of a build localhost is the build, and no registry listens there. The same line works on the machine itself, which hides it.",
    how: "Name the host by a variable, as `http://${GITEA_NPM_HOST}:3300/…`, and give it host.docker.internal in the build.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        if build.image.definition.network.as_deref() == Some("host") {
            continue;
        }
        if build.leaves_installs_open(&mut judged) {
            continue;
        }
        for one in build.installs().filter(|one| !has_host_network(build, one.install.place.line)) {
            for file in in_play(repository, &one.install) {
                let finding = found(repository, build, &one.install, &file);
                finding.into_iter().for_each(|finding| judged.add(finding));
            }
        }
    }
    judged
}

/// Whether the instruction of a line is run in the network of the machine.
fn has_host_network(build: &Build, line: usize) -> bool {
    let line = line.saturating_sub(build.above);
    let before = build.instructions.iter().rev().find(|one| one.line <= line);
    before.is_some_and(|one| one.flags.iter().any(|flag| flag == "network=host"))
}

fn found(repository: &Repository, build: &Build, install: &Install, file: &InPlay) -> Option<Finding> {
    let lookup = |name: &str| install.variables.get(name).cloned();
    let expanded = |entry: &NpmrcEntry| Some(expand(&entry.text()?, &lookup));
    let is_registry = |entry: &&NpmrcEntry| entry.key == "registry" || entry.key.ends_with(":registry");
    let mut registries = file.entries.iter().filter(is_registry);
    let (entry, value) = registries.find_map(|entry| {
        let value = expanded(entry)?;
        is_loopback(&value.text).then_some((entry, value))
    })?;
    let line = entry.line;
    let host = host(&value.text).to_owned();
    let mut spans = vec![repository.span(&file.file, line, &host, "the build itself, inside of a build")];
    if let Some(line) = brought_by(build, file) {
        let name = basename(&file.file);
        spans.push(repository.in_dockerfile(build, line, name, format!("copied for {}", install.place)));
    }
    let message = format!("{}:{line} asks a registry at {host}", file.file);
    let so = "inside of the build localhost is the build: nobody answers there";
    let finding = Finding::new(Severity::Error, spans, message).so(so);
    if !value.variables.is_empty() {
        let name = value.variables.first()?;
        return Some(finding.lines("give the build another host", [format!("{name}: host.docker.internal")]));
    }
    let text = repository.text(&file.file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with(['#', ';']) && line.contains(&format!("//{host}"))
    });
    let edits = lines.map(|(at, line)| {
        let line = line.replace(&format!("//{host}"), "//${GITEA_NPM_HOST}");
        Edit { path: file.file.clone(), kind: EditKind::Replace(at + 1, line) }
    });
    Some(finding.edits(Safety::Unsafe, edits.collect()))
}

/// The host of an address, without its port.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => rest.get(..inside.len() + 2).unwrap_or(rest),
        None => rest.split(':').next().unwrap_or(rest),
    }
}

/// Whether an address is that of the machine which asks.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = host(address).to_ascii_lowercase();
    let is_v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_v4 || host == "localhost" || host.ends_with(".localhost") || host == "[::1]"
}
