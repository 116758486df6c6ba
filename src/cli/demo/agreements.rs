//! The agreements of a demo: the shipped templates with a term, a paper and certificates of their own, signed by both parties.

use std::path::Path;

use anyhow::{Context as _, Result};
use aws_lc_rs::digest;
use jiff::{Timestamp, ToSpan as _};

use super::authority::{Authority, Issued, YEARS};
use crate::disk::{self, Disk};
use crate::kernel::to_hex;
use crate::pks::{self, Document, Paper, Party, SigningKey};
use crate::registry::{ANCHORS_DIRECTORY, DOCUMENT_FILE, LEMBAGA_ANCHORS_FILE, OFFICE_ANCHORS_FILE, PAPER_FILE, SIGNATURES_FILE};

/// The two authorities of signatories.
pub struct Signatories {
    office: Authority,
    lembaga: Authority,
}

impl Signatories {
    /// New authorities, whose anchors are written under `policies`.
    pub fn found(disk: &dyn Disk, policies: &Path, now: Timestamp) -> Result<Self> {
        let signatories = Self {
            office: Authority::new("Otoritas contoh penanda tangan kantor", now)?,
            lembaga: Authority::new("Otoritas contoh penanda tangan lembaga", now)?,
        };
        let folder = policies.join(ANCHORS_DIRECTORY);
        disk.create_dir_all(&folder)?;
        disk::replace(disk, &folder.join(OFFICE_ANCHORS_FILE), signatories.office.pem().as_bytes())?;
        disk::replace(disk, &folder.join(LEMBAGA_ANCHORS_FILE), signatories.lembaga.pem().as_bytes())?;
        Ok(signatories)
    }

    /// Writes one agreement with its paper and its signatures into the lembaga's folder under `policies`.
    pub fn conclude(&self, disk: &dyn Disk, policies: &Path, document: &mut Document, now: Timestamp) -> Result<()> {
        let folder = policies.join(&document.lembaga.id);
        disk.create_dir_all(&folder)?;
        let paper = Paper::of(document).with_note("CONTOH, TIDAK BERLAKU").pdf()?;
        document.paper_sha256 = to_hex(digest::digest(&digest::SHA256, &paper).as_ref());
        let text = document.to_json()?;
        let sign = |party, issued: Issued| -> Result<pks::Signature> {
            let key = SigningKey::from_pkcs8_pem(issued.key.as_bytes())?;
            Ok(pks::sign(text.as_bytes(), party, &key, &[issued.der.into()], now)?)
        };
        let office = self.office.signatory(&document.office.name, &document.office.signatory.name)?;
        let lembaga = self.lembaga.signatory(&document.lembaga.name, &document.lembaga.signatory.name)?;
        let signatures = pks::assemble(&[sign(Party::Office, office)?, sign(Party::Lembaga, lembaga)?])?;
        disk::replace(disk, &folder.join(PAPER_FILE), &paper)?;
        disk::replace(disk, &folder.join(DOCUMENT_FILE), text.as_bytes())?;
        disk::replace(disk, &folder.join(SIGNATURES_FILE), signatures.as_bytes())?;
        Ok(())
    }
}

/// The template of a lembaga with a term of ten years from today and the one client certificate that may be used.
pub fn document(lembaga: &str, client: &Issued, now: Timestamp) -> Result<Document> {
    let mut document = pks::template(lembaga)?;
    let today = document.term.zone.date(now);
    let last = today.checked_add(i64::from(YEARS - 1).years()).context("a term that ends within the calendar")?;
    document.term.from = today.to_string();
    document.term.until = last.to_string();
    document.certificates = vec![to_hex(digest::digest(&digest::SHA256, &client.der).as_ref())];
    Ok(document)
}
