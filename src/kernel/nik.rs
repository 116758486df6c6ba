//! The NIK (Nomor Induk Kependudukan) as a parsed value.
//!
//! Sixteen digits: province, kabupaten/kota and kecamatan of first registration (two digits each), birth date as DDMMYY with
//! 40 added to the day for women, and a serial of four digits. There is no check digit (domain: UU 23/2006 Pasal 37).
//!
//! Refuses what is impossible: another length, another character than a digit, a province below 11, a kabupaten 00 or 70, a
//! kecamatan 00, a date that no calendar has, serial 0000. A region code that is merely unknown passes, for a NIK keeps the code
//! of its first registration when regions are split.
//!
//! A NIK is personal data: the type has neither `Debug` nor `Display`, so that it can't reach a log by accident.

use jiff::civil::Date;

use super::region::KabCode;

/// A NIK that can exist. Ordered as its sixteen digits are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nik(u64);

/// Sex as coded in the NIK and in `JENIS_KLMIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `LAKI-LAKI`, code 1.
    Male,
    /// `PEREMPUAN`, code 2: the day of birth in the NIK is 40 higher.
    Female,
}

/// Why a text is no NIK. Carries nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikFault {
    /// Not sixteen characters long.
    #[error("a NIK has sixteen digits")]
    Length,
    /// Sixteen characters, but not all of them digits.
    #[error("a NIK consists of digits only")]
    NotDigits,
    /// Province below 11, kabupaten 00 or 70, or kecamatan 00.
    #[error("the region code in the NIK cannot exist")]
    Region,
    /// A day or month that no calendar has.
    #[error("the birth date in the NIK cannot exist")]
    BirthDate,
    /// Serial 0000, which is never issued.
    #[error("the serial 0000 is never issued")]
    Serial,
}

impl Nik {
    /// Reads sixteen ASCII digits; white space around them is not tolerated here.
    pub fn parse(text: &str) -> Result<Self, NikFault> {
        let bytes = text.as_bytes();
        if bytes.len() != 16 {
            return Err(NikFault::Length);
        }
        let mut value = 0u64;
        for byte in bytes {
            if !byte.is_ascii_digit() {
                return Err(NikFault::NotDigits);
            }
            value = value * 10 + u64::from(byte - b'0');
        }
        Self::from_number(value)
    }

