//! Proxies, as npm's settings have them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use crate::registry::{Network, ProbeFinding, Registry, Secret};

use super::server::{Reply, Server, ok, status, tunnel};
use super::tls::{authority, signed};
use super::{AMPLE, SHORT, TOKEN, answer, document, finding, registry, with_token};

fn through(proxy: &str, registry: Registry) -> Registry {
    let proxy = Some(Secret(proxy.to_owned()));
    let network = Network { http_proxy: proxy.clone(), https_proxy: proxy, ..registry.network };
    Registry { network, ..registry }
}

fn url(proxy: &Server) -> String {
    format!("http://us%2Fer:s%40cret@127.0.0.1:{}", proxy.port)
}

/// `us/er:s@cret`
const BASIC: &str = "Basic dXMvZXI6c0BjcmV0";

#[test]
fn plain_http_is_asked_by_the_whole_address() {
    let proxy = Server::new(|_| ok(&document("@b/a")));
    let registry = through(&url(&proxy), with_token("http://registry.invalid/npm/"));
    assert_eq!(finding(&registry, AMPLE), ProbeFinding::There);
    let heads = proxy.heads();
    assert!(heads[0].0.starts_with("GET http://registry.invalid/npm/@b%2fa HTTP/1.1\r\n"), "{heads:?}");
    assert_eq!(heads[0].header("host"), Some("registry.invalid"));
    assert_eq!(heads[0].header("proxy-authorization"), Some(BASIC));
    assert_eq!(heads[0].header("authorization"), Some(TOKEN));
}

#[test]
fn https_is_asked_through_a_tunnel_that_sees_no_credential() {
    let server = signed(|_| ok(&document("@b/a")));
    let to = format!("127.0.0.1:{}", server.port);
    let proxy = Server::new(move |_| Reply::Tunnel(to.clone()));
    let registry =
        Registry { network: authority(), ..with_token(&format!("https://localhost:{}/", server.port)) };
    assert_eq!(finding(&through(&url(&proxy), registry), AMPLE), ProbeFinding::There);
    let heads = proxy.heads();
    assert!(heads[0].0.starts_with(&format!("CONNECT localhost:{} HTTP/1.1\r\n", server.port)), "{heads:?}");
    assert_eq!(heads[0].header("proxy-authorization"), Some(BASIC));
    assert_eq!(heads[0].header("authorization"), None);
    let heads = server.heads();
    assert_eq!(heads[0].header("authorization"), Some(TOKEN));
    assert_eq!(heads[0].header("proxy-authorization"), None);
}

#[test]
fn a_certificate_that_is_not_trusted_is_not_the_proxys_fault() {
    let server = signed(|_| ok(&document("@b/a")));
    let to = format!("127.0.0.1:{}", server.port);
    let proxy = Server::new(move |_| Reply::Tunnel(to.clone()));
    let found =
        finding(&through(&url(&proxy), registry(&format!("https://localhost:{}/", server.port))), AMPLE);
    assert!(matches!(found, ProbeFinding::Tls(_)), "{found:?}");
}

#[test]
fn hosts_of_noproxy_are_asked_without() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let mut registry = through("http://127.0.0.1:1", registry(&server.url()));
    registry.network.no_proxy = vec!["elsewhere".to_owned(), "127.0.0.1".to_owned()];
    assert_eq!(finding(&registry, AMPLE), ProbeFinding::There);
}

#[test]
fn localhost_in_the_place_of_a_containers_host_is_this_machine_and_no_proxys() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let registry =
        through("http://127.0.0.1:1", registry(&format!("http://host.lima.internal:{}/", server.port)));
    let answer = answer(&registry, AMPLE);
    assert_eq!((answer.url.exposed().contains("localhost"), answer.finding), (true, ProbeFinding::There));
}

#[test]
fn a_proxy_that_fails_is_named_with_the_reason() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let denies = Server::new(|_| status("407 Proxy Authentication Required", "", ""));
    let forbids = Server::new(|_| status("403 Forbidden", "", ""));
    let drops = Server::new(|_| Reply::Cut(Vec::new()));
    let at = |server: &Server| format!("http://127.0.0.1:{}", server.port);
    let https = "https://registry.invalid/";
    for (proxy, asked, why) in [
        (format!("http://{free}"), "http://registry.invalid/", "refused the connection"),
        (format!("http://{free}"), https, "refused the connection"),
        (format!("socks5h://{free}"), https, "SOCKS error: failed to create underlying connection"),
        ("http://proxy.invalid:3128".to_owned(), https, "its name means nothing here"),
        (at(&denies), "http://registry.invalid/", "wants other credentials (407)"),
        (at(&denies), https, "tunnel error: proxy authorization required"),
        (at(&forbids), https, "tunnel error: unsuccessful"),
        (at(&drops), https, "tunnel error: unexpected end of file"),
    ] {
        let with_secret = proxy.replacen("://", "://user:secret@", 1);
        let found = finding(&through(&with_secret, registry(asked)), AMPLE);
        assert_eq!(found, ProbeFinding::Proxy(format!("{proxy}: {why}")), "{asked}");
    }
}

#[test]
fn a_proxy_that_hangs_times_out() {
    let proxy = Server::new(|_| Reply::Hang(""));
    for asked in ["http://registry.invalid/", "https://registry.invalid/"] {
        assert_eq!(
            finding(&through(&url(&proxy), registry(asked)), SHORT),
            ProbeFinding::TimedOut,
            "{asked}"
        );
    }
}

/// As much of SOCKS 5 as one client needs: no credentials, a name, and one registry whatever the name.
#[test]
fn socks_leads_there_and_looks_the_name_up() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let port = server.port;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut greeting = [0; 2];
        client.read_exact(&mut greeting).unwrap();
        client.read_exact(&mut vec![0; greeting[1].into()]).unwrap();
        client.write_all(&[5, 0]).unwrap();
        let mut request = [0; 5];
        client.read_exact(&mut request).unwrap();
        let mut name = vec![0; request[4].into()];
        client.read_exact(&mut name).unwrap();
        client.read_exact(&mut [0; 2]).unwrap();
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        tell.send(String::from_utf8(name).unwrap()).unwrap();
        tunnel(&client, &TcpStream::connect(("127.0.0.1", port)).unwrap())
    });
    let registry = through(&format!("socks://{proxy}"), registry("http://registry.invalid/"));
    assert_eq!(finding(&registry, AMPLE), ProbeFinding::There);
    assert_eq!(told.recv(), Ok("registry.invalid".to_owned()));
    assert!(server.heads()[0].0.starts_with("GET /@b%2fa HTTP/1.1\r\n"));
}
