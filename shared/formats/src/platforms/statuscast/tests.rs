//! Facts about reading `StatusCast` pages, in the shape that clients expect and in that of a page of 2023.
use status::{
    snapshot::Kind,
    words::{ComponentStatus, Impact, Phase},
};

use super::*;
use crate::testing::{Page, facts::open_incidents};

const ROWS: &str = r#"<div class="sc-hero"></div>
<div class="row incident-body incident-type-serviceunavailable incident-status-inprogress incident-mostsevere-status-unavailable">
 <a class="x" href="/incident/100"><h2 class="incident-title" aria-label="Incident Title">Slow &amp; failing <b>requests</b></h2></a>
 <div class="incident-date" aria-label="Incident Date">04 May 2026, 14:00  UTC</div></div>
<div class="row incident-body incident-type-scheduledmaintenance incident-status-future incident-mostsevere-status-maintenance">
 <a href="https://status.example.com/incident/101"><h2 class="incident-title">New hardware</h2></a>
 <div aria-label="Incident Date">10 May 2026, 01:00 UTC</div></div>"#;
const GRID: &str = r##"<a data-toggle="tab" href="#tab-ab12-7">Platform</a><table><tr><th>Day</th></tr>
<tr data-path="1" data-pid="7"><td><a href="#">Europe</a></td><td>+</td><td><i class="fa component-degraded"></i></td><td><i class="fa component-unavailable"></i></td></tr>
<tr data-path="1-2" data-pid="7"><td><a href="#">Oslo (OSL)</a></td><td></td><td><i class="fa component-unavailable"></i></td></tr>
<tr data-path="1-3" data-pid="7"><td><a href="#">Rome (FCO)</a></td><td></td><td><i class="fa component-available"></i></td></tr></table>"##;
const LIST: &str = r#"<span class="status-list-component-status-text component-available">Normal</span>
<span class="status-list-component-status-text component-degraded">Degraded</span>"#;
const FEED: &str = r#"<rss version="2.0"><channel><title>Example feed</title>
<item><title>Slow requests</title><description>&lt;p&gt;It is worse.&lt;/p&gt;</description><link>https://status.example.com/incident/100</link><guid isPermaLink="false">/100/2</guid><pubDate>Mon, 04 May 2026 14:30:00 +0000</pubDate></item>
<item><title>Slow requests</title><description>&lt;p&gt;We look into it.&lt;/p&gt;</description><link>https://status.example.com/incident/100</link><guid isPermaLink="false">/100/1</guid><pubDate>Mon, 04 May 2026 14:05:00 +0000</pubDate></item>
<item><title>Long ago</title><description>Text</description><link>https://status.example.com/incident/9</link><guid isPermaLink="false">/9/1</guid><pubDate>Mon, 06 Apr 2026 14:05:00 +0000</pubDate></item>
</channel></rss>"#;

/// An id, a type, a status, the names of components, and the date and status of the update.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str, &'static str);

