//! `/`: every provider at a glance. What the configuration watches stands on top with what is open; search and filters are
//! plain addresses, so that they work without a script and can be kept as bookmarks.
use axum::{
    Router,
    extract::{Query, State as Shared},
    response::Response,
    routing::get,
};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use status::{page_summary::OpenItem, snapshot::Kind};

use crate::{
    Web,
    overview::{Overview, Row, State},
    paths,
    shell::{Page, Under, ago, broken, in_a_line, shape, state},
};

/// Rows of one page: a screen or three, so that a phone gets it at once.
const AT_ONCE: usize = 60;
const LONGEST_QUERY: usize = 100;
/// Incidents shown below a row.
const SHOWN_OPEN: usize = 3;

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Wanted {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    page: String,
    /// For a screen on the wall.
    #[serde(skip_serializing_if = "String::is_empty")]
    wall: String,
}

/// The filters: word in the address, label, which rows.
type Filter = (&'static str, &'static str, fn(&Row) -> bool);
const FILTERS: [Filter; 5] = [
    ("", "All", |_| true),
    ("mine", "Watched here", |row| row.mine),
    ("trouble", "Having trouble", |row| row.state().is_trouble()),
    ("maintenance", "In maintenance", |row| row.state() == State::Maintenance),
    ("unreadable", "Unreadable", |row| row.state() == State::Unreadable),
];

const SORTS: [(&str, &str); 4] =
    [("", "As listed"), ("worst", "Worst first"), ("newest", "Newest trouble first"), ("name", "By name")];

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/", get(show))
}

async fn show(Shared(web): Shared<Web>, Query(mut wanted): Query<Wanted>) -> Response {
    let overview = match web.overviews.get().await {
        Ok(overview) => overview,
        Err(error) => return broken(error),
    };
    wanted.q = wanted.q.trim().chars().take(LONGEST_QUERY).collect();
    let wall = !wanted.wall.is_empty();
    let content = if wall { wall_screen(&overview) } else { lists(&overview, &wanted) };
    let feeds = [("Incidents of all providers".to_owned(), "/incidents.atom".to_owned())];
    Page { title: "Dashboard", under: Under::Dashboard, feeds: &feeds, wall, content }.response()
}

/// The rows that are wanted, in the order that is wanted.
pub(crate) fn select<'a>(overview: &'a Overview, wanted: &Wanted) -> Vec<&'a Row> {
    let filter = FILTERS.iter().find(|(word, ..)| *word == wanted.show).unwrap_or(&FILTERS[0]).2;
    let fits = |row: &&Row| filter(row) && (wanted.category.is_empty() || row.category == wanted.category);
    let mut rows: Vec<&Row> = match wanted.q.as_str() {
        "" => overview.rows.iter().filter(fits).collect(),
        query => found(overview, query).into_iter().filter(fits).collect(),
    };
    match wanted.sort.as_str() {
        // Both sorts are stable: of two alike the better known comes first.
        "worst" => rows.sort_by_key(|row| row.state()),
        "newest" => rows.sort_by_key(|row| std::cmp::Reverse(newest(row))),
        "name" => rows.sort_by_cached_key(|row| row.provider.name.to_lowercase()),
        _ => {}
    }
    rows
}

/// Pages of one's own by their name or id, then the catalogue's best hits.
pub(crate) fn found<'a>(overview: &'a Overview, query: &str) -> Vec<&'a Row> {
    let lower = query.to_lowercase();
    let is_named = |row: &&Row| {
        row.category.is_empty()
            && catalogue::find(row.id()).is_none()
            && (row.provider.name.to_lowercase().contains(&lower) || row.id().contains(&lower))
    };
    let own = overview.rows.iter().filter(is_named);
    let hits = catalogue::search(query, 300).into_iter().filter_map(|entry| overview.get(entry.slug));
    own.chain(hits).collect()
}

fn newest(row: &Row) -> Option<jiff::Timestamp> {
    let trouble = row.page_summary.iter().flat_map(|page_summary| page_summary.incidents());
    trouble.map(|item| item.since).max()
}

fn lists(overview: &Overview, wanted: &Wanted) -> Markup {
    let rows = select(overview, wanted);
    let number: usize = wanted.page.parse().unwrap_or(1).max(1);
    let pages = rows.len().div_ceil(AT_ONCE).max(1);
    let number = number.min(pages);
    let shown = &rows[(number - 1) * AT_ONCE..rows.len().min(number * AT_ONCE)];
    let is_plain =
        wanted.q.is_empty() && wanted.show.is_empty() && wanted.category.is_empty() && wanted.sort.is_empty();
    let mine = shown.iter().take_while(|row| row.mine).count() * usize::from(is_plain);
    let (mine, others) = shown.split_at(mine);
    html! {
        div.head {
            h1 { "Status of your vendors" }
            a.small href="/?wall=1" { "Wall screen" }
        }
        (controls(overview, wanted))
        // Outside of what is replaced, so that it is read out when it changes.
        p.hidden #found role="status" { (rows.len()) @if rows.len() == 1 { " provider" } @else { " providers" } }
        div data-live="20" {
            (summary(overview, wanted))
            @if !mine.is_empty() {
                h2 { "Watched here" }
                (list(mine, "Watched here"))
            }
            @if !others.is_empty() {
                @if is_plain { h2 { "All providers" } }
                (list(others, if is_plain { "All providers" } else { "Providers found" }))
            }
            @if rows.is_empty() {
                p.empty { (nothing(wanted)) }
            }
            @if pages > 1 { (turn(wanted, number, pages)) }
        }
    }
}

