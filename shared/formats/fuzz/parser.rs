//! The source of all fuzz targets: a target has the name of its format. The input is a whole page as `Page::pack`
//! writes it, so that documents which a format requests because of another document are fuzzed too.
#![no_main]

use formats::testing::Page;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packed: &[u8]| {
    let format = formats::format(env!("CARGO_BIN_NAME")).expect("a target has the name of its format");
    let page = Page::unpack(packed);
    let Ok(first) = page.read_from(format, None, &[]) else { return };
    let open: Vec<_> = first.snapshot.incidents.iter().map(|incident| (incident.kind, incident.id.clone())).collect();
    // A known source with open incidents asks for other documents. The result does not matter, only that it ends.
    _ = page.read_from(format, Some(&first.source), &open);
    assert!(first.problems.len() <= 20);
});
