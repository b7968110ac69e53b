//! Mutes and acknowledgements of incidents. They are no settings of the file, so the account of the file has them too.
//! What holds:
//! - only what the account watches can be muted here, so that nobody learns of pages of others;
//! - what is muted already stays as it is, with whoever muted it first;
//! - what is over is not muted: nothing more is told of it. Such mutes make room for others.
use accounts::audit::Values;
use jiff::Timestamp;
use status::{
    alert::Alert,
    ids::{AccountId, IncidentId, ProviderId, digest},
    mute::{Mute, Muted},
    page_state::IncidentState,
};
use store::{Edit, EditError, Made, Once, StoreError, StoredDestination};

use super::refused::Refused;
use crate::{
    actor::{Actor, Right},
    entry::entry,
    provider_names::provider_name,
    state::Console,
};

/// Of an account: its summaries and follow-ups are looked through with all of them.
const MAX_MUTES: u32 = 300;
/// Pages that are read to find one that is over.
const LOOKED_AT: usize = 20;

/// The incident as it is on its page; `None`: it is over, or unknown.
pub(crate) async fn open_incident(
    console: &Console,
    provider: &ProviderId,
    incident: &IncidentId,
) -> Result<Option<IncidentState>, StoreError> {
    let page = console.store.page(provider).await?;
    let incidents = page.into_iter().flat_map(|page| page.page_state.incidents);
    Ok(incidents.into_iter().find(|it| it.incident.id == *incident && it.is_open()))
}

/// Of an incident or a maintenance that goes on.
pub(crate) async fn mute(
    console: &Console,
    by: &Actor,
    (provider, incident): (&ProviderId, &IncidentId),
    muted: Muted,
) -> Result<Mute, Refused> {
    if !by.may(Right::Edit) {
        return Err(Refused::Forbidden);
    }
    let settings = console.store.stored_settings(&by.account).await?;
    if !settings.monitors.iter().any(|monitor| monitor.value.provider == *provider) {
        return Err(Refused::NotFound);
    }
    let open = open_incident(console, provider, incident).await?.ok_or(Refused::Over)?;
    let mute = Mute {
        account: by.account.clone(),
        provider: provider.clone(),
        incident: incident.clone(),
        episode: open.episode,
        muted,
        title: open.incident.title,
        by: by.who.clone(),
        at: Timestamp::now(),
    };
    let target = format!("{}: {}", provider_name(&settings, provider), mute.title);
    save(console, mute, &target, None).await
}

/// A valid link in a mail.
pub(crate) struct ByLink<'a> {
    /// Which got the mail; its account is whose incident it is.
    pub(crate) destination: &'a StoredDestination,
    /// Of the mail.
    pub(crate) alert: &'a Alert,
    pub(crate) signature: &'a str,
    pub(crate) ends_at: Timestamp,
}

/// Once for each link and kind: what is undone is not done again by it ([`Refused::MadeBefore`]).
pub(crate) async fn mute_by_link(console: &Console, by: ByLink<'_>, muted: Muted) -> Result<Mute, Refused> {
    let ByLink { destination, alert, signature, ends_at } = by;
    let (account, incident, now) = (&destination.account, &alert.incident, Timestamp::now());
    let open = open_incident(console, &alert.provider, &incident.id).await?;
    let open = open.filter(|open| open.episode == incident.episode).ok_or(Refused::Over)?;
    let mute = Mute {
        account: account.clone(),
        provider: alert.provider.clone(),
        incident: incident.id.clone(),
        episode: incident.episode,
        muted,
        title: open.incident.title,
        by: by_link(destination),
        at: now,
    };
    let request = digest(&[signature, muted.as_str()]);
    let made = Made { request: request.clone(), id: mute.id() };
    let once = Once { account: account.clone(), key: request, made, now, ends_at };
    let target = format!("{}: {}", alert.provider_name, mute.title);
    save(console, mute, &target, Some(once)).await
}

