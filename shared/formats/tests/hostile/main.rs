//! What readers make of documents that grow without end, in each place and in each way. How long it takes is not
//! measured: what a read holds at most for each byte of its document, and how much comes out of it, is.
//! `STATUSWIRE_FORMAT` selects one format.
mod growth;

use formats::{
    Format,
    testing::{Page, cases},
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const SIZE: usize = 1_000_000;
/// Ways of growth that are tried for each document, of some hundred: the seed moves them from format to format.
const TRIED: usize = 3;
/// Bytes held at most for each byte of the document.
const MAX_FACTOR: usize = 60;

/// One test, because the memory is that of the process.
#[test]
fn what_a_document_costs_is_bounded_by_its_size() {
    let selected = startup_variable();
    let formats = formats::formats().iter().filter(|format| selected.as_deref().is_none_or(|name| name == format.name));
    for (seed, format) in formats.enumerate() {
        let Some((case, page)) = cases(format).into_iter().max_by_key(|(_, page)| page.documents.len()) else {
            continue;
        };
        for (name, document) in &page.documents {
            for growth::Grown { how, text } in growth::grown(document, SIZE, TRIED, seed) {
                let mut page = page.clone();
                let size = text.len();
                page.documents.insert(name.clone(), text.into());
                let held = held(format, &page);
                assert!(held <= size * MAX_FACTOR, "{case} {name}: {how}: {held} bytes for a document of {size}");
            }
        }
    }
}

/// The bytes that a read holds at most, besides its answers.
fn held(format: &Format, page: &Page) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    if let Ok(parsed) = page.read_from(format, None, &[]) {
        assert!(parsed.snapshot.components.len() <= 20_000 && parsed.problems.len() <= 20, "{}", format.name);
    }
    MEMORY.peak_usage().saturating_sub(before)
}

#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
fn startup_variable() -> Option<String> {
    std::env::var("STATUSWIRE_FORMAT").ok()
}
