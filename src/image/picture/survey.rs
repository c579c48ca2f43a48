//! What Dockerfiles of the field do: kinds that other tests do not name.

use super::tests::{installed, with};
use crate::image::sample::picture;

#[track_caller]
fn reads(dockerfile: &str, expected: &[&str]) {
    assert_eq!(installed(&with(&[("Dockerfile", dockerfile)])), expected, "{dockerfile}");
}

const UNKNOWN: &str = "is not there now: what makes it is not known";

#[test]
fn a_folder_that_is_made_before_the_build() {
    let expected = format!("Dockerfile:3: dist/api {UNKNOWN}");
    for source in ["dist/api", "dist/api/package.json", "dist/api/package*.json", "./dist/api/*"] {
        let place = if source.ends_with("package.json") { "dist/api/package.json" } else { "dist/api" };
        let expected = expected.replace("dist/api", place);
        reads(&format!("FROM node:22\nWORKDIR /app\nCOPY {source} ./\nRUN npm i\n"), &[&expected]);
    }
    // A glob that matches nothing is no folder that is missing.
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY yarn.lock* web/package.json ./\nRUN yarn\n",
        &["web/package.json in /app"],
    );
}

#[test]
fn a_later_install_is_looked_at_too() {
    let fix = "RUN mkdir /fix && cd /fix && npm install undici\n";
    reads(
        &format!("FROM node:22\n{fix}WORKDIR /app\nCOPY out/json/ ./\nRUN npm ci\n"),
        &[&format!("Dockerfile:4: out/json {UNKNOWN}")],
    );
    // Named packages need no manifest, wherever else what is missing goes.
    reads(&format!("FROM node:22\nCOPY dist /srv\n{fix}"), &[]);
    reads(
        "FROM node:22\nCOPY dist /srv\nWORKDIR /srv\nRUN npm install undici\n",
        &[&format!("Dockerfile:2: dist {UNKNOWN}")],
    );
}

#[test]
fn what_the_build_loads_is_none_of_the_project() {
    reads("FROM node:22\nADD https://x.test/v1/a.wasm /a\nWORKDIR /app\nRUN npm i\n", &[]);
    let load = "FROM node:22\nCOPY web /web\nWORKDIR /app\nRUN curl -O https://x.test/a.zip";
    reads(&format!("{load} && unzip a.zip && npm i\n"), &[]);
    reads(&format!("{load} | tar xz && npm i\n"), &[]);
    // This one may have come along.
    reads(
        "FROM node:22\nCOPY . /src\nWORKDIR /app\nRUN tar xzf /src/a.tgz && npm i\n",
        &["Dockerfile:4: what is unpacked in /app is not known"],
    );
}

#[test]
fn programs_that_choose_the_version() {
    for run in [
        "bash -c \". $NVM_DIR/nvm.sh && nvm exec 20 npm i\"",
        ". ~/.nvm/nvm.sh && nvm use 20 && npm i",
        "meteor npm i",
        "volta run --node 20 npm i",
    ] {
        reads(&format!("FROM ubuntu\nWORKDIR /app\nCOPY web .\nRUN {run}\n"), &["web/package.json in /app"]);
    }
}

#[test]
fn contexts_that_fit_no_install_are_none() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n";
    let contexts = |files: &[(&str, &str)]| {
        let picture = picture(files);
        picture.builds.iter().filter_map(|build| build.context.clone()).collect::<Vec<_>>()
    };
    let web = ("apps/web/package.json", "{}");
    assert_eq!(contexts(&[web, ("apps/web/Dockerfile", text)]), ["apps/web"]);
    assert_eq!(contexts(&[web, ("package.json", "{}"), ("apps/web/Dockerfile", text)]), ["apps/web", ""]);
    // What is missing in a context that is none is not told either.
    let missing = "FROM node:22\nWORKDIR /app\nCOPY dist /dist\nCOPY package*.json ./\nRUN npm ci\n";
    let picture = picture(&[web, ("apps/web/Dockerfile", missing)]);
    assert_eq!(installed(&picture), ["apps/web/package.json in /app"]);
}

#[test]
fn what_cannot_be_known_is_told_once() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY out/json ./\nRUN npm ci\n";
    let picture = picture(&[("package.json", "{}"), ("a/b/Dockerfile", text)]);
    assert_eq!(picture.builds.len(), 3);
    assert_eq!(picture.open_builds().count(), 1);
}

#[test]
fn an_install_without_a_manifest_is_told() {
    // The image that the stage begins with may hold one.
    reads(
        "FROM corp.test/base\nWORKDIR /app\nRUN npm ci\n",
        &["Dockerfile:3: no package.json is known to lie in /app"],
    );
    for made in ["git clone https://x.test/y .", "npm init -y", "echo '{}' > package.json", "npx create-x ."]
    {
        reads(&format!("FROM node:22\nWORKDIR /app\nRUN {made} && npm i\n"), &[]);
    }
    reads(
        "FROM alpine AS a\nRUN wget x.test/y\nFROM node:22\nWORKDIR /app\nCOPY --from=a /y .\nRUN npm i\n",
        &[],
    );
    // A stage that is not built tells nothing.
    reads("FROM node:22 AS dev\nWORKDIR /app\nRUN npm ci\nFROM node:22\n", &[]);
}

#[test]
fn installs_in_recipes_of_make() {
    let text = "FROM golang\nWORKDIR /app\nCOPY . .\nRUN make dist && go build\n";
    let makefile = "NPM ?= npm\ndist: web/node_modules\n\tcd web && $(NPM) run build\nweb/node_modules:\n\tcd web && $(NPM) ci\ntest:\n\tnpm ci\n";
    let with_make = |text| installed(&with(&[("Dockerfile", text), ("Makefile", makefile)]));
    assert_eq!(with_make(text), ["web/package.json in /app/web"]);
    assert_eq!(with_make(&text.replace("dist", "all")), [""; 0]);
}
