//! The truth rules of the design, each stated by tests, and the properties that hold for any sequence of snapshots.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod alert_facts;
mod bounds;
mod component_choices;
mod component_filter;
mod follow_up;
mod imported;
mod large;
mod maintenance;
mod page;
mod page_summary;
mod preview;
mod properties;
mod quiet_hours;
mod rehearsal;
mod room;
mod rule_01_to_05;
mod rule_06_to_10;
mod schedule;
mod source_health;
mod stale;
mod stored_names;
mod summary;
mod without_phase;
