//! Redirects are followed as npm does, but a credential stays with its registry.

use crate::registry::ProbeFinding;

use super::server::{Server, ok, redirect, status};
use super::{AMPLE, TOKEN, document, finding, not_npm, with_token};

#[test]
fn a_redirect_on_the_same_registry_keeps_the_credential() {
    let server = Server::new(|head| match head.target() {
        "/@b%2fa" => redirect("/elsewhere/x"),
        "/elsewhere/x" => redirect("y?z"),
        "/elsewhere/y?z" => ok(&document("@b/a")),
        other => panic!("{other}"),
    });
    assert_eq!(finding(&with_token(&server.url()), AMPLE), ProbeFinding::There);
    let heads = server.heads();
    assert_eq!(heads.len(), 3);
    assert!(heads.iter().all(|head| head.header("authorization") == Some(TOKEN)), "{heads:?}");
}

#[test]
fn nobody_else_gets_the_credential_nor_the_registry_by_way_of_them() {
    let home = Server::new(|_| ok(&document("@b/a")));
    let back = format!("{}back", home.url());
    let other = Server::new(move |_| redirect(&back));
    let away = format!("http://user:secret@127.0.0.1:{}/x", other.port);
    // The port makes it another origin; that `home` is the registry's own host does not count.
    let registry = Server::new(move |_| redirect(&away));
    assert_eq!(finding(&with_token(&registry.url()), AMPLE), ProbeFinding::There);
    assert_eq!(registry.heads()[0].header("authorization"), Some(TOKEN));
    for server in [other, home] {
        let heads = server.heads();
        assert_eq!(heads.len(), 1);
        assert_eq!(heads[0].header("authorization"), None, "{heads:?}");
    }
}

#[test]
fn the_credential_does_not_come_back() {
    let other = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let away = std::sync::Arc::clone(&other);
    let registry = Server::new(move |head| match head.target() {
        "/@b%2fa" => redirect(away.get().unwrap()),
        _ => ok(&document("@b/a")),
    });
    let back = format!("{}chosen-by-others", registry.url());
    let elsewhere = Server::new(move |_| redirect(&back));
    other.set(elsewhere.url()).unwrap();
    assert_eq!(finding(&with_token(&registry.url()), AMPLE), ProbeFinding::There);
    let heads = registry.heads();
    assert_eq!(heads[0].header("authorization"), Some(TOKEN));
    assert_eq!(heads[1].header("authorization"), None);
}

#[test]
fn who_was_given_no_credential_says_nothing_of_it() {
    let other = Server::new(|_| status("403 Forbidden", "", ""));
    let away = other.url();
    let registry = Server::new(move |_| redirect(&away));
    assert_eq!(finding(&with_token(&registry.url()), AMPLE), ProbeFinding::Status(403));
}

#[test]
fn a_loop_ends() {
    let server = Server::new(|_| redirect("/again"));
    assert_eq!(finding(&with_token(&server.url()), AMPLE), not_npm("more than 5 redirects"));
    assert_eq!(server.heads().len(), 6);
}

#[test]
fn a_redirect_that_leads_nowhere_is_not_followed() {
    for (headers, what) in [
        ("", "a redirect to nowhere"),
        ("Location: http://[\r\n", "a redirect to no address"),
        ("Location: \u{0}\r\n", "no HTTP"),
        ("Location: file:///etc/passwd\r\n", "a redirect to something else than http"),
    ] {
        let server = Server::new(move |_| status("301 Moved Permanently", headers, ""));
        assert_eq!(finding(&with_token(&server.url()), AMPLE), not_npm(what));
        assert_eq!(server.heads().len(), 1);
    }
}

#[test]
fn a_registry_that_names_itself_as_containers_know_it_is_still_this_one() {
    let port = std::sync::Arc::new(std::sync::OnceLock::<u16>::new());
    let own = std::sync::Arc::clone(&port);
    let server = Server::new(move |head| match head.target() {
        "/@b%2fa" => redirect(&format!("http://host.lima.internal:{}/x", own.get().unwrap())),
        _ => ok(&document("@b/a")),
    });
    port.set(server.port).unwrap();
    let registry = with_token(&format!("http://host.lima.internal:{}/", server.port));
    assert_eq!(finding(&registry, AMPLE), ProbeFinding::There);
    assert_eq!(server.heads()[1].header("authorization"), Some(TOKEN));
}
