use std::fs;

use tempfile::TempDir;

use super::*;
use crate::image::definition::{BuildContext, DefinitionKind, DockerfileSource};

/// A project with some files; `PATH` is its folder `bin`.
struct DefinitionScene {
    dir: TempDir,
    files: Vec<String>,
    environment: BTreeMap<String, String>,
    use_docker: bool,
}

impl DefinitionScene {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let path = dir.path().join("bin").to_str().unwrap().to_owned();
        Self {
            files: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
            environment: [
                ("PATH".to_owned(), path),
                ("DOCKER_CONFIG".to_owned(), dir.path().join("docker").to_str().unwrap().to_owned()),
            ]
            .into(),
            use_docker: false,
            dir,
        }
    }

    fn read(&self, command: Option<(&str, &str)>) -> Definitions {
        let words =
            command.map(|(line, folder)| (line.split(' ').map(OsString::from).collect::<Vec<_>>(), folder));
        read(DefinitionInputs {
            root: self.dir.path(),
            environment: &self.environment,
            files: &self.files,
            command: words.as_ref().map(|(words, folder)| (&words[..], *folder)),
            use_docker: self.use_docker,
        })
    }

    fn builds(&self) -> Vec<String> {
        shown(&self.read(None))
    }

    /// Which builds a command builds, by their places in the list.
    fn commanded(&self, line: &str, folder: &str) -> Option<Vec<String>> {
        let found = self.read(Some((line, folder)));
        let all = shown(&found);
        Some(found.commanded?.into_iter().map(|at| all[at].clone()).collect())
    }

    /// Puts a program in the place of docker.
    #[cfg(unix)]
    fn docker(&mut self, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        self.use_docker = true;
        let path = self.dir.path().join("bin/docker");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        // It has its plugins, too.
        let plugins = self.dir.path().join("docker/cli-plugins");
        fs::create_dir_all(&plugins).unwrap();
        for name in ["docker-compose", "docker-buildx"] {
            fs::write(plugins.join(name), "").unwrap();
        }
    }
}

fn shown(found: &Definitions) -> Vec<String> {
    let show = |build: &BuildDefinition| {
        let context = match &build.context {
            BuildContext::Project(folder) => format!("[{folder}]"),
            BuildContext::Elsewhere(written) => format!("<{written}>"),
        };
        let file = match &build.dockerfile {
            DockerfileSource::Project(file) | DockerfileSource::Elsewhere(file) => file.clone(),
            DockerfileSource::Inline { .. } => "inline".to_owned(),
        };
        let kind = match build.kind {
            DefinitionKind::Compose => "compose",
            DefinitionKind::Bake => "bake",
            DefinitionKind::Script => "script",
            DefinitionKind::Nothing => "nothing",
        };
        let args: String = build
            .args
            .iter()
            .map(|(name, value)| format!(" {name}={}", value.as_deref().unwrap_or("?")))
            .collect();
        let target = build.target.iter().map(|target| format!(" target={target}")).collect::<String>();
        format!("{kind} {} {} {context} {file}{target}{args}", build.place, build.name)
    };
    let unknown = found.unknown.iter().map(|unknown| format!("{} {}", unknown.place, unknown.why));
    found.builds.iter().map(show).chain(unknown).collect()
}

