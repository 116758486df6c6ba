//! The index of families of one snapshot, open: from the number of a card to the NIKs that it lists.

use std::path::Path;

use super::super::directory::{PagePlace, Part};
use super::super::error::WarehouseError;
use super::super::manifest::{FamilyFile, FileEntry};
use super::super::page;
use super::super::snapshot::count_damage;
use super::super::writer::in_footer;
use super::index_schema;
use crate::kernel::Nik;
use crate::kernel::limits::FAMILY_MEMBERS_MAX;

/// The columns in their order.
const NAMES: [&str; 2] = ["NO_KK", "NIK"];
/// A page of numbers is never larger than this.
const PAGE_BYTES_MAX: usize = 64 * 1024;

/// An open index; the directory of its pages is in memory, 16 bytes for each page of 64 residents.
pub(in super::super) struct FamilyIndex {
    part: Part,
}

impl FamilyIndex {
    /// Opens the file that a manifest names.
    pub(in super::super) fn open(dir: &Path, file: &FamilyFile) -> Result<Self, WarehouseError> {
        let schema = index_schema().map_err(|source| in_footer(&file.name, source))?;
        Ok(Self { part: Part::open_as(dir, &FileEntry::from(file.clone()), &schema)? })
    }

    /// Bytes of memory that its directory takes.
    pub(in super::super) fn bytes(&self) -> usize {
        self.part.bytes()
    }

    /// The NIKs listed under a card, ascending. Blocks on the disk; refuses a damaged page and more than `FAMILY_MEMBERS_MAX`.
    pub(in super::super) fn listed(&self, card: u64) -> Result<Vec<Nik>, WarehouseError> {
        let mut niks = Vec::new();
        let (mut cards, mut members) = (Vec::new(), Vec::new());
        for (group, at) in self.part.key_pages(card) {
            let other = group.page_of(1, at.first_row).filter(|other| (other.first_row, other.rows) == (at.first_row, at.rows));
            let other = other.ok_or_else(|| self.damaged(1, at.number))?;
            let cards = self.fetch(0, at, &mut cards)?;
            let members = self.fetch(1, other, &mut members)?;
            for place in 0..at.rows {
                let found = page::long_at(cards, place).ok_or_else(|| self.damaged(0, at.number))?;
                if found != card.cast_signed() {
                    continue;
                }
                let nik = page::long_at(members, place).and_then(|nik| Nik::from_number(nik.cast_unsigned()).ok());
                niks.push(nik.ok_or_else(|| self.damaged(1, at.number))?);
                if niks.len() > FAMILY_MEMBERS_MAX {
                    return Err(WarehouseError::Bound("a family card lists more residents than a family has"));
                }
            }
        }
        Ok(niks)
    }

    fn fetch<'b>(&self, column: usize, at: PagePlace, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], WarehouseError> {
        if at.bytes > PAGE_BYTES_MAX {
            return Err(self.damaged(column, at.number));
        }
        buffer.resize(at.bytes, 0);
        let body = self.part.read(&at, buffer).inspect_err(|_| count_damage())?.and_then(|start| buffer.get(start..));
        body.ok_or_else(|| self.damaged(column, at.number))
    }

    fn damaged(&self, column: usize, page: usize) -> WarehouseError {
        count_damage();
        WarehouseError::Damaged { file: self.part.name.clone(), column: NAMES.get(column).copied().unwrap_or_default(), page }
    }
}
