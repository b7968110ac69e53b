//! Random bytes that nobody can predict.
use ring::rand::{SecureRandom as _, SystemRandom};

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}

/// A new id of a session, an invitation, a token, an entry or an account.
pub(crate) fn id() -> String {
    accounts::credential::new_id(bytes())
}
