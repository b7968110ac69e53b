//! `statuswire serve`: all functions on one machine, until the process is stopped. With `--once`: one round.
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use anyhow::Context as _;
use axum::Router;
use futures_util::future::{OptionFuture, join_all};
use jiff::Timestamp;
use local::{
    descriptors,
    http_server::{self, Limits},
};
use outbound::Guard;
use poller::Options;
use startup::tracing::Output;
use status::{
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, WhenUnknown},
    provider::Provider,
};
use store::{AccountSettings, Consent};
use tokio::{net::TcpListener, sync::watch};
use web::Web;

use super::once;
use crate::{
    cli::ServeArgs,
    config_file::{ACCOUNT, Config, load},
    consent,
    console_here::{self, ConsoleHere},
    demo::Demo,
    local_app::{LocalApp, LocalAppOptions},
    mailer,
    plural::count,
    replay, shutdown,
};

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    // With --json, standard output is reserved for the summary.
    let output = if args.json { Output::Stderr } else { Output::Stdout };
    startup::tracing::terminal(output, io::stdout().is_terminal() && !args.json)?;
    let descriptors = descriptors::raise_limit();
    let (limits, poll) = (Limits::for_descriptors(descriptors), Options::for_descriptors(descriptors));
    let config = match &args.config {
        None => Config::default(),
        Some(file) => match load::read_or_print(file)? {
            Some(config) => config,
            None => return Ok(ExitCode::FAILURE),
        },
    };
    if args.once {
        return once::run(&args, &config, poll).await;
    }
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("listening on {}: choose another address with --listen", args.listen))?;
    Server::start(args, config, &listener, poll).await?.run(listener, limits).await?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that `serve` runs, with the settings applied.
struct Server {
    app: LocalApp,
    /// The routes of the HTTP server.
    routes: Router,
    demo: Option<Demo>,
    /// All pages of the settings; those with a short interval get a schedule of their own.
    pages: Vec<Provider>,
}

impl Server {
    async fn start(args: ServeArgs, config: Config, listener: &TcpListener, poll: Options) -> anyhow::Result<Self> {
        let address = connectable(listener.local_addr().context("the listener has no address")?);
        let base = format!("http://{address}");
        let demo = if args.has_demo(config.password.is_some()) { Some(Demo::open().await?) } else { None };
        let isolated = demo.as_ref().filter(|_| args.no_network);
        let catalogue = !args.no_catalogue && !args.no_network;
        let mail = match (isolated, &config.mail) {
            (Some(demo), _) => Some(demo.mail().await?),
            (None, Some(mail)) => Some(mailer::from_config(mail)?),
            (None, None) => None,
        };
        let accounts = console_here::accounts(&args, &config, demo.is_some());
        let account_mail = console_here::mail(mail.as_ref(), demo.as_ref().filter(|_| accounts.is_some())).await?;
        let public_url = config.public_url.or_else(|| args.no_network.then(|| base.clone()));
        let guard = Guard { allow: config.network.clone(), own: demo.iter().map(Demo::address).collect() };
        let app = LocalApp::start(LocalAppOptions {
            has_accounts: accounts.is_some(),
            folder: Some(args.data.as_path()).filter(|_| !args.no_network),
            allow: guard.allow.clone(),
            own: guard.own.clone(),
            poll: Options { catalogue, heartbeat: config.heartbeat.filter(|_| !args.no_network), ..poll },
            timeout: None,
            public_url: public_url.clone(),
            mail,
            redirect_all_to: isolated.map(Demo::fakes_url),
        })
        .await?;

        let declared = if args.no_network { watch_only_replay(config.settings) } else { config.settings };
        let replayed = demo.as_ref().map(|demo| demo.settings(args.no_network)).unwrap_or_default();
        app.apply(ACCOUNT, &declared).await?;
        app.apply(replay::ACCOUNT, &replayed).await?;
        if args.no_network {
            confirm_recipients(&app, declared.destinations.iter().chain(&replayed.destinations)).await?;
        }
        let links = public_url.clone().unwrap_or_else(|| base.clone());
        let console = match accounts {
            Some(accounts) => {
                let ways_in = (accounts, config.openid);
                Some(ConsoleHere::open(&app, ways_in, (account_mail, guard), links).await?)
            }
            None => None,
        };
        let link = console.as_ref().and_then(|console| console.link.as_deref());
        print_banner(&args, &base, link, declared.pages.len(), demo.is_some())?;

        let web = Web::new(app.store.clone(), catalogue, public_url).private(config.password).polled_here();
        let web = web.with_accounts(console.is_some());
        let routes = web::router_with(web, demo.as_ref().map(Demo::listing).unwrap_or_default());
        let routes = match console {
            Some(console) => {
                let shown = demo.as_ref().and_then(Demo::shown);
                console.with_catalogue(catalogue).with_demo(shown).before(routes)
            }
            None => routes,
        };
        Ok(Self { app, routes, demo, pages: declared.pages.into_iter().chain(replayed.pages).collect() })
    }

