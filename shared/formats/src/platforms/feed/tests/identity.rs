//! Different incidents never become one, and one stays one.
use status::{
    snapshot::{Incident, Kind},
    words::{Impact, Phase},
};

use crate::{
    platforms::feed::FORMAT,
    testing::{Page, facts::at},
};

const ROOT: &str = "https://status.example.com/";

/// Title, link, guid and time of an item.
type Item<'a> = (&'a str, &'a str, &'a str, &'a str);

fn read_known(items: &[Item<'_>], open: &[&str]) -> Vec<Incident> {
    let items: String = items
        .iter()
        .map(|(title, link, guid, time)| {
            format!(
                "<item><title>{title}</title><link>{link}</link><guid>{guid}</guid><pubDate>{time} GMT</pubDate>\
                 <description>Text of {time}.</description></item>"
            )
        })
        .collect();
    let feed = format!("<rss><channel><link>{ROOT}</link>{items}</channel></rss>");
    let open: Vec<_> = open.iter().map(|id| (Kind::Incident, *id)).collect();
    let page = Page::of(&[("rss", &feed)]).at_time("2026-07-10T12:00:00Z");
    page.read(&FORMAT, Some("rss"), &open).1.unwrap().snapshot.incidents
}

fn ids(items: &[Item<'_>]) -> Vec<String> {
    let mut ids: Vec<String> = read_known(items, &[]).into_iter().map(|incident| incident.id.to_string()).collect();
    ids.sort();
    ids
}

const TIMES: [&str; 3] = ["10 Jul 2026 10:00", "10 Jul 2026 09:00", "9 Jul 2026 09:00"];

#[test]
fn a_guid_behind_a_link_that_is_no_page_of_its_own_is_the_id() {
    for link in
        [ROOT, "https://status.example.com", "https://status.example.com/status", "https://x.example/en/history"]
    {
        let guids = [1, 2].map(|number| format!("{link}#{number}"));
        let found = ids(&[("API is slow", link, &guids[1], TIMES[0]), ("Mail is slow", link, &guids[0], TIMES[1])]);
        assert_eq!(found, guids, "{link}");
        // Also where they have the same title: each has its own id.
        let found = ids(&[("API is slow", link, &guids[1], TIMES[0]), ("API is slow", link, &guids[0], TIMES[2])]);
        assert_eq!(found, guids, "{link}");
    }
    // An address that might be one of an incident, if others did not use it too.
    let link = "https://status.example.com/board-2";
    let guids = [1, 2].map(|number| format!("{link}#{number}"));
    assert_eq!(ids(&[("a", link, &guids[1], TIMES[0]), ("b", link, &guids[0], TIMES[1])]), guids);
}

#[test]
fn a_guid_behind_the_link_of_its_incident_numbers_an_update() {
    for link in ["https://status.example.com/incident/412", "https://x.example/i/412", "https://x.example/slow-api"] {
        let guids = [1, 2].map(|number| format!("{link}#{number}"));
        let found = ids(&[("API is slow", link, &guids[1], TIMES[0]), ("API is slow", link, &guids[0], TIMES[1])]);
        assert_eq!(found.len(), 1, "{link}: {found:?}");
    }
}

#[test]
fn what_all_entries_have_in_common_is_no_identity() {
    let news = "https://www.example.com/company/board-7";
    for (link, guid) in [(ROOT, ""), (ROOT, ROOT), ("", ROOT), (news, ""), ("https://h/incidents/history", "")] {
        let found = ids(&[("API is slow", link, guid, TIMES[0]), ("Mail is slow", link, guid, TIMES[1])]);
        assert_eq!(found.len(), 2, "{link} {guid}");
    }
    let tagged = "https://status.example.com/?utm_source=rss";
    assert_eq!(ids(&[("API is slow", tagged, "", TIMES[0]), ("Mail is slow", tagged, "", TIMES[1])]).len(), 2);
}

const AWS: &str = "https://status.aws.amazon.com/";

/// An item of Amazon's: its title, service and region, and minutes since the start.
fn amazon(items: &[(&str, &str, i64)], open: &[&str]) -> Vec<Incident> {
    let start = 1_783_670_400; // 10 Jul 2026, 08:00 UTC
    let guid = |series: &str, minutes: i64| format!("{AWS}#{series}_{}", start + minutes * 60);
    let time = |minutes: i64| {
        let at = jiff::Timestamp::from_second(start + minutes * 60).unwrap();
        at.strftime("%d %b %Y %H:%M:%S").to_string()
    };
    let texts: Vec<_> = items.iter().map(|(_, series, minutes)| (guid(series, *minutes), time(*minutes))).collect();
    let items: Vec<Item<'_>> = items
        .iter()
        .zip(&texts)
        .map(|((title, ..), (guid, time))| (*title, AWS, guid.as_str(), time.as_str()))
        .collect();
    let mut found = read_known(&items, open);
    found.sort_by_key(|incident| incident.id.clone());
    found
}

const EC2: &str = "ec2-us-east-1";
const BEGUN: &str = "ec2-us-east-1_1783670400";

#[test]
fn updates_of_one_event_at_amazon_have_a_guid_each() {
    let (a, b, c) = (
        ("Informational message: Lost packets", EC2, 0),
        ("Service disruption: Lost packets", EC2, 20),
        ("Service is operating normally: [RESOLVED] Lost packets", EC2, 40),
    );
    let facts = |items: &[(&str, &str, i64)]| {
        let found = amazon(items, &[]);
        let [incident] = &found[..] else { panic!("{found:?}") };
        assert_eq!((incident.id.as_str(), incident.title.as_str()), (BEGUN, "Lost packets"));
        (incident.updates.len(), incident.phase, incident.impact)
    };
    assert_eq!(facts(&[a]), (1, None, Some(Impact::None)));
    assert_eq!(facts(&[b, a]), (2, None, Some(Impact::Major)));
    assert_eq!(facts(&[c, b, a]), (3, Some(Phase::Resolved), Some(Impact::Major)));
    let found = amazon(&[c, b, a], &[]);
    assert_eq!((found[0].started_at, found[0].resolved_at), (at("2026-07-10T08:00:00Z"), at("2026-07-10T08:40:00Z")));
}

#[test]
fn what_comes_after_the_end_is_another_event() {
    let found = amazon(
        &[
            ("Service impact: Lost packets", EC2, 90),
            ("Service is operating normally: Lost packets", EC2, 40),
            ("Informational message: Lost packets", EC2, 0),
        ],
        &[],
    );
    let facts: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.phase)).collect();
    assert_eq!(facts, [(BEGUN, Some(Phase::Resolved)), ("ec2-us-east-1_1783675800", None)]);
}