#[test]
fn every_kind_of_definition() {
    let scene = DefinitionScene::new(&[
        (
            ".github/workflows/ci.yml",
            "jobs: {a: {steps: [{uses: docker/build-push-action@v6, with: {file: ci.Dockerfile}}]}}",
        ),
        (".gitlab-ci.yml", "x: {script: [docker build web]}"),
        ("compose.yaml", "services: {web: {build: web}, api: {build: api}}"),
        ("compose.override.yaml", "services: {web: {build: {args: {A: 1}}}}"),
        ("compose.prod.yaml", "services: {web: {build: {target: prod}}}"),
        ("compose.other.yaml", "services: {api: {build: api}, more: {build: more}}"),
        (
            "docker/docker-compose.yml",
            "services: {x: {build: {context: .., dockerfile: docker/x.Dockerfile}}}",
        ),
        ("docker-bake.json", r#"{"target": {"b": {"context": "web"}}}"#),
        ("docker-bake.prod.hcl", "target \"c\" {}"),
        ("package.json", r#"{"scripts": {"image": "docker build -f D ."}}"#),
        ("build.sh", "docker compose -f a.yml -f b.yml build\ndocker compose -f no.yml up"),
        ("a.yml", "services: {s: {build: s}}"),
        ("b.yml", "services: {s: {build: {target: t}}}"),
    ]);
    assert_eq!(
        scene.builds(),
        [
            "compose compose.yaml:1:18 web [web] web/Dockerfile A=1",
            "compose compose.yaml:1:37 api [api] api/Dockerfile",
            "script package.json:1  [] D",
            "script .github/workflows/ci.yml:1:20  [] ci.Dockerfile",
            "script .gitlab-ci.yml:1  [web] web/Dockerfile",
            "compose a.yml:1:16 s [s] s/Dockerfile target=t",
            "compose compose.yaml:1:18 web [web] web/Dockerfile target=prod",
            "compose compose.other.yaml:1:38 more [more] more/Dockerfile",
            "compose docker/docker-compose.yml:1:16 x [] docker/x.Dockerfile",
            "bake docker-bake.json:1:13 b [web] web/Dockerfile",
            "no.yml is named by a script for compose, and cannot be read",
            "docker-bake.prod.hcl is not read: docker buildx bake does not say what it means: docker is not asked",
        ]
    );
}

#[test]
fn what_a_command_builds() {
    let scene = DefinitionScene::new(&[
        (
            "compose.yaml",
            "services: {web: {build: web, depends_on: [api]}, api: {build: api}, dev: {build: dev, profiles: [dev]}}",
        ),
        ("docker/x.yml", "services: {x: {build: x}}"),
        ("docker/compose.yml", "services: {y: {build: y}, db: {image: x}}"),
        (
            "docker-bake.json",
            r#"{"group": {"default": {"targets": ["b"]}}, "target": {"b": {}, "c": {"context": "c"}}}"#,
        ),
    ]);
    let web = "compose compose.yaml:1:18 web [web] web/Dockerfile";
    let api = "compose compose.yaml:1:56 api [api] api/Dockerfile";
    let dev = "compose compose.yaml:1:75 dev [dev] dev/Dockerfile";
    let commanded = |line: &str, folder: &str| scene.commanded(line, folder).unwrap();
    assert_eq!(commanded("docker compose build", ""), [web, api]);
    assert_eq!(commanded("docker compose build web", ""), [web]);
    assert_eq!(commanded("docker compose up web", "src"), [web, api]);
    assert_eq!(commanded("docker compose --profile dev build", ""), [web, api, dev]);
    assert_eq!(commanded("docker compose build --build-arg A=1 web", ""), [format!("{web} A=1")]);
    assert_eq!(
        commanded("docker compose -f docker/x.yml build", ""),
        ["compose docker/x.yml:1:16 x [docker/x] docker/x/Dockerfile"]
    );
    assert_eq!(
        commanded("docker compose build", "docker"),
        ["compose docker/compose.yml:1:16 y [docker/y] docker/y/Dockerfile"]
    );
    assert_eq!(commanded("docker compose up db", "docker"), [""; 0]);
    assert_eq!(commanded("docker build -f D .", "web"), ["script   [web] web/D"]);
    assert_eq!(commanded("docker buildx bake", ""), ["bake docker-bake.json:1:55 b [] Dockerfile"]);
    assert_eq!(commanded("docker buildx bake c", ""), ["bake docker-bake.json:1:64 c [c] c/Dockerfile"]);
    for line in [
        "npm test",
        "docker compose build typo",
        "docker buildx bake typo",
        "docker compose -f no.yml build",
        "docker buildx bake -f no.hcl",
    ] {
        assert_eq!(scene.commanded(line, ""), None, "{line}");
    }
    let hcl = DefinitionScene::new(&[(
        "docker-bake.hcl",
        "target \"a\" {}\ngroup \"default\" { targets = [\"a\"] }",
    )]);
    assert_eq!(hcl.commanded("docker buildx bake", ""), None);
}

#[cfg(unix)]
#[test]
fn docker_is_asked() {
    let mut scene = DefinitionScene::new(&[
        ("compose.yaml", "services: {web: {build: {context: web, args: {A: '${NO?}'}}}}"),
        ("docker-bake.hcl", "target \"t\" {\n  context = upper(\"x\")\n}\n"),
    ]);
    let own = "compose compose.yaml:1:18 web [web] web/Dockerfile A=?";
    let unset = "compose.yaml:1:50 wants the variable NO, which is not set";
    let not_read = "docker-bake.hcl is not read: docker buildx bake does not say what it means";
    let bare = format!("{not_read}: docker is not asked");
    assert_eq!(scene.builds(), [own, unset, &bare]);
    scene.docker(
        r#"[ "$(pwd)" = "$PWD" ] && [ -z "$(cat)" ] || exit 9
case "$*" in
"compose --profile * config --no-consistency --format json")
    echo '{"services": {"web": {"build": {"context": "'"$PWD"'/other", "args": {"A": "$$"}}}}}' ;;
"buildx bake --progress quiet -f docker-bake.hcl --print t")
    echo '{"group": {"default": {"targets": ["t"]}}, "target": {"t": {"context": "X"}}}' ;;
*) exit 8 ;;
esac"#,
    );
    scene.environment.insert("PATH".to_owned(), format!("{}:/usr/bin:/bin", scene.environment["PATH"]));
    assert_eq!(
        scene.builds(),
        [
            "compose compose.yaml:1:18 web [other] other/Dockerfile A=$",
            "bake docker-bake.hcl:1:1 t [X] X/Dockerfile"
        ]
    );
    scene.docker("echo secret >&2; exit 7");
    let why = |cause: &str| {
        [
            own.to_owned(),
            unset.to_owned(),
            format!("compose.yaml docker compose does not say either what it means: {cause}"),
            format!("{not_read}: {cause}"),
        ]
    };
    assert_eq!(scene.builds(), why("docker says nothing"));
    scene.docker("echo {");
    let found = scene.builds();
    assert!(found[2].ends_with("docker's answer is no JSON"), "{found:?}");
    scene.environment.insert("NO".to_owned(), "yes".to_owned());
    // What is known by our own reading needs no excuse.
    assert_eq!(scene.builds()[..1], ["compose compose.yaml:1:18 web [web] web/Dockerfile A=yes"]);
    assert!(scene.builds()[1].starts_with("docker-bake.hcl"), "{:?}", scene.builds());
    fs::remove_file(scene.dir.path().join("bin/docker")).unwrap();
    scene.environment.insert("PATH".to_owned(), "/nowhere".to_owned());
    assert!(scene.builds()[1].contains("docker cannot be run: "), "{:?}", scene.builds());
}

