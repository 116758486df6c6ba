//! CSV: UTF-8, comma or semicolon, quotes by RFC 4180. Another encoding, a broken quote and a row of another length are errors.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};

use super::table::{ROW_BYTES_MAX, Raw, Sheet};
use crate::disk::AtomicFile;

/// Bytes that are read for one row at most: the row, its quotes, and what the reader takes in advance.
const BUDGET_BYTES: usize = 4 * ROW_BYTES_MAX;

/// A reader that gives no more than its budget until that is renewed: a quote that never closes does not fill the memory.
struct Budgeted<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.get().checked_sub(read) {
            Some(left) => self.left.set(left),
            None => return Err(std::io::Error::other("a row without an end: is a quote not closed?")),
        }
        Ok(read)
    }
}

pub(super) fn open(path: &Path) -> Result<Raw> {
    let context = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(context)?);
    let head = file.fill_buf().with_context(context)?;
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first_line.iter().filter(|byte| **byte == wanted).count();
    let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
    let left = Rc::new(Cell::new(BUDGET_BYTES));
    let reader = Budgeted { inner: file, left: Rc::clone(&left) };
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).delimiter(delimiter).from_reader(reader);
    let mut records = reader.into_byte_records();
    let mut failed = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if failed {
            return None;
        }
        left.set(BUDGET_BYTES);
        let row = records.next()?.map_err(|error| told(&error)).and_then(|record| {
            record.iter().map(|cell| Ok(std::str::from_utf8(cell).context("is not UTF-8")?.to_owned())).collect()
        });
        failed = row.is_err();
        Some(row)
    })))
}

/// The library's own words can quote the file.
fn told(error: &csv::Error) -> anyhow::Error {
    match error.kind() {
        csv::ErrorKind::Io(error) => anyhow::anyhow!("cannot be read: {error}"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            anyhow::anyhow!("has {len} cells where {expected_len} columns are named")
        }
        _ => anyhow::anyhow!("is not CSV"),
    }
}

struct Writer<'a>(csv::Writer<AtomicFile<'a>>);

pub(super) fn writer<'a>(file: AtomicFile<'a>, header: &[String]) -> Result<Box<dyn Sheet + 'a>> {
    let mut writer = Writer(csv::Writer::from_writer(file));
    writer.row(header)?;
    Ok(Box::new(writer))
}

impl Sheet for Writer<'_> {
    fn row(&mut self, cells: &[String]) -> Result<()> {
        Ok(self.0.write_record(cells)?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        match self.0.into_inner() {
            Ok(file) => Ok(file.commit()?),
            Err(error) => bail!("{}", error.error()),
        }
    }
}
