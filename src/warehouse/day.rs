//! Calendar dates as days since 1970-01-01, as Parquet stores them. Rows are made and read by the million, so the two conversions
//! are plain arithmetic (Howard Hinnant's `days_from_civil`), checked against the date library by test.

use jiff::civil::Date;

/// Days since 1970-01-01.
pub(super) type Day = i32;

/// A date taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Civil {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
}

/// The day number of a date.
pub(super) fn day_of(date: Date) -> Day {
    from_civil(i32::from(date.year()), i32::from(date.month()), i32::from(date.day()))
}

/// The day number of a year, month and day that exist.
pub(super) const fn from_civil(year: i32, month: i32, day: i32) -> Day {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day number, for any day within 100,000 years.
pub(super) const fn to_civil(day: Day) -> Civil {
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    Civil { year, month, day: day_of_year - (153 * shifted_month + 2) / 5 + 1 }
}

/// The same day so many years later; 29 February becomes the 28th where it has to.
pub(super) const fn add_years(day: Day, years: i32) -> Day {
    let civil = to_civil(day);
    let leap_day = civil.month == 2 && civil.day == 29;
    from_civil(civil.year + years, civil.month, if leap_day { 28 } else { civil.day })
}

/// Whole years from one day to a later one.
pub(super) const fn years_between(from: Day, to: Day) -> i32 {
    let (a, b) = (to_civil(from), to_civil(to));
    let before_birthday = b.month * 32 + b.day < a.month * 32 + a.day;
    b.year - a.year - if before_birthday { 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_date_library_on_every_day_of_three_centuries() {
        let mut date = jiff::civil::date(1800, 1, 1);
        let mut day = day_of(date);
        assert_eq!(day, -62_091);
        while date.year() < 2100 {
            let civil = to_civil(day);
            assert_eq!((civil.year, civil.month, civil.day), (date.year().into(), date.month().into(), date.day().into()));
            assert_eq!(day_of(date), day);
            date = date.tomorrow().unwrap();
            day += 1;
        }
    }

    #[test]
    fn counts_whole_years() {
        let born = from_civil(2004, 2, 29);
        assert_eq!(years_between(born, from_civil(2026, 2, 28)), 21);
        assert_eq!(years_between(born, from_civil(2026, 3, 1)), 22);
        assert_eq!(to_civil(add_years(born, 22)), Civil { year: 2026, month: 2, day: 28 });
    }
}
