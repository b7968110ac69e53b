//! Users, accounts, sessions, links and tokens.
use accounts::{
    ApiToken, Invitation, Member, Session, SignInLink,
    audit::{AuditEntry, values},
    credential::{Credential, user_id},
    role::Role,
    scope::Scope,
    secret::Secret,
};
use jiff::{SignedDuration, Timestamp};
use status::ids::AccountId;
use store::{Allowance, Store, TeamError, Turn};

use crate::world::world;

/// A time of day on a day that is still to come: rows whose time is over go by themselves.
fn at(time: &str) -> Timestamp {
    format!("2126-11-23T{time}Z").parse().unwrap()
}

const JO: &str = "jo@example.com";
const AL: &str = "al@example.com";

fn secret(seed: u8) -> Secret {
    Secret::new([seed; 32])
}

fn account() -> AccountId {
    AccountId::new("acc1")
}

fn entry(action: &str, number: u32) -> AuditEntry {
    AuditEntry {
        account: account(),
        at: at("10:00:00") + SignedDuration::from_secs(number.into()),
        id: format!("{number}"),
        who: JO.to_owned(),
        action: action.to_owned(),
        target: AL.to_owned(),
        before: values([]),
        after: values([("name", "x")]),
    }
}

fn member(address: &str, role: Role) -> Member {
    Member { account: account(), address: address.to_owned(), role, since: at("10:00:00") }
}

async fn founded(store: &Store) {
    store.found_account(&account(), "Acme", false, JO, entry("account.made", 1)).await.unwrap();
}

async fn owners(store: &Store) -> (u32, u32) {
    let account = store.account(&account()).await.unwrap().unwrap();
    (account.members, account.owners)
}

#[tokio::test]
async fn link_is_used_once_even_if_two_use_it_at_the_same_time() {
    let world = world().await;
    let link = SignInLink { address: JO.to_owned(), ends_at: at("10:15:00"), to: None };
    let digest = secret(1).digest();
    world.store.put_sign_in_link(&digest, &link).await.unwrap();
    assert_eq!(world.store.sign_in_link(&digest, at("10:14:59")).await.unwrap(), Some(link.clone()));
    let uses = (0..8).map(|_| world.store.use_sign_in_link(&digest, at("10:10:00")));
    let used: Vec<_> = futures_util::future::join_all(uses).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(used, [link]);
    assert_eq!(world.store.sign_in_link(&digest, at("10:10:00")).await.unwrap(), None);
}

#[tokio::test]
async fn link_ends_after_its_time() {
    let world = world().await;
    let link = SignInLink { address: JO.to_owned(), ends_at: at("10:15:00"), to: None };
    world.store.put_sign_in_link(&secret(1).digest(), &link).await.unwrap();
    assert_eq!(world.store.sign_in_link(&secret(1).digest(), at("10:15:00")).await.unwrap(), None);
    assert_eq!(world.store.use_sign_in_link(&secret(1).digest(), at("10:15:00")).await.unwrap(), None);
    assert_eq!(world.store.use_sign_in_link(&secret(2).digest(), at("10:00:00")).await.unwrap(), None);
}

#[tokio::test]
async fn no_secret_is_in_the_table() {
    let world = world().await;
    founded(&world.store).await;
    let link = SignInLink { address: JO.to_owned(), ends_at: at("10:15:00"), to: None };
    world.store.put_sign_in_link(&secret(1).digest(), &link).await.unwrap();
    world.store.put_session(&session("s1", 2), entry("session.began", 9)).await.unwrap();
    world.store.put_api_token(&token(3, None), entry("token.made", 2)).await.unwrap();
    let items = world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap();
    let all = format!("{items:?}");
    assert!(items.len() > 6 && all.contains(secret(2).digest().as_str()));
    for seed in 1..=3 {
        assert!(!all.contains(secret(seed).reveal()), "{seed}");
    }
}

fn session(id: &str, seed: u8) -> Session {
    Session {
        id: id.to_owned(),
        address: JO.to_owned(),
        account: account(),
        digest: secret(seed).digest(),
        since: at("10:00:00"),
        ends_at: at("20:00:00"),
        from: "Firefox, 192.0.2.0".to_owned(),
    }
}

fn cookie(id: &str, seed: u8) -> Credential {
    Credential { owner: user_id(JO), id: id.to_owned(), secret: secret(seed) }
}

