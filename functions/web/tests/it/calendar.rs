//! Maintenance, on the calendar page and as iCalendar.
use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use status::{
    snapshot::{Affected, Incident, Kind, Window},
    words::Phase,
};

use crate::world::{World, component, incident, router, snapshot};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// `seconds` from now, without a fraction.
fn from_now(seconds: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() + SignedDuration::from_secs(seconds)
}

fn planned(id: &str, starts_at: Timestamp, hours: i64) -> Incident {
    let ends_at = Some(starts_at + SignedDuration::from_secs(hours * HOUR));
    Incident {
        kind: Kind::Maintenance,
        phase: Some(Phase::Scheduled),
        started_at: None,
        window: Some(Window { starts_at: Some(starts_at), ends_at }),
        components: vec![Affected { id: "db".into(), status: None }],
        ..incident(id, &format!("Work {id}"), starts_at)
    }
}

async fn read(world: &World, maintenance: &[Incident], now: Timestamp) {
    world.read("acme", &snapshot(&[component("db", "Main database")], maintenance), now).await;
}

/// The unfolded lines of the only event.
async fn event(world: &World, path: &str) -> Vec<String> {
    let request = Request::get(path).header(header::HOST, "status.example.com").body(Body::empty()).unwrap();
    let (status, headers, text) = world.ask(request).await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, "text/calendar; charset=utf-8")
    );
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    let text = text.replace("\r\n ", "");
    let events: Vec<&str> = text.split("BEGIN:VEVENT\r\n").skip(1).collect();
    assert!(events.len() <= 1, "{text}");
    events.iter().flat_map(|event| event.split("\r\n").map(str::to_owned)).collect()
}

fn value<'a>(event: &'a [String], name: &str) -> &'a str {
    event
        .iter()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .unwrap_or_else(|| panic!("{name}: {event:?}"))
}

#[tokio::test]
async fn maintenance_is_an_event_that_keeps_its_uid_when_it_is_rescheduled() {
    let world = World::start(&["acme"]).await;
    read(&world, &[], from_now(-2 * HOUR)).await;
    let starts_at = from_now(DAY);
    read(&world, &[planned("m1", starts_at, 2)], from_now(-HOUR)).await;
    let first = event(&world, "/calendar.ics").await;
    assert_eq!(value(&first, "SUMMARY"), "Acme: Work m1");
    assert_eq!(value(&first, "DTSTART"), starts_at.strftime("%Y%m%dT%H%M%SZ").to_string());
    assert_eq!(value(&first, "URL"), "http://status.example.com/maintenances/acme/m1");
    assert_eq!((value(&first, "STATUS"), value(&first, "CATEGORIES")), ("CONFIRMED", "Acme"));
    assert!(value(&first, "DESCRIPTION").contains("Affects: Main database"));

    read(&world, &[planned("m1", starts_at + Duration::from_secs(3_600), 2)], from_now(-60)).await;
    let moved = event(&world, "/providers/acme/calendar.ics").await;
    let sequence = |event: &[String]| value(event, "SEQUENCE").parse::<u32>().unwrap();
    assert_eq!(value(&first, "UID"), value(&moved, "UID"));
    assert!(sequence(&first) < sequence(&moved) && value(&first, "DTSTAMP") < value(&moved, "DTSTAMP"));
    assert!(value(&moved, "DESCRIPTION").contains("Rescheduled from"));

    let retitled = Incident { title: "Other words".into(), ..planned("m1", starts_at + Duration::from_secs(3_600), 2) };
    read(&world, &[retitled], from_now(-30)).await;
    let retitled = event(&world, "/watched.ics").await;
    assert!(sequence(&moved) < sequence(&retitled));
}

#[tokio::test]
async fn cancelled_maintenance_stays_in_the_calendar_for_a_month() {
    for (read_at, is_there) in [(-2 * HOUR, true), (-31 * DAY, false)] {
        let world = World::start(&["acme"]).await;
        read(&world, &[], from_now(read_at - HOUR)).await;
        read(&world, &[planned("m1", from_now(DAY), 2)], from_now(read_at - 180)).await;
        for seconds in [120, 60] {
            read(&world, &[], from_now(read_at - seconds)).await;
        }
        let event = event(&world, "/calendar.ics").await;
        assert_eq!(!event.is_empty(), is_there);
        if is_there {
            assert_eq!(value(&event, "STATUS"), "CANCELLED");
            let (_, _, page) = world.get("/calendar?view=list").await;
            assert!(page.contains("Cancelled"));
        }
    }
}

