//! Inviting a colleague, and joining by the mailed link. Opening the link changes nothing: a button joins, once. The
//! link proves that one reads the mail of the invited address, as a link to sign in does.
use accounts::{Invitation, audit::values, credential::Credential, role::Role, secret::Secret, sign_up::SignUp};
use axum::{
    Router,
    extract::{FromRequest as _, Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::{StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use maud::html;
use serde::Deserialize;
use site::{paths::segment, private_page, same_origin::is_same_origin, sender::sender, transport::Transport};
use store::TeamError;

use super::{
    account::{self, Typed},
    members::refused,
    sign_in::heard,
};
use crate::{
    base::base,
    enter::{self, By},
    entry::entry,
    fields::Problems,
    letters::{self, Words},
    posted::{Posted, foreign, too_large},
    random,
    respond::{Refusal, forbidden, not_found, see_other, to_sign_in},
    state::Console,
    visitor::{Right, transport},
};

const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of one account at a time.
const MAX_INVITATIONS: usize = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/invitations", post(invite))
        .route("/account/invitations/{id}/withdraw", post(withdraw))
        .route("/account/join/{link}", get(show).post(join))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    address: String,
    role: String,
}

async fn invite(
    State(console): State<Console>,
    parts: Parts,
    Posted { by, form }: Posted<Form>,
) -> Result<Response, Refusal> {
    by.require(Right::Administer)?;
    let now = Timestamp::now();
    let base = base(console.settings.public_url.as_deref(), &parts.extensions);
    let (Some(base), true) = (base, console.settings.sign_up != SignUp::Closed) else {
        return Ok(forbidden("Nobody can be invited on this instance."));
    };
    let Some(team) = console.store.team(by.account(), now).await? else { return Ok(not_found()) };
    let address = channels::mail_address(&form.address);
    let role = form.role.parse::<Role>();
    let problem = match (&address, &role) {
        (None, _) => Some(("address", "This is no email address. Enter one such as jo@example.com.")),
        (_, Err(_)) => Some(("role", "Choose a role.")),
        (Some(address), _) if team.members.iter().any(|member| member.address == *address) => {
            Some(("address", "They are a member already."))
        }
        _ if team.invitations.len() >= MAX_INVITATIONS => Some(("address", "Withdraw an invitation first: 50 wait.")),
        (Some(address), _) => {
            let sender = sender(&parts.extensions, &parts.headers);
            let may = letters::may_send(&console, address, sender, now).await?;
            (!may).then_some(("address", "No more mail can be sent to this address now. Try again in ten minutes."))
        }
    };
    let (Some(address), Ok(role), None) = (address, role, problem) else {
        let problems = problem.map_or_else(Problems::default, |(field, text)| Problems::of(field, text));
        let typed = Typed { address: &form.address, role: &form.role, problems };
        return account::page(&console, &by, None, &typed).await;
    };
    let secret = Secret::new(random::bytes());
    let invitation = Invitation {
        account: by.account().clone(),
        id: random::id(),
        address: address.clone(),
        role,
        by: by.address().to_owned(),
        digest: secret.digest(),
        since: now,
        ends_at: now + LIFETIME,
    };
    let mut invited = entry(by.account(), by.address(), "member.invited", &address, now);
    invited.after = values([("role", role.as_str())]);
    console.store.put_invitation(&invitation, invited).await?;
    let link = Credential { owner: invitation.account.to_string(), id: invitation.id.clone(), secret };
    let words = Words::invitation(
        letters::host(&base),
        by.address(),
        role,
        &format!("{base}/account/join/{}", segment(&link.reveal())),
    );
    if !letters::send(&console, &address, &words, now).await {
        let failed = entry(by.account(), by.address(), "invitation.failed", &address, now);
        console.store.remove_invitation(&invitation, failed).await?;
        let problems = Problems::of("address", "The mail server did not take the email. Nobody was invited.");
        let typed = Typed { address: &form.address, role: &form.role, problems };
        return account::page(&console, &by, None, &typed).await;
    }
    Ok(see_other("/account?done=invited"))
}

async fn withdraw(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, .. }: Posted<Form>,
) -> Result<Response, Refusal> {
    by.require(Right::Administer)?;
    let now = Timestamp::now();
    let team = console.store.team(by.account(), now).await?;
    let invitations = team.into_iter().flat_map(|team| team.invitations);
    let Some(invitation) = invitations.into_iter().find(|invitation| invitation.id == id) else {
        return Ok(not_found());
    };
    let withdrawn = entry(by.account(), by.address(), "invitation.withdrawn", &invitation.address, now);
    console.store.remove_invitation(&invitation, withdrawn).await?;
    Ok(see_other("/account?done=uninvited"))
}

/// The invitation of a link, if it is good and this sender is heard.
async fn invited(console: &Console, parts: &Parts, link: &str) -> Result<Option<Invitation>, Refusal> {
    let invitation = match Credential::parse(link) {
        Some(link) => console.store.invitation(&link, Timestamp::now()).await?,
        None => None,
    };
    heard(console, parts, invitation.is_some())?;
    Ok(invitation)
}

async fn show(State(console): State<Console>, Path(link): Path<String>, parts: Parts) -> Result<Response, Refusal> {
    let Some(invitation) = invited(&console, &parts, &link).await? else { return Ok(gone()) };
    let Some(account) = console.store.account(&invitation.account).await? else { return Ok(gone()) };
    let content = html! {
        p { (invitation.by) " invites " strong { (invitation.address) } " to the account "
            strong { (account.name) } " as " (invitation.role) "." }
        form method="post" action={ "/account/join/" (segment(&link)) } {
            button.main type="submit" autofocus { "Join and sign in" }
        }
        p.soft { "If you do not want to, close this page." }
    };
    Ok(private_page::response(StatusCode::OK, "Invitation", content))
}

async fn join(State(console): State<Console>, Path(link): Path<String>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref()) {
        return Err(foreign());
    }
    let whole = Request::from_parts(parts.clone(), body);
    String::from_request(whole, &console).await.map_err(|_| too_large())?;
    if transport(&console, &parts.headers, &parts.uri) == Transport::Plain {
        return Ok(to_sign_in("/account"));
    }
    let Some(invitation) = invited(&console, &parts, &link).await? else { return Ok(gone()) };
    let now = Timestamp::now();
    let (account, address) = (&invitation.account, &invitation.address);
    let mut joined = entry(account, address, "member.joined", address, now);
    joined.after = values([("role", invitation.role.as_str()), ("invited by", &invitation.by)]);
    match console.store.accept(&invitation, now, joined).await {
        Ok(()) => {}
        Err(TeamError::Changed) => return Ok(gone()),
        Err(error) => return refused(error),
    }
    let to = "/account?done=joined";
    Ok(enter::begin_session(&console, &parts, (address, By::Invitation), account, to, now).await?)
}

fn gone() -> Response {
    let content = html! {
        p { "It was used, was withdrawn or has ended. If you are a member already, "
            a href="/account/sign-in" { "sign in" } "." }
    };
    private_page::response(StatusCode::NOT_FOUND, "This invitation is no longer valid", content)
}
