//! The workers: each takes a row group or some CSV records at a time, decodes them and sorts what it has until there is no more room.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::super::error::WarehouseError;
use super::super::files::Workplace;
use super::super::schema::Column;
use super::csv_file::CsvFile;
use super::csv_records::Batch;
use super::decode::{Cell, Flaw, Stored, decode};
use super::inputs::{Inputs, Kind, guarded};
use super::parquet_file::{ParquetFile, Rows};
use super::rejects::Reject;
use super::run::Run;
use super::sorter::Sorter;

/// Bits of a place that number the row within its file.
const ROW_BITS: u32 = 40;

/// Where a row stands in the input: the number of its file, then its own.
fn place_of(file: usize, row: u64) -> Result<u64, WarehouseError> {
    if row >> ROW_BITS != 0 {
        return Err(WarehouseError::Bound("a file has more than 2^40 rows"));
    }
    Ok((file as u64) << ROW_BITS | row)
}

/// The file of a place.
pub(super) const fn file_of(place: u64) -> usize {
    (place >> ROW_BITS) as usize
}

/// The row of a place within its file, from 1.
pub(super) const fn row_of(place: u64) -> u64 {
    (place & ((1 << ROW_BITS) - 1)) + 1
}

/// What the workers share.
pub(super) struct Work<'w> {
    pub(super) inputs: &'w Inputs,
    pub(super) place: &'w Workplace,
    /// The numbers of runs, each given once.
    pub(super) numbers: &'w AtomicUsize,
    /// Whether an empty status means active.
    pub(super) all_active: bool,
    pub(super) rejects_max: u64,
    pub(super) workers: usize,
    /// Memory that each worker sorts in.
    pub(super) sort_bytes: usize,
    tasks: Vec<Task>,
    next: AtomicUsize,
    stop: AtomicBool,
    rows: AtomicU64,
    rejects: Mutex<Vec<Reject>>,
}

/// What came of it.
pub(super) struct Read {
    pub(super) runs: Result<Vec<Run>, WarehouseError>,
    /// Rows read, with those rejected.
    pub(super) rows: u64,
    pub(super) rejects: Vec<Reject>,
}

/// What a worker does next: a row group, or a CSV file together with the others.
#[derive(Clone, Copy)]
enum Task {
    Group(usize, usize),
    Csv(usize),
}

/// A worker.
struct Worker<'w> {
    work: &'w Work<'w>,
    sorter: Sorter<'w>,
    /// The Parquet file that it read last.
    open: Option<(usize, ParquetFile)>,
    batch: Batch,
    /// Is told of bytes read.
    told: SyncSender<u64>,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        (inputs, place, numbers): (&'w Inputs, &'w Workplace, &'w AtomicUsize),
        (all_active, rejects_max): (bool, u64),
        (workers, sort_bytes): (usize, usize),
    ) -> Self {
        let mut tasks = Vec::new();
        for (file, input) in inputs.files.iter().enumerate() {
            match &input.kind {
                Kind::Parquet(groups) => tasks.extend((0..*groups).map(|group| Task::Group(file, group))),
                Kind::Csv(_) => tasks.extend(std::iter::repeat_n(Task::Csv(file), workers)),
            }
        }
        let (next, stop, rows) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicU64::new(0));
        let rejects = Mutex::default();
        Self { inputs, place, numbers, all_active, rejects_max, workers, sort_bytes, tasks, next, stop, rows, rejects }
    }

    /// Reads everything. `progress` is told the bytes read so far.
    pub(super) fn run(self, progress: &mut dyn FnMut(u64)) -> Read {
        let runs = std::thread::scope(|scope| {
            let (told, hears) = sync_channel(64);
            let start = |_| {
                let told = told.clone();
                scope.spawn(|| Worker::new(&self, told).run())
            };
            let threads: Vec<_> = (0..self.workers).map(start).collect();
            drop(told);
            let mut bytes = 0;
            for more in hears {
                bytes += more;
                progress(bytes);
            }
            let mut runs = Vec::new();
            let mut failed = None;
            for thread in threads {
                match thread.join().unwrap_or(Err(WarehouseError::Bound("a reading thread stopped"))) {
                    Ok(more) => runs.extend(more),
                    // Those that were interrupted by another's failure do not say why.
                    Err(error) if matches!(failed, None | Some(WarehouseError::Interrupted)) => failed = Some(error),
                    Err(_) => {}
                }
            }
            failed.map_or(Ok(runs), Err)
        });
        let rejects = self.rejects.into_inner().unwrap_or_else(PoisonError::into_inner);
        Read { runs, rows: self.rows.into_inner(), rejects }
    }

    fn reject(&self, reject: Reject) -> Result<(), WarehouseError> {
        let mut rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner);
        if rejects.len() as u64 >= self.rejects_max {
            return Err(WarehouseError::TooManyRejects(self.rejects_max));
        }
        rejects.push(reject);
        Ok(())
    }
}