#[test]
fn other_regions_services_and_titles_are_other_events() {
    let found = amazon(
        &[
            ("Service disruption: Lost packets", "ec2-us-east-1", 3),
            ("Service disruption: Lost packets", "ec2-us-east-2", 2),
            ("Service disruption: Lost packets", "rds-us-east-1", 1),
            ("Service disruption: Console sign-in", "ec2-us-east-1", 0),
        ],
        &[],
    );
    assert_eq!(found.len(), 4);
}

#[test]
fn an_event_may_get_another_title_as_it_goes_on() {
    let found = amazon(
        &[
            ("Service is operating normally: [RESOLVED] Everything about volumes", EC2, 60),
            ("Service degradation: Increased packet loss and latency", EC2, 30),
            ("Informational message: Packet loss", EC2, 0),
        ],
        &[],
    );
    assert_eq!(found.len(), 1, "an end ends the only open event");
    assert_eq!((found[0].id.as_str(), found[0].phase), (BEGUN, Some(Phase::Resolved)));
}

#[test]
fn an_end_ends_its_own_event_and_no_other() {
    let two = [("Service impact: Lost packets", EC2, 10), ("Service impact: Slow volumes", EC2, 0)];
    let phases = |end: &str| -> Vec<_> {
        let items = [&[(end, EC2, 20)][..], &two].concat();
        amazon(&items, &[]).into_iter().map(|it| (it.title, it.phase)).collect()
    };
    assert_eq!(
        phases("Service is operating normally: [RESOLVED] Slow volumes"),
        [("Slow volumes".into(), Some(Phase::Resolved)), ("Lost packets".into(), None)]
    );
    let other = phases("Service is operating normally: [RESOLVED] Something else");
    assert!(other.iter().all(|(_, phase)| phase.is_none()), "{other:?}");
}

#[test]
fn a_text_that_tells_of_trouble_and_its_end_is_over() {
    let feed = |text: &str| {
        format!(
            "<rss><channel><item><title>Informational message: Launch delays</title><link>{AWS}</link>\
             <guid>{AWS}#{BEGUN}</guid><pubDate>Fri, 10 Jul 2026 01:00:00 PDT</pubDate>\
             <description>{text}</description></item></channel></rss>"
        )
    };
    let phase = |text: &str| {
        let read = Page::of(&[("rss", &feed(text))]).read(&FORMAT, Some("rss"), &[]).1.unwrap();
        read.snapshot.incidents[0].phase
    };
    let over = "Between 1 and 2 AM PDT some launches were late. The issue has been resolved and the service is operating normally.";
    assert_eq!(phase(over), Some(Phase::Resolved));
    assert_eq!(phase("We look into late launches. All other services are operating normally."), None);
}

#[test]
fn an_event_whose_first_item_is_gone_goes_on() {
    let rest = [("Service disruption: Lost packets", EC2, 20)];
    assert_eq!(amazon(&rest, &[BEGUN])[0].id.as_str(), BEGUN);
    let end = [("Service is operating normally: [RESOLVED] Lost packets", EC2, 40)];
    let found = amazon(&end, &[BEGUN]);
    assert_eq!((found[0].id.as_str(), found[0].phase), (BEGUN, Some(Phase::Resolved)));
    assert!(amazon(&end, &[]).is_empty(), "the end of what was never seen is no news");
    for other in ["ec2-us-east-2_1783670400", "ec2-us-east-1_1783672000", "ec2-us-east-1_x", "7"] {
        assert_eq!(amazon(&rest, &[other])[0].id.as_str(), "ec2-us-east-1_1783671600", "{other}");
    }
}
