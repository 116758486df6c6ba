//! Whole rows of a snapshot in the order of its files, column by column and page by page: what compaction merges.

use super::directory::{GroupPages, Part};
use super::error::WarehouseError;
use super::group::{Record, Value};
use super::page;
use super::schema::{COLUMNS, Column, NIK, Physical, name, physical};
use super::snapshot::Snapshot;

/// A place in a snapshot that moves row by row. Holds one page of each column. Personal data: no `Debug`.
pub(super) struct Records<'s> {
    snapshot: &'s Snapshot,
    parts: std::slice::Iter<'s, Part>,
    part: Option<&'s Part>,
    /// The number of the NIK page within the part, and of the row within the page.
    page: usize,
    row: usize,
    held: [Held; COLUMNS],
}

/// The page of a column that was read last.
#[derive(Default)]
struct Held {
    /// The page with its header, and where its body begins.
    bytes: Vec<u8>,
    body_at: usize,
    body_end: usize,
    /// The rows of the row group that it holds: none before the first is read.
    first_row: u32,
    rows: usize,
    /// The number of the first NIK page of the row group: which group this is.
    group: Option<usize>,
}

impl<'s> Records<'s> {
    /// Before the first row.
    pub(super) fn of(snapshot: &'s Snapshot) -> Result<Self, WarehouseError> {
        let mut parts = snapshot.parts.iter();
        let part = parts.next();
        let mut records = Self { snapshot, parts, part, page: 0, row: 0, held: std::array::from_fn(|_| Held::default()) };
        records.settle()?;
        Ok(records)
    }

    /// The NIK of the row; `None` past the last.
    pub(super) fn nik(&self) -> Option<i64> {
        self.part?;
        let held = self.held.get(NIK)?;
        page::long_at(held.body(), self.row)
    }

    /// Goes to the next row.
    pub(super) fn advance(&mut self) -> Result<(), WarehouseError> {
        self.row += 1;
        if self.held.get(NIK).is_none_or(|held| self.row >= held.rows) {
            self.page += 1;
            self.row = 0;
            self.settle()?;
        }
        Ok(())
    }

    /// All values of the row; `None` past the last.
    pub(super) fn record(&mut self) -> Result<Option<Record<'_>>, WarehouseError> {
        let (Some(part), Some(first)) = (self.part, self.held.get(NIK).map(|held| held.first_row)) else { return Ok(None) };
        let Some((group, _)) = part.group_of(self.page) else { return Ok(None) };
        let row = first + self.row as u32;
        for (column, held) in self.held.iter_mut().enumerate() {
            if !held.has(group, row) {
                held.read(self.snapshot, part, group, column, row)?;
            }
        }
        let mut record = [Value::Int(0); COLUMNS];
        for (column, (slot, held)) in record.iter_mut().zip(&self.held).enumerate() {
            let place = (row - held.first_row) as usize;
            let value = match physical(column) {
                Physical::Long => page::long_at(held.body(), place).map(Value::Long),
                Physical::Int | Physical::Date => page::int_at(held.body(), place).map(Value::Int),
                Physical::Text => page::text_at(held.body(), place).map(Value::Text),
            };
            *slot = value.ok_or_else(|| damaged(part, column))?;
        }
        Ok(Some(record))
    }

    /// Reads the NIK page that was come to, in the next part where this one has no more.
    fn settle(&mut self) -> Result<(), WarehouseError> {
        while let Some(part) = self.part {
            if let Some((group, place)) = part.group_of(self.page) {
                if let Some(held) = self.held.get_mut(NIK) {
                    held.read(self.snapshot, part, group, NIK, place.first_row)?;
                }
                return Ok(());
            }
            self.part = self.parts.next();
            self.page = 0;
            // What is held is of the part before.
            self.held.iter_mut().for_each(|held| held.group = None);
        }
        Ok(())
    }
}

impl Held {
    fn body(&self) -> &[u8] {
        self.bytes.get(self.body_at..self.body_end).unwrap_or_default()
    }

    fn has(&self, group: &GroupPages, row: u32) -> bool {
        let after = self.first_row + self.rows as u32;
        self.group == Some(group.first_page) && (self.first_row..after).contains(&row)
    }

    fn read(
        &mut self,
        snapshot: &Snapshot,
        part: &Part,
        group: &GroupPages,
        column: Column,
        row: u32,
    ) -> Result<(), WarehouseError> {
        let place = group.page_of(column, row).ok_or_else(|| damaged(part, column))?;
        let length = snapshot.fetch(part, column, place, &mut self.bytes)?.len();
        // The body is the end of the page.
        (self.body_end, self.body_at) = (place.bytes, place.bytes - length);
        (self.first_row, self.rows, self.group) = (place.first_row, place.rows, Some(group.first_page));
        Ok(())
    }
}

fn damaged(part: &Part, column: Column) -> WarehouseError {
    WarehouseError::Damaged { file: part.name.clone(), column: name(column), page: 0 }
}
