//! PayPal, by `api/v1/components`, which has the state of every product and API in production and in the sandbox, and
//! by the page's feed, which has the incidents. Known by its address alone.
//!
//! This rests on the code of five clients; nothing was recorded here. They write the words for a state in several ways,
//! so only its letters count.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{self, Document as Feed},
    read::{lenient_list::elements, problems::Problems},
    text::values::{Text, short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "paypal",
    fingerprint: Fingerprint { hosts: &["paypal-status.com"], markers: &[], blind_probes: 0 },
    read,
};

const COMPONENTS: &str = "/api/v1/components";
const FEED: &str = "/feed/rss";
const SOURCE: &str = "components";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    result: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    display_name: Option<Text<'a>>,
    #[serde(borrow)]
    category: Option<Category<'a>>,
    #[serde(borrow)]
    status: States<'a>,
}

#[derive(Deserialize)]
struct Category<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct States<'a> {
    #[serde(borrow)]
    production: Option<Text<'a>>,
    #[serde(borrow)]
    sandbox: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let [components, feed] = [COMPONENTS, FEED].map(|path| of_host(context.page, path));
    if context.source == Some(SOURCE) {
        answers.require_all(&[components.clone(), feed.clone()])?;
    }
    let document: Document<'_> = answers.require(&components)?.json()?;
    let missing = || ReadError::NotThisFormat(format!("{} has no `result`", components.path()));
    let raw = document.result.ok_or_else(missing)?;
    let mut problems = Problems::default();
    let (components, is_whole) = self::components(&raw, &mut problems);
    if components.is_empty() {
        return Err(ReadError::Malformed(format!("{COMPONENTS} lists no product")).into());
    }
    let incidents = match Feed::read(answers.require(&feed)?) {
        Ok(document) => feed::incidents(context, &document),
        Err(error) => {
            problems.add(format!("the feed could not be read: {error}"));
            Vec::new()
        }
    };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            incidents,
            coverage: Coverage {
                components: if is_whole { Listing::Complete } else { Listing::Partial },
                incidents: Listing::Window,
            },
        },
        source: SOURCE.into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

/// The page people know has a path of its own (`/product/production`).
fn of_host(page: &Url, path: &str) -> Url {
    let mut url = page.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, bool) {
    let (products, is_whole) = elements::<Product<'_>>(raw, "a product", problems);
    let mut found = BTreeMap::new();
    for product in &products {
        let category = product.category.as_ref().and_then(|category| category.name.as_ref());
        let category = category.map_or("product", |name| name.0.trim());
        let name = product.name.0.trim();
        let shown = product.display_name.as_ref().unwrap_or(&product.name);
        let states = [("Production", &product.status.production), ("Sandbox", &product.status.sandbox)];
        // Not everything is in the sandbox.
        for (environment, word) in states.into_iter().filter(|(name, word)| *name == "Production" || word.is_some()) {
            let id = ComponentId::new(short_name(&format!("{environment}/{category}/{name}")));
            let word = word.as_ref().map_or("", |word| &*word.0);
            let status = status(word).unwrap_or_else(|| problems.unknown_status(id.as_str(), word));
            found.entry(id.clone()).or_insert(Component {
                id,
                name: short_name(shown.0.trim()),
                group: Some(environment.to_owned()),
                status,
            });
        }
    }
    (found.into_values().collect(), is_whole)
}

fn status(word: &str) -> Option<ComponentStatus> {
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
    Some(match letters.to_ascii_lowercase().as_str() {
        "operational" | "informational" => ComponentStatus::Operational,
        "maintenance" | "undermaintenance" => ComponentStatus::UnderMaintenance,
        "degraded" | "degradedperformance" => ComponentStatus::DegradedPerformance,
        "servicedisruption" | "partialservicedisruption" | "partialoutage" => ComponentStatus::PartialOutage,
        "serviceoutage" | "majoroutage" | "outage" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}
