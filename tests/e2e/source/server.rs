//! Small servers on the loopback that write down every request and answer as they are told: well, badly, or never.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// Every package of the product's closure, with its version.
pub(crate) const CLOSURE: [(&str, &str); 5] =
    [("client", "0.2.0"), ("context", "1.0.0"), ("errors", "1.4.2"), ("http", "3.1.0"), ("logger", "2.0.0")];

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// As it was sent: a path, or for a proxy a whole address or `host:port`.
    pub(crate) target: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.header("authorization")
    }

    /// The package that is asked for, in whatever folder of the server its registry lies.
    pub(crate) fn package(&self) -> String {
        let path = self.target.replace("%40", "@").replace("%2f", "/").replace("%2F", "/");
        path.find('@').map(|at| path[at..].to_owned()).unwrap_or_default()
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A whole answer: its status line's end, headers, body.
    Whole(&'static str, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, and the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, and never any more.
    Hang(Vec<u8>),
    /// What a forward proxy does.
    Forward,
}

impl Reply {
    pub(crate) fn json(document: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Whole("200 OK", headers, document.to_string().into_bytes())
    }

    /// A status with a small body, as registries send it.
    pub(crate) fn status(line: &'static str) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = if line.starts_with("204") { Vec::new() } else { br#"{"error":"no"}"#.to_vec() };
        Self::Whole(line, headers, body)
    }

    pub(crate) fn html(text: &str) -> Self {
        let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        Self::Whole("200 OK", headers, text.as_bytes().to_vec())
    }

    pub(crate) fn redirect(line: &'static str, to: impl Into<String>) -> Self {
        Self::Whole(line, vec![("location", to.into())], b"moved".to_vec())
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Whole(line, headers, body) => {
                let mut head = format!("HTTP/1.1 {line}\r\nconnection: close\r\n");
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                if !line.starts_with("204") {
                    head.push_str(&format!("content-length: {}\r\n", body.len()));
                }
                [head.as_bytes(), b"\r\n", body].concat()
            }
            Self::Bytes(bytes) | Self::Hang(bytes) => bytes.clone(),
            Self::Forward => Vec::new(),
        }
    }
}

/// What a registry says of a package that it has in these versions.
pub(crate) fn document(name: &str, versions: &[&str]) -> Value {
    let mut all = json!({});
    for version in versions {
        let tarball = format!("http://127.0.0.1:1/{name}/-/x-{version}.tgz");
        all[version] = json!({ "name": name, "version": version, "dist": { "tarball": tarball } });
    }
    json!({ "name": name, "dist-tags": { "latest": versions.last() }, "versions": all })
}

/// A registry's answer that has the whole closure, and says 404 to all else.
pub(crate) fn has_all(asked: &Asked) -> Reply {
    let package = asked.package();
    match CLOSURE.iter().find(|(name, _)| package == format!("@bytelyst/{name}")) {
        Some((_, version)) => Reply::json(&document(&package, &["0.0.1", version])),
        None => Reply::status("404 Not Found"),
    }
}

/// A server; it ends when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    act: Box<dyn Fn(&Asked) -> Reply + Send + Sync>,
    tls: Option<Arc<ServerConfig>>,
    log: Mutex<Vec<Asked>>,
    /// Connections that hang.
    held: Mutex<Vec<TcpStream>>,
    over: AtomicBool,
}

