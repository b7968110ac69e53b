//! Quiet hours across midnight, on chosen days and around both changes of the clocks in three zones; digests; and what
//! is told when they end.
use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use proptest::prelude::*;
use status::{
    alert::{Alert, IncidentFacts, SummaryItem},
    digest::{Digest, Every},
    held_alerts::{held_summary, held_until, still_to_tell},
    ids::{IncidentId, ProviderId},
    monitor::{Group, Scope},
    quiet_hours::{Day, QuietHours},
    snapshot::Kind,
    words::{Event, Severity},
};

use crate::page::{at, provider};

fn time(text: &str) -> Time {
    Time::strptime("%H:%M", text).unwrap()
}

fn quiet(zone: &str, from: &str, until: &str) -> QuietHours {
    QuietHours {
        zone: zone.to_owned(),
        days: Day::ALL.to_vec(),
        from: time(from),
        until: time(until),
        major_bypass: true,
    }
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_night_ends_by_the_clock_on_the_wall_when_the_clocks_change() {
    // The clocks go on or back in the night that begins at the first time; the last is how long it lasts.
    for (zone, begins, ends, minutes) in [
        ("Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z", 8 * 60),
        ("Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z", 10 * 60),
        ("Europe/Berlin", "2026-06-01T20:00:00Z", "2026-06-02T05:00:00Z", 9 * 60),
        ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T11:00:00Z", 8 * 60),
        ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T12:00:00Z", 10 * 60),
        // The clocks of Lord Howe change by half an hour.
        ("Australia/Lord_Howe", "2026-10-03T11:30:00Z", "2026-10-03T20:00:00Z", 8 * 60 + 30),
        ("Australia/Lord_Howe", "2026-04-04T11:00:00Z", "2026-04-04T20:30:00Z", 9 * 60 + 30),
    ] {
        let (quiet, begins, ends) = (quiet(zone, "22:00", "07:00"), utc(begins), utc(ends));
        assert_eq!(ends.duration_since(begins), SignedDuration::from_mins(minutes), "{zone}");
        let second = SignedDuration::from_secs(1);
        for (at, expected) in [(begins - second, None), (begins, Some(ends)), (ends - second, Some(ends)), (ends, None)]
        {
            assert_eq!(quiet.end_after(at), expected, "{zone} {at}");
        }
    }
}

#[test]
fn times_that_the_clocks_skip_or_repeat_have_one_meaning() {
    // 02:30 does not exist in the first night and comes twice in the second: the moment after, and the first of them.
    let berlin = quiet("Europe/Berlin", "02:30", "06:00");
    assert_eq!(berlin.end_after(utc("2026-03-29T01:29:59Z")), None);
    assert_eq!(berlin.end_after(utc("2026-03-29T01:30:00Z")), Some(utc("2026-03-29T04:00:00Z")));
    assert_eq!(berlin.end_after(utc("2026-10-25T00:29:59Z")), None);
    assert_eq!(berlin.end_after(utc("2026-10-25T00:30:00Z")), Some(utc("2026-10-25T05:00:00Z")));
    let until = quiet("Europe/Berlin", "22:00", "02:30");
    assert_eq!(until.end_after(utc("2026-10-25T00:29:59Z")), Some(utc("2026-10-25T00:30:00Z")));
    assert_eq!(until.end_after(utc("2026-10-25T00:30:00Z")), None);
}

#[test]
fn days_are_those_on_which_the_quiet_hours_begin() {
    let weekend = QuietHours { days: vec![Day::Fri, Day::Sat], ..quiet("UTC", "20:00", "09:00") };
    // 2026-03-13 is a Friday.
    for (at, expected) in [
        ("2026-03-13T08:00:00Z", None),
        ("2026-03-13T20:00:00Z", Some("2026-03-14T09:00:00Z")),
        ("2026-03-15T08:59:59Z", Some("2026-03-15T09:00:00Z")),
        ("2026-03-15T21:00:00Z", None),
    ] {
        assert_eq!(weekend.end_after(utc(at)), expected.map(utc), "{at}");
    }
    let by_day = quiet("UTC", "09:00", "17:00");
    assert_eq!(by_day.end_after(utc("2026-03-13T12:00:00Z")), Some(utc("2026-03-13T17:00:00Z")));
    assert_eq!(by_day.end_after(utc("2026-03-13T17:00:00Z")), None);
    let all_day = quiet("UTC", "08:00", "08:00");
    assert_eq!(all_day.end_after(utc("2026-03-13T07:59:59Z")), Some(utc("2026-03-13T08:00:00Z")));
    assert_eq!(all_day.end_after(utc("2026-03-13T08:00:00Z")), Some(utc("2026-03-14T08:00:00Z")));
}

#[test]
fn zone_that_is_gone_holds_nothing() {
    assert_eq!(quiet("Mars/Olympus", "00:00", "00:00").end_after(at(0)), None);
}

fn group(quiet_hours: Option<QuietHours>) -> Group {
    Group {
        id: "g".into(),
        account: "a".into(),
        name: None,
        destinations: Vec::new(),
        severities: Vec::new(),
        events: Vec::new(),
        scope: Scope::All,
        quiet_hours,
        digest: None,
        follow_up: None,
    }
}

#[test]
fn an_alert_waits_only_if_all_of_its_groups_are_quiet() {
    let now = utc("2026-03-13T23:00:00Z");
    let (loud, long) = (group(None), group(Some(quiet("UTC", "22:00", "08:00"))));
    let short = group(Some(quiet("UTC", "22:00", "06:00")));
    let strict = group(Some(QuietHours { major_bypass: false, ..quiet("UTC", "22:00", "06:00") }));
    let held = |groups: &[&Group], severity| held_until(groups.iter().copied(), severity, now);
    let six = Some(utc("2026-03-14T06:00:00Z"));
    assert_eq!(held(&[&long, &short], Severity::Minor), six, "the first end counts");
    assert_eq!(held(&[&long, &loud], Severity::Minor), None);
    assert_eq!(held(&[&long], Severity::Major), None, "major bypasses");
    assert_eq!(held(&[&strict], Severity::Major), six);
    assert_eq!(held(&[&strict, &long], Severity::Major), None);
}

fn daily(zone: &str, at: &str) -> Digest {
    Digest { every: Every::Day { zone: zone.to_owned(), at: time(at) }, major_bypass: true }
}

#[test]
fn hourly_digest_is_due_at_the_next_full_hour() {
    let hourly = Digest { every: Every::Hour, major_bypass: true };
    for (now, due) in [
        ("2026-03-13T23:00:00Z", "2026-03-14T00:00:00Z"),
        ("2026-03-13T22:59:59.5Z", "2026-03-13T23:00:00Z"),
        ("2026-03-13T22:00:01Z", "2026-03-13T23:00:00Z"),
    ] {
        assert_eq!(hourly.next_after(utc(now)), Some(utc(due)), "{now}");
    }
}

#[test]
fn daily_digest_is_due_by_the_clock_on_the_wall_when_the_clocks_change() {
    for (zone, time, now, due) in [
        ("Europe/Berlin", "09:00", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", "09:00", "2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"),
        // 02:30 does not exist in the first night and comes twice in the second.
        ("Europe/Berlin", "02:30", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"),
        ("Europe/Berlin", "02:30", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ("America/New_York", "09:00", "2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z"),
        ("America/New_York", "09:00", "2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z"),
        ("Australia/Lord_Howe", "09:00", "2026-10-02T22:30:00Z", "2026-10-03T22:00:00Z"),
        ("Australia/Lord_Howe", "09:00", "2026-04-03T22:00:00Z", "2026-04-04T22:30:00Z"),
    ] {
        assert_eq!(daily(zone, time).next_after(utc(now)), Some(utc(due)), "{zone} {time} {now}");
    }
    assert_eq!(daily("Mars/Olympus", "09:00").next_after(at(0)), None, "what cannot be computed holds nothing");
}

#[test]
fn digest_that_is_due_in_quiet_hours_comes_when_they_end() {
    let both = |digest, quiet| Group { digest: Some(digest), ..group(Some(quiet)) };
    let (noon, evening) = (utc("2026-03-13T12:00:00Z"), utc("2026-03-13T22:30:00Z"));
    let late = both(daily("UTC", "23:00"), quiet("UTC", "22:00", "07:00"));
    let seven = Some(utc("2026-03-14T07:00:00Z"));
    assert_eq!(late.holds_until(Severity::Minor, noon), seven);
    assert_eq!(late.holds_until(Severity::Minor, evening), seven);
    assert_eq!(late.holds_until(Severity::Major, noon), None, "major bypasses both");
    let strict = both(Digest { major_bypass: false, ..daily("UTC", "18:00") }, quiet("UTC", "22:00", "07:00"));
    assert_eq!(strict.holds_until(Severity::Major, noon), Some(utc("2026-03-13T18:00:00Z")));
    assert!(strict.may_hold() && !group(None).may_hold());
}

fn alert(event: Event, incident: &str) -> Alert {
    let facts = IncidentFacts {
        id: incident.into(),
        episode: 1,
        kind: Kind::Incident,
        title: format!("{incident} is slow"),
        phase: None,
        impact: None,
        url: None,
        started_at: None,
        ended_at: None,
        window: None,
        first_seen_at: at(0),
    };
    Alert::new(&provider(), event, facts, "fact", at(0))
}

#[test]
fn summary_names_what_is_left_to_know_of_each_provider() {
    let held = [alert(Event::Opened, "a"), Alert { severity: Severity::Major, ..alert(Event::Updated, "b") }];
    let summary = held_summary(&"hook".into(), &held, at(60)).unwrap();
    assert!(summary.is_held_summary());
    assert_eq!(summary.severity, Severity::Major);
    assert_eq!(summary.incident.title, "Summary of 2 changes");
    let titles: Vec<&str> = summary.summary.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles, ["Acme: a is slow", "Acme: b is slow"]);
    let again = held_summary(&"hook".into(), &held, at(60)).unwrap();
    assert_eq!(again.id, summary.id, "the same alerts make the same summary");
    assert_ne!(held_summary(&"other".into(), &held, at(60)).unwrap().id, summary.id);
    assert_eq!(held_summary(&"hook".into(), &[], at(60)), None);
}

/// In the summary of a page.
fn item(event: Event, incident: &str) -> SummaryItem {
    SummaryItem {
        incident: incident.into(),
        episode: 1,
        title: incident.to_owned(),
        event,
        severity: Severity::Minor,
        components: Vec::new(),
        tags_everything: false,
        opened_in: None,
    }
}

#[test]
fn what_is_over_or_wanted_no_more_leaves_what_waits_and_an_end_never_does() {
    let held = || {
        let items =
            [(Event::Opened, "over"), (Event::Opened, "open"), (Event::Opened, "own"), (Event::Resolved, "told")];
        let items = items.into_iter().chain([(Event::Resolved, "untold")]).map(|(event, id)| item(event, id));
        let of_page = Alert { summary: items.collect(), ..alert(Event::Summary, "summary@1") };
        vec![
            alert(Event::Opened, "over"),
            alert(Event::Updated, "open"),
            Alert { opened_in: Some("summary@1".into()), ..alert(Event::Resolved, "over") },
            of_page,
        ]
    };
    let is_over = |_: &ProviderId, incident: &IncidentId, episode: u32| incident.as_str() == "over" && episode == 1;
    let is_untold = |_: &ProviderId, item: &SummaryItem| matches!(item.incident.as_str(), "own" | "untold");
    let left = |held, is_wanted: bool| {
        let left = still_to_tell(held, |_| is_wanted, is_over, is_untold).into_iter();
        let names = |alert: Alert| match alert.summary.is_empty() {
            true => vec![format!("{} {}", alert.event.as_str(), alert.incident.id)],
            false => alert.summary.iter().map(|it| format!("{} {}", it.event.as_str(), it.incident)).collect(),
        };
        left.flat_map(names).collect::<Vec<_>>()
    };
    assert_eq!(left(held(), true), ["updated open", "resolved over", "opened open", "resolved told"]);
    assert_eq!(left(held(), false), ["resolved over", "resolved told"]);
    let over = Alert { summary: vec![item(Event::Opened, "over")], ..alert(Event::Summary, "summary@1") };
    assert!(left(vec![over], true).is_empty(), "nothing is left of it");
}

proptest! {
    #[test]
    fn quiet_hours_end_in_the_future_and_by_their_clock(
        second in 1_750_000_000i64..1_850_000_000,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
        from in 0i8..24,
        until in 0i8..24,
    ) {
        let now = Timestamp::from_second(second).unwrap();
        let (from, until) = (Time::constant(from, 0, 0, 0), Time::constant(until, 0, 0, 0));
        let quiet = QuietHours { from, until, ..quiet(zone, "00:00", "00:00") };
        let local = TimeZone::get(zone).unwrap().to_datetime(now).time();
        let is_in = if from < until { from <= local && local < until } else { from <= local || local < until };
        match quiet.end_after(now) {
            Some(end) => {
                prop_assert!(end > now && end.duration_since(now) <= SignedDuration::from_hours(25));
                let shown = TimeZone::get(zone).unwrap().to_datetime(end).time();
                prop_assert!(shown == until || shown.hour() == until.hour() + 1 || shown.minute() == 30);
            }
            // Where the clocks change, a time may have passed and come again.
            None => prop_assert!(!is_in || near_change(zone, now)),
        }
    }
}

fn near_change(zone: &str, at: Timestamp) -> bool {
    let zone = TimeZone::get(zone).unwrap();
    let offset = |at: Timestamp| zone.to_offset(at);
    offset(at - SignedDuration::from_hours(26)) != offset(at + SignedDuration::from_hours(26))
}
