//! The directory of one data file: where each page of each column lies, in about ten bits a resident.
//!
//! Made once when a snapshot is opened, from the file's index (checked against the manifest's digest before anything is believed);
//! the Parquet library's own structures are dropped again. Each column has its own pages: nothing assumes that two columns break
//! at the same rows, for other writers' columns do not.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use parquet::schema::types::SchemaDescriptor;

use super::error::WarehouseError;
use super::manifest::FileEntry;
use super::mapped::Mapping;
use super::page;
use super::page_index::{Location, read_minima, read_offset_index};
use super::schema::{COLUMNS, Column, parquet_schema};
use crate::kernel::{Nik, to_hex};

/// At most this much of a file's end is read as its index: some 300 million residents' worth.
const INDEX_BYTES_MAX: u64 = 1 << 30;
/// The footer's length and the magic bytes at the end.
const TRAILER_BYTES: usize = 8;

/// An open data file and its directory.
pub(super) struct Part {
    pub(super) name: Arc<str>,
    pub(super) file: File,
    mapping: Option<Mapping>,
    /// The lowest NIK of each NIK page of the file, ascending; equal where the rows of a duplicate NIK fill pages.
    minima: Box<[u64]>,
    nik_max: u64,
    groups: Box<[GroupPages]>,
}

/// One row group.
pub(super) struct GroupPages {
    /// The place of its first NIK page in the file's `minima`.
    pub(super) first_page: usize,
    columns: Box<[ColumnPages]>,
}

/// The pages of one column of one row group, which lie one after the other.
struct ColumnPages {
    start: u64,
    /// Where each page ends, counted from `start`.
    ends: Box<[u32]>,
    first_rows: FirstRows,
    rows: u32,
}

/// The number of each page's first row within the row group.
enum FirstRows {
    Every(u32),
    At(Box<[u32]>),
}

/// Where a page lies and what it holds.
#[derive(Clone, Copy)]
pub(super) struct PagePlace {
    /// Within the column of the row group.
    pub(super) number: usize,
    pub(super) offset: u64,
    pub(super) bytes: usize,
    pub(super) first_row: u32,
    pub(super) rows: usize,
}

impl Part {
    /// Opens a file that a manifest names.
    pub(super) fn open(dir: &Path, entry: &FileEntry) -> Result<Self, WarehouseError> {
        let schema = parquet_schema().map_err(|source| WarehouseError::Parquet { file: entry.name.clone(), source })?;
        Self::open_as(dir, entry, &schema)
    }

    /// Opens a file that a manifest names, of some schema whose first column is a number that it is sorted by.
    pub(super) fn open_as(dir: &Path, entry: &FileEntry, schema: &SchemaDescriptor) -> Result<Self, WarehouseError> {
        let path = dir.join(&entry.name);
        let foreign = |what| WarehouseError::Foreign { file: entry.name.clone(), what };
        let file = File::open(&path).map_err(WarehouseError::io("open", &path))?;
        let length = file.metadata().map_err(WarehouseError::io("look at", &path))?.len();
        if length != entry.bytes {
            return Err(foreign("its length differs"));
        }
        let index_bytes = length.checked_sub(entry.index_at).filter(|bytes| *bytes <= INDEX_BYTES_MAX);
        let index_bytes = index_bytes.ok_or_else(|| foreign("its index lies beyond its end"))?;
        let mut index = vec![0; index_bytes as usize];
        file.read_exact_at(&mut index, entry.index_at).map_err(WarehouseError::io("read", &path))?;
        if to_hex(digest::digest(&digest::SHA256, &index).as_ref()) != entry.index_sha256 {
            return Err(foreign("the digest of its index differs"));
        }
        let metadata = footer(&index, &entry.name, schema)?;
        Self::assemble(file, entry, &metadata, &index).map_err(foreign)
    }

