//! Metrics of Lambda functions. A function writes lines in CloudWatch's embedded metric format to its log, and
//! CloudWatch makes the metrics from them, so that no request is sent:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//!
//! CloudWatch bills each name with each combination of dimensions as a metric of its own: $0.30 a month, by the hours
//! in which it is written, ten of them free (<https://aws.amazon.com/cloudwatch/pricing/>). So there are ten metrics
//! with the stack as their only dimension, and a count of nothing is not written unless an alarm reads it. The details
//! add up to 25 with five channels: an outcome is counted by channel, and so is the time until a delivery.
mod document;

use std::{
    io::{self, Write as _},
    sync::Mutex,
};

use jiff::Timestamp;

use self::document::{Entry, documents};
use crate::env;

/// What is measured. Alarms and the dashboard of `template.yaml` use these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Pages that a round read, successfully or not.
    PagesPolled,
    /// Those of them whose stored state changed.
    PagesChanged,
    /// Those of them whose read gave no data, or whose state could not be stored.
    PagesFailed,
    /// Pages that were due and not read.
    PagesSkipped,
    Alerts,
    /// From the provider's time of an update until our read of it, in milliseconds.
    DetectionLag,
    /// Deliveries that a receiver accepted.
    Delivered,
    /// Deliveries that ended and did not arrive.
    Undeliverable,
    /// From our read of a fact until its receiver accepted the alert, in milliseconds.
    DeliveryLag,
    /// How long a message was queued before a function first received it, in milliseconds.
    QueueAge,
    /// Deliveries by channel and outcome; in detail only.
    Deliveries,
}

impl Metric {
    pub const ALL: [Self; 11] = [
        Self::PagesPolled,
        Self::PagesChanged,
        Self::PagesFailed,
        Self::PagesSkipped,
        Self::Alerts,
        Self::DetectionLag,
        Self::Delivered,
        Self::Undeliverable,
        Self::DeliveryLag,
        Self::QueueAge,
        Self::Deliveries,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::PagesPolled => "PagesPolled",
            Self::PagesChanged => "PagesChanged",
            Self::PagesFailed => "PagesFailed",
            Self::PagesSkipped => "PagesSkipped",
            Self::Alerts => "Alerts",
            Self::DetectionLag => "DetectionLag",
            Self::Delivered => "Delivered",
            Self::Undeliverable => "Undeliverable",
            Self::DeliveryLag => "DeliveryLag",
            Self::QueueAge => "QueueAge",
            Self::Deliveries => "Deliveries",
        }
    }

    /// It is written only where details are wanted.
    pub fn is_detailed(self) -> bool {
        self == Self::Deliveries
    }

    fn is_time(self) -> bool {
        matches!(self, Self::DetectionLag | Self::DeliveryLag | Self::QueueAge)
    }

    /// An alarm needs the value although it is 0: it tells a round without work from no round.
    fn is_always_written(self) -> bool {
        matches!(self, Self::PagesPolled | Self::PagesSkipped)
    }
}

/// The name and the value of a dimension besides the stack.
pub type Dimension = (&'static str, &'static str);

/// What a function measured since the last [`Metrics::flush`]. The default keeps and writes nothing.
#[derive(Debug, Default)]
pub struct Metrics(Option<Enabled>);

#[derive(Debug)]
struct Enabled {
    stack: String,
    detailed: bool,
    entries: Mutex<Vec<Entry>>,
}

impl Metrics {
    /// `METRICS_STACK`: the stack that the metrics are of; without it there are none. `DETAILED_METRICS=on` adds those
    /// with more dimensions.
    pub fn from_env() -> anyhow::Result<Self> {
        let detailed = env::optional("DETAILED_METRICS")?.as_deref() == Some("on");
        Ok(env::optional("METRICS_STACK")?.map_or_else(Self::default, |stack| Self::of(stack, detailed)))
    }

    pub fn of(stack: String, detailed: bool) -> Self {
        Self(Some(Enabled { stack, detailed, entries: Mutex::default() }))
    }

    /// Adds to a count, or one duration in milliseconds.
    pub fn add(&self, metric: Metric, value: u64) {
        self.add_by(metric, value, &[]);
    }

    /// The same, where details are wanted also with these dimensions.
    pub fn add_by(&self, metric: Metric, value: u64, dimensions: &[Dimension]) {
        let Some(Enabled { detailed, entries, .. }) = &self.0 else { return };
        if (!detailed && metric.is_detailed()) || (value == 0 && !metric.is_always_written()) {
            return;
        }
        let dimensions = if *detailed { dimensions.to_vec() } else { Vec::new() };
        entries.lock().expect("nothing panics while holding them").push(Entry { metric, value, dimensions });
    }

    /// The time from one moment to a later one; none if they are in the other order, as clocks may differ.
    pub fn add_time(&self, metric: Metric, from: Timestamp, to: Timestamp, dimensions: &[Dimension]) {
        if let Ok(took) = std::time::Duration::try_from(to.duration_since(from)) {
            self.add_by(metric, took.as_millis() as u64, dimensions);
        }
    }

    /// Writes what was measured to standard output.
    pub fn flush(&self) {
        let lines: String = self.take(Timestamp::now()).into_iter().map(|document| document + "\n").collect();
        if !lines.is_empty() && io::stdout().lock().write_all(lines.as_bytes()).is_err() {
            tracing::debug!("metrics could not be written");
        }
    }

    /// What was measured since it was taken the last time, as documents of the format.
    pub fn take(&self, now: Timestamp) -> Vec<String> {
        let Some(Enabled { stack, entries, .. }) = &self.0 else { return Vec::new() };
        let entries = std::mem::take(&mut *entries.lock().expect("nothing panics while holding them"));
        documents(stack, now, entries)
    }
}

#[cfg(test)]
mod tests;
