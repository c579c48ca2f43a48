//! No secret leaves the probe, but to whom it belongs.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::registry::{Credential, Network, Registry, Secret, probe};

use super::server::{Reply, Server, redirect, status};
use super::{question, registry};

/// For what hangs, and enough for what does not.
const LIMIT: Duration = Duration::from_secs(1);

#[test]
fn no_answer_and_no_question_shows_one() {
    const SECRETS: [&str; 6] = ["t0k3n", "userinfo-u", "userinfo-p", "proxy-u", "proxy-p", "in7he-p4th"];
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let servers = [
        Server::new(|_| status("401 Unauthorized", "", "t0k3n")),
        Server::new(|_| status("500 t0k3n", "", "")),
        Server::new(|_| redirect("http://userinfo-u:userinfo-p@nobody.invalid/in7he-p4th/?t0k3n")),
        Server::new(|_| redirect("ftp://userinfo-u:userinfo-p@nobody.invalid/t0k3n")),
        Server::new(|_| Reply::Cut(b"t0k3n".to_vec())),
        Server::new(|_| Reply::Cut(Vec::new())),
        Server::new(|_| Reply::Hang("")),
        // Speaks first, and no TLS.
        Server::over(
            "127.0.0.1:0",
            |_| Reply::Cut(Vec::new()),
            |mut stream| {
                stream.write_all(b"220 t0k3n is no TLS\r\n").unwrap();
                Box::new(stream)
            },
        ),
    ];
    let mut places: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
    places.extend([free.to_string(), "nobody.invalid".to_owned(), "no host".to_owned()]);
    let mut asked = Vec::new();
    for place in &places {
        for scheme in ["http", "https"] {
            for proxy in [None, Some("http"), Some("https"), Some("socks5"), Some("ftp")] {
                let proxy = proxy.map(|proxy| Secret(format!("{proxy}://proxy-u:proxy-p@{place}")));
                let network = Network {
                    http_proxy: proxy.clone(),
                    https_proxy: proxy,
                    // Spares the reading of the machine's certificates, for each of them.
                    accepts_any_certificate: true,
                    ..Network::default()
                };
                let credential =
                    Credential { authorization: Secret("Bearer t0k3n".to_owned()), named_by: String::new() };
                let registry = registry(&format!("{scheme}://userinfo-u:userinfo-p@{place}/in7he-p4th/"));
                let registry = Registry { credential: Some(credential), network, ..registry };
                asked.push(question(&registry, "@b/a"));
            }
        }
    }
    assert_eq!(asked.len(), 110);
    // Each on its own, since one failure would end them all; side by side, since some hang.
    let ask = |question| format!("{:?}", probe::ask(std::slice::from_ref(question), LIMIT, &|| false));
    let answers: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = asked.iter().map(|question| scope.spawn(move || ask(question))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let kinds =
        ["Denied", "Status", "NotNpm", "Unreachable", "Refused", "NoName", "Proxy", "Tls", "TimedOut"];
    for kind in kinds {
        assert!(answers.iter().any(|answer| answer.contains(kind)), "{kind}: {answers:?}");
    }
    for (question, answer) in asked.into_iter().zip(answers) {
        let shown = format!("{answer} {question:?}");
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}
