//! Source health.
