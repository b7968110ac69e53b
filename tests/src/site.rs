//! The web function over a filled store, for `.ci/browser` and for benchmarks: hundreds of providers, some with
//! incidents, one with a long history, one with 200 components, one hostile. Prints its URLs as one line of JSON. A
//! POST to `/updates/{provider}/{incident}` of the control URL adds an update of a provider. A second listener serves
//! the same pages as a private instance, a third as one with accounts. Ends when standard input is closed.
mod accounts;
mod clerk;
mod globex;
mod hostile;
mod many_accounts;
mod reads;
mod seed;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use clap::Parser;
use console::OpenIdSettings;
use jiff::Timestamp;
use queue::send::AlertsQueue;
use serde_json::json;
use status::ids::{IncidentId, ProviderId};
use statuswire::local_app::{LocalApp, TABLE};
use store::Store;
use tokio::net::TcpListener;
use web::{Password, Web};

use reads::{PostedUpdate, Reads};

pub use many_accounts::{MANY_MONITORS, MONITORS, address_of};

#[derive(Parser)]
pub struct Args {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Number of providers of the catalogue that were read.
    #[arg(long, default_value_t = 300)]
    providers: usize,
    /// Number of past incidents, including those of `acme`.
    #[arg(long, default_value_t = 200)]
    incidents: usize,
    /// Number of accounts besides that of the configuration file, for benchmarks.
    #[arg(long, default_value_t = 0)]
    accounts: usize,
    /// The provider of OpenID Connect at which people may sign in on the instance with accounts.
    #[arg(long, requires = "openid_secret")]
    openid_issuer: Option<String>,
    #[arg(long)]
    openid_secret: Option<String>,
    /// Adds a hostile provider.
    #[arg(long)]
    hostile: bool,
}

/// Of the private instance.
const PASSWORD: &str = "correct horse battery";

/// Serves until standard input ends.
pub async fn serve(args: Args) -> anyhow::Result<()> {
    let stack = LocalApp::start_stack(None).await?;
    store::table::create_if_absent(&stack.dynamodb, TABLE).await?;
    let store = LocalApp::store(&stack)?;
    let reads = Reads::new(store.clone());
    seed::seed(&reads, &args, Timestamp::now()).await?;
    many_accounts::seed(&store, args.accounts, Timestamp::now()).await?;

    let listener = TcpListener::bind(args.listen).await.context("opening the port")?;
    let pages = format!("http://{}", listener.local_addr()?);
    tokio::spawn(poll(store.clone(), args.providers));
    let counted = store.clone();
    let web = Web::new(store, true, None);
    let accounts = accounts::serve(stack, web.clone(), openid(&args)).await?;
    let (app, private) = (web::router(web.clone()), private(web).await?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let posts = Posts { reads, alerts: accounts.app.queues().alerts };
    let counted = [counted, accounts.app.store.clone()];
    let control = control(posts, counted, accounts.control.clone()).await?;
    let line = json!({
        "pages": pages, "private": private, "password": PASSWORD, "accounts": accounts.url, "control": control,
        "token": seed::TOKEN,
    });
    writeln!(io::stdout(), "{line}")?;
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    accounts.app.stack.stop().await;
    Ok(())
}

fn openid(args: &Args) -> Option<OpenIdSettings> {
    Some(OpenIdSettings {
        issuer: args.openid_issuer.clone()?,
        client_id: "statuswire".to_owned(),
        client_secret: args.openid_secret.clone()?,
        name: Some("Example".to_owned()),
        trusts_addresses: false,
    })
}

/// Records a round every minute: pages that nobody polls say so.
async fn poll(store: Store, providers: usize) {
    let mut minutes = tokio::time::interval(std::time::Duration::from_secs(60));
    loop {
        minutes.tick().await;
        store
            .put_round(&seed::round(providers, Timestamp::now()), "poller")
            .await
            .expect("a store in memory does not fail");
    }
}

/// The same pages as a private instance; returns its URL.
async fn private(web: Web) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = web::router(web.private(Some(Password::new(PASSWORD))));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn control(posts: Posts, counted: [Store; 2], accounts: Router) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    // To the store, for benchmarks.
    let count = move || async move {
        let counts = counted.each_ref().map(Store::counts);
        let (reads, writes) = (counts.map(|it| it.reads), counts.map(|it| it.writes));
        Json(json!({"reads": reads.iter().sum::<u64>(), "writes": writes.iter().sum::<u64>()}))
    };
    let app = Router::new()
        .route("/updates/{provider}/{incident}", post(post_update))
        .route("/requests", get(count))
        .with_state(posts)
        .merge(accounts);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

/// What a provider posts is read, and its alerts are queued as the poller does.
#[derive(Clone)]
struct Posts {
    reads: Reads,
    alerts: AlertsQueue,
}

impl Posts {
    async fn post(&self, provider: &ProviderId, incident: IncidentId, update: PostedUpdate) -> anyhow::Result<()> {
        self.reads.post(provider, incident, update, Timestamp::now()).await?;
        for row in self.reads.store.outbox_of(provider).await? {
            self.alerts.send_alerts(&row.provider, &row.alerts).await?;
            self.reads.store.clear(&row).await?;
        }
        Ok(())
    }
}

async fn post_update(
    State(posts): State<Posts>,
    Path((provider, incident)): Path<(String, String)>,
    Json(update): Json<PostedUpdate>,
) -> Result<StatusCode, (StatusCode, String)> {
    let (provider, incident) = (ProviderId::new(provider), IncidentId::new(incident));
    let posted = posts.post(&provider, incident, update).await;
    posted.map(|()| StatusCode::NO_CONTENT).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}
