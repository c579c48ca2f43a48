//! The way through a proxy, as npm's settings have it.

use crate::source::certificates::signed;
use crate::source::scene::{SECRETS, Scene};
use crate::source::server::{Reply, Server, closed_port, has_all};

fn proxy() -> Server {
    Server::new(|_| Reply::Forward)
}

#[test]
fn plain_http_goes_by_the_whole_address() {
    let (registry, proxy) = (Server::new(has_all), proxy());
    for setting in ["proxy", "http-proxy"] {
        let address = format!("http://user:{}@127.0.0.1:{}/", SECRETS[6], proxy.port());
        let scene = Scene::of(&registry)
            .line("notes/.npmrc", format!("{}:_authToken={}", registry.key(), SECRETS[0]))
            .line("notes/.npmrc", format!("{setting}={address}"));
        // npm itself knows only the first for both.
        let scene =
            if setting == "proxy" { scene } else { scene.line("notes/.npmrc", format!("proxy={address}")) };
        scene.decide().is_up();
    }
    let asked = proxy.asked();
    assert_eq!((asked.len(), registry.asked().len()), (10, 10));
    for asked in asked {
        assert_eq!(asked.method, "GET");
        assert!(asked.target.starts_with(&format!("{}@bytelyst%2", registry.url())), "{}", asked.target);
        // user:pass-of-address
        assert_eq!(asked.header("proxy-authorization"), Some("Basic dXNlcjpwYXNzLW9mLWFkZHJlc3M="));
    }
    assert!(registry.asked().iter().all(|asked| asked.header("proxy-authorization").is_none()));
}

#[test]
fn https_goes_through_a_tunnel_that_does_not_see_the_token() {
    let (registry, proxy) = (Server::tls(signed().server.clone(), has_all), proxy());
    Scene::of(&registry)
        .line("notes/.npmrc", format!("{}:_authToken={}", registry.key(), SECRETS[0]))
        .line("notes/.npmrc", format!("https-proxy={}\nstrict-ssl=false", proxy.url()))
        .decide()
        .is_up();
    assert!(!proxy.asked().is_empty());
    for asked in proxy.asked() {
        assert_eq!(
            (asked.method.as_str(), asked.target.clone()),
            ("CONNECT", format!("127.0.0.1:{}", registry.port()))
        );
        assert_eq!(asked.authorization(), None);
    }
    assert_eq!(registry.asked().len(), 5);
}

#[test]
fn noproxy_goes_around_it() {
    let (registry, proxy) = (Server::new(has_all), proxy());
    for setting in ["noproxy=example.com,127.0.0.1", "no-proxy=127.0.0.1"] {
        let lines = format!("proxy={}\n{setting}", proxy.url());
        Scene::of(&registry).line("notes/.npmrc", lines).decide().is_up();
    }
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}

#[test]
fn one_that_is_down_is_named_without_its_credentials() {
    let registry = Server::new(has_all);
    let port = closed_port();
    let line = format!("proxy=http://user:{}@127.0.0.1:{port}/", SECRETS[6]);
    let decision = Scene::of(&registry).line("notes/.npmrc", line).decide();
    decision.is_down("proxy").says(&format!("http://127.0.0.1:{port}"));
    assert!(registry.asked().is_empty());
}

#[test]
fn one_that_wants_other_credentials_is_not_the_registry() {
    let registry = Server::new(has_all);
    let proxy = Server::always(Reply::status("407 Proxy Authentication Required"));
    let line = format!("proxy={}", proxy.url());
    let decision = Scene::of(&registry).line("notes/.npmrc", line).decide();
    decision.is_down("proxy").says("407");
    assert!(registry.asked().is_empty());
}

/// npm's settings and its variables are one; whatever else is set does not count twice.
#[test]
fn npms_variables_count() {
    let (registry, proxy) = (Server::new(has_all), proxy());
    Scene::of(&registry).env("npm_config_proxy", proxy.url()).decide().is_up();
    assert_eq!(proxy.asked().len(), 5);
}
