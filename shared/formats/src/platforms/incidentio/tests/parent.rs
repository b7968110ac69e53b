//! A page that only leads to others.
use super::*;

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
