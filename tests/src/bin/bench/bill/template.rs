//! What template.yaml says about the bill: memory, alarms and what else costs by its number.
use anyhow::Context as _;
use startup::metrics::Metric;

pub(super) struct Template {
    pub(super) poller_mb: f64,
    /// Of a function that has no size of its own.
    pub(super) function_mb: f64,
    /// Metrics that alarms watch, without those of the channels; each costs, also in one expression with others.
    alarm_metrics: usize,
    alarm_metrics_per_channel: usize,
    pub(super) composite_alarms: usize,
    pub(super) dashboards: usize,
    /// Of Secrets Manager.
    pub(super) secrets: usize,
    /// That the functions write.
    pub(super) custom_metrics: usize,
}

impl Template {
    pub(super) fn read() -> anyhow::Result<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        Self::parse(&std::fs::read_to_string(path).with_context(|| path.to_owned())?)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let size = |from: &str| {
            let (_, rest) = text.split_once(&format!("\n{from}:\n")).with_context(|| format!("{from} is missing"))?;
            let (_, size) = rest.split_once("MemorySize: ").context("no size is given")?;
            Ok::<f64, anyhow::Error>(size.lines().next().unwrap_or_default().parse()?)
        };
        let (channels, others) = {
            let (before, rest) = text.split_once("# begin: dispatchers").context("no dispatchers")?;
            let (channels, after) = rest.split_once("# end: dispatchers").context("no end of the dispatchers")?;
            let (ours, _) = after.split_once("# ---- feedback").context("no feedback")?;
            let (_, web) = after.split_once("# ---- web").context("no web")?;
            (channels, [before, ours, web].concat())
        };
        let metrics = |text: &str| -> usize {
            let alarms = text.split("AWS::CloudWatch::Alarm").skip(1);
            alarms.map(|alarm| alarm.split("\n\n").next().unwrap_or_default().matches("MetricName").count()).sum()
        };
        let resources = |kind: &str| text.matches(&format!("    Type: AWS::{kind}\n")).count();
        Ok(Self {
            composite_alarms: resources("CloudWatch::CompositeAlarm"),
            dashboards: resources("CloudWatch::Dashboard"),
            secrets: resources("SecretsManager::Secret"),
            custom_metrics: Metric::ALL.iter().filter(|metric| !metric.is_detailed()).count(),
            poller_mb: size("  PollerFunction")?,
            function_mb: size("Globals")?,
            alarm_metrics: metrics(&others),
            alarm_metrics_per_channel: metrics(channels) / channels::channels().len(),
        })
    }

    pub(super) fn alarm_metrics(&self, channels: usize) -> usize {
        self.alarm_metrics + channels * self.alarm_metrics_per_channel
    }
}
