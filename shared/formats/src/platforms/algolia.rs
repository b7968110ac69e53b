//! Algolia, by the public half of its monitoring API: how each of its few hundred clusters is doing. Known by its
//! address alone; the usual paths of status pages answer there with the page itself.
//!
//! This rests on the provider's documentation and on notes others made of real answers; nothing was recorded. The API's
//! incidents are titles by time and cluster without any identity, so they are not read: the clusters are the
//! components.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::ids_of,
        problems::{Problems, quoted},
    },
    text::values::Text,
};

pub(crate) const FORMAT: Format = Format {
    name: "algolia",
    fingerprint: Fingerprint { hosts: &["status.algolia.com"], markers: &[], blind_probes: 0 },
    read,
};

const STATUS: &str = "1/status";

#[derive(Deserialize)]
struct Document<'a> {
    /// By cluster.
    #[serde(borrow)]
    status: Option<BTreeMap<String, &'a RawValue>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, STATUS);
    let answer = answers.require(&url)?;
    let document: Document<'_> = answer.json()?;
    let not_this = |what: &str| ReadError::NotThisFormat(format!("{} is no status of clusters: {what}", url.path()));
    let clusters = document.status.ok_or_else(|| not_this("no `status`"))?;
    let mut problems = Problems::default();
    let components: Vec<Component> = clusters
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, word)| Component {
            id: ComponentId::new(name),
            name: name.clone(),
            group: None,
            status: component_status(name, word, &mut problems),
        })
        .collect();
    if components.iter().all(|component| component.status == ComponentStatus::Unknown) {
        return Err(not_this("it says nothing of any").into());
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            incidents: Vec::new(),
            coverage: Coverage { components: Listing::Complete, incidents: Listing::Partial },
        },
        source: "clusters".into(),
        unlisted: ids_of(context.open.to_vec()),
        problems: problems.into_vec(),
    })
}

fn component_status(cluster: &str, word: &RawValue, problems: &mut Problems) -> ComponentStatus {
    let word = serde_json::from_str::<Text<'_>>(word.get());
    let status = word.as_ref().ok().and_then(|word| {
        Some(match &*word.0 {
            "operational" => ComponentStatus::Operational,
            "degraded_performance" => ComponentStatus::DegradedPerformance,
            "partial_outage" => ComponentStatus::PartialOutage,
            "major_outage" => ComponentStatus::MajorOutage,
            _ => return None,
        })
    });
    status.unwrap_or_else(|| {
        let word = word.map_or_else(|_| "of another shape".to_owned(), |word| quoted(&word.0));
        problems.add(format!("cluster {}: unknown status {word}", quoted(cluster)));
        ComponentStatus::Unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Page;

    const TROUBLE: &str = include_str!("../../test_data/algolia/trouble/1+status");

    fn read(document: &str) -> Result<ParsedPage, ReadError> {
        Page::of(&[(STATUS, document)]).read(&FORMAT, None, &[]).1
    }

    #[test]
    fn every_cluster_is_a_component() {
        let components = read(TROUBLE).unwrap().snapshot.components;
        let states: Vec<_> = components.iter().map(|component| (component.name.as_str(), component.status)).collect();
        assert_eq!(
            states,
            [
                ("c90-de", ComponentStatus::Operational),
                ("c91-use", ComponentStatus::MajorOutage),
                ("c92-use", ComponentStatus::DegradedPerformance),
                ("c93-jp", ComponentStatus::PartialOutage),
            ]
        );
    }

    #[test]
    fn a_word_that_is_unknown_leaves_its_cluster_unknown() {
        for word in ["\"odd\"", "7", "null"] {
            let parsed = read(&TROUBLE.replace("\"major_outage\"", word)).unwrap();
            assert_eq!(parsed.snapshot.components[1].status, ComponentStatus::Unknown, "{word}");
            assert_eq!(parsed.problems.len(), 1, "{word}");
        }
    }

    #[test]
    fn another_document_is_refused() {
        for document in
            ["<html>", "[]", "{}", "{\"status\":\"ok\"}", "{\"status\":{}}", "{\"status\":{\"Apps\":\"green\"}}"]
        {
            assert!(matches!(read(document), Err(ReadError::NotThisFormat(_))), "{document}");
        }
    }
}
