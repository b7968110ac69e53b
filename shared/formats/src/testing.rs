//! Pages for tests, fuzz targets and benchmarks. Behind the feature `testing`.
mod cases;
#[cfg(test)]
pub(crate) mod facts;
mod page;
pub mod texts;

pub use cases::{Recording, cases, incidents_of_part};
pub use page::Page;
