//! A Parquet file as an input: any writer, order, page layout and nullability; flat columns; uncompressed, Snappy, LZ4 or gzip.
//! Workers take its row groups in turn.
//!
//! Refuses what is truncated, encrypted, compressed with zstd or brotli, or has a column of a type that its values cannot have.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use super::super::error::WarehouseError;
use super::super::schema::{self, COLUMNS, Column};
use super::bounds::{Source, check_schema, memory_of};
use super::cells::{Cells, kind_of, without_copies};
use super::decode::takes;
use super::headings::Headings;

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 4096;
/// Bytes of a footer; that of a file with a thousand row groups has some ten million.
const FOOTER_BYTES_MAX: usize = 32 * 1024 * 1024;
const MAGIC: &[u8] = b"PAR1";
const MAGIC_ENCRYPTED: &[u8] = b"PARE";

/// An open file.
pub(super) struct ParquetFile {
    name: String,
    source: Source,
    metadata: ArrowReaderMetadata,
    pub(super) headings: Headings,
    mask: ProjectionMask,
    /// What reading one row group takes, at most.
    pub(super) memory_bytes: u64,
    /// The number of the first row of each row group, and after the last one that of all rows.
    first_rows: Vec<u64>,
}

/// Some rows of a file.
pub(super) struct Rows {
    /// The number of the first one within the file, from 0.
    pub(super) first: u64,
    pub(super) count: usize,
    columns: [Option<Cells>; COLUMNS],
}

impl Rows {
    /// The cells of a column, where the file has it.
    pub(super) fn column(&self, column: Column) -> Option<&Cells> {
        self.columns.get(column).and_then(Option::as_ref)
    }
}

/// Whether a file begins like a Parquet file.
pub(super) fn begins_like_parquet(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || head.starts_with(MAGIC_ENCRYPTED)
}

impl ParquetFile {
    /// Opens a file, and looks at everything that can be told without decoding pages.
    pub(super) fn open(path: &Path, name: &str, status_needed: bool) -> Result<Self, WarehouseError> {
        let refused = |what: String| WarehouseError::Input { file: name.to_owned(), row: None, what };
        let file = File::open(path).map_err(WarehouseError::io("open", path))?;
        let bytes = file.metadata().map_err(WarehouseError::io("look at", path))?.len();
        let source = Source { file, bytes };
        let parquet = footer(&source).map_err(refused)?;
        let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::try_new(Arc::clone(&parquet), plain).map_err(|error| refused(error.to_string()))?;
        let schema = plain.schema();
        let headings = Headings::read(name, schema.fields().iter().map(|field| field.name().as_str()), status_needed)?;
        let views = Schema::new(schema.fields().iter().map(as_read).collect::<Vec<_>>());
        for (column, place) in headings.present() {
            let data_type = views.fields().get(place).map_or(&DataType::Null, |field| field.data_type());
            if !kind_of(data_type).is_some_and(|kind| takes(column, kind)) {
                return Err(refused(format!("its column {} cannot be of the type {data_type}", schema::name(column))));
            }
        }
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(Arc::new(views));
        let metadata = ArrowReaderMetadata::try_new(parquet, options).map_err(|error| refused(error.to_string()))?;
        let mask = ProjectionMask::roots(metadata.parquet_schema(), headings.present().map(|(_, place)| place));
        let mut first_rows = vec![0u64];
        let mut memory_bytes = 0;
        for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
            let checked = check_group(&source, group, &mask).map_err(|what| refused(format!("row group {number}: {what}")))?;
            memory_bytes = memory_bytes.max(checked);
            let rows =
                u64::try_from(group.num_rows()).ok().zip(first_rows.last()).and_then(|(rows, first)| first.checked_add(rows));
            first_rows.push(rows.ok_or_else(|| refused("its number of rows cannot be".to_owned()))?);
        }
        Ok(Self { name: name.to_owned(), source, metadata, headings, mask, memory_bytes, first_rows })
    }

    /// How many row groups it has.
    pub(super) fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> u64 {
        self.first_rows.last().copied().unwrap_or_default()
    }

    /// Its length.
    pub(super) fn bytes(&self) -> u64 {
        self.source.bytes
    }

    /// Reads a row group and hands its rows on, some at a time.
    pub(super) fn read_group(
        &self,
        group: usize,
        each: &mut dyn FnMut(&Rows) -> Result<(), WarehouseError>,
    ) -> Result<(), WarehouseError> {
        let bounds = self.first_rows.get(group).copied().zip(self.first_rows.get(group + 1).copied());
        let (mut first, end) = bounds.unwrap_or_default();
        let broken = |row: u64, what: String| {
            let what = format!("or one of the {BATCH_ROWS} after it cannot be decoded: {what}");
            WarehouseError::Input { file: self.name.clone(), row: Some(row + 1), what }
        };
        let file = self.source.file.try_clone().map_err(|error| broken(first, error.to_string()))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(self.mask.clone())
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| broken(first, error.to_string()))?;
        for batch in reader {
            let batch = batch.map_err(|error| broken(first, error.to_string()))?;
            let columns = self.cells(&batch).map_err(|error| broken(first, error.to_string()))?;
            each(&Rows { first, count: batch.num_rows(), columns })?;
            first += batch.num_rows() as u64;
        }
        if first == end { Ok(()) } else { Err(broken(first, "the row group ends too early".to_owned())) }
    }

    /// The columns of a batch that are ours.
    fn cells(&self, batch: &RecordBatch) -> Result<[Option<Cells>; COLUMNS], arrow::error::ArrowError> {
        let mut columns = [const { None }; COLUMNS];
        // A batch has the projected columns only, in the order of the file.
        let mut places: Vec<(usize, Column)> = self.headings.present().map(|(column, place)| (place, column)).collect();
        places.sort_unstable();
        for ((_, column), array) in places.into_iter().zip(batch.columns()) {
            if let Some(slot) = columns.get_mut(column) {
                *slot = Some(Cells::of(array)?);
            }
        }
        Ok(columns)
    }
}

