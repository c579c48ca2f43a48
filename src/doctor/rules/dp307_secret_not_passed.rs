//! A secret that a build mounts, and that its service does not give.

use crate::doctor::compose::{Entry, added, defined, defined_secrets, is_service};
use crate::doctor::finding::{Finding, Judged, Safety};
use crate::doctor::npmrc::{in_play, is_secret, variables};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::SecretMount;

pub(super) static RULE: Rule = Rule {
    id: "DP307",
    name: "secret-not-passed",
    severity: Severity::Error,
    fix: FixClass::Unsafe,
    seed: "F5 F7 A0-3",
    what: "A RUN mounts a secret that the service's build is not given, or that the compose file does not define.",
    why: "Without `required` the mount is just not there: the token is empty, and the registry says 401 or 404. With it, no build starts.",
    how: "Give the build the secret, and define it at the top of the compose file.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let known = defined_secrets(repository);
    for build in repository.builds.iter().filter(|build| is_service(build)) {
        let mut told: Vec<&str> = Vec::new();
        for (at, run) in build.runs() {
            for secret in &run.secrets {
                let id = secret.id.as_str();
                if told.contains(&id) {
                    continue;
                }
                told.push(id);
                if id.contains('$') {
                    judged.leave_open(
                        build.image.dockerfile.clone(),
                        format!("the id {id} of a secret is not known"),
                    );
                    continue;
                }
                let is_given = build.image.definition.secrets.contains_key(id);
                let is_known = known.iter().any(|known| known == id);
                if is_given && (is_known || is_renamed(repository, build, id)) {
                    continue;
                }
                let line = run.line;
                judged.add(finding(repository, build, (at, line), secret, is_given, is_known));
            }
        }
    }
    judged
}

/// Whether a service gives a secret of another name under this id.
fn is_renamed(repository: &Repository, build: &Build, id: &str) -> bool {
    let place = build.image.definition.secrets.get(id);
    let line = place.and_then(|place| repository.line(&place.file, place.line));
    line.is_none_or(|line| !line.trim().trim_start_matches("- ").trim_matches(['"', '\'']).eq(id))
}

fn finding(
    repository: &Repository,
    build: &Build,
    (at, line): ((usize, usize), usize),
    secret: &SecretMount,
    is_given: bool,
    is_known: bool,
) -> Finding {
    let id = secret.id.as_str();
    let definition = &build.image.definition;
    let severity = if is_given || secret.required {
        Severity::Error
    } else if is_only_token(repository, build, at, secret) {
        Severity::Warning
    } else {
        Severity::Note
    };
    let mount = repository.in_dockerfile(build, line, &format!("id={id}"), "mounts it");
    let place = &definition.place;
    let (message, span) = if is_given {
        let at = definition.secrets.get(id).unwrap_or(place);
        let span = repository.span(&at.file, at.line, id, "is not defined at the top of the file");
        (format!("{}: the secret {id} is defined nowhere", span.place()), span)
    } else {
        let span = repository.span(&place.file, place.line, "build", format!("gives no secret {id}"));
        let name = &definition.name;
        (
            format!(
                "{}: the build of {name} is not given the secret {id}, which {} mounts",
                span.place(),
                mount.place()
            ),
            span,
        )
    };
    let so = match severity {
        Severity::Error if is_given => "compose refuses the file",
        Severity::Error => "the build stops: the mount is required",
        _ => "the mount is not there, and whatever is read from it is empty",
    };
    let finding = Finding::new(severity, vec![span, mount], message).so(so);
    let mut edits = if is_given { Some(Vec::new()) } else { added(repository, build, &[Entry::Secret(id)]) };
    if !is_known {
        let own = defined(repository, build, id);
        edits = edits.zip(own).map(|(mut edits, own)| {
            edits.push(own);
            edits
        });
    }
    match edits.filter(|edits| !edits.is_empty()) {
        Some(edits) => finding.edits(Safety::Unsafe, edits),
        None => finding.lines(
            "write",
            [
                "build:".to_owned(),
                "  secrets:".to_owned(),
                format!("    - {id}"),
                "secrets:".to_owned(),
                format!("  {id}:"),
                format!("    environment: {}", id.to_ascii_uppercase()),
            ],
        ),
    }
}

/// Whether the secret is the only source of a token that a private install reads.
fn is_only_token(repository: &Repository, build: &Build, at: (usize, usize), secret: &SecretMount) -> bool {
    build.installs().filter(|one| (one.install.stage, one.install.step) == at).any(|one| {
        let install = &one.install;
        if repository.private_packages(install).is_empty() {
            return false;
        }
        let is_settings = secret.target.ends_with(".npmrc");
        let files = in_play(repository, install);
        let mut tokens =
            files.iter().flat_map(variables).filter(|(_, entry)| is_secret(&entry.key)).peekable();
        let has_other = |name: &str| install.variables.contains_key(name) || install.args.contains(name);
        is_settings && files.is_empty()
            || tokens.peek().is_some() && tokens.all(|(name, _)| !has_other(&name))
    })
}
