//! Whose address may be written to.
use status::ids::AccountId;
use store::{Consent, SuppressionCause};

use crate::world::{at, world};

const ADDRESS: &str = "ops@example.com";

#[tokio::test]
async fn owner_is_asked_once_however_often_the_address_is_named() {
    let world = world().await;
    let (ours, theirs) = (AccountId::new("local"), AccountId::new("theirs"));
    let (first, is_new) = world.store.recipient_or_new(&ours, ADDRESS, "token-1", at("10:00:00")).await.unwrap();
    assert!(is_new);
    let (again, is_new) = world.store.recipient_or_new(&ours, ADDRESS, "token-2", at("11:00:00")).await.unwrap();
    assert!(!is_new);
    assert_eq!(again, first);
    let (other, is_new) = world.store.recipient_or_new(&theirs, ADDRESS, "token-3", at("11:00:00")).await.unwrap();
    assert!(is_new, "each account asks for itself");
    assert_ne!(other.token, first.token);
    assert_eq!(world.store.ask_again(&first, at("12:00:00")).await.unwrap().asked, 2);
}

#[tokio::test]
async fn answer_is_kept_and_found_by_the_link() {
    let world = world().await;
    let ours = AccountId::new("local");
    let (recipient, _) = world.store.recipient_or_new(&ours, ADDRESS, "token-1", at("10:00:00")).await.unwrap();
    assert_eq!(recipient.consent, Consent::Asked);
    for consent in [Consent::Confirmed, Consent::Unsubscribed] {
        world.store.answer(&recipient, consent, at("10:05:00")).await.unwrap();
        let (known, _) = world.store.recipient(&ours, ADDRESS).await.unwrap();
        assert_eq!(known.unwrap().consent, consent);
        let linked = world.store.recipient_by_token("token-1").await.unwrap().unwrap();
        assert_eq!((linked.consent, linked.address.as_str()), (consent, ADDRESS));
    }
    assert_eq!(world.store.recipient_by_token("token-2").await.unwrap(), None);
}

#[tokio::test]
async fn suppressed_address_is_so_for_all_until_its_owner_agrees_anew() {
    let world = world().await;
    let (ours, theirs) = (AccountId::new("local"), AccountId::new("theirs"));
    let (recipient, _) = world.store.recipient_or_new(&ours, ADDRESS, "token-1", at("10:00:00")).await.unwrap();
    world.store.suppress(ADDRESS, SuppressionCause::Bounced, "it bounced: 550 5.1.1", at("10:01:00")).await.unwrap();
    for account in [&ours, &theirs] {
        let (_, suppression) = world.store.recipient(account, ADDRESS).await.unwrap();
        assert_eq!(suppression.unwrap().reason, "it bounced: 550 5.1.1");
    }
    world.store.answer(&recipient, Consent::Unsubscribed, at("10:02:00")).await.unwrap();
    assert!(world.store.recipient(&theirs, ADDRESS).await.unwrap().1.is_some());
    world.store.answer(&recipient, Consent::Confirmed, at("10:03:00")).await.unwrap();
    assert_eq!(world.store.recipient(&theirs, ADDRESS).await.unwrap(), (None, None));
}
