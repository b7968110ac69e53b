//! Two reads of a page in a row, by any format: what is kept of them, what has changed, and what is told.
#![no_main]

use formats::testing::Page;
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use status::{bounds::bound, diff::diff, page_state::PageState};

/// Between the first page and the second.
const MARK: &[u8] = b"\n=====\n";

fuzz_target!(|data: &[u8]| {
    let Some((number, pages)) = data.split_first() else { return };
    let formats = formats::formats();
    let format = &formats[usize::from(*number) % formats.len()];
    let at = pages.windows(MARK.len()).position(|window| window == MARK).unwrap_or(pages.len());
    let (first, second) = (&pages[..at], &pages[(at + MARK.len()).min(pages.len())..]);
    let Ok(first) = Page::unpack(first).read_from(format, None, &[]) else { return };
    let now: Timestamp = "2026-05-04T16:00:00Z".parse().expect("a time");
    let (first_kept, _) = bound(first.snapshot, []);
    let before = PageState::baseline(&first_kept, now);
    // The same once more says nothing new.
    assert!(diff(&before, &before.apply(&first_kept, now)).is_empty(), "an unchanged page tells something");
    let Ok(second) = Page::unpack(second).read_from(format, Some(&first.source), &before.open()) else { return };
    let later = now + SignedDuration::from_mins(5);
    let open: Vec<_> = before.open().into_iter().map(|(_, id)| id).collect();
    let (second_kept, cut) = bound(second.snapshot, &open);
    let mut after = before.apply(&second_kept, later);
    _ = diff(&before, &after);
    _ = after.due_at(later).map(|due| after.at(due));
    after.bound(Some(&before), &second_kept, &cut, later);
    after.fit(cut.listed(), |state| state.incidents.len() <= 1);
    assert!(after.incidents.len() <= 1);
});
