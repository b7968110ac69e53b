//! What a member has sent to a destination: a test, a request for consent, a delivery once more. Each goes through the
//! queue of its channel, as alerts do. What holds:
//! - nobody can be flooded: mail to an address is counted for all accounts together, see [`letters`];
//! - who has answered is not asked again, and who has unsubscribed can only come back by a link of theirs.
use jiff::{SignedDuration, Timestamp};
use queue::{
    send::{ChannelQueue, SendError},
    task::{DeliveryTask, VERSION},
};
use site::guesses::Sender;
use status::{
    ids::{AlertId, DestinationId},
    notice,
    words::Event,
};
use store::{Allowance, Consent, DeliveryEnd, DeliveryEntry, Reopened, StoreError, Stored, StoredDestination, Turn};

use crate::{
    actor::{Actor, Right},
    entry::entry,
    letters, random,
    state::Console,
};

const TEST: Turn = Turn { name: "test", pause: SignedDuration::from_secs(5) };
const TESTS: Allowance = Allowance { name: "tests", most: 60, period: SignedDuration::from_hours(1) };
const REPEATS: Allowance = Allowance { name: "repeats", most: 200, period: SignedDuration::from_hours(1) };
/// How often an account may have somebody asked for consent.
const REQUESTS: Allowance = Allowance { name: "consent", most: 20, period: SignedDuration::from_hours(24) };

/// The action of the entry that says whose address was asked.
pub(crate) const ASKED: &str = "consent.asked";

/// Why nothing was sent.
#[derive(Debug)]
pub(crate) enum NotSent {
    Forbidden,
    /// In this account.
    NotFound,
    /// One sentence or two for the member.
    Because(String),
    /// The same, and when to come again.
    TooOften(String, SignedDuration),
    Store(StoreError),
    Queue(SendError),
}

impl From<StoreError> for NotSent {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SendError> for NotSent {
    fn from(error: SendError) -> Self {
        Self::Queue(error)
    }
}

/// What came of a request for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The channel needs none, or the owner of the address has answered.
    NotNeeded,
    Sent,
    /// Mail to this address, from this network or of this account has reached its limit.
    TooOften,
    /// The address gets no mail.
    Suppressed,
}

/// Queues a test. Its id leads to what came of it.
pub(crate) async fn send_test(
    console: &Console,
    by: &Actor,
    stored: &Stored<StoredDestination>,
    now: Timestamp,
) -> Result<AlertId, NotSent> {
    let destination = &stored.value;
    let queue = begin(console, by, destination)?;
    let store = &console.store;
    if let Some(address) = address(destination) {
        let (recipient, _) = store.recipient(&by.account, &address).await?;
        if recipient.is_none_or(|recipient| recipient.consent != Consent::Confirmed) {
            return Err(NotSent::Because("The owner of this address must confirm before anything is sent.".to_owned()));
        }
    }
    // Settings that were put right are tested at once.
    let turn = format!("{} {}", destination.id, stored.version);
    if !store.take_turn(TEST, &turn, now).await? {
        let text = "A test was sent a moment ago. Try again in a few seconds.";
        return Err(NotSent::TooOften(text.to_owned(), TEST.pause));
    }
    if !store.count(TESTS, by.account.as_str(), now).await? {
        let text = format!("An account may send {} tests in an hour. Try again later.", TESTS.most);
        return Err(NotSent::TooOften(text, TESTS.period));
    }
    let alert = notice::test(&destination.id, now);
    store.put_alert(&alert, now).await?;
    store.audit(entry(&by.account, &by.who, "destination.tested", destination.shown_name(), now)).await?;
    queue.send_apart(&DeliveryTask::new(&alert, &destination.id)).await?;
    Ok(alert.id)
}

