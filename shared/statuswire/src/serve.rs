//! `statuswire serve`: the whole bundle on one machine, until it is stopped, or for one round.
use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use axum::Router;
use formats::catalogue;
use futures_util::future::join_all;
use jiff::Timestamp;
use poller::Options;
use startup::tracing::Output;
use store::AccountSettings;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    bundle::{Bundle, BundleOptions},
    cli::ServeArgs,
    config::Config,
    front::{self, Front},
    once,
    receiver::{self, Receiver},
    replay::{self, Replay},
    settings_file,
};

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
    let bundle = Bundle::start(BundleOptions {
        folder: Some(&args.data),
        allow: config.network,
        own: vec![reachable(address)],
        poll: Options { catalogue: !args.no_catalogue, ..Options::default() },
        timeout: None,
        public_url: None,
    })
    .await?;

    let declared = config.settings;
    let replayed = if args.no_replay { AccountSettings::default() } else { replay::settings(&base) };
    bundle.apply("local", &declared).await?;
    bundle.apply(replay::ACCOUNT, &replayed).await?;
    greet(&args, &base, &declared)?;

    let front =
        Arc::new(Front { store: bundle.store.clone(), catalogue: !args.no_catalogue, started_at: Timestamp::now() });
    let mut app = front::router(front).merge(receiver::router(Arc::new(Receiver::default())));
    if !args.no_replay {
        app = app.merge(replay::router(Arc::new(Replay::new(Timestamp::now()))));
    }
    work(bundle, listener, app, declared, replayed).await?;
    Ok(ExitCode::SUCCESS)
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
    let catalogue = if args.no_catalogue { 0 } else { catalogue::watchable().count() };
    let replay = usize::from(!args.no_replay);
    let pages = catalogue + declared.pages.len() + replay;
    let mut out = io::stdout().lock();
    writeln!(out, "statuswire {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  listens   {base}  (try /api/v1/incidents, /api/v1/providers, /health)")?;
    writeln!(out, "  data      {}", args.data.display())?;
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

async fn asked_to_stop() {
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
