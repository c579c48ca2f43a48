//! The images that workflows of GitHub, Gitea, Forgejo and GitLab build.

mod matrix;

use std::collections::BTreeMap;

use self::matrix::{Values, combinations, filled};
use super::command_line::build::{context, dockerfile};
use super::command_line::script::{ScriptBuilds, ScriptPlace};
use super::command_line::{BakeCommand, CommandPlace, is_open};
use super::compose::join;
use super::compose::tree::{self, Node};
use super::definition::{BuildContext, BuildDefinition, DefinitionKind, UnknownDefinition};
use super::place::Place;

/// Whether a file is a workflow, by its path.
pub(crate) fn is_workflow(path: &str) -> bool {
    if path == ".gitlab-ci.yml" || path == ".gitlab-ci.yaml" {
        return true;
    }
    let folders = [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"];
    let rest = folders.iter().find_map(|folder| path.strip_prefix(folder));
    rest.is_some_and(|name| !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml")))
}

/// What a workflow builds.
pub(crate) fn read(
    text: &str,
    file: &str,
    root: &str,
    environment: &BTreeMap<String, String>,
    found: &mut ScriptBuilds,
) {
    if !text.contains("docker")
        && !text.contains("podman")
        && !text.contains("build-push-action")
        && !text.contains("depot ")
    {
        return;
    }
    let documents = match tree::parse(text, file) {
        Ok(documents) => documents,
        Err(error) => {
            let place = Place::line(file, error.line);
            found.unknown.push(UnknownDefinition { place, why: error.why });
            return;
        }
    };
    let workflow = Workflow { file, root, environment };
    for document in &documents {
        match document.get("jobs") {
            Some(jobs) => jobs.entries().iter().for_each(|job| workflow.job(document, &job.value, found)),
            None => document.entries().iter().for_each(|job| workflow.gitlab_job(&job.value, found)),
        }
    }
}

struct Workflow<'a> {
    file: &'a str,
    root: &'a str,
    environment: &'a BTreeMap<String, String>,
}

impl Workflow<'_> {
    fn job(&self, document: &Node, job: &Node, found: &mut ScriptBuilds) {
        let mut values = Values::new();
        add_environment(document, &mut values);
        add_environment(job, &mut values);
        let folder = working_directory(job).or_else(|| working_directory(document)).unwrap_or("");
        let matrix = job.get("strategy").and_then(|strategy| strategy.get("matrix"));
        let combinations = matrix.map(combinations).unwrap_or_default();
        for step in job.get("steps").map(Node::items).unwrap_or_default() {
            let mut values = values.clone();
            add_environment(step, &mut values);
            if combinations.is_empty() {
                self.step(step, folder, &values, found);
            }
            for combination in &combinations {
                let both =
                    values.iter().chain(combination).map(|(name, value)| (name.clone(), value.clone()));
                self.step(step, folder, &both.collect(), found);
            }
        }
    }

    fn step(&self, step: &Node, folder: &str, values: &Values, found: &mut ScriptBuilds) {
        if let Some(script) = step.get("run")
            && let Some(text) = script.text()
        {
            let folder = step.get("working-directory").and_then(Node::text).unwrap_or(folder);
            let folder = filled(folder, values);
            let folder = folder.strip_prefix(WORKSPACE).unwrap_or(&folder).trim_start_matches('/');
            let text = filled(text, values);
            // Where the folder is not known, a `cd` that is not known either says so.
            let text = if is_open(folder) { format!("cd '{folder}'; {text}") } else { text };
            let folder = if is_open(folder) { "" } else { folder };
            let folder = join(self.root, "", folder);
            found.add_script(&text, self.script_place(script, &folder));
        }
        let action = step.get("uses").and_then(Node::text).unwrap_or_default();
        let action = action.split('@').next().unwrap_or_default();
        let with = step.get("with");
        let input = |name: &str| {
            let text = with.and_then(|with| with.get(name)).and_then(Node::text)?;
            Some(filled(text, values)).filter(|text| !text.trim().is_empty())
        };
        // Others take its inputs, as `depot/build-push-action` does.
        if action.ends_with("/build-push-action") {
            found.add(self.build(input), step.spot.place());
        } else if action.ends_with("/bake-action") {
            let split = |name: &str| -> Vec<String> {
                let text = input(name).unwrap_or_default();
                let words = text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
                words.map(str::to_owned).collect()
            };
            let files = split("files").iter().map(|file| join(self.root, "", file)).collect();
            found.bake.push(BakeCommand { files, targets: split("targets") });
        }
    }

    /// The inputs of `docker/build-push-action`, whose context is the repository where none is named.
    fn build(&self, input: impl Fn(&str) -> Option<String>) -> BuildDefinition {
        let place = CommandPlace { root: self.root, folder: "", environment: self.environment };
        let written = input("context").unwrap_or_else(|| ".".to_owned());
        let written = written.trim();
        let written = match written.strip_prefix("{{defaultContext}}") {
            Some(below) => format!("./{}", below.trim_start_matches(':')),
            None => written.to_owned(),
        };
        let file = input("file");
        let lines = |name: &str| -> Vec<String> {
            let text = input(name).unwrap_or_default();
            let lines =
                text.lines().map(|line| line.trim().trim_matches('"')).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        let pairs = |name: &str| -> Vec<(String, String)> {
            let pair =
                |line: String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            lines(name).into_iter().filter_map(pair).collect()
        };
        let secrets = ["secrets", "secret-envs", "secret-files"].into_iter().flat_map(&pairs);
        BuildDefinition {
            kind: DefinitionKind::Script,
            context: context(&written, place),
            dockerfile: dockerfile(file.as_deref().map(str::trim), &written, place),
            target: input("target").map(|target| target.trim().to_owned()),
            args: lines("build-args").iter().map(|line| place.argument(line)).collect(),
            secrets: secrets.map(|(id, _)| (id, Place::default())).collect(),
            contexts: pairs("build-contexts")
                .into_iter()
                .map(|(name, value)| (name, context(&value, place)))
                .collect::<BTreeMap<String, BuildContext>>(),
            extra_hosts: pairs_of_hosts(&lines("add-hosts")),
            network: input("network").map(|network| network.trim().to_owned()),
            ..BuildDefinition::default()
        }
    }

    fn gitlab_job(&self, job: &Node, found: &mut ScriptBuilds) {
        for key in ["before_script", "script", "after_script"] {
            let Some(script) = job.get(key) else { continue };
            let lines = if script.items().is_empty() { std::slice::from_ref(script) } else { script.items() };
            // The lines run in one shell; each keeps its place.
            let mut folder = String::new();
            for line in lines {
                let Some(text) = line.text() else { continue };
                found.add_script(text, self.script_place(line, &folder));
                if let Some(to) =
                    text.trim().strip_prefix("cd ").filter(|to| !to.contains(char::is_whitespace))
                {
                    folder = join(self.root, &folder, to);
                }
            }
        }
    }

    fn script_place<'a>(&'a self, script: &Node, folder: &'a str) -> ScriptPlace<'a> {
        let Self { file, root, environment } = *self;
        ScriptPlace { file, line: script.spot.line, folder, root, environment }
    }
}

/// The repository's folder, in which jobs begin.
const WORKSPACE: &str = "${{ github.workspace }}";

fn pairs_of_hosts(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.split([':', '=']).next().unwrap_or(line).to_owned()).collect()
}

