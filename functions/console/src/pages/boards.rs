//! `/account/boards`: pages with chosen providers for people outside of the account, where they are, and how to show
//! them elsewhere. What is at those addresses is served by `web`.
mod form;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use site::paths::{BOARDS, board as path_of_board, segment};
use status::{board::BoardAddress, ids::BoardId};
use store::{ManagedBy, Stored, StoredBoard};

use self::form::{Form, Typed};
use crate::{
    edits::{self, Refused},
    fields::{Problems, conflict, of_file},
    posted::{Posted, token},
    respond::{self, Refusal, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(BOARDS, get(show_all))
        .route("/account/boards/new", get(show_new).post(make))
        .route("/account/boards/{id}", get(show).post(save))
        .route("/account/boards/{id}/address", post(renew))
        .route("/account/boards/{id}/remove", get(ask).post(remove))
}

/// What the form did that led to a page. The words are ours, whatever the query says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

impl Done {
    fn text(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "made" => "Saved. The board is at the address below.",
            "saved" => "Saved.",
            "renewed" => "The board has a new address. The one before leads nowhere now.",
            "removed" => "Removed. Its address leads nowhere now.",
            _ => return None,
        })
    }
}

fn own_path(id: &BoardId) -> String {
    format!("{BOARDS}/{}", segment(id.as_str()))
}

async fn show_all(State(console): State<Console>, by: SignedIn, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let boards = console.store.boards(by.account()).await?;
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        p { "A board is a page with providers that you choose, for people who have no account here: customers, or a screen \
             on the wall. It shows nothing else of this account." }
        @if boards.is_empty() { p.empty { "There is no board yet." } }
        @else { ul.panel.rows { @for stored in &boards { li { (line(&console, stored)) } } } }
        @if by.may(Right::Edit) { p { a.button.main href={ (BOARDS) "/new" } { "New board" } } }
    };
    Ok(respond::page(StatusCode::OK, "Boards", done.text(), content))
}

fn line(console: &Console, stored: &Stored<StoredBoard>) -> Markup {
    let board = &stored.value.board;
    let providers = board.providers.len();
    html! {
        p.facts-line {
            a href=(own_path(&board.id)) { bdi { (board.name) } }
            span.small.soft {
                (providers) @if providers == 1 { " provider" } @else { " providers" } ", " (board.address.as_str()) " address"
            }
            @if let Some(address) = console.store.address_of(&stored.value) {
                a.small href=(path_of_board(&address)) { "Open" span.hidden { " " (board.name) } }
            }
        }
    }
}

async fn show_new(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    new_page(&console, &by, &Typed::default(), &Problems::default()).await
}

async fn new_page(console: &Console, by: &SignedIn, typed: &Typed, problems: &Problems) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let path = format!("{BOARDS}/new");
    let form = Form { action: &path, typed, problems, settings: &settings, may_edit: true };
    Ok(respond::page(status_of(problems), "New board", None, html! { (crumbs()) (form.markup(by)) }))
}

fn status_of(problems: &Problems) -> StatusCode {
    if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

fn crumbs() -> Markup {
    html! { p.crumbs { a href="/account" { "Account" } " / " a href=(BOARDS) { "Boards" } } }
}

async fn make(State(console): State<Console>, Posted { by, form }: Posted<Typed>) -> Result<Response, Refusal> {
    match edits::save_board(&console, &by.actor(), form.draft(""), None).await {
        Ok(id) => Ok(see_other(&format!("{}?done=made", own_path(&id)))),
        Err(refused) => new_page(&console, &by, &form, &refused.at_form("name")?).await,
    }
}

async fn show(
    State(console): State<Console>,
    Path(id): Path<BoardId>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    let stored = edits::board(&console, by.account(), &id).await?;
    let typed = Typed::of(&stored);
    one_page(
        &console,
        &by,
        &stored,
        &Shown { typed: &typed, problems: &Problems::default(), note: html! {}, flash: done.text() },
    )
    .await
}

/// The form of a board as it is shown.
struct Shown<'a> {
    typed: &'a Typed,
    problems: &'a Problems,
    /// Above the form.
    note: Markup,
    flash: Option<&'static str>,
}

async fn one_page(
    console: &Console,
    by: &SignedIn,
    stored: &Stored<StoredBoard>,
    shown: &Shown<'_>,
) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let board = &stored.value.board;
    let (path, may_edit) = (own_path(&board.id), may_edit(by, stored));
    let form = Form { action: &path, typed: shown.typed, problems: shown.problems, settings: &settings, may_edit };
    let content = html! {
        (crumbs())
        (of_file(stored.managed_by))
        (shown.note)
        (addresses(console, by, stored))
        h2 { "What it shows" }
        (form.markup(by))
        @if may_edit { div.actions { a.button href={ (path) "/remove" } { "Remove this board" } } }
    };
    let status = if shown.note.0.is_empty() { status_of(shown.problems) } else { StatusCode::CONFLICT };
    Ok(respond::page(status, &board.name, shown.flash, content))
}

