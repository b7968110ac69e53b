//! What a monitor, as it is drafted, would have alerted of in the last 90 days: by the router's own decision over what
//! is stored.
use maud::{Markup, html};
use site::{durations::duration, times};
use status::{
    monitor::{Group, Monitor},
    page_state::PageState,
    preview::{Past, PastIncident, Verdict, preview},
    provider::Provider,
    snapshot::Kind,
};

use crate::past::{History, night, zone_field};

const MAX_SHOWN: usize = 100;
/// Further ones are folded.
const UNFOLDED: usize = 10;

/// What is drafted, and for whom.
pub(super) struct Drafted<'a> {
    pub(super) provider: &'a Provider,
    pub(super) page: Option<&'a PageState>,
    /// `None`: nothing is chosen.
    pub(super) monitor: Option<&'a Monitor>,
    pub(super) groups: &'a [Group],
    /// Name of the zone in which nights are.
    pub(super) zone: &'a str,
}

pub(super) fn section(history: &History, drafted: &Drafted<'_>) -> Markup {
    let (night, zone_name) = night(drafted.zone);
    let past = Past { provider: drafted.provider, page: drafted.page, timelines: &history.timelines };
    let found = drafted.monitor.map(|monitor| preview(past, monitor, drafted.groups, &night));
    html! {
        h2 #past { "What would have alerted you" }
        @match &found {
            None => p.soft { "Choose at least one component." },
            Some(_) if drafted.page.is_none() => p.soft { "Known after the first check." },
            Some(found) if found.is_empty() => p.soft { "There was no incident in the last 90 days." },
            Some(found) => (alerted(found, &zone_name)),
        }
        @if history.has_more { p.soft.small { "Only the newest " (history.timelines.len()) " are taken into account." } }
        p.controls {
            (zone_field("zone", drafted.zone))
            button type="submit" name="submit" value="preview" { "Work it out again" }
        }
        @if let Some(found) = &found { (list(found)) }
    }
}

/// `14 of 31 incidents, 2 at night (22:00 to 07:00 Europe/Berlin).`
fn alerted(found: &[PastIncident], zone: &str) -> Markup {
    let of = |kind: Kind| found.iter().filter(move |past| past.kind == kind);
    let told = |kind: Kind| of(kind).filter(|past| past.verdict.is_alerted()).count();
    let nights = found.iter().filter(|past| past.verdict.is_at_night()).count();
    let (incidents, maintenances) = (of(Kind::Incident).count(), of(Kind::Maintenance).count());
    html! {
        p role="status" {
            strong { (told(Kind::Incident)) " of " (incidents) @if incidents == 1 { " incident" } @else { " incidents" } }
            @if maintenances > 0 {
                " and " (told(Kind::Maintenance)) " of " (maintenances)
                @if maintenances == 1 { " maintenance" } @else { " maintenances" }
            }
            " in the last 90 days, " strong { (nights) " at night" } " (22:00 to 07:00 " (zone) ")."
        }
    }
}

fn list(found: &[PastIncident]) -> Markup {
    let (first, further) = found.split_at(found.len().min(UNFOLDED));
    let more = further.len().saturating_sub(MAX_SHOWN);
    html! {
        @if !first.is_empty() { ul.rows.panel { @for past in first { li.small { (row(past)) } } } }
        @if !further.is_empty() {
            details.folded {
                summary.small { (further.len()) " more" }
                ul.rows.panel { @for past in further.iter().take(MAX_SHOWN) { li.small { (row(past)) } } }
                @if more > 0 { p.soft.small { "and " (more) " older ones" } }
            }
        }
    }
}

fn row(past: &PastIncident) -> Markup {
    let lasted = past.ended_at.map(|ended| duration(ended.duration_since(past.began_at).as_secs()));
    html! {
        @match past.verdict {
            Verdict::Alerted { at_night, unknown, .. } => {
                strong { bdi { (past.title) } }
                div.soft {
                    (times::time(past.began_at))
                    @if let Some(lasted) = &lasted { " · " (lasted) }
                    @if at_night { " · at night" }
                    @if unknown { " · components not said" }
                }
            },
            Verdict::NotAlerted(why) => {
                s { bdi { (past.title) } }
                div.soft { (times::time(past.began_at)) " · not alerted: " (why.as_str()) }
            }
        }
    }
}