#[test]
fn what_cannot_be_read() {
    let scene = DefinitionScene::new(&[
        (".github/workflows/a.yml", "docker: ["),
        ("docker-bake.json", "{"),
        ("web/x.compose.yml", "a: ["),
    ]);
    fs::create_dir(scene.dir.path().join("compose.yaml")).unwrap();
    assert_eq!(
        scene.builds(),
        [
            "compose.yaml cannot be read: is a directory",
            ".github/workflows/a.yml:2 is no YAML: while parsing a node, did not find expected node content",
            "web/x.compose.yml:2 is no YAML: while parsing a node, did not find expected node content",
            "docker-bake.json:2 is no JSON: while parsing a node, did not find expected node content",
        ]
    );
}

#[test]
fn files_that_name_files_without_an_end() {
    let names: Vec<String> = (0..20).map(|n| format!("{n}/compose.yaml")).collect();
    let texts: Vec<String> = (1..=20)
        .map(|n| {
            format!("include: [../{n}/compose.yaml, ../{n}/compose.yaml]\nservices: {{s{n}: {{build: .}}}}")
        })
        .collect();
    let files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let mut scene = DefinitionScene::new(&files);
    scene.files.clear();
    scene.environment.insert("COMPOSE_FILE".to_owned(), "0/compose.yaml".to_owned());
    let found = scene.read(None);
    let why: Vec<&str> = found.unknown.iter().map(|unknown| unknown.why.as_str()).collect();
    assert!(
        why.iter().any(|why| why.contains("more than 16 files") || why.contains("files are named")),
        "{why:?}"
    );
    assert!(!found.builds.is_empty());
}
