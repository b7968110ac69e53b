//! Mutes and acknowledgements from the page to the receiver: what is muted is told no more, and whoever was told of the
//! opening is told of the end.
use accounts::{
    audit::{AuditEntry, Values},
    sign_up::SignUp,
};
use console::{Console, Settings};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use outbound::Guard;
use status::mute::{Mute, Muted};
use store::{Consent, Edit};
use tests::{
    http_client,
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, destination, group, hook, monitor, page},
};
use tokio::net::TcpListener;

use crate::story::{Story, ongoing, with};

const ACCOUNT: &str = "local";
const MAJOR: &str = "severities = [\"major\"]\nevents = [\"opened\", \"updated\", \"resolved\"]\n";
const FOLLOW_UP: &str = "follow_up = { minutes = 30 }\n";

/// The hook `team` is told of everything, and `boss` of what is major.
fn settings(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    [
        NETWORK.to_owned(),
        page(server, "acme"),
        hook(receiver, "team"),
        hook(receiver, "boss"),
        monitor("m", "acme", ""),
        group("everyone", &["team"], &format!("{EVERYTHING}{more}")),
        group("bosses", &["boss"], MAJOR),
    ]
    .concat()
}

fn edit() -> Edit {
    Edit::of(AuditEntry {
        account: ACCOUNT.into(),
        at: Timestamp::now(),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "incident.muted".to_owned(),
        target: String::new(),
        before: Values::new(),
        after: Values::new(),
    })
}

impl Story {
    async fn mute(&self, incident: &str, muted: Muted) -> Mute {
        let mute = Mute {
            account: ACCOUNT.into(),
            provider: "acme".into(),
            incident: incident.into(),
            episode: 1,
            muted,
            title: incident.to_owned(),
            by: "jo@example.com".to_owned(),
            at: Timestamp::now(),
        };
        self.world.app.store.save_mute(&mute, &edit()).await.unwrap();
        mute
    }

    async fn undo(&self, mute: &Mute) {
        self.world.app.store.remove_mute(mute, &edit()).await.unwrap();
    }
}

fn major(incident: Incident) -> Incident {
    Incident { impact: "critical".to_owned(), ..incident }
}

#[tokio::test]
async fn muted_incident_is_told_no_more_but_its_end() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("identified"), ongoing("i2").post("identified")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "opened i2", "updated i2"]);
    // What got worse is muted as well, also for those who had not heard of it.
    story.read(with(vec![major(ongoing("i1").post("identified")), ongoing("i2").post("identified")])).await;
    assert!(story.heard("boss").is_empty(), "{:?}", story.heard("boss"));
    let over = |incident: Incident| incident.post("identified").post("resolved");
    story.read(with(vec![major(over(ongoing("i1"))), over(ongoing("i2"))])).await;
    let heard = story.heard("team");
    assert_eq!(heard.len(), 5, "{heard:?}");
    assert!(heard.contains(&"resolved i1".to_owned()), "{heard:?}");
    assert!(story.heard("boss").is_empty(), "of the end hears who heard of the opening: {:?}", story.heard("boss"));
    story.world.finish().await;
}

