//! The same pages on an instance with accounts, whose alerts are routed and delivered, with receivers and a mail server
//! that keep what they get.
use accounts::{
    audit::{AuditEntry, values},
    sign_up::SignUp,
};
use anyhow::Context as _;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use console::{Console, OpenIdSettings, Settings};
use fakes::Fakes;
use jiff::Timestamp;
use local::stack::Stack;
use mail::{MailSender, Mailer, Smtp};
use outbound::Guard;
use queue::send::AlertsQueue;
use status::{
    alert::Alert,
    held_alerts::held_summary,
    ids::{AccountId, AlertId, DestinationId, MonitorId, ProviderId},
    monitor::{ComponentFilter, Monitor, WhenUnknown},
};
use statuswire::local_app::{LocalApp, LocalAppOptions};
use store::{Edit, Store, Told};
use tokio::{net::TcpListener, sync::watch};
use web::Web;

/// Owns the account of the configuration file, which has the pages of the tests.
const OWNER: &str = "owner@example.com";

pub(super) struct Accounts {
    pub(super) url: String,
    pub(super) control: Router,
    pub(super) app: LocalApp,
}

#[derive(Clone)]
struct Parts {
    store: Store,
    alerts: AlertsQueue,
    fakes: Fakes,
    url: String,
    receivers: String,
}

/// Serves it. Routes of the control URL:
/// - `/links/{address}` makes a link to sign in;
/// - `/mailed/{address}` is the first link in the newest mail to an address, `/mailed/{address}/about/{words}` are all
///   links in the newest with these words: many stories post at one page;
/// - `/receivers` is the URL of the receivers, `/received/{path}` is what they accepted at this path, and
///   `/gone/{path}` lets nothing be there;
/// - `/watch/{address}/{provider}` lets somebody watch a provider;
/// - `/morning/{address}` ends the quiet hours of somebody's account, whatever the time.
pub(super) async fn serve(stack: Stack, web: Web, openid: Option<OpenIdSettings>) -> anyhow::Result<Accounts> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    let fakes = Fakes::new();
    fakes.take_unsigned_webhooks();
    let ports = fakes.listen().await.context("opening ports of the receivers")?;
    let receivers = format!("http://{}", ports.http);
    let smtp = format!("smtp://{}?tls=none", ports.smtp);
    let smtp = Smtp::new(smtp.parse()?, &[]).map_err(anyhow::Error::msg)?;
    let mail = MailSender { mailer: Mailer::Smtp(smtp), from: "alerts@example.com".to_owned() };
    let guard = Guard { allow: vec!["127.0.0.0/8".parse()?], own: Vec::new() };
    let options = LocalAppOptions {
        has_accounts: true,
        allow: guard.allow.clone(),
        public_url: Some(url.clone()),
        mail: Some(mail.clone()),
        ..LocalAppOptions::default()
    };
    let app = LocalApp::on_stack(stack, options).await?;
    let store = app.store.clone();
    for source in app.event_sources() {
        tokio::spawn(async move { source.run(watch::channel(false).1).await });
    }
    let settings = Settings {
        sign_up: SignUp::Open,
        owner: Some(OWNER.to_owned()),
        public_url: Some(url.clone()),
        mail: Some(mail),
        guard,
        max_monitors: None,
        file_account: "local".into(),
    };
    let console = Console::new(store.clone(), settings).with_queues(app.queues().channels);
    let console = console.with_openid(openid).map_err(anyhow::Error::msg)?;
    let pages = console::router(console).fallback_service(web::router(web.with_accounts(true)));
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let parts = Parts { store, alerts: app.queues().alerts, fakes, url: url.clone(), receivers };
    let control = Router::new()
        .route("/links/{address}", get(link))
        .route("/mailed/{address}", get(mailed))
        .route("/mailed/{address}/about/{words}", get(mailed_about))
        .route("/receivers", get(|State(parts): State<Parts>| async move { parts.receivers }))
        .route("/received/{*path}", get(received))
        .route("/gone/{*path}", post(gone))
        .route("/watch/{address}/{provider}", post(watch))
        .route("/morning/{address}", post(morning));
    Ok(Accounts { url, control: control.with_state(parts), app })
}

