//! A CSV file as an input: UTF-8 with or without a byte order mark, a line of headings, fields separated by `,` `;` tab or `|`.
//! Workers take its records in turn. Refuses other encodings and broken quotes, for then no value can be trusted to its column.

use std::fs::File;
use std::io::{Cursor, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::error::WarehouseError;
use super::csv_records::{Batch, Broken, Records};
use super::headings::{Headings, column_named};

/// Records that a worker takes at once, and bytes after which it takes no more.
const RECORDS_AT_ONCE: usize = 4096;
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// How much of a file is looked at to find its encoding and its headings.
const HEAD_BYTES: u64 = 64 * 1024;
const BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// An open file.
pub(super) struct CsvFile {
    name: String,
    pub(super) headings: Headings,
    fields: usize,
    pub(super) bytes: u64,
    reading: Mutex<Reading>,
}

struct Reading {
    records: Records<File>,
    /// Rows taken so far.
    rows: u64,
    ended: bool,
}

impl CsvFile {
    /// Opens a file and reads its headings.
    pub(super) fn open(path: &Path, name: &str, status_needed: bool) -> Result<Self, WarehouseError> {
        let mut file = File::open(path).map_err(WarehouseError::io("open", path))?;
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(HEAD_BYTES).read_to_end(&mut head).map_err(WarehouseError::io("read", path))?;
        let refused = |what: &str| WarehouseError::Input { file: name.to_owned(), row: None, what: what.to_owned() };
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || head.contains(&0) {
            return Err(refused("it is UTF-16 or no text; UTF-8 is needed"));
        }
        let skipped = if head.starts_with(BOM) { BOM.len() } else { 0 };
        let text = head.get(skipped..).unwrap_or_default();
        let (delimiter, fields) =
            delimiter_of(text).ok_or_else(|| refused("its first line has no column NIK between , ; tab or |"))?;
        let headings = Headings::read(name, fields.iter().map(String::as_str), status_needed)?;
        file.seek(SeekFrom::Start(skipped as u64)).map_err(WarehouseError::io("read", path))?;
        let bytes = file.metadata().map_err(WarehouseError::io("look at", path))?.len();
        let mut records = Records::new(file, delimiter);
        let heading_read = records.read(&mut Batch::default());
        heading_read.map_err(|broken| broken_at(name, 0, records.line(), &broken))?;
        let reading = Mutex::new(Reading { records, rows: 0, ended: false });
        Ok(Self { name: name.to_owned(), headings, fields: fields.len(), bytes, reading })
    }

    /// Fills a batch with the next records: the number of the first row, from 0, and the bytes read. `None` at the end.
    pub(super) fn take(&self, batch: &mut Batch) -> Result<Option<(u64, u64)>, WarehouseError> {
        batch.clear();
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let first = reading.rows;
        while !reading.ended && batch.len() < RECORDS_AT_ONCE && batch.bytes() < BYTES_AT_ONCE {
            match reading.records.read(batch) {
                Ok(true) => reading.rows += 1,
                Ok(false) => reading.ended = true,
                Err(broken) => {
                    // The others need not go on.
                    reading.ended = true;
                    return Err(broken_at(&self.name, reading.rows + 1, reading.records.line(), &broken));
                }
            }
        }
        let bytes = reading.records.taken();
        Ok((batch.len() > 0).then_some((first, bytes)))
    }

    /// Whether a record has as many fields as the headings.
    pub(super) fn fits(&self, batch: &Batch, record: usize) -> bool {
        batch.fields(record) == self.fields
    }

    /// What is said of a record whose text is not UTF-8.
    pub(super) fn other_encoding(&self, row: u64, line: u64) -> WarehouseError {
        let what = format!("line {line} is not UTF-8; convert Latin-1 or Windows-1252 first");
        WarehouseError::Input { file: self.name.clone(), row: Some(row), what }
    }
}

fn broken_at(name: &str, row: u64, line: u64, broken: &Broken) -> WarehouseError {
    WarehouseError::Input { file: name.to_owned(), row: Some(row), what: format!("near line {line}: {broken}") }
}

/// The character that separates fields, and the headings: the one between which a column NIK is found.
fn delimiter_of(text: &[u8]) -> Option<(u8, Vec<String>)> {
    for delimiter in *b",;\t|" {
        let mut batch = Batch::default();
        if !matches!(Records::new(Cursor::new(text), delimiter).read(&mut batch), Ok(true)) {
            continue;
        }
        let fields: Vec<String> = (0..batch.fields(0)).map(|field| batch.field(0, field).unwrap_or_default().to_owned()).collect();
        if fields.iter().any(|field| column_named(field) == Some(0)) {
            return Some((delimiter, fields));
        }
    }
    None
}
