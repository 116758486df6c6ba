//! The versions of one lembaga's agreement, all verified, and which of them counts at a moment.
//!
//! The highest version whose term has begun counts, and no lower one after it: an amendment supersedes from its first day, even where
//! it ends sooner; a renewal takes over at its beginning, without a gap. Where none has begun, the lowest tells when it will.

use std::sync::Arc;

use jiff::Timestamp;

use crate::kernel::to_hex;
use crate::pks::{Revoked, Standing, VerifiedPks};

/// The versions, from the lowest. INVARIANT: never empty, each number once.
#[derive(Clone)]
pub(super) struct Lineage(Vec<Arc<VerifiedPks>>);

impl Lineage {
    pub(super) fn new(first: VerifiedPks) -> Self {
        Self(vec![Arc::new(first)])
    }

    /// Adds a version. Refuses a number that is there with another content, and one that supersedes something else than what is here.
    pub(super) fn add(&mut self, pks: VerifiedPks) -> Result<(), String> {
        let version = pks.agreement().version;
        if let Some(same) = self.0.iter().find(|own| own.agreement().version == version) {
            if same.digest() == pks.digest() {
                return Ok(());
            }
            return Err(format!("there are two documents of version {version}: a change takes a higher one"));
        }
        self.fits(&pks)?;
        let place = self.0.partition_point(|own| own.agreement().version < version);
        self.0.insert(place, Arc::new(pks));
        Ok(())
    }

    /// Whether a version and those here agree about which supersedes which.
    fn fits(&self, pks: &VerifiedPks) -> Result<(), String> {
        let breaks = |later: &VerifiedPks, former: &VerifiedPks| {
            later
                .agreement()
                .supersedes
                .as_ref()
                .is_some_and(|named| named.version == former.agreement().version && named.digest != to_hex(former.digest()))
        };
        match self.0.iter().find(|own| breaks(pks, own) || breaks(own, pks)) {
            None => Ok(()),
            Some(own) => Err(format!(
                "versions {} and {} do not follow one another: the later names another text than the earlier one",
                own.agreement().version,
                pks.agreement().version
            )),
        }
    }

    /// The version that counts at a moment.
    pub(super) fn at(&self, now: Timestamp) -> Option<&Arc<VerifiedPks>> {
        self.0.iter().rev().find(|pks| pks.agreement().term.begins <= now).or_else(|| self.0.first())
    }

    /// The version of this number.
    pub(super) fn version(&self, version: u32) -> Option<&Arc<VerifiedPks>> {
        self.0.iter().find(|pks| pks.agreement().version == version)
    }

    /// Every version.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Arc<VerifiedPks>> {
        self.0.iter()
    }

    /// Withdraws a version and all before it.
    pub(super) fn revoke(&mut self, revoked: &Revoked) {
        for pks in self.0.iter_mut().filter(|pks| pks.agreement().version <= revoked.version) {
            *pks = Arc::new(VerifiedPks::clone(pks).revoked(revoked.clone()));
        }
    }

    /// The moment at which access ends if nothing is renewed; `None` where it has none now.
    pub(super) fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let present = self.at(now).filter(|pks| pks.standing(now) == Standing::InForce)?;
        let mut last = present;
        // A later version takes over at its beginning, whether the one before has ended or not.
        for next in self.0.iter().filter(|pks| pks.agreement().version > present.agreement().version) {
            let agreement = next.agreement();
            let usable = !agreement.suspended && next.revocation().is_none();
            if usable && agreement.term.begins <= last.agreement().term.ends {
                last = next;
            }
        }
        Some(last.agreement().term.ends)
    }

    /// Why these versions would go back behind those that were loaded before: a lower one, another text of the same one, or one that
    /// was withdrawn.
    pub(super) fn goes_back_behind(&self, former: &Self, now: Timestamp) -> Option<String> {
        let (before, after) = (former.at(now)?, self.at(now)?);
        let (was, is) = (before.agreement().version, after.agreement().version);
        if is < was {
            return Some(format!("version {is} is lower than version {was}, which was in force"));
        }
        if is == was && before.digest() != after.digest() {
            return Some(format!("version {is} has another text than the one that was in force: a change takes a higher version"));
        }
        match (before.revocation(), after.revocation()) {
            (Some(revoked), None) if is <= revoked.version => {
                Some(format!("version {is} was withdrawn and stays so: only a higher version makes an agreement again"))
            }
            _ => None,
        }
    }
}