/// The bodies that were accepted, one in a line.
async fn received(State(parts): State<Parts>, Path(path): Path<String>) -> String {
    let accepted = parts.fakes.received_at(&format!("/{path}")).into_iter().filter(|it| it.answered == 200);
    accepted.map(|it| String::from_utf8_lossy(&it.body).into_owned()).collect::<Vec<_>>().join("\n")
}

/// What was at this path is deleted.
async fn gone(State(parts): State<Parts>, Path(path): Path<String>) -> StatusCode {
    parts.fakes.delete(&format!("/{path}"));
    StatusCode::NO_CONTENT
}

async fn watch(
    State(parts): State<Parts>,
    Path((address, provider)): Path<(String, String)>,
) -> Result<StatusCode, StatusCode> {
    let user = parts.store.user(&address).await.ok().flatten().ok_or(StatusCode::NOT_FOUND)?;
    let account = user.accounts.into_iter().next().ok_or(StatusCode::NOT_FOUND)?;
    let id = MonitorId::new(format!("monitor_{provider}"));
    let provider = ProviderId::new(provider);
    let monitor = Monitor { id, account, provider, components: ComponentFilter::All, unknown: WhenUnknown::Tell };
    let entry = made(&monitor.account, &address, monitor.id.as_str(), Timestamp::now());
    let saved = parts.store.save_monitor(&monitor, None, &Edit::of(entry)).await;
    saved.map(|_| StatusCode::NO_CONTENT).map_err(|_| StatusCode::CONFLICT)
}

/// The entry of something that somebody made, for the audit log.
pub(super) fn made(account: &AccountId, by: &str, target: &str, at: Timestamp) -> AuditEntry {
    AuditEntry {
        account: account.clone(),
        at,
        id: target.to_owned(),
        who: by.to_owned(),
        action: "monitor.made".to_owned(),
        target: target.to_owned(),
        before: values([]),
        after: values([]),
    }
}

async fn link(State(parts): State<Parts>, Path(address): Path<String>) -> Result<String, StatusCode> {
    let link = console::sign_in_link(&parts.store, &parts.url, &address, Timestamp::now()).await;
    link.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// What the poller does once the time has come.
async fn morning(State(parts): State<Parts>, Path(address): Path<String>) -> Result<StatusCode, (StatusCode, String)> {
    let ended = async {
        let user = parts.store.user(&address).await?.context("nobody has this address")?;
        let account = user.accounts.first().context("nobody has an account with this address")?;
        for destination in parts.store.stored_settings(account).await?.destinations {
            tell_held(&parts, &destination.value.id).await?;
        }
        anyhow::Ok(StatusCode::NO_CONTENT)
    };
    ended.await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}

async fn tell_held(parts: &Parts, destination: &DestinationId) -> anyhow::Result<()> {
    let held = parts.store.held_of(destination).await?.waiting;
    if held.is_empty() {
        return Ok(());
    }
    let ids: Vec<AlertId> = held.iter().map(|held| held.alert.clone()).collect();
    let alerts: Vec<Alert> = parts.store.alerts(&ids, |alert| alert).await?.into_values().collect();
    let summary = held_summary(destination, &alerts, Timestamp::now());
    let told = Told { held: &held, summary: summary.as_ref(), aside: &[] };
    if let Some(row) = parts.store.tell_held(told, Timestamp::now()).await? {
        parts.alerts.send_alerts(&row.provider, &row.alerts).await?;
        parts.store.clear(&row).await?;
    }
    Ok(())
}

async fn mailed(State(parts): State<Parts>, Path(address): Path<String>) -> Result<String, StatusCode> {
    links_to(&parts, &address, "").into_iter().next().ok_or(StatusCode::NOT_FOUND)
}

async fn mailed_about(State(parts): State<Parts>, Path((address, words)): Path<(String, String)>) -> String {
    links_to(&parts, &address, &words).join("\n")
}

/// The links in the newest mail to an address that has these words, in its order.
fn links_to(parts: &Parts, address: &str, words: &str) -> Vec<String> {
    let mut texts = parts.fakes.mails_to(address).into_iter().filter_map(|mail| mail.text());
    let text = texts.rfind(|text| text.contains(words)).unwrap_or_default();
    text.split_whitespace().filter(|word| word.starts_with("http")).map(str::to_owned).collect()
}
