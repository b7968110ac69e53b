//! A group as the fields of its form, and the draft that the fields are.
use settings::{DigestDraft, FollowUpDraft, GroupDraft, QuietHoursDraft};
use status::{
    digest::{Digest, Every},
    follow_up::FollowUp,
    monitor::{Group, Scope},
    quiet_hours::Day,
};

use super::typed::Typed;

/// What a new group is, before anything is chosen.
pub(super) fn of_new() -> Typed {
    let mut typed = Typed::default();
    for (name, value) in [
        ("scope", "all"),
        ("severities", "major"),
        ("severities", "minor"),
        ("events", "opened"),
        ("events", "resolved"),
        ("major_bypass", "yes"),
        ("from", "22:00"),
        ("until", "07:00"),
        ("digest", "none"),
        ("digest_at", "09:00"),
        ("digest_major", "yes"),
        ("follow_up_minutes", "30"),
    ] {
        typed.put(name, value);
    }
    Day::ALL.iter().for_each(|day| typed.put("days", day.as_str()));
    typed
}

pub(super) fn of_stored(group: &Group, version: u64) -> Typed {
    let mut typed = Typed::default();
    typed.put("version", version.to_string());
    typed.put("name", group.name.clone().unwrap_or_default());
    typed.put("scope", if group.scope == Scope::All { "all" } else { "chosen" });
    if let Scope::Monitors(monitors) = &group.scope {
        monitors.iter().for_each(|monitor| typed.put("monitors", monitor.as_str()));
    }
    group.severities.iter().for_each(|severity| typed.put("severities", severity.as_str()));
    group.events.iter().for_each(|event| typed.put("events", event.as_str()));
    group.destinations.iter().for_each(|destination| typed.put("destinations", destination.as_str()));
    match &group.quiet_hours {
        Some(quiet) => {
            typed.put("quiet", "yes");
            typed.put("zone", &*quiet.zone);
            quiet.days.iter().for_each(|day| typed.put("days", day.as_str()));
            typed.put("from", quiet.from.strftime("%H:%M").to_string());
            typed.put("until", quiet.until.strftime("%H:%M").to_string());
            if quiet.major_bypass {
                typed.put("major_bypass", "yes");
            }
        }
        None => {
            let new = of_new();
            for name in ["days", "from", "until", "major_bypass"] {
                new.all(name).into_iter().for_each(|value| typed.put(name, value));
            }
        }
    }
    put_digest(&mut typed, group.digest.as_ref());
    put_follow_up(&mut typed, group.follow_up.as_ref());
    typed
}

fn put_follow_up(typed: &mut Typed, follow_up: Option<&FollowUp>) {
    if follow_up.is_some() {
        typed.put("follow_up", "yes");
    }
    typed.put("follow_up_minutes", follow_up.map_or(30, |follow_up| follow_up.minutes).to_string());
    let target = follow_up.and_then(|follow_up| follow_up.destination.as_ref());
    typed.put("follow_up_to", target.map_or("", |id| id.as_str()));
}

fn put_digest(typed: &mut Typed, digest: Option<&Digest>) {
    let (every, zone, at) = match digest.map(|digest| &digest.every) {
        None => ("none", "", "09:00".to_owned()),
        Some(Every::Hour) => ("hour", "", "09:00".to_owned()),
        Some(Every::Day { zone, at }) => ("day", zone.as_str(), at.strftime("%H:%M").to_string()),
    };
    typed.put("digest", every);
    typed.put("digest_zone", zone);
    typed.put("digest_at", at);
    if digest.is_none_or(|digest| digest.major_bypass) {
        typed.put("digest_major", "yes");
    }
}

pub(super) fn draft(id: &str, typed: &Typed) -> GroupDraft {
    let quiet_hours = typed.has("quiet", "yes").then(|| QuietHoursDraft {
        zone: typed.get("zone").to_owned(),
        days: Some(typed.all("days")),
        // Browsers may send seconds.
        from: typed.get("from").chars().take(5).collect(),
        until: typed.get("until").chars().take(5).collect(),
        major_bypass: Some(typed.has("major_bypass", "yes")),
    });
    GroupDraft {
        id: id.to_owned(),
        name: Some(typed.get("name").to_owned()),
        destinations: typed.all("destinations"),
        severities: Some(typed.all("severities")),
        events: Some(typed.all("events")),
        monitors: (typed.get("scope") == "chosen").then(|| typed.all("monitors")),
        quiet_hours,
        digest: digest_draft(typed),
        follow_up: follow_up_draft(typed),
    }
}

