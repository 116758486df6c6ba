//! Floor 2: the agreements in force. Signed files are read and verified whole, then swapped in as one set with a new epoch.
//!
//! Layout: `anchors/office.pem`, `anchors/lembaga.pem` (with `office.crl`, `lembaga.crl` where revocation lists are followed), and for
//! each lembaga a folder of its id with `pks.json` and `pks.sig`, other versions in `versions/N/`, and `revocation.json` with
//! `revocation.sig` where it is withdrawn. All versions are loaded; which one counts is decided by the moment of the question.
//!
//! Refuses, each with its reason and without touching the others: what does not verify, a folder whose name is not the lembaga of
//! its document, a customer id that two lembaga claim, two texts of one version, and on reload a set that would bring back a lower
//! version or take back a withdrawal. Such an agreement does not exist for requests: its lembaga has none.

mod ending;
mod files;
mod lineage;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::kernel::{CustomerId, LembagaId, Method, Reason, Refusal};
use crate::pks::{DWH_METHODS, Standing, VerifiedPks};

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
}

impl Registry {
    /// Loads a directory for the first time.
    pub fn load(directory: &Path, now: Timestamp) -> Result<(Self, Loaded), RegistryError> {
        let (set, loaded) = read(directory, now)?;
        Ok((Self { directory: directory.to_owned(), set: ArcSwap::from_pointee(set), epoch: AtomicU64::new(1) }, loaded))
    }

    /// Loads the directory anew and swaps the set whole; where that fails, the old set stays.
    pub fn reload(&self, now: Timestamp) -> Result<Loaded, RegistryError> {
        let (mut set, mut loaded) = read(&self.directory, now)?;
        loaded.findings.extend(set.refuse_rollback(&self.directory, &self.set.load(), now));
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

impl Set {
    /// Keeps what was in force where the new set would bring back a lower version, another text of the same one, or what was withdrawn.
    fn refuse_rollback(&mut self, directory: &Path, old: &Self, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (lembaga, former) in &old.by_lembaga {
            let Some(place) = self.by_lembaga.get_mut(lembaga) else { continue };
            let (Some(before), Some(after)) = (former.at(now), place.at(now)) else { continue };
            let (was, is) = (before.agreement().version, after.agreement().version);
            let what = if is < was {
                format!("version {is} is lower than version {was}, which was in force and stays")
            } else if is == was && before.digest() != after.digest() {
                format!("version {is} has another text than the one that was in force and stays")
            } else if let (Some(revoked), None) = (before.revocation(), after.revocation())
                && is <= revoked.version
            {
                format!("version {is} was withdrawn and stays so: only a higher version makes an agreement again")
            } else {
                continue;
            };
            *place = former.clone();
            findings.push(Finding { folder: directory.join(lembaga.as_str()), what });
        }
        findings
    }

    fn endings(&self, now: Timestamp) -> Vec<Ending> {
        let mut endings: Vec<Ending> = self.by_lembaga.values().filter_map(|lineage| Ending::of(lineage, now)).collect();
        endings.sort_by(|a, b| (a.days_left, &a.lembaga).cmp(&(b.days_left, &b.lembaga)));
        endings
    }
}

fn read(directory: &Path, now: Timestamp) -> Result<(Set, Loaded), RegistryError> {
    let anchors = files::anchors(&directory.join(ANCHORS_DIRECTORY))?;
    let mut set = Set { by_lembaga: HashMap::new(), by_customer: HashMap::new() };
    let mut findings = Vec::new();
    for folder in files::folders(directory)? {
        let mut find = |what: String| findings.push(Finding { folder: folder.clone(), what });
        let mut lembaga = None;
        for document in files::documents(&folder)? {
            let outcome = files::verified(&document, &anchors, now).and_then(|pks| add(&mut set, &folder, &document, pks));
            match outcome {
                Ok(own) => lembaga = Some(own),
                Err(what) if document.parent() == Some(&folder) => find(what),
                Err(what) => find(format!("{}: {what}", document.strip_prefix(&folder).unwrap_or(&document).display())),
            }
        }
        let Some(lineage) = lembaga.and_then(|lembaga| set.by_lembaga.get_mut(&lembaga)) else { continue };
        let version = |number| lineage.version(number).map(AsRef::as_ref);
        match files::revoked(&folder, version, &anchors, now) {
            None => {}
            Some(Ok(revoked)) => lineage.revoke(&revoked),
            Some(Err(why)) => find(format!("{REVOCATION_FILE} withdraws nothing: {why}")),
        }
        if let Some(why) = lineage.at(now).and_then(|pks| not_in_force(pks, now)) {
            find(why);
        }
    }
    let endings = set.endings(now);
    let loaded = Loaded { verified: set.by_lembaga.len(), findings, endings };
    Ok((set, loaded))
}

/// Why a verified agreement is not in force: it is kept all the same, to give the true reason.
fn not_in_force(pks: &VerifiedPks, now: Timestamp) -> Option<String> {
    match pks.standing(now) {
        Standing::InForce => None,
        Standing::NotYet => Some("not in force: its term has not begun".to_owned()),
        Standing::Expired => Some("not in force: its term is over".to_owned()),
        Standing::Suspended => Some("not in force: suspended".to_owned()),
        Standing::Revoked => Some("not in force: withdrawn".to_owned()),
    }
}

/// Adds a version to a set.
fn add(set: &mut Set, folder: &Path, document: &Path, pks: VerifiedPks) -> Result<LembagaId, String> {
    let agreement = pks.agreement();
    let (lembaga, customer) = (agreement.lembaga_id.clone(), agreement.customer_id.clone());
    if folder.file_name().and_then(|name| name.to_str()) != Some(lembaga.as_str()) {
        return Err(format!("the folder is not named after the lembaga of its document, {lembaga}"));
    }
    if let Some(home) = document.parent().filter(|home| *home != folder)
        && files::version_of(home) != Some(agreement.version)
    {
        return Err(format!("the folder is not named after the version of its document, {}", agreement.version));
    }
    if let Some(other) = set.by_customer.get(&customer).filter(|other| **other != lembaga) {
        return Err(format!("the customer id {} belongs to {other} already", customer.as_str()));
    }
    match set.by_lembaga.get_mut(&lembaga) {
        Some(lineage) => lineage.add(pks)?,
        None => _ = set.by_lembaga.insert(lembaga.clone(), Lineage::new(pks)),
    }
    set.by_customer.insert(customer, lembaga.clone());
    Ok(lembaga)
}
