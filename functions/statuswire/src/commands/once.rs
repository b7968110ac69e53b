//! `statuswire serve --once`: reads every page once, routes and delivers everything, then exits. Several runs over one
//! data folder behave like successive rounds. There is no HTTP server and no replay.
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
    cli::ServeArgs,
    config_file::{ACCOUNT, Config},
    local_app::{LocalApp, LocalAppOptions},
    mailer,
    plural::count,
    replay,
};

/// What `--json` prints.
#[derive(Serialize)]
struct RoundSummary {
    pages: usize,
    unchanged: usize,
    changed: usize,
    unreadable: usize,
    /// Platforms of which most pages fail.
    platform_faults: usize,
    no_internet: bool,
    alerts: usize,
    delivered: u64,
    /// Rejected, given up, or waiting for another attempt.
    failed: u64,
    store_reads: u64,
    store_writes: u64,
    duration_ms: u64,
}

pub(super) async fn run(args: &ServeArgs, config: &Config, poll: Options) -> anyhow::Result<ExitCode> {
    let app = LocalApp::start(LocalAppOptions {
        has_accounts: false,
        folder: Some(&args.data),
        allow: config.network.clone(),
        own: Vec::new(),
        // Every page, however long it takes.
        poll: Options {
            catalogue: !args.no_catalogue,
            deadline: Duration::MAX,
            heartbeat: config.heartbeat.clone(),
            ..poll
        },
        timeout: None,
        public_url: config.public_url.clone(),
        mail: config.mail.as_ref().map(mailer::from_config).transpose()?,
        redirect_all_to: None,
    })
    .await?;
    app.apply(ACCOUNT, &config.settings).await?;
    app.apply(replay::ACCOUNT, &AccountSettings::default()).await?;
    let summary = round(&app).await?;
    app.stack.stop().await;

    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&summary)?)?;
    } else {
        writeln!(out, "{}", summary.text())?;
    }
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn round(app: &LocalApp) -> anyhow::Result<RoundSummary> {
    let started = Instant::now();
    let before = app.store_counts();
    let polled: Summary = app.poll(PollEvent { all: true, ..PollEvent::default() }).await?;
    run_until_idle(&app.event_sources()).await?;
    let after = app.store_counts();
    let tally = app.tally();
    Ok(RoundSummary {
        pages: polled.pages,
        unchanged: polled.unchanged,
        changed: polled.changed,
        unreadable: polled.unreadable,
        platform_faults: polled.platform_faults,
        no_internet: polled.no_internet,
        alerts: polled.alerts,
        delivered: tally.delivered,
        failed: tally.undeliverable + app.stack.waiting().await?,
        store_reads: polled.store_reads + after.reads - before.reads,
        store_writes: polled.store_writes + after.writes - before.writes,
        duration_ms: started.elapsed().as_millis() as u64,
    })
}

impl RoundSummary {
    fn text(&self) -> String {
        let internet = if self.no_internet { "; no internet" } else { "" };
        let platforms = match self.platform_faults {
            0 => String::new(),
            platforms => format!("; most pages of {} fail", count(platforms, "platform")),
        };
        format!(
            "{} read in {:.1?}: {} unchanged, {} changed, {} unreachable; {}; {} sent, {} failed{platforms}{internet}",
            count(self.pages, "page"),
            Duration::from_millis(self.duration_ms),
            self.unchanged,
            self.changed,
            self.unreadable,
            count(self.alerts, "alert"),
            count(self.delivered as usize, "delivery"),
            self.failed,
        )
    }
}
