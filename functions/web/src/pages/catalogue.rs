//! `/catalogue`: how well the pages of the catalogue can be read, by platform, and what reading them has shown of the
//! shipped file: other platforms, new addresses, dead pages.
use std::collections::{BTreeMap, HashMap};

use axum::{Router, extract::State, response::Response, routing::get};
use jiff::Timestamp;
use maud::{Markup, html};
use status::{catalogue_overlay::OverlayRow, ids::ProviderId};
use store::StoreError;

use crate::{
    layout::{
        frame::{NavEntry, Page, unavailable},
        times::{ago, time},
    },
    model::{
        overview::{Overview, ProviderRow, last_polled},
        provider_state::ProviderState,
    },
    provider_markdown::external_link,
    state::Web,
    urls,
};

/// Rows of each list of findings; more are counted.
const MAX_LISTED: usize = 200;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/catalogue", get(show))
}

async fn show(State(web): State<Web>) -> Response {
    match content(&web).await {
        Ok(content) => Page { title: "Catalogue", nav: NavEntry::None, feeds: &[], tv_mode: false, content }.response(),
        Err(error) => unavailable(error),
    }
}

async fn content(web: &Web) -> Result<Markup, StoreError> {
    let overview = web.overview_cache.get().await?;
    let overlay = web.store.catalogue_overlay().await?.into_iter().filter(catalogue::is_of_shipped);
    let overlay = overlay.map(|row| (row.provider.clone(), row)).collect();
    let counts = counts(&overview, &overlay);
    Ok(html! {
        div.head { h1 { "Catalogue" } }
        p.lead {
            "How well the status pages of the catalogue can be read, and what reading them has shown of it. "
            "An operator exports the findings with " code { "statuswire catalogue export" } "."
        }
        @if counts.is_empty() { p.empty { "This instance does not poll the catalogue." } }
        @else { (platforms(&counts)) (findings(&overview, &overlay, Timestamp::now())) }
    })
}

/// Of one platform, or of all.
#[derive(Clone, Copy, Default)]
struct Counts {
    pages: usize,
    readable: usize,
    unreachable: usize,
    no_status_page: usize,
    unchecked: usize,
    /// Of those that were ever read or tried, the one that was read or tried longest ago.
    oldest: Option<Timestamp>,
}

impl Counts {
    fn add(&mut self, row: &ProviderRow, looked_at: Option<Timestamp>) {
        self.pages += 1;
        match row.state() {
            ProviderState::Unreadable => self.unreachable += 1,
            ProviderState::NoStatusPage => self.no_status_page += 1,
            ProviderState::NotWatched => self.unchecked += 1,
            _ => self.readable += 1,
        }
        self.oldest = self.oldest.into_iter().chain(looked_at).min();
    }
}

/// By the platform that the page was found on, else by the one that is listed.
fn counts(overview: &Overview, overlay: &HashMap<ProviderId, OverlayRow>) -> Vec<(String, Counts)> {
    let (mut by_platform, mut all): (BTreeMap<&str, Counts>, Counts) = (BTreeMap::new(), Counts::default());
    for row in &overview.rows {
        let entry = catalogue::find(row.id()).filter(|entry| entry.url == row.provider.page_url);
        let Some(entry) = entry else { continue };
        let found = overlay.get(&row.provider.id).and_then(|found| found.platform.as_deref());
        let looked_at = match &row.failing {
            Some(failing) => failing.failed_at,
            None => last_polled(row, row.longest_interval(), &overview.rounds).filter(|_| row.page_summary.is_some()),
        };
        by_platform.entry(found.unwrap_or(entry.platform)).or_default().add(row, looked_at);
        all.add(row, looked_at);
    }
    let mut counts: Vec<(String, Counts)> = by_platform
        .into_iter()
        .map(|(platform, counts)| (if platform.is_empty() { "not known" } else { platform }.to_owned(), counts))
        .collect();
    counts.sort_by(|a, b| b.1.pages.cmp(&a.1.pages).then_with(|| a.0.cmp(&b.0)));
    if all.pages > 0 {
        counts.insert(0, ("all".to_owned(), all));
    }
    counts
}

