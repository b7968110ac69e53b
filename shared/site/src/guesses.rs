//! How many wrong passwords are heard. What holds:
//! - An address may be wrong ten times, then once in ten seconds. Whoever is over that is not heard at all, right or
//!   wrong: an answer would tell which. All addresses together may be wrong a hundred times, then once a second.
//! - A right password costs nothing, so no number of readers is ever turned away.
//! - While the common allowance is used up, an address is still heard if the right password came from it before; and
//!   once if it was never wrong. So strangers who guess keep nobody else out. The latter holds for addresses that we
//!   see ourselves: one that a proxy names can be made up by anybody on this machine.
//! - The memory has a fixed size. While more addresses guess than fit, those that were never wrong share a reserve of
//!   five a second.
//!
//! On Lambda each process counts for itself, and it serves one request at a time: an attacker is held to this for each
//! process that is running. The stack's throttling of the HTTP API bounds their number.
use std::{collections::HashMap, net::IpAddr, time::Duration};

use tokio::time::Instant;

const OF_ADDRESS: Allowance = Allowance { most: 10.0, per_second: 0.1 };
const OF_ALL: Allowance = Allowance { most: 100.0, per_second: 1.0 };
const RESERVE: Allowance = Allowance { most: 5.0, per_second: 5.0 };
/// Addresses that were wrong, and addresses that were right.
const MAX_ADDRESSES: usize = 4096;
/// How long an address counts as one that was wrong.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Where a password came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    pub address: IpAddr,
    /// A proxy on this machine says so.
    pub is_forwarded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// Not compared. How long to wait.
    TooMany(Duration),
}

/// The wrong passwords of one instance.
pub struct Guesses {
    of_all: Bucket,
    reserve: Bucket,
    wrong: HashMap<IpAddr, Bucket>,
    right: HashMap<IpAddr, Instant>,
}

impl Guesses {
    pub fn new(now: Instant) -> Self {
        let full = |allowance: Allowance| Bucket { left: allowance.most, at: now };
        Self { of_all: full(OF_ALL), reserve: full(RESERVE), wrong: HashMap::new(), right: HashMap::new() }
    }

    /// Judges a password; `is_right` is used only if it may be heard.
    pub fn judge(&mut self, sender: Sender, is_right: bool, now: Instant) -> Verdict {
        let address = sender.address;
        let known = self.wrong.get_mut(&address);
        if let Some(wait) = known.and_then(|bucket| bucket.wait(OF_ADDRESS, now)) {
            return Verdict::TooMany(wait);
        }
        if let Some(wait) = self.of_all.wait(OF_ALL, now)
            && !self.right.contains_key(&address)
            && !self.may_be_new(sender, now)
        {
            return Verdict::TooMany(wait);
        }
        if is_right {
            forget(&mut self.right, &address, |at| *at);
            self.right.insert(address, now);
            return Verdict::Right;
        }
        self.of_all.take();
        forget(&mut self.wrong, &address, |bucket| bucket.at);
        self.wrong.entry(address).or_insert(Bucket { left: OF_ADDRESS.most, at: now }).take();
        Verdict::Wrong
    }

    /// Whether the sender is heard because it was never wrong.
    fn may_be_new(&mut self, sender: Sender, now: Instant) -> bool {
        if sender.is_forwarded || self.wrong.contains_key(&sender.address) {
            return false;
        }
        if self.wrong.len() >= MAX_ADDRESSES {
            self.wrong.retain(|_, bucket| now.saturating_duration_since(bucket.at) < REMEMBERED);
        }
        self.wrong.len() < MAX_ADDRESSES || {
            let may = self.reserve.wait(RESERVE, now).is_none();
            if may {
                self.reserve.take();
            }
            may
        }
    }
}

/// Makes room for another address in a full memory: the oldest goes.
fn forget<T>(memory: &mut HashMap<IpAddr, T>, newcomer: &IpAddr, at: impl Fn(&T) -> Instant) {
    if memory.len() < MAX_ADDRESSES || memory.contains_key(newcomer) {
        return;
    }
    let oldest = memory.iter().min_by_key(|(_, value)| at(value)).map(|(address, _)| *address);
    if let Some(oldest) = oldest {
        memory.remove(&oldest);
    }
}

