//! What the formats make of real recordings. Recordings are other people's documents and are not in this repository:
//! `STATUSWIRE_SAMPLES` names the folder that holds them; without it the test says so and proves nothing.
//!
//! Compared are facts (ids, phases, states, times, counts), no sentences, with `tests/expected/<recording>.json`.
//! After a change that is meant, `STATUSWIRE_BLESS=1` writes these files anew: read the difference before committing
//! it. `tests/expected/index.csv` says of each recording which answer of a page it is: see [`Recording`].
//!
//! The folder may hold a single recording (`STATUSWIRE_SAMPLES=$PWD/mine` with `mine/hund/example.atom`) when it is
//! blessed or when `STATUSWIRE_FORMAT` names one format: the others are skipped and named. Otherwise a recording that
//! is missing is a failure.
//!
//! The expected facts are what the document says. `tests/expected/not_met_yet.csv` lists the recordings of which the
//! formats still read something else: see [`NotMetYet`].
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use formats::{
    ParsedPage,
    testing::{self, Recording},
};
use serde_json::{Value, json};
use status::snapshot::{Affected, Incident};

use crate::contract::{
    failures::{Failures, caught},
    selected,
};

#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn expected(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name)
}

pub(crate) fn index() -> Vec<Recording> {
    csv::Reader::from_path(expected("index.csv")).unwrap().deserialize().collect::<Result<_, _>>().unwrap()
}

/// A line of `tests/expected/not_met_yet.csv`. Its expected facts are written by hand and never blessed. The test fails
/// when the recording meets them, so that the line is removed.
#[derive(serde::Deserialize)]
struct NotMetYet {
    recording: String,
    /// In plain words.
    read_wrongly: String,
}

/// What is read wrongly, by recording.
fn not_met_yet() -> BTreeMap<String, String> {
    let mut by_recording = BTreeMap::new();
    for line in csv::Reader::from_path(expected("not_met_yet.csv")).unwrap().deserialize() {
        let NotMetYet { recording, read_wrongly } = line.unwrap();
        let again = by_recording.insert(recording.clone(), read_wrongly).is_some();
        assert!(!again, "not_met_yet.csv lists {recording} twice");
    }
    by_recording
}

