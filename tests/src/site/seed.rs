//! The initial data. It follows from the arguments and the present time only, so two runs show the same.
use jiff::{SignedDuration, Timestamp};
use status::{
    health::{Blame, Failure, SourceHealth},
    ids::ProviderId,
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown},
    provider::Provider,
    snapshot::{Affected, Component, Incident, Kind, Window},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};
use store::{AccountSettings, Round};

use super::{
    Args, clerk, globex, hostile,
    reads::{Reads, opened, snapshot, update},
};

/// The token of the mail preferences page.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ACCOUNT: &str = "local";
const ON_CALL: &str = "on-call@acme.example";
const GROUPS: [&str; 5] = ["Europe", "North America", "Asia Pacific", "Platform", "Support"];
const SERVICES: [&str; 8] =
    ["API", "Dashboard", "Webhooks", "Sign-in", "Object storage", "Queues", "Search", "Data export"];
const ACME_INCIDENTS: usize = 60;
/// The index of the provider whose status page is unreachable.
const UNREACHABLE: usize = 8;

pub(crate) async fn seed(reads: &Reads, args: &Args, now: Timestamp) -> anyhow::Result<()> {
    let &Args { providers, incidents, hostile, .. } = args;
    let entries: Vec<ProviderId> = catalogue::entries()
        .iter()
        .map(|entry| ProviderId::new(entry.slug))
        .filter(|id| id.as_str() != "clerk")
        .take(providers)
        .collect();
    settings(reads, &entries, hostile, now).await?;
    let past = incidents.saturating_sub(ACME_INCIDENTS);
    for (number, id) in entries.iter().enumerate() {
        let share = past / providers.max(1) + usize::from(number < past % providers.max(1));
        catalogue_provider(reads, id, number, share, now).await?;
    }
    acme(reads, incidents.min(ACME_INCIDENTS), now).await?;
    clerk::seed(reads).await?;
    globex::seed(reads, now).await?;
    if hostile {
        hostile::seed(reads, now).await?;
    }
    reads.store.put_round(&round(providers, now), "poller").await?;
    Ok(())
}

/// A round of the poller that began now.
pub(crate) fn round(providers: usize, now: Timestamp) -> Round {
    Round {
        shard: 0,
        of: 1,
        began_at: now,
        pages: providers + 4,
        unreadable: 1,
        no_internet_since: None,
        changed_at: None,
    }
}

/// The account's own pages, and monitors for some providers of the catalogue.
async fn settings(reads: &Reads, entries: &[ProviderId], hostile: bool, now: Timestamp) -> anyhow::Result<()> {
    let acme = Provider {
        id: "acme".into(),
        name: "Acme Cloud".into(),
        page_url: "https://status.acme.example".into(),
        format: Some("statuspage".into()),
        interval: None,
    };
    let watched = ["clerk".into()].into_iter().chain([3, 5, 7, 9].iter().filter_map(|at| entries.get(*at).cloned()));
    let monitors = watched.map(|provider| Monitor {
        id: provider.as_str().into(),
        account: ACCOUNT.into(),
        provider,
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    });
    let monitors = monitors.collect();
    let pages = [acme, globex::provider()].into_iter().chain(hostile.then(hostile::provider)).collect();
    let destination = Destination {
        id: "on-call".into(),
        account: ACCOUNT.into(),
        label: Some("On call".to_owned()),
        channel: "email".to_owned(),
        settings: Settings([("address".to_owned(), ON_CALL.to_owned())].into()),
    };
    let group = Group {
        id: "everyone".into(),
        account: ACCOUNT.into(),
        name: None,
        destinations: vec![destination.id.clone()],
        severities: vec![Severity::Major, Severity::Minor],
        events: vec![Event::Opened, Event::Resolved],
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    };
    let settings = AccountSettings {
        pages,
        monitors,
        destinations: vec![destination],
        groups: vec![group],
        ..AccountSettings::default()
    };
    reads.store.apply(&ACCOUNT.into(), &settings).await?;
    reads.store.recipient_or_new(&ACCOUNT.into(), ON_CALL, TOKEN, now).await?;
    Ok(())
}

