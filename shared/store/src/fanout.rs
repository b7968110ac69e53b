//! How far the fan-out of an alert is, if it takes more than one invocation of the router. Wanted properties:
//! - A router that another one has taken over from notices it at its next write, and writes nothing.
//! - A write whose response is lost can be repeated.
//!
//! So the row names its writer. A router writes only over the row that it read, or over its own.
use jiff::SignedDuration;
use status::{alert::Alert, ids::AlertId};

use crate::{
    alerts,
    error::StoreError,
    items::{FanoutItem, attribute, expiring, item, read_item},
    keys,
    requests::BatchGet,
    store::Store,
};

/// Longer than queues and dead-letter queues keep the alert's message.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Item type, as it is stored.
const FANOUT_TYPE: &str = "fanout";

/// What a router wrote of a fan-out that it did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanoutProgress {
    /// The invocation that wrote it.
    pub writer: String,
    /// For the router alone to read.
    pub progress: String,
}

impl Store {
    /// The alert, and how far its fan-out is if it was interrupted; in one request. Strongly consistent.
    pub async fn alert_and_progress(
        &self,
        alert: &AlertId,
    ) -> Result<(Option<Alert>, Option<FanoutProgress>), StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read alert and its progress",
            keys: [keys::alert(alert), keys::fanout(alert)].into(),
            only: None,
            consistent: true,
        });
        let (mut stored, mut interrupted) = (None, None);
        for item in found.await? {
            if item.contains_key("progress") {
                let FanoutItem { writer, progress } = read_item(item, format_args!("progress of {alert}"))?;
                interrupted = Some(FanoutProgress { writer, progress });
            } else {
                stored = Some(alerts::read_row(item)?);
            }
        }
        Ok((stored, interrupted))
    }

    /// Writes over the row of `before`, or over an earlier one of the same writer. Returns false, and writes nothing,
    /// if another one has written meanwhile.
    pub async fn save_progress(
        &self,
        alert: &Alert,
        before: Option<&str>,
        now: &FanoutProgress,
    ) -> Result<bool, StoreError> {
        let FanoutProgress { writer, progress } = now.clone();
        let row = item(keys::fanout(&alert.id), FANOUT_TYPE, &FanoutItem { writer, progress });
        let put =
            self.client.put_item().table_name(&self.table).set_item(Some(expiring(row, alert.seen_at + KEPT_FOR)));
        let put = put.expression_attribute_values(":own", attribute(&now.writer));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk) OR writer = :own"),
            Some(before) => put
                .condition_expression("writer = :before OR writer = :own")
                .expression_attribute_values(":before", attribute(before)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::request("write progress of a fan-out")(error)),
        }
    }
}
