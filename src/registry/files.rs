//! Reading the directory of agreements, bounded in size.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
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

/// Bytes up to which a file's digest is that of its content; of a larger one, that of its metadata.
const DIGESTED_BYTES_MAX: u64 = 1024 * 1024;
/// Folders in a folder that are digested with it.
const DIGESTED_DEPTH: usize = 2;

/// SHA-256 over names and contents.
pub(super) type Digest = [u8; 32];

pub(super) fn anchors(directory: &Path) -> Result<Anchors, RegistryError> {
    let folder = directory.join(ANCHORS_DIRECTORY);
    let (office, lembaga) = (folder.join(OFFICE_ANCHORS_FILE), folder.join(LEMBAGA_ANCHORS_FILE));
    let pem = |path: &Path| bounded(path, PEM_BYTES_MAX).map_err(|source| RegistryError::Read { path: path.to_owned(), source });
    Anchors::from_pem(&pem(&office)?, &pem(&lembaga)?)
        .map_err(|source| RegistryError::Anchors { path: folder, source: source.into() })
}

/// The folders of lembaga, in the order of their names: those with a document or signatures, and those that were known.
pub(super) fn folders(directory: &Path, known: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, RegistryError> {
    let fail = |source| RegistryError::Read { path: directory.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let has = |name: &str| path.join(name).exists();
        if has(DOCUMENT_FILE) || has(SIGNATURES_FILE) || known(&path) {
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

/// The digest of a folder's files, whatever they are: where it is the same, nothing has changed.
pub(super) fn digest_of(folder: &Path) -> std::io::Result<Digest> {
    let mut context = digest::Context::new(&digest::SHA256);
    digest_into(&mut context, folder, DIGESTED_DEPTH)?;
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Ok(bytes)
}

fn digest_into(context: &mut digest::Context, folder: &Path, depth: usize) -> std::io::Result<()> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    for path in paths {
        let metadata = std::fs::metadata(&path)?;
        let name = path.as_os_str().as_encoded_bytes();
        context.update(&(name.len() as u64).to_be_bytes());
        context.update(name);
        if metadata.is_dir() {
            if depth > 0 {
                digest_into(context, &path, depth - 1)?;
            }
        } else if metadata.len() <= DIGESTED_BYTES_MAX {
            let bytes = bounded(&path, DIGESTED_BYTES_MAX)?;
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(&bytes);
        } else {
            for number in [metadata.dev(), metadata.ino(), metadata.len()] {
                context.update(&number.to_be_bytes());
            }
            for number in [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()] {
                context.update(&number.to_be_bytes());
            }
        }
    }
    Ok(())
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
