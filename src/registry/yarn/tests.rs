use proptest::prelude::*;

use crate::registry::variables::of;
use crate::registry::yarn::*;

fn lookup(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("t0k".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn yarn(texts: &[&str]) -> Yarn {
    let files: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| (number.to_string(), (*text).to_owned())).collect();
    Yarn::new(&files).unwrap()
}

/// The address and who asks there.
fn found(texts: &[&str]) -> String {
    let found = yarn(texts).registry("@a/b", &lookup).unwrap().unwrap();
    let credential = found.asks.credential;
    let who = credential.map(|one| format!("{} < {}", one.authorization.0, one.named_by));
    format!("{} < {} | {}", found.url.exposed(), found.named_by, who.or(found.asks.unset).unwrap_or_default())
}

#[test]
fn scopes_come_before_registries_before_all() {
    let scope = "npmScopes: {a: {npmRegistryServer: 'http://h/x/'}}\n";
    let all = "npmRegistryServer: http://all\nnpmAuthToken: all\n";
    let named = "npmRegistries: {'//h/x/': {npmAuthIdent: 'u:p'}}\n";
    assert_eq!(found(&[scope]), "http://h/x/ < 0: npmScopes.a.npmRegistryServer | ");
    assert_eq!(found(&[all]), "http://all/ < 0: npmRegistryServer | Bearer all < 0: npmAuthToken");
    assert_eq!(
        found(&[scope, all]),
        "http://h/x/ < 0: npmScopes.a.npmRegistryServer | Bearer all < 1: npmAuthToken"
    );
    assert_eq!(
        found(&[scope, &format!("{all}{named}")]),
        "http://h/x/ < 0: npmScopes.a.npmRegistryServer | Basic dTpw < 1: npmRegistries.//h/x/.npmAuthIdent"
    );
    let own = "npmScopes:\n  a:\n    npmAuthToken: ${TOKEN-none}\n";
    assert_eq!(
        found(&[own, scope, all]),
        "http://h/x/ < 1: npmScopes.a.npmRegistryServer | Bearer t0k < 0: npmScopes.a.npmAuthToken (${TOKEN})"
    );
    assert_eq!(
        yarn(&["npmScopes: {b: {npmRegistryServer: 'http://h/'}}"]).registry("@a/b", &lookup),
        Ok(None)
    );
}

#[test]
fn variables_that_are_not_set() {
    assert_eq!(
        found(&["npmRegistryServer: http://h\nnpmAuthToken: '${NO}'\n"]),
        "http://h/ < 0: npmRegistryServer | 0: npmAuthToken: ${NO} is not set"
    );
    let problem = yarn(&["npmRegistryServer: 'http://u:s3cr@${NO}'"]).registry("@a/b", &lookup).unwrap_err();
    assert_eq!(problem.message, "0: npmRegistryServer: ${NO} is not set");
    let problem = yarn(&["npmRegistryServer: 'http://u:s3cr@${1}'"]).registry("@a/b", &lookup).unwrap_err();
    assert_eq!(problem.message, "0: npmRegistryServer: a variable is not written as yarn reads it");
}

#[test]
fn variables_as_yarn_expands_them() {
    for (text, expected) in [
        ("a${TOKEN}b", Some("at0kb")),
        ("${TOKEN:-x}${EMPTY:-y}${EMPTY-z}", Some("t0ky")),
        ("${NO:-a${TOKEN}b}c", Some("at0kbc")),
        ("${TOKEN:-a${NO:-b}c}d", Some("t0kd")),
        ("${NO-}", Some("")),
        ("\\${TOKEN}}", Some("${TOKEN}}")),
        ("${NO:-a\\}b}", Some("a}b")),
        ("${TOKEN", None),
        ("${_X}", None),
        ("${NO:-", None),
        ("$TOKEN", Some("$TOKEN")),
    ] {
        assert_eq!(expand(text, &lookup).map(|found| found.text).as_deref(), expected, "{text}");
    }
}

#[test]
fn the_way_there() {
    let text = "httpProxy: http://p:1\nenableStrictSsl: false\nhttpsCaFilePath: ./ca.pem\nnetworkSettings:\n  '*.corp':\n    httpsProxy: http://q:2\n  h.corp:\n    httpsCaFilePath: /own.pem\n";
    let way = |url: &str, process: &[(&str, &str)]| yarn(&[text]).way(url, &of(process), &lookup).unwrap();
    let found = way("https://x/", &[("YARN_HTTP_PROXY", "http://e:3"), ("HTTPS_PROXY", "http://z")]);
    assert_eq!(found.network.http_proxy, Some(Secret("http://e:3".to_owned())));
    assert_eq!(found.network.https_proxy, None);
    assert!(found.network.accepts_any_certificate);
    assert_eq!(found.cafile.unwrap().path, "./ca.pem");
    let found = way("https://h.corp/", &[]);
    assert_eq!(found.network.https_proxy, Some(Secret("http://q:2".to_owned())));
    assert_eq!(found.cafile.unwrap().place, "0: networkSettings.h.corp.httpsCaFilePath");
}

#[test]
fn what_is_not_yaml_is_not_quoted() {
    let problem = Yarn::new(&[("x".to_owned(), "a: [s3cr".to_owned())]).unwrap_err();
    assert_eq!(problem.message, "x: is not YAML");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[$\\{\\}:\\\\a-c_é-]{0,60}") {
        let _ = expand(&text, &lookup);
    }
}
