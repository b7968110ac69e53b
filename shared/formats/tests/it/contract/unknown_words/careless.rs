//! A format that takes every unknown word for operational, to show that the search finds it.
use std::collections::BTreeMap;

use formats::{ParsedPage, testing::Page};
use serde_json::Value;
use status::{
    snapshot::{Component, Coverage, Listing, Snapshot},
    words::ComponentStatus,
};

use super::search::{Subject, search};

/// One document with a list of components.
fn read(page: &Page, unknown: ComponentStatus) -> Option<ParsedPage> {
    let json: Value = serde_json::from_slice(&page.documents["status.json"]).ok()?;
    let component = |raw: &Value| Component {
        id: raw["id"].as_str().unwrap().into(),
        name: raw["name"].as_str().unwrap().to_owned(),
        group: None,
        status: match raw["state"].as_str() {
            Some("up") => ComponentStatus::Operational,
            Some("down") => ComponentStatus::MajorOutage,
            _ => unknown,
        },
    };
    let components = json["components"].as_array()?.iter().map(component).collect();
    Some(ParsedPage {
        snapshot: Snapshot {
            page: status::snapshot::Page { id: None, name: None, url: None },
            components,
            incidents: Vec::new(),
            coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
        },
        source: "json".into(),
        unlisted: Vec::new(),
        problems: Vec::new(),
    })
}

fn faults(unknown: ComponentStatus) -> Vec<String> {
    let document = r#"{"components":[
        {"id":"a","name":"Website","state":"down","updated":"2026-05-04T10:00:00Z"},
        {"id":"b","name":"Login","state":"up","updated":"2026-05-04T10:00:00Z"}
    ]}"#;
    let documents = BTreeMap::from([("status.json".to_owned(), document.into())]);
    let page = Page::new("https://status.example.com".parse().unwrap(), documents);
    let subject = Subject { case: "careless/down", page: &page, read: Box::new(|page| read(page, unknown)) };
    let faults = search(&[subject]).faults.into_iter();
    faults.map(|fault| format!("{}: {}: {}: {}", fault.case, fault.document, fault.how, fault.what)).collect()
}

#[test]
fn a_format_that_takes_unknown_words_for_operational_is_caught() {
    let expected = [
        r#"careless/down: status.json: /components/0/state = "zzyzx" instead of "down": component a turns from major outage to operational"#,
        r#"careless/down: status.json: /components/1/state = "zzyzx" instead of "up": component b stays operational, and no problem says so"#,
    ];
    assert_eq!(faults(ComponentStatus::Operational), expected);
}

#[test]
fn a_format_that_reads_them_as_unknown_is_not() {
    assert_eq!(faults(ComponentStatus::Unknown), Vec::<String>::new());
}
