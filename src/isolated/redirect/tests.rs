use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::image::{BuildDefinition, ImageBuild};
use crate::isolated::plan::IsolatedBuild;

fn build(service: &str, tree: Option<&str>) -> IsolatedBuild {
    let build = ImageBuild {
        definition: BuildDefinition { name: service.to_owned(), ..BuildDefinition::default() },
        dockerfile: "Dockerfile".to_owned(),
        counts: true,
        context: Some(String::new()),
        ..ImageBuild::default()
    };
    IsolatedBuild {
        service: service.to_owned(),
        build: Arc::new(build),
        tree: tree.map(str::to_owned),
        named: BTreeMap::new(),
        dockerfile: None,
    }
}

fn plan(builds: Vec<IsolatedBuild>) -> IsolatedPlan {
    IsolatedPlan { builds, ..IsolatedPlan::default() }
}

fn redirected(line: &str, plan: &IsolatedPlan, files: &[&str]) -> Redirected {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let texts: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let command = DockerCommand::of(&texts).unwrap();
    let files = files.iter().map(|file| (*file).to_owned()).collect();
    let builds = plan.builds.iter().map(|build| build.service.clone()).chain(["other".to_owned()]);
    let picture = CommandPicture { files, builds: builds.map(|name| (name, Default::default())).collect() };
    let (root, trees, over) = ("/w/$x", "/w/$x/.git/trees", "/w/$x/.git/o.yaml");
    let places = RedirectPlaces { root: root.as_ref(), trees: trees.as_ref(), over: over.as_ref() };
    redirect(&command, &words, plan, &picture, places)
}

fn line(words: &[OsString]) -> String {
    words.join(OsStr::new(" ")).into_string().unwrap()
}

fn variables(redirected: &Redirected) -> Vec<(&str, &str)> {
    redirected
        .variables
        .iter()
        .map(|(name, value)| (name.to_str().unwrap(), value.to_str().unwrap()))
        .collect()
}

#[test]
fn compose_takes_one_more_file_behind_those_that_are_named() {
    let plan = plan(vec![build("backend", Some("backend"))]);
    let found = redirected("docker -c x compose -f a.yml --profile p build --pull web", &plan, &["a.yml"]);
    assert_eq!(
        line(&found.words),
        "docker -c x compose -f a.yml --profile p -f /w/$x/.git/o.yaml build --pull web"
    );
    assert_eq!(found.variables, []);
    assert_eq!(
        found.over.unwrap().to_string(),
        r#"{"services":{"backend":{"build":{"context":"/w/$$x/.git/trees/backend"}}}}"#
    );
    let Some(ResolvedWords::Compose(json, yaml)) = found.resolved else { panic!() };
    let own =
        "docker -c x compose -f a.yml --profile p -f /w/$x/.git/o.yaml --profile * config --no-consistency";
    assert_eq!(line(&json), format!("{own} --format json"));
    assert_eq!(line(&yaml), own);
}

#[test]
fn files_that_compose_finds_are_named_with_ours_in_a_variable() {
    let mut web = build("web.x", Some("web_x"));
    web.dockerfile = Some("docker/web.Dockerfile".to_owned());
    web.named.insert("shared".to_owned(), "web_x-shared".to_owned());
    let plan = plan(vec![web]);
    let found = redirected("docker-compose up -d", &plan, &["compose.yaml", "/abs/o|ther.yaml"]);
    assert_eq!(line(&found.words), "docker-compose up -d");
    assert_eq!(
        variables(&found),
        [
            ("COMPOSE_FILE", "/w/$x/compose.yaml||/abs/o|ther.yaml||/w/$x/.git/o.yaml"),
            ("COMPOSE_PATH_SEPARATOR", "||"),
        ]
    );
    let over = found.over.unwrap();
    let web = &over["services"]["web.x"]["build"];
    assert_eq!(web["dockerfile"], "/w/$$x/docker/web.Dockerfile");
    assert_eq!(web["additional_contexts"]["shared"], "/w/$$x/.git/trees/web_x-shared");
}

#[test]
fn a_build_gets_its_context_and_nothing_else() {
    let mut one = build("", Some("web"));
    one.named.insert("shared".to_owned(), "web-shared".to_owned());
    let plan = plan(vec![one]);
    let found = redirected(
        "docker buildx build -t x web --build-context shared=lib --build-context=other=y -f D",
        &plan,
        &[],
    );
    assert_eq!(
        line(&found.words),
        "docker buildx build -t x /w/$x/.git/trees/web --build-context shared=/w/$x/.git/trees/web-shared \
         --build-context=other=y -f D"
    );
    assert_eq!((found.over, found.resolved), (None, None));
    let elsewhere = redirected("docker build -", &IsolatedPlan::default(), &[]);
    assert_eq!(line(&elsewhere.words), "docker build -");
}

#[test]
fn bake_gets_contexts_by_its_own_flag() {
    let mut api = build("api.v1", Some("api_v1"));
    api.dockerfile = Some("D".to_owned());
    let plan = plan(vec![api]);
    let found = redirected("docker buildx bake -f x.hcl api.v1", &plan, &[]);
    let set = "--set api_v1.context=/w/$x/.git/trees/api_v1 --set api_v1.dockerfile=/w/$x/D";
    assert_eq!(line(&found.words), format!("docker buildx bake -f x.hcl api.v1 {set}"));
    let Some(ResolvedWords::Bake(words)) = &found.resolved else { panic!() };
    assert_eq!(line(words), format!("docker buildx bake -f x.hcl api.v1 {set} --progress quiet --print"));
    assert_eq!(found.variables, []);
}

#[test]
fn without_a_network_every_build_is_told_so() {
    let planned = |name: &str| IsolatedPlan { without_network: true, ..plan(vec![build(name, Some("t"))]) };
    let over = redirected("docker compose build", &planned("web"), &["a.yml"]).over.unwrap();
    assert_eq!(
        over["services"].to_string(),
        r#"{"web":{"build":{"context":"/w/$$x/.git/trees/t","network":"none"}},"other":{"build":{"network":"none"}}}"#
    );
    for (typed, expected) in [
        (
            "docker build --network host . -q",
            "docker build --network host /w/$x/.git/trees/t -q --network none",
        ),
        ("docker build -- .", "docker build --network none -- /w/$x/.git/trees/t"),
    ] {
        assert_eq!(line(&redirected(typed, &planned(""), &[]).words), expected);
    }
    let bake = line(&redirected("docker buildx bake -- a.b", &planned("a.b"), &[]).words);
    let set = "--set a_b.context=/w/$x/.git/trees/t --set a_b.network=none --set other.network=none";
    assert_eq!(bake, format!("docker buildx bake {set} -- a.b"));
}

#[test]
fn trees_outside_of_the_project_are_no_question_to_bake() {
    let plan = plan(vec![build("a", Some("a"))]);
    let words: Vec<OsString> = ["docker", "buildx", "bake"].map(OsString::from).to_vec();
    let trees = PathBuf::from("/other/.git/trees");
    let places = RedirectPlaces { root: "/w".as_ref(), trees: &trees, over: "/o".as_ref() };
    let found = redirect(&DockerCommand::Bake(3), &words, &plan, &CommandPicture::default(), places);
    assert_eq!(variables(&found), [("BUILDX_BAKE_ENTITLEMENTS_FS", "0")]);
}
