//! The order in which formats are tried, the requests it costs, and what is no page of a format.
use status::snapshot::{Coverage, Listing, Snapshot};

use super::*;
use crate::{contract::Fingerprint, read::answers::endpoint, request::Request, testing::Page};

/// Done when `path` was answered with 200.
fn reads(context: &ReadContext<'_>, answers: &Answers, path: &str) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, path);
    answers.require(&url)?.text()?;
    Ok(a_page())
}

fn a_page() -> ParsedPage {
    ParsedPage {
        snapshot: Snapshot {
            page: status::snapshot::Page::default(),
            components: vec![],
            incidents: vec![],
            coverage: Coverage { components: Listing::Partial, incidents: Listing::Partial },
        },
        source: "test".into(),
        unlisted: vec![],
        problems: vec![],
    }
}

const ANYWHERE: Fingerprint = Fingerprint { hosts: &[], markers: &[], blind_probes: usize::MAX };
const FIRST: Format =
    Format { name: "first", fingerprint: ANYWHERE, read: |context, answers| reads(context, answers, "shared") };
const SECOND: Format = Format {
    name: "second",
    fingerprint: ANYWHERE,
    read: |context, answers| match reads(context, answers, "shared") {
        Err(Stop::Unusable(_)) => reads(context, answers, "second"),
        read => read,
    },
};
const GREEDY: Format = Format {
    name: "greedy",
    fingerprint: ANYWHERE,
    read: |context, answers| {
        answers.require_all(&(0..20).map(|n| endpoint(context.page, &n.to_string())).collect::<Vec<_>>())?;
        unreachable!("no page answers so many")
    },
};

/// Runs a detection against a page that answers `paths` with their status and everything else with 404; returns
/// the paths asked for, in order, and the end.
fn run(formats: &[Format], paths: &[(&str, u16)]) -> (Vec<String>, Detection) {
    let page = paths.iter().fold(Page::of::<&str>(&[]), |page, (path, status)| page.with_status(path, *status, "text"));
    page.detect_asked(|answers| detect_among(formats, &page.page, None, Timestamp::UNIX_EPOCH, answers))
}

#[test]
fn the_first_format_that_can_read_the_page_is_it() {
    let (asked, end) = run(&[FIRST, SECOND], &[("shared", 200), ("second", 200)]);
    assert_eq!(asked, ["", "shared"]);
    assert!(matches!(end, Detection::Found(DetectedPage { format: "first", .. })));
}

#[test]
fn an_answer_is_shared_by_all_formats_and_failures_move_on() {
    for status in [403, 404, 429, 503] {
        let (asked, end) = run(&[FIRST, SECOND], &[("shared", status), ("second", 200)]);
        assert_eq!(asked, ["", "shared", "second"]);
        assert!(matches!(end, Detection::Found(DetectedPage { format: "second", .. })), "{status}");
    }
}

#[test]
fn a_page_of_no_format_says_why_for_each() {
    let (_, end) = run(&[FIRST, SECOND], &[("shared", 503)]);
    let Detection::Nothing { reasons } = end else {
        panic!("nothing was to be found");
    };
    let reasons: Vec<String> = reasons.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    assert_eq!(
        reasons,
        [
            "first: https://status.example.com/shared answered with status 503",
            "second: nothing at /second (status 404)",
        ]
    );
}

#[test]
fn a_detection_stops_at_its_number_of_requests() {
    let (asked, end) = run(&[GREEDY, FIRST], &[("shared", 200)]);
    assert_eq!(asked.len(), MAX_REQUESTS);
    let Detection::Nothing { reasons } = end else {
        panic!("nothing was to be found");
    };
    assert_eq!(reasons[1].1.to_string(), "not tried to the end: detection stops at 8 requests");
}

