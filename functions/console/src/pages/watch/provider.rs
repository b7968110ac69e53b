//! `/watch/{provider}`: which components of a provider are watched, and what that would have alerted. One form: it
//! finds components and works the preview out without saving anything; what was ticked and typed is kept.
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use settings::{MonitorDraft, component_choice};
use site::{frame::NavEntry, paths};
use status::{
    ids::MonitorId,
    monitor::{ComponentChoice, ComponentFilter, Monitor, WhenUnknown},
    page_state::PageState,
};
use store::{ManagedBy, Stored, StoredSettings};

use super::{
    alert_groups::AlertGroups,
    bars::{self, Bars},
    done::{Done, SAVED, WATCHING},
    login,
    past::{self, Drafted},
    rows,
    selection::{Selection, Ticked},
    sheet::{Draft, Sheet, Subject},
    tree::MAX_SEARCH,
    watched::{Found, States, find},
};
use crate::{
    edits::{self, Refused},
    fields::Problems,
    past::History,
    posted::Posted,
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

/// A page may have a thousand components, each with two fields.
const MAX_FORM_BYTES: usize = 512 << 10;
/// Of a monitor that is not saved yet, in the preview: no group names it.
const NEW: &str = "new";

pub(super) fn routes() -> Router<Console> {
    let sheet = get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM_BYTES));
    Router::new().route("/watch/{provider}", sheet)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SheetQuery {
    monitor: String,
    q: String,
    done: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    submit: String,
    monitor: String,
    version: String,
    another: String,
    which: String,
    which_before: String,
    component: Vec<String>,
    component_before: Vec<String>,
    group: Vec<String>,
    group_before: Vec<String>,
    gone: Vec<String>,
    unknown: String,
    alert_group: Vec<String>,
    alert_group_before: Vec<String>,
    q: String,
    zone: String,
}

/// All that is stored about the provider and what this account watches of it.
struct Stand {
    settings: StoredSettings,
    found: Found,
    page: Option<PageState>,
    states: States,
}

impl Stand {
    /// `None`: this account has no such provider.
    async fn read(console: &Console, by: &SignedIn, id: &str) -> Result<Option<Self>, Refusal> {
        let settings = console.store.stored_settings(by.account()).await?;
        let Some(found) = find(&settings, console.with_catalogue, id) else { return Ok(None) };
        let id = found.provider.id.clone();
        let (page, states) =
            tokio::try_join!(console.store.page(&id), States::read(&console.store, std::slice::from_ref(&id)))?;
        Ok(Some(Self { settings, found, page: page.map(|page| page.page_state), states }))
    }

    fn monitors(&self) -> Vec<&Stored<Monitor>> {
        let id = &self.found.provider.id;
        self.settings.monitors.iter().filter(|monitor| monitor.value.provider == *id).collect()
    }

    /// The one that is meant: of this id, else the first that can be changed here, else the first.
    fn monitor(&self, id: &str) -> Option<&Stored<Monitor>> {
        let monitors = self.monitors();
        let of_pages = |monitor: &&&Stored<Monitor>| monitor.managed_by == ManagedBy::Web;
        match id {
            "" => monitors.iter().find(of_pages).or(monitors.first()).copied(),
            id => monitors.into_iter().find(|monitor| monitor.value.id.as_str() == id),
        }
    }

    /// Night is where the account's quiet hours are.
    fn zone(&self) -> String {
        let mut zones = self.settings.groups.iter().filter_map(|group| group.value.quiet_hours.as_ref());
        zones.next().map_or_else(String::new, |quiet| quiet.zone.clone())
    }

    fn draft_of(&self, monitor: Option<&Stored<Monitor>>) -> Draft {
        let filter = monitor.map_or(&ComponentFilter::All, |monitor| &monitor.value.components);
        Draft {
            is_all: *filter == ComponentFilter::All,
            selection: Selection::of_filter(filter, self.page.as_ref()),
            unknown: monitor.map_or(WhenUnknown::Tell, |monitor| monitor.value.unknown),
            alerting: AlertGroups::of_stored(&self.settings.groups, &id_of(monitor)),
            zone: self.zone(),
        }
    }

    fn draft_of_form(&self, form: &Form) -> Draft {
        let ticked = Ticked {
            components: &form.component,
            groups: &form.group,
            groups_before: &form.group_before,
            components_before: &form.component_before,
            gone: &form.gone,
        };
        Draft {
            is_all: form.which != "chosen",
            selection: Selection::of_form(&ticked, self.page.as_ref()),
            unknown: if form.unknown == "drop" { WhenUnknown::Drop } else { WhenUnknown::Tell },
            alerting: AlertGroups::of_form(
                &self.settings.groups,
                &form.monitor.as_str().into(),
                (&form.alert_group, &form.alert_group_before),
            ),
            zone: form.zone.clone(),
        }
    }

