//! The files of an input: found, recognised and checked before any row is read, so that a wrong file stops a build at once.
//!
//! A directory is walked in the order of its names; names that begin with `.` or `_` and files that are neither Parquet nor CSV by
//! their ending are left out, and told. Files are opened anew when they are read: there may be more of them than a process may open.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::error::WarehouseError;
use super::super::manifest::is_family_index;
use super::csv_file::CsvFile;
use super::parquet_file::{ParquetFile, begins_like_parquet};

/// Files of an input, and how deep its directories may nest.
const FILES_MAX: usize = 100_000;
const DEPTH_MAX: usize = 16;
const ENDINGS: [&str; 6] = ["parquet", "pq", "parq", "csv", "tsv", "txt"];

/// What is to be read.
pub(super) struct Inputs {
    pub(super) files: Vec<Input>,
    /// Columns that one of the files lacks, by name.
    pub(super) missing: BTreeSet<&'static str>,
    /// Files of a directory that were left out.
    pub(super) ignored: usize,
    /// Bytes of all files.
    pub(super) bytes: u64,
    /// What reading a row group of any of them takes.
    pub(super) memory_bytes: u64,
    status_needed: bool,
}

/// One file.
pub(super) struct Input {
    path: PathBuf,
    pub(super) name: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// With so many row groups.
    Parquet(usize),
    Csv(Mutex<Turn>),
}

/// A CSV file that workers read by turns.
pub(super) enum Turn {
    NotYet,
    Open(Arc<CsvFile>),
    Done,
}

impl Inputs {
    /// Finds and checks the files at a path.
    pub(super) fn check(path: &Path, status_needed: bool) -> Result<Self, WarehouseError> {
        let mut found = Vec::new();
        let mut ignored = 0;
        walk(path, 0, &mut found, &mut ignored)?;
        let mut inputs = Self { files: Vec::new(), missing: BTreeSet::new(), ignored, bytes: 0, memory_bytes: 0, status_needed };
        for path in found {
            inputs.add(path)?;
        }
        if inputs.files.is_empty() {
            return Err(refused(path, "there is no Parquet or CSV file in it"));
        }
        Ok(inputs)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), WarehouseError> {
        let name = path.display().to_string();
        let mut head = Vec::new();
        let file = File::open(&path).map_err(WarehouseError::io("open", &path))?;
        file.take(4).read_to_end(&mut head).map_err(WarehouseError::io("read", &path))?;
        let kind = if begins_like_parquet(&head) {
            let file = guarded(&name, || ParquetFile::open(&path, &name, self.status_needed))?;
            self.missing.extend(file.headings.missing());
            self.bytes += file.bytes();
            self.memory_bytes = self.memory_bytes.max(file.memory_bytes);
            Kind::Parquet(file.groups())
        } else if has_ending(&path, &["parquet", "pq", "parq"]) {
            return Err(refused(&path, "it is no Parquet file: it does not begin like one"));
        } else {
            let file = CsvFile::open(&path, &name, self.status_needed)?;
            self.missing.extend(file.headings.missing());
            self.bytes += file.bytes;
            Kind::Csv(Mutex::new(Turn::NotYet))
        };
        self.files.push(Input { path, name, kind });
        Ok(())
    }

    /// Opens a Parquet file to read it.
    pub(super) fn parquet(&self, file: usize) -> Result<Option<ParquetFile>, WarehouseError> {
        let Some(input) = self.files.get(file) else { return Ok(None) };
        guarded(&input.name, || ParquetFile::open(&input.path, &input.name, self.status_needed)).map(Some)
    }

    /// The CSV file that all workers share; `None` once it has been read to its end.
    pub(super) fn csv(&self, file: usize) -> Result<Option<Arc<CsvFile>>, WarehouseError> {
        let Some(Input { path, name, kind: Kind::Csv(turn) }) = self.files.get(file) else { return Ok(None) };
        let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        match &*turn {
            Turn::Done => Ok(None),
            Turn::Open(file) => Ok(Some(Arc::clone(file))),
            Turn::NotYet => {
                let file = Arc::new(CsvFile::open(path, name, self.status_needed)?);
                *turn = Turn::Open(Arc::clone(&file));
                Ok(Some(file))
            }
        }
    }

    /// A CSV file has been read to its end.
    pub(super) fn csv_done(&self, file: usize) {
        if let Some(Input { kind: Kind::Csv(turn), .. }) = self.files.get(file) {
            *turn.lock().unwrap_or_else(PoisonError::into_inner) = Turn::Done;
        }
    }
}

/// Runs something that the Parquet library does with a file of unknown origin: where the library panics, that is the file's fault.
pub(super) fn guarded<T>(name: &str, read: impl FnOnce() -> Result<T, WarehouseError>) -> Result<T, WarehouseError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(WarehouseError::Input { file: name.to_owned(), row: None, what: "the Parquet library cannot cope with it".to_owned() })
    })
}

fn refused(path: &Path, what: &str) -> WarehouseError {
    WarehouseError::Input { file: path.display().to_string(), row: None, what: what.to_owned() }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    endings.iter().any(|own| own.eq_ignore_ascii_case(ending))
}

fn walk(path: &Path, depth: usize, found: &mut Vec<PathBuf>, ignored: &mut usize) -> Result<(), WarehouseError> {
    let kind = std::fs::metadata(path).map_err(WarehouseError::io("look at", path))?;
    // A snapshot can be an input: its index of families holds no residents.
    let index = path.file_name().and_then(|name| name.to_str()).is_some_and(is_family_index);
    if kind.is_file() && (depth == 0 || has_ending(path, &ENDINGS) && !index) {
        if found.len() == FILES_MAX {
            return Err(refused(path, "there are more than 100,000 files"));
        }
        found.push(path.to_owned());
    } else if kind.is_file() {
        *ignored += 1;
    } else if kind.is_dir() {
        if depth == DEPTH_MAX {
            return Err(refused(path, "directories nest too deep"));
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(WarehouseError::io("list", path))? {
            names.push(entry.map_err(WarehouseError::io("list", path))?.file_name());
        }
        names.sort_unstable();
        for name in names {
            if !name.as_encoded_bytes().starts_with(b".") && !name.as_encoded_bytes().starts_with(b"_") {
                walk(&path.join(name), depth + 1, found, ignored)?;
            }
        }
    } else if depth == 0 {
        return Err(refused(path, "it is neither a file nor a directory"));
    }
    Ok(())
}
