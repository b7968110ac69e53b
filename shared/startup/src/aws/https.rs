//! The HTTP client of the SDK's clients. It is made at the first request, because a function's start has to be short.
//! It reads no more roots than it needs: a system has some 140, which takes milliseconds of a whole CPU.
use std::sync::OnceLock;

use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient as _, http_client_fn};

/// Amazon Root CA 1 to 4 and Starfield Services Root CA G2, valid until 2037 and longer, as on
/// <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");
/// How the names of regions begin in AWS's own partition.
const CONTINENTS: [&str; 9] = ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];

/// Whose certificates are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Amazon Trust Services, which signs the endpoints of AWS.
    Amazon,
    /// As the system says, where `SSL_CERT_FILE` and `SSL_CERT_DIR` may replace them.
    System,
    /// Nobody's: all connections are plain.
    Nobody,
}

impl Roots {
    /// Of a function or of a person's program, for the endpoints that replace AWS's own. Other partitions, such as
    /// China's, may have other authorities than AWS's own, and so may the networks of people.
    pub(crate) fn of(is_function: bool, region: &str, endpoints: &[&Option<String>]) -> Self {
        let parts: Vec<&str> = region.split('-').collect();
        let is_own_partition = matches!(parts[..], [continent, _, _] if CONTINENTS.contains(&continent));
        let is_plain = |endpoint: &&Option<String>| endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
        if endpoints.iter().all(is_plain) {
            Self::Nobody
        } else if is_function && is_own_partition && endpoints.iter().all(|endpoint| endpoint.is_none()) {
            Self::Amazon
        } else {
            Self::System
        }
    }
}

/// A client that is made at its first request.
pub(crate) fn client(roots: Roots) -> SharedHttpClient {
    let made = OnceLock::new();
    http_client_fn(move |settings, components| made.get_or_init(|| make(roots)).http_connector(settings, components))
}

fn make(roots: Roots) -> SharedHttpClient {
    let store = match roots {
        Roots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
        Roots::System => TrustStore::default(),
        Roots::Nobody => TrustStore::empty(),
    };
    let context = TlsContext::builder().with_trust_store(store).build();
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::rustls(CryptoMode::Ring))
        .tls_context(context.expect("a trust store alone is a valid context"))
        .build_https()
}

#[cfg(test)]
mod tests {
    use rustls::{
        RootCertStore,
        pki_types::{CertificateDer, pem::PemObject as _},
    };

    use super::*;

    #[test]
    fn amazons_roots_are_roots_of_the_public_web() {
        let mut ours = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes()) {
            ours.add(certificate.unwrap()).unwrap();
        }
        assert_eq!(ours.roots.len(), 5);
        for root in &ours.roots {
            let is_known = webpki_roots::TLS_SERVER_ROOTS.iter().any(|known| {
                known.subject == root.subject && known.subject_public_key_info == root.subject_public_key_info
            });
            assert!(is_known, "browsers trust it no longer: {root:?}");
        }
    }

    #[test]
    fn only_functions_with_endpoints_of_awss_own_partition_trust_amazon() {
        for region in ["us-east-1", "eu-central-1", "ap-southeast-7", "il-central-1", "mx-central-1"] {
            assert_eq!(Roots::of(true, region, &[&None, &None]), Roots::Amazon, "{region}");
            assert_eq!(Roots::of(false, region, &[&None, &None]), Roots::System, "{region}");
        }
        for region in ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eu-isoe-west-1", "eusc-de-east-1", "", "local"]
        {
            assert_eq!(Roots::of(true, region, &[&None, &None]), Roots::System, "{region}");
        }
        let (plain, encrypted) = (Some("http://127.0.0.1:1".to_owned()), Some("https://stand-in.example".to_owned()));
        for is_function in [true, false] {
            assert_eq!(Roots::of(is_function, "us-east-1", &[&plain, &plain]), Roots::Nobody);
            assert_eq!(Roots::of(is_function, "us-east-1", &[&plain, &None]), Roots::System);
            assert_eq!(Roots::of(is_function, "us-east-1", &[&encrypted, &encrypted]), Roots::System);
        }
    }
}
