//! Certificates that nobody checks.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP207",
    name: "tls-unchecked",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "7.1 7.2",
    what: "NODE_TLS_REJECT_UNAUTHORIZED=0 or strict-ssl=false switches the check of certificates off.",
    why: "Whoever stands between the build and the public registry can give it other packages; in the shipped image, the program trusts anybody. A registry at http: has no certificate that could fail.",
    how: "Take it out, or name the authority of the private registry: cafile, or NODE_EXTRA_CA_CERTS.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        let about_registry = about_registry(repository, build);
        let stages = build.file.stages.iter().enumerate().filter(|(number, _)| build.makes(*number));
        for (number, stage) in stages {
            for one in
                stage.declarations.iter().filter(|one| one.is_env && is_off(&one.name, one.value.as_deref()))
            {
                let is_shipped = build.is_shipped(number);
                let severity = if is_shipped { Severity::Error } else { Severity::Warning };
                let span = repository.in_dockerfile(build, one.line, &one.name, "no certificate is checked");
                let message = format!("{}: {} has no certificate checked", span.place(), one.name);
                let so = if is_shipped { "the shipped image trusts anybody" } else { about_registry };
                judged
                    .add(Finding::new(severity, vec![span], message).so(so).lines("write instead", lines()));
            }
        }
        for one in build.installs() {
            for file in in_play(repository, &one.install) {
                let off = file
                    .entries
                    .iter()
                    .filter(|entry| entry.key == "strict-ssl" && entry.value.as_bool() == Some(false));
                for entry in off {
                    let span =
                        repository.span(&file.file, entry.line, "strict-ssl", "no certificate is checked");
                    let message = format!("{}: strict-ssl=false has no certificate checked", span.place());
                    let finding = Finding::new(Severity::Warning, vec![span], message).so(about_registry);
                    judged.add(finding.lines("write instead", lines()));
                }
            }
        }
    }
    judged
}

fn lines() -> [&'static str; 1] {
    ["cafile=/etc/ssl/certs/OUR-AUTHORITY.pem"]
}

fn is_off(name: &str, value: Option<&str>) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "node_tls_reject_unauthorized" => value == Some("0"),
        "npm_config_strict_ssl" | "pnpm_config_strict_ssl" | "yarn_enable_strict_ssl" => {
            value == Some("false")
        }
        _ => false,
    }
}

/// What it does to the registries that the installs of a build ask.
fn about_registry(repository: &Repository, build: &Build) -> &'static str {
    let mut files = build.installs().flat_map(|one| in_play(repository, &one.install));
    let is_plain = files.any(|file| {
        file.entries.iter().any(|entry| {
            entry.key.ends_with(":registry") && entry.text().is_some_and(|value| value.starts_with("http:"))
        })
    });
    if is_plain {
        "it does nothing for the private registry, which is at http:, and only weakens the public one"
    } else {
        "who stands between the build and a registry can give it other packages"
    }
}
