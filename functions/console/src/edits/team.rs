//! Members, invitations and tokens, as owners decide on the pages and a token with the scope `admin` by the API. What
//! holds of such a token, so that whoever finds one in a log cannot stay for long nor throw anybody out for good:
//! - it makes nobody an owner, and changes and removes none;
//! - tokens that it makes have a lesser scope, and end with it at the latest;
//! - whoever made it is told of each invitation.
use accounts::{
    ApiToken, Invitation, Member,
    audit::values,
    credential::{API_TOKEN_PREFIX, Credential},
    role::Role,
    scope::Scope,
    secret::Secret,
    sign_up::SignUp,
};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use settings::{Code, Problem};
use site::{paths::segment, sender::sender};
use store::Team;

use super::refused::Refused;
use crate::{
    actor::{Actor, Right},
    base::base,
    entry::entry,
    letters::{self, Words},
    random,
    state::Console,
};

const INVITATION_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of one account at a time.
const MAX_INVITATIONS: usize = 50;
/// Of one account at a time.
const MAX_TOKENS: usize = 50;
/// Characters.
const MAX_TOKEN_NAME: usize = 60;
const MAX_DAYS: i64 = 10 * 366;
const MAX_DAYS_OF_ADMIN: i64 = 90;

/// A token as somebody wrote it.
pub(crate) struct TokenDraft<'a> {
    pub(crate) name: &'a str,
    pub(crate) scope: &'a str,
    /// `None`: it does not end by itself.
    pub(crate) days: Option<i64>,
}

fn problem(field: &str, code: Code, message: &str, hint: &str) -> Problem {
    Problem { field: field.to_owned(), code, message: message.to_owned(), hint: hint.to_owned() }
}

fn refused(field: &str, message: &str, hint: &str) -> Refused {
    Refused::Problems(vec![problem(field, Code::Refused, message, hint)])
}

/// The account as it is, for somebody who decides about it.
async fn administered(console: &Console, by: &Actor, now: Timestamp) -> Result<Team, Refused> {
    if !by.may(Right::Administer) {
        return Err(Refused::Forbidden);
    }
    console.store.team(&by.account, now).await?.ok_or(Refused::NotFound)
}

/// Mails an invitation.
pub(crate) async fn invite(
    console: &Console,
    by: &Actor,
    parts: &Parts,
    (address, role): (&str, &str),
) -> Result<Invitation, Refused> {
    let now = Timestamp::now();
    let team = administered(console, by, now).await?;
    let base = base(console.settings.public_url.as_deref(), &parts.extensions);
    let (Some(base), true) = (base, console.settings.sign_up != SignUp::Closed) else {
        return Err(Refused::NoInvitations);
    };
    let (address, role) = invited(by, &team, address, role)?;
    if !letters::may_send(console, &address, sender(&parts.extensions, &parts.headers), now).await? {
        return Err(refused("address", "no more mail can be sent to this address now", "try again in ten minutes"));
    }
    let secret = Secret::new(random::bytes());
    let invitation = Invitation {
        account: by.account.clone(),
        id: random::id(),
        address,
        role,
        by: by.address.clone(),
        digest: secret.digest(),
        since: now,
        ends_at: now + INVITATION_LIFETIME,
    };
    let address = &invitation.address;
    let mut logged = entry(&by.account, &by.who, "member.invited", address, now);
    logged.after = values([("role", role.as_str())]);
    console.store.put_invitation(&invitation, logged).await?;
    let link = Credential { owner: invitation.account.to_string(), id: invitation.id.clone(), secret };
    let (host, url) = (letters::host(&base), format!("{base}/account/join/{}", segment(&link.reveal())));
    if !letters::send(console, address, &Words::invitation(host, &by.address, role, &url), now).await {
        let failed = entry(&by.account, &by.who, "invitation.failed", address, now);
        console.store.remove_invitation(&invitation, failed).await?;
        return Err(refused("address", "the mail server did not take the email", "nobody was invited: try again"));
    }
    if by.token.is_some() {
        // What one mail in ten minutes does not tell, the audit log does.
        let maker = &by.address;
        if letters::may_send(console, maker, sender(&parts.extensions, &parts.headers), now).await? {
            letters::send(console, maker, &Words::invited_by_token(host, address, role), now).await;
        }
    }
    Ok(invitation)
}

fn invited(by: &Actor, team: &Team, address: &str, role: &str) -> Result<(String, Role), Refused> {
    let Some(address) = channels::mail_address(address) else {
        let hint = "enter one such as jo@example.com";
        let problem = problem("address", Code::Invalid, "is no email address", hint);
        return Err(Refused::Problems(vec![problem]));
    };
    let Ok(role) = role.parse::<Role>() else {
        let problem = problem("role", Code::Unknown, "is no role", "choose reader, editor or owner");
        return Err(Refused::Problems(vec![problem]));
    };
    if by.token.is_some() && role == Role::Owner {
        return Err(refused("role", "cannot be given by a token", "invite them as an editor, or on the pages"));
    }
    if team.members.iter().any(|member| member.address == address) {
        return Err(refused("address", "they are a member already", "invite somebody else"));
    }
    if team.invitations.len() >= MAX_INVITATIONS {
        return Err(Refused::Limit { what: "invitations", most: MAX_INVITATIONS as u32 });
    }
    Ok((address, role))
}

pub(crate) async fn withdraw_invitation(console: &Console, by: &Actor, id: &str) -> Result<(), Refused> {
    let now = Timestamp::now();
    let invitations = administered(console, by, now).await?.invitations;
    let invitation = invitations.into_iter().find(|invitation| invitation.id == id).ok_or(Refused::NotFound)?;
    let withdrawn = entry(&by.account, &by.who, "invitation.withdrawn", &invitation.address, now);
    Ok(console.store.remove_invitation(&invitation, withdrawn).await?)
}

