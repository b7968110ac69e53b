//! Signing in at a provider of OpenID Connect. The provider here signs with a key of its own and can be made to answer
//! wrongly; the browser suite signs in at one that is made by others.
use std::sync::{Arc, Mutex};

use accounts::sign_up::SignUp;
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use console::OpenIdSettings;
use http::{HeaderMap, StatusCode, header};
use openidconnect::{
    Audience, AuthUrl, EmptyAdditionalProviderMetadata, EndUserEmail, IssuerUrl, JsonWebKeyId, JsonWebKeySetUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey as _, ResponseTypes, StandardClaims, SubjectIdentifier,
    TokenUrl, UserInfoUrl,
    core::{
        CoreEdDsaPrivateSigningKey, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
        CoreProviderMetadata, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use crate::world::{Answer, Browser, World, account_of};

/// Of this test and of nothing else.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAI6wNbpDzJp5shjjg4hL95RxW0YWm2hHZAFwgfschLN\n\
    -----END PRIVATE KEY-----\n";
/// Somebody else's.
const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIIJk1apJYoYrJDIm1Qmb8D0gh8xmAxO9lzhHOyQ9xanp\n\
    -----END PRIVATE KEY-----\n";
const SIGN_IN: &str = "/account/sign-in/openid";
const JO: &str = "jo@example.com";

/// What the provider knows and answers.
#[derive(Clone)]
struct Told {
    issuer: String,
    /// What the browser was sent with.
    nonce: String,
    challenge: String,
    address: Option<String>,
    is_verified: Option<bool>,
    /// Tells the address apart from the ID token.
    in_user_info: bool,
    key: &'static str,
    audience: &'static str,
    seconds: i64,
    /// How often it was asked who it is.
    asked: usize,
}

/// What is wrong, and how it comes to be.
type Wrong = (&'static str, fn(&mut Told));
type Shared = Arc<Mutex<Told>>;

struct Provider(Shared);

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let told = Arc::new(Mutex::new(Told {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            nonce: String::new(),
            challenge: String::new(),
            address: Some("jo@Example.COM".to_owned()),
            is_verified: Some(true),
            in_user_info: false,
            key: KEY,
            audience: "statuswire",
            seconds: 60,
            asked: 0,
        }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state(told.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self(told)
    }

    fn change(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.0.lock().unwrap());
    }

    fn settings(&self) -> OpenIdSettings {
        OpenIdSettings {
            issuer: self.0.lock().unwrap().issuer.clone(),
            client_id: "statuswire".to_owned(),
            client_secret: "s3cret".to_owned(),
            name: Some("Example".to_owned()),
            trusts_addresses: false,
        }
    }

    /// The browser is led to the provider; returns where the provider leads it back to.
    async fn visit(&self, browser: &mut Browser, path: &str) -> String {
        let answer = browser.open(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let url: Url = answer.header(header::LOCATION).parse().unwrap();
        let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        assert_eq!((of("client_id").as_str(), of("response_type").as_str()), ("statuswire", "code"));
        assert_eq!((of("scope").as_str(), of("code_challenge_method").as_str()), ("openid email", "S256"));
        assert_eq!(of("redirect_uri"), format!("{}{SIGN_IN}/callback", crate::world::BASE));
        self.change(|told| (told.nonce, told.challenge) = (of("nonce"), of("code_challenge")));
        format!("{SIGN_IN}/callback?code=c0de&state={}", of("state"))
    }

    async fn sign_in(&self, browser: &mut Browser) -> Answer {
        let back = self.visit(browser, SIGN_IN).await;
        browser.open(&back).await
    }
}

fn key(pem: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(pem, Some(JsonWebKeyId::new("1".to_owned()))).unwrap()
}

async fn metadata(State(told): State<Shared>) -> Response {
    let issuer = {
        let mut told = told.lock().unwrap();
        told.asked += 1;
        told.issuer.clone()
    };
    let url = |path: &str| format!("{issuer}{path}");
    let metadata = CoreProviderMetadata::new(
        IssuerUrl::new(issuer.clone()).unwrap(),
        AuthUrl::new(url("/authorize")).unwrap(),
        JsonWebKeySetUrl::new(url("/keys")).unwrap(),
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![CoreJwsSigningAlgorithm::EdDsa],
        EmptyAdditionalProviderMetadata {},
    );
    let metadata = metadata
        .set_token_endpoint(Some(TokenUrl::new(url("/token")).unwrap()))
        .set_userinfo_endpoint(Some(UserInfoUrl::new(url("/me")).unwrap()));
    Json(metadata).into_response()
}

async fn keys() -> Response {
    Json(CoreJsonWebKeySet::new(vec![key(KEY).as_verification_key()])).into_response()
}

#[derive(Deserialize)]
struct TokenRequest {
    code: String,
    code_verifier: String,
}

async fn token(State(told): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let asked: TokenRequest = serde_html_form::from_str(&body).unwrap();
    let told = told.lock().unwrap().clone();
    // statuswire:s3cret
    let knows_secret = headers[header::AUTHORIZATION] == "Basic c3RhdHVzd2lyZTpzM2NyZXQ=";
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(asked.code_verifier));
    if asked.code != "c0de" || !knows_secret || challenge.as_str() != told.challenge {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    let claims = StandardClaims::new(SubjectIdentifier::new("1".to_owned()));
    let claims = match &told.address {
        Some(address) if !told.in_user_info => {
            claims.set_email(Some(EndUserEmail::new(address.clone()))).set_email_verified(told.is_verified)
        }
        _ => claims,
    };
    let now = std::time::SystemTime::now();
    let ends = if told.seconds < 0 {
        now - std::time::Duration::from_secs(60)
    } else {
        now + std::time::Duration::from_secs(60)
    };
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(told.issuer).unwrap(),
        vec![Audience::new(told.audience.to_owned())],
        ends.into(),
        now.into(),
        claims,
        openidconnect::EmptyAdditionalClaims {},
    );
    let claims = claims.set_nonce(Some(Nonce::new(told.nonce)));
    let signed = CoreIdToken::new(claims, &key(told.key), CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap();
    Json(json!({"access_token": "a", "token_type": "Bearer", "id_token": signed})).into_response()
}

async fn user_info(State(told): State<Shared>) -> Response {
    let told = told.lock().unwrap().clone();
    Json(json!({"sub": "1", "email": told.address, "email_verified": told.is_verified})).into_response()
}

async fn world(provider: &Provider, sign_up: SignUp) -> World {
    World::start(sign_up).await.with_openid(sign_up, provider.settings())
}

#[tokio::test]
async fn somebody_signs_in_at_the_provider_and_gets_the_page_that_was_asked_for() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Open).await;
    let mut browser = world.browser(1);
    let page = browser.open("/account/sign-in?to=%2Falerts").await;
    assert!(page.body.contains("Sign in with Example"), "{}", page.body);
    let back = provider.visit(&mut browser, &format!("{SIGN_IN}?to=%2Falerts")).await;
    assert_eq!(browser.open(&back).await.leads_to(), (StatusCode::SEE_OTHER, "/alerts"));
    assert!(browser.open("/account").await.body.contains(JO));
    // By either way it is the same account.
    let mut mailed = world.signed_in(JO, 2).await;
    assert!(mailed.open("/account").await.body.contains(JO));
    assert_eq!(world.store.user(JO).await.unwrap().unwrap().accounts.len(), 1);
    assert!(!world.stored().await.contains("s3cret"));
}

#[tokio::test]
async fn address_may_be_told_apart_from_the_token() {
    let provider = Provider::start().await;
    provider.change(|told| told.in_user_info = true);
    let world = world(&provider, SignUp::Open).await;
    let answer = provider.sign_in(&mut world.browser(1)).await;
    assert_eq!(answer.leads_to(), (StatusCode::SEE_OTHER, "/welcome"));
    account_of(&world, JO).await;
}

#[tokio::test]
async fn nobody_signs_in_by_what_is_not_proven() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Open).await;
    let right = provider.0.lock().unwrap().clone();
    let wrongs: [Wrong; 6] = [
        ("signed by somebody else", |told| told.key = OTHER_KEY),
        ("for another site", |told| told.audience = "another"),
        ("of yesterday", |told| told.seconds = -60),
        ("not verified", |told| told.is_verified = Some(false)),
        ("perhaps not verified", |told| told.is_verified = None),
        ("without an address", |told| told.address = None),
    ];
    for (what, wrong) in wrongs {
        provider.change(|told| {
            *told = right.clone();
            wrong(told);
        });
        let mut browser = world.browser(1);
        let answer = provider.sign_in(&mut browser).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.body);
        assert_eq!(browser.cookie, None, "{what}: no session, and the flow is over");
    }
    // A token of another request.
    let mut browser = world.browser(1);
    provider.change(|told| *told = right.clone());
    let back = provider.visit(&mut browser, SIGN_IN).await;
    provider.change(|told| told.nonce = "another".to_owned());
    assert_eq!(browser.open(&back).await.status, StatusCode::FORBIDDEN);
    // Another issuer in the metadata than in the settings.
    let elsewhere = self::world(&provider, SignUp::Open).await;
    provider.change(|told| told.issuer = "https://login.example.com".to_owned());
    let answer = elsewhere.browser(1).open(SIGN_IN).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
    assert_eq!(world.store.user(JO).await.unwrap(), None);
}