#[tokio::test]
async fn session_needs_its_secret_and_ends_by_time_or_by_hand() {
    let world = world().await;
    for (id, seed) in [("s1", 1), ("s2", 2), ("s3", 3)] {
        world.store.put_session(&session(id, seed), entry("session.began", 9)).await.unwrap();
    }
    let found = async |id, seed, time| world.store.session(&cookie(id, seed), at(time)).await.unwrap().is_some();
    assert!(found("s1", 1, "11:00:00").await);
    assert!(!found("s1", 2, "11:00:00").await, "of another session");
    assert!(!found("s1", 1, "20:00:00").await, "it is over");
    assert_eq!(world.store.sessions_of(JO, at("11:00:00")).await.unwrap().len(), 3);
    world.store.end_session(JO, "s1", None).await.unwrap();
    assert!(!found("s1", 1, "11:00:00").await && found("s2", 2, "11:00:00").await);
    world.store.end_session(JO, "s2", Some(entry("session.ended", 9))).await.unwrap();
    assert!(!found("s2", 2, "11:00:00").await && found("s3", 3, "11:00:00").await);
    world.store.move_session(&session("s3", 3), &"acc2".into()).await.unwrap();
    assert_eq!(world.store.sessions_of(JO, at("11:00:00")).await.unwrap()[0].account.as_str(), "acc2");
    world.store.move_session(&session("s1", 1), &"acc2".into()).await.unwrap_err();
    assert!(!found("s1", 1, "11:00:00").await, "an ended session does not come back");
}

