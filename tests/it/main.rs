//! Stories over the whole: a fake status page on one side, a fake receiver on the other, real HTTP, store, queues and
//! event JSON in between.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod delivery;
mod events;
mod fanout;
mod filters;
mod follow_up;
mod happy;
mod heartbeat;
mod held_out;
mod hostile;
mod identity;
mod imported;
mod killed;
mod logins;
mod many_at_once;
mod moves;
mod mutes;
mod new_channel;
mod new_format;
mod old_data;
mod other_formats;
mod page_faults;
mod pretend_internet;
mod quiet_hours;
mod receiver_faults;
mod recorded_rounds;
mod schema;
mod sequences;
mod settings;
mod source_health;
mod starts;
mod store_faults;
mod story;
mod tidy;
mod transfer;
mod two_pollers;
