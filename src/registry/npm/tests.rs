use crate::image::Tags;
use crate::registry::npm::*;
use crate::registry::setting::of_npmrc;

fn lookup(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("t0k".to_owned()),
        "HOST" => Some("host".to_owned()),
        "EMPTY" => Some(String::new()),
        "BAD" => Some("s3cr\net".to_owned()),
        _ => None,
    }
}

/// Settings of files `0`, `1`, and so on.
fn npm(manager: &str, texts: &[&str]) -> Npm {
    let (name, version) = manager.split_once('@').unwrap();
    let name = Name::parse(name).unwrap();
    let files = texts
        .iter()
        .enumerate()
        .map(|(number, text)| of_npmrc(&number.to_string(), text, name == Name::Pnpm, &lookup).unwrap());
    Npm::new(&PackageManager::at(name, version, Tags::Corepack).unwrap(), files.collect())
}

fn found(manager: &str, texts: &[&str]) -> NamedRegistry {
    npm(manager, texts).registry("@a/b").unwrap().unwrap()
}

/// The header and what it is named by, else why there is none.
fn asks(manager: &str, texts: &[&str]) -> String {
    let asks = found(manager, texts).asks;
    match (asks.credential, asks.unset) {
        (Some(credential), None) => format!("{} < {}", credential.authorization.0, credential.named_by),
        (None, Some(unset)) => unset,
        (None, None) => "nobody".to_owned(),
        both => panic!("{both:?}"),
    }
}

fn problem(texts: &[&str]) -> Problem {
    npm("npm@10", texts).registry("@a/b").unwrap_err()
}

#[test]
fn the_scope_comes_before_the_registry_for_all() {
    let texts = ["registry=http://all/\n", "@a:registry=http://a/x\n@c:registry=http://c/\n"];
    let found = found("npm@10", &texts);
    assert_eq!((found.url.exposed(), found.named_by.as_str()), ("http://a/x/", "1: line 1: @a:registry"));
    assert_eq!(npm("npm@10", &texts).registry("b").unwrap().unwrap().url.exposed(), "http://all/");
    assert_eq!(npm("npm@10", &texts[1..]).registry("b").unwrap(), None);
    assert_eq!(npm("npm@10", &["@a:registry=\n"]).registry("@a/b").unwrap(), None);
}

#[test]
fn the_first_file_counts_for_each_key() {
    let texts = ["//h:1/:_authToken=first\n", "@a:registry=http://h:1/\n//h:1/:_authToken=second\n"];
    assert_eq!(asks("npm@10", &texts), "Bearer first < 0: line 1: //h:1/:_authToken");
}

#[test]
fn the_most_specific_key_counts() {
    let registry = "@a:registry=http://h:1/x/y\n";
    for (keys, npm, pnpm) in [
        ("//h:1/:_authToken=1\n//h:1/x/:_authToken=2\n", "Bearer 2", "Bearer 2"),
        ("//h:1/:_authToken=1\n//h:1/x/y:_authToken=2\n", "Bearer 2", "Bearer 1"),
        ("//h/:_authToken=1\n", "nobody", "Bearer 1"),
        ("//h:1/xy/:_authToken=1\n", "nobody", "nobody"),
        ("//h:1/:_authToken=\n//h:1/:_auth=dTpw\n", "Basic dTpw", "Basic dTpw"),
        ("//h:1/:_authToken=1\n//h:1/x/:_authToken=${EMPTY}\n", "Bearer 1", "Bearer 1"),
        ("//h:1/:username=u\n//h:1/:_password=cA==\n", "Basic dTpw", "Basic dTpw"),
        ("//h:1/:username=u\n", "nobody", "nobody"),
    ] {
        let text = format!("{registry}{keys}");
        for (manager, expected) in [("npm@10", npm), ("pnpm@10.6.5", pnpm)] {
            let asked = asks(manager, &[&text]);
            assert_eq!(asked.split(" <").next().unwrap(), expected, "{manager}: {keys}");
        }
    }
    let text = format!("{registry}//h:1/:_authToken=1\n//h:1/x/y:_authToken=2\n");
    assert!(asks("pnpm@11.28.11", &[&text]).starts_with("Bearer 2"));
}

#[test]
fn ports_that_a_scheme_has_anyway() {
    let text = "@a:registry=https://h:443/\n//h:443/:_authToken=1\n";
    assert_eq!(asks("npm@10", &[text]), "nobody");
    assert_eq!(
        asks("npm@10", &[&text.replace("//h:443/:", "//h/:")]),
        "Bearer 1 < 0: line 2: //h/:_authToken"
    );
}

