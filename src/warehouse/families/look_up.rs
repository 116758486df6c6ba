//! Who is on a family card: candidates from the index, each confirmed by the current row.

use super::super::current::Rows;
use super::super::error::WarehouseError;
use super::super::row_cache::Found;
use super::super::snapshot::Snapshot;
use crate::kernel::limits::FAMILY_MEMBERS_MAX;
use crate::kernel::{Elemen, ElemenSet, Nik};

/// The number of a family card. Personal data: no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardNumber(u64);

impl CardNumber {
    /// Reads NO_KK as rows show it; `None` for a resident without a card.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number != 0).map(Self)
    }
}

impl Snapshot {
    /// The NIKs that this snapshot's index lists under a card, ascending: candidates, for a later snapshot may know better.
    pub fn listed(&self, card: CardNumber) -> Result<Vec<Nik>, WarehouseError> {
        self.families.as_ref().map_or(Ok(Vec::new()), |families| families.listed(card.0))
    }
}

impl Rows {
    /// Everybody else on the family card of a resident, by ascending NIK: those whose current row has the same NO_KK. Reads no
    /// column beyond `columns`, which must hold NO_KK; without it, or without a card, there is nobody. Blocks on the disk.
    pub fn family(&self, nik: Nik, columns: ElemenSet) -> Result<Vec<Nik>, WarehouseError> {
        let card_of = |nik: Nik| -> Result<Option<CardNumber>, WarehouseError> {
            Ok(match self.read(nik, columns)? {
                Found::Row(row) => row.value(Elemen::NoKk).and_then(CardNumber::parse),
                Found::Absent => None,
            })
        };
        let mut family = Vec::new();
        let Some(card) = columns.contains(Elemen::NoKk).then_some(nik).map_or(Ok(None), card_of)? else { return Ok(family) };
        for candidate in self.listed(card)?.into_iter().filter(|candidate| *candidate != nik) {
            if card_of(candidate)? == Some(card) {
                family.push(candidate);
            }
            if family.len() >= FAMILY_MEMBERS_MAX {
                return Err(WarehouseError::Bound("more people are on a family card than a family has"));
            }
        }
        Ok(family)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::super::files::Workplace;
    use super::super::index::FamilyIndex;
    use super::super::{FamilyWriter, Pair};
    use super::*;
    use crate::disk::RealDisk;
    use crate::kernel::limits::FAMILY_MEMBERS_MAX;
    use crate::warehouse::{Generate, generate};

    /// An index with these pairs, as a writer of snapshots makes it.
    fn index(dir: &Path, pairs: &[Pair]) -> FamilyIndex {
        let place = Workplace::enter(Arc::new(RealDisk), dir).unwrap();
        let mut writer = FamilyWriter::new();
        pairs.iter().for_each(|pair| writer.push(&place, *pair).unwrap());
        let (staged, mut file) = writer.finish(&place).unwrap().unwrap();
        file.name = "families.parquet".to_owned();
        staged.publish(&file.name).unwrap();
        FamilyIndex::open(dir, &file).unwrap()
    }

    fn snapshot(dir: &Path) -> Snapshot {
        let options = Generate { rows: 1_000, seed: 3, as_of: jiff::civil::date(2026, 11, 22) };
        generate(dir, &options, &mut |_| ()).unwrap();
        Snapshot::open(dir).unwrap()
    }

    fn card(snapshot: &Snapshot, nik: Nik) -> u64 {
        let row = snapshot.look_up(nik, Elemen::NoKk.alone()).unwrap().unwrap();
        row.value(Elemen::NoKk).unwrap().parse().unwrap()
    }

    #[test]
    fn an_index_that_lists_strangers_shows_none() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut snapshot = snapshot(dir.path());
        let own = snapshot.sample(40).unwrap();
        let asked = own[0];
        let number = card(&snapshot, asked);
        let truly: Vec<Nik> = snapshot.listed(CardNumber(number)).unwrap();
        let absent = Nik::parse("6305014507859998").ok().unwrap();
        let listed = own.iter().chain(&truly).chain([&absent]);
        let pairs: Vec<Pair> = listed.map(|nik| (number, nik.number())).collect();
        snapshot.families = Some(index(other.path(), &pairs));
        assert!(snapshot.listed(CardNumber(number)).unwrap().len() > truly.len());
        let rows = Rows::over(snapshot, 1 << 20, Duration::from_secs(60));
        let others: Vec<Nik> = truly.into_iter().filter(|nik| *nik != asked).collect();
        assert!(rows.family(asked, Elemen::NoKk.alone()).unwrap() == others);
    }

    #[test]
    fn finds_a_card_that_runs_over_pages_and_refuses_one_that_no_family_has() {
        let dir = tempfile::tempdir().unwrap();
        let nik = |number: u64| 6_305_014_507_850_000 + number;
        let most = FAMILY_MEMBERS_MAX as u64;
        let mut pairs: Vec<Pair> = (1..=70).map(|number| (10, nik(number))).collect();
        pairs.extend((1..=most).map(|number| (20, nik(number))));
        pairs.extend((1..=most + 1).map(|number| (30, nik(number))));
        pairs.extend([(40, nik(1)), (50, nik(2))]);
        let index = index(dir.path(), &pairs);
        let listed = |card: u64| index.listed(card).map(|niks| niks.iter().map(|nik| nik.number()).collect::<Vec<_>>());
        assert_eq!(listed(10).unwrap(), (1..=70).map(nik).collect::<Vec<_>>());
        assert_eq!(listed(20).unwrap(), (1..=most).map(nik).collect::<Vec<_>>());
        assert!(matches!(listed(30), Err(WarehouseError::Bound(_))));
        assert_eq!((listed(40).unwrap(), listed(50).unwrap()), (vec![nik(1)], vec![nik(2)]));
        for nobodys in [1, 15, 25, 45, 51, u64::MAX] {
            assert!(listed(nobodys).unwrap().is_empty(), "{nobodys}");
        }
    }

    #[test]
    fn a_population_without_cards_has_no_index() {
        let dir = tempfile::tempdir().unwrap();
        let place = Workplace::enter(Arc::new(RealDisk), dir.path()).unwrap();
        assert!(FamilyWriter::new().finish(&place).unwrap().is_none());
        place.leave().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