#[tokio::test]
async fn mute_that_is_undone_lets_the_next_update_through() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1")])).await;
    let mute = story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("identified")])).await;
    story.undo(&mute).await;
    story.read(with(vec![ongoing("i1").post("identified").post("monitoring")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "updated i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn muted_incident_that_opens_again_is_told() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("resolved")])).await;
    story.read(with(vec![ongoing("i1").post("resolved").post("investigating")])).await;
    let heard = story.heard("team");
    assert_eq!(heard[..2], ["opened i1", "resolved i1"]);
    assert_eq!(heard.len(), 3, "another episode is another matter: {heard:?}");
    story.world.finish().await;
}

#[tokio::test]
async fn acknowledged_incident_is_not_followed_up_and_all_else_is_told() {
    let story = Story::start(settings, FOLLOW_UP).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2"), ongoing("i3")])).await;
    story.mute("i1", Muted::FollowUp).await;
    let undone = story.mute("i2", Muted::FollowUp).await;
    story.undo(&undone).await;
    story.mute("i3", Muted::Alerts).await;
    let page = || with(vec![ongoing("i1"), ongoing("i2"), ongoing("i3")]);
    for minutes in [40, 90] {
        story.after(minutes, page()).await;
        assert_eq!(story.heard("team")[3..], ["updated i2"], "after {minutes} minutes");
    }
    let page = with(vec![ongoing("i1").post("identified"), ongoing("i2"), ongoing("i3")]);
    story.after(100, page).await;
    assert_eq!(story.heard("team")[4..], ["updated i1"], "its updates are told");
    story.world.finish().await;
}

#[tokio::test]
async fn what_is_muted_while_it_is_held_is_told_neither_then_nor_at_its_end() {
    let time = |hours| {
        let at = TimeZone::UTC.to_datetime(Timestamp::now() + SignedDuration::from_hours(hours));
        at.strftime("%H:%M").to_string()
    };
    let quiet = format!("quiet_hours = {{ zone = 'UTC', from = '{}', until = '{}' }}\n", time(-2), time(2));
    let story = Story::start(settings, &quiet).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.after(180, with(vec![ongoing("i1"), ongoing("i2")])).await;
    assert_eq!(story.heard("team").len(), 1, "{:?}", story.heard("team"));
    let messages = story.world.receiver.messages();
    let items = messages[0].json()["data"]["summary"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{items:?}");
    story.after(200, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    story.after(240, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    // The end came while it was quiet, so it waits too.
    let heard = story.heard("team");
    assert_eq!(heard.len(), 2, "{heard:?}");
    let messages = story.world.receiver.messages();
    let items = messages[1].json()["data"]["summary"].as_array().unwrap().clone();
    let ends: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(ends, ["incident.resolved"], "{items:?}");
    story.world.finish().await;
}

const ADDRESS: &str = "ops@customer.test";

/// Serves the pages of accounts.
fn serve_console(world: &World, base: &str, listener: TcpListener) {
    let settings = Settings {
        sign_up: SignUp::Invitation,
        owner: None,
        public_url: Some(base.to_owned()),
        mail: None,
        guard: Guard::default(),
        max_monitors: None,
        file_account: ACCOUNT.into(),
    };
    let router = console::router(Console::new(world.app.store.clone(), settings));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

#[tokio::test]
async fn incident_is_acknowledged_by_the_link_in_its_mail() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let declared = [
        world::mail(&receiver, &base).replacen("[instance]", "[instance]\nowner = 'jo@example.com'", 1),
        "[accounts]\n".to_owned(),
        NETWORK.to_owned(),
        page(&server, "acme"),
        hook(&receiver, "team"),
        destination("mail", "email", &format!("address = '{ADDRESS}'")),
        monitor("m", "acme", ""),
        group("everyone", &["team", "mail"], &format!("{EVERYTHING}{FOLLOW_UP}")),
    ]
    .concat();
    let began = Timestamp::now();
    let story = Story::of(World::with(server, receiver, &declared, None).await, began, settings);
    serve_console(&story.world, &base, listener);
    story.world.answer(ACCOUNT, ADDRESS, Consent::Confirmed).await;
    story.read(with(Vec::new())).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    let mails = || story.world.receiver.fakes.mails_to(ADDRESS);
    let opened = mails().into_iter().map(|mail| mail.text().unwrap()).find(|text| text.contains("i1")).unwrap();
    let prefix = format!("{base}/alerts/incident/");
    let link = opened.split_whitespace().find(|word| word.starts_with(&prefix)).unwrap_or_else(|| panic!("{opened}"));
    let shown = http_client::get(link).await;
    assert_eq!(shown.status, 200, "{}", String::from_utf8_lossy(&shown.body));
    assert_eq!(story.world.app.store.mutes(&ACCOUNT.into()).await.unwrap(), [], "scanners open links");
    assert_eq!(http_client::post(link, "muted=follow_up").await.status, 303);

    let sent = mails().len();
    story.after(40, with(vec![ongoing("i1"), ongoing("i2")])).await;
    assert_eq!(story.heard("team")[2..], ["updated i2"], "for the whole account");
    assert_eq!(mails().len(), sent + 1, "nobody is told that it was acknowledged");
    let over = |id| ongoing(id).post("resolved");
    story.after(60, with(vec![over("i1"), over("i2")])).await;
    assert_eq!(story.heard("team").len(), 5);
    let last = mails().last().unwrap().text().unwrap();
    assert!(!last.contains(&prefix), "nothing is left to be acknowledged: {last}");
    story.world.finish().await;
}