/// Most are operational. The number decides which have an incident or maintenance.
async fn catalogue_provider(
    reads: &Reads,
    id: &ProviderId,
    number: usize,
    past: usize,
    now: Timestamp,
) -> anyhow::Result<()> {
    let mut components: Vec<Component> =
        SERVICES.iter().take(3 + number % 5).map(|name| operational(name, None)).collect();
    let began = now - days(80);
    reads.read(id, &snapshot(components.clone(), Vec::new()), began).await?;
    let mut incidents: Vec<Incident> = (0..past)
        .map(|at| {
            let began = now - days(1) - SignedDuration::from_hours((at * 1_900 / past) as i64);
            ended(&format!("{id}-{at}"), began, number + at, &components[..1])
        })
        .collect();
    if number % 17 == 5 {
        let status = if number.is_multiple_of(2) {
            ComponentStatus::PartialOutage
        } else {
            ComponentStatus::DegradedPerformance
        };
        incidents.push(open(number, status, Impact::Minor, &mut components, now));
    } else if number % 29 == 3 {
        incidents.push(open(number, ComponentStatus::MajorOutage, Impact::Critical, &mut components, now));
    } else if number % 23 == 7 {
        components[0].status = ComponentStatus::UnderMaintenance;
        let mut it = planned("db", "Database upgrade", now - SignedDuration::from_mins(40), 3, &components[..1], now);
        it.phase = Some(Phase::InProgress);
        it.updates.push(update(
            &it.id,
            2,
            Phase::InProgress,
            now - SignedDuration::from_mins(40),
            "Maintenance has started.",
            vec![],
        ));
        incidents.push(it);
    }
    if number % 11 == 1 {
        let starts_at = now + days(number as i64 % 90 + 1) + SignedDuration::from_hours(number as i64 % 24);
        incidents.push(planned("net", "Network maintenance", starts_at, 2, &components[..2], now));
    }
    if !incidents.is_empty() {
        reads.read(id, &snapshot(components, incidents), now - SignedDuration::from_mins(2)).await?;
    }
    if number == UNREACHABLE {
        let failed = || Failure::new("it answered 503 to /api/v2/summary.json");
        let mut health = None;
        for minutes in [45, 30, 15] {
            let at = now - SignedDuration::from_mins(minutes);
            health = Some(SourceHealth::after_failed_read(health.as_ref(), failed(), Blame::Page, at).0);
        }
        if let Some(health) = health {
            reads.store.put_health(id, &health).await?;
        }
    }
    Ok(())
}

