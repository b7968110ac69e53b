//! Uptime in words.
use status::availability::Uptime;

use crate::layout::durations::duration;

const DAY: i64 = 24 * 3600;

/// `99.95 % of 83 days seen`.
pub(super) fn uptime_text(uptime: Uptime) -> String {
    let Some(hundredths) = uptime.hundredths() else { return "Not seen yet".to_owned() };
    let percent = match hundredths {
        10_000 => "100 %".to_owned(),
        hundredths => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    };
    let seen = match uptime.seen / DAY {
        0 => duration(uptime.seen),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    format!("{percent} of {seen} seen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_says_of_how_long_it_is() {
        let text = |seen, down| uptime_text(Uptime { seen, down });
        assert_eq!(text(83 * DAY, 3_585), "99.95 % of 83 days seen");
        assert_eq!(text(90 * DAY - 1, 1), "99.99 % of 89 days seen");
        assert_eq!(text(DAY, 0), "100 % of 1 day seen");
        assert_eq!(text(7_980, 7_980), "0.00 % of 2 h 13 min seen");
        assert_eq!(text(0, 0), "Not seen yet");
    }
}
