//! Durations in the two largest units that are not zero.

/// `45 s`, `13 min`, `2 h 13 min`, `5 h`, `2 d`. Negative durations count as zero.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (large, small) = match seconds / 60 {
        0 => ((seconds, "s"), (0, "")),
        minutes @ 1..60 => ((minutes, "min"), (0, "")),
        minutes @ 60..1440 => ((minutes / 60, "h"), (minutes % 60, "min")),
        minutes => ((minutes / 1440, "d"), (minutes % 1440 / 60, "h")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        (count, unit) => format!("{} {} {count} {unit}", large.0, large.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_are_zero_are_left_out() {
        let told = [-5, 0, 59, 60, 3_599, 3_600, 7_980, 18_000, 86_400, 93_600, 172_800].map(duration);
        let want = ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "2 h 13 min", "5 h", "1 d", "1 d 2 h", "2 d"];
        assert_eq!(told, want);
    }
}
