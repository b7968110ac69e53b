//! The demo: the replayed page, and the fakes that its alerts go to. Both are on a listener of their own, which is
//! never open to the network and needs no password, so that the poller and the dispatchers reach it as they reach any
//! page and receiver. Only this process can post to the fakes: their URLs begin with a word that it chooses at each
//! start.
use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use dispatcher::MailSender;
use fakes::{Fakes, MailServer};
use jiff::Timestamp;
use local::http_server::{self, Limits};
use mail::{Mailer, Smtp};
use store::AccountSettings;
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use crate::replay::{self, Replay};

const LOOPBACK: &str = "127.0.0.1:0";
const MAIL_USER: &str = "statuswire";

pub(crate) struct Demo {
    fakes: Fakes,
    listener: TcpListener,
    address: SocketAddr,
    /// The word.
    secret: String,
}

impl Demo {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(LOOPBACK).await.context("opening a port for the demo")?;
        let address = listener.local_addr().context("the demo's listener has no address")?;
        Ok(Self { fakes: Fakes::new(), listener, address, secret: Uuid::new_v4().simple().to_string() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page, and destinations on the fakes. `with_mail`: also one on the built-in mail server.
    pub(crate) fn settings(&self, with_mail: bool) -> AccountSettings {
        replay::settings(&format!("http://{}", self.address), self.fakes_url().as_str(), with_mail)
    }

    /// Below it are the fakes; see [`Fakes::receivers`].
    pub(crate) fn fakes_url(&self) -> Url {
        let url = format!("http://{}/{}", self.address, self.secret);
        url.parse().expect("an address, a port and a word make a URL")
    }

    /// A mailer whose mail stays in this process: it sends to the built-in mail server.
    pub(crate) async fn mail(&self) -> anyhow::Result<MailSender> {
        let listener = TcpListener::bind(LOOPBACK).await.context("opening a port for the built-in mail server")?;
        let url = format!("smtp://{MAIL_USER}:{}@{}?tls=none", self.secret, listener.local_addr()?);
        let fakes = self.fakes.clone();
        let server = MailServer { login: Some((MAIL_USER.to_owned(), self.secret.clone())), ..MailServer::default() };
        tokio::spawn(async move { fakes.serve_mail(listener, server).await });
        let smtp = Smtp::new(url.parse()?, &[]).map_err(anyhow::Error::msg)?;
        Ok(MailSender { mailer: Mailer::Smtp(smtp), from: "statuswire <alerts@example.invalid>".to_owned() })
    }

    /// What the fakes received, for people: a route for the dashboard's server.
    pub(crate) fn listing(&self) -> Router {
        self.fakes.listing()
    }

    /// What a new account is shown of it.
    pub(crate) fn shown(&self) -> Option<console::Demo> {
        let page = self.settings(false).pages.into_iter().next()?;
        Some(console::Demo { page, messages: fakes::LISTING.to_owned() })
    }

    /// Serves the page and the fakes until `stop` is done.
    pub(crate) async fn serve(self, limits: Limits, stop: impl Future<Output = ()>) {
        let page = replay::router(Arc::new(Replay::new(Timestamp::now())));
        let router = page.nest(&format!("/{}", self.secret), self.fakes.receivers());
        http_server::serve(self.listener, router, limits, stop).await;
    }
}
