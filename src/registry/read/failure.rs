//! What a request that failed tells, by the types of its causes. No text of the HTTP client is passed on: it holds
//! addresses, and these may hold credentials.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::CertificateError;

use crate::error::io_cause;
use crate::registry::ProbeFinding;

/// A request that got no answer; `proxy` is the one that it went to, named without credentials.
pub(super) fn of_asking(error: &reqwest::Error, proxy: Option<String>) -> ProbeFinding {
    if let Some(why) = tls(error) {
        return ProbeFinding::Tls(why);
    }
    if error.is_timeout() {
        return ProbeFinding::TimedOut;
    }
    if let (true, Some(proxy)) = (error.is_connect(), proxy) {
        return ProbeFinding::Proxy(format!("{proxy}: {}", of_proxy(error)));
    }
    if error.is_dns() {
        return ProbeFinding::NoName;
    }
    let io = causes(error).into_iter().find_map(|cause| cause.downcast_ref::<io::Error>());
    if let Some(io) = io {
        return match io.kind() {
            ErrorKind::ConnectionRefused => ProbeFinding::Refused,
            ErrorKind::TimedOut => ProbeFinding::TimedOut,
            _ => ProbeFinding::Unreachable(io_cause(innermost(io))),
        };
    }
    let http = causes(error).into_iter().find_map(|cause| cause.downcast_ref::<hyper::Error>());
    match http {
        Some(http) if http.is_incomplete_message() => {
            ProbeFinding::Unreachable("the connection was closed before an answer".to_owned())
        }
        Some(http) if http.is_parse() => ProbeFinding::NotNpm("no HTTP".to_owned()),
        _ => ProbeFinding::Unreachable("the request cannot be sent".to_owned()),
    }
}

/// A body that broke off, or is none.
pub(super) fn of_reading(error: &io::Error) -> ProbeFinding {
    let causes = causes(error);
    let is_late = causes.iter().any(|cause| {
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == ErrorKind::TimedOut)
    });
    if is_late {
        return ProbeFinding::TimedOut;
    }
    let is_cut = causes.iter().any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
            || cause.downcast_ref::<io::Error>().is_some_and(|io| {
                use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                matches!(io.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
            })
    });
    ProbeFinding::NotNpm(if is_cut { "half a document" } else { "a body that cannot be unpacked" }.to_owned())
}

/// A client that cannot be built: of what it is given only the certificates may be at fault.
pub(super) fn of_building(error: &reqwest::Error) -> ProbeFinding {
    let found = causes(error).into_iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    ProbeFinding::Tls(match found {
        // Of the machine's own: there are none.
        Some(rustls::Error::General(why)) => why.to_lowercase(),
        _ => "what `ca`, `cafile` or `NODE_EXTRA_CA_CERTS` names holds no certificate that can be used"
            .to_owned(),
    })
}

/// Why a proxy did not let a request through.
fn of_proxy(error: &reqwest::Error) -> String {
    if error.is_dns() {
        return "its name means nothing here".to_owned();
    }
    match causes(error).last() {
        Some(last) => match last.downcast_ref::<io::Error>() {
            Some(io) if io.kind() == ErrorKind::ConnectionRefused => "refused the connection".to_owned(),
            Some(io) => io_cause(innermost(io)),
            // A tunnel's or SOCKS' own error: its type is not public, and its text holds no address.
            None => last.to_string(),
        },
        None => "lets nothing through".to_owned(),
    }
}

/// What TLS says, if it is TLS that failed.
fn tls(error: &reqwest::Error) -> Option<String> {
    let causes = causes(error);
    let found = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    Some(match found {
        rustls::Error::InvalidCertificate(certificate) => of_certificate(certificate),
        rustls::Error::InvalidMessage(_) => "the other side does not speak TLS".to_owned(),
        rustls::Error::General(why) => why.to_lowercase(),
        other => other.to_string(),
    })
}

fn of_certificate(error: &CertificateError) -> String {
    use CertificateError::{Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer};
    match error {
        UnknownIssuer => "no authority that is trusted here signed the certificate".to_owned(),
        Expired | ExpiredContext { .. } => "the certificate has expired".to_owned(),
        NotValidForName | NotValidForNameContext { .. } => "the certificate is for another host".to_owned(),
        // A type of a library below rustls, in its own words.
        CertificateError::Other(other) => format!("the certificate is not valid: {other}"),
        other => format!("the certificate is not valid: {other}"),
    }
}

/// An error and all that caused it. What an I/O error was made of is none of its sources, only what caused that.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut all = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        all.push(error);
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    all
}

/// The I/O error that others were made of.
fn innermost(error: &io::Error) -> &io::Error {
    causes(error).into_iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).last().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_io_error_was_made_of_is_a_cause() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(ErrorKind::InvalidData, tls));
        assert!(causes(&wrapped).iter().any(|cause| cause.is::<rustls::Error>()));
        assert_eq!(causes(&wrapped).len(), 3);
    }

    #[test]
    fn a_body_that_broke_off_is_half_a_document() {
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset] {
            let error = io::Error::other(io::Error::from(kind));
            assert_eq!(of_reading(&error), ProbeFinding::NotNpm("half a document".to_owned()), "{kind}");
        }
        assert_eq!(of_reading(&ErrorKind::TimedOut.into()), ProbeFinding::TimedOut);
        let bad = io::Error::new(ErrorKind::InvalidData, "bad deflate");
        assert_eq!(of_reading(&bad), ProbeFinding::NotNpm("a body that cannot be unpacked".to_owned()));
    }

    #[test]
    fn certificates_fail_in_words() {
        let other = of_certificate(&CertificateError::Revoked);
        assert!(other.starts_with("the certificate is not valid: "), "{other}");
        assert_eq!(of_certificate(&CertificateError::Expired), "the certificate has expired");
    }
}
