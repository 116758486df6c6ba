//! A set of elements as one word: cheap to intersect on the road, stable in audit entries.

use std::fmt;

use super::elemen::Elemen;

/// A set of elements; bit n stands for the element whose [`Elemen::bit`] is n.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ElemenSet(u64);

impl ElemenSet {
    /// The set without an element.
    pub const EMPTY: Self = Self(0);

    /// All elements of the catalogue.
    pub const ALL: Self = Self((1 << Elemen::COUNT) - 1);

    /// From the bits of an audit entry; `None` where a bit stands for no element.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }

    /// From bits of which those that stand for no element are dropped.
    #[must_use]
    pub const fn from_bits_truncated(bits: u64) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The bits, for audit entries.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Adds an element; false where it was there already.
    pub fn insert(&mut self, elemen: Elemen) -> bool {
        let bit = 1 << elemen.bit();
        let fresh = self.0 & bit == 0;
        self.0 |= bit;
        fresh
    }

    /// Whether the element is in the set.
    #[must_use]
    pub const fn contains(self, elemen: Elemen) -> bool {
        self.0 & (1 << elemen.bit()) != 0
    }

    /// Whether every element of `other` is here.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The elements in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The elements in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The elements here but not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many elements of the set stand before this one: its place in a row that holds just this set.
    #[must_use]
    pub const fn rank(self, elemen: Elemen) -> usize {
        (self.0 & ((1 << elemen.bit()) - 1)).count_ones() as usize
    }

    /// The elements in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Elemen> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = u8::try_from(rest.trailing_zeros()).ok()?;
            let elemen = Elemen::from_bit(bit)?;
            rest &= rest - 1;
            Some(elemen)
        })
    }
}

impl FromIterator<Elemen> for ElemenSet {
    fn from_iter<I: IntoIterator<Item = Elemen>>(elements: I) -> Self {
        elements.into_iter().fold(Self::EMPTY, |set, elemen| set.union(elemen.alone()))
    }
}

impl fmt::Debug for ElemenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_its_elements_in_the_order_of_the_bits_and_ranks_them() {
        let set: ElemenSet = [Elemen::TglCrai, Elemen::Nik, Elemen::Alamat].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Elemen::Nik, Elemen::Alamat, Elemen::TglCrai]);
        assert_eq!((set.rank(Elemen::Nik), set.rank(Elemen::Alamat), set.rank(Elemen::TglCrai)), (0, 1, 2));
        assert_eq!(ElemenSet::ALL.iter().count(), Elemen::COUNT);
    }

    #[test]
    fn refuses_bits_that_stand_for_no_element() {
        assert!(ElemenSet::from_bits(1 << 37).is_none());
        assert!(ElemenSet::from_bits(ElemenSet::ALL.bits()).is_some());
    }
}
