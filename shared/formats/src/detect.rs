//! Finding out which format a page speaks: once, when it is added, and again when it stops matching. The formats are
//! tried in the order of the registry over shared answers; the first that makes a snapshot of them is it.
use jiff::Timestamp;
use url::Url;

use crate::{Answers, Format, ReadError, Reading, Step, Watch, formats};

/// So many requests may one detection cost a page, whatever the number of formats.
pub const MAX_REQUESTS: usize = 8;

pub enum Detection {
    /// Answers to these URLs, besides those it has.
    Need(Vec<Url>),
    Found {
        format: &'static str,
        reading: Reading,
    },
    /// No format: why not, each by name. A page in trouble looks like this too: see [`ReadError::Status`].
    Nothing {
        reasons: Vec<(&'static str, ReadError)>,
    },
}

/// Asked again with each new answer until it is not [`Detection::Need`]. `hint` names the format that is tried first:
/// if it is right, the page is spared the requests of the others.
pub fn detect(page: &Url, hint: Option<&str>, now: Timestamp, answers: &Answers) -> Detection {
    let hinted = formats().iter().filter(|format| Some(format.name) == hint);
    let others = formats().iter().filter(|format| Some(format.name) != hint);
    detect_among(hinted.chain(others), page, now, answers)
}

/// A page in trouble must not be taken for the feed it has as well, and be read as that for ever.
fn may_be_another(reasons: &[(&str, ReadError)]) -> bool {
    let will_pass =
        |error: &ReadError| matches!(error, ReadError::Status { status, .. } if *status == 429 || *status >= 500);
    reasons.iter().any(|(_, error)| will_pass(error))
}

fn detect_among<'a>(
    formats: impl IntoIterator<Item = &'a Format>,
    page: &Url,
    now: Timestamp,
    answers: &Answers,
) -> Detection {
    let watch = Watch { page, via: None, open: &[], now };
    let mut reasons = Vec::new();
    for format in formats {
        let reason = match (format.read)(&watch, answers) {
            Step::Done(_) if format.name == "feed" && may_be_another(&reasons) => continue,
            Step::Done(reading) => {
                return Detection::Found { format: format.name, reading };
            }
            Step::Need(mut urls) => {
                urls.truncate(MAX_REQUESTS.saturating_sub(answers.0.len()));
                if !urls.is_empty() {
                    return Detection::Need(urls);
                }
                ReadError::NotThisFormat(format!("not tried to the end: detection stops at {MAX_REQUESTS} requests"))
            }
            Step::Unusable(error) => error,
        };
        reasons.push((format.name, reason));
    }
    Detection::Nothing { reasons }
}

#[cfg(test)]
mod tests {
    use status::snapshot::{Coverage, Listing, Page, Snapshot};

    use super::*;
    use crate::{Answer, answers::endpoint};

    /// Done when `path` was answered with 200.
    fn reads(watch: &Watch<'_>, answers: &Answers, path: &str) -> Step {
        let url = endpoint(watch.page, path);
        let Some(answer) = answers.get(&url) else {
            return Step::Need(vec![url]);
        };
        if let Err(error) = answer.text() {
            return Step::Unusable(error);
        }
        Step::Done(Reading {
            snapshot: Snapshot {
                page: Page::default(),
                components: vec![],
                incidents: vec![],
                coverage: Coverage { components: Listing::Partial, incidents: Listing::Partial },
            },
            via: "test",
            unlisted: vec![],
            problems: vec![],
        })
    }

    const FIRST: Format = Format { name: "first", read: |watch, answers| reads(watch, answers, "shared") };
    const SECOND: Format = Format {
        name: "second",
        read: |watch, answers| match reads(watch, answers, "shared") {
            Step::Unusable(_) => reads(watch, answers, "second"),
            step => step,
        },
    };
    const GREEDY: Format = Format {
        name: "greedy",
        read: |watch, answers| {
            let urls = (0..20).map(|n| endpoint(watch.page, &n.to_string()));
            Step::Need(urls.filter(|url| answers.get(url).is_none()).collect())
        },
    };

    /// Runs a detection against a page that answers `paths` with their status and everything else with 404; returns
    /// the URL paths asked for, in order, and the end.
    fn run(formats: &[Format], paths: &[(&str, u16)]) -> (Vec<String>, Detection) {
        let page: Url = "https://status.example.com".parse().unwrap();
        let mut answers = Answers::default();
        loop {
            match detect_among(formats, &page, Timestamp::UNIX_EPOCH, &answers) {
                Detection::Need(urls) => answers.0.extend(urls.into_iter().map(|url| Answer {
                    status: paths.iter().find(|(path, _)| *path == url.path()).map_or(404, |found| found.1),
                    final_url: url.clone(),
                    url,
                    content_type: None,
                    body: "something".into(),
                })),
                end => return (answers.0.iter().map(|answer| answer.url.path().into()).collect(), end),
            }
        }
    }

    #[test]
    fn the_first_format_that_can_read_the_page_is_it() {
        let (asked, end) = run(&[FIRST, SECOND], &[("/shared", 200), ("/second", 200)]);
        assert_eq!(asked, ["/shared"]);
        assert!(matches!(end, Detection::Found { format: "first", .. }));
    }

    #[test]
    fn an_answer_is_shared_by_all_formats_and_failures_move_on() {
        for status in [403, 404, 429, 503] {
            let (asked, end) = run(&[FIRST, SECOND], &[("/shared", status), ("/second", 200)]);
            assert_eq!(asked, ["/shared", "/second"]);
            assert!(matches!(end, Detection::Found { format: "second", .. }), "{status}");
        }
    }

    #[test]
    fn a_page_of_no_format_says_why_for_each() {
        let (_, end) = run(&[FIRST, SECOND], &[("/shared", 503)]);
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
        let (asked, end) = run(&[GREEDY, FIRST], &[("/shared", 200)]);
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
            let body = bytes::Bytes::from_static(body.as_bytes());
            Answer { final_url: url.clone(), url, status, content_type: None, body }
        };
        let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>t</title></feed>"#;
        let answers = |status| {
            let missing =
                ["", "proxy/status.acme.test", "api/v1/summary", "feed.atom"].map(|path| answer(path, 404, ""));
            let there = [answer("api/v2/summary.json", status, ""), answer("history.atom", 200, feed)];
            Answers(missing.into_iter().chain(there).collect())
        };
        let found = |hint, status| match detect(&page, hint, Timestamp::UNIX_EPOCH, &answers(status)) {
            Detection::Found { format, .. } => format,
            Detection::Nothing { .. } => "nothing",
            Detection::Need(urls) => panic!("{urls:?}"),
        };
        assert_eq!(found(Some("statuspage"), 503), "nothing");
        assert_eq!(found(Some("statuspage"), 404), "feed");
        assert_eq!(found(None, 503), "nothing");
        assert_eq!(found(None, 403), "feed");
    }
}
