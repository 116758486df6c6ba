//! Floor 2: the agreements in force. Signed files are read and verified whole, then swapped in as one set with a new epoch.
//!
//! Layout: `anchors/office.pem`, `anchors/lembaga.pem` (with `office.crl`, `lembaga.crl` where revocation lists are followed), and for
//! each lembaga a folder of its id with `pks.json` and `pks.sig`, other versions in `versions/N/`, and `revocation.json` with
//! `revocation.sig` where it is withdrawn. All versions are loaded; which one counts is decided by the moment of the question.
//!
//! Refuses, each with its reason and without touching the others: what does not verify, a folder whose name is not the lembaga of
//! its document, a customer id that two lembaga claim, two texts of one version, a set that would go back to a lower version or take
//! back a withdrawal. Such an agreement does not exist for requests: its lembaga has none.
//!
//! What is in force already is not taken down by a file that breaks: it stays as it was verified, and is reported. What takes it down
//! is another agreement in its place, the removal of its folder, or trust anchors under which it can't be verified any more.

mod ending;
mod files;
mod kept;
mod lineage;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::kernel::{CustomerId, LembagaId, Method, Reason, Refusal};
use crate::pks::{DWH_METHODS, Standing, VerifiedPks};

use kept::{Kept, One};
use lineage::Lineage;

pub use ending::{Ending, Told, WARN_DAYS};
pub use files::{
    ANCHORS_DIRECTORY, DOCUMENT_FILE, LEMBAGA_ANCHORS_FILE, LEMBAGA_CRLS_FILE, OFFICE_ANCHORS_FILE, OFFICE_CRLS_FILE, PAPER_FILE,
    REVOCATION_FILE, REVOCATION_SIGNATURES_FILE, SIGNATURES_FILE, VERSIONS_DIRECTORY, anchors, documents, folders, paper_beside,
    paper_of, revocation_of,
};