/// The footer of a file, once it is seen that the library can read it safely.
fn footer(source: &Source) -> Result<Arc<ParquetMetaData>, String> {
    let truncated = || "it is truncated or no Parquet file: it has no footer".to_owned();
    let mut trailer = [0; 8];
    let trailer_at = source.bytes.checked_sub(8).ok_or_else(truncated)?;
    source.file.read_exact_at(&mut trailer, trailer_at).map_err(|error| error.to_string())?;
    let (length, magic) = trailer.split_at(4);
    if magic == MAGIC_ENCRYPTED {
        return Err("it is encrypted".to_owned());
    }
    let length = length.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)) as usize;
    if magic != MAGIC || length > FOOTER_BYTES_MAX {
        return Err(truncated());
    }
    let mut bytes = vec![0; length];
    let at = trailer_at.checked_sub(length as u64).ok_or_else(truncated)?;
    source.file.read_exact_at(&mut bytes, at).map_err(|error| error.to_string())?;
    check_schema(&bytes).ok_or("its schema is broken or nests too deep")?;
    ParquetMetaDataReader::decode_metadata(&bytes).map(Arc::new).map_err(|error| error.to_string())
}

/// What reading a row group takes, if it can be read.
fn check_group(source: &Source, group: &RowGroupMetaData, mask: &ProjectionMask) -> Result<u64, String> {
    let mut memory = 0;
    for (leaf, column) in group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf)) {
        let of_column = |what: &str| format!("column {}: {what}", group.schema_descr().column(leaf).name());
        match column.compression() {
            Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::LZ4 | Compression::LZ4_RAW => {}
            other => return Err(of_column(&format!("compressed with {other}, which is not read; use Snappy"))),
        }
        memory += memory_of(source, column).map_err(of_column)?;
    }
    Ok(memory)
}

fn as_read(field: &FieldRef) -> Field {
    field.as_ref().clone().with_data_type(without_copies(field.data_type()))
}
