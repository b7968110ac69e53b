//! When an entry says that its incident is over, and when it only seems to.
use status::{
    snapshot::{Incident, Kind},
    words::Phase,
};

use super::{incidents, item};
use crate::testing::facts::{at, timeline};

fn phase(title: &str, body: &str) -> Option<Phase> {
    item(title, body).unwrap().phase
}

const OVER: Option<Phase> = Some(Phase::Resolved);

#[test]
fn a_label_for_the_state_counts_anywhere() {
    for body in [
        "Status: RESOLVED",
        "<h3>Status: RESOLVED</h3><p>Severity: none</p>",
        "<p>Disks were full.</p><p>Current status: Resolved (10:30 UTC)</p>",
        "<p>Disks were full, which has been looked into. <b>Status:</b> Resolved</p>",
        "Disks were full. Status: resolved.",
    ] {
        assert_eq!(phase("Disks full", body), OVER, "{body}");
    }
    for body in ["Status: Monitoring<br>At 10:00 we wrote: Status: Resolved", "Status: Investigating"] {
        assert!(phase("Disks full", body).is_some_and(|phase| !phase.is_over()), "{body}");
    }
    assert_eq!(phase("Disks full", "Status: not resolved"), None);
}

#[test]
fn a_title_may_say_it_in_front_or_behind() {
    for title in [
        "Disks full - Resolved",
        "Disks full [RESOLVED]",
        "Disks full (Resolved)",
        "RESOLVED - Disks full",
        "✅ Resolved: Disks full",
        "Disks full – Recovered",
        "Disks full: Resolved",
    ] {
        let read = item(title, "They were full for an hour.").unwrap();
        assert_eq!((&*read.title, read.phase), ("Disks full", OVER), "{title}");
    }
    for title in ["Disks full - not resolved", "Why resolved tickets come back", "[Unresolved] Disks full"] {
        assert_eq!(phase(title, "They are full."), None, "{title}");
    }
}

#[test]
fn plain_sentences_may_say_it() {
    assert_eq!(phase("Disks full", "<p>The issue has been resolved.</p>"), OVER);
    assert_eq!(phase("Disks full", "Update: all systems are back to normal."), OVER);
    assert_eq!(phase("Disks full", "The issue is not yet resolved."), None);
    assert_eq!(phase("Disks full", "We expect this to be resolved by noon."), None);
    assert_eq!(phase("[Monitoring] Disks full", "All is back to normal."), Some(Phase::Monitoring));
    assert_eq!(phase("[Update] Disks full", "The incident has been resolved."), OVER);
}

#[test]
fn the_newest_block_decides_and_no_word_of_an_older_one() {
    let log = |newest: &str| {
        format!(
            "<p><strong>10 Jul 2026 04:10:00 GMT</strong></p><p>{newest}</p>\
             <p><strong>10 Jul 2026 03:10:00 GMT</strong></p><h3>Resolved</h3><p>It has been resolved.</p>\
             <p><strong>10 Jul 2026 02:10:00 GMT</strong></p><h3>Investigating</h3><p>We look.</p>"
        )
    };
    assert_eq!(phase("Disks full", &log("Investigating - It is back.")), Some(Phase::Investigating));
    assert_eq!(phase("Disks full", &log("It came back, we look into it again.")), None);
    assert_eq!(phase("Disks full", &log("Now it has really been resolved.")), OVER);
    let small = |newest: &str, older: &str| {
        format!(
            "<p><small>Jul 10, 04:10 UTC</small><br><strong>{newest}</strong> - a</p>\
             <p><small>Jul 10, 03:10 UTC</small><br><strong>{older}</strong> - It has been resolved.</p>"
        )
    };
    assert_eq!(phase("Disks full", &small("Identified", "Resolved")), Some(Phase::Identified));
    assert_eq!(phase("Disks full", &small("Update", "Monitoring")), Some(Phase::Monitoring));
    assert_eq!(phase("Disks full", &small("Resolved", "Investigating")), OVER);
}

#[test]
fn blocks_keep_their_order_where_times_contradict_it() {
    for times in [["03:42", "03:32", "03:38", "04:08"], ["03:42", "04:08", "04:09", "04:10"]] {
        let blocks = times.iter().zip(["Resolved", "Monitoring", "Identified", "Investigating"]).map(|(time, word)| {
            format!("<p><small>Jul 10, {time} UTC</small><br><strong>{word}</strong> - {word}.</p>")
        });
        let read = item("Disks full", &blocks.collect::<String>()).unwrap();
        assert_eq!((read.phase, read.resolved_at), (OVER, at("2026-07-10T03:42:00Z")));
        assert_eq!(read.started_at, at(&format!("2026-07-10T{}:00Z", times.iter().min().unwrap())));
        assert_eq!(read.updates.first().unwrap().phase, Some(Phase::Investigating));
    }
}

