//! A page that only leads to others: read as one with them, or refused with their names.
use super::*;
use status::monitor::Match;

use crate::testing::facts::{check, chosen};

fn case(name: &str) -> Page {
    Page::case(&format!("incidentio/{name}"))
}

/// The document of a parent page, with what else it says.
fn parent(more: &serde_json::Value) -> String {
    let mut summary = serde_json::json!({"id": "01K0PARENT0000000000000000", "name": "Example", "subpath": "",
        "public_url": "https://status.example.com/", "components": [], "affected_components": [],
        "ongoing_incidents": [], "scheduled_maintenances": [], "page_type": "parent"});
    summary.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::json!({"summary": summary}).to_string()
}

fn sub_pages(document: &str, html: &str) -> Vec<(String, String)> {
    match Page::of(&[(PROXY, document), ("", html)]).read(&FORMAT, None, &[]).1 {
        Err(ReadError::ParentPage { sub_pages, .. }) => {
            sub_pages.into_iter().map(|sub_page| (sub_page.name, sub_page.url.to_string())).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parent_page_is_refused_with_the_names_of_its_sub_pages() {
    let html = r##"<html><a href="/eu">Europe <b>(EU)</b></a><a href='https://status.example.com/us/'>United
        States</a><a href="/incidents">Past</a><a href="/eu?x#y">again</a><a href="https://elsewhere.example/eu">x</a>
        <a href="/deep/er">no</a><a href="#top">no</a><a href="/feed.atom">no</a><a href="mailto:a@b">no</a></html>"##;
    let expected =
        [("Europe (EU)", "https://status.example.com/eu"), ("United States", "https://status.example.com/us/")];
    let named = sub_pages(&parent(&serde_json::json!({})), html);
    assert_eq!(named, expected.map(|(name, url)| (name.to_owned(), url.to_owned())));

    let in_document = parent(&serde_json::json!({
        "sub_pages": [{"name": "Asia", "public_url": "https://status.example.com/asia"}, {"name": "Mars", "subpath": "mars"}],
        "intro_text": {"content": [{"marks": [{"attrs": {"href": "/eu"}}]}]},
    }));
    let named = sub_pages(&in_document, html);
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(["Asia", "Mars", "United States"].iter().all(|name| names.contains(name)), "{names:?}");

    assert_eq!(sub_pages(&parent(&serde_json::json!({})), "<html>nothing</html>"), []);
}

#[test]
fn a_parent_page_is_named_with_what_it_leads_to() {
    let html = r#"<html><i>incident-io-status-page</i><a href="/eu">Europe</a><a href="/us">America</a></html>"#;
    let page = Page::of(&[(PROXY, parent(&serde_json::json!({})).as_str()), ("", html), ("history.rss", FEED_RSS)]);
    let error = page.read(&FORMAT, Some("proxy"), &[]).1.unwrap_err().to_string();
    assert_eq!(
        error,
        "/proxy/status.example.com is a parent page: its incidents are on its sub-pages: \
         Europe (https://status.example.com/eu), America (https://status.example.com/us)"
    );
    match page.detect() {
        crate::detect::Detection::Nothing { reasons } => {
            assert!(reasons.iter().any(|(name, reason)| *name == "incidentio" && reason.to_string() == error));
        }
        _ => panic!("a parent page is not chosen for, nor is its feed taken for it"),
    }
}

#[test]
fn a_parent_page_is_its_sub_pages_with_a_group_for_each_and_each_incident_once() {
    let (asked, parsed) = case("parent_widget").read(&FORMAT, None, &[]);
    let widgets = ["eu/api/v1/summary", "us/api/v1/summary"];
    assert_eq!(asked, [PROXY, "", "eu/proxy/status.example.com", widgets[0], widgets[1]]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "parent widget eu=Europe&us=United+States");
    check(
        &parsed,
        r##"
        eu/01K0C0MP0NENT0000000000001 "Application" in Europe: degraded performance
        eu/01K0C0MP0NENT0000000000002 "Billing" in Europe: operational
        eu/01K0C0MP0NENT0000000000003 "Mail" in Europe: operational
        us/01K0C0MP0NENT0000000000001 "Application" in United States: partial outage
        us/01K0C0MP0NENT0000000000002 "Billing" in United States: major outage
        Incident 01KKBTHREG10N5000000000001 "Boards load slowly", identified, impact None, - to -
          eu/01K0C0MP0NENT0000000000001=degraded performance eu/01K0C0MP0NENT0000000000002=operational us/01K0C0MP0NENT0000000000001=partial outage
          516dd8d49d9051359f9d006511a74de3 2026-05-04T15:10:00Z identified "We found the cause." [eu/01K0C0MP0NENT0000000000001=degraded performance eu/01K0C0MP0NENT0000000000002=operational us/01K0C0MP0NENT0000000000001=partial outage]
        Incident 01KKUS0N1Y0000000000000001 "Invoices are missing", investigating, impact None, - to -
          us/01K0C0MP0NENT0000000000002=major outage
          f88a594689888feb342ae8e47d7a336f 2026-05-04T15:30:00Z investigating "We look for them." [us/01K0C0MP0NENT0000000000002=major outage]
        Maintenance 01KN0MA1NTENANCE0000000009 "Mail servers move", scheduled, impact None, - to -
          planned 2026-05-20T15:00:00Z to 2026-05-20T17:00:00Z
          eu/01K0C0MP0NENT0000000000003=operational
          a9d4e88f21f8f2435786c3c42001efee 2026-05-01T09:00:00Z scheduled "Mails may be late." [eu/01K0C0MP0NENT0000000000003=operational]
        components Partial, incidents Complete"##,
    );
    let snapshot = &parsed.snapshot;
    for (choice, expected) in [("group:Europe", Match::Yes), ("us/01K0C0MP0NENT0000000000002", Match::No)] {
        assert_eq!(chosen(choice, "01KKBTHREG10N5000000000001", snapshot), expected, "{choice}");
    }
    assert_eq!(chosen("group:Europe", "01KKUS0N1Y0000000000000001", snapshot), Match::No);
}

#[test]
fn what_tells_of_every_change_is_asked_for_first_and_together() {
    let source = "parent widget eu=Europe&us=United+States";
    let context = |page| crate::contract::ReadContext {
        page,
        source: Some(source),
        open: &[],
        now: "2026-05-04T16:00:00Z".parse().unwrap(),
    };
    let page = "https://status.example.com".parse().unwrap();
    let Err(crate::contract::Stop::Need(asked)) = (FORMAT.read)(&context(&page), &crate::contract::Answers::default())
    else {
        panic!("it has no answers")
    };
    let urls: Vec<&str> = asked.iter().map(|request| request.url.as_str()).collect();
    let expected = ["eu", "us"].map(|segment| format!("https://status.example.com/{segment}/api/v1/summary"));
    assert_eq!(urls, expected);
    let (_, parsed) = case("parent_widget").read(&FORMAT, Some(source), &[]);
    assert_eq!(parsed.unwrap().source, source);
}

#[test]
fn a_sub_page_that_is_new_is_read_too_and_one_that_is_linked_no_more_is_kept() {
    let asia = r#"<i>incident.io</i><a href="/asia">Asia</a><a href="/eu">Europe</a>"#;
    let widget = r#"{"page_url": "https://status.example.com/asia", "ongoing_incidents": [],
        "in_progress_maintenances": [], "scheduled_maintenances": []}"#;
    let page = case("parent_widget").with("", asia).with("asia/api/v1/summary", widget);
    let page = page.with("https://status.example.com/", asia);
    let parsed = page.read(&FORMAT, Some("parent widget eu=Europe&us=United+States"), &[]).1.unwrap();
    assert_eq!(parsed.source, "parent widget eu=Europe&us=United+States&asia=Asia");
    assert_eq!(parsed.snapshot.incidents.len(), 3);
}

#[test]
fn only_a_link_that_is_marked_or_can_be_read_leads_to_a_sub_page() {
    let source = "parent widget eu=Europe&us=United+States";
    let read = |html: &str| {
        let page = case("parent_widget").with("https://status.example.com/", html);
        page.read(&FORMAT, Some(source), &[]).1.unwrap()
    };
    let marked = r#"<a href="/eu" data-testid="subpage-item">Europe</a><a href="/help">Help</a>"#;
    assert_eq!(read(marked).problems, [""; 0]);
    let parsed = read(r#"<a href="/help">Help</a>"#);
    assert_eq!(parsed.source, source);
    assert_eq!(
        parsed.problems,
        [r#"sub-page "Help" is new and cannot be read: nothing at /help/api/v1/summary (status 404)"#]
    );
}

#[test]
fn sub_pages_that_all_answer_with_the_page_itself_are_refused() {
    let own = r#"{"page_url": "https://status.example.com/", "ongoing_incidents": [], "in_progress_maintenances": [],
        "scheduled_maintenances": []}"#;
    let page = case("parent_widget").with("eu/api/v1/summary", own).with("us/api/v1/summary", own);
    assert!(
        matches!(page.read(&FORMAT, None, &[]).1, Err(ReadError::ParentPage { sub_pages, .. }) if sub_pages.len() == 2)
    );
}

#[test]
fn a_sub_page_that_cannot_be_read_leaves_no_data() {
    let source = Some("parent widget eu=Europe&us=United+States");
    let us = "us/api/v1/summary";
    let read = |page: Page| page.read(&FORMAT, source, &[]).1.unwrap_err();
    assert!(matches!(read(case("parent_widget").with_status(us, 503, "")), ReadError::Status { status: 503, .. }));
    assert!(matches!(read(case("parent_widget").with_status(us, 404, "")), ReadError::NotThisFormat(_)));
    assert!(matches!(read(case("parent_widget").with(us, "{\"page_title\": \"E")), ReadError::Malformed(_)));
    let of_eu = case("parent_widget").documents["eu+api+v1+summary"].to_vec();
    assert_eq!(
        read(case("parent_widget").with(us, of_eu.as_slice())).to_string(),
        "sub-page \"United States\" shows another page's content"
    );
    let of_parent = case("parent_widget").documents["proxy+status.example.com"].to_vec();
    let page = case("parent_proxy").with("us/proxy/status.example.com", of_parent.as_slice());
    let error = page.read(&FORMAT, Some("parent proxy eu=Europe&us=United+States"), &[]).1.unwrap_err();
    assert_eq!(error.to_string(), "sub-page \"United States\" is a parent page itself");
}

#[test]
fn an_incident_that_left_its_sub_page_is_looked_up_in_the_past_of_all() {
    let id = "01KKUS0N1Y0000000000000002";
    let source = Some("parent proxy eu=Europe&us=United+States");
    let (asked, parsed) = case("parent_proxy").read(&FORMAT, source, &[(Kind::Incident, id)]);
    assert_eq!(asked.len(), 5, "{asked:?}");
    let parsed = parsed.unwrap();
    let ended = parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == id).unwrap();
    assert_eq!(ended.resolved_at, at("2026-05-03T11:00:00Z"));
    assert_eq!(ended.components[0].id.as_str(), "us/01K0C0MP0NENT0000000000001");
    assert_eq!((parsed.unlisted.len(), parsed.snapshot.coverage.incidents), (1, Listing::Complete));
    let broken = case("parent_proxy").with_status("eu/proxy/status.example.com/incidents", 503, "");
    let parsed = broken.read(&FORMAT, source, &[(Kind::Incident, "01KKG0NE000000000000000001")]).1.unwrap();
    assert_eq!((parsed.problems.len(), parsed.snapshot.coverage.incidents), (1, Listing::Partial));
}

#[test]
fn a_parent_page_with_more_sub_pages_than_a_detection_may_ask_for_is_refused() {
    let links: String = (0..6).map(|n| format!(r#"<a href="/r{n}">Region {n}</a>"#)).collect();
    let html = format!("<i>incident.io</i>{links}");
    let page = Page::of(&[(PROXY, parent(&serde_json::json!({})).as_str()), ("", html.as_str())]);
    let (asked, error) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [PROXY, ""]);
    assert!(matches!(error, Err(ReadError::ParentPage { sub_pages, .. }) if sub_pages.len() == 6));
}

#[test]
fn the_past_of_a_parent_page_is_that_of_its_sub_pages() {
    let source = "parent proxy eu=Europe&us=United+States";
    let (asked, history) = case("parent_proxy").history(&super::super::HISTORY, source, &[]);
    assert_eq!(asked, ["eu", "us"].map(|segment| format!("{segment}/proxy/status.example.com/incidents")));
    let incidents = history.unwrap().incidents;
    assert_eq!((incidents.len(), incidents[0].is_over()), (1, true));

    // As many as a parent page may have are all asked for, whatever their source says.
    let segments: Vec<String> = (0..13).map(|number| format!("r{number}")).collect();
    let listed: Vec<String> = segments.iter().map(|segment| format!("{segment}=Region")).collect();
    let source = format!("parent proxy {}", listed.join("&"));
    let ended = |id: &str| {
        let at = "2026-04-30T10:00:00Z";
        serde_json::json!({"incidents": [{"id": id, "name": "Slow", "type": "incident", "status": "resolved",
            "published_at": at, "updates": [{"id": "u", "published_at": at, "to_status": "resolved"}]}]})
    };
    let urls: Vec<String> =
        segments.iter().map(|segment| format!("{segment}/proxy/status.example.com/incidents")).collect();
    let page = urls.iter().zip(&segments).fold(Page::of::<&str>(&[]), |page, (url, id)| page.with(url, ended(id)));
    let (asked, history) = page.history(&super::super::HISTORY, &source, &[]);
    assert_eq!(asked, urls[..11]);
    let history = history.unwrap();
    assert_eq!((history.incidents.len(), history.problems), (11, Vec::new()));
}
