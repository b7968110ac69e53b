//! The documents of the embedded metric format, as pure code.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Dimension, Metric};

const NAMESPACE: &str = "statuswire";
const STACK: &str = "Stack";
/// The limit of the format for the values of a metric in one document.
const MAX_VALUES: usize = 100;

/// One measurement.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) metric: Metric,
    pub(super) value: u64,
    /// Besides the stack.
    pub(super) dimensions: Vec<Dimension>,
}

/// A document for each combination of dimensions, and more if a metric has more values than fit into one. Counts are
/// added up; of times each is kept.
pub(super) fn documents(stack: &str, now: Timestamp, entries: Vec<Entry>) -> Vec<String> {
    let mut groups: BTreeMap<Vec<Dimension>, BTreeMap<Metric, Vec<u64>>> = BTreeMap::new();
    for Entry { metric, value, dimensions } in entries {
        let values = groups.entry(dimensions).or_default().entry(metric).or_default();
        match values.first_mut() {
            Some(sum) if !metric.is_time() => *sum += value,
            _ => values.push(value),
        }
    }
    let mut documents = Vec::new();
    for (dimensions, metrics) in groups {
        let longest = metrics.values().map(Vec::len).max().unwrap_or_default();
        for part in 0..longest.div_ceil(MAX_VALUES) {
            let metrics: Vec<(Metric, &[u64])> = metrics
                .iter()
                .filter_map(|(metric, values)| Some((*metric, values.chunks(MAX_VALUES).nth(part)?)))
                .collect();
            documents.push(document(stack, now, &dimensions, &metrics));
        }
    }
    documents
}

fn document(stack: &str, now: Timestamp, dimensions: &[Dimension], metrics: &[(Metric, &[u64])]) -> String {
    let mut sets = vec![vec![STACK]];
    if !dimensions.is_empty() {
        sets.push([STACK].into_iter().chain(dimensions.iter().map(|(name, _)| *name)).collect());
    }
    let unit = |metric: Metric| if metric.is_time() { "Milliseconds" } else { "Count" };
    let definitions: Vec<Value> =
        metrics.iter().map(|(metric, _)| json!({"Name": metric.name(), "Unit": unit(*metric)})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": definitions});
    let mut root = Map::new();
    root.insert("_aws".into(), json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]}));
    root.insert(STACK.into(), stack.into());
    root.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
    root.extend(metrics.iter().map(|(metric, values)| {
        let value = if let [value] = values { json!(value) } else { json!(values) };
        (metric.name().to_owned(), value)
    }));
    Value::Object(root).to_string()
}
