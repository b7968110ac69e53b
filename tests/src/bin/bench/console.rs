//! What the pages and forms of accounts cost: many people at once, each with an account of their own, on an instance
//! with many accounts. The site is another process: this program again.
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    milliseconds,
    site_client::{Connection, Site, StoreRequests},
};

const ACCOUNTS: &str = "10000";
const PEOPLE: usize = 50;
/// Times that each of them opens a page or sends a form.
const EACH: usize = 20;
/// Whose account has [`tests::site::MANY_MONITORS`].
const WITH_MANY: usize = 0;

/// A page that is opened, or a form that is sent.
#[derive(Clone, Copy)]
enum Action {
    Open(&'static str),
    /// A provider that is not watched yet.
    Watch,
    SaveMonitor,
    SaveGroup,
    StopWatching,
}

const ACTIONS: [(&str, Action); 13] = [
    // The first thing that an account makes brings its default group.
    ("form: watch a provider", Action::Watch),
    ("what is watched", Action::Open("/watch")),
    ("search for a provider", Action::Open("/watch?q=strpe")),
    ("a provider, with its components and preview", Action::Open("/watch/clerk")),
    ("alerts", Action::Open("/alerts")),
    ("a group", Action::Open("/alerts/groups/group_default")),
    ("a new destination", Action::Open("/alerts/destinations/new?channel=slack")),
    ("log of deliveries", Action::Open("/alerts/log")),
    ("account", Action::Open("/account")),
    ("audit log", Action::Open("/account/audit")),
    ("form: save a monitor", Action::SaveMonitor),
    ("form: save a group", Action::SaveGroup),
    ("form: stop watching", Action::StopWatching),
];

/// Somebody who is signed in.
struct Person {
    connection: Connection,
    /// What forms of the account carry.
    token: String,
}

impl Person {
    async fn sign_in(site: &Site, number: usize) -> anyhow::Result<Self> {
        let address = tests::site::address_of(number);
        let link = Connection::open(&site.control).await?.get_text(&format!("/links/{address}")).await?;
        let path = link.split_once(&site.accounts).context("the link is to the site")?.1;
        let mut connection = Connection::open(&site.accounts).await?;
        let entered = connection.post(path, "").await?;
        connection.cookie = Some(entered.cookie.with_context(|| format!("no session: {}", entered.status))?);
        let token = hidden(&connection.get_text("/account").await?, "form")?;
        Ok(Self { connection, token })
    }

    /// How long it took: of a form, without what was looked up for it.
    async fn act(&mut self, action: Action, number: usize) -> anyhow::Result<(Duration, usize)> {
        let sheet = sheet(number)?;
        match action {
            Action::Open(path) => {
                let started = Instant::now();
                let answer = self.connection.get(path).await?;
                anyhow::ensure!(answer.status == 200, "{path} is answered with status {}", answer.status);
                Ok((started.elapsed(), answer.bytes))
            }
            Action::Watch => self.send(&sheet, "submit=save&which=all").await,
            Action::SaveMonitor => {
                let page = self.connection.get_text(&sheet).await?;
                let (monitor, version) = (hidden(&page, "monitor")?, hidden(&page, "version")?);
                let form = format!("submit=save&which=all&monitor={monitor}&version={version}&unknown=drop");
                self.send(&sheet, &form).await
            }
            Action::SaveGroup => {
                let path = "/alerts/groups/group_default";
                let version = hidden(&self.connection.get_text(path).await?, "version")?;
                let form = format!("name=Ours&scope=all&severities=major&events=opened&version={version}");
                self.send(path, &form).await
            }
            Action::StopWatching => {
                let page = self.connection.get_text(&sheet).await?;
                let monitor = hidden(&page, "monitor")?;
                let path = format!("{sheet}/remove");
                let version = hidden(&page, "version")?;
                self.send(&path, &format!("monitor={monitor}&version={version}")).await
            }
        }
    }