    /// The same checks for a NIK held as a number, as the warehouse stores it.
    pub fn from_number(value: u64) -> Result<Self, NikFault> {
        if value >= 10_000_000_000_000_000 {
            return Err(NikFault::Length);
        }
        let nik = Self(value);
        let (province, kabupaten, kecamatan) = nik.region_parts();
        if province < 11 || matches!(kabupaten, 0 | 70) || kecamatan == 0 {
            return Err(NikFault::Region);
        }
        let (day, month, year) = nik.birth_parts();
        // Every year of which the two digits are divisible by four is a leap year in both centuries that can be meant: 00 is 2000.
        let days_in_month = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 => 29,
            2 => 28,
            _ => return Err(NikFault::BirthDate),
        };
        if day == 0 || day > days_in_month {
            return Err(NikFault::BirthDate);
        }
        if value.is_multiple_of(10_000) {
            return Err(NikFault::Serial);
        }
        Ok(nik)
    }

    /// The sixteen digits as a number. Exceeds 2^53 for provinces from 91 on: never hand it out as a JSON number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The sixteen digits as text.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:016}", self.0)
    }

    /// Province and kabupaten/kota of first registration, which need not be where the resident lives now.
    #[must_use]
    pub fn first_region(self) -> KabCode {
        let (province, kabupaten, _) = self.region_parts();
        KabCode::new(province, kabupaten)
    }

    /// Kecamatan of first registration, 1-99.
    #[must_use]
    pub fn first_kecamatan(self) -> u8 {
        self.region_parts().2
    }

    /// Sex as the day of birth tells it.
    #[must_use]
    pub fn sex(self) -> Sex {
        if self.raw_day() > 40 { Sex::Female } else { Sex::Male }
    }

    /// Birth date; the century is 20 where the two digits do not lie after those of `current_year`, else 19.
    #[must_use]
    pub fn birth_date(self, current_year: i16) -> Option<Date> {
        let (day, month, year) = self.birth_parts();
        let year = i16::from(year);
        let century = if year <= current_year.rem_euclid(100) { 2000 } else { 1900 };
        Date::new(century + year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// The last four digits, 1-9999.
    #[must_use]
    pub fn serial(self) -> u16 {
        u16::try_from(self.0 % 10_000).unwrap_or_default()
    }

    fn digits_at(self, divisor: u64) -> u8 {
        u8::try_from(self.0 / divisor % 100).unwrap_or_default()
    }

    fn region_parts(self) -> (u8, u8, u8) {
        (self.digits_at(100_000_000_000_000), self.digits_at(1_000_000_000_000), self.digits_at(10_000_000_000))
    }

    fn raw_day(self) -> u8 {
        self.digits_at(100_000_000)
    }

    /// Day (1-31 when valid; 0 for what no rule makes a day of), month, two digits of the year.
    fn birth_parts(self) -> (u8, u8, u8) {
        let raw = self.raw_day();
        let day = if raw > 40 { raw - 40 } else { raw };
        (day, self.digits_at(1_000_000), self.digits_at(10_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_region_birth_date_sex_and_serial() {
        let nik = Nik::parse("6305014507850001").unwrap_or_else(|_| unreachable!("valid by construction"));
        assert_eq!(nik.first_region(), KabCode::new(63, 5));
        assert_eq!(nik.first_kecamatan(), 1);
        assert_eq!(nik.sex(), Sex::Female);
        assert_eq!(nik.birth_date(2026).map(|d| d.to_string()).as_deref(), Some("1985-07-05"));
        assert_eq!(nik.serial(), 1);
        assert_eq!(nik.text(), "6305014507850001");
    }

    #[test]
    fn takes_the_century_from_the_current_year() {
        let year = |text: &str| Nik::parse(text).ok().and_then(|n| n.birth_date(2026)).map(|d| d.year());
        assert_eq!(year("6305010101260001"), Some(2026));
        assert_eq!(year("6305010101270001"), Some(1927));
        assert_eq!(year("6305012902000001"), Some(2000));
    }

    #[test]
    fn refuses_what_cannot_exist_and_says_why() {
        for (text, fault) in [
            ("630501450785001", NikFault::Length),
            ("63050145078500011", NikFault::Length),
            ("63050145078500O1", NikFault::NotDigits),
            ("６30501450785001", NikFault::Length),
            ("1005014507850001", NikFault::Region),
            ("6300014507850001", NikFault::Region),
            ("6370014507850001", NikFault::Region),
            ("6305004507850001", NikFault::Region),
            ("6305013202850001", NikFault::BirthDate),
            ("6305017202850001", NikFault::BirthDate),
            ("6305012902850001", NikFault::BirthDate),
            ("6305014000850001", NikFault::BirthDate),
            ("6305010013850001", NikFault::BirthDate),
            ("6305010007850001", NikFault::BirthDate),
            ("6305014507850000", NikFault::Serial),
        ] {
            assert_eq!(Nik::parse(text).err(), Some(fault), "{text}");
        }
    }

    #[test]
    fn passes_a_district_that_no_table_knows() {
        assert!(Nik::parse("9969990101850001").is_ok());
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back_its_own_text(text in "\\PC{0,20}") {
            if let Ok(nik) = Nik::parse(&text) {
                prop_assert!(nik.text() == text);
            }
        }

        #[test]
        fn every_number_accepted_has_a_birth_date(value in 0u64..10_000_000_000_000_000) {
            if let Ok(nik) = Nik::from_number(value) {
                prop_assert!(nik.birth_date(2026).is_some());
            }
        }
    }
}
