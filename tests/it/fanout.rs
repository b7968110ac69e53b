//! Alerts to very many destinations, from the alerts queue to the queue of a channel: each gets what it wants once, in
//! order, whatever the size, the filters, and what fails.
mod faults;
mod held;
mod large;
mod order;

use std::{collections::BTreeMap, time::Duration};

use queue::task::DeliveryTask;
use router::Bounds;
use status::{alert::Alert, ids::DestinationId};

/// So small that a fan-out to a hundred destinations takes many pages and several invocations.
const SMALL: Bounds =
    Bounds { page: 7, monitors: 5, invocation: 40, go_on_for: Duration::from_secs(20), save_every: 20 };

/// The alerts that each destination got, by their positions in `alerts`.
fn received(
    tasks: &BTreeMap<DestinationId, Vec<DeliveryTask>>,
    alerts: &[Alert],
) -> BTreeMap<DestinationId, Vec<usize>> {
    let position = |task: &DeliveryTask| alerts.iter().position(|alert| alert.id == task.alert).unwrap();
    tasks.iter().map(|(id, tasks)| (id.clone(), tasks.iter().map(position).collect())).collect()
}
