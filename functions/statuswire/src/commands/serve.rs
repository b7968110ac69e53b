//! `statuswire serve`: all functions on one machine, until the process is stopped. With `--once`: one round.
use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use axum::Router;
use dispatcher::MailSender;
use fakes::{Fakes, MailServer};
use futures_util::future::join_all;
use jiff::Timestamp;
use mail::{Mailer, Smtp};
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
    local_app::{LocalApp, LocalAppOptions},
    mailer,
    plural::count,
    replay::{self, Replay},
    shutdown,
};

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    // With --json, standard output is reserved for the summary.
    let output = if args.json { Output::Stderr } else { Output::Stdout };
    startup::tracing::terminal(output, io::stdout().is_terminal() && !args.json)?;
    let config = match &args.config {
        None => Config::default(),
        Some(file) => match load::read_or_print(file)? {
            Some(config) => config,
            None => return Ok(ExitCode::FAILURE),
        },
    };
    if args.once {
        return once::run(&args, &config).await;
    }
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("listening on {}: choose another address with --listen", args.listen))?;
    Server::start(args, config, &listener).await?.run(listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that `serve` runs, with the settings applied.
struct Server {
    app: LocalApp,
    /// The routes of the HTTP server.
    routes: Router,
    /// All pages of the settings; those with a short interval get a schedule of their own.
    pages: Vec<Provider>,
}

impl Server {
    async fn start(args: ServeArgs, config: Config, listener: &TcpListener) -> anyhow::Result<Self> {
        let address = connectable(listener.local_addr().context("the listener has no address")?);
        let base = format!("http://{address}");
        let fakes = Fakes::new();
        let catalogue = !args.no_catalogue && !args.no_network;
        let mail = match (&config.mail, args.no_network) {
            (_, true) => Some(fake_mail(&fakes).await?),
            (Some(mail), false) => Some(mailer::from_config(mail)?),
            (None, false) => None,
        };
        let public_url = config.public_url.or_else(|| args.no_network.then(|| base.clone()));
        let app = LocalApp::start(LocalAppOptions {
            folder: Some(args.data.as_path()).filter(|_| !args.no_network),
            allow: config.network,
            own: vec![address],
            poll: Options { catalogue, ..Options::default() },
            timeout: None,
            public_url: public_url.clone(),
            mail,
            redirect_all_to: args.no_network.then_some(address),
        })
        .await?;

        let declared = if args.no_network { watch_only_replay(config.settings) } else { config.settings };
        let replayed =
            if args.no_replay { AccountSettings::default() } else { replay::settings(&base, args.no_network) };
        app.apply(ACCOUNT, &declared).await?;
        app.apply(replay::ACCOUNT, &replayed).await?;
        if args.no_network {
            confirm_recipients(&app, declared.destinations.iter().chain(&replayed.destinations)).await?;
        }
        print_banner(&args, &base, declared.pages.len())?;

        let mut routes = web::router(Web::new(app.store.clone(), catalogue, public_url).private(config.password));
        if !args.no_replay {
            routes = routes.merge(fakes.router()).merge(replay::router(Arc::new(Replay::new(Timestamp::now()))));
        }
        Ok(Self { app, routes, pages: declared.pages.into_iter().chain(replayed.pages).collect() })
    }

    /// Runs the schedules, the event sources and the HTTP server until the process is asked to stop, then finishes what
    /// is in progress.
    async fn run(self, listener: TcpListener) -> anyhow::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let schedules = self.app.schedules(&self.pages);
        let sources = self.app.event_sources();
        let polling = join_all(schedules.iter().map(|schedule| schedule.run(stopped.clone())));
        let delivering = join_all(sources.iter().map(|source| source.run(stopped.clone())));
        let mut closing = stopped.clone();
        let serving = axum::serve(listener, self.routes).with_graceful_shutdown(async move {
            let _ = closing.wait_for(|stop| *stop).await;
        });
        let stopping = async {
            shutdown::requested().await;
            tracing::info!("stopping: finishing reads and deliveries in progress");
            stop.send_replace(true);
        };
        let (_, _, served, ()) = tokio::join!(polling, delivering, serving.into_future(), stopping);
        self.app.stack.stop().await;
        served.context("the HTTP server")
    }
}

/// A mailer whose mail stays in this process: it sends to the built-in mail server.
async fn fake_mail(fakes: &Fakes) -> anyhow::Result<MailSender> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port for the built-in mail server")?;
    let url = format!("smtp://{}?tls=none", listener.local_addr()?);
    let fakes = fakes.clone();
    tokio::spawn(async move { fakes.serve_mail(listener, MailServer::default()).await });
    let smtp = Smtp::new(url.parse()?, &[]).map_err(anyhow::Error::msg)?;
    Ok(MailSender { mailer: Mailer::Smtp(smtp), from: "statuswire <alerts@example.invalid>".to_owned() })
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
    AccountSettings { pages: Vec::new(), monitors: vec![monitor], groups: groups.collect(), ..declared }
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
fn print_banner(args: &ServeArgs, base: &str, configured: usize) -> io::Result<()> {
    let catalogue = if args.no_catalogue || args.no_network {
        0
    } else {
        ::catalogue::entries().iter().filter(|entry| formats::of_platform(entry.platform).is_some()).count()
    };
    let demo = usize::from(!args.no_replay);
    let mut out = io::stdout().lock();
    writeln!(out, "statuswire {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  Dashboard {base} · API {base}/api")?;
    if args.no_network {
        writeln!(out, "  Data in memory; nothing leaves this machine")?;
    } else {
        writeln!(out, "  Data in {}", args.data.display())?;
    }
    writeln!(out, "  {}", watching(catalogue, configured, demo))?;
    if demo > 0 {
        writeln!(out, "  Demo: the Clerk incident of 10 March 2026. Messages sent: {base}/receiver.json")?;
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
