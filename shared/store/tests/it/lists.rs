//! The queries behind lists, calendars and bars.
use jiff::civil::date;
use status::{
    alert::ConcernedProvider,
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    page_summary::PageSummary,
    platform_fault::PlatformFault,
    snapshot::{Kind, Window},
    words::Event,
};
use store::{CommitError, Cursor, Round};

use crate::world::{at, commit, incident_state, world};

#[tokio::test]
async fn summaries_of_all_pages_are_one_query() {
    let world = world().await;
    for provider in ["github", "stripe"] {
        let mut commit = commit(provider, 1, vec![incident_state("i1", at("10:00:00"))], vec![]);
        commit.page_summary = Some(PageSummary::of(&ProviderId::new(provider), &commit.page.page_state));
        world.store.commit(&commit).await.unwrap();
    }
    let before = world.store.counts();
    let page_summaries = world.store.page_summaries().await.unwrap();
    assert_eq!(world.store.counts().reads - before.reads, 1);
    let seen: Vec<_> = page_summaries.iter().map(|summary| (summary.provider.as_str(), summary.open.len())).collect();
    assert_eq!(seen, [("github", 1), ("stripe", 1)]);
}

#[tokio::test]
async fn a_page_is_among_the_failing_until_it_can_be_read() {
    let world = world().await;
    let health = |state| SourceHealth {
        state,
        since: at("10:00:00"),
        failures: 3,
        reason: Some("status 500".into()),
        not_before: None,
        refused: false,
        unrecognised: false,
        gone_since: None,
        failed_at: Some(at("10:01:00")),
        told_with: None,
        untold: false,
        problems: Vec::new(),
        moved_to: None,
        read_at: None,
        gaps: Vec::new(),
        moved: None,
        last_good_at: None,
    };
    let github = ProviderId::new("github");
    world.store.put_health(&github, &health(HealthState::Unreadable)).await.unwrap();
    assert_eq!(world.store.failing().await.unwrap(), [(github.clone(), health(HealthState::Unreadable))]);
    world.store.put_health(&github, &health(HealthState::Readable)).await.unwrap();
    assert!(world.store.failing().await.unwrap().is_empty());
}

