//! Reading the directory of agreements, bounded in size.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use jiff::Timestamp;

use super::RegistryError;
use crate::kernel::causes;
use crate::kernel::limits::{PEM_BYTES_MAX, PKS_DOCUMENT_BYTES_MAX, PKS_SIGNATURE_BYTES_MAX};
use crate::pks::{self, Anchors, VerifiedPks};

/// The folder of trust anchors.
pub const ANCHORS_DIRECTORY: &str = "anchors";
/// Anchors of the office's signers.
pub const OFFICE_ANCHORS_FILE: &str = "office.pem";
/// Anchors of the lembaga's signers.
pub const LEMBAGA_ANCHORS_FILE: &str = "lembaga.pem";
/// The agreement.
pub const DOCUMENT_FILE: &str = "pks.json";
/// Both parties' signatures over it.
pub const SIGNATURES_FILE: &str = "pks.sig";
/// The paper, where it is kept beside: its digest must be the one in the agreement.
pub const PAPER_FILE: &str = "pks.pdf";

/// Bytes of a paper that is kept beside its agreement.
const PAPER_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(super) fn anchors(directory: &Path) -> Result<Anchors, RegistryError> {
    let folder = directory.join(ANCHORS_DIRECTORY);
    let (office, lembaga) = (folder.join(OFFICE_ANCHORS_FILE), folder.join(LEMBAGA_ANCHORS_FILE));
    let pem = |path: &Path| bounded(path, PEM_BYTES_MAX).map_err(|source| RegistryError::Read { path: path.to_owned(), source });
    Anchors::from_pem(&pem(&office)?, &pem(&lembaga)?)
        .map_err(|source| RegistryError::Anchors { path: folder, source: source.into() })
}

/// The folders of lembaga, in the order of their names.
pub(super) fn folders(directory: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    let fail = |source| RegistryError::Read { path: directory.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.join(DOCUMENT_FILE).exists() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The verified agreement of a folder, or why there is none.
pub(super) fn verified(folder: &Path, anchors: &Anchors, now: Timestamp) -> Result<VerifiedPks, String> {
    let read = |name: &str, bytes_max: u64| {
        bounded(&folder.join(name), bytes_max).map_err(|error| format!("{name} cannot be read: {error}"))
    };
    let document = read(DOCUMENT_FILE, PKS_DOCUMENT_BYTES_MAX as u64)?;
    let signatures = read(SIGNATURES_FILE, PKS_SIGNATURE_BYTES_MAX as u64)?;
    let pks = pks::verify(&document, &signatures, anchors, now).map_err(|error| causes(&error))?;
    if folder.join(PAPER_FILE).exists() {
        let paper = read(PAPER_FILE, PAPER_BYTES_MAX)?;
        if digest::digest(&digest::SHA256, &paper).as_ref() != pks.agreement().paper_sha256 {
            return Err(format!("{PAPER_FILE} is not the paper of which the agreement names the digest"));
        }
    }
    Ok(pks)
}

/// A whole file; one over the bound is an error, not a part.
fn bounded(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(std::io::Error::other(format!("larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}
