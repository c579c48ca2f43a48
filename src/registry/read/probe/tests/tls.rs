//! Certificates, as npm's settings have them.
//!
//! What lies in `tls/` was made for these tests alone, is good for `localhost` until 2100, and proves nothing to
//! anybody else: `localhost` is signed by `authority`, `self` by itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use crate::registry::{Network, ProbeFinding, Registry, RegistryUrl};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{Head, Reply, Server, Stream, ok, redirect};
use super::{AMPLE, document, finding, not_npm, registry, with_token};

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
const SELF: &[u8] = include_bytes!("tls/self.pem");

struct Tls(StreamOwned<ServerConnection, TcpStream>);

impl Read for Tls {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Stream for Tls {}

fn serve(
    certificate: &'static [u8],
    key: &'static [u8],
    reply: impl Fn(&Head) -> Reply + Send + Sync + 'static,
) -> Server {
    let key = PrivateKeyDer::try_from(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)
        .expect("a certificate with its key");
    let config = Arc::new(config);
    Server::over("127.0.0.1:0", reply, move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        Box::new(Tls(StreamOwned::new(connection, stream)))
    })
}

/// A server whose certificate the authority signed.
pub(crate) fn signed(reply: impl Fn(&Head) -> Reply + Send + Sync + 'static) -> Server {
    serve(include_bytes!("tls/localhost.der"), include_bytes!("tls/localhost.key.der"), reply)
}

fn by(server: &Server, network: Network) -> Registry {
    Registry { network, ..registry(&format!("https://localhost:{}/", server.port)) }
}

pub(crate) fn authority() -> Network {
    Network { authorities: vec![AUTHORITY.to_vec()], ..Network::default() }
}

fn tls(why: &str) -> ProbeFinding {
    ProbeFinding::Tls(why.to_owned())
}

#[test]
fn an_authority_is_trusted_only_where_it_is_named() {
    let server = signed(|_| ok(&document("@b/a")));
    assert_eq!(finding(&by(&server, authority()), AMPLE), ProbeFinding::There);
    let more = Network { more_authorities: vec![AUTHORITY.to_vec()], ..Network::default() };
    assert_eq!(finding(&by(&server, more), AMPLE), ProbeFinding::There);
    let any = Network { accepts_any_certificate: true, ..Network::default() };
    assert_eq!(finding(&by(&server, any), AMPLE), ProbeFinding::There);
    let other = Network {
        authorities: vec![SELF.to_vec()],
        more_authorities: vec![AUTHORITY.to_vec()],
        ..Network::default()
    };
    let unknown = tls("no authority that is trusted here signed the certificate");
    assert_eq!(finding(&by(&server, other), AMPLE), unknown);
    let known = server.heads().len();
    assert_eq!(finding(&by(&server, Network::default()), AMPLE), unknown);
    assert_eq!(server.heads().len(), known, "nothing is asked of whom is not trusted");
}

#[test]
fn a_certificate_for_another_host_is_not_taken() {
    let server = signed(|_| ok(&document("@b/a")));
    let by_address = Registry {
        url: RegistryUrl::new(format!("https://127.0.0.1:{}/", server.port)),
        ..by(&server, authority())
    };
    assert_eq!(finding(&by_address, AMPLE), tls("the certificate is for another host"));
}

#[test]
fn what_speaks_no_tls_is_told_so() {
    let server = Server::new(|_| ok(&document("@b/a")));
    let mut registry = by(&server, authority());
    let talks = Server::over(
        "127.0.0.1:0",
        |_| ok(""),
        |mut stream| {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("a client");
            Box::new(stream)
        },
    );
    registry.url = RegistryUrl::new(format!("https://localhost:{}/", talks.port));
    assert_eq!(finding(&registry, AMPLE), tls("the other side does not speak TLS"));
}

#[test]
fn authorities_that_are_no_pem_are_told_without_asking() {
    let server = signed(|_| ok(&document("@b/a")));
    let broken = Network { authorities: vec![b"no pem".to_vec()], ..Network::default() };
    let wanted = tls("what `ca` or `cafile` names is no certificate in PEM");
    assert_eq!(finding(&by(&server, broken), AMPLE), wanted);
    assert!(server.heads().is_empty());
}

#[test]
fn a_redirect_may_lead_to_tls_and_not_away_from_it() {
    let plain = Server::new(|_| ok(&document("@b/a")));
    let away = plain.url();
    let secure = signed(move |head| match head.target() {
        "/@b%2fa" => redirect(&away),
        _ => ok(&document("@b/a")),
    });
    let registry = with_token(&format!("https://localhost:{}/", secure.port));
    let downgraded = Registry { network: authority(), ..registry };
    assert_eq!(finding(&downgraded, AMPLE), not_npm("a redirect from https to http"));
    assert!(plain.heads().is_empty());

    let up = format!("https://localhost:{}/x", secure.port);
    let plain = Server::new(move |_| redirect(&up));
    let upgraded = Registry { network: authority(), ..with_token(&plain.url()) };
    assert_eq!(finding(&upgraded, AMPLE), ProbeFinding::There);
    assert_eq!(secure.heads().last().unwrap().header("authorization"), None);
}

/// What `openssl req -x509` makes is an authority's certificate; Node takes it for a server's where it is named itself.
#[test]
fn a_certificate_that_signs_itself_is_taken_where_it_is_named() {
    let server =
        serve(include_bytes!("tls/self.der"), include_bytes!("tls/self.key.der"), |_| ok(&document("@b/a")));
    let network = Network { authorities: vec![SELF.to_vec()], ..Network::default() };
    assert_eq!(finding(&by(&server, network), AMPLE), ProbeFinding::There);
    let network = Network { more_authorities: vec![SELF.to_vec()], ..Network::default() };
    assert_eq!(finding(&by(&server, network), AMPLE), ProbeFinding::There);
    let other = finding(&by(&server, authority()), AMPLE);
    assert!(matches!(other, ProbeFinding::Tls(_)), "{other:?}");
    let any = Network { accepts_any_certificate: true, ..Network::default() };
    assert_eq!(finding(&by(&server, any), AMPLE), ProbeFinding::There);
}
