//! `run --isolated -- docker compose build`, with the real compose: its resolved picture differs in nothing but contexts.

use std::path::Path;

use super::real::{BACKEND, Call, Real, WEB, call};

const BOTH: &str = "services:
  backend: { image: backend, build: { context: ., dockerfile: backend/Dockerfile } }
  web: { image: web, build: { context: ., dockerfile: web/Dockerfile } }
";
const BUILD: &[&str] = &["compose", "build"];

/// Both services get a tree of their own, and nothing else is another.
#[track_caller]
fn both(real: &Real, call: Call<'_>) {
    let contexts = real.contexts(call);
    let [(_, backend), (_, web)] = &contexts[..] else { panic!("{contexts:?}") };
    real.assert_tree(backend, "backend", &BACKEND);
    real.assert_tree(web, "web", &WEB);
    assert_ne!(backend, web);
}

/// One service gets a tree.
#[track_caller]
fn one(real: &Real, call: Call<'_>, surface: &str) {
    let contexts = real.contexts(call);
    let [(_, tree)] = &contexts[..] else { panic!("{contexts:?}") };
    real.assert_tree(tree, surface, if surface == "web" { &WEB } else { &BACKEND });
}

#[test]
fn files_that_compose_finds_itself() {
    for name in ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"] {
        let real = Real::new(&[(name, BOTH)]);
        both(&real, call(BUILD));
        // docker-prep runs a command at the top, wherever it is called.
        both(&real, Call { folder: "web", ..call(BUILD) });
    }
}

#[test]
fn an_override_file_counts_as_it_does_for_compose() {
    for (name, more) in
        [("compose.yaml", "compose.override.yml"), ("docker-compose.yml", "docker-compose.override.yaml")]
    {
        let real = Real::new(&[
            (name, BOTH),
            (more, "services: { web: { build: { args: { A: b } }, labels: { more: 'yes' } } }\n"),
        ]);
        assert!(real.alone(call(BUILD)).contains("more:"));
        both(&real, call(BUILD));
    }
}

#[test]
fn files_that_are_named() {
    let real = Real::new(&[
        (
            "deploy/one.yml",
            "services: { backend: { build: { context: ., dockerfile: backend/Dockerfile } } }\n",
        ),
        ("two.yml", "services: { web: { build: { context: ., dockerfile: web/Dockerfile } } }\n"),
        ("compose.yaml", "services: { backend: { image: not-this-one } }\n"),
    ]);
    let top: &[&str] = &["--project-directory", "."];
    for files in [
        &["-f", "deploy/one.yml", "-f", "two.yml"][..],
        &["--file=deploy/one.yml", "-ftwo.yml"],
        &["--file", "deploy/one.yml", "--file", "./two.yml"],
    ] {
        both(&real, call(&[&["compose"][..], top, files, &["build"]].concat()));
    }
    // The first one's folder is the project's then.
    let at_top = [&["compose", "-f", "two.yml", "-f", "deploy/one.yml"][..], &["build"]].concat();
    both(&real, call(&at_top));
    // From a folder further down too, where the same is meant.
    both(&real, Call { folder: "web", ..call(&at_top) });
}

#[test]
fn files_that_variables_name() {
    let real = Real::new(&[
        ("one.yml", "services: { backend: { build: { context: ., dockerfile: backend/Dockerfile } } }\n"),
        ("two.yml", "services: { web: { build: { context: ., dockerfile: web/Dockerfile } } }\n"),
        ("compose.yaml", "services: { backend: { image: not-this-one } }\n"),
    ]);
    both(&real, Call { variables: &[("COMPOSE_FILE", "one.yml:two.yml")], ..call(BUILD) });
    both(
        &real,
        Call {
            variables: &[("COMPOSE_FILE", "one.yml,two.yml"), ("COMPOSE_PATH_SEPARATOR", ",")],
            ..call(BUILD)
        },
    );
    // `-f` beats them.
    let named = ["compose", "-f", "two.yml", "build"];
    one(&real, Call { variables: &[("COMPOSE_FILE", "one.yml")], ..call(&named) }, "web");
}

