//! What compose files define, each case by files that need not be on a disk; each was compared with what
//! `docker compose config` says of it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::definitions::ComposeService;
use super::*;
use crate::image::definition::{BuildContext, BuildDefinition, DockerfileSource};

/// Reads files as compose finds them in the root, whose path is `/w/notes`.
fn loaded(files: &[(&str, &str)], environment: &[(&str, &str)]) -> ComposeServices {
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut sources = Sources::new("/w/notes".to_owned());
    let add = |sources: &mut Sources, path: &str| {
        let text = files.iter().find(|(name, _)| *name == path);
        sources.add(path, text.map_or(FileText::Missing, |(_, text)| FileText::Text((*text).to_owned())));
    };
    for path in looked_for(&environment).iter().chain(&[env_file("docker")]) {
        add(&mut sources, path);
    }
    let set = default_set(&sources, &environment).unwrap().unwrap();
    for _ in 0..40 {
        let loaded = load(&set, &mut sources);
        if loaded.wanted.is_empty() {
            return loaded;
        }
        loaded.wanted.iter().for_each(|path| add(&mut sources, path));
    }
    panic!("it never has enough");
}

/// `name context dockerfile target args …` of each build, then what is not known.
fn shown(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Vec<String> {
    let loaded = loaded(files, environment);
    let unknown = loaded.unknown.iter().map(|unknown| format!("{} {}", unknown.place, unknown.why));
    loaded.builds.iter().map(show).chain(unknown).collect()
}

fn show(build: &BuildDefinition) -> String {
    let context = |context: &BuildContext| match context {
        BuildContext::Project(folder) => format!("[{folder}]"),
        BuildContext::Elsewhere(written) => format!("<{written}>"),
    };
    let dockerfile = match &build.dockerfile {
        DockerfileSource::Project(file) => format!("[{file}]"),
        DockerfileSource::Elsewhere(written) => format!("<{written}>"),
        DockerfileSource::Inline { text, line } => format!("{line}:{text}"),
    };
    let mut words = vec![build.name.clone(), context(&build.context), dockerfile];
    words.extend(build.target.iter().map(|target| format!("target={target}")));
    words
        .extend(build.args.iter().map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("?"))));
    words.extend(build.secrets.iter().map(|(id, place)| format!("secret={id}@{place}")));
    words.extend(build.contexts.iter().map(|(name, of)| format!("{name}={}", context(of))));
    words.extend(build.extra_hosts.iter().map(|host| format!("host={host}")));
    words.extend(build.network.iter().map(|network| format!("network={network}")));
    words.extend(build.profiles.iter().map(|profile| format!("profile={profile}")));
    words.join(" ")
}

fn one(text: &str) -> Vec<String> {
    shown(&[("compose.yaml", text)], &[("SET", "set"), ("EMPTY", "")])
}

