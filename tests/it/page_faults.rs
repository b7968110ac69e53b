//! A page that fails while an incident is open on it: no alert is sent, the state does not change, the source health
//! gives the reason in our own words, and the page's recovery is no news either.
use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use status::{
    health::{HealthState, SourceHealth},
    page_state::HowEnded,
};
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{self, EVERYTHING, NETWORK, SECRET, World},
};

/// The provider's words, which no reason and no problem repeats.
const HIDDEN: &str = "words-of-the-vendor";

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn open_incident() -> Incident {
    let mut incident = Incident::new("i1", &["API"]).post("investigating");
    incident.title = HIDDEN.to_owned();
    incident
}

fn good() -> StatusPage {
    operational().with(open_incident())
}

fn summary(page: &str) -> String {
    format!("/p/{page}/api/v2/summary.json")
}

fn history(page: &str) -> String {
    format!("/p/{page}/api/v2/incidents.json")
}

/// The pages, each with the same incident open and alerted.
async fn with_an_alerted_incident(settings: &str, server: StatusPageServer, pages: &[String]) -> World {
    let receiver = Receiver::start().await;
    let hook = world::hook(&receiver, "hook") + &world::group("everyone", &["hook"], EVERYTHING);
    let world = World::with_short_timeout(server, receiver, &(settings.to_owned() + &hook)).await;
    pages.iter().for_each(|page| world.server.show(page, &operational()));
    world.round().await;
    pages.iter().for_each(|page| world.server.show(page, &good()));
    assert_eq!(world.round_events().await, vec!["opened i1"; pages.len()]);
    world
}

fn watched(server: &StatusPageServer, page: &str) -> String {
    world::page(server, page) + &world::monitor(page, page, "")
}

/// Name of the fault, the response in place of the summary, and what the reason must say.
type Case = (&'static str, Reply, &'static str);

/// Each fault on a page of its own, twice: with a configured format, and with a detected one, which is detected again
/// at the third failure.
async fn gives_no_data(cases: Vec<Case>) {
    let server = StatusPageServer::start().await;
    let mut settings = NETWORK.to_owned();
    let mut faults = Vec::new();
    for (name, fault, reason) in cases {
        let (configured, detected) = (format!("acme-{name}"), format!("acme-{name}-detected"));
        settings += &watched(&server, &configured);
        settings += &watched(&server, &detected).replace("format = 'statuspage'", "");
        faults.push((configured, fault.clone(), reason));
        faults.push((detected, fault, reason));
    }
    let pages: Vec<String> = faults.iter().map(|(page, ..)| page.clone()).collect();
    let world = with_an_alerted_incident(&settings, server, &pages).await;
    let mut before = Vec::new();
    for (page, fault, _) in &faults {
        before.push(world.page(page).await);
        world.server.set(&summary(page), fault.clone());
    }

    for round in 1..=3 {
        let told = world.round().await;
        assert_eq!(told.alerts, 0, "{:?}", world.receiver.events());
        for ((page, _, reason), before) in faults.iter().zip(&before) {
            let health = world.health(page).await.unwrap_or_else(|| panic!("{page}: is taken for readable"));
            assert_eq!((health.state, health.failures), (HealthState::Failing, round), "{page}");
            says(page, &health, health.reason.as_deref().unwrap_or_default(), reason);
            assert_eq!(world.page(page).await, *before, "{page}");
        }
    }

    pages.iter().for_each(|page| world.server.show(page, &good()));
    assert!(world.round_events().await.is_empty(), "a page that is readable again is no news");
    for (page, before) in pages.iter().zip(&before) {
        is_well(&world, page).await;
        assert_eq!(world.page(page).await.page_state, before.page_state, "{page}");
    }
    pages.iter().for_each(|page| world.server.show(page, &operational().with(open_incident().post("resolved"))));
    assert_eq!(world.round_events().await, vec!["resolved i1"; pages.len()]);
    world.finish().await;
}

fn says(page: &str, health: &SourceHealth, words: &str, expected: &str) {
    assert!(words.contains(expected), "{page}: {words}");
    for secret in [HIDDEN, SECRET, "/hook"] {
        assert!(!format!("{health:?}").contains(secret), "{page}: {health:?}");
    }
}

