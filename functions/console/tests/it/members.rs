//! Members of an account: invited, changed, removed; and the end of an account.
use accounts::sign_up::SignUp;
use http::StatusCode;
use jiff::Timestamp;

use crate::world::{Browser, OWNER, World, hidden};

const AL: &str = "al@example.com";

/// Invites somebody and lets them join.
pub(crate) async fn joined(world: &World, owner: &mut Browser, address: &str, role: &str, from: u8) -> Browser {
    let form = format!("address={}&role={role}", address.replace('@', "%40"));
    let invited = owner.post("/account/invitations", &form).await;
    assert_eq!(invited.leads_to(), (StatusCode::SEE_OTHER, "/account?done=invited"), "{}", invited.body);
    let mut browser = world.browser(from);
    let joined = browser.submit(&world.link_to(address), "").await;
    assert_eq!(joined.leads_to(), (StatusCode::SEE_OTHER, "/account?done=joined"), "{}", joined.body);
    browser
}

#[tokio::test]
async fn colleague_is_invited_joins_once_and_is_what_the_invitation_says() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    owner.post("/account/invitations", "address=al%40example.com&role=reader").await;
    let link = world.link_to(AL);
    let mut al = world.browser(2);
    let shown = al.open(&link).await;
    assert!(shown.body.contains("invites") && shown.body.contains(AL) && al.cookie.is_none());
    assert_eq!(al.submit(&link, "role=owner&address=evil%40example.com").await.status, StatusCode::SEE_OTHER);
    let page = al.open("/account").await;
    assert!(page.body.contains("are a reader of this account"), "{}", page.body);
    for hidden in
        ["/account/audit", "/account/export", "/account/export.toml", "/account/invitations", "/account/rename"]
    {
        assert!(!page.body.contains(hidden), "{hidden}");
    }
    assert_eq!(world.browser(3).submit(&link, "").await.status, StatusCode::NOT_FOUND, "it was used");
}

#[tokio::test]
async fn withdrawn_invitation_is_no_longer_good() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    owner.post("/account/invitations", "address=al%40example.com&role=editor").await;
    let link = world.link_to(AL);
    let page = owner.open("/account").await;
    let (_, rest) = page.body.split_once("action=\"/account/invitations/").unwrap();
    let id = rest.split('/').next().unwrap();
    owner.post(&format!("/account/invitations/{id}/withdraw"), "").await;
    assert_eq!(world.browser(2).submit(&link, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.store.user(AL).await.unwrap(), None);
}

#[tokio::test]
async fn typed_address_is_kept_and_the_error_is_at_the_field() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let refused = owner.post("/account/invitations", "address=no%22%3Eaddress&role=reader").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"no&quot;&gt;address\""), "{}", refused.body);
    assert!(refused.body.contains("<option value=\"reader\" selected>") && refused.body.contains("role=\"alert\""));
    let again = owner.post("/account/invitations", "address=owner%40example.com&role=reader&was=owner").await;
    assert!(again.body.contains("They are a member already."));
    assert_eq!(world.fakes.mails().len(), 0);
}

