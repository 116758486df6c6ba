//! Tables as people have them: a row of column names, then rows of texts. Read as they are needed, written front to back.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::{csv_table, parquet_table, xlsx_table};
use crate::disk::AtomicFile;

/// Columns of a table.
pub(super) const COLUMNS_MAX: usize = 256;
/// Bytes of one row.
pub(super) const ROW_BYTES_MAX: usize = 64 * 1024;

/// A table being read.
pub(super) struct Table {
    /// The names of the columns.
    pub(super) header: Vec<String>,
    /// The rows, each with as many cells as there are columns. An error names file and row.
    pub(super) rows: Box<dyn Iterator<Item = Result<Vec<String>>>>,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Xlsx,
    Parquet,
}

/// A table being written.
pub(super) trait Sheet {
    /// Appends a row.
    fn row(&mut self, cells: &[String]) -> Result<()>;
    /// Makes the file durable under its name.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// By the end of the name.
pub(super) fn format_of(path: &Path) -> Result<Format> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "csv" => Ok(Format::Csv),
        "xlsx" => Ok(Format::Xlsx),
        "parquet" => Ok(Format::Parquet),
        _ => bail!("{} is neither .csv nor .xlsx nor .parquet", path.display()),
    }
}

/// Begins a table.
pub(super) fn writer<'a>(format: Format, file: AtomicFile<'a>, header: &[String]) -> Result<Box<dyn Sheet + 'a>> {
    match format {
        Format::Csv => csv_table::writer(file, header),
        Format::Xlsx => xlsx_table::writer(file, header),
        Format::Parquet => parquet_table::writer(file, header),
    }
}

impl Table {
    /// Opens a table and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut raw = match format_of(path)? {
            Format::Csv => csv_table::open(path),
            Format::Xlsx => xlsx_table::open(path),
            Format::Parquet => parquet_table::open(path),
        }?;
        let file = path.display().to_string();
        let header = raw.next().with_context(|| format!("{file} is empty: the first row must name the columns"))??;
        let header: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        ensure!(header.len() <= COLUMNS_MAX, "{file} has {} columns, of which {COLUMNS_MAX} are allowed", header.len());
        let columns = header.len();
        // The first row after the header is row 2, as spreadsheets count.
        let rows = raw.zip(2u64..).map(move |(row, number)| {
            let mut row = row.with_context(|| format!("{file}, row {number}"))?;
            let bytes: usize = row.iter().map(String::len).sum();
            ensure!(bytes <= ROW_BYTES_MAX, "{file}, row {number}: longer than {ROW_BYTES_MAX} bytes");
            ensure!(row.len() <= columns, "{file}, row {number}: {} cells under {columns} columns", row.len());
            row.resize(columns, String::new());
            Ok(row)
        });
        Ok(Self { header, rows: Box::new(rows) })
    }
}

/// Rows as a file gives them, the header first; shorter ones are filled up by [`Table`].
pub(super) type Raw = Box<dyn Iterator<Item = Result<Vec<String>>>>;