#[test]
fn files_that_an_environment_file_names() {
    let files = [
        ("one.yml", "services: { backend: { build: { context: ., dockerfile: backend/Dockerfile } } }\n"),
        ("two.yml", "services: { web: { build: { context: ., dockerfile: web/Dockerfile } } }\n"),
        ("compose.yaml", "services: { backend: { image: not-this-one } }\n"),
        (".env", "COMPOSE_FILE=one.yml:two.yml\n"),
        ("other.env", "COMPOSE_FILE=two.yml;one.yml\nCOMPOSE_PATH_SEPARATOR=;\n"),
    ];
    both(&Real::new(&files), call(BUILD));
    let real = Real::new(&[&files[..3], &files[4..]].concat());
    both(&real, call(&["compose", "--env-file", "other.env", "build"]));
}

#[test]
fn extends_include_and_profiles() {
    let real = Real::new(&[
        (
            "compose.yaml",
            "include: [deploy/web.yml]\nservices:\n  backend:\n    extends: { file: deploy/base.yml, service: base }\n",
        ),
        (
            "deploy/base.yml",
            "services: { base: { build: { context: .., dockerfile: backend/Dockerfile, args: { A: b } } } }\n",
        ),
        (
            "deploy/web.yml",
            "services: { web: { profiles: [site], build: { context: .., dockerfile: web/Dockerfile } } }\n",
        ),
    ]);
    one(&real, call(BUILD), "backend");
    both(&real, call(&["compose", "--profile", "site", "build"]));
    both(&real, call(&["compose", "--profile=*", "build"]));
    both(&real, Call { variables: &[("COMPOSE_PROFILES", "site")], ..call(BUILD) });
    // compose takes a service's profile for chosen where the service is named.
    real.run(call(&["compose", "build", "web"])).exits(0);
}

#[test]
fn what_else_a_project_has_stays_its_own() {
    let real = Real::new(&[
        (
            "compose.yaml",
            "services:
  backend:
    build:
      context: .
      dockerfile: backend/Dockerfile
      additional_contexts: { shared: ./shared }
      secrets: [token]
      ssh: [default]
    env_file: backend/backend.env
    volumes: ['./shared:/data:ro', 'kept:/kept', '../plat:/plat']
    develop: { watch: [{ action: sync, path: ./backend, target: /app }] }
volumes: { kept: {} }
secrets: { token: { file: ./token.txt } }
configs: { some: { file: ./shared/some.conf } }
",
        ),
        ("backend/backend.env", "GREETING=hello $$1\nOTHER=${HOME}\n"),
        ("shared/some.conf", "x\n"),
        ("token.txt", "secret\n"),
    ]);
    one(&real, call(BUILD), "backend");
    one(&real, call(&["compose", "-p", "another-name", "--parallel", "1", "build"]), "backend");
}

#[test]
fn named_ssh_keys() {
    let real = Real::new(&[(
        "compose.yaml",
        "services: { backend: { build: { context: ., dockerfile: backend/Dockerfile, ssh: ['key=/nowhere/id'] } } }\n",
    )]);
    one(&real, call(BUILD), "backend");
}

#[test]
fn a_build_that_an_override_takes_away_does_not_come_back() {
    let real = Real::new(&[
        ("compose.yaml", BOTH),
        ("compose.override.yaml", "services: { web: { build: !reset null } }\n"),
    ]);
    one(&real, call(BUILD), "backend");
}

