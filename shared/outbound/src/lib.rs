//! The only crate that connects to hosts on the internet: status pages and the receivers of deliveries. It connects
//! only to addresses that the guard has vetted, bounds the time and size of every exchange, and shows no more of a URL
//! in an error than its host, because webhook URLs are secrets.
mod client;
mod connections;
mod encoding;
mod error;
mod exhausted;
mod fetch;
mod freshness;
mod guard;
mod host_limits;
mod inflate;
mod kept;
mod login;
mod refusal;
mod resolve;
mod room;
mod send;
mod sessions;
mod token;

pub use client::{Initiator, Outbound, Settings};
pub use connections::{HostStream, ServedHere};
pub use encoding::Encoding;
pub use error::FetchError;
pub use exhausted::out_of;
pub use fetch::{Fetched, Terms, Validators};
pub use guard::{Guard, Refused, canonical_network, network_of};
pub use login::Login;
pub use refusal::Refusal;
pub use room::{NoRoom, NoTurn, Room, Rooms};
pub use send::Sent;
pub use token::ClientCredentials;
