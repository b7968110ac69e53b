//! A hostile provider: every text that it may choose tries to become markup, a script link, a header or a calendar
//! line. A page on which one of them succeeds sets `window.pwned`.
use jiff::{SignedDuration, Timestamp};
use status::{
    ids::ProviderId,
    provider::Provider,
    snapshot::{Affected, Component, Incident, Kind, Window},
    words::{ComponentStatus, Impact, Phase},
};

use super::reads::{Reads, opened, snapshot, update};

const MARKUP: &str = "<script>window.pwned=1</script>\"'><img src=x onerror=window.pwned=1><svg/onload=window.pwned=1>";
const LINES: &str = "Lines\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:pwned\r\nSet-Cookie: pwned=1\r\n\r\n<b>";
/// Characters that XML forbids.
const CONTROLS: &str = "Controls \u{0}\u{8}\u{1b}[31m\u{fffe} ]]> &#0; &bogus; \u{202e}gnp.exe";
const SCRIPT_URL: &str = "javascript:window.pwned=1//";

pub(crate) fn provider() -> Provider {
    let name = format!("Evil {MARKUP}");
    Provider { id: "evil".into(), name, page_url: SCRIPT_URL.into(), format: Some("statuspage".into()), interval: None }
}

pub(crate) async fn seed(reads: &Reads, now: Timestamp) -> anyhow::Result<()> {
    let id = ProviderId::new("evil");
    let names = [MARKUP, LINES, CONTROLS, &"Long".repeat(800)];
    let components: Vec<Component> = names
        .iter()
        .enumerate()
        .map(|(number, name)| Component {
            id: format!("\"><c{number} onclick=window.pwned=1>").into(),
            name: (*name).to_owned(),
            group: (number < 2).then(|| MARKUP.to_owned()),
            status: ComponentStatus::DegradedPerformance,
        })
        .collect();
    let operational = components.iter().map(|it| Component { status: ComponentStatus::Operational, ..it.clone() });
    reads.read(&id, &snapshot(operational.collect(), Vec::new()), now - SignedDuration::from_hours(80 * 24)).await?;

    let affected: Vec<Affected> = components
        .iter()
        .map(|it| Affected { id: it.id.clone(), status: Some(ComponentStatus::DegradedPerformance) })
        .collect();
    let ids =
        ["\"><script>window.pwned=1</script>", "../../mail/x?a=b#c", "x\r\nset-cookie: pwned=1", &"i".repeat(900)];
    let titles = [MARKUP, LINES, CONTROLS, &"Wide".repeat(400)];
    let links = [
        SCRIPT_URL,
        "data:text/html,<script>window.pwned=1</script>",
        "//evil.example",
        "https://evil.example/\"><script>",
    ];
    let mut incidents: Vec<Incident> = ids
        .iter()
        .zip(titles)
        .zip(links)
        .map(|((incident, title), link)| {
            let mut it = opened((*incident).into(), title, now - SignedDuration::from_mins(30));
            let text = format!(
                "{title}\n[click]({SCRIPT_URL}) <a href=\"{SCRIPT_URL}\">here</a> ![x]({link})\n\n# {MARKUP}\n* {LINES}"
            );
            it.url = Some(link.to_owned());
            it.impact = Some(Impact::Major);
            it.updates = vec![update(&it.id, 1, Phase::Investigating, now, &text, affected.clone())];
            it.components = affected.clone();
            it
        })
        .collect();
    for (number, title) in titles.iter().enumerate() {
        let starts_at = now + SignedDuration::from_hours(26 + number as i64);
        let mut it = opened(format!("w{number}\"'><\r\nx").into(), *title, now);
        it.kind = Kind::Maintenance;
        it.phase = Some(Phase::Scheduled);
        it.url = Some(SCRIPT_URL.into());
        // The first one lasts for days, and is drawn as a bar.
        let ends_at = starts_at + SignedDuration::from_hours(if number == 0 { 70 } else { 2 });
        it.window = Some(Window { starts_at: Some(starts_at), ends_at: Some(ends_at) });
        it.updates = vec![update(&it.id, 1, Phase::Scheduled, now, title, affected.clone())];
        it.components = affected.clone();
        incidents.push(it);
    }
    reads.read(&id, &snapshot(components, incidents), now - SignedDuration::from_mins(5)).await
}
