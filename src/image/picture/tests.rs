//! Which manifests an image build installs, and where the tarballs lie then, for each construct that is read.

use crate::image::sample::{picture, sources};
use crate::image::{BuildDefinition, DockerfileSource, Picture, Place};

/// A project with a root, two apps and a package.
const FILES: [(&str, &str); 4] = [
    ("package.json", r#"{"scripts": {"install-web": "cd web && npm install", "build": "tsc"}}"#),
    ("web/package.json", r#"{"name": "web"}"#),
    ("backend/package.json", r#"{"name": "api"}"#),
    ("packages/ui/package.json", r#"{"name": "ui"}"#),
];

pub(super) fn with<'a>(more: &[(&'a str, &'a str)]) -> Picture {
    let kept = FILES.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    picture(&kept.copied().chain(more.iter().copied()).collect::<Vec<_>>())
}

/// The manifests that are installed, where each lies in the image, and what is not known.
pub(super) fn installed(picture: &Picture) -> Vec<String> {
    let mut found: Vec<String> = picture
        .builds
        .iter()
        .flat_map(|build| &build.installs)
        .flat_map(|one| &one.install.manifests)
        .flat_map(|read| read.files.keys().map(|file| format!("{file} in {}", read.dir)))
        .collect();
    found.extend(picture.open_builds().map(|(place, why)| format!("{place}: {why}")));
    found.sort();
    found.dedup();
    found
}

#[track_caller]
fn reads(dockerfile: &str, expected: &[&str]) {
    reads_with(&[("Dockerfile", dockerfile)], expected);
}

#[track_caller]
fn reads_with(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(installed(&with(files)), expected, "{files:?}");
}

#[test]
fn forms_of_copy() {
    let web = ["web/package.json in /app"];
    for copy in [
        "COPY web/package.json ./",
        "COPY ./web/package.json /app/package.json",
        "COPY \"web/package.json\" \"./\"",
        "COPY ['web/package.json', './']",
        "COPY [\"web/package.json\", \"./\"]",
        "ADD --chown=node:node web/package*.json ./",
        "COPY --link ../web/package.json .",
        "COPY web .",
        "COPY web/ /app/",
        "ARG APP=web\nCOPY ${APP}/package.json ./",
        "ARG APP\nCOPY ${APP:-web}/package.json ./",
        "COPY \\\n  # the app\n  web/package.json \\\n  ./",
    ] {
        let none = ["Dockerfile:4: no package.json is known to lie in /app"];
        let expected: &[&str] = if copy.contains("['") { &none } else { &web };
        reads(&format!("FROM node:22\nWORKDIR /app\n{copy}\nRUN npm ci\n"), expected);
    }
    // Of an argument that nobody gives, every folder may be meant.
    reads(
        "FROM node:22\nARG APP\nWORKDIR /app\nCOPY ${APP}/package.json ./\nRUN npm ci\n",
        &["backend/package.json in /app", "web/package.json in /app"],
    );
    reads(
        "FROM node:22\nCOPY --parents web/package.json /app/\nRUN cd /app/web && npm ci\n",
        &["web/package.json in /app/web"],
    );
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY --exclude=package.json web ./\nRUN npm ci\n",
        &["Dockerfile:4: no package.json is known to lie in /app"],
    );
}

#[test]
fn what_does_not_install_reads_nothing() {
    for text in [
        "FROM golang\nCOPY . .\nRUN go build ./...\n",
        "FROM nginx\nCOPY web /usr/share/nginx/html\n",
        "FROM node:22\nCOPY web/package.json ./\nCMD [\"npm\", \"install\"]\n",
        "FROM node:22\nCOPY . .\nRUN npm install -g serve\n",
        "FROM node:22\nWORKDIR /t\nRUN npm init -y && npm install sharp\nCOPY web/package.json /app/\n",
        "FROM node:22\nWORKDIR /app\nCOPY web/package.json ./\nRUN pnpm fetch\n",
        "FROM node:22\nWORKDIR /app\nCOPY web/package.json ./\nRUN rm package.json\n",
    ] {
        reads(text, &[]);
    }
}

#[test]
fn stages_and_mounts() {
    reads(
        "FROM node:22 AS base\nWORKDIR /app\nCOPY web/package.json ./\nFROM base AS deps\nRUN npm ci\nFROM scratch\nCOPY --from=deps /app /x\n",
        &["web/package.json in /app"],
    );
    reads(
        "FROM alpine AS files\nCOPY . /src\nFROM node:22\nWORKDIR /app\nCOPY --from=files /src/backend/package.json ./\nCOPY --from=0 /src/web ./web\nRUN npm ci && cd web && npm ci\n",
        &["backend/package.json in /app", "web/package.json in /app/web"],
    );
    reads(
        "FROM node:22\nWORKDIR /app\nRUN --mount=type=bind,source=web/package.json,target=package.json npm ci\n",
        &["web/package.json in /app"],
    );
    reads(
        "FROM node:22\nWORKDIR /app\nRUN --mount=type=bind,target=/src cp /src/web/package.json .\nRUN npm ci\n",
        &["web/package.json in /app"],
    );
    reads(
        "FROM node:22 AS base\nWORKDIR /app\nONBUILD COPY web/package.json ./\nONBUILD RUN npm ci\nFROM base\n",
        &["web/package.json in /app"],
    );
}

#[test]
fn commands_that_move_files() {
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY . /src\nRUN cp /src/web/package.json . && npm ci\n",
        &["web/package.json in /app"],
    );
    reads(
        "FROM node:22\nCOPY . /src\nRUN mv /src/web /app\nRUN npm --prefix /app ci\n",
        &["web/package.json in /app"],
    );
    reads(
        "FROM node:22\nCOPY . /src\nRUN mkdir /app && cp -r /src/web /app\nWORKDIR /app/web\nRUN yarn\n",
        &["web/package.json in /app/web"],
    );
}

#[test]
fn installs_that_scripts_start() {
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run install-web\n",
        &["web/package.json in /app/web"],
    );
    reads_with(
        &[
            ("package.json", r#"{"scripts": {"postinstall": "npm --prefix web install"}}"#),
            ("Dockerfile", "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"),
        ],
        &["package.json in /app", "web/package.json in /app/web"],
    );
    reads_with(
        &[
            ("scripts/setup.sh", "set -e\nfor d in web backend; do (cd $d && npm ci); done\n"),
            ("Dockerfile", "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN bash scripts/setup.sh\n"),
        ],
        &["backend/package.json in /app/backend", "web/package.json in /app/web"],
    );
}

#[test]
fn members_of_workspaces() {
    let all = "FROM node:22\nWORKDIR /app\nCOPY . .\n";
    let members = ["package.json in /app", "packages/ui/package.json in /app/packages/ui"];
    for (name, text, install) in [
        ("package.json", r#"{"workspaces": ["packages/*"]}"#, "npm ci"),
        ("package.json", r#"{"workspaces": {"packages": ["./packages/**"]}}"#, "yarn install"),
        ("package.json", r#"{"workspaces": ["packages/*"]}"#, "cd packages/ui && bun install"),
        ("pnpm-workspace.yaml", "packages:\n  - packages/*\n", "pnpm i --filter ui..."),
        ("lerna.json", r#"{"packages": ["packages/*"]}"#, "npx lerna bootstrap"),
        ("pnpm-workspace.yaml", "packages: ['**', '!web', '!backend']\n", "pnpm deploy --filter ui /out"),
    ] {
        reads_with(&[(name, text), ("Dockerfile", &format!("{all}RUN {install}\n"))], &members);
    }
    // pnpm reads no `workspaces`, and npm no pnpm-workspace.yaml.
    reads_with(
        &[
            ("package.json", r#"{"workspaces": ["packages/*"]}"#),
            ("Dockerfile", &format!("{all}RUN pnpm i\n")),
        ],
        &["package.json in /app"],
    );
    reads_with(
        &[
            ("web/package.json", r#"{"dependencies": {"ui": "file:../packages/ui"}}"#),
            ("Dockerfile", &format!("{all}RUN cd web && npm i\n")),
        ],
        &["packages/ui/package.json in /app/packages/ui", "web/package.json in /app/web"],
    );
}

#[test]
fn parts_of_workspaces() {
    let text = "FROM node:22 AS pruner\nWORKDIR /app\nCOPY . .\nRUN npx turbo prune web --docker\nFROM node:22\nWORKDIR /app\nCOPY --from=pruner /app/out/json/ .\nRUN npm ci\n";
    reads_with(
        &[("package.json", r#"{"workspaces": ["web", "packages/*"]}"#), ("Dockerfile", text)],
        &[
            "package.json in /app",
            "packages/ui/package.json in /app/packages/ui",
            "web/package.json in /app/web",
        ],
    );
}

#[test]
fn what_a_context_leaves_out() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN cd web && npm ci\n";
    reads_with(&[("Dockerfile", text), (".dockerignore", "web\n")], &["package.json in /app"]);
    reads_with(
        &[("Dockerfile", text), (".dockerignore", "**\n!web/package.json\n")],
        &["web/package.json in /app/web"],
    );
    // The one beside the Dockerfile takes the place of the context's.
    reads_with(
        &[("Dockerfile", text), (".dockerignore", "web\n"), ("Dockerfile.dockerignore", "backend\n")],
        &["web/package.json in /app/web"],
    );
}

#[test]
fn contexts_of_dockerfiles_that_nobody_names() {
    let bare = "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\n";
    reads_with(&[("docker/Dockerfile", bare)], &["package.json in /app"]);
    // Both folders have one: which of them is meant is not said.
    reads_with(&[("web/Dockerfile", bare)], &["package.json in /app", "web/package.json in /app"]);
    let named = "FROM node:22\nWORKDIR /app\nCOPY web/package.json ./\nRUN npm ci\n";
    reads_with(&[("web/Dockerfile", named)], &["web/package.json in /app"]);
}

#[test]
fn what_is_made_before_the_build_is_not_known() {
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY pruned/json/ ./\nRUN npm ci\n",
        &["Dockerfile:3: pruned/json is not there now: what makes it is not known"],
    );
    // Who the members are is not known either.
    reads(
        "FROM node:22\nWORKDIR /app\nCOPY package.json pnpm-workspace.yaml ./\nCOPY packages ./packages\nRUN pnpm i\n",
        &["package.json in /app", "packages/ui/package.json in /app/packages/ui"],
    );
}

#[test]
fn tarballs_in_the_image() {
    let deps_dirs = |copy: &str| {
        let text = format!("FROM node:22\nWORKDIR /app\n{copy}\nCOPY web/package.json ./\nRUN npm ci\n");
        let picture = with(&[("Dockerfile", &text)]);
        let install = &picture.builds[0].installs[0].install;
        install.deps_dirs.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(deps_dirs("COPY .docker-deps* /deps/"), ["/deps"]);
    assert_eq!(deps_dirs("COPY .docker-deps ./.docker-deps"), ["/app/.docker-deps"]);
    assert_eq!(deps_dirs("COPY .docker-deps/*.tgz /"), ["/"]);
    assert_eq!(deps_dirs("COPY . /src"), ["/src/.docker-deps"]);
    assert_eq!(deps_dirs("COPY web ."), [""; 0]);
    let text = "FROM node:22\nCOPY .docker-deps* /d/\nCOPY web/package.json /app/\nRUN cd /app && npm ci\n";
    let hidden = |rules: &str| {
        let picture = with(&[("Dockerfile", text), (".dockerignore", rules)]);
        picture.builds[0].hides_deps_dir.as_ref().map(ToString::to_string)
    };
    assert_eq!(hidden("node_modules\n**/.*\n").as_deref(), Some(".dockerignore:2"));
    assert_eq!(hidden("**/*.tgz\n").as_deref(), Some(".dockerignore:1"));
    assert_eq!(hidden("*.tgz\n"), None);
    assert_eq!(hidden("*\n!.docker-deps\n!web\n"), None);
}

#[test]
fn only_a_stage_that_is_built_counts() {
    let text = "FROM node:22 AS dev\nWORKDIR /app\nCOPY web/package.json ./\nRUN npm ci\nFROM node:22\nWORKDIR /app\nCOPY web/package.json ./\nRUN yarn\n";
    let mut sources = sources(&[("web/package.json", "{}"), ("Dockerfile", text)]);
    let built = |sources: &_| {
        let picture = Picture::draw(sources);
        picture.builds[0].installs.iter().map(|one| one.install.is_built).collect::<Vec<_>>()
    };
    assert_eq!(built(&sources), [false, true]);
    sources.definitions.builds[0].target = Some("dev".to_owned());
    assert_eq!(built(&sources), [true, false]);
}

#[test]
fn lines_of_an_inline_dockerfile_are_those_of_the_file_that_holds_it() {
    let mut sources = sources(&FILES);
    sources.definitions.builds.push(BuildDefinition {
        place: Place::line("compose.yaml", 3),
        dockerfile: DockerfileSource::Inline {
            text: "FROM node:22\nWORKDIR /app\nCOPY web/package.json ./\nCOPY .docker-deps ./.docker-deps/\n\
                   RUN npm i -g pnpm@10\nRUN pnpm install\n"
                .to_owned(),
            line: 11,
        },
        ..BuildDefinition::default()
    });
    let picture = Picture::draw(&sources);
    let one = &picture.builds[0].installs[0];
    assert_eq!(one.install.place, Place::line("compose.yaml", 16));
    assert_eq!(one.install.manifests[0].files["web/package.json"], 13);
    assert_eq!(one.install.deps_dirs["/app/.docker-deps"], 14);
    assert_eq!(one.told.named.as_ref().map(|named| named.line), Some(15));
}

/// Images of workspaces that nx builds, as its guides and those who follow them write them.
#[test]
fn what_nx_makes_is_not_known() {
    let build = |rest: &str| format!("FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci\n{rest}");
    let of_nx = |line: usize, folder: &str| {
        format!("Dockerfile:{line}: nx may have made the package.json in {folder}, which is not read")
    };
    let says = |dockerfile: &str, expected: &[&str]| {
        let root = r#"{"scripts": {"build": "nx run-many -t build", "build:api": "nx build api --prod"}}"#;
        reads_with(&[("package.json", root), ("Dockerfile", dockerfile)], expected);
    };
    let root = "package.json in /app";
    // Alone it installs nothing, and hides nothing.
    for command in
        ["npx nx build web", "npx nx run-many -t build", "pnpm nx affected -t build", "npm run build"]
    {
        says(&build(&format!("RUN {command}\nCMD node dist/apps/web/main.js\n")), &[root]);
    }
    says(&build("RUN npx nx build web\nFROM nginx\nCOPY --from=build /app/dist/apps/web /html\n"), &[root]);
    for command in [
        "npx nx build api",
        "npx nx@20 run api:build:production",
        "yarn nx prune api",
        "./node_modules/.bin/nx build api",
        "npm run build:api",
        "npx prisma generate && npx nx build api",
    ] {
        // In another stage.
        let text = format!(
            "RUN {command}\nFROM node:22\nWORKDIR /srv\nCOPY --from=build /app/dist/apps/api .\nRUN npm ci --omit=dev\n"
        );
        says(&build(&text), &[&of_nx(9, "/srv"), root]);
        let text = format!(
            "RUN {command}\nFROM node:22\nWORKDIR /srv\nCOPY --from=build /app/apps/api/dist/package*.json ./\nRUN npm i\n"
        );
        says(&build(&text), &[&of_nx(9, "/srv"), root]);
        // In the same one, where npm would look for a manifest above.
        let text = format!("RUN {command}\nWORKDIR /app/dist/apps/api\nRUN npm install --omit=dev\n");
        says(&build(&text), &[&of_nx(7, "/app/dist/apps/api"), root]);
        let text = format!("RUN {command}\nRUN cd dist/apps/api && npm install\n");
        says(&build(&text), &[&of_nx(6, "/app/dist/apps/api"), root]);
        // All of the stage is copied.
        let text = format!(
            "RUN {command}\nFROM node:22\nCOPY --from=build /app /app\nWORKDIR /app/dist/apps/api\nRUN npm i\n"
        );
        says(&build(&text), &[&of_nx(9, "/app/dist/apps/api"), root]);
        // What is installed is the project's own.
        let text = format!(
            "RUN {command}\nFROM node:22\nWORKDIR /app\nCOPY package*.json ./\nCOPY --from=build /app/dist ./dist\nRUN npm ci\n"
        );
        says(&build(&text), &[root]);
    }
    // Built before the image is.
    let text = "FROM node:22\nWORKDIR /app\nCOPY dist/apps/api .\nRUN npm i\n";
    says(text, &["Dockerfile:3: dist/apps/api is not there now: what makes it is not known"]);
    says(&build("RUN npx nx lint api\nRUN mkdir x && cd x && npm install\n"), &[root]);
}