/// Why no agreements can be loaded at all.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The directory or the trust anchors can't be read.
    #[error("cannot read {path}")]
    Read {
        /// What.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The trust anchors are no certificates.
    #[error("the trust anchors in {path} cannot be used")]
    Anchors {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Told to stop.
    #[error("the agreements were not read to the end")]
    Interrupted,
}

/// An agreement that was not loaded, or that is loaded but not in force, and why.
#[derive(Debug)]
pub struct Finding {
    /// Its folder.
    pub folder: PathBuf,
    /// What is wrong, for an official.
    pub what: String,
}

/// What came of loading a directory.
#[derive(Debug)]
pub struct Loaded {
    /// The agreements that verified.
    pub verified: usize,
    /// Folders that do not verify as they are: nothing of them is in force, or what was in force before.
    pub broken: usize,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// The agreements that end soon with nothing to follow.
    pub endings: Vec<Ending>,
}

/// One verified set.
struct Set {
    by_lembaga: HashMap<LembagaId, Lineage>,
    by_customer: HashMap<CustomerId, LembagaId>,
}

/// The agreements in force.
pub struct Registry {
    directory: PathBuf,
    set: ArcSwap<Set>,
    epoch: AtomicU64,
    kept: Mutex<Kept>,
}

impl Registry {
    /// Loads a directory for the first time.
    pub fn load(directory: &Path, now: Timestamp) -> Result<(Self, Loaded), RegistryError> {
        let (set, loaded, kept) = read(directory, now, &Kept::default(), &|| true)?;
        let registry = Self {
            directory: directory.to_owned(),
            set: ArcSwap::from_pointee(set),
            epoch: AtomicU64::new(1),
            kept: Mutex::new(kept),
        };
        Ok((registry, loaded))
    }

    /// Loads the directory anew and swaps the set whole; where that fails, the old set stays. Folders that have not changed are not
    /// verified anew. Asks before each folder whether to go on.
    pub fn reload(&self, now: Timestamp, go_on: &dyn Fn() -> bool) -> Result<Loaded, RegistryError> {
        let mut before = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, loaded, kept) = read(&self.directory, now, &before, go_on)?;
        *before = kept;
        self.set.store(Arc::new(set));
        self.epoch.fetch_add(1, Ordering::AcqRel);
        Ok(loaded)
    }

    /// Counts up with every set swapped in.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The version of a lembaga's agreement that counts at a moment. Whether it is in force is for `decide` to say.
    pub fn pks_of(&self, lembaga: &LembagaId, now: Timestamp) -> Result<Arc<VerifiedPks>, Refusal> {
        let set = self.set.load();
        let present = set.by_lembaga.get(lembaga).and_then(|lineage| lineage.at(now));
        present.map(Arc::clone).ok_or_else(|| Refusal::new(Reason::PksMissing))
    }

    /// Whether a lembaga has any agreement, in force or not.
    #[must_use]
    pub fn knows(&self, lembaga: &LembagaId) -> bool {
        self.set.load().by_lembaga.contains_key(lembaga)
    }

    /// The agreements that end soon with nothing to follow, the first to end first.
    #[must_use]
    pub fn endings(&self, now: Timestamp) -> Vec<Ending> {
        self.set.load().endings(now)
    }

    /// The lembaga that a path of the DWH service names: by customer id, or by its own id in any case.
    #[must_use]
    pub fn lembaga_of_path(&self, text: &str) -> Option<LembagaId> {
        let set = self.set.load();
        if let Ok(customer) = CustomerId::parse(text) {
            return set.by_customer.get(&customer).cloned();
        }
        let id = LembagaId::parse(&text.to_ascii_lowercase()).ok()?;
        set.by_lembaga.contains_key(&id).then_some(id)
    }

    /// Whether the agreement lets a password stand without a client certificate.
    #[must_use]
    pub fn takes_password_alone(&self, lembaga: &LembagaId, now: Timestamp) -> bool {
        self.pks_of(lembaga, now).is_ok_and(|pks| pks.agreement().password_without_certificate)
    }

    /// What a method word of the DWH service means to the lembaga of a path: the words all share, then those of its agreement.
    #[must_use]
    pub fn dwh_method(&self, path_lembaga: &str, word: &str, now: Timestamp) -> Option<Method> {
        let is = |(own, _): &&(&str, Method)| own.eq_ignore_ascii_case(word);
        if let Some((_, method)) = DWH_METHODS.iter().find(is) {
            return Some(*method);
        }
        let lembaga = self.lembaga_of_path(path_lembaga)?;
        self.pks_of(&lembaga, now).ok()?.agreement().dwh_method(word)
    }

    /// All agreements of the present set, every version.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<VerifiedPks>> {
        self.set.load().by_lembaga.values().flat_map(Lineage::versions).map(Arc::clone).collect()
    }
}

