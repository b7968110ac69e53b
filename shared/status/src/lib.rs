//! The model and every decision about truth, in the order data flows. Pure: functions take data and `now` and return
//! data. The crate uses no clock, environment or network, and no other crate of this workspace.
pub mod ids;
pub mod names;
pub mod outside_text;
pub mod words;

mod by_id;
pub mod catalogue_overlay;
pub mod provider;
pub mod schedule;
pub mod snapshot;
mod title;

pub mod availability;
pub mod bounds;
pub mod diff;
pub mod health;
pub mod identity;
pub mod incident_timeline;
pub mod over_time;
pub mod page_state;
pub mod page_summary;
pub mod recent;

pub mod alert;
pub mod board;
pub mod component_choices;
pub mod component_match;
pub mod digest;
pub mod filter;
pub mod follow_up;
pub mod follow_up_due;
pub mod held_alerts;
pub mod monitor;
pub mod mute;
pub mod notice;
pub mod paths;
pub mod platform_fault;
pub mod preview;
pub mod quiet_hours;
pub mod rehearsal;