    async fn send(&mut self, path: &str, form: &str) -> anyhow::Result<(Duration, usize)> {
        let form = format!("form={}&{form}", self.token);
        let started = Instant::now();
        let answer = self.connection.post(path, &form).await?;
        let took = started.elapsed();
        anyhow::ensure!(answer.status == 303, "{path} is answered with status {}", answer.status);
        Ok((took, answer.bytes))
    }
}

/// Of one of the least known providers, which nobody watches yet.
fn sheet(number: usize) -> anyhow::Result<String> {
    let provider = catalogue::entries().iter().rev().nth(number).context("so many providers")?.slug;
    Ok(format!("/watch/{provider}"))
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> anyhow::Result<String> {
    let found = page.split_once(&format!("name=\"{name}\" value=\"")).and_then(|(_, rest)| rest.split('"').next());
    found.map(str::to_owned).with_context(|| format!("no field {name}"))
}

pub(crate) async fn table() -> anyhow::Result<String> {
    let site = Site::start(&["--providers", "1000", "--incidents", "2000", "--accounts", ACCOUNTS]).await?;
    let mut people = Vec::new();
    for number in 1..=PEOPLE {
        people.push(Person::sign_in(&site, number).await?);
    }
    let mut with_many = vec![Person::sign_in(&site, WITH_MANY).await?];
    let mut table = format!(
        "{ACCOUNTS} accounts with {} monitors each; {PEOPLE} people at once, {EACH} times each; at last one whose account has \
         {} monitors:\n\n\
         | page or form | transferred | store reads | writes | p50 | p99 |\n|---|---|---|---|---|---|\n",
        tests::site::MONITORS,
        tests::site::MANY_MONITORS,
    );
    for (name, action) in ACTIONS {
        people = row(&mut table, &site, (name, action), people).await.with_context(|| name.to_owned())?;
    }
    for (name, path) in [("what is watched, 1,000 monitors", "/watch"), ("alerts, 1,000 monitors", "/alerts")] {
        with_many =
            row(&mut table, &site, (name, Action::Open(path)), with_many).await.with_context(|| name.to_owned())?;
    }
    Ok(table)
}

async fn row(
    table: &mut String,
    site: &Site,
    (name, action): (&str, Action),
    mut people: Vec<Person>,
) -> anyhow::Result<Vec<Person>> {
    // Forms look their versions up first, which is not counted.
    let before = site.requests().await?;
    let (_, bytes) = people[0].act(action, EACH).await?;
    let after = site.requests().await?;
    let looked_up = match action {
        Action::Open(_) | Action::Watch => StoreRequests { reads: 0, writes: 0 },
        Action::SaveGroup => requests_of(site, &mut people[0], "/alerts/groups/group_default").await?,
        Action::SaveMonitor | Action::StopWatching => requests_of(site, &mut people[0], &sheet(EACH)?).await?,
    };
    let together = people.into_iter().map(|mut person| {
        tokio::spawn(async move {
            let mut times = Vec::new();
            for number in 0..EACH {
                times.push(person.act(action, number).await?.0);
            }
            anyhow::Ok((person, times))
        })
    });
    let together: Vec<_> = together.collect();
    // In their order: the first one has watched more than the others.
    let (mut people, mut times) = (Vec::new(), Vec::new());
    for done in together {
        let (person, mut its) = done.await??;
        people.push(person);
        times.append(&mut its);
    }
    times.sort();
    let at = |share: f64| milliseconds(times[((times.len() - 1) as f64 * share) as usize]);
    writeln!(
        table,
        "| {name} | {:.1} KB | {} | {} | {:.0} ms | {:.0} ms |",
        bytes as f64 / 1024.0,
        (after.reads - before.reads).saturating_sub(looked_up.reads),
        (after.writes - before.writes).saturating_sub(looked_up.writes),
        at(0.5),
        at(0.99),
    )?;
    Ok(people)
}

async fn requests_of(site: &Site, person: &mut Person, path: &str) -> anyhow::Result<StoreRequests> {
    let before = site.requests().await?;
    person.connection.get(path).await?;
    let after = site.requests().await?;
    Ok(StoreRequests { reads: after.reads - before.reads, writes: after.writes - before.writes })
}
