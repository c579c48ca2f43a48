//! `docker build` and what means the same.

use super::flags::{Flag, Flags};
use super::{CommandPlace, CommandScope, is_open};
use crate::image::compose::{is_remote, join, of_dockerfile, of_folder};
use crate::image::definition::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource};
use crate::image::place::Place;

/// The flags that take a value, of all of its versions.
pub(super) const WITH_VALUE: &str = "--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from \
    --cache-to --call --cgroup-parent --cpu-period --cpu-quota -c --cpu-shares --cpuset-cpus --cpuset-mems -f --file \
    --iidfile --isolation --label -m --memory --memory-swap --metadata-file --network --no-cache-filter -o --output \
    --platform --policy --progress --provenance --sbom --secret --security-opt --shm-size --ssh -t --tag --target \
    --ulimit";

/// The build of a command line, behind the word `build`; `None` where it has no context, or two.
pub(super) fn of_flags(words: &[String], place: CommandPlace<'_>) -> Option<CommandScope> {
    let mut build = BuildDefinition { kind: DefinitionKind::Script, ..BuildDefinition::default() };
    let mut file = None;
    let mut contexts = Vec::new();
    let mut flags = Flags::new(words, WITH_VALUE);
    while let Some(flag) = flags.next() {
        match flag {
            Flag::Word(word) => contexts.push(word),
            Flag::Named("-f" | "--file", Some(value)) => file = Some(value),
            Flag::Named("--target", Some(value)) => build.target = Some(value.to_owned()),
            Flag::Named("--platform", Some(value)) => {
                build.platforms = value.split(',').map(str::to_owned).collect();
            }
            Flag::Named("--network", Some(value)) => build.network = Some(value.to_owned()),
            Flag::Named("--build-arg", Some(value)) => build.args.extend([place.argument(value)]),
            Flag::Named("--secret", Some(value)) => {
                build.secrets.extend(secret_of_flag(value).map(|id| (id, Place::default())));
            }
            Flag::Named("--build-context", Some(value)) => {
                let (name, value) = value.split_once('=').unwrap_or((value, ""));
                build.contexts.insert(name.to_owned(), context(value, place));
            }
            Flag::Named("--add-host", Some(value)) => {
                build.extra_hosts.push(value.split([':', '=']).next().unwrap_or(value).to_owned());
            }
            Flag::Named(..) => {}
        }
    }
    let [written] = contexts[..] else { return None };
    build.context = context(written, place);
    build.dockerfile = dockerfile(file, written, place);
    Some(CommandScope::Build(Box::new(build)))
}

/// A context from the working directory.
pub(crate) fn context(written: &str, place: CommandPlace<'_>) -> BuildContext {
    let written = &at_root(written, place.root);
    if is_open(written) || is_remote(written) || written == "-" || written.is_empty() {
        return BuildContext::Elsewhere(written.clone());
    }
    of_folder(&place.path(written))
}

/// The Dockerfile, which is named from the working directory; that of the context where none is named.
pub(crate) fn dockerfile(file: Option<&str>, context: &str, place: CommandPlace<'_>) -> DockerfileSource {
    let file = file.map(|file| at_root(file, place.root));
    let context = at_root(context, place.root);
    let is_known = |path: &str| !is_open(path) && !is_remote(path) && path != "-" && !path.is_empty();
    match file {
        Some(file) if !is_known(&file) || is_remote(&context) => DockerfileSource::Elsewhere(file),
        Some(file) => of_dockerfile(place.root, place.folder, &file),
        None if is_known(&context) => {
            of_dockerfile(place.root, &join(place.root, place.folder, &context), "Dockerfile")
        }
        None => DockerfileSource::Elsewhere("Dockerfile".to_owned()),
    }
}

/// The ways in which scripts write the folder that they are in, or that of the project.
const ROOTS: [&str; 9] = [
    "$PWD",
    "${PWD}",
    "$(pwd)",
    "`pwd`",
    "$GITHUB_WORKSPACE",
    "${GITHUB_WORKSPACE}",
    "${{ github.workspace }}",
    "$CI_PROJECT_DIR",
    "${CI_PROJECT_DIR}",
];

