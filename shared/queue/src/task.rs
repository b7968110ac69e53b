//! The bodies of queue messages. They hold ids and no content, so a message can be repeated, delayed and read by an
//! operator without disclosing anything.
use serde::{Deserialize, Serialize};
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};

/// Version of the tasks below. A function refuses a task of another version, which then comes again.
pub const VERSION: u8 = 1;

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
    /// SQS queues a task with the same id once within five minutes. Every redrive has an id of its own.
    pub(crate) fn deduplication_id(&self) -> String {
        match self.reopened {
            0 => self.delivery.to_string(),
            count => format!("{}.{count}", self.delivery),
        }
    }
}