#[test]
fn a_build_in_its_forms() {
    assert_eq!(
        one("services:
  a: {build: ./web/}
  b: {build: {context: web, dockerfile: ../docker/b.Dockerfile, target: prod, network: host}}
  c: {build: {}}
  d: {image: x, build: }
  e:
    profiles: [dev]
    build:
      args: [A, SET, B=1=2, N=]
      secrets: [npm, {source: gitea, target: token}]
      additional_contexts: [plat=../plat, base=docker-image://x:1, web=web]
      extra_hosts: ['host.docker.internal:host-gateway']
  f:
    build:
      args: {A: , SET: , N: 1.10, T: true}
      additional_contexts: {a: 'service:a'}
      extra_hosts: {h: 1.2.3.4}
"),
        [
            "a [web] [web/Dockerfile]",
            "b [web] [docker/b.Dockerfile] target=prod network=host",
            "c [] [Dockerfile]",
            "e [] [Dockerfile] A=? B=1=2 N= SET=set secret=npm@compose.yaml:10:17 secret=token@compose.yaml:10:22 base=<docker-image://x:1> plat=<../plat> web=[web] host=host.docker.internal profile=dev",
            "f [] [Dockerfile] A=? N=1.1 SET=set T=true a=<service:a> host=h",
        ]
    );
    let loaded = loaded(&[("compose.yaml", "services:\n  a:\n    image: x\n    build: .\n")], &[]);
    assert_eq!(loaded.builds[0].place.to_string(), "compose.yaml:4:5");
}

#[test]
fn contexts_that_are_no_folder_of_the_project() {
    assert_eq!(
        one("services:
  a: {build: ../plat}
  b: {build: 'https://example.org/x.git#main:web'}
  c: {build: {context: ../notes/web, dockerfile: /w/notes/D}}
  d: {build: {context: git@example.org:x/y.git, dockerfile: D}}
  e: {build: {context: ..., dockerfile: '/etc/D'}}
  f: {build: {context: ~/x}}
"),
        [
            "a <../plat> <../plat/Dockerfile>",
            "b <https://example.org/x.git#main:web> <Dockerfile>",
            "c [web] [D]",
            "d <git@example.org:x/y.git> <D>",
            "e [...] </etc/D>",
            "f <~/x> <Dockerfile>",
        ]
    );
}

#[test]
fn an_inline_dockerfile() {
    assert_eq!(
        one(
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n\n        FROM x$$Y\n        RUN $(date)\n  b: {build: {dockerfile_inline: FROM y}}\n"
        ),
        ["a [] 5:\nFROM x$Y\nRUN $(date)\n", "b [] 8:FROM y"]
    );
}

#[test]
fn variables_that_are_not_set() {
    assert_eq!(
        one("services:
  a: {build: {context: '${NO:?say where}', args: {A: '${NO?}', B: '${NO}', C: '${EMPTY:-d}'}, target: '$SET'}}
"),
        [
            "a <${NO:?say where}> <Dockerfile> target=set A=? B= C=d",
            "compose.yaml:2:24 wants the variable NO, which is not set",
            "compose.yaml:2:54 wants the variable NO, which is not set",
        ]
    );
}

#[test]
fn an_override_file_lies_over_the_first() {
    let base = "services:
  a: {build: {context: web, args: {A: 1, B: 2, C: 3}, secrets: [x], target: t}, profiles: [p]}
  b: {build: web}
  c: {build: {context: web, args: [A=1]}}
  d: {build: web}
";
    let over = "services:
  a: {build: {args: [B, C=4], secrets: [y], target: }, profiles: [q]}
  b: {build: {dockerfile: D}}
  c: {build: !override {context: api}}
  d: {build: !reset null, image: x}
  e: {build: api}
";
    let expected = [
        "a [web] [web/Dockerfile] target=t A=1 B=? C=4 secret=x@compose.yaml:2:65 secret=y@docker-compose.override.yml:2:41 profile=p profile=q",
        "b [web] [web/D]",
        "c [api] [api/Dockerfile]",
        "e [api] [api/Dockerfile]",
    ];
    assert_eq!(shown(&[("compose.yaml", base), ("docker-compose.override.yml", over)], &[]), expected);
    let other = ("compose.override.yaml", "services: {z: {build: .}}");
    assert_eq!(
        shown(&[("compose.yaml", base), ("compose.override.yml", over), other], &[]).len(),
        expected.len()
    );
    // The name that compose looks for first is the one that counts.
    assert_eq!(
        shown(&[("docker-compose.yml", base), ("compose.yml", "services: {z: {build: .}}")], &[]),
        ["z [] [Dockerfile]"]
    );
}

#[test]
fn tags_in_a_part_of_a_build() {
    let base = "services: {a: {build: {context: web, dockerfile: D, args: {A: 1, B: 2}, secrets: [x]}}}";
    let over =
        "services: {a: {build: {dockerfile: !reset '', args: {A: !reset null}, secrets: !override [y]}}}";
    assert_eq!(
        shown(&[("compose.yaml", base), ("compose.override.yaml", over)], &[]),
        ["a [web] [web/Dockerfile] B=2 secret=y@compose.override.yaml:1:91"]
    );
}

#[test]
fn files_that_a_variable_names() {
    let files = [
        ("docker/a.yml", "services: {a: {build: {context: .., args: {V: $V, W: $W}}}}"),
        ("b.yml", "services: {a: {build: {dockerfile: D}}}"),
        ("docker/.env", "V=docker\nW=w"),
        (".env", "V=root\nX=x"),
    ];
    let named = [("COMPOSE_FILE", "docker/a.yml,b.yml"), ("COMPOSE_PATH_SEPARATOR", ",")];
    assert_eq!(shown(&files, &named), ["a [] [D] V=docker W=w"]);
    let beside = (".env", "V=root\nCOMPOSE_FILE=docker/a.yml");
    let files = [beside, files[0], files[2]];
    assert_eq!(shown(&files, &[]), ["a [] [Dockerfile] V=root W=w"]);
    assert_eq!(shown(&files, &[("W", "process")]), ["a [] [Dockerfile] V=root W=process"]);
    assert_eq!(shown(&[], &[("COMPOSE_FILE", "no.yml")]), ["no.yml is not there"]);
}

#[test]
fn services_that_extend_others() {
    let main = "services:
  a: {extends: b, build: {args: {A: a}}}
  b: {extends: {service: c}, build: {args: {B: b}}}
  c: {build: {context: web, args: {A: c, C: c}}}
  d: {extends: {file: docker/base.yml, service: web}, build: {target: t}}
  e: {extends: {file: docker/base.yml, service: app}}
";
    let base = "services:
  web: {extends: {file: sub/more.yml, service: more}, build: {dockerfile: D}}
  app: {build: {dockerfile: A}}
";
    let more = "services: {more: {build: {context: ../x, additional_contexts: {y: y}}}}";
    let files = [("compose.yaml", main), ("docker/base.yml", base), ("docker/sub/more.yml", more)];
    assert_eq!(
        shown(&files, &[]),
        [
            "a [web] [web/Dockerfile] A=a B=b C=c",
            "b [web] [web/Dockerfile] A=c B=b C=c",
            "c [web] [web/Dockerfile] A=c C=c",
            "d [docker/x] [docker/x/D] target=t y=[docker/sub/y]",
            "e [] [A]",
        ]
    );
    let places: Vec<String> =
        loaded(&files, &[]).builds.iter().map(|build| build.place.to_string()).collect();
    assert_eq!(places[3..], ["compose.yaml:5:55", "docker/base.yml:3:9"]);
}

#[test]
fn what_is_extended_and_not_there() {
    assert_eq!(
        one("services:
  a: {extends: no, build: .}
  b: {extends: {file: no.yml, service: x}, build: .}
  c: {extends: d, build: .}
  d: {extends: c}
  e: {extends: {file: 'https://example.org/x.yml', service: x}}
"),
        [
            "a [] [Dockerfile]",
            "b [] [Dockerfile]",
            "c [] [Dockerfile]",
            "d [] [Dockerfile]",
            "compose.yaml:2:16 extends the service no, which compose.yaml does not have",
            "compose.yaml:3:16 names no.yml, which is not there",
            "compose.yaml:4:16 the service c extends itself",
            "compose.yaml:5:16 the service d extends itself",
            "compose.yaml:6:16 the file that the service e extends is not read",
        ]
    );
}

#[test]
fn included_files() {
    let main = "include:
  - apps/web/compose.yaml
  - {path: [apps/api/a.yml, apps/api/b.yml], project_directory: ., env_file: api.env}
  - no.yml
  - compose.yaml
  - oci://example.org/x
services:
  a: {build: .}
  web: {build: {target: t}}
";
    let web = "services: {web: {build: {args: {V: $V, W: $W}}}, db: {build: ../db}}";
    let files = [
        ("compose.yaml", main),
        (".env", "V=root"),
        ("apps/web/compose.yaml", web),
        ("apps/web/.env", "V=web\nW=web"),
        ("apps/api/a.yml", "services: {api: {build: {context: api, args: [A]}}}"),
        ("apps/api/b.yml", "services: {api: {build: {dockerfile: D}}}"),
        ("api.env", "A=1"),
    ];
    assert_eq!(
        shown(&files, &[]),
        [
            "web [apps/web] [apps/web/Dockerfile] target=t V=root W=web",
            "db [apps/db] [apps/db/Dockerfile]",
            "api [api] [api/D] A=1",
            "a [] [Dockerfile]",
            "compose.yaml:4:5 names no.yml, which is not there",
            "compose.yaml:5:5 includes compose.yaml, which includes itself",
            "compose.yaml:6:5 includes what is no file of the project, and is not read",
        ]
    );
}

#[test]
fn anchors_documents_and_services_of_no_use() {
    assert_eq!(
        one("x-build: &build
  context: web
  args: &args {A: 1}
services:
  a: {build: {<<: *build, args: {<<: *args, B: 2}}}
  b: {build: *build}
  c: nonsense
  d: {build: [nonsense]}
---
services: {a: {build: {dockerfile: D}}}
"),
        ["a [web] [web/D] A=1 B=2", "b [web] [web/Dockerfile] A=1"]
    );
    assert_eq!(one("services: [a]"), [""; 0]);
    assert_eq!(
        one("services:\n  a: {build: ["),
        ["compose.yaml:3 is no YAML: while parsing a node, did not find expected node content"]
    );
    assert_eq!(one(""), [""; 0]);
}

#[test]
fn services_that_others_need() {
    let loaded = loaded(
        &[(
            "compose.yaml",
            "services: {a: {depends_on: [b], build: {additional_contexts: {x: 'service:c'}}}, b: {depends_on: {c: {condition: x}}}, c: {image: x}}",
        )],
        &[],
    );
    let found: Vec<(String, Vec<String>, bool)> = loaded
        .services
        .into_iter()
        .map(|service| {
            (service.name, [service.depends_on, service.builds_on].concat(), service.is_incomplete)
        })
        .collect();
    let of = |name: &str, on: &[&str], is_incomplete| {
        (name.to_owned(), on.iter().map(|on| (*on).to_owned()).collect(), is_incomplete)
    };
    assert_eq!(found, [of("a", &["b", "c"], true), of("b", &["c"], true), of("c", &[], false)]);
}

#[test]
fn files_that_compose_does_not_find_by_itself() {
    let mut sources = Sources::new("/w/notes".to_owned());
    let files = ["a/compose.yml", "a/compose.override.yml", "a/compose.prod.yml", "b/x.compose.yml", "c.yml"];
    let files = files.map(str::to_owned);
    files.iter().for_each(|file| sources.add(file, FileText::Text(String::new())));
    let sets = other_sets(&sources, &files, &[], &BTreeMap::new());
    let names: Vec<&[String]> = sets.iter().map(|set| &set.files[..]).collect();
    assert_eq!(names, [&files[..2], &files[2..3], &files[3..4]]);
    let services = [ComposeService { is_incomplete: true, ..ComposeService::default() }];
    let over = over_default(&sources, &sets[1], &services).unwrap();
    assert_eq!(over.files, [&files[..1], &files[2..3]].concat());
    assert_eq!(over_default(&sources, &sets[0], &services), None);
    assert_eq!(over_default(&sources, &sets[1], &[]), None);
}

#[test]
fn services_that_a_command_builds() {
    let files = [(
        "compose.yaml",
        "services: {a: {build: a, depends_on: [b]}, b: {build: b, depends_on: [c]}, c: {build: {additional_contexts: {x: 'service:d'}}}, d: {build: d, profiles: [p]}}",
    )];
    let services = loaded(&files, &[]).services;
    let built = |names: &[&str], with_dependencies, profiles: &[&str]| {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        built_services(&services, &owned(names), with_dependencies, &owned(profiles))
            .into_iter()
            .collect::<String>()
    };
    assert_eq!(built(&[], false, &[]), "abcd");
    assert_eq!(built(&["b"], false, &[]), "b");
    assert_eq!(built(&["b"], true, &[]), "bcd");
    assert_eq!(built(&["d"], true, &[]), "d");
    let only =
        loaded(&[("compose.yaml", "services: {a: {build: a}, b: {build: b, profiles: [p]}}")], &[]).services;
    let of = |profiles: &[&str]| {
        let profiles: Vec<String> = profiles.iter().map(|profile| (*profile).to_owned()).collect();
        built_services(&only, &[], false, &profiles).into_iter().collect::<String>()
    };
    assert_eq!([of(&[]), of(&["q"]), of(&["p"]), of(&["*"])], ["a", "a", "ab", "ab"]);
}

#[test]
fn a_command_finds_its_files_above() {
    let mut sources = Sources::new("/w/notes".to_owned());
    sources.add("docker/compose.yml", FileText::Text(String::new()));
    sources.add("compose.yml", FileText::Text(String::new()));
    let found = |folder: &str| found_from(&sources, folder, &BTreeMap::new()).unwrap().files;
    assert_eq!(found("docker/x/y"), ["docker/compose.yml"]);
    assert_eq!(found("web"), ["compose.yml"]);
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(
        service in "(build|extends|context|args|file|service|include|path|profiles|[a-b.{}\\[\\]:,!$ ]|: ){0,20}",
        include in "[a-b./{}\\[\\]:, ]{0,12}",
    ) {
        let text = format!("include: [{include}]\nservices:\n  a: {{build: {{{service}}}}}\n  b: {{{service}}}\n");
        let _ = shown(&[("compose.yaml", &text), ("compose.override.yaml", &text)], &[]);
    }
}