#[test]
fn a_log_of_headings_becomes_updates() {
    let read = item(
        "[API (eu)] Answers are late",
        "<h3>Status: RESOLVED</h3><p>Resolved: Fri, 10 Jul 2026 04:10:30 GMT</p><hr/><h4>Updates:</h4>\
         <div><p><strong>Fri, 10 Jul 2026 04:10:30 GMT</strong></p><h3>Resolved</h3><p>Fast again.</p></div>\
         <div><p><strong>Fri, 10 Jul 2026 03:10:30 GMT</strong></p><h3>Investigating</h3><p>We look.</p></div>",
    )
    .unwrap();
    assert_eq!(
        timeline(&read.updates),
        ["26-07-10T03:10:30Z investigating: We look.", "26-07-10T04:10:30Z resolved: Fast again."]
    );
    assert_eq!((read.started_at, read.resolved_at), (at("2026-07-10T03:10:30Z"), at("2026-07-10T04:10:30Z")));
}

#[test]
fn the_labels_of_instatus_name_kind_and_components() {
    let block = |day: u8, clock: &str, word: &str| {
        format!(
            "<p><small>Jul <var data-var='date'> {day}</var>, <var data-var='time'>{clock}</var> GMT+0</small><br />\
             <strong>{word}</strong> -\n It says {word}..</p>"
        )
    };
    let body = |kind: &str, blocks: &[String]| {
        format!(
            "<p><strong>Type:</strong> {kind}</p><p><strong>Affected Components:</strong> Web shop, API (EU)</p>{}",
            blocks.concat()
        )
    };
    let blocks = [block(10, "03:10:20", "Identified"), block(10, "04:10:00", "Completed")];
    let read = item("New disks", &body("Maintenance", &blocks)).unwrap();
    assert_eq!((read.kind, read.phase), (Kind::Maintenance, Some(Phase::Completed)));
    let named: Vec<_> = read.components.iter().map(|named| named.id.as_str()).collect();
    assert_eq!(named, ["Web shop", "API (EU)"]);
    assert_eq!(read.updates[1].body.as_deref(), Some("It says Completed."));
    // Their order is none: the times decide.
    let blocks =
        [block(9, "23:59:59", "Investigating"), block(10, "04:10:00", "Resolved"), block(10, "00:10:00", "Monitoring")];
    let read = item("Disks full", &body("Incident", &blocks)).unwrap();
    assert_eq!((read.kind, read.phase), (Kind::Incident, OVER));
    assert_eq!((read.started_at, read.resolved_at), (at("2026-07-09T23:59:59Z"), at("2026-07-10T04:10:00Z")));
}

fn monitor_items(items: &[(&str, &str, &str)]) -> Vec<Incident> {
    let items: String = items
        .iter()
        .map(|(title, guid, clock)| {
            format!(
                "<item><title>{title}</title><guid>{guid}</guid><link>https://status.example.com/</link>\
                 <pubDate>10 Jul 2026 {clock} GMT</pubDate><description>{title}</description></item>"
            )
        })
        .collect();
    incidents(&format!("<rss><channel>{items}</channel></rss>"))
}

#[test]
fn what_went_down_is_over_when_it_recovered() {
    let root = "https://status.example.com/";
    let guids = |ids: [&str; 2]| ids.map(|id| format!("{root}#{id}"));
    // Both repeat the guid of the incident, or each has its own.
    for [down, up] in [guids(["7", "7"]), guids(["7", "8"]), ["a".into(), "b".into()]] {
        let found = monitor_items(&[("API recovered", &up, "04:10:00"), ("API went down", &down, "04:00:00")]);
        let [incident] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&*incident.title, incident.phase), ("API went down", OVER));
        assert_eq!(incident.id.as_str(), down);
        assert_eq!(
            (incident.started_at, incident.resolved_at),
            (at("2026-07-10T04:00:00Z"), at("2026-07-10T04:10:00Z"))
        );
    }
}

#[test]
fn monitors_recover_each_for_itself() {
    let found = monitor_items(&[
        ("Mail is DOWN", "5", "05:00:00"),
        ("API is back up", "4", "04:30:00"),
        ("API went down", "3", "04:20:00"),
        ("API recovered", "2", "04:10:00"),
        ("API went down", "1", "04:00:00"),
        ("Shop recovered", "0", "03:00:00"),
    ]);
    let mut facts: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.title.as_str(), it.phase)).collect();
    facts.sort_by_key(|(id, ..)| *id);
    assert_eq!(facts, [("1", "API went down", OVER), ("3", "API went down", OVER), ("5", "Mail is DOWN", None)]);
}
