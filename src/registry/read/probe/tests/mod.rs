//! The probe of registries, against small servers on the loopback that say, or hold back, what no real one would.

mod server;

mod answers;
mod hangs;
mod many;
mod proxies;
mod redirects;
mod secrets;
mod tls;

use std::time::Duration;

use crate::registry::{
    Answer, Credential, Network, ProbeFinding, Question, Registry, RegistryUrl, Secret, Wanted, probe,
};

/// Long enough for all that is to answer, however slow the machine is.
const AMPLE: Duration = Duration::from_secs(60);
/// For what is to hang.
const SHORT: Duration = Duration::from_millis(200);

const TOKEN: &str = "Bearer t0k3n";

fn registry(url: &str) -> Registry {
    Registry {
        url: RegistryUrl::new(format!("{}/", url.trim_end_matches('/'))),
        named_by: "a test".to_owned(),
        credential: None,
        unset: None,
        variable: None,
        lacking: None,
        network: Network::default(),
    }
}

fn with_token(url: &str) -> Registry {
    let credential = Credential { authorization: Secret(TOKEN.to_owned()), named_by: "a test".to_owned() };
    Registry { credential: Some(credential), ..registry(url) }
}

fn question(registry: &Registry, package: &str) -> Question {
    Question {
        registry: registry.clone(),
        package: package.to_owned(),
        wanted: Wanted::Version("1.2.0".to_owned()),
    }
}

/// What becomes of a question that is asked alone.
#[track_caller]
fn answer(registry: &Registry, limit: Duration) -> Answer {
    let answers = probe::ask(&[question(registry, "@b/a")], limit, &|| false).expect("not interrupted");
    let [Some(answer)] = answers.as_slice() else { panic!("{answers:?}") };
    answer.clone()
}

#[track_caller]
fn finding(registry: &Registry, limit: Duration) -> ProbeFinding {
    answer(registry, limit).finding
}

/// The document of a package that has one version.
fn document(package: &str) -> String {
    format!(r#"{{"name":"{package}","versions":{{"1.2.0":{{}}}}}}"#)
}

fn not_npm(what: &str) -> ProbeFinding {
    ProbeFinding::NotNpm(what.to_owned())
}
