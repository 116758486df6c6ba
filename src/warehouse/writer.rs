//! Writes the data files of a snapshot: row groups in, Parquet out. Pages, page indexes and checksums are written here (the Parquet
//! library's writer knows no page checksums); the footer is the library's. The index of families is made along the way.
//!
//! Files stay under temporary names until [`SnapshotWriter::finish`] publishes them all and then the manifest.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use parquet::errors::ParquetError;
use parquet::schema::types::SchemaDescPtr;

use super::data_file::DataFile;
use super::error::WarehouseError;
use super::families::FamilyWriter;
use super::files::{Staged, Workplace};
use super::group::Group;
use super::manifest::{FileEntry, Lineage, MANIFEST, Manifest, is_data_file};
use super::root::is_root;
use super::schema::{FILE_ROWS, parquet_schema};
use crate::disk::Disk;

/// A snapshot being written.
pub(super) struct SnapshotWriter {
    place: Workplace,
    file_rows: u64,
    schema: SchemaDescPtr,
    open: Option<DataFile>,
    closed: Vec<(Staged, FileEntry)>,
    families: FamilyWriter,
}

impl SnapshotWriter {
    /// Starts in a directory, which may hold an older snapshot: that one stays whole until `finish`.
    pub(super) fn create(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, WarehouseError> {
        if is_root(dir)? {
            return Err(WarehouseError::Root(dir.to_owned()));
        }
        let place = Workplace::enter(disk, dir)?;
        let schema = parquet_schema().map_err(|source| in_footer("schema", source))?;
        Ok(Self { place, file_rows: FILE_ROWS, schema, open: None, closed: Vec::new(), families: FamilyWriter::new() })
    }

    /// The same with smaller files.
    #[cfg(test)]
    pub(super) const fn with_file_rows(mut self, rows: u64) -> Self {
        self.file_rows = rows;
        self
    }

    /// The directory, for files that are needed on the way.
    pub(super) const fn place(&self) -> &Workplace {
        &self.place
    }

    /// Appends a row group. Rows of one NIK stay in one file, however full it is: a look-up opens a single file.
    /// INVARIANT: its NIKs are sorted and not below those before; the caller answers for it.
    pub(super) fn write(&mut self, group: &Group) -> Result<(), WarehouseError> {
        let lowest = group.nik_range().map(|(low, _)| low);
        if let Some(full) = self.open.take_if(|file| file.rows() >= self.file_rows && file.highest() != lowest) {
            self.closed.push(full.close()?);
        }
        let file = match &mut self.open {
            Some(file) => file,
            none => none.insert(DataFile::create(&self.place, &format!("{:04}.parquet", self.closed.len()), self.schema.clone())?),
        };
        file.write(group)?;
        self.families.add(&self.place, group)
    }

    /// Makes everything durable, names it, writes the manifest, and removes data files that it does not
    /// name: those of the snapshot that stood here before, and those that a crash left.
    pub(super) fn finish(self, as_of: Date, seed: Option<u64>) -> Result<Manifest, WarehouseError> {
        self.finish_as(as_of, seed, Lineage::Whole)
    }

    /// The same for a snapshot that stands to others in some way.
    pub(super) fn finish_as(mut self, as_of: Date, seed: Option<u64>, lineage: Lineage) -> Result<Manifest, WarehouseError> {
        if let Some(file) = self.open.take() {
            self.closed.push(file.close()?);
        }
        let (staged, entries): (Vec<_>, Vec<_>) = self.closed.into_iter().unzip();
        // All that takes room on the disk is written before anything gets its name.
        let (index, families) = self.families.finish(&self.place)?.unzip();
        let manifest = Manifest::over(entries, families, as_of, seed, lineage);
        let last = manifest.stage(&self.place)?;
        for (file, name) in staged.into_iter().chain(index).zip(manifest.file_names()) {
            file.publish(name)?;
        }
        self.place.sync()?;
        last.publish(MANIFEST)?;
        self.place.sync()?;
        self.place.remove_where(|name| is_data_file(name) && manifest.file_names().all(|own| own != name))?;
        self.place.leave()?;
        Ok(manifest)
    }
}

/// A failure of the Parquet library about a file's footer.
pub(super) fn in_footer(file: &str, source: ParquetError) -> WarehouseError {
    WarehouseError::Parquet { file: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::kernel::{ElemenSet, Nik, NikStatus};
    use crate::warehouse::group::Value;
    use crate::warehouse::schema::{COLUMNS, Physical, STATUS, physical};
    use crate::warehouse::snapshot::Snapshot;

    const FIRST: i64 = 6_305_014_507_850_001;

    /// A resident of 63.05 of whom nothing but the status is known.
    fn resident(nik: i64, status: i32) -> [Value<'static>; COLUMNS] {
        let mut record = [Value::Int(0); COLUMNS];
        for (column, slot) in record.iter_mut().enumerate() {
            *slot = match physical(column) {
                Physical::Long => Value::Long(if column == 0 { nik } else { 0 }),
                Physical::Int | Physical::Date => Value::Int(if column == STATUS { status } else { 0 }),
                Physical::Text => Value::Text(""),
            };
        }
        record
    }

    #[test]
    fn rows_of_one_nik_stay_in_one_file_and_are_found_over_pages_and_groups() {
        // Groups of 200 rows, files of 400: the rows of one NIK begin in the first file's second group and fill three more.
        let mut niks: Vec<i64> = (0..350).map(|serial| FIRST + serial).collect();
        niks.extend([FIRST + 350; 700]);
        niks.extend((351..900).map(|serial| FIRST + serial));
        let dir = tempfile::tempdir().unwrap();
        let mut writer = SnapshotWriter::create(Arc::new(RealDisk), dir.path()).unwrap().with_file_rows(400);
        for chunk in niks.chunks(200) {
            let mut group = Group::new();
            for nik in chunk {
                let status = if *nik == FIRST + 350 { NikStatus::Duplicate } else { NikStatus::Active };
                assert!(group.push(&resident(*nik, status as i32)));
            }
            writer.write(&group).unwrap();
        }
        let manifest = writer.finish(jiff::civil::date(2026, 11, 22), None).unwrap();
        let rows: Vec<u64> = manifest.files().iter().map(|file| file.rows).collect();
        assert_eq!(rows, [1200, 399], "no file ends within the rows of a NIK");
        let snapshot = Snapshot::open(dir.path()).unwrap();
        for serial in 0..900 {
            let nik = Nik::from_number((FIRST + serial).cast_unsigned()).unwrap_or_else(|_| unreachable!("serials 1 to 900"));
            let status = snapshot.look_up(nik, ElemenSet::EMPTY).unwrap().map(|row| row.status());
            let expected = if serial == 350 { NikStatus::Duplicate } else { NikStatus::Active };
            assert_eq!(status, Some(expected), "{serial}");
        }
        let mut walked = 0;
        snapshot
            .each_nik(|_| {
                walked += 1;
                true
            })
            .unwrap();
        assert_eq!(walked, niks.len());
    }
}
