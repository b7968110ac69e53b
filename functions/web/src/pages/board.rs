//! `/boards/{address}`: the providers that an account chose, as the dashboard shows them. `?wall=1` is TV mode.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::dashboard::{ended, tv};
use crate::{
    layout::{
        assets::icon_path,
        blindness,
        frame::{NavEntry, Page, not_found, unavailable},
        provider_rows::{OfFile, list},
        summary::Summary,
    },
    model::{board::BoardView, overview::ProviderRow},
    state::Web,
};

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/boards/{address}", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BoardQuery {
    /// Any value switches to TV mode.
    wall: String,
}

async fn show(State(web): State<Web>, Path(address): Path<String>, Query(query): Query<BoardQuery>) -> Response {
    let view = match BoardView::read(&web, &address).await {
        Ok(Some(view)) => view,
        Ok(None) => return not_found(),
        Err(error) => return unavailable(error),
    };
    let (rows, name) = (view.rows(), view.board.name.as_str());
    let summary = Summary::of_chosen(&rows);
    let tv_mode = !query.wall.is_empty();
    let content =
        if tv_mode { tv::screen(&view.overview, name, &rows, &summary) } else { lists(&view, &rows, &summary) };
    let feeds = [(format!("Incidents: {name}"), format!("{}/incidents.atom", view.path))];
    let page = Page { title: &summary.title_of(name), nav: NavEntry::None, feeds: &feeds, tv_mode, content };
    view.marked(page.with_icon(StatusCode::OK, html! {}, icon_path(summary.worst)))
}

fn lists(view: &BoardView, rows: &[&ProviderRow], summary: &Summary) -> Markup {
    let mut worst_first = rows.to_vec();
    worst_first.sort_by_cached_key(|row| row.urgency());
    let missing = view.missing();
    html! {
        div.head {
            h1 { (view.board.name) }
            a.small href={ (view.path) "?wall=1" } { "TV mode" }
        }
        div data-live="20" {
            (summary.line())
            (blindness::notes(&view.overview))
            @if !worst_first.is_empty() { (list(&worst_first, &view.board.name, OfFile::LeftOut)) }
            @if missing > 0 {
                p.note {
                    (missing) @if missing == 1 { " provider is" } @else { " providers are" }
                    " no longer listed on this instance, and nothing is known of "
                    @if missing == 1 { "it." } @else { "them." }
                }
            }
            (ended::section(rows, Timestamp::now()))
        }
        h2 { "Feeds" }
        p {
            a href={ (view.path) "/incidents.atom" } { "Incidents (Atom)" } " · "
            a href={ (view.path) "/calendar.ics" } { "Maintenance (iCalendar)" }
        }
    }
}
