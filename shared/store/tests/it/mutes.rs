//! Who muted the incidents of an alert.
use accounts::audit::{AuditEntry, Values};
use status::{
    ids::IncidentId,
    mute::{Mute, Muted},
};
use store::Edit;

use crate::world::{at, world};

fn mute(account: &str, incident: &str) -> Mute {
    Mute {
        account: account.into(),
        provider: "acme".into(),
        incident: incident.into(),
        episode: 1,
        muted: Muted::Alerts,
        title: "API is slow".to_owned(),
        by: "jo@example.com".to_owned(),
        at: at("10:20:00"),
    }
}

fn edit(mute: &Mute) -> Edit {
    Edit::of(AuditEntry {
        account: mute.account.clone(),
        at: mute.at,
        id: mute.incident.to_string(),
        who: mute.by.clone(),
        action: "incident.muted".to_owned(),
        target: String::new(),
        before: Values::new(),
        after: Values::new(),
    })
}

#[tokio::test]
async fn mutes_of_a_summary_are_read_a_few_at_a_time() {
    let world = world().await;
    let muted = [mute("ours", "i3"), mute("ours", "i150"), mute("theirs", "i3")];
    for mute in &muted {
        world.store.save_mute(mute, &edit(mute)).await.unwrap();
    }
    let incidents: Vec<IncidentId> = (0..200).map(|number| IncidentId::new(format!("i{number}"))).collect();
    let (store, crowd) = world.crowded();
    let mut found = store.mutes_of(&"acme".into(), &incidents).await.unwrap();
    found.sort_by(|a, b| (&a.account, &a.incident).cmp(&(&b.account, &b.incident)));
    let [three, later, theirs] = muted;
    assert_eq!(found, [later, three, theirs]);
    assert!((2..=8).contains(&crowd.most()), "{} requests at the same time", crowd.most());
}
