//! Damages every document of `test_data` in turn, for every registered format. Whatever comes, nothing panics, and no
//! open incident ends or goes by it: the read still has it, says that its list is partial, or is unusable.
use std::collections::BTreeSet;

use bytes::Bytes;
use formats::{
    Format, ParsedPage,
    detect::Detection,
    testing::{self, Page},
};
use serde_json::{Value, json};
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Component, Kind, Listing},
    words::ComponentStatus,
};

/// Formats whose pages have no incidents that can be read: what is told of them are components in trouble.
const WITHOUT_INCIDENTS: &[&str] = &["upptime", "uptimerobot", "statushub", "algolia"];

/// A page that can be read, and what is open on it.
struct Case {
    name: String,
    format: &'static Format,
    page: Page,
    /// The first, when nothing is known of the page.
    first: ParsedPage,
    /// As it is read from then on.
    parsed: ParsedPage,
    open: Vec<(Kind, IncidentId)>,
}

impl Case {
    /// The same page with one document exchanged, which must not end or hide an incident.
    fn damaged(&self, document: &str, body: impl Into<Bytes>, how: &str) -> Option<ParsedPage> {
        let mut page = self.page.clone();
        page.documents.insert(document.to_owned(), body.into());
        self.without_loss(&page, &format!("{document} {how}"))
    }

    fn without_loss(&self, page: &Page, how: &str) -> Option<ParsedPage> {
        let parsed = page.read_from(self.format, Some(&self.parsed.source), &self.open).ok()?;
        assert!(parsed.problems.len() <= 20, "{}: {how}: {:#?}", self.name, parsed.problems);
        if WITHOUT_INCIDENTS.contains(&self.format.name) {
            let recovered = in_trouble(&self.parsed).find(|before| {
                let mut after = parsed.snapshot.components.iter().filter(|after| after.id == before.id);
                after.any(|after| after.status == ComponentStatus::Operational)
            });
            assert!(recovered.is_none(), "{}: {how}: {recovered:?} passes for operational", self.name);
        }
        for (kind, id) in &self.open {
            let mut after = parsed.snapshot.incidents.iter();
            let lost = match after.find(|after| after.kind == *kind && after.id == *id) {
                Some(after) => after.is_over(),
                None => parsed.snapshot.coverage.incidents == Listing::Complete,
            };
            assert!(!lost, "{}: {how}: {id} passes for ended: {parsed:#?}", self.name);
        }
        Some(parsed)
    }
}

fn cases() -> Vec<Case> {
    let of_format = |format: &'static Format| {
        testing::cases(format).into_iter().map(move |(name, page)| {
            let first = page.read(format, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
            let open = first.snapshot.incidents.iter().filter(|incident| !incident.is_over());
            let open: Vec<_> = open.map(|incident| (incident.kind, incident.id.clone())).collect();
            // what is looked up depends on what is believed to be open, and a source is asked as it was remembered
            let parsed = page.read_from(format, Some(&first.source), &open).unwrap();
            Case { name, format, page, first, parsed, open }
        })
    };
    formats::formats().iter().flat_map(of_format).collect()
}

/// Every case with every one of its documents.
fn for_each_document(mut test: impl FnMut(&Case, &str, &Bytes)) {
    for case in cases() {
        for (document, body) in &case.page.documents {
            test(&case, document, body);
        }
    }
}

/// The same for JSON documents.
fn for_each_json(mut test: impl FnMut(&Case, &str, Value)) {
    for_each_document(|case, document, body| {
        if let Ok(json) = serde_json::from_slice(body) {
            test(case, document, json);
        }
    });
}

fn in_trouble(parsed: &ParsedPage) -> impl Iterator<Item = &Component> {
    parsed.snapshot.components.iter().filter(|component| component.status.is_trouble())
}