#[test]
fn a_page_in_trouble_is_not_taken_for_its_feed() {
    let page: Url = "https://status.acme.test".parse().unwrap();
    let answer = |path: &str, status, body: &'static str| {
        let url = endpoint(&page, path);
        Answer { status, body: body.into(), ..Answer::none(url) }
    };
    let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>t</title></feed>"#;
    let answers = |status| {
        let missing = ["", "proxy/status.acme.test", "api/v1/summary", "feed.atom", "v3/summary.json", "index.json"]
            .map(|path| answer(path, 404, ""));
        let there = [answer("api/v2/summary.json", status, ""), answer("history.atom", 200, feed)];
        Answers(missing.into_iter().chain(there).collect())
    };
    let found = |hint, status| match detect(&page, hint, Timestamp::UNIX_EPOCH, &answers(status)) {
        Detection::Found(found) => found.format,
        Detection::Nothing { .. } => "nothing",
        Detection::Need(urls) => panic!("{urls:?}"),
    };
    assert_eq!(found(Some("statuspage"), 503), "nothing");
    assert_eq!(found(Some("statuspage"), 404), "feed");
    assert_eq!(found(None, 503), "nothing");
    assert_eq!(found(None, 403), "feed");
}

/// What is asked for and found where these documents are, HTML or JSON by URL.
fn explore(page: &str, documents: &[(&str, &str)]) -> (Vec<String>, Option<DetectedPage>) {
    let page = Page::at(page).with_all(documents);
    let (asked, end) = page.detect_asked(|answers| detect(&page.page, None, Timestamp::UNIX_EPOCH, answers));
    let Detection::Found(found) = end else { return (asked, None) };
    (asked, Some(found))
}

const SUMMARY: &str = r#"{"page":{"id":"abcdefghijkl","name":"Acme","url":"https://status.acme.test"},
    "status":{"indicator":"none"},"components":[],"incidents":[],"scheduled_maintenances":[]}"#;

#[test]
fn a_mark_in_the_page_saves_the_requests_of_all_others() {
    let (asked, found) = explore(
        "https://status.acme.test",
        &[
            ("https://status.acme.test/", "<html><footer>Powered by <a href='https://www.statuspage.io'>Statuspage"),
            ("https://status.acme.test/api/v2/summary.json", SUMMARY),
            ("https://status.acme.test/api/v2/incidents.json", r#"{"incidents":[]}"#),
        ],
    );
    assert_eq!(asked.len(), 3, "{asked:?}");
    let found = found.unwrap();
    assert_eq!((found.format, found.resolved_by), ("statuspage", None));
}

#[test]
fn an_instatus_page_is_not_taken_for_the_statuspage_it_imitates() {
    let summary = r#"{"page":{"name":"Acme","url":"https://status.acme.test","status":"UP"}}"#;
    let newer = r#"{"page":{"name":"Acme","url":"https://status.acme.test","updated":"2026-05-04T10:00:00Z"},
        "status":{"text":"All is well","type":"UP"}}"#;
    let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Acme status</title></feed>"#;
    for (summary, html) in [(summary, "<html>Acme"), (newer, "<html>Acme"), (summary, "<html>statuspage.io")] {
        let (_, found) = explore(
            "https://status.acme.test",
            &[
                ("https://status.acme.test/", html),
                ("https://status.acme.test/v3/summary.json", summary),
                ("https://status.acme.test/summary.json", summary),
                ("https://status.acme.test/api/v2/summary.json", summary),
                ("https://status.acme.test/v3/components.json", r#"{"components":[]}"#),
                ("https://status.acme.test/history.atom", feed),
                ("https://status.acme.test/feed.atom", feed),
            ],
        );
        assert_eq!(found.unwrap().format, "instatus");
    }
}

#[test]
fn an_openstatus_page_is_not_taken_for_a_statuspage() {
    let summary = r#"{"page":{"name":"Acme","url":"https://status.acme.test","updated_at":"2026-05-04T10:00:00.000Z"},
        "status":{"indicator":"none","description":"d"},"components":[],"incidents":[],"scheduled_maintenances":[]}"#;
    let feed = r#"{"title":"Acme","status":"success","monitors":[],"maintenances":[],"statusReports":[]}"#;
    let found = |html: &'static str| {
        let documents = [
            ("https://status.acme.test/", html),
            ("https://status.acme.test/api/v2/summary.json", summary),
            ("https://status.acme.test/api/v2/incidents.json", summary),
            ("https://status.acme.test/feed/json", feed),
        ];
        explore("https://status.acme.test", &documents).1.map(|found| found.format)
    };
    assert_eq!(found("<html>powered by <a href='https://www.openstatus.dev'>openstatus</a>"), Some("openstatus"));
    assert_eq!(found("<html>Acme"), None);
}

