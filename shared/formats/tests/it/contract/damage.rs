//! Damages every document of every case in turn. An open incident must not end or disappear because of it.
use serde_json::{Value, json};

use super::{
    case::{Case, for_each_document, for_each_json, identities},
    failures::{At, Failures},
};

#[test]
fn a_document_that_never_came_hides_nothing() {
    for_each_document(|case, document, _, failures| {
        case.damaged(document, "", "empty", failures);
        case.damaged(document, " \n\u{feff}", "blank", failures);
        let mut page = case.page.clone();
        page.documents.remove(document);
        case.without_loss(&page, &At { case: &case.name, document, how: "missing" }, failures);
    });
}

#[test]
fn a_truncated_document_hides_nothing() {
    for_each_document(|case, document, body, failures| {
        for end in (0..body.len()).step_by(64) {
            case.damaged(document, body.slice(..end), &format!("cut at byte {end}"), failures);
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
    for_each_document(|case, document, _, failures| {
        for (what, body) in &bodies {
            case.damaged(document, body.clone(), &format!("{what} in its place"), failures);
        }
        case.damaged(document, &b"\xff\xfe{\0}\0"[..], "UTF-16 with a mark in its place", failures);
        case.damaged(document, &b"{\"page\":\"\xc3\x28\"}"[..], "bytes that are not UTF-8 in its place", failures);
    });
}

#[test]
fn an_unknown_key_of_any_depth_changes_nothing() {
    for_each_json(|case, document, json, failures| {
        let Some(rest) = json.to_string().strip_prefix('{').map(str::to_owned) else {
            return;
        };
        let deep = format!("{{\"unheard_of\":{}{},{rest}", "[".repeat(100), "]".repeat(100));
        is_the_same(case, document, deep, "/unheard_of = a list in a list, 100 deep", failures);
    });
}

#[test]
fn a_wrong_type_or_word_anywhere_hides_nothing() {
    for_each_json(|case, document, json, failures| {
        for pointer in pointers(&json) {
            let node = json.pointer(&pointer).unwrap();
            let is_id = pointer.to_ascii_lowercase().ends_with("id");
            let mut others = vec![json!(null)];
            if is_id {
                // Another id is another thing, and some providers write ids as numbers.
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
                case.damaged(document, damaged.to_string(), &how, failures);
            }
        }
    });
}

#[test]
fn the_order_of_lists_changes_nothing() {
    for_each_json(|case, document, mut json, failures| {
        for_each_list(&mut json, &mut |list| list.reverse());
        is_the_same(case, document, json.to_string(), "every list reversed", failures);
    });
}

#[test]
fn an_element_listed_twice_counts_once() {
    for_each_json(|case, document, mut json, failures| {
        for_each_list(&mut json, &mut |list| list.extend(list.clone()));
        is_the_same(case, document, json.to_string(), "every list doubled", failures);
    });
}

/// The page with this document means what the case means.
fn is_the_same(case: &Case, document: &str, body: String, how: &str, failures: &mut Failures) {
    let at = At { case: &case.name, document, how };
    let Some(parsed) = case.damaged(document, body, how, failures) else {
        failures.add_at(&at, "cannot be read".into());
        return;
    };
    if identities(&parsed) != identities(&case.parsed) {
        failures.add_at(&at, "the incidents or their updates are others".into());
    } else if parsed.snapshot.digest() != case.parsed.snapshot.digest() {
        failures.add_at(&at, "the snapshot is another".into());
    }
}

/// JSON pointers to every value below the top. The first element of a list stands for the rest.
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
