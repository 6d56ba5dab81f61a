//! A point in time as a report shows it: RFC 3339 in UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

/// Milliseconds: a wall clock that jumps by more has been set.
const STEP: u64 = 1_000;

/// A point in time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(i64);

impl Moment {
    /// Now, by the wall clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Seconds since 1970, as Prometheus wants them.
    pub fn seconds(self) -> f64 {
        milliseconds(self.0)
    }

    /// Seconds from then until this; less than 0 where it is earlier.
    pub fn since(self, then: Self) -> f64 {
        milliseconds(self.0.saturating_sub(then.0))
    }

    /// So much later.
    pub fn plus(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// So much earlier.
    pub fn minus(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a double holds the milliseconds of 285,000 years"
)]
fn milliseconds(count: i64) -> f64 {
    count as f64 / 1000.0
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(0).plus(after),
            Err(before) => Self(0).minus(before.duration()),
        }
    }
}

/// `2026-11-22T10:08:00.123Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, in_day) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = date(days);
        let (seconds, millis) = (in_day / 1000, in_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl FromStr for Moment {
    type Err = String;

    /// Reads what `Display` writes, and nothing else.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not a time such as 2026-11-22T10:08:00.123Z");
        let number = |range: std::ops::Range<usize>| {
            let digits = text
                .get(range)
                .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits
                .and_then(|digits| digits.parse::<i64>().ok())
                .ok_or_else(wrong)
        };
        let days = days(number(0..4)?, number(5..7)?, number(8..10)?);
        let seconds = (number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?;
        let moment = Self((days * 86_400 + seconds) * 1000 + number(20..23)?);
        if moment.to_string() == text {
            Ok(moment)
        } else {
            Err(wrong())
        }
    }
}

from_text!(Moment);

/// Year, month and day of a count of days since 1970. The year is counted from March on, so that a leap day is its last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, in_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + next, month, day)
}

/// Days since 1970 of a date: the inverse of [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + (153 * month + 2) / 5 + day
        - 1
        - 719_468
}

/// The wall clock's time of the loop's instants. It follows a wall clock that is set, and ignores drift: what did not
/// change has the same time in every report.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    instant: Instant,
    moment: Moment,
}

impl Clock {
    /// A clock on which it is `wall` at `now`.
    pub fn new(now: Instant, wall: Moment) -> Self {
        Self {
            instant: now,
            moment: wall,
        }
    }

    /// Follows the wall clock where that was set.
    pub fn follow(&mut self, now: Instant, wall: Moment) {
        if self.at(now).0.abs_diff(wall.0) > STEP {
            *self = Self::new(now, wall);
        }
    }

    /// The time of an instant.
    pub fn at(&self, instant: Instant) -> Moment {
        match instant.checked_duration_since(self.instant) {
            Some(after) => self.moment.plus(after),
            None => self
                .moment
                .minus(self.instant.saturating_duration_since(instant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_again() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_795_323_245_777, "2026-11-22T04:54:05.777Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Moment(millis).to_string(), text);
            assert_eq!(text.parse(), Ok(Moment(millis)));
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_written_and_read_again() {
        for day in -25_567..120_530 {
            let moment = Moment(day * 86_400_000);
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-02-29T00:00:00.000Z",
            "2026-11-22T10:08:00Z",
            "2026-11-22T24:00:00.000Z",
            "2026-11-22T10:08:00.123+01:00",
            "2026-11-22 10:08:00.123Z",
            "+026-11-22T10:08:00.123Z",
        ] {
            assert!(
                text.parse::<Moment>().is_err(),
                "{text:?} was taken for a time"
            );
        }
    }

    #[test]
    fn a_clock_that_is_set_is_followed_and_one_that_runs_does_not_tremble() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let mut clock = Clock::new(now, Moment(1_000_000));
        clock.follow(now + second, Moment(1_001_007));
        assert_eq!(clock.at(now), Moment(1_000_000));
        assert_eq!(clock.at(now - second), Moment(999_000));
        clock.follow(now + second, Moment(9_000_000));
        assert_eq!(clock.at(now + 2 * second), Moment(9_001_000));
    }
}