#[tokio::test]
async fn last_owner_stays_even_if_both_owners_leave_at_the_same_time() {
    let world = world().await;
    founded(&world.store).await;
    let only = world.store.member(&account(), JO).await.unwrap().unwrap();
    let removed = world.store.remove_member(&only, entry("member.removed", 2)).await;
    assert!(matches!(removed, Err(TeamError::LastOwner)), "{removed:?}");
    let demoted = world.store.change_role(&only, Role::Reader, entry("member.changed", 3)).await;
    assert!(matches!(demoted, Err(TeamError::LastOwner)), "{demoted:?}");

    world.store.add_member(&member(AL, Role::Owner), entry("member.added", 4)).await.unwrap();
    assert_eq!(owners(&world.store).await, (2, 2));
    let al = member(AL, Role::Owner);
    let (a, b) = tokio::join!(
        world.store.remove_member(&only, entry("member.removed", 5)),
        world.store.change_role(&al, Role::Editor, entry("member.changed", 6)),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(owners(&world.store).await.1, 1);
    let log = world.store.audit_log(&account(), None, 20).await.unwrap();
    assert_eq!(log.entries.len(), 3, "what was refused is not in the log: {log:?}");
}

#[tokio::test]
async fn change_that_rests_on_an_old_role_is_refused() {
    let world = world().await;
    founded(&world.store).await;
    world.store.add_member(&member(AL, Role::Reader), entry("member.added", 2)).await.unwrap();
    let seen = member(AL, Role::Reader);
    world.store.change_role(&seen, Role::Owner, entry("member.changed", 3)).await.unwrap();
    let late = world.store.change_role(&seen, Role::Editor, entry("member.changed", 4)).await;
    assert!(matches!(late, Err(TeamError::Changed)), "{late:?}");
    let late = world.store.remove_member(&seen, entry("member.removed", 5)).await;
    assert!(matches!(late, Err(TeamError::Changed)), "{late:?}");
    assert_eq!(owners(&world.store).await, (2, 2));
}

fn invitation(seed: u8) -> Invitation {
    Invitation {
        account: account(),
        id: "i1".to_owned(),
        address: AL.to_owned(),
        role: Role::Editor,
        by: JO.to_owned(),
        digest: secret(seed).digest(),
        since: at("10:00:00"),
        ends_at: at("12:00:00"),
    }
}

#[tokio::test]
async fn invitation_makes_one_member_once() {
    let world = world().await;
    founded(&world.store).await;
    world.store.put_invitation(&invitation(1), entry("member.invited", 2)).await.unwrap();
    let link = |seed| Credential { owner: "acc1".to_owned(), id: "i1".to_owned(), secret: secret(seed) };
    assert_eq!(world.store.invitation(&link(2), at("11:00:00")).await.unwrap(), None, "a guess");
    assert_eq!(world.store.invitation(&link(1), at("12:00:00")).await.unwrap(), None, "it is over");
    let found = world.store.invitation(&link(1), at("11:00:00")).await.unwrap().unwrap();
    let late = world.store.accept(&found, at("12:00:00"), entry("member.joined", 3)).await;
    assert!(matches!(late, Err(TeamError::Changed)), "{late:?}");
    let accept = |number| world.store.accept(&found, at("11:00:00"), entry("member.joined", number));
    let (a, b) = tokio::join!(accept(4), accept(5));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(owners(&world.store).await, (2, 1));
    assert_eq!(world.store.member(&account(), AL).await.unwrap().unwrap().role, Role::Editor);
    assert_eq!(world.store.user(AL).await.unwrap().unwrap().accounts, [account()]);
    assert!(world.store.team(&account(), at("11:00:00")).await.unwrap().unwrap().invitations.is_empty());
}

fn token(seed: u8, ends_at: Option<Timestamp>) -> ApiToken {
    ApiToken {
        account: account(),
        id: format!("t{seed}"),
        name: "ci".to_owned(),
        scope: Scope::Write,
        digest: secret(seed).digest(),
        by: JO.to_owned(),
        made_with: None,
        since: at("10:00:00"),
        ends_at,
        used_at: None,
    }
}

#[tokio::test]
async fn api_token_needs_its_account_and_secret_and_notes_its_use_rarely() {
    let world = world().await;
    founded(&world.store).await;
    world.store.put_api_token(&token(1, None), entry("token.made", 2)).await.unwrap();
    world.store.put_api_token(&token(2, Some(at("12:00:00"))), entry("token.made", 3)).await.unwrap();
    let given = |account: &str, seed, id: &str| Credential {
        owner: account.to_owned(),
        id: id.to_owned(),
        secret: secret(seed),
    };
    let used = async |given: Credential, time| world.store.api_token(&given, at(time)).await.unwrap();
    assert!(used(given("acc1", 1, "t1"), "11:00:00").await.is_some());
    assert!(used(given("acc2", 1, "t1"), "11:00:00").await.is_none(), "another account");
    assert!(used(given("acc1", 2, "t1"), "11:00:00").await.is_none(), "another secret");
    assert!(used(given("acc1", 2, "t2"), "12:00:00").await.is_none(), "it has ended");
    let noted = async || world.store.team(&account(), at("11:00:00")).await.unwrap().unwrap().tokens[0].used_at;
    assert_eq!(noted().await, Some(at("11:00:00")));
    used(given("acc1", 1, "t1"), "11:59:59").await;
    assert_eq!(noted().await, Some(at("11:00:00")));
    used(given("acc1", 1, "t1"), "12:00:00").await;
    assert_eq!(noted().await, Some(at("12:00:00")));
    world.store.remove_api_token(&token(1, None), entry("token.revoked", 4)).await.unwrap();
    assert!(used(given("acc1", 1, "t1"), "12:00:00").await.is_none());
}

#[tokio::test]
async fn audit_log_is_read_page_by_page_and_any_text_is_a_place_in_it() {
    let world = world().await;
    for number in 0..7 {
        world.store.audit(entry("monitor.made", number)).await.unwrap();
    }
    let other = AuditEntry { account: "acc2".into(), ..entry("monitor.made", 9) };
    world.store.audit(other).await.unwrap();
    let (mut ids, mut next) = (Vec::new(), None);
    loop {
        let page = world.store.audit_log(&account(), next.as_deref(), 3).await.unwrap();
        ids.extend(page.entries.into_iter().map(|entry| entry.id));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["6", "5", "4", "3", "2", "1", "0"]);
    for place in ["AUDIT#acc2", "\u{0}", "zzz", "%", &"x".repeat(2_000)] {
        let page = world.store.audit_log(&account(), Some(place), 100).await.unwrap();
        assert!(page.entries.iter().all(|entry| entry.account == account()), "{place}");
    }
}

#[tokio::test]
async fn deleted_account_leaves_nothing_behind_and_other_accounts_alone() {
    let world = world().await;
    let other = AccountId::new("acc2");
    let founding = AuditEntry { account: other.clone(), ..entry("account.made", 1) };
    world.store.found_account(&other, "Other", false, AL, founding).await.unwrap();
    founded(&world.store).await;
    world.store.add_member(&member(AL, Role::Owner), entry("member.added", 2)).await.unwrap();
    world.store.put_invitation(&invitation(1), entry("member.invited", 3)).await.unwrap();
    world.store.put_api_token(&token(1, None), entry("token.made", 4)).await.unwrap();
    let team = world.store.team(&account(), at("11:00:00")).await.unwrap().unwrap();
    world.store.delete_team(&team, JO).await.unwrap();
    let items = world.client().scan().table_name("statuswire").send().await.unwrap().items.unwrap();
    assert!(!format!("{items:?}").contains("acc1"), "{items:?}");
    assert_eq!(world.store.user(AL).await.unwrap().unwrap().accounts, [other]);
    assert_eq!(world.store.user(JO).await.unwrap(), None);
}

#[tokio::test]
async fn allowance_is_counted_in_the_table_and_ends_with_its_period() {
    let world = world().await;
    let allowance = Allowance { name: "test", most: 5, period: SignedDuration::from_hours(1) };
    let counts = (0..20).map(|_| world.store.count(allowance, "a", at("10:10:00")));
    let allowed = futures_util::future::join_all(counts).await.into_iter().filter(|it| *it.as_ref().unwrap()).count();
    assert_eq!(allowed, 5);
    assert!(world.store.count(allowance, "b", at("10:10:00")).await.unwrap());
    assert!(!world.store.count(allowance, "a", at("10:59:59")).await.unwrap());
    assert!(world.store.count(allowance, "a", at("11:00:00")).await.unwrap());
}

#[tokio::test]
async fn turn_comes_again_after_its_pause_and_one_of_two_takes_it() {
    let world = world().await;
    let turn = Turn { name: "test", pause: SignedDuration::from_mins(10) };
    let take = |time| world.store.take_turn(turn, "a", at(time));
    let (a, b) = tokio::join!(take("10:00:00"), take("10:00:00"));
    assert!(a.unwrap() != b.unwrap());
    assert!(!take("10:09:59").await.unwrap());
    assert!(take("10:10:00").await.unwrap());
    assert!(!take("10:15:00").await.unwrap());
}