/// A page of 2023 with these rows of incidents.
fn page_of_2023(rows: &[Row]) -> String {
    let grid = |id: &str, parent: &str, path: &str, name: &str, state: &str| {
        format!(
            r#"<tr data-id="{id}" data-pid="{parent}" data-path="{path}" style="">
 <td><i class="fa fa-plus"></i><a href="/incidents?componentId={id}"><img src="/x" onerror="this.style='a>b'" alt="{name}"/></a>
  <a data-tip data-description="<a href='/?componentId={id}'>Filter by {name} <i class='fa fa-filter'></i></a><br/>" class="notranslate">{name} </a></td>
 <td></td><td data-component="{id}"><i class="fa component-{state}"></i></td><td><i class="fa component-available"></i></td></tr>"#
        )
    };
    let incidents = rows.iter().map(|(id, kind, status, names, date, said)| {
        let names: String = names
            .iter()
            .map(|name| format!(r#"<span class="badge" role="listitem" aria-label="Component Name">{name}</span>"#))
            .collect();
        format!(
            r#"<div class="incident-row"><div class="row incident-body incident-type-{kind} incident-status-{status}">
 <a href="/incident/{id}"><h2 class="incident-title" aria-label="Incident Title">Title of {id}</h2></a>
 <div class="incident-date" aria-label="Incident Date"> 04 May 2026, 14:00  UTC </div>
 <div class="overflow-check">{names}<span class="badge badge-component-more"><i></i></span></div></div>
 <div role="list"><div class="row incident-update-body"><div class="incident-update-when" aria-label="Incident Update Date">
   {date}</div><div class="incident-update-text" aria-label="Incident Post Content">
   <span class="incident-status status-{said}" aria-label="Incident Post Status">[{said}]</span>
   <div><p>Words <div>about</div> {id}.</p></div></div></div></div></div>"#
        )
    });
    let rows: String = incidents.collect();
    html(&format!(
        "<table>{}{}{}{}</table>{rows}<p>Footer</p>",
        grid("11", "0", "11", "Edge", "unavailable"),
        grid("21", "11", "11-21", "Europe", "degraded"),
        grid("31", "21", "11-21-31", "Oslo (OSL)", "unavailable"),
        grid("32", "21", "11-21-32", "Rome &amp; Bari (FCO)", "available"),
    ))
}

#[test]
fn a_page_of_2023_has_components_with_ids_below_their_parents() {
    let parsed = read_with(&page_of_2023(&[]), FEED, &[]).unwrap();
    let shown: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.id.as_str(), component.name.trim(), component.group.as_deref(), component.status))
        .collect();
    assert_eq!(
        shown,
        [
            ("11", "Edge", None, ComponentStatus::MajorOutage),
            ("21", "Europe", Some("Edge"), ComponentStatus::DegradedPerformance),
            ("31", "Oslo (OSL)", Some("Europe"), ComponentStatus::MajorOutage),
            ("32", "Rome & Bari (FCO)", Some("Europe"), ComponentStatus::Operational),
        ]
    );
}

#[test]
fn a_closed_row_is_over_when_its_update_says_so() {
    let page = page_of_2023(&[
        (
            "100",
            "serviceunavailable",
            "inprogress",
            &["Europe", "Oslo (OSL)", "Nowhere"],
            "04 May 2026, 14:20 UTC",
            "inprogress",
        ),
        ("101", "serviceunavailable", "closed", &["Rome &amp; Bari (FCO)"], "04 May 2026, 15:10 UTC", "closed"),
        ("102", "scheduledmaintenance", "closed", &[], "04 May 2026, 16:00 UTC", "closed"),
        ("103", "scheduledmaintenance", "future", &[], "04 May 2026, 17:00 UTC", "upcoming"),
        ("104", "serviceunavailable", "unheard-of", &[], "04 May 2026, 15:10 UTC", "closed"),
    ]);
    let parsed = Page::of(&[("", &page)]).read(&FORMAT, None, &[]).1.unwrap();
    let at = |text: &str| Some(format!("2026-05-04T{text}:00Z").parse().unwrap());
    let found: Vec<_> = parsed
        .snapshot
        .incidents
        .iter()
        .map(|incident| (incident.id.as_str(), incident.phase, incident.resolved_at, incident.components.len()))
        .collect();
    assert_eq!(
        found,
        [
            ("100", None, None, 2),
            ("101", Some(Phase::Resolved), at("15:10"), 1),
            ("104", None, None, 0),
            ("102", Some(Phase::Completed), at("16:00"), 0),
            ("103", Some(Phase::Scheduled), None, 0),
        ]
    );
    let update = &parsed.snapshot.incidents[1].updates[0];
    assert_eq!((update.phase, update.posted_at), (Some(Phase::Resolved), at("15:10")));
    assert_eq!(update.body.as_deref(), Some("Words\nabout\n101."));
    assert!(
        parsed.snapshot.incidents.iter().filter(|incident| incident.id.as_str() == "104").all(|odd| !odd.is_over())
    );
}

#[test]
fn updates_come_from_the_feed_and_from_the_page_only_where_there_is_none() {
    let page =
        page_of_2023(&[("100", "serviceunavailable", "inprogress", &[], "04 May 2026, 14:30 UTC", "inprogress")]);
    let bodies = |feed: Option<(u16, &str)>| -> Vec<String> {
        let mut there = Page::of(&[("", &page)]);
        if let Some((status, feed)) = feed {
            there = there.with_status("rss", status, feed);
        }
        let parsed = there.read(&FORMAT, Some("page"), &[]).1.unwrap();
        parsed.snapshot.incidents[0].updates.iter().map(|update| update.body.clone().unwrap()).collect()
    };
    assert_eq!(bodies(Some((200, FEED))), ["We look into it.", "It is worse."]);
    assert_eq!(bodies(None), ["Words\nabout\n100."]);
    assert_eq!(bodies(Some((503, ""))), Vec::<String>::new(), "it may be back in a minute");
}

