//! The follow-ups that the groups of a recipient want.
use std::collections::BTreeMap;

use status::{
    alert::Alert,
    follow_up_due::may_begin,
    ids::{AccountId, DestinationId, GroupId},
    monitor::Group,
};

/// What is to be told to one destination, if the incident stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) account: AccountId,
    pub(crate) target: DestinationId,
    pub(crate) minutes: u32,
    pub(crate) groups: Vec<GroupId>,
}

impl Wanted {
    /// `wanting`: the groups that want the alert for the destination. Of several for one target the earliest counts.
    pub(crate) fn of(alert: &Alert, wanting: &[&Group], told: &DestinationId) -> Vec<Self> {
        let mut by_target: BTreeMap<&DestinationId, Self> = BTreeMap::new();
        let of_groups = wanting.iter().filter_map(|group| Some((*group, group.follow_up.as_ref()?)));
        for (group, follow_up) in of_groups.filter(|_| may_begin(alert)) {
            let (target, minutes) = (follow_up.target(told), follow_up.minutes);
            let (account, id) = (group.account.clone(), target.clone());
            let new = || Self { account, target: id, minutes, groups: Vec::new() };
            let wanted = by_target.entry(target).or_insert_with(new);
            wanted.minutes = wanted.minutes.min(minutes);
            wanted.groups.push(group.id.clone());
        }
        by_target.into_values().collect()
    }
}
