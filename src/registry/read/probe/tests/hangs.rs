//! What hangs, at each stage, costs the limit and no more. That it costs no more shows in that these tests end: each
//! server holds its connection for as long as the client does.

use std::cell::Cell;
use std::net::TcpListener;
use std::time::Duration;

use crate::registry::{ProbeFinding, probe};

use super::server::{Reply, Server, ok};
use super::{AMPLE, SHORT, document, finding, question, registry};

/// Longer than any test may take.
const ENDLESS: Duration = Duration::from_secs(100_000);

#[test]
fn an_answer_that_hangs_times_out_wherever_it_stops() {
    for begun in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 5",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"name\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"name\":",
    ] {
        let server = Server::new(move |_| Reply::Hang(begun));
        assert_eq!(finding(&registry(&server.url()), SHORT), ProbeFinding::TimedOut, "{begun}");
    }
}

#[test]
fn a_handshake_that_hangs_times_out() {
    // Accepted by the system, and read by nobody.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    assert_eq!(finding(&registry(&url), SHORT), ProbeFinding::TimedOut);
}

#[test]
fn no_time_at_all_is_too_little() {
    let server = Server::new(|_| ok(&document("@b/a")));
    assert_eq!(finding(&registry(&server.url()), Duration::ZERO), ProbeFinding::TimedOut);
}

#[test]
fn no_end_of_time_is_enough() {
    let server = Server::new(|_| ok(&document("@b/a")));
    assert_eq!(finding(&registry(&server.url()), Duration::MAX), ProbeFinding::There);
}

#[test]
fn the_limit_is_for_all_and_keeps_what_came_before() {
    let server = Server::new(|head| match head.package().as_str() {
        "@b/quick" => ok(&document("@b/quick")),
        _ => Reply::Hang(""),
    });
    let registry = registry(&server.url());
    let mut questions = vec![question(&registry, "@b/quick")];
    questions.extend((0..100).map(|number| question(&registry, &format!("@b/slow-{number}"))));
    let limit = Duration::from_secs(1);
    let answers = probe::ask(&questions, limit, &|| false).unwrap();
    assert_eq!(answers[0].as_ref().map(|answer| &answer.finding), Some(&ProbeFinding::There));
    for answer in &answers[1..] {
        assert_eq!(answer.as_ref().map(|answer| &answer.finding), Some(&ProbeFinding::TimedOut));
    }
}

#[test]
fn a_failure_of_the_server_ends_it_before_all_are_answered() {
    let server = Server::new(|head| match head.package().as_str() {
        "@b/broken" => Reply::Whole("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_owned()),
        _ => Reply::Hang(""),
    });
    let registry = registry(&server.url());
    let questions = ["@b/a", "@b/broken", "@b/c"].map(|package| question(&registry, package));
    let answers = probe::ask(&questions, ENDLESS, &|| false).unwrap();
    let findings: Vec<_> = answers.into_iter().map(|answer| answer.map(|answer| answer.finding)).collect();
    assert_eq!(findings, [None, Some(ProbeFinding::Status(502)), None]);
}

#[test]
fn a_missing_package_does_not_end_it() {
    let server = Server::new(|head| match head.package().as_str() {
        "@b/missing" => Reply::Whole("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()),
        _ => Reply::Hang(""),
    });
    let registry = registry(&server.url());
    let questions = ["@b/missing", "@b/slow"].map(|package| question(&registry, package));
    let answers = probe::ask(&questions, Duration::from_secs(1), &|| false).unwrap();
    let findings: Vec<_> = answers.into_iter().flatten().map(|answer| answer.finding).collect();
    assert_eq!(findings, [ProbeFinding::MissingPackage, ProbeFinding::TimedOut]);
}

#[test]
fn an_interruption_ends_it() {
    let server = Server::new(|_| Reply::Hang(""));
    let questions = [question(&registry(&server.url()), "@b/a")];
    let looked = Cell::new(0);
    let interrupted = || {
        looked.set(looked.get() + 1);
        looked.get() > 3
    };
    assert_eq!(probe::ask(&questions, ENDLESS, &interrupted), None);
    assert_eq!(probe::ask(&questions, ENDLESS, &|| true), None);
}

#[test]
fn a_connection_does_not_outlive_the_limit_by_much() {
    let server = Server::new(|_| Reply::Hang("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"));
    assert_eq!(finding(&registry(&server.url()), SHORT), ProbeFinding::TimedOut);
    // The thread that nobody waits for gives up as well.
    server.left.lock().unwrap().recv_timeout(AMPLE).expect("the client leaves");
}
