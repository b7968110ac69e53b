//! Destinations that get no alerts, or whose newest alerts did not arrive: on the dashboard, because an account without
//! another destination hears of it nowhere else.
use maud::{Markup, html};
use status::ids::FILE_ACCOUNT;
use store::{DestinationRecord, StoreError};

use crate::{layout::times::time, state::Web};

/// Those of the configuration file whose trouble is not over: other accounts see theirs among their own pages.
pub(super) async fn troubled(web: &Web) -> Result<Vec<DestinationRecord>, StoreError> {
    let mut troubled = Vec::new();
    let all = web.store.troubled_destinations().await?;
    for record in all.into_iter().filter(|record| record.destination.account.as_str() == FILE_ACCOUNT) {
        if !is_lifted(web, &record).await? {
            troubled.push(record);
        }
    }
    Ok(troubled)
}

/// It was disabled for a mail address whose suppression was lifted: the next alert enables it.
async fn is_lifted(web: &Web, record: &DestinationRecord) -> Result<bool, StoreError> {
    let channel = channels::channel(&record.destination.channel);
    let address = channel.and_then(|channel| (channel.recipient)(record.destination.clear_settings()));
    match (address, &record.disabled) {
        (Some(address), Some(disabled)) if disabled.is_by_suppression() => {
            Ok(web.store.suppression(&address).await?.is_none())
        }
        _ => Ok(false),
    }
}

/// Nothing if there is no trouble. Reasons quote receivers, so only a private instance shows them.
pub(super) fn section(troubled: &[DestinationRecord], is_private: bool) -> Markup {
    html! {
        @if !troubled.is_empty() {
            h2 { "Destinations that need attention" }
            div.panel { ul.rows aria-label="Destinations that need attention" {
                @for record in troubled { li { (row(record, is_private)) } }
            } }
        }
    }
}

fn row(record: &DestinationRecord, is_private: bool) -> Markup {
    let id = record.destination.id.as_str();
    html! {
        div.row {
            strong.who { (id) }
            @if let Some(disabled) = &record.disabled {
                div.what {
                    "Alerts to \"" (id) "\" are paused since " (time(disabled.at))
                    @if is_private { ": " (disabled.reason) }
                    ". Fix it, then run " code { "statuswire test " (id) } "."
                }
            } @else if let Some(refusals) = &record.refusals {
                div.what { "Refuses alerts since " (time(refusals.since)) ". They are tried again." }
            } @else if let Some(since) = record.failing_since {
                div.what { "Alerts do not arrive since " (time(since)) "." }
            }
        }
    }
}
