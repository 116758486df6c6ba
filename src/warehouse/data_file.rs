//! One Parquet file in the making.

use aws_lc_rs::digest;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData, SortingColumn,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::SchemaDescPtr;

use super::error::WarehouseError;
use super::files::{Staged, Workplace};
use super::group::{ColumnData, Group, PageMark};
use super::manifest::FileEntry;
use super::page;
use super::page_index;
use super::schema::{Column, PAGE_ROWS, Physical, physical};
use super::writer::in_footer;
use crate::kernel::to_hex;

/// Stands at both ends of a Parquet file.
const MAGIC: &[u8] = b"PAR1";

/// A file that row groups are appended to.
pub(super) struct DataFile {
    staged: Staged,
    schema: SchemaDescPtr,
    hash: digest::Context,
    position: u64,
    rows: u64,
    range: Option<(i64, i64)>,
    groups: Vec<Vec<Chunk>>,
    group_rows: Vec<usize>,
    /// The bytes of the column that is being written: kept for its memory.
    buffer: Vec<u8>,
}

/// What the footer has to tell about one column of one row group.
struct Chunk {
    meta: ColumnChunkMetaData,
    column_index: Vec<u8>,
    offset_index: Vec<u8>,
}

impl DataFile {
    pub(super) fn create(place: &Workplace, label: &str, schema: SchemaDescPtr) -> Result<Self, WarehouseError> {
        let mut file = Self {
            staged: place.stage(label)?,
            schema,
            hash: digest::Context::new(&digest::SHA256),
            position: 0,
            rows: 0,
            range: None,
            groups: Vec::new(),
            group_rows: Vec::new(),
            buffer: Vec::new(),
        };
        file.append(MAGIC)?;
        Ok(file)
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// The highest NIK so far.
    pub(super) fn highest(&self) -> Option<i64> {
        self.range.map(|(_, high)| high)
    }

    /// Appends a row group.
    pub(super) fn write(&mut self, group: &Group) -> Result<(), WarehouseError> {
        let Some((low, high)) = group.nik_range() else {
            return Ok(());
        };
        let mut chunks = Vec::with_capacity(group.columns().len());
        for (column, data) in group.columns().iter().enumerate() {
            chunks.push(self.write_column(column, data, group.rows())?);
        }
        self.groups.push(chunks);
        self.group_rows.push(group.rows());
        self.rows += group.rows() as u64;
        self.range = Some((self.range.map_or(low, |(first, _)| first), high));
        Ok(())
    }

    fn write_column(&mut self, column: Column, data: &ColumnData, rows: usize) -> Result<Chunk, WarehouseError> {
        let start = self.position;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut locations = Vec::with_capacity(rows.div_ceil(PAGE_ROWS));
        let mut marks = Vec::with_capacity(locations.capacity());
        for (number, (mark, body)) in data.pages().enumerate() {
            let first_row = number * PAGE_ROWS;
            let before = buffer.len();
            page::write(&mut buffer, PAGE_ROWS.min(rows - first_row), body);
            locations.push(page_index::Location {
                offset: start + before as u64,
                bytes: buffer.len() - before,
                first_row: first_row as u64,
            });
            marks.push(mark);
        }
        self.append(&buffer)?;
        let bytes = buffer.len() as i64;
        self.buffer = buffer;
        let numbers = physical(column) != Physical::Text;
        let mut builder = ColumnChunkMetaData::builder(self.schema.column(column))
            .set_compression(Compression::UNCOMPRESSED)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE])
            .set_num_values(rows as i64)
            .set_total_compressed_size(bytes)
            .set_total_uncompressed_size(bytes)
            .set_data_page_offset(start as i64);
        if numbers {
            builder = builder.set_statistics(statistics(column, &marks));
        }
        let meta = builder.build().map_err(|source| in_footer("row group", source))?;
        // The lowest and highest name of a page would serve nobody: texts have no column index.
        let column_index = if numbers { page_index::column_index(column, &marks) } else { Vec::new() };
        Ok(Chunk { meta, column_index, offset_index: page_index::offset_index(&locations) })
    }

    /// Writes page indexes and footer and makes the file durable.
    pub(super) fn close(mut self) -> Result<(Staged, FileEntry), WarehouseError> {
        let index_at = self.position;
        let mut tail = Vec::new();
        let mut groups = std::mem::take(&mut self.groups);
        for chunk in groups.iter_mut().flatten().filter(|chunk| !chunk.column_index.is_empty()) {
            let (at, length) = place(&mut tail, index_at, &chunk.column_index);
            let builder = chunk.meta.clone().into_builder();
            chunk.meta = built(builder.set_column_index_offset(Some(at)).set_column_index_length(Some(length)).build())?;
        }
        for chunk in groups.iter_mut().flatten() {
            let (at, length) = place(&mut tail, index_at, &chunk.offset_index);
            let builder = chunk.meta.clone().into_builder();
            chunk.meta = built(builder.set_offset_index_offset(Some(at)).set_offset_index_length(Some(length)).build())?;
        }
        let metas = groups.into_iter().map(|chunks| chunks.into_iter().map(|chunk| chunk.meta).collect());
        let metadata = self.metadata(metas.collect()).map_err(|source| in_footer("footer", source))?;
        ParquetMetaDataWriter::new(&mut tail, &metadata).finish().map_err(|source| in_footer("footer", source))?;
        self.append(&tail)?;
        self.staged.sync()?;
        let (low, high) = self.range.unwrap_or_default();
        let entry = FileEntry {
            name: String::new(),
            rows: self.rows,
            nik_min: format!("{low:016}"),
            nik_max: format!("{high:016}"),
            bytes: self.position,
            sha256: to_hex(self.hash.finish().as_ref()),
            index_at,
            index_sha256: to_hex(digest::digest(&digest::SHA256, &tail).as_ref()),
        };
        Ok((self.staged, entry))
    }

    fn metadata(&self, groups: Vec<Vec<ColumnChunkMetaData>>) -> Result<ParquetMetaData, ParquetError> {
        let by_nik = SortingColumn { column_idx: 0, descending: false, nulls_first: false };
        let mut row_groups = Vec::with_capacity(groups.len());
        for (number, (columns, rows)) in groups.into_iter().zip(&self.group_rows).enumerate() {
            let bytes = columns.iter().map(ColumnChunkMetaData::uncompressed_size).sum();
            let start = columns.first().map_or(0, ColumnChunkMetaData::data_page_offset);
            let group = RowGroupMetaData::builder(self.schema.clone())
                .set_num_rows(*rows as i64)
                .set_total_byte_size(bytes)
                .set_file_offset(start)
                .set_ordinal(number as i16)
                .set_sorting_columns(Some(vec![by_nik.clone()]))
                .set_column_metadata(columns)
                .build()?;
            row_groups.push(group);
        }
        let created_by = concat!("gerbang version ", env!("CARGO_PKG_VERSION"));
        let file = FileMetaData::new(2, self.rows as i64, Some(created_by.to_owned()), None, self.schema.clone(), None);
        Ok(ParquetMetaData::new(file, row_groups))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.hash.update(bytes);
        self.position += bytes.len() as u64;
        self.staged.write(bytes)
    }
}

/// Appends an index to the tail; where it lies in the file and how long it is.
fn place(tail: &mut Vec<u8>, tail_at: u64, index: &[u8]) -> (i64, i32) {
    let at = tail_at + tail.len() as u64;
    tail.extend_from_slice(index);
    (at as i64, index.len() as i32)
}

fn built(result: Result<ColumnChunkMetaData, ParquetError>) -> Result<ColumnChunkMetaData, WarehouseError> {
    result.map_err(|source| in_footer("row group", source))
}

fn statistics(column: Column, marks: &[PageMark]) -> Statistics {
    let low = marks.iter().map(|mark| mark.low).min().unwrap_or_default();
    let high = marks.iter().map(|mark| mark.high).max().unwrap_or_default();
    match physical(column) {
        Physical::Long => Statistics::Int64(ValueStatistics::new(Some(low), Some(high), None, Some(0), false)),
        _ => Statistics::Int32(ValueStatistics::new(Some(low as i32), Some(high as i32), None, Some(0), false)),
    }
}