/// The document, or why there is none.
pub(crate) fn document(samples: &str, recording: &Recording) -> Result<Vec<u8>, String> {
    let path = Path::new(samples).join(&recording.recording);
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Whether the folder may lack recordings.
pub(crate) fn may_be_partial() -> bool {
    variable("STATUSWIRE_BLESS").is_some() || variable("STATUSWIRE_FORMAT").is_some()
}

/// The harness hides what `eprintln` prints in a test that passes.
#[expect(clippy::explicit_write, reason = "the test harness shows what eprintln! writes of failed tests only")]
pub(crate) fn note(line: &str) {
    writeln!(io::stderr(), "{line}").unwrap();
}

#[test]
fn recordings_are_read_as_expected() {
    let Some(samples) = variable("STATUSWIRE_SAMPLES") else {
        note("skipped: STATUSWIRE_SAMPLES does not name the folder of recordings");
        return;
    };
    let mut failures = Failures::default();
    let (index, selected) = (index(), selected());
    let mut not_met_yet = not_met_yet();
    for recording in &index {
        let listed = not_met_yet.remove(&recording.recording);
        if selected.iter().all(|format| format.name != recording.format) {
            continue;
        }
        match document(&samples, recording) {
            Ok(document) => compare(recording, &document, listed, &mut failures),
            Err(error) if may_be_partial() => note(&format!("skipped: {error}")),
            Err(error) => failures.add(&recording.format, &error),
        }
    }
    for recording in unread(Path::new(&samples), &index) {
        failures.add("index.csv", &format!("lacks a line for {recording}"));
    }
    for recording in not_met_yet.keys() {
        failures.add("not_met_yet.csv", &format!("lists {recording}, which index.csv does not"));
    }
    failures.report();
}

/// Compares one recording with its expected facts, or writes them. `read_wrongly`: its line in `not_met_yet.csv`.
fn compare(recording: &Recording, document: &[u8], read_wrongly: Option<String>, failures: &mut Failures) {
    let facts = match caught(|| facts(recording, document)) {
        Ok(facts) => facts,
        Err(panic) => return failures.add(&recording.recording, &panic),
    };
    let name = Path::new(&recording.recording).file_name().unwrap().to_str().unwrap();
    let file = expected(name).with_extension("json");
    if variable("STATUSWIRE_BLESS").is_some() && read_wrongly.is_none() {
        fs::write(&file, &facts).unwrap();
    }
    match (fs::read_to_string(&file), read_wrongly) {
        (Ok(known), None) if known == facts => {}
        (Ok(known), Some(_)) if known == facts => {
            failures.add(&recording.recording, "read right by now, remove it from not_met_yet.csv");
        }
        (Ok(_), Some(read_wrongly)) => note(&format!("not met yet: {}: {read_wrongly}", recording.recording)),
        (Ok(known), None) => failures.add(&recording.recording, &first_difference(&known, &facts)),
        (Err(error), _) => {
            let what = format!("{}: {error}; STATUSWIRE_BLESS=1 writes it", file.display());
            failures.add(&recording.recording, &what);
        }
    }
}

/// Recordings that no line of the index names.
fn unread(samples: &Path, index: &[Recording]) -> BTreeSet<String> {
    let folders = fs::read_dir(samples).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let names = folders.flat_map(|folder| {
        let folder_name = folder.file_name().into_string().unwrap();
        let files = fs::read_dir(folder.path()).unwrap();
        files.map(move |file| format!("{folder_name}/{}", file.unwrap().file_name().to_str().unwrap()))
    });
    let mut names: BTreeSet<String> = names.collect();
    index.iter().for_each(|recording| _ = names.remove(&recording.recording));
    names
}

/// The facts of one recording.
fn facts(recording: &Recording, document: &[u8]) -> String {
    let facts = if recording.answer == "alone" {
        testing::incidents_of_part(&recording.format, document)
            .map(|(incidents, problems)| of_incidents(&incidents, &problems))
    } else {
        let format = formats::format(&recording.format).unwrap_or_else(|| panic!("{}", recording.format));
        let page = recording.page(document);
        page.read_from(format, recording.source.as_deref(), &[]).map(|parsed| of_reading(&parsed))
    };
    let facts = facts.unwrap_or_else(|error| vec![json!({"unusable": error.to_string()})]);
    // a line for each fact, so that the first differing line names it
    let lines: Vec<_> = facts.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn of_reading(parsed: &ParsedPage) -> Vec<Value> {
    let mut facts = of_incidents(&parsed.snapshot.incidents, &parsed.problems);
    let components = parsed.snapshot.components.iter();
    facts.extend(components.map(|component| match &component.group {
        None => json!({"component": component.id, "status": component.status}),
        Some(group) => json!({"component": component.id, "group": group, "status": component.status}),
    }));
    facts.push(json!({"via": parsed.source, "coverage": parsed.snapshot.coverage}));
    facts
}

fn of_incidents(incidents: &[Incident], problems: &[String]) -> Vec<Value> {
    let mut facts = vec![json!({"incidents": incidents.len(), "problems": problems.len()})];
    facts.extend(incidents.iter().map(of_incident));
    facts
}

fn of_incident(incident: &Incident) -> Value {
    let states = |named: &[Affected]| -> BTreeMap<String, Value> {
        named.iter().map(|affected| (affected.id.to_string(), json!(affected.status))).collect()
    };
    let updates: Vec<_> = incident
        .updates
        .iter()
        .map(|update| json!([update.posted_at, update.phase, update.components.len()]))
        .collect();
    json!({
        "kind": incident.kind,
        "id": incident.id,
        "phase": incident.phase,
        "impact": incident.impact,
        "started_at": incident.started_at,
        "resolved_at": incident.resolved_at,
        "window": incident.window,
        "components": states(&incident.components),
        "updates": updates,
    })
}

fn first_difference(known: &str, facts: &str) -> String {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (known, facts) = (lines(known), lines(facts));
    let at = (0..).find(|n| known.get(*n) != facts.get(*n)).expect("the texts differ");
    format!("line {}\n    expected {:?}\n    got      {:?}", at + 1, known.get(at), facts.get(at))
}
