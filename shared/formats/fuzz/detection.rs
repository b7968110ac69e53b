//! Detection over a whole page, packed as for the targets of the formats: links, redirects and markers of any page.
#![no_main]

use formats::testing::Page;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packed: &[u8]| {
    // That it ends within its requests is checked by the page.
    _ = Page::unpack(packed).detect();
});
