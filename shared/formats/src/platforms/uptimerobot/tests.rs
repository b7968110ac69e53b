//! Keys, pages of the list, and monitors that say nothing.
use serde_json::{Value, json};
use status::{
    snapshot::Listing,
    words::ComponentStatus::{self, *},
};

use super::FORMAT;
use crate::testing::{Page, facts::states};

const PAGE: &str = "https://status.example.com/";
const KEY: &str = "Xy12Ab34Cd";

fn list_url(number: u64) -> String {
    format!("api/getMonitorList/{KEY}?page={number}")
}

fn html() -> String {
    format!(
        "<html><script>window.pspApiPath = 'https://stats.uptimerobot.com/api/getMonitorList/{KEY}';</script></html>"
    )
}

fn monitor(id: u64, class: &str) -> Value {
    json!({"monitorId": id, "name": format!("Monitor {id}"), "statusClass": class, "groupId": 0,
           "groupName": "Monitors (default)"})
}

fn list(monitors: &[Value], total: usize) -> String {
    json!({"status": "ok", "psp": {"perPage": 2, "totalMonitors": total, "monitors": monitors}}).to_string()
}

#[test]
fn the_key_is_in_the_pages_script_or_in_its_address() {
    let body = list(&[monitor(1, "success"), monitor(2, "danger")], 2);
    let page = Page::at(PAGE).with(PAGE, html()).with(&list_url(1), body.clone());
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, ["".to_owned(), list_url(1)]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "key Xy12Ab34Cd pages 1");
    assert_eq!(states(&parsed.snapshot.components), [("Monitor 1", Operational), ("Monitor 2", MajorOutage)]);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);

    let address = "https://stats.uptimerobot.com/Xy12Ab34Cd/779000001";
    let list = "https://stats.uptimerobot.com/api/getMonitorList/Xy12Ab34Cd?page=1";
    let (asked, parsed) = Page::at(address).with(list, body).read(&FORMAT, None, &[]);
    assert_eq!((asked, parsed.unwrap().snapshot.components.len()), (vec![list.to_owned()], 2));
}

#[test]
fn every_page_of_the_list_is_asked_for_first_once_they_are_known() {
    let page = Page::at(PAGE)
        .with(PAGE, html())
        .with(&list_url(1), list(&[monitor(1, "success"), monitor(2, "success")], 5))
        .with(&list_url(2), list(&[monitor(3, "success"), monitor(4, "danger")], 5))
        .with(&list_url(3), list(&[monitor(5, "warning")], 5));
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    assert_eq!((parsed.source.as_ref(), parsed.snapshot.components.len()), ("key Xy12Ab34Cd pages 3", 5));
    let (asked, again) = page.read(&FORMAT, Some(&parsed.source), &[]);
    assert_eq!(asked, [list_url(1), list_url(2), list_url(3)]);
    assert_eq!(again.unwrap().snapshot, parsed.snapshot);
}

#[test]
fn a_page_of_the_list_that_does_not_come_makes_it_partial() {
    let page = Page::at(PAGE).with(&list_url(1), list(&[monitor(1, "success"), monitor(2, "danger")], 4)).with_status(
        &list_url(2),
        503,
        "",
    );
    let parsed = page.read(&FORMAT, Some("key Xy12Ab34Cd pages 2"), &[]).1.unwrap();
    assert_eq!((parsed.snapshot.components.len(), parsed.problems.len()), (2, 1));
    assert_eq!(parsed.snapshot.coverage.components, Listing::Partial);
}

#[test]
fn a_list_without_end_is_cut() {
    let mut page = Page::at(PAGE).with(PAGE, html());
    for number in 1..=5 {
        page = page.with(&list_url(number), list(&[monitor(number, "success")], 1_000_000));
    }
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!((asked.len(), parsed.unwrap().snapshot.coverage.components), (6, Listing::Partial));
}

#[test]
fn a_monitor_that_is_paused_is_neither_up_nor_in_maintenance() {
    let of = |class: Value| -> (ComponentStatus, usize) {
        let body = json!({"status": "ok", "data": [{"monitorId": 1, "name": "a", "statusClass": class}]});
        let page = Page::at(PAGE).with(PAGE, html()).with(&list_url(1), body.to_string());
        let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
        (parsed.snapshot.components[0].status, parsed.problems.len())
    };
    for class in ["paused", "info", "black"] {
        assert_eq!(of(json!(class)), (Unknown, 0), "{class}");
    }
    assert_eq!(of(json!("warning")), (DegradedPerformance, 0));
    assert_eq!(of(json!("purple")), (Unknown, 1));
    assert_eq!(of(Value::Null), (Unknown, 1));
}

#[test]
fn monitors_of_a_group_are_in_it() {
    let mut grouped = monitor(1, "success");
    grouped["groupId"] = json!(77);
    grouped["groupName"] = json!("Europe");
    let body = json!({"status": "ok", "data": [grouped, monitor(2, "success")]}).to_string();
    let page = Page::at(PAGE).with(PAGE, html()).with(&list_url(1), body);
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    let groups: Vec<_> = parsed.snapshot.components.iter().map(|component| component.group.as_deref()).collect();
    assert_eq!(groups, [Some("Europe"), None]);
}

#[test]
fn what_is_no_list_of_monitors_is_refused() {
    for body in [r#"{"status":"ok","data":[]}"#, r#"{"status":"fail","data":[{}]}"#, r#"{"data":[{}]}"#, "<html>"] {
        let page = Page::at(PAGE).with(PAGE, html()).with(&list_url(1), body);
        assert!(page.read(&FORMAT, None, &[]).1.is_err(), "{body}");
    }
    for source in ["key ../x pages 1", "key Xy12Ab34Cd pages 99", "key Xy12Ab34Cd", "pages 1"] {
        let (asked, parsed) = Page::at(PAGE).with(PAGE, "<html>hello</html>").read(&FORMAT, Some(source), &[]);
        assert_eq!(asked, [""], "{source}");
        assert!(parsed.is_err());
    }
}
