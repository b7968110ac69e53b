//! The whole catalogue over a pretend internet that changes: every change is found, nothing is invented. A usual run
//! takes each twentieth provider; `STATUSWIRE_WHOLE_CATALOGUE=1` takes all.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use catalogue::Entry;
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller};
use queue::send::AlertsQueue;
use status::{catalogue_overlay::OverlayRow, health::HealthState, ids::ProviderId};
use statuswire::local_app::{LocalApp, TABLE};
use store::Store;
use tests::{
    http_client,
    pretend_internet::{PretendInternet, Site},
};
use tokio::net::TcpListener;
use web::Web;

/// Of a thousand readable pages so many change their platform, die, move, and redirect to somebody else.
const CHANGED: usize = 25;
const DIED: usize = 57;
const MOVED: usize = 15;
const TAKEN: usize = 10;

/// Hours between two rounds.
const EVERY: u64 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Stays,
    ChangesPlatform,
    Dies,
    Moves,
    LeadsToAnother,
}

/// Spread over the catalogue, the same in every run.
fn fate(number: usize) -> Fate {
    let place = number * 607 % 1000;
    let limits = [
        (CHANGED, Fate::ChangesPlatform),
        (CHANGED + DIED, Fate::Dies),
        (CHANGED + DIED + MOVED, Fate::Moves),
        (CHANGED + DIED + MOVED + TAKEN, Fate::LeadsToAnother),
    ];
    limits.iter().find(|(limit, _)| place < *limit).map_or(Fate::Stays, |(_, fate)| *fate)
}

fn entries() -> Vec<&'static Entry> {
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    let whole = std::env::var_os("STATUSWIRE_WHOLE_CATALOGUE").is_some();
    catalogue::entries().iter().step_by(if whole { 1 } else { 20 }).collect()
}

/// At the beginning each page that names a platform is on Statuspage, and each third of the others.
fn is_readable(number: usize, entry: &Entry) -> bool {
    !entry.platform.is_empty() || number.is_multiple_of(3)
}

/// Of several pages on one host none changes: a dead or moved host takes all, and one may lead to another.
fn is_alone(entry: &Entry) -> bool {
    !entry.url["https://".len()..].contains('/')
}

fn statuspage(entry: &Entry) -> Site {
    Site::Statuspage { id: format!("id-{}", entry.slug), name: entry.name.to_owned() }
}

fn new_host(entry: &Entry) -> String {
    format!("status.{}.example", entry.slug)
}

/// What becomes of the pages.
fn change(internet: &PretendInternet, fates: &BTreeMap<&'static str, (Fate, &'static Entry)>) {
    let bigcorp = Site::Statuspage { id: "id-of-bigcorp".to_owned(), name: "Bigcorp".to_owned() };
    internet.set("https://status.bigcorp.example", bigcorp);
    for (fate, entry) in fates.values() {
        match fate {
            Fate::Stays => {}
            Fate::ChangesPlatform => internet.set(entry.url, Site::CState { name: entry.name.to_owned() }),
            Fate::Dies => internet.set(entry.url, Site::Dead),
            Fate::Moves => {
                internet.set(entry.url, Site::MovedTo(new_host(entry)));
                internet.set(&format!("https://{}", new_host(entry)), statuspage(entry));
            }
            Fate::LeadsToAnother => internet.set(entry.url, Site::MovedTo("status.bigcorp.example".to_owned())),
        }
    }
}

struct Instance {
    app: local::stack::Stack,
    store: Store,
    poller: Poller,
    only: Vec<ProviderId>,
    now: Timestamp,
}

impl Instance {
    async fn start(internet: &PretendInternet, entries: &[&Entry]) -> Self {
        let app = LocalApp::start_stack(None).await.unwrap();
        store::table::create_if_absent(&app.dynamodb, TABLE).await.unwrap();
        let poller = Self::poller(&app, internet, EVERY);
        let only = entries.iter().map(|entry| ProviderId::new(entry.slug)).collect();
        Self { store: LocalApp::store(&app).unwrap(), poller, app, only, now: Timestamp::now() }
    }

    /// A new process. `every`: the hours between two rounds.
    fn poller(app: &local::stack::Stack, internet: &PretendInternet, every: u64) -> Poller {
        let settings = Settings::new(Guard::default(), HeaderValue::from_static("a story"));
        let outbound = Outbound::new(Settings { served_here: Some(internet.hosts()), ..settings });
        let alerts = AlertsQueue::new(app.sqs.clone(), &app.queues.alerts);
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let options = Options { deadline: hours(1), tick: hours(every), ..Options::default() };
        Poller::new(outbound, Store::new(&app.dynamodb, TABLE), alerts, options)
    }

    /// Rounds for so many hours, one every few hours.
    async fn run(&mut self, hours: u64, every: u64) {
        for _ in 0..hours / every {
            self.now += Duration::from_secs(every * 3600);
            let event = PollEvent { only: self.only.clone(), ..PollEvent::default() };
            let summary = self.poller.handle(event, self.now).await.unwrap();
            assert_eq!((summary.alerts, summary.no_internet), (0, false), "{summary:?}");
        }
    }

    async fn overlay(&self) -> BTreeMap<String, OverlayRow> {
        let rows = self.store.catalogue_overlay().await.unwrap();
        rows.into_iter().map(|row| (row.provider.to_string(), row)).collect()
    }