    fn assemble(file: File, entry: &FileEntry, metadata: &ParquetMetaData, index: &[u8]) -> Result<Self, &'static str> {
        if metadata.file_metadata().num_rows() != entry.rows as i64 {
            return Err("its number of rows differs");
        }
        let mut minima = Vec::new();
        let mut groups = Vec::with_capacity(metadata.num_row_groups());
        for row_group in metadata.row_groups() {
            let first_page = minima.len();
            let pages = GroupPages::read(row_group, first_page, index, entry.index_at)?;
            let nik = row_group.columns().first().ok_or("it has no columns")?;
            let at = slice(index, entry.index_at, nik.column_index_offset(), nik.column_index_length());
            at.and_then(|bytes| read_minima(bytes, |low| minima.push(low.cast_unsigned()))).ok_or("a column index is broken")?;
            if minima.len() - first_page != pages.columns.first().map_or(0, |column| column.ends.len()) {
                return Err("its two page indexes differ");
            }
            groups.push(pages);
        }
        let nik_min = entry.nik_min.parse().ok();
        let nik_max = entry.nik_max.parse().map_err(|_| "its highest NIK is no number")?;
        if !minima.is_sorted() || minima.first().copied() != nik_min || minima.last() > Some(&nik_max) {
            return Err("it is not sorted by NIK or has other NIKs");
        }
        let mapping = Mapping::of(&file, entry.bytes);
        Ok(Self { name: entry.name.as_str().into(), file, mapping, minima: minima.into(), nik_max, groups: groups.into() })
    }

    /// The lowest NIK.
    pub(super) fn nik_min(&self) -> u64 {
        self.minima.first().copied().unwrap_or(u64::MAX)
    }

    /// The highest NIK.
    pub(super) const fn nik_max(&self) -> u64 {
        self.nik_max
    }

    /// The row group and NIK page in which this NIK would be.
    pub(super) fn nik_page(&self, nik: Nik) -> Option<(&GroupPages, PagePlace)> {
        if nik.number() > self.nik_max {
            return None;
        }
        self.group_of(self.minima.partition_point(|low| *low <= nik.number()).checked_sub(1)?)
    }

    /// All pages of the first column that may hold a number, with their row groups: where equal numbers stand, several may.
    pub(super) fn key_pages(&self, key: u64) -> impl Iterator<Item = (&GroupPages, PagePlace)> {
        // The page before the first that begins with the number may end with it.
        let from = self.minima.partition_point(|low| *low < key).saturating_sub(1);
        let to = if key > self.nik_max { from } else { self.minima.partition_point(|low| *low <= key) };
        (from..to).filter_map(|page| self.group_of(page))
    }

    /// How many NIK pages the file has.
    pub(super) fn nik_pages(&self) -> usize {
        self.minima.len()
    }

    /// The NIK page with this number within the file.
    pub(super) fn nik_page_at(&self, page: usize) -> Option<PagePlace> {
        self.group_of(page).map(|(_, place)| place)
    }

    /// The row group of a NIK page with this number within the file, and the page's place.
    pub(super) fn group_of(&self, page: usize) -> Option<(&GroupPages, PagePlace)> {
        let group = self.groups.partition_point(|group| group.first_page <= page).checked_sub(1)?;
        let group = self.groups.get(group)?;
        Some((group, group.columns.first()?.page(page - group.first_page)?))
    }

    /// Reads a page into a buffer of its length and checks it: where its data begin, behind the header. `None` for damage.
    ///
    /// The mapping is quicker, the file has the last word: what could not be read by way of memory may be readable all the same, and
    /// what is not gives the system's own reason.
    pub(super) fn read(&self, at: &PagePlace, buffer: &mut [u8]) -> Result<Option<usize>, WarehouseError> {
        let body_of = |bytes: &[u8]| page::open(bytes, at.rows).map(|body| bytes.len() - body.len());
        if let Some(mapping) = &self.mapping
            && mapping.copy(at.offset, buffer).is_some()
            && let Some(body) = body_of(buffer)
        {
            return Ok(Some(body));
        }
        self.file.read_exact_at(buffer, at.offset).map_err(WarehouseError::io("read", &*self.name))?;
        Ok(body_of(buffer))
    }

    /// Tells that a page will be read soon.
    pub(super) fn expect(&self, at: &PagePlace) {
        if let Some(mapping) = &self.mapping {
            mapping.expect(at.offset, at.bytes);
        }
    }

    /// Takes the file's pages out of this process's memory; they stay in the page cache.
    pub(super) fn release(&self) {
        if let Some(mapping) = &self.mapping {
            mapping.release();
        }
    }

    /// Bytes of memory that the directory takes.
    pub(super) fn bytes(&self) -> usize {
        let columns = self.groups.iter().flat_map(|group| &group.columns);
        let columns: usize = columns.map(ColumnPages::memory_bytes).sum();
        size_of::<Self>() + self.minima.len() * size_of::<u64>() + self.groups.len() * size_of::<GroupPages>() + columns
    }
}

impl GroupPages {
    fn read(group: &RowGroupMetaData, first_page: usize, index: &[u8], index_at: u64) -> Result<Self, &'static str> {
        let rows = u32::try_from(group.num_rows()).ok().filter(|rows| *rows > 0).ok_or("a row group is empty or too large")?;
        let mut columns = Vec::with_capacity(COLUMNS);
        for column in group.columns() {
            columns.push(ColumnPages::read(column, rows, index, index_at)?);
        }
        Ok(Self { first_page, columns: columns.into() })
    }

    /// The page of a column that holds a row of this row group.
    pub(super) fn page_of(&self, column: Column, row: u32) -> Option<PagePlace> {
        let pages = self.columns.get(column)?;
        let number = match &pages.first_rows {
            FirstRows::Every(stride) => row / (*stride).max(1),
            FirstRows::At(first_rows) => first_rows.partition_point(|first| *first <= row).checked_sub(1)? as u32,
        };
        pages.page(number as usize).filter(|page| row < page.first_row + page.rows as u32)
    }
}

