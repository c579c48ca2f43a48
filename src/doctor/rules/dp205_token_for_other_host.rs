//! A token for another address than that of the registry.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::manager::manager;
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp202_registry_loopback::host;
use crate::image::{BuildInstall, Name};
use crate::npm::NpmrcEntry;
use crate::npm::npmrc::expand;

pub(super) static RULE: Rule = Rule {
    id: "DP205",
    name: "token-for-other-host",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "A0",
    what: "The token stands under another port or path than the registry of the scope, and none under a part of its address.",
    why: "A package manager sends a token only to addresses that begin with its key: none is sent, and the registry says 401 or 404.",
    how: "Write the token under the registry's address without `http:`, with the slash at its end.",
    check,
};

/// The ends of keys that prove who asks.
const ENDS: [&str; 4] = [":_authToken", ":_auth", ":_password", ":tokenHelper"];

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|_, one| found(repository, one))
}

fn found(repository: &Repository, one: &BuildInstall) -> Vec<Finding> {
    let install = &one.install;
    let files = in_play(repository, install);
    // What is not known stays as it is written: a variable is itself on both sides.
    let lookup =
        |name: &str| Some(install.variables.get(name).cloned().unwrap_or_else(|| format!("${{{name}}}")));
    let text = |text: &str| expand(text, &lookup).text;
    let entries = || files.iter().flat_map(|file| file.entries.iter().map(move |entry| (file, entry)));
    let token_of = |entry: &NpmrcEntry| {
        let key = ENDS.iter().find_map(|end| entry.key.strip_suffix(end))?;
        key.starts_with("//").then(|| text(key))
    };
    let is_pnpm = manager(repository, one).name == Name::Pnpm;
    let mut findings = Vec::new();
    for (file, entry) in
        entries().filter(|(_, entry)| entry.key.starts_with('@') && entry.key.ends_with(":registry"))
    {
        let Some(address) = entry.text() else { continue };
        let address = text(&address);
        let Some((_, rest)) = address.split_once("//") else { continue };
        let dart = format!("//{}/", rest.trim_end_matches('/'));
        let covers = |key: &str| {
            dart.starts_with(key) && (key.ends_with('/') || !is_pnpm && dart[key.len()..].starts_with('/'))
        };
        let tokens: Vec<_> = entries().filter_map(|(file, one)| Some((file, one, token_of(one)?))).collect();
        if tokens.iter().any(|(_, _, key)| covers(key)) {
            continue;
        }
        let is_same_host = |key: &str| host(key) == host(&address);
        let Some((token_file, token, key)) = tokens.iter().find(|(_, _, key)| is_same_host(key)) else {
            continue;
        };
        // pnpm alone looks once more without the port.
        let without_port = format!("//{}/", host(&address));
        let is_sent = is_pnpm && key.ends_with('/') && *key == without_port;
        let severity = if is_sent { Severity::Warning } else { Severity::Error };
        let line = token.line;
        let spans = vec![
            repository.span(
                &token_file.file,
                line,
                token.key.split(':').next().unwrap_or_default(),
                "for another address",
            ),
            repository.span(&file.file, entry.line, "", "the registry"),
        ];
        let message = format!(
            "{}:{line} has a token for {key}, and the registry of {} is {dart}",
            token_file.file,
            entry.key.trim_end_matches(":registry")
        );
        let so =
            if is_sent { "pnpm sends it, and no other package manager does" } else { "no token is sent" };
        let finding = Finding::new(severity, spans, message).so(so);
        let own = repository.line(&token_file.file, line).unwrap_or_default();
        let Some(at) = ENDS.iter().find_map(|end| own.find(end)) else { continue };
        let registry = entry.text().unwrap_or_default();
        let raw = registry.split_once("//").map_or("", |(_, rest)| rest).trim_end_matches('/');
        let edit = Edit {
            path: token_file.file.clone(),
            kind: EditKind::Replace(line, format!("//{raw}/{}", &own[at..])),
        };
        findings.push(finding.edits(Safety::Unsafe, vec![edit]));
    }
    findings
}
