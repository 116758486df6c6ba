//! Codes of regions, as Kepmendagri numbers them.

use std::fmt;

/// A kabupaten or kota: province and number inside it, written `63.05`. 01-69 is a kabupaten, 71-99 a kota.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KabCode(u16);

impl KabCode {
    /// From its two numbers, each below 100; higher ones wrap.
    #[must_use]
    pub fn new(province: u8, kabupaten: u8) -> Self {
        Self(u16::from(province % 100) * 100 + u16::from(kabupaten % 100))
    }

    /// The two numbers as one of four digits, 6305 for 63.05.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// From the number of four digits.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        if number < 10_000 { Some(Self(number)) } else { None }
    }

    /// The province, 11-99.
    #[must_use]
    pub fn province(self) -> u8 {
        u8::try_from(self.0 / 100).unwrap_or_default()
    }

    /// The number within the province.
    #[must_use]
    pub fn kabupaten(self) -> u8 {
        u8::try_from(self.0 % 100).unwrap_or_default()
    }
}

impl fmt::Display for KabCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}.{:02}", self.province(), self.kabupaten())
    }
}

/// A whole province (`63`) or one kabupaten/kota (`63.05`): how a PKS names the regions whose residents may be asked, and how a
/// path of the DWH service names the region served (there with a dash, `63-05`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Region {
    /// All kabupaten and kota of a province.
    Province(u8),
    /// One kabupaten or kota.
    Kab(KabCode),
}

impl Region {
    /// Reads `63`, `63.05` or `63-05`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let two = |part: &str| -> Option<u8> {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
        };
        match text.split_once(['.', '-']) {
            None => two(text).map(Self::Province),
            Some((province, kab)) => Some(Self::Kab(KabCode::new(two(province)?, two(kab)?))),
        }
    }

    /// Whether a resident of `kab` belongs here.
    #[must_use]
    pub fn covers(self, kab: KabCode) -> bool {
        match self {
            Self::Province(province) => kab.province() == province,
            Self::Kab(own) => own == kab,
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Province(province) => write!(f, "{province:02}"),
            Self::Kab(kab) => kab.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings_and_covers_what_lies_inside() {
        assert_eq!(Region::parse("63.05"), Region::parse("63-05"));
        assert!(Region::parse("63").is_some_and(|r| r.covers(KabCode::new(63, 5))));
        assert!(!Region::parse("63.05").is_some_and(|r| r.covers(KabCode::new(63, 6))));
        for wrong in ["", "6", "630", "63.5", "63.05.01", "a3", "63.", "+3"] {
            assert_eq!(Region::parse(wrong), None, "{wrong}");
        }
    }
}
