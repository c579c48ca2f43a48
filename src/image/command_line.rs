//! Command lines of docker: which builds they name.

pub(crate) mod build;
mod flags;
pub(crate) mod redirect;
pub(crate) mod script;

use std::collections::BTreeMap;

use self::flags::{Flag, Flags};
use super::compose::join;
use super::definition::BuildDefinition;

/// What a command builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandScope {
    /// Services of compose files.
    Compose(ComposeCommand),
    /// Targets of bake files.
    Bake(BakeCommand),
    /// What the command says itself.
    Build(Box<BuildDefinition>),
}

/// `docker compose … build`, `up`, `create`, `run`, `watch` or `scale`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ComposeCommand {
    /// Those of `-f`, from the project's root; none where compose finds them by itself.
    pub(crate) files: Vec<String>,
    /// The folder of `--project-directory`, from the root.
    pub(crate) project_directory: Option<String>,
    /// Those of `--env-file`, from the root.
    pub(crate) env_files: Vec<String>,
    pub(crate) profiles: Vec<String>,
    /// All that have no profile, or one of those that are named, where it is empty.
    pub(crate) services: Vec<String>,
    /// Whether services are built too that these depend on.
    pub(crate) with_dependencies: bool,
    /// `--build-arg`; `None` where it is the process's own and not set.
    pub(crate) args: BTreeMap<String, Option<String>>,
}

/// `docker buildx bake`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BakeCommand {
    /// Those of `-f`, from the project's root; none where bake finds them by itself.
    pub(crate) files: Vec<String>,
    /// Targets and groups; `default` where it is empty.
    pub(crate) targets: Vec<String>,
}

/// Where a command is run.
#[derive(Clone, Copy)]
pub(crate) struct CommandPlace<'a> {
    /// The project's root on the disk, with `/` between its parts.
    pub(crate) root: &'a str,
    /// The working directory, from the root.
    pub(crate) folder: &'a str,
    pub(crate) environment: &'a BTreeMap<String, String>,
}

impl CommandPlace<'_> {
    fn path(&self, path: &str) -> String {
        join(self.root, self.folder, path)
    }

    /// `NAME=value`; a name alone is the process's own variable.
    pub(crate) fn argument(&self, text: &str) -> (String, Option<String>) {
        match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned()).filter(|value| !is_open(value))),
            None => (text.to_owned(), self.environment.get(text).cloned()),
        }
    }
}

/// Programs that take docker's command lines.
const PROGRAMS: [&str; 4] = ["docker", "podman", "nerdctl", "depot"];

/// Programs that start the one that their arguments name, each with its flags that take a value.
const WRAPPERS: [(&str, &str); 6] = [
    ("env", "-u --unset -C --chdir -S"),
    ("sudo", "-u --user -g --group -C -h -p -r -t -T -U -D"),
    ("nice", "-n"),
    ("time", "-f -o"),
    ("exec", "-a"),
    ("command", ""),
];

/// Flags of `docker` that take a value.
const DOCKER: &str = "--config -c --context -H --host -l --log-level --tlscacert --tlscert --tlskey";

/// Flags of `docker compose` that take a value.
const COMPOSE: &str = "--ansi --env-file -f --file --parallel --profile --progress --project-directory -p \
                       --project-name --workdir --insecure-registry";

/// What a command line builds; `None` where it builds nothing, or nothing that can be told.
pub(crate) fn of_command(words: &[String], place: CommandPlace<'_>) -> Option<CommandScope> {
    let words = unwrapped(words)?;
    let (program, rest) = words.split_first()?;
    let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let program = program.strip_suffix(".exe").unwrap_or(program);
    match program {
        "docker-compose" | "podman-compose" => return compose(rest, place),
        "docker-buildx" => return buildx(rest, place),
        _ if !PROGRAMS.contains(&program) => return None,
        _ => {}
    }
    let (word, rest) = after_flags(rest, DOCKER)?;
    match (word, rest.first().map(String::as_str)) {
        ("compose", _) => compose(rest, place),
        ("build", _) => build::of_flags(rest, place),
        ("image" | "builder", Some("build")) => build::of_flags(&rest[1..], place),
        ("buildx", _) => buildx(rest, place),
        _ => None,
    }
}