    /// Runs the schedules, the event sources and the HTTP server until the process is asked to stop, then finishes what
    /// is in progress.
    async fn run(self, listener: TcpListener, limits: Limits) -> anyhow::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let schedules = self.app.schedules(&self.pages);
        let sources = self.app.event_sources();
        let polling = join_all(schedules.iter().map(|schedule| schedule.run(stopped.clone())));
        let delivering = join_all(sources.iter().map(|source| source.run(stopped.clone())));
        let closing = || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            }
        };
        let serving = http_server::serve(listener, self.routes, limits, closing());
        let demo: OptionFuture<_> = self.demo.map(|demo| demo.serve(limits.for_ourselves(), closing())).into();
        let stopping = async {
            shutdown::requested().await;
            tracing::info!("stopping: finishing reads and deliveries in progress");
            stop.send_replace(true);
        };
        tokio::join!(polling, delivering, serving, demo, stopping);
        self.app.stack.stop().await;
        Ok(())
    }
}

/// The declared destinations and groups, but the replay is the only page they watch.
fn watch_only_replay(declared: AccountSettings) -> AccountSettings {
    let monitor = Monitor {
        id: "replay".into(),
        account: ACCOUNT.into(),
        provider: replay::PAGE_ID.into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let groups = declared.groups.into_iter().map(|group| Group { scope: Scope::All, ..group });
    AccountSettings {
        pages: Vec::new(),
        logins: BTreeMap::new(),
        monitors: vec![monitor],
        groups: groups.collect(),
        ..declared
    }
}

/// Consents for every mail recipient. The built-in mail server has no reader who could.
async fn confirm_recipients(app: &LocalApp, destinations: impl Iterator<Item = &Destination>) -> anyhow::Result<()> {
    for destination in destinations {
        if let Some(recipient) = consent::recipient(&app.store, destination).await? {
            app.store.answer(&recipient, Consent::Confirmed, Timestamp::now()).await?;
        }
    }
    Ok(())
}

/// `configured`: pages of the configuration file.
/// `link`: with which the owner signs in.
fn print_banner(args: &ServeArgs, base: &str, link: Option<&str>, configured: usize, demo: bool) -> io::Result<()> {
    let catalogue = if args.no_catalogue || args.no_network { 0 } else { ::catalogue::entries().len() };
    let mut out = io::stdout().lock();
    writeln!(out, "statuswire {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  Dashboard {base} · API {base}/api")?;
    if let Some(link) = link {
        writeln!(out, "  Sign in {link} (once, within 15 minutes)")?;
    }
    if args.no_network {
        writeln!(out, "  Data in memory; nothing leaves this machine")?;
    } else {
        writeln!(out, "  Data in {}", args.data.display())?;
    }
    writeln!(out, "  {}", watching(catalogue, configured, usize::from(demo)))?;
    if demo {
        writeln!(out, "  Demo: the Clerk incident of 10 March 2026. Messages sent: {base}{}", fakes::LISTING)?;
    } else if !args.no_replay {
        writeln!(out, "  No demo, because others may reach this instance: --replay turns it on")?;
    }
    writeln!(out)?;
    out.flush()
}

/// `Watching 3 pages (2 configured, 1 demo)`.
fn watching(catalogue: usize, configured: usize, demo: usize) -> String {
    let parts = [(catalogue, "from the catalogue"), (configured, "configured"), (demo, "demo")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
    let total = count(catalogue + configured + demo, "page");
    if parts.is_empty() { format!("Watching {total}") } else { format!("Watching {total} ({})", parts.join(", ")) }
}

/// The address under which this process can connect to its own listener.
fn connectable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banner_counts_pages_by_source_and_leaves_out_zeros() {
        assert_eq!(watching(0, 0, 1), "Watching 1 page (1 demo)");
        assert_eq!(watching(4000, 2, 1), "Watching 4003 pages (4000 from the catalogue, 2 configured, 1 demo)");
        assert_eq!(watching(0, 0, 0), "Watching 0 pages");
    }
}
