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
    files: Vec<FileEntry>,
    /// The index of families; none where nobody has a family card.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    families: Option<FamilyFile>,
    digest: String,
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

/// Whether a file name has the form of a snapshot's data file: date, eight digits of the digest, number or `families`.
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
    let (date, content) = snapshot.rsplit_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = date.parse::<Date>().is_ok()
        && content.len() == 8
        && content.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (part == FAMILIES || part.len() >= 4 && digits(part));
    fits.then_some(part)
}

impl Manifest {
    /// A manifest over finished files, which get their names from it.
    pub(super) fn over(mut files: Vec<FileEntry>, mut families: Option<FamilyFile>, as_of: Date, seed: Option<u64>) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        for file in &files {
            hash.update(file.sha256.as_bytes());
        }
        let content: String = to_hex(hash.finish().as_ref()).chars().take(8).collect();
        let snapshot = format!("{as_of}-{content}");
        for (number, file) in files.iter_mut().enumerate() {
            file.name = format!("{snapshot}.{number:04}.parquet");
        }
        if let Some(file) = &mut families {
            file.name = format!("{snapshot}.{FAMILIES}.parquet");
        }
        let (format, as_of) = (FORMAT.to_owned(), as_of.to_string());
        let rows = files.iter().map(|file| file.rows).sum();
        let mut manifest = Self { format, snapshot, as_of, rows, seed, files, families, digest: String::new() };
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
        manifest.as_of.parse::<Date>().map_err(|_| unusable("as_of is no date"))?;
        let plain = |name: &str| !name.contains(['/', '\\']) && !name.starts_with('.');
        if !manifest.file_names().all(plain) {
            return Err(unusable("a file's name is not possible"));
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

    fn own_digest(&self) -> String {
        let bare = Self { digest: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&bare).unwrap_or_default();
        to_hex(digest::digest(&digest::SHA256, &bytes).as_ref())
    }
}
