//! The answers of a run that is not finished: a file beside the output that grows with them, its first line the job.
//!
//! One JSON object a line and row, in the order of arrival; no NIK and no value of the input. What a killed process wrote last may be
//! half a line: it is cut off, and the row asked again. The file is readable by its owner alone and locked while a run goes on.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::disk::{Disk, DiskFile, Open};

/// Bytes of one line at most: a row's results for every element.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;
/// Bytes written between two fsyncs: what a power cut may cost.
const UNSYNCED_BYTES_MAX: u64 = 256 * 1024;
/// Rows of a table.
const ROWS_MAX: u64 = 500_000_000;

/// What is asked of which table: a run goes on only with the same.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    /// SHA-256 of the input.
    pub(super) input: String,
    /// Its rows.
    pub(super) rows: u64,
    /// Columns, purpose and threshold.
    pub(super) questions: String,
}

/// The answers so far.
pub(super) struct Kept {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    /// Where the line of each row begins; 0 where it has none, for there stands the job.
    places: Vec<u64>,
    answered: u64,
    length: u64,
    unsynced: u64,
}

impl Kept {
    /// Opens what an earlier run of the same job left, or begins anew.
    pub(super) fn open(disk: &dyn Disk, path: &Path, job: &Job) -> Result<Self> {
        let context = || format!("cannot keep answers in {}", path.display());
        ensure!(job.rows <= ROWS_MAX, "the table has {} rows, of which {ROWS_MAX} are allowed", job.rows);
        let file = match disk.open(path, Open::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => disk.open(path, Open::CreatePrivate),
            opened => opened,
        };
        let file = file.with_context(context)?;
        ensure!(file.try_lock().with_context(context)?, "another run is writing {}", path.display());
        let places = vec![0; usize::try_from(job.rows)?];
        let mut kept = Self { path: path.to_owned(), file, places, answered: 0, length: 0, unsynced: 0 };
        kept.load(job)?;
        if kept.length == 0 {
            kept.append(&serde_json::to_string(job)?).with_context(context)?;
            kept.sync()?;
        }
        Ok(kept)
    }

    /// Rows of the table.
    pub(super) fn rows(&self) -> u64 {
        self.places.len() as u64
    }

    /// Rows that have an answer.
    pub(super) const fn answered(&self) -> u64 {
        self.answered
    }

    /// Whether this row has one.
    pub(super) fn has(&self, row: u64) -> bool {
        usize::try_from(row).ok().and_then(|row| self.places.get(row)).is_none_or(|place| *place != 0)
    }

    /// Keeps an answer: once this returns, a killed process does not lose it.
    pub(super) fn keep(&mut self, outcomes: &[Outcome]) -> Result<()> {
        let mut text = String::new();
        for outcome in outcomes {
            let at = self.length + text.len() as u64;
            let Some(place) =
                usize::try_from(outcome.row).ok().and_then(|row| self.places.get_mut(row)).filter(|place| **place == 0)
            else {
                bail!("an answer to no question");
            };
            *place = at;
            self.answered += 1;
            text.push_str(&serde_json::to_string(outcome)?);
            text.push('\n');
        }
        self.write(text.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// The answer to a row.
    pub(super) fn of_row(&self, row: u64) -> Result<Option<Outcome>> {
        let Some(place) = usize::try_from(row).ok().and_then(|row| self.places.get(row)).filter(|place| **place != 0) else {
            return Ok(None);
        };
        let mut bytes = vec![0; 512];
        loop {
            let read = crate::disk::read_full(&*self.file, &mut bytes, *place)?;
            let line = bytes.get(..read).unwrap_or_default();
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(serde_json::from_slice(line.get(..end).unwrap_or_default())?));
            }
            ensure!(read == bytes.len() && read < LINE_BYTES_MAX, "{} is damaged", self.path.display());
            bytes.resize(LINE_BYTES_MAX, 0);
        }
    }

    /// Makes what was kept durable.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.unsynced = 0;
        self.file.sync_data().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Takes the file away: the output holds all of it.
    pub(super) fn remove(self, disk: &dyn Disk) -> Result<()> {
        disk.remove(&self.path).with_context(|| format!("cannot remove {}", self.path.display()))
    }

