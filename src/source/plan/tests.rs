use crate::npm::Manifest;
use crate::registry::{Credential, Network, Secret};
use crate::source::plan::*;

const TOKEN: &str = "Bearer very-secret";

fn registry(url: &str) -> Registry {
    Registry {
        url: RegistryUrl::new(url),
        named_by: format!(".npmrc: {url}"),
        credential: Some(Credential {
            authorization: Secret(TOKEN.to_owned()),
            named_by: ".npmrc: line 2: //h/:_authToken (${TOKEN})".to_owned(),
        }),
        unset: None,
        variable: None,
        lacking: None,
        network: Network::default(),
    }
}

fn sought(package: &str) -> Sought {
    Sought { surface: 0, package: package.to_owned(), wanted: Wanted::Version("1.0.0".to_owned()) }
}

fn answer(url: &str, finding: ProbeFinding) -> Answer {
    Answer { url: RegistryUrl::new(url), finding, took: Duration::from_millis(3) }
}

/// What comes of these findings of one registry, one a package; `None` for one that was not waited for.
fn of(findings: &[Option<ProbeFinding>]) -> Verdict {
    let registry = registry("http://h/");
    let sought: Vec<_> = (0..findings.len()).map(|number| sought(&format!("@x/{number}"))).collect();
    let answers: Vec<_> =
        findings.iter().map(|finding| finding.clone().map(|finding| answer("http://h/", finding))).collect();
    let replies: Vec<_> = sought
        .iter()
        .zip(&answers)
        .map(|(sought, answer)| Reply { sought, registry: Ok(&registry), answer: answer.as_ref() })
        .collect();
    verdict(&replies, Duration::from_millis(5))
}

fn reason_of(findings: &[Option<ProbeFinding>]) -> String {
    match of(findings) {
        Verdict::Up(reason) | Verdict::Down(reason) | Verdict::Denied { reason, .. } => reason,
    }
}

#[test]
fn it_is_up_only_where_each_is_there() {
    let there = Some(ProbeFinding::There);
    assert_eq!(
        of(&[there.clone(), there.clone()]),
        Verdict::Up("registry http://h/ has all 2 packages (5 ms)".to_owned())
    );
    assert_eq!(
        of(&[there.clone(), None]),
        Verdict::Down("registry http://h/ did not answer in 5 ms".to_owned())
    );
    let missing = Some(ProbeFinding::MissingVersion(Some("0.9.0".to_owned())));
    assert_eq!(
        reason_of(&[there.clone(), missing, Some(ProbeFinding::MissingPackage)]),
        "registry http://h/ has no @x/1 1.0.0, and 1 more (3 ms); its newest is 0.9.0"
    );
}

#[test]
fn a_broken_server_outranks_a_refused_token_and_that_a_missing_package() {
    let denied = Some(ProbeFinding::Denied(401));
    assert_eq!(
        reason_of(&[Some(ProbeFinding::MissingPackage), denied.clone(), Some(ProbeFinding::Status(503))]),
        "registry http://h/ answered 503 in 3 ms"
    );
    let Verdict::Denied { reason, problems } =
        of(&[Some(ProbeFinding::MissingPackage), denied.clone(), denied])
    else {
        panic!("not denied")
    };
    assert_eq!(
        reason,
        "registry http://h/ answered 401 to the token of .npmrc: line 2: //h/:_authToken (${TOKEN})"
    );
    assert_eq!(problems.len(), 1);
    assert!(!format!("{problems:?}").contains("secret"));
}

#[test]
fn who_is_not_let_in_is_told_what_to_export_or_to_write() {
    let told = |change: &dyn Fn(&mut Registry)| {
        let mut registry = registry("http://h/x/");
        change(&mut registry);
        let (sought, answer) = (sought("@x/a"), answer("http://h/x/", ProbeFinding::Denied(401)));
        let replies = [Reply { sought: &sought, registry: Ok(&registry), answer: Some(&answer) }];
        let Verdict::Denied { problems, .. } = verdict(&replies, Duration::ZERO) else { panic!("denied") };
        problems[0].hint.clone().unwrap().lines().next().unwrap().to_owned()
    };
    let variable = |registry: &mut Registry| registry.variable = Some("T".to_owned());
    let without = |registry: &mut Registry| registry.credential = None;
    assert_eq!(told(&variable), "give it a token that is valid: export T=TOKEN");
    assert_eq!(
        told(&|_| {}),
        "write a token there that is valid: .npmrc: line 2: //h/:_authToken (${TOKEN})"
    );
    let unset = |registry: &mut Registry| {
        without(registry);
        variable(registry);
        registry.unset = Some(".npmrc: line 2: //h/:_authToken: ${T} is not set".to_owned());
    };
    assert_eq!(told(&unset), "give it a token: export T=TOKEN");
    for (file, line) in [
        (".npmrc", "//h/x/:_authToken=${NPM_TOKEN}"),
        ("web/.npmrc.docker", "//h/x/:_authToken=${NPM_TOKEN}"),
        (".yarnrc.yml", "npmAuthToken: ${NPM_TOKEN}"),
        ("bunfig.toml", "token = \"$NPM_TOKEN\""),
    ] {
        let named = |registry: &mut Registry| {
            without(registry);
            registry.named_by = format!("{file}: line 1: registry");
        };
        let hint = format!("give it a token: export NPM_TOKEN=TOKEN, with this line in {file}: {line}");
        assert_eq!(told(&named), hint);
    }
}

