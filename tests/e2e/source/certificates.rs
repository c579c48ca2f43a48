//! Certificates for servers on the loopback, made by openssl: an authority's, what it has signed, and one that nobody
//! else vouches for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::common::{Run, World};

/// A server's certificate, and whom a client must trust to take it.
pub(crate) struct Certificate {
    pub(crate) server: Arc<ServerConfig>,
    /// PEM.
    pub(crate) authority: String,
}

/// Signed by an authority.
pub(crate) fn signed() -> &'static Certificate {
    static MADE: LazyLock<Certificate> = LazyLock::new(|| {
        let world = World::new();
        request(
            &world,
            "authority",
            &["-x509", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE"],
        );
        request(&world, "server", &[]);
        world.file(
            "extensions",
            "basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n",
        );
        let sign = "x509 -req -in server.pem -out server.pem -days 2 -CA authority.pem -CAkey authority.key";
        let more = "-CAcreateserial -extfile extensions";
        openssl(&world, sign.split(' ').chain(more.split(' ')));
        made(&world, "authority")
    });
    &MADE
}

/// Signed by itself, as `openssl req -x509` makes it: an authority, too.
pub(crate) fn self_signed() -> &'static Certificate {
    static MADE: LazyLock<Certificate> = LazyLock::new(|| {
        let world = World::new();
        request(
            &world,
            "server",
            &["-x509", "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        );
        made(&world, "server")
    });
    &MADE
}

/// The same for another host.
pub(crate) fn self_signed_elsewhere() -> &'static Certificate {
    static MADE: LazyLock<Certificate> = LazyLock::new(|| {
        let world = World::new();
        request(
            &world,
            "server",
            &["-x509", "-days", "2", "-addext", "subjectAltName=DNS:elsewhere.invalid"],
        );
        made(&world, "server")
    });
    &MADE
}

/// The same, which has been valid for a year, long ago.
pub(crate) fn self_signed_expired() -> &'static Certificate {
    static MADE: LazyLock<Certificate> = LazyLock::new(|| {
        let world = World::new();
        request(&world, "server", &[]);
        world.file("extensions", "basicConstraints=critical,CA:TRUE\nsubjectAltName=IP:127.0.0.1\n");
        world.file("index", "").file("authority.conf", AUTHORITY);
        let sign =
            "ca -batch -selfsign -notext -config authority.conf -keyfile server.key -extfile extensions";
        let when = "-startdate 20200101000000Z -enddate 20210101000000Z -in server.pem -out server.pem";
        openssl(&world, sign.split(' ').chain(when.split(' ')));
        made(&world, "server")
    });
    &MADE
}

/// The least that `openssl ca` wants to know.
const AUTHORITY: &str = "[ca]\ndefault_ca = here\n[here]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n\
    default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n";

/// A key, and a request for a certificate, or with `-x509` the certificate itself.
fn request(world: &World, name: &str, more: &[&str]) {
    let (out, key, subject) = (format!("{name}.pem"), format!("{name}.key"), format!("/CN={name}"));
    let words = ["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let names = ["-subj", &subject, "-out", &out, "-keyout", &key];
    openssl(world, words.into_iter().chain(names).chain(more.iter().copied()));
}

fn openssl<'a>(world: &World, words: impl Iterator<Item = &'a str>) {
    let made = world.command("openssl").args(words).output();
    Run::from(made.expect("run scripts/tools: openssl runs")).exits(0);
}

fn made(world: &World, authority: &str) -> Certificate {
    let path = |name: &str| -> PathBuf { world.path(Path::new(name)) };
    let chain = CertificateDer::pem_file_iter(path("server.pem")).expect("a certificate");
    let chain = chain.map(|certificate| certificate.expect("a certificate")).collect();
    let key = PrivateKeyDer::from_pem_file(path("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions of TLS").with_no_client_auth().with_single_cert(chain, key);
    let authority = fs::read_to_string(path(&format!("{authority}.pem"))).expect("a certificate");
    Certificate { server: Arc::new(config.expect("a certificate with its key")), authority }
}
