//! What a registry says, and what is made of it.

use std::io::Write as _;
use std::net::{TcpListener, ToSocketAddrs as _};

use crate::registry::{Credential, ProbeFinding, Registry, Secret};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::{Reply, Server, ok, status};
use super::{AMPLE, TOKEN, answer, document, finding, not_npm, registry, with_token};

#[test]
fn a_package_that_is_there_was_asked_for_as_npm_asks() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let registry = with_token(&format!("{}api/npm", server.url()));
    let answer = answer(&registry, AMPLE);
    assert_eq!(answer.finding, ProbeFinding::There);
    assert_eq!(answer.url, registry.url);
    let heads = server.heads();
    let [head] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(head.0.starts_with("GET /api/npm/@b%2fa HTTP/1.1\r\n"), "{head:?}");
    assert_eq!(head.header("authorization"), Some(TOKEN));
    assert_eq!(
        head.header("accept"),
        Some("application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8")
    );
    assert_eq!(head.header("user-agent"), Some(concat!("docker-prep/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(head.header("referer"), None);
}

#[test]
fn codes_mean_what_they_mean_to_npm() {
    for (code, wanted) in [
        ("401 Unauthorized", ProbeFinding::Denied(401)),
        ("403 Forbidden", ProbeFinding::Denied(403)),
        ("404 Not Found", ProbeFinding::MissingPackage),
        ("410 Gone", ProbeFinding::MissingPackage),
        ("204 No Content", ProbeFinding::Status(204)),
        ("304 Not Modified", ProbeFinding::Status(304)),
        ("400 Bad Request", ProbeFinding::Status(400)),
        ("429 Too Many Requests", ProbeFinding::Status(429)),
        ("500 Internal Server Error", ProbeFinding::Status(500)),
        ("503 Service Unavailable", ProbeFinding::Status(503)),
        (
            "407 Proxy Authentication Required",
            ProbeFinding::Proxy("a proxy that no setting names: wants other credentials (407)".to_owned()),
        ),
    ] {
        let server = Server::new(move |_| status(code, "", ""));
        assert_eq!(finding(&registry(&server.url()), AMPLE), wanted, "{code}");
        assert_eq!(server.heads().len(), 1, "{code}: asked once");
    }
}

#[test]
fn what_is_no_document_is_none_though_the_code_is_200() {
    for (body, what) in [
        ("<!DOCTYPE html><title>Log in to the network</title>".to_owned(), "an HTML page"),
        (document("@b/other"), "the document of another package"),
        (r#"{"ok":true}"#.to_owned(), "no npm document"),
        (r#"{"name":"@b/a","versions":{"1"#.to_owned(), "half a document"),
        (String::new(), "an empty answer"),
    ] {
        let server = Server::new(move |_| ok(&body));
        assert_eq!(finding(&registry(&server.url()), AMPLE), not_npm(what));
    }
}

#[test]
fn a_body_that_breaks_off_is_half_a_document() {
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for cut in [
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"name\":\"@b/a\",".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n".to_owned(),
        format!("{chunk}40\r\n{{\"name\":"),
        format!("{chunk}8\r\n{{\"name\":\r\n"),
        chunk.to_owned(),
    ] {
        let bytes = cut.clone().into_bytes();
        let server = Server::new(move |_| Reply::Cut(bytes.clone()));
        assert_eq!(finding(&registry(&server.url()), AMPLE), not_npm("half a document"), "{cut}");
    }
}

#[test]
fn a_body_may_be_packed_and_must_then_be_whole() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(document("@b/a").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let half = packed[..packed.len() / 2].to_vec();
    for (body, wanted) in [
        (packed, ProbeFinding::There),
        (half, not_npm("half a document")),
        (b"no gzip at all".to_vec(), not_npm("a body that cannot be unpacked")),
    ] {
        let server = Server::new(move |head| {
            assert_eq!(head.header("accept-encoding"), Some("gzip"));
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            Reply::Cut([head.into_bytes(), body.clone()].concat())
        });
        assert_eq!(finding(&registry(&server.url()), AMPLE), wanted);
    }
}

#[test]
fn a_body_without_end_is_not_read_to_its_end() {
    let server = Server::new(|_| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..33 {
            packed.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
        Reply::Cut([head, packed.finish().unwrap()].concat())
    });
    assert_eq!(finding(&registry(&server.url()), AMPLE), not_npm("a document of more than 32 MiB"));
}

#[test]
fn nobody_at_the_port_refuses() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(finding(&registry(&format!("http://{free}/")), AMPLE), ProbeFinding::Refused);
}

#[test]
fn a_name_that_nobody_has_means_nothing() {
    assert_eq!(finding(&registry("http://nobody.invalid/"), AMPLE), ProbeFinding::NoName);
}

#[test]
fn a_connection_without_an_answer_is_no_registry() {
    let server = Server::new(|_| Reply::Cut(Vec::new()));
    let wanted = ProbeFinding::Unreachable("the connection was closed before an answer".to_owned());
    assert_eq!(finding(&registry(&server.url()), AMPLE), wanted);
    let server = Server::new(|_| Reply::Cut(b"220 mail.example ESMTP\r\n".to_vec()));
    assert_eq!(finding(&registry(&server.url()), AMPLE), not_npm("no HTTP"));
}

#[test]
fn localhost_is_whichever_of_its_addresses_listens() {
    let all: Vec<_> = ("localhost", 0).to_socket_addrs().expect("every machine has it").collect();
    assert!(!all.is_empty());
    for address in all {
        let server = Server::at(&address.to_string(), |_| ok(&document("@b/a")));
        let url = format!("http://localhost:{}/", server.port);
        assert_eq!(finding(&registry(&url), AMPLE), ProbeFinding::There, "{address}");
    }
}

#[test]
fn a_host_that_only_containers_know_is_asked_as_localhost() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let answer = answer(&registry(&format!("http://host.lima.internal:{}/npm/", server.port)), AMPLE);
    assert_eq!(answer.finding, ProbeFinding::There);
    assert_eq!(answer.url.exposed(), format!("http://localhost:{}/npm/", server.port));
    assert_eq!(server.heads()[0].target(), "/npm/@b%2fa");
}

#[test]
fn what_cannot_be_asked_is_said_and_not_sent() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let credential = Credential { authorization: Secret("Bearer a\nb".to_owned()), named_by: String::new() };
    let odd = Registry { credential: Some(credential), ..registry(&server.url()) };
    let why = "the credential holds a character that no header may hold".to_owned();
    assert_eq!(finding(&odd, AMPLE), ProbeFinding::Unreachable(why));
    let why = "the registry's address is none of http or https".to_owned();
    assert_eq!(finding(&registry("ftp://127.0.0.1/"), AMPLE), ProbeFinding::Unreachable(why));
    assert!(server.heads().is_empty());
}
