//! Dockerfiles as people write them.

use proptest::prelude::*;

use crate::image::package_manager::dockerfile::*;
use crate::image::sample::picture;

/// What a Dockerfile in this folder says of the manifest there.
fn told_of(text: &str, dockerfile: &str, dir: &str) -> ToldByDockerfile {
    let manifest = if dir.is_empty() { "package.json".to_owned() } else { format!("{dir}/package.json") };
    let other = if dir == "backend" { "web/package.json" } else { "backend/package.json" };
    let picture = picture(&[(dockerfile, text), (&manifest, "{}"), (other, "{}")]);
    let found =
        picture.installs_of(&manifest).next().map(|(build, number)| build.installs[number].told.clone());
    found.or_else(|| Some(picture.builds.first()?.told.clone())).unwrap_or_default()
}

fn named(text: &str) -> Option<String> {
    let told = told_of(text, "backend/Dockerfile", "backend");
    told.named.map(|named| {
        let majors = named.manager.majors.clone();
        let end = if *majors.end() == u64::MAX { String::new() } else { majors.end().to_string() };
        format!("{} {} {}..{end}", named.line, named.manager, majors.start())
    })
}

/// A file whose third line runs this, and which then installs with the manager that is expected.
#[track_caller]
fn says(run: &str, expected: &str) {
    let name = expected.split(' ').next().unwrap();
    let text =
        format!("FROM node:22\nWORKDIR /a\nRUN {run}\nCOPY backend/package.json .\nRUN {name} install\n");
    assert_eq!(named(&text), Some(format!("3 {expected}")), "{run}");
}

#[test]
fn corepack_installs() {
    says("corepack enable && corepack prepare pnpm@10.6.5 --activate", "pnpm 10.6.5 10..10");
    says("corepack prepare pnpm@10.6.5+sha512.abc --activate", "pnpm 10.6.5 10..10");
    says("corepack prepare --activate pnpm@latest", "pnpm latest 11..");
    says("corepack prepare pnpm@latest-10 --activate", "pnpm latest-10 10..10");
    says("corepack prepare yarn@stable --activate", "yarn stable 4..");
    says("corepack prepare yarn --activate", "yarn classic 1..1");
    says("corepack use yarn@4.1.0", "yarn 4.1.0 4..4");
    says("corepack install -g pnpm@9", "pnpm 9 9..9");
    says("corepack install --global yarn@1.22.22 pnpm@9.1.0", "pnpm 9.1.0 9..9");
}

#[test]
fn registries_install() {
    says("npm i -g pnpm@10.6.5", "pnpm 10.6.5 10..10");
    says("npm install --global pnpm", "pnpm latest 11..");
    says("npm add --location=global --no-audit pnpm@next", "pnpm next 11..");
    says("npm --global install --registry https://x.example corepack pnpm@^9 yarn", "pnpm ^9 9..9");
    says("npm i -g \"pnpm@>=9 <11\"", "pnpm >=9 <11 9..10");
    says("npm install -g yarn", "yarn latest 1..1");
    says("npm install -g yarn@berry", "yarn berry 2..");
    says("npm i -g @yarnpkg/cli-dist@4.18.1", "yarn 4.18.1 4..4");
    says("npm i -g npm@11.2.0", "npm 11.2.0 11..11");
    says("npm i -g bun@1.2", "bun 1.2 1..1");
    says("yarn global add pnpm@8.15.9", "pnpm 8.15.9 8..8");
    says("pnpm add -g pnpm@10", "pnpm 10 10..10");
    says("pnpm self-update 10.6.5", "pnpm 10.6.5 10..10");
    says("bun add --global pnpm@9.0.0", "pnpm 9.0.0 9..9");
    says("yarn set version 4.1.0", "yarn 4.1.0 4..4");
    says("yarn set version berry", "yarn berry 2..");
    says("sudo env X=1 npm i -g 'pnpm@10.6.5' && npm cache clean --force", "pnpm 10.6.5 10..10");
    says("npm i -g pnpm@nonsense", "pnpm 0..");
}

#[test]
fn installers_that_are_downloaded() {
    says(
        "wget -qO- https://get.pnpm.io/install.sh | ENV=\"$HOME/.x\" PNPM_VERSION=10.6.5 sh -",
        "pnpm 10.6.5 10..10",
    );
    says("curl -fsSL https://get.pnpm.io/install.sh | env PNPM_VERSION=9.1.0 sh -", "pnpm 9.1.0 9..9");
    says("export PNPM_VERSION=8.1.0; curl https://get.pnpm.io/install.sh | sh -", "pnpm 8.1.0 8..8");
    says("curl -fsSL https://get.pnpm.io/install.sh | sh -", "pnpm latest 11..");
    says("curl -fsSL https://bun.sh/install | bash -s \"bun-v1.2.3\"", "bun 1.2.3 1..1");
    says("curl -fsSL https://bun.sh/install | bash", "bun latest 1..");
    says(
        "wget -q https://github.com/pnpm/pnpm/releases/download/v10.6.5/pnpm-linux-x64 -O /bin/pnpm",
        "pnpm 10.6.5 10..10",
    );
}

