//! `manifest.json`: what a snapshot consists of. It is written last, so a directory with a manifest is a whole snapshot.
//!
//! Opening a snapshot must not read all of it, so beside the digest of each whole file stands one of the file's index alone (page
//! indexes and footer): a flipped bit there could lead to a sound page of somebody else, which no page checksum would notice.
//! The manifest carries a digest of itself for the same reason. Refuses another format, unknown fields, and a digest that differs.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::WarehouseError;
use super::files::{Staged, Workplace};
use crate::kernel::{Nik, to_hex};

/// The file's name in the directory of a snapshot.
pub const MANIFEST: &str = "manifest.json";
/// What this program writes and reads.
const FORMAT: &str = "gerbang-warehouse-2";
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What a snapshot consists of. Holds NIKs (the ranges of its files): no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    snapshot: String,
    as_of: String,
    rows: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Lineage::is_whole", default)]
    lineage: Lineage,
    files: Vec<FileEntry>,
    /// The index of families; none where nobody has a family card.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    families: Option<FamilyFile>,
    digest: String,
}

/// How a snapshot stands to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Lineage {
    /// It holds everybody and stands for itself.
    #[default]
    Whole,
    /// A delta: residents who are new or changed since the snapshot with this id, each with the whole row. Its rows take the place
    /// of those of the same NIK there.
    DeltaOver(String),
    /// It holds everybody, written together from a base and the deltas over it, of which the last has this id: what applies to that
    /// one applies to this one.
    StandsFor(String),
}

impl Lineage {
    const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// The id of another snapshot that it names.
    fn names(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::DeltaOver(id) | Self::StandsFor(id) => Some(id),
        }
    }
}

/// One data file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name within the directory.
    pub name: String,
    /// Residents in it.
    pub rows: u64,
    /// The lowest NIK.
    pub nik_min: String,
    /// The highest NIK.
    pub nik_max: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of all of it, lower-case hex.
    pub sha256: String,
    /// Where the page indexes begin; from there to the end runs what the directory is made of.
    pub index_at: u64,
    /// SHA-256 of the file from `index_at` to its end.
    pub index_sha256: String,
}

/// The index of families, from NO_KK to NIK.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyFile {
    /// Its name within the directory.
    pub name: String,
    /// Residents with a family card.
    pub rows: u64,
    /// The lowest number of a card.
    pub no_kk_min: String,
    /// The highest.
    pub no_kk_max: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of all of it, lower-case hex.
    pub sha256: String,
    /// Where the page indexes begin; from there to the end runs what the directory is made of.
    pub index_at: u64,
    /// SHA-256 of the file from `index_at` to its end.
    pub index_sha256: String,
}

// Both kinds of file are written and opened alike; what differs is what they are sorted by.
impl From<FileEntry> for FamilyFile {
    fn from(file: FileEntry) -> Self {
        let FileEntry { name, rows, nik_min, nik_max, bytes, sha256, index_at, index_sha256 } = file;
        Self { name, rows, no_kk_min: nik_min, no_kk_max: nik_max, bytes, sha256, index_at, index_sha256 }
    }
}

impl From<FamilyFile> for FileEntry {
    fn from(file: FamilyFile) -> Self {
        let FamilyFile { name, rows, no_kk_min, no_kk_max, bytes, sha256, index_at, index_sha256 } = file;
        Self { name, rows, nik_min: no_kk_min, nik_max: no_kk_max, bytes, sha256, index_at, index_sha256 }
    }
}

/// What stands in the place of a number in the name of the index of families.
const FAMILIES: &str = "families";

/// Whether a text has the form of a snapshot's id: a date and eight hex digits of the digest.
pub(super) fn is_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(date, content)| {
        date.parse::<Date>().is_ok_and(|parsed| parsed.to_string() == date)
            && content.len() == 8
            && content.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The id of a snapshot: the same data under the same lineage have the same one.
fn id_of(files: &[FileEntry], as_of: Date, lineage: &Lineage) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for file in files {
        hash.update(file.sha256.as_bytes());
    }
    hash.update(lineage.names().unwrap_or_default().as_bytes());
    let content: String = to_hex(hash.finish().as_ref()).chars().take(8).collect();
    format!("{as_of}-{content}")
}

/// Whether a file name has the form of a snapshot's data file: its id, then a number or `families`.
pub(super) fn is_data_file(name: &str) -> bool {
    part_of_snapshot(name).is_some()
}

/// Whether a file name has the form of a snapshot's index of families.
pub(super) fn is_family_index(name: &str) -> bool {
    part_of_snapshot(name) == Some(FAMILIES)
}

/// Which part of a snapshot a file is by its name.
fn part_of_snapshot(name: &str) -> Option<&str> {
    let (snapshot, part) = name.strip_suffix(".parquet")?.split_once('.')?;
    let number = part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_id(snapshot) && (part == FAMILIES || number)).then_some(part)
}