fn digest_draft(typed: &Typed) -> Option<DigestDraft> {
    let every = Some(typed.get("digest")).filter(|every| !every.is_empty() && *every != "none")?;
    let of_day = |name: &str| (every == "day").then(|| typed.get(name).to_owned());
    Some(DigestDraft {
        every: every.to_owned(),
        zone: of_day("digest_zone"),
        at: of_day("digest_at").map(|at| at.chars().take(5).collect()),
        major_bypass: Some(typed.has("digest_major", "yes")),
    })
}

/// What is no number is as wrong as a number that is too small.
fn follow_up_draft(typed: &Typed) -> Option<FollowUpDraft> {
    typed.has("follow_up", "yes").then(|| FollowUpDraft {
        minutes: typed.get("follow_up_minutes").trim().parse().unwrap_or_default(),
        destination: Some(typed.get("follow_up_to").to_owned()).filter(|id| !id.is_empty()),
    })
}

/// Name, saved, typed: where the two differ.
pub(super) fn differences(saved: &Typed, typed: &Typed) -> Vec<[String; 3]> {
    let fields: [(&str, &str); 19] = [
        ("Name", "name"),
        ("Providers", "scope"),
        ("Chosen providers", "monitors"),
        ("Severities", "severities"),
        ("Events", "events"),
        ("Destinations", "destinations"),
        ("Quiet hours", "quiet"),
        ("Time zone", "zone"),
        ("Days", "days"),
        ("From", "from"),
        ("Until", "until"),
        ("Major at once", "major_bypass"),
        ("Summary", "digest"),
        ("Summary: time zone", "digest_zone"),
        ("Summary: at", "digest_at"),
        ("Summary: major at once", "digest_major"),
        ("Follow-up", "follow_up"),
        ("Follow-up: after minutes", "follow_up_minutes"),
        ("Follow-up: to", "follow_up_to"),
    ];
    let sorted = |typed: &Typed, name: &str| {
        let mut values = typed.all(name);
        values.retain(|value| !value.is_empty());
        values.sort_unstable();
        values.join(", ")
    };
    let rows = fields.map(|(label, name)| [label.to_owned(), sorted(saved, name), sorted(typed, name)]);
    rows.into_iter().filter(|[_, saved, typed]| saved != typed).collect()
}

#[cfg(test)]
mod tests {
    use status::{
        ids::AccountId,
        quiet_hours::QuietHours,
        words::{Event, Severity},
    };

    use super::*;

    fn group() -> Group {
        let time = |text: &str| text.parse().unwrap();
        Group {
            id: "group_1".into(),
            account: AccountId::new("a"),
            name: Some("Night".to_owned()),
            destinations: vec!["d1".into(), "d2".into()],
            severities: vec![Severity::Major],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::Monitors(vec!["m1".into()]),
            quiet_hours: Some(QuietHours {
                zone: "Europe/Berlin".to_owned(),
                days: vec![Day::Mon, Day::Sun],
                from: time("22:00"),
                until: time("07:30"),
                major_bypass: false,
            }),
            digest: Some(Digest {
                every: Every::Day { zone: "Asia/Tokyo".to_owned(), at: time("09:30") },
                major_bypass: false,
            }),
            follow_up: Some(FollowUp { minutes: 45, destination: Some("d2".into()) }),
        }
    }

    #[test]
    fn form_of_a_group_that_is_sent_as_it_is_is_the_group() {
        assert_eq!(draft("group_1", &of_stored(&group(), 3)), GroupDraft::of(&group()));
        let hourly = Group { digest: Some(Digest { every: Every::Hour, major_bypass: true }), ..group() };
        assert_eq!(draft("group_1", &of_stored(&hourly, 3)), GroupDraft::of(&hourly));
        let loud = Group { quiet_hours: None, digest: None, follow_up: None, scope: Scope::All, ..group() };
        assert_eq!(draft("group_1", &of_stored(&loud, 3)), GroupDraft::of(&loud));
    }

    #[test]
    fn differences_are_of_fields_and_not_of_order() {
        let (saved, mut typed) = (of_stored(&group(), 3), of_stored(&group(), 2));
        typed.set("destinations", "d2".to_owned());
        typed.put("destinations", "d1");
        assert_eq!(differences(&saved, &typed), Vec::<[String; 3]>::new());
        typed.set("name", "Day".to_owned());
        assert_eq!(differences(&saved, &typed), [["Name", "Night", "Day"].map(str::to_owned)]);
    }
}
