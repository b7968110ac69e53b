//! The web function: what people and machines open in a browser. Its router is served by Lambda behind an HTTP API and, on
//! one machine, directly. One file per page, one line each in `router`.
mod access;
mod answer;
mod api;
mod badge;
mod calendar;
mod dashboard;
mod feeds;
mod ical;
mod incident;
mod origin;
mod overview;
mod page;
mod paths;
mod provider;
mod recipient;
mod said;
mod schema;
mod shell;
mod work;

use anyhow::Context as _;
use axum::{Router, middleware};
use http::StatusCode;
use lambda_http::Error;
use overview::Overviews;
use startup::{aws::AwsSettings, env};
use store::Store;
use tower_http::compression::CompressionLayer;

pub use access::Password;

#[derive(Clone)]
pub struct Web {
    pub(crate) store: Store,
    pub(crate) overviews: Overviews,
    /// Where people find this instance, if they do: no slash at the end.
    pub(crate) public_url: Option<String>,
    /// `None`: everybody may read.
    pub(crate) password: Option<Password>,
}

impl Web {
    /// `with_catalogue`: whether its providers are listed, besides the pages that accounts added. `public_url`: what links
    /// in feeds and calendars begin with; without it, with the address that was asked.
    pub fn new(store: Store, with_catalogue: bool, public_url: Option<String>) -> Self {
        let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Self { overviews: Overviews::new(store.clone(), with_catalogue), store, public_url, password: None }
    }

    /// Readable only with this.
    pub fn private(self, password: Option<Password>) -> Self {
        Self { password, ..self }
    }
}

pub fn router(web: Web) -> Router {
    Router::new()
        .merge(badge::routes())
        .merge(calendar::routes())
        .merge(api::routes())
        .merge(dashboard::routes())
        .merge(feeds::routes())
        .merge(ical::routes())
        .merge(incident::routes())
        .merge(provider::routes())
        .merge(recipient::routes())
        .merge(schema::routes())
        .merge(shell::routes())
        .fallback(|| async { shell::sentence(StatusCode::NOT_FOUND, "Nothing is here", "No page has this address.") })
        .layer(middleware::from_fn(answer::tagged))
        .layer(middleware::from_fn_with_state(web.clone(), access::checked))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(answer::open_to_scripts))
        .layer(middleware::from_fn(answer::guarded))
        .with_state(web)
}

/// What Lambda runs. `TABLE`: the DynamoDB table. `CATALOGUE`: `off` lists only pages that accounts added. `PUBLIC_URL`: where
/// people find this instance. `WEB_PASSWORD`: makes it private.
pub async fn run() -> Result<(), Error> {
    let web = || {
        let table = env::required("TABLE")?;
        let with_catalogue = env::optional("CATALOGUE")?.is_none_or(|word| word != "off");
        let aws = AwsSettings::from_env().context("the table cannot be reached")?;
        let password = env::optional("WEB_PASSWORD")?.map(|text| Password::new(&text));
        let web = Web::new(Store::new(&aws.dynamodb(), table), with_catalogue, env::optional("PUBLIC_URL")?);
        anyhow::Ok(web.private(password))
    };
    lambda_http::run(router(web()?)).await
}
