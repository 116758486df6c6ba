//! The hours in which may be asked: days of the week and one span of minutes, in a zone.

use jiff::Timestamp;

use crate::kernel::Zone;

/// The days of the week as PKS documents name them, from Monday.
pub const DAYS: [&str; 7] = ["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"];

/// When may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    zone: Zone,
    /// Bit n for day n of [`DAYS`].
    days: u8,
    /// Minutes of the day, `from` inside, `until` outside.
    from: u16,
    until: u16,
}

impl Hours {
    /// From its parts: days as words, times as `HH:MM`. The first of each fault's pair is the field it is about.
    pub(super) fn parse(zone: Zone, days: &[String], from: &str, until: &str) -> Result<Self, Vec<(String, String)>> {
        let mut faults = Vec::new();
        let mut set = 0u8;
        for (index, word) in days.iter().enumerate() {
            match DAYS.iter().position(|day| day == word) {
                None => faults.push((
                    format!("days/{index}"),
                    format!("{word:?} bukan nama hari; tulis salah satu dari {}", DAYS.join(", ")),
                )),
                Some(day) if set & (1 << day) != 0 => faults.push((format!("days/{index}"), format!("{word} disebut dua kali"))),
                Some(day) => set |= 1 << day,
            }
        }
        if days.is_empty() {
            faults.push(("days".into(), "belum menyebut hari; untuk menutup akses sama sekali, tangguhkan perjanjian".into()));
        }
        let times = (minute(from), minute(until));
        for (field, text, time) in [("from", from, times.0), ("until", until, times.1)] {
            if time.is_none() {
                faults.push((field.into(), format!("{text:?} bukan waktu; tulis JJ:MM, dari 00:00 sampai 24:00")));
            }
        }
        if let (Some(from), Some(until)) = times
            && from >= until
        {
            faults.push(("until".into(), "jam berakhir sebelum dimulai; akses malam hari memerlukan sepanjang hari".into()));
        }
        match (times, faults.is_empty()) {
            ((Some(from), Some(until)), true) => Ok(Self { zone, days: set, from, until }),
            _ => Err(faults),
        }
    }

    /// Whether a moment lies inside.
    #[must_use]
    pub fn contain(&self, at: Timestamp) -> bool {
        let local = at.as_second() + i64::from(self.zone.offset().seconds());
        // 1970-01-01 was a Thursday, day 3 of DAYS.
        let day = (local.div_euclid(86_400) + 3).rem_euclid(7);
        let minute = local.rem_euclid(86_400) / 60;
        self.days & (1 << day) != 0 && (i64::from(self.from)..i64::from(self.until)).contains(&minute)
    }

    /// In words, for refusals: `senin-jumat 08:00-16:00 WITA` where the days follow one another, else each day.
    #[must_use]
    pub fn words(&self) -> String {
        let named: Vec<_> = DAYS.iter().enumerate().filter(|(n, _)| self.days & (1 << n) != 0).collect();
        let days = match (named.first(), named.last()) {
            (Some((first, from)), Some((last, until))) if named.len() > 2 && last - first + 1 == named.len() => {
                format!("{from}-{until}")
            }
            _ => named.iter().map(|(_, day)| **day).collect::<Vec<_>>().join(","),
        };
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{days} {}-{} {}", time(self.from), time(self.until), self.zone.word())
    }
}

fn minute(text: &str) -> Option<u16> {
    let two = |part: &str| -> Option<u16> {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
    };
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two(hour)?, two(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(days: &[&str], from: &str, until: &str) -> Result<Hours, Vec<(String, String)>> {
        Hours::parse(Zone::Wita, &days.iter().map(ToString::to_string).collect::<Vec<_>>(), from, until)
    }

    #[test]
    fn a_moment_lies_inside_by_the_clock_of_the_zone() {
        let office = hours(&["senin", "selasa", "rabu", "kamis", "jumat"], "08:00", "16:30").unwrap();
        let at = |text: &str| office.contain(text.parse().unwrap());
        assert!(at("2026-11-23T00:00:00Z"), "Monday 08:00 WITA");
        assert!(!at("2026-11-22T23:59:59Z"), "Monday 07:59:59 WITA");
        assert!(at("2026-11-23T08:29:59Z"), "Monday 16:29:59 WITA");
        assert!(!at("2026-11-23T08:30:00Z"), "Monday 16:30 WITA");
        assert!(!at("2026-11-22T02:00:00Z"), "Sunday 10:00 WITA");
        assert!(!at("1969-12-28T02:00:00Z"), "a Sunday before the epoch");
        assert!(at("1969-12-29T02:00:00Z"), "a Monday before the epoch");
        assert_eq!(office.words(), "senin-jumat 08:00-16:30 WITA");
        assert_eq!(hours(&["senin", "rabu", "minggu"], "08:00", "16:30").unwrap().words(), "senin,rabu,minggu 08:00-16:30 WITA");
    }

    #[test]
    fn a_whole_day_ends_at_24_00() {
        let always = hours(&DAYS, "00:00", "24:00").unwrap();
        assert!(always.contain("2026-11-22T15:59:59Z".parse().unwrap()));
        assert!(always.contain("2026-11-22T16:00:00Z".parse().unwrap()));
    }

    #[test]
    fn refuses_reversed_hours_unknown_days_and_times_no_clock_shows() {
        assert!(hours(&["senin"], "16:00", "08:00").is_err());
        assert!(hours(&["senin"], "08:00", "08:00").is_err());
        assert!(hours(&[], "08:00", "16:00").is_err());
        assert!(hours(&["senin", "senin"], "08:00", "16:00").is_err());
        assert_eq!(hours(&["monday"], "8:00", "24:01").err().map(|f| f.len()), Some(3));
    }
}