/// Is asked by `POST` where a GET finds nothing.
const POSTS: Format = Format {
    name: "posts",
    fingerprint: Fingerprint { hosts: &["posts.test"], markers: &["made with posts"], blind_probes: 1 },
    read: |context, answers| {
        match reads(context, answers, "get") {
            Err(Stop::Unusable(_)) => {}
            end => return end,
        }
        let url = endpoint(context.page, "post");
        answers.require_request(&Request::post(url, &serde_json::json!({})))?.text()?;
        Ok(a_page())
    },
};

#[test]
fn nothing_is_posted_to_a_page_without_a_sign_of_the_format() {
    let run = |at: &str, hint: Option<&str>, html: &str| {
        let page = Page::at(at).with("POST post", "text").with("", html);
        let (asked, end) =
            page.detect_asked(|answers| detect_among(&[POSTS], &page.page, hint, Timestamp::UNIX_EPOCH, answers));
        (asked, matches!(end, Detection::Found(_)))
    };
    let at = "https://status.example.com";
    assert_eq!(run(at, None, "<p>made with POSTS"), (vec!["".into(), "get".into(), "POST post {}".into()], true));
    let (asked, found) = run(at, None, "<p>hello");
    assert_eq!((asked, found), (vec!["".to_owned(), "get".into()], false), "a blind probe");
    // A catalogue may be wrong.
    assert_eq!(run(at, Some("posts"), "<p>hello"), (vec!["get".into(), "".into()], false));
    let (asked, found) = run(at, Some("posts"), "<p>made with posts");
    assert_eq!((asked, found), (vec!["get".to_owned(), "".into(), "POST post {}".into()], true));
    assert_eq!(run("https://a.posts.test", None, "<p>hello").0, ["get", "POST post {}"]);
}

#[test]
fn a_home_page_leads_to_its_status_page() {
    let (asked, found) = explore(
        "https://www.acme.test",
        &[
            ("https://www.acme.test/", "<html><a href='https://status.acme.test'>Status</a>"),
            ("https://status.acme.test/", "<html>statuspage.io"),
            ("https://status.acme.test/api/v2/summary.json", SUMMARY),
            ("https://status.acme.test/api/v2/incidents.json", r#"{"incidents":[]}"#),
        ],
    );
    let found = found.unwrap();
    assert_eq!((found.page.as_str(), found.resolved_by), ("https://status.acme.test/", Some(ResolvedBy::Link)));
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[test]
fn a_blog_is_no_status_page() {
    let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>Acme blog</title>
        <entry><id>1</id><title>We are hiring</title><updated>2026-05-04T10:00:00Z</updated></entry></feed>"#;
    let blog = |title: &str| feed.replace("Acme blog", title);
    let (_, found) = explore("https://www.acme.test", &[("https://www.acme.test/", &blog("Acme blog"))]);
    assert!(found.is_none());
    let (_, found) = explore("https://www.acme.test", &[("https://www.acme.test/", &blog("Acme status"))]);
    assert_eq!(found.unwrap().format, "feed");
}

#[test]
fn a_page_that_answers_anything_with_html_is_none() {
    let page = Page::at("https://status.acme.test").otherwise(200, "<!doctype html><div id=app></div>");
    let Detection::Nothing { reasons } = page.detect() else { panic!("nothing was to be found") };
    assert!(!reasons.is_empty());
}
