//! `statuswire serve --once`: one round of every page, everything routed and delivered, then the end. Several of them
//! over one data folder behave like successive rounds. No front and no replay: nobody would be there to look.
use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use local::event_source::run_until_idle;
use poller::{Options, PollEvent, Summary};
use serde::Serialize;
use store::AccountSettings;

use crate::{
    bundle::{Bundle, BundleOptions},
    cli::ServeArgs,
    config::Config,
    mailer, replay, settings_file,
};

#[derive(Serialize)]
struct Round {
    pages: usize,
    unchanged: usize,
    changed: usize,
    unreadable: usize,
    alerts: usize,
    delivered: u64,
    /// Rejected, given up, or still to be tried again.
    failed: u64,
    store_reads: u64,
    store_writes: u64,
    duration_ms: u64,
}

pub(crate) async fn run(args: &ServeArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let bundle = Bundle::start(BundleOptions {
        folder: Some(&args.data),
        allow: config.network.clone(),
        own: Vec::new(),
        // Every page, however long it takes.
        poll: Options { catalogue: !args.no_catalogue, deadline: Duration::MAX, ..Options::default() },
        timeout: None,
        public_url: config.public_url.clone(),
        mail: config.mail.as_ref().map(mailer::parts).transpose()?,
        divert: None,
    })
    .await?;
    bundle.apply("local", &config.settings).await?;
    bundle.apply(replay::ACCOUNT, &AccountSettings::default()).await?;

    let started = Instant::now();
    let before = bundle.store_counts();
    let polled: Summary = bundle.poll(PollEvent { all: true, ..PollEvent::default() }).await?;
    run_until_idle(&bundle.sources()).await?;
    let after = bundle.store_counts();
    let tally = bundle.tally();
    let round = Round {
        pages: polled.pages,
        unchanged: polled.unchanged,
        changed: polled.changed,
        unreadable: polled.unreadable,
        alerts: polled.alerts,
        delivered: tally.delivered,
        failed: tally.undeliverable + bundle.stack.waiting().await?,
        store_reads: polled.store_reads + after.reads - before.reads,
        store_writes: polled.store_writes + after.writes - before.writes,
        duration_ms: started.elapsed().as_millis() as u64,
    };
    bundle.stack.stop().await;

    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&round)?)?;
    } else {
        writeln!(
            out,
            "{} read in {:.1?}: {} unchanged, {} changed, {} unreadable; {}, {} delivered, {} not",
            settings_file::count(round.pages, "page"),
            Duration::from_millis(round.duration_ms),
            round.unchanged,
            round.changed,
            round.unreadable,
            settings_file::count(round.alerts, "alert"),
            round.delivered,
            round.failed,
        )?;
    }
    Ok(if round.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
