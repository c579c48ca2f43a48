//! With a real registry, into which npm has published what docker-prep packed.

use crate::source::scene::Scene;
use crate::source::verdaccio::{key, verdaccio};

#[test]
fn it_has_all_that_was_published() {
    let decision = Scene::at(&verdaccio().open).decide();
    decision.is_up().says(&format!("registry {} has all 5 packages (", verdaccio().open));
}

#[test]
fn it_wants_to_know_who_asks() {
    let url = &verdaccio().closed;
    let token = |token: &str| Scene::at(url).line("notes/.npmrc", format!("{}:_authToken={token}", key(url)));
    token(&verdaccio().token).decide().is_up();
    token("${TOKEN}").env("TOKEN", &verdaccio().token).decide().is_up();
    for scene in [Scene::at(url), token("tok-7f3a-of-the-line"), token("${TOKEN}")] {
        let scene = scene.picture();
        let run = scene.call(&["run", "--source", "auto", "--", "touch", "../was-run"]).exits(5);
        assert!(run.stderr.contains("token") && run.stderr.contains("--fallback-on-auth"), "{run}");
        scene.is_untouched();
        let scene = scene.words(&["--fallback-on-auth"]);
        let decision = scene.decide();
        assert_eq!((decision.used(), decision.answers()), ("workspace", vec!["denied"]), "{}", decision.run);
    }
}

#[test]
fn a_name_and_a_password_do_as_well() {
    let url = &verdaccio().closed;
    let line = format!("{}:_auth={}", key(url), verdaccio().basic);
    Scene::at(url).line("notes/.npmrc", line).decide().is_up();
    let password = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &verdaccio().password);
    let lines = format!("{0}:username=ci\n{0}:_password={password}", key(url));
    Scene::at(url).line("notes/.npmrc", lines).decide().is_up();
}

#[test]
fn a_package_or_version_that_was_not_published_is_named() {
    let scene = Scene::at(&verdaccio().open);
    let manifest = scene.world.read("plat/packages/errors/package.json").replace("1.4.2", "1.4.3");
    let scene = scene.file("plat/packages/errors/package.json", manifest);
    scene.decide().is_down("missing-version").says("@bytelyst/errors 1.4.3").says("1.4.2");
    let scene = Scene::at(&verdaccio().open);
    let manifest =
        scene.world.read("notes/backend/package.json").replace("@bytelyst/http", "@bytelyst/unrelated");
    let scene = scene.file("notes/backend/package.json", manifest.replace("^3.0.0", "^9.0.0"));
    scene.decide().is_down("missing-package").says("@bytelyst/unrelated");
}
