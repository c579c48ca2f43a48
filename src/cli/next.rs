//! What to type once the project is prepared: the builds that the picture knows, and what puts all back.

use std::collections::BTreeMap;
use std::path::Path;

use crate::image::{
    BuildContext, DefinitionKind, DockerfileSource, ImageBuild, is_bake_default, is_compose_default,
};
use crate::npm::as_seen_from;
use crate::prepare::PreparePlan;
use crate::text::quoted;

/// More are no advice that can be read.
const MOST: usize = 3;

/// The advice. `here`: the folder in which it is typed; `restore`: what puts the project back from there.
pub(super) fn next(plan: &PreparePlan, here: Option<&Path>, restore: &str) -> String {
    let builds = plan.rewrites.iter().map(|rewritten| plan.builds.get(&rewritten.surface.manifest_name));
    let builds: Vec<Vec<&ImageBuild>> =
        builds.map(|builds| builds.into_iter().flatten().map(|build| &**build).collect()).collect();
    let Some(commands) = commands(&builds) else {
        return format!("next: {restore}, once the images are built");
    };
    let command = commands.join(" && ");
    let inside =
        |here: &&Path| **here == *plan.project || commands == [COMPOSE] && here.starts_with(&plan.project);
    let command = match here.filter(|here| !inside(here)) {
        Some(here) => {
            let root = as_seen_from(here, &plan.project);
            let root = root.trim_start_matches("./").trim_end_matches('/');
            format!("(cd {} && {command})", quoted(root.as_bytes()))
        }
        None => command,
    };
    format!("next: {command}, then {restore}")
}

/// Compose finds its files by itself, in folders above too.
const COMPOSE: &str = "docker compose build";