fn add_environment(of: &Node, values: &mut Values) {
    for entry in of.get("env").map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.value.text() {
            let value = filled(value, values);
            values.insert(format!("env.{}", entry.key), value);
        }
    }
}

fn working_directory(of: &Node) -> Option<&str> {
    of.get("defaults")?.get("run")?.get("working-directory")?.text()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::definition::DockerfileSource;

    fn builds(text: &str) -> Vec<String> {
        let mut found = ScriptBuilds::default();
        read(text, "ci.yml", "/w/notes", &BTreeMap::new(), &mut found);
        let shown = |build: &BuildDefinition| {
            let context = match &build.context {
                BuildContext::Project(folder) => format!("[{folder}]"),
                BuildContext::Elsewhere(written) => format!("<{written}>"),
            };
            let file = match &build.dockerfile {
                DockerfileSource::Project(file) => file.clone(),
                _ => "?".to_owned(),
            };
            let args =
                build.args.iter().map(|(name, value)| format!(" {name}={}", value.as_deref().unwrap_or("?")));
            let secrets = build.secrets.keys().map(|id| format!(" secret={id}"));
            let target = build.target.iter().map(|target| format!(" target={target}"));
            let more: String = target.chain(args).chain(secrets).collect();
            format!("{} {context} {file}{more}", build.place)
        };
        let unknown = found.unknown.iter().map(|unknown| format!("{} {}", unknown.place, unknown.why));
        found.builds.iter().map(shown).chain(unknown).collect()
    }

    #[test]
    fn builds_of_steps() {
        assert_eq!(
            builds(
                "on: push
env: {DIR: web}
jobs:
  image:
    defaults: {run: {working-directory: api}}
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: ${{ github.workspace }}/web
          file: ./docker/web.Dockerfile
          target: prod
          build-args: |
            A=1
            B=${{ secrets.B }}
          secrets: |
            npm=${{ secrets.NPM }}
      - uses: docker/build-push-action@v6
      - run: |
          echo

          docker build .
      - run: docker build ${{ env.DIR }}
        working-directory: ${{ github.workspace }}
      - uses: docker/build-push-action@v6
        with: {context: '${{ inputs.dir }}'}
"
            ),
            [
                "ci.yml:7:9 [web] docker/web.Dockerfile target=prod A=1 B=? secret=npm",
                "ci.yml:17:9 [] Dockerfile",
                "ci.yml:21 [api] api/Dockerfile",
                "ci.yml:22 [web] web/Dockerfile",
                "ci.yml:24:9 <${{ inputs.dir }}> ?",
                "ci.yml:24:9 builds from a folder that is not known",
            ]
        );
    }

    #[test]
    fn matrices_are_run_through() {
        let build = |matrix: &str, file: &str| {
            builds(&format!(
                "jobs:\n  a:\n    strategy:\n      matrix: {matrix}\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {{context: ., file: '{file}'}}\n"
            ))
        };
        assert_eq!(
            build("{app: [web, api], v: [1, 2], exclude: [{app: api}]}", "apps/${{ matrix.app }}/Dockerfile"),
            ["ci.yml:6:7 [] apps/web/Dockerfile"]
        );
        assert_eq!(
            build("{include: [{app: web, file: D}, {app: api, file: E}]}", "${{matrix.file}}"),
            ["ci.yml:6:7 [] D", "ci.yml:6:7 [] E"]
        );
        assert_eq!(
            build(
                "{app: [web, api], include: [{app: web, file: D}, {app: x, file: E}]}",
                "${{ matrix.file }}"
            ),
            [
                "ci.yml:6:7 [] D",
                "ci.yml:6:7 [] ?",
                "ci.yml:6:7 [] E",
                "ci.yml:6:7 builds a Dockerfile that is not known"
            ]
        );
        assert_eq!(build("{app: [{file: D}]}", "${{ matrix.app.file }}"), ["ci.yml:6:7 [] D"]);
        assert_eq!(
            build("${{ fromJSON(x) }}", "${{ matrix.app }}"),
            ["ci.yml:6:7 [] ?", "ci.yml:6:7 builds a Dockerfile that is not known"]
        );
    }

    #[test]
    fn jobs_of_gitlab() {
        assert_eq!(
            builds(
                "image: docker\nbuild:\n  script:\n    - cd web\n    - docker build -t x .\nx: {script: docker build $CI_PROJECT_DIR}\n"
            ),
            ["ci.yml:5 [web] web/Dockerfile", "ci.yml:6 [] Dockerfile"]
        );
        assert!(is_workflow(".github/workflows/a.yml") && !is_workflow(".github/a.yml"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$\\{\\}a. é]{0,40}") {
            let _ = filled(&text, &Values::new());
            let _ = builds(&format!("jobs: {{a: {{steps: [{{run: \"docker build {text}\"}}]}}}}"));
        }
    }
}