    /// Reads what is there, and cuts off half a line at the end.
    fn load(&mut self, job: &Job) -> Result<()> {
        let size = self.file.size_bytes()?;
        let (mut buffer, mut rest) = (vec![0; READ_BYTES], Vec::new());
        let mut read_to = 0;
        while read_to < size {
            let read = crate::disk::read_full(&*self.file, &mut buffer, read_to)?;
            ensure!(read > 0, "{} changed while it was read", self.path.display());
            read_to += read as u64;
            rest.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let mut from = 0;
            while let Some(end) = rest.iter().skip(from).position(|byte| *byte == b'\n') {
                let line = rest.get(from..from + end).unwrap_or_default();
                let at = self.length;
                self.length += end as u64 + 1;
                from += end + 1;
                self.line(at, line, job)?;
            }
            rest.drain(..from);
            ensure!(rest.len() <= LINE_BYTES_MAX, "{} is not what an earlier run left", self.path.display());
        }
        if self.length < size {
            self.file.set_size_bytes(self.length)?;
        }
        Ok(())
    }

    fn line(&mut self, at: u64, line: &[u8], job: &Job) -> Result<()> {
        let path = self.path.display();
        if at == 0 {
            let own: Job = serde_json::from_slice(line).ok().with_context(|| format!("{path} is not what an earlier run left"))?;
            ensure!(own == *job, "{path} is of a run with another input or other questions: remove it to begin anew");
            return Ok(());
        }
        let outcome: Outcome = serde_json::from_slice(line).ok().with_context(|| format!("{path} is damaged"))?;
        let place = usize::try_from(outcome.row).ok().and_then(|row| self.places.get_mut(row));
        let place = place.with_context(|| format!("{path} is damaged"))?;
        self.answered += u64::from(*place == 0);
        *place = at;
        Ok(())
    }

    fn append(&mut self, line: &str) -> Result<()> {
        self.write(format!("{line}\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all_at(bytes, self.length).map_err(|error: io::Error| anyhow::Error::new(error));
        written?;
        self.length += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        if self.unsynced >= UNSYNCED_BYTES_MAX { self.sync() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::FaultyDisk;

    fn job() -> Job {
        Job { input: "ab".to_owned(), rows: 10, questions: "q".to_owned() }
    }

    fn disk() -> FaultyDisk {
        let disk = FaultyDisk::new();
        disk.create_dir_all(Path::new("/d")).unwrap();
        disk
    }

    fn open(disk: &FaultyDisk) -> Result<Kept> {
        Kept::open(disk, Path::new("/d/out.pemadanan"), &job())
    }

    fn outcome(row: u64) -> Outcome {
        let results = [("NAMA_LGKP".to_owned(), (row.is_multiple_of(2), Some(7)))].into();
        Outcome { row, code: "01".to_owned(), text: "x".repeat(600), results }
    }

    #[test]
    fn what_was_kept_is_there_again_and_half_a_line_is_not() {
        let disk = disk();
        let mut kept = open(&disk).unwrap();
        kept.keep(&[outcome(3), outcome(0)]).unwrap();
        kept.keep(&[outcome(9)]).unwrap();
        assert!(kept.keep(&[outcome(3)]).is_err() && kept.keep(&[outcome(10)]).is_err());
        kept.file.write_all_at(b"{\"row\":5,", kept.length).unwrap();
        drop(kept);
        let mut kept = open(&disk).unwrap();
        assert_eq!(kept.answered(), 3);
        let has: Vec<u64> = (0..10).filter(|row| kept.has(*row)).collect();
        assert_eq!(has, [0, 3, 9]);
        kept.keep(&[outcome(5)]).unwrap();
        for row in [0, 3, 5, 9] {
            assert_eq!(kept.of_row(row).unwrap(), Some(outcome(row)));
        }
        assert_eq!(kept.of_row(1).unwrap(), None);
        kept.remove(&disk).unwrap();
        assert!(disk.list(Path::new("/d")).unwrap().is_empty());
    }

    #[test]
    fn the_answers_to_other_questions_are_not_taken_for_these() {
        let disk = disk();
        drop(open(&disk).unwrap());
        for other in [Job { input: "ac".to_owned(), ..job() }, Job { rows: 9, ..job() }, Job { questions: "r".to_owned(), ..job() }]
        {
            assert!(Kept::open(&disk, Path::new("/d/out.pemadanan"), &other).is_err());
        }
        assert!(open(&disk).is_ok());
    }

    #[test]
    fn two_runs_at_once_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k");
        let _first = Kept::open(&crate::disk::RealDisk, &path, &job()).unwrap();
        let told = Kept::open(&crate::disk::RealDisk, &path, &job()).err().unwrap().to_string();
        assert!(told.contains("another run"), "{told}");
    }
}
