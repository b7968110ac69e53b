//! How long the messages of a batch were queued.
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};

/// From when each message was sent until `now`, in milliseconds. Messages that were received before are left out: they
/// waited for a retry.
pub fn waits(event: &SqsEvent, now: SystemTime) -> impl Iterator<Item = u64> {
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let attribute = |message: &SqsMessage, name: &str| message.attributes.get(name)?.parse::<u64>().ok();
    event.records.iter().filter_map(move |message| {
        let is_first = attribute(message, "ApproximateReceiveCount") == Some(1);
        let sent_at = attribute(message, "SentTimestamp").filter(|_| is_first)?;
        Some(now.saturating_sub(sent_at))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn first_receipts_are_measured_from_when_they_were_sent() {
        let record =
            |count: &str, sent: &str| json!({"attributes": {"ApproximateReceiveCount": count, "SentTimestamp": sent}});
        let records = [record("1", "1770000000000"), record("2", "1770000000000"), record("1", "1770000009000")];
        let event: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        let now = UNIX_EPOCH + Duration::from_millis(1_770_000_000_250);
        assert_eq!(waits(&event, now).collect::<Vec<_>>(), [250, 0], "clocks may differ");
    }
}
