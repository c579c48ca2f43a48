//! A server that does to each request what a test says.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a request gets.
pub(crate) enum Reply {
    /// These bytes; then the next request.
    Whole(String),
    /// These bytes; then the end of the connection.
    Cut(Vec<u8>),
    /// These bytes; then nothing more.
    Hang(&'static str),
    /// The same connection, with these bytes at its begin, goes on to another address.
    Tunnel(String),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Head(pub(crate) String);

impl Head {
    /// What follows the method.
    pub(crate) fn target(&self) -> &str {
        self.0.split(' ').nth(1).unwrap_or_default()
    }

    /// The package that an address ends with.
    pub(crate) fn package(&self) -> String {
        self.target().rsplit('/').next().unwrap_or_default().replace("%2f", "/")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// It serves as long as the test runs.
pub(crate) struct Server {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<Head>>>,
    /// Tells of each connection that its client has left while it hung.
    pub(crate) left: Mutex<Receiver<()>>,
}

impl Server {
    pub(crate) fn new(reply: impl Fn(&Head) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", reply)
    }

    pub(crate) fn at(address: &str, reply: impl Fn(&Head) -> Reply + Send + Sync + 'static) -> Self {
        Self::over(address, reply, |stream| Box::new(stream))
    }

    /// A server that says something else first, as TLS does.
    pub(crate) fn over(
        address: &str,
        reply: impl Fn(&Head) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let heads = Arc::<Mutex<Vec<Head>>>::default();
        let (leave, left) = mpsc::channel();
        let does = Arc::new((reply, wrap));
        let log = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (does, log, leave) = (Arc::clone(&does), Arc::clone(&log), leave.clone());
                // A client that goes away in between is its own affair.
                thread::spawn(move || {
                    converse(&mut *(does.1)(stream), &does.0, &log, &|| leave.send(()).unwrap_or(()))
                });
            }
        });
        Self { port, heads, left: Mutex::new(left) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// All requests up to now.
    pub(crate) fn heads(&self) -> Vec<Head> {
        self.heads.lock().expect("no thread has failed").clone()
    }
}

pub(crate) trait Stream: Read + Write {
    /// The connection, where it can be handed on.
    fn tcp(&self) -> Option<TcpStream> {
        None
    }
}

impl Stream for TcpStream {
    fn tcp(&self) -> Option<TcpStream> {
        self.try_clone().ok()
    }
}

fn converse(
    stream: &mut dyn Stream,
    reply: &dyn Fn(&Head) -> Reply,
    log: &Mutex<Vec<Head>>,
    leave: &dyn Fn(),
) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = Head(String::from_utf8_lossy(&head).into_owned());
        log.lock().expect("no thread has failed").push(head.clone());
        match reply(&head) {
            Reply::Whole(text) => stream.write_all(text.as_bytes())?,
            Reply::Cut(bytes) => return stream.write_all(&bytes).and_then(|()| stream.flush()),
            Reply::Hang(text) => {
                stream.write_all(text.as_bytes())?;
                stream.flush()?;
                // Until the client has enough of it.
                let _ = io::copy(stream, &mut io::sink());
                leave();
                return Ok(());
            }
            Reply::Tunnel(address) => {
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                return tunnel(
                    &stream.tcp().expect("only plain servers tunnel"),
                    &TcpStream::connect(address)?,
                );
            }
        }
    }
}

/// Passes on whatever comes, both ways.
pub(crate) fn tunnel(one: &TcpStream, other: &TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (one.try_clone()?, other.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    let (mut from, mut to) = (other, one);
    io::copy(&mut from, &mut to).map(drop)
}

/// A whole answer with a body.
pub(crate) fn ok(body: &str) -> Reply {
    status("200 OK", "", body)
}

/// A whole answer of a code, with headers that each end in `\r\n`.
pub(crate) fn status(code: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Whole(format!("HTTP/1.1 {code}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"))
}

pub(crate) fn redirect(location: &str) -> Reply {
    status("302 Found", &format!("Location: {location}\r\n"), "")
}