/// The command behind assignments, and behind programs that only start it.
fn unwrapped(mut words: &[String]) -> Option<&[String]> {
    loop {
        let (first, rest) = words.split_first()?;
        let name = first.rsplit('/').next().unwrap_or(first);
        if is_assignment(first) {
            words = rest;
        } else if let Some((_, flags)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) {
            words = rest;
            while words.first().is_some_and(|word| word.starts_with('-')) {
                let takes = flags.split(' ').any(|flag| words[0] == flag);
                words = words.get(1 + usize::from(takes)..)?;
            }
        } else {
            return Some(words);
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The first word that is no flag, and what is behind it.
fn after_flags<'a>(words: &'a [String], with_value: &'static str) -> Option<(&'a str, &'a [String])> {
    let mut flags = Flags::new(words, with_value);
    loop {
        match flags.next()? {
            Flag::Word(word) => return Some((word, flags.rest())),
            Flag::Named(..) => {}
        }
    }
}

fn buildx(words: &[String], place: CommandPlace<'_>) -> Option<CommandScope> {
    match after_flags(words, "--builder")? {
        ("build" | "b", rest) => build::of_flags(rest, place),
        ("bake" | "f", rest) => Some(bake(rest, place)),
        _ => None,
    }
}

fn bake(words: &[String], place: CommandPlace<'_>) -> CommandScope {
    const WITH_VALUE: &str = "--allow --builder --call -f --file --list --metadata-file --progress --provenance \
                              --sbom --set --var";
    let mut command = BakeCommand::default();
    let mut flags = Flags::new(words, WITH_VALUE);
    while let Some(flag) = flags.next() {
        match flag {
            Flag::Named("-f" | "--file", Some(file)) => command.files.push(place.path(file)),
            Flag::Named(..) => {}
            Flag::Word(target) => command.targets.push(target.to_owned()),
        }
    }
    CommandScope::Bake(command)
}

fn compose(words: &[String], place: CommandPlace<'_>) -> Option<CommandScope> {
    let mut command = ComposeCommand::default();
    let mut flags = Flags::new(words, COMPOSE);
    let subcommand = loop {
        match flags.next()? {
            Flag::Word(word) => break word,
            Flag::Named("-f" | "--file", Some(file)) => command.files.push(place.path(file)),
            Flag::Named("--env-file", Some(file)) => command.env_files.push(place.path(file)),
            Flag::Named("--profile", Some(profile)) => command.profiles.push(profile.to_owned()),
            Flag::Named("--project-directory" | "--workdir", Some(folder)) => {
                command.project_directory = Some(place.path(folder));
            }
            Flag::Named(..) => {}
        }
    };
    let with_value = match subcommand {
        "build" => "--build-arg -m --memory --builder --ssh --progress --provenance --sbom",
        "up" => "--attach --exit-code-from --no-attach --pull --scale -t --timeout --wait-timeout",
        "create" => "--pull --scale",
        "run" => {
            "--cap-add --cap-drop -e --env --env-from-file --entrypoint -l --label --name -p --publish --pull -u \
             --user -v --volume -w --workdir"
        }
        "watch" | "scale" => "",
        _ => return None,
    };
    command.with_dependencies = subcommand != "build" && subcommand != "scale";
    let mut flags = Flags::new(flags.rest(), with_value);
    while let Some(flag) = flags.next() {
        match flag {
            Flag::Named("--build-arg", Some(arg)) => command.args.extend([place.argument(arg)]),
            Flag::Named("--no-deps", None) => command.with_dependencies = false,
            Flag::Named("--with-dependencies", None) => command.with_dependencies = true,
            Flag::Named(..) => {}
            Flag::Word(word) if subcommand == "scale" => {
                command.services.push(word.split('=').next().unwrap_or(word).to_owned());
            }
            Flag::Word(word) => {
                command.services.push(word.to_owned());
                // What follows is what is run in it.
                if subcommand == "run" {
                    break;
                }
            }
        }
    }
    Some(CommandScope::Compose(command))
}

/// Whether a word's value is not known before a shell or a workflow has filled it in.
pub(crate) fn is_open(word: &str) -> bool {
    word.contains(['$', '`']) || word.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(line: &str) -> Option<CommandScope> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let environment = BTreeMap::from([("SET".to_owned(), "set".to_owned())]);
        of_command(&words, CommandPlace { root: "/w/notes", folder: "web", environment: &environment })
    }

    fn compose(line: &str) -> ComposeCommand {
        match scope(line) {
            Some(CommandScope::Compose(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn services_of_compose() {
        let plain = compose("docker compose build");
        assert_eq!(plain, ComposeCommand::default());
        let command = compose(
            "sudo -E A=1 docker --context x compose -f ../a.yml --file=b.yml -fc.yml --profile p -p name build --pull --build-arg SET --build-arg N=$x web api",
        );
        assert_eq!(command.files, owned(&["a.yml", "web/b.yml", "web/c.yml"]));
        assert_eq!(command.profiles, owned(&["p"]));
        assert_eq!(command.services, owned(&["web", "api"]));
        assert_eq!(command.args, [("SET".to_owned(), Some("set".to_owned())), ("N".to_owned(), None)].into());
        assert!(!command.with_dependencies);
        let up = compose(
            "env -u X docker-compose --project-directory .. --env-file ../x.env up -d --scale web=2 web",
        );
        assert_eq!((up.project_directory.as_deref(), up.with_dependencies), (Some(""), true));
        assert_eq!((up.env_files, up.services), (owned(&["x.env"]), owned(&["web"])));
        let run = compose("docker compose run --rm --no-deps -e A=1 web npm run build");
        assert_eq!((run.services, run.with_dependencies), (owned(&["web"]), false));
    }

    #[test]
    fn targets_of_bake() {
        let command = BakeCommand { files: owned(&["web/x.hcl"]), targets: owned(&["a", "b"]) };
        assert_eq!(
            scope("docker buildx --builder x bake -f x.hcl --set *.platform=x a --push b"),
            Some(CommandScope::Bake(command))
        );
    }

    #[test]
    fn what_builds_nothing() {
        for line in [
            "npm test",
            "docker ps",
            "docker compose ps web",
            "docker",
            "docker compose -f",
            "env",
            "docker buildx ls",
        ] {
            assert_eq!(scope(line), None, "{line}");
        }
    }
}
