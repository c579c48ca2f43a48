use proptest::prelude::*;

use super::*;

fn shown(url: &str) -> String {
    RegistryUrl::new(url).to_string()
}

#[test]
fn layouts_of_registries_stay() {
    for url in [
        "http://localhost:3300/api/packages/learning_ai_user/npm/",
        "http://host.docker.internal:3300/api/packages/bytelyst/npm/",
        "https://gitlab.example/api/v4/projects/278964/packages/npm/",
        "https://gitlab.example/api/v4/groups/12/-/packages/npm/",
        "https://nexus.example/repository/npm-private/",
        "https://host.example/artifactory/api/npm/npm-local/",
        "https://dev.example/ORG/_packaging/FEED/npm/registry/",
        "https://npm.example/",
        "http://127.0.0.1:4873/",
        "http://[::1]:4873/@bytelyst/",
    ] {
        assert_eq!(shown(url), url);
        let key = format!("{}:_authToken", url.split_once(':').unwrap().1);
        assert_eq!(shown_key(&key), key);
    }
}

#[test]
fn what_may_be_a_secret_is_left_out() {
    for (url, expected) in [
        ("http://u:p@host:81/npm?t#t", "http://host:81/npm"),
        ("http://host/s3cr3tT0k3n/npm/", "http://host/…/"),
        ("http://host/api/deadbeef", "http://host/…/"),
        ("http://host/a%2fb/", "http://host/…/"),
        ("http://host/npm;token=a/", "http://host/…/"),
        ("http://host/${TOKEN}/", "http://host/…/"),
        ("s3cr3tT0k3n", "…"),
        ("http://u:p@host:99999/", "…"),
        ("http://u:p@[::::]/", "…"),
    ] {
        assert_eq!(shown(url), expected, "{url}");
        assert_eq!(format!("{:?}", RegistryUrl::new(url)), expected, "{url}");
    }
    for (key, expected) in [
        ("//host/s3cr3tT0k3n/:_authToken", "//host/…/:_authToken"),
        ("//host/s3cr3tT0k3n:_authToken", "//host/…/:_authToken"),
        ("//user:s3cr3t@host:81/npm/:_auth", "//host:81/npm/:_auth"),
        ("//user:s3cr3t/x@host/:_auth", "//…:_auth"),
        ("//s3cr3tT0k3n/:_auth", "//…:_auth"),
        ("//${HOST}:3300/${OWNER}/npm/:_authToken", "//${HOST}:3300/${OWNER}/npm/:_authToken"),
        ("//${s3cr3tT0k3n}/:_authToken", "//…:_authToken"),
        ("//host/${TOKEN-s3cr3t}/:_authToken", "//host/…/:_authToken"),
        ("https://host/s3cr3tT0k3n", "https://host/…/"),
        ("//host/:s3cr3tT0k3n", "//host/…/"),
        ("@bytelyst:registry", "@bytelyst:registry"),
        ("@${SCOPE}:registry", "@${SCOPE}:registry"),
        ("@${s3cr3tT0k3n}:registry", "…"),
        ("/root/.npmrc", "/root/.npmrc"),
    ] {
        assert_eq!(shown_key(key), expected, "{key}");
    }
}

/// Addresses, with an `@` first where the secret is put.
const FORMS: [&str; 16] = [
    "http://user:@@host/npm/",
    "http://@@host/npm/",
    "http://host/@/",
    "http://host/api/@/npm/",
    "http://host/npm/@",
    "http://host/a@b@/",
    "http://host/npm/?token=@",
    "http://host/npm/#@",
    "https://host:99999/@",
    "http://user:@@[::::]/",
    "http://host/%zz@/",
    "//user:@@host/",
    "ftp://user:@@host/@/",
    "${@}",
    "http://host/${@}/",
    "@",
];

proptest! {
    #[test]
    fn no_secret_is_printed(
        text in "[A-Za-z0-9]{3,12}", letter in "[A-Za-z]{2,4}", digit in "[0-9]{1,3}", more in "[A-Za-z0-9]{2,24}",
        form in 0..FORMS.len(),
    ) {
        let secret = format!("{text}{letter}{digit}{more}");
        let form = FORMS[form];
        let url = form.replacen('@', &secret, 1);
        prop_assert!(!shown(&url).contains(&secret), "{}: {}", url, shown(&url));
        let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        for key in [format!("//{path}:_authToken"), format!("//{path}"), format!("//host/{secret}/{path}:_auth")] {
            prop_assert!(!shown_key(&key).contains(&secret), "{}: {}", key, shown_key(&key));
        }
    }

    #[test]
    fn any_text_can_be_printed(text in any::<String>(), tail in "[/:@${}a.]{0,12}") {
        let _ = (shown(&format!("http://h{tail}{text}")), shown_key(&format!("//{tail}{text}{tail}")));
    }
}
