//! The same pages on an instance with accounts, with a mail server that keeps what it gets.
use accounts::sign_up::SignUp;
use anyhow::Context as _;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use console::{Console, Settings};
use fakes::{Fakes, MailServer};
use jiff::Timestamp;
use mail::{MailSender, Mailer, Smtp};
use outbound::Guard;
use store::Store;
use tokio::net::TcpListener;
use web::Web;

pub(super) struct Accounts {
    pub(super) url: String,
    pub(super) control: Router,
}

#[derive(Clone)]
struct Parts {
    store: Store,
    fakes: Fakes,
    url: String,
}

/// Serves it. Routes of the control URL: `/links/{address}` makes a link to sign in, `/mailed/{address}` is the link in
/// the newest mail to an address.
pub(super) async fn serve(web: Web, store: Store) -> anyhow::Result<Accounts> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (fakes, mails) = (Fakes::new(), TcpListener::bind("127.0.0.1:0").await.context("opening a port")?);
    let smtp = format!("smtp://{}?tls=none", mails.local_addr()?);
    let server = fakes.clone();
    tokio::spawn(async move { server.serve_mail(mails, MailServer::default()).await });
    let smtp = Smtp::new(smtp.parse()?, &[]).map_err(anyhow::Error::msg)?;
    let settings = Settings {
        sign_up: SignUp::Open,
        owner: None,
        public_url: Some(url.clone()),
        mail: Some(MailSender { mailer: Mailer::Smtp(smtp), from: "alerts@example.com".to_owned() }),
        guard: Guard::default(),
        max_monitors: None,
        file_account: "local".into(),
    };
    let console = console::router(Console::new(store.clone(), settings));
    let app = console.fallback_service(web::router(web.with_accounts(true)));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let parts = Parts { store, fakes, url: url.clone() };
    let control = Router::new().route("/links/{address}", get(link)).route("/mailed/{address}", get(mailed));
    Ok(Accounts { url, control: control.with_state(parts) })
}

async fn link(State(parts): State<Parts>, Path(address): Path<String>) -> Result<String, StatusCode> {
    let link = console::sign_in_link(&parts.store, &parts.url, &address, Timestamp::now()).await;
    link.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn mailed(State(parts): State<Parts>, Path(address): Path<String>) -> Result<String, StatusCode> {
    let text = parts.fakes.mails_to(&address).last().and_then(|mail| mail.text()).ok_or(StatusCode::NOT_FOUND)?;
    let link = text.split_whitespace().find(|word| word.starts_with("http")).ok_or(StatusCode::NOT_FOUND)?;
    Ok(link.to_owned())
}