fn html(body: &str) -> String {
    format!("<html><body>{body}</body></html>")
}

fn read_with(page: &str, feed: &str, open: &[&str]) -> Result<ParsedPage, ReadError> {
    let page = Page::of(&[("", page), ("rss", feed)]);
    page.read(&FORMAT, None, &open_incidents(open)).1
}

fn read(body: &str) -> ParsedPage {
    read_with(&html(body), FEED, &[]).unwrap()
}

#[test]
fn a_row_says_what_is_current_and_the_feed_what_was_written() {
    let parsed = read(ROWS);
    assert_eq!(parsed.problems, Vec::<String>::new());
    let [open, planned] = parsed.snapshot.incidents.as_slice() else { panic!("{:?}", parsed.snapshot.incidents) };
    assert_eq!((open.id.as_str(), open.title.as_str()), ("100", "Slow & failing requests"));
    assert_eq!((open.phase, open.impact, open.is_over()), (None, Some(Impact::Major), false));
    assert_eq!(open.started_at, Some("2026-05-04T14:00:00Z".parse().unwrap()));
    assert_eq!(open.url.as_deref(), Some("https://status.example.com/incident/100"));
    let bodies: Vec<_> = open.updates.iter().map(|update| update.body.as_deref().unwrap()).collect();
    assert_eq!(bodies, ["We look into it.", "It is worse."]);
    assert_eq!((planned.kind, planned.phase, planned.impact), (Kind::Maintenance, Some(Phase::Scheduled), None));
    assert_eq!(planned.window.unwrap().starts_at, Some("2026-05-10T01:00:00Z".parse().unwrap()));
}

#[test]
fn a_row_of_the_grid_stands_below_its_parent_and_the_top_below_its_tab() {
    let parsed = read(GRID);
    let shown: Vec<_> = parsed
        .snapshot
        .components
        .iter()
        .map(|component| (component.id.as_str(), component.name.as_str(), component.group.as_deref(), component.status))
        .collect();
    assert_eq!(
        shown,
        [
            ("7/1", "Europe", Some("Platform"), ComponentStatus::DegradedPerformance),
            ("7/1-2", "Oslo (OSL)", Some("Europe"), ComponentStatus::MajorOutage),
            ("7/1-3", "Rome (FCO)", Some("Europe"), ComponentStatus::Operational),
        ]
    );
}

#[test]
fn a_list_is_as_bad_as_its_worst() {
    let parsed = read(LIST);
    let [component] = parsed.snapshot.components.as_slice() else { panic!() };
    assert_eq!(component.status, ComponentStatus::DegradedPerformance);
    assert!(parsed.snapshot.incidents.is_empty(), "the feed alone tells no state");
}

#[test]
fn a_row_that_went_is_no_longer_listed() {
    let listing = |page: &str, feed: &str| read_with(page, feed, &["9"]).unwrap().snapshot.coverage.incidents;
    let page = html(ROWS);
    assert_eq!(listing(&page, FEED), Listing::Complete);
    assert_eq!(listing(page.trim_end_matches("</html>"), FEED), Listing::Partial, "cut off");
    assert_eq!(listing(&page, "<html></html>"), Listing::Partial, "no feed");
    assert_eq!(listing(&page.replace("/incident/100", "/x"), FEED), Listing::Partial, "a row without id");
}

#[test]
fn an_unknown_word_ends_nothing() {
    let parsed = read(&ROWS.replace("incident-status-inprogress", "incident-status-pondered"));
    assert!(!parsed.snapshot.incidents[0].is_over());
    assert_eq!(parsed.problems, ["incident 100 has the unknown status \"pondered\""]);
}

#[test]
fn another_page_is_not_this_format() {
    let error = read_with(&html("<p>All systems operational"), FEED, &[]).unwrap_err();
    assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
}
