//! What a registry is asked, and whom.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use crate::source::certificates::{self_signed_elsewhere, self_signed_expired, signed};
use crate::source::scene::{SECRETS, Scene};
use crate::source::server::{Reply, Server, closed_port, document, has_all, lock};

const ALL: [&str; 5] =
    ["@bytelyst/client", "@bytelyst/context", "@bytelyst/errors", "@bytelyst/http", "@bytelyst/logger"];

/// A registry that is up, and a line that gives it the token.
fn with_token(server: &Server) -> Scene {
    Scene::of(server).line("notes/.npmrc", format!("{}:_authToken={}", server.key(), SECRETS[0]))
}

#[test]
fn each_package_of_the_closure_once_as_npm_asks() {
    let server = Server::new(has_all);
    let decision = with_token(&server).decide();
    decision.is_up().says("has all 5 packages");
    assert_eq!(
        (decision.source["packages"].as_u64(), decision.source["asked"].as_str()),
        (Some(5), Some("auto"))
    );
    assert_eq!(decision.source["registries"][0]["url"], server.url());
    assert!(decision.source["registries"][0]["namedBy"].as_str().unwrap().contains(".npmrc"));
    assert_eq!(server.packages(), ALL);
    for asked in server.asked() {
        assert_eq!(asked.method, "GET");
        assert!(asked.target.to_lowercase().starts_with("/@bytelyst%2f"), "{}", asked.target);
        let accept = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
        assert_eq!(asked.header("accept"), Some(accept));
        assert_eq!(asked.authorization(), Some(&*format!("Bearer {}", SECRETS[0])));
    }
    let line = decision.run.stderr.lines().filter(|line| line.contains("nothing is packed")).count();
    assert_eq!(line, 1, "one line: {}", decision.run);
}

#[test]
fn a_registry_may_lie_in_a_folder_of_its_server() {
    for end in ["", "/"] {
        let server = Server::new(has_all);
        let folder = format!("{}api/packages/acme/npm", server.url());
        let key = format!("{}api/packages/acme/npm/", server.key());
        let scene = Scene::at(&format!("{folder}{end}"));
        scene.line("notes/.npmrc", format!("{key}:_authToken={}", SECRETS[0])).decide().is_up();
        for asked in server.asked() {
            assert!(asked.target.starts_with("/api/packages/acme/npm/@bytelyst%2"), "{}", asked.target);
            assert!(asked.authorization().is_some());
        }
        assert_eq!(server.packages(), ALL);
    }
}

#[test]
fn a_name_and_password_are_sent_as_npm_sends_them() {
    let basic = Some("Basic dXNlcjpwYXNzLW9mLWF1dGg=");
    let server = Server::new(has_all);
    let line = format!("{}:_auth={}", server.key(), SECRETS[2]);
    Scene::of(&server).line("notes/.npmrc", line).decide().is_up();
    assert!(server.asked().iter().all(|asked| asked.authorization() == basic));

    let server = Server::new(has_all);
    let lines = format!("{0}:username=user\n{0}:_password={1}", server.key(), SECRETS[4]);
    Scene::of(&server).line("notes/.npmrc", lines).decide().is_up();
    // user:pass-of-password
    let basic = Some("Basic dXNlcjpwYXNzLW9mLXBhc3N3b3Jk");
    assert!(server.asked().iter().all(|asked| asked.authorization() == basic));
    assert_eq!(server.packages(), ALL);
}

#[test]
fn a_token_of_another_place_is_not_sent() {
    let server = Server::new(has_all);
    let other = format!("//127.0.0.1:{}/:_authToken={}", closed_port(), SECRETS[0]);
    Scene::of(&server).line("notes/.npmrc", other).decide().is_up();
    assert_eq!(server.packages(), ALL);
    assert!(server.asked().iter().all(|asked| asked.authorization().is_none()));
}

#[test]
fn a_redirect_carries_the_token_to_the_same_origin_only() {
    let elsewhere = Server::new(has_all);
    let to = elsewhere.url();
    let server = Server::new(move |asked| match asked.target.strip_prefix("/first") {
        Some(path) => Reply::redirect("307 Temporary Redirect", format!("/second{path}")),
        None => Reply::redirect("302 Found", format!("{to}{}", asked.target.trim_start_matches("/second/"))),
    });
    let scene = Scene::at(&format!("{}first/", server.url()));
    scene.line("notes/.npmrc", format!("{}:_authToken={}", server.key(), SECRETS[0])).decide().is_up();
    assert_eq!(server.asked().len(), 10);
    assert!(server.asked().iter().all(|asked| asked.authorization().is_some()));
    assert_eq!(elsewhere.packages(), ALL);
    assert!(elsewhere.asked().iter().all(|asked| asked.authorization().is_none()));
}

/// The same host under another name is another origin; so is the way back.
#[test]
fn a_redirect_to_another_name_of_the_same_host_loses_the_token() {
    let elsewhere = Server::new(has_all);
    let to = format!("http://localhost:{}/", elsewhere.port());
    let server = Server::new(move |asked| {
        Reply::redirect("301 Moved Permanently", format!("{to}{}", &asked.target[1..]))
    });
    let scene = with_token(&server);
    let key = format!("//localhost:{}/", elsewhere.port());
    scene.line("notes/.npmrc", format!("{key}:_authToken={}", SECRETS[1])).decide().is_up();
    assert!(elsewhere.asked().iter().all(|asked| asked.authorization().is_none()));
    assert_eq!(elsewhere.packages(), ALL);
}

