//! A registry on the loopback that writes down every request. It has a few small third-party packages and says 404, at
//! once, to all else: so to what is in scope, as one that is down or lacks the package would after minutes of retries.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha512};

/// Long ago, for package managers that mind how old a version is.
const PUBLISHED: &str = "2020-01-01T00:00:00.000Z";

/// The registry; it ends when dropped.
pub(crate) struct Registry {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// By name, then by version in order of publication; each with its manifest and its tarball.
    packages: Mutex<BTreeMap<String, Vec<Published>>>,
    log: Mutex<Vec<String>>,
    over: AtomicBool,
}

struct Published {
    version: String,
    manifest: Value,
    tarball: Vec<u8>,
    tampered: bool,
}

impl Registry {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::<Shared>::default();
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if served.over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), served) = (stream, Arc::clone(&served)) else { continue };
                // A client that goes away in between is its own affair.
                thread::spawn(move || served.converse(&stream));
            }
        });
        Self { address, shared }
    }

    /// With `left` 1.0.0, 1.1.0, 1.2.0 and 2.0.0, and `right` 1.0.0 and 1.1.0, which needs `left` ^1.
    pub(crate) fn of_third_parties() -> Self {
        let registry = Self::empty();
        for version in ["1.0.0", "1.1.0", "1.2.0", "2.0.0"] {
            registry.publish("left", version, json!({}));
        }
        for version in ["1.0.0", "1.1.0"] {
            registry.publish("right", version, json!({ "dependencies": { "left": "^1.0.0" } }));
        }
        registry
    }

    /// Adds a version with a manifest of name, version, `main` and `more`; its module is the text `name@version`.
    pub(crate) fn publish(&self, name: &str, version: &str, more: Value) {
        let mut manifest = json!({ "name": name, "version": version, "main": "index.js" });
        for (key, value) in more.as_object().into_iter().flatten() {
            manifest[key] = value.clone();
        }
        let index = format!("module.exports = {};\n", json!(format!("{name}@{version}")));
        let tarball = pack(&[("package.json", &manifest.to_string()), ("index.js", &index)]);
        let published = Published { version: version.to_owned(), manifest, tarball, tampered: false };
        lock(&self.shared.packages).entry(name.to_owned()).or_default().push(published);
    }

    /// Adds the version that is in a tarball.
    pub(crate) fn publish_tarball(&self, tarball: Vec<u8>) {
        let mut archive = tar::Archive::new(GzDecoder::new(&tarball[..]));
        let entries = archive.entries().expect("a tarball").map(|entry| entry.expect("a whole tarball"));
        let is_manifest =
            |entry: &tar::Entry<'_, _>| entry.path().is_ok_and(|path| path.ends_with("package.json"));
        let manifest = entries.filter(is_manifest).find_map(|entry| serde_json::from_reader(entry).ok());
        let manifest: Value = manifest.expect("a manifest");
        let text = |key: &str| manifest[key].as_str().expect("a text").to_owned();
        let (name, version) = (text("name"), text("version"));
        lock(&self.shared.packages).entry(name).or_default().push(Published {
            version,
            manifest,
            tarball,
            tampered: false,
        });
    }

    /// Takes back every version of the packages whose names begin so.
    pub(crate) fn unpublish(&self, names: &str) {
        lock(&self.shared.packages).retain(|name, _| !name.starts_with(names));
    }

    /// Gives other bytes out than what it says of them, from now on.
    pub(crate) fn tamper(&self, name: &str, version: &str) {
        for published in lock(&self.shared.packages).get_mut(name).into_iter().flatten() {
            published.tampered |= published.version == version;
        }
    }

    /// With the last `/`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What was asked since this was last called, as `GET /@bytelyst/errors`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shared.log))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // The thread waits for one more connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// Answers request after request of one connection.
    fn converse(&self, stream: &TcpStream) -> Option<()> {
        let mut input = BufReader::new(stream.try_clone().ok()?);
        let mut output = stream;
        loop {
            let (mut line, mut header, mut host) = (String::new(), String::new(), String::new());
            let (mut length, mut last) = (0, false);
            if input.read_line(&mut line).ok()? == 0 {
                return None;
            }
            while input.read_line(&mut header).ok()? > 0 && !header.trim().is_empty() {
                if let Some((name, value)) = header.split_once(':') {
                    match name.to_ascii_lowercase().as_str() {
                        "host" => value.trim().clone_into(&mut host),
                        "connection" => last = value.trim().eq_ignore_ascii_case("close"),
                        "content-length" => length = value.trim().parse().ok()?,
                        _ => {}
                    }
                }
                header.clear();
            }
            input.by_ref().take(length).read_to_end(&mut Vec::new()).ok()?;
            let mut words = line.split_whitespace();
            let (method, target) = (words.next()?, words.next()?.replace("%2f", "/").replace("%2F", "/"));
            let asked = target.replace("%40", "@");
            lock(&self.log).push(format!("{method} {asked}"));
            let path = asked.split('?').next()?.trim_start_matches('/');
            let (status, body) = match self.answer(path, &host) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", br#"{"error":"not found"}"#.to_vec()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            output.write_all(head.as_bytes()).ok()?;
            if method != "HEAD" {
                output.write_all(&body).ok()?;
            }
            output.flush().ok()?;
            if last {
                return None;
            }
        }
    }

    /// `name`: all versions; `name/-/name-1.0.0.tgz`: a tarball; `name/1.0.0`: one manifest.
    fn answer(&self, path: &str, host: &str) -> Option<Vec<u8>> {
        let packages = lock(&self.packages);
        if let Some(versions) = packages.get(path) {
            let latest = &versions.last()?.version;
            let mut time = json!({ "created": PUBLISHED, "modified": PUBLISHED });
            let mut manifests = json!({});
            for published in versions {
                time[&published.version] = json!(PUBLISHED);
                manifests[&published.version] = published.document(path, host);
            }
            let document = json!({ "name": path, "dist-tags": { "latest": latest }, "versions": manifests, "time": time });
            return Some(document.to_string().into_bytes());
        }
        if let Some((name, file)) = path.split_once("/-/") {
            let version = |published: &&Published| file.ends_with(&format!("-{}.tgz", published.version));
            let published = packages.get(name)?.iter().find(version)?;
            let tampered: &[u8] = if published.tampered { &[0] } else { &[] };
            return Some([&published.tarball, tampered].concat());
        }
        let (name, version) = path.rsplit_once('/')?;
        let published = packages.get(name)?.iter().find(|published| published.version == version)?;
        Some(published.document(name, host).to_string().into_bytes())
    }
}

impl Published {
    fn document(&self, name: &str, host: &str) -> Value {
        let mut document = self.manifest.clone();
        let file = name.rsplit('/').next().unwrap_or(name);
        let sha1: String = Sha1::digest(&self.tarball).iter().map(|byte| format!("{byte:02x}")).collect();
        document["dist"] = json!({
            "tarball": format!("http://{host}/{name}/-/{file}-{}.tgz", self.version),
            "shasum": sha1,
            "integrity": format!("sha512-{}", STANDARD.encode(Sha512::digest(&self.tarball))),
        });
        document
    }
}

/// A package's tarball; always the same bytes.
fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, format!("package/{path}"), text.as_bytes()).expect("memory");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("memory")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
