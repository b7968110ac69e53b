//! Whether most pages of a platform fail (truth rule 10): judged from the newest read of every page, told once by the
//! poller whose commit is first, and kept in mind for whoever is blamed for a failed read.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use status::{
    alert::ConcernedProvider,
    health::{Blame, Failure},
    ids::{IncidentId, ProviderId},
    platform_fault::{PlatformFault, Sign, Standing, standing},
    words::Event,
};
use store::CommitError;

use crate::{PollEvent, Poller, cache::PlatformSign, publish, select::is_in_shard};

/// What is known of the platforms after the reads of a round.
#[derive(Default)]
pub(crate) struct Platforms {
    /// Most pages fail, which is not told yet.
    suspected: BTreeSet<String>,
    /// The newest fault of each, with its incident.
    faults: HashMap<String, (PlatformFault, IncidentId)>,
}

impl Platforms {
    /// Whose fault it is that a page fails. A watched page that the fault was not told of is told by itself.
    pub(crate) fn blame(&self, page: &ProviderId, platform: Option<&str>, watched: bool) -> Blame<'_> {
        let Some(platform) = platform else { return Blame::Page };
        if self.suspected.contains(platform) {
            return Blame::Platform;
        }
        match self.faults.get(platform).filter(|(fault, _)| fault.lasts()) {
            Some((fault, incident)) if fault.concerns(page) || !watched => Blame::ToldPlatform(incident),
            _ => Blame::Page,
        }
    }

    /// When the platform's newest fault ended.
    pub(crate) fn well_since(&self, platform: Option<&str>) -> Option<Timestamp> {
        self.faults.get(platform?)?.0.ended_at
    }

    /// Of how many platforms most pages fail.
    pub(crate) fn failing(&self) -> usize {
        self.suspected.len() + self.faults.values().filter(|(fault, _)| fault.lasts()).count()
    }
}

/// Judges all platforms after the reads of a round, and tells what begins and ends. `failures`: of this round.
pub(crate) async fn judge(
    poller: &Poller,
    event: &PollEvent,
    failures: &[(ProviderId, &Failure)],
    now: Timestamp,
) -> Platforms {
    let mut suspected = BTreeSet::new();
    for (platform, known, signs) in to_judge(poller, event) {
        let judged = match standing(known.as_ref(), &signs, now) {
            Standing::Well | Standing::Lasts => Ok(()),
            Standing::Suspected => {
                suspected.insert(platform.clone());
                Ok(())
            }
            Standing::Begins { since } => {
                let name = formats::platform_name(&platform);
                let fault = PlatformFault::begin(&platform, name, known.as_ref(), since);
                begin(poller, event, fault, failures, now).await
            }
            Standing::Changed(fault) => commit(poller, fault, None, now).await,
            Standing::Ends(fault) => commit(poller, fault, Some(Event::Readable), now).await,
        };
        if let Err(error) = judged {
            // Its pages must not be blamed until it is known whether the platform is.
            suspected.insert(platform.clone());
            tracing::error!(platform, error = format!("{error:#}"), "the fault of a platform could not be stored");
        }
    }
    let mut cache = poller.cache();
    for platform in suspected.difference(&cache.suspected) {
        tracing::warn!(platform, "most pages of one platform failed: counted as one fault of the platform");
    }
    cache.suspected.clone_from(&suspected);
    let faults = cache.faults.iter().map(|(platform, fault)| (platform.clone(), (fault.clone(), fault.incident())));
    Platforms { suspected, faults: faults.collect() }
}

/// The platforms of which pages fail or failed, with their newest fault and the signs of this poller's pages.
fn to_judge(poller: &Poller, event: &PollEvent) -> Vec<(String, Option<PlatformFault>, Vec<Sign>)> {
    let cache = poller.cache();
    let mut signs: BTreeMap<&str, Vec<Sign>> = BTreeMap::new();
    for (_, sign) in cache.signs.iter().filter(|(page, _)| is_in_shard(event, page)) {
        signs.entry(&sign.platform).or_default().push(sign.sign);
    }
    let lasting = cache.faults.values().filter(|fault| fault.lasts()).map(|fault| fault.platform.as_str());
    let lasting: HashSet<&str> = lasting.collect();
    signs.retain(|platform, signs| {
        lasting.contains(platform) || signs.iter().any(|sign| matches!(sign, Sign::Failing { .. }))
    });
    signs
        .into_iter()
        .map(|(platform, signs)| (platform.to_owned(), cache.faults.get(platform).cloned(), signs))
        .collect()
}

