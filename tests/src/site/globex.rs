//! A provider with 200 components in 25 groups, some of long names. Its page was first read 20 days ago with a history
//! of two months; one component joined later, three are in trouble, and maintenance for days runs and was moved.
use jiff::{SignedDuration, Timestamp};
use status::{
    ids::ProviderId,
    provider::Provider,
    snapshot::{Affected, Component, Incident, Kind, Window},
    words::{ComponentStatus, Impact, Phase},
};

use super::reads::{Reads, opened, snapshot, update};

const REGIONS: usize = 25;
const SERVICES: [&str; 8] = [
    "Compute",
    "Object storage",
    "Block storage with snapshots and replication between availability zones",
    "Managed Postgres",
    "Redis",
    "Load balancer",
    "Queues",
    "Sign-in with single sign-on, directory synchronisation and audit log",
];

pub(crate) fn provider() -> Provider {
    Provider {
        id: "globex".into(),
        name: "Globex Corporation".into(),
        page_url: "https://status.globex.example".into(),
        format: Some("statuspage".into()),
        interval: None,
    }
}

pub(crate) async fn seed(reads: &Reads, now: Timestamp) -> anyhow::Result<()> {
    let id = ProviderId::new("globex");
    let all = components();
    let history: Vec<Incident> =
        (0..12).map(|number| past(number, &all[..2], now - hours(24 * (25 + 4 * number)))).collect();
    reads.read(&id, &snapshot(all[1..].to_vec(), history), now - hours(24 * 20)).await?;

    let running = planned("hardware", "New hardware in all regions", (now - hours(30), now + hours(40)), &all[8..16]);
    let first_plan = planned("move", "Move of a data centre", (now + hours(26), now + hours(98)), &all[16..24]);
    reads.read(&id, &snapshot(all.clone(), vec![running.clone(), first_plan]), now - hours(24 * 5)).await?;

    let second_plan = planned("move", "Move of a data centre", (now + hours(74), now + hours(146)), &all[16..24]);
    let mut running = running;
    running.phase = Some(Phase::InProgress);
    running.started_at = Some(now - hours(30));
    let mut hit = all.clone();
    for component in &mut hit[40..43] {
        component.status = ComponentStatus::PartialOutage;
    }
    let mut open = opened("disks".into(), "Slow disks in Region 6", now - SignedDuration::from_mins(50));
    open.impact = Some(Impact::Major);
    open.components = affected(&hit[40..43], ComponentStatus::PartialOutage);
    let text = "Disks answer slowly. We move load to other hosts.";
    let posted_at = now - SignedDuration::from_mins(48);
    open.updates = vec![update(&open.id, 1, Phase::Investigating, posted_at, text, open.components.clone())];
    reads.read(&id, &snapshot(hit, vec![running, second_plan, open]), now - SignedDuration::from_mins(47)).await
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn components() -> Vec<Component> {
    let of_region = |region: usize| {
        SERVICES.iter().enumerate().map(move |(number, name)| Component {
            id: format!("r{region}-{number}").as_str().into(),
            name: (*name).to_owned(),
            group: Some(format!("Region {}", region + 1)),
            status: ComponentStatus::Operational,
        })
    };
    (0..REGIONS).flat_map(of_region).collect()
}

fn affected(components: &[Component], status: ComponentStatus) -> Vec<Affected> {
    components.iter().map(|it| Affected { id: it.id.clone(), status: Some(status) }).collect()
}

fn past(number: i64, components: &[Component], began: Timestamp) -> Incident {
    let status = if number % 3 == 0 { ComponentStatus::MajorOutage } else { ComponentStatus::DegradedPerformance };
    let ended = began + hours(2);
    let mut it = opened(format!("old-{number}").as_str().into(), "Compute is slow", began);
    it.phase = Some(Phase::Resolved);
    it.resolved_at = Some(ended);
    it.components = affected(components, ComponentStatus::Operational);
    it.updates = vec![
        update(&it.id, 1, Phase::Investigating, began, "We are looking into it.", affected(components, status)),
        update(&it.id, 2, Phase::Resolved, ended, "This is over.", affected(components, ComponentStatus::Operational)),
    ];
    it
}

fn planned(id: &str, title: &str, (from, until): (Timestamp, Timestamp), components: &[Component]) -> Incident {
    let mut it = opened(id.into(), title, from);
    it.kind = Kind::Maintenance;
    it.phase = Some(Phase::Scheduled);
    it.started_at = None;
    it.window = Some(Window { starts_at: Some(from), ends_at: Some(until) });
    it.components = components.iter().map(|it| Affected { id: it.id.clone(), status: None }).collect();
    it
}
