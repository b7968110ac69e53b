//! The web function: the dashboard, feeds, calendars, badges, embedded cards and the JSON API, all read from the store.
//! Lambda serves its router behind an HTTP API; on one machine it is served directly.
mod api;
mod embed;
mod export;
mod kept_responses;
mod layout;
mod middleware;
mod model;
mod pages;
mod provider_markdown;
mod state;
mod urls;

use anyhow::Context as _;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
};
use lambda_http::Error;
use startup::{aws::AwsSettings, env};
use store::Store;
use tower_http::compression::CompressionLayer;

pub use state::{Password, Web};

/// Of the body of a request. The forms of mail recipients are all there is.
const MAX_REQUEST_BYTES: usize = 16 << 10;

/// Of the password of a private instance.
pub const MIN_PASSWORD_CHARS: usize = 12;

/// Every route, behind the middleware.
pub fn router(web: Web) -> Router {
    router_with(web, Router::new())
}

/// The same, with further routes of the caller's behind the same middleware: nothing is served around the password and
/// the headers. The last layer is the first to see a request.
pub fn router_with(web: Web, further: Router) -> Router {
    let routes = Router::new()
        .merge(further.with_state(()))
        .merge(api::routes())
        .merge(embed::routes(&web))
        .merge(export::routes(&web))
        .merge(layout::assets::routes())
        .merge(pages::routes(&web))
        .fallback(|| async { layout::frame::not_found() })
        .with_state(web.clone());
    // A layer is made once for each route of its router: with one route for all of them, a function starts sooner.
    Router::new()
        .fallback_service(routes)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .layer(from_fn(middleware::etag::add_etag))
        .layer(from_fn_with_state(web.clone(), middleware::concurrency::take_turns))
        .layer(from_fn_with_state(web.clone(), middleware::access::require_password))
        .layer(from_fn_with_state(web, middleware::visitor::mark))
        .layer(CompressionLayer::new())
        .layer(from_fn(middleware::cors::allow_any_origin))
        .layer(from_fn(middleware::security_headers::add_headers))
}

/// Serves the router on Lambda until the process ends. Environment: `TABLE` is the DynamoDB table. `CATALOGUE=off`
/// lists only pages that accounts added. `ACCOUNTS` is `off` on an instance without accounts. `PUBLIC_URL` is the base
/// of absolute links. `WEB_PASSWORD`, or the secret that it names, makes the instance private. Fails if a variable is
/// missing or AWS cannot be configured.
pub async fn run() -> Result<(), Error> {
    let web = async {
        let table = env::required("TABLE")?;
        let with_catalogue = env::optional("CATALOGUE")?.is_none_or(|word| word != "off");
        let aws = AwsSettings::from_env().context("the AWS clients cannot be configured for the DynamoDB table")?;
        let password = match env::optional("WEB_PASSWORD")? {
            None => None,
            Some(password) => {
                let password = aws.secret("WEB_PASSWORD", password).await?;
                anyhow::ensure!(
                    password.chars().count() >= MIN_PASSWORD_CHARS,
                    "WEB_PASSWORD: the password has fewer than {MIN_PASSWORD_CHARS} characters: choose a longer one"
                );
                Some(Password::new(&password))
            }
        };
        let web = Web::new(Store::new(&aws.dynamodb(), table), with_catalogue, env::optional("PUBLIC_URL")?);
        let has_accounts = env::optional("ACCOUNTS")?.is_some_and(|word| word != "off");
        anyhow::Ok(web.private(password).with_accounts(has_accounts))
    };
    lambda_http::run(router(web.await?)).await
}
