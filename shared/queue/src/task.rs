//! What travels in the queues: ids, never content, so that a message can be repeated, delayed and read by an operator
//! without telling anything.
use serde::{Deserialize, Serialize};
use status::ids::{AlertId, DeliveryId, DestinationId, IncidentId, ProviderId};

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
}
