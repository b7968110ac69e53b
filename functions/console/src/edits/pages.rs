//! Own pages: status pages that are not in the catalogue. Only the accounts that added one see it.
use accounts::audit::Values;
use settings::{Code, PageDraft};
use status::{
    ids::{AccountId, ProviderId},
    provider::Provider,
};
use store::{ManagedBy, Stored, Visibility};

use super::{
    change::{change, check_limit, current, problem},
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

const WHAT: &str = "pages";
/// Each is polled, so an account that may watch few has few.
const MAX_PAGES: u32 = 100;

pub(crate) type OwnPage = (Provider, Visibility);

pub(crate) async fn page(console: &Console, account: &AccountId, id: &ProviderId) -> Result<Stored<OwnPage>, Refused> {
    console.store.stored_page(account, id).await?.ok_or(Refused::NotFound)
}

/// Adds a page, or replaces this version of the one with the draft's id. The id follows from the URL, which therefore
/// stays.
pub(crate) async fn save_page(
    console: &Console,
    by: &Actor,
    draft: PageDraft,
    version: Option<u64>,
) -> Result<Stored<OwnPage>, Refused> {
    let (draft, given) = (PageDraft { id: None, ..draft.clone() }, draft.id.map(ProviderId::new));
    let (draft, given) = (&draft, &given);
    change(console, by, |change| async move {
        if let (Some(id), Some(version)) = (given, version) {
            current(&change.present.pages, |page| page.0.id == *id, version)?;
        }
        let provider = draft.validate(&change.context()).map_err(Refused::Problems)?;
        if given.as_ref().is_some_and(|given| *given != provider.id) {
            let hint = "add another page, and remove this one";
            return Err(Refused::Problems(vec![problem("url", Code::Refused, "cannot be changed", hint)]));
        }
        let is_it = |page: &OwnPage| page.0.id == provider.id;
        let (before, visibility) = match version {
            None => {
                if change.present.pages.iter().any(|page| is_it(&page.value)) {
                    let hint = "watch it, or change the one that is there";
                    let taken = problem("url", Code::Taken, "is one of your pages already", hint);
                    return Err(Refused::Problems(vec![taken]));
                }
                let most = console.max_monitors(&by.account).map_or(MAX_PAGES, |most| most.min(MAX_PAGES));
                check_limit(&change.present.pages, WHAT, most)?;
                (Values::new(), Visibility::Private)
            }
            Some(version) => {
                let before = &current(&change.present.pages, is_it, version)?.value;
                (values_of(&before.0), before.1)
            }
        };
        let action = if version.is_none() { "page.added" } else { "page.changed" };
        let mut edit = change.edit(action, &provider.name, before, values_of(&provider));
        if version.is_none() {
            edit.once = change.once(provider.id.as_str());
        }
        let saved = console.store.save_page(change.account(), (&provider, visibility), version, &edit).await?;
        Ok(Stored { value: (provider, visibility), version: saved, managed_by: ManagedBy::Web })
    })
    .await
}

/// Refused while a monitor of the account watches it.
pub(crate) async fn remove_page(console: &Console, by: &Actor, id: &ProviderId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = &current(&change.present.pages, |page| page.0.id == *id, version)?.value.0;
        let edit = change.edit("page.removed", &before.name, values_of(before), Values::new());
        Ok(console.store.remove_page(change.account(), id, version, &edit).await?)
    })
    .await
}

/// Under other names than the draft's: the log redacts what is called a URL, and this one is no secret.
fn values_of(page: &Provider) -> Values {
    let mut values = values::of_draft(&PageDraft::of(page));
    if let Some(url) = values.remove("url") {
        values.insert("address".to_owned(), url);
    }
    values
}