#[test]
fn the_limit_counts_in_all() {
    let mut scene = Scene::new();
    let mut dependencies = String::new();
    for number in 0..63 {
        let manifest = format!(r#"{{"name": "@bytelyst/p{number}", "version": "1.0.0"}}"#);
        scene = scene.file(&format!("plat/packages/p{number}/package.json"), manifest);
        let comma = if number == 0 { "" } else { ", " };
        dependencies.push_str(&format!("{comma}\"@bytelyst/p{number}\": \"^1.0.0\""));
    }
    let surface = format!("{{\"name\": \"notes-backend\", \"dependencies\": {{{dependencies}}}}}\n");
    let (never, patience) = mpsc::channel::<()>();
    let (never, patience) = (Mutex::new(never), Mutex::new(patience));
    let answered = std::sync::Arc::new(Mutex::new(0));
    let count = std::sync::Arc::clone(&answered);
    // One after the other: each is far below the limit, all are far above it.
    let server = Server::new(move |asked| {
        let _kept = lock(&never);
        let _ = lock(&patience).recv_timeout(Duration::from_millis(40));
        *lock(&count) += 1;
        Reply::json(&document(&asked.package(), &["1.0.0"]))
    });
    let npmrc = format!("@bytelyst:registry={}\n", server.url());
    let scene = scene.file("notes/backend/package.json", surface).file("notes/.npmrc", npmrc);
    let decision = scene.words(&["--probe-timeout", "500ms"]).decide();
    decision.is_down("timed-out");
    assert_eq!(decision.source["packages"], 63);
    assert!(server.asked().len() <= 63, "each is asked for once");
}

#[test]
fn two_scopes_at_two_registries_one_of_them_down() {
    let up = Server::new(|asked| {
        Reply::json(&document(&asked.package(), &["1.4.2", "3.1.0", "2.0.0", "0.2.0", "1.0.0"]))
    });
    let down = format!("http://127.0.0.1:{}/", closed_port());
    let scene = Scene::of(&up)
        .line("notes/.npmrc", format!("@acme:registry={down}"))
        .file("plat/packages/time/package.json", r#"{"name": "@acme/time", "version": "5.0.0"}"#);
    let manifest = scene.world.read("notes/backend/package.json");
    let manifest = manifest.replace("\"ms\"", "\"@acme/time\": \"^5.0.0\",\n    \"ms\"");
    let scene = scene.file("notes/backend/package.json", manifest).words(&[
        "--scope",
        "@bytelyst",
        "--scope",
        "@acme",
    ]);
    let decision = scene.decide();
    decision.says(&format!("registry {down} refused the connection"));
    assert_eq!((decision.used(), decision.source["packages"].as_u64()), ("workspace", Some(6)));
    let registries = decision.source["registries"].as_array().unwrap();
    let refused: Vec<_> = registries.iter().filter(|registry| registry["answer"] == "refused").collect();
    assert_eq!((registries.len(), refused.len()), (2, 1), "{}", decision.run);
    assert_eq!(refused[0]["url"], down);
}

#[test]
fn each_surface_asks_its_own_registry() {
    let (first, second) = (Server::new(has_all), Server::new(has_all));
    let make = |missing: bool| {
        let scene = Scene::new()
            .file(
                "notes/web/package.json",
                r#"{"name": "web", "dependencies": {"@bytelyst/errors": "^1.0.0"}}"#,
            )
            .file("notes/backend/.npmrc", format!("@bytelyst:registry={}\n", first.url()));
        let other = if missing { format!("http://127.0.0.1:{}/", closed_port()) } else { second.url() };
        scene.file("notes/web/.npmrc", format!("@bytelyst:registry={other}\n"))
    };
    let decision = make(false).decide();
    assert_eq!((decision.used(), decision.answers()), ("registry", vec!["up", "up"]), "{}", decision.run);
    assert_eq!(first.packages(), ALL);
    assert_eq!(second.packages(), ["@bytelyst/errors"]);
    let decision = make(true).decide();
    decision.says("refused the connection");
    assert_eq!(decision.used(), "workspace");
}

#[test]
fn a_host_that_only_containers_know_is_asked_as_localhost() {
    let server = Server::new(has_all);
    let host = format!("//host.docker.internal:{}/", server.port());
    let scene =
        Scene::at(&format!("http:{host}")).line("notes/.npmrc", format!("{host}:_authToken={}", SECRETS[0]));
    let decision = scene.decide();
    decision.is_up().says("localhost").says("host.docker.internal");
    assert_eq!(server.packages(), ALL);
    assert!(server.asked().iter().all(|asked| asked.authorization().is_some()));
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    for (certificate, trusted, says) in [
        (signed(), "", "no authority that is trusted here signed the certificate"),
        (self_signed_elsewhere(), "cafile=../authority.pem", "the certificate is for another host"),
        (self_signed_expired(), "cafile=../authority.pem", "the certificate has expired"),
    ] {
        let server = Server::tls(certificate.server.clone(), has_all);
        let scene = Scene::of(&server).file("authority.pem", &certificate.authority);
        scene.line("notes/.npmrc", trusted).decide().is_down("tls").says(says);
        assert!(server.asked().is_empty(), "nothing was said to it");
    }
}
