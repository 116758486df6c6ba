//! Makes the index of families beside a snapshot that is being written.

use super::super::data_file::DataFile;
use super::super::error::WarehouseError;
use super::super::files::{Staged, Workplace};
use super::super::group::Group;
use super::super::manifest::FamilyFile;
use super::super::writer::in_footer;
use super::runs::{RUN_PAIRS, Runs};
use super::{Pair, index_schema};

/// What the temporary name of the index ends with.
const LABEL: &str = "families";

/// The index in the making.
pub(in super::super) struct FamilyWriter {
    runs: Runs,
}

impl FamilyWriter {
    /// Starts an index.
    pub(in super::super) const fn new() -> Self {
        Self { runs: Runs::new(RUN_PAIRS) }
    }

    /// Takes the residents of a row group; those without a family card are passed over. What memory can't hold goes into `place`.
    pub(in super::super) fn add(&mut self, place: &Workplace, group: &Group) -> Result<(), WarehouseError> {
        group.cards().try_for_each(|pair| self.push(place, pair))
    }

    /// Takes the number of a card, 0 for none, and a NIK.
    pub(super) fn push(&mut self, place: &Workplace, pair: Pair) -> Result<(), WarehouseError> {
        if pair.0 == 0 { Ok(()) } else { self.runs.push(place, pair) }
    }

    /// Writes the file and makes it durable; `None` where nobody has a card.
    pub(in super::super) fn finish(self, place: &Workplace) -> Result<Option<(Staged, FamilyFile)>, WarehouseError> {
        let schema = index_schema().map_err(|source| in_footer(LABEL, source))?;
        let mut file = DataFile::create(place, LABEL, schema)?;
        let mut group = Group::of_pairs();
        self.runs.merge(|pair| {
            group.push_pair(pair);
            if group.is_full() {
                file.write(&group)?;
                group.clear();
            }
            Ok(())
        })?;
        file.write(&group)?;
        let (staged, entry) = file.close()?;
        if entry.rows == 0 {
            staged.discard()?;
            return Ok(None);
        }
        Ok(Some((staged, FamilyFile::from(entry))))
    }
}
