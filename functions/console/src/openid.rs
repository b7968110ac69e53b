//! Signing in at a provider of OpenID Connect: the code flow with PKCE, a state and a nonce
//! (<https://openid.net/specs/openid-connect-core-1_0.html>). What holds:
//! - a response counts only in the browser that began: see [`flow`];
//! - it is an address that signs in, as with a mailed link, and the provider must say that it verified it;
//! - the provider is reached as every host of the settings is, through the guard, and never redirected.
pub(crate) mod flow;

use std::{fmt, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, StatusCode};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
};
use outbound::{FetchError, Guard, Outbound};
use tokio::{sync::Mutex, time::Instant};
use url::{Host, Url};

use flow::Flow;

/// What is published changes less often.
const KEPT_FOR: Duration = Duration::from_secs(300);

/// Signatures that need no secret shared with the provider.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The provider at which people may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenIdSettings {
    /// The issuer, as the provider writes itself: below it is `.well-known/openid-configuration`.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    /// What people call it; without it they read the host of the issuer.
    pub name: Option<String>,
    /// An address counts although the provider does not say that it verified it. Right only where people cannot give
    /// themselves an address there.
    pub trusts_addresses: bool,
}

impl OpenIdSettings {
    /// `Err`: what is wrong with the issuer.
    pub fn check(&self) -> Result<(), &'static str> {
        let Ok(url) = Url::parse(&self.issuer) else { return Err("is no URL") };
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err("is not an https URL");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("must be a plain URL, without a query, a fragment or a password");
        }
        Ok(())
    }
}

impl fmt::Debug for OpenIdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdSettings").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why nobody signed in. The reasons are for the log.
#[derive(Debug)]
pub(crate) enum OpenIdError {
    /// The provider did not answer as one does.
    Unreachable(String),
    /// What it answered proves nothing: a wrong signature, issuer, audience, nonce or time, or a code that it refused.
    Unproven(String),
    NoAddress,
    /// The provider does not say that it verified the address.
    Unverified,
}