    /// Nobody was told anything: no alert is stored, none waits.
    async fn assert_nothing_was_told(&self) {
        assert!(self.store.outbox().await.unwrap().is_empty());
        assert_eq!(self.app.waiting().await.unwrap(), 0);
        let summaries = self.store.page_summaries().await.unwrap();
        let open: Vec<_> = summaries.iter().filter(|summary| !summary.open.is_empty()).collect();
        assert!(open.is_empty(), "{open:?}");
    }
}

fn slugs(fates: &BTreeMap<&'static str, (Fate, &'static Entry)>, wanted: Fate) -> BTreeSet<String> {
    fates.iter().filter(|(_, (fate, _))| *fate == wanted).map(|(slug, _)| (*slug).to_owned()).collect()
}

fn with(overlay: &BTreeMap<String, OverlayRow>, said: impl Fn(&OverlayRow) -> bool) -> BTreeSet<String> {
    overlay.values().filter(|row| said(row)).map(|row| row.provider.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_catalogue_is_found_within_a_week_and_nothing_is_invented() {
    let (internet, entries) = (PretendInternet::default(), entries());
    let mut fates = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        let readable = is_readable(number, entry);
        internet.set(entry.url, if readable { statuspage(entry) } else { Site::Shop });
        fates.insert(entry.slug, (if readable && is_alone(entry) { fate(number) } else { Fate::Stays }, *entry));
    }
    let mut instance = Instance::start(&internet, &entries).await;
    // The first reads of pages without a known platform are spread over a day.
    instance.run(30, EVERY).await;
    instance.assert_nothing_was_told().await;
    let before = instance.overlay().await;
    for (number, entry) in entries.iter().enumerate().filter(|(_, entry)| is_alone(entry)) {
        let found = before.get(entry.slug).and_then(|row| row.platform.as_deref());
        let expected = formats::found_platform(entry.platform, "statuspage").filter(|_| is_readable(number, entry));
        assert_eq!(found, expected, "{}", entry.slug);
    }

    change(&internet, &fates);
    instance.run(7 * 24, EVERY).await;
    instance.assert_nothing_was_told().await;
    let overlay = instance.overlay().await;
    assert_eq!(with(&overlay, |row| row.platform.as_deref() == Some("cstate")), slugs(&fates, Fate::ChangesPlatform));
    assert_eq!(with(&overlay, |row| row.url.is_some()), slugs(&fates, Fate::Moves));
    assert_eq!(with(&overlay, |row| row.leads_to.is_some()), slugs(&fates, Fate::LeadsToAnother));
    for slug in slugs(&fates, Fate::Moves) {
        let host = format!("https://{}", new_host(fates[slug.as_str()].1));
        assert_eq!(overlay[&slug].url.as_deref(), Some(host.as_str()));
    }
    let failing = instance.store.failing().await.unwrap();
    let unreadable = failing.iter().filter(|(_, health)| health.state == HealthState::Unreadable);
    let unreadable: BTreeSet<String> = unreadable.map(|(page, _)| page.to_string()).collect();
    let shops = entries.iter().enumerate().filter(|(number, entry)| !is_readable(*number, entry) || !is_alone(entry));
    let shops: BTreeSet<String> = shops.map(|(_, entry)| entry.slug.to_owned()).collect();
    let gone: BTreeSet<String> = [Fate::Dies, Fate::LeadsToAnother].iter().flat_map(|it| slugs(&fates, *it)).collect();
    assert_eq!(unreadable.difference(&shops).cloned().collect::<BTreeSet<_>>(), gone);

    // The old addresses of those that moved are given up, and a month goes by.
    for slug in slugs(&fates, Fate::Moves) {
        internet.set(fates[slug.as_str()].1.url, Site::Dead);
    }
    instance.poller = Instance::poller(&instance.app, &internet, 24);
    instance.run(31 * 24, 24).await;
    let overlay = instance.overlay().await;
    let dead = with(&overlay, |row| row.dead_since.is_some());
    assert_eq!(dead.intersection(&gone).cloned().collect::<BTreeSet<_>>(), gone);
    assert!(dead.is_disjoint(&slugs(&fates, Fate::Moves)), "a new process reads them where they are");
    instance.assert_nothing_was_told().await;
    reports(&instance, &fates, &overlay).await;
    instance.app.stop().await;
}

/// `/catalogue` and the export say what was found.
async fn reports(
    instance: &Instance,
    fates: &BTreeMap<&'static str, (Fate, &'static Entry)>,
    overlay: &BTreeMap<String, OverlayRow>,
) {
    let patched = catalogue::apply_patch(catalogue::csv(), &catalogue::write_patch(overlay.values())).unwrap();
    assert!(catalogue::check(&patched.csv).is_empty());
    let rows = catalogue::read(&patched.csv);
    for row in rows.iter().filter(|row| fates.contains_key(row.slug)) {
        match fates[row.slug] {
            (Fate::Moves, entry) => assert_eq!(row.url, format!("https://{}", new_host(entry))),
            (Fate::ChangesPlatform, _) => assert_eq!(row.platform, "cstate"),
            (_, entry) => assert_eq!(row.url, entry.url),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/catalogue", listener.local_addr().unwrap());
    let pages = web::router(Web::new(instance.store.clone(), true, None));
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let page = String::from_utf8(http_client::get(&url).await.body.to_vec()).unwrap();
    for (fate, heading) in [(Fate::Moves, "Moved"), (Fate::LeadsToAnother, "Leads to a page")] {
        let heading = page.split_once(heading).unwrap_or_else(|| panic!("{heading} is missing")).1;
        let count = heading.split_once('(').unwrap().1.split_once(')').unwrap().0;
        assert_eq!(count, slugs(fates, fate).len().to_string());
    }
}
