//! Hostile pages, neighbours and visitors: what they can cost is bounded, and nobody else pays for it. However a page
//! tries to exhaust its reader, the good pages of the same round are read, what happened on them is delivered once and
//! they are not blamed.
mod among;
mod bombs;
mod memory;
mod neighbour;
mod open_doors;
mod oversized;
mod serving;
mod slow_clients;
