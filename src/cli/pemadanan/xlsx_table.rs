//! XLSX: the first sheet. Dates become yyyy-MM-dd. Long numbers are an error of their row: Excel keeps fifteen digits of a NIK.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use calamine::{DataRef, Reader as _, Xlsx, open_workbook};
use rust_xlsxwriter::{Workbook, Worksheet};

use super::table::{COLUMNS_MAX, Raw, Sheet};
use crate::disk::AtomicFile;

/// Bytes of a file: its texts are held in memory unpacked.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Taken of a sheet, the header among them.
const ROWS_MAX: u32 = 1_048_576;
/// Taken read in advance.
const ROWS_AHEAD: usize = 256;
/// From here on a number has more digits than Excel keeps.
const EXACT_MAX: f64 = 1e15;

pub(super) fn open(path: &Path) -> Result<Raw> {
    let bytes = std::fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?.len();
    ensure!(bytes <= FILE_BYTES_MAX, "{} has {bytes} bytes, of which {FILE_BYTES_MAX} are allowed: save it as CSV", path.display());
    let mut book: Xlsx<BufReader<File>> =
        open_workbook(path).map_err(|error: calamine::XlsxError| anyhow!("{} is not XLSX: {error}", path.display()))?;
    let sheet = book.sheet_names().first().cloned().with_context(|| format!("{} has no sheet", path.display()))?;
    // The cells borrow the book, so they are read where it lives.
    let (rows, taken) = sync_channel(ROWS_AHEAD);
    std::thread::Builder::new().name("xlsx".to_owned()).spawn(move || {
        if let Err(error) = read(&mut book, &sheet, &rows) {
            // Nobody listens where the reader was dropped.
            let _gone = rows.send(Err(error));
        }
    })?;
    Ok(Box::new(Taken(taken)))
}

struct Taken(Receiver<Result<Vec<String>>>);

impl Iterator for Taken {
    type Item = Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.recv().ok()
    }
}

fn read(book: &mut Xlsx<BufReader<File>>, sheet: &str, rows: &SyncSender<Result<Vec<String>>>) -> Result<()> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| anyhow!("the sheet cannot be read: {error}"))?;
    let mut row: Vec<String> = Vec::new();
    let mut number = 0;
    let mut columns = None;
    let mut put = |row: Vec<String>| {
        // Cells beyond the header that are empty are left over from formatting.
        let columns = *columns.get_or_insert(row.len());
        let mut row = row;
        while row.len() > columns && row.last().is_some_and(String::is_empty) {
            row.pop();
        }
        rows.send(Ok(row)).is_ok()
    };
    while let Some(cell) = cells.next_cell().map_err(|error| anyhow!("the sheet cannot be read: {error}"))? {
        let (at, column) = cell.get_position();
        let text = text(cell.get_value());
        ensure!(at >= number && at < ROWS_MAX, "its rows are not in order");
        if text.as_ref().is_ok_and(String::is_empty) {
            continue;
        }
        // An error is told where the row would stand, so all rows before it go first.
        while number < at {
            number += 1;
            if !put(std::mem::take(&mut row)) {
                return Ok(());
            }
        }
        let (text, column) = (text?, column as usize);
        ensure!(column < COLUMNS_MAX, "a cell beyond column {COLUMNS_MAX}");
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        if let Some(cell) = row.get_mut(column) {
            *cell = text;
        }
    }
    if !row.is_empty() {
        put(row);
    }
    Ok(())
}

/// A cell as text.
fn text(value: &DataRef<'_>) -> Result<String> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        DataRef::Int(number) if number.unsigned_abs() < EXACT_MAX as u64 => number.to_string(),
        DataRef::Float(number) if number.abs() < EXACT_MAX => number.to_string(),
        DataRef::Int(_) | DataRef::Float(_) => {
            bail!("a number of more than fifteen digits: Excel has rounded it; format the column as text and enter it anew")
        }
        DataRef::DateTime(date) => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DurationIso(_) | DataRef::Error(_) => bail!("a cell that holds no value"),
    })
}

struct Writer<'a> {
    file: AtomicFile<'a>,
    sheet: Worksheet,
    next: u32,
}

pub(super) fn writer<'a>(file: AtomicFile<'a>, header: &[String]) -> Result<Box<dyn Sheet + 'a>> {
    let mut writer = Writer { file, sheet: Worksheet::new(), next: 0 };
    writer.row(header)?;
    Ok(Box::new(writer))
}

impl Sheet for Writer<'_> {
    fn row(&mut self, cells: &[String]) -> Result<()> {
        ensure!(self.next < ROWS_MAX, "a sheet has room for {ROWS_MAX} rows: choose .csv or .parquet");
        for (cell, column) in cells.iter().zip(0u16..).filter(|(cell, _)| !cell.is_empty()) {
            // As text, whatever it looks like: no cell becomes a formula or loses digits.
            self.sheet.write_string(self.next, column, cell)?;
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let mut book = Workbook::new();
        book.push_worksheet(self.sheet);
        book.save_to_writer(&mut self.file)?;
        Ok(self.file.commit()?)
    }
}
