//! What all pages share: the frame around them, the static assets, and how states, times and names are written. The
//! templates escape all text, and no page loads anything from another origin.
pub(crate) mod assets;
pub(crate) mod blindness;
pub(crate) mod colours;
pub(crate) mod incident_words;
pub(crate) mod names;
pub(crate) mod provider_rows;
pub(crate) mod summary;

pub(crate) use site::{durations, frame, private_page, states, times};
