//! Texts of documents: HTML, times, values that are written in several ways.
pub(crate) mod dates;
pub(crate) mod html;
pub(crate) mod values;
