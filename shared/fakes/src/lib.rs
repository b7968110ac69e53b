//! Pretend fakes, one file each, as strict as the real ones: they refuse what is too large or too fast with the
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
mod fault;
mod listing;
mod log;
mod mail;
mod rate;
mod routing;
mod ses;
mod slack;
mod teams;
mod webhook;

pub use discord::Message;
pub use fault::{Fault, Reply};
pub use log::Received;
pub use mail::{Mail, MailServer};
pub use rate::{Limit, Rate};
pub use routing::Service;
pub use ses::{Account, Refusal};
pub use slack::Post;
pub use teams::Card;

use fault::Plan;
use log::Log;
use rate::Rates;

/// How many requests the local mode remembers, and how many of what they left behind on each service.
const KEPT: usize = 500;

/// All of them. Clones share everything.
#[derive(Clone)]
pub struct Fakes {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    received: watch::Sender<usize>,
    kept: usize,
}

/// What the fakes know.
struct World {
    log: Log,
    plan: Plan,
    /// Names of what was deleted: see [`Fakes::delete`].
    gone: HashSet<String>,
    rates: Rates,
    slack: slack::Workspace,
    discord: discord::Messages,
    teams: teams::Flows,
    webhook: webhook::Receivers,
    mail: mail::Boxes,
    ses: ses::SesState,
}

/// Where the fakes listen.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub http: SocketAddr,
    pub smtp: SocketAddr,
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Fakes {
    /// With the real rates; remembers the newest only.
    pub fn new() -> Self {
        Self::with(Rates::real(), KEPT)
    }

    /// Takes as much as comes, as fast as it comes, and remembers all of it. Sizes are limited all the same.
    pub fn unlimited() -> Self {
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
            ses: ses::SesState::default(),
        };
        Self { shared: Arc::new(Shared { world: Mutex::new(world), received: watch::Sender::new(0), kept }) }
    }

    /// Listens on free ports of this machine, for as long as the runtime lives. Over HTTP a service is told by its
    /// path alone, so that `http://{address}/services/T0/B0/x` is Slack, and every path of nobody's a webhook.
    pub async fn listen(&self) -> io::Result<Ports> {
        let http = TcpListener::bind("127.0.0.1:0").await?;
        let smtp = TcpListener::bind("127.0.0.1:0").await?;
        let ports = Ports { http: http.local_addr()?, smtp: smtp.local_addr()? };
        let app = self.router_by_path();
        tokio::spawn(async move { axum::serve(http, app).await });
        let fakes = self.clone();
        tokio::spawn(async move { fakes.serve_mail(smtp, MailServer::default()).await });
        Ok(ports)
    }

    /// How to treat the next messages, in turn, whoever they are for.
    pub fn behave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world().plan.any(faults);
    }

    /// How to treat the next messages to one destination, in turn. It is known by any of its names: the path it is
    /// posted to, a Slack conversation's name or id, a Discord webhook's id, a Teams flow's id, a mail address.
    pub fn behave_at(&self, name: &str, faults: impl IntoIterator<Item = Fault>) {
        self.world().plan.at(name, faults);
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
