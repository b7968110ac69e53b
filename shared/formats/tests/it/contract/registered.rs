//! What a registered format needs: a case with something open, a fuzz target, one first request, its own detection.
use std::fs;

use formats::{Answers, ReadContext, Stop, detect::Detection};

use super::{
    case::{WITHOUT_INCIDENTS, cases, cases_of, identities, in_trouble},
    failures::Failures,
    selected,
};

#[test]
fn every_case_can_be_read() {
    let mut failures = Failures::default();
    for (name, case) in selected().into_iter().flat_map(cases_of) {
        if let Err(error) = case {
            failures.add(&name, &format!("cannot be read: {error}"));
        }
    }
    failures.report();
}

#[test]
fn every_format_has_a_case_with_something_open() {
    let mut failures = Failures::default();
    let cases = cases();
    for format in selected() {
        let mut of_format = cases.iter().filter(|case| case.format.name == format.name);
        let (open, wanted) = match WITHOUT_INCIDENTS.contains(&format.name) {
            true => (of_format.any(|case| in_trouble(&case.parsed).next().is_some()), "component in trouble"),
            false => (of_format.any(|case| !case.open.is_empty()), "open incident"),
        };
        if !open {
            failures.add(format.name, &format!("no case in test_data/{} has an {wanted}", format.name));
        }
    }
    failures.report();
}

#[test]
fn every_format_has_a_fuzz_target() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/Cargo.toml")).unwrap();
    let mut failures = Failures::default();
    for format in selected() {
        let target = format!("[[bin]]\nname = \"{}\"\npath = \"parser.rs\"\ntest = false\ndoc = false\n", format.name);
        if !manifest.contains(&target) {
            failures.add(format.name, &format!("fuzz/Cargo.toml lacks\n\n{target}"));
        }
    }
    failures.report();
}

#[test]
fn a_page_never_read_is_asked_for_one_url() {
    let mut failures = Failures::default();
    for format in selected() {
        let page = "https://status.example.com".parse().unwrap();
        let context = ReadContext { page: &page, source: None, open: &[], now: jiff::Timestamp::UNIX_EPOCH };
        match (format.read)(&context, &Answers::default()) {
            Err(Stop::Need(asked)) if asked.len() == 1 && !asked[0].is_post() => {}
            Err(Stop::Need(asked)) => failures.add(format.name, &format!("asks for {} URLs first", asked.len())),
            Ok(_) | Err(Stop::Unusable(_)) => failures.add(format.name, "ends without an answer"),
        }
    }
    failures.report();
}

#[test]
fn a_name_finds_its_format() {
    for format in selected() {
        assert_eq!(formats::format(format.name).map(|found| found.name), Some(format.name));
    }
}

#[test]
fn every_case_is_detected_as_its_format() {
    let mut failures = Failures::default();
    for case in cases() {
        match case.page.detect() {
            Detection::Found(found) if found.format != case.format.name => {
                failures.add(&case.name, &format!("is detected as {}", found.format));
            }
            Detection::Found(found) if identities(&found.parsed) != identities(&case.first) => {
                failures.add(&case.name, "has other incidents when it is detected than when it is read");
            }
            Detection::Found(_) => {}
            Detection::Nothing { reasons } => failures.add(&case.name, &format!("is not detected: {reasons:?}")),
            Detection::Need(_) => unreachable!("all requests were answered"),
        }
    }
    failures.report();
}

#[test]
fn an_unchanged_page_reads_the_same() {
    let mut failures = Failures::default();
    for case in cases() {
        match case.read_again(&case.page) {
            Ok(again) if again.snapshot.digest() == case.parsed.snapshot.digest() => {}
            Ok(_) => failures.add(&case.name, "reads as another snapshot the second time"),
            Err(error) => failures.add(&case.name, &format!("cannot be read a second time: {error}")),
        }
    }
    failures.report();
}
