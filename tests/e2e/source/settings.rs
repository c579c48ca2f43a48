//! Which registry it is, and whose token: the files, their order, and the variables in them.

use crate::common::product::dockerfile;
use crate::source::scene::{SECRETS, Scene};
use crate::source::server::{Reply, Server, closed_port, has_all};

/// In the order in which they count.
const FILES: [&str; 5] = [
    "notes/backend/.npmrc.docker",
    "notes/backend/.npmrc",
    "notes/.npmrc.docker",
    "notes/.npmrc",
    "../home/.npmrc",
];

#[test]
fn the_nearest_file_counts() {
    let servers: Vec<Server> = FILES.iter().map(|_| Server::new(has_all)).collect();
    for first in 0..FILES.len() {
        let mut scene = Scene::new();
        for (file, server) in FILES.iter().zip(&servers).skip(first) {
            scene = scene.file(file, format!("@bytelyst:registry={}\n", server.url()));
        }
        let decision = scene.decide();
        decision.is_up();
        assert_eq!(decision.source["registries"][0]["url"], servers[first].url(), "{}", FILES[first]);
        let named = decision.source["registries"][0]["namedBy"].as_str().unwrap();
        let name = FILES[first].trim_start_matches("notes/").replace("../home", "~");
        assert!(named.starts_with(&name), "{named} is not of {name}");
    }
    assert!(servers.iter().all(|server| server.asked().len() == 5), "each was asked once");
}

#[test]
fn the_nearest_token_counts_whichever_file_names_the_registry() {
    let server = Server::new(has_all);
    for first in 0..FILES.len() {
        let mut scene = Scene::new();
        for (number, file) in FILES.iter().enumerate().skip(first) {
            scene = scene.line(file, format!("{}:_authToken=number-{number}", server.key()));
        }
        scene.line("notes/.npmrc", format!("@bytelyst:registry={}", server.url())).decide().is_up();
        let expected = format!("Bearer number-{first}");
        let last = server.asked().into_iter().rev().take(5);
        last.for_each(|asked| assert_eq!(asked.authorization(), Some(&*expected)));
    }
}

#[test]
fn the_scopes_own_registry_counts_before_the_one_for_all() {
    let (own, general) = (Server::new(has_all), Server::new(has_all));
    let scene = Scene::new()
        .file("notes/backend/.npmrc", format!("registry={}\n", general.url()))
        .file("notes/.npmrc", format!("@bytelyst:registry={}\n", own.url()));
    scene.decide().is_up();
    assert_eq!((own.asked().len(), general.asked().len()), (5, 0));
    let scene = Scene::new().file("notes/.npmrc", format!("registry={}\n", general.url()));
    scene.decide().is_up();
    assert_eq!(general.asked().len(), 5);
}

