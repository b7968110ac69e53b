//! Applies an account's settings, and does what follows from them: mail recipients are asked for consent, component
//! filters are checked. Only then they count as applied (invariant 5), and the next start with the same settings costs
//! a few requests, however many they are.
use anyhow::Context as _;
use queue::queues::Queues;
use status::ids::AccountId;
use store::{AccountSettings, Applied, Store};

use crate::{consent, filters};

/// Makes an account's settings equal to `settings`.
pub(crate) async fn apply(
    store: &Store,
    queues: &Queues,
    account: &AccountId,
    settings: &AccountSettings,
) -> anyhow::Result<Applied> {
    let before = store.already_applied(account, settings).await?;
    let applied = match before {
        Some(applied) => applied,
        None => store.apply(account, settings).await?,
    };
    // Whoever has not answered is asked at every start: a request may have been lost with its queue.
    consent::ask_all(store, queues, settings).await.context("asking mail recipients")?;
    if before.is_some() {
        filters::warn_again(store, account, settings).await.context("reading the filters that fit nothing")?;
    } else {
        filters::check_all(store, &queues.alerts, account, settings).await.context("checking the filters")?;
        store.note_applied(account, settings, &applied).await?;
    }
    Ok(applied)
}