impl Server {
    /// One that answers so.
    pub(crate) fn new(act: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Box::new(act))
    }

    /// One for `https:`.
    pub(crate) fn tls(
        config: Arc<ServerConfig>,
        act: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(config), Box::new(act))
    }

    /// One that always answers the same.
    pub(crate) fn always(reply: Reply) -> Self {
        Self::new(move |_| reply.clone())
    }

    fn start(tls: Option<Arc<ServerConfig>>, act: Box<dyn Fn(&Asked) -> Reply + Send + Sync>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let over = AtomicBool::new(false);
        let shared = Arc::new(Shared { act, tls, log: Mutex::default(), held: Mutex::default(), over });
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if served.over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), served) = (stream, Arc::clone(&served)) else { continue };
                // A client that goes away in between is its own affair.
                thread::spawn(move || served.accepted(stream));
            }
        });
        Self { address, scheme, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// With the last `/`.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.address)
    }

    /// As the keys of an `.npmrc` have it: `//127.0.0.1:1234/`.
    pub(crate) fn key(&self) -> String {
        format!("//{}/", self.address)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.log).clone()
    }

    /// The packages that were asked for so far, sorted.
    pub(crate) fn packages(&self) -> Vec<String> {
        let mut packages: Vec<_> = self.asked().iter().map(Asked::package).collect();
        packages.sort();
        packages
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        lock(&self.shared.held).clear();
        // The thread waits for one more connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn accepted(&self, stream: TcpStream) -> io::Result<()> {
        match &self.tls {
            None => self.converse(&mut BufReader::new(&stream), &mut &stream, &stream),
            Some(config) => {
                let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                let mut tls = StreamOwned::new(session, stream.try_clone()?);
                let asked = self.read(&mut BufReader::new(&mut tls))?;
                tls.write_all(&(self.act)(&asked).bytes())?;
                tls.conn.send_close_notify();
                tls.flush()
            }
        }
    }

    /// One request of a connection, and its answer.
    fn converse(
        &self,
        input: &mut impl BufRead,
        output: &mut impl Write,
        stream: &TcpStream,
    ) -> io::Result<()> {
        let asked = self.read(input)?;
        let reply = (self.act)(&asked);
        output.write_all(&reply.bytes())?;
        output.flush()?;
        match reply {
            Reply::Hang(_) => lock(&self.held).push(stream.try_clone()?),
            Reply::Forward => forward(&asked, stream)?,
            Reply::Whole(..) | Reply::Bytes(_) => {}
        }
        Ok(())
    }

    fn read(&self, input: &mut impl BufRead) -> io::Result<Asked> {
        let (mut line, mut header, mut headers) = (String::new(), String::new(), Vec::new());
        input.read_line(&mut line)?;
        while input.read_line(&mut header)? > 0 && !header.trim().is_empty() {
            if let Some((name, value)) = header.split_once(':') {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            header.clear();
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let asked = Asked { method, target, headers };
        lock(&self.log).push(asked.clone());
        Ok(asked)
    }
}

/// A tunnel for CONNECT; else the request once more, with its path alone.
fn forward(asked: &Asked, client: &TcpStream) -> io::Result<()> {
    let target = asked.target.strip_prefix("http://").unwrap_or(&asked.target);
    let (host, path) = target.find('/').map_or((target, ""), |at| target.split_at(at));
    let server = TcpStream::connect(host)?;
    if asked.method != "CONNECT" {
        let kept =
            asked.headers.iter().filter(|(name, _)| !name.starts_with("proxy-") && name != "connection");
        let headers: String = kept.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{} {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n", asked.method);
        (&server).write_all(request.as_bytes())?;
        return io::copy(&mut &server, &mut &*client).map(drop);
    }
    (&*client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        let copied = io::copy(&mut &from, &mut &to);
        copied.and(to.shutdown(Shutdown::Write))
    });
    io::copy(&mut &server, &mut &*client)?;
    client.shutdown(Shutdown::Both)?;
    let _ = up.join();
    Ok(())
}

/// A port at which nobody listens.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port()
}

/// One that takes connections and says nothing, not even reading what is asked.
pub(crate) struct Silent(TcpListener);

impl Silent {
    pub(crate) fn new() -> Self {
        // The kernel takes the connections.
        Self(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.0.local_addr().expect("it has an address"))
    }

    /// Waits until somebody has asked, and hands the connection over.
    pub(crate) fn wait(&self) -> TcpStream {
        let (stream, _) = self.0.accept().expect("a connection");
        (&stream).read_exact(&mut [0]).expect("a request");
        stream
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
