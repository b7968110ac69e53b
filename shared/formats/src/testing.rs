//! Pages for tests, fuzz targets and benchmarks. Behind the feature `testing`.
#[cfg(test)]
pub(crate) mod facts;
mod page;
#[cfg(test)]
pub(crate) mod unit_page;

pub use page::{Page, Recording, cases, incidents_of_part};