#[test]
fn what_is_said_of_each() {
    let text = || "why".to_owned();
    for (finding, said) in [
        (ProbeFinding::NoName, "has no address: its name was not found in 3 ms"),
        (ProbeFinding::Refused, "refused the connection in 3 ms"),
        (ProbeFinding::Unreachable(text()), "broke off in 3 ms: why"),
        (ProbeFinding::Proxy("proxy p".to_owned()), "was not reached through proxy p in 3 ms"),
        (ProbeFinding::TimedOut, "did not answer in 3 ms"),
        (ProbeFinding::Tls(text()), "failed at TLS in 3 ms: why"),
        (ProbeFinding::NotNpm("an HTML page".to_owned()), "answered with an HTML page in 3 ms"),
        (ProbeFinding::MissingVersion(None), "has no @x/0 1.0.0 (3 ms)"),
    ] {
        assert_eq!(of(&[Some(finding)]), Verdict::Down(format!("registry http://h/ {said}")));
    }
}

#[test]
fn a_registry_that_only_containers_know_is_named_as_it_was_asked() {
    let registry = registry("http://host.docker.internal/");
    let sought = sought("@x/a");
    let answer = answer("http://localhost/", ProbeFinding::There);
    let replies = [Reply { sought: &sought, registry: Ok(&registry), answer: Some(&answer) }];
    assert_eq!(
        verdict(&replies, Duration::ZERO),
        Verdict::Up(
            "registry http://localhost/ (for http://host.docker.internal/, which only containers know) has the 1 \
             package (1 ms)"
                .to_owned()
        )
    );
    assert_eq!(probe(&replies, Duration::ZERO).registries[0].url, "http://localhost/");
}

#[test]
fn each_registry_is_told_once_with_its_worst_and_one_that_nobody_names_is_down() {
    let (a, b) = (registry("http://a/"), registry("http://b/"));
    let nobody = Problem::new("no file names one");
    let sought = sought("@x/a");
    let answers = [
        answer("http://a/", ProbeFinding::There),
        answer("http://a/", ProbeFinding::Denied(403)),
        answer("http://b/", ProbeFinding::There),
    ];
    let of = |registry, answer| Reply { sought: &sought, registry, answer };
    let replies = [
        of(Ok(&a), Some(&answers[0])),
        of(Ok(&a), Some(&answers[1])),
        of(Ok(&b), Some(&answers[2])),
        of(Err(&nobody), None),
    ];
    let words: Vec<_> =
        probe(&replies, Duration::ZERO).registries.into_iter().map(|probed| probed.answer).collect();
    assert_eq!(words, ["denied", "up", "no-registry"]);
    assert_eq!(verdict(&replies, Duration::ZERO), Verdict::Down("no file names one".to_owned()));
}

fn surface(manifest: &str) -> Surface {
    let serde_json::Value::Object(map) = serde_json::from_str(manifest).unwrap() else { panic!("an object") };
    Surface {
        dir: "web".to_owned(),
        manifest_path: "/p/web/package.json".into(),
        manifest_name: "web/package.json".to_owned(),
        text: manifest.to_owned(),
        manifest: Manifest(map),
    }
}

#[test]
fn without_a_workspace_the_surfaces_own_dependencies_count() {
    let scope = Scope::new(&["@x/*".to_owned()]);
    let surfaces = [surface(
        r#"{"dependencies": {"@x/a": "^1.0.0", "left": "1", "@x/l": "file:../l"}, "devDependencies": {"b": "npm:@x/b@2"}}"#,
    )];
    let found: Vec<_> = sought_directly(&surfaces, &scope, &LocalPackages::default())
        .into_iter()
        .map(|sought| (sought.package, sought.wanted))
        .collect();
    let range = |range: &str| Wanted::Range(range.to_owned());
    assert_eq!(found, [("@x/a".to_owned(), range("^1.0.0")), ("@x/b".to_owned(), range("2"))]);
    assert_eq!(beyond_any_registry(&surfaces, &scope, &LocalPackages::default()), None);
}

#[test]
fn no_registry_answers_for_the_workspaces_own_protocol() {
    let scope = Scope::new(&["@x/*".to_owned()]);
    let surfaces = [surface(r#"{"dependencies": {"@x/a": "workspace:^"}}"#)];
    assert_eq!(
        beyond_any_registry(&surfaces, &scope, &LocalPackages::default()).as_deref(),
        Some("web/package.json has @x/a as workspace:^, which no registry answers for")
    );
}

#[test]
fn nor_for_a_link_to_the_workspace_but_the_products_own_packages_are_none_of_it() {
    let scope = Scope::new(&["@x/*".to_owned()]);
    let surfaces = [surface(r#"{"dependencies": {"@x/mine": "workspace:*", "a": "link:../../plat/a"}}"#)];
    let local = LocalPackages::of("web", &[("@x/mine", "mine")], &[("link:../../plat/a", "@x/a")]);
    assert_eq!(
        beyond_any_registry(&surfaces, &scope, &local).as_deref(),
        Some("web/package.json has @x/a as link:../../plat/a, which no registry answers for")
    );
    assert_eq!(sought_directly(&surfaces, &scope, &local), []);
}