impl ColumnPages {
    fn read(column: &ColumnChunkMetaData, rows: u32, index: &[u8], index_at: u64) -> Result<Self, &'static str> {
        if column.compression() != Compression::UNCOMPRESSED || column.num_values() != i64::from(rows) {
            return Err("a column is compressed or has another number of values");
        }
        let bytes = slice(index, index_at, column.offset_index_offset(), column.offset_index_length());
        let bytes = bytes.ok_or("an offset index is missing")?;
        let (start, length) = column.byte_range();
        let mut next = start;
        let (mut ends, mut first_rows, mut sound) = (Vec::new(), Vec::new(), true);
        let each = |page: Location| {
            let rising = first_rows.last().map_or(page.first_row == 0, |last| page.first_row > u64::from(*last));
            sound &= page.offset == next && rising && page.first_row < u64::from(rows);
            next = page.offset.saturating_add(page.bytes as u64);
            ends.push(u32::try_from(next.saturating_sub(start)).unwrap_or(u32::MAX));
            first_rows.push(page.first_row as u32);
        };
        read_offset_index(bytes, each).ok_or("an offset index is broken")?;
        let end = start.checked_add(length);
        if !sound || end != Some(next) || end > Some(index_at) || ends.is_empty() || length > u64::from(u32::MAX) {
            return Err("the pages of a column do not lie one after the other");
        }
        let stride = first_rows.get(1).copied().unwrap_or(rows);
        let regular = first_rows.iter().enumerate().all(|(number, first)| number as u64 * u64::from(stride) == u64::from(*first))
            && first_rows.last().is_some_and(|last| rows - last <= stride);
        let first_rows = if regular { FirstRows::Every(stride) } else { FirstRows::At(first_rows.into()) };
        Ok(Self { start, ends: ends.into(), first_rows, rows })
    }

    fn page(&self, number: usize) -> Option<PagePlace> {
        let end = *self.ends.get(number)?;
        let begin = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let first_row = self.first_row(number)?;
        let after = self.first_row(number + 1).unwrap_or(self.rows).min(self.rows);
        Some(PagePlace {
            number,
            offset: self.start + u64::from(begin),
            bytes: (end - begin) as usize,
            first_row,
            rows: after.checked_sub(first_row)? as usize,
        })
    }

    fn first_row(&self, number: usize) -> Option<u32> {
        match &self.first_rows {
            FirstRows::Every(stride) => u32::try_from(number).ok()?.checked_mul(*stride),
            FirstRows::At(first_rows) => first_rows.get(number).copied(),
        }
    }

    fn memory_bytes(&self) -> usize {
        let first_rows = match &self.first_rows {
            FirstRows::Every(_) => 0,
            FirstRows::At(first_rows) => first_rows.len(),
        };
        size_of::<Self>() + (self.ends.len() + first_rows) * size_of::<u32>()
    }
}

/// The footer at the end of the index, if it has this schema.
fn footer(index: &[u8], name: &str, schema: &SchemaDescriptor) -> Result<ParquetMetaData, WarehouseError> {
    let in_footer = |source| WarehouseError::Parquet { file: name.to_owned(), source };
    let foreign = |what| WarehouseError::Foreign { file: name.to_owned(), what };
    let bytes = index.len().checked_sub(TRAILER_BYTES).and_then(|end| {
        let (before, trailer) = index.split_at_checked(end)?;
        let length = u32::from_le_bytes(*trailer.first_chunk()?) as usize;
        before.get(end.checked_sub(length)?..)
    });
    let metadata = ParquetMetaDataReader::decode_metadata(bytes.ok_or_else(|| foreign("it has no footer"))?).map_err(in_footer)?;
    let own = schema.columns().iter().map(|column| (column.name(), column.physical_type(), column.max_def_level()));
    let found = metadata.file_metadata().schema_descr();
    if !own.eq(found.columns().iter().map(|column| (column.name(), column.physical_type(), column.max_def_level()))) {
        return Err(foreign("its columns are others"));
    }
    Ok(metadata)
}

/// The bytes of a page index within the index read from a file.
fn slice(index: &[u8], index_at: u64, offset: Option<i64>, length: Option<i32>) -> Option<&[u8]> {
    let begin = u64::try_from(offset?).ok()?.checked_sub(index_at)? as usize;
    index.get(begin..begin.checked_add(usize::try_from(length?).ok()?)?)
}
