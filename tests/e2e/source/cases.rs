//! What a registry may do: each case with what must be decided of it.

use std::any::Any;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::source::certificates::{
    Certificate, self_signed, self_signed_elsewhere, self_signed_expired, signed,
};
use crate::source::scene::Scene;
use crate::source::server::{Asked, Reply, Server, Silent, closed_port, document, has_all, lock};
use crate::source::verdaccio::{key, verdaccio};

/// A case under way: its product, and whatever must live meanwhile.
pub(crate) struct Case(pub(crate) Scene, pub(crate) Vec<Box<dyn Any + Send>>);

/// What must come of it.
pub(crate) enum Must {
    /// The registry is used.
    Up,
    /// The workspace is used; one of these words says why.
    Down(&'static [&'static str]),
    /// Exit 5.
    Denied,
}
use Must::{Denied, Down, Up};

pub(crate) type Row = (&'static str, Must, Box<dyn Fn() -> Case + Send + Sync>);

const BROKEN: Must = Down(&["server-error"]);
const NOT_NPM: Must = Down(&["not-npm"]);
const CUT: Must = Down(&["unreachable"]);
const SLOW: Must = Down(&["timed-out"]);
const NOBODY: Must = Down(&["no-registry"]);

fn of(act: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Case {
    let server = Server::new(act);
    Case(Scene::of(&server), vec![Box::new(server)])
}

fn always(reply: Reply) -> Case {
    of(move |_| reply.clone())
}

/// `act` for one package, while the others are there.
fn but(name: &'static str, act: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Case {
    of(move |asked| if asked.package() == name { act(asked) } else { has_all(asked) })
}

/// A row of one reply, whatever is asked.
fn row(name: &'static str, must: Must, reply: impl Fn() -> Reply + Send + Sync + 'static) -> Row {
    (name, must, Box::new(move || always(reply())))
}

fn case(name: &'static str, must: Must, make: impl Fn() -> Case + Send + Sync + 'static) -> Row {
    (name, must, Box::new(make))
}

fn soon(Case(scene, held): Case) -> Case {
    Case(scene.words(&["--probe-timeout", "400ms"]), held)
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = ways();
    rows.extend(codes());
    rows.extend(documents());
    rows.extend(redirects());
    rows.extend(tls());
    rows.extend(proxies());
    rows.extend(real());
    rows
}

fn ways() -> Vec<Row> {
    vec![
        case("each package is there", Up, || of(has_all)),
        case("no file names a registry", NOBODY, || Case(Scene::new(), vec![])),
        case("a file names that of another scope", NOBODY, || {
            Case(Scene::new().file("notes/.npmrc", "@other:registry=http://127.0.0.1:1/\n"), vec![])
        }),
        case("its address needs a variable that is not set", NOBODY, || {
            Case(Scene::at("http://${NOWHERE_SET}/"), vec![])
        }),
        case("the name has no address", Down(&["no-name"]), || {
            Case(Scene::at("http://registry.invalid/npm/"), vec![])
        }),
        case("nobody listens", Down(&["refused"]), || {
            Case(Scene::at(&format!("http://127.0.0.1:{}/", closed_port())), vec![])
        }),
        case("`host.docker.internal`, where localhost has all", Up, || {
            let server = Server::new(has_all);
            let url = format!("http://host.docker.internal:{}/", server.port());
            Case(Scene::at(&url), vec![Box::new(server)])
        }),
        case("`host.docker.internal`, nobody on localhost", Down(&["refused"]), || {
            Case(Scene::at(&format!("http://host.docker.internal:{}/", closed_port())), vec![])
        }),
        case("takes the connection and says nothing", SLOW, || {
            let silent = Silent::new();
            soon(Case(Scene::at(&silent.url()), vec![Box::new(silent)]))
        }),
        case("stops after the headers", SLOW, || {
            soon(always(Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n".to_vec())))
        }),
        case("stops inside the headers", SLOW, || {
            soon(always(Reply::Hang(b"HTTP/1.1 200 OK\r\ncont".to_vec())))
        }),
        case("stops inside the body", SLOW, || {
            soon(always(Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"name\":".to_vec())))
        }),
        case("one of five never comes", SLOW, || soon(but("@bytelyst/client", |_| Reply::Hang(Vec::new())))),
        case("one after the other, each in time, all too late", SLOW, || {
            // A channel that nobody sends to: only its patience ends.
            let (never, patience) = mpsc::channel::<()>();
            let (never, patience) = (Mutex::new(never), Mutex::new(patience));
            soon(of(move |asked| {
                let _kept = lock(&never);
                let _ = lock(&patience).recv_timeout(Duration::from_millis(150));
                has_all(asked)
            }))
        }),
        row("closes without a word", CUT, || Reply::Bytes(Vec::new())),
        row("speaks another language", NOT_NPM, || Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
        row("closes inside the headers", CUT, || Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
    ]
}

fn codes() -> Vec<Row> {
    vec![
        row("500", BROKEN, || Reply::status("500 Internal Server Error")),
        row("502", BROKEN, || Reply::status("502 Bad Gateway")),
        row("503", BROKEN, || Reply::status("503 Service Unavailable")),
        row("504", BROKEN, || Reply::status("504 Gateway Timeout")),
        row("429", BROKEN, || Reply::status("429 Too Many Requests")),
        row("204", BROKEN, || Reply::status("204 No Content")),
        row("400", BROKEN, || Reply::status("400 Bad Request")),
        row("407 of no proxy", Down(&["proxy"]), || Reply::status("407 Proxy Authentication Required")),
        row("404 to all", Down(&["missing-package"]), || Reply::status("404 Not Found")),
        case("404 to one", Down(&["missing-package"]), || {
            but("@bytelyst/errors", |_| Reply::status("404 Not Found"))
        }),
        row("401", Denied, || Reply::status("401 Unauthorized")),
        row("403", Denied, || Reply::status("403 Forbidden")),
        case("401 to one", Denied, || but("@bytelyst/errors", |_| Reply::status("401 Unauthorized"))),
        case("401, with --fallback-on-auth", Down(&["denied"]), || {
            let Case(scene, held) = always(Reply::status("401 Unauthorized"));
            Case(scene.words(&["--fallback-on-auth"]), held)
        }),
        case("401 to one, 404 to the rest", Denied, || {
            of(|asked| match asked.package().as_str() {
                "@bytelyst/errors" => Reply::status("401 Unauthorized"),
                _ => Reply::status("404 Not Found"),
            })
        }),
        case("500 to one, 401 to the rest", BROKEN, || {
            of(|asked| match asked.package().as_str() {
                "@bytelyst/errors" => Reply::status("500 Internal Server Error"),
                _ => Reply::status("401 Unauthorized"),
            })
        }),
    ]
}

fn documents() -> Vec<Row> {
    let cut = |length: &str| {
        let document = document("@bytelyst/errors", &["1.4.2"]).to_string();
        let half = &document[..document.len() / 2];
        Reply::Bytes(
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}{half}").into_bytes(),
        )
    };
    vec![
        case("another version", Down(&["missing-version"]), || {
            but("@bytelyst/errors", |asked| Reply::json(&document(&asked.package(), &["1.4.1"])))
        }),
        case("no version at all", Down(&["missing-package"]), || {
            but("@bytelyst/errors", |asked| Reply::json(&document(&asked.package(), &[])))
        }),
        row("a page", NOT_NPM, || Reply::html("<!doctype html><title>Log in</title>")),
        row("a page that says it is JSON", NOT_NPM, || {
            Reply::Whole("200 OK", vec![("content-type", "application/json".to_owned())], b"<html>".to_vec())
        }),
        row("nothing with 200", NOT_NPM, || Reply::Whole("200 OK", vec![], vec![])),
        row("`{}`", NOT_NPM, || Reply::json(&json!({}))),
        row("`[]`", NOT_NPM, || Reply::json(&json!([]))),
        row("`null`", NOT_NPM, || Reply::json(&json!(null))),
        row("another package's document", NOT_NPM, || Reply::json(&document("@bytelyst/else", &["1.4.2"]))),
        case("a document without `versions`", NOT_NPM, || {
            of(|asked| Reply::json(&json!({ "name": asked.package() })))
        }),
        case("a document whose `versions` is a list", NOT_NPM, || {
            of(|asked| Reply::json(&json!({ "name": asked.package(), "versions": ["1.4.2"] })))
        }),
        row("half a document, by its length", NOT_NPM, move || cut("content-length: 4000\r\n\r\n")),
        row("half a document, in chunks", NOT_NPM, move || cut("transfer-encoding: chunked\r\n\r\n400\r\n")),
        row("half a document, to the end", NOT_NPM, move || cut("connection: close\r\n\r\n")),
    ]
}

/// To where the same server has them all.
fn moved(line: &'static str) -> Case {
    of(move |asked| match asked.target.strip_prefix("/old") {
        Some(path) => Reply::redirect(line, format!("/new{path}")),
        None => has_all(asked),
    })
}

fn at_old(Case(scene, held): Case) -> Case {
    let npmrc = scene.world.read("notes/.npmrc").trim_end().to_owned();
    Case(scene.file("notes/.npmrc", format!("{npmrc}old/\n")), held)
}

fn redirects() -> Vec<Row> {
    vec![
        case("302 to the same server", Up, || at_old(moved("302 Found"))),
        case("308 to the same server", Up, || at_old(moved("308 Permanent Redirect"))),
        case("302 to another server that has all", Up, || {
            let there = Server::new(has_all);
            let to = there.url();
            let here =
                Server::new(move |asked| Reply::redirect("302 Found", format!("{to}{}", &asked.target[1..])));
            Case(Scene::of(&here), vec![Box::new(here), Box::new(there)])
        }),
        case("302 to a page", NOT_NPM, || {
            of(|asked| match asked.target.as_str() {
                "/login" => Reply::html("<form>"),
                _ => Reply::redirect("302 Found", "/login"),
            })
        }),
        case("302 in a ring", NOT_NPM, || of(|asked| Reply::redirect("302 Found", asked.target.clone()))),
        row("302 to nowhere", NOT_NPM, || Reply::Whole("302 Found", vec![], vec![])),
        row("302 to no http address", NOT_NPM, || Reply::redirect("302 Found", "file:///etc/passwd")),
        case("302 from https: to http:", NOT_NPM, || {
            let there = Server::new(has_all);
            let to = there.url();
            let server = Server::tls(signed().server.clone(), move |asked| {
                Reply::redirect("302 Found", format!("{to}{}", &asked.target[1..]))
            });
            let scene = Scene::of(&server).line("notes/.npmrc", "strict-ssl=false");
            Case(scene, vec![Box::new(server), Box::new(there)])
        }),
        row("302 to a closed port", Down(&["refused"]), || {
            Reply::redirect("302 Found", format!("http://127.0.0.1:{}/x", closed_port()))
        }),
    ]
}

fn over_tls(lines: impl Fn(&str) -> String, certificate: &Certificate) -> Case {
    let server = Server::tls(certificate.server.clone(), has_all);
    let scene = Scene::of(&server).file("authority.pem", &certificate.authority);
    let more = lines(&certificate.authority);
    Case(scene.line("notes/.npmrc", more), vec![Box::new(server)])
}

fn tls() -> Vec<Row> {
    const UNTRUSTED: Must = Down(&["tls"]);
    let cafile = |_: &str| "cafile=../authority.pem".to_owned();
    vec![
        case("https: of an unknown authority", UNTRUSTED, || over_tls(|_| String::new(), signed())),
        case("https: of an unknown authority, strict-ssl=false", Up, || {
            over_tls(|_| "strict-ssl=false".to_owned(), signed())
        }),
        case("https: its authority in `cafile`", Up, move || over_tls(cafile, signed())),
        case("https: its authority in `ca`", Up, || {
            over_tls(|pem| format!("ca=\"{}\"", pem.trim_end().replace('\n', "\\n")), signed())
        }),
        case("https: another authority in `cafile`", UNTRUSTED, || {
            let Case(scene, held) = over_tls(|_| "cafile=../another.pem".to_owned(), signed());
            Case(scene.file("another.pem", &self_signed().authority), held)
        }),
        case("https: `cafile` is not there", NOBODY, || {
            over_tls(|_| "cafile=../nowhere.pem".to_owned(), signed())
        }),
        case("https: its authority in NODE_EXTRA_CA_CERTS", Up, || {
            let Case(scene, held) = over_tls(|_| String::new(), signed());
            let path = scene.world.path("authority.pem").display().to_string();
            Case(scene.env("NODE_EXTRA_CA_CERTS", path), held)
        }),
        case("https: signed by itself", UNTRUSTED, || over_tls(|_| String::new(), self_signed())),
        case("https: signed by itself, strict-ssl=false", Up, || {
            over_tls(|_| "strict-ssl=false".to_owned(), self_signed())
        }),
        case("https: signed by itself, itself in `cafile`", Up, move || over_tls(cafile, self_signed())),
        case("https: signed by itself, itself in `cafile`, for another host", UNTRUSTED, move || {
            over_tls(cafile, self_signed_elsewhere())
        }),
        case("https: signed by itself, itself in `cafile`, expired", UNTRUSTED, move || {
            over_tls(cafile, self_signed_expired())
        }),
        case("https: of a server that has only http:", UNTRUSTED, || {
            Case(Scene::at(&verdaccio().open.replace("http:", "https:")), vec![])
        }),
        case("https: of a server that hangs up on it", CUT, || {
            let server = Server::new(has_all);
            Case(Scene::at(&format!("https://127.0.0.1:{}/", server.port())), vec![Box::new(server)])
        }),
        case("http: of a server that has only https:", NOT_NPM, || {
            let server = Server::tls(signed().server.clone(), has_all);
            Case(Scene::at(&format!("http://127.0.0.1:{}/", server.port())), vec![Box::new(server)])
        }),
    ]
}

/// A registry that is up, with the setting of a proxy.
fn through(proxy: Server, https: bool) -> Case {
    let Case(scene, mut held) = match https {
        true => over_tls(|_| "strict-ssl=false".to_owned(), signed()),
        false => of(has_all),
    };
    let setting = if https { "https-proxy" } else { "proxy" };
    let scene = scene.line("notes/.npmrc", format!("{setting}={}", proxy.url()));
    held.push(Box::new(proxy));
    Case(scene, held)
}

fn proxies() -> Vec<Row> {
    const PROXY: Must = Down(&["proxy"]);
    let forward = || Server::always(Reply::Forward);
    vec![
        case("through a proxy", Up, move || through(forward(), false)),
        case("https: through a proxy", Up, move || through(forward(), true)),
        case("the proxy is down", PROXY, || {
            let Case(scene, held) = of(has_all);
            Case(scene.line("notes/.npmrc", format!("proxy=http://127.0.0.1:{}/", closed_port())), held)
        }),
        case("https: the proxy refuses the tunnel", PROXY, || {
            through(Server::always(Reply::status("403 Forbidden")), true)
        }),
        case("the proxy has no way there: 502", BROKEN, || {
            through(Server::always(Reply::status("502 Bad Gateway")), false)
        }),
        case("the proxy says nothing", SLOW, || {
            soon(through(Server::always(Reply::Hang(Vec::new())), false))
        }),
    ]
}

fn real() -> Vec<Row> {
    let closed = |line: &str| {
        let url = &verdaccio().closed;
        let line = line.replace("KEY", key(url));
        Case(Scene::at(url).line("notes/.npmrc", line), vec![])
    };
    vec![
        case("verdaccio", Up, || Case(Scene::at(&verdaccio().open), vec![])),
        case("verdaccio, closed, with a token", Up, move || {
            closed(&format!("KEY:_authToken={}", verdaccio().token))
        }),
        case("verdaccio, closed, with name and password", Up, move || {
            closed(&format!("KEY:_auth={}", verdaccio().basic))
        }),
        case("verdaccio, closed, without a token", Denied, move || closed("")),
        case("verdaccio, closed, with a wrong token", Denied, move || {
            closed("KEY:_authToken=tok-7f3a-of-the-line")
        }),
        case("verdaccio, with another version", Down(&["missing-version"]), || {
            let scene = Scene::at(&verdaccio().open);
            let manifest = scene.world.read("plat/packages/errors/package.json").replace("1.4.2", "1.4.3");
            Case(scene.file("plat/packages/errors/package.json", manifest), vec![])
        }),
        case("verdaccio, with a package more", Down(&["missing-package"]), || {
            let scene = Scene::at(&verdaccio().open);
            let manifest = scene.world.read("notes/backend/package.json");
            let manifest =
                manifest.replace("\"@bytelyst/http\"", "\"@bytelyst/unrelated\": \"*\", \"@bytelyst/http\"");
            Case(scene.file("notes/backend/package.json", manifest), vec![])
        }),
    ]
}
