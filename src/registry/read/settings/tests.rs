use std::fs;
use std::sync::Arc;

use tempfile::TempDir;

use crate::image::{Detected, Tags};
use crate::npm::{Manifest, Scope};
use crate::project::{Config, Environment, ProjectPicture, RequestedSource};
use crate::registry::read::settings::*;

/// A project with a surface `backend/` and a user's folder beside it.
struct SettingsScene {
    dir: TempDir,
    manager: &'static str,
    surface: &'static str,
    dockerfile: &'static str,
    process: BTreeMap<String, String>,
}

impl SettingsScene {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Self {
            manager: "pnpm@10.6.5",
            surface: "backend",
            dockerfile: "FROM node:22\n",
            process: BTreeMap::new(),
            dir,
        };
        for folder in ["project/backend", "home"] {
            fs::create_dir_all(place.dir.path().join(folder)).unwrap();
        }
        for (name, text) in files {
            fs::write(place.path(name), text).unwrap();
        }
        let home = place.path("~").display().to_string();
        place.with("HOME", &home)
    }

    fn path(&self, name: &str) -> PathBuf {
        match name.strip_prefix('~') {
            Some(name) => self.dir.path().join("home").join(name.trim_start_matches('/')),
            None => self.dir.path().join("project").join(name),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.process.insert(name.to_owned(), value.to_owned());
        self
    }

    fn by(self, manager: &'static str) -> Self {
        Self { manager, ..self }
    }

    fn ask(&self) -> Result<Registry, Problem> {
        self.settings().registry("@bytelyst/errors")
    }

    fn settings(&self) -> RegistrySettings {
        let (name, version) = self.manager.split_once('@').unwrap();
        let manager = PackageManager::at(Name::parse(name).unwrap(), version, Tags::Corepack).unwrap();
        let project = Project {
            root: self.path(""),
            main_root: None,
            start: self.path(""),
            is_in_git: false,
            is_deps_dir_of_call: false,
            is_offline: false,
            state_dir: self.path("state"),
            deps_dir: ".docker-deps".to_owned(),
            scope_by: None,
            scope: Scope::new(&[]),
            source: RequestedSource::default(),
            config: Config::default(),
            unmet_version: None,
        };
        let surface = Surface {
            dir: self.surface.to_owned(),
            manifest_path: self.path(self.surface).join("package.json"),
            manifest_name: "package.json".to_owned(),
            text: String::new(),
            manifest: Manifest(serde_json::Map::new()),
        };
        let process: Environment =
            self.process.iter().map(|(name, value)| (name.into(), value.into())).collect();
        fs::write(self.path(self.surface).join("package.json"), "{}").unwrap();
        fs::write(self.path(self.surface).join("Dockerfile"), self.dockerfile).unwrap();
        let picture = ProjectPicture::read(&project, &process, None);
        let manifest = format!("{}/package.json", self.surface).trim_start_matches('/').to_owned();
        let builds = picture.picture.installs_of(&manifest);
        let around = InstallContext {
            detected: Detected { manager, reason: String::new() },
            warnings: Vec::new(),
            builds: builds.map(|(build, number)| (Arc::clone(build), number)).collect(),
            unknown: picture.picture.unknown.first().map(|one| format!("{}: {}", one.place, one.why)),
            lockfiles: Vec::new(),
            root_lockfiles: Vec::new(),
        };
        all(&project, &surface, &around, &process).remove(0)
    }

    fn found(&self) -> Registry {
        self.ask().unwrap()
    }

    /// The address, what names it, and who asks or why nobody does.
    fn told(&self) -> [String; 3] {
        let Registry { url, named_by, credential, unset, .. } = self.found();
        let who = credential.map(|one| format!("{} < {}", one.authorization.0, one.named_by));
        [url.exposed().to_owned(), named_by, who.or(unset).unwrap_or_default()]
    }
}

const CANONICAL: &str = "@bytelyst:registry=http://${GITEA_NPM_HOST}:3300/api/packages/bytelyst/npm/\n\
    //${GITEA_NPM_HOST}:3300/api/packages/bytelyst/npm/:_authToken=${GITEA_NPM_TOKEN}\n";

