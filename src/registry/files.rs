//! Reading the directory of agreements, bounded in size.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use jiff::Timestamp;

use super::RegistryError;
use super::lineage::Lineage;
use crate::kernel::causes;
use crate::kernel::limits::{PEM_BYTES_MAX, PKS_DOCUMENT_BYTES_MAX, PKS_SIGNATURE_BYTES_MAX};
use crate::pks::{self, Agreement, Anchors, Crls, PksError, Revocation, Revoked, VerifiedPks};

/// The folder of trust anchors.
pub const ANCHORS_DIRECTORY: &str = "anchors";
/// Anchors of the office's signers.
pub const OFFICE_ANCHORS_FILE: &str = "office.pem";
/// Anchors of the lembaga's signers.
pub const LEMBAGA_ANCHORS_FILE: &str = "lembaga.pem";
/// Revocation lists of the office's signers' CAs, where they are followed.
pub const OFFICE_CRLS_FILE: &str = "office.crl";
/// Revocation lists of the lembaga's signers' CAs, where they are followed.
pub const LEMBAGA_CRLS_FILE: &str = "lembaga.crl";
/// The withdrawal of an agreement, in the lembaga's folder.
pub const REVOCATION_FILE: &str = "revocation.json";
/// The signature over it.
pub const REVOCATION_SIGNATURES_FILE: &str = "revocation.sig";
/// The agreement.
pub const DOCUMENT_FILE: &str = "pks.json";
/// Both parties' signatures over it.
pub const SIGNATURES_FILE: &str = "pks.sig";
/// Other versions of the agreement, each in a folder of its number.
pub const VERSIONS_DIRECTORY: &str = "versions";
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

/// The trust anchors of a folder of agreements lie in [`ANCHORS_DIRECTORY`]; this reads that folder.
pub fn anchors(folder: &Path) -> Result<Anchors, RegistryError> {
    let (office, lembaga) = (folder.join(OFFICE_ANCHORS_FILE), folder.join(LEMBAGA_ANCHORS_FILE));
    let pem = |path: &Path| bounded(path, PEM_BYTES_MAX).map_err(|source| RegistryError::Read { path: path.to_owned(), source });
    let fail = |source: PksError| RegistryError::Anchors { path: folder.to_owned(), source: source.into() };
    let crls = |name: &str| {
        let path = folder.join(name);
        if path.exists() { Crls::from_pem(&pem(&path)?).map_err(fail) } else { Ok(Crls::default()) }
    };
    let anchors = Anchors::from_pem(&pem(&office)?, &pem(&lembaga)?).map_err(fail)?;
    Ok(Anchors { office_crls: crls(OFFICE_CRLS_FILE)?, lembaga_crls: crls(LEMBAGA_CRLS_FILE)?, ..anchors })
}