impl Manifest {
    /// A manifest over finished files, which get their names from it.
    pub(super) fn over(
        mut files: Vec<FileEntry>,
        mut families: Option<FamilyFile>,
        as_of: Date,
        seed: Option<u64>,
        lineage: Lineage,
    ) -> Self {
        let snapshot = id_of(&files, as_of, &lineage);
        for (number, file) in files.iter_mut().enumerate() {
            file.name = format!("{snapshot}.{number:04}.parquet");
        }
        if let Some(file) = &mut families {
            file.name = format!("{snapshot}.{FAMILIES}.parquet");
        }
        let (format, as_of) = (FORMAT.to_owned(), as_of.to_string());
        let rows = files.iter().map(|file| file.rows).sum();
        let mut manifest = Self { format, snapshot, as_of, rows, seed, lineage, files, families, digest: String::new() };
        manifest.digest = manifest.own_digest();
        manifest
    }

    /// Reads and checks the manifest of a directory.
    pub fn read(dir: &Path) -> Result<Self, WarehouseError> {
        let path = dir.join(MANIFEST);
        let unusable = |what: &str| WarehouseError::Manifest { path: path.clone(), what: what.to_owned() };
        let file = File::open(&path).map_err(WarehouseError::io("open", &path))?;
        let mut bytes = Vec::new();
        file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes).map_err(WarehouseError::io("read", &path))?;
        // The parser's own message could quote a NIK: only the place is told.
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| unusable(&format!("not understood at line {} column {}", error.line(), error.column())))?;
        if manifest.format != FORMAT {
            return Err(unusable("another format"));
        }
        if manifest.digest != manifest.own_digest() {
            return Err(unusable("its digest differs from its content"));
        }
        let as_of = manifest.as_of.parse::<Date>().map_err(|_| unusable("as_of is no date"))?;
        let plain = |name: &str| !name.contains(['/', '\\']) && !name.starts_with('.');
        if !manifest.file_names().all(plain) {
            return Err(unusable("a file's name is not possible"));
        }
        if manifest.snapshot != id_of(&manifest.files, as_of, &manifest.lineage) {
            return Err(unusable("its id is not that of its content"));
        }
        if manifest.lineage.names().is_some_and(|id| !is_id(id)) {
            return Err(unusable("it names another snapshot by what is no id"));
        }
        for file in &manifest.files {
            let range = Nik::parse(&file.nik_min).ok().zip(Nik::parse(&file.nik_max).ok());
            if range.is_none_or(|(low, high)| low > high) {
                return Err(unusable("a file's NIK range is not possible"));
            }
        }
        Ok(manifest)
    }

    /// Writes the manifest, durably and under a temporary name; with its own name the snapshot exists.
    pub(super) fn stage(&self, place: &Workplace) -> Result<Staged, WarehouseError> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| WarehouseError::Manifest { path: place.dir().join(MANIFEST), what: error.to_string() })?;
        bytes.push(b'\n');
        let mut staged = place.stage(MANIFEST)?;
        staged.write(&bytes)?;
        staged.sync()?;
        Ok(staged)
    }

    /// The snapshot's id: the date of the data and eight digits of its content's digest.
    #[must_use]
    pub fn snapshot(&self) -> &str {
        &self.snapshot
    }

    /// The date up to which the data go.
    #[must_use]
    pub fn as_of(&self) -> Date {
        // INVARIANT: checked by `read`, written from a date by `over`.
        self.as_of.parse().unwrap_or_default()
    }

    /// Residents in the snapshot.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The data files in ascending order of their NIKs.
    #[must_use]
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// The index of families, where anybody has a family card.
    #[must_use]
    pub const fn families(&self) -> Option<&FamilyFile> {
        self.families.as_ref()
    }

    /// The names of all files beside the manifest.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str()).chain(self.families.iter().map(|file| file.name.as_str()))
    }

    /// How it stands to other snapshots.
    #[must_use]
    pub const fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// Whether a delta may lie on this snapshot; the error says why not.
    pub(super) fn takes(&self, delta: &Self) -> Result<(), WarehouseError> {
        let misfit = |what| Err(WarehouseError::Misfit { snapshot: delta.snapshot.clone(), what });
        let Lineage::DeltaOver(id) = &delta.lineage else {
            return misfit("it is no delta");
        };
        if *id != self.snapshot && self.lineage != Lineage::StandsFor(id.clone()) {
            return misfit("it applies to another snapshot than the newest one served");
        }
        if delta.as_of() < self.as_of() {
            return misfit("its data are older than those that it would change");
        }
        Ok(())
    }

    /// Every file that belongs to the snapshot beside the manifest: what is checked, linked and published.
    pub(super) fn contents(&self) -> impl Iterator<Item = FileEntry> {
        self.files.iter().cloned().chain(self.families.clone().map(FileEntry::from))
    }

    fn own_digest(&self) -> String {
        let bare = Self { digest: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&bare).unwrap_or_default();
        to_hex(digest::digest(&digest::SHA256, &bytes).as_ref())
    }
}