#[test]
fn the_canonical_file() {
    let place = SettingsScene::new(&[(".npmrc.docker", CANONICAL)])
        .with("GITEA_NPM_HOST", "host.docker.internal")
        .with("GITEA_NPM_TOKEN", "t0k");
    assert_eq!(
        place.told(),
        [
            "http://host.docker.internal:3300/api/packages/bytelyst/npm/",
            ".npmrc.docker: line 1: @bytelyst:registry",
            "Bearer t0k < .npmrc.docker: line 2: //${GITEA_NPM_HOST}:3300/api/packages/bytelyst/npm/:_authToken (${GITEA_NPM_TOKEN})"
        ]
    );
}

#[test]
fn files_in_their_order() {
    let names = ["backend/.npmrc.docker", "backend/.npmrc", ".npmrc.docker", ".npmrc", "~/.npmrc"];
    for first in 0..names.len() {
        let texts: Vec<String> = (0..names.len())
            .map(|n| format!("@bytelyst:registry=http://h{n}/\n//h{first}/:_authToken=t{n}\n"))
            .collect();
        let files: Vec<(&str, &str)> = names.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        let told = SettingsScene::new(&files[first..]).told();
        assert_eq!(told[0], format!("http://h{first}/"));
        assert_eq!(told[1], format!("{}: line 1: @bytelyst:registry", names[first]));
        assert_eq!(told[2], format!("Bearer t{first} < {}: line 2: //h{first}/:_authToken", names[first]));
    }
    let place = SettingsScene::new(&[
        ("rc", "@bytelyst:registry=http://own/\n"),
        ("~/.npmrc", "@bytelyst:registry=http://home/\n"),
    ]);
    let place = place.with("NPM_CONFIG_USERCONFIG", "rc");
    assert_eq!(place.told()[0], "http://own/");
}

#[test]
fn a_token_may_stand_in_another_file() {
    let place = SettingsScene::new(&[
        ("backend/.npmrc", "@bytelyst:registry=http://h/\n"),
        ("~/.npmrc", "\n//h/:_authToken=t\n"),
    ]);
    assert_eq!(place.told()[2], "Bearer t < ~/.npmrc: line 2: //h/:_authToken");
}

#[test]
fn no_registry_is_asked_that_no_file_names() {
    let place = SettingsScene::new(&[(".npmrc", "@other:registry=http://h/\n")])
        .with("npm_config_registry", "http://public.example/")
        .with("NPM_CONFIG_REGISTRY", "http://public.example/");
    let problem = place.ask().unwrap_err();
    assert_eq!(
        problem.message,
        "@bytelyst: no registry is named in backend/.npmrc.docker, backend/.npmrc, .npmrc.docker, .npmrc, ~/.npmrc"
    );
    assert_eq!(
        problem.hint.as_deref(),
        Some(
            "write `@bytelyst:registry=http://localhost:3300/api/packages/OWNER/npm/` in .npmrc.docker, or in .npmrc"
        )
    );
    assert_eq!(SettingsScene::new(&[(".npmrc", "registry=http://all/\n")]).told()[0], "http://all/");
}

/// A Dockerfile that has the settings beside the manifest.
const WITH_SETTINGS: &str = "FROM node:22\nARG GITEA_NPM_HOST\nARG GITEA_NPM_TOKEN\nCOPY .npmrc.docker ./.npmrc\n\
    COPY backend/package.json ./\nRUN npm i\n";

