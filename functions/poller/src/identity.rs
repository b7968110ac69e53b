//! Which page was read (truth rule 11), compared with the page that is known.
use formats::{label_of, site_of};
use status::{
    identity::{Judgement, Moved, PageIdentity},
    provider::Provider,
};
use store::PageHead;
use url::Url;

use crate::{Poller, cache::CachedPage, read::FullRead, stored::stored_page};

/// A page that may be used.
pub(crate) struct Accepted {
    pub(crate) identity: PageIdentity,
    /// Another page than the stored state is of, which the operator has confirmed: by its address, or by `follow`,
    /// which leaves no format in the head.
    pub(crate) is_other: bool,
}

/// What a full read says of the page's identity.
pub fn identity_of(page: &Provider, full: &FullRead) -> PageIdentity {
    let described = &full.parsed.snapshot.page;
    let site = site_of(&full.landed);
    let label = site.as_deref().and_then(label_of).map(str::to_owned);
    let mut url: Url = full.landed.clone();
    url.set_query(None);
    url.set_fragment(None);
    _ = url.set_password(None);
    _ = url.set_username("");
    PageIdentity {
        platform: full.format.to_owned(),
        id: described.id.clone(),
        name: described.name.clone(),
        site,
        label,
        url: url.as_str().trim_end_matches('/').to_owned(),
        configured: page.page_url.clone(),
    }
    .bounded()
}

/// Judges a full read by the cached head, and by the stored one before it is taken for another page: somebody may have
/// confirmed that meanwhile.
pub(crate) async fn accept(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    full: &FullRead,
) -> anyhow::Result<Result<Accepted, Box<Moved>>> {
    let seen = identity_of(page, full);
    let known = cached.head.as_ref().and_then(|head| head.identity.as_ref());
    let judged = judge(cached.head.as_ref(), seen.clone());
    if judged.is_ok() {
        return Ok(judged);
    }
    let Some(stored) = stored_page(poller, &page.id).await?.page() else { return Ok(judged) };
    if stored.head.identity.as_ref() == known {
        return Ok(judged);
    }
    let judged = judge(Some(&stored.head), seen);
    if judged.is_ok() {
        cached.head = Some(stored.head);
    }
    Ok(judged)
}

fn judge(head: Option<&PageHead>, seen: PageIdentity) -> Result<Accepted, Box<Moved>> {
    let known = head.and_then(|head| Some((head, head.identity.as_ref()?)));
    let Some((head, known)) = known else { return Ok(Accepted { identity: seen, is_other: false }) };
    match known.judge(seen) {
        Judgement::Same(identity) => Ok(Accepted { identity, is_other: head.format.is_empty() }),
        Judgement::Confirmed { identity, is_other } => Ok(Accepted { identity, is_other }),
        Judgement::Moved(moved) => Err(moved),
    }
}