/// Asks the owner of a mail address, if they were not asked yet or have not answered. `sender`: who causes it.
pub(crate) async fn ask_for_consent(
    console: &Console,
    by: &Actor,
    destination: &StoredDestination,
    sender: Sender,
    now: Timestamp,
) -> Result<Asked, NotSent> {
    let Some(address) = address(destination) else { return Ok(Asked::NotNeeded) };
    let queue = begin(console, by, destination)?;
    let store = &console.store;
    let (recipient, suppression) = store.recipient(&by.account, &address).await?;
    if suppression.is_some() {
        return Ok(Asked::Suppressed);
    }
    if recipient.as_ref().is_some_and(|recipient| recipient.consent != Consent::Asked) {
        return Ok(Asked::NotNeeded);
    }
    let turn = if by.address == address { letters::TO_ONESELF } else { letters::TO_ADDRESS };
    // Looked at first: what comes too soon sends nothing, and does not use up what the account is granted. Taken last:
    // an account that is over its limit does not use up what the address is granted.
    let may_send = store.is_turn(turn, &address, now).await?
        && store.count(REQUESTS, by.account.as_str(), now).await?
        && letters::may_send_in(console, turn, &address, sender, now).await?;
    if !may_send {
        return Ok(Asked::TooOften);
    }
    let recipient = match recipient {
        Some(recipient) => store.ask_again(&recipient, now).await?,
        None => store.recipient_or_new(&by.account, &address, &random::id(), now).await?.0,
    };
    store.audit(entry(&by.account, &by.who, ASKED, &address, now)).await?;
    let alert = recipient.request(&destination.id);
    store.put_alert(&alert, now).await?;
    queue.send_apart(&DeliveryTask::new(&alert, &destination.id)).await?;
    Ok(Asked::Sent)
}

/// Whether somebody may ask for this delivery once more: it has ended and did not arrive.
pub(crate) fn may_be_repeated(entry: &DeliveryEntry, event: Option<Event>) -> bool {
    let has_failed = matches!(
        entry.ended,
        Some(DeliveryEnd::GivenUp | DeliveryEnd::Rejected | DeliveryEnd::Disabled | DeliveryEnd::DroppedStale)
    );
    has_failed && !matches!(event, Some(Event::Test | Event::Confirm))
}

/// Sends once more what did not arrive. It keeps its id, so that a receiver that got it after all knows it.
pub(crate) async fn send_again(
    console: &Console,
    by: &Actor,
    alert: &AlertId,
    destination: &DestinationId,
    now: Timestamp,
) -> Result<(), NotSent> {
    let store = &console.store;
    let stored = store.stored_destination(&by.account, destination).await?.ok_or(NotSent::NotFound)?.value;
    let delivery = store.delivery(alert, destination).await?.ok_or(NotSent::NotFound)?;
    let queue = begin(console, by, &stored)?;
    let event = store.alert_heads(std::slice::from_ref(alert)).await?.remove(alert).map(|head| head.event);
    if !may_be_repeated(&delivery, event) {
        return Err(NotSent::Because("It arrived, or is still being tried.".to_owned()));
    }
    let record = store.destination(destination).await?.ok_or(NotSent::NotFound)?;
    if record.disabled.is_some() {
        let text = "This destination is paused. Mend it and send a test: what it missed and is of use follows.";
        return Err(NotSent::Because(text.to_owned()));
    }
    if !store.count(REPEATS, by.account.as_str(), now).await? {
        let text = format!("An account may repeat {} deliveries in an hour.", REPEATS.most);
        return Err(NotSent::TooOften(text, REPEATS.period));
    }
    let reopened = match store.reopen(alert, destination, now).await? {
        Reopened::Times(times) => times,
        // An earlier request may have stopped between reopening and queueing. A second message does no harm.
        Reopened::UnderWay => delivery.reopened,
        Reopened::Unknown => return Err(NotSent::NotFound),
    };
    let mut repeated = entry(&by.account, &by.who, "delivery.repeated", stored.shown_name(), now);
    repeated.after = accounts::audit::values([("delivery", delivery.delivery.as_str())]);
    store.audit(repeated).await?;
    let DeliveryEntry { delivery, alert, destination, provider, incident, unknown, .. } = delivery;
    let task = DeliveryTask { v: VERSION, delivery, alert, destination, provider, incident, unknown, reopened };
    queue.send(&[task]).await?;
    Ok(())
}

/// The mail address whose owner must consent; `None` if the channel needs no consent.
pub(crate) fn address(destination: &StoredDestination) -> Option<String> {
    channels::channel(&destination.channel).and_then(|channel| (channel.recipient)(destination.clear_settings()))
}

/// The queue of the destination's channel, for somebody who may edit.
fn begin<'a>(console: &'a Console, by: &Actor, destination: &StoredDestination) -> Result<&'a ChannelQueue, NotSent> {
    if !by.may(Right::Edit) {
        return Err(NotSent::Forbidden);
    }
    let queue = console.queues.get(&destination.channel);
    queue.ok_or_else(|| NotSent::Because("This instance does not send by this channel.".to_owned()))
}
