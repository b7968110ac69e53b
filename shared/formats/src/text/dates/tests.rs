//! Times as they are met, and what is none.
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn blocks(texts: &[&str]) -> Vec<Option<BlockTime>> {
    texts.iter().map(|text| BlockTime::parse(text)).collect()
}

#[test]
fn the_odd_forms_of_rfc_822_are_read() {
    for (text, expected) in [
        ("Wed, 01 Jan 2014 09:09:00 -0800", "2014-01-01T17:09:00Z"),
        ("Mon, 01 Mar 2026 10:00:00 +0200", "2026-03-01T08:00:00Z"), // a Sunday
        ("Fri, 31 Jul 2026 00:12:00 Z", "2026-07-31T00:12:00Z"),
        ("31 Jul 26 00:12 UT", "2026-07-31T00:12:00Z"),
        ("Wednesday, 1 Jul 2026 00:12 PDT", "2026-07-01T07:12:00Z"),
        ("01 Jul 2026 00:12:00 utc", "2026-07-01T00:12:00Z"),
        ("01 Jul 2026 00:12:00 CST", "2026-07-01T06:12:00Z"),
        ("01 Jul 2026 00:12:00 +02:00", "2026-06-30T22:12:00Z"),
        ("Wed, 01 Jul 2026 00:12:00 GMT+0", "2026-07-01T00:12:00Z"),
        ("Wed, 01 Jul 2026 00:12:00 GMT+0530", "2026-06-30T18:42:00Z"),
        ("Wed, 01 Jul 2026 00:12:00 CEST", "2026-06-30T22:12:00Z"),
        ("2026-07-01 00:12:00 UTC", "2026-07-01T00:12:00Z"),
        ("2026-07-01T00:12:00+0200", "2026-06-30T22:12:00Z"),
        ("2026-07-01 00:12 -03:30", "2026-07-01T03:42:00Z"),
        ("2026-07-01T00:12:00.250 GMT-7", "2026-07-01T07:12:00.250Z"),
        ("July 1, 2026, 12:12 AM PDT", "2026-07-01T07:12:00Z"),
        ("Wed 1st Jul 2026 at 0:12:30 (JST)", "2026-06-30T15:12:30Z"),
        ("2026-05-16T11:30:00-04:00", "2026-05-16T15:30:00Z"),
    ] {
        assert_eq!(feed_time(text), Some(at(expected)), "{text}");
    }
}

#[test]
fn a_time_without_a_known_zone_is_no_time() {
    for text in [
        "Wed, 01 Jan 2014 09:09:00",
        "Wed, 01 Jan 2014 09:09:00 IST",
        "Wed, 01 Jan 2014 09:09:00 A",
        "2026-05-16T11:30:00",
        "2026-05-16",
        "2026-05-16 11:30",
        "Resolved: Fri, 10 Jul 2026 04:10:30 GMT",
        "2026-05-16 11:30 IST",
        "2026-05-16 11:30 +1500",
        "16 May 2026 11:30 GMT+0:75",
        "May 16, 2026, 13:30 PM UTC",
        "May 16, 2026, 11:30",
        "May 16, 11:30 UTC",
        "yesterday",
        "",
    ] {
        assert_eq!(feed_time(text), None, "{text}");
    }
}

#[test]
fn blocks_step_back_over_new_year() {
    let times = block_times(
        &blocks(&["Jan  1, 00:20 UTC", "Dec 31, 23:50 UTC", "Dec 31, 23:40 UTC"]),
        &[at("2025-01-01T00:20:13Z")],
    );
    let expected = ["2025-01-01T00:20:00Z", "2024-12-31T23:50:00Z", "2024-12-31T23:40:00Z"];
    assert_eq!(times, expected.map(|text| Some(at(text))));
}

#[test]
fn the_newest_block_is_of_the_year_nearest_to_the_entry() {
    let times = block_times(&blocks(&["Dec 31, 23:50 UTC"]), &[at("2025-01-01T00:20:13Z")]);
    assert_eq!(times, [Some(at("2024-12-31T23:50:00Z"))]);
    // Announced in December for January: published is the planned start, updated the announcement.
    let anchors = [at("2025-01-20T08:00:00Z"), at("2024-12-19T10:15:02Z")];
    let times = block_times(&blocks(&["Dec 19, 10:15 UTC"]), &anchors);
    assert_eq!(times, [Some(at("2024-12-19T10:15:00Z"))]);
}

#[test]
fn a_leap_day_is_found_in_its_year() {
    let times = block_times(&blocks(&["Mar 1, 00:10 UTC", "Feb 29, 23:00 UTC"]), &[at("2028-03-01T00:10:00Z")]);
    assert_eq!(times[1], Some(at("2028-02-29T23:00:00Z")));
    assert_eq!(BlockTime::parse("Feb 30, 23:00 UTC"), None);
    assert_eq!(BlockTime::parse("Mar 1, 24:00 UTC"), None);
}

