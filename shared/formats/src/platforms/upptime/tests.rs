//! Where the repository is found, and what counts of a checker that finds everything down.
use status::{snapshot::Listing, words::ComponentStatus::*};

use super::{FORMAT, repository::Repository, was_answered};
use crate::testing::{Page, facts::states};

const PAGE: &str = "https://status.example.com/";
const FILES: &str = "https://raw.githubusercontent.com/example-org/uptime/HEAD/history";

fn site(slug: &str, status: &str) -> String {
    format!(r#"{{"name":"The {slug}","url":"https://{slug}.example.com","slug":"{slug}","status":"{status}"}}"#)
}

fn summary(sites: &[(&str, &str)]) -> String {
    let sites: Vec<_> = sites.iter().map(|(slug, status)| site(slug, status)).collect();
    format!("[{}]", sites.join(","))
}

fn html(body: &str) -> String {
    format!("<!DOCTYPE html><html><body>{body}</body></html>")
}

fn page(sites: &[(&str, &str)]) -> Page {
    let footer = r#"<footer><a href="https://github.com/example-org/uptime">source</a></footer>"#;
    Page::at(PAGE).with(PAGE, html(footer)).with(&format!("{FILES}/summary.json"), summary(sites))
}

#[test]
fn a_page_is_asked_for_its_repository_once() {
    let page = page(&[("api", "up"), ("web", "degraded"), ("db", "down")]);
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, [String::new(), format!("{FILES}/summary.json")]);
    let parsed = parsed.unwrap();
    assert_eq!(parsed.source, "example-org/uptime");
    let expected = [("The api", Operational), ("The db", MajorOutage), ("The web", DegradedPerformance)];
    assert_eq!(states(&parsed.snapshot.components), expected);
    assert_eq!(parsed.snapshot.coverage.components, Listing::Complete);

    let (asked, again) = page.read(&FORMAT, Some(&parsed.source), &[]);
    assert_eq!(asked, [format!("{FILES}/summary.json")]);
    assert_eq!(again.unwrap().snapshot, parsed.snapshot);
}

#[test]
fn the_address_of_a_repository_is_enough() {
    let page = Page::at("https://github.com/example-org/uptime/")
        .with(&format!("{FILES}/summary.json"), summary(&[("api", "up")]));
    let (asked, parsed) = page.read(&FORMAT, None, &[]);
    assert_eq!((asked.len(), parsed.unwrap().snapshot.components.len()), (1, 1));
}

#[test]
fn a_source_that_was_tampered_with_is_found_anew() {
    for source in ["../..", "a/b/c", "a b/c", "a/..", "", "a/b?x"] {
        let (asked, parsed) = page(&[("api", "up")]).read(&FORMAT, Some(source), &[]);
        assert_eq!((asked[0].as_str(), parsed.unwrap().source.as_ref()), ("", "example-org/uptime"), "{source}");
    }
}

#[test]
fn the_repository_is_that_of_the_footer_before_others() {
    let linked = |address: &str, body: &str| {
        let url: url::Url = address.parse().unwrap();
        let answer =
            crate::contract::Answer { status: 200, body: html(body).into(), ..crate::contract::Answer::none(url) };
        let found = Repository::linked(&answer).unwrap();
        found.iter().map(|repository| repository.as_str().to_owned()).collect::<Vec<_>>()
    };
    let upptime = r#"<footer><a href="https://github.com/upptime/upptime">Upptime</a></footer>"#;
    let nav = r#"<nav><a href="https://github.com/org/code">GitHub</a><a href="https://github.com/org">org</a></nav>"#;
    let issues = r#"<a href="https://github.com/org/uptime/issues">issues</a>"#;
    let footer = r#"<footer><a href='https://github.com/org/uptime'>source</a></footer>"#;
    assert_eq!(linked(PAGE, &[nav, issues, upptime, footer].concat()), ["org/uptime", "org/code"]);
    assert_eq!(linked(PAGE, upptime), ["upptime/upptime"]);
    assert_eq!(linked("https://org.github.io/state/", &[nav, upptime].concat()), ["org/state", "org/code"]);
    assert_eq!(linked("https://org.github.io/", ""), ["org/org.github.io"]);
    assert_eq!(linked(PAGE, issues), [""; 0]);
}

