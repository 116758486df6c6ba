//! Floor 2: the agreements in force. Signed files are read and verified whole, then swapped in as one set with a new epoch.
//!
//! Layout: `anchors/office.pem`, `anchors/lembaga.pem`, and for each lembaga a folder of its id with `pks.json` and `pks.sig`.
//!
//! Refuses, each with its reason and without touching the others: what does not verify, a folder whose name is not the lembaga of
//! its document, a customer id that two lembaga claim. Such an agreement does not exist for requests: its lembaga has none.

mod files;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::kernel::{CustomerId, LembagaId, Method, Reason, Refusal};
use crate::pks::{DWH_METHODS, Standing, VerifiedPks};

pub use files::{
    ANCHORS_DIRECTORY, DOCUMENT_FILE, LEMBAGA_ANCHORS_FILE, OFFICE_ANCHORS_FILE, PAPER_FILE, SIGNATURES_FILE, VERSIONS_DIRECTORY,
    anchors, documents, folders, paper_beside, paper_of,
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
}

/// One verified set.
struct Set {
    by_lembaga: HashMap<LembagaId, Arc<VerifiedPks>>,
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
        let (set, loaded) = read(&self.directory, now)?;
        self.set.store(Arc::new(set));
        self.epoch.fetch_add(1, Ordering::AcqRel);
        Ok(loaded)
    }

    /// Counts up with every set swapped in.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The verified agreement of a lembaga. Whether it is in force is for `decide` to say.
    pub fn pks_of(&self, lembaga: &LembagaId) -> Result<Arc<VerifiedPks>, Refusal> {
        self.set.load().by_lembaga.get(lembaga).map(Arc::clone).ok_or_else(|| Refusal::new(Reason::PksMissing))
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
    pub fn takes_password_alone(&self, lembaga: &LembagaId) -> bool {
        self.set.load().by_lembaga.get(lembaga).is_some_and(|pks| pks.agreement().password_without_certificate)
    }

    /// What a method word of the DWH service means to the lembaga of a path: the words all share, then those of its agreement.
    #[must_use]
    pub fn dwh_method(&self, path_lembaga: &str, word: &str) -> Option<Method> {
        let is = |(own, _): &&(&str, Method)| own.eq_ignore_ascii_case(word);
        if let Some((_, method)) = DWH_METHODS.iter().find(is) {
            return Some(*method);
        }
        let lembaga = self.lembaga_of_path(path_lembaga)?;
        self.set.load().by_lembaga.get(&lembaga)?.agreement().dwh_method(word)
    }

    /// All agreements of the present set.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<VerifiedPks>> {
        self.set.load().by_lembaga.values().map(Arc::clone).collect()
    }
}

fn read(directory: &Path, now: Timestamp) -> Result<(Set, Loaded), RegistryError> {
    let anchors = files::anchors(&directory.join(ANCHORS_DIRECTORY))?;
    let mut set = Set { by_lembaga: HashMap::new(), by_customer: HashMap::new() };
    let mut findings = Vec::new();
    for folder in files::folders(directory)? {
        let outcome = files::verified(&folder.join(DOCUMENT_FILE), &anchors, now).and_then(|pks| add(&mut set, &folder, pks, now));
        match outcome {
            Ok(None) => (),
            Ok(Some(warning)) => findings.push(Finding { folder, what: warning }),
            Err(what) => findings.push(Finding { folder, what }),
        }
    }
    let loaded = Loaded { verified: set.by_lembaga.len(), findings };
    Ok((set, loaded))
}

/// Adds an agreement to a set; what is loaded but not in force is kept to give the true reason, and reported.
fn add(set: &mut Set, folder: &Path, pks: VerifiedPks, now: Timestamp) -> Result<Option<String>, String> {
    let agreement = pks.agreement();
    if folder.file_name().and_then(|name| name.to_str()) != Some(agreement.lembaga_id.as_str()) {
        return Err(format!("the folder is not named after the lembaga of its document, {}", agreement.lembaga_id));
    }
    if let Some(other) = set.by_customer.get(&agreement.customer_id) {
        return Err(format!("the customer id {} belongs to {other} already", agreement.customer_id.as_str()));
    }
    let warning = match pks.standing(now) {
        Standing::InForce => None,
        Standing::NotYet => Some("not in force: its term has not begun".to_owned()),
        Standing::Expired => Some("not in force: its term is over".to_owned()),
        Standing::Suspended => Some("not in force: suspended".to_owned()),
    };
    set.by_customer.insert(agreement.customer_id.clone(), agreement.lembaga_id.clone());
    set.by_lembaga.insert(agreement.lembaga_id.clone(), Arc::new(pks));
    Ok(warning)
}