fn may_edit(by: &SignedIn, stored: &Stored<StoredBoard>) -> bool {
    by.may(Right::Edit) && stored.managed_by == ManagedBy::Web
}

/// Where it is, and lines to copy that show it elsewhere.
fn addresses(console: &Console, by: &SignedIn, stored: &Stored<StoredBoard>) -> Markup {
    let board = &stored.value.board;
    let is_secret = board.address == BoardAddress::Secret;
    let address = console.store.address_of(&stored.value);
    let base = console.settings.public_url.as_deref().unwrap_or_default();
    let of = |path: &str| format!("{base}{path}");
    html! {
        h2 { "Its address" }
        @if let Some(path) = address.map(|address| path_of_board(&address)) {
            @let frame = html! { iframe src=(of(&format!("/embed{path}"))) title=(board.name) width="400" height="300" loading="lazy" {} };
            p { a href=(path) { (of(&path)) } }
            @for (label, text) in [
                ("Page", of(&path)),
                ("Screen on a wall", of(&format!("{path}?wall=1"))),
                ("Incidents (Atom)", of(&format!("{path}/incidents.atom"))),
                ("Maintenance (iCalendar)", of(&format!("{path}/calendar.ics"))),
                ("Card for another page", frame.into_string()),
            ] {
                h3 { (label) " " button type="button" hidden data-copy data-copy-text=(text) { "Copy" } }
                pre tabindex="0" { code { (text) } }
            }
        } @else {
            p.note { "Its address cannot be shown: the key that encrypted it is not given to this instance. It works still. \
                      Make a new one." }
        }
        @if is_secret {
            p.soft.small { "Whoever has this address sees the board. Search engines are asked to leave it out." }
        } @else {
            p.soft.small { "Everybody may find this address." }
        }
        @if may_edit(by, stored) {
            form method="post" action={ (own_path(&board.id)) "/address" } {
                (token(by))
                input type="hidden" name="version" value=(stored.version);
                button type="submit" { "Make a new address" }
                " " span.soft.small { "The one before leads nowhere then, also in feeds and cards." }
            }
        }
    }
}

async fn save(
    State(console): State<Console>,
    Path(id): Path<BoardId>,
    Posted { by, form: typed }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let draft = typed.draft(id.as_str());
    match edits::save_board(&console, &by.actor(), draft, Some(typed.version())).await {
        Ok(id) => Ok(see_other(&format!("{}?done=saved", own_path(&id)))),
        Err(Refused::Problems(problems)) => {
            let stored = edits::board(&console, by.account(), &id).await?;
            let problems = Problems::from(problems);
            one_page(&console, &by, &stored, &Shown { typed: &typed, problems: &problems, note: html! {}, flash: None })
                .await
        }
        Err(Refused::Conflict) => {
            let stored = edits::board(&console, by.account(), &id).await?;
            let rows = typed.differences(&Typed::of(&stored));
            let rows: Vec<[&str; 3]> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
            let typed = typed.based_on(stored.version);
            let shown = Shown { typed: &typed, problems: &Problems::default(), note: conflict(&rows), flash: None };
            one_page(&console, &by, &stored, &shown).await
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn renew(
    State(console): State<Console>,
    Path(id): Path<BoardId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    edits::renew_address(&console, &by.actor(), &id, form.version()).await?;
    Ok(see_other(&format!("{}?done=renewed", own_path(&id))))
}

async fn ask(State(console): State<Console>, Path(id): Path<BoardId>, by: SignedIn) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let stored = edits::board(&console, by.account(), &id).await?;
    let (name, path) = (&stored.value.board.name, own_path(&id));
    let content = html! {
        (crumbs())
        p { "Its page, feeds and cards are gone for whoever has the address. What you watch stays." }
        form method="post" action={ (path) "/remove" } {
            (token(&by))
            input type="hidden" name="version" value=(stored.version);
            button.main type="submit" { "Remove" span.hidden { " " (name) } }
            " " a.button href=(path) { "Cancel" }
        }
    };
    Ok(respond::page(StatusCode::OK, &format!("Remove {name}?"), None, content))
}

async fn remove(
    State(console): State<Console>,
    Path(id): Path<BoardId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    edits::remove_board(&console, &by.actor(), &id, form.version()).await?;
    Ok(see_other(&format!("{BOARDS}?done=removed")))
}
