//! One resident's values for the columns that were read, as retrieval would show them.

use zeroize::Zeroize;

use super::elemen::Elemen;
use super::elemen_set::ElemenSet;
use super::region::KabCode;

/// What the population record says of the NIK itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NikStatus {
    /// Alive and in use (code 01).
    Active = 1,
    /// The resident has died (code 11).
    Deceased = 2,
    /// The NIK stands for more than one record (code 12).
    Duplicate = 3,
    /// Blocked until the resident reports to the office (code 14).
    Inactive = 4,
}

impl NikStatus {
    /// From the number in the warehouse.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Active),
            2 => Some(Self::Deceased),
            3 => Some(Self::Duplicate),
            4 => Some(Self::Inactive),
            _ => None,
        }
    }
}

/// The values of one resident, only for the columns that were asked of the warehouse. Wiped from memory when dropped; no `Debug`.
pub struct Row {
    status: NikStatus,
    region: KabCode,
    columns: ElemenSet,
    /// The end of each value in `text`, in the order of the columns' bits.
    ends: Box<[u32]>,
    text: String,
}

impl Row {
    /// What the record says of the NIK.
    #[must_use]
    pub const fn status(&self) -> NikStatus {
        self.status
    }

    /// Where the resident lives now (NO_PROP, NO_KAB), whatever the digits of the NIK say.
    #[must_use]
    pub const fn region(&self) -> KabCode {
        self.region
    }

    /// The columns that were read.
    #[must_use]
    pub const fn columns(&self) -> ElemenSet {
        self.columns
    }

    /// The value as retrieval shows it, `""` for an element without one; `None` for a column that was not read.
    #[must_use]
    pub fn value(&self, elemen: Elemen) -> Option<&str> {
        if !self.columns.contains(elemen) {
            return None;
        }
        let place = self.columns.rank(elemen);
        let start = match place.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)?,
        };
        self.text.get(usize::try_from(start).ok()?..usize::try_from(*self.ends.get(place)?).ok()?)
    }

    /// Bytes it takes in memory, for the budget of a cache.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.capacity() + self.ends.len() * size_of::<u32>()
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// Builds a [`Row`] column by column, in the order of the bits.
pub struct RowBuilder {
    status: NikStatus,
    region: KabCode,
    columns: ElemenSet,
    ends: Vec<u32>,
    text: String,
}

impl RowBuilder {
    /// A row without a column; `text_bytes` is how much text to make room for (growing would leave a copy behind in memory).
    #[must_use]
    pub fn new(status: NikStatus, region: KabCode, text_bytes: usize) -> Self {
        Self {
            status,
            region,
            columns: ElemenSet::EMPTY,
            ends: Vec::with_capacity(Elemen::COUNT),
            text: String::with_capacity(text_bytes),
        }
    }

    /// Adds a value. False, and nothing is added, where the element does not come after all those added before.
    #[must_use]
    pub fn push(&mut self, elemen: Elemen, value: &str) -> bool {
        let in_order = self.columns.bits() >> elemen.bit() == 0;
        let Some(end) = u32::try_from(self.text.len() + value.len()).ok().filter(|_| in_order) else {
            return false;
        };
        self.columns.insert(elemen);
        self.text.push_str(value);
        self.ends.push(end);
        true
    }

    /// The finished row.
    #[must_use]
    pub fn finish(self) -> Row {
        Row { status: self.status, region: self.region, columns: self.columns, ends: self.ends.into_boxed_slice(), text: self.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_each_value_and_nothing_for_columns_not_read() {
        let mut builder = RowBuilder::new(NikStatus::Active, KabCode::new(63, 5), 64);
        assert!(builder.push(Elemen::NamaLgkp, "SITI AMINAH"));
        assert!(builder.push(Elemen::TmptLhr, ""));
        assert!(builder.push(Elemen::Alamat, "JL. VETERAN"));
        assert!(!builder.push(Elemen::TmptLhr, "RANTAU"), "out of order");
        let row = builder.finish();
        assert_eq!(row.value(Elemen::NamaLgkp), Some("SITI AMINAH"));
        assert_eq!(row.value(Elemen::TmptLhr), Some(""));
        assert_eq!(row.value(Elemen::Alamat), Some("JL. VETERAN"));
        assert_eq!(row.value(Elemen::Nik), None);
        assert_eq!(row.value(Elemen::TglLhr), None);
    }
}
