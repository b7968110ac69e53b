//! `statuswire` that can be told where to die, for the stories of processes that are killed:
//! `crashing "after TransactWriteItems OUTBOX# 1" serve --once --data DIR --config FILE`. The moment is as `Crash` reads
//! it; with `never` this is `statuswire` itself.
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use local::event_source::run_until_idle;
use poller::PollEvent;
use statuswire::{
    bundle::{Bundle, BundleOptions},
    cli::{Cli, Command, ServeArgs},
    serve, settings_file,
};
use tests::crash::Crash;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args();
    let program = args.next().unwrap_or_default();
    let moment = args.next().context("say where to die, or never")?;
    let Some(Command::Serve(args)) = Cli::parse_from(std::iter::once(program).chain(args)).command else {
        anyhow::bail!("only `serve` is known here");
    };
    match moment.as_str() {
        "never" => serve::run(args).await,
        moment => die(moment.parse()?, &args).await,
    }
}

/// As `serve --once` over clients that are armed.
async fn die(crash: Crash, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.once, "only one round can be broken off");
    let file = args.config.as_deref().context("--config is missing")?;
    let config = settings_file::load(file)?.map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    let mut stack = Bundle::stack(Some(&args.data)).await?;
    crash.arm(&mut stack);
    let options = BundleOptions {
        folder: Some(&args.data),
        allow: config.network.clone(),
        own: Vec::new(),
        poll: poller::Options { catalogue: !args.no_catalogue, ..poller::Options::default() },
        timeout: None,
        public_url: None,
        mail: None,
        divert: None,
    };
    let bundle = Bundle::over(stack, options).await?;
    bundle.apply("local", &config.settings).await?;
    bundle.poll(PollEvent { all: true, ..PollEvent::default() }).await?;
    run_until_idle(&bundle.sources()).await?;
    bundle.stack.stop().await;
    Ok(ExitCode::SUCCESS)
}