#[test]
fn variables_of_the_build() {
    let compose = "services:\n  api:\n    build:\n      context: .\n      dockerfile: backend/Dockerfile\n      args:\n        GITEA_NPM_HOST: ${MY_HOST:-host.docker.internal}\n        GITEA_NPM_TOKEN: arg\n  web:\n    build: {context: web, args: {GITEA_NPM_HOST: other}}\n";
    let files = [(".npmrc.docker", CANONICAL), ("docker-compose.yml", compose)];
    let scene =
        |files: &[(&str, &str)], dockerfile| SettingsScene { dockerfile, ..SettingsScene::new(files) };
    let place = scene(&files, WITH_SETTINGS);
    assert_eq!(place.found().url.exposed(), "http://host.docker.internal:3300/api/packages/bytelyst/npm/");
    assert!(place.told()[2].starts_with("Bearer arg < "));
    assert_eq!(
        scene(&files, WITH_SETTINGS).with("MY_HOST", "mine").found().url.exposed(),
        "http://mine:3300/api/packages/bytelyst/npm/"
    );
    let beside = scene(&[files[0], files[1], (".env", "MY_HOST=beside\n")], WITH_SETTINGS);
    assert_eq!(beside.found().url.exposed(), "http://beside:3300/api/packages/bytelyst/npm/");
    // The process's own are not those of a build that compose defines; of one that nobody defines, they are given by hand.
    let place = scene(&files, WITH_SETTINGS).with("GITEA_NPM_HOST", "own").with("GITEA_NPM_TOKEN", "");
    assert!(place.told()[0].starts_with("http://host.docker.internal:3300/"));
    let place = scene(&files[..1], WITH_SETTINGS).with("GITEA_NPM_HOST", "own").with("GITEA_NPM_TOKEN", "");
    assert_eq!([&place.told()[0], &place.told()[2]], ["http://own:3300/api/packages/bytelyst/npm/", ""]);
    let dockerfile = "FROM node:22\nARG GITEA_NPM_HOST=gitea\nENV NPM_CONFIG_STRICT_SSL=false\nCOPY .npmrc.docker ./.npmrc\nCOPY backend/package.json ./\nRUN npm i\n";
    let place = scene(&files[..1], dockerfile);
    assert_eq!(place.found().url.exposed(), "http://gitea:3300/api/packages/bytelyst/npm/");
    assert!(place.found().network.accepts_any_certificate);
    assert_eq!(
        place.found().unset.as_deref(),
        Some(
            ".npmrc.docker: line 2: //${GITEA_NPM_HOST}:3300/api/packages/bytelyst/npm/:_authToken: ${GITEA_NPM_TOKEN} is not set"
        )
    );
}

#[test]
fn a_secret_counts_where_it_is_given_and_mounted() {
    let compose = |secrets: &str| {
        format!(
            "services:\n  api:\n    build:\n      dockerfile: backend/Dockerfile\n      context: .\n      args: {{GITEA_NPM_HOST: h}}\n{secrets}secrets: {{t: {{environment: GITEA_NPM_TOKEN}}}}\n"
        )
    };
    let lacking = |run: &str, compose: Option<&str>| {
        let dockerfile = WITH_SETTINGS.replace("RUN npm i", run).leak();
        let mut files = vec![(".npmrc.docker", CANONICAL)];
        files.extend(compose.map(|text| ("compose.yaml", text)));
        let scene = SettingsScene { dockerfile, ..SettingsScene::new(&files) };
        let scene = scene.with("GITEA_NPM_HOST", "h").with("GITEA_NPM_TOKEN", "t");
        let found = scene.found();
        let has_token = found.credential.is_some();
        let lacking = scene.settings().lacking().or(found.lacking);
        assert_eq!(has_token, lacking.is_none(), "{run}");
        lacking.unwrap_or_default()
    };
    let (given, not_given) = (compose("      secrets: [t]\n"), compose(""));
    let unmounted = "backend/Dockerfile:6: needs /run/secrets/t, and no secret is mounted there (as by RUN --mount=type=secret,id=t)";
    let withheld =
        "compose.yaml:3:5: does not give backend/Dockerfile the secret t that backend/Dockerfile:6 mounts";
    let export = "export GITEA_NPM_TOKEN=\"$(cat /run/secrets/t)\" && npm i";
    for (mount, run, is_read) in [
        ("--mount=type=secret,id=t", export, true),
        ("--mount=type=secret,id=t,required=true", "GITEA_NPM_TOKEN=$(cat /run/secrets/t) npm i", true),
        ("--mount=type=secret,id=t,env=GITEA_NPM_TOKEN", "npm i", false),
    ] {
        let mounted = format!("RUN {mount} {run}");
        // Of one that nobody defines, a person gives it.
        for compose in [Some(&*given), None] {
            assert_eq!(lacking(&mounted, compose), "", "{mounted}");
        }
        assert_eq!(lacking(&mounted, Some(&not_given)), withheld, "{mounted}");
        if is_read {
            assert_eq!(lacking(&format!("RUN {run}"), Some(&given)), unmounted);
            assert_eq!(lacking(&format!("RUN {run}"), None), unmounted);
        }
    }
    // One for something else is no matter.
    let other =
        "RUN --mount=type=secret,id=sentry,env=SENTRY --mount=type=secret,id=t,env=GITEA_NPM_TOKEN npm i";
    assert_eq!(lacking(other, Some(&given)), "");
}

