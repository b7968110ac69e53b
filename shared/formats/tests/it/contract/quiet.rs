//! A page that nobody has put anything on yet is quiet, not broken: its first incident must be told.
use serde_json::Value;

use super::{case::cases_of, failures::Failures, selected};

/// Formats that refuse a page without anything: those of one provider, which always lists its services, and those that
/// read nothing but services. An empty list is damage there.
const NEVER_EMPTY: &[&str] = &[
    "apple",
    "azuredevops",
    "google",
    "heroku",
    "oci",
    "paypal",
    "pingdom",
    "salesforce",
    "statushub",
    "upptime",
    "uptimerobot",
];

#[test]
fn a_page_with_nothing_on_it_can_be_read() {
    let mut failures = Failures::default();
    for format in selected().into_iter().filter(|format| !NEVER_EMPTY.contains(&format.name)) {
        let mut reasons = Vec::new();
        let mut any = false;
        for (name, case) in cases_of(format).filter_map(|(name, case)| Some((name, case.ok()?))) {
            let mut page = case.page.clone();
            let mut emptied = false;
            for body in page.documents.values_mut() {
                if let Ok(mut document) = serde_json::from_slice::<Value>(body) {
                    empty(&mut document);
                    emptied = true;
                    *body = document.to_string().into();
                }
            }
            any |= emptied;
            let read = page.read_from(format, None, &[]);
            match read {
                Ok(parsed) if parsed.snapshot.incidents.iter().all(|incident| incident.is_over()) => reasons.clear(),
                Ok(_) => reasons.push(format!("{name}: something is open")),
                Err(error) if emptied => reasons.push(format!("{name}: {error}")),
                Err(_) => {}
            }
            if emptied && reasons.is_empty() {
                break;
            }
        }
        if any && let Some(reason) = reasons.first() {
            failures.add(format.name, reason);
        }
    }
    failures.report();
}

/// Empties every list.
fn empty(value: &mut Value) {
    match value {
        Value::Array(list) => list.clear(),
        Value::Object(object) => object.values_mut().for_each(empty),
        _ => {}
    }
}
