//! `/account`: the account with its members, and the way to everything about it.
use accounts::{Account, Invitation, Member, role::Role, sign_up::SignUp};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{
    paths::{BOARDS, segment},
    times::time,
};
use status::ids::AccountId;
use store::Team;

use crate::{
    fields::{Field, Problems, select},
    posted::{PostedByPerson, button, token},
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/account", get(show)).route("/account/switch", post(switch))
}

/// What the form did that led here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

impl Done {
    /// The words are ours, whatever the query says.
    fn text(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "invited" => "Invitation sent. It is good for 7 days.",
            "uninvited" => "Invitation withdrawn.",
            "role" => "Role changed.",
            "removed" => "Member removed.",
            "renamed" => "Account renamed.",
            "joined" => "You are a member of this account now.",
            "moved" => "The account that you worked in is no longer yours. You work in this one now.",
            "switched" => "You work in this account now.",
            _ => return None,
        })
    }
}

/// The fields of the form that invites, as they were typed.
#[derive(Default)]
pub(super) struct Typed<'a> {
    pub(super) address: &'a str,
    pub(super) role: &'a str,
    pub(super) problems: Problems,
}

async fn show(State(console): State<Console>, by: SignedIn, Query(done): Query<Done>) -> Result<Response, Refusal> {
    page(&console, &by, done.text(), &Typed::default()).await
}

/// Also after an invitation that was not sent.
pub(super) async fn page(
    console: &Console,
    by: &SignedIn,
    flash: Option<&str>,
    typed: &Typed<'_>,
) -> Result<Response, Refusal> {
    let Some(team) = console.store.team(by.account(), Timestamp::now()).await? else { return Ok(not_found()) };
    let user = console.store.user(by.address()).await?;
    let others = user.map(|user| user.accounts).unwrap_or_default();
    let mut accounts = Vec::new();
    for other in others.iter().filter(|other| *other != by.account()) {
        accounts.extend(console.store.account(other).await?);
    }
    let has_problem = !typed.problems.is_empty();
    let status = if has_problem { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let may_invite = console.settings.sign_up != SignUp::Closed && console.settings.mail.is_some();
    let content = html! {
        (head(by, &team.account))
        h2 { "Members" }
        (members(by, &team))
        @if by.may(Right::Administer) {
            @if !team.invitations.is_empty() { h2 { "Invitations" } (invitations(by, &team.invitations)) }
            @if may_invite { h2 #invite { "Invite somebody" } (invite(by, typed)) }
        }
        @if !accounts.is_empty() { h2 { "Your other accounts" } (switches(by, &accounts)) }
        (more(by, &team.account))
    };
    Ok(respond::page(status, &team.account.name, flash, content))
}

fn head(by: &SignedIn, account: &Account) -> Markup {
    html! {
        p.soft { "You are signed in as " strong { (by.address()) } " and are " (article(by.member.role)) " of this account." }
        @if account.in_file {
            p.note {
                "What this account watches and whom it alerts is in the configuration file of this instance, and is \
                 changed there. Members are managed here."
            }
        }
        (button(by, "/account/sign-out", "Sign out"))
    }
}

fn article(role: Role) -> String {
    match role {
        Role::Owner | Role::Editor => format!("an {role}"),
        Role::Reader => format!("a {role}"),
    }
}

fn members(by: &SignedIn, team: &Team) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Members" {
            table {
                thead { tr { th { "Address" } th { "Role" } th { "Since" } th { span.hidden { "Actions" } } } }
                tbody {
                    @for member in &team.members {
                        tr {
                            td { (member.address) @if member.address == by.address() { " (you)" } }
                            td { @if by.may(Right::Administer) { (role_form(by, member)) } @else { (member.role) } }
                            td { (time(member.since)) }
                            td {
                                @if member.address == by.address() {
                                    a href={ "/account/members/remove?address=" (segment(&member.address)) } { "Leave" }
                                } @else if by.may(Right::Administer) {
                                    a href={ "/account/members/remove?address=" (segment(&member.address)) } {
                                        "Remove" span.hidden { " " (member.address) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.soft.small {
            "Readers see everything, editors also change what is watched and who is alerted, owners also decide about \
             members and the account."
        }
    }
}

fn role_form(by: &SignedIn, member: &Member) -> Markup {
    html! {
        form.inline method="post" action="/account/members/role" {
            (token(by))
            input type="hidden" name="address" value=(member.address);
            input type="hidden" name="was" value=(member.role);
            select name="role" aria-label={ "Role of " (member.address) } {
                @for role in Role::ALL { option value=(role) selected[role == member.role] { (role) } }
            }
            button type="submit" { "Save" span.hidden { " the role of " (member.address) } }
        }
    }
}

fn invitations(by: &SignedIn, invitations: &[Invitation]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Invitations" {
            table {
                thead { tr { th { "Address" } th { "Role" } th { "Until" } th { span.hidden { "Actions" } } } }
                tbody {
                    @for invitation in invitations {
                        tr {
                            td { (invitation.address) }
                            td { (invitation.role) }
                            td { (time(invitation.ends_at)) }
                            td {
                                form.inline method="post"
                                    action={ "/account/invitations/" (segment(&invitation.id)) "/withdraw" } {
                                    (token(by))
                                    button type="submit" { "Withdraw" span.hidden { " " (invitation.address) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn invite(by: &SignedIn, typed: &Typed<'_>) -> Markup {
    let field =
        Field { name: "address", label: "Email address", kind: "email", value: typed.address, autocomplete: "off" };
    let roles = Role::ALL.map(|role| (role.as_str(), role.as_str()));
    let chosen = if typed.role.is_empty() { Role::Editor.as_str() } else { typed.role };
    html! {
        (typed.problems.summary())
        form.sign-in method="post" action="/account/invitations" {
            (token(by))
            (field.markup(&typed.problems))
            (select("role", "Role", &roles, chosen))
            button.main type="submit" { "Send invitation" }
        }
    }
}

fn switches(by: &SignedIn, accounts: &[Account]) -> Markup {
    html! {
        ul.panel.rows {
            @for account in accounts {
                li {
                    form.inline method="post" action="/account/switch" {
                        (token(by))
                        input type="hidden" name="account" value=(account.id.as_str());
                        span { (account.name) }
                        button type="submit" { "Work in this account" span.hidden { ": " (account.name) } }
                    }
                }
            }
        }
    }
}

fn more(by: &SignedIn, account: &Account) -> Markup {
    html! {
        h2 { "More" }
        ul.panel.rows {
            li { a href=(BOARDS) { "Boards: pages for people outside of this account" } }
            li { a href="/account/sessions" { "Your sessions" } }
            @if by.may(Right::Administer) {
                li { a href="/account/tokens" { "API tokens" } }
                li { a href="/account/audit" { "Audit log" } }
                li { a href="/account/export" { "Export everything (JSON)" } }
                li { a href="/account/export.toml" { "Export the settings as a configuration file (TOML)" } }
                li { a href="/account/rename" { "Rename this account" } }
                @if !account.in_file { li { a href="/account/delete" { "Delete this account" } } }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switch {
    account: String,
}

/// Only to an account of which they are a member: any other does not exist for them.
async fn switch(
    State(console): State<Console>,
    PostedByPerson { session, form }: PostedByPerson<Switch>,
) -> Result<Response, Refusal> {
    let account = AccountId::new(&form.account);
    if console.store.member(&account, &session.address).await?.is_none() {
        return Ok(not_found());
    }
    console.store.move_session(&session, &account).await?;
    Ok(see_other("/account?done=switched"))
}