#[test]
fn variables_are_followed() {
    let text = |head: &str, version: &str| {
        format!("{head}RUN npm i -g pnpm@{version}\nWORKDIR /a\nCOPY backend/package.json .\nRUN pnpm i\n")
    };
    let arg = "ARG PNPM_VERSION=10.6.5\nFROM node:22\n";
    assert_eq!(
        named(&text(&format!("{arg}ARG PNPM_VERSION\n"), "${PNPM_VERSION}")).unwrap(),
        "4 pnpm 10.6.5 10..10"
    );
    // Without the second ARG it is not set in the stage.
    assert_eq!(named(&text(arg, "${PNPM_VERSION}")).unwrap(), "3 pnpm 0..");
    assert_eq!(named(&text("FROM node:22\nARG V=9.1.0\n", "$V")).unwrap(), "3 pnpm 9.1.0 9..9");
    assert_eq!(
        named(&text("FROM node:22\nENV A=1 V=\"9.1.0\"\nARG V=8\n", "$V")).unwrap(),
        "4 pnpm 9.1.0 9..9"
    );
    assert_eq!(named(&text("FROM node:22\nENV V 9.1.0\n", "$V")).unwrap(), "3 pnpm 9.1.0 9..9");
    assert_eq!(named(&text("FROM node:22\nARG V\n", "${V:-8.15.9}")).unwrap(), "3 pnpm 8.15.9 8..8");
    let env = "FROM node:22 AS base\nENV V=9.1.0\nARG W=8\nFROM base\n";
    assert_eq!(named(&text(env, "$V")).unwrap(), "5 pnpm 9.1.0 9..9");
    assert_eq!(named(&text(env, "$W")).unwrap(), "5 pnpm 0..");
}

#[test]
fn the_install_says_which_where_nothing_is_installed() {
    let run =
        |run: &str| named(&format!("FROM node:22\nWORKDIR /a\nCOPY backend/package.json .\nRUN {run}\n"));
    assert_eq!(run("--mount=type=cache,target=/x pnpm install").unwrap(), "4 pnpm 0..");
    assert_eq!(run("npm ci").unwrap(), "4 npm 0..");
    assert_eq!(run("yarn").unwrap(), "4 yarn 0..");
    assert_eq!(run("bun install").unwrap(), "4 bun 0..");
    assert_eq!(run("<<EOF\nnpm i -g pnpm@9.1.0\npnpm i\nEOF").unwrap(), "5 pnpm 9.1.0 9..9");
    assert_eq!(run("npx -y pnpm@8.15.9 install").unwrap(), "4 pnpm 8.15.9 8..8");
    assert_eq!(run("echo hello"), None);
    assert_eq!(run("npm i -g npm@11 pnpm@9.0.0 && ./install.sh").unwrap(), "4 pnpm 9.0.0 9..9");
    assert_eq!(named(""), None);
}

#[test]
fn one_that_goes_by_the_lockfile_says_nothing() {
    let text = "FROM node:22\nCOPY package.json yarn.lock* package-lock.json* ./\nRUN \\\n  if [ -f yarn.lock ]; then yarn --frozen-lockfile; \\\n  elif [ -f package-lock.json ]; then npm ci; \\\n  else corepack enable pnpm && pnpm i; fi\n";
    let told = told_of(text, "Dockerfile", "");
    assert_eq!(told.named, None);
    assert_eq!(told.in_image.len(), 2);
}

#[test]
fn the_stage_of_the_surface_decides() {
    let text = "FROM node:22 AS base\nRUN npm i -g pnpm@9.0.0\nFROM base AS web\nWORKDIR /w\nCOPY web/package.json .\nRUN npm ci\n\
        FROM base AS backend\nRUN npm i -g pnpm@10.6.5\nWORKDIR /a\nCOPY backend/package.json .\nRUN pnpm i\nRUN npm i -g pnpm@8.0.0\n";
    assert_eq!(named(text).unwrap(), "8 pnpm 10.6.5 10..10");
    let web = told_of(text, "Dockerfile", "web").named.unwrap();
    assert_eq!((web.line, web.manager.name), (6, Name::Npm));
}

#[test]
fn images_have_their_own() {
    let bun = "FROM oven/bun:1.1-alpine\nCOPY backend/package.json .\nRUN bun install\n";
    assert_eq!(named(bun).unwrap(), "1 bun 1.1 1..1");
    assert_eq!(named(&bun.replace(":1.1-alpine", "")).unwrap(), "1 bun 0..");
    let in_image = |image: &str| {
        let told = told_of(&format!("ARG N=22\nFROM {image} AS a\nFROM a\nRUN npm ci\n"), "Dockerfile", "");
        told.in_image.iter().map(|one| one.manager.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(in_image("node:22-alpine"), ["npm 10", "yarn 1"]);
    assert_eq!(in_image("docker.io/library/node:24.1-slim"), ["npm 11", "yarn 1"]);
    assert_eq!(in_image("node:${N}-alpine@sha256:abc"), ["npm 10", "yarn 1"]);
    assert_eq!(in_image("localhost:5000/node"), ["yarn 1"]);
    assert_eq!(in_image("node:lts"), ["yarn 1"]);
    assert_eq!(in_image("alpine:3.20"), [""; 0]);
}

proptest! {
    #[test]
    fn nothing_panics(lines in proptest::collection::vec("(FROM (node|oven/bun)?[:@]?.{0,8}|RUN (npm|pnpm|yarn|bun|corepack|curl)? ?(i|install|add|prepare|global add|set version)? ?(-g)? ?(pnpm|yarn|@)?@?[ -~é]{0,16}|ARG .{0,8}|ENV .{0,8})", 0..10)) {
        let _ = told_of(&lines.join("\n"), "Dockerfile", "backend");
    }
}
