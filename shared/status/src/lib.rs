//! The vocabulary and the decisions, in the order data flows. Pure: takes data and `now`, returns data;
//! reads no clock, no environment, no network, and imports no other crate of this workspace.
pub mod ids;
pub mod words;

pub mod provider;
pub mod schedule;
pub mod snapshot;

pub mod diff;
pub mod health;
pub mod incident_timeline;
pub mod page_state;
pub mod page_summary;

pub mod alert;
pub mod monitor;
pub mod notice;