async fn is_well(world: &World, page: &str) {
    if let Some(health) = world.health(page).await {
        assert_eq!((health.state, health.failures, health.not_before), (HealthState::Readable, 0, None), "{page}");
        assert!(health.reason.is_none() && health.problems.is_empty(), "{page}: {health:?}");
    }
}

fn refusal(status: u16) -> Reply {
    Reply::Plain(status, Vec::new(), good().summary().to_string().into())
}

#[tokio::test]
async fn status_that_is_no_success_gives_no_data() {
    gives_no_data(vec![
        ("status-401", refusal(401), "refuses automated reading (status 401)"),
        ("status-403", refusal(403), "refuses automated reading (status 403)"),
        ("status-404", refusal(404), "(status 404)"),
        // Where nothing is there, the reason names the status of the page itself, which is 404.
        ("status-410", refusal(410), "(status 4"),
        ("status-429", refusal(429), "answered with status 429"),
        ("status-500", refusal(500), "answered with status 500"),
        ("status-503", refusal(503), "answered with status 503"),
    ])
    .await;
}

#[tokio::test]
async fn body_of_another_kind_gives_no_data() {
    let html = format!("<!DOCTYPE html><html><body>{HIDDEN}: sign in first</body></html>");
    let whole = good().summary().to_string();
    let half = whole[..whole.len() / 2].to_owned();
    let mut latin = whole.clone().into_bytes();
    let at = whole.find(HIDDEN).unwrap();
    latin[at] = 0xe9;
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(whole.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let deep = format!("{{\"page\":{}", "[".repeat(200_000));
    gives_no_data(vec![
        ("html", Reply::of_type("text/html", html.clone()), "got an HTML page"),
        ("html-as-json", Reply::of_type("application/json", html), "got an HTML page"),
        ("empty", Reply::json(""), "is empty"),
        ("no-content", Reply::status(204), "is empty"),
        ("list", Reply::json(format!("[\"{HIDDEN}\"]")), "got a JSON list"),
        ("error-object", Reply::json(json!({ "error": HIDDEN })), "no `page`"),
        ("half", Reply::json(half), "is cut off after"),
        ("deep", Reply::json(deep), "api/v2/summary.json"),
        ("latin-1", Reply::of_type("application/json", latin), "is not UTF-8"),
        ("utf-16", Reply::of_type("application/json", utf16), "is UTF-16"),
    ])
    .await;
}

#[tokio::test]
async fn body_beyond_all_bounds_gives_no_data() {
    const HUNDRED_MEGABYTES: u64 = 100_000_000;
    let cut = good().summary().to_string().split_off(300);
    gives_no_data(vec![
        ("announced", Reply::Large(HUNDRED_MEGABYTES), "larger than 4194304 bytes"),
        ("endless", Reply::Endless, "larger than 4194304 bytes"),
        ("silent", Reply::Hang, "no complete answer within"),
        ("cut", Reply::Cut(cut.into()), "broken answer"),
    ])
    .await;
}

#[tokio::test]
async fn packing_that_is_damaged_or_a_bomb_gives_no_data() {
    let packed = |encoding: &str, body: Vec<u8>| {
        Reply::Plain(200, vec![("content-encoding", encoding.to_owned())], Bytes::from(body))
    };
    let whole = gzip(good().summary().to_string().as_bytes());
    gives_no_data(vec![
        ("bomb", packed("gzip", gzip(&vec![b' '; 20_000_000])), "larger than 4194304 bytes"),
        ("truncated", packed("gzip", whole[..whole.len() - 9].to_vec()), "the compressed body is damaged"),
        (
            "not-compressed",
            packed("gzip", operational().summary().to_string().into()),
            "the compressed body is damaged",
        ),
        ("unasked", packed("zstd", whole), "not requested"),
    ])
    .await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn redirect_to_nowhere_or_inwards_gives_no_data() {
    let metadata = format!("http://169.254.169.254/latest/meta-data/{HIDDEN}");
    gives_no_data(vec![
        ("loop", Reply::redirect("?"), "redirects in a loop"),
        ("metadata", Reply::redirect(&metadata), "169.254.169.254, which is not a public address"),
        ("private", Reply::redirect(&format!("https://10.0.0.1/{HIDDEN}")), "10.0.0.1, which is not a public address"),
        ("file", Reply::redirect("file:///etc/passwd"), "not a URL we can reach"),
        ("nowhere", Reply::status(302), "redirects to no URL"),
    ])
    .await;
}

#[tokio::test]
async fn hostile_feed_gives_no_data() {
    let feed = |update: &str| {
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>Acme</title><entry><id>tag:acme,2026:i1</id>\
             <published>2026-02-25T06:14:20Z</published><updated>2026-02-25T06:14:20Z</updated><title>{HIDDEN}</title>\
             <content type='html'>&lt;p&gt;&lt;strong&gt;{update}&lt;/strong&gt; - {HIDDEN}&lt;/p&gt;</content>\
             </entry></feed>"
        )
    };
    let operational = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Acme</title></feed>".to_owned();
    let open = feed("Investigating");
    let bomb = format!(
        "<!DOCTYPE feed [<!ENTITY a '{HIDDEN}'>{}]><feed><title>&k;</title></feed>",
        ('b'..='k')
            .zip('a'..)
            .map(|(b, a)| format!("<!ENTITY {b} '{}'>", format!("&{a};").repeat(10)))
            .collect::<String>(),
    );
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = world::default_settings(&server, &receiver).replace("statuspage", "feed");
    let world = World::with(server, receiver, &settings, None).await;
    let show = |body: &str| world.server.set("/p/acme", Reply::of_type("application/atom+xml", body.to_owned()));
    show(&operational);
    world.round().await;
    show(&open);
    let told = world.round_events().await;
    assert_eq!(told.len(), 1, "{told:?}");
    let before = world.page("acme").await;

    let cut = &open[..open.find("Investigating").unwrap()];
    let cases = [
        (bomb.as_str(), "has a document type"),
        (cut, "is cut off after"),
        ("<html><body>Sign in first</body></html>", "/p/acme"),
        ("{\"incidents\": []}", "/p/acme"),
    ];
    for (round, (fault, reason)) in (1..).zip(cases) {
        show(fault);
        assert!(world.round_events().await.is_empty());
        let health = world.health("acme").await.unwrap();
        assert_eq!((health.state, health.failures), (HealthState::Failing, round));
        says(reason, &health, health.reason.as_deref().unwrap_or_default(), reason);
        assert_eq!(world.page("acme").await, before, "{reason}");
    }
    // A feed shows a window, so an empty one proves nothing.
    for body in [&operational, &open] {
        show(body);
        assert!(world.round_events().await.is_empty());
        is_well(&world, "acme").await;
        assert_eq!(world.page("acme").await.page_state, before.page_state);
    }
    show(&feed("Resolved").replace("06:14:20", "06:20:00"));
    assert_eq!(world.round_events().await.len(), 1);
    world.finish().await;
}

/// Faults that leave the page readable: name, summary, history, and the problem that is reported.
#[tokio::test]
async fn damaged_part_of_a_page_is_named_and_costs_nothing() {
    let whole = good();
    let with = |mut document: Value, change: fn(&mut Value)| {
        change(&mut document);
        Reply::json(document)
    };
    let without_id = |incident: &mut Value| incident["incidents"][0]["id"] = Value::Null;
    let not_a_list = |incident: &mut Value| incident["incidents"][0]["incident_updates"] = json!("none");
    let without_zone = |document: Value| Reply::json(document.to_string().replace("Z\"", "\""));
    let odd_status = |document: &mut Value| document["components"][0]["status"] = json!("on_fire");
    let bare = |document: &mut Value| document["components"] = json!([]);
    let emptied = with(operational().summary(), bare);
    // The same content in other bytes, so that it is parsed.
    let other_bytes = |document: &mut Value| document["status"]["description"] = json!("as it was");
    let (gone, seen) = (operational().summary(), || whole.history());
    let cases = [
        ("id", with(whole.summary(), without_id), with(seen(), without_id), "an incident without id was left out"),
        ("shape", with(whole.summary(), not_a_list), with(seen(), not_a_list), "an incident of another shape"),
        ("zone", without_zone(whole.summary()), without_zone(seen()), "is no time with a zone"),
        ("word", with(whole.summary(), odd_status), Reply::json(seen()), "unknown status \"on_fire\""),
        ("bare", with(whole.summary(), bare), Reply::json(seen()), "lists no component"),
        ("emptied", emptied, Reply::json(operational().history()), "lists no component"),
        ("history-500", with(whole.summary(), other_bytes), Reply::status(500), "the history could not be read"),
        ("gone-and-500", Reply::json(gone.clone()), Reply::status(500), "the history could not be read"),
        ("gone-and-hang", Reply::json(gone.clone()), Reply::Hang, "the history could not be read"),
        ("gone-and-html", Reply::json(gone.clone()), Reply::of_type("text/html", "<html>"), "the history could not be"),
        ("gone-and-half", Reply::json(gone), Reply::json("{\"incidents\": ["), "the history could not be read"),
    ];
    let server = StatusPageServer::start().await;
    let pages: Vec<String> = cases.iter().map(|(page, ..)| (*page).to_owned()).collect();
    let settings = pages.iter().fold(NETWORK.to_owned(), |settings, page| settings + &watched(&server, page));
    let world = with_an_alerted_incident(&settings, server, &pages).await;
    let mut before = Vec::new();
    for (page, now, past, _) in &cases {
        before.push(world.page(page).await.page_state);
        world.server.set(&summary(page), now.clone());
        world.server.set(&history(page), past.clone());
    }
    for _ in 0..3 {
        assert!(
            world.round_events().await.is_empty(),
            "{:?}",
            world.receiver.messages().last().map(|message| message.json())
        );
        for ((page, _, _, problem), before) in cases.iter().zip(&before) {
            let health = world.health(page).await.unwrap_or_else(|| panic!("{page}: is taken for whole"));
            assert_eq!(health.state, HealthState::Readable, "{page}");
            says(page, &health, &health.problems.join("; "), problem);
            assert_eq!(world.page(page).await.page_state, *before, "{page}");
        }
    }
    pages.iter().for_each(|page| world.server.show(page, &whole));
    assert!(world.round_events().await.is_empty());
    for (page, before) in pages.iter().zip(&before) {
        is_well(&world, page).await;
        assert_eq!(world.page(page).await.page_state, *before, "{page}");
    }
    world.finish().await;
}

#[tokio::test]
async fn json_under_another_name_is_read_all_the_same() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let show = |page: &StatusPage| {
        world.server.set(&summary("acme"), Reply::of_type("text/html; charset=utf-8", page.summary().to_string()));
        world.server.set(&history("acme"), Reply::of_type("application/octet-stream", page.history().to_string()));
    };
    show(&good());
    assert_eq!(world.round_events().await, ["opened i1"]);
    show(&operational().with(open_incident().post("resolved")));
    assert_eq!(world.round_events().await, ["resolved i1"]);
    is_well(&world, "acme").await;
    world.finish().await;
}

#[tokio::test]
async fn list_that_was_emptied_ends_an_incident_at_the_second_read() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    world.server.show("acme", &good());
    world.round().await;

    world.server.show("acme", &operational());
    assert!(world.round_events().await.is_empty(), "one read may be a mistake");
    world.server.show("acme", &good());
    assert!(world.round_events().await.is_empty(), "it was a mistake");

    world.server.show("acme", &operational());
    assert!(world.round_events().await.is_empty(), "the first read without it");
    assert_eq!(world.round_events().await, ["resolved i1"]);
    let told = world.receiver.messages().pop().unwrap().json();
    assert_eq!(told["data"]["alert"]["note"], "no longer listed by the provider");
    let page_state = world.page("acme").await.page_state;
    let ended: Vec<_> = page_state.incidents.iter().map(|incident_state| incident_state.ended.unwrap().how).collect();
    assert_eq!(ended, [HowEnded::NoLongerListed]);
    assert!(world.round_events().await.is_empty());
    world.finish().await;
}