fn read(directory: &Path, now: Timestamp, before: &Kept, go_on: &dyn Fn() -> bool) -> Result<(Set, Loaded, Kept), RegistryError> {
    let folder = directory.join(ANCHORS_DIRECTORY);
    let anchors = files::anchors(&folder)?;
    let anchors_digest = files::digest_of(&folder).map_err(|source| RegistryError::Read { path: folder, source })?;
    let (mut same, mut fresh) = (Vec::new(), Vec::new());
    let mut findings = Vec::new();
    for folder in files::folders(directory, |folder| before.knows(folder))? {
        if !go_on() {
            return Err(RegistryError::Interrupted);
        }
        let former = before.under(&anchors_digest, &folder);
        let digest = files::digest_of(&folder).map_err(|error| format!("the folder cannot be read: {error}"));
        if let (Some(one), Ok(digest)) = (former, &digest)
            && one.files == *digest
        {
            same.push((folder, one.clone()));
            continue;
        }
        let (lineage, mut wrong) = match digest.clone() {
            Ok(_) => files::lineage(&folder, &anchors, now),
            Err(what) => (None, vec![what]),
        };
        let back =
            lineage.as_ref().zip(before.before(&folder)).and_then(|(own, former)| own.goes_back_behind(&former.lineage, now));
        let goes_back = back.is_some();
        wrong.extend(back);
        let faults = wrong.into_iter();
        match (lineage, former) {
            (_, Some(one)) if faults.len() > 0 => {
                findings.extend(faults.map(|what| Finding { folder: folder.clone(), what: stays(&what) }));
                same.push((folder, one.clone()));
            }
            (lineage, _) => {
                // What is not whole is looked at again with the next load: no folder has this digest.
                let files = if faults.len() > 0 { [0; 32] } else { digest.unwrap_or_default() };
                findings.extend(faults.map(|what| Finding { folder: folder.clone(), what }));
                if let Some(lineage) = lineage.filter(|_| !goes_back) {
                    fresh.push((folder, One { files, anchors: anchors_digest, lineage }));
                }
            }
        }
    }
    let mut made =
        Made { set: Set { by_lembaga: HashMap::new(), by_customer: HashMap::new() }, kept: Kept::default(), findings, now };
    // What was in force comes first: nobody's new agreement takes another's customer id away.
    for (folder, one) in same {
        if let Err(what) = made.add(&folder, one) {
            made.findings.push(Finding { folder, what });
        }
    }
    for (folder, one) in fresh {
        let Err(what) = made.add(&folder, one) else { continue };
        let former = before.under(&anchors_digest, &folder).cloned();
        let what = if former.is_some_and(|one| made.add(&folder, one).is_ok()) { stays(&what) } else { what };
        made.findings.push(Finding { folder, what });
    }
    let broken = made.findings.len();
    made.warn();
    made.findings.sort_by(|one, other| one.folder.cmp(&other.folder));
    let loaded = Loaded { verified: made.set.by_lembaga.len(), broken, findings: made.findings, endings: made.set.endings(now) };
    Ok((made.set, loaded, made.kept))
}

fn stays(what: &str) -> String {
    format!("{what}; what was verified before stays")
}

/// A set in the making.
struct Made {
    set: Set,
    kept: Kept,
    findings: Vec<Finding>,
    now: Timestamp,
}

impl Made {
    fn add(&mut self, folder: &Path, one: One) -> Result<(), String> {
        add(&mut self.set, &one.lineage)?;
        self.kept.keep(folder.to_owned(), one);
        Ok(())
    }

    /// Reports what is loaded but not in force: it is kept to give the true reason.
    fn warn(&mut self) {
        for (folder, one) in self.kept.iter() {
            let what = match one.lineage.at(self.now).map_or(Standing::InForce, |pks| pks.standing(self.now)) {
                Standing::InForce => continue,
                Standing::NotYet => "not in force: its term has not begun",
                Standing::Expired => "not in force: its term is over",
                Standing::Suspended => "not in force: suspended",
                Standing::Revoked => "not in force: withdrawn",
            };
            self.findings.push(Finding { folder: folder.to_owned(), what: what.to_owned() });
        }
    }
}

impl Set {
    fn endings(&self, now: Timestamp) -> Vec<Ending> {
        let mut endings: Vec<Ending> = self.by_lembaga.values().filter_map(|lineage| Ending::of(lineage, now)).collect();
        endings.sort_by(|a, b| (a.days_left, &a.lembaga).cmp(&(b.days_left, &b.lembaga)));
        endings
    }
}

/// Adds the versions of a lembaga's agreement to a set.
fn add(set: &mut Set, lineage: &Lineage) -> Result<(), String> {
    for pks in lineage.versions() {
        let agreement = pks.agreement();
        let customer = &agreement.customer_id;
        if let Some(other) = set.by_customer.get(customer).filter(|other| **other != agreement.lembaga_id) {
            return Err(format!("the customer id {} belongs to {other} already", customer.as_str()));
        }
    }
    for pks in lineage.versions() {
        let agreement = pks.agreement();
        set.by_customer.insert(agreement.customer_id.clone(), agreement.lembaga_id.clone());
        set.by_lembaga.insert(agreement.lembaga_id.clone(), lineage.clone());
    }
    Ok(())
}
