//! Variables in a project's `.npmrc` that pnpm leaves as they are.

use nodejs_semver::Version;

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::manager;
use crate::doctor::npmrc::{InPlay, brought_by, in_play};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::store::home;
use crate::image::{BuildInstall, Name, PackageManager, join};
use crate::npm::NpmrcEntry;
use crate::npm::npmrc::leads_to_a_registry;
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP203",
    name: "npmrc-variable-unread",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A0-1",
    what: "Registry settings with `${…}` lie in the project, where pnpm from 10.34.2 and 11.5.3 on does not expand them; 8 and 9 do not in a `//host/` key.",
    why: "The registry or its token is then taken as it is written: pnpm asks nowhere, or without a token. The same file in the user's folder works with all versions.",
    how: "Copy the file to the home of the user who installs, as `/root/.npmrc`.",
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
            if version.name != Name::Pnpm || is_trusted(one) {
                continue;
            }
            for file in in_play(repository, &one.install).iter().filter(|file| !file.is_of_user) {
                let Some(entry) = file.entries.iter().find(|entry| names_variable(entry)) else { continue };
                match grade(&version) {
                    None => {
                        let why = format!("which version of pnpm reads {} is not known", file.file);
                        judged.leave_open(one.install.place.file.clone(), why);
                    }
                    Some(Graded::OnlyKeys) => {
                        let in_key = file.entries.iter().find(|entry| is_variable_key(entry));
                        if let Some(entry) = in_key {
                            judged.add(finding(repository, build, one, file, entry, Severity::Warning));
                        }
                    }
                    Some(Graded::At(severity)) => {
                        judged.add(finding(repository, build, one, file, entry, severity));
                    }
                    Some(Graded::Reads) => {}
                }
            }
        }
    }
    judged
}

/// What a version does with such variables.
enum Graded {
    Reads,
    /// It does not expand those in the key of a token.
    OnlyKeys,
    At(Severity),
}

fn grade(manager: &PackageManager) -> Option<Graded> {
    let (start, end) = (*manager.majors.start(), *manager.majors.end());
    let of = |major: u64, minor: u64, patch: u64| match major {
        0..=7 => Graded::Reads,
        8 | 9 => Graded::OnlyKeys,
        10 if (minor, patch) >= (34, 2) => Graded::At(Severity::Error),
        10 => Graded::At(Severity::Note),
        11 if (minor, patch) < (5, 3) => Graded::Reads,
        _ => Graded::At(Severity::Error),
    };
    match Version::parse(&manager.version) {
        Ok(version) => Some(of(version.major(), version.minor(), version.patch())),
        // A tag or a range of one major gets its newest.
        Err(_) if start == end || start >= 11 => Some(of(start, u64::MAX, 0)),
        Err(_) if end <= 9 && start >= 8 => Some(Graded::OnlyKeys),
        Err(_) => None,
    }
}

/// Whether the settings of the call have the file read as the user's.
fn is_trusted(one: &BuildInstall) -> bool {
    let variables = &one.install.variables;
    let of = |names: [&str; 2]| names.iter().find_map(|name| variables.get(*name));
    let config = of(["NPM_CONFIG_USERCONFIG", "npm_config_userconfig"]);
    let auth = of(["PNPM_CONFIG_NPMRC_AUTH_FILE", "pnpm_config_npmrc_auth_file"]);
    config.is_some() && config == auth
}

fn names_variable(entry: &NpmrcEntry) -> bool {
    let value = entry.texts().iter().any(|text| text.contains("${"));
    leads_to_a_registry(&entry.key) && (value || entry.key.contains("${")) || is_variable_key(entry)
}

fn is_variable_key(entry: &NpmrcEntry) -> bool {
    entry.key.starts_with("//") && entry.key.contains("${")
}

fn finding(
    repository: &Repository,
    build: &Build,
    one: &BuildInstall,
    file: &InPlay,
    entry: &NpmrcEntry,
    severity: Severity,
) -> Finding {
    let version = manager(repository, one);
    let line = entry.line;
    let mut spans = vec![repository.span(&file.file, line, "${", "not expanded in a file of the project")];
    if let Some(line) = brought_by(build, file) {
        let name = basename(&file.file);
        spans.push(repository.in_dockerfile(
            build,
            line,
            name,
            "into the project, and not into a user's folder",
        ));
    }
    let message = match severity {
        Severity::Error => format!("{version} does not expand the variables of {}", file.file),
        Severity::Warning => {
            format!("{version} does not expand the variable in the key of {}:{line}", file.file)
        }
        Severity::Note => {
            format!("pnpm from 10.34.2 on does not expand the variables of {}; {version} does", file.file)
        }
    };
    let so = match severity {
        Severity::Error => "the registry or its token is taken as it is written",
        Severity::Warning => "no token is sent",
        Severity::Note => "the next version of pnpm stops the builds",
    };
    let run = build.run_of(one);
    let home = run.and_then(home).unwrap_or_else(|| "/root".to_owned());
    let copy =
        format!("COPY {} {}", build.in_context(&file.file).unwrap_or(&file.file), join(&home, ".npmrc"));
    Finding::new(severity, spans, message).so(so).lines("write", [copy])
}
