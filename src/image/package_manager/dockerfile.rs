//! Which package manager a Dockerfile installs, and installs a surface with.

#[cfg(test)]
mod tests;

use super::version::Tags;
use super::{Name, PackageManager};
use crate::image::dockerfile::{Dockerfile, ShellCommand, flags_with_values, repository, sort};
use crate::image::installs::Install;

/// A package manager, and the line that names it, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedManager {
    /// The line of the Dockerfile.
    pub(crate) line: usize,
    /// Which, at which version.
    pub(crate) manager: PackageManager,
}

/// What a Dockerfile tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToldByDockerfile {
    /// What installs the surface.
    pub(crate) named: Option<NamedManager>,
    /// What the image has without being told: npm by the version of Node, and yarn 1. It names none, but may tell
    /// the version of one.
    pub(crate) in_image: Vec<NamedManager>,
}

/// Reads which package manager runs an install: that of its command, at the version that the stage gets before; without
/// one, what is there for a script of somebody's own. `all` are the installs of the file.
pub(crate) fn told(file: &Dockerfile, run: Option<&Install>, all: &[Install]) -> ToldByDockerfile {
    let given = given(file);
    let Some(run) = run else {
        let first = given.iter().find(|one| one.named.manager.name != Name::Npm).or(given.first());
        return ToldByDockerfile { named: first.map(|one| one.named.clone()), in_image: in_image(file, 0) };
    };
    let (stage, line, name) = (run.stage, run.place.line, run.command.manager);
    let is_rival = |one: &Install| {
        (one.stage, one.step) == (stage, run.step) && one.command.manager != name && one.root == run.root
    };
    // It goes by the lockfile that it finds, as that of Next.js does.
    if all.iter().any(is_rival) {
        return ToldByDockerfile { named: None, in_image: in_image(file, stage) };
    }
    let chain = file.chain(stage);
    let of_name = |one: &&StageManager| one.named.manager.name == name;
    let before = |one: &&StageManager| {
        of_name(one) && chain.contains(&one.stage) && (one.stage != stage || one.named.line <= line)
    };
    let found = given.iter().rfind(before).or_else(|| given.iter().find(of_name));
    let named = match (&run.version, found) {
        (Some(manager), _) => NamedManager { line, manager: manager.clone() },
        (None, Some(found)) => found.named.clone(),
        (None, None) => NamedManager { line, manager: PackageManager::of_any_version(name) },
    };
    ToldByDockerfile { named: Some(named), in_image: in_image(file, stage) }
}

/// A package manager that a stage gets.
struct StageManager {
    stage: usize,
    named: NamedManager,
}

/// All that the stages get, in order.
fn given(file: &Dockerfile) -> Vec<StageManager> {
    let mut found: Vec<StageManager> = Vec::new();
    for (stage, one) in file.stages.iter().enumerate() {
        let tag = one.image.rsplit_once(':').map_or("", |(_, tag)| tag);
        if repository(&one.image).ends_with("oven/bun") {
            let version = tag.split('-').next().unwrap_or_default();
            found.push(StageManager {
                stage,
                named: NamedManager { line: one.line, manager: at(Name::Bun, version, Tags::Corepack) },
            });
        }
    }
    let commands: Vec<_> = file.commands().collect();
    for (number, (stage, line, command)) in commands.iter().enumerate() {
        let next = commands.get(number + 1).filter(|_| command.pipes).map(|(_, _, next)| *next);
        let managers = given_by(command, next);
        found.extend(
            managers
                .into_iter()
                .map(|manager| StageManager { stage: *stage, named: NamedManager { line: *line, manager } }),
        );
    }
    found.sort_by_key(|one| (one.stage, one.named.line));
    found
}

/// One at a version, or at any where that cannot be told.
fn at(name: Name, version: &str, tags: Tags) -> PackageManager {
    PackageManager::at(name, version, tags).unwrap_or_else(|| PackageManager::of_any_version(name))
}

/// What one command installs; `next` reads what it prints.
fn given_by(command: &ShellCommand, next: Option<&ShellCommand>) -> Vec<PackageManager> {
    let Some((program, arguments)) = command.words.split_first() else { return Vec::new() };
    let program = program.split('@').next().unwrap_or_default();
    match program {
        "corepack" => corepack(arguments),
        "curl" | "wget" => arguments.iter().filter_map(|word| download(word, command, next)).collect(),
        _ => Name::parse(program).map(|name| global(name, arguments)).unwrap_or_default(),
    }
}

/// `corepack prepare pnpm@10.6.5 --activate`, `corepack use`, `corepack install -g`.
fn corepack(arguments: &[String]) -> Vec<PackageManager> {
    let (_, words) = sort(arguments, &["o", "output"]);
    match words.split_first() {
        Some((&("prepare" | "use" | "install" | "up" | "hydrate"), packages)) => {
            // Without a version, corepack's own default: of yarn it is 1.
            let default = |name| if name == Name::Yarn { "classic" } else { "latest" };
            packages.iter().filter_map(|package| package_of(package, default, Tags::Corepack)).collect()
        }
        _ => Vec::new(),
    }
}

