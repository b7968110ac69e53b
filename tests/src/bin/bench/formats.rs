//! What it takes to make a snapshot of a page's answers, and to find out what it changes in what is believed.
use std::{
    fmt::Write as _,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ::formats::{Answer, Answers, Reading, Step, Watch, format};
use anyhow::Context as _;
use jiff::Timestamp;
use status::{belief::Belief, diff::diff, snapshot::Snapshot};
use tests::page::Incident;
use url::Url;

use crate::{median, milliseconds, vendors::usual_page};

const TIMES: usize = 300;

/// The answers of a page, by path.
type Documents = Vec<(String, Vec<u8>)>;

/// Format, test data, and the largest recordings of each document; where there are none, the test data are taken.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const CASES: [Case; 4] = [
    (
        "statuspage",
        "statuspage/open_incident",
        &[
            ("api/v2/summary.json", "statuspage/kilo-summary-incident.json"),
            ("api/v2/incidents.json", "statuspage/github-incidents-2026-07.json"),
        ],
    ),
    ("incidentio", "incidentio/clerk_4_monitoring", &[]),
    ("incidentio", "incidentio/shim", &[("api/v2/summary.json", "incidentio/openai-shim-summary-two-incidents.json")]),
    ("feed", "feed/statuspage", &[("history.atom", "statuspage/github-history-longincident-2026-05-02.atom")]),
];

pub(crate) fn table() -> anyhow::Result<String> {
    let samples = startup::env::optional("STATUSWIRE_SAMPLES")?.map(PathBuf::from);
    let mut table = format!(
        "One read without the network, median of {TIMES}; the difference is to a belief without incidents:\n\n\
         | format | read | size | parse | belief and difference |\n|---|---|---|---|---|\n"
    );
    let usual = usual_page().with(Incident::new("i1", &["Component 1"]).say("investigating"));
    let usual = vec![("api/v2/summary.json".to_owned(), usual.summary().to_string().into())];
    row(&mut table, "statuspage", "the page of the rounds above", &usual)?;
    for (format, case, recordings) in CASES {
        match samples.as_ref().filter(|_| !recordings.is_empty()) {
            Some(folder) => {
                let read = |(path, file): &(&str, &str)| Ok((path.to_string(), fs::read(folder.join(file))?));
                let documents = recordings.iter().map(read).collect::<anyhow::Result<Documents>>()?;
                let names: Vec<&str> = recordings.iter().map(|(_, file)| *file).collect();
                row(&mut table, format, &format!("recorded: {}", names.join(", ")), &documents)?;
            }
            None => row(&mut table, format, &format!("test data: {case}"), &test_data(case)?)?,
        }
    }
    Ok(table)
}

fn test_data(case: &str) -> anyhow::Result<Documents> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats/test_data").join(case);
    let mut documents = Documents::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        documents.push((file.file_name().to_string_lossy().replace('+', "/"), fs::read(file.path())?));
    }
    Ok(documents)
}

fn row(table: &mut String, format: &str, what: &str, documents: &Documents) -> anyhow::Result<()> {
    let size: usize = documents.iter().map(|(_, document)| document.len()).sum();
    let size = size as f64 / 1024.0;
    let (parse, difference) = times(format, documents).with_context(|| format!("{format}: {what}"))?;
    let (parse, difference) = (milliseconds(parse), milliseconds(difference));
    writeln!(table, "| {format} | {what} | {size:.0} KB | {parse:.3} ms | {difference:.3} ms |")?;
    Ok(())
}

/// To parse; to advance a belief by what was parsed and find the difference.
fn times(name: &str, documents: &Documents) -> anyhow::Result<(Duration, Duration)> {
    let page: Url = "https://status.example.com".parse()?;
    let answers = answers(name, &page, documents)?;
    let snapshot = read(name, &page, &answers)?.snapshot;
    let now = Timestamp::now();
    let before = Belief::first(&Snapshot { incidents: Vec::new(), ..snapshot.clone() }, now);
    let parse = timed(|| read(name, &page, &answers));
    let difference = timed(|| {
        let after = before.advance(&snapshot, now);
        diff(&before, &after)
    });
    Ok((parse, difference))
}

fn timed<T>(work: impl Fn() -> T) -> Duration {
    let once = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    };
    median((0..TIMES).map(once).collect(), |time| *time)
}

/// Whatever the format asks for; what is not among the documents is not there.
fn answers(name: &str, page: &Url, documents: &Documents) -> anyhow::Result<Answers> {
    let mut answers = Answers::default();
    loop {
        match step(name, page, &answers)? {
            Step::Done(_) => return Ok(answers),
            Step::Unusable(error) => return Err(error.into()),
            Step::Need(urls) => answers.0.extend(urls.into_iter().map(|url| {
                let path = url.path().trim_start_matches('/');
                let found = documents.iter().find(|(known, _)| known == path);
                let (status, body) = found.map_or((404, Vec::new()), |(_, body)| (200, body.clone()));
                Answer { status, body: body.into(), ..Answer::none(url) }
            })),
        }
    }
}

fn read(name: &str, page: &Url, answers: &Answers) -> anyhow::Result<Reading> {
    match step(name, page, answers)? {
        Step::Done(reading) => Ok(reading),
        Step::Unusable(error) => Err(error.into()),
        Step::Need(_) => anyhow::bail!("more is needed"),
    }
}

fn step(name: &str, page: &Url, answers: &Answers) -> anyhow::Result<Step> {
    let watch = Watch { page, via: None, open: &[], now: Timestamp::now() };
    let format = format(name).with_context(|| format!("no format {name}"))?;
    Ok((format.read)(&watch, answers))
}
