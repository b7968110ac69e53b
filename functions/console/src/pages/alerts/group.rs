//! `/alerts/groups/new` and `/alerts/groups/{id}`.
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use settings::GroupDraft;
use site::paths::segment;
use status::ids::GroupId;
use store::{ManagedBy, StoredSettings};

use super::{
    frame::{Done, conflict, crumbs, of_file, page},
    group_fields::{differences, draft, of_new, of_stored},
    group_form::{Form, NIGHT_ZONE},
    group_preview::{own_zone, section},
    typed::Typed,
};
use crate::{
    edits::{self, Refused, default_group},
    fields::Problems,
    posted::Posted,
    respond::{Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

const NEW: &str = "/alerts/groups/new";

/// A group may name as many monitors as an account has.
const MAX_FORM_BYTES: usize = 128 << 10;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(NEW, get(show_new).post(make))
        .route("/alerts/groups/{id}", get(show).post(save))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

async fn show_new(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let settings = console.store.stored_settings(by.account()).await?;
    Ok(new_page(&by, &settings, &of_new(), &Problems::default(), None))
}

fn new_page(
    by: &SignedIn,
    settings: &StoredSettings,
    typed: &Typed,
    problems: &Problems,
    preview: Option<&Markup>,
) -> Response {
    let form = Form { action: NEW, typed, problems, settings, is_read_only: false };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(
        status,
        "New group",
        None,
        html! { (crumbs()) (form.markup(by)) @if let Some(preview) = preview { (preview) } },
    )
}

async fn make(State(console): State<Console>, Posted { by, form: typed }: Posted<Typed>) -> Result<Response, Refusal> {
    if wants_preview(&typed) {
        let (settings, told) = preview(&console, &by, draft("", &typed), &typed).await?;
        return Ok(match told {
            Ok(preview) => new_page(&by, &settings, &typed, &Problems::NONE, Some(&preview)),
            Err(problems) => new_page(&by, &settings, &typed, &problems, None),
        });
    }
    match edits::save_group(&console, &by.actor(), draft("", &typed), None).await {
        Ok(_) => Ok(see_other("/alerts?done=group")),
        Err(refused) => {
            let problems = refused.at_form("name")?;
            let settings = console.store.stored_settings(by.account()).await?;
            Ok(new_page(&by, &settings, &typed, &problems, None))
        }
    }
}

fn wants_preview(typed: &Typed) -> bool {
    typed.get("submit") == "preview"
}

/// What the group would have told as it is typed, or what is wrong with it; with the settings of the account.
async fn preview(
    console: &Console,
    by: &SignedIn,
    draft: GroupDraft,
    typed: &Typed,
) -> Result<(StoredSettings, Result<Markup, Problems>), Refusal> {
    let (settings, drafted) = edits::drafted_group(console, &by.actor(), draft).await?;
    let group = match drafted {
        Ok(group) => group,
        Err(problems) => return Ok((settings, Err(Problems::from(problems)))),
    };
    let zone = match typed.get(NIGHT_ZONE).trim() {
        "" => own_zone(&group),
        typed => typed,
    };
    let told = section(&console.store, &settings, &group, zone).await?;
    let told = html! {
        h2 #preview { "The last 90 days" }
        p { "What the group, as it is typed above, would have told each of its destinations. Nothing was saved." }
        (told)
    };
    Ok((settings, Ok(told)))
}

async fn show(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let Some(stored) = settings.groups.iter().find(|group| group.value.id == id) else { return Ok(not_found()) };
    let typed = of_stored(&stored.value, stored.version);
    Ok(Shown::of(&id, &settings, &typed).page(&by, done.text()))
}

struct Shown<'a> {
    id: &'a GroupId,
    settings: &'a StoredSettings,
    typed: &'a Typed,
    problems: &'a Problems,
    /// Somebody else saved something else meanwhile.
    conflict: Option<Markup>,
    preview: Option<Markup>,
}

impl<'a> Shown<'a> {
    fn of(id: &'a GroupId, settings: &'a StoredSettings, typed: &'a Typed) -> Self {
        Self { id, settings, typed, problems: const { &Problems::NONE }, conflict: None, preview: None }
    }

    fn page(&self, by: &SignedIn, flash: Option<&str>) -> Response {
        let Some(stored) = self.settings.groups.iter().find(|group| group.value.id == *self.id) else {
            return not_found();
        };
        let may_edit = by.may(Right::Edit) && stored.managed_by == ManagedBy::Web;
        let path = path(self.id);
        let form = Form {
            action: &path,
            typed: self.typed,
            problems: self.problems,
            settings: self.settings,
            is_read_only: !may_edit,
        };
        let content = html! {
            (crumbs())
            (of_file(stored.managed_by))
            @if let Some(conflict) = &self.conflict { (conflict) }
            @if !may_edit { p { a href={ (path) "/preview" } { "What it would have told in the last 90 days" } } }
            (form.markup(by))
            @if let Some(preview) = &self.preview { (preview) }
            p { a href={ (path) "/feed" } { "Feed and calendar of this group" } }
            @if may_edit && *self.id != default_group() { p { a.button href={ (path) "/remove" } { "Remove this group" } } }
        };
        let status = match (&self.conflict, self.problems.is_empty()) {
            (Some(_), _) => StatusCode::CONFLICT,
            (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
            (None, true) => StatusCode::OK,
        };
        page(status, stored.value.shown_name(), flash, content)
    }
}

fn path(id: &GroupId) -> String {
    format!("/alerts/groups/{}", segment(id.as_str()))
}

async fn save(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    Posted { by, form: mut typed }: Posted<Typed>,
) -> Result<Response, Refusal> {
    if wants_preview(&typed) {
        let (settings, told) = preview(&console, &by, draft(id.as_str(), &typed), &typed).await?;
        let shown = Shown::of(&id, &settings, &typed);
        return Ok(match told {
            Ok(preview) => Shown { preview: Some(preview), ..shown }.page(&by, None),
            Err(problems) => Shown { problems: &problems, ..shown }.page(&by, None),
        });
    }
    let version = Some(typed.version().unwrap_or_default());
    let refused = match edits::save_group(&console, &by.actor(), draft(id.as_str(), &typed), version).await {
        Ok(_) => return Ok(see_other(&format!("{}?done=group", path(&id)))),
        Err(refused @ (Refused::Problems(_) | Refused::Conflict)) => refused,
        Err(refused) => return Err(refused.into()),
    };
    let settings = console.store.stored_settings(by.account()).await?;
    let Some(stored) = settings.groups.iter().find(|group| group.value.id == id) else { return Ok(not_found()) };
    let (mut problems, mut differing) = (Problems::default(), None);
    if let Refused::Problems(found) = refused {
        problems = Problems::from(found);
    } else {
        let rows = differences(&of_stored(&stored.value, stored.version), &typed);
        differing = Some(conflict(&rows.iter().map(|row| row.each_ref().map(|text| &**text)).collect::<Vec<_>>()));
        typed.set("version", stored.version.to_string());
    }
    let shown = Shown { problems: &problems, conflict: differing, ..Shown::of(&id, &settings, &typed) };
    Ok(shown.page(&by, None))
}