#[tokio::test]
async fn removed_member_is_out_at_once_and_the_last_owner_stays() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = joined(&world, &mut owner, AL, "editor", 2).await;
    let alone = owner.post("/account/members/remove", "address=owner%40example.com").await;
    assert!(alone.status == StatusCode::CONFLICT && alone.body.contains("at least one owner"), "{}", alone.body);
    let role = owner.post("/account/members/role", "address=owner%40example.com&role=reader&was=owner").await;
    assert_eq!(role.status, StatusCode::CONFLICT);
    assert_eq!(al.open("/account").await.status, StatusCode::OK);
    let removed = owner.post("/account/members/remove", "address=al%40example.com").await;
    assert_eq!(removed.leads_to(), (StatusCode::SEE_OTHER, "/account?done=removed"));
    assert_eq!(al.open("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(al.cookie, None);
}

#[tokio::test]
async fn readers_and_editors_decide_nothing_about_the_account() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    for (address, role, from) in [("reader@example.com", "reader", 2), ("editor@example.com", "editor", 3)] {
        let mut member = joined(&world, &mut owner, address, role, from).await;
        for path in ["/account/audit", "/account/export", "/account/tokens", "/account/rename", "/account/delete"] {
            assert_eq!(member.open(path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        let own = address.replace('@', "%40");
        for (path, form) in [
            ("/account/members/role", format!("address={own}&role=owner&was={role}")),
            ("/account/members/remove", "address=owner%40example.com".to_owned()),
            ("/account/invitations", "address=x%40example.com&role=owner".to_owned()),
            ("/account/invitations/1/withdraw", String::new()),
            ("/account/tokens", "name=Mine&scope=write&days=30".to_owned()),
            ("/account/tokens/1/revoke", String::new()),
            ("/account/rename", "name=Mine&was=Configuration+file".to_owned()),
            ("/account/delete", "name=Configuration+file".to_owned()),
        ] {
            assert_eq!(member.post(path, &form).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
    let team = world.store.team(&"local".into(), Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((team.members.len(), team.account.owners, team.invitations.len()), (3, 1, 0));
    assert_eq!(team.account.name, "Configuration file");
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_before_and_after() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    joined(&world, &mut owner, AL, "editor", 2).await;
    owner.post("/account/members/role", "address=al%40example.com&role=reader&was=editor").await;
    owner.post("/account/rename", "name=%3Cb%3EAcme&was=Configuration+file").await;
    let log = owner.open("/account/audit").await;
    for text in
        ["member invited", "member joined", "member changed", "editor → reader", "Configuration file → &lt;b&gt;Acme"]
    {
        assert!(log.body.contains(text), "{text}: {}", log.body);
    }
    let export = owner.open("/account/export").await;
    let exported: serde_json::Value = serde_json::from_str(&export.body).unwrap();
    assert_eq!(exported["members"].as_array().unwrap().len(), 2);
    assert_eq!(exported["audit_log"].as_array().unwrap().len(), 8, "two of them are of sessions");
    // A group may have a digest; that of a secret is a text.
    assert!(!export.body.contains("\"digest\":\""), "{}", export.body);
}

#[tokio::test]
async fn account_is_deleted_by_typing_its_name() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in("jo@example.com", 1).await;
    let wrong = jo.post("/account/delete", "name=jo").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("value=\"jo\""));
    assert_eq!(jo.open("/account").await.status, StatusCode::OK);
    jo.post("/account/delete", "name=jo%40example.com").await;
    assert_eq!(jo.open("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(jo.cookie, None);
    let stored = world.stored().await;
    assert!(!stored.contains("jo@example.com"), "{stored}");
}

#[tokio::test]
async fn member_of_several_accounts_chooses_one_and_no_other() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut stranger = world.signed_in("stranger@example.com", 4).await;
    world.signed_in(AL, 2).await;
    let mut al = joined(&world, &mut owner, AL, "reader", 3).await;
    assert!(al.open("/account").await.body.contains("are a reader"));
    let own = world.store.user(AL).await.unwrap().unwrap().accounts[0].clone();
    assert_eq!(al.post("/account/switch", &format!("account={own}")).await.status, StatusCode::SEE_OTHER);
    assert!(al.open("/account").await.body.contains("are an owner"));
    for foreign in ["local", own.as_str(), "", "nowhere"] {
        let switched = stranger.post("/account/switch", &format!("account={foreign}")).await;
        assert_eq!(switched.status, StatusCode::NOT_FOUND, "{foreign}");
    }
}

/// Somebody with an account of their own who is in the owner's too, where they work.
async fn in_two_accounts(world: &World, owner: &mut Browser, role: &str) -> Browser {
    world.signed_in(AL, 2).await;
    joined(world, owner, AL, role, 3).await
}

#[tokio::test]
async fn session_begins_in_the_account_that_was_worked_in_last() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = in_two_accounts(&world, &mut owner, "reader").await;
    let own = world.store.user(AL).await.unwrap().unwrap().accounts[0].clone();
    let role = async |browser: &mut Browser| {
        let page = browser.open("/account").await.body;
        if page.contains("are a reader") { "reader" } else { "owner" }
    };
    assert_eq!(role(&mut world.signed_in(AL, 4).await).await, "reader", "where the invitation led");
    al.post("/account/switch", &format!("account={own}")).await;
    assert_eq!(role(&mut world.signed_in(AL, 4).await).await, "owner");
    al.post("/account/switch", "account=local").await;
    assert_eq!(role(&mut world.signed_in(AL, 4).await).await, "reader");
    // An account that they are out of is not it.
    owner.post("/account/members/remove", "address=al%40example.com").await;
    assert_eq!(role(&mut world.signed_in(AL, 4).await).await, "owner");
}

#[tokio::test]
async fn role_and_name_are_changed_from_what_the_page_showed_and_from_nothing_else() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = joined(&world, &mut owner, AL, "owner", 2).await;
    joined(&world, &mut owner, "bo@example.com", "editor", 3).await;
    let page = owner.open("/account").await.body;
    let (_, of_bo) = page.split_once("name=\"address\" value=\"bo@example.com\"").unwrap();
    assert_eq!(hidden(of_bo, "was"), "editor");
    let form = |was: &str, role: &str| format!("address=bo%40example.com&was={was}&role={role}");
    assert_eq!(al.post("/account/members/role", &form("editor", "reader")).await.status, StatusCode::SEE_OTHER);
    let late = owner.post("/account/members/role", &form("editor", "owner")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    let role = async || world.store.member(&"local".into(), "bo@example.com").await.unwrap().unwrap().role;
    assert_eq!(role().await, accounts::role::Role::Reader);
    assert_eq!(owner.post("/account/members/role", &form("reader", "owner")).await.status, StatusCode::SEE_OTHER);

    let page = owner.open("/account/rename").await.body;
    assert_eq!(hidden(&page, "was"), "Configuration file");
    let named = al.post("/account/rename", "name=Acme&was=Configuration+file").await;
    assert_eq!(named.status, StatusCode::SEE_OTHER);
    let late = owner.post("/account/rename", "name=Ours&was=Configuration+file").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("named it Acme meanwhile") && late.body.contains("value=\"Ours\""), "{}", late.body);
    assert_eq!(world.store.account(&"local".into()).await.unwrap().unwrap().name, "Acme");
    let again = format!("name=Ours&was={}", hidden(&late.body, "was"));
    assert_eq!(owner.post("/account/rename", &again).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn form_of_one_account_does_nothing_in_another() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = in_two_accounts(&world, &mut owner, "owner").await;
    let own = world.store.user(AL).await.unwrap().unwrap().accounts[0].clone();
    let of_file = al.token().await;
    assert_eq!(al.post("/account/switch", &format!("account={own}")).await.status, StatusCode::SEE_OTHER);

    let invitation = format!("form={of_file}&address=bo%40example.com&role=editor");
    let refused = al.submit("/account/invitations", &invitation).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("You work in the account <strong>al@example.com</strong> now"), "{}", refused.body);
    assert!(refused.body.contains("<dd>bo@example.com</dd>"), "what was typed is not lost: {}", refused.body);
    let secret = format!("form={of_file}&channel=slack&setting.url=https%3A%2F%2Fhooks.example.com%2Fs3cret");
    let refused = al.submit("/alerts/destinations/new", &secret).await;
    assert!(refused.status == StatusCode::CONFLICT && !refused.body.contains("s3cret"), "{}", refused.body);
    let left = al.submit("/account/members/remove", &format!("form={of_file}&address=al%40example.com")).await;
    assert_eq!(left.status, StatusCode::CONFLICT);
    let team = world.store.team(&own, Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((team.members.len(), team.invitations.len()), (1, 0));

    // Back there, the form is good again.
    let back = al.submit("/account/switch", &format!("form={of_file}&account=local")).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(al.submit("/account/invitations", &invitation).await.leads_to().1, "/account?done=invited");
    let signed_out = al.submit("/account/sign-out", &format!("form={of_file}")).await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER);
    assert_eq!(al.cookie, None);
}

#[tokio::test]
async fn form_of_a_removed_member_does_nothing_in_their_other_account() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = in_two_accounts(&world, &mut owner, "editor").await;
    let own = world.store.user(AL).await.unwrap().unwrap().accounts[0].clone();
    let token = al.token().await;
    owner.post("/account/members/remove", "address=al%40example.com").await;

    let form = format!("form={token}&address=al%40example.com");
    for path in ["/account/members/remove", "/account/members/remove", "/account/rename"] {
        let refused = al.submit(path, &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{path}: {}", refused.body);
        assert!(refused.body.contains("no longer a member"), "{}", refused.body);
    }
    assert!(world.store.member(&own, AL).await.unwrap().is_some(), "they are still in their own account");
    // What they open leads on to the account that is left to them, and says so.
    let opened = al.open("/account/members/remove?address=al%40example.com").await;
    assert_eq!(opened.leads_to(), (StatusCode::SEE_OTHER, "/account?done=moved"));
    let page = al.open("/account?done=moved").await;
    assert!(page.status == StatusCode::OK && page.body.contains("are an owner"), "{}", page.body);
    assert!(page.body.contains("You work in this one now."), "{}", page.body);
    let old = al.submit("/account/members/remove", &form).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "the form is still of the account before");
}