/// 40 components in groups, a long history, and maintenance in each of three months.
async fn acme(reads: &Reads, past: usize, now: Timestamp) -> anyhow::Result<()> {
    let id = ProviderId::new("acme");
    let components: Vec<Component> =
        GROUPS.iter().flat_map(|group| SERVICES.iter().map(|name| operational(name, Some(group)))).collect();
    reads.read(&id, &snapshot(components.clone(), Vec::new()), now - days(80)).await?;
    for at in (0..past).rev() {
        let began = now - days(2) - SignedDuration::from_hours(at as i64 * 30);
        let first = at * 7 % components.len();
        let it = ended(&format!("a{at}"), began, at, &components[first..(first + 1 + at % 3).min(components.len())]);
        let mut then = it.clone();
        then.phase = Some(Phase::Investigating);
        then.resolved_at = None;
        then.updates.truncate(1);
        let mut hit = components.clone();
        for named in &then.updates[0].components {
            for component in hit.iter_mut().filter(|component| component.id == named.id) {
                component.status = named.status.unwrap_or(component.status);
            }
        }
        reads.read(&id, &snapshot(hit, vec![then]), began + SignedDuration::from_secs(70)).await?;
        let end = it.resolved_at.unwrap_or(now) + SignedDuration::from_secs(50);
        reads.read(&id, &snapshot(components.clone(), vec![it]), end).await?;
    }
    let scheduled = [
        ("m1", "Certificates are renewed", 3, 1),
        ("m2", "Database upgrade in Europe", 12, 4),
        ("m3", "Move to new hardware", 33, 8),
        ("m4", "Network maintenance", 62, 2),
    ];
    let planned =
        scheduled.map(|(id, title, ahead, hours)| planned(id, title, now + days(ahead), hours, &components[..8], now));
    reads.read(&id, &snapshot(components, planned.to_vec()), now - SignedDuration::from_mins(3)).await
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn operational(name: &str, group: Option<&str>) -> Component {
    let id = group.map_or_else(|| name.to_owned(), |group| format!("{group} {name}"));
    Component {
        id: id.to_lowercase().replace(' ', "-").into(),
        name: name.to_owned(),
        group: group.map(str::to_owned),
        status: ComponentStatus::Operational,
    }
}

fn named(components: &[Component], status: ComponentStatus) -> Vec<Affected> {
    components.iter().map(|it| Affected { id: it.id.clone(), status: Some(status) }).collect()
}

/// An ended incident of some minutes to some hours.
fn ended(id: &str, began: Timestamp, number: usize, components: &[Component]) -> Incident {
    let kinds = [
        ("Elevated error rates", Impact::Minor, ComponentStatus::DegradedPerformance),
        ("Delayed webhooks", Impact::Minor, ComponentStatus::DegradedPerformance),
        ("Sign-in fails for some", Impact::Major, ComponentStatus::PartialOutage),
        ("Slow responses", Impact::Minor, ComponentStatus::DegradedPerformance),
        ("Service unavailable", Impact::Critical, ComponentStatus::MajorOutage),
    ];
    let (title, impact, status) = kinds[number % kinds.len()];
    let minutes = |minutes: usize| began + SignedDuration::from_mins(minutes as i64);
    let length = 20 + number * 37 % 300;
    let mut it = opened(id.into(), title, began);
    it.phase = Some(Phase::Resolved);
    it.impact = Some(impact);
    it.resolved_at = Some(minutes(length));
    it.components = named(components, ComponentStatus::Operational);
    let updates = [
        (0, Phase::Investigating, "We are looking into it.", status),
        (length / 2, Phase::Identified, "The cause is found and a fix is on its way.", status),
        (length, Phase::Resolved, "This is over.", ComponentStatus::Operational),
    ];
    let updates = updates.iter().enumerate();
    it.updates = updates
        .map(|(at, (after, phase, text, status))| {
            update(&it.id, at + 1, *phase, minutes(*after), text, named(components, *status))
        })
        .collect();
    it
}

/// An open incident.
fn open(
    number: usize,
    status: ComponentStatus,
    impact: Impact,
    components: &mut [Component],
    now: Timestamp,
) -> Incident {
    let began = now - SignedDuration::from_mins(7 + number as i64 % 300);
    components[0].status = status;
    let mut it = opened(format!("now-{number}").into(), "Requests fail for some customers", began);
    it.impact = Some(impact);
    it.phase = Some(Phase::Identified);
    it.components = named(&components[..1], status);
    let updates = [
        (Phase::Investigating, "Some requests fail. We are looking into it."),
        (Phase::Identified, "The cause is found."),
    ];
    let updates = updates.iter().enumerate();
    it.updates = updates
        .map(|(at, (phase, text))| {
            let posted_at = began + SignedDuration::from_mins(5 * at as i64);
            update(&it.id, at + 1, *phase, posted_at, text, it.components.clone())
        })
        .collect();
    it
}

fn planned(
    id: &str,
    title: &str,
    starts_at: Timestamp,
    hours: i64,
    components: &[Component],
    now: Timestamp,
) -> Incident {
    let announced = starts_at.min(now) - days(5);
    let mut it = opened(id.into(), title, announced);
    it.kind = Kind::Maintenance;
    it.phase = Some(Phase::Scheduled);
    it.started_at = None;
    it.window =
        Some(Window { starts_at: Some(starts_at), ends_at: Some(starts_at + SignedDuration::from_hours(hours)) });
    it.components = named(components, ComponentStatus::Operational);
    let text = "We do not expect any interruption, but answers may take longer.";
    it.updates = vec![update(&it.id, 1, Phase::Scheduled, announced, text, vec![])];
    it
}
