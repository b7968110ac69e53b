//! What travels in the queues: ids, never content, so that a message can be repeated, delayed and read by an operator
//! without telling anything.
use serde::{Deserialize, Serialize};
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};

/// The shape of the messages below; who reads one of another shape leaves it alone.
pub const VERSION: u8 = 1;

/// To the router: find who wants this alert. `v` is the version of the message's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTask {
    pub v: u8,
    pub alert: AlertId,
    /// The FIFO group: alerts of one provider are routed in the order they were committed.
    pub provider: ProviderId,
    /// Where an earlier message of the same alert stopped; `None` at the first.
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
    /// The component filter of the monitor could not say (truth rule 8).
    pub unknown: bool,
    /// How often somebody asked for it once more after it had ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl DeliveryTask {
    /// What makes two sends of it one within five minutes: what is asked for once more is another one.
    pub(crate) fn deduplication_id(&self) -> String {
        match self.reopened {
            0 => self.delivery.to_string(),
            times => format!("{}.{times}", self.delivery),
        }
    }
}
