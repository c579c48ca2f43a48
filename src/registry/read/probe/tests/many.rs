//! Many packages, several registries.

use std::sync::{Condvar, Mutex};

use crate::registry::{Network, ProbeFinding, Wanted, probe};

use super::server::{Reply, Server, ok, status};
use super::{AMPLE, document, question, registry};

#[test]
fn a_hundred_packages_are_asked_for_side_by_side() {
    // Nobody gets an answer before so many ask at once.
    const AT_ONCE: usize = 16;
    let gate = (Mutex::new(0), Condvar::new());
    let server = Server::new(move |head| {
        let (count, changed) = &gate;
        let mut count = count.lock().unwrap();
        *count += 1;
        changed.notify_all();
        drop(changed.wait_while(count, |count| *count < AT_ONCE).unwrap());
        match head.package().strip_prefix("@b/missing").is_some() {
            true => status("404 Not Found", "", "{}"),
            false => ok(&document(&head.package())),
        }
    });
    let registry = registry(&server.url());
    let name = |number: usize| match number % 10 {
        0 => format!("@b/missing-{number}"),
        _ => format!("@b/package-{number}"),
    };
    let questions: Vec<_> = (0..100).map(|number| question(&registry, &name(number))).collect();
    let answers = probe::ask(&questions, AMPLE, &|| false).unwrap();
    for (number, answer) in answers.into_iter().enumerate() {
        let wanted = if number % 10 == 0 { ProbeFinding::MissingPackage } else { ProbeFinding::There };
        assert_eq!(answer.map(|answer| answer.finding), Some(wanted), "{number}");
    }
    assert_eq!(server.heads().len(), 100);
}

#[test]
fn nothing_asked_is_nothing_answered() {
    assert_eq!(probe::ask(&[], AMPLE, &|| false), Some(Vec::new()));
}

#[test]
fn each_registry_is_asked_for_its_own() {
    let one = Server::new(|_| ok(&document("@b/a")));
    let other = Server::new(|_| status("401 Unauthorized", "", ""));
    let mut questions =
        vec![question(&registry(&one.url()), "@b/a"), question(&registry(&other.url()), "@c/a")];
    // The same registry by another way, for another version.
    let mut third = question(&registry(&one.url()), "@b/a");
    third.registry.network = Network { accepts_any_certificate: true, ..Network::default() };
    third.wanted = Wanted::Range("^2".to_owned());
    questions.push(third);
    let answers = probe::ask(&questions, AMPLE, &|| false).unwrap();
    let findings: Vec<_> = answers.into_iter().flatten().map(|answer| answer.finding).collect();
    let newest = Some("1.2.0".to_owned());
    assert_eq!(
        findings,
        [ProbeFinding::There, ProbeFinding::Denied(401), ProbeFinding::MissingVersion(newest)]
    );
}

#[test]
fn a_registry_that_hangs_does_not_keep_another_waiting() {
    let hangs = Server::new(|_| Reply::Hang(""));
    let fails = Server::new(|_| status("500 Internal Server Error", "", ""));
    let mut questions: Vec<_> =
        (0..100).map(|number| question(&registry(&hangs.url()), &format!("@b/{number}"))).collect();
    questions.push(question(&registry(&fails.url()), "@c/a"));
    let answers = probe::ask(&questions, AMPLE, &|| false).unwrap();
    assert_eq!(answers[100].as_ref().map(|answer| &answer.finding), Some(&ProbeFinding::Status(500)));
    assert!(answers[..100].iter().all(Option::is_none), "they are not known");
}
