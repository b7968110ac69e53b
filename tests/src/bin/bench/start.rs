//! A start with many configured pages and monitors: the first one, one with the same settings, and one with a small
//! change. And what a poller loads that starts among many accounts.
use std::fmt::Write as _;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use local::stack::{Stack, StackOptions};
use serde_json::json;
use status::{
    ids::{AccountId, ProviderId},
    monitor::{ComponentFilter, Monitor, WhenUnknown},
};
use statuswire::{
    config_file::{self, ACCOUNT, Config},
    local_app::TABLE,
};
use store::{AccountSettings, Applied, Commit, PageRecord, Store};
use tests::world::SECRET;

use crate::{Cost, cost, milliseconds, rounds::app, traffic};

/// Configured pages, each with a monitor.
const CONFIGURED: usize = 5_000;

const ACCOUNTS: usize = 10_000;
const MONITORS_EACH: usize = 50;
/// Providers that the accounts choose from.
const PROVIDERS: usize = 5_000;

pub(crate) async fn table() -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let text = config(CONFIGURED);
    let renamed = text.replacen("name = 'Page 1'", "name = 'Another'", 1);
    let mut table = format!(
        "A start of `serve` with {CONFIGURED} configured pages and monitors:\n\n\
         | start | CPU: configuration read | instance opened | settings applied | wall: applied | store requests |\n\
         |---|---|---|---|---|---|\n"
    );
    for (name, text) in [("first", &text), ("the same settings", &text), ("one page renamed", &renamed)] {
        let (config, reading) = cost(async { parse(text) }).await;
        let (started, opening) = cost(app(folder.path())).await;
        let (config, app) = (config?, started?);
        let before = app.store_counts();
        let (applied, applying) = cost(app.apply(ACCOUNT, &config.settings)).await;
        let Applied { written, removed, unchanged, .. } = applied?;
        anyhow::ensure!((written + unchanged, removed) == (2 * CONFIGURED + 2, 0), "not all was applied");
        let after = app.store_counts();
        let requests = after.reads + after.writes - before.reads - before.writes;
        let cpu = |cost: Cost| milliseconds(cost.cpu);
        writeln!(
            table,
            "| {name} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms | {requests} |",
            cpu(reading),
            cpu(opening),
            cpu(applying),
            milliseconds(applying.wall)
        )?;
        app.stack.stop().await;
    }
    Ok(table)
}

fn config(pages: usize) -> String {
    let page = |number| {
        format!(
            "[[page]]\nid = 'page-{number}'\nname = 'Page {number}'\nurl = 'https://status-{number}.example.com'\n\
             format = 'statuspage'\n[[monitor]]\nid = 'monitor-{number}'\npage = 'page-{number}'\n"
        )
    };
    let hook = format!(
        "[[destination]]\nid = 'hook'\nchannel = 'webhook'\nurl = 'https://hooks.example.com'\nsecret = '{SECRET}'\n\
         [[group]]\nid = 'everyone'\ndestinations = ['hook']\n"
    );
    (0..pages).map(page).chain([hook]).collect()
}

fn parse(text: &str) -> anyhow::Result<Config> {
    config_file::check(text, &|_| None).map_err(|errors| anyhow::anyhow!("{errors:?}"))
}

/// What a poller loads of all accounts when it starts.
pub(crate) async fn directory() -> anyhow::Result<String> {
    let names: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
    // A million rows, and their index, are too much for memory.
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(StackOptions { folder: Some(folder.path()), channels: &names }).await?;
    store::table::create_if_absent(&stack.dynamodb, TABLE).await?;
    let store = Store::new(&stack.dynamodb, TABLE);
    let (applied, applying) = cost(
        stream::iter(0..ACCOUNTS)
            .map(|number| {
                let (store, account) = (&store, AccountId::new(format!("account-{number}")));
                async move {
                    store.apply(&account, &watching(&account, number)).await.context("applying settings").map(drop)
                }
            })
            .buffer_unordered(8)
            .try_collect::<()>(),
    )
    .await;
    applied?;
    let pages: Vec<ProviderId> = (0..PROVIDERS).map(|number| format!("provider-{number}").into()).collect();
    stream::iter(&pages).map(|page| read_once(&store, page)).buffer_unordered(8).try_collect::<()>().await?;

    let (client, traffic) = traffic::counted(&stack.dynamodb);
    let cold = Store::new(&client, TABLE);
    let (directory, loading) = cost(cold.directory()).await;
    let watched = directory?.watched.len();
    anyhow::ensure!(watched == PROVIDERS, "{watched} providers are watched");
    let (of_directory, requests) = (traffic.received(), cold.counts().reads);
    let heads = cold.page_heads(&pages).await?.len();
    anyhow::ensure!(heads == PROVIDERS, "{heads} pages were read");
    cold.healths(&pages).await?;
    stack.stop().await;
    Ok(format!(
        "What a poller loads that starts among {ACCOUNTS} accounts with {MONITORS_EACH} monitors each, of {PROVIDERS} \
         providers:\n\n\
         | | |\n|---|---|\n\
         | who is watched | {:.2} MB, {requests} requests, {:.0} ms of CPU with the embedded store |\n\
         | in all, with the heads of all pages | {:.2} MB, {} requests |\n\
         | CPU of applying one account's settings for the first time | {:.1} ms |\n",
        of_directory as f64 / 1e6,
        milliseconds(loading.cpu),
        traffic.received() as f64 / 1e6,
        cold.counts().reads,
        milliseconds(applying.cpu) / ACCOUNTS as f64,
    ))
}

/// Stores a page as after its first read, without incidents.
async fn read_once(store: &Store, page: &ProviderId) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let digest = "0123456789abcdef0123456789abcdef";
    let url = format!("https://status.{page}.example.com");
    let identity = json!({"platform": "statuspage", "id": "y2j98763l56x", "name": page, "url": url, "configured": url});
    let head = json!({"provider": page, "version": 1, "format": "statuspage", "via": "api-v2",
        "etag": format!("W/\"{digest}\""), "last_modified": null, "body_digest": digest, "snapshot_digest": digest,
        "unsettled": false, "open": [], "due_at": null, "read_again_at": null, "identity": identity});
    let state = json!({"page": {"name": page, "url": url}, "components": [], "recovering": {}, "incidents": [],
        "baseline_at": now});
    let commit = Commit {
        page: PageRecord { head: serde_json::from_value(head)?, page_state: serde_json::from_value(state)? },
        read_version: None,
        incidents: Vec::new(),
        page_summary: None,
        alerts: Vec::new(),
        now,
    };
    store.commit(&commit).await?;
    Ok(())
}

/// Each account has monitors of other providers, so that all are watched by as many.
fn watching(account: &AccountId, number: usize) -> AccountSettings {
    let monitor = |nth| Monitor {
        id: format!("monitor-{nth}").into(),
        account: account.clone(),
        provider: ProviderId::new(format!("provider-{}", (number * 7 + nth * 97) % PROVIDERS)),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    AccountSettings { monitors: (0..MONITORS_EACH).map(monitor).collect(), ..AccountSettings::default() }
}
