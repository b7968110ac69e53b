//! The clock of this machine. Signatures, certificates, leases and the `Date` of HTTP have no times before 1970 or
//! after 9999, and libraries panic at them. A machine whose clock was never set is told at the start.
use std::time::SystemTime;

use anyhow::Context as _;
use jiff::Timestamp;

/// The last second that is accepted, 9000-01-01T00:00:00Z: we add to the time of today.
const LATEST: i64 = 221_845_392_000;

/// Fails, with the way out, if the clock says a time that cannot be worked with.
pub fn check() -> anyhow::Result<()> {
    check_time(SystemTime::now())
}

fn check_time(now: SystemTime) -> anyhow::Result<()> {
    const WAY_OUT: &str = "set it to the time of today and start again";
    let now = Timestamp::try_from(now)
        .ok()
        .with_context(|| format!("the clock of this machine says a time after the year 9999: {WAY_OUT}"))?;
    anyhow::ensure!((0..=LATEST).contains(&now.as_second()), "the clock of this machine says {now:.0}: {WAY_OUT}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_that_cannot_be_is_named() {
        let epoch = SystemTime::UNIX_EPOCH;
        let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
        for fine in [0, 30, 1_800_000_000, 4_294_967_296, LATEST] {
            check_time(epoch + seconds(fine)).unwrap();
        }
        for (wrong, said) in [
            (epoch - seconds(1), "1969-12-31T23:59:59Z"),
            (epoch - seconds(3_000_000_000), "1874-12-07"),
            (epoch + seconds(LATEST + 1), "9000-01-01T00:00:01Z"),
            (epoch + seconds(300_000_000_000), "after the year 9999"),
        ] {
            let error = check_time(wrong).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("set it"), "{error}");
        }
        assert_eq!(Timestamp::from_second(LATEST).unwrap().to_string(), "9000-01-01T00:00:00Z");
    }
}
