//! The regions whose residents may be asked about.

use crate::kernel::{KabCode, Region};

/// All residents, or those of some provinces and kabupaten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regions {
    /// Everyone.
    All,
    /// Those who live in one of these. INVARIANT: sorted, for they are searched on the road.
    Some(Vec<Region>),
}

impl Regions {
    /// Whether a resident of this kabupaten may be asked about.
    #[must_use]
    pub fn cover(&self, kab: KabCode) -> bool {
        match self {
            Self::All => true,
            Self::Some(regions) => {
                [Region::Province(kab.province()), Region::Kab(kab)].iter().any(|r| regions.binary_search(r).is_ok())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_whole_provinces_and_single_kabupaten() {
        let regions = Regions::Some(vec![Region::Province(63), Region::Kab(KabCode::new(62, 3)), Region::Kab(KabCode::new(72, 5))]);
        for (province, kab, covered) in
            [(63, 5, true), (63, 71, true), (72, 5, true), (72, 6, false), (62, 5, false), (11, 1, false)]
        {
            assert_eq!(regions.cover(KabCode::new(province, kab)), covered, "{province}.{kab}");
        }
        assert!(Regions::All.cover(KabCode::new(11, 1)));
    }
}
