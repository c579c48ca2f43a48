//! The commands of a Dockerfile that install what a `package.json` asks for.

use super::path;
use super::shell::ShellCommand;
use super::stage::Dockerfile;
use crate::image::package_manager::{Name, PackageManager, Tags};

/// An install of a project's dependencies, as `pnpm install`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallCommand {
    /// The line of the Dockerfile, from 1 on.
    pub(crate) line: usize,
    /// Who installs.
    pub(crate) manager: Name,
    /// Whether a lockfile that does not fit is an error: a flag says so, or it is pnpm with `CI` set.
    pub(crate) frozen: bool,
    /// Whether a flag says that the lockfile is neither read nor written.
    pub(crate) no_lockfile: bool,
    /// Whether the environment variable `CI` is set for it: yarn 4 then takes a lockfile as frozen, too.
    pub(crate) ci: bool,
    /// The folder in the image that it installs for; absolute.
    pub(crate) dir: String,
}

/// The installs of a Dockerfile, in order. One that names packages, or is global, is none.
pub(crate) fn installs(text: &str) -> Vec<InstallCommand> {
    let file = Dockerfile::parse(text);
    file.commands().filter_map(|(_, line, command)| Some(install(line, command)?.command)).collect()
}

/// An install, and the version that its own words name.
pub(crate) struct DockerfileInstall {
    pub(crate) command: InstallCommand,
    /// As in `npx pnpm@9 install`.
    pub(crate) version: Option<PackageManager>,
}

/// Reads a command as an install.
pub(crate) fn install(line: usize, command: &ShellCommand) -> Option<DockerfileInstall> {
    let (program, arguments) = command.words.split_first()?;
    let (program, version) = program.split_once('@').unwrap_or((program, ""));
    let manager = Name::parse(program)?;
    let (flags, words) = sort(arguments, flags_with_values(manager));
    let subcommand = words.first().copied().unwrap_or_default();
    let is_global = flags.iter().any(|(name, value)| match *name {
        "g" | "global" => *value != Some("false"),
        "location" => *value == Some("global"),
        "v" | "version" | "h" | "help" => true,
        _ => false,
    });
    let names_packages = words.iter().skip(1).any(|word| *word != ".");
    let clean = matches!(subcommand, "ci" | "clean-install" | "ic" | "install-clean");
    let installs = match manager {
        Name::Pnpm | Name::Bun => matches!(subcommand, "install" | "i") || clean,
        Name::Npm => matches!(subcommand, "install" | "i" | "in" | "ins" | "inst" | "add") || clean,
        Name::Yarn => matches!(subcommand, "" | "install"),
    };
    let focuses = manager == Name::Yarn && words.starts_with(&["workspaces", "focus"]);
    if is_global || !(focuses || installs && !names_packages) {
        return None;
    }
    let flag = |name: &str| flags.iter().rev().find_map(|(flag, value)| says(flag, *value, name));
    let ci = command.variable("CI").is_some_and(|ci| !matches!(ci, "" | "false" | "0"));
    let asked = flag("frozen-lockfile").or_else(|| flag("immutable"));
    let frozen = asked.unwrap_or(clean && manager != Name::Yarn || ci && manager == Name::Pnpm);
    let lockfile = if manager == Name::Npm { flag("package-lock") } else { flag("lockfile") };
    let dir = ["C", "dir", "prefix", "cwd"]
        .iter()
        .find_map(|name| flags.iter().find(|(flag, _)| flag == name)?.1)
        .map_or_else(|| command.dir.clone(), |dir| path::join(&command.dir, dir));
    let no_lockfile = lockfile == Some(false);
    Some(DockerfileInstall {
        command: InstallCommand { line, manager, frozen: frozen && !no_lockfile, no_lockfile, ci, dir },
        version: PackageManager::at(manager, version, Tags::Registry),
    })
}

/// What a flag says of a setting: `--x`, `--x=true`, `--no-x`.
fn says(flag: &str, value: Option<&str>, setting: &str) -> Option<bool> {
    let value = value != Some("false");
    if flag == setting { Some(value) } else { (flag.strip_prefix("no-")? == setting).then_some(!value) }
}

/// Flags without their dashes and with the value that they have, and all other words.
type Sorted<'a> = (Vec<(&'a str, Option<&'a str>)>, Vec<&'a str>);

/// Tells flags from words; flags that `take` names have the next word as their value.
pub(crate) fn sort<'a>(arguments: &'a [String], take: &[&str]) -> Sorted<'a> {
    let mut sorted: Sorted<'a> = Default::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            sorted.1.extend(rest.by_ref().map(String::as_str));
        } else if let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))
            && !flag.is_empty()
        {
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None if take.contains(&flag) => (flag, rest.next().map(String::as_str)),
                None => (flag, None),
            };
            sorted.0.push((flag, value));
        } else {
            sorted.1.push(word);
        }
    }
    sorted
}