#[tokio::test]
async fn incidents_of_a_page_come_newest_first_and_move_with_their_start() {
    let world = world().await;
    let github = ProviderId::new("github");
    let all = ["07:00:00", "09:00:00", "08:00:00"].map(|time| incident_state(time, at(time)));
    world.store.commit(&commit("github", 1, all.to_vec(), vec![])).await.unwrap();
    let ids = async |limit| {
        let page = world.store.timelines_of(&github, limit, None).await.unwrap();
        page.timelines.iter().map(|timeline| timeline.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(10).await, ["09:00:00", "08:00:00", "07:00:00"]);
    assert_eq!(ids(2).await.len(), 2);
    let mut set_back = incident_state("09:00:00", at("06:00:00"));
    set_back.incident.title = "Set back by the vendor".into();
    world.store.commit(&commit("github", 2, vec![set_back], vec![])).await.unwrap();
    assert_eq!(ids(10).await, ["08:00:00", "07:00:00", "09:00:00"]);
}

#[tokio::test]
async fn planned_work_is_found_by_the_month_it_begins_in() {
    let world = world().await;
    let planned = |starts_at: &str| {
        let mut work = incident_state("work", at("10:00:00"));
        work.incident.kind = Kind::Maintenance;
        work.incident.window = Some(Window { starts_at: Some(starts_at.parse().unwrap()), ends_at: None });
        work
    };
    let found = async |month: i8| {
        let found = world.store.planned_in(date(2026, month, 9)).await.unwrap();
        found.iter().map(|(provider, timeline)| format!("{provider} {}", timeline.id)).collect::<Vec<_>>()
    };
    world.store.commit(&commit("github", 1, vec![planned("2026-11-30T23:00:00Z")], vec![])).await.unwrap();
    assert_eq!((found(11).await, found(12).await), (vec!["github work".to_owned()], vec![]));
    world.store.commit(&commit("github", 2, vec![planned("2026-12-01T23:00:00Z")], vec![])).await.unwrap();
    assert_eq!((found(11).await, found(12).await), (vec![], vec!["github work".to_owned()]), "it was put off");
    let both = world.store.planned_between(date(2026, 11, 1), date(2026, 12, 31)).await.unwrap();
    assert_eq!(both.len(), 1);
}

#[tokio::test]
async fn the_newest_round_of_each_poller_is_kept() {
    let world = world().await;
    let round = |shard, minute: &str| Round {
        shard,
        of: 2,
        began_at: at(minute),
        pages: 7,
        unreadable: 1,
        no_internet_since: None,
        changed_at: None,
    };
    let put = [
        (round(0, "10:00:00"), "one", None),
        (round(1, "10:00:00"), "other", None),
        (round(0, "10:01:00"), "other", Some("one")),
    ];
    for (round, by, before) in put {
        assert_eq!(world.store.put_round(&round, by).await.unwrap().as_deref(), before);
    }
    let mut rounds = world.store.rounds().await.unwrap();
    rounds.sort_by_key(|round| round.shard);
    assert_eq!(rounds, [round(0, "10:01:00"), round(1, "10:00:00")]);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_left_whatever_was_added() {
    let world = world().await;
    let (github, now) = (ProviderId::new("github"), at("12:00:00"));
    let all = ["a", "b", "c", "d"].map(|id| incident_state(id, at("07:00:00")));
    world.store.commit(&commit("github", 1, all.to_vec(), vec![])).await.unwrap();

    let mut before: Option<Cursor> = None;
    let mut seen = Vec::new();
    for round in 0..2 {
        // A cursor goes through a URL.
        let cursor: Option<Cursor> = before.as_ref().map(|cursor| cursor.to_string().parse().unwrap());
        let page = world.store.recent_page(now, cursor.as_ref(), 2, |id, state| (id, state)).await.unwrap();
        let timelines = world.store.newest_timelines(&github, None, 4).await.unwrap();
        assert_eq!(timelines.more, round > 0, "one more was added");
        before = page.rows.last().map(|(cursor, _)| cursor.clone());
        seen.extend(page.rows.iter().map(|(_, (_, incident_state))| incident_state.incident.id.to_string()));
        world
            .store
            .commit(&commit("github", 2 + round, vec![incident_state("new", at("08:00:00"))], vec![]))
            .await
            .unwrap();
    }
    assert_eq!(seen, ["d", "c", "b", "a"]);
    let end = world.store.recent_page(now, before.as_ref(), 2, |id, state| (id, state)).await.unwrap();
    assert_eq!((end.rows.len(), end.more), (0, false));
}

#[tokio::test]
async fn any_cursor_of_the_form_is_a_valid_position() {
    let world = world().await;
    let cursors = ["0.", "-99999999999999999.ff", "99999999999999999.00", "1764000000000000.e282ac7", "1.2373"];
    for cursor in cursors.map(|text| text.parse::<Cursor>().unwrap()) {
        let github = ProviderId::new("github");
        let (from, to) = (at("00:00:00"), at("23:00:00"));
        assert!(world.store.recent_page(at("10:00:00"), Some(&cursor), 5, |id, _| id).await.unwrap().rows.is_empty());
        assert!(world.store.newest_timelines(&github, Some(&cursor), 5).await.unwrap().rows.is_empty());
        assert!(world.store.timelines_between(&github, (from, to), Some(&cursor), 5).await.unwrap().rows.is_empty());
        assert!(world.store.planned_page((from, to), Some(&cursor), 5).await.unwrap().rows.is_empty());
    }
    for text in ["", "1", ".", "-.", "x.", "1.0g", "999999999999999999.", "+1.", "1.AB"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
    let longest = format!("1.{}", "ff".repeat(990)).parse::<Cursor>().unwrap();
    assert!(world.store.recent_page(at("10:00:00"), Some(&longest), 5, |id, _| id).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn planned_work_is_read_between_two_times_and_page_by_page() {
    let world = world().await;
    let mut all = Vec::new();
    for (id, start) in [("a", "2026-10-31T23:59:59Z"), ("b", "2026-11-01T00:00:00Z"), ("c", "2026-12-01T00:00:00Z")] {
        let mut planned = incident_state(id, at("10:00:00"));
        planned.incident.kind = Kind::Maintenance;
        planned.incident.window = Some(Window { starts_at: Some(start.parse().unwrap()), ends_at: None });
        all.push(planned);
    }
    world.store.commit(&commit("github", 1, all, vec![])).await.unwrap();
    let time = |from: &str, to: &str| (from.parse().unwrap(), to.parse().unwrap());
    let november = time("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let found = world.store.planned_page(november, None, 5).await.unwrap();
    assert_eq!(found.rows.iter().map(|(_, (_, timeline))| timeline.id.as_str()).collect::<Vec<_>>(), ["b"]);
    let github = ProviderId::new("github");
    assert_eq!(world.store.timelines_between(&github, november, None, 5).await.unwrap().rows.len(), 1);

    let longer = time("2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let first = world.store.planned_page(longer, None, 2).await.unwrap();
    assert_eq!((first.rows.len(), first.more), (2, true));
    let rest = world.store.planned_page(longer, Some(&first.rows[1].0), 2).await.unwrap();
    assert_eq!((rest.rows.len(), rest.rows[0].1.1.id.as_str(), rest.more), (1, "c", false));
}

fn fault(version: u64) -> PlatformFault {
    let concerned = vec![ConcernedProvider { id: ProviderId::new("github"), name: "GitHub".into() }];
    PlatformFault { version, concerned, ..PlatformFault::begin("statuspage", "Statuspage", None, at("10:00:00")) }
}

#[tokio::test]
async fn fault_of_a_platform_is_told_by_the_first_of_several_writers() {
    let world = world().await;
    assert!(world.store.platform_faults().await.unwrap().is_empty());
    let first = fault(1);
    let alert = first.alert(Event::Unreadable, at("10:10:00"));
    let row = world.store.commit_platform_fault(&first, Some(&alert), at("10:10:00")).await.unwrap().unwrap();
    assert_eq!((row.provider.as_str(), row.alerts.as_slice()), ("platform@statuspage", [alert.id.clone()].as_slice()));
    assert_eq!(world.store.outbox().await.unwrap(), [row]);
    assert_eq!(world.store.alert(&alert.id).await.unwrap().as_ref(), Some(&alert));

    let other = PlatformFault { since: at("10:00:30"), ..fault(1) };
    let other_alert = other.alert(Event::Unreadable, at("10:10:01"));
    let second = world.store.commit_platform_fault(&other, Some(&other_alert), at("10:10:01")).await;
    assert!(matches!(second, Err(CommitError::Conflict)), "{second:?}");
    assert_eq!(world.store.alert(&other_alert.id).await.unwrap(), None);
    assert_eq!(world.store.platform_faults().await.unwrap(), std::slice::from_ref(&first));

    let ended = PlatformFault { version: 2, ended_at: Some(at("11:00:00")), ..first };
    assert_eq!(world.store.commit_platform_fault(&ended, None, at("11:00:00")).await.unwrap(), None);
    assert!(matches!(
        world.store.commit_platform_fault(&ended, None, at("11:00:00")).await,
        Err(CommitError::Conflict)
    ));
    assert_eq!(world.store.platform_faults().await.unwrap(), [ended]);
}

#[tokio::test]
async fn fault_that_concerns_thousands_of_providers_fits() {
    let world = world().await;
    let provider =
        |n| ConcernedProvider { id: ProviderId::new(format!("provider-{n}")), name: format!("Vendor no {n}") };
    let fault = PlatformFault { concerned: (0..6_000).map(provider).collect(), ..fault(1) };
    let alert = fault.alert(Event::Unreadable, at("10:10:00"));
    world.store.commit_platform_fault(&fault, Some(&alert), at("10:10:00")).await.unwrap();
    assert_eq!(world.store.platform_faults().await.unwrap(), [fault]);
}

#[tokio::test]
async fn page_with_many_maintenances_crowds_out_no_other() {
    let world = world().await;
    let planned = |id: &str, minute: usize| {
        let mut work = incident_state(id, at("10:00:00"));
        work.incident.kind = Kind::Maintenance;
        let starts_at = "2026-11-02T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        let starts_at = starts_at + std::time::Duration::from_secs(60 * minute as u64);
        work.incident.window = Some(Window { starts_at: Some(starts_at), ends_at: None });
        work
    };
    let many = (0..700).map(|number| planned(&format!("m{number}"), number)).collect();
    world.store.commit(&commit("acme", 1, many, vec![])).await.unwrap();
    world.store.commit(&commit("github", 1, vec![planned("last", 5_000)], vec![])).await.unwrap();
    let found = world.store.planned_in(date(2026, 11, 1)).await.unwrap();
    let of = |id: &str| found.iter().filter(|(provider, _)| provider.as_str() == id).count();
    assert_eq!((of("acme"), of("github")), (200, 1));
}