#[test]
fn variables_in_keys_and_values() {
    let text = "@a:registry=http://${HOST}:3300/x/\n//${HOST}:3300/x/:_authToken=${TOKEN}\n";
    assert_eq!(
        asks("pnpm@10.6.5", &[text]),
        "Bearer t0k < 0: line 2: //${HOST}:3300/x/:_authToken (${TOKEN})"
    );
    assert_eq!(
        asks("npm@10", &[&text.replace("TOKEN", "NO")]),
        "0: line 2: //${HOST}:3300/x/:_authToken: ${NO} is not set"
    );
    let key = "@a:registry=http://h/\n//${NO}/:_authToken=${TOKEN}\n";
    assert_eq!(asks("npm@10", &[key]), "0: line 2: //${NO}/:_authToken: ${NO} is not set");
    let wrong = problem(&["@a:registry=http://${NO-}:1/\n"]);
    assert_eq!(wrong.message, "0: line 1: @a:registry: ${NO} is not set");
    assert_eq!(wrong.hint.as_deref(), Some("set NO, or write a default there, as in ${NAME:-default}"));
}

#[test]
fn an_address_may_say_who_asks() {
    let text = "@a:registry=http://u%40x:p@h/\n";
    assert_eq!(found("npm@10", &[text]).url.exposed(), "http://h/");
    assert_eq!(asks("npm@10", &[text]), "Basic dSU0MHg6cA== < 0: line 1: @a:registry");
    assert_eq!(asks("yarn@1.22.22", &[text]), "Basic dUB4OnA= < 0: line 1: @a:registry");
    assert_eq!(asks("pnpm@10.6.5", &[text]), "Basic dSU0MHg6cA== < 0: line 1: @a:registry");
    let both = format!("{text}//h/:_authToken=1\n");
    assert_eq!(asks("npm@10", &[&both]), "Bearer 1 < 0: line 2: //h/:_authToken");
    assert_eq!(asks("pnpm@10.6.5", &[&both]), "Basic dSU0MHg6cA== < 0: line 1: @a:registry");
}

#[test]
fn a_token_without_an_address_is_for_the_registry_for_all() {
    let same = ["registry=http://h/x/\n_authToken=1\n"];
    let other = ["registry=http://h/x/\n", "_authToken=1\n"];
    for (manager, in_same, in_other) in [
        ("npm@8", "Bearer 1", "Bearer 1"),
        ("npm@10", "nobody", "nobody"),
        ("pnpm@10.6.5", "Bearer 1", "Bearer 1"),
        ("pnpm@11.0.0", "Bearer 1", "nobody"),
        ("bun@1.2.0", "nobody", "nobody"),
    ] {
        assert_eq!(asks(manager, &same).split(" <").next().unwrap(), in_same, "{manager}");
        assert_eq!(asks(manager, &other).split(" <").next().unwrap(), in_other, "{manager}");
        let scoped = ["registry=http://h/x/\n@a:registry=http://other/\n_authToken=1\n"];
        assert_eq!(asks(manager, &scoped), "nobody", "{manager}");
    }
    assert_eq!(
        asks("pnpm@10.6.5", &["registry=http://h/\nusername=u\n_password=p\n"]),
        "Basic dTpw < 0: line 3: _password"
    );
}

#[test]
fn no_message_tells_a_secret() {
    for text in [
        "@a:registry=ftp://u:s3cr@h/\n",
        "@a:registry=http://u:s3cr@h:99999/\n",
        "@a:registry=http://h/?token=s3cr\n",
        "@a:registry=s3cr\n",
        "@a:registry=http://h/\n//h/:_authToken=${BAD}\n",
        "@a:registry=http://h/\n//h/:_authToken=s3cré\n",
        "@a:registry=http://u:s3cr@${NO}/\n",
        "@a:registry=http://${NO-:s3cr}${NO}/\n",
    ] {
        let problem = problem(&[text]);
        let told = format!("{} {}", problem.message, problem.hint.clone().unwrap_or_default());
        assert!(!told.contains("s3cr"), "{text}: {told}");
        assert!(problem.message.starts_with("0: line "), "{told}");
    }
    assert!(!format!("{:?}", found("npm@10", &["@a:registry=http://u:s3cr@h/\n"])).contains("s3cr"));
}

#[test]
fn a_helper_is_not_run_but_told() {
    let text = "@a:registry=http://h/\n//h/:tokenHelper=/bin/x\n";
    assert_eq!(asks("pnpm@10.6.5", &[text]), "0: line 2: //h/:tokenHelper: the command is not run");
}

#[test]
fn base64_as_node_reads_it() {
    assert_eq!(of_base64("cA=="), b"p");
    assert_eq!(of_base64("c A"), b"p");
    assert_eq!(of_base64("--__"), [0xfb, 0xef, 0xff]);
    assert_eq!(of_base64("cHA=cA"), b"pp");
    assert_eq!(of_base64("c"), b"");
}

#[test]
fn too_many_settings_are_refused() {
    let text: String = (0..1001).map(|n| format!("//h{n}/:_authToken=x\n")).collect();
    let problem = of_npmrc("x", &text, false, &lookup).unwrap_err();
    assert_eq!(problem.message, "x: line 1001: more than 1000 settings");
}
