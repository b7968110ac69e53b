//! The cases of `test_data`, read as the poller reads them.
use std::collections::BTreeSet;

use bytes::Bytes;
use formats::{
    Format, ParsedPage,
    testing::{self, Page},
};
use serde_json::Value;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Component, Kind, Listing},
    words::ComponentStatus,
};

use super::{
    failures::{At, Failures, caught},
    selected,
};

/// Formats whose pages have no incidents that can be read. Their alerts tell of components in trouble.
pub(super) const WITHOUT_INCIDENTS: &[&str] = &["upptime", "uptimerobot", "statushub", "algolia", "pingdom"];

/// A page that can be read, and what is open on it.
pub(super) struct Case {
    /// `format/case`.
    pub(super) name: String,
    pub(super) format: &'static Format,
    pub(super) page: Page,
    /// The first read, when nothing is known of the page.
    pub(super) first: ParsedPage,
    /// Every later read.
    pub(super) parsed: ParsedPage,
    pub(super) open: Vec<(Kind, IncidentId)>,
}

impl Case {
    fn read(name: String, format: &'static Format, page: Page) -> Result<Self, String> {
        let first = read(&page, format, None, &[])?;
        let open = first.snapshot.incidents.iter().filter(|incident| !incident.is_over());
        let open: Vec<_> = open.map(|incident| (incident.kind, incident.id.clone())).collect();
        // Later reads ask the known source, and look up what is believed to be open.
        let parsed = read(&page, format, Some(&first.source), &open).map_err(|error| format!("read again: {error}"))?;
        Ok(Self { name, format, page, first, parsed, open })
    }

    /// Another state of this page, read as the page is from its second read on.
    pub(super) fn read_again(&self, page: &Page) -> Result<ParsedPage, String> {
        read(page, self.format, Some(&self.parsed.source), &self.open)
    }

    /// The same page with one document exchanged, which must not end or hide an incident. `None`: it cannot be read.
    pub(super) fn damaged(
        &self,
        document: &str,
        body: impl Into<Bytes>,
        how: &str,
        failures: &mut Failures,
    ) -> Option<ParsedPage> {
        let mut page = self.page.clone();
        page.documents.insert(document.to_owned(), body.into());
        self.without_loss(&page, &At { case: &self.name, document, how }, failures)
    }

    pub(super) fn without_loss(&self, page: &Page, at: &At<'_>, failures: &mut Failures) -> Option<ParsedPage> {
        let parsed = match caught(|| page.read_from(self.format, Some(&self.parsed.source), &self.open)) {
            Ok(result) => result.ok()?,
            Err(panic) => {
                failures.add_at(at, panic);
                return None;
            }
        };
        let mut ids = BTreeSet::new();
        let again = parsed.snapshot.incidents.iter().filter(|incident| !ids.insert(&incident.id));
        again.for_each(|incident| failures.add_at(at, format!("incident {} is there twice", incident.id)));
        let problems = parsed.problems.len();
        if problems > 20 {
            failures.add_at(at, format!("{problems} problems, expected 20 at most"));
        }
        if WITHOUT_INCIDENTS.contains(&self.format.name) {
            let recovered = in_trouble(&self.parsed).filter(|before| {
                let mut after = parsed.snapshot.components.iter().filter(|after| after.id == before.id);
                after.any(|after| after.status == ComponentStatus::Operational)
            });
            recovered.for_each(|one| failures.add_at(at, format!("component {} passes for operational", one.id)));
        }
        for (_, id) in &self.open {
            let mut after = parsed.snapshot.incidents.iter();
            match after.find(|after| after.id == *id) {
                Some(after) if after.is_over() => failures.add_at(at, format!("incident {id} passes for ended")),
                None if parsed.snapshot.coverage.incidents == Listing::Complete => {
                    failures.add_at(at, format!("incident {id} is gone though the list passes for complete"));
                }
                Some(_) | None => {}
            }
        }
        Some(parsed)
    }
}

fn read(page: &Page, format: &Format, source: Option<&str>, open: &[(Kind, IncidentId)]) -> Result<ParsedPage, String> {
    caught(|| page.read_from(format, source, open))?.map_err(|error| error.to_string())
}

/// Every case of a format: its name, and the case or why it cannot be read.
pub(super) fn cases_of(format: &'static Format) -> impl Iterator<Item = (String, Result<Case, String>)> {
    let cases = testing::cases(format).into_iter();
    cases.map(move |(name, page)| (name.clone(), Case::read(name, format, page)))
}

/// All cases of the selected formats that can be read. `every_case_can_be_read` names the others.
pub(super) fn cases() -> Vec<Case> {
    selected().into_iter().flat_map(cases_of).filter_map(|(_, case)| case.ok()).collect()
}

/// Runs a test on every document of every case, and reports what it found.
pub(super) fn for_each_document(mut test: impl FnMut(&Case, &str, &Bytes, &mut Failures)) {
    let mut failures = Failures::default();
    for case in cases() {
        for (document, body) in &case.page.documents {
            test(&case, document, body, &mut failures);
        }
    }
    failures.report();
}

/// The same for JSON documents.
pub(super) fn for_each_json(mut test: impl FnMut(&Case, &str, Value, &mut Failures)) {
    for_each_document(|case, document, body, failures| {
        if let Ok(json) = serde_json::from_slice(body) {
            test(case, document, json, failures);
        }
    });
}

pub(super) fn in_trouble(parsed: &ParsedPage) -> impl Iterator<Item = &Component> {
    parsed.snapshot.components.iter().filter(|component| component.status.is_trouble())
}

/// The incidents with their updates.
pub(super) fn identities(parsed: &ParsedPage) -> Vec<(IncidentId, Kind, Vec<UpdateId>)> {
    let incidents = parsed.snapshot.incidents.iter();
    let mut all: Vec<_> = incidents
        .map(|incident| {
            let mut updates: Vec<_> = incident.updates.iter().map(|update| update.id.clone()).collect();
            updates.sort();
            (incident.id.clone(), incident.kind, updates)
        })
        .collect();
    all.sort();
    all
}
