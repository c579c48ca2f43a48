//! No token, password or credential of an address is ever printed or kept.

use crate::source::scene::{SECRETS, Scene, assert_no_secret_below};
use crate::source::server::{Reply, Server, closed_port, has_all};

/// A product with every secret that there is, in its own files and the environment.
fn full(url: &str, key: &str, proxy: &str) -> Scene {
    let (scheme, rest) = url.split_once("://").unwrap();
    Scene::at(&format!("{scheme}://user:{}@{rest}{}/npm/", SECRETS[6], SECRETS[9]))
        .line("notes/.npmrc", format!("//another.invalid/:_auth={}", SECRETS[2]))
        .line(
            "notes/.npmrc",
            format!("//third.invalid/:username=user\n//third.invalid/:_password={}", SECRETS[4]),
        )
        .line("notes/.npmrc", format!("{key}{}/npm/:_authToken=${{TOKEN}}", SECRETS[9]))
        .line("notes/backend/.npmrc", format!("//fourth.invalid/:_authToken={}", SECRETS[0]))
        .line("notes/.npmrc", proxy)
        .env("TOKEN", SECRETS[1])
        .env("GITHUB_ACTIONS", "true")
}

/// Every way to say much, and every way to fail. [`Scene::call`] looks at what is printed.
fn try_all(make: impl Fn() -> Scene) {
    let mut states = 0;
    for words in [
        &["-v", "run", "--source", "auto", "--", "sh", "-c", "cp -a .git/docker-prep ../../kept; exit 3"][..],
        &["--json", "run", "--source", "auto", "--", "sh", "-c", "cp -a .git/docker-prep ../../kept"],
        &["-v", "--json", "run", "--source", "auto", "--fallback-on-auth", "--", "false"],
        &["run", "--source", "auto", "--dry-run", "--", "true"],
        &["-v", "prepare", "--source", "auto", "--dry-run", "--json"],
        &["run", "--source", "auto", "--", "./no-such-command"],
        &["-v", "prepare", "--source", "auto", "--fallback-on-auth"],
    ] {
        let scene = make();
        let summary = scene.world.beside("summary.md").display().to_string();
        let scene = scene.file("../summary.md", "").env("GITHUB_STEP_SUMMARY", summary);
        scene.call(words);
        assert_no_secret_below(&scene.world.beside("summary.md"));
        for kept in [scene.world.path("notes/.git/docker-prep"), scene.world.beside("kept")] {
            if kept.exists() {
                states += 1;
                assert_no_secret_below(&kept);
            }
        }
        scene.call(&["-v", "status"]);
        scene.call(&["status", "--json"]);
        scene.call(&["-v", "restore"]);
    }
    assert!(states > 0, "no state was looked at");
}

#[test]
fn none_where_the_registry_is_up() {
    let server = Server::new(has_all);
    try_all(|| full(&server.url(), &server.key(), ""));
    assert!(server.asked().iter().all(|asked| asked.authorization().is_some()));
    assert!(!server.asked().is_empty());
}

#[test]
fn none_where_it_denies() {
    for line in ["401 Unauthorized", "403 Forbidden"] {
        let server = Server::always(Reply::status(line));
        try_all(|| full(&server.url(), &server.key(), ""));
        assert!(!server.asked().is_empty());
    }
}

#[test]
fn none_where_it_is_down() {
    let (port, proxy) = (closed_port(), closed_port());
    let (url, key) = (format!("http://127.0.0.1:{port}/"), format!("//127.0.0.1:{port}/"));
    try_all(|| full(&url, &key, ""));
    try_all(|| full(&url, &key, &format!("proxy=http://user:{}@127.0.0.1:{proxy}/", SECRETS[6])));
}

/// A server that says back what it was told, in each place that a message might quote.
#[test]
fn none_where_the_registry_says_them_back() {
    let server = Server::new(|asked| {
        let told = asked.authorization().unwrap_or_default().to_owned();
        match asked.package().as_str() {
            "@bytelyst/errors" => Reply::redirect("302 Found", format!("ftp://{told}@127.0.0.1/{told}")),
            "@bytelyst/http" => Reply::html(&told),
            _ => Reply::Whole("500 Internal Server Error", vec![("x-told", told.clone())], told.into_bytes()),
        }
    });
    try_all(|| full(&server.url(), &server.key(), ""));
    let to = closed_port();
    let server = Server::new(move |asked| {
        let told = asked.authorization().unwrap_or_default().replace(' ', "");
        Reply::redirect("302 Found", format!("http://user:{told}@127.0.0.1:{to}/{told}?{told}"))
    });
    try_all(|| full(&server.url(), &server.key(), ""));
}

#[test]
fn an_address_that_is_none_is_not_quoted_with_its_credentials() {
    for url in [
        format!("http://user:{}@[nonsense/", SECRETS[6]),
        format!("htp://user:{}@host/", SECRETS[6]),
        format!("user:{}@host", SECRETS[6]),
        format!("http://user:{}@host:99999/", SECRETS[6]),
        format!("http://user:{}@[::::]/", SECRETS[6]),
        format!("ftp://user:{}@host/", SECRETS[6]),
        format!("//user:{}@host/", SECRETS[6]),
        format!("http://host/?token={}", SECRETS[9]),
        SECRETS[9].to_owned(),
        format!("${{{SPELLED_AS_NAME}}}"),
        format!("http://host/${{{SPELLED_AS_NAME}}}/"),
    ] {
        let decision = Scene::at(&url).decide();
        decision.says(".npmrc: line 1: @bytelyst:registry: ");
        assert!(!decision.run.stderr.contains(SPELLED_AS_NAME), "{}", decision.run);
        assert!(!decision.run.stdout.contains(SPELLED_AS_NAME), "{}", decision.run);
    }
}

/// A secret that is a variable's name by mistake.
const SPELLED_AS_NAME: &str = "s3cr3tT0k3n";

#[test]
fn a_path_that_may_be_a_secret_is_left_out_and_one_that_is_none_stays() {
    let server = Server::new(has_all);
    let secret = Scene::at(&format!("{}{}/npm/", server.url(), SECRETS[9])).decide();
    secret.is_up().says(&format!("registry http://127.0.0.1:{}/…/ has", server.port()));
    let layout = format!("{}api/packages/learning_ai_user/npm/", server.url());
    Scene::at(&layout).decide().is_up().says(&format!("registry {layout} has"));
}

#[test]
fn what_names_a_certificate_is_not_quoted() {
    for key in ["cafile", "ca", "//host/:certfile", "//host/:keyfile"] {
        Scene::at("https://127.0.0.1:1/").line("notes/.npmrc", format!("{key}=/{}", SECRETS[9])).decide();
    }
}
