//! One value of an input as the snapshot stores it, or why it can't be one.
//!
//! Nothing is guessed: a code is a number or a text of its table, a date is a date that a calendar has, a NIK passes
//! `kernel::Nik`. No value at all is an empty text, a null, `-` (where `-` is no code), `00-00-0000` for dates, 0 for ids, codes and
//! postal codes, and what a snapshot itself stores for none.

use super::super::day::{from_civil, to_civil};
use super::super::schema::{Column, NO_CODE, NO_DATE, NO_ID, NO_NUMBER, STATUS, column_of};
use crate::kernel::elemen::{CATALOGUE, CodeText, code_of, text_of};
use crate::kernel::limits::STORED_VALUE_BYTES_MAX;
use crate::kernel::{Elemen, Kind, Nik, NikFault, NikStatus};

/// A value as an input gives it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    /// A text that is not UTF-8.
    Foreign,
    Whole(i64),
    Real(f64),
    /// Days since 1970-01-01.
    Day(i64),
}

/// A value on its way into the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored<'a> {
    Long(i64),
    Int(i32),
    Text(&'a str),
    /// A text in which tabs and ends of lines are to become blanks.
    Lines(&'a str),
    /// A text of these digits.
    Digits(i64),
}

/// Why a row is rejected. Says nothing of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error("the row has no NIK")]
    NoNik,
    #[error(transparent)]
    Nik(#[from] NikFault),
    #[error("not sixteen digits")]
    Id,
    #[error("not a whole number")]
    Number,
    #[error("a number that cannot be")]
    Range,
    #[error("not in the code table")]
    Code,
    #[error("not a date")]
    Date,
    #[error("longer than 512 bytes")]
    Long,
    #[error("not UTF-8")]
    Encoding,
    #[error("holds a control character")]
    Control,
    #[error("the row has no value where every row needs one")]
    Missing,
    #[error("the row has more or fewer fields than the heading")]
    Fields,
}

/// First and last year that a date may lie in.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2200;

/// Reads a value of a column. `all_active`: no status means active.
pub(super) fn decode<'a>(column: Column, cell: Cell<'a>, all_active: bool) -> Result<Stored<'a>, Flaw> {
    let cell = match cell {
        Cell::Text(text) => match text.trim_ascii() {
            "" => Cell::Empty,
            text => Cell::Text(text),
        },
        Cell::Foreign => return Err(Flaw::Encoding),
        other => other,
    };
    let Some(entry) = CATALOGUE.get(column) else {
        return status(cell, all_active).map(|status| Stored::Int(status as i32));
    };
    match entry.kind {
        Kind::Id16 if entry.elemen == Elemen::Nik => nik(cell).map(Stored::Long),
        Kind::Id16 => id(cell).map(Stored::Long),
        Kind::Number { width } => number(entry.elemen, width, cell).map(Stored::Int),
        Kind::Code(table) => code(table, cell).map(Stored::Int),
        Kind::Date => date(cell).map(Stored::Int),
        Kind::Name | Kind::Place | Kind::Address | Kind::Text => text(cell),
    }
}

fn nik(cell: Cell<'_>) -> Result<i64, Flaw> {
    let nik = match cell {
        Cell::Empty => return Err(Flaw::NoNik),
        Cell::Text(text) => Nik::parse(text)?,
        Cell::Whole(number) => Nik::from_number(u64::try_from(number).map_err(|_| NikFault::NotDigits)?)?,
        // A floating-point number has no room for sixteen digits.
        Cell::Real(_) | Cell::Day(_) | Cell::Foreign => return Err(NikFault::NotDigits.into()),
    };
    Ok(nik.number().cast_signed())
}

fn id(cell: Cell<'_>) -> Result<i64, Flaw> {
    match cell {
        Cell::Empty | Cell::Text("-" | "0") | Cell::Whole(NO_ID) => Ok(NO_ID),
        Cell::Text(text) if text.len() == 16 => digits(text).ok_or(Flaw::Id),
        Cell::Whole(id @ 1..10_000_000_000_000_000) => Ok(id),
        _ => Err(Flaw::Id),
    }
}

/// The number of a text of digits only.
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The whole number of a cell, if it has one.
fn whole(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Text(text) => digits(text),
        Cell::Whole(number) => Some(number),
        Cell::Real(real) if real.fract() == 0.0 && real.abs() < 1e9 => Some(real as i64),
        Cell::Real(_) | Cell::Day(_) | Cell::Empty | Cell::Foreign => None,
    }
}