impl<'w> Worker<'w> {
    fn new(work: &'w Work<'w>, told: SyncSender<u64>) -> Self {
        let sorter = Sorter::new(work.place, work.numbers, work.sort_bytes);
        Self { work, sorter, open: None, batch: Batch::default(), told }
    }

    fn run(mut self) -> Result<Vec<Run>, WarehouseError> {
        let done = self.all();
        if done.is_err() {
            // The others stop at their next rows.
            self.work.stop.store(true, Ordering::Relaxed);
        }
        done.and_then(|()| self.sorter.finish())
    }

    fn all(&mut self) -> Result<(), WarehouseError> {
        while let Some(task) = self.work.tasks.get(self.work.next.fetch_add(1, Ordering::Relaxed)) {
            match *task {
                Task::Group(file, group) => self.group(file, group)?,
                Task::Csv(file) => self.csv(file)?,
            }
            if self.work.stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }

    fn group(&mut self, file: usize, group: usize) -> Result<(), WarehouseError> {
        let open = self.open.take().filter(|(number, _)| *number == file).map(|(_, open)| open);
        let Some(open) = open.map_or_else(|| self.work.inputs.parquet(file), |open| Ok(Some(open)))? else { return Ok(()) };
        let name = self.work.inputs.files.get(file).map_or("", |input| &input.name);
        guarded(name, || {
            open.read_group(group, &mut |rows| {
                self.rows(file, rows)?;
                let bytes = u128::from(open.bytes()) * rows.count as u128 / u128::from(open.rows().max(1));
                self.heard(rows.count, bytes as u64)
            })
        })?;
        self.open = Some((file, open));
        Ok(())
    }

    fn rows(&mut self, file: usize, rows: &Rows) -> Result<(), WarehouseError> {
        for row in 0..rows.count {
            let place = place_of(file, rows.first + row as u64)?;
            let cell = |column: Column| rows.column(column).map_or(Cell::Empty, |cells| cells.at(row));
            self.push(place, 0, |column| decode(column, cell(column), self.work.all_active))?;
        }
        Ok(())
    }

    fn csv(&mut self, file: usize) -> Result<(), WarehouseError> {
        let Some(csv) = self.work.inputs.csv(file)? else { return Ok(()) };
        let mut batch = std::mem::take(&mut self.batch);
        while let Some((first, bytes)) = csv.take(&mut batch)? {
            for record in 0..batch.len() {
                self.record(file, &csv, &batch, (first, record))?;
            }
            self.heard(batch.len(), bytes)?;
        }
        self.work.inputs.csv_done(file);
        self.batch = batch;
        Ok(())
    }

    fn record(&mut self, file: usize, csv: &CsvFile, batch: &Batch, at: (u64, usize)) -> Result<(), WarehouseError> {
        let (first, record) = at;
        let (place, line) = (place_of(file, first + record as u64)?, batch.line(record));
        if !csv.fits(batch, record) {
            return self.work.reject(Reject { place, line, column: 0, flaw: Flaw::Fields });
        }
        let mut foreign = false;
        let cell = |column: Column| match csv.headings.place(column) {
            None => Cell::Empty,
            Some(field) => batch.field(record, field).map_or_else(
                || {
                    foreign = true;
                    Cell::Empty
                },
                Cell::Text,
            ),
        };
        let mut cell = cell;
        let all_active = self.work.all_active;
        self.push(place, line, |column| decode(column, cell(column), all_active))?;
        if foreign { Err(csv.other_encoding(row_of(place), line)) } else { Ok(()) }
    }

    fn push<'v>(
        &mut self,
        place: u64,
        line: u64,
        value: impl FnMut(Column) -> Result<Stored<'v>, Flaw>,
    ) -> Result<(), WarehouseError> {
        match self.sorter.push(place, value)? {
            Ok(()) => Ok(()),
            Err((column, flaw)) => self.work.reject(Reject { place, line, column, flaw }),
        }
    }

    /// Some rows are done; an error where another worker failed meanwhile, which says why.
    fn heard(&self, rows: usize, bytes: u64) -> Result<(), WarehouseError> {
        self.work.rows.fetch_add(rows as u64, Ordering::Relaxed);
        let listening = self.told.send(bytes).is_ok();
        if listening && !self.work.stop.load(Ordering::Relaxed) { Ok(()) } else { Err(WarehouseError::Interrupted) }
    }
}
