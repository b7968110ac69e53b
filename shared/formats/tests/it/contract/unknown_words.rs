//! An unknown component state never reads as operational (reading rule 2).
//!
//! The test knows no format's words and finds them itself. A value of a document is a *state word* of a component if
//! the component's state changes when nonsense, or another word of the same key, takes its place. With nonsense in its
//! place the component may be unknown, keep a worse state that something else tells, or go together with a problem that
//! says so. It must not turn from a worse state to operational, nor stay operational without a new problem.
//!
//! Ids, names, times, links and sentences are left alone: another id is another thing. Outside of JSON a value may be a
//! part of the structure, so there only the change by another word counts.
//!
//! `tests/expected/unknown_words_not_met_yet.csv` lists what formats still read wrongly: see [`NotMetYet`].
mod careless;
mod document;
mod search;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::Path,
    thread,
};

use formats::Format;

use self::search::{Subject, search};
use super::{case::cases_of, failures::Failures, selected};

/// Formats in whose documents no word says the state of a component: it follows from incidents, or there are none.
/// Those of Pingdom are in HTML within JSON, where the search does not look.
const WITHOUT_STATE_WORDS: &[&str] = &["feed", "hund", "ibmcloud", "kener", "pingdom", "rootly", "wedos"];

/// A line of `unknown_words_not_met_yet.csv`. The test fails when the format reads it right, so that the line is
/// removed.
#[derive(serde::Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct NotMetYet {
    format: String,
    /// File name in a case of the format.
    document: String,
    /// JSON pointer with `*` for positions and ids; of another document the text in front of the word.
    field: String,
    /// In plain words.
    read_wrongly: String,
}

fn not_met_yet() -> BTreeMap<[String; 3], String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/unknown_words_not_met_yet.csv");
    let lines = csv::Reader::from_path(path).unwrap().into_deserialize::<NotMetYet>().map(Result::unwrap);
    lines.map(|line| ([line.format, line.document, line.field], line.read_wrongly)).collect()
}

#[test]
fn an_unknown_component_word_never_reads_as_operational() {
    let mut failures = Failures::default();
    let mut not_met_yet = not_met_yet();
    let mut met = not_met_yet.clone();
    let selected = selected();
    for (format, found) in selected.iter().zip(of_formats(&selected)) {
        if found.words.is_empty() != WITHOUT_STATE_WORDS.contains(&format.name) {
            let words = found.words.len();
            failures.add(
                format.name,
                &format!(
                    "{words} state words in test_data: show a component in two states, or see WITHOUT_STATE_WORDS"
                ),
            );
        }
        for fault in found.faults {
            let key = [format.name.to_owned(), fault.document.clone(), fault.field.clone()];
            match not_met_yet.get(&key) {
                Some(_) => _ = met.remove(&key),
                None => fault.add_to(&mut failures),
            }
        }
    }
    not_met_yet.retain(|[format, ..], _| selected.iter().any(|selected| selected.name == format));
    for ([format, document, field], read_wrongly) in &not_met_yet {
        if met.contains_key(&[format.clone(), document.clone(), field.clone()]) {
            let what = format!("{document}: {field}: read right by now, remove it from unknown_words_not_met_yet.csv");
            failures.add(format, &what);
        } else {
            // The harness hides what `eprintln` prints in a test that passes.
            writeln!(io::stderr(), "not met yet: {format}: {document}: {field}: {read_wrongly}").unwrap();
        }
    }
    failures.report();
}

/// What is found in each of these formats.
fn of_formats(formats: &[&'static Format]) -> Vec<search::SearchResult> {
    let of_format = |format: &'static Format| {
        let cases: Vec<_> = cases_of(format).filter_map(|(_, case)| case.ok()).collect();
        let subjects = cases.iter().map(|case| Subject {
            case: &case.name,
            page: &case.page,
            read: Box::new(|page| case.read_again(page).ok()),
        });
        search(&subjects.collect::<Vec<_>>())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = formats.iter().map(|format| scope.spawn(|| of_format(format))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