fn identities(parsed: &ParsedPage) -> BTreeSet<(Kind, IncidentId, Vec<UpdateId>)> {
    let incidents = parsed.snapshot.incidents.iter();
    let set: BTreeSet<_> = incidents
        .map(|incident| {
            let mut updates: Vec<_> = incident.updates.iter().map(|update| update.id.clone()).collect();
            updates.sort();
            (incident.kind, incident.id.clone(), updates)
        })
        .collect();
    assert_eq!(set.len(), parsed.snapshot.incidents.len(), "an incident is there twice");
    set
}

#[test]
fn every_format_has_a_case_with_something_open() {
    let cases = cases();
    for format in formats::formats() {
        let mut of_format = cases.iter().filter(|case| case.format.name == format.name);
        let open = of_format.any(|case| match WITHOUT_INCIDENTS.contains(&format.name) {
            true => in_trouble(&case.parsed).next().is_some(),
            false => !case.open.is_empty(),
        });
        assert!(open, "{}", format.name);
    }
}

#[test]
fn every_format_has_a_fuzz_target() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/Cargo.toml")).unwrap();
    for format in formats::formats() {
        let target = format!("[[bin]]\nname = \"{}\"\npath = \"parser.rs\"", format.name);
        assert!(manifest.contains(&target), "fuzz/Cargo.toml lacks\n{target}");
    }
}

#[test]
fn the_first_question_is_one_url_and_a_name_finds_its_format() {
    for format in formats::formats() {
        assert_eq!(formats::format(format.name).unwrap().name, format.name);
        let page = "https://status.example.com".parse().unwrap();
        let context = formats::ReadContext { page: &page, source: None, open: &[], now: jiff::Timestamp::UNIX_EPOCH };
        let Err(formats::Stop::Need(urls)) = (format.read)(&context, &formats::Answers::default()) else {
            panic!("{} reads without an answer", format.name);
        };
        assert_eq!(urls.len(), 1, "{}", format.name);
    }
}

#[test]
fn every_case_is_detected_as_what_it_is() {
    for case in cases() {
        match case.page.detect() {
            Detection::Found(found) => {
                assert_eq!(found.format, case.format.name, "{}", case.name);
                assert_eq!(identities(&found.parsed), identities(&case.first), "{}", case.name);
            }
            Detection::Nothing { reasons } => panic!("{}: {reasons:?}", case.name),
            Detection::Need(_) => unreachable!("all needs were answered"),
        }
    }
}

#[test]
fn an_unchanged_page_reads_the_same() {
    for case in cases() {
        let again = case.page.read_from(case.format, Some(&case.parsed.source), &case.open).unwrap();
        assert_eq!(again.snapshot.digest(), case.parsed.snapshot.digest(), "{}", case.name);
    }
}

#[test]
fn a_document_that_never_came_hides_nothing() {
    for_each_document(|case, document, _| {
        case.damaged(document, "", "empty");
        case.damaged(document, " \n\u{feff}", "blank");
        let mut page = case.page.clone();
        page.documents.remove(document);
        case.without_loss(&page, &format!("{document} missing"));
    });
}

#[test]
fn a_truncated_document_hides_nothing() {
    for_each_document(|case, document, body| {
        for end in (0..body.len()).step_by(64) {
            case.damaged(document, body.slice(..end), &format!("cut at {end}"));
        }
    });
}