fn number(elemen: Elemen, width: u8, cell: Cell<'_>) -> Result<i32, Flaw> {
    let given = match cell {
        Cell::Empty | Cell::Text("-") => None,
        other => Some(whole(other).ok_or(Flaw::Number)?),
    };
    // Neighbourhoods above 999 are rare and real.
    let below = 10i64.pow(u32::from(width).max(4));
    let bounds = match elemen {
        Elemen::NoProp => 11..100,
        Elemen::NoKab => 1..100,
        _ => 0..below,
    };
    let needed = matches!(elemen, Elemen::NoProp | Elemen::NoKab);
    match given.filter(|number| *number != i64::from(NO_NUMBER)) {
        None if needed => Err(Flaw::Missing),
        None => Ok(NO_NUMBER),
        Some(0) if elemen == Elemen::KodePos => Ok(NO_NUMBER),
        Some(number) if bounds.contains(&number) => i32::try_from(number).map_err(|_| Flaw::Range),
        Some(_) => Err(Flaw::Range),
    }
}

fn code(table: &'static [CodeText], cell: Cell<'_>) -> Result<i32, Flaw> {
    let code = match cell {
        Cell::Empty => return Ok(NO_CODE),
        Cell::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
            let spelled =
                code_of(table, text).or_else(|| table.iter().find(|(_, own)| own.eq_ignore_ascii_case(text)).map(|row| row.0));
            return match spelled {
                Some(code) => Ok(code.into()),
                None if text == "-" => Ok(NO_CODE),
                None => Err(Flaw::Code),
            };
        }
        other => whole(other).ok_or(Flaw::Code)?,
    };
    match u8::try_from(code) {
        Ok(0) => Ok(NO_CODE),
        Ok(code) if text_of(table, code).is_some() => Ok(code.into()),
        _ => Err(Flaw::Code),
    }
}

/// What the record says of the NIK: our number, the DWH's response code, or a text.
fn status(cell: Cell<'_>, all_active: bool) -> Result<NikStatus, Flaw> {
    let number = match cell {
        Cell::Empty if all_active => 1,
        Cell::Empty => return Err(Flaw::Missing),
        Cell::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
            let is = |names: &[&str]| names.iter().any(|own| own.eq_ignore_ascii_case(text));
            match () {
                () if is(&["AKTIF", "ACTIVE"]) => 1,
                () if is(&["MENINGGAL", "MENINGGAL DUNIA", "DECEASED"]) => 2,
                () if is(&["GANDA", "DATA GANDA", "DUPLICATE"]) => 3,
                () if is(&["NON AKTIF", "NONAKTIF", "TIDAK AKTIF", "INACTIVE"]) => 4,
                () => return Err(Flaw::Code),
            }
        }
        other => whole(other).ok_or(Flaw::Code)?,
    };
    match number {
        1 => Ok(NikStatus::Active),
        2 | 11 => Ok(NikStatus::Deceased),
        3 | 12 => Ok(NikStatus::Duplicate),
        4 | 14 => Ok(NikStatus::Inactive),
        _ => Err(Flaw::Code),
    }
}

fn date(cell: Cell<'_>) -> Result<i32, Flaw> {
    let (year, month, day) = match cell {
        Cell::Empty | Cell::Text("-") => return Ok(NO_DATE),
        Cell::Text(text) => split_date(text).ok_or(Flaw::Date)?,
        Cell::Whole(0) => return Ok(NO_DATE),
        Cell::Whole(number) => (number / 10_000, number / 100 % 100, number % 100),
        Cell::Day(day) if day == i64::from(NO_DATE) => return Ok(NO_DATE),
        Cell::Day(day) => {
            let day = i32::try_from(day).map_err(|_| Flaw::Date)?;
            return if YEARS.contains(&to_civil(day).year) { Ok(day) } else { Err(Flaw::Date) };
        }
        Cell::Real(_) | Cell::Foreign => return Err(Flaw::Date),
    };
    if matches!((year, month, day), (0, 0, 0) | (1, 1, 1)) {
        return Ok(NO_DATE);
    }
    let part = |number: i64| i32::try_from(number).map_err(|_| Flaw::Date);
    let (year, month, day) = (part(year)?, part(month)?, part(day)?);
    if !YEARS.contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Err(Flaw::Date);
    }
    // What no calendar has comes back as another day.
    let number = from_civil(year, month, day);
    if to_civil(number).day == day { Ok(number) } else { Err(Flaw::Date) }
}

