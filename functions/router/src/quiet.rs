//! What quiet hours and digests mean for a recipient.
use jiff::Timestamp;
use status::{
    alert::Alert,
    held_alerts::held_until,
    ids::{AccountId, GroupId},
    monitor::Group,
};
use store::QuietMark;

/// Of a destination with quiet hours or a digest in one of its groups: something may wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    pub(crate) account: AccountId,
    /// The groups that want the alert, if all of them may hold it.
    groups: Vec<GroupId>,
    /// `None`: it is delivered at once.
    pub(crate) until: Option<Timestamp>,
}

impl Quiet {
    /// `wanting`: the groups that want the alert for the destination.
    pub(crate) fn of(account: &AccountId, wanting: &[&Group], alert: &Alert, now: Timestamp) -> Self {
        let all_may_hold = wanting.iter().all(|group| group.may_hold());
        let groups = if all_may_hold { wanting.iter().map(|group| group.id.clone()).collect() } else { Vec::new() };
        let until = held_until(wanting.iter().copied(), alert.severity_for_quiet_hours(), now);
        Self { account: account.clone(), groups, until }
    }

    /// For the mark of the destination: so that the end waits as well.
    pub(crate) fn mark(&self) -> Option<QuietMark> {
        let Self { account, groups, .. } = self;
        (!groups.is_empty()).then(|| QuietMark { account: account.clone(), groups: groups.clone() })
    }
}
