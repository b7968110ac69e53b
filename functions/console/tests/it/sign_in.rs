//! Signing in by a mailed link.
use accounts::sign_up::SignUp;
use fakes::{Fault, Reply};
use http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use store::Allowance;

use crate::world::{OWNER, World};

const JO: &str = "jo@example.com";

#[tokio::test]
async fn mailed_link_signs_in_once_and_leads_on() {
    let world = World::start(SignUp::Open).await;
    let mut browser = world.browser(1);
    let led = browser.open("/account/sessions").await;
    assert_eq!(led.leads_to(), (StatusCode::SEE_OTHER, "/account/sign-in?to=%2Faccount%2Fsessions"));
    let form = browser.open("/account/sign-in?to=%2Faccount%2Fsessions").await;
    assert!(form.body.contains("name=\"to\" value=\"/account/sessions\"") && !form.body.contains("<script"));
    let asked = browser.submit("/account/sign-in", "address=Jo%40EXAMPLE.com&to=%2Faccount%2Fsessions").await;
    assert_eq!(asked.leads_to(), (StatusCode::SEE_OTHER, "/account/sign-in?sent=1"));
    let mails = world.fakes.mails_to("Jo@example.com");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject().as_deref(), Some("Sign in to localhost:8080"));

    let link = world.link_to("Jo@example.com");
    for _ in 0..3 {
        let opened = browser.open(&link).await;
        assert!(opened.status == StatusCode::OK && opened.body.contains("Jo@example.com"), "{}", opened.body);
        assert_eq!(browser.cookie, None, "scanners follow links");
    }
    let entered = browser.submit(&link, "").await;
    assert_eq!(entered.leads_to(), (StatusCode::SEE_OTHER, "/account/sessions"));
    assert!(entered.header(header::SET_COOKIE).contains("; HttpOnly; SameSite=Lax"));
    let page = browser.open("/account").await;
    assert_eq!((page.status, page.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(page.body.contains("are an owner of this account"), "{}", page.body);

    let mut other = world.browser(2);
    assert_eq!(other.submit(&link, "").await.status, StatusCode::NOT_FOUND, "it was used");
    assert_eq!(other.cookie, None);
}

#[tokio::test]
async fn answer_and_mail_are_the_same_whether_an_account_knows_the_address() {
    let world = World::start(SignUp::Invitation).await;
    world.signed_in(OWNER, 9).await;
    let mut browser = world.browser(1);
    let known = browser.submit("/account/sign-in", "address=owner%40example.com").await;
    let unknown = browser.submit("/account/sign-in", "address=nobody%40example.com").await;
    assert_eq!((known.status, &known.headers, &known.body), (unknown.status, &unknown.headers, &unknown.body));
    let mail = |address| world.fakes.mails_to(address).pop().unwrap();
    assert_eq!(mail(OWNER).subject(), mail("nobody@example.com").subject());
    let text = mail("nobody@example.com").text().unwrap();
    assert!(text.contains("belongs to no account") && !text.contains("/account/sign-in/"), "{text}");
    assert!(mail(OWNER).text().unwrap().contains("/account/sign-in/"));
}

#[tokio::test]
async fn strangers_mailbox_is_not_flooded() {
    let world = World::start(SignUp::Open).await;
    for from in 1..=20 {
        let asked = world.browser(from).submit("/account/sign-in", "address=jo%40example.com").await;
        assert_eq!(asked.leads_to(), (StatusCode::SEE_OTHER, "/account/sign-in?sent=1"));
    }
    assert_eq!(world.fakes.mails_to(JO).len(), 1, "one in ten minutes");
    for number in 0..40 {
        world.browser(77).submit("/account/sign-in", &format!("address=a{number}%40example.com")).await;
    }
    assert_eq!(world.fakes.mails().len(), 1 + 30, "so many from one network in an hour");
    assert!(!world.stored().await.contains("a39@example.com"), "what is refused is not kept");
}

/// As many as an hour has are counted already, of whatever network they were asked for.
#[tokio::test]
async fn mails_of_all_and_of_one_address_are_limited_too() {
    let world = World::start(SignUp::Open).await;
    let ask = async |from: u8, address: &str| {
        let form = format!("address={}", address.replace('@', "%40"));
        let asked = world.browser(from).submit("/account/sign-in", &form).await;
        assert_eq!(asked.leads_to(), (StatusCode::SEE_OTHER, "/account/sign-in?sent=1"), "the answer tells nothing");
        world.fakes.mails_to(address).len()
    };
    let used = async |name, most, hours, of: &str| {
        let allowance = Allowance { name, most, period: SignedDuration::from_hours(hours) };
        while world.store.count(allowance, of, Timestamp::now()).await.unwrap() {}
    };
    used("mail-to-day", 8, 24, JO).await;
    assert_eq!(ask(1, JO).await, 0, "eight a day to one address");
    assert_eq!(ask(1, "al@example.com").await, 1);
    used("mail-all", 500, 1, "all").await;
    for (from, address) in [(2, "bo@example.com"), (3, "cy@example.com")] {
        assert_eq!(ask(from, address).await, 0, "500 an hour in all");
    }
}

#[tokio::test]
async fn no_header_is_added_to_a_mail() {
    let world = World::start(SignUp::Open).await;
    let mut browser = world.browser(1);
    for address in
        ["jo%40example.com%0d%0aBcc%3A+evil%40example.com", "jo%40example.com%2Cevil%40example.com", "", "jo"]
    {
        let asked = browser.submit("/account/sign-in", &format!("address={address}")).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        assert!(asked.body.contains("aria-invalid=\"true\"") && asked.body.contains("href=\"#address\""));
    }
    assert_eq!(world.fakes.mails().len(), 0);
}

#[tokio::test]
async fn link_names_the_configured_host_whatever_the_request_says() {
    let world = World::start(SignUp::Open).await;
    let mut browser = world.browser(1);
    let request = Request::post("/account/sign-in").header("x-forwarded-host", "evil.example");
    browser.send(request.header("x-forwarded-proto", "https"), "address=jo%40example.com").await;
    let text = world.fakes.mails_to(JO).pop().unwrap().text().unwrap();
    assert!(text.contains("http://localhost:8080/account/sign-in/") && !text.contains("evil"), "{text}");
}

#[tokio::test]
async fn no_mail_is_promised_that_is_not_sent() {
    let world = World::start(SignUp::Open).await;
    let mut browser = world.browser(1);
    world.fakes.set_faults([Fault::Answer(Reply::text(554, "5.6.0 no"))]);
    let refused = browser.submit("/account/sign-in", "address=jo%40example.com").await;
    assert!(refused.status == StatusCode::SERVICE_UNAVAILABLE && refused.body.contains("did not take the email"));

    let world = world.without_mail();
    let mut browser = world.browser(1);
    assert!(browser.open("/account/sign-in").await.body.contains("sends no email"));
    let asked = browser.submit("/account/sign-in", "address=jo%40example.com").await;
    assert!(asked.status == StatusCode::OK && asked.body.contains("sends no email"), "{}", asked.body);
    world.signed_in(OWNER, 2).await;
}

#[tokio::test]
async fn nobody_gets_an_account_unless_sign_up_is_open() {
    for sign_up in [SignUp::Invitation, SignUp::Closed] {
        let world = World::start(sign_up).await;
        let mut browser = world.browser(1);
        let link = console::sign_in_link(&world.store, "", JO, jiff::Timestamp::now()).await.unwrap();
        let entered = browser.submit(&link, "").await;
        assert_eq!((entered.status, &browser.cookie), (StatusCode::FORBIDDEN, &None), "{}", entered.body);
        assert_eq!(world.store.user(JO).await.unwrap(), None);
    }
}

#[tokio::test]
async fn whoever_runs_the_instance_owns_the_account_of_the_configuration_file() {
    let world = World::start(SignUp::Closed).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let page = owner.open("/account").await;
    assert!(page.body.contains("is in the configuration file") && page.body.contains("are an owner"));
    assert_eq!(owner.open("/account/delete").await.status, StatusCode::FORBIDDEN);
    world.signed_in(OWNER, 2).await;
    let team = world.store.team(&"local".into(), jiff::Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((team.members.len(), team.account.owners), (1, 1));
}

#[tokio::test]
async fn two_first_sign_ins_of_one_address_make_one_account() {
    let world = World::start(SignUp::Open).await;
    let (a, b) = tokio::join!(world.signed_in(JO, 1), world.signed_in(JO, 2));
    assert!(a.cookie.is_some() && b.cookie.is_some());
    assert_eq!(world.store.user(JO).await.unwrap().unwrap().accounts.len(), 1);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::start(SignUp::Open).await;
    let mut here = world.signed_in(JO, 1).await;
    let mut there = world.signed_in(JO, 2).await;
    let mut third = world.signed_in(JO, 3).await;
    let list = here.open("/account/sessions").await;
    assert_eq!(list.body.matches("192.0.2.0/24").count(), 3, "{}", list.body);
    let (_, rest) = list.body.split_once("action=\"/account/sessions/").unwrap();
    let id = rest.split('/').next().unwrap().to_owned();
    here.post(&format!("/account/sessions/{id}/end"), "").await;
    let signed_in = async |browser: &mut crate::world::Browser| browser.open("/account").await.status == StatusCode::OK;
    let others = [signed_in(&mut there).await, signed_in(&mut third).await];
    assert_eq!(others.iter().filter(|is| **is).count(), 1, "one of them is over");
    here.post("/account/sessions/others/end", "").await;
    assert!(signed_in(&mut here).await && !signed_in(&mut there).await && !signed_in(&mut third).await);
    let copy = here.cookie.clone();
    assert_eq!(here.post("/account/sign-out", "").await.leads_to(), (StatusCode::SEE_OTHER, "/account/sign-in"));
    assert_eq!(here.cookie, None);
    here.cookie = copy;
    assert!(!signed_in(&mut here).await, "a copy of the cookie is over too");
}

#[tokio::test]
async fn every_action_costs_few_requests_to_the_store() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let token = jo.token().await;
    let link = console::sign_in_link(&world.store, "", JO, jiff::Timestamp::now()).await.unwrap();
    let mut other = world.browser(2);
    let mut before = world.store.counts();
    let mut costs = || {
        let now = world.store.counts();
        let cost = (now.reads - before.reads, now.writes - before.writes);
        before = now;
        cost
    };
    jo.open("/account").await;
    assert_eq!(costs(), (4, 0), "the session, the member, the account, the accounts of the user");
    jo.open("/account/sessions").await;
    assert_eq!(costs(), (3, 0));
    jo.submit("/account/rename", &format!("form={token}&name=Acme&was=jo%40example.com")).await;
    assert_eq!(costs(), (3, 1));
    other.submit("/account/sign-in", "address=al%40example.com").await;
    assert_eq!(costs(), (2, 5), "four counts and the link");
    other.open(&link).await;
    assert_eq!(costs(), (1, 0));
    other.submit(&link, "").await;
    assert_eq!(costs(), (1, 2), "the link is used, the session begins, and the log has it");
    world.browser(3).open("/account/sign-in").await;
    world.browser(3).open("/account").await;
    assert_eq!(costs(), (0, 0), "strangers cost nothing");
}

#[tokio::test]
async fn audit_log_has_who_signed_in_how_and_who_ended_it() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let mut phone = world.signed_in(JO, 2).await;
    let account = crate::world::account_of(&world, JO).await;
    let log = async || {
        let entries = world.store.audit_log(&account, None, 50).await.unwrap().entries;
        let sessions = entries.into_iter().filter(|entry| entry.action.starts_with("session."));
        sessions.map(|entry| (entry.action, entry.after.get("by").cloned().unwrap_or_default())).collect::<Vec<_>>()
    };
    let began = || ("session.began".to_owned(), "link".to_owned());
    let ended = || ("session.ended".to_owned(), String::new());
    assert_eq!(log().await, [began(), began()]);
    jo.post("/account/sessions/others/end", "").await;
    assert_eq!(phone.open("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log().await, [ended(), began(), began()], "the newest first");
    jo.post("/account/sign-out", "").await;
    assert_eq!(log().await[..2], [ended(), ended()]);
    let wrong = world.browser(3).submit(&format!("/account/sign-in/{}", "0".repeat(64)), "").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert_eq!(log().await.len(), 4, "what failed is no entry");
}