/// A member of the account of whoever asks.
pub(crate) async fn member(console: &Console, by: &Actor, address: &str) -> Result<Member, Refused> {
    console.store.member(&by.account, address).await?.ok_or(Refused::NotFound)
}

/// [`Refused::Conflict`]: they are no longer what `member` says.
pub(crate) async fn change_role(console: &Console, by: &Actor, member: &Member, role: Role) -> Result<(), Refused> {
    if !by.may(Right::Administer) {
        return Err(Refused::Forbidden);
    }
    if by.token.is_some() && (member.role == Role::Owner || role == Role::Owner) {
        return Err(Refused::OwnersOnly);
    }
    if role == member.role {
        return Ok(());
    }
    let mut changed = entry(&by.account, &by.who, "member.changed", &member.address, Timestamp::now());
    changed.before = values([("role", member.role.as_str())]);
    changed.after = values([("role", role.as_str())]);
    Ok(console.store.change_role(member, role, changed).await?)
}

/// Everybody may leave; others are removed by an owner.
pub(crate) async fn remove_member(console: &Console, by: &Actor, member: &Member) -> Result<(), Refused> {
    let leaves = by.token.is_none() && member.address == by.address;
    if !leaves && !by.may(Right::Administer) {
        return Err(Refused::Forbidden);
    }
    if by.token.is_some() && member.role == Role::Owner {
        return Err(Refused::OwnersOnly);
    }
    let mut removed = entry(&by.account, &by.who, "member.removed", &member.address, Timestamp::now());
    removed.before = values([("role", member.role.as_str())]);
    Ok(console.store.remove_member(member, removed).await?)
}

/// Makes a token. Its text is returned and kept nowhere.
pub(crate) async fn make_token(
    console: &Console,
    by: &Actor,
    draft: &TokenDraft<'_>,
) -> Result<(ApiToken, String), Refused> {
    let now = Timestamp::now();
    let team = administered(console, by, now).await?;
    let (name, scope) = checked(by, &team, draft)?;
    let asked_for = draft.days.map(|days| now + SignedDuration::from_hours(24 * days));
    let maker_ends_at = by.token.as_ref().and_then(|maker| maker.ends_at);
    let secret = Secret::new(random::bytes());
    let made = ApiToken {
        account: by.account.clone(),
        id: random::id(),
        name,
        scope,
        digest: secret.digest(),
        by: by.address.clone(),
        made_with: by.token.as_ref().map(|maker| maker.id.clone()),
        since: now,
        ends_at: asked_for.into_iter().chain(maker_ends_at).min(),
        used_at: None,
    };
    let mut logged = entry(&by.account, &by.who, "token.made", &made.name, now);
    let end = made.ends_at.map_or_else(|| "no end".to_owned(), |end| end.to_string());
    logged.after = values([("scope", scope.as_str()), ("until", &end)]);
    console.store.put_api_token(&made, logged).await?;
    let credential = Credential { owner: made.account.to_string(), id: made.id.clone(), secret };
    let text = format!("{API_TOKEN_PREFIX}{}", credential.reveal());
    Ok((made, text))
}

fn checked(by: &Actor, team: &Team, draft: &TokenDraft<'_>) -> Result<(String, Scope), Refused> {
    let (name, tokens) = (draft.name.trim(), &team.tokens);
    let is_name = (1..=MAX_TOKEN_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let mut problems = Vec::new();
    if !is_name {
        let hint = "enter 1 to 60 characters, such as the name of the program";
        problems.push(problem("name", Code::Invalid, "is no name of a token", hint));
    } else if tokens.iter().any(|token| token.name == name) {
        problems.push(problem("name", Code::Refused, "another token has this name", "choose another name"));
    }
    let scope = draft.scope.parse::<Scope>();
    match scope {
        Err(_) => problems.push(problem("scope", Code::Unknown, "is no scope", "choose read, write or admin")),
        Ok(Scope::Admin) if by.token.is_some() => {
            let hint = "choose read or write, or make it on the pages";
            problems.push(problem("scope", Code::Refused, "cannot be given by a token", hint));
        }
        Ok(_) => {}
    }
    let most = if scope == Ok(Scope::Admin) { MAX_DAYS_OF_ADMIN } else { MAX_DAYS };
    let is_too_long = draft.days.map_or(scope == Ok(Scope::Admin), |days| !(1..=most).contains(&days));
    if is_too_long {
        let hint = format!("choose 1 to {most} days");
        problems.push(problem("days", Code::Invalid, "is no time after which such a token may end", &hint));
    }
    match scope {
        Ok(scope) if problems.is_empty() => {
            if tokens.len() >= MAX_TOKENS {
                return Err(Refused::Limit { what: "tokens", most: MAX_TOKENS as u32 });
            }
            Ok((name.to_owned(), scope))
        }
        _ => Err(Refused::Problems(problems)),
    }
}

/// The tokens of the account, for somebody who decides about them.
pub(crate) async fn tokens(console: &Console, by: &Actor) -> Result<Vec<ApiToken>, Refused> {
    Ok(administered(console, by, Timestamp::now()).await?.tokens)
}

/// Whoever has it, or one that it made, is out.
pub(crate) async fn revoke_token(console: &Console, by: &Actor, id: &str) -> Result<(), Refused> {
    let found = tokens(console, by).await?.into_iter().find(|token| token.id == id).ok_or(Refused::NotFound)?;
    let revoked = entry(&by.account, &by.who, "token.revoked", &found.name, Timestamp::now());
    Ok(console.store.remove_api_token(&found, revoked).await?)
}