#[derive(Clone, Copy)]
struct Allowance {
    most: f64,
    per_second: f64,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    /// How long to wait for the next one; `None`: it may be taken now.
    fn wait(&mut self, allowance: Allowance, now: Instant) -> Option<Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * allowance.per_second).min(allowance.most);
        self.at = now;
        let missing = 1.0 - self.left;
        (missing > 1e-9).then(|| Duration::from_secs_f64(missing / allowance.per_second))
    }

    fn take(&mut self) {
        self.left -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn direct(number: u32) -> Sender {
        Sender { address: Ipv4Addr::from(number).into(), is_forwarded: false }
    }

    fn forwarded(number: u32) -> Sender {
        Sender { is_forwarded: true, ..direct(number) }
    }

    /// How many of so many wrong passwords are heard.
    fn heard(guesses: &mut Guesses, senders: impl Iterator<Item = Sender>, now: Instant) -> usize {
        senders.filter(|sender| guesses.judge(*sender, false, now) == Verdict::Wrong).count()
    }

    #[test]
    fn address_that_was_wrong_too_often_is_not_heard_even_if_it_is_right() {
        let now = Instant::now();
        let mut guesses = Guesses::new(now);
        assert_eq!(heard(&mut guesses, (0..5000).map(|_| direct(1)), now), 10);
        assert_eq!(guesses.judge(direct(1), true, now), Verdict::TooMany(Duration::from_secs(10)));
        assert_eq!(guesses.judge(direct(2), true, now), Verdict::Right);
        assert_eq!(guesses.judge(direct(2), false, now), Verdict::Wrong);
        let later = now + Duration::from_secs(10);
        assert_eq!(guesses.judge(direct(1), true, later), Verdict::Right);
        assert_eq!(heard(&mut guesses, (0..5000).map(|_| direct(1)), later), 1);
        assert_eq!(heard(&mut guesses, (0..5000).map(|_| direct(1)), later + Duration::from_secs(100)), 10);
    }

    #[test]
    fn right_password_costs_nothing() {
        let now = Instant::now();
        let mut guesses = Guesses::new(now);
        for number in 0..10_000 {
            assert_eq!(guesses.judge(direct(1), true, now), Verdict::Right, "{number}");
        }
        assert_eq!(heard(&mut guesses, (0..20).map(|_| direct(1)), now), 10);
    }

    #[test]
    fn new_address_gets_in_while_the_common_allowance_is_used_up_and_is_heard_once() {
        let now = Instant::now();
        let mut guesses = Guesses::new(now);
        assert_eq!(guesses.judge(direct(7), true, now), Verdict::Right);
        assert_eq!(heard(&mut guesses, (0..1000).map(|number| direct(100 + number % 10)), now), 100);
        assert_eq!(guesses.judge(direct(50), true, now), Verdict::Right);
        assert_eq!(heard(&mut guesses, (0..100).map(|_| direct(51)), now), 1);
        assert!(matches!(guesses.judge(direct(51), true, now), Verdict::TooMany(_)));
        assert_eq!(guesses.judge(direct(7), true, now), Verdict::Right, "it was right before");
    }

    #[test]
    fn addresses_that_a_proxy_names_share_the_common_allowance() {
        let now = Instant::now();
        let mut guesses = Guesses::new(now);
        assert_eq!(guesses.judge(forwarded(7), true, now), Verdict::Right);
        assert_eq!(heard(&mut guesses, (0..100_000).map(|number| forwarded(100 + number)), now), 100);
        let later = now + Duration::from_secs(60);
        assert_eq!(heard(&mut guesses, (0..100_000).map(|number| forwarded(900_000 + number)), later), 60);
        assert_eq!(guesses.judge(forwarded(7), true, later), Verdict::Right);
    }

    #[test]
    fn memory_is_bounded_and_more_addresses_than_fit_are_slowed_down() {
        let now = Instant::now();
        let mut guesses = Guesses::new(now);
        let heard = heard(&mut guesses, (0..6_000).map(direct), now);
        assert!((MAX_ADDRESSES..=MAX_ADDRESSES + 5).contains(&heard), "{heard}");
        assert!(guesses.wrong.len() <= MAX_ADDRESSES && guesses.right.len() <= MAX_ADDRESSES);
        for number in 0..5_000 {
            guesses.judge(direct(1_000_000 + number), true, now + Duration::from_secs(3600));
        }
        assert!(guesses.right.len() <= MAX_ADDRESSES);
    }
}
