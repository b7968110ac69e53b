//! What a round adds to the metrics.
use startup::metrics::{Metric, Metrics};
use status::alert::Alert;

use crate::Summary;

pub(crate) fn count_round(metrics: &Metrics, summary: &Summary) {
    let counts = [
        (Metric::PagesPolled, summary.pages),
        (Metric::PagesChanged, summary.changed),
        (Metric::PagesFailed, summary.unreadable + summary.not_stored),
        (Metric::PagesSkipped, summary.skipped),
        (Metric::Alerts, summary.alerts),
    ];
    counts.into_iter().for_each(|(metric, count)| metrics.add(metric, count as u64));
}

/// How late we saw what the alert is about: the newest update, if the provider says when it was posted (truth rule 3).
pub(crate) fn measure_detection(metrics: &Metrics, alert: &Alert) {
    if let Some(posted_at) = alert.updates.last().and_then(|update| update.posted_at) {
        metrics.add_time(Metric::DetectionLag, posted_at, alert.seen_at, &[]);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use status::{notice, snapshot::Update};

    use super::*;

    fn written(metrics: &Metrics) -> Value {
        let documents = metrics.take(Timestamp::UNIX_EPOCH);
        let [document] = &documents[..] else { panic!("one document: {documents:?}") };
        serde_json::from_str(document).unwrap()
    }

    #[test]
    fn a_round_without_work_differs_from_no_round() {
        let metrics = Metrics::of("stack".into(), false);
        count_round(&metrics, &Summary::default());
        let document = written(&metrics);
        assert_eq!((&document["PagesPolled"], &document["PagesSkipped"]), (&json!(0), &json!(0)));
        assert!(document.get("PagesFailed").is_none(), "{document}");
    }

    #[test]
    fn a_page_that_could_not_be_stored_has_failed() {
        let metrics = Metrics::of("stack".into(), false);
        count_round(&metrics, &Summary { pages: 9, unreadable: 2, not_stored: 1, skipped: 4, ..Summary::default() });
        let document = written(&metrics);
        let counts = ["PagesPolled", "PagesFailed", "PagesSkipped"].map(|name| document[name].as_u64().unwrap());
        assert_eq!(counts, [9, 3, 4]);
    }

    #[test]
    fn detection_is_measured_from_the_newest_update() {
        let metrics = Metrics::of("stack".into(), false);
        let alert = notice::test(&"hook".into(), Timestamp::from_second(1_000).unwrap());
        measure_detection(&metrics, &alert);
        let posted = |second| Update {
            id: "u".into(),
            phase: None,
            posted_at: Some(Timestamp::from_second(second).unwrap()),
            body: None,
            components: Vec::new(),
        };
        measure_detection(&metrics, &Alert { updates: vec![posted(100), posted(990)], ..alert });
        assert_eq!(written(&metrics)["DetectionLag"], 10_000, "the first one has no update");
    }
}