#[test]
fn another_document_in_its_place_hides_nothing() {
    let html = "<!doctype html><html><head><title>Oops</title></head><body><p>Something went wrong.</body></html>";
    let huge = |part: &str| part.repeat((1 << 20) / part.len());
    let deep = 50_000;
    let bodies = [
        ("an HTML page", html.to_owned()),
        ("an error", r#"{"error":{"code":500}}"#.into()),
        ("a list", "[]".into()),
        ("an empty object", "{}".into()),
        ("null", "null".into()),
        ("an empty feed", "<rss version=\"2.0\"><channel></channel></rss>".into()),
        ("huge text", huge("a")),
        ("huge HTML", format!("<html>{}", huge("<p>x"))),
        ("a huge object", format!("{{\"page\":[{}0]}}", huge("0,"))),
        ("a deep list", "[".repeat(deep)),
        ("a deep object", "{\"page\":".repeat(deep)),
        ("a deep element", "<feed>".repeat(deep)),
        ("UTF-16", "\u{0}{\u{0}}".into()),
    ];
    for_each_document(|case, document, _| {
        for (how, body) in &bodies {
            case.damaged(document, body.clone(), how);
        }
        case.damaged(document, &b"\xff\xfe{\0}\0"[..], "UTF-16 with a mark");
        case.damaged(document, &b"{\"page\":\"\xc3\x28\"}"[..], "not UTF-8");
    });
}

#[test]
fn an_unknown_key_of_any_depth_changes_nothing() {
    for_each_json(|case, document, json| {
        let Some(rest) = json.to_string().strip_prefix('{').map(str::to_owned) else {
            return;
        };
        let deep = format!("{{\"unheard_of\":{}{},{rest}", "[".repeat(100), "]".repeat(100));
        let parsed = case.damaged(document, deep, "with an unknown key").unwrap();
        assert_eq!(parsed.snapshot.digest(), case.parsed.snapshot.digest(), "{}", case.name);
    });
}

#[test]
fn a_wrong_type_or_word_anywhere_hides_nothing() {
    for_each_json(|case, document, json| {
        for pointer in pointers(&json) {
            let node = json.pointer(&pointer).unwrap();
            let is_id = pointer.to_ascii_lowercase().ends_with("id");
            let mut others = vec![json!(null)];
            if is_id {
                // another id is another thing, rightly, and some vendors write them as numbers
                others.push(json!([7]));
            } else {
                others.push(json!(7));
                if node.is_string() {
                    others.push(json!("\u{7}\u{0}\u{202e}odd"));
                }
            }
            others.retain(|other| other != node);
            for other in others {
                let mut damaged = json.clone();
                let how = format!("{pointer} = {other}");
                *damaged.pointer_mut(&pointer).unwrap() = other;
                case.damaged(document, damaged.to_string(), &how);
            }
        }
    });
}

#[test]
fn the_order_of_lists_changes_nothing() {
    for_each_json(|case, document, mut json| {
        for_each_list(&mut json, &mut |list| list.reverse());
        let parsed = case.damaged(document, json.to_string(), "reversed").unwrap();
        assert_eq!(parsed.snapshot.digest(), case.parsed.snapshot.digest(), "{}: {document}", case.name);
    });
}

#[test]
fn an_element_listed_twice_counts_once() {
    for_each_json(|case, document, mut json| {
        for_each_list(&mut json, &mut |list| list.extend(list.clone()));
        let parsed = case.damaged(document, json.to_string(), "doubled").unwrap();
        assert_eq!(identities(&parsed), identities(&case.parsed), "{}: {document}", case.name);
        assert_eq!(parsed.snapshot.digest(), case.parsed.snapshot.digest(), "{}: {document}", case.name);
    });
}

/// JSON pointers to every value below the top; of a list its first element stands for the rest.
fn pointers(json: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match json {
        Value::Object(map) => map.iter().map(|(key, value)| (format!("/{key}"), value)).collect(),
        Value::Array(list) => list.iter().take(1).enumerate().map(|(n, value)| (format!("/{n}"), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(key, value): (String, &Value)| {
        let deeper: Vec<_> = pointers(value).iter().map(|rest| format!("{key}{rest}")).collect();
        std::iter::once(key).chain(deeper)
    };
    children.into_iter().flat_map(below).collect()
}

fn for_each_list(json: &mut Value, change: &mut impl FnMut(&mut Vec<Value>)) {
    match json {
        Value::Array(list) => {
            list.iter_mut().for_each(|item| for_each_list(item, change));
            change(list);
        }
        Value::Object(map) => map.values_mut().for_each(|value| for_each_list(value, change)),
        _ => {}
    }
}
