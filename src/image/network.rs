//! What an image build asks a network for, besides the packages that its installs take: read off its Dockerfile.

use std::collections::BTreeSet;

use super::definition::{BuildDefinition, DockerfileSource};
use super::dockerfile::{
    CommandEffect, CopySource, Dockerfile, InstallKind, ShellCommand, StageStep, effect, instructions,
    is_remote, sort, syntax,
};
use super::place::Place;
use super::sources::ImageSources;

/// Something that comes from a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NetworkNeed {
    /// What asks for it.
    pub(crate) place: Place,
    /// What kind of thing it is.
    pub(crate) kind: NetworkKind,
    /// Its name, as far as it is known: `node:22-alpine`, `pnpm@10.6.5`, `curl`.
    pub(crate) what: String,
}

/// What kind of thing comes from a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NetworkKind {
    /// The image of `# syntax=`, which reads the Dockerfile.
    Syntax,
    /// An image that a stage begins with, or that files are copied from.
    Image,
    /// A package manager, by corepack or by npm.
    Manager,
    /// Packages of npm that are no part of a project's install: global ones, `npx`, `pnpm add`.
    Package,
    /// Packages of the system, or of another language.
    Other,
    /// A file, or a repository.
    Download,
}

/// What a build asks a network for. Images that its named contexts stand for are not asked for. A script that is run may
/// ask for more: no program is looked into.
pub(crate) fn network_needs(definition: &BuildDefinition, sources: &ImageSources) -> BTreeSet<NetworkNeed> {
    let Some(text) = sources.dockerfile_of(definition) else { return BTreeSet::new() };
    let (name, first) = match &definition.dockerfile {
        DockerfileSource::Project(name) | DockerfileSource::Elsewhere(name) => (name, 1),
        DockerfileSource::Inline { line, .. } => (&definition.place.file, *line),
    };
    let mut needs = BTreeSet::new();
    let mut need = |line: usize, kind, what: &str| {
        let place = Place::line(name, line + first - 1);
        needs.insert(NetworkNeed { place, kind, what: what.to_owned() });
    };
    if let Some((line, image)) = syntax(text) {
        need(line, NetworkKind::Syntax, image);
    }
    let is_image = |image: &str| image != "scratch" && !definition.contexts.contains_key(image);
    let file = Dockerfile::parse_with(text, &definition.known_args());
    let built = file.built(definition.target.as_deref());
    for (stage, line, address) in remote_sources(text) {
        if built.contains(&stage) {
            need(line, NetworkKind::Download, &address);
        }
    }
    for number in built {
        let stage = &file.stages[number];
        if stage.base.is_none() && is_image(&stage.image) {
            need(stage.line, NetworkKind::Image, &stage.image);
        }
        for step in &stage.steps {
            let (copies, run) = match step {
                StageStep::Copy(copy) => (std::slice::from_ref(copy), None),
                StageStep::Run(run) => (run.mounts.as_slice(), Some(run)),
                StageStep::Folder(_) => continue,
            };
            for copy in copies {
                if let CopySource::Named(image) = &copy.from
                    && is_image(image)
                {
                    need(copy.line, NetworkKind::Image, image);
                }
            }
            for (line, command) in run.iter().filter(|run| run.reaches_network).flat_map(|run| &run.commands)
            {
                if let Some((kind, what)) = of_command(*line, command) {
                    need(*line, kind, &what);
                }
            }
        }
    }
    needs
}

/// What `ADD` loads from elsewhere: its stage, its line, and the address.
fn remote_sources(text: &str) -> Vec<(usize, usize, String)> {
    let (mut found, mut stages) = (Vec::new(), 0_usize);
    for instruction in instructions(text) {
        match instruction.keyword.as_str() {
            "FROM" => stages += 1,
            "ADD" => {
                let words = instruction.words();
                let sources = words.iter().take(words.len().saturating_sub(1)).filter(|word| is_remote(word));
                found.extend(
                    sources.map(|word| (stages.saturating_sub(1), instruction.line_at(0), word.clone())),
                );
            }
            _ => {}
        }
    }
    found
}

