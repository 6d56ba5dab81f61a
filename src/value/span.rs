//! Durations as HAProxy writes them: `500us`, `100ms`, `2s`, `1m`, `1h`, `1d` (configuration.txt section 2.5).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A duration with its unit. A bare number is refused: HAProxy reads it as milliseconds, most people as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(Duration);

impl Span {
    /// One second.
    pub const fn second() -> Self {
        Self(Duration::from_secs(1))
    }

    /// So many milliseconds.
    pub const fn milliseconds(count: u64) -> Self {
        Self(Duration::from_millis(count))
    }

    /// The duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let joined: String = text.split_whitespace().collect();
            let meant = (joined != text && joined.parse::<Self>().is_ok())
                .then(|| format!("'{joined}', without a blank"));
            let meant =
                meant.unwrap_or("a number and a unit, such as 500us, 100ms, 2s or 1m".to_owned());
            format!("'{text}' is not a duration; write {meant}")
        };
        let unit_at = text
            .find(|letter: char| !letter.is_ascii_digit())
            .ok_or_else(wrong)?;
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
        let micros: u64 = match unit {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return Err(wrong()),
        };
        let total = number
            .parse::<u64>()
            .map_err(|_| wrong())?
            .checked_mul(micros);
        match total {
            Some(total) if total <= 365 * 86_400_000_000 => Ok(Self(Duration::from_micros(total))),
            _ => Err(format!(
                "duration '{text}' is too long; 365d is the longest"
            )),
        }
    }
}

from_text!(Span);

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let units = [
            (86_400_000_000, "d"),
            (3_600_000_000, "h"),
            (60_000_000, "m"),
            (1_000_000, "s"),
            (1_000, "ms"),
        ];
        match units
            .iter()
            .find(|(unit, _)| micros >= *unit && micros.is_multiple_of(*unit))
        {
            Some((unit, name)) => write!(f, "{}{name}", micros / unit),
            None => write!(f, "{micros}us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_haproxy_writes_them() {
        for text in ["0us", "500us", "100ms", "2s", "1m", "3h", "1d", "1500ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!(
            "60s".parse::<Span>().unwrap().get(),
            Duration::from_secs(60)
        );
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "1 s",
            "1.5s",
            "-1s",
            "1min",
            "1S",
            "366d",
            "99999999999999999999s",
        ] {
            assert!(
                text.parse::<Span>().is_err(),
                "{text:?} was taken for a duration"
            );
        }
    }
}