/// A path that begins with one of [`ROOTS`], as one that can be known. The first four are the working directory.
fn at_root(path: &str, root: &str) -> String {
    for (at, name) in ROOTS.iter().enumerate() {
        let Some(rest) = path.strip_prefix(name) else { continue };
        if rest.is_empty() || rest.starts_with('/') {
            return if at < 4 { format!(".{rest}") } else { format!("{root}{rest}") };
        }
    }
    path.to_owned()
}

/// The id in `id=npm,src=.npmrc`.
pub(crate) fn secret_of_flag(value: &str) -> Option<String> {
    let mut fields = value.split(',').map(|field| field.trim().trim_matches('"'));
    fields.find_map(|field| field.strip_prefix("id=")).filter(|id| !id.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::image::command_line::of_command;

    fn built(line: &str) -> Option<BuildDefinition> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let environment = BTreeMap::from([("SET".to_owned(), "set".to_owned())]);
        let place = CommandPlace { root: "/w/notes", folder: "web", environment: &environment };
        match of_command(&words, place) {
            Some(CommandScope::Build(build)) => Some(*build),
            _ => None,
        }
    }

    fn paths(line: &str) -> (BuildContext, DockerfileSource) {
        let build = built(line).unwrap();
        (build.context, build.dockerfile)
    }

    fn project(folder: &str, file: &str) -> (BuildContext, DockerfileSource) {
        (BuildContext::Project(folder.to_owned()), DockerfileSource::Project(file.to_owned()))
    }

    fn elsewhere(folder: &str, file: &str) -> (BuildContext, DockerfileSource) {
        (BuildContext::Elsewhere(folder.to_owned()), DockerfileSource::Elsewhere(file.to_owned()))
    }

    #[test]
    fn contexts_and_dockerfiles() {
        assert_eq!(paths("docker build ."), project("web", "web/Dockerfile"));
        assert_eq!(paths("docker build -f D .. -t x:1 --no-cache"), project("", "web/D"));
        assert_eq!(paths("docker image build --file=../D -tx ../api"), project("api", "D"));
        assert_eq!(paths("docker buildx build --push $PWD/.."), project("", "Dockerfile"));
        assert_eq!(paths("podman build ${GITHUB_WORKSPACE}"), project("", "Dockerfile"));
        assert_eq!(
            paths("docker build -f D -"),
            (BuildContext::Elsewhere("-".to_owned()), DockerfileSource::Project("web/D".to_owned()))
        );
        assert_eq!(paths("docker build $DIR"), elsewhere("$DIR", "Dockerfile"));
        assert_eq!(
            paths("docker build -f D https://example.org/x.git"),
            elsewhere("https://example.org/x.git", "D")
        );
        assert_eq!(built("docker build"), None);
        assert_eq!(built("docker build a b"), None);
    }

    #[test]
    fn what_is_given_to_a_build() {
        let build = built("docker build --target t --build-arg A=1 --build-arg SET --build-arg NO --secret id=npm,src=x --build-context plat=../../plat --build-context b=docker-image://b --add-host h:1 --network host .").unwrap();
        assert_eq!((build.target.as_deref(), build.network.as_deref()), (Some("t"), Some("host")));
        let args: Vec<(&str, Option<&str>)> =
            build.args.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(args, [("A", Some("1")), ("NO", None), ("SET", Some("set"))]);
        assert_eq!(build.secrets.into_keys().collect::<Vec<_>>(), ["npm"]);
        assert_eq!(build.contexts["plat"], BuildContext::Elsewhere("../plat".to_owned()));
        assert_eq!(build.contexts["b"], BuildContext::Elsewhere("docker-image://b".to_owned()));
        assert_eq!(build.extra_hosts, ["h"]);
    }
}
