//! `/alerts/incident/…`: the page of a link in a mail, by which whoever reads the mail acknowledges or mutes the
//! incident for the account. What holds:
//! - opening it changes nothing, because mail scanners follow links: a button does it, sent by a page of ours;
//! - the link is signed and ends, and each of its buttons counts once: what is undone is not done again by it;
//! - it takes back what links to the same destination did, and nothing that a member did;
//! - it shows nothing but what the mail said, and whoever acknowledged the incident or muted it.
use axum::{
    Router,
    extract::{FromRequest as _, Path, Request, State},
    response::Response,
    routing::get,
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{private_page, same_origin::is_same_origin, times::time};
use status::{
    alert::Alert,
    ids::AlertId,
    mute::{Mute, Muted},
    paths::incident_link,
};
use store::{IncidentLink, StoredDestination};

use super::mutes::{label, word};
use crate::{
    edits::{self, ByLink, Refused},
    pages::sign_in::heard,
    posted::{foreign, too_large},
    respond::{Refusal, see_other},
    state::Console,
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/alerts/incident/{alert}/{destination}/{ends_at}/{signature}", get(show).post(act))
}

#[derive(Deserialize)]
struct Parameters {
    alert: String,
    destination: String,
    ends_at: i64,
    signature: String,
}

/// What a valid link leads to.
struct Linked {
    link: IncidentLink,
    signature: String,
    alert: Alert,
    destination: StoredDestination,
    /// Of the account.
    mutes: Vec<Mute>,
}

impl Linked {
    async fn read(console: &Console, parts: &Parts, asked: Parameters) -> Result<Self, Refusal> {
        let Parameters { alert, destination, ends_at, signature } = asked;
        let ids = (status::paths::incident_id(&alert), status::paths::incident_id(&destination));
        let ends_at = Timestamp::from_second(ends_at).unwrap_or(Timestamp::UNIX_EPOCH);
        let link = IncidentLink { alert: ids.0.as_str().into(), destination: ids.1.as_str().into(), ends_at };
        let is_valid = console.store.is_signed(&link, &signature);
        heard(console, parts, is_valid)?;
        if !is_valid || link.ends_at <= Timestamp::now() {
            return Err(Refusal::from(no_longer_valid()));
        }
        let ids: [AlertId; 1] = [link.alert.clone()];
        let alert = console.store.alerts(&ids, |alert| alert).await?.remove(&link.alert);
        let record = console.store.destination(&link.destination).await?;
        let (Some(alert), Some(record)) = (alert, record) else { return Err(Refusal::from(no_longer_valid())) };
        let mutes = console.store.mutes(&record.destination.account).await?;
        Ok(Self { link, signature, alert, destination: record.destination, mutes })
    }

    fn path(&self) -> String {
        let IncidentLink { alert, destination, ends_at } = &self.link;
        incident_link(alert, destination, *ends_at, &self.signature)
    }

    fn known(&self) -> Vec<&Mute> {
        let (provider, incident) = (&self.alert.provider, &self.alert.incident);
        self.mutes.iter().filter(|mute| mute.is_of(provider, &incident.id, incident.episode)).collect()
    }

    fn page(&self, is_open: bool) -> Response {
        let (known, path, by_link) = (self.known(), self.path(), edits::by_link(&self.destination));
        let is_left = |muted: &&Muted| known.iter().all(|mute| mute.muted != **muted);
        let content = html! {
            p { strong { bdi { (self.alert.provider_name) ": " (self.alert.incident.title) } } }
            @for mute in &known {
                p role="status" { (word(mute.muted)) " by " bdi { (mute.by) } ", " (time(mute.at)) "." }
                @if is_open && mute.by == by_link {
                    form method="post" action=(path) {
                        input type="hidden" name="undo" value=(mute.muted.as_str());
                        p { button type="submit" { "Undo" span.hidden { ": " (word(mute.muted)) } } }
                    }
                }
            }
            @if !is_open { p { "It is over: nothing more is told of it." } }
            @else {
                @for muted in Muted::ALL.iter().rev().filter(is_left) {
                    form method="post" action=(path) {
                        input type="hidden" name="muted" value=(muted.as_str());
                        p { button.main[*muted == Muted::FollowUp] type="submit" { (label(*muted)) } }
                        p.soft.small { (consequence(*muted)) }
                    }
                }
                p.soft.small { "This is for all members and destinations of the account. Members can undo it." }
            }
        };
        private_page::response(StatusCode::OK, "Acknowledge or mute", content)
    }
}

fn consequence(muted: Muted) -> &'static str {
    match muted {
        Muted::Alerts => "Nothing more is told of the incident but its end.",
        Muted::FollowUp => "The incident is not followed up. Nobody is told of this, and updates are told as before.",
    }
}

async fn show(
    State(console): State<Console>,
    Path(asked): Path<Parameters>,
    parts: Parts,
) -> Result<Response, Refusal> {
    let linked = Linked::read(&console, &parts, asked).await?;
    let (provider, incident) = (&linked.alert.provider, &linked.alert.incident);
    let open = edits::open_incident(&console, provider, &incident.id).await?;
    Ok(linked.page(open.is_some_and(|open| open.episode == incident.episode)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    muted: String,
    undo: String,
}

async fn act(
    State(console): State<Console>,
    Path(asked): Path<Parameters>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref()) {
        return Err(foreign());
    }
    let request = Request::from_parts(parts.clone(), body);
    let body = String::from_request(request, &console).await.map_err(|_| too_large())?;
    let form: Form = serde_html_form::from_str(&body).unwrap_or_default();
    let linked = Linked::read(&console, &parts, asked).await?;
    let word = if form.undo.is_empty() { &form.muted } else { &form.undo };
    let Some(muted) = Muted::ALL.into_iter().find(|muted| muted.as_str() == word) else {
        return Ok(see_other(&linked.path()));
    };
    let by = ByLink {
        destination: &linked.destination,
        alert: &linked.alert,
        signature: &linked.signature,
        ends_at: linked.link.ends_at,
    };
    let done = match form.undo.is_empty() {
        true => edits::mute_by_link(&console, by, muted).await,
        false => edits::undo_by_link(&console, &by, muted).await,
    };
    match done {
        // What is there, or is not, the page says.
        Ok(_) | Err(Refused::Over | Refused::NotFound) => Ok(see_other(&linked.path())),
        Err(Refused::MadeBefore) => Ok(used()),
        Err(refused) => Err(refused.into()),
    }
}

fn no_longer_valid() -> Response {
    let content = html! {
        p { "It ended, or the destination of the email was removed. " a href="/alerts/log" { "Sign in" }
            " to acknowledge or mute incidents." }
    };
    private_page::response(StatusCode::NOT_FOUND, "This link is not valid", content)
}

fn used() -> Response {
    let content: Markup = html! {
        p { "This link was used for this before, and that was undone. "
            a href="/alerts/log" { "Sign in" } " to do it again." }
    };
    private_page::response(StatusCode::CONFLICT, "This link was used", content)
}
