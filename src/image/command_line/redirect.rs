//! Where a command line of docker takes another build context: the places of its words.

use super::flags::{Flag, Flags};
use super::{COMPOSE, DOCKER, after_flags, build};

/// A command of docker whose build contexts can be named anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DockerCommand {
    /// `docker compose …`, `docker-compose …`.
    Compose(ComposeWords),
    /// `docker build …` and what means the same.
    Build(BuildWords),
    /// `docker buildx bake …`: the place behind the word `bake`, where its flags may stand.
    Bake(usize),
}

/// What matters of the words of compose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ComposeWords {
    /// The place of the subcommand: flags of compose stand before it.
    pub(crate) at: usize,
    /// `build`, `up`, …
    pub(crate) subcommand: String,
    /// The values of `-f`.
    pub(crate) files: Vec<String>,
    /// Whether it builds again as files change: `watch`, and `up --watch`.
    pub(crate) watches: bool,
}

/// What matters of the words of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildWords {
    /// The places of the words that are no flags. Where there is one, it is the context.
    pub(crate) contexts: Vec<usize>,
    /// Named contexts: the name, the place of its word, and what stands in that word before the path.
    pub(crate) named: Vec<(String, usize, String)>,
}

impl DockerCommand {
    /// What a command is, by its words. Only docker's own programs count, and only where nothing else starts them: what a
    /// wrapper such as `sudo` does with variables and paths is not known.
    pub(crate) fn of(words: &[String]) -> Option<Self> {
        let (program, rest) = words.split_first()?;
        let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
        match program.strip_suffix(".exe").unwrap_or(program) {
            "docker-compose" => return compose(words, 1),
            "docker-buildx" => return buildx(words, 1),
            "docker" => {}
            _ => return None,
        }
        let (word, rest) = after_flags(rest, DOCKER)?;
        let behind = words.len() - rest.len();
        match (word, words.get(behind).map(String::as_str)) {
            ("compose", _) => compose(words, behind),
            ("build", _) => Some(build_words(words, behind)),
            ("image" | "builder", Some("build")) => Some(build_words(words, behind + 1)),
            ("buildx", _) => buildx(words, behind),
            _ => None,
        }
    }
}

fn compose(words: &[String], from: usize) -> Option<DockerCommand> {
    let mut flags = Flags::new(&words[from..], COMPOSE);
    let mut files = Vec::new();
    let subcommand = loop {
        match flags.next()? {
            Flag::Word(word) => break word.to_owned(),
            Flag::Named("-f" | "--file", Some(file)) => files.push(file.to_owned()),
            Flag::Named(..) => {}
        }
    };
    let behind = flags.rest();
    let is_told = |word: &String| word == "--watch" || word == "-w" || word == "--watch=true";
    let watches = subcommand == "watch" || subcommand == "up" && behind.iter().any(is_told);
    let at = words.len() - behind.len() - 1;
    Some(DockerCommand::Compose(ComposeWords { at, subcommand, files, watches }))
}

fn buildx(words: &[String], from: usize) -> Option<DockerCommand> {
    let (word, rest) = after_flags(&words[from..], "--builder")?;
    let behind = words.len() - rest.len();
    match word {
        "build" | "b" => Some(build_words(words, behind)),
        "bake" | "f" => Some(DockerCommand::Bake(behind)),
        _ => None,
    }
}

fn build_words(words: &[String], from: usize) -> DockerCommand {
    let mut found = BuildWords::default();
    let mut flags = Flags::new(&words[from..], build::WITH_VALUE);
    while let Some(flag) = flags.next() {
        let at = words.len() - flags.rest().len() - 1;
        match flag {
            Flag::Word(_) => found.contexts.push(at),
            Flag::Named("--build-context", Some(value)) => {
                let name = value.split('=').next().unwrap_or(value);
                let before = words[at].len() - value.len();
                let before = format!("{}{name}=", &words[at][..before]);
                found.named.push((name.to_owned(), at, before));
            }
            Flag::Named(..) => {}
        }
    }
    DockerCommand::Build(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<DockerCommand> {
        DockerCommand::of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_of_compose_stand_before_its_subcommand() {
        for (line, at, subcommand, files) in [
            ("docker compose build", 2, "build", &[][..]),
            (
                "docker -H tcp://h --tls compose --profile p -f a -fb --file=c up -d -f x",
                11,
                "up",
                &["a", "b", "c"],
            ),
            ("/usr/bin/docker-compose --ansi never -p n run web -f", 5, "run", &[]),
            ("docker.exe --context=x compose --env-file e ps", 5, "ps", &[]),
        ] {
            let Some(DockerCommand::Compose(words)) = of(line) else { panic!("{line}") };
            assert_eq!((words.at, words.subcommand.as_str()), (at, subcommand), "{line}");
            assert_eq!(words.files, files, "{line}");
            assert!(!words.watches, "{line}");
        }
        for line in ["docker compose watch", "docker compose up -d --watch", "docker-compose up -w web"] {
            assert!(matches!(of(line), Some(DockerCommand::Compose(words)) if words.watches), "{line}");
        }
    }

    #[test]
    fn the_context_of_a_build_is_the_word_that_is_no_flag() {
        let build = |line| match of(line) {
            Some(DockerCommand::Build(words)) => words,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(build("docker build .").contexts, [2]);
        assert_eq!(build("docker image build -t x web --no-cache -f D").contexts, [5]);
        assert_eq!(build("docker buildx --builder b b --push web").contexts, [6]);
        assert_eq!(build("docker-buildx build -- -odd").contexts, [3]);
        assert_eq!(build("docker builder build").contexts, [0; 0]);
        assert_eq!(build("docker build --new value .").contexts, [3, 4]);
        let named = build("docker build --build-context a=x --build-context=b=y=z .").named;
        let named: Vec<_> = named.iter().map(|(name, at, before)| (&**name, *at, &**before)).collect();
        assert_eq!(named, [("a", 3, "a="), ("b", 4, "--build-context=b=")]);
    }

    #[test]
    fn others() {
        assert_eq!(of("docker --debug buildx bake -f x"), Some(DockerCommand::Bake(4)));
        for line in [
            "sudo docker build .",
            "podman build .",
            "make images",
            "docker ps",
            "docker",
            "docker buildx ls",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
