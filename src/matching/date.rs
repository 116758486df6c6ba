//! Dates: DD-MM-YYYY, YYYY-MM-DD, names of months, and 00-00-0000 for "unknown".

use super::fold;

/// 100 where both are the same day or both are missing; text that is no date equals only itself.
pub(super) fn score(stored: &str, asked: &str) -> u8 {
    let equal = match (parse(stored), parse(asked)) {
        (Some(stored), Some(asked)) => stored == asked,
        (None, None) => fold::same(stored, asked),
        _ => false,
    };
    if equal { 100 } else { 0 }
}

/// A day, or none where the date is missing or unknown.
#[derive(PartialEq, Eq)]
enum Date {
    Missing,
    Day { year: u16, month: u8, day: u8 },
}

/// Does not look at the calendar: what is compared with the record need not be a possible day to differ from it.
fn parse(text: &str) -> Option<Date> {
    let clean = fold::clean(text);
    let mut parts = fold::words(&clean);
    let Some(first) = parts.next() else { return if text.trim().is_empty() { Some(Date::Missing) } else { None } };
    let (month, last) = (month(parts.next()?)?, parts.next()?);
    let (last, clock) = last.split_once('T').unwrap_or((last, ""));
    // Exports write a date as midnight of the day: 1990-02-01 00:00:00.0
    if !std::iter::once(clock).chain(parts).all(is_midnight) {
        return None;
    }
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    if year.len() != 4 || day.len() > 2 {
        return None;
    }
    let (year, day) = (number(year)?, u8::try_from(number(day)?).ok()?);
    match (year, month, day) {
        (0, 0, 0) => Some(Date::Missing),
        (_, _, 32..) => None,
        _ => Some(Date::Day { year, month, day }),
    }
}

fn number(digits: &str) -> Option<u16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn is_midnight(part: &str) -> bool {
    part.trim_end_matches('Z').bytes().all(|byte| byte == b'0')
}

/// A month by number or by its Indonesian or English name, in full or short.
fn month(word: &str) -> Option<u8> {
    Some(match word {
        "JANUARI" | "JAN" | "JANUARY" => 1,
        "FEBRUARI" | "FEB" | "PEBRUARI" | "PEB" | "FEBRUARY" => 2,
        "MARET" | "MAR" | "MARCH" => 3,
        "APRIL" | "APR" => 4,
        "MEI" | "MAY" => 5,
        "JUNI" | "JUN" | "JUNE" => 6,
        "JULI" | "JUL" | "JULY" => 7,
        "AGUSTUS" | "AGT" | "AGS" | "AGU" | "AGUST" | "AGTS" | "AUGUST" | "AUG" => 8,
        "SEPTEMBER" | "SEP" | "SEPT" => 9,
        "OKTOBER" | "OKT" | "OCTOBER" | "OCT" => 10,
        "NOVEMBER" | "NOV" | "NOPEMBER" | "NOP" => 11,
        "DESEMBER" | "DES" | "DECEMBER" | "DEC" => 12,
        _ if word.len() <= 2 => u8::try_from(number(word)?).ok().filter(|month| *month <= 12)?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_that_is_no_number_makes_no_date() {
        for text in
            ["1990-02", "1990-13-01", "32-01-1990", "1-2-90", "1990-01-1990", "19900201", "1990-02-01 10:00:00", "-", "x-y-z"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_order_and_separator_gives_the_same_day(year in 1900_u16..2100, month in 1_u8..13, day in 1_u8..32, sep in "[-/. ]") {
            let stored = format!("{year:04}-{month:02}-{day:02}");
            prop_assert_eq!(score(&stored, &format!("{day}{sep}{month}{sep}{year}")), 100);
            prop_assert_eq!(score(&stored, &format!("{year}{sep}{month:02}{sep}{day:02}")), 100);
            prop_assert_eq!(score(&stored, &format!("{day}{sep}{month}{sep}{}", year + 1)), 0);
        }
    }
}
