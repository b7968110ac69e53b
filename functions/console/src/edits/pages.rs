//! Own pages: status pages that are not in the catalogue. Only the accounts that added one see it. The login of one is
//! never given out; a draft that says nothing of it keeps it.
use accounts::audit::{REDACTED, Values};
use settings::{Code, LoginChange, PageDraft};
use status::{
    ids::{AccountId, ProviderId},
    provider::{Login, Provider},
};
use store::{ManagedBy, Stored, Visibility};

use super::{
    change::{Change, change, check_limit, current, problem},
    refused::Refused,
    values,
};
use crate::{actor::Actor, state::Console};

const WHAT: &str = "pages";
/// In the audit log.
const LOGIN: &str = "login";
/// Each is polled, so an account that may watch few has few.
const MAX_PAGES: u32 = 100;

pub(crate) type OwnPage = (Provider, Visibility);

/// The page, and whether it has a login.
pub(crate) async fn page(
    console: &Console,
    account: &AccountId,
    id: &ProviderId,
) -> Result<(Stored<OwnPage>, bool), Refused> {
    let (page, login) = console.store.stored_page(account, id).await?.ok_or(Refused::NotFound)?;
    Ok((page, login.is_some()))
}

/// Adds a page, or replaces this version of the one with the draft's id. The id follows from the URL, which therefore
/// stays; that of a page with a login follows from the account too, so that it is shared with no other.
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
        let provider = match given {
            None => draft.validate(&change.context()),
            Some(id) => draft.validate_again(id, &change.context()),
        };
        let provider = provider.map_err(Refused::Problems)?;
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
                (values_of(&before.0, change.has_login(&before.0)), before.1)
            }
        };
        let login = change.login_after(draft, &provider)?;
        let mut after = values_of(&provider, login.is_some());
        if version.is_some() && draft.login != LoginChange::Keep {
            after.insert("changed".to_owned(), LOGIN.to_owned());
        }
        let action = if version.is_none() { "page.added" } else { "page.changed" };
        let mut edit = change.edit(action, &provider.name, before, after);
        if version.is_none() {
            edit.once = change.once(provider.id.as_str());
        }
        let page = (&provider, visibility, login.as_ref());
        let saved = console.store.save_page(change.account(), page, version, &edit).await?;
        Ok(Stored { value: (provider, visibility), version: saved, managed_by: ManagedBy::Web })
    })
    .await
}

/// Refused while a monitor of the account watches it.
pub(crate) async fn remove_page(console: &Console, by: &Actor, id: &ProviderId, version: u64) -> Result<(), Refused> {
    change(console, by, |change| async move {
        let before = &current(&change.present.pages, |page| page.0.id == *id, version)?.value.0;
        let values = values_of(before, change.has_login(before));
        let edit = change.edit("page.removed", &before.name, values, Values::new());
        Ok(console.store.remove_page(change.account(), id, version, &edit).await?)
    })
    .await
}

impl Change<'_> {
    fn has_login(&self, page: &Provider) -> bool {
        self.present.logins.contains_key(&page.id)
    }

    /// What a page has once it is saved. It is encrypted anew, with the newest key.
    fn login_after(&self, draft: &PageDraft, page: &Provider) -> Result<Option<Login>, Refused> {
        let known = match self.present.logins.get(&page.id) {
            Some(stored) if draft.login == LoginChange::Keep => Some(self.console.store.login(page, stored)?),
            _ => None,
        };
        draft.login_after(known).map_err(Refused::Problems)
    }
}

/// Under other names than the draft's: the log redacts what is called a URL, and this one is no secret. Of the login
/// only whether there is one.
fn values_of(page: &Provider, has_login: bool) -> Values {
    let mut values = values::of_draft(&PageDraft::of(page));
    if has_login {
        values.insert(LOGIN.to_owned(), REDACTED.to_owned());
    }
    if let Some(url) = values.remove("url") {
        values.insert("address".to_owned(), url);
    }
    values
}
