//! The only crate that opens sockets to strangers: status pages and the receivers of deliveries.
//! Whatever is asked for, only addresses the guard has vetted are connected to, every exchange ends in time and at a
//! size, and no error says more of a URL than its host: webhook URLs are secrets.
mod client;
mod error;
mod fetch;
mod guard;
mod hosts;
mod inflate;
mod resolve;
mod send;

pub use client::{Outbound, Settings};
pub use error::FetchError;
pub use fetch::{Fetched, Validators};
pub use guard::{Guard, Refused};
pub use inflate::Encoding;
pub use send::Sent;
