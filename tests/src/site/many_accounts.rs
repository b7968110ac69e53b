//! Many accounts of one person each, for benchmarks.
use jiff::Timestamp;
use status::{
    ids::{AccountId, MonitorId, ProviderId},
    monitor::{ComponentFilter, Monitor, WhenUnknown},
};
use store::{Edit, Store};

use super::accounts::made;

/// Of each account but the first.
pub const MONITORS: usize = 5;
/// Of the first.
pub const MANY_MONITORS: usize = 1_000;

/// Of the owner of an account.
pub fn address_of(number: usize) -> String {
    format!("person{number}@example.com")
}

pub(super) async fn seed(store: &Store, accounts: usize, now: Timestamp) -> anyhow::Result<()> {
    let entries = catalogue::entries();
    for number in 0..accounts {
        let account = AccountId::new(format!("account_{number}"));
        let address = address_of(number);
        store.found_account(&account, &address, false, &address, made(&account, &address, "account", now)).await?;
        let monitors = if number == 0 { MANY_MONITORS } else { MONITORS };
        for nth in 0..monitors {
            // Neighbours watch others of the best known ones.
            let provider = &entries[(number + nth) % MANY_MONITORS];
            let id = MonitorId::new(format!("monitor_{number}_{nth}"));
            let monitor = Monitor {
                id: id.clone(),
                account: account.clone(),
                provider: ProviderId::new(provider.slug),
                components: ComponentFilter::All,
                unknown: WhenUnknown::Tell,
            };
            let edit = Edit::of(made(&account, &address, id.as_str(), now));
            store.save_monitor(&monitor, None, &edit).await?;
        }
    }
    Ok(())
}
