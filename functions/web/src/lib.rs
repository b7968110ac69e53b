//! The web function: what people and machines open in a browser. Its router is served by Lambda behind an HTTP API and, on
//! one machine, directly. One file per page, one line each in `router`.
mod page;
mod recipient;
mod schema;

use anyhow::Context as _;
use axum::Router;
use lambda_http::Error;
use startup::{aws::AwsSettings, env};
use store::Store;

#[derive(Clone)]
pub struct Web {
    pub store: Store,
}

pub fn router(web: Web) -> Router {
    Router::new().merge(recipient::routes()).merge(schema::routes()).with_state(web)
}

/// What Lambda runs. `TABLE`: the DynamoDB table.
pub async fn run() -> Result<(), Error> {
    let web = || {
        let table = env::required("TABLE")?;
        let aws = AwsSettings::from_env().context("the table cannot be reached")?;
        anyhow::Ok(Web { store: Store::new(&aws.dynamodb(), table) })
    };
    lambda_http::run(router(web()?)).await
}
