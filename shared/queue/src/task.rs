//! The bodies of queue messages. They hold ids and no content, so a message can be repeated, delayed and read by an
//! operator without disclosing anything.
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use status::{
    alert::Alert,
    ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId},
};

/// Version of the tasks below, and the newest that this release reads. Unknown fields are ignored, so new optional
/// fields need no version. A form that the release before cannot read takes two releases: the first reads it, the
/// second writes it.
pub const VERSION: u8 = 1;

/// Why a message is not handled. It stays in its queue.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error(
        "the task is of version {0}, written by a newer release, and this one reads up to {VERSION}: the message stays in \
         the queue until the newer release runs again"
    )]
    Newer(u64),
    #[error("the message is not a task: {0}")]
    NoTask(#[from] serde_json::Error),
}

/// A task of this version or an earlier one.
pub(crate) fn read<T: DeserializeOwned>(body: &str) -> Result<T, TaskError> {
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    match serde_json::from_str(body) {
        Ok(Version { v }) if v > u64::from(VERSION) => Err(TaskError::Newer(v)),
        _ => Ok(serde_json::from_str(body)?),
    }
}

/// To the router: find the recipients of this alert. `v` is [`VERSION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTask {
    pub v: u8,
    pub alert: AlertId,
    /// The FIFO group: alerts of one provider are routed in the order they were committed.
    pub provider: ProviderId,
    /// Where the invocation before stopped, in a message that an earlier version queued for the rest of a fan-out. No
    /// new message has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// To a dispatcher: deliver this alert to that destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryTask {
    pub v: u8,
    pub delivery: DeliveryId,
    pub alert: AlertId,
    pub destination: DestinationId,
    pub provider: ProviderId,
    pub incident: IncidentId,
    /// The component filter of the monitor could not decide (truth rule 8).
    pub unknown: bool,
    /// How often the delivery was redriven after it had ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl DeliveryTask {
    /// To deliver this alert for the first time, to a destination that it surely concerns.
    pub fn new(alert: &Alert, destination: &DestinationId) -> Self {
        Self {
            v: VERSION,
            delivery: DeliveryId::derive(&alert.id, destination),
            alert: alert.id.clone(),
            destination: destination.clone(),
            provider: alert.provider.clone(),
            incident: alert.incident.id.clone(),
            unknown: false,
            reopened: 0,
        }
    }

    /// SQS queues a task with the same id once within five minutes. Every redrive has an id of its own.
    pub(crate) fn deduplication_id(&self) -> String {
        match self.reopened {
            0 => self.delivery.to_string(),
            count => format!("{}.{count}", self.delivery),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn route_task() -> serde_json::Value {
        json!({"v": 1, "alert": "a", "provider": "acme"})
    }

    #[test]
    fn task_with_unknown_fields_is_read() {
        let mut body = route_task();
        body["of_tomorrow"] = json!({"v": 9});
        let read: RouteTask = read(&body.to_string()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), route_task());
    }

    #[test]
    fn newer_task_is_named_as_such_whatever_its_form() {
        for v in [2, 300] {
            let refused = read::<RouteTask>(&json!({"v": v, "form": "of tomorrow"}).to_string()).unwrap_err();
            assert!(matches!(refused, TaskError::Newer(found) if found == v), "{refused}");
            assert!(refused.to_string().contains("stays in the queue"), "{refused}");
        }
        for body in ["", "{}", "7", "{\"v\":1}"] {
            assert!(matches!(read::<RouteTask>(body), Err(TaskError::NoTask(_))), "{body}");
        }
    }
}
