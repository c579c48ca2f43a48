//! What `docker compose config --format json` says of the builds.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::definitions::{ComposeServices, of_dockerfile, of_folder, secret_id};
use super::paths;
use crate::image::definition::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource};
use crate::image::place::Place;

/// Takes what docker says of each build, with the places and unset arguments of our own reading.
///
/// # Errors
/// The text is none of docker's answers.
pub(crate) fn take_resolved(
    text: &str,
    root: &str,
    first_file: &str,
    own: &mut ComposeServices,
) -> Result<(), &'static str> {
    let document: Value = serde_json::from_str(text).map_err(|_| "docker's answer is no JSON")?;
    let services = document.get("services").and_then(Value::as_object);
    let mut builds: Vec<BuildDefinition> = services
        .into_iter()
        .flatten()
        .filter_map(|(name, service)| {
            let known = own.builds.iter().find(|build| build.name == *name);
            definition(name, service, root, known, first_file)
        })
        .collect();
    // In the order of the files, which docker does not keep.
    let at = |name: &str| own.builds.iter().position(|build| build.name == name).unwrap_or(usize::MAX);
    builds.sort_by_key(|build| at(&build.name));
    own.builds = builds;
    own.unknown.clear();
    Ok(())
}

fn definition(
    name: &str,
    service: &Value,
    root: &str,
    known: Option<&BuildDefinition>,
    first_file: &str,
) -> Option<BuildDefinition> {
    let build = service.get("build")?.as_object()?;
    let text = |key: &str| build.get(key).and_then(Value::as_str).map(plain).filter(|text| !text.is_empty());
    let written = text("context").unwrap_or_else(|| root.to_owned());
    let is_remote = paths::is_remote(&written);
    let folder = paths::join(root, "", &written);
    let file = text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let dockerfile = match (text("dockerfile_inline"), is_remote) {
        (Some(text), _) => {
            let line = match known.map(|known| &known.dockerfile) {
                Some(DockerfileSource::Inline { line, .. }) => *line,
                _ => 0,
            };
            DockerfileSource::Inline { text, line }
        }
        (None, true) => DockerfileSource::Elsewhere(file),
        (None, false) => of_dockerfile(root, &folder, &file),
    };
    // Docker leaves out what is not set.
    let unset = known.into_iter().flat_map(|known| &known.args).filter(|(_, value)| value.is_none());
    let mut args: BTreeMap<String, Option<String>> = unset.map(|(name, _)| (name.clone(), None)).collect();
    for (name, value) in map(build, "args") {
        args.insert(name.clone(), value.as_str().map(plain));
    }
    let context = |written: &str| {
        if paths::is_remote(written) {
            return BuildContext::Elsewhere(written.to_owned());
        }
        of_folder(&paths::join(root, "", written))
    };
    let place = known.map_or_else(|| Place::line(first_file, 0), |known| known.place.clone());
    let secret = |secret: &Value| {
        let field = |key: &str| secret.get(key).and_then(Value::as_str);
        let id = secret_id(field("source"), field("target"))?;
        let at = known.and_then(|known| known.secrets.get(&id)).unwrap_or(&place).clone();
        Some((id, at))
    };
    let list = |of: Option<&Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut hosts: Vec<String> = list(build.get("extra_hosts"))
        .iter()
        .filter_map(|host| host.as_str()?.split([':', '=']).next().map(str::to_owned))
        .collect();
    hosts.dedup();
    Some(BuildDefinition {
        is_guess: false,
        name: name.to_owned(),
        kind: DefinitionKind::Compose,
        context: if is_remote { BuildContext::Elsewhere(written) } else { of_folder(&folder) },
        dockerfile,
        target: text("target"),
        args,
        secrets: list(build.get("secrets")).iter().filter_map(secret).collect(),
        contexts: map(build, "additional_contexts")
            .filter_map(|(name, value)| Some((name.clone(), context(&plain(value.as_str()?)))))
            .collect(),
        arg_places: known.map(|known| known.arg_places.clone()).unwrap_or_default(),
        extra_hosts: hosts,
        run_hosts: known.map(|known| known.run_hosts.clone()).unwrap_or_default(),
        platforms: match service.get("platform").and_then(Value::as_str) {
            Some(own) => vec![own.to_owned()],
            None => {
                list(build.get("platforms")).iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
        },
        network: text("network"),
        profiles: list(service.get("profiles"))
            .iter()
            .filter_map(|profile| profile.as_str().map(str::to_owned))
            .collect(),
        place,
    })
}

fn map<'a>(build: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    build.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// Docker writes a dollar sign twice, so that what it prints is a compose file again.
fn plain(text: &str) -> String {
    text.replace("$$", "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_wins_and_our_places_stay() {
        let place = Place { file: "compose.yaml".to_owned(), line: 3, column: 5 };
        let build = |name: &str| BuildDefinition {
            name: name.to_owned(),
            place: place.clone(),
            args: [("UNSET".to_owned(), None), ("A".to_owned(), None)].into(),
            ..BuildDefinition::default()
        };
        let mut own =
            ComposeServices { builds: vec![build("web"), build("gone")], ..ComposeServices::default() };
        let text = r#"{"services": {"a": {"build": {"context": "https://example.org/x.git", "dockerfile": "D"}},
            "db": {"image": "x"},
            "web": {"profiles": ["p"], "build": {"context": "/w/notes/web", "dockerfile": "../D", "target": "t",
            "args": {"A": "x$$y"}, "secrets": [{"source": "npm", "target": "/run/secrets/npm"}, {"source": "x", "target": "y"}],
            "additional_contexts": {"plat": "/w/plat", "b": "docker-image://b"}, "extra_hosts": ["h=1"]}}}}"#;
        take_resolved(text, "/w/notes", "compose.yaml", &mut own).unwrap();
        let [web, a] = &own.builds[..] else { panic!("{own:?}") };
        assert_eq!(web.place, place);
        assert_eq!(web.context, BuildContext::Project("web".to_owned()));
        assert_eq!(web.dockerfile, DockerfileSource::Project("D".to_owned()));
        assert_eq!(web.args, [("A".to_owned(), Some("x$y".to_owned())), ("UNSET".to_owned(), None)].into());
        assert_eq!(web.secrets.keys().collect::<Vec<_>>(), ["npm", "y"]);
        assert_eq!(web.contexts["plat"], BuildContext::Elsewhere("/w/plat".to_owned()));
        assert_eq!((&web.extra_hosts[..], &web.profiles[..]), (&["h".to_owned()][..], &["p".to_owned()][..]));
        assert_eq!(a.context, BuildContext::Elsewhere("https://example.org/x.git".to_owned()));
        assert_eq!(a.dockerfile, DockerfileSource::Elsewhere("D".to_owned()));
        assert_eq!(a.place, Place::line("compose.yaml", 0));
        assert!(take_resolved("", "/w", "x", &mut own).is_err());
    }
}