#[test]
fn settings_that_are_a_secret_count_where_it_is_given() {
    let scene = |run: &str, secrets: &str| {
        let dockerfile = format!("FROM node:22\nWORKDIR /app\nCOPY backend/package.json ./\n{run}\n").leak();
        let compose = format!(
            "services:\n  api:\n    build: {{context: ., dockerfile: backend/Dockerfile, secrets: [{secrets}]}}\n"
        );
        let npmrc = "@bytelyst:registry=http://own/\n//own/:_authToken=t\n";
        let scene = SettingsScene::new(&[("backend/.npmrc", npmrc), ("compose.yaml", &compose)]);
        SettingsScene { dockerfile, ..scene }.settings().lacking()
    };
    let withheld = "compose.yaml:3:5: does not give backend/Dockerfile the secret npmrc that backend/Dockerfile:4 mounts";
    for run in [
        "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm i",
        "RUN --mount=type=secret,id=npmrc npm config set @bytelyst:registry http://own/ && npm config set //own/:_authToken $(cat /run/secrets/npmrc) && npm i",
        "RUN --mount=type=secret,id=npmrc cp /run/secrets/npmrc .npmrc && npm i",
    ] {
        assert_eq!(scene(run, "npmrc"), None, "{run}");
        assert_eq!(scene(run, "").as_deref(), Some(withheld), "{run}");
    }
}

#[test]
fn only_what_lies_in_the_image_is_read() {
    let own = [
        (".npmrc", "@bytelyst:registry=http://root/\n"),
        ("backend/.npmrc", "@bytelyst:registry=http://own/\n"),
    ];
    let asked = |dockerfile: &'static str| SettingsScene { dockerfile, ..SettingsScene::new(&own) }.ask();
    let install = "WORKDIR /app\nCOPY backend/package.json ./\nRUN npm i\n";
    let found = |copy: &str| {
        asked(format!("FROM node:22\n{copy}\n{install}").leak()).map(|one| one.url.exposed().to_owned())
    };
    assert_eq!(found("COPY .npmrc /app/").unwrap(), "http://root/");
    assert_eq!(found("COPY backend/.npmrc /app/").unwrap(), "http://own/");
    assert_eq!(found("COPY backend/.npmrc /root/").unwrap(), "http://own/");
    // A secret may be any of them.
    let mounted = format!(
        "FROM node:22\n{}",
        install.replace("RUN", "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc")
    );
    assert_eq!(asked(mounted.leak()).unwrap().url.exposed(), "http://own/");
    // Newer ones of pnpm read variables in the user's own file alone.
    let files = [(".npmrc.docker", CANONICAL)];
    let asked = |to: &str| {
        let dockerfile = WITH_SETTINGS.replace("./.npmrc", to).replace("npm i", "pnpm i").leak();
        let scene = SettingsScene { dockerfile, ..SettingsScene::new(&files) };
        scene.by("pnpm@10.34.9").with("GITEA_NPM_HOST", "h").ask().map(|one| one.url.exposed().to_owned())
    };
    assert!(asked("/root/.npmrc").is_ok());
    assert_eq!(
        asked("./.npmrc").unwrap_err().message,
        "backend/Dockerfile:6: pnpm 10.34.9 reads no variables there: .npmrc.docker: line 1: @bytelyst:registry"
    );
    // Whom it would ask is known even so.
    let dockerfile = format!("FROM node:22\nCOPY .npmrc /elsewhere/\n{install}").leak();
    let scene = SettingsScene { dockerfile, ..SettingsScene::new(&own) };
    assert_eq!(scene.ask().unwrap().url.exposed(), "http://own/");
    assert_eq!(
        scene.settings().lacking().as_deref(),
        Some(
            "backend/Dockerfile:5: no file that names a registry lies there by then (as by COPY .npmrc.docker ./.npmrc)"
        )
    );
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let problem = SettingsScene::new(&[(".npmrc.docker", CANONICAL)]).ask().unwrap_err();
    assert_eq!(problem.message, ".npmrc.docker: line 1: @bytelyst:registry: ${GITEA_NPM_HOST} is not set");
    let problem =
        SettingsScene::new(&[(".npmrc.docker", CANONICAL), ("compose.yml", "a: [")]).ask().unwrap_err();
    assert_eq!(
        problem.message,
        ".npmrc.docker: line 1: @bytelyst:registry: ${GITEA_NPM_HOST} is not set (compose.yml:2: is no YAML: while parsing a node, did not find expected node content)"
    );
    let text = "@bytelyst:registry=http://h/\n//h/:_authToken=${T}\n";
    let unset = SettingsScene::new(&[(".npmrc", text), ("compose.yml", "a: [")]).found().unset.unwrap();
    assert!(unset.ends_with("${T} is not set (compose.yml:2: is no YAML: while parsing a node, did not find expected node content)"), "{unset}");
}