    /// For the preview; `None`: nothing is chosen.
    fn monitor_of(&self, by: &SignedIn, id: &str, draft: &Draft) -> Option<Monitor> {
        let components = if draft.is_all {
            ComponentFilter::All
        } else {
            let entries = draft.selection.entries(self.page.as_ref());
            let chosen: Vec<ComponentChoice> = entries.iter().filter_map(|entry| component_choice(entry)).collect();
            if chosen.is_empty() {
                return None;
            }
            ComponentFilter::Chosen(chosen)
        };
        Some(Monitor {
            id: id.into(),
            account: by.account().clone(),
            provider: self.found.provider.id.clone(),
            components,
            unknown: draft.unknown,
        })
    }
}

/// How the form is shown.
struct View<'a> {
    monitor: Option<&'a Stored<Monitor>>,
    is_another: bool,
    draft: &'a Draft,
    search: &'a str,
    problems: Problems,
    status: StatusCode,
    flash: Option<String>,
    /// Above everything else.
    note: Markup,
}

impl<'a> View<'a> {
    fn of(monitor: Option<&'a Stored<Monitor>>, draft: &'a Draft) -> Self {
        Self {
            monitor,
            is_another: false,
            draft,
            search: "",
            problems: Problems::default(),
            status: StatusCode::OK,
            flash: None,
            note: html! {},
        }
    }
}

async fn show(
    State(console): State<Console>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Refusal> {
    let Some(stand) = Stand::read(&console, &by, &id).await? else { return Ok(not_found()) };
    let is_another = query.monitor == NEW;
    let monitor = if is_another { None } else { stand.monitor(&query.monitor) };
    if monitor.is_none() && !is_another && !query.monitor.is_empty() {
        return Ok(not_found());
    }
    let draft = stand.draft_of(monitor);
    let search: String = query.q.trim().chars().take(MAX_SEARCH).collect();
    let done = monitor.map(|monitor| Done { provider: &stand.found.provider, settings: &stand.settings, monitor });
    let flash = done.as_ref().and_then(|done| done.in_words(&query.done));
    let note = done.map(|done| done.undo(&query.done, &by)).unwrap_or_default();
    page(&console, &by, &stand, View { is_another, search: &search, flash, note, ..View::of(monitor, &draft) }).await
}

fn id_of(monitor: Option<&Stored<Monitor>>) -> MonitorId {
    monitor.map_or_else(|| NEW.into(), |monitor| monitor.value.id.clone())
}

async fn page(console: &Console, by: &SignedIn, stand: &Stand, view: View<'_>) -> Result<Response, Refusal> {
    let Found { provider, .. } = &stand.found;
    let now = Timestamp::now();
    let gone_since = match view.monitor {
        Some(monitor) if !view.draft.selection.gone.is_empty() => {
            let known = console.store.unmatched_filters_of(&provider.id).await?;
            let is_it = |it: &&store::UnmatchedFilter| it.account == *by.account() && it.monitor == monitor.value.id;
            known.iter().find(is_it).map(|known| known.since)
        }
        _ => None,
    };
    let (mut recent, newest_round) =
        tokio::try_join!(console.store.recent_timelines(&provider.id, now), bars::newest_round(&console.store))?;
    let bars = stand.page.as_ref().map(|page| {
        recent.refresh(page, now);
        Bars::of(&recent, page, (&stand.found, &stand.states), newest_round, now)
    });
    let history = History::of(recent, now);
    let id = id_of(view.monitor);
    let groups = view.draft.alerting.applied(&stand.settings.groups, &id);
    let monitor = stand.monitor_of(by, id.as_str(), view.draft);
    let drafted = Drafted {
        provider,
        page: stand.page.as_ref(),
        monitor: monitor.as_ref(),
        groups: &groups,
        zone: &view.draft.zone,
    };
    let monitors = stand.monitors();
    let subject = Subject {
        found: &stand.found,
        states: &stand.states,
        page: stand.page.as_ref(),
        may_have_login: stand.settings.pages.iter().any(|it| it.value.0.id == provider.id && login::is_here(it)),
        monitors: &monitors,
        groups: &stand.settings.groups,
    };
    let sheet = Sheet {
        subject,
        monitor: view.monitor,
        is_another: view.is_another,
        draft: view.draft,
        search: view.search,
        problems: &view.problems,
        gone_since,
        bars: bars.as_ref(),
        past: &past::section(&history, &drafted),
    };
    let content = html! { p.crumbs { a href=(paths::WATCH) { "Watch" } } (view.note) (sheet.markup(by)) };
    let title = format!("Watch {}", provider.name);
    Ok(respond::page_of(NavEntry::Watch, view.status, &title, view.flash.as_deref(), content))
}

async fn submit(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, form }: Posted<Form>,
) -> Result<Response, Refusal> {
    let Some(stand) = Stand::read(&console, &by, &id).await? else { return Ok(not_found()) };
    let is_another = !form.another.is_empty();
    let monitor = match form.monitor.as_str() {
        "" => None,
        id => match stand.monitor(id) {
            Some(monitor) => Some(monitor),
            // Somebody removed it meanwhile; or it never was this account's.
            None => return conflict(&console, &by, &stand, &form).await,
        },
    };
    let is_fixed = monitor.is_some_and(|monitor| monitor.managed_by == ManagedBy::File) || !by.may(Right::Edit);
    if form.submit == "save" {
        return save(&console, &by, &stand, &form).await;
    }
    let mut draft = if is_fixed { stand.draft_of(monitor) } else { stand.draft_of_form(&form) };
    draft.zone.clone_from(&form.zone);
    let search: String = form.q.trim().chars().take(MAX_SEARCH).collect();
    page(&console, &by, &stand, View { is_another, search: &search, ..View::of(monitor, &draft) }).await
}

