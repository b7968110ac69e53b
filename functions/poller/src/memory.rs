//! What a warm poller knows without asking the store. A shortcut only: the stored version decides at each commit, and
//! whatever is in doubt is forgotten and loaded again.
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use jiff::Timestamp;
use outbound::Validators;
use status::{health::SourceHealth, ids::ProviderId, provider::Provider};
use store::PageHead;
use tokio::sync::Mutex as PageLock;

use crate::{Poller, internet::Internet};

/// How long the list of pages and watchers is taken as read, and outbox rows of other processes are left to them.
const REFRESH_AFTER: Duration = Duration::from_secs(300);

#[derive(Default)]
pub(crate) struct Memory {
    shelf: Mutex<Shelf>,
    pub(crate) internet: Internet,
}

#[derive(Default)]
pub(crate) struct Shelf {
    /// Every page to be read.
    pub(crate) pages: Vec<Arc<Provider>>,
    /// Providers with a monitor.
    pub(crate) watched: HashSet<ProviderId>,
    /// Pages that accounts added.
    pub(crate) added: HashSet<ProviderId>,
    /// Locked while the page is read: two rounds of one process never read a page at the same time.
    pub(crate) known: HashMap<ProviderId, Arc<PageLock<Known>>>,
    loaded_at: Option<Timestamp>,
    /// Committed alerts that could not be queued yet.
    pub(crate) unsent: bool,
}

/// One page.
#[derive(Default)]
pub(crate) struct Known {
    /// As stored; `None`: never read successfully.
    pub(crate) head: Option<PageHead>,
    pub(crate) health: Option<SourceHealth>,
    pub(crate) last_read: Option<Timestamp>,
    /// Newer than what is stored with the head, which is only written with a change.
    pub(crate) validators: Validators,
    pub(crate) raw_digest: Option<String>,
    /// The answer said it stays fresh until then; no request before.
    pub(crate) fresh_until: Option<Timestamp>,
}

impl Memory {
    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("nothing panics while holding the shelf")
    }
}

/// Loads what is not known yet: at the first round everything, later every few minutes what may have been added.
/// `true` when the outbox should be swept as well: rows of a run that died are found no later than this.
pub(crate) async fn refresh(poller: &Poller, now: Timestamp) -> anyhow::Result<bool> {
    {
        let shelf = poller.memory.shelf();
        let is_fresh = shelf.loaded_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < REFRESH_AFTER);
        if is_fresh {
            return Ok(shelf.unsent);
        }
    }
    let directory = poller.store.directory().await?;
    let added: HashSet<ProviderId> = directory.pages.iter().map(|page| page.id.clone()).collect();
    let mut pages: Vec<Arc<Provider>> = directory.pages.into_iter().map(Arc::new).collect();
    if poller.options.catalogue {
        // Those of a platform we know, and those that somebody watches: of which kind they are will show.
        let entries = catalogue::entries()
            .iter()
            .filter(|entry| formats::of_platform(entry.platform).is_some() || directory.watched.contains(entry.slug));
        pages.extend(entries.map(|entry| entry.provider()).filter(|page| !added.contains(&page.id)).map(Arc::new));
    }
    let unknown: Vec<ProviderId> = {
        let shelf = poller.memory.shelf();
        let is_new = |page: &&Arc<Provider>| !shelf.known.contains_key(&page.id);
        pages.iter().filter(is_new).map(|page| page.id.clone()).collect()
    };
    let (mut heads, mut healths) = tokio::try_join!(poller.store.page_heads(&unknown), poller.store.healths(&unknown))?;

    let mut shelf = poller.memory.shelf();
    for id in unknown {
        let head = heads.remove(&id);
        let known = Known {
            validators: head.as_ref().map_or_else(Validators::default, |head| Validators {
                etag: head.etag.clone(),
                last_modified: head.last_modified.clone(),
            }),
            raw_digest: head.as_ref().and_then(|head| head.body_digest.clone()),
            health: healths.remove(&id),
            head,
            ..Known::default()
        };
        shelf.known.insert(id, Arc::new(PageLock::new(known)));
    }
    shelf.pages = pages;
    shelf.watched = directory.watched;
    shelf.added = added;
    shelf.loaded_at = Some(now);
    Ok(true)
}
