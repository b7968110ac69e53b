//! Checkly, of which two kinds of pages are met. A status page is a Nuxt application, which has its data in its HTML,
//! in `script#__NUXT_DATA__`: the cards of services, what is open, and what happened in the last months. A dashboard
//! shows checks; its script reads them from Checkly's API, which finds the page by its host.
//!
//! This rests on the code of three clients, which read `status.mistral.ai` and `status.lottiefiles.com`, two of them
//! with answers in their tests; nothing was recorded here. A service of a status page has no state of its own: it has
//! the one that an open incident of its severity gives it.
mod dashboard;
mod nuxt;
mod page;
#[cfg(test)]
mod tests;

use status::words::{ComponentStatus, Impact};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::embedded::script_of,
};

pub(crate) const FORMAT: Format = Format {
    name: "checkly",
    fingerprint: Fingerprint {
        hosts: &["checkly-status-page.com", "checkly-dashboards.com"],
        markers: &["status-page-resolver-", "checklyhq.com"],
        blind_probes: 0,
    },
    read,
};

/// The source of a status page; that of a dashboard begins with `dashboard` and its number.
const PAGE: &str = "page";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    if let Some(source) = context.source.and_then(dashboard::Source::parse) {
        return dashboard::read(context, answers, &source);
    }
    let answer = answers.require(context.page)?;
    let html = answer.decoded()?;
    let path = answer.url.path();
    let payload = script_of(&html, "__NUXT_DATA__").map(|script| nuxt::Payload::read(path, script));
    let bag = match &payload {
        Some(Ok(payload)) => page::bag(payload),
        Some(Err(error)) => return Err(error.clone().into()),
        None => None,
    };
    match bag {
        Some(bag) => Ok(page::read(context, bag)?),
        None if context.source.is_none() => dashboard::find(context, answers),
        None => Err(ReadError::NotThisFormat(format!("{path} has no data of a status page of Checkly")).into()),
    }
}

fn severity(word: &str) -> Option<(Impact, ComponentStatus)> {
    Some(match word {
        "MINOR" | "MEDIUM" => (Impact::Minor, ComponentStatus::DegradedPerformance),
        "MAJOR" => (Impact::Major, ComponentStatus::PartialOutage),
        "CRITICAL" => (Impact::Critical, ComponentStatus::MajorOutage),
        _ => return None,
    })
}
