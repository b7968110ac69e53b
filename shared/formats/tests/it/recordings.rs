//! What the formats make of real recordings. Recordings are other people's documents and are not in this repository:
//! `STATUSWIRE_SAMPLES` names the folder that holds them; without it the test says so and proves nothing.
//!
//! Compared are facts (ids, phases, states, times, counts), no sentences, with `tests/expected/<recording>.json`.
//! After a change that is meant, `STATUSWIRE_BLESS=1` writes these files anew: read the difference before committing it.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use formats::Reading;
use serde_json::{Value, json};
use status::snapshot::{Affected, Incident};

use crate::pretend::Pretend;

/// The folders of recordings that a built format must read.
const FOLDERS: &[&str] = &["statuspage", "incidentio", "generic", "other"];

#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn recordings_are_read_as_expected() {
    let Some(samples) = variable("STATUSWIRE_SAMPLES") else {
        eprintln!("skipped: STATUSWIRE_SAMPLES does not name the folder of recordings");
        return;
    };
    let expected = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    let mut wrong = Vec::new();
    let mut read = 0;
    for folder in FOLDERS {
        let entries = fs::read_dir(Path::new(&samples).join(folder))
            .unwrap_or_else(|error| panic!("{samples}/{folder}: {error}"));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(facts) = facts(folder, &name, &fs::read(&path).unwrap()) else {
                continue;
            };
            read += 1;
            let file = expected.join(&name).with_extension("json");
            if variable("STATUSWIRE_BLESS").is_some() {
                fs::write(&file, &facts).unwrap();
            }
            match fs::read_to_string(&file) {
                Ok(known) if known == facts => {}
                Ok(known) => wrong.push(format!("{folder}/{name}: {}", first_difference(&known, &facts))),
                Err(error) => wrong.push(format!("{folder}/{name}: {}: {error}", file.display())),
            }
        }
    }
    assert!(read > 0, "{samples} holds no recording");
    assert!(wrong.is_empty(), "{} of {read} recordings:\n{}", wrong.len(), wrong.join("\n"));
}

/// The facts of one recording; `None` where no format is built for it.
fn facts(folder: &str, name: &str, document: &[u8]) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let read = |format: &str, path: &str| {
        let page = Pretend(BTreeMap::from([(path.to_owned(), document.to_vec().into())]));
        let reading = page.read(formats::format(format).unwrap(), &[]);
        reading.map(|reading| of_reading(&reading))
    };
    let facts = match (folder, extension) {
        (_, "atom" | "rss") => read("feed", &format!("history.{extension}")),
        ("statuspage", "json") if stem.contains("incidents-") || stem.ends_with("maintenances") => {
            formats::statuspage::incidents(document).map(|(incidents, problems)| of_incidents(&incidents, &problems))
        }
        ("statuspage", "json") => read("statuspage", "api/v2/summary.json"),
        ("incidentio", "json") if stem.contains("widget") => read("incidentio", "api/v1/summary"),
        ("incidentio", "json") if stem.contains("shim") => read("incidentio", "api/v2/summary.json"),
        ("incidentio", "json") if stem.contains("proxy-incident") => {
            formats::incidentio::incident(document).map(|(incident, problems)| of_incidents(&[incident], &problems))
        }
        _ => return None,
    };
    let facts = facts.unwrap_or_else(|error| vec![json!({"unusable": error.to_string()})]);
    // a line for each fact, so that the first differing line names it
    let lines: Vec<_> = facts.iter().map(Value::to_string).collect();
    Some(format!("[\n{}\n]\n", lines.join(",\n")))
}

fn of_reading(reading: &Reading) -> Vec<Value> {
    let mut facts = of_incidents(&reading.snapshot.incidents, &reading.problems);
    let components = reading.snapshot.components.iter();
    facts.extend(components.map(|component| json!({"component": component.id, "status": component.status})));
    facts.push(json!({"via": reading.via, "coverage": reading.snapshot.coverage}));
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
    format!("line {}\n  expected {:?}\n  got      {:?}", at + 1, known.get(at), facts.get(at))
}
