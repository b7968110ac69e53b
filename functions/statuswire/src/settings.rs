//! Applies an account's settings, and does what follows from them: mail recipients are asked for consent, component
//! filters are checked. Only then they count as applied (invariant 5), and the next start with the same settings costs
//! a few requests, however many they are.
use accounts::audit::{AuditEntry, Values};
use anyhow::Context as _;
use jiff::Timestamp;
use queue::queues::Queues;
use status::ids::AccountId;
use store::{AccountSettings, Applied, ManagedBy, Store};
use uuid::Uuid;

use crate::{
    consent, filters,
    plan::{Change, Plan},
};

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
        None => logged(store, account, settings).await?,
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

/// Applies them, with an entry in the audit log if something changed.
async fn logged(store: &Store, account: &AccountId, settings: &AccountSettings) -> anyhow::Result<Applied> {
    // With a key that is lost, what is stored cannot be compared, and the file is applied all the same.
    let stored = store.settings_in_clear(account, |managed_by| managed_by == ManagedBy::File).await;
    let plan = stored.map(|(stored, _)| Plan::between(&stored, settings)).ok();
    let applied = store.apply(account, settings).await?;
    if applied.written + applied.removed > 0 {
        store.audit(entry(account, &plan.unwrap_or_default())).await?;
    }
    Ok(applied)
}

fn entry(account: &AccountId, plan: &Plan) -> AuditEntry {
    let (mut after, now) = (Values::new(), Timestamp::now());
    for change in &plan.changes {
        let (word, text) = match change {
            Change::Add(name) => ("added", name.clone()),
            Change::Change(name, fields) => ("changed", format!("{name} ({})", fields.join(", "))),
            Change::Remove(name) => ("removed", name.clone()),
        };
        let names: &mut String = after.entry(word.to_owned()).or_default();
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(&text);
    }
    AuditEntry {
        account: account.clone(),
        at: now,
        id: Uuid::new_v4().simple().to_string(),
        who: "configuration file".to_owned(),
        action: "settings.applied".to_owned(),
        target: "configuration file".to_owned(),
        before: Values::new(),
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_names_what_changed_and_no_value() {
        let changes = vec![
            Change::Add("monitor a".to_owned()),
            Change::Add("monitor b".to_owned()),
            Change::Change("destination ops".to_owned(), vec!["label".to_owned(), "url".to_owned()]),
            Change::Remove("group all".to_owned()),
        ];
        let entry = entry(&"local".into(), &Plan { changes });
        let after: Vec<(&str, &str)> =
            entry.after.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let changed = ("changed", "destination ops (label, url)");
        assert_eq!(after, [("added", "monitor a, monitor b"), changed, ("removed", "group all")]);
    }
}