/// What a command fetches.
fn of_command(line: usize, command: &ShellCommand) -> Option<(NetworkKind, String)> {
    let (program, arguments) = command.words.split_first()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let (_, words) = sort(arguments, TAKE_VALUES);
    let first = words.first().copied().unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default().join(" ");
    let named =
        |kind, what: &str| Some((kind, if what.is_empty() { program.to_owned() } else { what.to_owned() }));
    // What `npx` and the like start by its version comes from a registry.
    if let Some((name, version)) = program.split_once('@')
        && !name.is_empty()
        && !version.is_empty()
    {
        let kind = if is_manager(program) { NetworkKind::Manager } else { NetworkKind::Package };
        return named(kind, program);
    }
    match (program, first) {
        // With `enable` alone, whichever `packageManager` names, once it is called.
        ("corepack", "prepare" | "install" | "use" | "up" | "enable") => named(NetworkKind::Manager, &rest),
        ("npm" | "pnpm" | "yarn" | "bun", _) => of_manager(line, command, &words),
        ("npx" | "bunx" | "pnpx", package) if !package.is_empty() => named(NetworkKind::Package, package),
        ("apk", "add" | "update" | "upgrade" | "fetch")
        | ("apt" | "apt-get" | "aptitude", "update" | "install" | "upgrade" | "dist-upgrade" | "build-dep")
        | ("dnf" | "yum" | "microdnf" | "zypper", "install" | "in" | "update" | "upgrade")
        | ("pacman", _)
        | (
            "pip" | "pip3" | "pipx" | "poetry" | "uv" | "gem" | "bundle" | "composer",
            "install" | "download" | "sync",
        )
        | ("go", "install" | "get" | "mod" | "build")
        | ("cargo", "install" | "fetch" | "build")
        | ("dotnet", "restore" | "build" | "publish")
        | ("mvn" | "gradle" | "gradlew", _) => {
            let words: Vec<&str> =
                [program, first].into_iter().chain(words.iter().skip(1).copied()).collect();
            named(NetworkKind::Other, words.join(" ").trim())
        }
        ("curl" | "wget", _) => {
            let address = words.iter().find(|word| word.contains("://") || word.contains('.'));
            let is_own =
                |address: &str| ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| address.contains(host));
            match address {
                Some(address) if is_own(address) => None,
                Some(address) => named(NetworkKind::Download, address),
                None => named(NetworkKind::Download, program),
            }
        }
        ("git", "clone" | "fetch" | "pull" | "submodule" | "ls-remote") => {
            named(NetworkKind::Download, format!("git {}", words.join(" ")).trim())
        }
        _ => None,
    }
}

/// Flags of any of the programs whose value is the next word.
const TAKE_VALUES: &[&str] =
    &["o", "output", "H", "header", "d", "data", "X", "u", "t", "O", "C", "b", "branch", "depth", "prefix"];

/// What npm and its like fetch besides what a project's install takes.
fn of_manager(line: usize, command: &ShellCommand, words: &[&str]) -> Option<(NetworkKind, String)> {
    let is_global = command.words.iter().any(|word| matches!(word.as_str(), "-g" | "--global" | "global"));
    let packages = words.iter().skip(1).filter(|word| **word != "global" && **word != "add");
    let packages: Vec<&str> = packages.copied().collect();
    match words.first().copied().unwrap_or_default() {
        "install" | "i" | "add" | "global" if is_global => {
            let kind = if packages.iter().any(|package| is_manager(package)) {
                NetworkKind::Manager
            } else {
                NetworkKind::Package
            };
            Some((kind, packages.join(" ")))
        }
        "dlx" | "exec" | "x" if !packages.is_empty() => {
            (words.first() != Some(&"exec")).then(|| (NetworkKind::Package, packages[0].to_owned()))
        }
        "fetch" => Some((NetworkKind::Package, format!("{} fetch", command.words[0]))),
        _ => match effect(line, command) {
            // Packages that are named are no part of the lockfile.
            Some(CommandEffect::Install(install))
                if install.command.kind == InstallKind::Change && !packages.is_empty() =>
            {
                Some((NetworkKind::Package, packages.join(" ")))
            }
            _ => None,
        },
    }
}