/// Year, month and day of `yyyy-MM-dd`, `dd-MM-yyyy` (with `-`, `/` or `.`) or `yyyyMMdd`; a time of day after it is passed over.
fn split_date(text: &str) -> Option<(i64, i64, i64)> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    if !time.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte)) {
        return None;
    }
    if date.len() == 8
        && let Some(number) = digits(date)
    {
        return Some((number / 10_000, number / 100 % 100, number % 100));
    }
    let mut parts = date.split(['-', '/', '.']);
    let (first, month, last) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &str| part.len() <= 2;
    if parts.next().is_some() || !short(month) {
        return None;
    }
    match (first.len(), last.len()) {
        (4, _) if short(last) => Some((digits(first)?, digits(month)?, digits(last)?)),
        (_, 4) if short(first) => Some((digits(last)?, digits(month)?, digits(first)?)),
        _ => None,
    }
}

fn text(cell: Cell<'_>) -> Result<Stored<'_>, Flaw> {
    let text = match cell {
        Cell::Empty => "",
        Cell::Text(text) => text,
        Cell::Whole(number) => return Ok(Stored::Digits(number)),
        Cell::Real(_) | Cell::Day(_) | Cell::Foreign => return Err(Flaw::Number),
    };
    if text.len() > STORED_VALUE_BYTES_MAX {
        return Err(Flaw::Long);
    }
    let control = |byte: u8| byte < b' ' || byte == 0x7f;
    if !text.bytes().any(control) {
        Ok(Stored::Text(text))
    } else if text.bytes().any(|byte| control(byte) && !b"\t\r\n".contains(&byte)) {
        Err(Flaw::Control)
    } else {
        Ok(Stored::Lines(text))
    }
}

/// Which columns a floating-point number or a date can be a value of.
pub(super) fn takes(column: Column, cell: Cell<'_>) -> bool {
    let kind = CATALOGUE.get(column).map(|entry| entry.kind);
    match cell {
        Cell::Real(_) => column == STATUS || matches!(kind, Some(Kind::Number { .. } | Kind::Code(_))),
        Cell::Day(_) => kind == Some(Kind::Date),
        Cell::Empty | Cell::Text(_) | Cell::Foreign | Cell::Whole(_) => true,
    }
}

/// The column of the NIK.
pub(super) fn is_nik(column: Column) -> bool {
    column == column_of(Elemen::Nik)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Cell::{Day, Empty, Real, Text, Whole};
    use proptest::prelude::*;

    fn of(elemen: Elemen, cell: Cell<'_>) -> Result<Stored<'_>, Flaw> {
        decode(column_of(elemen), cell, false)
    }

    #[test]
    fn reads_ids_numbers_and_codes_as_text_and_as_numbers() {
        for (elemen, cell, stored) in [
            (Elemen::Nik, Text(" 6305014507850001 "), Ok(Stored::Long(6_305_014_507_850_001))),
            (Elemen::Nik, Whole(6_305_014_507_850_001), Ok(Stored::Long(6_305_014_507_850_001))),
            (Elemen::Nik, Empty, Err(Flaw::NoNik)),
            (Elemen::Nik, Text("6305013202850001"), Err(Flaw::Nik(NikFault::BirthDate))),
            (Elemen::Nik, Whole(-5), Err(Flaw::Nik(NikFault::NotDigits))),
            (Elemen::Nik, Real(6.3e15), Err(Flaw::Nik(NikFault::NotDigits))),
            (Elemen::NoKk, Text("0000000000000000"), Ok(Stored::Long(NO_ID))),
            (Elemen::NikIbu, Text("-"), Ok(Stored::Long(NO_ID))),
            (Elemen::NikIbu, Text("63050145078500"), Err(Flaw::Id)),
            (Elemen::NikIbu, Text("630501450785000X"), Err(Flaw::Id)),
            (Elemen::NoRt, Text("003"), Ok(Stored::Int(3))),
            (Elemen::NoRt, Real(3.0), Ok(Stored::Int(3))),
            (Elemen::NoRt, Real(3.5), Err(Flaw::Number)),
            (Elemen::NoRt, Real(f64::NAN), Err(Flaw::Number)),
            (Elemen::NoRt, Text("3A"), Err(Flaw::Number)),
            (Elemen::NoRt, Text("+3"), Err(Flaw::Number)),
            (Elemen::NoRw, Whole(10_000), Err(Flaw::Range)),
            (Elemen::NoRw, Empty, Ok(Stored::Int(NO_NUMBER))),
            (Elemen::KodePos, Whole(0), Ok(Stored::Int(NO_NUMBER))),
            (Elemen::NoProp, Whole(63), Ok(Stored::Int(63))),
            (Elemen::NoProp, Whole(10), Err(Flaw::Range)),
            (Elemen::NoKab, Text("00"), Err(Flaw::Range)),
            (Elemen::NoKab, Empty, Err(Flaw::Missing)),
            (Elemen::JenisKlmin, Text("Laki-laki"), Ok(Stored::Int(1))),
            (Elemen::JenisKlmin, Text("2"), Ok(Stored::Int(2))),
            (Elemen::JenisKlmin, Whole(3), Err(Flaw::Code)),
            (Elemen::JenisKlmin, Text("X"), Err(Flaw::Code)),
            (Elemen::GolDarah, Text("-"), Ok(Stored::Int(13))),
            (Elemen::PnydngCct, Text("-"), Ok(Stored::Int(NO_CODE))),
            (Elemen::PnydngCct, Whole(0), Ok(Stored::Int(NO_CODE))),
            (Elemen::PnydngCct, Whole(257), Err(Flaw::Code)),
            (Elemen::JenisPkrjn, Whole(88), Ok(Stored::Digits(88))),
            (Elemen::Alamat, Text("JL.\nVETERAN"), Ok(Stored::Lines("JL.\nVETERAN"))),
            (Elemen::Alamat, Text("JL.\0VETERAN"), Err(Flaw::Control)),
        ] {
            assert_eq!(of(elemen, cell), stored, "{elemen} {cell:?}");
        }
        assert_eq!(of(Elemen::Alamat, Text(&"A".repeat(513))), Err(Flaw::Long));
        assert!(of(Elemen::Alamat, Text(&"A".repeat(512))).is_ok());
    }

    #[test]
    fn reads_dates_in_every_order_and_refuses_what_no_calendar_has() {
        let day = Ok(Stored::Int(from_civil(1985, 7, 5)));
        for cell in [
            Text("1985-07-05"),
            Text("05-07-1985"),
            Text("5/7/1985"),
            Text("1985.07.05 00:00:00.000"),
            Text("1985-07-05T00:00:00Z"),
            Text("19850705"),
            Whole(19_850_705),
            Day(from_civil(1985, 7, 5).into()),
        ] {
            assert_eq!(of(Elemen::TglLhr, cell), day, "{cell:?}");
        }
        for cell in [Empty, Text("00-00-0000"), Text("0000-00-00"), Text("-"), Whole(0), Day(NO_DATE.into())] {
            assert_eq!(of(Elemen::TglKwn, cell), Ok(Stored::Int(NO_DATE)), "{cell:?}");
        }
        for cell in [
            Text("30-02-1985"),
            Text("29-02-1985"),
            Text("1985-13-01"),
            Text("05-07-85"),
            Text("5 JULI 1985"),
            Text("1985-07"),
            Text("1985-07-05-1"),
            Text("198507"),
            Text("0985-07-05"),
            Whole(5),
            Day(i64::MAX),
            Real(1.0),
        ] {
            assert_eq!(of(Elemen::TglLhr, cell), Err(Flaw::Date), "{cell:?}");
        }
    }

    #[test]
    fn reads_a_status_as_our_number_as_the_dwh_code_and_as_text() {
        for (text, number) in [
            ("1", 1),
            ("01", 1),
            ("Aktif", 1),
            ("2", 2),
            ("11", 2),
            ("MENINGGAL", 2),
            ("12", 3),
            ("ganda", 3),
            ("14", 4),
            ("NON AKTIF", 4),
        ] {
            assert_eq!(decode(STATUS, Text(text), false), Ok(Stored::Int(number)), "{text}");
        }
        assert_eq!(decode(STATUS, Text("13"), false), Err(Flaw::Code));
        assert_eq!(decode(STATUS, Empty, false), Err(Flaw::Missing));
        assert_eq!(decode(STATUS, Empty, true), Ok(Stored::Int(1)));
    }

    proptest! {
        #[test]
        fn no_text_and_no_number_is_a_panic(text in "\\PC{0,24}", whole: i64, real: f64, day: i64) {
            for column in 0..=STATUS {
                for cell in [Text(&text), Whole(whole), Real(real), Day(day)] {
                    let _any = decode(column, cell, false);
                }
            }
        }

        #[test]
        fn any_date_text_is_the_day_that_it_says(year in 1800i32..2200, month in 1i32..=12, day in 1i32..=28) {
            for text in [format!("{year:04}-{month:02}-{day:02}"), format!("{day:02}/{month:02}/{year:04}")] {
                prop_assert_eq!(of(Elemen::TglLhr, Text(&text)), Ok(Stored::Int(from_civil(year, month, day))));
            }
        }
    }
}