/// What a link in a mail to the same destination did; nothing else.
pub(crate) async fn undo_by_link(console: &Console, by: &ByLink<'_>, muted: Muted) -> Result<Mute, Refused> {
    let (account, incident) = (&by.destination.account, &by.alert.incident);
    let id = status::mute::id(&by.alert.provider, &incident.id, incident.episode, muted);
    let mute = one(console, account, &id).await?;
    if mute.by != by_link(by.destination) {
        return Err(Refused::NotFound);
    }
    let target = format!("{}: {}", by.alert.provider_name, mute.title);
    remove(console, mute, &by_link(by.destination), &target).await
}

/// Who reads the mails of an address is not known.
pub(crate) fn by_link(destination: &StoredDestination) -> String {
    format!("a link in a mail to {}", destination.shown_name())
}

async fn save(console: &Console, mute: Mute, target: &str, once: Option<Once>) -> Result<Mute, Refused> {
    let (id, known) = (mute.id(), console.store.mutes(&mute.account).await?);
    if let Some(known) = known.iter().find(|known| known.id() == id) {
        return Ok(known.clone());
    }
    if known.len() >= MAX_MUTES as usize && !forget_one(console, known).await? {
        return Err(Refused::Limit { what: "muted or acknowledged incidents", most: MAX_MUTES });
    }
    let action = match mute.muted {
        Muted::Alerts => "incident.muted",
        Muted::FollowUp => "incident.acknowledged",
    };
    let mut edit = edit(&mute, &mute.by, (action, target), mute.at);
    edit.once = once;
    match console.store.save_mute(&mute, &edit).await {
        Ok(()) => Ok(mute),
        // Somebody else was faster.
        Err(EditError::Conflict) => one(console, &mute.account, &id).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether one of the oldest was of what is over: it says nothing any more, and its entries in the audit log stay.
async fn forget_one(console: &Console, mut known: Vec<Mute>) -> Result<bool, Refused> {
    known.sort_by_key(|mute| mute.at);
    for mute in known.iter().take(LOOKED_AT) {
        let open = open_incident(console, &mute.provider, &mute.incident).await?;
        if open.is_none_or(|open| open.episode != mute.episode) {
            return match console.store.forget_mute(mute).await {
                Ok(()) | Err(EditError::Conflict) => Ok(true),
                Err(error) => Err(error.into()),
            };
        }
    }
    Ok(false)
}

async fn one(console: &Console, account: &AccountId, id: &str) -> Result<Mute, Refused> {
    let mutes = console.store.mutes(account).await?;
    mutes.into_iter().find(|mute| mute.id() == id).ok_or(Refused::NotFound)
}

/// What comes next of the incident is told again.
pub(crate) async fn undo_mute(console: &Console, by: &Actor, id: &str) -> Result<Mute, Refused> {
    if !by.may(Right::Edit) {
        return Err(Refused::Forbidden);
    }
    let mute = one(console, &by.account, id).await?;
    let settings = console.store.stored_settings(&by.account).await?;
    let target = format!("{}: {}", provider_name(&settings, &mute.provider), mute.title);
    remove(console, mute, &by.who, &target).await
}

async fn remove(console: &Console, mute: Mute, who: &str, target: &str) -> Result<Mute, Refused> {
    let action = match mute.muted {
        Muted::Alerts => "incident.unmuted",
        Muted::FollowUp => "incident.unacknowledged",
    };
    match console.store.remove_mute(&mute, &edit(&mute, who, (action, target), Timestamp::now())).await {
        Ok(()) => Ok(mute),
        // Somebody else was faster.
        Err(EditError::Conflict) => Err(Refused::NotFound),
        Err(error) => Err(error.into()),
    }
}

fn edit(mute: &Mute, who: &str, (action, target): (&str, &str), at: Timestamp) -> Edit {
    let mut entry = entry(&mute.account, who, action, target, at);
    entry.after = Values::from([("incident".to_owned(), mute.incident.to_string())]);
    Edit::of(entry)
}
