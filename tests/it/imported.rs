//! History from before the first read: it is imported once, shown as imported, and nobody is alerted of it.
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use status::{incident_timeline::IncidentTimeline, page_state::IncidentState};
use store::{Commit, PageHead, PageRecord, Store};
use tests::{
    faults::{Fault, Faults},
    http_client,
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{self, World, WorldOptions},
};
use tokio::net::TcpListener;

/// Incidents of the page's past, over four months.
const PAST: i64 = 80;
const HOURS_BETWEEN: i64 = 36;
/// How many the API lists.
const LISTED: usize = 50;
/// The first document of a history.
const PLANNED: &str = "/p/acme/api/v2/scheduled-maintenances.json";

fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

fn id(number: i64) -> String {
    format!("1nc1dent{number:04}")
}

/// When a past incident began. The newest has number 1.
fn began_at(number: i64) -> Timestamp {
    ago(HOURS_BETWEEN * number)
}

/// A Statuspage with four months of history, of which its API lists the newest 50 incidents whatever page is asked for.
fn show(world: &World, more: Option<Incident>) {
    let past = (1..=PAST).rev().map(|number| {
        Incident::new(&id(number), &["API"]).begun_at(began_at(number)).post("investigating").post("resolved")
    });
    let page = past.chain(more).fold(StatusPage::operational(&["API", "Web"]), StatusPage::with);
    world.server.show("acme", &page);
    let mut history = page.history();
    history["incidents"].as_array_mut().unwrap().truncate(LISTED);
    world.server.set("/p/acme/api/v2/incidents.json", Reply::json(history));
    world.server.set("/p/acme/history.json?page=1", Reply::json(months(0)));
    world.server.set("/p/acme/history.json?page=2", Reply::json(months(3)));
}

/// The list of three months, so many months ago, as the page displays it. One entry of it has not ended, which the list
/// does not show.
fn months(back: i64) -> Value {
    let month_of = |at: Timestamp| {
        let at = TimeZone::UTC.to_datetime(at);
        i64::from(at.year()) * 12 + i64::from(at.month())
    };
    let listed = |number: &i64| (back..back + 3).contains(&(month_of(Timestamp::now()) - month_of(began_at(*number))));
    let entry = |code: &str, at: Timestamp| {
        let at = TimeZone::UTC.to_datetime(at);
        let timestamp = at.strftime(
            "%b <var data-var='date'>%e</var>, <var data-var='time'>%H:%M</var> - <var data-var='time'>23:59</var> UTC",
        );
        json!({"code": code, "name": "Past trouble", "message": "All is well.", "impact": "major",
            "timestamp": timestamp.to_string()})
    };
    let year_of = |at: Timestamp| TimeZone::UTC.to_datetime(at).year();
    let mut months: Vec<Value> = (1..=PAST)
        .filter(listed)
        .map(|number| {
            let at = began_at(number);
            json!({"name": "a month", "year": year_of(at), "incidents": [entry(&id(number), at)]})
        })
        .collect();
    if back == 0 {
        let now = Timestamp::now();
        months.push(json!({"name": "now", "year": year_of(now), "incidents": [entry("st1ll0pen001", now)]}));
    }
    json!({ "months": months })
}

async fn timelines(store: &Store) -> Vec<IncidentTimeline> {
    store.timelines_of(&"acme".into(), 200, None).await.unwrap().timelines
}

/// On how many days the page of the provider shows imported incidents.
async fn imported_days(world: &World) -> usize {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/providers/acme", listener.local_addr().unwrap());
    world.serve_pages(listener);
    let page = String::from_utf8(http_client::get(&url).await.body.to_vec()).unwrap();
    let counts = page.split("imported incidents on ").skip(1).map(|rest| rest.split_once(' ').unwrap().0);
    counts.map(|count| count.parse().unwrap()).max().unwrap_or_default()
}

fn is_backfilled(state: &IncidentState) -> bool {
    state.backfilled
}

#[tokio::test]
async fn history_before_the_first_read_is_imported_once_and_never_alerted() {
    let world = World::start().await;
    show(&world, None);
    let start = ago(2);
    let minutes = |minutes: i64| start + SignedDuration::from_mins(minutes);
    world.poll(start).await;
    assert_eq!(timelines(&world.app.store).await.len(), LISTED, "the first read takes what the API lists");
    assert!(world.page("acme").await.head.import_pending_since.is_some());

    let before = world.server.request_count();
    world.poll(minutes(30)).await;
    world.deliver().await;
    let requests = world.server.request_count() - before;
    assert!(requests <= 1 + formats::history("statuspage").unwrap().max_requests, "{requests} requests");
    assert_eq!(world.page("acme").await.head.import_pending_since, None);
    let imported = timelines(&world.app.store).await;
    assert!(imported.iter().all(|it| it.backfilled && it.ended_at.is_some()));
    let is_there = |wanted: &str| imported.iter().any(|it| it.id.as_str() == wanted);
    // Number 60 began 90 days ago.
    assert!((1..=59).all(|number| is_there(&id(number))), "{imported:#?}");
    assert!((62..=PAST).all(|number| !is_there(&id(number))));
    assert!(!is_there("st1ll0pen001"), "the list of the past does not say whether it is over");
    let days = imported_days(&world).await;
    assert!(days > LISTED && days <= 61, "{days} days are shown as imported");
    assert_eq!(world.receiver.events(), Vec::<String>::new());

    let before = world.server.request_count();
    world.poll(minutes(50)).await;
    assert_eq!(world.server.request_count() - before, 1, "it is imported once");
    assert!(world.page("acme").await.page_state.incidents.iter().all(is_backfilled));

    show(&world, Some(Incident::new("n3w1nc1dent1", &["API"]).begun_at(minutes(60)).post("investigating")));
    world.poll(minutes(70)).await;
    world.poll(minutes(71)).await;
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened n3w1nc1dent1"]);
    world.finish().await;
}

