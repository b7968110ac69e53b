//! People and what they may do: users, accounts and their members, sessions, links, invitations, API tokens and the
//! audit log, as data. Pure: the caller brings the time and the random bytes.
pub mod audit;
pub mod credential;
pub mod role;
pub mod scope;
pub mod secret;
pub mod sign_up;

mod records;

pub use records::{Account, ApiToken, Invitation, Member, Session, SignInLink, User};