#[test]
fn the_users_file_may_lie_elsewhere() {
    let server = Server::new(has_all);
    let scene = Scene::new().file("../elsewhere/npmrc", format!("@bytelyst:registry={}\n", server.url()));
    let path = scene.world.beside("elsewhere/npmrc").display().to_string();
    scene.env("npm_config_userconfig", path).decide().is_up();
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn variables_are_expanded_with_their_defaults() {
    let server = Server::new(has_all);
    let port = server.port();
    for (text, set) in [
        ("${PORT}", Some(port.to_string())),
        ("${PORT-1}", Some(port.to_string())),
        ("${PORT:-1}", Some(port.to_string())),
        (&*format!("${{PORT-{port}}}"), None),
        (&*format!("${{PORT:-{port}}}"), None),
        (&*format!("${{PORT:-{port}}}"), Some(String::new())),
    ] {
        let mut scene = Scene::at(&format!("http://127.0.0.1:{text}/"))
            .line("notes/.npmrc", format!("{}:_authToken=${{TOKEN}}", server.key()))
            .env("TOKEN", SECRETS[1]);
        if let Some(value) = set {
            scene = scene.env("PORT", value);
        }
        scene.decide().is_up();
    }
    assert_eq!(server.asked().len(), 30);
    let expected = format!("Bearer {}", SECRETS[1]);
    assert!(server.asked().iter().all(|asked| asked.authorization() == Some(&expected)));
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let scene = Scene::at("http://${GITEA_HOST}:3300/");
    let decision = scene.decide();
    decision.is_down("no-registry").says("GITEA_HOST");
}

/// A Dockerfile that has the settings beside the manifest, with some lines first.
fn with_settings(lines: &str) -> String {
    dockerfile("backend").replacen('\n', &format!("\n{lines}COPY .npmrc /app/backend/\n"), 1)
}

#[test]
fn variables_come_from_compose_and_the_dockerfile() {
    let server = Server::new(has_all);
    let port = server.port();
    let at_variable = || Scene::at("http://127.0.0.1:${GITEA_PORT}/");
    for line in [format!("ARG GITEA_PORT={port}\n"), format!("ENV GITEA_PORT={port}\n")] {
        at_variable().file("notes/backend/Dockerfile", with_settings(&line)).decide().is_up();
    }
    let compose = |value: String| {
        format!(
            "services:\n  backend:\n    build:\n      context: .\n      dockerfile: backend/Dockerfile\n      args:\n        GITEA_PORT: {value}\n"
        )
    };
    let composed = |value: String| {
        at_variable()
            .file("notes/backend/Dockerfile", with_settings("ARG GITEA_PORT\n"))
            .file("notes/docker-compose.yml", compose(value))
    };
    composed(format!("'{port}'")).decide().is_up();
    let defaulted = || composed(format!("${{GITEA_PORT:-{port}}}"));
    defaulted().decide().is_up();
    assert_eq!(server.asked().len(), 20);
    // compose takes the environment's first.
    let closed = closed_port().to_string();
    defaulted().env("GITEA_PORT", closed).decide().is_down("refused");
    assert_eq!(server.asked().len(), 20);
}

#[test]
fn what_the_build_cannot_read_is_as_good_as_down() {
    let server = Server::new(has_all);
    let scene = || Scene::of(&server);
    scene().file("notes/backend/Dockerfile", with_settings("")).decide().is_up();
    let decision = scene().file("notes/backend/Dockerfile", dockerfile("backend")).decide();
    assert_eq!(
        decision.used(),
        "workspace",
        "the registry is up, and the build cannot ask it: {}",
        decision.run
    );
    decision.says("backend/Dockerfile:5: no file that names a registry lies there by then");
    let asked = server.asked().len();
    // Of an argument that compose gives and no ARG takes, the build sees nothing.
    let compose =
        "services: {backend: {build: {context: ., dockerfile: backend/Dockerfile, args: {P: x}}}}\n";
    let decision = Scene::at("http://127.0.0.1:${P}/")
        .file("notes/backend/Dockerfile", with_settings(""))
        .file("notes/compose.yaml", compose)
        .decide();
    decision.is_down("no-registry").says("${P} is not set");
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_token_that_is_not_accepted_is_named_by_file_line_key_and_variable() {
    let server = Server::always(Reply::status("401 Unauthorized"));
    let key = server.key();
    let scene = Scene::of(&server)
        .file("notes/backend/.npmrc.docker", format!("# ours\n{key}:_authToken=${{GITEA_NPM_TOKEN}}\n"))
        .env("GITEA_NPM_TOKEN", SECRETS[1])
        .picture();
    let run = scene.call(&["run", "--source", "auto", "--", "touch", "../was-run"]).exits(5);
    for part in ["backend/.npmrc.docker", "line 2", &format!("{key}:_authToken"), "GITEA_NPM_TOKEN", "401"] {
        assert!(run.stderr.contains(part), "{part}: {run}");
    }
    assert!(run.stderr.contains("  give it a token that is valid: export GITEA_NPM_TOKEN=TOKEN\n"), "{run}");
    scene.is_untouched();
    assert!(!scene.world.exists("was-run"));
    // Nobody is named where nothing is set.
    let scene = Scene::of(&server).line("notes/.npmrc", format!("{key}:_authToken=${{GITEA_NPM_TOKEN}}"));
    let run = scene.call(&["run", "--source", "auto", "--", "true"]).exits(5);
    assert!(run.stderr.contains("  give it a token: export GITEA_NPM_TOKEN=TOKEN\n"), "{run}");
    // No file holds one: the line that would.
    let scene = Scene::of(&server);
    let run = scene.call(&["run", "--source", "auto", "--", "true"]).exits(5);
    assert!(run.stderr.contains(&format!(": {key}:_authToken=${{NPM_TOKEN}}\n")), "{run}");
}