fn nothing(wanted: &Wanted) -> Markup {
    html! {
        @if !wanted.q.is_empty() {
            "No provider is called " strong { (wanted.q) } ". Any status page can be watched by its address: "
            code { "statuswire probe URL" } " finds it and says what to write in the configuration."
        } @else {
            "None at the moment."
        }
    }
}

fn controls(overview: &Overview, wanted: &Wanted) -> Markup {
    let mut categories: Vec<&str> = overview.rows.iter().map(|row| row.category).filter(|it| !it.is_empty()).collect();
    categories.sort_unstable();
    categories.dedup();
    html! {
        form.controls role="search" action="/" data-search {
            div.grow {
                label for="q" { "Find a provider" }
                input #q type="search" name="q" value=(wanted.q) maxlength=(LONGEST_QUERY) autocomplete="off" spellcheck="false"
                    placeholder="Name, short name or domain";
            }
            div {
                label for="category" { "Category" }
                select #category name="category" {
                    option value="" { "Every category" }
                    @for category in categories {
                        option value=(category) selected[*category == *wanted.category] { (category) }
                    }
                }
            }
            div {
                label for="sort" { "Order" }
                select #sort name="sort" {
                    @for (word, label) in SORTS {
                        option value=(word) selected[word == wanted.sort] { (label) }
                    }
                }
            }
            @if !wanted.show.is_empty() { input type="hidden" name="show" value=(wanted.show); }
            noscript { button type="submit" { "Search" } }
        }
    }
}

fn summary(overview: &Overview, wanted: &Wanted) -> Markup {
    html! {
        nav.chips aria-label="Filters" {
            @for (word, label, filter) in FILTERS {
                a href=(address(&Wanted { show: word.to_owned(), page: String::new(), ..wanted.clone() }))
                    aria-current=[(wanted.show == word).then_some("true")] {
                    (label) " " span.soft { (overview.rows.iter().filter(|row| filter(row)).count()) }
                }
            }
        }
    }
}

fn list(rows: &[&Row], label: &str) -> Markup {
    html! {
        div.panel { ul.rows aria-label=(label) { @for row in rows { li { (line(row)) } } } }
    }
}

fn line(row: &Row) -> Markup {
    let open = row.page_summary.as_ref().map_or(&[][..], |page_summary| &page_summary.open);
    let incidents = open.iter().filter(|item| item.kind == Kind::Incident);
    let more = incidents.clone().count().saturating_sub(SHOWN_OPEN);
    html! {
        div.row {
            a.who href=(paths::provider(&row.provider.id)) { (row.provider.name) }
            (state(row.state()))
            @for item in incidents.take(SHOWN_OPEN) { div.what { (open_item(row, item)) } }
            @if more > 0 { div.what { "and " (more) " more" } }
            @if let (State::Unreadable, Some(reason)) = (row.state(), row.failing.as_ref().and_then(|it| it.reason.as_ref())) {
                div.what { (reason) }
            }
        }
    }
}

fn open_item(row: &Row, item: &OpenItem) -> Markup {
    html! {
        a href=(paths::incident(&row.provider.id, item.kind, &item.id)) { (item.title) }
        @if let Some(phase) = item.phase { " · " (phase.as_str()) }
        " · began " (ago(item.since))
        @if !item.components.is_empty() { " · " (in_a_line(item.components.iter().map(String::as_str))) }
    }
}

fn turn(wanted: &Wanted, number: usize, pages: usize) -> Markup {
    let to = |page: usize| address(&Wanted { page: page.to_string(), ..wanted.clone() });
    html! {
        nav.pages aria-label="Pages" {
            @if number > 1 { a rel="prev" href=(to(number - 1)) { "Previous" } }
            span.soft { "Page " (number) " of " (pages) }
            @if number < pages { a rel="next" href=(to(number + 1)) { "Next" } }
        }
    }
}

/// The address of this page with these wishes.
fn address(wanted: &Wanted) -> String {
    match serde_html_form::to_string(wanted).unwrap_or_default() {
        query if query.is_empty() => "/".to_owned(),
        query => format!("/?{query}"),
    }
}

/// What is watched here, else what is in trouble, worst first and large.
fn wall_screen(overview: &Overview) -> Markup {
    let has_mine = overview.rows.iter().any(|row| row.mine);
    let mut rows: Vec<&Row> =
        overview.rows.iter().filter(|row| if has_mine { row.mine } else { row.state().is_trouble() }).collect();
    rows.sort_by_key(|row| row.state());
    html! {
        h1.hidden { "Status of your vendors" }
        div data-live="20" {
            @if rows.is_empty() { p.empty { "No vendor has trouble." } }
            ul.grid {
                @for row in rows.iter().take(AT_ONCE) {
                    li class={ "tile " (row.state().word()) } {
                        a href=(paths::provider(&row.provider.id)) { (shape(row.state())) span { (row.provider.name) } }
                        p.small { (row.state().label()) }
                        @for item in row.page_summary.iter().flat_map(|page_summary| page_summary.incidents()).take(2) {
                            p.small { (item.title) " · " (ago(item.since)) }
                        }
                    }
                }
            }
        }
    }
}
