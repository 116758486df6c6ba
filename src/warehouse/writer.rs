//! Writes the data files of a snapshot: row groups in, Parquet out. Pages, page indexes and checksums are written here (the Parquet
//! library's writer knows no page checksums); the footer is the library's.
//!
//! Files stay under temporary names until [`SnapshotWriter::finish`] publishes them all and then the manifest.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use parquet::errors::ParquetError;
use parquet::schema::types::SchemaDescPtr;

use super::data_file::DataFile;
use super::error::WarehouseError;
use super::files;
use super::group::Group;
use super::manifest::{FileEntry, Manifest, is_data_file};
use super::schema::{FILE_ROWS, parquet_schema};

/// A snapshot being written.
pub(super) struct SnapshotWriter {
    dir: PathBuf,
    schema: SchemaDescPtr,
    open: Option<DataFile>,
    closed: Vec<(files::Staged, FileEntry)>,
}

impl SnapshotWriter {
    /// Starts in a directory, which may hold an older snapshot: that one stays whole until `finish`.
    pub(super) fn create(dir: &Path) -> Result<Self, WarehouseError> {
        files::prepare(dir)?;
        let schema = parquet_schema().map_err(|source| in_footer("schema", source))?;
        Ok(Self { dir: dir.to_owned(), schema, open: None, closed: Vec::new() })
    }

    /// Appends a row group. INVARIANT: its NIKs are sorted, unique and above all those before; the caller answers for it.
    pub(super) fn write(&mut self, group: &Group) -> Result<(), WarehouseError> {
        let mut file = match self.open.take() {
            Some(file) => file,
            None => DataFile::create(&self.dir, self.closed.len(), self.schema.clone())?,
        };
        file.write(group)?;
        if file.rows() < FILE_ROWS {
            self.open = Some(file);
        } else {
            self.closed.push(file.close()?);
        }
        Ok(())
    }

    /// Makes everything durable, names it, writes the manifest, and removes data files that it does not
    /// name: those of the snapshot that stood here before, and those that a crash left.
    pub(super) fn finish(mut self, as_of: Date, seed: Option<u64>) -> Result<Manifest, WarehouseError> {
        if let Some(file) = self.open.take() {
            self.closed.push(file.close()?);
        }
        let (staged, entries): (Vec<_>, Vec<_>) = self.closed.into_iter().unzip();
        let manifest = Manifest::over(entries, as_of, seed);
        for (file, entry) in staged.into_iter().zip(manifest.files()) {
            file.publish(&entry.name)?;
        }
        files::sync_dir(&self.dir)?;
        manifest.publish(&self.dir)?;
        files::remove_where(&self.dir, |name| is_data_file(name) && manifest.files().iter().all(|file| file.name != name))?;
        Ok(manifest)
    }
}

/// A failure of the Parquet library about a file's footer.
pub(super) fn in_footer(file: &str, source: ParquetError) -> WarehouseError {
    WarehouseError::Parquet { file: file.to_owned(), source }
}
