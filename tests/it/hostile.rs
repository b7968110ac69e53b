//! Hostile pages, neighbours and visitors: what they can cost is bounded, and nobody else pays for it.
mod open_doors;
mod serving;
mod slow_clients;