pub(crate) struct OpenId {
    settings: OpenIdSettings,
    issuer: IssuerUrl,
    http: Http,
    /// What the provider published of itself, and when that was read.
    kept: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

impl OpenId {
    pub(crate) fn new(settings: OpenIdSettings, guard: Guard) -> Result<Self, &'static str> {
        settings.check()?;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| "is no URL")?;
        let agent = HeaderValue::from_static("statuswire");
        let outbound = Outbound::new(outbound::Settings::for_deliveries(guard, agent));
        Ok(Self { settings, issuer, http: Http(outbound), kept: Mutex::default() })
    }

    pub(crate) fn name(&self) -> &str {
        let host = || self.issuer.url().host_str().unwrap_or_default();
        self.settings.name.as_deref().unwrap_or_else(host)
    }

    /// Where the browser goes to sign in. `back`: the URL to which the provider then leads.
    pub(crate) async fn sign_in_url(&self, back: &str, flow: &Flow) -> Result<Url, OpenIdError> {
        let client = CoreClient::from_provider_metadata(self.kept_metadata().await?, self.client_id(), None)
            .set_redirect_uri(redirect_url(back)?);
        let verifier = PkceCodeVerifier::new(flow.verifier());
        let (state, nonce) = (CsrfToken::new(flow.state()), Nonce::new(flow.nonce()));
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    /// The address that the provider vouches for.
    pub(crate) async fn address(&self, back: &str, code: String, flow: &Flow) -> Result<String, OpenIdError> {
        let metadata = self.metadata().await?;
        let has =
            |method| metadata.token_endpoint_auth_methods_supported().is_none_or(|methods| methods.contains(&method));
        let kind =
            if has(CoreClientAuthMethod::ClientSecretBasic) { AuthType::BasicAuth } else { AuthType::RequestBody };
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        let client = CoreClient::from_provider_metadata(metadata, self.client_id(), Some(secret))
            .set_redirect_uri(redirect_url(back)?)
            .set_auth_type(kind);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| unproven(&error))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier()));
        let tokens = request.request_async(&self.http).await.map_err(|error| unproven(&error))?;
        let id_token = tokens.id_token().ok_or_else(|| OpenIdError::Unproven("there is no ID token".to_owned()))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims = id_token.claims(&verifier, &Nonce::new(flow.nonce())).map_err(|error| unproven(&error))?;
        let (address, is_verified) = match claims.email() {
            Some(address) => (address.to_string(), claims.email_verified()),
            // Many tell it at this address only, and sign nothing there: what counts is that it is theirs.
            None => {
                let subject = Some(claims.subject().clone());
                let request = client.user_info(tokens.access_token().clone(), subject);
                let request = request.map_err(|_| OpenIdError::NoAddress)?;
                let told: CoreUserInfoClaims =
                    request.request_async(&self.http).await.map_err(|error| unproven(&error))?;
                let address = told.email().ok_or(OpenIdError::NoAddress)?;
                (address.to_string(), told.email_verified())
            }
        };
        if is_verified != Some(true) && !self.settings.trusts_addresses {
            return Err(OpenIdError::Unverified);
        }
        channels::mail_address(&address).ok_or(OpenIdError::NoAddress)
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.settings.client_id.clone())
    }

    /// To begin with: whoever begins again and again is not passed on to the provider.
    async fn kept_metadata(&self) -> Result<CoreProviderMetadata, OpenIdError> {
        let mut kept = self.kept.lock().await;
        if let Some((_, metadata)) = kept.as_ref().filter(|(read_at, _)| read_at.elapsed() < KEPT_FOR) {
            return Ok(metadata.clone());
        }
        let metadata = self.metadata().await?;
        *kept = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    /// Read anew to verify a response: keys change.
    async fn metadata(&self) -> Result<CoreProviderMetadata, OpenIdError> {
        let read = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        read.map_err(|error| OpenIdError::Unreachable(told(&error)))
    }
}

/// Sends the requests of the protocol.
struct Http(Outbound);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = FetchError;
    type Future = BoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let sent = self.0.send(request.map(Bytes::from)).await?;
            let mut response = HttpResponse::new(sent.body.to_vec());
            *response.status_mut() = StatusCode::from_u16(sent.status).unwrap_or(StatusCode::BAD_GATEWAY);
            *response.headers_mut() = sent.headers;
            Ok(response)
        })
    }
}

fn redirect_url(back: &str) -> Result<RedirectUrl, OpenIdError> {
    RedirectUrl::new(back.to_owned()).map_err(|_| OpenIdError::Unreachable("our own URL is no URL".to_owned()))
}

fn unproven(error: &dyn std::error::Error) -> OpenIdError {
    OpenIdError::Unproven(told(error))
}

/// An error with its causes, as far as a log has room.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    status::outside_text::shown(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(issuer: &str) -> Result<(), &'static str> {
        let (client_id, client_secret) = ("statuswire".to_owned(), "s3cret".to_owned());
        let settings =
            OpenIdSettings { issuer: issuer.to_owned(), client_id, client_secret, name: None, trusts_addresses: false };
        assert!(!format!("{settings:?}").contains("s3cret"));
        settings.check()
    }

    #[test]
    fn issuer_is_reached_over_https_or_within_the_machine() {
        for fine in ["https://login.example.com", "https://login.example.com/realms/a", "http://127.0.0.1:8080/"] {
            assert_eq!(checked(fine), Ok(()), "{fine}");
        }
        for wrong in
            ["login.example.com", "http://login.example.com", "http://localhost.example.com", "ftp://localhost"]
        {
            assert!(checked(wrong).is_err(), "{wrong}");
        }
        for not_plain in ["https://a.example/?b=c", "https://a.example/#b", "https://jo:secret@a.example/"] {
            assert!(checked(not_plain).unwrap_err().contains("plain"), "{not_plain}");
        }
    }
}