/// Polls at these minutes after `start`, and returns how often the history was asked for at each.
async fn asked_at<const N: usize>(world: &World, start: Timestamp, minutes: [i64; N]) -> [usize; N] {
    let mut asked = [0; N];
    for (asked, minute) in asked.iter_mut().zip(minutes) {
        let before = world.server.requests_to(PLANNED);
        world.poll(start + SignedDuration::from_mins(minute)).await;
        *asked = world.server.requests_to(PLANNED) - before;
    }
    asked
}

#[tokio::test]
async fn history_is_imported_beside_an_incident_that_stays_open() {
    let world = World::start().await;
    show(&world, Some(Incident::new("l0ng0pen0001", &["API"]).begun_at(ago(30)).post("investigating")));
    let start = ago(2);
    assert_eq!(asked_at(&world, start, [0, 5, 30, 100]).await, [0, 0, 1, 0]);
    assert!(world.page("acme").await.head.imported_at.is_some());
    let listed = timelines(&world.app.store).await;
    let open: Vec<&str> = listed.iter().filter(|it| it.ended_at.is_none()).map(|it| it.id.as_str()).collect();
    assert_eq!(open, ["l0ng0pen0001"]);
    assert!(listed.iter().any(|it| it.id.as_str() == id(59)));
    world.deliver().await;
    assert_eq!(world.receiver.events(), Vec::<String>::new());
    world.finish().await;
}

#[tokio::test]
async fn history_of_a_page_in_trouble_is_asked_for_each_hour_and_given_up_after_three_days() {
    const DAYS: i64 = 3 * 24 * 60;
    let world = World::start().await;
    show(&world, None);
    world.server.set(PLANNED, Reply::status(503));
    let start = ago(4 * 24);
    assert_eq!(asked_at(&world, start, [0, 30, 60, 95]).await, [0, 1, 0, 1]);
    assert!(world.page("acme").await.head.import_pending_since.is_some());
    assert_eq!(asked_at(&world, start, [DAYS - 5, DAYS + 90, DAYS + 300]).await, [1, 1, 0]);
    let head = world.page("acme").await.head;
    assert!(head.import_pending_since.is_none() && head.imported_at.is_some());
    assert_eq!(timelines(&world.app.store).await.len(), LISTED);
    world.finish().await;
}

#[tokio::test]
async fn history_is_not_asked_for_again_before_the_page_allows_it() {
    let world = World::start().await;
    show(&world, None);
    world.server.set(PLANNED, Reply::Plain(503, vec![("retry-after", "7200".to_owned())], Vec::new().into()));
    let start = ago(5);
    assert_eq!(asked_at(&world, start, [0, 30, 95, 145, 155]).await, [0, 1, 0, 0, 1]);
    world.finish().await;
}

#[tokio::test]
async fn history_that_is_too_large_to_be_stored_is_done_without() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = world::default_settings(&server, &receiver);
    let faults = Faults::new(0);
    let options = WorldOptions { faults: Some(faults.clone()), ..WorldOptions::default() };
    let world = World::with_options(server, receiver, &settings, options).await;
    show(&world, None);
    let start = ago(4);
    world.poll(start).await;
    faults.choose(Fault::TooLarge, "TransactWriteItems", "PAGE#acme", 1);
    assert_eq!(asked_at(&world, start, [30, 120]).await, [1, 0]);
    assert_eq!(faults.chosen_left(), 0);
    assert!(world.page("acme").await.head.imported_at.is_some());
    assert_eq!(timelines(&world.app.store).await.len(), LISTED);
    world.finish().await;
}

/// As an earlier version left it, which knew no history of its platform.
async fn unmark(world: &World) {
    let PageRecord { head, page_state } = world.page("acme").await;
    let read_version = Some(head.version);
    let head = PageHead { version: head.version + 1, import_pending_since: None, imported_at: None, ..head };
    let page = PageRecord { head, page_state };
    let now = Timestamp::now();
    let (incidents, alerts) = (Vec::new(), Vec::new());
    let commit = Commit { page, read_version, incidents, page_summary: None, alerts, now };
    world.app.store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn another_process_imports_the_history_of_a_page_that_was_read_before_also_of_one_without_a_mark() {
    for has_mark in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
        let settings = world::default_settings(&server, &receiver);
        let start = ago(6);
        let world = World::with(server.clone(), receiver.clone(), &settings, Some(folder.path())).await;
        show(&world, None);
        world.poll(start).await;
        if !has_mark {
            unmark(&world).await;
        }
        let version = world.page("acme").await.head.version;
        world.finish().await;

        let world = World::with(server, receiver, &settings, Some(folder.path())).await;
        let asked = asked_at(&world, start, std::array::from_fn::<_, 18, _>(|n| 60 + 14 * n as i64)).await;
        assert_eq!(asked.iter().sum::<usize>(), 1, "{asked:?}");
        let head = world.page("acme").await.head;
        assert!(head.imported_at.is_some());
        assert_eq!(head.version, version + 1, "an unchanged page is not written to mark it");
        assert!(timelines(&world.app.store).await.len() > LISTED);
        world.finish().await;
    }
}
