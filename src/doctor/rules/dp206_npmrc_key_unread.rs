//! Keys of an `.npmrc` that pnpm does not read any more.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::manager;
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Name;
use crate::npm::NpmrcEntry;
use crate::npm::npmrc::leads_to_a_registry;

pub(super) static RULE: Rule = Rule {
    id: "DP206",
    name: "npmrc-key-unread",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "7.1",
    what: "An install by pnpm 11 or later reads an .npmrc with keys that have nothing to do with registries or tokens.",
    why: "pnpm from 11 on passes over them without a word: auto-install-peers, strict-ssl, node-linker and store-dir have no effect there.",
    how: "Write them into pnpm-workspace.yaml, in camel case, and copy that file before the install.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        if build.leaves_installs_open(&mut judged) {
            continue;
        }
        for one in build.installs() {
            let version = manager(repository, one);
            if version.name != Name::Pnpm || *version.majors.start() < 11 {
                continue;
            }
            for file in in_play(repository, &one.install) {
                let unread: Vec<&NpmrcEntry> =
                    file.entries.iter().filter(|entry| !is_read(&entry.key)).collect();
                let Some(first) = unread.first() else { continue };
                let line = first.line;
                let names: Vec<&str> = unread.iter().map(|entry| entry.key.as_str()).collect();
                let span = repository.span(&file.file, line, &first.key, "is passed over");
                let message = format!("{}:{line}: {version} does not read {}", file.file, names.join(", "));
                let mut lines = vec!["# pnpm-workspace.yaml".to_owned()];
                lines.extend(unread.iter().map(|entry| {
                    let value = entry.text().unwrap_or_else(|| entry.value.to_string());
                    format!("{}: {value}", camel_case(&entry.key))
                }));
                lines.push("# in the Dockerfile, before the install".to_owned());
                lines.push("COPY pnpm-workspace.yaml ./".to_owned());
                let finding = Finding::new(Severity::Warning, vec![span], message);
                judged.add(finding.so("they have no effect").lines("write", lines));
            }
        }
    }
    judged
}

/// Whether pnpm from 11 on reads a key.
fn is_read(key: &str) -> bool {
    leads_to_a_registry(key) && key != "strict-ssl"
}

fn camel_case(key: &str) -> String {
    let mut out = String::new();
    let mut is_begin = false;
    for c in key.chars() {
        match c {
            '-' => is_begin = true,
            c if is_begin => {
                out.extend(c.to_uppercase());
                is_begin = false;
            }
            c => out.push(c),
        }
    }
    out
}