/// `npm install -g pnpm@10.6.5`, `yarn global add …`, `pnpm self-update 10`, `yarn set version 4.1.0`.
fn global(name: Name, arguments: &[String]) -> Vec<PackageManager> {
    let (flags, words) = sort(arguments, flags_with_values(name));
    match (name, words.as_slice()) {
        (Name::Yarn, ["set", "version", version, ..]) => {
            let file = crate::image::package_manager::version::of_url(version)
                .unwrap_or_else(|| (*version).to_owned());
            return vec![at(name, &file, Tags::Corepack)];
        }
        (Name::Pnpm, ["self-update", rest @ ..]) => {
            let version = rest.first().copied().unwrap_or("latest");
            return vec![at(name, version, Tags::Registry)];
        }
        _ => {}
    }
    let packages = match words.as_slice() {
        ["global", "add", packages @ ..] => packages,
        ["install" | "i" | "in" | "add" | "a" | "update" | "up", packages @ ..] => {
            let is_global = flags.iter().any(|(flag, value)| {
                matches!(*flag, "g" | "global") && *value != Some("false")
                    || *flag == "location" && *value == Some("global")
            });
            if is_global { packages } else { &[] }
        }
        _ => &[],
    };
    packages.iter().filter_map(|package| package_of(package, |_| "latest", Tags::Registry)).collect()
}

/// `pnpm@10.6.5`, or `pnpm`, which is what `default` says.
fn package_of(word: &str, default: impl Fn(Name) -> &'static str, tags: Tags) -> Option<PackageManager> {
    let (name, version) = match word.split_once('@') {
        // The package of yarn 4's program.
        None if word == "@yarnpkg/cli-dist" => (Name::Yarn, ""),
        Some(("", rest)) => {
            let version = rest.strip_prefix("yarnpkg/cli-dist")?;
            return Some(at(Name::Yarn, version.strip_prefix('@').unwrap_or("stable"), Tags::Corepack));
        }
        Some((name, version)) => (Name::parse(name)?, version),
        None => (Name::parse(word)?, ""),
    };
    let version = version.split('+').next().unwrap_or_default();
    Some(if version.is_empty() { at(name, default(name), tags) } else { at(name, version, tags) })
}

/// What an installer or a release that is downloaded is; an installer's version is told to the shell that runs it.
fn download(address: &str, command: &ShellCommand, next: Option<&ShellCommand>) -> Option<PackageManager> {
    let behind =
        |start: &str| address.split_once(start).map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    if let Some(version) = behind("github.com/pnpm/pnpm/releases/download/v") {
        return Some(at(Name::Pnpm, version, Tags::Registry));
    }
    if let Some(version) = behind("github.com/oven-sh/bun/releases/download/bun-v") {
        return Some(at(Name::Bun, version, Tags::Registry));
    }
    let said = |start: &str| {
        next.and_then(|shell| shell.words.iter().find_map(|word| word.strip_prefix(start)))
            .unwrap_or("latest")
    };
    if address.contains("get.pnpm.io") {
        let version = next.unwrap_or(command).variable("PNPM_VERSION").unwrap_or("latest");
        return Some(at(Name::Pnpm, version, Tags::Registry));
    }
    address.contains("bun.sh/install").then(|| at(Name::Bun, said("bun-v"), Tags::Registry))
}

/// Node's own npm and, in its Docker images, yarn 1.22 (<https://nodejs.org/en/download/releases>).
fn in_image(file: &Dockerfile, stage: usize) -> Vec<NamedManager> {
    let image = file.image(stage);
    let line = file.chain(stage).last().and_then(|&at| file.stages.get(at)).map_or(1, |stage| stage.line);
    if repository(image).rsplit('/').next() != Some("node") {
        return Vec::new();
    }
    let tag = image[repository(image).len()..].trim_start_matches(':');
    let digits = tag.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let majors = match digits.parse::<u64>() {
        Ok(16) => Some(("8", 8..=8)),
        Ok(18) => Some(("8 - 10", 8..=10)),
        Ok(20..=22) => Some(("10", 10..=10)),
        Ok(23) => Some(("10 - 11", 10..=11)),
        Ok(24 | 25) => Some(("11", 11..=11)),
        Ok(26..) => Some((">=11", 11..=u64::MAX)),
        _ => None,
    };
    let npm = majors.map(|(version, majors)| PackageManager {
        name: Name::Npm,
        version: version.to_owned(),
        majors,
    });
    let yarn = PackageManager { name: Name::Yarn, version: "1".to_owned(), majors: 1..=1 };
    npm.into_iter().chain([yarn]).map(|manager| NamedManager { line, manager }).collect()
}
