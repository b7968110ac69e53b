//! Rows that a usual round does not leave behind: of pages that fail, of what waits or is suppressed, of people, and of
//! work that is under way.
use accounts::{
    ApiToken, Invitation, Session, SignInLink,
    audit::{AuditEntry, values},
    role::Role,
    scope,
    secret::Secret,
};
use aws_sdk_dynamodb::{Client, primitives::Blob, types::AttributeValue};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use status::{
    alert::{Alert, ConcernedProvider, source_alert},
    availability::Period,
    board::{Board, BoardAddress},
    catalogue_overlay::OverlayRow,
    component_match::PageNames,
    health::{HealthState, SourceHealth},
    identity::{Moved, PageIdentity},
    ids::AccountId,
    monitor::{ComponentChoice, ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    mute::{Mute, Muted},
    page_state::PageState,
    platform_fault::PlatformFault,
    provider::Provider,
    snapshot::{Affected, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Event, Impact, Phase},
};
use statuswire::local_app::TABLE;
use store::{
    Commit, Edit, Episode, FanoutProgress, Feed, HeldAlert, Import, Made, Once, PageHead, PageRecord, PlannedFollowUp,
    Store, SuppressionCause, Told, Turn,
};

const JO: &str = "jo@example.com";

pub(super) async fn write(store: &Store, now: Timestamp) {
    pages(store, now).await;
    archive(store, now).await;
    people(store, now).await;
    boards(store, now).await;
    settings(store, now).await;
    under_way(store, now).await;
}

async fn boards(store: &Store, now: Timestamp) {
    for (number, group) in [None, Some("g".into())].into_iter().enumerate() {
        let entry = AuditEntry {
            account: "a".into(),
            at: now,
            id: format!("feed{number}"),
            who: JO.to_owned(),
            action: "feed.readdressed".to_owned(),
            target: "it".to_owned(),
            before: values([("name", "Theirs")]),
            after: values([("name", "Ours")]),
        };
        let address = Secret::new([number as u8; 32]);
        let feed = Feed { account: "a".into(), group };
        store.save_feed(&feed, address.reveal(), None, &Edit::of(entry)).await.unwrap();
    }
    for (number, (address, at)) in
        [(BoardAddress::Secret, Secret::new([9; 32]).reveal()), (BoardAddress::Public, "ours-00000001")]
            .into_iter()
            .enumerate()
    {
        let board = Board {
            id: format!("board_{number}").into(),
            account: "a".into(),
            name: "Ours".to_owned(),
            address,
            providers: vec!["rare".into()],
        };
        let entry = AuditEntry {
            account: "a".into(),
            at: now,
            id: format!("board{number}"),
            who: JO.to_owned(),
            action: "board.made".to_owned(),
            target: "Ours".to_owned(),
            before: values([("name", "Theirs")]),
            after: values([("name", "Ours")]),
        };
        store.save_board(&board, Some(at), None, &Edit::of(entry)).await.unwrap();
    }
}

fn provider() -> Provider {
    Provider {
        id: "rare".into(),
        name: "Rare".to_owned(),
        page_url: "https://status.rare.example".to_owned(),
        format: Some("statuspage".to_owned()),
        interval: None,
    }
}

fn identity() -> PageIdentity {
    let text = |text: &str| Some(text.to_owned());
    PageIdentity {
        platform: "statuspage".to_owned(),
        id: text("p1"),
        name: text("Rare"),
        site: text("rare.example"),
        label: text("rare"),
        url: "https://status.rare.example".to_owned(),
        configured: "https://status.rare.example".to_owned(),
    }
}

/// A health with everything that one can have.
fn health(now: Timestamp) -> SourceHealth {
    SourceHealth {
        state: HealthState::Unreadable,
        since: now,
        failures: 3,
        reason: Some("HTTP 500".to_owned()),
        not_before: Some(now),
        refused: true,
        unrecognised: true,
        gone_since: Some(now),
        failed_at: Some(now),
        told_with: Some("platform@statuspage@1".into()),
        untold: true,
        problems: vec!["component 3: no name".to_owned()],
        moved_to: Some("https://status.other.example".to_owned()),
        read_at: Some("https://status.other.example".to_owned()),
        moved: Some(Box::new(Moved { from: identity(), to: identity() })),
        last_good_at: Some(now),
        gaps: vec![Period { since: now, until: now }],
    }
}

async fn pages(store: &Store, now: Timestamp) {
    let (page, health) = (provider(), health(now));
    let alert = source_alert(&page, &health, Event::Unreadable, now);
    store.commit_health(&page.id, &health, std::slice::from_ref(&alert), now).await.unwrap().expect("an outbox row");
    let fault = PlatformFault {
        platform: "statuspage".to_owned(),
        name: "Statuspage".to_owned(),
        version: 1,
        since: now,
        pages: 12,
        reason: Some("HTTP 500".to_owned()),
        calm_since: Some(now),
        ended_at: Some(now),
        concerned: vec![ConcernedProvider { id: page.id.clone(), name: page.name.clone() }],
    };
    store.commit_platform_fault(&fault, None, now).await.unwrap();
    let some = |text: &str| Some(text.to_owned());
    let overlay = OverlayRow {
        platform: some("instatus"),
        url: some("https://status.rare.example"),
        leads_to: some("https://parked.example"),
        dead_since: Some(now),
        ..OverlayRow::new(page.id.clone(), "https://old.rare.example", "statuspage", now)
    };
    store.put_overlay(&overlay).await.unwrap();
    store.suppress(JO, SuppressionCause::Bounced, "it bounced", now).await.unwrap();
    let monitor = Monitor {
        id: "rare".into(),
        account: "local".into(),
        provider: page.id.clone(),
        components: ComponentFilter::Chosen(vec![ComponentChoice::Component("Nowhere".to_owned())]),
        unknown: WhenUnknown::Tell,
    };
    let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
    let snapshot = Snapshot { page: Page::default(), components: Vec::new(), incidents: Vec::new(), coverage };
    let empty = PageState::baseline(&snapshot, now);
    let told = store.check_filters(&page, &PageNames::of(&empty, true), &[monitor], &[], now).await.unwrap();
    assert_eq!(told.len(), 1);
    let held = HeldAlert {
        destination: "hook".into(),
        account: "local".into(),
        episode: Episode { provider: page.id, incident: "i1".into(), number: 1 },
        alert: alert.id.clone(),
        due_at: now,
    };
    store.hold(&held, true).await.unwrap();
    tell(store, &held, &alert, now).await;
    let planned = PlannedFollowUp {
        destination: held.destination,
        account: held.account,
        groups: vec!["everyone".into()],
        episode: held.episode,
        alert: held.alert,
        minutes: 30,
        due_at: now,
    };
    store.plan_follow_up(&planned).await.unwrap();
}

/// An alert that waited beside this one is told.
async fn tell(store: &Store, beside: &HeldAlert, alert: &Alert, now: Timestamp) {
    let held = HeldAlert { episode: Episode { number: 2, ..beside.episode.clone() }, ..beside.clone() };
    store.hold(&held, true).await.unwrap();
    let told = Told { held: &[held], summary: Some(alert), aside: &[] };
    store.tell_held(told, now).await.unwrap().expect("it waits");
}

/// Of a page whose first read shows an incident that has ended.
async fn archive(store: &Store, now: Timestamp) {
    let component = || Affected { id: "api".into(), status: Some(ComponentStatus::MajorOutage) };
    let update = Update {
        id: "u1".into(),
        phase: Some(Phase::Resolved),
        posted_at: Some(now),
        body: Some("It works again.".to_owned()),
        components: vec![component()],
    };
    let incident = Incident {
        id: "i1".into(),
        kind: Kind::Incident,
        title: "Errors".to_owned(),
        phase: Some(Phase::Resolved),
        impact: Some(Impact::Major),
        url: Some("https://status.past.example/i1".to_owned()),
        started_at: Some(now),
        resolved_at: Some(now),
        window: None,
        components: vec![component()],
        updates: vec![update],
    };
    read_first(store, "past", incident, now).await;
}

fn entry(account: &AccountId, action: &str, now: Timestamp) -> AuditEntry {
    AuditEntry {
        account: account.clone(),
        at: now,
        id: action.to_owned(),
        who: JO.to_owned(),
        action: action.to_owned(),
        target: JO.to_owned(),
        before: values([("name", "a")]),
        after: values([("name", "b")]),
    }
}

async fn people(store: &Store, now: Timestamp) {
    let account = AccountId::new("a1");
    let digest = || Secret::new([7; 32]).digest();
    let ends_at = now + SignedDuration::from_hours(1);
    let entry = |action: &str| entry(&account, action, now);
    store.found_account(&account, "Acme", false, JO, entry("account.made")).await.unwrap();
    let session = Session {
        id: "s1".to_owned(),
        address: JO.to_owned(),
        account: account.clone(),
        digest: digest(),
        since: now,
        ends_at,
        from: "Firefox, 192.0.2.0".to_owned(),
    };
    store.put_session(&session, entry("session.began")).await.unwrap();
    store.note_last_account(JO, &account).await.unwrap();
    let link = SignInLink { address: JO.to_owned(), ends_at, to: Some("/account".to_owned()) };
    store.put_sign_in_link(&digest(), &link).await.unwrap();
    let invitation = Invitation {
        account: account.clone(),
        id: "i1".to_owned(),
        address: "al@example.com".to_owned(),
        role: Role::Reader,
        by: JO.to_owned(),
        digest: digest(),
        since: now,
        ends_at,
    };
    store.put_invitation(&invitation, entry("member.invited")).await.unwrap();
    let token = ApiToken {
        account: account.clone(),
        id: "t1".to_owned(),
        name: "CI".to_owned(),
        scope: scope::Scope::Write,
        digest: digest(),
        by: JO.to_owned(),
        made_with: Some("t0".to_owned()),
        since: now,
        ends_at: Some(ends_at),
        used_at: Some(now),
    };
    store.put_api_token(&token, entry("token.made")).await.unwrap();
    let mute = Mute {
        account: account.clone(),
        provider: "rare".into(),
        incident: "i1".into(),
        episode: 1,
        muted: Muted::FollowUp,
        title: "Errors".to_owned(),
        by: JO.to_owned(),
        at: now,
    };
    store.save_mute(&mute, &Edit::of(entry("incident.acknowledged"))).await.unwrap();
    let turn = Turn { name: "mail", pause: SignedDuration::from_mins(10) };
    assert!(store.take_turn(turn, JO, now).await.unwrap());
}

/// Of a request of the API with an idempotency key, checked against the other settings.
async fn settings(store: &Store, now: Timestamp) {
    let account = AccountId::new("a1");
    let group = Group {
        name: Some("Ours".to_owned()),
        quiet_hours: None,
        digest: None,
        follow_up: None,
        id: "grp_1".into(),
        account: account.clone(),
        destinations: Vec::new(),
        severities: Vec::new(),
        events: vec![Event::Opened],
        scope: Scope::All,
    };
    let revision = store.settings_revision(&account).await.unwrap();
    let made = Made { request: "digest".to_owned(), id: "grp_1".to_owned() };
    let ends_at = now + SignedDuration::from_hours(24);
    let once = Once { account: account.clone(), key: "key".to_owned(), made, now, ends_at };
    let mut edit = Edit::of_settings(entry(&account, "group.made", now), revision);
    edit.once = Some(once);
    store.save_group(&group, None, &edit).await.unwrap();
}

/// A fan-out, an import, and a maintenance that is planned.
async fn under_way(store: &Store, now: Timestamp) {
    let alert = source_alert(&provider(), &health(now), Event::Unreadable, now);
    let progress = FanoutProgress { writer: "router".to_owned(), progress: "a".to_owned() };
    assert!(store.save_progress(&alert, None, &progress).await.unwrap());
    let import = Import { export: "e".to_owned(), items: 1, finished_at: Some(now) };
    assert!(store.note_import(&import).await.unwrap());
    let maintenance = Incident {
        id: "m1".into(),
        kind: Kind::Maintenance,
        title: "Work".to_owned(),
        phase: Some(Phase::Scheduled),
        impact: None,
        url: None,
        started_at: None,
        resolved_at: None,
        window: Some(Window { starts_at: Some(now), ends_at: Some(now + SignedDuration::from_hours(1)) }),
        components: Vec::new(),
        updates: Vec::new(),
    };
    read_first(store, "planned", maintenance, now).await;
}

/// Commits the first read of a page that shows this.
async fn read_first(store: &Store, provider: &str, incident: Incident, now: Timestamp) {
    let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
    let snapshot = Snapshot { page: Page::default(), components: Vec::new(), incidents: vec![incident], coverage };
    let (provider, page_state) = (provider.into(), PageState::baseline(&snapshot, now));
    let head = PageHead::of_read(&provider, 1, "digest".to_owned(), &page_state);
    let commit = Commit {
        incidents: page_state.incidents.clone(),
        page: PageRecord { head, page_state },
        read_version: None,
        page_summary: None,
        alerts: Vec::new(),
        now,
    };
    store.commit(&commit).await.unwrap();
}

/// Everything in the table, also what is not carried from one to another.
pub(super) async fn all(client: &Client) -> Vec<Value> {
    let found = client.scan().table_name(TABLE).send().await.unwrap();
    assert!(found.last_evaluated_key.is_none(), "one page");
    let items = found.items.unwrap();
    items
        .into_iter()
        .map(|item| Value::Object(item.into_iter().map(|(name, it)| (name, tagged(&it))).collect()))
        .collect()
}

/// As DynamoDB's JSON has it.
fn tagged(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(value) => json!({"BOOL": value}),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::B(bytes) => json!({"B": base64(bytes)}),
        AttributeValue::L(list) => json!({"L": list.iter().map(tagged).collect::<Vec<_>>()}),
        AttributeValue::M(fields) => {
            let fields: Map<String, Value> = fields.iter().map(|(name, it)| (name.clone(), tagged(it))).collect();
            json!({"M": fields})
        }
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        other => panic!("{other:?}"),
    }
}

fn base64(bytes: &Blob) -> String {
    BASE64_STANDARD.encode(bytes.as_ref())
}
