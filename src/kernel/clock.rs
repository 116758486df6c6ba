//! Time, passed in: nothing on floors 0 and 1 reads a clock.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Where the time comes from: the system's clock in production, one set by hand in tests.
pub trait Clock: Send + Sync {
    /// The present moment in UTC.
    fn now(&self) -> Timestamp;
}

/// One of Indonesia's three time zones. None has daylight saving, so each is a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Zone {
    /// Western Indonesia, UTC+7.
    Wib,
    /// Central Indonesia, UTC+8.
    Wita,
    /// Eastern Indonesia, UTC+9.
    Wit,
}

impl Zone {
    /// The offset from UTC.
    #[must_use]
    pub fn offset(self) -> Offset {
        Offset::constant(match self {
            Self::Wib => 7,
            Self::Wita => 8,
            Self::Wit => 9,
        })
    }

    /// Its short name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wib => "WIB",
            Self::Wita => "WITA",
            Self::Wit => "WIT",
        }
    }

    /// The date there at a moment: what quotas of a day and terms of a PKS go by.
    #[must_use]
    pub fn date(self, at: Timestamp) -> Date {
        self.offset().to_datetime(at).date()
    }

    /// The time of day there at a moment.
    #[must_use]
    pub fn time(self, at: Timestamp) -> Time {
        self.offset().to_datetime(at).time()
    }

    /// Seconds from a moment to the next midnight there, 1-86,400: when a quota of the day begins anew.
    #[must_use]
    pub fn seconds_to_midnight(self, at: Timestamp) -> u32 {
        let local = at.as_second() + i64::from(self.offset().seconds());
        u32::try_from(86_400 - local.rem_euclid(86_400)).unwrap_or(86_400)
    }

    /// Days since 1970-01-01 there: the number of a day for counters.
    #[must_use]
    pub fn day_number(self, at: Timestamp) -> i64 {
        (at.as_second() + i64::from(self.offset().seconds())).div_euclid(86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_lies_where_the_zone_says() {
        let at: Timestamp = "2026-11-22T15:59:30Z".parse().unwrap_or_default();
        assert_eq!(Zone::Wita.time(at).to_string(), "23:59:30");
        assert_eq!(Zone::Wita.seconds_to_midnight(at), 30);
        assert_eq!(Zone::Wib.date(at).to_string(), "2026-11-22");
        assert_eq!(Zone::Wit.date(at).to_string(), "2026-11-23");
        assert_eq!(Zone::Wit.day_number(at), Zone::Wib.day_number(at) + 1);
    }
}