/// The commands that build what installs the surfaces, of each surface's builds those that something defines rather than
/// others; nothing where one of the surfaces has none, or they are too many.
fn commands(surfaces: &[Vec<&ImageBuild>]) -> Option<Vec<String>> {
    let mut commands: Vec<String> = Vec::new();
    // The services and targets that one call builds, by what stands before them.
    let mut named: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for builds in surfaces {
        let first = builds.iter().map(|build| build.definition.kind).min()?;
        let same: Vec<&&ImageBuild> = builds.iter().filter(|build| build.definition.kind == first).collect();
        let are_open = first == DefinitionKind::Nothing && same.len() > 1;
        // Of several contexts that it may be meant for, nobody knows the one.
        if are_open && same.iter().any(|build| build.definition.is_guess) {
            return None;
        }
        for build in same {
            let (command, name) = command(build)?;
            match name {
                Some(name) => {
                    let names = named.entry(command).or_default();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                None if commands.contains(&command) => {}
                None => commands.push(command),
            }
        }
    }
    commands.extend(named.into_iter().map(|(command, names)| {
        names.iter().fold(command, |command, name| format!("{command} {}", quoted(name.as_bytes())))
    }));
    (1..=MOST).contains(&commands.len()).then_some(commands)
}

/// The command that runs a build, and the service or target that it has to name.
fn command(build: &ImageBuild) -> Option<(String, Option<&str>)> {
    let definition = &build.definition;
    let file = &definition.place.file;
    let shown = quoted(file.as_bytes());
    match definition.kind {
        DefinitionKind::Compose => {
            let of_file = if is_compose_default(file) { String::new() } else { format!(" -f {shown}") };
            // Without a profile of its own, every call builds it.
            let name = (!definition.profiles.is_empty()).then_some(&*definition.name);
            Some((format!("docker compose{of_file} build"), name))
        }
        DefinitionKind::Bake => {
            let of_file = if is_bake_default(file) { String::new() } else { format!(" -f {shown}") };
            Some((format!("docker buildx bake{of_file}"), Some(&*definition.name)))
        }
        DefinitionKind::Script | DefinitionKind::Nothing => {
            let BuildContext::Project(context) = &definition.context else { return None };
            let DockerfileSource::Project(dockerfile) = &definition.dockerfile else { return None };
            let usual =
                if context.is_empty() { "Dockerfile".to_owned() } else { format!("{context}/Dockerfile") };
            let mut words = vec!["docker build".to_owned()];
            if *dockerfile != usual {
                words.push(format!("-f {}", quoted(dockerfile.as_bytes())));
            }
            words.extend(
                definition.target.iter().map(|target| format!("--target {}", quoted(target.as_bytes()))),
            );
            words.push(quoted(if context.is_empty() { b"." } else { context.as_bytes() }));
            Some((words.join(" "), None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{BuildDefinition, Place};

    fn build(kind: DefinitionKind, file: &str, name: &str, context: &str, dockerfile: &str) -> ImageBuild {
        let definition = BuildDefinition {
            place: Place::line(file, 1),
            name: name.to_owned(),
            kind,
            context: BuildContext::Project(context.to_owned()),
            dockerfile: DockerfileSource::Project(dockerfile.to_owned()),
            ..BuildDefinition::default()
        };
        ImageBuild {
            definition,
            dockerfile: dockerfile.to_owned(),
            counts: true,
            context: Some(context.to_owned()),
            ..ImageBuild::default()
        }
    }

    fn told(surfaces: &[&[ImageBuild]]) -> Option<String> {
        let surfaces: Vec<Vec<&ImageBuild>> = surfaces.iter().map(|builds| builds.iter().collect()).collect();
        commands(&surfaces).map(|commands| commands.join(" && "))
    }

    fn bare(context: &str, dockerfile: &str) -> ImageBuild {
        build(DefinitionKind::Nothing, dockerfile, "", context, dockerfile)
    }

    #[test]
    fn what_is_known_of_a_build_is_said() {
        use DefinitionKind::{Bake, Compose, Script};
        let one = |build: ImageBuild| told(&[&[build]]).unwrap();
        assert_eq!(one(build(Compose, "compose.yaml", "web", "", "Dockerfile")), COMPOSE);
        let other = build(Compose, "deploy/docker-compose.prod.yml", "web", "", "Dockerfile");
        assert_eq!(one(other), "docker compose -f deploy/docker-compose.prod.yml build");
        let mut hidden = build(Compose, "docker-compose.override.yml", "web", "", "Dockerfile");
        hidden.definition.profiles.push("dev".to_owned());
        assert_eq!(one(hidden), "docker compose build web");
        assert_eq!(one(build(Bake, "docker-bake.hcl", "web", "", "Dockerfile")), "docker buildx bake web");
        assert_eq!(one(build(Bake, "ci/b.json", "w", "", "x")), "docker buildx bake -f ci/b.json w");
        assert_eq!(one(build(Script, "Makefile", "", "web", "web/Dockerfile")), "docker build web");
        assert_eq!(one(bare("", "web/Dockerfile")), "docker build -f web/Dockerfile .");
        assert_eq!(one(bare("", "Dockerfile")), "docker build .");
        let mut stage = bare("a b", "a b/x.Dockerfile");
        stage.definition.target = Some("prod".to_owned());
        assert_eq!(one(stage), "docker build -f 'a b/x.Dockerfile' --target prod 'a b'");
    }

    #[test]
    fn each_command_is_said_once_and_those_come_first_that_something_defines() {
        use DefinitionKind::{Bake, Compose, Script};
        let compose = |name: &str| build(Compose, "compose.yaml", name, "", "Dockerfile");
        let bake = |name: &str| build(Bake, "docker-bake.hcl", name, "", "Dockerfile");
        let script = build(Script, "ci.sh", "", "", "web/Dockerfile");
        assert_eq!(told(&[&[script.clone(), compose("a")], &[compose("b")]]).unwrap(), COMPOSE);
        assert_eq!(told(&[&[bake("a")], &[bake("b"), bake("a")]]).unwrap(), "docker buildx bake a b");
        assert_eq!(
            told(&[&[compose("a")], &[script]]).unwrap(),
            "docker compose build && docker build -f web/Dockerfile ."
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(told(&[&[], &[bare("", "Dockerfile")]]), None);
        let mut elsewhere = bare("", "Dockerfile");
        elsewhere.definition.context = BuildContext::Elsewhere("https://x".to_owned());
        assert_eq!(told(&[&[elsewhere]]), None);
        let guess = |context: &str| {
            let mut build = bare(context, "web/Dockerfile");
            build.definition.is_guess = true;
            build
        };
        assert_eq!(told(&[&[guess("web")]]).unwrap(), "docker build web");
        assert_eq!(told(&[&[guess(""), guess("web")]]), None);
        let many: Vec<Vec<ImageBuild>> =
            ["a", "b", "c", "d"].iter().map(|dir| vec![bare(dir, &format!("{dir}/Dockerfile"))]).collect();
        let many: Vec<&[ImageBuild]> = many.iter().map(Vec::as_slice).collect();
        assert_eq!(told(&many), None);
    }
}
