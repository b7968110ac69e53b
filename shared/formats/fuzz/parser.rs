//! One fuzz target per format, all of this source: the target's name is the format's. The input is a whole page as
//! `Page::pack` writes it, so that what one document leads a parser to ask of another is fuzzed too.
#![no_main]

use formats::testing::Page;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packed: &[u8]| {
    let format = formats::format(env!("CARGO_BIN_NAME")).expect("a target is named like its format");
    let page = Page::unpack(packed);
    let Ok(first) = page.read(format, &[]) else { return };
    let open: Vec<_> = first.snapshot.incidents.iter().map(|incident| (incident.kind, incident.id.clone())).collect();
    // What it can read, it can read again by the source it named.
    _ = page.read_from(format, Some(&first.source), &open);
    assert!(first.problems.len() <= 20);
});
