//! `statuswire` with a chosen moment to crash, for the stories of killed processes:
//! `crashing "after TransactWriteItems OUTBOX# 1" serve --once --data DIR --config FILE`. The moment is written as in
//! [`CrashPoint`]; with `never` this is `statuswire` itself. Without `--once` it serves the console and nothing else.
use std::{future, process::ExitCode};

use accounts::sign_up::SignUp;
use anyhow::Context as _;
use clap::Parser as _;
use console::{Console, Settings};
use local::{
    event_source::run_until_idle,
    http_server::{self, Limits},
};
use outbound::Guard;
use poller::PollEvent;
use statuswire::{
    cli::{Cli, Command, ServeArgs},
    commands::serve,
    config_file::{ACCOUNT, load},
    local_app::{LocalApp, LocalAppOptions},
};
use tests::crash_point::CrashPoint;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args();
    let program = args.next().unwrap_or_default();
    let moment = args.next().context("name a moment to crash, or never")?;
    let Some(Command::Serve(args)) = Cli::parse_from(std::iter::once(program).chain(args)).command else {
        anyhow::bail!("only `serve` can be run");
    };
    match moment.as_str() {
        "never" => serve::run(args).await,
        moment if args.once => crash(moment.parse()?, &args).await,
        moment => crash_console(moment.parse()?, &args).await,
    }
}

/// Serves the console until it crashes at the given point. Prints its URL.
#[expect(clippy::print_stdout, reason = "the test reads it")]
async fn crash_console(point: CrashPoint, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let mut stack = LocalApp::start_stack(Some(&args.data)).await?;
    point.arm(&mut stack);
    let settings = Settings {
        sign_up: SignUp::Invitation,
        owner: None,
        public_url: None,
        mail: None,
        guard: Guard::default(),
        max_monitors: None,
        file_account: ACCOUNT.into(),
    };
    let routes = console::router(Console::new(LocalApp::store(&stack)?, settings));
    let listener = TcpListener::bind(args.listen).await?;
    println!("http://{}", listener.local_addr()?);
    http_server::serve(listener, routes, Limits::for_descriptors(64), future::pending()).await;
    anyhow::bail!("it did not crash")
}

/// `serve --once`, crashing at the given point.
async fn crash(point: CrashPoint, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let file = args.config.as_deref().context("--config is missing")?;
    let config = load::read(file)?.map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let mut stack = LocalApp::start_stack(Some(&args.data)).await?;
    point.arm(&mut stack);
    let options = LocalAppOptions {
        has_accounts: false,
        folder: Some(&args.data),
        allow: config.network.clone(),
        poll: poller::Options { catalogue: !args.no_catalogue, ..poller::Options::default() },
        ..LocalAppOptions::default()
    };
    let app = LocalApp::on_stack(stack, options).await?;
    app.apply(ACCOUNT, &config.settings).await?;
    app.poll(PollEvent { all: true, ..PollEvent::default() }).await?;
    run_until_idle(&app.event_sources()).await?;
    app.stack.stop().await;
    Ok(ExitCode::SUCCESS)
}