async fn begin(
    poller: &Poller,
    event: &PollEvent,
    fault: PlatformFault,
    failures: &[(ProviderId, &Failure)],
    now: Timestamp,
) -> anyhow::Result<()> {
    // Those of other pollers' pages.
    let elsewhere = if event.of > 1 { poller.store.failing().await? } else { Vec::new() };
    let elsewhere =
        elsewhere.into_iter().filter(|(_, health)| !health.is_unreadable_itself()).map(|(page, _)| page).collect();
    let fault = with_pages(poller, fault, &elsewhere, failures);
    let (platform, pages, watched) = (&fault.platform, fault.pages, fault.concerned.len());
    tracing::warn!(platform, pages, watched, "most pages of one platform cannot be read: told as one fault");
    let told = (!fault.concerned.is_empty()).then_some(Event::Unreadable);
    commit(poller, fault, told, now).await
}

/// Adds which pages fail and why.
fn with_pages(
    poller: &Poller,
    fault: PlatformFault,
    elsewhere: &HashSet<ProviderId>,
    failures: &[(ProviderId, &Failure)],
) -> PlatformFault {
    let cache = poller.cache();
    let on_it = |page: &ProviderId| cache.signs.get(page).filter(|sign| sign.platform == fault.platform);
    let is_failing = |sign: &PlatformSign| matches!(sign.sign, Sign::Failing { .. });
    let is_good = |sign: &PlatformSign| matches!(sign.sign, Sign::Good { read_at } if read_at > fault.since);
    // While nothing answers, pages wait for their turn: those that were not read since cannot be read either.
    let nothing_answers = !cache.signs.values().any(|sign| sign.platform == fault.platform && is_good(sign));
    let is_elsewhere = |page: &status::provider::Provider| {
        let cached = cache.cached.get(&page.id).and_then(|cached| cached.try_lock().ok());
        elsewhere.contains(&page.id)
            && cached.is_some_and(|cached| cached.platform(page) == Some(fault.platform.as_str()))
    };
    let concerned = cache
        .pages
        .iter()
        .filter(|page| cache.watched.contains(&page.id))
        .filter(|page| match on_it(&page.id) {
            Some(sign) => is_failing(sign) || nothing_answers,
            None => is_elsewhere(page),
        })
        .map(|page| ConcernedProvider { id: page.id.clone(), name: page.name.clone() })
        .collect();
    let pages = cache.signs.values().filter(|sign| sign.platform == fault.platform && is_failing(sign)).count();
    let reasons = failures.iter().filter(|(page, _)| on_it(page).is_some()).map(|(_, failure)| failure.reason.as_str());
    PlatformFault { concerned, pages, reason: most_common(reasons), ..fault }
}

/// What more than half of them say.
fn most_common<'a>(reasons: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let all = reasons.map(|reason| *counts.entry(reason).and_modify(|count| *count += 1).or_insert(1)).count();
    let (reason, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 2 > all).then(|| reason.to_owned())
}

/// Stores a fault and queues its alert, if it is told. If another poller was faster, its word counts.
async fn commit(poller: &Poller, fault: PlatformFault, told: Option<Event>, now: Timestamp) -> anyhow::Result<()> {
    let alert = told.filter(|_| !fault.concerned.is_empty()).map(|event| fault.alert(event, now));
    match poller.store.commit_platform_fault(&fault, alert.as_ref(), now).await {
        Ok(row) => {
            if let Some(alert) = &alert {
                tracing::warn!(platform = fault.platform.as_str(), alert.id = %alert.id, "{}", alert.incident.title);
            }
            poller.cache().faults.insert(fault.platform.clone(), fault);
            publish::publish(poller, row).await;
        }
        Err(CommitError::Conflict) => {
            let faults = poller.store.platform_faults().await?;
            poller.cache().keep_faults(faults);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_the_one_that_most_pages_share() {
        assert_eq!(most_common(["a", "b", "a"].into_iter()).as_deref(), Some("a"));
        assert_eq!(most_common(["a", "b"].into_iter()), None);
        assert_eq!(most_common(std::iter::empty()), None);
    }
}
