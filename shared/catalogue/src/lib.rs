//! The catalogue of providers, shipped as data (`providers.csv`, best known first). Its platform column is a hint from
//! unverified public lists: detection never trusts it and reads the page itself. Rows borrow from the embedded
//! text.
mod check;
mod domain;
mod index;
mod patch;
mod rows;
mod search;
#[cfg(test)]
mod tests;

pub use check::{Problem, check, check_private, is_page_url};
pub use domain::{domain_of, registered_domain};
pub use index::{Entry, csv, entries, find, find_by_domain, find_by_name, find_by_page, read, suggest};
pub use patch::{Patched, apply_patch, is_of_shipped, write_patch};
pub use rows::{Row, page_key, write};
pub use search::search;
