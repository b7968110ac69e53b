//! `statuswire` with a chosen moment to crash, for the stories of killed processes:
//! `crashing "after TransactWriteItems OUTBOX# 1" serve --once --data DIR --config FILE`. The moment is written as in
//! [`CrashPoint`]; with `never` this is `statuswire` itself.
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use local::event_source::run_until_idle;
use poller::PollEvent;
use statuswire::{
    cli::{Cli, Command, ServeArgs},
    commands::serve,
    config_file::{ACCOUNT, load},
    local_app::{LocalApp, LocalAppOptions},
};
use tests::crash_point::CrashPoint;

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
        moment => crash(moment.parse()?, &args).await,
    }
}

/// `serve --once`, crashing at the given point.
async fn crash(point: CrashPoint, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.once, "add --once: only a single round can crash");
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