fn platforms(counts: &[(String, Counts)]) -> Markup {
    html! {
        h2 #platforms { "Platforms" }
        div.panel.scroll tabindex="0" { table {
            thead { tr {
                @for column in
                    ["Platform", "Pages", "Readable", "Unreachable", "No readable status page", "Not checked yet", "Oldest check"]
                { th scope="col" { (column) } }
            } }
            tbody { @for (platform, counts) in counts {
                tr {
                    th scope="row" { (platform) }
                    td { (counts.pages) }
                    td { (counts.readable) }
                    td { (counts.unreachable) }
                    td { (counts.no_status_page) }
                    td { (counts.unchecked) }
                    td { @match counts.oldest { Some(at) => (ago(at)), None => "–" } }
                }
            } }
        } }
    }
}

/// What is said of a finding.
type Detail = fn(&OverlayRow) -> Option<Markup>;

fn findings(overview: &Overview, overlay: &HashMap<ProviderId, OverlayRow>, now: Timestamp) -> Markup {
    let lists: [(&str, &str, Detail); 4] = [
        ("platform", "Read on another platform", |row| {
            let found = row.platform.as_ref()?;
            let listed = if row.listed_platform.is_empty() { "no platform" } else { row.listed_platform.as_str() };
            Some(html! { (found) ", listed with " (listed) })
        }),
        ("moved", "Moved", |row| Some(html! { "to " (external_link(row.url.as_ref()?, row.url.as_ref()?)) })),
        ("elsewhere", "Leads to a page that may be somebody else's", |row| {
            let to = row.leads_to.as_ref()?;
            Some(html! { "to " (external_link(to, to)) "; nothing of it is used" })
        }),
        ("dead", "Nothing there for a month", |row| Some(html! { "since " (time(row.dead_since?)) })),
    ];
    html! {
        @for (id, title, detail) in lists {
            @let found = listed(overview, overlay, detail);
            h2 id=(id) { (title) " (" (found.len()) ")" }
            @if found.is_empty() { p.soft { "None." } }
            @else {
                p.soft.small { (ages(&found, now)) }
                div.panel { ul.rows { @for Finding { row, found, detail } in found.iter().take(MAX_LISTED) {
                    li { div.row {
                        a.who href=(urls::provider(&row.provider.id)) { (row.provider.name) }
                        div.what { (detail) " · the row differs since " (time(found.found_at)) }
                    } }
                } } }
                @if found.len() > MAX_LISTED { p.soft { "and " (found.len() - MAX_LISTED) " more" } }
            }
        }
    }
}

/// A row of the catalogue and what was found of it.
struct Finding<'a> {
    row: &'a ProviderRow,
    found: &'a OverlayRow,
    detail: Markup,
}

/// The findings of one kind, in the order of the catalogue.
fn listed<'a>(
    overview: &'a Overview,
    overlay: &'a HashMap<ProviderId, OverlayRow>,
    detail: Detail,
) -> Vec<Finding<'a>> {
    let rows = overview.rows.iter().filter_map(|row| Some((row, overlay.get(&row.provider.id)?)));
    rows.filter_map(|(row, found)| Some(Finding { row, found, detail: detail(found)? })).collect()
}

/// How old the findings are. What is known of a row is dated when the first of it was found, so this is since when the
/// row differs, not since when it does so in this.
fn ages(found: &[Finding<'_>], now: Timestamp) -> String {
    let days = |finding: &&Finding<'_>| now.duration_since(finding.found.found_at).as_hours() / 24;
    let week = found.iter().filter(|finding| days(finding) < 7).count();
    let month = found.iter().filter(|finding| (7..30).contains(&days(finding))).count();
    let before = found.len() - week - month;
    format!("Rows that differ for less than a week: {week}, less than a month: {month}, longer: {before}.")
}
