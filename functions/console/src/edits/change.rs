//! What every change begins with: the right to make it, and the settings of the account as they are. It is made of
//! those settings and no others, so that limits hold and nothing is named that is gone, whoever else is about.
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use accounts::audit::Values;
use jiff::Timestamp;
use settings::{Code, Context, Known, Problem};
use status::ids::AccountId;
use store::{Edit, Made, ManagedBy, Once, Revision, StoreError, Stored, StoredSettings};

use super::{
    default_group::{default_group, ensure_default_group},
    refused::Refused,
};
use crate::{
    actor::{Actor, Right},
    entry::entry,
    random,
    state::Console,
};

/// Other changes of the account's settings may come between the read and the write. Of those that are made at once,
/// one is done in each attempt.
const ATTEMPTS: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

pub(super) struct Change<'a> {
    pub(super) console: &'a Console,
    pub(super) by: &'a Actor,
    pub(super) present: StoredSettings,
    known: Known,
    now: Timestamp,
    /// Of `present`.
    revision: Revision,
    saves: AtomicU64,
}

impl<'a> Change<'a> {
    pub(super) async fn begin(console: &'a Console, by: &'a Actor) -> Result<Self, Refused> {
        if !by.may(Right::Edit) {
            return Err(Refused::Forbidden);
        }
        let now = Timestamp::now();
        let revision = console.store.settings_revision(&by.account).await?;
        let mut present = console.store.stored_settings(&by.account).await?;
        if !present.groups.iter().any(|group| group.value.id == default_group()) {
            ensure_default_group(console, &by.account, now).await?;
            present = console.store.stored_settings(&by.account).await?;
        }
        let known = Known {
            pages: present.pages.iter().map(|it| it.value.0.id.to_string()).collect(),
            destinations: present.destinations.iter().map(|it| it.value.id.to_string()).collect(),
            monitors: present.monitors.iter().map(|it| it.value.id.to_string()).collect(),
        };
        Ok(Self { console, by, present, known, now, revision, saves: AtomicU64::new(0) })
    }

    pub(super) fn account(&self) -> &'a AccountId {
        &self.by.account
    }

    pub(super) fn context(&self) -> Context<'_> {
        let guard = &self.console.settings.guard;
        Context { account: self.account(), guard, known: &self.known, of_file: false }
    }

    /// What goes with a save or removal. `target`: its name for people.
    pub(super) fn edit(&self, action: &str, target: &str, before: Values, after: Values) -> Edit {
        let mut entry = entry(self.account(), &self.by.who, action, target, self.now);
        (entry.before, entry.after) = (before, after);
        Edit::of_settings(entry, self.revision.after(self.saves.load(Ordering::Relaxed)))
    }

    /// Of several saves of one change: the next one follows from what this one made.
    pub(super) fn saved(&self) {
        self.saves.fetch_add(1, Ordering::Relaxed);
    }

    /// Of what is made: once, if the request may be repeated.
    pub(super) fn once(&self, id: &str) -> Option<Once> {
        let repeatable = self.by.repeatable.clone()?;
        Some(Once {
            account: self.account().clone(),
            key: repeatable.key,
            made: Made { request: repeatable.request, id: id.to_owned() },
            now: self.now,
            ends_at: repeatable.ends_at,
        })
    }
}

/// Makes the change of the settings as they are, and once more whenever somebody else's comes first.
pub(super) async fn change<'a, T, F: Future<Output = Result<T, Refused>>>(
    console: &'a Console,
    by: &'a Actor,
    make: impl Fn(Change<'a>) -> F,
) -> Result<T, Refused> {
    for attempt in 0..ATTEMPTS {
        match make(Change::begin(console, by).await?).await {
            Err(Refused::SettingsChanged) => tokio::time::sleep(pause(attempt)).await,
            done => return done,
        }
    }
    Err(StoreError::Contended { operation: "change settings" }.into())
}

/// Up to twice as long after each attempt, so that those who came at once do not come back at once.
fn pause(attempt: u32) -> Duration {
    (FIRST_PAUSE * 2u32.pow(attempt)).min(LONGEST_PAUSE).mul_f64(fastrand::f64())
}

/// The one of `list` that is to be changed, if it is still this version.
pub(super) fn current<T>(list: &[Stored<T>], is_it: impl Fn(&T) -> bool, version: u64) -> Result<&Stored<T>, Refused> {
    let found = list.iter().find(|stored| is_it(&stored.value)).ok_or(Refused::NotFound)?;
    match found.managed_by {
        ManagedBy::File => Err(Refused::ManagedByFile),
        ManagedBy::Web if found.version != version => Err(Refused::Conflict),
        ManagedBy::Web => Ok(found),
    }
}

/// How many of `list` were made on the pages.
pub(super) fn of_pages<T>(list: &[Stored<T>]) -> usize {
    list.iter().filter(|stored| stored.managed_by == ManagedBy::Web).count()
}

/// Refused if there are `most` already.
pub(super) fn check_limit<T>(list: &[Stored<T>], what: &'static str, most: u32) -> Result<(), Refused> {
    if of_pages(list) < most as usize { Ok(()) } else { Err(Refused::Limit { what, most }) }
}

/// A new id; nobody chooses one, since some are shared by all accounts.
pub(super) fn new_id(prefix: &str, given: &str) -> Result<String, Refused> {
    if given.is_empty() {
        return Ok(settings::new_id(prefix, random::bytes()));
    }
    Err(Refused::Problems(vec![problem("id", Code::Refused, "is chosen by the instance", "leave it out")]))
}

pub(super) fn problem(field: &str, code: Code, message: &str, hint: &str) -> Problem {
    Problem { field: field.to_owned(), code, message: message.to_owned(), hint: hint.to_owned() }
}