/// The flags whose value is the next word.
pub(crate) fn flags_with_values(manager: Name) -> &'static [&'static str] {
    match manager {
        Name::Pnpm => &[
            "C",
            "dir",
            "prefix",
            "filter",
            "F",
            "filter-prod",
            "store-dir",
            "virtual-store-dir",
            "modules-dir",
            "reporter",
            "loglevel",
            "network-concurrency",
            "child-concurrency",
            "workspace-concurrency",
            "registry",
            "node-linker",
            "package-import-method",
            "lockfile-dir",
            "cpu",
            "os",
            "libc",
            "fetch-timeout",
            "fetch-retries",
            "hoist-pattern",
            "public-hoist-pattern",
            "userconfig",
            "cache-dir",
            "state-dir",
        ],
        Name::Npm => &[
            "prefix",
            "C",
            "w",
            "workspace",
            "registry",
            "omit",
            "include",
            "cache",
            "loglevel",
            "fetch-timeout",
            "fetch-retries",
            "userconfig",
            "maxsockets",
            "install-strategy",
            "cpu",
            "os",
            "libc",
            "location",
            "before",
            "tag",
        ],
        Name::Yarn => &[
            "cwd",
            "network-timeout",
            "network-concurrency",
            "mutex",
            "cache-folder",
            "modules-folder",
            "registry",
            "global-folder",
            "prefix",
            "use-yarnrc",
            "mode",
        ],
        Name::Bun => &[
            "cwd",
            "registry",
            "backend",
            "cache-dir",
            "c",
            "config",
            "filter",
            "omit",
            "linker",
            "cpu",
            "os",
        ],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `line name dir` and what is special.
    fn read(text: &str) -> Vec<String> {
        let described = |one: InstallCommand| {
            let mut said = format!("{} {} {}", one.line, one.manager.as_str(), one.dir);
            for (word, holds) in [("frozen", one.frozen), ("no-lockfile", one.no_lockfile), ("ci", one.ci)] {
                if holds {
                    said.push_str(&format!(" {word}"));
                }
            }
            said
        };
        installs(text).into_iter().map(described).collect()
    }

    #[track_caller]
    fn says(run: &str, expected: &str) {
        let found = read(&format!("FROM node:22\nWORKDIR /app\nRUN {run}\n"));
        let expected: Vec<_> =
            expected.split(';').filter(|one| !one.is_empty()).map(|one| format!("3 {one}")).collect();
        assert_eq!(found, expected, "{run}");
    }

    #[test]
    fn pnpm() {
        says("pnpm install", "pnpm /app");
        says("pnpm i --frozen-lockfile", "pnpm /app frozen");
        says("pnpm install --ignore-scripts --lockfile=false", "pnpm /app no-lockfile");
        says("pnpm install --no-lockfile --frozen-lockfile", "pnpm /app no-lockfile");
        says("CI=true pnpm install", "pnpm /app frozen ci");
        says("CI=true pnpm install --no-frozen-lockfile", "pnpm /app ci");
        says("CI=false pnpm install", "pnpm /app");
        says("pnpm ci", "pnpm /app frozen");
        says("pnpm --filter backend... install --prod", "pnpm /app");
        says("pnpm install --filter backend --registry http://x", "pnpm /app");
        says("pnpm -C web i", "pnpm /app/web");
        says("pnpm -r install && pnpm run build", "pnpm /app");
        says("pnpm install ms", "");
        says("pnpm install -g ms", "");
        says("pnpm add ms && pnpm run install && pnpm dlx x && pnpm fetch", "");
        says("pnpm install --help", "");
    }

    #[test]
    fn npm_yarn_and_bun() {
        says("npm ci --omit dev", "npm /app frozen");
        says("npm install", "npm /app");
        says("npm --prefix web install --no-package-lock", "npm /app/web no-lockfile");
        says("npm i --package-lock=false", "npm /app no-lockfile");
        says("npm i -g pnpm; npm install --location=global; npm run ci; npm i sharp", "");
        says("yarn", "yarn /app");
        says("yarn install --frozen-lockfile --network-timeout 100000", "yarn /app frozen");
        says("yarn --immutable", "yarn /app frozen");
        says("CI=1 yarn install", "yarn /app ci");
        says("CI=1 yarn install --no-immutable", "yarn /app ci");
        says("yarn --pure-lockfile", "yarn /app");
        says("yarn install --no-lockfile", "yarn /app no-lockfile");
        says("yarn workspaces focus backend --production", "yarn /app");
        says("yarn build; yarn --version; yarn config set x y; yarn set version 4.1.0", "");
        says("bun install --frozen-lockfile", "bun /app frozen");
        says("bun i --production; bun ci; bun run build", "bun /app;bun /app frozen");
    }

    #[test]
    fn where_and_how_it_is_run() {
        let text = "FROM node:22 AS deps\nENV CI=1\nWORKDIR /a\nRUN --mount=type=cache,target=/c \\\n  echo x && \\\n  pnpm install\n\
            FROM deps\nRUN <<EOF\nset -e\ncd web\nnpm ci\nEOF\nRUN cat <<EOF > x\nyarn\nEOF\nRUN [\"bun\", \"install\"]\nCMD [\"npm\", \"ci\"]\n";
        assert_eq!(read(text), ["6 pnpm /a frozen ci", "11 npm /a/web frozen ci", "16 bun /a ci"]);
        says("(cd web && corepack pnpm install); npx -y pnpm@9 i", "pnpm /app/web;pnpm /app");
        says("bash -o pipefail -ec 'npm ci'", "");
        says("bash -ec 'npm ci'", "npm /app frozen");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "((FROM|RUN|COPY|ENV|ARG|WORKDIR|ADD) ?)?([ -~\n\\\\é]|pnpm install|npm ci|<<E|--mount=|\\$\\{){0,60}") {
            let _ = installs(&format!("FROM a\n{text}"));
            let _ = installs(&text);
        }

        #[test]
        fn a_text_of_lines_does_not_panic(lines in proptest::collection::vec("(FROM .{0,8}( AS .)?|RUN .{0,20}|COPY (--from=.)? ?.{0,12}|ENV .=.{0,6}|ARG .{0,6}|WORKDIR .{0,6}|RUN <<E|E)", 0..12)) {
            let _ = installs(&lines.join("\n"));
        }
    }
}