#[test]
fn a_page_that_was_cut_off_names_no_repository() {
    let page = page(&[("api", "up")]).with(PAGE, r#"<html><a href="https://github.com/org/code">code</a>"#);
    assert!(page.read(&FORMAT, None, &[]).1.is_err());
}

#[test]
fn where_all_of_several_are_down_at_once_nothing_is_believed() {
    let all_down = page(&[("api", "down"), ("db", "down"), ("web", "down")]);
    let (asked, parsed) = all_down.read(&FORMAT, Some("example-org/uptime"), &[]);
    assert_eq!(asked, ["summary.json", "api.yml", "db.yml"].map(|name| format!("{FILES}/{name}")));
    let parsed = parsed.unwrap();
    assert_eq!(states(&parsed.snapshot.components), [("The api", Unknown), ("The db", Unknown), ("The web", Unknown)]);
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);

    let silent = all_down.with(&format!("{FILES}/api.yml"), "status: down\ncode: 0\nresponseTime: 0\n");
    assert_eq!(silent.read(&FORMAT, None, &[]).1.unwrap().snapshot, parsed.snapshot);
}

#[test]
fn where_one_of_them_answered_there_was_a_network_and_all_are_down() {
    let page = page(&[("api", "down"), ("db", "down"), ("web", "down")])
        .with(&format!("{FILES}/db.yml"), "url: https://db.example.com\nstatus: down\ncode: 503\nresponseTime: 91\n");
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    assert!(parsed.snapshot.components.iter().all(|component| component.status == MajorOutage));
    assert_eq!(parsed.problems, [""; 0]);
}

#[test]
fn two_sites_that_are_both_down_and_all_but_one_of_several_are_believed() {
    for sites in [&[("api", "down"), ("db", "down")][..], &[("api", "down"), ("db", "down"), ("web", "up")]] {
        let parsed = page(sites).read(&FORMAT, None, &[]).1.unwrap();
        let down = parsed.snapshot.components.iter().filter(|component| component.status == MajorOutage);
        assert_eq!((down.count(), parsed.problems.len()), (2, 0));
    }
}

#[test]
fn a_sites_own_file_tells_whether_it_answered() {
    assert!(was_answered("- url: https://api.example.com\n- status: down\n- code: 500\n"));
    assert!(!was_answered("status: down\ncode: 0\n"));
    assert!(!was_answered("status: up\ncode: 200\n"), "of an earlier check");
    assert!(!was_answered("status: down\ncode: soon\n") && !was_answered(""));
}

#[test]
fn an_unknown_word_is_unknown_and_a_damaged_site_makes_the_list_partial() {
    let list = format!("[{},{},7]", site("api", "sleeping"), site("web", "up"));
    let page = page(&[]).with(&format!("{FILES}/summary.json"), list);
    let parsed = page.read(&FORMAT, None, &[]).1.unwrap();
    assert_eq!(states(&parsed.snapshot.components), [("The api", Unknown), ("The web", Operational)]);
    assert_eq!((parsed.snapshot.coverage.components, parsed.problems.len()), (Listing::Partial, 2));
}

#[test]
fn another_list_is_no_summary() {
    for body in ["[]", "[1,2]", r#"[{"name":"a"}]"#, "{}", "<html></html>"] {
        let page = page(&[]).with(&format!("{FILES}/summary.json"), body);
        let error = page.read(&FORMAT, None, &[]).1.unwrap_err();
        assert!(matches!(error, crate::contract::ReadError::NotThisFormat(_)), "{body}: {error}");
    }
}