#[test]
fn a_block_has_seconds_an_offset_or_half_days() {
    for (text, expected) in [
        ("Jun  5, 01:40:38 GMT+0", "2026-06-05T01:40:38Z"),
        ("Jun 5, 01:40 GMT-5:30", "2026-06-05T07:10:00Z"),
        ("June 5th at 1:40 pm EDT", "2026-06-05T17:40:00Z"),
        ("5 Jun 12:05am UTC+2", "2026-06-04T22:05:00Z"),
        ("Fri, 05 Jun 2026 01:40:38 GMT", "2026-06-05T01:40:38Z"),
        ("2026-06-05T01:40:38.5+02:00", "2026-06-04T23:40:38Z"),
    ] {
        let times = block_times(&blocks(&[text]), &[at("2026-06-05T01:41:00Z")]);
        assert_eq!(times, [Some(at(expected))], "{text}");
    }
    let unread = ["Jun 5, 01:40:38", "Jun 31, 01:40:38 GMT+0", "Jun 5, 25:00:00 GMT+0", "Jun 5, 01:40:38:1 GMT", ""];
    for text in unread {
        assert_eq!(BlockTime::parse(text), None, "{text}");
    }
}

#[test]
fn the_entry_settles_an_ambiguous_zone() {
    let texts = ["Jul 10, 09:30 IST", "Jul 10, 09:00 IST"];
    let times = block_times(&blocks(&texts), &[at("2026-07-10T04:00:41Z")]);
    assert_eq!(times, ["2026-07-10T04:00:00Z", "2026-07-10T03:30:00Z"].map(|text| Some(at(text))));
}

#[test]
fn a_page_that_says_the_zone_of_winter_in_summer_is_found_out_by_the_entry() {
    let texts = ["Jul 22, 15:04 PST", "Jul 22, 14:40 PST", "Jul 22, 21:10 UTC"];
    let times = block_times(&blocks(&texts), &[at("2013-07-22T22:04:43Z")]);
    let expected = ["2013-07-22T22:04:00Z", "2013-07-22T21:40:00Z", "2013-07-22T21:10:00Z"];
    assert_eq!(times, expected.map(|text| Some(at(text))));
    // In winter it is right, and an entry time that is merely near proves nothing.
    for entry in ["2014-01-22T23:04:43Z", "2014-01-22T22:02:43Z"] {
        let times = block_times(&blocks(&["Jan 22, 15:04 PST", "Jan 22, 14:40 PST"]), &[at(entry)]);
        assert_eq!(times, ["2014-01-22T23:04:00Z", "2014-01-22T22:40:00Z"].map(|text| Some(at(text))));
    }
    // An entry that was changed later still gives the time of its newest block.
    let anchors = [at("2013-07-22T22:04:43Z"), at("2013-07-23T10:00:00Z")];
    assert_eq!(block_times(&blocks(&texts[..1]), &anchors), [Some(at("2013-07-22T22:04:00Z"))]);
    let times = block_times(&blocks(&["Jul 22, 15:04 UTC"]), &[at("2013-07-22T14:04:00Z")]);
    assert_eq!(times, [Some(at("2013-07-22T15:04:00Z"))], "UTC has no summer");
}

#[test]
fn where_nothing_settles_a_zone_only_the_newest_block_has_a_time() {
    for zone in ["IST", "XYZ"] {
        let texts = [format!("Jul 10, 09:30 {zone}"), format!("Jul 10, 09:00 {zone}")];
        let times = block_times(&blocks(&[&texts[0], &texts[1]]), &[at("2026-07-10T04:17:41Z")]);
        assert_eq!(times, [Some(at("2026-07-10T04:17:41Z")), None], "{zone}");
    }
    assert_eq!(block_times(&blocks(&["Jul 10, 09:30 UTC"]), &[]), [None]);
}

#[test]
fn a_year_that_is_given_is_believed() {
    let times = block_times(&blocks(&["May 13, 2017, 06:45 UTC"]), &[at("2017-10-15T06:45:00Z")]);
    assert_eq!(times, [Some(at("2017-05-13T06:45:00Z"))]);
}

#[test]
fn a_window_may_end_in_the_next_year() {
    let [start, end] = ["Dec 31, 22:00 PST", "Jan  1, 02:00 PST"].map(|text| BlockTime::parse(text).unwrap());
    let window = block_window(&start, &end, &[at("2025-01-01T06:00:00Z")]);
    assert_eq!(window, (Some(at("2025-01-01T06:00:00Z")), Some(at("2025-01-01T10:00:00Z"))));
}
