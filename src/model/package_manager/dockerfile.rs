//! Which package manager a Dockerfile installs, and installs a surface with.

use super::version::Tags;
use super::{Name, PackageManager};
use crate::model::dockerfile::{
    Command, Dockerfile, contexts, flags_with_values, follow, install, repository, sort,
};

/// A package manager, and the line that names it, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The line of the Dockerfile.
    pub line: usize,
    /// Which, at which version.
    pub manager: PackageManager,
}

/// What a Dockerfile tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What installs the surface.
    pub named: Option<Named>,
    /// What the image has without being told: npm by the version of Node, and yarn 1. It names none, but may tell
    /// the version of one.
    pub in_image: Vec<Named>,
}

/// Reads which package manager installs a surface: the one of the command that installs for its `package.json`, at the
/// version that the stage installs before. Both folders are from the project's root.
#[must_use]
pub fn told(text: &str, dockerfile_dir: &str, surface_dir: &str) -> Told {
    let file = Dockerfile::parse(text);
    let given = given(&file);
    let Some(run) = install_of(&file, dockerfile_dir, surface_dir) else {
        // Someone's own script installs, with what is there for it.
        let first = given.iter().find(|one| one.named.manager.name != Name::Npm).or(given.first());
        return Told { named: first.map(|one| one.named.clone()), in_image: in_image(&file, 0) };
    };
    let chain = file.chain(run.stage);
    let of_name = |one: &&Given| one.named.manager.name == run.name;
    let before = |one: &&Given| {
        of_name(one) && chain.contains(&one.stage) && (one.stage != run.stage || one.named.line <= run.line)
    };
    let found = given.iter().rfind(before).or_else(|| given.iter().find(of_name));
    let named = match (run.version, found) {
        (Some(manager), _) => Named { line: run.line, manager },
        (None, Some(found)) => found.named.clone(),
        (None, None) => Named { line: run.line, manager: PackageManager::of_any_version(run.name) },
    };
    Told { named: Some(named), in_image: in_image(&file, run.stage) }
}

/// The install of a surface.
struct Run {
    stage: usize,
    line: usize,
    name: Name,
    version: Option<PackageManager>,
}

/// The first command that installs where the surface's `package.json` lies; else where it lies anywhere; else any.
fn install_of(file: &Dockerfile, dockerfile_dir: &str, surface_dir: &str) -> Option<Run> {
    let seen: Vec<_> = contexts(file, dockerfile_dir, surface_dir)
        .into_iter()
        .flat_map(|below| {
            let manifest =
                if below.is_empty() { "package.json".to_owned() } else { format!("{below}/package.json") };
            follow(file, [&manifest, ""]).installs
        })
        .collect();
    let chosen = seen
        .iter()
        .find(|one| one.is_for())
        .or_else(|| seen.iter().find(|one| one.has_it_somewhere()))
        .or(seen.first())?;
    let (stage, line, name) = (chosen.stage, chosen.command.line, chosen.command.manager);
    let version =
        file.commands().filter(|(at, on, _)| (*at, *on) == (stage, line)).find_map(|(_, on, command)| {
            install(on, command).filter(|found| found.command.manager == name)?.version
        });
    Some(Run { stage, line, name, version })
}

/// A package manager that a stage gets.
struct Given {
    stage: usize,
    named: Named,
}

