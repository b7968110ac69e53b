//! Pages read again and again, as recorded or as we know they changed. Every alert this causes is compared with
//! `tests/expected/sequences`: facts only, no text of a provider. The recordings are other people's documents and not
//! in this repository: `STATUSWIRE_SAMPLES` names their folder; without it these tests are skipped. After an intended
//! change `STATUSWIRE_BLESS=1` writes the files: read the difference before you commit it.
mod clerk;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use formats::{Answer, Answers, ParsedPage, ReadContext, Stop};
use jiff::Timestamp;
use status::{
    alert::{Alert, alerts},
    diff::diff,
    page_state::PageState,
    provider::Provider,
    words::ComponentStatus,
};
use url::Url;

/// One read of a page: its time, and the responses by path. All other paths answer 404.
struct Moment {
    at: Timestamp,
    answers: BTreeMap<String, Bytes>,
}

/// The result of one read.
struct Told {
    at: Timestamp,
    page_state: PageState,
    alerts: Vec<Alert>,
    problems: usize,
}

/// Reads the page at each moment as the poller does; the first read is the baseline.
fn replay(format: &str, page: &str, moments: impl IntoIterator<Item = Moment>) -> Vec<Told> {
    let provider =
        Provider { id: "page".into(), name: "Page".into(), page_url: page.into(), format: None, interval: None };
    let mut source: Option<Cow<'static, str>> = None;
    let mut all: Vec<Told> = Vec::new();
    for moment in moments {
        let before = all.last().map(|told| &told.page_state);
        let parsed = read(format, page, source.as_deref(), before, &moment);
        let problems = parsed.problems.len();
        source = Some(parsed.source);
        let told = match before {
            None => {
                let page_state = PageState::baseline(&parsed.snapshot, moment.at);
                Told { at: moment.at, page_state, alerts: Vec::new(), problems }
            }
            Some(before) => {
                let page_state = before.apply(&parsed.snapshot, moment.at);
                let alerts = alerts(&provider, before, &page_state, &diff(before, &page_state), moment.at);
                Told { at: moment.at, page_state, alerts, problems }
            }
        };
        all.push(told);
    }
    all
}

fn read(format: &str, page: &str, source: Option<&str>, before: Option<&PageState>, moment: &Moment) -> ParsedPage {
    let format = formats::format(format).unwrap();
    let page: Url = page.parse().unwrap();
    let open = before.map(PageState::open).unwrap_or_default();
    let watch = ReadContext { page: &page, source, open: &open, now: moment.at };
    let mut answers = Answers::default();
    loop {
        match (format.read)(&watch, &answers) {
            Ok(parsed) => return parsed,
            Err(Stop::Unusable(error)) => panic!("{}: {error}", moment.at),
            Err(Stop::Need(asked)) => answers.0.extend(asked.into_iter().map(|request| moment.answer(request.url))),
        }
    }
}

impl Moment {
    fn answer(&self, url: Url) -> Answer {
        let body = self.answers.get(url.path().trim_start_matches('/'));
        Answer {
            status: if body.is_some() { 200 } else { 404 },
            body: body.cloned().unwrap_or_default(),
            ..Answer::none(url)
        }
    }
}

/// A line for each read and, below it, a line for each of its alerts.
fn written(sequence: &[Told]) -> String {
    let mut text = String::new();
    for (position, told) in sequence.iter().enumerate() {
        let baseline = if position == 0 { ", the baseline" } else { "" };
        let problems = match told.problems {
            0 => String::new(),
            problems => format!(", problems: {problems}"),
        };
        writeln!(text, "{}{baseline}: {} open{problems}", told.at, told.page_state.open().len()).unwrap();
        for alert in &told.alerts {
            let phase = alert.incident.phase.map_or("no phase", |phase| phase.as_str());
            let (event, severity) = (alert.event.as_str(), alert.severity.as_str());
            let updates = alert.updates.len();
            write!(text, "  {event} {}: {phase}, {severity}, {updates} new", alert.incident.id).unwrap();
            let mut states: BTreeMap<ComponentStatus, usize> = BTreeMap::new();
            for component in &alert.components {
                *states.entry(component.status).or_default() += 1;
            }
            for (status, number) in states {
                write!(text, ", {number} {}", status.as_str()).unwrap();
            }
            text.push('\n');
        }
    }
    text
}

/// Compares with `expected/sequences/<name>.txt`.
fn check(name: &str, sequence: &[Told]) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("expected/sequences").join(name).with_extension("txt");
    let text = written(sequence);
    if variable("STATUSWIRE_BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(text == expected, "{name} tells something else.\nexpected:\n{expected}\ngot:\n{text}");
}

#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn samples() -> Option<PathBuf> {
    let folder = variable("STATUSWIRE_SAMPLES");
    if folder.is_none() {
        eprintln!("skipped: STATUSWIRE_SAMPLES does not name the folder of recordings");
    }
    folder.map(PathBuf::from)
}

/// The files `<prefix><date>.atom` of a folder, in order, each as read at the start of its day.
fn recorded_days(folder: &Path, prefix: &str) -> Vec<Moment> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut moments: Vec<Moment> = files
        .map(|file| file.unwrap().path())
        .filter_map(|path| {
            let day = path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(".atom")?.to_owned();
            let answers = BTreeMap::from([("history.atom".to_owned(), fs::read(&path).unwrap().into())]);
            Some(Moment { at: format!("{day}T00:00:00Z").parse().unwrap(), answers })
        })
        .collect();
    moments.sort_by_key(|moment| moment.at);
    moments
}

#[test]
fn recorded_feeds_tell_what_they_told() {
    let Some(samples) = samples() else { return };
    for name in ["longincident", "maint", "multiday", "newyear", "retitled"] {
        let moments = recorded_days(&samples.join("statuspage"), &format!("github-history-{name}-"));
        assert!(moments.len() > 1, "{name} was not recorded");
        check(&format!("feed-{name}"), &replay("feed", "https://status.example.com", moments));
    }
}

#[test]
fn recorded_shim_opens_two_incidents_and_no_component() {
    let Some(samples) = samples() else { return };
    let moments = ["operational", "two-incidents"].map(|name| {
        let file = samples.join(format!("incidentio/openai-shim-summary-{name}.json"));
        let document = fs::read(file).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&document).unwrap();
        Moment {
            at: json["page"]["updated_at"].as_str().unwrap().parse().unwrap(),
            answers: BTreeMap::from([("api/v2/summary.json".to_owned(), document.into())]),
        }
    });
    check("shim-two-incidents", &replay("incidentio", "https://status.example.com", moments));
}

/// The recordings do not say when they were made, so each comes ten minutes after the one before. Each is read twice,
/// as the poller does when something waits for a second read.
#[test]
fn recorded_upptime_tells_of_the_sites_that_are_down_but_not_of_all_at_once() {
    let Some(samples) = samples() else { return };
    let mut moments = Vec::new();
    for (minutes, name) in
        (0..).step_by(10).zip(["1-before", "2-all-down", "3-recovered", "4-some-down", "5-recovered"])
    {
        let document = Bytes::from(fs::read(samples.join(format!("upptime/thechels-2021-03-17-{name}.json"))).unwrap());
        for minute in [minutes, minutes + 1] {
            moments.push(Moment {
                at: format!("2021-03-17T12:{minute:02}:00Z").parse().unwrap(),
                answers: BTreeMap::from([(
                    "example-org/uptime/HEAD/history/summary.json".to_owned(),
                    document.clone(),
                )]),
            });
        }
    }
    check("upptime-down", &replay("upptime", "https://github.com/example-org/uptime", moments));
}