#[tokio::test]
async fn each_calendar_holds_its_providers_only() {
    let world = World::start(&["acme"]).await;
    read(&world, &[planned("m1", from_now(DAY), 2)], from_now(-HOUR)).await;
    world.read("github", &snapshot(&[], &[planned("m2", from_now(DAY), 2)]), from_now(-HOUR)).await;
    let router = router(web::Web::new(world.store.clone(), true, Some("https://public.example/".into())));
    let events = async |path: &str| {
        use tower::ServiceExt as _;
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap().replace("\r\n ", "");
        text.split("\r\n").filter_map(|line| line.strip_prefix("URL:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (m1, m2) = ("https://public.example/maintenances/acme/m1", "https://public.example/maintenances/github/m2");
    let mut all = events("/calendar.ics").await;
    all.sort();
    assert_eq!(all, [m1, m2]);
    assert_eq!(events("/watched.ics").await, [m1]);
    assert_eq!(events("/providers/github/calendar.ics").await, [m2]);
    assert_eq!(world.get("/providers/nobody/calendar.ics").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_hostile_host_is_not_linked() {
    let world = World::start(&["acme"]).await;
    read(&world, &[planned("m1", from_now(DAY), 2)], from_now(-HOUR)).await;
    let request = Request::get("/calendar.ics").header(header::HOST, "evil.example/x?").body(Body::empty()).unwrap();
    let (status, _, text) = world.ask(request).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!text.contains("evil") && !text.contains("URL:"), "{text}");
}

#[tokio::test]
async fn maintenance_is_on_each_of_its_days_in_every_view() {
    let world = World::start(&["acme"]).await;
    let starts_at: Timestamp = "2026-11-03T22:30:00Z".parse().unwrap();
    read(&world, &[planned("m1", starts_at, 48)], starts_at - SignedDuration::from_secs(DAY)).await;
    let seen = async |query: &str| {
        let (status, _, page) = world.get(&format!("/calendar?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}");
        page
    };
    let links = |page: &str| page.matches("href=\"/maintenances/acme/m1\"").count();
    let month = seen("at=2026-11-10").await;
    assert_eq!(links(&month), 1, "it is one bar");
    assert!(month.contains("<td class=\"long\" colspan=\"3\">"), "{month}");
    assert!(month.contains("Maintenance in November 2026 (UTC)") && month.contains("22:30"));
    let berlin = seen("at=2026-11-10&zone=europe/berlin").await;
    assert!(berlin.contains("23:30") && berlin.contains("zone=Europe%2FBerlin"));
    assert_eq!((links(&seen("view=week&at=2026-11-04").await), links(&seen("view=list&at=2026-11-04").await)), (3, 2));
    assert_eq!(links(&seen("at=2026-11-10&provider=nobody").await), 0);
    assert_eq!(links(&seen("at=2026-11-10&show=mine").await), 1);
    assert_eq!(links(&seen("at=2026-11-10&show=running").await), 0);
    for odd in
        ["at=9999-99-99", "at=-5", "at=%00", "view=x&zone=%3Cscript%3E", "zone=Nowhere%2FLand&at=2026-02-31", "show=x"]
    {
        assert!(!seen(odd).await.contains("<script>"), "{odd}");
    }
}

#[tokio::test]
async fn bar_goes_on_in_the_next_week_and_a_night_is_no_bar() {
    let world = World::start(&["acme"]).await;
    let starts_at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (week, night) = (starts_at("2026-11-06T10:00:00Z"), starts_at("2026-11-10T22:00:00Z"));
    read(&world, &[planned("m1", week, 96), planned("m2", night, 4)], week - SignedDuration::from_secs(DAY)).await;
    let (_, _, month) = world.get("/calendar?at=2026-11-10").await;
    assert_eq!(month.matches("href=\"/maintenances/acme/m1\"").count(), 2, "once in each week");
    assert!(month.contains("class=\"long\" colspan=\"3\"") && month.contains("class=\"long\" colspan=\"2\""));
    assert_eq!(month.matches("href=\"/maintenances/acme/m2\"").count(), 2, "it is in the cells of both days");
}

#[tokio::test]
async fn calendar_starts_at_this_week_and_folds_its_days_that_are_over() {
    let world = World::start(&["acme"]).await;
    let now = from_now(0);
    read(&world, &[], now - SignedDuration::from_secs(90 * DAY)).await;
    read(&world, &[planned("old", from_now(-40 * DAY), 2), planned("soon", from_now(DAY), 2)], from_now(-60)).await;
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let (monday, dates) = (today.weekday().to_monday_zero_offset(), |page: &str| {
        let days = page.split("<time datetime=\"").skip(1).map(|rest| rest[..10].to_owned());
        days.filter(|day| day.parse::<jiff::civil::Date>().is_ok()).collect::<Vec<_>>()
    });
    let first = today - jiff::Span::new().days(monday);
    for query in ["", "?view=week", "?view=list"] {
        let (_, _, page) = world.get(&format!("/calendar{query}")).await;
        let listed = page.split_once("data-live").unwrap().1;
        assert!(!listed.contains("/acme/old\""), "{query}");
        assert!(dates(listed).iter().all(|day| *day >= first.to_string()), "{query}: {:?}", dates(listed));
        assert!(page.contains("data-zone"), "the script may choose the zone");
        assert!(!page.contains("/providers/acme/calendar.ics"), "the list of providers is there once, to choose from");
    }
    let (_, _, page) = world.get("/calendar?provider=acme").await;
    assert!(page.contains("href=\"/providers/acme/calendar.ics\""));
    let (_, _, page) = world.get("/calendar?zone=UTC").await;
    assert!(!page.contains("data-zone") && page.contains("zone=UTC"), "UTC was asked for");
    let before = page.split_once("rel=\"prev\" href=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
    let mut pages = vec![before];
    while !world.get(pages.last().unwrap()).await.2.contains("/acme/old\"") {
        let (_, _, page) = world.get(pages.last().unwrap()).await;
        let before = page.split_once("rel=\"prev\" href=\"").unwrap().1.split_once('"').unwrap().0;
        pages.push(before.replace("&amp;", "&"));
        assert!(pages.len() < 5, "{pages:?}");
    }
}

#[tokio::test]
async fn maintenance_without_a_time_is_listed_apart() {
    let world = World::start(&["acme"]).await;
    let maintenance = Incident { window: None, phase: Some(Phase::InProgress), ..planned("m1", from_now(0), 1) };
    read(&world, &[maintenance], from_now(-HOUR)).await;
    let (_, _, list) = world.get("/calendar?view=list&show=running").await;
    assert!(list.contains("No time given") && list.contains("/maintenances/acme/m1") && list.contains("Main database"));
    assert!(world.get("/calendar").await.2.contains("1 without a planned time"));
    assert!(event(&world, "/calendar.ics").await.is_empty(), "an event needs a start");
}

#[tokio::test]
async fn overrunning_and_rescheduled_maintenance_is_marked() {
    let world = World::start(&["acme"]).await;
    read(&world, &[], from_now(-8 * HOUR)).await;
    read(&world, &[planned("m1", from_now(-3 * HOUR), 1)], from_now(-7 * HOUR)).await;
    let begun = Incident { phase: Some(Phase::InProgress), ..planned("m1", from_now(-2 * HOUR), 1) };
    read(&world, &[begun], from_now(-2 * HOUR)).await;
    let (_, _, list) = world.get("/calendar?view=week&show=running").await;
    assert!(list.contains("Overrunning") && list.contains("Was due to end 1 h ago"), "{list}");
    assert!(list.contains("Rescheduled from") && !list.contains("The provider says"));
    let (_, _, month) = world.get("/calendar").await;
    let former = from_now(-3 * HOUR).strftime("%-d %b, ").to_string();
    let moved = month.split_once(">Rescheduled</span>").unwrap().1.split_once("</span>").unwrap().0;
    assert!(moved.contains("from <time") && moved.contains(&former), "{moved}");
}