/// The folders of lembaga, in the order of their names: those with a document or signatures, and those that were known.
pub fn folders(directory: &Path, known: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, RegistryError> {
    let fail = |source| RegistryError::Read { path: directory.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let has = |name: &str| path.join(name).exists();
        if has(DOCUMENT_FILE) || has(SIGNATURES_FILE) || has(VERSIONS_DIRECTORY) || known(&path) {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The documents of a lembaga's folder: its own, then those of `versions/N/` from the lowest number.
pub fn documents(folder: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    let fail = |source| RegistryError::Read { path: folder.to_owned(), source };
    let mut documents: Vec<PathBuf> = Some(folder.join(DOCUMENT_FILE)).filter(|path| path.exists()).into_iter().collect();
    let versions = folder.join(VERSIONS_DIRECTORY);
    if versions.is_dir() {
        let mut numbered = Vec::new();
        for entry in std::fs::read_dir(&versions).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.join(DOCUMENT_FILE).exists() {
                numbered.push((version_of(&path), path.join(DOCUMENT_FILE)));
            }
        }
        numbered.sort();
        documents.extend(numbered.into_iter().map(|(_, path)| path));
    }
    Ok(documents)
}

/// Every version of a folder that verifies, its withdrawal applied, and what is wrong with the rest.
pub(super) fn lineage(folder: &Path, anchors: &Anchors, now: Timestamp) -> (Option<Lineage>, Vec<String>) {
    let mut lineage: Option<Lineage> = None;
    let mut wrong = Vec::new();
    let documents = match documents(folder) {
        Ok(documents) if documents.is_empty() => return (None, vec![format!("{DOCUMENT_FILE} cannot be read: there is none")]),
        Ok(documents) => documents,
        Err(error) => return (None, vec![causes(&error)]),
    };
    for document in documents {
        let added = verified(&document, anchors, now).and_then(|pks| {
            named_rightly(folder, &document, &pks)?;
            match &mut lineage {
                Some(lineage) => lineage.add(pks),
                None => {
                    lineage = Some(Lineage::new(pks));
                    Ok(())
                }
            }
        });
        if let Err(what) = added {
            let place = document.strip_prefix(folder).unwrap_or(&document);
            let in_folder = document.parent() == Some(folder);
            wrong.push(if in_folder { what } else { format!("{}: {what}", place.display()) });
        }
    }
    if let Some(lineage) = &mut lineage {
        // A withdrawal of versions that are here no more concerns none of those that are.
        let outdated = |own: u32| lineage.versions().all(|pks| pks.agreement().version > own);
        let version = |number| lineage.version(number).map(AsRef::as_ref);
        match revoked(folder, version, outdated, anchors, now) {
            None => {}
            Some(Ok(revoked)) => lineage.revoke(&revoked),
            Some(Err(why)) => wrong.push(format!("{REVOCATION_FILE} withdraws nothing: {why}")),
        }
    }
    (lineage, wrong)
}

/// Whether the folders are named after the lembaga and the version of a document.
fn named_rightly(folder: &Path, document: &Path, pks: &VerifiedPks) -> Result<(), String> {
    let agreement = pks.agreement();
    if folder.file_name().and_then(|name| name.to_str()) != Some(agreement.lembaga_id.as_str()) {
        return Err(format!("the folder is not named after the lembaga of its document, {}", agreement.lembaga_id));
    }
    match document.parent().filter(|home| *home != folder) {
        Some(home) if version_of(home) != Some(agreement.version) => {
            Err(format!("the folder is not named after the version of its document, {}", agreement.version))
        }
        _ => Ok(()),
    }
}

/// The number a folder of a version bears.
fn version_of(folder: &Path) -> Option<u32> {
    folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok())
}

/// The verified agreement of a document, or why there is none.
pub(super) fn verified(document: &Path, anchors: &Anchors, now: Timestamp) -> Result<VerifiedPks, String> {
    let signatures = read(&document.with_file_name(SIGNATURES_FILE), PKS_SIGNATURE_BYTES_MAX as u64)?;
    let text = read(document, PKS_DOCUMENT_BYTES_MAX as u64)?;
    let pks = pks::verify(&text, &signatures, anchors, now).map_err(|error| causes(&error))?;
    match paper_of(document, &pks) {
        Some(Err(why)) => Err(why),
        _ => Ok(pks),
    }
}

/// Whether the paper kept beside a document is the one it names; nothing where none is kept there.
pub fn paper_of(document: &Path, pks: &VerifiedPks) -> Option<Result<String, String>> {
    paper_beside(document, pks.agreement())
}

/// The same for an agreement that is not signed yet.
pub fn paper_beside(document: &Path, agreement: &Agreement) -> Option<Result<String, String>> {
    let path = document.with_file_name(PAPER_FILE);
    if !path.exists() {
        return None;
    }
    Some(read(&path, PAPER_BYTES_MAX).and_then(|paper| {
        if digest::digest(&digest::SHA256, &paper).as_ref() == agreement.paper_sha256 {
            Ok(format!("{PAPER_FILE} is the paper that the agreement names"))
        } else {
            Err(format!("{PAPER_FILE} is not the paper of which the agreement names the digest"))
        }
    }))
}

/// The withdrawal in a lembaga's folder: nothing where there is none or it is outdated, else what it withdraws, or why it withdraws
/// nothing. `version` finds the version it names.
pub(super) fn revoked<'a>(
    folder: &Path,
    version: impl FnOnce(u32) -> Option<&'a VerifiedPks>,
    outdated: impl FnOnce(u32) -> bool,
    anchors: &Anchors,
    now: Timestamp,
) -> Option<Result<Revoked, String>> {
    let path = folder.join(REVOCATION_FILE);
    if !path.exists() {
        return None;
    }
    let document = match read(&path, PKS_DOCUMENT_BYTES_MAX as u64) {
        Ok(document) => document,
        Err(why) => return Some(Err(why)),
    };
    if Revocation::read(&document).is_ok_and(|own| outdated(own.version())) {
        return None;
    }
    let judged = || {
        let signatures = read(&folder.join(REVOCATION_SIGNATURES_FILE), PKS_SIGNATURE_BYTES_MAX as u64)?;
        let own = Revocation::read(&document).map_err(|faults| causes(&PksError::Document(faults)))?;
        let pks = version(own.version()).ok_or_else(|| format!("there is no version {} here to withdraw", own.version()))?;
        pks::verify_revocation(&document, &signatures, pks, anchors, now).map_err(|error| causes(&error))
    };
    Some(judged())
}

/// Whether a verified version is withdrawn by what stands in its lembaga's folder: nothing where that is about no such version.
pub fn revocation_of(document: &Path, pks: &VerifiedPks, anchors: &Anchors, now: Timestamp) -> Option<Result<Revoked, String>> {
    let home = document.parent()?;
    let is_version = home.parent().and_then(Path::file_name).is_some_and(|name| name == VERSIONS_DIRECTORY);
    let folder = if is_version { home.parent()?.parent()? } else { home };
    let number = pks.agreement().version;
    match Revocation::read(&read(&folder.join(REVOCATION_FILE), PKS_DOCUMENT_BYTES_MAX as u64).ok()?) {
        Ok(own) if own.version() != number => None,
        _ => revoked(folder, |_| Some(pks), |_| false, anchors, now),
    }
}

/// A file as bytes, or a sentence.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    let name = || path.file_name().unwrap_or_default().display().to_string();
    bounded(path, bytes_max).map_err(|error| format!("{} cannot be read: {error}", name()))
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
