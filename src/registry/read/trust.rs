//! Whose certificates are trusted: as Node has it, also one that an owner signed for their own server and named as an
//! authority, which rustls takes for no server's.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

use crate::registry::{Network, ProbeFinding};

/// The configuration of TLS that npm's settings give.
pub(super) fn config(network: &Network) -> Result<ClientConfig, ProbeFinding> {
    let provider = Arc::new(default_provider());
    let (pems, named_by) = if network.authorities.is_empty() {
        (&network.more_authorities, "`NODE_EXTRA_CA_CERTS`")
    } else {
        (&network.authorities, "`ca` or `cafile`")
    };
    let named = certificates(pems, named_by)?;
    let unusable = |error| unusable(&error, named_by);
    // As in Node, where `ca` takes the place of all others, `NODE_EXTRA_CA_CERTS` included.
    let usual: Arc<dyn ServerCertVerifier> = if network.authorities.is_empty() {
        Arc::new(Verifier::new_with_extra_roots(named.clone(), Arc::clone(&provider)).map_err(unusable)?)
    } else {
        only(&named, &provider).map_err(unusable)?
    };
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    let verifier = Arc::new(Trust { usual, named });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn only(
    named: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in named {
        roots.add(certificate.clone())?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    Ok(verifier.build().map_err(|error| Error::Other(OtherError(Arc::new(error))))?)
}

fn unusable(error: &Error, named_by: &str) -> ProbeFinding {
    ProbeFinding::Tls(match error {
        Error::General(why) => why.to_lowercase(),
        other => format!("what {named_by} names is no certificate that can be used: {other}"),
    })
}

fn certificates(pems: &[Vec<u8>], named_by: &str) -> Result<Vec<CertificateDer<'static>>, ProbeFinding> {
    let mut all = Vec::new();
    for pem in pems {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match found {
            Ok(found) if !found.is_empty() => all.extend(found),
            _ => return Err(ProbeFinding::Tls(format!("what {named_by} names is no certificate in PEM"))),
        }
    }
    Ok(all)
}

/// The usual rules, and besides them the very certificates that were named.
#[derive(Debug)]
struct Trust {
    usual: Arc<dyn ServerCertVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let usual = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match &usual {
            // Its time is looked at before; that it is whose it says is what naming it means.
            Err(Error::InvalidCertificate(error))
                if is_authoritys(error) && self.named.iter().any(|named| named == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            _ => usual,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// webpki's `CaUsedAsEndEntity`, for which rustls has no name of its own.
fn is_authoritys(error: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(cause)) = error else { return false };
    cause.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}
