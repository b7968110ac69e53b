//! Upptime, a checker that runs in a GitHub repository and keeps its results there as files. The page is a GitHub
//! repository's address, or a static site made of it that names Upptime and links to the repository.
//!
//! Rests on recordings of `history/summary.json` and of a site's own file, and on the platform's own code for the rest.
//!
//! The incidents of these pages are GitHub issues, which are not read: GitHub answers 60 such requests an hour for all
//! pages together, and an incident that can be read in one minute and not in the next would be reported twice. The
//! check that opens the issues also writes the summary, so its components show the same.
//!
//! A checker without network finds all its sites down at once; this was observed. So where several are down, they count
//! only if at least one is known to have answered, which shows that there was a network.
mod repository;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map::Entry};

use serde::Deserialize;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::repository::Repository;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::Text,
};

pub(crate) const FORMAT: Format = Format {
    name: "upptime",
    fingerprint: Fingerprint { hosts: &["github.com"], markers: &["upptime.js.org", "upptime-icon"], blind_probes: 0 },
    read,
};

const SUMMARY: &str = "history/summary.json";
/// So many sites that are all down at once may have a common cause that is not theirs. Two often are one server.
const MIN_SITES_DOWN: usize = 3;
/// So many sites are looked at for an answer.
const MAX_SITES_ASKED: usize = 2;

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let known = context.source.and_then(Repository::parse).or_else(|| Repository::of_address(context.page));
    let repositories = match known {
        Some(known) => vec![known],
        None => {
            let answer = answers.require(context.page)?;
            Repository::linked(answer)?
        }
    };
    let mut reason = None;
    for repository in repositories {
        let url = repository.file(SUMMARY);
        let answer = answers.require(&url)?;
        match parsed(context, answers, &repository, answer) {
            Err(Stop::Unusable(error @ ReadError::NotThisFormat(_))) => _ = reason.get_or_insert(error),
            other => return other,
        }
    }
    Err(reason.unwrap_or_else(|| ReadError::NotThisFormat("the page links to no repository of GitHub".into())).into())
}

fn parsed(
    context: &ReadContext<'_>,
    answers: &Answers,
    repository: &Repository,
    answer: &Answer,
) -> Result<ParsedPage, Stop> {
    let mut problems = Problems::default();
    let (mut sites, listing) = sites(answer, &mut problems)?;
    if sites.len() >= MIN_SITES_DOWN && sites.values().all(|site| site.status == ComponentStatus::MajorOutage) {
        let slugs = sites.keys().filter(|slug| repository::is_name(slug)).take(MAX_SITES_ASKED);
        let urls: Vec<Url> = slugs.map(|slug| repository.file(&format!("history/{slug}.yml"))).collect();
        answers.require_all(&urls)?;
        let mut files = urls.iter().filter_map(|url| answers.get(url)?.text().ok());
        if !files.any(was_answered) {
            problems.add(format!(
                "all {} sites are down at once and none is known to have answered: the checker itself may have had no \
                 network, so none is believed to be down",
                sites.len()
            ));
            sites.values_mut().for_each(|site| site.status = ComponentStatus::Unknown);
        }
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: sites.into_values().collect(),
            incidents: Vec::new(),
            // There are none in what is read, so that one is missing says nothing.
            coverage: Coverage { components: listing, incidents: Listing::Partial },
        },
        source: repository.as_str().to_owned().into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

#[derive(Deserialize)]
struct Site<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
    name: Text<'a>,
    status: Text<'a>,
}

/// The sites of a summary by slug, of which there is at least one.
fn sites(answer: &Answer, problems: &mut Problems) -> Result<(BTreeMap<String, Component>, Listing), ReadError> {
    let list = answer.json_list()?;
    let (read, whole) = elements::<Site<'_>>(&list, "a site", problems);
    let mut sites = BTreeMap::new();
    for site in read.iter().filter(|site| !site.slug.0.is_empty()) {
        let Entry::Vacant(free) = sites.entry(site.slug.0.to_string()) else {
            problems.add(format!("site {} is listed more than once", quoted(&site.slug.0)));
            continue;
        };
        let status = match &*site.status.0 {
            "up" => ComponentStatus::Operational,
            "degraded" => ComponentStatus::DegradedPerformance,
            "down" => ComponentStatus::MajorOutage,
            word => {
                problems.add(format!("site {}: unknown status {}", quoted(&site.slug.0), quoted(word)));
                ComponentStatus::Unknown
            }
        };
        let name = site.name.0.to_string();
        free.insert(Component { id: ComponentId::new(&site.slug.0), name, group: None, status });
    }
    if sites.is_empty() {
        return Err(ReadError::NotThisFormat(format!("{} lists no site", answer.url.path())));
    }
    Ok((sites, if whole { Listing::Complete } else { Listing::Partial }))
}

/// A site's own file says that it was found down by an HTTP status: of a site that does not answer it is 0.
fn was_answered(file: &str) -> bool {
    let value = |wanted: &str| {
        let pairs = file.lines().filter_map(|line| line.trim_start_matches("- ").split_once(':'));
        pairs.filter(|(key, _)| key.trim() == wanted).map(|(_, value)| value.trim()).next()
    };
    value("status") == Some("down")
        && value("code").and_then(|code| code.parse().ok()).is_some_and(|code: u16| code >= 100)
}
