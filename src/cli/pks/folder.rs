//! Where the files of an agreement are: its folder, its trust anchors, whole files within their bounds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::disk::{self, RealDisk};
use crate::kernel::limits::{PEM_BYTES_MAX, PKS_DOCUMENT_BYTES_MAX, PKS_SIGNATURE_BYTES_MAX};
use crate::pks::{Anchors, Document, PksFault};
use crate::registry::{self, ANCHORS_DIRECTORY, DOCUMENT_FILE, OFFICE_ANCHORS_FILE, SIGNATURES_FILE};

/// How far above an agreement its trust anchors may lie: `versions/2/` is two folders below the lembaga's.
const LEVELS_UP_MAX: usize = 4;

/// A whole file.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    disk::read_all(&RealDisk, path, bytes_max).with_context(|| format!("cannot read {}", path.display()))
}

/// The document of a folder, or the document itself.
pub(super) fn document_path(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(DOCUMENT_FILE) } else { path.to_owned() }
}

/// The bytes of a document.
pub(super) fn document_bytes(path: &Path) -> Result<Vec<u8>> {
    read(path, PKS_DOCUMENT_BYTES_MAX as u64)
}

/// A document of a folder or file, as it is written.
pub(super) fn document(path: &Path) -> Result<(Vec<u8>, Document)> {
    let path = document_path(path);
    let bytes = document_bytes(&path)?;
    let document = Document::read(&bytes).map_err(|faults| refused(&path, &faults))?;
    Ok((bytes, document))
}

/// The signature file beside a document.
pub(super) fn signatures_path(document: &Path) -> PathBuf {
    document.with_file_name(SIGNATURES_FILE)
}

/// The bytes of a signature file.
pub(super) fn signature_bytes(path: &Path) -> Result<Vec<u8>> {
    read(path, PKS_SIGNATURE_BYTES_MAX as u64)
}

/// The text of a PEM file.
pub(super) fn pem(path: &Path) -> Result<Vec<u8>> {
    read(path, PEM_BYTES_MAX)
}

/// The trust anchors given, else those of the nearest folder above that has any.
pub(super) fn anchors(given: Option<&Path>, document: &Path) -> Result<Anchors> {
    let folder = match given {
        Some(folder) => folder.to_owned(),
        None => {
            let document = std::path::absolute(document)?;
            let above = document.ancestors().skip(1).take(LEVELS_UP_MAX).map(|folder| folder.join(ANCHORS_DIRECTORY));
            let mut found = above.filter(|folder| folder.join(OFFICE_ANCHORS_FILE).exists());
            let Some(folder) = found.next() else {
                bail!("no folder above {} has trust anchors: name theirs by --anchors", document.display());
            };
            folder
        }
    };
    Ok(registry::anchors(&folder)?)
}

/// An error that lists every fault, one a line.
pub(super) fn refused(path: &Path, faults: &[PksFault]) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    anyhow::anyhow!("{} has {} faults:{}", path.display(), faults.len(), lines.concat())
}
