//! What deliveries add to the metrics.
use jiff::Timestamp;
use startup::metrics::Metric;
use store::DeliveryEnd;

use crate::dispatcher::Dispatcher;

const CHANNEL: &str = "Channel";

impl Dispatcher {
    /// A delivery has ended, and that is recorded.
    pub(crate) fn count_end(&self, end: DeliveryEnd) {
        match end {
            DeliveryEnd::Sent => {
                self.metrics.add(Metric::Delivered, 1);
                self.count("delivered");
            }
            DeliveryEnd::GivenUp | DeliveryEnd::Rejected | DeliveryEnd::Disabled => {
                self.metrics.add(Metric::Undeliverable, 1);
                self.count("undeliverable");
            }
            DeliveryEnd::Skipped | DeliveryEnd::NotWanted | DeliveryEnd::DroppedStale => self.count("not sent"),
        }
    }

    /// An attempt has failed and is repeated.
    pub(crate) fn count_retry(&self) {
        self.count("retried");
    }

    /// A receiver has accepted an alert about what we read then.
    pub(crate) fn measure_delivery(&self, seen_at: Timestamp, delivered_at: Timestamp) {
        let channel = [(CHANNEL, self.deps.channel.name)];
        self.metrics.add_time(Metric::DeliveryLag, seen_at, delivered_at, &channel);
    }

    fn count(&self, outcome: &'static str) {
        self.metrics.add_by(Metric::Deliveries, 1, &[(CHANNEL, self.deps.channel.name), ("Outcome", outcome)]);
    }
}