#[test]
fn a_file_that_cannot_be_read_is_no_missing_one() {
    let place = SettingsScene::new(&[("backend/.npmrc", "@bytelyst:registry=http://h/\n")]);
    fs::create_dir(place.path(".npmrc")).unwrap();
    assert_eq!(place.ask().unwrap_err().message, ".npmrc: cannot be read: is a directory");
    let large = "#".repeat(usize::try_from(MAX_FILE).unwrap() + 1);
    let place = SettingsScene::new(&[("backend/.npmrc", &large)]);
    assert_eq!(place.ask().unwrap_err().message, "backend/.npmrc: cannot be read: it is larger than 1 MiB");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_not_opened() {
    let place = SettingsScene::new(&[]);
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, place.path(".npmrc"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(place.ask().unwrap_err().message, ".npmrc: cannot be read: it is a FIFO, not a file");
}

#[test]
fn certificates_matter_to_https_only() {
    let text = "@bytelyst:registry=https://h/\ncafile=ca.pem\n";
    let problem = SettingsScene::new(&[("backend/.npmrc", text)]).ask().unwrap_err();
    assert_eq!(problem.message, "backend/.npmrc: line 2: cafile: no such file");
    let http = text.replace("https", "http");
    assert_eq!(SettingsScene::new(&[("backend/.npmrc", &http)]).found().network, Network::default());
    let place =
        SettingsScene::new(&[("backend/.npmrc", text), ("backend/ca.pem", "PEM"), ("extra.pem", "MORE")]);
    let extra = place.path("extra.pem").display().to_string();
    let network = place.with("NODE_EXTRA_CA_CERTS", &extra).found().network;
    assert_eq!(network.authorities, [b"PEM".to_vec()]);
    assert_eq!(network.more_authorities, [b"MORE".to_vec()]);
}

#[test]
fn yarn_2_reads_its_own_files() {
    let yarnrc = "npmScopes:\n  bytelyst:\n    npmRegistryServer: http://y/\n";
    let files = [
        (".npmrc", "@bytelyst:registry=http://n/\n"),
        (".yarnrc.yml", yarnrc),
        ("~/.yarnrc.yml", "npmRegistries: {'http://y': {npmAuthToken: t}}\n"),
    ];
    let told = SettingsScene::new(&files).by("yarn@4.18.1").told();
    assert_eq!(told[..2], ["http://y/", ".yarnrc.yml: npmScopes.bytelyst.npmRegistryServer"]);
    assert_eq!(told[2], "Bearer t < ~/.yarnrc.yml: npmRegistries.http://y.npmAuthToken");
    assert_eq!(SettingsScene::new(&files).by("yarn@1.22.22").told()[0], "http://n/");
    let problem = SettingsScene::new(&files[..1]).by("yarn@4.18.1").ask().unwrap_err();
    assert_eq!(
        problem.message,
        "@bytelyst: no registry is named in backend/.yarnrc.yml, .yarnrc.yml, ~/.yarnrc.yml"
    );
}

#[test]
fn bun_reads_its_own_file_first() {
    let files = [
        ("backend/bunfig.toml", "[install.scopes]\nbytelyst = 'http://b/'\n"),
        ("backend/.npmrc.docker", "@bytelyst:registry=http://n/\n//b/:_authToken=t\n"),
    ];
    let told = SettingsScene::new(&files).by("bun@1.4.5").told();
    assert_eq!(told[..2], ["http://b/", "backend/bunfig.toml: install.scopes.bytelyst"]);
    assert_eq!(told[2], "Bearer t < backend/.npmrc.docker: line 2: //b/:_authToken");
    assert_eq!(SettingsScene::new(&files).told()[0], "http://n/");
}

#[test]
fn the_root_may_be_the_surface() {
    let place =
        SettingsScene { surface: "", ..SettingsScene::new(&[("compose.yaml", "services: {a: {build: .}}")]) };
    let problem = place.ask().unwrap_err();
    assert_eq!(problem.message, "@bytelyst: no registry is named in .npmrc.docker, .npmrc, ~/.npmrc");
}