/// Whether a package, with a version or without, is a package manager.
fn is_manager(package: &str) -> bool {
    let name = package.rsplit_once('@').map_or(package, |(name, _)| name);
    ["npm", "pnpm", "yarn", "bun", "corepack"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::BuildContext;

    fn needs(text: &str) -> Vec<String> {
        needs_of(text, BuildDefinition::default())
    }

    fn needs_of(text: &str, definition: BuildDefinition) -> Vec<String> {
        let dockerfile = DockerfileSource::Inline { text: text.to_owned(), line: 1 };
        let definition = BuildDefinition { dockerfile, ..definition };
        let needs = network_needs(&definition, &ImageSources::default());
        needs.iter().map(|need| format!("{} {:?} {}", need.place.line, need.kind, need.what)).collect()
    }

    #[test]
    fn images_are_those_of_the_stages_that_are_built() {
        let text = "# syntax=docker/dockerfile:1.7\nARG NODE=22\nFROM node:$NODE AS a\nFROM scratch AS b\n\
                    COPY --from=ghcr.io/x/y:1 /f /f\nFROM busybox AS unused\nFROM b\nCOPY --from=a /g /g\n\
                    RUN --mount=type=bind,from=golang:1,target=/go true\n";
        let expected = [
            "1 Syntax docker/dockerfile:1.7",
            "3 Image node:22",
            "5 Image ghcr.io/x/y:1",
            "9 Image golang:1",
        ];
        assert_eq!(needs(text), expected);
        let contexts = [("node:22", BuildContext::Elsewhere("docker-image://local/node".to_owned()))];
        let contexts = contexts.map(|(name, context)| (name.to_owned(), context)).into();
        let definition =
            BuildDefinition { contexts, target: Some("a".to_owned()), ..BuildDefinition::default() };
        assert_eq!(needs_of(text, definition), ["1 Syntax docker/dockerfile:1.7"]);
    }

    #[test]
    fn commands_that_fetch() {
        let lines = [
            ("corepack enable && corepack prepare pnpm@10.6.5 --activate", "Manager pnpm@10.6.5"),
            ("npm install --global pnpm@10", "Manager pnpm@10"),
            ("yarn global add serve", "Package serve"),
            ("npm i -g serve@14 && true", "Package serve@14"),
            ("npx --yes prisma generate", "Package prisma"),
            ("pnpm dlx create-x y", "Package create-x"),
            ("npx pnpm@10 install", "Manager pnpm@10"),
            ("npx turbo@2 prune web", "Package turbo@2"),
            ("yarn add left-pad", "Package left-pad"),
            ("apk add --no-cache curl git", "Other apk add curl git"),
            ("apt-get update -qq", "Other apt-get update"),
            ("pip install awscli", "Other pip install awscli"),
            ("curl -fsSL -o /x https://example.com/x.tgz", "Download https://example.com/x.tgz"),
            ("git clone --depth 1 https://example.com/x", "Download git clone https://example.com/x"),
            ("go mod download", "Other go mod download"),
        ];
        for (line, expected) in lines {
            let found = needs(&format!("FROM scratch\nRUN {line}\n"));
            assert!(found.iter().any(|found| *found == format!("2 {expected}")), "{line}: {found:?}");
        }
    }

    #[test]
    fn commands_that_fetch_nothing_or_what_the_install_takes() {
        for line in [
            "pnpm install --frozen-lockfile",
            "npm ci",
            "yarn install",
            "pnpm run build",
            "npm exec tsc",
            "curl -f http://localhost:3000/health",
            "git rev-parse HEAD",
            "apk --version",
            "echo npm install -g pnpm",
        ] {
            assert_eq!(needs(&format!("FROM scratch\nRUN {line}\n")), [""; 0], "{line}");
        }
        assert_eq!(needs("FROM scratch\nRUN --network=none npm install -g pnpm\n"), [""; 0]);
        assert_eq!(
            needs("FROM scratch\nADD --chown=1 https://example.com/a a.txt /x/\n"),
            ["2 Download https://example.com/a"]
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(FROM|RUN|ADD|COPY|#|[a-z $\"'=@:/.-]|\n){0,60}") {
            let _ = needs(&text);
        }
    }
}
