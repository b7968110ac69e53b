//! `statuswire serve`: the whole bundle on one machine, until it is stopped, or for one round.
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
use status::monitor::{ComponentFilter, Destination, Group, Monitor, Scope, WhenUnknown};
use store::{AccountSettings, Consent};
use tokio::{net::TcpListener, sync::watch};
use web::Web;

use crate::{
    bundle::{Bundle, BundleOptions},
    cli::ServeArgs,
    config::Config,
    consent, mailer, once,
    replay::{self, Replay},
    settings_file,
};

/// The account of the configuration file.
const LOCAL: &str = "local";

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    // With --json standard output belongs to the summary.
    let output = if args.json { Output::Stderr } else { Output::Stdout };
    startup::tracing::terminal(output, io::stdout().is_terminal() && !args.json)?;
    let config = match &args.config {
        None => Config::default(),
        Some(file) => match settings_file::load(file)? {
            Ok(config) => {
                settings_file::print(file, " (warning)", &config.warnings)?;
                config
            }
            Err(mistakes) => {
                settings_file::print(file, "", &mistakes)?;
                return Ok(ExitCode::FAILURE);
            }
        },
    };
    if args.once {
        return once::run(&args, &config).await;
    }

    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("listening at {}: choose another address with --listen", args.listen))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let base = format!("http://{}", reachable(address));
    let fakes = Fakes::new();
    let catalogue = !args.no_catalogue && !args.no_network;
    let mail = match (&config.mail, args.no_network) {
        (_, true) => Some(fake_mail(&fakes).await?),
        (Some(mail), false) => Some(mailer::parts(mail)?),
        (None, false) => None,
    };
    let public_url = config.public_url.or_else(|| args.no_network.then(|| base.clone()));
    let password = config.password;
    let bundle = Bundle::start(BundleOptions {
        folder: Some(args.data.as_path()).filter(|_| !args.no_network),
        allow: config.network,
        own: vec![reachable(address)],
        poll: Options { catalogue, ..Options::default() },
        timeout: None,
        public_url: public_url.clone(),
        mail,
        divert: args.no_network.then(|| reachable(address)),
    })
    .await?;

    let declared = if args.no_network { on_the_replay(config.settings) } else { config.settings };
    let replayed = if args.no_replay { AccountSettings::default() } else { replay::settings(&base, args.no_network) };
    bundle.apply(LOCAL, &declared).await?;
    bundle.apply(replay::ACCOUNT, &replayed).await?;
    if args.no_network {
        agree_to_all(&bundle, declared.destinations.iter().chain(&replayed.destinations)).await?;
    }
    greet(&args, &base, &declared)?;

    let mut app = web::router(Web::new(bundle.store.clone(), catalogue, public_url).private(password));
    if !args.no_replay {
        app = app.merge(fakes.router()).merge(replay::router(Arc::new(Replay::new(Timestamp::now()))));
    }
    work(bundle, listener, app, declared, replayed).await?;
    Ok(ExitCode::SUCCESS)
}

/// Mail that gets no further than this process.
async fn fake_mail(fakes: &Fakes) -> anyhow::Result<MailSender> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port for mail")?;
    let url = format!("smtp://{}?tls=none", listener.local_addr()?);
    let fakes = fakes.clone();
    tokio::spawn(async move { fakes.serve_mail(listener, MailServer::default()).await });
    let smtp = Smtp::new(url.parse()?, &[]).map_err(anyhow::Error::msg)?;
    Ok(MailSender { mailer: Mailer::Smtp(smtp), from: "statuswire <alerts@example.invalid>".to_owned() })
}

/// What is declared, but with nothing to watch out there: its groups are told of the replay.
fn on_the_replay(declared: AccountSettings) -> AccountSettings {
    let watching = Monitor {
        id: "replay".into(),
        account: LOCAL.into(),
        provider: replay::PAGE_ID.into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let groups = declared.groups.into_iter().map(|group| Group { scope: Scope::All, ..group });
    AccountSettings { pages: Vec::new(), monitors: vec![watching], groups: groups.collect(), ..declared }
}

/// Nobody reads pretend mail, and nothing of it is kept.
async fn agree_to_all(bundle: &Bundle, all: impl Iterator<Item = &Destination>) -> anyhow::Result<()> {
    for destination in all {
        if let Some(recipient) = consent::recipient(&bundle.store, destination).await? {
            bundle.store.answer(&recipient, Consent::Confirmed, Timestamp::now()).await?;
        }
    }
    Ok(())
}

/// Runs the schedules, the event sources and the front until the process is asked to stop, then finishes what is under
/// way.
async fn work(
    bundle: Bundle,
    listener: TcpListener,
    app: Router,
    declared: AccountSettings,
    replayed: AccountSettings,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let schedules = bundle.schedules(declared.pages.iter().chain(&replayed.pages));
    let sources = bundle.sources();
    let polling = join_all(schedules.iter().map(|schedule| schedule.run(stopped.clone())));
    let delivering = join_all(sources.iter().map(|source| source.run(stopped.clone())));
    let mut closing = stopped.clone();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = closing.wait_for(|stop| *stop).await;
    });
    let ending = async {
        asked_to_stop().await;
        tracing::info!("stopping: what is under way is finished first");
        stop.send_replace(true);
    };
    let (_, _, served, ()) = tokio::join!(polling, delivering, serving.into_future(), ending);
    bundle.stack.stop().await;
    served.context("the HTTP front")
}

fn greet(args: &ServeArgs, base: &str, declared: &AccountSettings) -> io::Result<()> {
    let catalogue = if args.no_catalogue || args.no_network {
        0
    } else {
        ::catalogue::entries().iter().filter(|entry| formats::of_platform(entry.platform).is_some()).count()
    };
    let replay = usize::from(!args.no_replay);
    let pages = catalogue + declared.pages.len() + replay;
    let mut out = io::stdout().lock();
    writeln!(out, "statuswire {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  listens   {base}  (the dashboard; /api tells of the API)")?;
    if args.no_network {
        writeln!(out, "  data      kept in memory; nothing leaves this machine")?;
    } else {
        writeln!(out, "  data      {}", args.data.display())?;
    }
    writeln!(
        out,
        "  watches   {}: {catalogue} of the catalogue, {} of the configuration, {replay} replayed",
        settings_file::count(pages, "page"),
        declared.pages.len()
    )?;
    if !args.no_replay {
        writeln!(out, "  replays   the Clerk incident of 10 March 2026; what is sent of it: {base}/receiver.json")?;
    }
    writeln!(out)?;
    out.flush()
}

/// The address by which this process reaches its own listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

pub(crate) async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for but the end.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
