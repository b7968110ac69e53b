//! Pretend platforms, one file each, as strict as the real ones: they refuse what is too large or too fast with the
//! answers of the real ones, and show what stands there in the end. Part of the local mode and of the tests. They are
//! the outside world, so nothing here comes from our other crates, least of all a limit.
use std::{
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{net::TcpListener, sync::watch};

mod discord;
mod exchange;
mod listing;
mod log;
mod mail;
mod manner;
mod places;
mod rate;
mod ses;
mod slack;
mod teams;
mod webhook;

pub use discord::Message;
pub use log::Received;
pub use mail::{Mail, MailServer};
pub use manner::{Manner, Reply};
pub use places::Platform;
pub use rate::{Limit, Rate};
pub use ses::{Account, Refusal};
pub use slack::Post;
pub use teams::Card;

use log::Log;
use manner::Plan;
use rate::Rates;

/// How many requests the local mode remembers, and how many of what they left behind on each platform.
const KEPT: usize = 500;

/// All of them. Clones share everything.
#[derive(Clone)]
pub struct Platforms {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    received: watch::Sender<usize>,
    kept: usize,
}

/// What the platforms know.
struct World {
    log: Log,
    plan: Plan,
    /// Names of what was deleted: see [`Platforms::delete`].
    gone: HashSet<String>,
    rates: Rates,
    slack: slack::Workspace,
    discord: discord::Messages,
    teams: teams::Flows,
    webhook: webhook::Receivers,
    mail: mail::Boxes,
    ses: ses::Service,
}

/// Where the platforms listen.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub http: SocketAddr,
    pub smtp: SocketAddr,
}

impl Default for Platforms {
    fn default() -> Self {
        Self::new()
    }
}

impl Platforms {
    /// With the real rates; remembers the newest only.
    pub fn new() -> Self {
        Self::with(Rates::real(), KEPT)
    }

    /// Takes as much as comes, as fast as it comes, and remembers all of it. Sizes are limited all the same.
    pub fn unhurried() -> Self {
        Self::with(Rates::none(), usize::MAX)
    }

    fn with(rates: Rates, kept: usize) -> Self {
        let world = World {
            log: Log::new(kept),
            plan: Plan::default(),
            gone: HashSet::new(),
            rates,
            slack: slack::Workspace::default(),
            discord: discord::Messages::default(),
            teams: teams::Flows::default(),
            webhook: webhook::Receivers::default(),
            mail: mail::Boxes::default(),
            ses: ses::Service::default(),
        };
        Self { shared: Arc::new(Shared { world: Mutex::new(world), received: watch::Sender::new(0), kept }) }
    }

    /// Listens on free ports of this machine, for as long as the runtime lives. Over HTTP a platform is told by its
    /// path alone, so that `http://{address}/services/T0/B0/x` is Slack, and every path of nobody's a webhook.
    pub async fn listen(&self) -> io::Result<Ports> {
        let http = TcpListener::bind("127.0.0.1:0").await?;
        let smtp = TcpListener::bind("127.0.0.1:0").await?;
        let ports = Ports { http: http.local_addr()?, smtp: smtp.local_addr()? };
        let app = self.router_by_path();
        tokio::spawn(async move { axum::serve(http, app).await });
        let platforms = self.clone();
        tokio::spawn(async move { platforms.serve_mail(smtp, MailServer::default()).await });
        Ok(ports)
    }

    /// How to treat the next messages, in turn, whoever they are for.
    pub fn behave(&self, manners: impl IntoIterator<Item = Manner>) {
        self.world().plan.any(manners);
    }

    /// How to treat the next messages to one destination, in turn. It is known by any of its names: the path it is
    /// posted to, a Slack conversation's name or id, a Discord webhook's id, a Teams flow's id, a mail address.
    pub fn behave_at(&self, name: &str, manners: impl IntoIterator<Item = Manner>) {
        self.world().plan.at(name, manners);
    }

    /// Somebody deletes the destination of this name (see [`Self::behave_at`]; also a Slack token or a Discord thread).
    pub fn delete(&self, name: &str) {
        self.world().gone.insert(name.to_owned());
    }

    /// Undoes [`Self::delete`].
    pub fn restore(&self, name: &str) {
        self.world().gone.remove(name);
    }

    /// Sets a limit; `None` lifts it.
    pub fn limit(&self, limit: Limit, rate: Option<Rate>) {
        self.world().rates.set(limit, rate);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().expect("nothing panics while holding the world")
    }
}
