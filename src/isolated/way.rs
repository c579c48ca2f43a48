//! In which way a command gets to see what is packed.

use crate::error::{Error, ErrorKind, Result};
use crate::image::DockerCommand;
use crate::project::IsolatedWay;

/// The way that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChosenWay {
    /// The contexts of a command of docker are named anew.
    Docker(DockerCommand),
    /// The command takes the contexts from variables that it names itself.
    Variables,
    /// It gets mounts of its own.
    Namespace,
}

impl ChosenWay {
    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Docker(_) | Self::Variables => "context",
            Self::Namespace => "namespace",
        }
    }
}

/// The variables by which a script is told the contexts of image builds begin with this; the service follows.
pub(crate) const CONTEXT_VARIABLE: &str = "DOCKER_PREP_CONTEXT_";

/// The variable of a service.
pub(crate) fn context_variable(service: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{CONTEXT_VARIABLE}{}", service.chars().map(plain).collect::<String>())
}

/// What is known of a command before a way is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandSeen {
    /// Whether it, or the script that it runs, names [`CONTEXT_VARIABLE`].
    pub(crate) names_variables: bool,
    /// The docker that it runs, where that is one of snap.
    pub(crate) snap: Option<String>,
    /// Why it cannot have mounts of its own.
    pub(crate) no_namespace: Option<String>,
}

/// Chooses the way, or says why there is none.
///
/// # Errors
/// [`ErrorKind::Environment`], with what would work.
pub(crate) fn choose(asked: IsolatedWay, words: &[String], seen: &CommandSeen) -> Result<ChosenWay> {
    let shown = words.first().map_or("", String::as_str);
    let docker = DockerCommand::of(words);
    let namespace = || match &seen.no_namespace {
        None => Ok(ChosenWay::Namespace),
        Some(why) => Err(refused(format!("{shown}: {why}, so that no file could be rewritten for it alone"))),
    };
    match (asked, docker) {
        (IsolatedWay::Namespace, _) => namespace(),
        (_, Some(docker)) => match obstacle(&docker, words, seen) {
            None => Ok(ChosenWay::Docker(docker)),
            Some(why) => Err(refused(why)),
        },
        // A script that says so is taken at its word.
        (IsolatedWay::Context, None) if seen.names_variables => Ok(ChosenWay::Variables),
        (IsolatedWay::Context, None) => {
            Err(refused(format!("{shown}: is no command of docker whose build contexts could be named anew")))
        }
        (_, None) if seen.no_namespace.is_some() && seen.names_variables => Ok(ChosenWay::Variables),
        (_, None) => namespace(),
    }
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::Environment, format!("--isolated: {why}")).hint(
        "what works everywhere is docker itself, as in: docker-prep run --isolated -- docker compose build   (in place, with \
         a restore behind it: docker-prep run -- COMMAND)",
    )
}

/// Why a command of docker cannot take trees.
fn obstacle(docker: &DockerCommand, words: &[String], seen: &CommandSeen) -> Option<String> {
    if let Some(path) = &seen.snap {
        return Some(format!("{path}: docker of snap does not see hidden folders, and the trees lie in one"));
    }
    match docker {
        DockerCommand::Compose(compose) if compose.watches => Some(format!(
            "compose {}: it would watch trees that nobody edits, and not the project",
            compose.subcommand
        )),
        DockerCommand::Compose(compose) if compose.files.iter().any(|file| file == "-") => {
            Some("compose -f -: what is read from the standard input cannot be read twice".to_owned())
        }
        DockerCommand::Build(build) if build.contexts.len() > 1 => {
            let contexts: Vec<&str> = build.contexts.iter().map(|at| words[*at].as_str()).collect();
            Some(format!("docker build: which of these is the context is not known: {}", contexts.join(", ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(asked: IsolatedWay, line: &str, seen: &CommandSeen) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match choose(asked, &words, seen) {
            Ok(ChosenWay::Variables) => "variables".to_owned(),
            Ok(way) => way.name().to_owned(),
            Err(error) => error.problems[0].message.clone(),
        }
    }

    #[test]
    fn docker_takes_trees_and_all_else_gets_mounts() {
        use IsolatedWay::{Any, Context, Namespace};
        let seen = CommandSeen::default();
        let none = CommandSeen { no_namespace: Some("there are none".to_owned()), ..CommandSeen::default() };
        let named = CommandSeen { names_variables: true, ..none.clone() };
        assert_eq!(way(Any, "docker compose build", &none), "context");
        assert_eq!(way(Any, "docker build .", &none), "context");
        assert_eq!(way(Any, "make images", &seen), "namespace");
        assert_eq!(way(Any, "sudo docker build .", &seen), "namespace");
        assert_eq!(way(Namespace, "docker build .", &seen), "namespace");
        assert_eq!(way(Any, "sh x.sh", &named), "variables");
        assert_eq!(way(Context, "sh x.sh", &named), "variables");
        assert!(way(Any, "make", &none).starts_with("--isolated: make: there are none, so that"));
        assert!(way(Namespace, "docker build .", &none).starts_with("--isolated: docker: there are none"));
        assert!(way(Context, "make", &seen).starts_with("--isolated: make: is no command of docker"));
    }

    #[test]
    fn what_trees_cannot_do() {
        let seen = CommandSeen::default();
        let why = |line: &str, seen: &CommandSeen| way(IsolatedWay::Any, line, seen);
        assert!(why("docker compose watch", &seen).contains("compose watch: it would watch trees"));
        assert!(why("docker compose up --watch", &seen).contains("compose up: "));
        assert!(why("docker compose -f - build", &seen).contains("standard input"));
        assert!(why("docker build --new x .", &seen).ends_with("is the context is not known: x, ."));
        let snap = CommandSeen { snap: Some("/snap/bin/docker".to_owned()), ..seen };
        assert!(why("docker build .", &snap).contains("/snap/bin/docker: docker of snap"));
    }
}
