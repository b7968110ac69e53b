//! What detection makes of real recordings, when nobody says which format they are of. Each is served alone at the
//! address of its page, whatever else the page had: so it is judged by its bytes and its path, without the marks of a
//! page's HTML. As [`crate::recordings`] it needs the folder that `STATUSWIRE_SAMPLES` names, and says so without it.
//!
//! Expected is the format of `tests/expected/index.csv`. `tests/expected/detected_otherwise.csv` lists the recordings
//! that are not enough to be recognised by, or are rightly taken for another format, and why.
use std::{collections::BTreeMap, path::Path};

use formats::{detect::Detection, testing::Recording};

use crate::{
    contract::{
        failures::{Failures, caught},
        selected,
    },
    recordings::{document, index, may_be_partial, note, variable},
};

/// A line of `tests/expected/detected_otherwise.csv`.
#[derive(serde::Deserialize)]
struct Otherwise {
    recording: String,
    /// Empty: nothing is found.
    detected: String,
    /// In plain words.
    why: String,
}

fn otherwise() -> BTreeMap<String, Otherwise> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/detected_otherwise.csv");
    let lines: Vec<Otherwise> = csv::Reader::from_path(file).unwrap().deserialize().collect::<Result<_, _>>().unwrap();
    assert!(lines.iter().all(|line| !line.why.is_empty()), "each says why");
    lines.into_iter().map(|line| (line.recording.clone(), line)).collect()
}

#[test]
fn recordings_are_detected_as_what_they_are() {
    let Some(samples) = variable("STATUSWIRE_SAMPLES") else {
        note("skipped: STATUSWIRE_SAMPLES does not name the folder of recordings");
        return;
    };
    let (mut failures, otherwise, selected, mut right) = (Failures::default(), otherwise(), selected(), 0);
    // What is only a part of a read is at no address of its own.
    let index: Vec<Recording> = index().into_iter().filter(|recording| recording.answer != "alone").collect();
    for recording in &index {
        let listed = otherwise.get(&recording.recording);
        if selected.iter().all(|format| format.name != recording.format) {
            continue;
        }
        let document = match document(&samples, recording) {
            Ok(document) => document,
            Err(error) if may_be_partial() => {
                note(&format!("skipped: {error}"));
                continue;
            }
            Err(error) => {
                failures.add(&recording.format, &error);
                continue;
            }
        };
        let found = caught(|| match recording.page(&document).detect() {
            Detection::Found(found) => (found.format.to_owned(), String::new()),
            Detection::Nothing { reasons } => {
                let reason = reasons.iter().find(|(name, _)| *name == recording.format);
                (String::new(), reason.map_or("it was not tried".to_owned(), |(_, error)| error.to_string()))
            }
            Detection::Need(_) => unreachable!("all requests were answered"),
        });
        let expected = listed.map_or(&recording.format, |line| &line.detected);
        match found {
            Ok((found, _)) if found == *expected => right += 1,
            Ok((found, reason)) => {
                let named = |name: &str| if name.is_empty() { "nothing".to_owned() } else { name.to_owned() };
                let what = format!("is detected as {}, expected {} ({reason})", named(&found), named(expected));
                failures.add(&recording.recording, &what);
            }
            Err(panic) => failures.add(&recording.recording, &panic),
        }
        if let Some(line) = listed.filter(|line| line.detected == recording.format) {
            failures.add(&line.recording, "is as index.csv says, remove it from detected_otherwise.csv");
        }
    }
    for recording in otherwise.keys().filter(|name| index.iter().all(|one| one.recording != **name)) {
        failures.add("detected_otherwise.csv", &format!("lists {recording}, which index.csv does not"));
    }
    note(&format!("{right} recordings are detected as expected"));
    failures.report();
}
