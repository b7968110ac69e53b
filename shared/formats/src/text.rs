//! Texts of documents: HTML, times, addresses, words, values that are written in several ways.
pub(crate) mod charset;
pub(crate) mod dates;
pub(crate) mod html;
pub(crate) mod urls;
pub(crate) mod values;
pub(crate) mod words;
