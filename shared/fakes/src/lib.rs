//! Fakes of the services that alerts are delivered to, as strict as the real ones: they refuse what is too large or too
//! fast, with the real answers, and show what would stand there in the end. The local mode and the tests use them. They
//! are the outside world, so nothing here comes from our other crates, least of all a limit.
//!
//! A fake is one file with a `FAKE` constant and one line in [`registry`].
mod bounded;
mod call;
mod fake;
mod fault;
mod mailbox;
mod misbehaviour;
mod rate;
mod received;
mod service;
mod world;

mod discord;
mod ses;
mod slack;
mod smtp;
mod teams;
mod webhook;

mod receiver_json;
mod registry;
mod routing;
mod server;

pub use discord::Message;
pub use fault::{Fault, Reply};
pub use mailbox::Mail;
pub use misbehaviour::MailRefusal;
pub use rate::{Limit, Rate};
pub use received::Received;
pub use registry::{example_paths, services};
pub use server::{LISTING, Ports};
pub use service::Service;
pub use ses::{Account, Refusal};
pub use slack::Post;
pub use smtp::MailServer;
pub use teams::Card;
pub use world::Fakes;