#[tokio::test]
async fn response_counts_once_and_in_the_browser_that_began() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Open).await;
    let (mut jo, mut victim) = (world.browser(1), world.browser(2));
    let back = provider.visit(&mut jo, SIGN_IN).await;
    let elsewhere = victim.open(&back).await;
    assert_eq!((elsewhere.status, &victim.cookie), (StatusCode::BAD_REQUEST, &None), "{}", elsewhere.body);
    // Also if that one has begun, too.
    victim.open(SIGN_IN).await;
    assert_eq!(victim.open(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(jo.open(&back).await.status, StatusCode::SEE_OTHER);
    assert_eq!(jo.open(&back).await.status, StatusCode::BAD_REQUEST, "the cookie of the flow is gone");
}

#[tokio::test]
async fn whoever_begins_again_and_again_is_not_passed_on_to_the_provider() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Open).await;
    for from in 1..=20 {
        provider.visit(&mut world.browser(from), SIGN_IN).await;
    }
    assert_eq!(provider.0.lock().unwrap().asked, 1);
    assert_eq!(provider.sign_in(&mut world.browser(21)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.0.lock().unwrap().asked, 2, "what is published is read anew to verify");
}

#[tokio::test]
async fn who_may_have_an_account_is_the_same_as_by_mail() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Closed).await;
    let mut browser = world.browser(1);
    let answer = provider.sign_in(&mut browser).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("No account has the address"), "{}", answer.body);
    assert_eq!(browser.cookie, None);
    provider.change(|told| told.address = Some(crate::world::OWNER.to_owned()));
    assert_eq!(provider.sign_in(&mut world.browser(2)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn provider_that_turns_somebody_away_or_is_down_is_named() {
    let provider = Provider::start().await;
    let world = world(&provider, SignUp::Open).await;
    let mut browser = world.browser(1);
    let back = provider.visit(&mut browser, SIGN_IN).await;
    let (_, state) = back.split_once("&state=").unwrap();
    let answer = browser.open(&format!("{SIGN_IN}/callback?error=access_denied&state={state}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("Example did not sign you in: <code>access_denied</code>"), "{}", answer.body);
    let back = provider.visit(&mut browser, SIGN_IN).await;
    let (_, state) = back.split_once("&state=").unwrap();
    let answer = browser.open(&format!("{SIGN_IN}/callback?error=%3Cscript%3E&state={state}")).await;
    assert!(!answer.body.contains("script&gt;") && !answer.body.contains("<script"), "{}", answer.body);

    let gone = OpenIdSettings { issuer: "http://127.0.0.1:1".to_owned(), ..provider.settings() };
    let world = World::start(SignUp::Open).await.with_openid(SignUp::Open, gone);
    let answer = world.browser(1).open(SIGN_IN).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.body.contains("Example does not answer"), "{}", answer.body);
}

#[tokio::test]
async fn without_a_provider_nothing_is_offered() {
    let world = World::start(SignUp::Open).await;
    let mut browser = world.browser(1);
    assert!(!browser.open("/account/sign-in").await.body.contains("Sign in with"));
    for path in [SIGN_IN.to_owned(), format!("{SIGN_IN}/callback?code=a&state=b")] {
        assert_eq!(browser.open(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
