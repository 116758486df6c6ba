//! A row group in the making: the values of up to [`GROUP_ROWS`] residents, column by column, already in the form of PLAIN pages.

use super::schema::{COLUMNS, Column, GROUP_ROWS, NIK, PAGE_ROWS, Physical, column_of, physical};
use crate::kernel::Elemen;

/// A value on its way into a column.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Long(i64),
    Int(i32),
    Text(&'a str),
}

/// One resident, in the order of the columns.
pub(super) type Record<'a> = [Value<'a>; COLUMNS];

/// A row group in memory. Holds personal data: no `Debug`.
pub(super) struct Group {
    rows: usize,
    columns: Vec<ColumnData>,
}

/// One column of it: the bodies of its pages one after the other.
pub(super) struct ColumnData {
    kind: Physical,
    bytes: Vec<u8>,
    pages: Vec<PageMark>,
}

/// One page of it.
#[derive(Clone, Copy)]
pub(super) struct PageMark {
    start: usize,
    /// The lowest and highest value, for columns of numbers.
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Group {
    pub(super) fn new() -> Self {
        Self { rows: 0, columns: (0..COLUMNS).map(ColumnData::new).collect() }
    }

    /// For the index of families: two columns, which like NIK and NO_KK hold numbers.
    pub(super) fn of_pairs() -> Self {
        Self { rows: 0, columns: (0..2).map(|_| ColumnData::new(NIK)).collect() }
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS
    }

    /// Empties it but keeps its memory for the next group.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        for column in &mut self.columns {
            column.bytes.clear();
            column.pages.clear();
        }
    }

    /// Adds a resident. False where a value is of another kind than its column; the group is then not to be used.
    #[must_use]
    pub(super) fn push(&mut self, record: &Record<'_>) -> bool {
        let starts_page = self.starts_row();
        let mut fits = true;
        for (column, value) in self.columns.iter_mut().zip(record) {
            fits &= column.push(*value, starts_page);
        }
        fits
    }

    /// Adds a pair to the group of an index.
    pub(super) fn push_pair(&mut self, (first, second): (u64, u64)) {
        let starts_page = self.starts_row();
        for (column, number) in self.columns.iter_mut().zip([first, second]) {
            // Columns of pairs take numbers.
            let _ = column.push(Value::Long(number.cast_signed()), starts_page);
        }
    }

    /// Counts a row that is about to be added; whether it is the first of a page.
    const fn starts_row(&mut self) -> bool {
        let starts_page = self.rows.is_multiple_of(PAGE_ROWS);
        self.rows += 1;
        starts_page
    }

    /// Family card and NIK of each resident, in the order of the rows.
    pub(super) fn cards(&self) -> impl Iterator<Item = (u64, u64)> {
        let numbers = |column: Column| {
            let bytes = self.columns.get(column).map_or(&[][..], |data| &data.bytes);
            bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
        };
        numbers(column_of(Elemen::NoKk)).zip(numbers(NIK))
    }

    pub(super) fn columns(&self) -> &[ColumnData] {
        &self.columns
    }

    /// The lowest and highest NIK: the first column is sorted.
    pub(super) fn nik_range(&self) -> Option<(i64, i64)> {
        let pages = &self.columns.first()?.pages;
        Some((pages.first()?.low, pages.last()?.high))
    }
}

impl ColumnData {
    fn new(column: Column) -> Self {
        Self { kind: physical(column), bytes: Vec::new(), pages: Vec::new() }
    }

    fn push(&mut self, value: Value<'_>, starts_page: bool) -> bool {
        let number = match value {
            Value::Long(long) => long,
            Value::Int(int) => i64::from(int),
            Value::Text(_) => 0,
        };
        match self.pages.last_mut() {
            Some(page) if !starts_page => {
                page.low = page.low.min(number);
                page.high = page.high.max(number);
            }
            _ => self.pages.push(PageMark { start: self.bytes.len(), low: number, high: number }),
        }
        match (self.kind, value) {
            (Physical::Long, Value::Long(long)) => self.bytes.extend_from_slice(&long.to_le_bytes()),
            (Physical::Int | Physical::Date, Value::Int(int)) => self.bytes.extend_from_slice(&int.to_le_bytes()),
            (Physical::Text, Value::Text(text)) => {
                self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                self.bytes.extend_from_slice(text.as_bytes());
            }
            _ => return false,
        }
        true
    }

    /// The pages with their bodies.
    pub(super) fn pages(&self) -> impl Iterator<Item = (PageMark, &[u8])> {
        self.pages.iter().enumerate().map(|(index, page)| {
            let end = self.pages.get(index + 1).map_or(self.bytes.len(), |next| next.start);
            (*page, self.bytes.get(page.start..end).unwrap_or_default())
        })
    }
}