async fn save(console: &Console, by: &SignedIn, stand: &Stand, form: &Form) -> Result<Response, Refusal> {
    let draft = stand.draft_of_form(form);
    let (is_new, is_another) = (form.monitor.is_empty(), !form.another.is_empty());
    if is_new && !is_another && stand.monitor("").is_some() {
        // Somebody else has begun to watch it since the form was opened.
        return conflict(console, by, stand, form).await;
    }
    let problems = problems_of(form, &draft);
    let saved = if problems.is_empty() {
        let wanted = stand.found.draft(MonitorDraft {
            id: form.monitor.clone(),
            components: (!draft.is_all).then(|| draft.selection.entries(stand.page.as_ref())),
            unknown: Some(if draft.unknown == WhenUnknown::Drop { "drop" } else { "tell" }.to_owned()),
            ..MonitorDraft::default()
        });
        let version = if is_new { None } else { Some(form.version.parse().unwrap_or_default()) };
        match edits::save_monitor_in(console, &by.actor(), wanted, version, &draft.alerting.membership).await {
            Ok(saved) => Ok(saved),
            Err(Refused::Conflict | Refused::NotFound) => return conflict(console, by, stand, form).await,
            Err(refused) => Err(refused.at_form("components")?),
        }
    } else {
        Err(problems)
    };
    match saved {
        Ok(saved) => {
            let done = if is_new { WATCHING } else { SAVED };
            let monitor = paths::segment(saved.value.id.as_str());
            Ok(see_other(&format!("{}?monitor={monitor}&done={done}", paths::watch(&stand.found.provider.id))))
        }
        Err(problems) => {
            let monitor = if is_new { None } else { stand.monitor(&form.monitor) };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page(console, by, stand, View { is_another, problems, status, ..View::of(monitor, &draft) }).await
        }
    }
}

/// What the form itself leaves open.
fn problems_of(form: &Form, draft: &Draft) -> Problems {
    let Selection { components, groups, .. } = &draft.selection;
    let any_ticked = !components.is_empty() || !groups.is_empty();
    if draft.is_all && form.which_before == "all" && any_ticked {
        let text = "You ticked components, and All components is chosen. Choose one of the two.";
        return Problems::of("which", text);
    }
    if !draft.is_all && draft.selection.is_empty() {
        return Problems::of("components", "Choose at least one component, or all of them.");
    }
    Problems::default()
}

/// Theirs is saved, ours is in the form; saving again replaces theirs.
async fn conflict(console: &Console, by: &SignedIn, stand: &Stand, form: &Form) -> Result<Response, Refusal> {
    let id = stand.found.provider.id.as_str();
    let Some(now) = Stand::read(console, by, id).await? else { return Ok(not_found()) };
    let draft = now.draft_of_form(form);
    let theirs = match now.monitor(&form.monitor) {
        None if form.version.is_empty() && !form.monitor.is_empty() => return Ok(not_found()),
        theirs => theirs,
    };
    let ours = now.monitor_of(by, NEW, &draft);
    let note = html! {
        div.note.problem role="alert" {
            p.strong { "Nothing was saved." }
            @match theirs {
                Some(theirs) => {
                    p { "Somebody else saved this meanwhile. It is now: " strong { (in_words(&theirs.value)) } }
                    p {
                        @if let Some(ours) = &ours { "Yours, in the form below: " strong { (in_words(ours)) } }
                        " Save again to replace theirs, or "
                        a href=(paths::watch(&now.found.provider.id)) { "keep theirs" } "."
                    }
                },
                None => p { "Somebody else stopped watching it meanwhile. Save again to watch it as below." }
            }
        }
    };
    let view = View { note, status: StatusCode::CONFLICT, ..View::of(theirs, &draft) };
    page(console, by, &now, view).await
}

/// `2 groups and 1 component; incidents that name no component alert.`
fn in_words(monitor: &Monitor) -> String {
    let unknown = match monitor.unknown {
        WhenUnknown::Tell => "alert",
        WhenUnknown::Drop => "do not alert",
    };
    format!("{}; incidents that name no component {unknown}.", rows::chosen(&monitor.components))
}