/// All that the stages get, in order.
fn given(file: &Dockerfile) -> Vec<Given> {
    let mut found: Vec<Given> = Vec::new();
    for (stage, one) in file.stages.iter().enumerate() {
        let tag = one.image.rsplit_once(':').map_or("", |(_, tag)| tag);
        if repository(&one.image).ends_with("oven/bun") {
            let version = tag.split('-').next().unwrap_or_default();
            found.push(Given {
                stage,
                named: Named { line: one.line, manager: at(Name::Bun, version, Tags::Corepack) },
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
                .map(|manager| Given { stage: *stage, named: Named { line: *line, manager } }),
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
fn given_by(command: &Command, next: Option<&Command>) -> Vec<PackageManager> {
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
            let file = super::version::of_url(version).unwrap_or_else(|| (*version).to_owned());
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
fn download(address: &str, command: &Command, next: Option<&Command>) -> Option<PackageManager> {
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
fn in_image(file: &Dockerfile, stage: usize) -> Vec<Named> {
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
    npm.into_iter().chain([yarn]).map(|manager| Named { line, manager }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str) -> Option<String> {
        let told = told(text, "backend", "backend");
        told.named.map(|named| {
            let majors = named.manager.majors.clone();
            let end = if *majors.end() == u64::MAX { String::new() } else { majors.end().to_string() };
            format!("{} {} {}..{end}", named.line, named.manager, majors.start())
        })
    }

    /// A file whose third line runs this, and which then installs with the manager that is expected.
    #[track_caller]
    fn says(run: &str, expected: &str) {
        let name = expected.split(' ').next().unwrap();
        let text =
            format!("FROM node:22\nWORKDIR /a\nRUN {run}\nCOPY backend/package.json .\nRUN {name} install\n");
        assert_eq!(named(&text), Some(format!("3 {expected}")), "{run}");
    }

    #[test]
    fn corepack_installs() {
        says("corepack enable && corepack prepare pnpm@10.6.5 --activate", "pnpm 10.6.5 10..10");
        says("corepack prepare pnpm@10.6.5+sha512.abc --activate", "pnpm 10.6.5 10..10");
        says("corepack prepare --activate pnpm@latest", "pnpm latest 11..");
        says("corepack prepare pnpm@latest-10 --activate", "pnpm latest-10 10..10");
        says("corepack prepare yarn@stable --activate", "yarn stable 4..");
        says("corepack prepare yarn --activate", "yarn classic 1..1");
        says("corepack use yarn@4.1.0", "yarn 4.1.0 4..4");
        says("corepack install -g pnpm@9", "pnpm 9 9..9");
        says("corepack install --global yarn@1.22.22 pnpm@9.1.0", "pnpm 9.1.0 9..9");
    }

    #[test]
    fn registries_install() {
        says("npm i -g pnpm@10.6.5", "pnpm 10.6.5 10..10");
        says("npm install --global pnpm", "pnpm latest 11..");
        says("npm add --location=global --no-audit pnpm@next", "pnpm next 11..");
        says("npm --global install --registry https://x.example corepack pnpm@^9 yarn", "pnpm ^9 9..9");
        says("npm i -g \"pnpm@>=9 <11\"", "pnpm >=9 <11 9..10");
        says("npm install -g yarn", "yarn latest 1..1");
        says("npm install -g yarn@berry", "yarn berry 2..");
        says("npm i -g @yarnpkg/cli-dist@4.18.1", "yarn 4.18.1 4..4");
        says("npm i -g npm@11.2.0", "npm 11.2.0 11..11");
        says("npm i -g bun@1.2", "bun 1.2 1..1");
        says("yarn global add pnpm@8.15.9", "pnpm 8.15.9 8..8");
        says("pnpm add -g pnpm@10", "pnpm 10 10..10");
        says("pnpm self-update 10.6.5", "pnpm 10.6.5 10..10");
        says("bun add --global pnpm@9.0.0", "pnpm 9.0.0 9..9");
        says("yarn set version 4.1.0", "yarn 4.1.0 4..4");
        says("yarn set version berry", "yarn berry 2..");
        says("sudo env X=1 npm i -g 'pnpm@10.6.5' && npm cache clean --force", "pnpm 10.6.5 10..10");
        says("npm i -g pnpm@nonsense", "pnpm 0..");
    }

    #[test]
    fn installers_that_are_downloaded() {
        says(
            "wget -qO- https://get.pnpm.io/install.sh | ENV=\"$HOME/.x\" PNPM_VERSION=10.6.5 sh -",
            "pnpm 10.6.5 10..10",
        );
        says("curl -fsSL https://get.pnpm.io/install.sh | env PNPM_VERSION=9.1.0 sh -", "pnpm 9.1.0 9..9");
        says("export PNPM_VERSION=8.1.0; curl https://get.pnpm.io/install.sh | sh -", "pnpm 8.1.0 8..8");
        says("curl -fsSL https://get.pnpm.io/install.sh | sh -", "pnpm latest 11..");
        says("curl -fsSL https://bun.sh/install | bash -s \"bun-v1.2.3\"", "bun 1.2.3 1..1");
        says("curl -fsSL https://bun.sh/install | bash", "bun latest 1..");
        says(
            "wget -q https://github.com/pnpm/pnpm/releases/download/v10.6.5/pnpm-linux-x64 -O /bin/pnpm",
            "pnpm 10.6.5 10..10",
        );
    }

    #[test]
    fn variables_are_followed() {
        let text = |head: &str, version: &str| {
            format!(
                "{head}RUN npm i -g pnpm@{version}\nWORKDIR /a\nCOPY backend/package.json .\nRUN pnpm i\n"
            )
        };
        let arg = "ARG PNPM_VERSION=10.6.5\nFROM node:22\n";
        assert_eq!(
            named(&text(&format!("{arg}ARG PNPM_VERSION\n"), "${PNPM_VERSION}")).unwrap(),
            "4 pnpm 10.6.5 10..10"
        );
        // Without the second ARG it is not set in the stage.
        assert_eq!(named(&text(arg, "${PNPM_VERSION}")).unwrap(), "3 pnpm 0..");
        assert_eq!(named(&text("FROM node:22\nARG V=9.1.0\n", "$V")).unwrap(), "3 pnpm 9.1.0 9..9");
        assert_eq!(
            named(&text("FROM node:22\nENV A=1 V=\"9.1.0\"\nARG V=8\n", "$V")).unwrap(),
            "4 pnpm 9.1.0 9..9"
        );
        assert_eq!(named(&text("FROM node:22\nENV V 9.1.0\n", "$V")).unwrap(), "3 pnpm 9.1.0 9..9");
        assert_eq!(named(&text("FROM node:22\nARG V\n", "${V:-8.15.9}")).unwrap(), "3 pnpm 8.15.9 8..8");
        let env = "FROM node:22 AS base\nENV V=9.1.0\nARG W=8\nFROM base\n";
        assert_eq!(named(&text(env, "$V")).unwrap(), "5 pnpm 9.1.0 9..9");
        assert_eq!(named(&text(env, "$W")).unwrap(), "5 pnpm 0..");
    }

    #[test]
    fn the_install_says_which_where_nothing_is_installed() {
        let run =
            |run: &str| named(&format!("FROM node:22\nWORKDIR /a\nCOPY backend/package.json .\nRUN {run}\n"));
        assert_eq!(run("--mount=type=cache,target=/x pnpm install").unwrap(), "4 pnpm 0..");
        assert_eq!(run("npm ci").unwrap(), "4 npm 0..");
        assert_eq!(run("yarn").unwrap(), "4 yarn 0..");
        assert_eq!(run("bun install").unwrap(), "4 bun 0..");
        assert_eq!(run("<<EOF\nnpm i -g pnpm@9.1.0\npnpm i\nEOF").unwrap(), "5 pnpm 9.1.0 9..9");
        assert_eq!(run("npx -y pnpm@8.15.9 install").unwrap(), "4 pnpm 8.15.9 8..8");
        assert_eq!(run("echo hello"), None);
        assert_eq!(run("npm i -g npm@11 pnpm@9.0.0 && ./install.sh").unwrap(), "4 pnpm 9.0.0 9..9");
        assert_eq!(named(""), None);
    }

    #[test]
    fn the_stage_of_the_surface_decides() {
        let text = "FROM node:22 AS base\nRUN npm i -g pnpm@9.0.0\nFROM base AS web\nWORKDIR /w\nCOPY web/package.json .\nRUN npm ci\n\
            FROM base AS backend\nRUN npm i -g pnpm@10.6.5\nWORKDIR /a\nCOPY backend/package.json .\nRUN pnpm i\nRUN npm i -g pnpm@8.0.0\n";
        assert_eq!(named(text).unwrap(), "8 pnpm 10.6.5 10..10");
        let web = told(text, "", "web").named.unwrap();
        assert_eq!((web.line, web.manager.name), (6, Name::Npm));
    }

    #[test]
    fn images_have_their_own() {
        let bun = "FROM oven/bun:1.1-alpine\nCOPY backend/package.json .\nRUN bun install\n";
        assert_eq!(named(bun).unwrap(), "1 bun 1.1 1..1");
        assert_eq!(named(&bun.replace(":1.1-alpine", "")).unwrap(), "1 bun 0..");
        let in_image = |image: &str| {
            let told = told(&format!("ARG N=22\nFROM {image} AS a\nFROM a\nRUN npm ci\n"), "", "");
            told.in_image.iter().map(|one| one.manager.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(in_image("node:22-alpine"), ["npm 10", "yarn 1"]);
        assert_eq!(in_image("docker.io/library/node:24.1-slim"), ["npm 11", "yarn 1"]);
        assert_eq!(in_image("node:${N}-alpine@sha256:abc"), ["npm 10", "yarn 1"]);
        assert_eq!(in_image("localhost:5000/node"), ["yarn 1"]);
        assert_eq!(in_image("node:lts"), ["yarn 1"]);
        assert_eq!(in_image("alpine:3.20"), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_panics(lines in proptest::collection::vec("(FROM (node|oven/bun)?[:@]?.{0,8}|RUN (npm|pnpm|yarn|bun|corepack|curl)? ?(i|install|add|prepare|global add|set version)? ?(-g)? ?(pnpm|yarn|@)?@?[ -~é]{0,16}|ARG .{0,8}|ENV .{0,8})", 0..10)) {
            let _ = told(&lines.join("\n"), "", "backend");
        }
    }
}
