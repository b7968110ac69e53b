//! What formats have in common when they read a page.
//!
//! # Conventions of every format
//!
//! - **Absence proves nothing by itself.** A list is [`Complete`](status::snapshot::Listing::Complete) only if all of
//!   it was read. A damaged element makes it `Partial`, and so does an open incident that left the page and could not
//!   be looked up.
//! - **A quiet page is a readable page.** Valid lists that are empty are read, so that the first incident is told; but
//!   where there were components before, no components at all are damage, and nothing is concluded from what is
//!   missing.
//! - **A damaged element costs itself only** ([`lenient_list`]), and becomes a problem for people ([`problems`]).
//! - **An unknown word is unknown**: an unknown word for a component's state is `Unknown`, never `Operational`; an
//!   unknown phase is `None` and ends nothing.
//! - **A time without a zone is no time.** No zone is guessed, unless the provider documents it.
//! - **An id names one incident of the page**, whether incident or maintenance. The kind is an attribute that may
//!   change from one read to the next ([`incident_set`]); the page state keeps the first.
//! - **Cancelled maintenance is left out**: nothing will happen, so there is nothing to list. Status then tells that it
//!   is listed no longer.
//! - **Maintenance that is only announced touches no component.** Its start is the planned one in its window; it has
//!   begun when the page says so.
//! - **An incident with the impact maintenance is maintenance** ([`maintenance`]), wherever the page lists it.
//! - **Trouble of the page as a whole that nothing explains is an incident** without components ([`overall`]).
//! - **An ended incident names its components without states**, where the page gives only the states of now.
//! - **An incident without a title is called [`NO_TITLE`](incident_reader::NO_TITLE).**
//! - **An incident keeps its updates' ids.** Where the page gives none, an id is derived from time and phase
//!   ([`updates`]), so that an edited text is the same update.
pub(crate) mod answers;
pub(crate) mod component_tree;
pub(crate) mod embedded;
pub(crate) mod fingerprint;
pub(crate) mod incident_reader;
pub(crate) mod incident_set;
pub(crate) mod lenient_list;
pub(crate) mod maintenance;
pub(crate) mod overall;
pub(crate) mod problems;
pub(crate) mod updates;