#[test]
fn builds_that_need_nothing_of_ours_keep_their_contexts() {
    let real = Real::new(&[
        (
            "compose.yaml",
            "services:
  backend: { build: { context: ., dockerfile: backend/Dockerfile } }
  db: { build: ./db }
  url: { build: 'https://example.com/repository.git' }
  outside: { build: ../plat/tool }
  inline: { build: { context: ., dockerfile_inline: \"FROM scratch\\nCOPY db /db\\n\" } }
",
        ),
        ("db/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        ("../plat/tool/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
    ]);
    one(&real, call(BUILD), "backend");
}

#[test]
fn a_dockerfile_outside_of_its_context() {
    let real = Real::new(&[
        (
            "sub/compose.yaml",
            "services: { backend: { build: { context: .., dockerfile: ../docker/Backend } } }\n",
        ),
        ("x", "x\n"),
    ]);
    // From the context `..`, that is the folder above the product.
    real.world.file("docker/Backend", crate::common::product::dockerfile("backend"));
    let words = ["compose", "-f", "sub/compose.yaml", "build"];
    let alone = real.alone(call(&words));
    let run = real.run(call(&words)).exits(0);
    let picture =
        std::fs::read_to_string(real.world.beside("seen").join("picture")).expect("what compose is shown");
    assert_ne!(alone, picture, "{run}");
    let named = picture.lines().find_map(|line| line.trim_start().strip_prefix("dockerfile: "));
    let named = Path::new(named.expect("a Dockerfile")).canonicalize().expect("a file");
    assert_eq!(named, real.world.path("docker/Backend"), "{picture}");
}

#[test]
fn two_services_of_one_image_have_one_tree() {
    let real = Real::new(&[(
        "compose.yaml",
        "services:
  backend: { image: same, build: { context: ., dockerfile: backend/Dockerfile } }
  worker: { image: same, build: { context: ., dockerfile: backend/Dockerfile }, command: work }
",
    )]);
    let contexts = real.contexts(call(BUILD));
    let [(_, backend), (_, worker)] = &contexts[..] else { panic!("{contexts:?}") };
    assert_eq!(backend, worker);
    real.assert_tree(backend, "backend", &BACKEND);
}

#[test]
fn a_folder_whose_name_means_something_to_compose() {
    let real = Real::new(&[("compose.yaml", BOTH)]);
    for name in ["no $HOME", "a:b", "a, b", "it's \"one\"", "#&*!|>%@`"] {
        let (from, to) = (real.world.path("notes"), real.world.path(name));
        std::fs::rename(&from, &to).expect("a name");
        // compose wants a name for the project, and makes it of the folder's.
        let mut program = real.world.program();
        program.current_dir(&to).env("PATH", crate::common::shim::with_bin(&real.world));
        program.env("DOCKER_HOST", "tcp://127.0.0.1:1");
        program.args(["run", "--isolated", "--", "docker", "compose", "-p", "named", "build"]);
        let run = crate::common::Run::from(program.output().expect("docker-prep runs")).exits(0);
        let picture = std::fs::read_to_string(real.world.beside("seen").join("picture"))
            .expect("what compose is shown");
        let contexts =
            picture.lines().filter(|line| line.contains("context: ") && line.contains("/isolated/"));
        assert_eq!(contexts.count(), 2, "{name}: {picture}\n{run}");
        std::fs::rename(&to, &from).expect("a name");
    }
}

#[test]
fn a_tree_is_the_same_from_call_to_call() {
    let real = Real::new(&[("compose.yaml", BOTH)]);
    let first = real.contexts(call(BUILD));
    let again = real.contexts(call(BUILD));
    assert_eq!(first, again);
    // Whichever service is named, and whichever files say so.
    let named = real.contexts(call(&["compose", "-f", "compose.yaml", "build", "web"]));
    let trees: Vec<&Path> = named.iter().map(|(_, tree)| tree.as_path()).collect();
    assert!(first.iter().any(|(_, tree)| trees.contains(&tree.as_path())), "{first:?} {named:?}");
}

#[test]
fn watch_is_refused() {
    let real = Real::new(&[("compose.yaml", BOTH)]);
    let run = real.run(call(&["compose", "watch"]));
    assert_ne!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("watch"), "{run}");
}
